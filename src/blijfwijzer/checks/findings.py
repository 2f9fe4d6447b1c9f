"""What checks found: the one form in which screen, page, MLflow, files and programs have it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from blijfwijzer.checks.register import CHECKS, Check, check_of
from blijfwijzer.survey.texts import Message, Text, Value


@dataclass(frozen=True)
class Finding:
    """Something that a check found in a model or a survey."""

    check: Check
    told: Value
    """What was found: a sentence of the catalogues, or one that was written before."""
    silenced: str = ""
    """Why it asks for no look, by somebody's decision; empty where nobody took one."""

    @property
    def is_open(self) -> bool:
        """Whether it asks for a look that nobody has answered yet."""
        return self.check.level == "warning" and not self.silenced


def find(told: Iterable[Message], silenced: Mapping[str, str]) -> tuple[Finding, ...]:
    """Give each sentence its code and level, and the reason of whoever silenced it.

    What asks for a look comes first, then by code.

    Parameters
    ----------
    silenced : code to the reason, as the settings have it
    """
    checks = [(check_of(message), message) for message in told]
    found = [Finding(check, message, silenced.get(check.code, "")) for check, message in checks]
    return tuple(sorted(found, key=lambda one: (not one.is_open, one.check.code)))


def look_at(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give what asks for a look: warnings that nobody silenced."""
    return tuple(finding for finding in findings if finding.is_open)


def as_json(finding: Finding, texts: Mapping[str, str]) -> dict[str, Any]:
    """Give a finding as files and programs have it.

    Parameters
    ----------
    texts : language to what is told in it

    Returns
    -------
    `code`, `name`, `level`, `text` by language, and `silenced`: the reason, or "".
    """
    return {
        "code": finding.check.code,
        "name": finding.check.name,
        "level": finding.check.level,
        "text": dict(texts),
        "silenced": finding.silenced,
    }


def from_json(raw: Mapping[str, Any]) -> Finding:
    """Give a finding that `as_json` wrote.

    Raises
    ------
    KeyError
        It is of a check that this version does not have, or lacks a part.
    """
    texts = raw["text"]
    return Finding(CHECKS[raw["code"]], Text(nl=texts["nl"], en=texts["en"]), str(raw["silenced"]))
