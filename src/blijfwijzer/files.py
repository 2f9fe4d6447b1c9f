"""Output that is whole or absent: written beside its place, then renamed."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blijfwijzer.errors import DiskFullError, NotWritableError

if TYPE_CHECKING:
    import pandas as pd

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
def write_folder_beside(
    folder: Path, record: str = "", apart: Set[str] = frozenset()
) -> Iterator[Path]:
    """Give a temporary folder; when the block ends well it takes the place of `folder`.

    A folder that is there is replaced only if it is empty or an earlier output, whose `record`
    lists all that is in it; nothing else is ever deleted, and nothing that a link points at.

    Parameters
    ----------
    apart : files that may be in an earlier output and that its record does not list

    Raises
    ------
    NotWritableError, DiskFullError
        The output cannot be written, or something else is in its place.
    """
    with _errors_for(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        restore_folder(folder)
        refuse_strange(folder, record, apart)
        beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    try:
        with _errors_for(folder):
            yield beside
            _take_place(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@dataclass(frozen=True)
class Faults:
    """In what a folder is not as its record has it: paths in it, in order."""

    wrong: list[str]
    """Missing or altered."""
    strange: list[str]
    """Not in the record: other files, links, and folders that hold none of it."""


def find_strange(folder: Path, hashes: Mapping[str, str], apart: Set[str]) -> Faults:
    """Hold a folder against what it should hold.

    Parameters
    ----------
    hashes : file, as a path in the folder, to its SHA-256
    apart : files that may be there besides
    """
    there, strange = set[str](), list[str]()
    expected = {*hashes, *apart}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            strange.append(name)
        elif path.is_file() and name in expected:
            there.add(name)
        elif path.is_file() or not any(file.startswith(f"{name}/") for file in expected):
            strange.append(name)
    wrong = [
        name
        for name, digest in sorted(hashes.items())
        if name not in there or hash_bytes((folder / name).read_bytes()) != digest
    ]
    return Faults(wrong, strange)


def refuse_strange(folder: Path, record: str, apart: Set[str] = frozenset()) -> None:
    """Refuse to write over what is no earlier output, or over one to which something was done.

    An earlier output lists its files with their hashes in its record: under `files`, or under
    `sha256` where that is a list. What is in it besides, or was altered since, is somebody's work.

    Raises
    ------
    NotWritableError
    """
    if folder.is_symlink():
        raise NotWritableError(
            f"{folder}: is a link, and what it points at would be deleted. Give --output the "
            "folder itself."
        )
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    hashes = _listed_in(folder / record) if folder.is_dir() and record else None
    if hashes is None:
        what = "another folder" if folder.is_dir() else "a file"
        raise NotWritableError(
            f"{folder}: {what} is in this place, and it would be deleted. Give --output a folder "
            "that does not exist, is empty, or holds an earlier output."
        )
    faults = find_strange(folder, hashes, {record, *apart})
    altered = [name for name in faults.wrong if (folder / name).exists()]
    if faults.strange or altered:
        names = [*faults.strange, *altered]
        raise NotWritableError(
            f"{folder}: holds an earlier output, and {len(names)} files that are none of it or "
            f"were altered since, which would be deleted: {', '.join(names[:5])}. Move them "
            "elsewhere, or give --output another folder."
        )


def _listed_in(record: Path) -> dict[str, str] | None:
    """Give the files that a record lists with their hashes; None where it is no record."""
    try:
        told = read_json(record)
        listed = told["files"] if isinstance(told.get("files"), dict) else told["sha256"]
        return {str(name): str(digest) for name, digest in listed.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def restore_folder(folder: Path) -> None:
    """Put back an output that a killed run had moved away and not yet replaced."""
    old = _old(folder)
    if old.is_dir() and not folder.exists() and not folder.is_symlink():
        old.rename(folder)


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    OSError, ValueError
        It is not there, or is no JSON, or is nested too deeply to read.
    """
    return parse_json(path.read_text(encoding="utf-8"))


def parse_json(content: str | bytes) -> Any:
    """Read JSON; a ValueError says that it is none, or is nested too deeply."""
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def to_json(value: Any) -> bytes:
    """Write plain values as JSON for people to read; refuses what JSON cannot hold."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def plain(value: Any) -> Any:
    """Give a value as one that JSON can hold; what is no finite number, or missing, as null."""
    # Imported here: the command line's help needs this module, and neither of these.
    import numpy as np
    import pandas as pd

    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.generic):
        return value.item()
    return None if value is pd.NA else value


def plain_rows(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """Give the rows of a table as JSON can hold them."""
    return [
        {str(name): plain(value) for name, value in row.items()} for row in table.to_dict("records")
    ]


def to_lines(content: Mapping[str, Any], to_plain: Callable[[Any], Any] | None = None) -> bytes:
    """Write plain values as JSON with a line per key, since long lists need no line per number.

    Parameters
    ----------
    to_plain : gives plain values for one that is not, when that is written
    """
    lines = [f"{json.dumps(key)}: {_compact(value, to_plain)}" for key, value in content.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _compact(value: Any, to_plain: Callable[[Any], Any] | None = None) -> str:
    return json.dumps(
        value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=to_plain
    )


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
