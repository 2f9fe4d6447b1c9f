"""Cells that a spreadsheet shows as text and never runs, in csv and in a workbook.

Group names come from a survey file, so anybody who can fill in a form or name a department could
plant a formula in them (OWASP, "CSV Injection"; ASVS 5.0, 1.2.10).
"""

import re
import unicodedata
from typing import Any

import pandas as pd

from blijfwijzer.survey.texts import as_seen

LONGEST = 32_767
"""Characters in a cell of Excel ("Excel specifications and limits"), counted in UTF-16 units."""

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
    text = as_seen(str(value)).replace("\r\n", "\n").replace("\r", "\n")
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
    bare = as_seen(text).lstrip()
    folded = unicodedata.normalize("NFKC", bare[:1])
    return text.startswith(_STARTS) or folded.startswith(_STARTS)


def to_csv(table: pd.DataFrame) -> bytes:
    """Write a table that opens right in a Dutch Excel and that pandas reads.

    UTF-8 with a byte order mark (without it Excel takes the file for Windows-1252), semicolons
    between cells, decimal commas, line ends of RFC 4180 and all text in quotes. To read it:
    `pd.read_csv(path, sep=";", decimal=",")`. Fractions keep six digits; what is missing is
    an empty cell.

    Parameters
    ----------
    table : one row per line of the file; the index is not written
    """
    columns = [[_cell(value) for value in column.tolist()] for _, column in table.items()]
    lines = [[_quoted(name) for name in table.columns], *zip(*columns, strict=True)]
    return "".join(";".join(line) + "\r\n" for line in lines).encode("utf-8-sig")


def _cell(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value != value:
            return ""
        is_whole = value == value // 1 and abs(value) < 1e15
        return f"{value:.0f}" if is_whole else f"{value:.6g}".replace(".", ",")
    return "" if pd.isna(value) else _quoted(value)


def _quoted(value: object) -> str:
    return '"' + safe_text(value).replace('"', '""') + '"'


def _cut(text: str) -> str:
    if len(text) * 2 <= LONGEST or len(text.encode("utf-16-le")) <= 2 * LONGEST:
        return text
    kept = text.encode("utf-16-le")[: 2 * (LONGEST - 1)]
    return kept.decode("utf-16-le", errors="ignore") + "…"
