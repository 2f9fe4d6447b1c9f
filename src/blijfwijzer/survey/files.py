"""A survey file to a table with its labels; the format follows the suffix.

Nothing of a file's content is trusted: it is what its suffix promises, it unpacks to no more than
a limit, and no message repeats a cell.
"""

import gzip
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.errors import (
    CorruptFileError,
    DuplicateColumnError,
    FileTooLargeError,
    SurveyNotFoundError,
    UnknownFormatError,
    WrongFormatError,
)

FORMATS = (".sav", ".parquet", ".csv", ".csv.gz", ".xlsx")

# What a file of the format starts with, from the formats' own specifications.
_MAGIC = {
    ".sav": (b"$FL2", b"$FL3"),
    ".parquet": (b"PAR1",),
    ".xlsx": (b"PK\x03\x04",),
    ".csv.gz": (b"\x1f\x8b",),
}
_CHUNK = 1 << 20

Ranges = list[tuple[float | str, float | str]]
"""Lowest and highest of each range of user-missing codes; a text code is its own range."""


@dataclass(frozen=True)
class Table:
    """A file as it is, with what it tells of its columns."""

    frame: pd.DataFrame
    labels: dict[str, str] = field(default_factory=dict)
    """Column to its text; only .sav has them."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """Column to code to meaning; only .sav has them."""
    missing: dict[str, Ranges] = field(default_factory=dict)
    """Column to ranges of user-missing codes; only .sav has them."""


def read_table(path: Path, maximum_bytes: int = 4_000_000_000) -> Table:
    """Read a survey file.

    Parameters
    ----------
    path : .sav, .parquet, .csv, .csv.gz or .xlsx. A CSV may be the Dutch kind: semicolon, decimal
        comma, cp1252 or UTF-8 with a byte-order mark
    maximum_bytes : limit on the file, and on what it unpacks to

    Raises
    ------
    SurveyNotFoundError, UnknownFormatError, WrongFormatError, CorruptFileError,
    FileTooLargeError, DuplicateColumnError
    """
    suffix = format_of(path)
    if not path.is_file():
        raise SurveyNotFoundError(f"{path}: there is no such file. Give the path of the survey.")
    _refuse_large(path, path.stat().st_size, maximum_bytes)
    _require_magic(path, suffix)
    readers: dict[str, Callable[[Path, int], Table]] = {
        ".sav": _read_sav,
        ".parquet": _read_parquet,
        ".csv": _read_csv,
        ".csv.gz": _read_csv,
        ".xlsx": _read_xlsx,
    }
    table = readers[suffix](path, maximum_bytes)
    if table.frame.shape[1] == 0 or len(table.frame) == 0:
        raise CorruptFileError(f"{path.name}: holds no responses. Export the survey again.")
    return table


def format_of(path: Path) -> str:
    """Give the suffix of a format that can be read and written.

    >>> format_of(Path("wave.2019.csv.gz"))
    '.csv.gz'
    """
    name = path.name.lower()
    known = [suffix for suffix in FORMATS if name.endswith(suffix)]
    if not known:
        raise UnknownFormatError(
            f"{path.name}: the suffix {path.suffix or '(none)'} is none that can be read or "
            f"written. Use one of {', '.join(FORMATS)}."
        )
    return known[0]


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_text(value: Any) -> str:
    """Write a code as a codebook does: whole numbers without a decimal point.

    >>> [code_text(code) for code in (1.0, "1.0", -0.0, 2.5, " ja ")]
    ['1', '1', '0', '2.5', 'ja']
    """
    text = str(value).strip()
    whole = re.fullmatch(r"(-?\d+)\.0", text)
    return str(int(whole[1])) if whole else text


def _require_magic(path: Path, suffix: str) -> None:
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise CorruptFileError(f"{path.name}: is empty. Export the survey again.")
    starts = _MAGIC.get(suffix)
    if (b"\x00" in start) if starts is None else not start.startswith(starts):
        raise WrongFormatError(
            f"{path.name}: the content is not that of a {suffix} file. Give it the suffix of what "
            "it is, or export it again."
        )


def _refuse_large(path: Path, size: int, maximum: int) -> None:
    if size > maximum:
        raise FileTooLargeError(
            f"{path.name}: is or unpacks to more than {maximum:,} bytes. If it is no mistake, "
            "raise intake.maximum_bytes in the settings."
        )


def _corrupt(path: Path) -> CorruptFileError:
    return CorruptFileError(
        f"{path.name}: is truncated or damaged. Export or copy it again; nothing was read."
    )


def _refuse_twins(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DuplicateColumnError(
            f"{path.name}: {len(twice)} column names occur more than once: {', '.join(twice)}. "
            "Rename or remove the extra columns."
        )


def _read_sav(path: Path, _maximum: int) -> Table:
    import pyreadstat

    frame: pd.DataFrame
    meta: Any
    try:
        frame, meta = pyreadstat.read_sav(str(path), user_missing=True)
    except UnicodeDecodeError:
        raise _corrupt(path) from None
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, MemoryError):
        raise _corrupt(path) from None
    if meta.number_rows is not None and 0 <= meta.number_rows != len(frame):
        raise _corrupt(path)
    return Table(
        frame,
        {name: label for name, label in meta.column_names_to_labels.items() if label},
        {
            name: {code_text(code): str(text) for code, text in codes.items()}
            for name, codes in meta.variable_value_labels.items()
        },
        {
            name: [(r["lo"], r["hi"]) for r in ranges if not isinstance(r["lo"], str)]
            for name, ranges in meta.missing_ranges.items()
        },
    )


def _read_parquet(path: Path, maximum: int) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            groups = range(file.metadata.num_row_groups)
            unpacked = sum(file.metadata.row_group(group).total_byte_size for group in groups)
            _refuse_large(path, unpacked, maximum)
            _refuse_twins(path, list(file.schema_arrow.names))
            return Table(file.read().to_pandas(ignore_metadata=True))
    except (pa.ArrowException, OSError, ValueError):
        raise _corrupt(path) from None


def _read_csv(path: Path, maximum: int) -> Table:
    text = _decode(path, _unpack(path, maximum))
    header = text.split("\n", 1)[0]
    separator = max(";,\t", key=header.count)
    names = [name.strip().strip('"') for name in header.rstrip("\r").split(separator)]
    _refuse_twins(path, names)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            decimal="," if separator == ";" else ".",
            low_memory=False,
            keep_default_na=False,
            na_values=["", "NaN", "#N/A", "NULL"],
            skipinitialspace=True,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError):
        raise _corrupt(path) from None
    if not isinstance(frame.index, pd.RangeIndex):
        raise _corrupt(path)
    return Table(frame.apply(_without_na))


def _without_na(answers: pd.Series) -> pd.Series:
    """Read a column as numbers if only R's `NA` stands in the way.

    In a column of text `NA` may be a code of its own, so it is left there.
    """
    if pd.api.types.is_numeric_dtype(answers) or not (answers == "NA").any():
        return answers
    numbers = pd.to_numeric(answers.mask(answers == "NA"), errors="coerce")
    is_number = numbers.notna() | answers.isna() | (answers == "NA")
    return numbers if is_number.all() else answers


def _unpack(path: Path, maximum: int) -> bytes:
    if format_of(path) == ".csv":
        return path.read_bytes()
    unpacked = bytearray()
    try:
        with gzip.open(path) as file:
            while chunk := file.read(_CHUNK):
                unpacked += chunk
                _refuse_large(path, len(unpacked), maximum)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise _corrupt(path) from None
    return bytes(unpacked)


def _decode(path: Path, content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise WrongFormatError(
        f"{path.name}: is text neither in UTF-8 nor in cp1252. Export it as UTF-8."
    )


def _read_xlsx(path: Path, maximum: int) -> Table:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
    except zipfile.BadZipFile:
        raise _corrupt(path) from None
    if "xl/workbook.xml" not in names:
        raise WrongFormatError(
            f"{path.name}: is a zip file but no workbook. Give it the suffix of what it is."
        )
    _refuse_large(path, sum(entry.file_size for entry in entries), maximum)
    try:
        rows = pd.read_excel(path, header=None, engine="openpyxl", na_values=[""])
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, SyntaxError, zlib.error):
        raise _corrupt(path) from None
    if len(rows) == 0:
        return Table(pd.DataFrame())
    names_in_file = [str(name) for name in rows.iloc[0]]
    _refuse_twins(path, names_in_file)
    frame = rows.iloc[1:].reset_index(drop=True).set_axis(names_in_file, axis=1)
    return Table(frame.infer_objects())
