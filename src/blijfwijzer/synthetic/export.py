"""The built-in survey to a file, in any format that can be read."""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.files import write_beside
from blijfwijzer.survey.cells import is_number, part
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.files import WRITTEN, format_of

_PIECE = 2**16
"""Rows that are written at a time."""
# Place and text of the creation date and time in the header of an SPSS file (PSPP's description
# of the format): without them the same survey would give another file each second.
_SPSS_DATE = slice(92, 109)
_NO_DATE = b"01 Jan 1900:00:00"


def spread(blocks: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Give forms that are held in few bytes as numbers and text, in one frame."""
    return pd.DataFrame(
        {
            str(name): pd.concat([_spread(block[name]) for block in blocks], ignore_index=True)
            for name in blocks[0]
        }
    )


def _spread(answers: pd.Series) -> pd.Series:
    kind = answers.dtype
    is_text = isinstance(kind, pd.CategoricalDtype) and not is_number(kind.categories.dtype)
    return answers.astype("str" if is_text else "float64")


def write_blocks(blocks: Sequence[pd.DataFrame], codebook: Codebook, path: Path) -> None:
    """Write forms that are held in few bytes.

    More than one block of first forms is written some rows at a time, where the format can bear it:
    .parquet in several groups of rows, and text. Of .sav and .xlsx all rows are held as numbers.

    Parameters
    ----------
    blocks : as in `Synthetic`; the last has second forms

    Raises
    ------
    UnknownFormatError, NotWritableError, DiskFullError
    """
    suffix = format_of(path, WRITTEN)
    if len(blocks) <= 2 or suffix in (".sav", ".zsav", ".xlsx"):
        write_survey(spread(blocks), codebook, path)
        return
    pieces = (
        spread([block.iloc[start : start + _PIECE]])
        for block in blocks
        for start in range(0, len(block), _PIECE)
    )
    with write_beside(path) as beside:
        if suffix == ".parquet":
            _write_groups(pieces, beside)
        else:
            whole = [name for name in blocks[0] if all(_is_whole(b[name]) for b in blocks)]
            with _open_text(beside, suffix) as file:
                for number, piece in enumerate(pieces):
                    written = piece.astype(dict.fromkeys(whole, "Int64"))
                    file.write(_as_text(written, suffix, header=number == 0))


def write_survey(responses: pd.DataFrame, codebook: Codebook, path: Path) -> None:
    """Write a survey; the same survey gives the same bytes (but .xlsx holds its own time).

    Parameters
    ----------
    responses : one row per form, codes as numbers or text
    path : the suffix gives the format; .sav gets labels and user-missing codes

    Raises
    ------
    UnknownFormatError, NotWritableError, DiskFullError
    """
    suffix = format_of(path, WRITTEN)
    with write_beside(path) as beside:
        if suffix in (".sav", ".zsav"):
            _write_sav(responses, codebook, beside, is_packed=suffix == ".zsav")
        elif suffix == ".parquet":
            responses.to_parquet(beside, index=False)
        elif suffix == ".xlsx":
            responses.to_excel(beside, index=False)
        else:
            with _open_text(beside, suffix) as file:
                file.write(_as_text(_tidy(responses), suffix, header=True))


def _write_groups(pieces: Iterable[pd.DataFrame], path: Path) -> None:
    """Write each piece as a group of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with ExitStack() as stack:
        file = None
        for piece in pieces:
            table = pa.Table.from_pandas(piece, preserve_index=False)
            file = file or stack.enter_context(pq.ParquetWriter(path, table.schema))
            file.write_table(table)


@contextmanager
def _open_text(path: Path, suffix: str) -> Iterator[Any]:
    with path.open("wb") as raw:
        if suffix != ".csv.gz":
            yield raw
            return
        # A time of 0 and no name, so that the bytes do not depend on when and where.
        with gzip.GzipFile("", "wb", mtime=0, fileobj=raw) as packed:
            yield packed


def _as_text(responses: pd.DataFrame, suffix: str, *, header: bool) -> bytes:
    separator = "\t" if suffix == ".tsv" else ","
    return responses.to_csv(index=False, header=header, sep=separator).encode()


def _is_whole(answers: pd.Series) -> bool:
    """Whether a column that is held in few bytes has nothing but whole numbers."""
    levels = part(answers)[1]
    return is_number(levels.dtype) and bool((levels % 1 == 0).all())


def _tidy(responses: pd.DataFrame) -> pd.DataFrame:
    """Write whole numbers as such; empty cells stay empty."""
    whole = [
        name
        for name, answers in responses.items()
        if pd.api.types.is_numeric_dtype(answers) and (answers.dropna() % 1 == 0).all()
    ]
    return responses.astype(dict.fromkeys(whole, "Int64"))


def _write_sav(responses: pd.DataFrame, codebook: Codebook, path: Path, *, is_packed: bool) -> None:
    import pyreadstat

    columns = {
        name: column
        for column in codebook.columns.values()
        for name in (column.name, *column.aliases)
        if name in responses
    }
    labels: dict[str, dict[Any, str]] = {
        name: {
            code if column.role == "unit" else float(code): text.nl
            for code, text in (column.codes | column.missing).items()
        }
        for name, column in columns.items()
    }
    pyreadstat.write_sav(
        responses,
        str(path),
        compress=is_packed,
        file_label=codebook.survey.label.nl,
        column_labels={name: column.label.nl for name, column in columns.items()},
        variable_value_labels={name: text for name, text in labels.items() if text},
        missing_ranges={
            name: [float(code) for code in column.missing]
            for name, column in columns.items()
            if column.missing
        },
    )
    with path.open("r+b") as file:
        file.seek(_SPSS_DATE.start)
        file.write(_NO_DATE)
