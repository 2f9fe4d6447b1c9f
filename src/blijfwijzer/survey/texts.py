"""Texts of a codebook, what is to be said of a survey, and how strict a codebook is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

# What XML 1.0 (2.2, production 2) does not allow, and halves of surrogate pairs, which no UTF-8
# file can hold. Tab, line feed and carriage return are allowed.
# Marks that are not seen go too: they hide the start of a formula, or turn a name round.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


def as_seen(text: str) -> str:
    r"""Give a text without what no file can hold, and without marks that are not seen.

    >>> as_seen("over\u202eleg\x00")
    'overleg'
    """
    return _ILLEGAL.sub("", text)


FEWEST_TOLD = 10
"""People that a count, or a code, must stand for to be told of."""
Seen = Annotated[str, AfterValidator(as_seen)]
"""A text of a codebook that may be shown."""
Language: TypeAlias = str
"""Name of a language; text of a codebook in another than Dutch or English is in English."""
LANGUAGES = ("nl", "en")


class Part(BaseModel):
    """A part of a codebook: keys that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Part):
    """A text in Dutch and English; written as one string, it serves for both."""

    nl: Seen
    en: Seen

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"nl": value, "en": value} if isinstance(value, str) else value

    def in_(self, language: Language) -> str:
        """Give the text in `language`."""
        return self.nl if language == "nl" else self.en

    def repeats(self, code: str) -> bool:
        """Whether it says no more than the code that it is of."""
        return self.nl.strip() == self.en.strip() == code


Value: TypeAlias = "str | int | float | Text | Message | Quantity | tuple[Value, ...]"
"""What may stand in a gap of a sentence; several make a list."""


@dataclass(frozen=True)
class Quantity:
    """A number that is written as its kind asks, with its interval if it has one."""

    value: object
    """A text, or nothing, where there is no number."""
    kind: str
    """One of `publish.texts.Kind`."""
    ends: tuple[object, object] | None = None
    decimals: int | None = None
    """Of all numbers of its column, where that has a number of them."""


@dataclass(frozen=True)
class Message:
    """Something to say: the id of a sentence in the catalogues, and what stands in its gaps.

    Whoever finds something out says it so; only the edge knows the reader's language.
    """

    id: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)
    count: int | None = None
    """How many it is about, where that decides between singular and plural; fills `{count}`."""


def say(name: str, /, **values: Value) -> Message:
    """Say a sentence of the catalogues, with what stands in its gaps."""
    return Message(name, values)
