"""What people decided about what was proposed: read from their table, all faults at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from blijfwijzer.errors import DecisionError, counted
from blijfwijzer.governance.document import plain_text
from blijfwijzer.survey.cells import number_of

Verdict = Literal["accept", "change", "reject"]
VERDICTS: tuple[Verdict, ...] = ("accept", "change", "reject")
COLUMNS = ("decision", "by", "date", "reason")
"""What a table of decisions has, beside what each is about; `given` where something was changed."""
_MOST_FAULTS = 5
_LONGEST = 500
"""Characters of a reason."""
_MOST_GIVEN = 1_000_000
"""Vouchers for one group; more than this are a slip."""
_LONGEST_NAME = 200
"""Characters of what a decision is about; an id of a group has far fewer."""


@dataclass(frozen=True)
class Ruling:
    """One decision."""

    about: str
    """Id of a group, or number of a case in a blind review."""
    verdict: Verdict
    given: int | None
    """Vouchers that are given, where that is not what was proposed."""
    by: str
    """A role or a pseudonym."""
    on: date
    reason: str


def read_rulings(rows: pd.DataFrame, file: str, about: str = "group") -> tuple[Ruling, ...]:
    """Read a table of decisions, a row each.

    Parameters
    ----------
    file : its name, for errors
    about : column that says what each is about

    Raises
    ------
    DecisionError
        Columns are missing; or rows lack something, say what cannot be, or are about the same.
        What they say is not repeated.
    """
    lacking = [name for name in (about, *COLUMNS) if name not in rows]
    if lacking:
        raise DecisionError(
            f"{file}: {counted(len(lacking), 'column is', 'columns are')} missing: "
            f"{', '.join(lacking)}. Nothing was entered. docs/governance.md shows such a table."
        )
    faults, found = list[str](), dict[str, Ruling]()
    for number, row in enumerate(rows.to_dict("records"), start=2):
        told = {str(name): _text_of(value) for name, value in row.items()}
        wrong = list(_faults_of(told, about))
        if told[about] in found:
            wrong.append(f"{about} has a row already")
        faults += [f"row {number}: {what}" for what in wrong]
        if not wrong:
            found[told[about]] = _ruling_of(told, about)
    refuse_faults(file, faults)
    return tuple(found.values())


def refuse_faults(file: str, faults: Sequence[str]) -> None:
    """Refuse decisions with faults, naming the first of them.

    Raises
    ------
    DecisionError
    """
    if faults:
        more = "; ..." if len(faults) > _MOST_FAULTS else ""
        raise DecisionError(
            f"{file}: {counted(len(faults), 'fault')}: {'; '.join(faults[:_MOST_FAULTS])}{more}. "
            "Nothing was entered. Mend the table."
        )


def _text_of(cell: Any) -> str:
    """Give a cell as it was written; a whole number may have become another one."""
    if pd.isna(cell):
        return ""
    is_whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell) if is_whole else cell).strip()


def _faults_of(told: Mapping[str, str], about: str) -> Iterator[str]:
    if not told[about]:
        yield f"{about} is empty"
    if len(told[about]) > _LONGEST_NAME:
        yield f"{about} has more than {_LONGEST_NAME} characters"
    if told["decision"] not in VERDICTS:
        yield f"decision is none of {', '.join(VERDICTS)}"
    number = number_of(told.get("given", ""))
    if told.get("given") and (number is None or number < 0 or number != int(number)):
        yield "given is no whole number"
    if number is not None and number > _MOST_GIVEN:
        yield f"given is more than {_MOST_GIVEN:,}"
    if told["decision"] == "change" and not told.get("given"):
        yield "given is empty, and it was changed"
    if _day(told["date"]) is None:
        yield "date is no date such as 2027-01-31"
    if told["decision"] in ("change", "reject") and not told["reason"]:
        yield "reason is empty, and it was not accepted as it is"
    if "@" in told["by"]:
        yield "by is an address; give a role or a pseudonym"
    for name in ("by", "reason"):
        if told[name] or name == "by":
            yield from _no_text(name, told[name])


def _no_text(name: str, text: str) -> Iterator[str]:
    if len(text) > _LONGEST:
        yield f"{name} has more than {_LONGEST} characters"
    try:
        plain_text(text)
    except ValueError as error:
        yield f"{name} {error}"


def _day(text: str) -> date | None:
    """Read a date, of a cell that may hold midnight too, as spreadsheets keep dates."""
    try:
        return date.fromisoformat(text.removesuffix(" 00:00:00"))
    except ValueError:
        return None


def _ruling_of(told: Mapping[str, str], about: str) -> Ruling:
    on, number = _day(told["date"]), number_of(told.get("given", ""))
    verdict = next(name for name in VERDICTS if name == told["decision"])
    given = None if number is None else int(number)
    reason = plain_text(told["reason"]) if told["reason"] else ""
    return Ruling(told[about], verdict, given, plain_text(told["by"]), on or date.min, reason)
