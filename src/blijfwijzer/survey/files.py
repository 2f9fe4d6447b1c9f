"""A survey file to a table with its labels; the format follows the suffix.

Nothing of a file's content is trusted: it is what its suffix promises, it unpacks to no more than
a limit, and no message repeats a cell.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.errors import (
    CorruptFileError,
    SurveyNotFoundError,
    UnknownFormatError,
    WrongFormatError,
)
from blijfwijzer.files import hash_bytes
from blijfwijzer.survey.cells import code_text, settle
from blijfwijzer.survey.delimited import read_delimited
from blijfwijzer.survey.limesurvey import add_labels
from blijfwijzer.survey.limesurvey_spss import read_pair, syntax_of
from blijfwijzer.survey.parquet import SUFFIX as PARTS
from blijfwijzer.survey.parquet import parts_of, read_parquet
from blijfwijzer.survey.spreadsheet import read_spreadsheet
from blijfwijzer.survey.spss import Damaged, TooLarge, read_spss
from blijfwijzer.survey.stores import Place, find_place, open_place, size_of
from blijfwijzer.survey.table import Table, corrupt, refuse_large, tidy, too_large

WRITTEN = (".sav", ".zsav", ".parquet", ".csv", ".csv.gz", ".tsv", ".xlsx")
"""Formats that can be read and written."""
FORMATS = (*WRITTEN, ".dat")
"""Formats that can be read."""

# What a file of the format starts with, from the formats' own specifications.
_MAGIC = {
    ".sav": (b"$FL2", b"$FL3"),
    ".zsav": (b"$FL2", b"$FL3"),
    ".parquet": (b"PAR1",),
    ".xlsx": (b"PK\x03\x04",),
    ".csv.gz": (b"\x1f\x8b",),
}


def read_table(
    path: Path,
    maximum_bytes: int = 4_000_000_000,
    sheet: str = "",
    hold: Callable[[pd.Series], pd.Series] = settle,
) -> Table:
    """Read a survey file.

    Parameters
    ----------
    path : one of `FORMATS`; a text file in any of the usual encodings, with any separator; a folder
        of Parquet files is one survey
    maximum_bytes : limit on the file, and on what it unpacks to
    sheet : name of the sheet of a workbook; empty: that which holds the answers
    hold : how a column is held, such as in few bytes; as it is settled when left out

    Raises
    ------
    SurveyNotFoundError, UnknownFormatError, WrongFormatError, CorruptFileError, SheetError,
    FileTooLargeError, DuplicateColumnError, UnreadableColumnError, PartsError
    """
    place = find_place(path)
    suffix = PARTS if place.is_dir() else format_of(path)
    if not place.exists():
        raise SurveyNotFoundError(f"{place}: there is no such file. Give the path of the survey.")
    if suffix != PARTS and not isinstance(place, Path):
        raise UnknownFormatError(
            f"{place}: of a store only {PARTS} is read. Copy the file to this machine, or write it "
            "as that."
        )
    parts = parts_of(place)
    refuse_large(path, sum(map(size_of, parts)), maximum_bytes)
    for part in parts:
        _require_magic(part, suffix)
    readers: dict[str, Callable[[Any, int], Table]] = {
        ".sav": _read_sav,
        ".zsav": _read_sav,
        ".parquet": read_parquet,
        ".csv": partial(read_delimited, is_packed=False),
        ".tsv": partial(read_delimited, is_packed=False),
        ".csv.gz": partial(read_delimited, is_packed=True),
        ".xlsx": partial(read_spreadsheet, sheet=sheet),
        ".dat": read_pair,
    }
    table = add_labels(path, tidy(path, readers[suffix](place, maximum_bytes), hold))
    if table.frame.shape[1] == 0 or len(table.frame) == 0:
        raise CorruptFileError(f"{path.name}: holds no responses. Export the survey again.")
    return table


def format_of(path: Path, formats: Sequence[str] = FORMATS) -> str:
    """Give the suffix of a format that can be read, or that can be written.

    >>> format_of(Path("wave.2019.csv.gz"), WRITTEN)
    '.csv.gz'
    """
    name = path.name.lower()
    known = [suffix for suffix in formats if name.endswith(suffix)]
    if not known:
        raise UnknownFormatError(
            f"{path.name}: the suffix {path.suffix or '(none)'} is none that can be "
            f"{'written' if formats == WRITTEN else 'read'}. Use one of {', '.join(formats)}."
        )
    return known[0]


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Of parts in a folder, and of a table with the syntax that names its columns, that of theirs in
    order.
    """
    place = find_place(path)
    parts = parts_of(place)
    if path.suffix.lower() == ".dat" and syntax_of(path).is_file():
        parts = [*parts, syntax_of(path)]
    hashes = list(map(_hash, parts))
    return hashes[0] if parts == [place] else hash_bytes("\n".join(hashes).encode())


def _hash(place: Place) -> str:
    found = hashlib.sha256()
    with open_place(place) as file:
        while block := file.read(2**20):
            found.update(block)
    return found.hexdigest()


def _require_magic(path: Place, suffix: str) -> None:
    with open_place(path) as file:
        start = file.read(4096)
    if not start:
        raise CorruptFileError(f"{path.name}: is empty. Export the survey again.")
    starts = _MAGIC.get(suffix)
    if starts is not None and not start.startswith(starts):
        raise WrongFormatError(
            f"{path.name}: the content is not that of a {suffix} file. Give it the suffix of what "
            "it is, or export it again."
        )


def _read_sav(path: Path, maximum: int) -> Table:
    try:
        frame, meta = read_spss(path, maximum)
    except TooLarge:
        raise too_large(path, maximum) from None
    except Damaged:
        raise corrupt(path) from None
    return Table(
        frame,
        meta["labels"],
        {
            name: {code_text(code): text for code, text in codes}
            for name, codes in meta["codes"].items()
        },
        {name: [(low, high) for low, high in r] for name, r in meta["missing"].items()},
    )
