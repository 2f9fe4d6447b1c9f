"""The story of `govern log`: whether logs are as they were written, and what goes in its time."""

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from blijfwijzer.disclosure.chain import FILE, HEAD, Release, read_head, read_lines, verify
from blijfwijzer.errors import LedgerError, LogError, counted
from blijfwijzer.governance.document import LEAST_LOG_DAYS
from blijfwijzer.records.logbook import (
    ACTIONS,
    NEWEST,
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
    newest: dict[str, str]
    """Each log to its last line: segment, number and hash, for somebody else to keep."""
    open: tuple[str, ...] = ()
    """Ids of operations that began and did not end: they run, or were killed."""
    elsewhere: tuple[str, ...] = ()
    """Ids of operations that entered something that no ledger here has."""
    is_checked: bool = False
    """Whether each line was held against what it was; else what is open is not known."""

    def as_json(self) -> dict[str, Any]:
        """Tell a program of it."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in vars(self).items()}


def tell_logs(place: Path) -> Logs:
    """Tell what is in both logs, as it stands there; nothing is checked.

    Raises
    ------
    LogError
        There are none.
    """
    segments = _segments(place)
    files = [segment / FILE for segment in segments if not is_purged(segment)]
    lines = sum(file.read_bytes().count(b"\n") - 1 for file in files)
    found = Logs(lines, _names(segments), _newest(place))
    print(f"{place}: {counted(found.lines, 'line')}, not checked (--verify does that).")
    _print_newest(place, found)
    return found


def verify_logs(place: Path, ledgers: Path | None = None) -> Logs:
    """Check each line of both logs, that segments follow each other, and that nothing is lost.

    Parameters
    ----------
    ledgers : folder of the ledgers, whose lines tell where the log of actions was

    Raises
    ------
    LogError
        There are none; a line or a segment is altered or lost, the last ones too, or went before
        its time; or an operation is in one only.
    """
    segments = _segments(place)
    purged = [segment for segment in segments if is_purged(segment)]
    _refuse_early(purged)
    actions, processing = (_read_log(place / kind) for kind in (ACTIONS, PROCESSING))
    entered = _lines_of_ledgers(ledgers)
    for kind, log in ((ACTIONS, actions), (PROCESSING, processing)):
        _hold_end(place / kind, log, [_newest(place).get(kind, "")])
    _hold_end(place / ACTIONS, actions, [line.log for line in entered if line.log])
    acts, spans = _contents(actions), _contents(processing)
    ended = {told["operation_id"]: told for told in acts if told.get("state") == "ended"}
    begun = {told["operation_id"] for told in acts if told.get("state") == "begun"}
    processed = {told["operation_id"] for told in spans}
    lost = sorted(ended.keys() ^ processed) if not purged else sorted(processed - ended.keys())
    if lost:
        raise LogError(
            f"{place}: {counted(len(lost), 'operation is', 'operations are')} in one log only, the "
            f"first {lost[0]}. Restore both logs from one copy."
        )
    known = {line.hash for line in entered}
    strange = [
        n for n, told in ended.items() if told["outcome"].get("hash", "") not in {"", *known}
    ]
    found = Logs(
        len(acts) + len(spans),
        _names(segments),
        _newest(place),
        tuple(sorted(begun - ended.keys())),
        tuple(sorted(strange)) if ledgers is not None else (),
        is_checked=True,
    )
    _print_checked(place, found)
    return found


def _print_checked(place: Path, found: Logs) -> None:
    lines, purged = counted(found.lines, "line"), counted(len(found.purged), "segment")
    print(f"{place}: {lines}, each as it was written; {purged} purged.")
    _print_newest(place, found)
    for one in found.open:
        print(f"  operation {one} began and did not end")
    for one in found.elsewhere:
        print(f"  operation {one} entered something that no ledger here has")


def _print_newest(place: Path, found: Logs) -> None:
    for kind, last in found.newest.items():
        print(f"  {place / kind} ends with {last}")


def _segments(place: Path) -> list[Path]:
    found = [segment for kind in (ACTIONS, PROCESSING) for segment in segments_of(place / kind)]
    if not found:
        raise LogError(f"{place}: there are no logs here. Give the folder of BLIJFWIJZER_LOG.")
    return found


def _names(segments: Sequence[Path]) -> tuple[str, ...]:
    return tuple(sorted(f"{s.parent.name}/{s.name}" for s in segments if is_purged(s)))


def _newest(place: Path) -> dict[str, str]:
    """Give what each log tells of its last line, where it does."""
    files = {kind: place / kind / NEWEST for kind in (ACTIONS, PROCESSING)}
    return {
        kind: file.read_text("utf-8", errors="replace").strip()
        for kind, file in files.items()
        if file.is_file()
    }


def _lines_of_ledgers(ledgers: Path | None) -> list[Release]:
    """Read the lines of all ledgers in a folder, without their keys."""
    places = [] if ledgers is None else [file.parent for file in sorted(ledgers.glob(f"*/{FILE}"))]
    return [line for place in places for line in read_lines(place, read_head(place))[0]]


def _refuse_early(purged: Sequence[Path]) -> None:
    """Refuse lines that are gone before they may be: nobody could tell what was in them."""
    early = [segment for segment in purged if _days_since(segment) <= LEAST_LOG_DAYS]
    if early:
        raise LogError(
            f"{early[0]}: its lines are gone, and are kept {LEAST_LOG_DAYS} days at least; so are "
            f"those of {counted(len(early), 'segment')} in all. Restore the log from a copy."
        )


def _read_log(log: Path) -> dict[str, list[Release]]:
    """Read the lines of all segments that are left, each held against the one before."""
    before: dict[str, Any] = {}
    found = dict[str, list[Release]]()
    for segment in segments_of(log):
        if not is_purged(segment):
            lines = found[segment.name] = _verified(segment)
            follows = lines[0].content.get("follows") if lines else None
            if follows != before:
                raise LogError(
                    f"{segment}: does not follow the segment before, so one is lost or altered. "
                    "Restore the log from a copy."
                )
        before = pointer_to(segment)
    return found


def _hold_end(log: Path, read: Mapping[str, list[Release]], told: Sequence[str]) -> None:
    """Hold a log against what others tell of its lines: a chain does not tell of its own end.

    Parameters
    ----------
    told : segment, number and hash of lines
    """
    here = {f"{name} {x.sequence} {x.hash}" for name, lines in read.items() for x in lines}
    purged = {segment.name for segment in segments_of(log) if is_purged(segment)}
    lost = [one for one in told if one not in here and one.split(" ")[0] not in purged]
    if lost:
        raise LogError(
            f"{log}: {counted(len(lost), 'line is', 'lines are')} told of elsewhere and not here, "
            f"the first {lost[0] or NEWEST}, so the end of the log is lost, or another log was "
            "kept then. Restore the log from a copy."
        )


def _contents(read: Mapping[str, list[Release]]) -> list[dict[str, Any]]:
    """Give what lines say of operations; the first of a segment tells of the one before."""
    return [line.content for lines in read.values() for line in lines[1:]]


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
    gone_now = counted(len(names), "segment")
    print(f"{place}: {gone_now} deleted, heads kept: {told}.")
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
