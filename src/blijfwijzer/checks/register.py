"""The checks by their codes, as `checks.toml` declares them."""

import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from blijfwijzer.declared import CHECKS_FILE
from blijfwijzer.survey.texts import Message, Part

Level = Literal["warning", "note"]
"""A warning asks for a look; a note does not."""


class Check(Part):
    """Something that is looked at in every model or survey."""

    code: str
    """Never that of another check, also not later."""
    name: str
    level: Level
    sentences: tuple[str, ...]
    """Ids of the sentences by which it speaks; no other check has them."""
    when: str
    """When it speaks, with `{limit}` in the place of that."""
    limit: float | None = None
    source: str
    """Of the limit."""
    what: str
    why: str
    remedy: str

    @property
    def spoken(self) -> str:
        """When it speaks, with its limit."""
        limit = self.limit if self.limit is not None else 0.0
        told = f"{limit:g}"
        return self.when.replace("{limit:percent}", f"{limit:.0%}").replace("{limit}", told)


def _read() -> Mapping[str, Check]:
    raw = tomllib.loads(CHECKS_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({code: Check(code=code, **told) for code, told in raw.items()})


CHECKS = _read()
"""Code to the check."""
_BY_SENTENCE = {sentence: check for check in CHECKS.values() for sentence in check.sentences}
_BY_NAME = {check.name: check for check in CHECKS.values()}


def check_of(message: Message) -> Check:
    """Give the check that speaks by a sentence.

    Raises
    ------
    KeyError
        None does: a fault of the software.
    """
    return _BY_SENTENCE[message.id]


def limit_of(name: str) -> float:
    """Give the limit of a check, by its name.

    >>> limit_of("few_clusters")
    20.0
    """
    limit = _BY_NAME[name].limit
    if limit is None:
        raise KeyError(name)
    return limit
