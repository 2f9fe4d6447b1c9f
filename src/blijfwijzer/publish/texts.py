"""What is to be said, and numbers, as a reader of a language sees them."""

import math
import string
from functools import cache, reduce
from numbers import Real
from typing import Any, Literal, get_args

import pandas as pd
from babel import Locale
from babel.numbers import parse_pattern

from blijfwijzer.publish.catalogue import PARTS, id_of, template
from blijfwijzer.survey.texts import Language, Message, Text, Value

Kind = Literal[
    "text",
    "count",
    "percent",
    "tenths",
    "points",
    "decimal",
    "ratio",
    "thousandths",
    "gain",
    "plain",
    "fine",
    "euro",
    "truth",
    "verdict",
]
"""How a value is written. tenths: a percentage with one decimal, for small shares. thousandths: a
measure of quality. gain: a change of one. plain: a bound, with as many decimals as it has. fine:
four digits, for measures of a model."""

NUMBERS: tuple[Kind, ...] = (
    *("count", "percent", "tenths", "points", "decimal", "ratio", "fine", "euro"),
)
_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
NO_BREAK = "\u00a0"

_PATTERNS: dict[str, str] = {
    "": "#,##0.######",
    "points": "+#,##0.0;-#,##0.0",
    "tenths": "#,##0.0",
    "decimal": "#,##0.0",
    "ratio": "#,##0.00",
    "thousandths": "0.000",
    "gain": "+0.000;-0.000",
    "plain": "0.##########",
    "fine": "#,##0.######",
}
"""Of numbers that have decimals, or a sign before a gain; the others are whole."""
_DECIMALS = {"ratio": 2, "thousandths": 3, "gain": 3}
_SIGNS = {"percent": "number.percent", "tenths": "number.percent", "euro": "number.euro"}
"""Numbers that stand beside a sign, to the sentence that says where."""
_LISTS = {"and": "list.and", "or": "list.or", "apart": "list.apart"}
"""How several texts in one gap are joined, to the sentence that says it of two."""


def write(value: Value, language: Language, how: str = "") -> str:
    """Write what is to be said in a language.

    A gap of a sentence may say how its value is written: `{size:ratio}` by a kind of number,
    `{answers:or}` by how several are joined, `{label:inside}` as within a sentence,
    `{text:sentence}` as one by itself, `{label:lower}` in small letters.

    >>> write((Text(nl="leeftijd", en="age"), 2.5), "nl")
    'leeftijd, 2,5'
    """
    if how in _KINDS:
        return show(value, _KINDS[how], language)
    if isinstance(value, tuple):
        each = "" if how in _LISTS else how
        return _join([write(one, language, each) for one in value], language, how)
    if isinstance(value, Real):
        return _number(float(value), "", language)
    if isinstance(value, Message):
        gaps = {**value.values} if value.count is None else {**value.values, "count": value.count}
        text = _Gaps(language).vformat(template(value.id, language, value.count), (), gaps)
    else:
        text = value.in_(language) if isinstance(value, Text) else str(value)
    if how == "sentence":
        return text[:1].upper() + text[1:].rstrip(".") + "."
    if how == "lower":
        return text.lower()
    return in_sentence(text) if how == "inside" else text


def in_sentence(label: str) -> str:
    """Write a label as it stands within a sentence; an abbreviation keeps its capitals.

    >>> in_sentence("Sector"), in_sentence("NATO")
    ('sector', 'NATO')
    """
    return label if label.isupper() else label[:1].lower() + label[1:]


def show(value: Any, kind: Kind, language: Language) -> str:
    """Write a value for a reader; text in place of a number is shown as it is.

    >>> show(1234, "count", "nl"), show(12.34, "points", "nl"), show(34, "percent", "en")
    ('1.234', '+12,3', '34%')
    >>> show(float("nan"), "percent", "nl")
    'niet getoond'
    """
    if value is None or value is pd.NA or value != value:
        return template("value.not_shown", language)
    if kind == "truth":
        return template("value.yes" if bool(value) else "value.no", language)
    if isinstance(value, str):
        return say_verdict(value, language) if kind == "verdict" else value
    if kind == "text":
        return str(value)
    return _number(float(value), kind, language)


def say_verdict(value: str, language: Language) -> str:
    """Give the words of a verdict; what is no verdict is shown as it is."""
    part = value.replace(" ", "_")
    return template(id_of("verdict", part), language) if part in PARTS["verdict"] else value


def show_interval(value: Any, low: Any, high: Any, kind: Kind, language: Language) -> str:
    """Write an estimate with its interval.

    >>> show_interval(34, 28, 41, "percent", "nl").replace(NO_BREAK, " ")
    '34 % (28 tot 41)'
    """
    told = show(value, kind, language)
    if number(value) is None or number(low) is None or number(high) is None:
        return told
    ends = [show(end, kind, language).rstrip(f"%{NO_BREAK}") for end in (low, high)]
    interval = template("number.interval", language)
    return interval.format(value=told, low=ends[0], high=ends[1])


def show_range(low: Any, high: Any, kind: Kind, language: Language) -> str:
    """Write two bounds.

    >>> show_range(28, 41, "percent", "en")
    '28% to 41%'
    """
    if number(low) is None or number(high) is None:
        return show(low, kind, language)
    ends = {"low": show(low, kind, language), "high": show(high, kind, language)}
    return template("number.range", language).format(**ends)


def show_tick(value: float, decimals: int, language: Language) -> str:
    """Write a number of an axis: all of one axis have as many decimals.

    >>> show_tick(-0.5, 2, "nl"), show_tick(1500, 0, "en")
    ('−0,50', '1500')
    """
    pattern = f"0.{'0' * decimals}" if decimals else "0"
    return _written(value, pattern, language)


def number(value: Any) -> float | None:
    """Give a value as a number, or None when there is none to draw.

    >>> number(3), number("te weinig waarnemingen"), number(float("nan"))
    (3.0, None, None)
    """
    if value is None or value is pd.NA or isinstance(value, str) or value != value:
        return None
    return float(value)


def _join(words: list[str], language: Language, how: str) -> str:
    if how not in _LISTS:
        return ", ".join(words)
    joined = template(_LISTS[how], language)
    return reduce(lambda left, right: joined.format(left=left, right=right), words)


def _number(value: float, kind: str, language: Language) -> str:
    if math.isinf(value):
        return str(value)
    if kind in ("", "plain"):
        value = float(f"{value:.6g}" if not kind else f"{value:.10g}")
    elif kind == "fine":
        value = float(f"{value:.4g}")
    else:
        value = round(value, _DECIMALS.get(kind, 1))
    # Adding zero keeps a small negative number from being told as minus nothing.
    value += 0.0
    pattern = "#,##0.0" if kind == "points" and value == 0 else _PATTERNS.get(kind, "#,##0")
    digits = _written(value, pattern, language)
    sign = _SIGNS.get(kind)
    return digits if sign is None else template(sign, language).format(number=digits)


def _written(value: float, pattern: str, language: Language) -> str:
    return str(_pattern(pattern).apply(value, _locale(language))).replace("-", "−")


_pattern = cache(parse_pattern)


@cache
def _locale(language: Language) -> Locale:
    return Locale.parse(language)


class _Gaps(string.Formatter):
    """Fills the gaps of a sentence by what stands behind the colon of each."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write a value as its gap asks."""
        return write(value, self.language, format_spec)
