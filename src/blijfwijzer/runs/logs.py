"""The story of `govern log`: whether logs are as they were written, and what goes in its time."""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from blijfwijzer.disclosure.chain import FILE, HEAD, Release, verify
from blijfwijzer.errors import LedgerError, LogError, counted
from blijfwijzer.governance.document import LEAST_LOG_DAYS
from blijfwijzer.records.logbook import (
    ACTIONS,
    PROCESSING,
    is_purged,
    pointer_to,
    segments_of,
)


@dataclass(frozen=True)
class Logs:
    """Both logs, as they are."""

    lines: int
    purged: tuple[str, ...]
    """Segments of which only the head is left."""
    open: tuple[str, ...]
    """Ids of operations that began and did not end: they run, or were killed."""

    def as_json(self) -> dict[str, Any]:
        """Tell a program of it."""
        return {"lines": self.lines, "purged": list(self.purged), "open": list(self.open)}


def verify_logs(place: Path) -> Logs:
    """Check each line of both logs, that segments follow each other, and that they agree.

    Raises
    ------
    LogError
        There are none; a line or a segment is altered or lost, or went before its time; or an
        operation is in one only.
    """
    if not any(segments_of(place / kind) for kind in (ACTIONS, PROCESSING)):
        raise LogError(f"{place}: there are no logs here. Give the folder of BLIJFWIJZER_LOG.")
    actions, processing = (list(_lines_of(place / kind)) for kind in (ACTIONS, PROCESSING))
    ended = {x.content["operation_id"] for x in actions if x.content.get("state") == "ended"}
    begun = {x.content["operation_id"] for x in actions if x.content.get("state") == "begun"}
    processed = {x.content["operation_id"] for x in processing if "operation_id" in x.content}
    segments = [*segments_of(place / ACTIONS), *segments_of(place / PROCESSING)]
    purged = [segment for segment in segments if is_purged(segment)]
    _refuse_early(purged)
    lost = sorted(ended ^ processed) if not purged else sorted(processed - ended)
    if lost:
        raise LogError(
            f"{place}: {len(lost)} operations are in one log only, the first {lost[0]}. Restore "
            "both logs from one copy."
        )
    names = tuple(sorted({f"{s.parent.name}/{s.name}" for s in purged}))
    found = Logs(len(actions) + len(processing), names, tuple(sorted(begun - ended)))
    print(f"{place}: {found.lines} lines, each as it was written; {len(names)} segments purged.")
    for one in found.open:
        print(f"  operation {one} began and did not end")
    return found


def _refuse_early(purged: Sequence[Path]) -> None:
    """Refuse lines that are gone before they may be: nobody could tell what was in them."""
    early = [segment for segment in purged if _days_since(segment) <= LEAST_LOG_DAYS]
    if early:
        raise LogError(
            f"{early[0]}: its lines are gone, and are kept {LEAST_LOG_DAYS} days at least; so are "
            f"those of {counted(len(early), 'segment')} in all. Restore the log from a copy."
        )


def _lines_of(log: Path) -> Iterator[Release]:
    """Read the lines of all segments that are left, each held against the one before."""
    before: dict[str, Any] = {}
    for segment in segments_of(log):
        if not is_purged(segment):
            lines = _verified(segment)
            follows = lines[0].content.get("follows") if lines else None
            if follows != before:
                raise LogError(
                    f"{segment}: does not follow the segment before, so one is lost or altered. "
                    "Restore the log from a copy."
                )
            yield from lines[1:]
        before = pointer_to(segment)


def _verified(segment: Path) -> list[Release]:
    try:
        return verify(segment)
    except LedgerError as error:
        raise LogError(f"{segment}: is not as it was written: {error}") from error


def purge(place: Path, days: int) -> list[str]:
    """Delete whole segments that are older than some days; their heads stay, to check the rest by.

    Parameters
    ----------
    days : as the governance file has it under `retention.logs_days`

    Raises
    ------
    LogError
        Logs must be kept longer; or they are not as they were written.

    Returns
    -------
    The segments that went.
    """
    if days < LEAST_LOG_DAYS:
        raise LogError(
            f"--purge: {days} days is less than the {LEAST_LOG_DAYS} that logs are kept at least "
            "(AI Act, Art. 26(6)). Nothing was deleted."
        )
    verify_logs(place)
    gone = [
        segment
        for kind in (ACTIONS, PROCESSING)
        for segment in _old(segments_of(place / kind), days)
    ]
    for segment in gone:
        for path in segment.iterdir():
            if path.name != HEAD:
                path.unlink()
    names = [f"{segment.parent.name}/{segment.name}" for segment in gone]
    told = ", ".join(names) or "none"
    print(f"{place}: {len(names)} segments deleted, their heads kept: {told}.")
    return names


def _old(segments: Sequence[Path], days: int) -> Iterator[Path]:
    for segment in segments:
        if _days_since(segment) > days and (segment / FILE).exists():
            yield segment


def _days_since(segment: Path) -> int:
    """Count the days since the month of a segment ended."""
    try:
        year, month = map(int, segment.name.split("-"))
        last = date(year, month, calendar.monthrange(year, month)[1])
    except ValueError as error:
        raise LogError(f"{segment}: is no month of a log. Move it elsewhere.") from error
    return (date.today() - last).days
