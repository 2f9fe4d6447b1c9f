"""Numbers and verdicts as a reader sees them."""

import string
from typing import Any, Literal

import pandas as pd

from blijfwijzer.publish.messages import knows, say, template
from blijfwijzer.survey.codebook import Language
from blijfwijzer.survey.texts import Message, Text, Value

Kind = Literal[
    "text", "count", "percent", "tenths", "points", "decimal", "ratio", "euro", "truth", "verdict"
]
"""How a value is written. tenths: a percentage with one decimal, for small shares."""

NUMBERS: tuple[Kind, ...] = ("count", "percent", "tenths", "points", "decimal", "ratio", "euro")
NOT_SHOWN = {"nl": "niet getoond", "en": "not shown"}
NO_BREAK = "\u00a0"

_DUTCH_SEPARATORS = str.maketrans(",.", ".,")


def write(value: Value, language: Language, how: str = "") -> str:
    """Write what is to be said in a language.

    A gap of a sentence may say how its value is written: `{size:ratio}` by a kind of number,
    `{label:inside}` as within a sentence, `{text:sentence}` as one by itself.

    >>> write((Text(nl="leeftijd", en="age"), 2.5), "nl")
    'leeftijd, 2,5'
    """
    if isinstance(value, tuple):
        return ", ".join(write(one, language, how) for one in value)
    if isinstance(value, int | float):
        return show(value, how, language) if how in NUMBERS else _plain(value, language)
    if isinstance(value, Message):
        gaps = {**value.values} if value.count is None else {**value.values, "count": value.count}
        text = _Gaps(language).vformat(template(value.id, language, value.count), (), gaps)
    else:
        text = value.in_(language) if isinstance(value, Text) else value
    if how == "sentence":
        return text[:1].upper() + text[1:].rstrip(".") + "."
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
        return NOT_SHOWN[language]
    if kind == "truth":
        return say("yes" if bool(value) else "no", language)
    if isinstance(value, str):
        is_id = kind == "verdict" and knows(value)
        return say(value, language) if is_id else value
    if kind == "text":
        return str(value)
    return _number(float(value), kind, language)


def show_interval(value: Any, low: Any, high: Any, kind: Kind, language: Language) -> str:
    """Write an estimate with its interval.

    >>> show_interval(34, 28, 41, "percent", "nl").replace(NO_BREAK, " ")
    '34 % (28 tot 41)'
    """
    told = show(value, kind, language)
    if number(value) is None or number(low) is None or number(high) is None:
        return told
    to = "tot" if language == "nl" else "to"
    ends = [show(end, kind, language).rstrip(f"%{NO_BREAK}") for end in (low, high)]
    return f"{told} ({ends[0]} {to} {ends[1]})"


def show_range(low: Any, high: Any, kind: Kind, language: Language) -> str:
    """Write two bounds.

    >>> show_range(28, 41, "percent", "en")
    '28% to 41%'
    """
    if number(low) is None or number(high) is None:
        return show(low, kind, language)
    to = "tot" if language == "nl" else "to"
    return f"{show(low, kind, language)} {to} {show(high, kind, language)}"


def number(value: Any) -> float | None:
    """Give a value as a number, or None when there is none to draw.

    >>> number(3), number("te weinig waarnemingen"), number(float("nan"))
    (3.0, None, None)
    """
    if value is None or value is pd.NA or isinstance(value, str) or value != value:
        return None
    return float(value)


def _number(value: float, kind: Kind, language: Language) -> str:
    # Adding zero keeps a small negative number from being told as minus nothing.
    value = round(value, 2 if kind == "ratio" else 1) + 0.0
    forms: dict[str, str] = {
        "count": f"{value:,.0f}",
        "percent": f"{value:,.0f}",
        "tenths": f"{value:,.1f}",
        "points": f"{value:+,.1f}",
        "decimal": f"{value:,.1f}",
        "ratio": f"{value:,.2f}",
        "euro": f"{value:,.0f}",
    }
    text = (f"{value:.1f}" if kind == "points" and value == 0 else forms[kind]).replace("-", "−")
    if language == "nl":
        text = text.translate(_DUTCH_SEPARATORS)
    if kind in ("percent", "tenths"):
        return text + (f"{NO_BREAK}%" if language == "nl" else "%")
    if kind == "euro":
        return f"€{NO_BREAK}{text}" if language == "nl" else f"€{text}"
    return text


def _plain(value: float, language: Language) -> str:
    """Write a number with the decimals that it has."""
    text = f"{value:,.6g}".replace("-", "−")
    return text.translate(_DUTCH_SEPARATORS) if language == "nl" else text


class _Gaps(string.Formatter):
    """Fills the gaps of a sentence by what stands behind the colon of each."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write a value as its gap asks."""
        return write(value, self.language, format_spec)
