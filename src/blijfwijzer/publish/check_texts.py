"""What checks found, in words: on a page, on the screen, as tags of a run and for a program."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from blijfwijzer.checks.findings import Finding, as_json, find, look_at
from blijfwijzer.declared import languages
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.blocks import Block
from blijfwijzer.settings import Settings
from blijfwijzer.survey.texts import Language, Message, Value, say

_TAG = "blijfwijzer.check."


def tell(finding: Finding) -> Message:
    """Say what was found, with its code, and why it was silenced where it was."""
    code = finding.check.code
    if finding.silenced:
        return say("check.silenced", code=code, told=finding.told, reason=finding.silenced)
    return say("check.found", code=code, told=finding.told)


def tell_warnings(told: Iterable[Message], settings: Settings) -> list[Message]:
    """Say on a page without a section of checks what asks for a look, and what was accepted."""
    found = find(told, settings.checks.silenced)
    return [tell(finding) for finding in found if finding.check.level == "warning"]


def warn_of(findings: Sequence[Finding]) -> Iterator[Message]:
    """Say at the top of a page that checks ask for a look, and which."""
    asking = look_at(findings)
    if asking:
        codes: tuple[Value, ...] = tuple(dict.fromkeys(one.check.code for one in asking))
        yield Message("check.open", {"codes": codes}, len(codes))


def check_blocks(findings: Sequence[Finding]) -> Iterator[Block]:
    """Tell on a page all that was found: what asks for a look, what was silenced, what to know."""
    yield Block(paragraphs=(say("check.about" if findings else "check.clean"),))
    for heading, part in by_kind(findings).items():
        yield Block(heading=say(heading), points=tuple(map(tell, part)))


def by_kind(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Part findings by what a reader has to do with them; id of a heading to those under it."""
    parts = {
        "check.to_look_at": list(look_at(findings)),
        "check.to_know": [one for one in findings if not one.is_open and not one.silenced],
        "check.accepted": [one for one in findings if one.silenced],
    }
    return {heading: part for heading, part in parts.items() if part}


def check_lines(findings: Iterable[Finding], language: Language) -> Iterator[str]:
    """Tell what was found on a screen, a line each."""
    for finding in findings:
        level = "silenced" if finding.silenced else finding.check.level
        yield f"{level}: {write(tell(finding), language)}"


def check_tags(findings: Iterable[Finding]) -> dict[str, str]:
    """Give the tags of a run: `blijfwijzer.check.<code>` to its level, or why it was silenced."""
    return {
        _TAG + one.check.code: f"silenced: {one.silenced}" if one.silenced else one.check.level
        for one in findings
    }


def check_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Give findings as files and programs have them, told in each language."""
    return [as_json(one, {name: write(one.told, name) for name in languages()}) for one in findings]
