"""Two logs of what was done: of the processing of data, and of who did what.

The first has the fields of the Dutch standard Logboek Dataverwerkingen (Logius, 2024), which wants
no users in it; the second has the user's role. One operation has one id in both. Each is a chain of
the same kind as the ledger of releases, in a segment a month, which begins with the head of the
segment before: so whole segments can go after their time while what is left can still be checked.
No answer and no name of a respondent is in either: of files it has keyed hashes.
"""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blijfwijzer import __version__
from blijfwijzer.disclosure.chain import FILE, HEAD, Head, read_head
from blijfwijzer.disclosure.ledger import LOG, Ledger, open_ledger
from blijfwijzer.errors import INTERRUPTED, BlijfwijzerError, LedgerError, LogError
from blijfwijzer.files import write_beside
from blijfwijzer.survey.files import hash_file

PLACE, ROLE, ACTIVITY = "BLIJFWIJZER_LOG", "BLIJFWIJZER_ROLE", "BLIJFWIJZER_ACTIVITY"
"""Environment variables: folder of the logs, the role of who runs commands, and the id of the
processing in the register of processing activities. Nothing is logged without the first."""
PROCESSING, ACTIONS = "processing", "actions"
NEWEST = "newest"
"""File of a log that tells of its last line: segment, number and hash, as lines of ledgers do."""
_OWNER = "log"
_SAID = ("by", "reason", "why", "again", "accepted_by", "accepted_why")
"""Options whose words are kept: who decided, and why."""
Environment = Mapping[str, str]


@dataclass
class Operation:
    """A command that runs; filled in by what it tells."""

    id: str
    name: str
    started: str
    outcome: dict[str, Any] = field(default_factory=dict)
    code: int = 0
    """Exit code where no error ends it."""

    def told(self, result: Mapping[str, Any], code: int = 0) -> None:
        """Keep how it ended, and the place in the ledger of what was made, if something was."""
        self.code = code
        record = result.get("record")
        if isinstance(record, Mapping) and isinstance(record.get("ledger"), Mapping):
            self.outcome = {"survey": record.get("survey", ""), **record["ledger"]}


@contextmanager
def logged(
    name: str, options: Mapping[str, Any], environment: Environment = os.environ
) -> Iterator[Operation]:
    """Log that a command begins, and how it ends; nothing where no logs are kept.

    Parameters
    ----------
    name : of the command
    options : as they were given; of files among them a keyed hash is kept, of words those of
        `_SAID`

    Raises
    ------
    LogError
        The logs cannot be written: then nothing is done.
    """
    operation = Operation(secrets.token_hex(8), name, _now())
    place = environment.get(PLACE, "")
    if not place:
        yield operation
        return
    told = {
        "operation_id": operation.id,
        "actor": environment.get(ROLE, "") or "unknown",
        "action": name,
    }
    about = {n: " ".join(str(options[n]).split()) for n in _SAID if options.get(n)}
    with _opened(Path(place), ACTIONS) as log:
        begun = {**told, "state": "begun", "said": about, "files": _files_in(options, log)}
        line = log.append(begun)
        anchored = LOG.set(f"{log.folder.name} {line.sequence} {line.hash}")
    code = 1
    try:
        yield operation
        code = operation.code
    except BlijfwijzerError as error:
        code = error.exit_code
        raise
    except KeyboardInterrupt:
        code = INTERRUPTED
        raise
    finally:
        LOG.reset(anchored)
        with _opened(Path(place), ACTIONS) as log:
            log.append({**told, "state": "ended", "exit_code": code, "outcome": operation.outcome})
        with _opened(Path(place), PROCESSING) as log:
            log.append(_span(operation, code, environment))


def _span(operation: Operation, code: int, environment: Environment) -> dict[str, Any]:
    """Give a line of the processing log, by the fields of the standard."""
    return {
        "trace_id": secrets.token_hex(16),
        "operation_id": operation.id,
        "parent_operation_id": "",
        "foreign_operation": {},
        "status_code": "ERROR" if code else "OK",
        "name": operation.name,
        "start_time": operation.started,
        "end_time": _now(),
        "resource": {"name": "blijfwijzer", "version": __version__},
        "attributes": {"dpl.core.processing_activity_id": environment.get(ACTIVITY, "")},
    }


def _files_in(options: Mapping[str, Any], log: Ledger) -> dict[str, str]:
    """Give keyed hashes of the files that a command was given: no guess of one can be tried."""
    files = {n: value for n, value in options.items() if isinstance(value, Path)}
    return {n: log.identify(hash_file(path)) for n, path in files.items() if path.is_file()}


@contextmanager
def _opened(place: Path, kind: str) -> Iterator[Ledger]:
    """Open the segment of this month, which begins with the head of the one before."""
    segment = place / kind / _now()[:7]
    try:
        with open_ledger(segment, _OWNER) as log:
            if not log.releases:
                log.append({"follows": _head_before(segment)})
            yield log
            last = log.releases[-1]
            with write_beside(place / kind / NEWEST) as beside:
                beside.write_text(f"{segment.name} {last.sequence} {last.hash}\n", "utf-8")
    except LedgerError as error:
        raise LogError(
            f"{segment}: the log of {kind} cannot be added to, so nothing was done: {error}"
        ) from error


def _head_before(segment: Path) -> dict[str, Any]:
    before = [one for one in segments_of(segment.parent) if one.name < segment.name]
    return pointer_to(before[-1]) if before else {}


def segments_of(log: Path) -> list[Path]:
    """Give the segments of a log by month, those of which only the head is left among them."""
    return sorted(path.parent for path in log.glob(f"*/{HEAD}"))


def pointer_to(segment: Path) -> dict[str, Any]:
    """Give what the segment after one tells of it."""
    head: Head = read_head(segment)
    return {"segment": segment.name, "sequence": head.sequence, "hash": head.hash}


def is_purged(segment: Path) -> bool:
    """Tell whether only the head of a segment is left."""
    return not (segment / FILE).exists()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
