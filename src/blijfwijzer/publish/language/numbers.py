"""Numbers as a reader of a language sees them."""

import math
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from numbers import Real
from typing import Any, Literal, get_args

import pandas as pd
from babel import Locale
from babel.numbers import parse_pattern

from blijfwijzer.publish.language.catalogue import template
from blijfwijzer.survey.texts import Language

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
    "contribution",
    "euro",
    "truth",
    "verdict",
]
"""How a value is written. tenths: a percentage with one decimal, for small shares. thousandths: a
measure of quality. gain: a change of one. plain: a bound, with as many decimals as it has. fine:
four digits, for measures of a model; in a table all of a column have as many decimals.
contribution: a share of one, told in percentage points as pictures of it are."""
KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
NUMBERS: tuple[Kind, ...] = (
    *("count", "percent", "tenths", "points", "decimal", "ratio", "fine", "contribution", "euro"),
)
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
    "contribution": "#,##0.00",
}
"""Of numbers that have decimals, or a sign before a gain; the others are whole."""
_DIGITS = {"": 6, "plain": 10, "fine": 4}
"""Digits that count of numbers without a fixed number of decimals."""
_MOST_DECIMALS = 6
_DECIMALS = {
    **{"tenths": 1, "points": 1, "decimal": 1},
    **{"ratio": 2, "contribution": 2, "thousandths": 3, "gain": 3},
}
_SIGNS = {"percent": "number.percent", "tenths": "number.percent", "euro": "number.euro"}
"""Numbers that stand beside a sign, to the sentence that says where."""


def number(value: Any) -> float | None:
    """Give a value as a number, or None when there is none to draw.

    >>> number(3), number("te weinig waarnemingen"), number(float("nan"))
    (3.0, None, None)
    """
    return None if is_absent(value) or isinstance(value, str) else float(value)


def is_absent(value: Any) -> bool:
    """Tell whether there is nothing, not even a text in place of a number."""
    return value is None or value is pd.NA or bool(value != value)


def column_decimals(values: Iterable[Any], kind: Kind) -> int | None:
    """Give the decimals that all numbers of a column have: those of the one that needs most.

    Returns
    -------
    None where each number tells by its kind or by itself.

    >>> column_decimals([0.835, 0.8316, "te weinig"], "fine"), column_decimals([3.0], "fine")
    (4, 0)
    """
    if kind != "fine":
        return None
    known = [float(v) for v in values if isinstance(v, Real) and math.isfinite(v)]
    texts = [f"{value:.{_DIGITS[kind]}g}" for value in known]
    needed = [-int(Decimal(text).normalize().as_tuple().exponent) for text in texts]
    return min(max([0, *needed]), _MOST_DECIMALS)


def write_number(value: float, kind: str, language: Language, decimals: int | None = None) -> str:
    """Write a number as its kind asks; "" as within a sentence.

    Parameters
    ----------
    decimals : as `column_decimals` its column gives
    """
    if math.isinf(value):
        return str(value)
    if decimals is not None:
        pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        return _written(round(value, decimals) + 0.0, pattern, language)
    digits = _DIGITS.get(kind)
    value = 100 * value if kind == "contribution" else value
    value = round(value, _DECIMALS.get(kind, 0)) if digits is None else float(f"{value:.{digits}g}")
    # Adding zero keeps a small negative number from being told as minus nothing.
    value += 0.0
    pattern = "#,##0.0" if kind == "points" and value == 0 else _PATTERNS.get(kind, "#,##0")
    sign = _SIGNS.get(kind)
    written = _written(value, pattern, language)
    return written if sign is None else template(sign, language).format(number=written)


def write_tick(value: float, decimals: int, language: Language) -> str:
    """Write a number of an axis: all of one axis have as many decimals.

    >>> write_tick(-0.5, 2, "nl"), write_tick(1500, 0, "en")
    ('−0,50', '1500')
    """
    return _written(value, f"0.{'0' * decimals}" if decimals else "0", language)


def _written(value: float, pattern: str, language: Language) -> str:
    return str(_pattern(pattern).apply(value, _locale(language))).replace("-", "−")


_pattern, _locale = cache(parse_pattern), cache(Locale.parse)
