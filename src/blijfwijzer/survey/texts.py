"""Texts in both languages, and the strictness that every part of a codebook has."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

Language = Literal["nl", "en"]


class Part(BaseModel):
    """A part of a codebook: keys that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Part):
    """A text in Dutch and English; written as one string, it serves for both."""

    nl: str
    en: str

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"nl": value, "en": value} if isinstance(value, str) else value

    def in_(self, language: Language) -> str:
        """Give the text in `language`."""
        return self.nl if language == "nl" else self.en
