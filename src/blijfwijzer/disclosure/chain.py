"""The lines of a ledger: each one's hash covers the line before, so an edit of any is found.

`head.json` holds the last hash, so a cut-off tail is found too. Each line tells the check value of
the key that its fingerprints are made with, so a key that took the place of another is seen also
where the head was replaced with it. A chain without an anchor elsewhere detects edits and no full
rewrite: each release prints the head's hash, which is such an anchor.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from blijfwijzer.disclosure.sealing import unseal
from blijfwijzer.errors import LedgerError
from blijfwijzer.files import parse_json, read_json, write_beside

FILE, HEAD, KEY, LOCK = "releases.jsonl", "head.json", "secret.key", "lock"
FORM = 3
"""Of ledgers as they are written now. In the first, people who answered alike were told apart by
their place in the file, so that nobody was known again in a file that is sorted otherwise."""
START = "0" * 64


@dataclass(frozen=True)
class Release:
    """One line of the ledger."""

    content: dict[str, Any]
    """survey, wave, dataset, kind, groups ({id: {definition, fingerprint}}), outputs ({file:
    hash}), and more: what an `Entry` holds."""
    sequence: int
    hash: str
    time: str = ""
    """When it was entered, as ISO 8601 in UTC."""
    log: str = ""
    """Where the log of what is done was then; empty where none was kept."""


@dataclass(frozen=True)
class Head:
    """What a ledger tells of its last line, and of its key."""

    sequence: int
    hash: str
    owner: str
    key: str
    """Check value of the key."""


def check_value(secret: bytes) -> str:
    """Tell two keys apart without telling the key."""
    return hashlib.sha256(b"check" + secret).hexdigest()[:16]


def to_line(content: Mapping[str, Any], previous: Release | None, about: dict[str, str]) -> Release:
    """Make the line that follows another.

    Parameters
    ----------
    about : its time, the owner, the check value of the key, and where the log was
    """
    sequence = 1 if previous is None else previous.sequence + 1
    before = START if previous is None else previous.hash
    line = _line(dict(content), sequence, before, about)
    return Release(dict(content), sequence, _hash(line), about["time"], about.get("log", ""))


def write_line(release: Release, previous: Release | None, about: dict[str, str]) -> str:
    """Write a line as the file holds it."""
    before = START if previous is None else previous.hash
    line = _line(release.content, release.sequence, before, about)
    return _canonical({**line, "hash": release.hash}) + "\n"


def _line(
    content: dict[str, Any], sequence: int, previous: str, about: dict[str, str]
) -> dict[str, Any]:
    return {**about, "sequence": sequence, "content": content, "previous": previous}


def verify(folder: Path) -> list[Release]:
    """Check every line of a ledger, and its key.

    Raises
    ------
    LedgerError
        It is lost or altered, or its key is; the first altered line is named.
    """
    if not (folder / FILE).exists():
        raise LedgerError(f"{folder}: there is no ledger here ({FILE}). Give the right folder.")
    head = read_head(folder)
    releases, _ = read_lines(folder, head)
    return unsealed(releases, read_key(folder, head))


def read_lines(folder: Path, head: Head) -> tuple[list[Release], bool]:
    """Read and check lines as they are sealed; tell whether the last one is half-written.

    Raises
    ------
    LedgerError
        One is altered, lost, or made with another key than the head tells of.
    """
    raw = (folder / FILE).read_bytes()
    lines = raw.split(b"\n")
    broken = lines.pop() != b""
    releases: list[Release] = []
    for number, text in enumerate(lines, start=1):
        release, key = _read_line(text, releases[-1] if releases else None)
        if release is None:
            raise LedgerError(
                f"{folder / FILE}: line {number} is not as it was written, so what was shown "
                "before is not known. Nothing was shown. Restore the ledger from a copy."
            )
        if key != head.key:
            raise LedgerError(
                f"{folder}: line {number} was written with another key than {HEAD} tells of, so "
                f"it cannot be told who was in earlier groups. Nothing was shown. Restore {KEY} "
                f"and {HEAD} from a copy."
            )
        releases.append(release)
    _hold_head(folder, head, releases)
    return releases, broken


def unsealed(lines: Sequence[Release], secret: bytes) -> list[Release]:
    """Give lines with fingerprints that can be compared; each keeps its hash, which is of the file.

    Parameters
    ----------
    secret : the ledger's
    """
    return [replace(line, content=unseal(line.content, secret)) for line in lines]


def _read_line(text: bytes, previous: Release | None) -> tuple[Release | None, str]:
    """Read a line and the check value in it; no line where it is not as it was written."""
    try:
        line = parse_json(text)
        digest = line.pop("hash")
        about = {name: line[name] for name in ("time", "owner", "key")}
        about |= {"log": line["log"]} if "log" in line else {}
        release = to_line(line["content"], previous, about)
        if release.hash == digest and write_line(release, previous, about).encode() == text + b"\n":
            return release, str(about["key"])
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return None, ""


def _hold_head(folder: Path, head: Head, releases: list[Release]) -> None:
    def last(count: int) -> str:
        return releases[count - 1].hash if count else START

    # An interruption between the line and the head leaves one whole line more than the head knows.
    is_ahead = len(releases) == head.sequence + 1 and last(head.sequence) == head.hash
    if not (is_ahead or (len(releases) == head.sequence and last(len(releases)) == head.hash)):
        raise LedgerError(
            f"{folder}: {head.sequence} releases were written and {len(releases)} are there, or "
            "the last is another one. Nothing was shown. Restore the ledger from a copy."
        )


def read_head(folder: Path) -> Head:
    """Read what a ledger tells of its last line.

    Raises
    ------
    LedgerError
        It is lost or unreadable, or of another form.
    """
    try:
        head = read_json(folder / HEAD)
        form = int(head.get("form", 1))
        found = Head(int(head["sequence"]), str(head["hash"]), str(head["owner"]), str(head["key"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LedgerError(
            f"{folder}: {HEAD} is lost or unreadable, so it cannot be told whether releases are "
            "missing. Nothing was shown. Restore it from a copy."
        ) from error
    if form < FORM:
        raise LedgerError(
            f"{folder}: is a ledger of form {form}, whose fingerprints this version cannot read: "
            "it cannot be told who was in earlier groups. Nothing was shown. "
            "Move this folder away and keep it: its releases can be audited with the version that "
            "made them. Begin a new ledger for waves of which nothing was shown; of a wave that "
            "was, show nothing more."
        )
    if form > FORM:
        raise LedgerError(
            f"{folder}: is a ledger of form {form}, newer than this version can read. Nothing was "
            "shown. Update blijfwijzer."
        )
    return found


def write_head(folder: Path, head: Head) -> None:
    """Write what a ledger tells of its last line, as a whole or not at all."""
    with write_beside(folder / HEAD) as beside:
        beside.write_text(_canonical({**vars(head), "form": FORM}) + "\n", encoding="utf-8")


def read_key(folder: Path, head: Head) -> bytes:
    """Read the key, and hold it against its check value.

    Raises
    ------
    LedgerError
        It is lost, or another one.
    """
    path = folder / KEY
    secret = path.read_bytes() if path.exists() else b""
    if check_value(secret) != head.key:
        what = "another one" if secret else "lost"
        raise LedgerError(
            f"{folder}: the key of its fingerprints ({KEY}) is {what}, so it cannot be told who "
            "was in earlier groups. Nothing was shown. Restore it from a copy."
        )
    return secret


def cut_off(folder: Path, lines: int) -> None:
    """Cut off what an interruption left of a line that was never completed."""
    raw = (folder / FILE).read_bytes()
    whole = b"".join(line + b"\n" for line in raw.split(b"\n")[:lines])
    with write_beside(folder / FILE) as beside:
        beside.write_bytes(whole)


def out_of_time(releases: Sequence[Release]) -> list[int]:
    """Give the numbers of lines that are dated before the line before them.

    >>> first, second = Release({}, 1, "", "2026-01-02"), Release({}, 2, "", "2026-01-01")
    >>> out_of_time([first, second])
    [2]
    """
    pairs = zip(releases, releases[1:], strict=False)
    return [after.sequence for before, after in pairs if after.time < before.time]


def common_lines(one: Sequence[Release], other: Sequence[Release]) -> int:
    """Count the lines with which two ledgers both begin."""
    pairs = zip(one, other, strict=False)
    differ = (place for place, (a, b) in enumerate(pairs) if a.hash != b.hash)
    return next(differ, min(len(one), len(other)))


def _hash(line: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(line).encode()).hexdigest()


def _canonical(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
