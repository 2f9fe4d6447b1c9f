"""What is to be said, as a reader of a language sees it."""

import string
from functools import reduce
from numbers import Real
from typing import Any

from blijfwijzer.publish.language.catalogue import PARTS, id_of, template
from blijfwijzer.publish.language.numbers import (
    KINDS,
    NO_BREAK,
    Kind,
    is_absent,
    number,
    write_number,
)
from blijfwijzer.survey.texts import Language, Message, Quantity, Text, Value, say

_LISTS = {"and": "list.and", "or": "list.or", "apart": "list.apart", "slash": "list.slash"}
"""How several texts in one gap are joined, to the sentence that says it of two."""


def write(value: Value, language: Language, how: str = "") -> str:
    """Write what is to be said in a language.

    A gap of a sentence may say how its value is written: `{size:ratio}` by a kind of number,
    `{answers:or}` by how several are joined, `{label:inside}` as within a sentence,
    `{text:sentence}` as one by itself, `{label:lower}` in small letters.

    >>> write((Text(nl="leeftijd", en="age"), 2.5), "nl")
    'leeftijd, 2,5'
    """
    if how in KINDS:
        return show(value, KINDS[how], language)
    if isinstance(value, Quantity):
        return _write_quantity(value, language)
    if isinstance(value, tuple):
        words = [write(one, language, "" if how in _LISTS else how) for one in value]
        joined = template(_LISTS[how], language) if how in _LISTS else "{left}, {right}"
        return reduce(lambda left, right: joined.format(left=left, right=right), words or [""])
    if isinstance(value, Real):
        return write_number(float(value), "", language)
    if isinstance(value, Message):
        gaps = {**value.values} if value.count is None else {**value.values, "count": value.count}
        text = _Gaps(language).vformat(template(value.id, language, value.count), (), gaps)
    else:
        text = value.in_(language) if isinstance(value, Text) else str(value)
    if how == "sentence":
        return text[:1].upper() + text[1:].rstrip(".") + "."
    if how == "lower":
        return text.lower()
    return _in_sentence(text) if how == "inside" else text


def show(value: Any, kind: Kind, language: Language, decimals: int | None = None) -> str:
    """Write a value for a reader; text in place of a number is shown as it is.

    Parameters
    ----------
    decimals : of a number, where its column has a number of them

    >>> show(1234, "count", "nl"), show(12.34, "points", "nl"), show(34, "percent", "en")
    ('1.234', '+12,3', '34%')
    >>> show(float("nan"), "percent", "nl")
    'niet getoond'
    """
    if is_absent(value):
        return template("value.not_shown", language)
    if kind == "truth":
        return template("value.yes" if bool(value) else "value.no", language)
    if kind == "verdict":
        return write(verdict(value), language)
    if not isinstance(value, Real):
        return write(value, language)
    return str(value) if kind == "text" else write_number(float(value), kind, language, decimals)


def verdict(value: str) -> Value:
    """Give the words of a verdict; what is no verdict is shown as it is."""
    part = value.replace(" ", "_")
    return say(id_of("verdict", part)) if part in PARTS["verdict"] else value


def within(low: Any, high: Any, kind: Kind) -> Value:
    """Say two bounds; of the lower one, what it is when there are none.

    >>> write(within(28, 41, "percent"), "en")
    '28% to 41%'
    """
    lowest = Quantity(low, kind)
    if number(low) is None or number(high) is None:
        return lowest
    return say("number.range", low=lowest, high=Quantity(high, kind))


def _write_quantity(quantity: Quantity, language: Language) -> str:
    """Write a number, with its interval where both ends are known.

    >>> _write_quantity(Quantity(34, "percent", (28, 41)), "nl").replace(NO_BREAK, " ")
    '34 % (28 tot 41)'
    """
    kind = KINDS[quantity.kind]
    told = show(quantity.value, kind, language, quantity.decimals)
    if quantity.ends is None or None in map(number, (quantity.value, *quantity.ends)):
        return told
    ends = (show(end, kind, language, quantity.decimals) for end in quantity.ends)
    low, high = (end.rstrip(f"%{NO_BREAK}") for end in ends)
    return template("number.interval", language).format(value=told, low=low, high=high)


def _in_sentence(label: str) -> str:
    """Write a label as it stands within a sentence; an abbreviation keeps its capitals.

    >>> _in_sentence("Sector"), _in_sentence("NATO")
    ('sector', 'NATO')
    """
    return label if label.isupper() else label[:1].lower() + label[1:]


class _Gaps(string.Formatter):
    """Fills the gaps of a sentence by what stands behind the colon of each."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write a value as its gap asks."""
        return write(value, self.language, format_spec)
