"""A zip file that somebody else made: looked at without trust, and read within limits.

Nothing is unpacked by the names it has: what is read are bytes, and only of names that this house
could have written itself.
"""

import re
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from blijfwijzer.errors import PackError
from blijfwijzer.files import write_beside
from blijfwijzer.survey.zips import damage_told_as

MOST_FILES = 2_000
"""Files in an archive; a folder of a model has some forty."""
MOST_BYTES = 200_000_000
"""Of an archive, and of all its files unpacked; a model with its pictures has some two million."""
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.&=+,-]*(?<!\.)")
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
)
"""Names that Windows gives to devices, whatever comes after a point."""
_LONGEST = 200
"""Characters of a name; a whole path may have 260 on Windows."""
_END = struct.Struct("<4s4H2LH")
"""How a zip file ends where it has no comment (APPNOTE.TXT, 4.3.16)."""
_WIDE = b"PK\x06\x07"
"""Marks an end that may speak of more than 65,535 files."""
_TIME = (1980, 1, 1, 0, 0, 0)
"""Of each file, so that the clock changes no byte; zip files know no earlier one."""
_REGULAR = (stat.S_IFREG | 0o644) << 16
"""Attributes of a plain file, in the upper half as Unix has them."""


@dataclass(frozen=True)
class Archive:
    """A zip file of which the names and sizes were looked at; nothing is unpacked yet."""

    name: str
    sizes: Mapping[str, int]
    """File to its bytes, as the archive says."""
    _zip: zipfile.ZipFile

    def read(self, name: str) -> bytes:
        """Unpack one file, and no more bytes of it than the archive says.

        Raises
        ------
        PackError
            It is not there, damaged, or longer than that.
        """
        if name not in self.sizes:
            raise PackError(f"{self.name}: holds no {name}, so it is no pack. Nothing was used.")
        with damage_told_as(_damaged(self.name)), self._zip.open(name) as file:
            content = file.read(self.sizes[name] + 1)
        if len(content) != self.sizes[name]:
            raise _damaged(self.name)
        return content


def write_archive(path: Path, files: Mapping[str, bytes]) -> None:
    """Write files as an archive: the same files give the same bytes."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system, info.external_attr = 3, _REGULAR
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, files[name])
    with write_beside(path) as beside:
        beside.write_bytes(content.getvalue())


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open an archive after looking at all that it says of itself.

    Raises
    ------
    PackError
        It is no zip file, or one that this house would not write: with paths that lead out of it,
        links, names that are one name elsewhere, more or larger files than there may be.
    """
    _look_at_end(path)
    with damage_told_as(_damaged(path.name)):
        opened = zipfile.ZipFile(path)
    with opened:
        infos = opened.infolist()
        for info in infos:
            _refuse_entry(path.name, info)
        _refuse_names(path.name, [info.filename for info in infos])
        total = sum(info.file_size for info in infos)
        if total > MOST_BYTES:
            raise PackError(
                f"{path.name}: would unpack to {total:,} bytes; {MOST_BYTES:,} are allowed. "
                "Nothing was unpacked."
            )
        yield Archive(path.name, {info.filename: info.file_size for info in infos}, opened)


def _look_at_end(path: Path) -> None:
    """Refuse a file before its list of files is read, which may itself be endless."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            begin = file.read(4)
            file.seek(max(size - _END.size - 20, 0))
            tail = file.read()
    except OSError as error:
        raise PackError(f"{path}: no pack can be read here ({error.strerror}).") from error
    if size > MOST_BYTES:
        raise PackError(f"{path.name}: has {size:,} bytes; {MOST_BYTES:,} are allowed.")
    if begin != b"PK\x03\x04" or len(tail) < _END.size:
        raise PackError(f"{path.name}: is no pack. Give the file that `blijfwijzer pack` made.")
    mark, _, _, here, files, length, start, comment = _END.unpack(tail[-_END.size :])
    is_whole = mark == b"PK\x05\x06" and here == files and not comment
    if not is_whole or start + length + _END.size != size or tail.startswith(_WIDE):
        raise _damaged(path.name)
    if files > MOST_FILES:
        raise PackError(f"{path.name}: holds {files} files; {MOST_FILES} are allowed.")


def _refuse_entry(archive: str, info: zipfile.ZipInfo) -> None:
    """Refuse what is no plain file."""
    mode = info.external_attr >> 16
    if not stat.S_ISREG(mode) or info.external_attr & 0x10:
        raise PackError(
            f"{archive}: holds a link, a folder or a device in the place of a file. Nothing was "
            "unpacked. Get it again from whoever made it."
        )
    is_known = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if info.flag_bits or not is_known or info.filename != info.orig_filename:
        raise _damaged(archive)


def _refuse_names(archive: str, names: list[str]) -> None:
    """Refuse names that could lead elsewhere, or that are one name on some machine."""
    for name in names:
        parts = name.split("/")
        is_safe = len(name) <= _LONGEST and all(
            _PART.fullmatch(part) and part.split(".")[0].lower() not in _DEVICES for part in parts
        )
        if not is_safe:
            raise PackError(
                f"{archive}: holds a file of which the name could lead out of it. Nothing was "
                "unpacked. Get it again from whoever made it."
            )
    known = [name.casefold() for name in names]
    folders = {"/".join(n.split("/")[:end]) for n in known for end in range(1, n.count("/") + 1)}
    if len(set(known)) < len(known) or folders & set(known):
        raise PackError(
            f"{archive}: holds several files of one name. Nothing was unpacked. Get it again from "
            "whoever made it."
        )


def _damaged(archive: str) -> PackError:
    return PackError(
        f"{archive}: is damaged, or was not made by `blijfwijzer pack`. Nothing in it was used. "
        "Get it again from whoever made it."
    )
