"""Texts in both languages, and the strictness that every part of a codebook has."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

# What XML 1.0 (2.2, production 2) does not allow, and halves of surrogate pairs, which no UTF-8
# file can hold. Tab, line feed and carriage return are allowed.
# Marks that are not seen go too: they hide the start of a formula, or turn a name round.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


def as_seen(text: str) -> str:
    r"""Give a text without what no file can hold, and without marks that are not seen.

    >>> as_seen("over\u202eleg\x00")
    'overleg'
    """
    return _ILLEGAL.sub("", text)


Seen = Annotated[str, AfterValidator(as_seen)]
"""A text of a codebook that may be shown."""
Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, Language] = ("nl", "en")


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
