"""An intake on the screen: what was read, what was refused, what to mend."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from blijfwijzer.checks.findings import Finding, find, look_at
from blijfwijzer.checks.surveys import (
    find_drafted,
    find_items_against,
    find_lost,
    find_low_reliability,
)
from blijfwijzer.disclosure.rounding import band_text
from blijfwijzer.errors import UnusableSurveyError, counted
from blijfwijzer.estimation.reliability import Reliability
from blijfwijzer.publish.check_texts import by_kind, check_json, tell
from blijfwijzer.publish.facts import tell_reasons
from blijfwijzer.publish.language.texts import write
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.accounting import Account
from blijfwijzer.survey.answers import Cell
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.rejections import Rejection
from blijfwijzer.survey.texts import Message, Value, say

SCREEN = "en"
"""Language of what commands print."""

_OF_CLAIMS = "claim "
"""Beginning of the names of single claims; a claim that cannot be tested bars no command."""
_WHY = {
    Cell.EMPTY: "empty",
    Cell.NO_ANSWER: "no answer, by the codebook",
    Cell.DECLARED: "no answer, by the file",
    Cell.STRAY: "not allowed by the codebook",
    Cell.DOUBTFUL: "in doubt between thousands and decimals",
}


@dataclass(frozen=True)
class Foretold:
    """Whether a command can use a survey, before it is run."""

    command: str
    """With what it is asked for: an outcome; or `claim` and its number."""
    can: bool
    why: str = ""
    """Why it cannot, as it would say itself; or what to know where it can."""
    groups: int | None = None
    """Units with as many respondents as are needed, on the levels that it tells of. The gate may
    show fewer. None where it tells of no units, or cannot."""
    found: tuple[Message, ...] = ()
    """What checks found on the way to it."""

    @classmethod
    def of_claim(cls, claim: str, can: bool, why: str = "") -> "Foretold":
        """Give whether a single claim can be tested."""
        return cls(_OF_CLAIMS + claim, can, why)

    def as_json(self) -> dict[str, Any]:
        """Give it to a program; what was found stands among all findings."""
        return {"command": self.command, "can": self.can, "why": self.why, "groups": self.groups}

    @property
    def is_command(self) -> bool:
        """Whether it is of a command, and not of a single claim."""
        return not self.command.startswith(_OF_CLAIMS)


@dataclass(frozen=True)
class Checked:
    """A survey as `check` found it, told to a person by `describe` and to a program."""

    intake: Intake
    file: str
    """Name of its file."""
    reliability: Reliability | None = None
    """Nothing where it has faults."""
    undecided: Sequence[int] = ()
    """Lines of the codebook that a person has still to decide."""
    foretold: Sequence[Foretold] = ()
    """Which commands can use it."""
    minimum: int = DisclosureSettings().minimum
    """Forms that a reason for refusing them must have to be named."""
    silenced: Mapping[str, str] = field(default_factory=dict)
    """Code of a check to the reason why what it finds is accepted."""
    called: Mapping[str, Value] = field(default_factory=dict)
    """Name of a column or scale to how a reader finds it; left out, by that name."""

    @property
    def exit_code(self) -> int:
        """That of its first fault, or its own where there is none and no command can use it."""
        if self.intake.errors:
            return self.intake.errors[0].exit_code
        commands = [one.can for one in self.foretold if one.is_command]
        return UnusableSurveyError.exit_code if commands and not any(commands) else 0

    @property
    def rejected(self) -> list[tuple[Rejection, int]]:
        """Reasons that forms were refused for, with how many each."""
        return tell_reasons(self.intake.rejected, self.minimum)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What checks found in it, and in models beside it."""
        return find(_found(self), self.silenced)

    @property
    def conclusion(self) -> str:
        """Whether it can be used, and what to look at before; "" if it has faults."""
        return "" if self.intake.errors else _conclude(self)


def describe(checked: Checked) -> str:
    """Tell all that was found, as lines for a terminal or a file."""
    return "\n".join(_lines(checked))


def tell_program(checked: Checked) -> dict[str, Any]:
    """Tell the same as JSON has it.

    Returns
    -------
    `rows` and `cells` as `Account` counts them, `rejected` by reason in bands, `faults` with the
    exit code of each, `findings` of checks, `scales`, `commands` that can use it and not, and the
    `conclusion`.
    """
    intake, reliability = checked.intake, checked.reliability
    scales = [] if reliability is None else json.loads(reliability.scales.to_json(orient="records"))
    return {
        "file": checked.file,
        "sha256": intake.sha256,
        **intake.account.as_dict(),
        "rejected": [
            {"reason": str(rejection), "responses": band_text(count)}
            for rejection, count in checked.rejected
        ],
        "faults": [{"exit_code": e.exit_code, "text": str(e)} for e in intake.errors],
        "findings": check_json(checked.findings),
        "undecided": list(checked.undecided),
        "scales": scales,
        "commands": [one.as_json() for one in checked.foretold],
        "conclusion": checked.conclusion,
    }


def _found(checked: Checked) -> Iterator[Message]:
    yield from find_drafted(checked.undecided)
    if checked.reliability is not None:
        yield from find_low_reliability(checked.reliability, checked.called)
        yield from find_items_against(checked.reliability.items, checked.called)
    yield from find_lost(checked.intake.account)
    yield from checked.intake.remarks
    for one in checked.foretold:
        yield from one.found


def _lines(checked: Checked) -> Iterator[str]:
    intake = checked.intake
    accepted, rejected = len(intake.held), len(intake.rejected)
    read = counted(intake.rows, "response")
    yield f"{checked.file}: {read} = {accepted} accepted + {rejected} rejected"
    told = checked.rejected
    for rejection, count in told:
        yield f"  rejected {band_text(count):>9}  {rejection}"
    if rejected and not told:
        few = checked.minimum
        yield f"  rejected for reasons of fewer than {few}: look these rows up in the file"
    yield from _account(intake.account)
    if intake.errors:
        yield f"{counted(len(intake.errors), 'fault')} to mend before it can be used:"
        yield from (f"  - {error}" for error in intake.errors)
    for title, part in by_kind(checked.findings).items():
        yield f"{write(say(title), SCREEN)}:"
        yield from (f"  - {write(tell(finding), SCREEN)}" for finding in part)
    if checked.reliability is not None:
        yield from _scales(checked.reliability)
    yield from _table(checked.foretold)
    if checked.conclusion:
        yield checked.conclusion


def _scales(reliability: Reliability) -> Iterator[str]:
    """Say how well each scale measures."""
    yield "Scales:          items      n  alpha (95 %)        omega"
    for row in reliability.scales.itertuples():
        yield f"  {row.scale:<26.26} {row.items:>2} {row.n:>7}  {_consistency(row)}"


def _table(foretold: Sequence[Foretold]) -> Iterator[str]:
    """Tell which commands can use it, how many units each may tell of, and why not."""
    if foretold:
        yield f"{'What can be made of it:':<32}{'units':>9}"
    for one in foretold:
        units = "" if one.groups is None else str(one.groups)
        can = "yes" if one.can else "no"
        yield f"  {one.command:<26}{can:<4}{units:>9}  {one.why}".rstrip()


def _consistency(row: Any) -> str:
    """Say how consistently a scale measures, or why that is not known."""
    if row.items == 1:
        return "one item, of which no consistency is known"
    if np.isnan(row.alpha):
        return "not known: nobody answered all items, or all answered alike"
    told = f"{row.alpha:.2f} (one unit)"
    if not np.isnan(row.alpha_low):
        told = f"{row.alpha:.2f} ({row.alpha_low:.2f}-{row.alpha_high:.2f})"
    return f"{told}  {row.omega:.2f}{'  low' if row.is_low else ''}"


def _account(account: Account) -> Iterator[str]:
    """Say what became of each cell, and of rows that are no forms."""
    missing = account.all_cells - account.cells[Cell.READ]
    yield (
        f"{account.all_cells} cells in {counted(account.columns, 'column')} = "
        f"{account.cells[Cell.READ]} read + {missing} missing"
    )
    reasons = {_WHY[cell]: account.cells[cell] for cell in _WHY}
    reasons["of rejected responses"] = account.in_rejected
    yield from (f"  missing {count:>10}  {why}" for why, count in reasons.items() if count)
    if account.empty_rows:
        yield f"  {counted(account.empty_rows, 'row')} without any answer, no forms"


def _usable(foretold: Sequence[Foretold]) -> str:
    """Say for which commands it can be used."""
    can = [one.command for one in foretold if one.is_command and one.can]
    cannot = [one.command for one in foretold if one.is_command and not one.can]
    if not cannot:
        return ": it can be used"
    told = f": it can be used for {', '.join(can)}" if can else ", and yet no command can use it"
    return f"{told}; not for {', '.join(cannot)}, as said above"


def _conclude(checked: Checked) -> str:
    account, undecided = checked.intake.account, len(checked.undecided)
    points = len(look_at(checked.findings))
    if account.is_much_lost:
        return (
            f"No faults, but {account.share_rejected:.0%} of the responses are rejected and "
            f"{account.share_stray:.1%} of the answers are not allowed: mend the codebook or the "
            "export before it is used."
        )
    if undecided:
        still = counted(undecided, "line of the codebook is", "lines of the codebook are")
        return f"No faults, but {still} still to decide before it is used."
    look = counted(points, "point", "points")
    told = f"No faults{_usable(checked.foretold)}"
    return told + f", after a look at the {look} above" * bool(points) + "."
