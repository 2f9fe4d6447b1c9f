"""The built-in survey to a file, in any format that can be read."""

import gzip
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.files import write_beside
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.files import WRITTEN, format_of

# Place and text of the creation date and time in the header of an SPSS file (PSPP's description
# of the format): without them the same survey would give another file each second.
_SPSS_DATE = slice(92, 109)
_NO_DATE = b"01 Jan 1900:00:00"


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
        elif suffix in (".csv", ".tsv"):
            separator = "\t" if suffix == ".tsv" else ","
            _tidy(responses).to_csv(beside, index=False, sep=separator)
        else:
            # A time of 0 and no name, so that the bytes do not depend on when and where.
            with beside.open("wb") as raw, gzip.GzipFile("", "wb", mtime=0, fileobj=raw) as packed:
                packed.write(_tidy(responses).to_csv(index=False).encode())


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
