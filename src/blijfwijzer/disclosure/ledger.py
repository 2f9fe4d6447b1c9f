"""What was shown before: an append-only, hash-chained file of releases, and no data.

Each line holds definitions of groups, fingerprints of who was in them, and hashes of files. Each
line's hash covers the line before, so a changed, lost or moved line is found; `head.json` holds the
last hash, so a cut-off tail is found too. A chain without an anchor elsewhere detects edits and no
full rewrite: each release prints the head's hash, which is such an anchor.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from blijfwijzer.errors import BusyError, LedgerError, NotWritableError
from blijfwijzer.files import read_json, write_beside

FILE, HEAD, KEY, LOCK = "releases.jsonl", "head.json", "secret.key", "lock"
_START = "0" * 64
_PATIENCE_SECONDS = 60.0
"""Longer than a training holds a ledger while it evaluates and draws."""


@dataclass(frozen=True)
class Release:
    """One line of the ledger."""

    content: dict[str, Any]
    """survey, wave, dataset (hash), kind, groups ({id: {definition, fingerprint}}), outputs
    ({file: hash})."""
    sequence: int
    hash: str


@dataclass
class Ledger:
    """An opened ledger; it is locked until its `with` block ends."""

    folder: Path
    owner: str
    secret: bytes
    releases: list[Release] = field(default_factory=list)

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the last release."""
        return (
            (self.releases[-1].sequence, self.releases[-1].hash) if self.releases else (0, _START)
        )

    def append(self, content: dict[str, Any], now: datetime | None = None) -> Release:
        """Add a release, and make sure that it is on disk.

        Parameters
        ----------
        content : plain values: texts, whole numbers, lists and dictionaries of these
        """
        sequence, previous = self.head
        line = {
            "sequence": sequence + 1,
            "time": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
            "owner": self.owner,
            "content": content,
            "previous": previous,
        }
        release = Release(content, sequence + 1, _hash(line))
        text = _canonical({**line, "hash": release.hash}) + "\n"
        with (self.folder / FILE).open("a", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _write_head(self.folder, release.sequence, release.hash, self.owner, self.secret)
        self.releases.append(release)
        return release

    def keep_proof(self, sequence: int, content: bytes) -> None:
        """Keep the proof of a release, which tells exact sizes, here and nowhere else."""
        with write_beside(proof_of(self.folder, sequence)) as beside:
            beside.write_bytes(content)


def proof_of(folder: Path, sequence: int) -> Path:
    """Give where the proof of a release is kept, beside its ledger."""
    return folder / "proofs" / f"{sequence}.json"


@contextmanager
def open_ledger(
    folder: Path, owner: str, anchor: tuple[int, str] | None = None
) -> Iterator[Ledger]:
    """Open a ledger for one run, made if there is none; nobody else can until the block ends.

    Parameters
    ----------
    owner : whose releases these are
    anchor : number and hash of a release that an earlier output tells of

    Raises
    ------
    BusyError
        Another run holds it.
    LedgerError
        It is lost, altered, cut off, or of another owner.
    NotWritableError
        It cannot be made there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise LedgerError(
            f"{folder}: a file is in the place of the ledger. Give --ledger a folder."
        ) from error
    except FileNotFoundError as error:
        raise NotWritableError(
            f"{folder}: no ledger can be made here ({error.strerror}) and nothing was shown. Give "
            "--ledger a folder that you may write in."
        ) from error
    with _locked(folder):
        ledger = _read(folder, owner)
        if anchor is not None and anchor[0] > 0:
            there = {release.sequence: release.hash for release in ledger.releases}
            if there.get(anchor[0]) != anchor[1]:
                raise LedgerError(
                    f"{folder}: release {anchor[0]}, of which an earlier output tells, is not in "
                    "this ledger, so it is lost, rewritten or another one. Nothing was shown. "
                    "Restore the ledger from a copy, or give the right one."
                )
        yield ledger


def verify(folder: Path) -> list[Release]:
    """Check every line of a ledger.

    Raises
    ------
    LedgerError
        It is lost or altered; the first altered line is named.
    """
    if not (folder / FILE).exists():
        raise LedgerError(f"{folder}: there is no ledger here ({FILE}). Give the right folder.")
    releases, _ = _lines(folder)
    _check_head(folder, releases)
    return releases


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the ledger's lock; the system lets go of it when the process ends, however it ends."""
    lock = FileLock(folder / LOCK, timeout=_PATIENCE_SECONDS)
    try:
        held = lock.acquire()
    except Timeout as error:
        raise BusyError(
            f"{folder}: another run is writing here. Nothing was shown or written. Wait until it "
            "ends and try again."
        ) from error
    with held:
        yield


def _read(folder: Path, owner: str) -> Ledger:
    if _is_new(folder):
        return Ledger(folder, owner, _make(folder, owner))
    if not (folder / FILE).exists():
        if (folder / HEAD).exists() or (folder / KEY).exists():
            raise LedgerError(
                f"{folder}: the list of earlier releases ({FILE}) is lost. Nothing was shown, "
                "since it could be subtracted from what was shown before. Restore it from a copy."
            )
        return Ledger(folder, owner, _make(folder, owner))
    releases, broken = _lines(folder)
    _check_head(folder, releases)
    if broken:
        _cut(folder, len(releases))
    head = _read_head(folder)
    recorded = head["owner"]
    if recorded != owner:
        raise LedgerError(
            f"{folder}: is the ledger of {recorded}, not of {owner}. Nothing was shown. Give "
            "--ledger a folder of its own."
        )
    secret = folder / KEY
    if not secret.exists():
        raise LedgerError(
            f"{folder}: the key of its fingerprints ({KEY}) is lost, so it cannot be told who was "
            "in earlier groups. Nothing was shown. Restore it from a copy."
        )
    if _check_value(secret.read_bytes()) != head["key"]:
        raise LedgerError(
            f"{folder}: the key of its fingerprints ({KEY}) is another one, so it cannot be told "
            "who was in earlier groups. Nothing was shown. Restore it from a copy."
        )
    return Ledger(folder, owner, secret.read_bytes(), releases)


def _is_new(folder: Path) -> bool:
    """Whether nothing was ever released here; a first run may have been stopped half-way."""
    lines, head = folder / FILE, folder / HEAD
    return not head.exists() and (not lines.exists() or not lines.stat().st_size)


def _check_value(secret: bytes) -> str:
    """Tell two keys apart without telling the key."""
    return hashlib.sha256(b"check" + secret).hexdigest()[:16]


def _make(folder: Path, owner: str) -> bytes:
    secret = secrets.token_bytes(32)
    with write_beside(folder / KEY) as beside:
        beside.write_bytes(secret)
    with write_beside(folder / FILE) as beside:
        beside.write_bytes(b"")
    _write_head(folder, 0, _START, owner, secret)
    return secret


def _write_head(folder: Path, sequence: int, digest: str, owner: str, secret: bytes) -> None:
    with write_beside(folder / HEAD) as beside:
        key = _check_value(secret)
        head = {"sequence": sequence, "hash": digest, "owner": owner, "key": key}
        beside.write_text(_canonical(head) + "\n", encoding="utf-8")


def _lines(folder: Path) -> tuple[list[Release], bool]:
    """Read and check lines; tell whether the last one is half-written."""
    raw = (folder / FILE).read_bytes()
    lines = raw.split(b"\n")
    broken = lines.pop() != b""
    releases: list[Release] = []
    previous = _START
    for number, text in enumerate(lines, start=1):
        try:
            line = json.loads(text)
            digest = line.pop("hash")
            right = (
                digest == _hash(line)
                and line["previous"] == previous
                and line["sequence"] == number
                and _canonical({**line, "hash": digest}).encode() == text
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            right = False
        if not right:
            raise LedgerError(
                f"{folder / FILE}: line {number} is not as it was written, so what was shown "
                "before is not known. Nothing was shown. Restore the ledger from a copy."
            )
        releases.append(Release(line["content"], number, digest))
        previous = digest
    return releases, broken


def _check_head(folder: Path, releases: list[Release]) -> None:
    head = _read_head(folder)
    sequence, digest = head["sequence"], head["hash"]
    last = releases[-1].hash if releases else _START
    # An interruption between the line and the head leaves one whole line more than the head knows.
    ahead = len(releases) == sequence + 1 and (releases[-2].hash if sequence else _START) == digest
    if not (ahead or (len(releases) == sequence and last == digest)):
        raise LedgerError(
            f"{folder}: {sequence} releases were written and {len(releases)} are there, or the "
            "last is another one. Nothing was shown. Restore the ledger from a copy."
        )


def _read_head(folder: Path) -> dict[str, Any]:
    try:
        head = read_json(folder / HEAD)
        return {
            "sequence": int(head["sequence"]),
            "hash": str(head["hash"]),
            "owner": str(head["owner"]),
            "key": str(head["key"]),
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LedgerError(
            f"{folder}: {HEAD} is lost or unreadable, so it cannot be told whether releases are "
            "missing. Nothing was shown. Restore it from a copy."
        ) from error


def _cut(folder: Path, lines: int) -> None:
    """Cut off what an interruption left of a line that was never completed."""
    raw = (folder / FILE).read_bytes()
    whole = b"".join(line + b"\n" for line in raw.split(b"\n")[:lines])
    with write_beside(folder / FILE) as beside:
        beside.write_bytes(whole)


def _hash(line: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(line).encode()).hexdigest()


def _canonical(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
