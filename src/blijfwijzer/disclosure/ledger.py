"""What was shown before: an append-only, hash-chained file of releases, and no data.

Each line holds definitions of groups, fingerprints of who was in them, and hashes of files;
`chain.py` keeps the lines.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from blijfwijzer.disclosure.chain import (
    FILE,
    HEAD,
    KEY,
    LOCK,
    START,
    Head,
    Release,
    check_value,
    cut_off,
    read_head,
    read_key,
    read_lines,
    to_line,
    unsealed,
    write_head,
    write_line,
)
from blijfwijzer.disclosure.sealing import seal
from blijfwijzer.disclosure.standing import standing
from blijfwijzer.errors import BusyError, LedgerError, NotWritableError
from blijfwijzer.files import write_beside

LOG: ContextVar[str] = ContextVar("LOG", default="")
"""Where the log of what is done is while a logged operation runs: lines keep it, so that the log
cannot lose its end unseen."""
_PATIENCE_SECONDS = 60.0
"""Longer than a training holds a ledger while it evaluates and draws."""


@dataclass
class Ledger:
    """An opened ledger; it is locked until its `with` block ends."""

    folder: Path
    owner: str
    secret: bytes
    releases: list[Release] = field(default_factory=list)
    """All lines, those that were taken back among them."""
    is_kept: bool = True
    """Whether lines that are added go to disk; else they are gone with this."""

    @property
    def standing(self) -> list[Release]:
        """Releases that were not taken back."""
        return standing(self.releases)

    def identify(self, digest: str) -> str:
        """Give a file's hash as it may be shown: who lacks the key can try no guess of the file.

        With a plain hash, whoever knows all answers but one would find that one by trying.
        """
        return _keyed(self.secret, digest)

    def append(self, content: dict[str, Any], now: datetime | None = None) -> Release:
        """Add a release, and make sure that it is on disk.

        Parameters
        ----------
        content : plain values: texts, whole numbers, lists and dictionaries of these
        """
        key = check_value(self.secret)
        time = (now or datetime.now(UTC)).isoformat(timespec="seconds")
        about = {"time": time, "owner": self.owner, "key": key}
        about |= {"log": LOG.get()} if LOG.get() else {}
        previous = self.releases[-1] if self.releases else None
        sealed = to_line(seal(content, self.secret), previous, about)
        release = replace(sealed, content=dict(content))
        self.releases.append(release)
        if self.is_kept:
            self._write(sealed, previous, about)
        return release

    def _write(self, release: Release, previous: Release | None, about: dict[str, str]) -> None:
        with (self.folder / FILE).open("a", encoding="utf-8") as file:
            file.write(write_line(release, previous, about))
            file.flush()
            os.fsync(file.fileno())
        head = Head(release.sequence, release.hash, self.owner, about["key"])
        write_head(self.folder, head)

    def keep_proof(self, sequence: int, content: bytes) -> None:
        """Keep the proof of a release, which tells exact sizes, here and nowhere else."""
        with write_beside(proof_of(self.folder, sequence)) as beside:
            beside.write_bytes(content)


def proof_of(folder: Path, sequence: int) -> Path:
    """Give where the proof of a release is kept, beside its ledger."""
    return folder / "proofs" / f"{sequence}.json"


def identify_beside(folder: Path, digest: str) -> str:
    """Give a file's hash as the ledger in a folder shows it, without opening that; "" if none is.

    Raises
    ------
    LedgerError
        Its key is lost or another one.
    """
    if not (folder / HEAD).exists():
        return ""
    return _keyed(read_key(folder, read_head(folder)), digest)


def _keyed(secret: bytes, digest: str) -> str:
    return hmac.new(secret, b"file" + digest.encode(), hashlib.sha256).hexdigest()


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
        It is lost, altered, cut off, of another owner, or of an earlier form.
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
        _hold_anchor(ledger, anchor)
        yield ledger


def borrow_ledger(folder: Path, owner: str) -> Ledger:
    """Give a ledger as it is now, for what is only tried: nothing is made, added or mended there.

    Raises
    ------
    BusyError, LedgerError
        As `open_ledger`.
    """
    if _is_new(folder):
        return Ledger(folder, owner, secrets.token_bytes(32), is_kept=False)
    with _locked(folder):
        return _read_lines(folder, owner)[0]


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


def _hold_anchor(ledger: Ledger, anchor: tuple[int, str] | None) -> None:
    if anchor is None or anchor[0] <= 0:
        return
    there = {release.sequence: release.hash for release in ledger.releases}
    if there.get(anchor[0]) != anchor[1]:
        raise LedgerError(
            f"{ledger.folder}: release {anchor[0]}, of which an earlier output tells, is not in "
            "this ledger, so it is lost, rewritten or another one. Nothing was shown. "
            "Restore the ledger from a copy, or give the right one."
        )


def _read(folder: Path, owner: str) -> Ledger:
    if _is_new(folder):
        return Ledger(folder, owner, _make(folder, owner))
    ledger, is_broken = _read_lines(folder, owner)
    if is_broken:
        cut_off(folder, len(ledger.releases))
    return replace(ledger, is_kept=True)


def _read_lines(folder: Path, owner: str) -> tuple[Ledger, bool]:
    """Read a ledger that is there, to try things on, and whether its last line is half-written."""
    if not (folder / FILE).exists():
        raise LedgerError(
            f"{folder}: the list of earlier releases ({FILE}) is lost. Nothing was shown, "
            "since it could be subtracted from what was shown before. Restore it from a copy."
        )
    head = read_head(folder)
    releases, is_broken = read_lines(folder, head)
    if head.owner != owner:
        raise LedgerError(
            f"{folder}: is the ledger of {head.owner}, not of {owner}. Nothing was shown. Give "
            "--ledger a folder of its own."
        )
    secret = read_key(folder, head)
    lines = unsealed(releases, secret)
    return Ledger(folder, owner, secret, lines, is_kept=False), is_broken


def _is_new(folder: Path) -> bool:
    """Whether nothing was ever released here; a first run may have been stopped half-way.

    The key is written last, so a key without the rest is what is left of a ledger.
    """
    lines, head = folder / FILE, folder / HEAD
    if (folder / KEY).exists() or (lines.exists() and lines.stat().st_size):
        return False
    return not head.exists() or read_head(folder).sequence == 0


def _make(folder: Path, owner: str) -> bytes:
    secret = secrets.token_bytes(32)
    write_head(folder, Head(0, START, owner, check_value(secret)))
    with write_beside(folder / FILE) as beside:
        beside.write_bytes(b"")
    with write_beside(folder / KEY) as beside:
        beside.write_bytes(secret)
    return secret
