"""Cells that a spreadsheet shows as text and never runs, in csv and in a workbook.

Group names come from a survey file, so anybody who can fill in a form or name a department could
plant a formula in them (OWASP, "CSV Injection"; ASVS 5.0, 1.2.10).
"""

import csv
import re
import unicodedata
from typing import Any

import pandas as pd

LONGEST = 32_767
"""Characters in a cell of Excel ("Excel specifications and limits"), counted in UTF-16 units."""

# What XML 1.0 (2.2, production 2) does not allow, and halves of surrogate pairs, which no UTF-8
# file can hold. Tab, line feed and carriage return are allowed.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_STARTS = tuple("=+-@\t\r\n\0|")
# A file with semicolons that is opened where commas separate is cut at commas, and a formula
# inside a text would then begin a cell of its own.
_INSIDE = re.compile(r"([;,\t\r\n]\s*[\"']?\s*)(?=[=+\-@＝＋－＠])")


def clean_text(value: object) -> str:
    r"""Give a value as text that any file can hold: legal characters, one kind of line end.

    Cut at what a cell of Excel holds; the last character of a cut text is an ellipsis.

    >>> clean_text("a\x00b\r\nc")
    'ab\nc'
    """
    text = _ILLEGAL.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n")
    return _cut(text)


def safe_text(value: object) -> str:
    r"""Give a value as text that starts no formula, however it is imported.

    A text that starts as a formula could gets a single quote in front. Spaces before it and the
    wide forms of the signs count too, because some programs drop the first and fold the second.

    >>> safe_text("=1+1"), safe_text("\tx"), safe_text("Zorg & Welzijn")
    ("'=1+1", "'\tx", 'Zorg & Welzijn')
    >>> safe_text("Zorg;=1+1")
    "Zorg;'=1+1"
    """
    text = clean_text(value)
    text = _INSIDE.sub(r"\1'", text)
    return _cut("'" + text) if starts_formula(str(value)) else _cut(text)


def starts_formula(text: str) -> bool:
    """Tell whether a spreadsheet could take a text for a formula."""
    bare = _ILLEGAL.sub("", text).lstrip()
    folded = unicodedata.normalize("NFKC", bare[:1])
    return text.startswith(_STARTS) or folded.startswith(_STARTS)


def to_csv(table: pd.DataFrame) -> bytes:
    """Write a table that opens right in a Dutch Excel and that pandas reads.

    UTF-8 with a byte order mark (without it Excel takes the file for Windows-1252), semicolons
    between cells, decimal commas, line ends of RFC 4180 and all text in quotes. To read it:
    `pd.read_csv(path, sep=";", decimal=",")`. Numbers keep at most six digits; what is missing is
    an empty cell.

    Parameters
    ----------
    table : one row per line of the file; the index is not written
    """
    told = pd.DataFrame(
        {safe_text(name): _cells(column) for name, column in table.items()}, index=table.index
    )
    text = told.to_csv(
        index=False,
        sep=";",
        decimal=",",
        float_format="%.6g",
        quoting=csv.QUOTE_NONNUMERIC,
        lineterminator="\r\n",
    )
    return text.encode("utf-8-sig")


def _cells(column: "pd.Series[Any]") -> "pd.Series[Any]":
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        return column
    return column.astype(object).map(_cell)


def _cell(value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number or pd.isna(value) else safe_text(value)


def _cut(text: str) -> str:
    if len(text) * 2 <= LONGEST or len(text.encode("utf-16-le")) <= 2 * LONGEST:
        return text
    kept = text.encode("utf-16-le")[: 2 * (LONGEST - 1)]
    return kept.decode("utf-16-le", errors="ignore") + "…"
