"""Output that is whole or absent: written beside its place, then renamed."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.errors import DiskFullError, NotWritableError

_REFUSED = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    # Some file systems, such as /proc, say of a new folder that it does not exist.
    errno.ENOENT,
    errno.ELOOP,
)


@contextmanager
def write_beside(path: Path) -> Iterator[Path]:
    """Give a temporary path with the same suffix; when the block ends well it becomes `path`.

    Whatever goes wrong inside, interruption included, leaves neither `path` changed nor the
    temporary file behind.

    Raises
    ------
    NotWritableError, DiskFullError
        The output cannot be written.
    """
    with _errors_for(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix="." + path.name)
        os.close(handle)
    beside = Path(name)
    try:
        with _errors_for(path):
            yield beside
            # mkstemp makes it readable by its owner only, which is right for survey data.
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def write_folder_beside(folder: Path, mark: str = "") -> Iterator[Path]:
    """Give a temporary folder; when the block ends well it takes the place of `folder`.

    A folder that is there is replaced only if it is empty or holds the file `mark`, by which an
    earlier output of the same kind is known; nothing else is ever deleted. A link to a folder stays
    a link: the folder that it points at is replaced.

    Raises
    ------
    NotWritableError, DiskFullError
        The output cannot be written, or something else is in its place.
    """
    folder = _pointed_at(folder)
    with _errors_for(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        restore_folder(folder)
        refuse_strange(folder, mark)
        beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    try:
        with _errors_for(folder):
            yield beside
            _take_place(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def refuse_strange(folder: Path, mark: str) -> None:
    """Refuse to write over what is no earlier output.

    Raises
    ------
    NotWritableError
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder.is_dir() and mark and (folder / mark).is_file()):
        what = "another folder" if folder.is_dir() else "a file"
        raise NotWritableError(
            f"{folder}: {what} is in this place, and it would be deleted. Give --output a folder "
            "that does not exist, is empty, or holds an earlier output."
        )


def restore_folder(folder: Path) -> None:
    """Put back an output that a killed run had moved away and not yet replaced."""
    folder = _pointed_at(folder)
    old = _old(folder)
    if old.is_dir() and not folder.exists():
        old.rename(folder)


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    OSError, ValueError
        It is not there, or is no JSON, or is nested too deeply to read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError(f"{path.name}: is nested too deeply") from error


def to_json(value: Any) -> bytes:
    """Write plain values as JSON for people to read; refuses what JSON cannot hold."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def plain(value: Any) -> Any:
    """Give a value as one that JSON can hold; what is no finite number, or missing, as null."""
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.generic):
        return value.item()
    return None if value is pd.NA else value


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a table as JSON can hold them."""
    return [
        {str(name): plain(value) for name, value in row.items()} for row in table.to_dict("records")
    ]


def hash_bytes(content: bytes) -> str:
    """Give a SHA-256 as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def hash_files(files: Mapping[str, bytes]) -> dict[str, str]:
    """Give the SHA-256 of each file, in order of name."""
    return {name: hash_bytes(content) for name, content in sorted(files.items())}


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write files, readable by their owner only."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)


def _take_place(beside: Path, folder: Path) -> None:
    """Swap folders; a rename cannot replace one that is not empty."""
    old = _old(folder)
    shutil.rmtree(old, ignore_errors=True)
    try:
        if folder.exists():
            folder.rename(old)
        beside.rename(folder)
    finally:
        # Whatever goes wrong, an interruption included, there is a folder in this place.
        restore_folder(folder)
        shutil.rmtree(old, ignore_errors=True)


def _pointed_at(folder: Path) -> Path:
    return folder.resolve() if folder.is_symlink() else folder


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


@contextmanager
def _errors_for(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                f"{path}: the disk is full and nothing was written. Free some space, or give "
                "another place."
            ) from error
        if error.errno in _REFUSED:
            raise NotWritableError(
                f"{path}: cannot be written here ({error.strerror}) and nothing was. Give a "
                "folder that you may write in."
            ) from error
        raise
