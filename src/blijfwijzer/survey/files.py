"""A survey file to a table with its labels; the format follows the suffix.

Nothing of a file's content is trusted: it is what its suffix promises, it unpacks to no more than
a limit, and no message repeats a cell.
"""

import csv
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
    UnreadableColumnError,
    WrongFormatError,
    counted,
)
from blijfwijzer.survey.spss import Damaged, TooLarge, read_spss

FORMATS = (".sav", ".parquet", ".csv", ".csv.gz", ".xlsx")

# What a file of the format starts with, from the formats' own specifications.
_MAGIC = {
    ".sav": (b"$FL2", b"$FL3"),
    ".parquet": (b"PAR1",),
    ".xlsx": (b"PK\x03\x04",),
    ".csv.gz": (b"\x1f\x8b",),
}
# What R, pandas, Excel and SQL write in an empty cell.
_MISSING_WORDS = ("NA", "NaN", "#N/A", "NULL")
_CHUNK = 1 << 20
_CELL_BYTES = 8

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
    FileTooLargeError, DuplicateColumnError, UnreadableColumnError
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
        raise _too_large(path, maximum)


def _too_large(path: Path, maximum: int) -> FileTooLargeError:
    return FileTooLargeError(
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


def _read_sav(path: Path, maximum: int) -> Table:
    try:
        frame, meta = read_spss(path, maximum)
    except TooLarge:
        raise _too_large(path, maximum) from None
    except Damaged:
        raise _corrupt(path) from None
    return Table(
        frame,
        meta["labels"],
        {
            name: {code_text(code): text for code, text in codes}
            for name, codes in meta["codes"].items()
        },
        {name: [(low, high) for low, high in r] for name, r in meta["missing"].items()},
    )


def _read_parquet(path: Path, maximum: int) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            groups = range(file.metadata.num_row_groups)
            unpacked = sum(file.metadata.row_group(group).total_byte_size for group in groups)
            # A column of one value packs to next to nothing, so the cells count as well.
            cells = file.metadata.num_rows * file.metadata.num_columns
            _refuse_large(path, max(unpacked, cells * _CELL_BYTES), maximum)
            _refuse_twins(path, list(file.schema_arrow.names))
            _refuse_nested(path, file.schema_arrow)
            return Table(_as_text(path, file.read()).to_pandas(ignore_metadata=True))
    except (pa.ArrowException, OSError, ValueError):
        raise _corrupt(path) from None


def _refuse_nested(path: Path, schema: Any) -> None:
    import pyarrow as pa

    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        raise UnreadableColumnError(
            f"{path.name}: {counted(len(nested), 'column holds', 'columns hold')} lists or records "
            f"in a cell: {', '.join(nested)}. Give each answer a column of its own, or remove them."
        )


def _as_text(path: Path, table: Any) -> Any:
    """Read bytes as text, as programs store it that do not say so; refuse what is none."""
    import pyarrow as pa

    unreadable = []
    for place, name in enumerate(table.schema.names):
        kind = table.schema.types[place]
        is_bytes = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        if not (is_bytes or pa.types.is_fixed_size_binary(kind)):
            continue
        try:
            text = table.column(place).cast(pa.large_binary()).cast(pa.large_string())
            table = table.set_column(place, name, text)
        except pa.ArrowInvalid:
            unreadable.append(name)
    if unreadable:
        raise UnreadableColumnError(
            f"{path.name}: {counted(len(unreadable), 'column holds', 'columns hold')} bytes that "
            f"are no text: {', '.join(unreadable)}. Export them as text in UTF-8, or remove them."
        )
    return table


def _read_csv(path: Path, maximum: int) -> Table:
    text = _decode(path, _unpack(path, maximum))
    header = text.split("\n", 1)[0]
    separator = max(";,\t", key=header.count)
    try:
        names = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        last = next(csv.reader([text[text.rstrip().rfind("\n") + 1 :]], delimiter=separator))
    except (csv.Error, StopIteration):
        raise _corrupt(path) from None
    _refuse_twins(path, [name.strip() for name in names])
    if len(last) < len(names) and len(names) > 1 and '"' not in "".join(last):
        # The reader would fill up a line that was cut off.
        raise _corrupt(path)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            decimal="," if separator == ";" else ".",
            low_memory=False,
            keep_default_na=False,
            na_values=[""],
            skipinitialspace=True,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError):
        raise _corrupt(path) from None
    if not isinstance(frame.index, pd.RangeIndex):
        raise _corrupt(path)
    return Table(frame.apply(_without_na, decimal="," if separator == ";" else "."))


def _without_na(answers: pd.Series, decimal: str) -> pd.Series:
    """Read a column as numbers if only words for "missing" of other programs stand in the way.

    In a column of text such a word may be a code or a name of its own, so it is left there.
    """
    is_word = answers.isin(_MISSING_WORDS)
    if pd.api.types.is_numeric_dtype(answers) or not is_word.any():
        return answers
    texts = answers.mask(is_word).astype("str").str.replace(decimal, ".", regex=False)
    numbers = pd.to_numeric(texts, errors="coerce")
    return numbers if (numbers.notna() | answers.isna() | is_word).all() else answers


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
        cells = _xlsx_cells(path, maximum)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, SyntaxError, zlib.error):
        raise _corrupt(path) from None
    except (TypeError, AttributeError, IndexError):
        # openpyxl meets XML that is no workbook's with whatever its code stumbles over.
        raise _corrupt(path) from None
    if not cells:
        return Table(pd.DataFrame())
    names_in_file = [str(name).strip() for name in cells[0]]
    _refuse_twins(path, names_in_file)
    frame = pd.DataFrame(cells[1:], columns=names_in_file)
    return Table(frame.apply(_one_kind))


def _xlsx_cells(path: Path, maximum: int) -> list[list[Any]]:
    """Cells of the first sheet, as wide as its first row.

    A sheet of two cells can claim a million rows of sixteen thousand columns, so it is read row
    by row, no further right than its header, and what would be laid out is counted.
    """
    import openpyxl

    # Opened here, since openpyxl leaves a damaged file open.
    with path.open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # What a sheet says of its own size is not believed.
        sheet.reset_dimensions()
        header = next(sheet.iter_rows(max_row=1, values_only=True), ())
        filled = [place for place, name in enumerate(header, start=1) if name not in (None, "")]
        width = max(filled, default=0)
        if not width:
            return []
        cells: list[list[Any]] = []
        for number, row in enumerate(sheet.iter_rows(max_col=width, values_only=True), start=1):
            _refuse_large(path, number * width * _CELL_BYTES, maximum)
            if any(cell is not None for cell in row):
                cells.append([*row, *[None] * (width - len(row))])
        return cells


def _one_kind(answers: pd.Series) -> pd.Series:
    """Make a column of numbers and texts all text, as a CSV would be."""
    kinds = {type(answer) for answer in answers.dropna()}
    if kinds <= {int, float}:
        return answers.astype("float64")
    if len(kinds) > 1:
        return answers.map(code_text, na_action="ignore").astype("str")
    return answers.infer_objects()
