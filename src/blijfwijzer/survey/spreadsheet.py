"""A workbook to rows of cells: the sheet with the answers, from its headings down."""

import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from blijfwijzer.errors import SheetError, WrongFormatError
from blijfwijzer.survey.cells import is_missing_word
from blijfwijzer.survey.headings import Cell, lay_out
from blijfwijzer.survey.table import Table, corrupt, refuse_large
from blijfwijzer.survey.zips import damage_told_as

_SURELY = 10
"""How many times as many cells a sheet must have to be that of the answers; convention of ours."""
_LOOKED_AT = 25
_MOST_ROWS = 1 << 20
"""Rows that a sheet can have (ECMA-376, part 1, section 18.3.1.73: Excel's own limit); openpyxl
makes all rows before one that claims a higher place."""
_EXACT = 10**15
"""Whole numbers from here on stay text."""


def read_spreadsheet(path: Path, maximum: int, sheet: str) -> Table:
    """Read the sheet with the answers.

    Parameters
    ----------
    sheet : its name; empty: the only one with answers, or one far larger than all others

    Raises
    ------
    SheetError
        It is not there, or several sheets may be meant.
    CorruptFileError, WrongFormatError, FileTooLargeError, DuplicateColumnError
    """
    with damage_told_as(corrupt(path)), zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        raise WrongFormatError(
            f"{path.name}: is a zip file but no workbook. Give it the suffix of what it is."
        )
    refuse_large(path, sum(entry.file_size for entry in entries), maximum)
    try:
        with damage_told_as(corrupt(path)):
            return _read(path, maximum, sheet)
    except (KeyError, SyntaxError, TypeError, AttributeError, IndexError):
        # openpyxl meets XML that is no workbook's with whatever its code stumbles over.
        raise corrupt(path) from None


def _read(path: Path, maximum: int, sheet: str) -> Table:
    import openpyxl

    # Opened here, since openpyxl leaves a damaged file open.
    with path.open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        sheets = [
            one for one in book.worksheets if one.sheet_state == "visible" or one.title == sheet
        ]
        for one in sheets:
            # What a sheet says of its own size is not believed.
            one.reset_dimensions()
        chosen = _choose(path, sheets, sheet)
        # Two cells can claim a million rows of sixteen thousand columns: read is row by row, and
        # no further right than the headings.
        width = _width(chosen)
        return lay_out(path, _rows(chosen, width), is_padded=True, maximum=maximum)


def _choose(path: Path, sheets: list[Any], name: str) -> Any:
    titles = [one.title for one in sheets]
    if name:
        if name not in titles:
            raise SheetError(
                f"{path.name}: 1 sheet is missing: {name}. It has {', '.join(titles)}: give one of "
                "these by --sheet, or in the codebook as `sheet` under [survey]."
            )
        return sheets[titles.index(name)]
    if len(sheets) == 1:
        return sheets[0]
    sizes = {one.title: _size(one) for one in sheets}
    largest, *others = sorted(sizes, key=lambda title: -sizes[title])
    if sizes[largest] < _SURELY * max([sizes[title] for title in others], default=0):
        told = ", ".join(title for title in titles if sizes[title])
        raise SheetError(
            f"{path.name}: {sum(map(bool, sizes.values()))} sheets may hold the answers: {told}. "
            "Give one of these by --sheet, or in the codebook as `sheet` under [survey]."
        )
    return sheets[titles.index(largest)]


def _width(sheet: Any) -> int:
    """Cells of the widest of the first rows, among which the headings are."""
    return max([len(row) for row in islice(_rows(sheet, None), _LOOKED_AT)], default=1) or 1


def _size(sheet: Any) -> int:
    """Count the filled cells of a sheet; none if it has fewer than two columns."""
    width = _width(sheet)
    return sum(cell is not None for row in _rows(sheet, width) for cell in row) * (width > 1)


def _rows(sheet: Any, width: int | None) -> Iterator[list[Cell]]:
    """Give rows of a sheet without the empty cells at their end.

    Raises
    ------
    ValueError
        A row claims a place that no sheet has.
    """
    rows = sheet.iter_rows(max_col=width, max_row=_MOST_ROWS + 1)
    for number, row in enumerate(rows, start=1):
        if number > _MOST_ROWS:
            raise ValueError
        cells = [_cell(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        yield cells


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None or cell.data_type == "e":
        return None
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return str(value) if abs(value) >= _EXACT and value % 1 == 0 else float(value)
    if isinstance(value, str):
        return None if value == "" or (value[0] == "#" and is_missing_word(value)) else value
    return value.isoformat(" ") if hasattr(value, "hour") and hasattr(value, "day") else str(value)
