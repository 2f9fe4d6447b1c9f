"""An intake on the screen: what was read, what was refused, what to mend."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from blijfwijzer.disclosure.rounding import band_text
from blijfwijzer.errors import counted
from blijfwijzer.estimation.reliability import Reliability
from blijfwijzer.publish.facts import tell_reasons
from blijfwijzer.publish.texts import write
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.accounting import Account
from blijfwijzer.survey.answers import Cell
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.remarks import warnings_of

SCREEN = "en"
"""Language of what commands print."""

# Correlation with the rest of a scale below which an item is no mere noise; convention of ours.
_AGAINST = -0.1
_LINES_TOLD = 10
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

    @classmethod
    def of_claim(cls, claim: str, can: bool, why: str = "") -> "Foretold":
        """Give whether a single claim can be tested."""
        return cls(_OF_CLAIMS + claim, can, why)

    @property
    def is_command(self) -> bool:
        """Whether it is of a command, and not of a single claim."""
        return not self.command.startswith(_OF_CLAIMS)


def describe(
    intake: Intake,
    file: str,
    reliability: Reliability | None,
    undecided: Sequence[int] = (),
    foretold: Sequence[Foretold] = (),
    minimum: int = DisclosureSettings().minimum,
) -> str:
    """Tell all that was found, as lines for a terminal or a file.

    Parameters
    ----------
    undecided : lines of the codebook that a person has still to decide
    foretold : which commands can use it
    minimum : forms that a reason for refusing them must have to be named
    """
    return "\n".join(_lines(intake, file, reliability, undecided, foretold, minimum))


def tell_program(
    intake: Intake,
    file: str,
    reliability: Reliability | None,
    undecided: Sequence[int] = (),
    foretold: Sequence[Foretold] = (),
    minimum: int = DisclosureSettings().minimum,
) -> dict[str, Any]:
    """Tell the same as JSON has it; `describe` says what each is.

    Returns
    -------
    `rows` and `cells` as `Account` counts them, `rejected` by reason in bands, `faults` with the
    exit code of each, `look` and `know` in sentences, `scales`, `commands` that can use it and not,
    and the `conclusion`.
    """
    look = [*_undecided(undecided), *(write(text, SCREEN) for text in warnings_of(intake.remarks))]
    scales = None if reliability is None else reliability.scales
    usable = not intake.errors
    told = _conclude(intake.account, reliability, len(undecided), len(look), foretold)
    return {
        "file": file,
        "sha256": intake.sha256,
        **intake.account.as_dict(),
        "rejected": [
            {"reason": str(refusal), "responses": band_text(count)}
            for refusal, count in tell_reasons(intake.rejected, minimum)
        ],
        "faults": [{"exit_code": e.exit_code, "text": str(e)} for e in intake.errors],
        "look": look,
        "know": [write(r.message, SCREEN) for r in intake.remarks if r.level == "note"],
        "undecided": list(undecided),
        "scales": [] if scales is None else json.loads(scales.to_json(orient="records")),
        "commands": [asdict(one) for one in foretold],
        "conclusion": told if usable else "",
    }


def _lines(
    intake: Intake,
    file: str,
    reliability: Reliability | None,
    undecided: Sequence[int],
    foretold: Sequence[Foretold],
    minimum: int,
) -> Iterator[str]:
    accepted, rejected = len(intake.responses), len(intake.rejected)
    read = counted(intake.rows, "response")
    yield f"{file}: {read} = {accepted} accepted + {rejected} rejected"
    told = tell_reasons(intake.rejected, minimum)
    for refusal, count in told:
        yield f"  rejected {band_text(count):>9}  {refusal}"
    if rejected and not told:
        yield f"  rejected for reasons of fewer than {minimum}: look these rows up in the file"
    yield from _account(intake.account)
    if intake.errors:
        yield f"{counted(len(intake.errors), 'fault')} to mend before it can be used:"
        yield from (f"  - {error}" for error in intake.errors)
    look = [*_undecided(undecided), *(write(text, SCREEN) for text in warnings_of(intake.remarks))]
    know = [write(r.message, SCREEN) for r in intake.remarks if r.level == "note"]
    for texts, title in ((look, "To look at:"), (know, "To know:")):
        if texts:
            yield title
            yield from (f"  - {text}" for text in texts)
    if reliability is not None:
        yield "Scales:          items      n  alpha (95 %)        omega"
        for row in reliability.scales.itertuples():
            yield f"  {row.scale:<26.26} {row.items:>2} {row.n:>7}  {_consistency(row)}"
        against = reliability.items[reliability.items["item_rest"] < _AGAINST]
        for row in against.itertuples():
            yield (
                f"  - {row.item} runs against the rest of {row.scale} (r = {row.item_rest:.2f}): "
                "is it worded the other way round? Then list it under `reversed`."
            )
    yield from _table(foretold)
    if not intake.errors:
        yield _conclude(intake.account, reliability, len(undecided), len(look), foretold)


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


def _undecided(lines: Sequence[int]) -> list[str]:
    if not lines:
        return []
    told = ", ".join(map(str, lines[:_LINES_TOLD]))
    more = f" and {len(lines) - _LINES_TOLD} more" if len(lines) > _LINES_TOLD else ""
    marked = counted(len(lines), "line of the codebook is", "lines of the codebook are")
    return [
        f"{marked} marked `decide`: {told}{more}. Decide what each says and take the mark away."
    ]


def _conclude(
    account: Account,
    reliability: Reliability | None,
    undecided: int,
    points: int,
    foretold: Sequence[Foretold],
) -> str:
    """Say whether it can be used, with all that a user should first look at."""
    if account.is_much_lost:
        told = (
            f"No faults, but {account.share_rejected:.0%} of the responses are rejected and "
            f"{account.share_stray:.1%} of the answers are not allowed: mend the codebook or the "
            "export before it is used"
        )
    elif undecided:
        still = counted(undecided, "line of the codebook is", "lines of the codebook are")
        told = f"No faults, but {still} still to decide before it is used"
    else:
        look = counted(points, "point", "points")
        told = f"No faults{_usable(foretold)}"
        told += f", after a look at the {look} above" * bool(points)
    low = reliability.scales[reliability.scales["is_low"].astype(bool)] if reliability else None
    if low is None or low.empty:
        return f"{told}."
    poor = ", ".join(f"{row.scale} (alpha {row.alpha:.2f})" for row in low.itertuples())
    return f"{told}; {counted(len(low), 'scale measures', 'scales measure')} poorly: {poor}."
