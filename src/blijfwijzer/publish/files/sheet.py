"""One table as a sheet of a workbook."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.worksheet import Worksheet

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.files.cells import clean_text, starts_formula
from blijfwijzer.publish.language.numbers import NUMBERS, Kind, number
from blijfwijzer.publish.tables.columns import ShownColumn
from blijfwijzer.survey.texts import Quantity, say

_FORMATS: dict[Kind, str] = {
    "count": "#,##0",
    "percent": "0%",
    "tenths": "0.0%",
    "points": "+0.0;\\-0.0;0.0",
    "decimal": "#,##0.0",
    "ratio": "0.00",
    "euro": '"€" #,##0',
}
_HEADER = PatternFill("solid", fgColor="FF00507D")
_WIDEST = 60
MOST_ROWS = 1_048_576
"""Rows that a sheet can have (Microsoft, Excel specifications and limits)."""
LINE = 15
"""Points of a line of text."""
_ENDS = {
    "low": "sheet.column.low",
    "high": "sheet.column.high",
    "lowest": "sheet.column.lowest",
    "highest": "sheet.column.highest",
}
"""What stands above the ends of an interval, and of a range."""


@dataclass(frozen=True)
class _Part:
    """A column of a sheet: its heading, and what stands below."""

    heading: str
    values: list[float | str]
    """Numbers to calculate with, and texts."""
    kinds: tuple[Kind, ...]

    @property
    def side(self) -> str:
        """Where its heading stands: above numbers they stand at the right."""
        return "right" if self.kinds and self.kinds[0] in NUMBERS else "left"

    @property
    def width(self) -> float:
        """What it asks for, in characters."""
        texts = (min(len(text), _WIDEST) for text in self.values if isinstance(text, str))
        words = max(len(word) for word in self.heading.split())
        return max(10, max(texts, default=0), words, len(self.heading) / 4) + 3


def fill_sheet(
    sheet: WriteOnlyWorksheet,
    report: Chapter,
    columns: tuple[ShownColumn, ...],
    rows: pd.DataFrame,
    most: int = MOST_ROWS,
) -> None:
    """Write the columns of a table under their headings, to sort and filter.

    Rows are written one by one, and no cell is kept.

    Parameters
    ----------
    most : rows that a sheet can have; of more the first are written, and it says so
    """
    top = 2 if report.marks or len(rows) >= most else 1
    marks = [report.in_words(mark) for mark in report.marks]
    if len(rows) > most - top:
        marks.append(_told_first(report, len(rows), most - top))
        rows = rows.iloc[: most - top]
    if "target" in rows:
        rows = rows.assign(target=rows["target"].map(dict(report.targets)))
    parts = [part for column in columns for part in _parts_of(column, rows, report)]
    heights = _heights(columns, rows)
    # All that stands above the rows of a file comes before them.
    for place, part in enumerate(parts, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = part.width
    for row, height in heights.items():
        sheet.row_dimensions[row + top + 1].height = height
    sheet.row_dimensions[top].height = 4 * LINE
    # The header and the first column stay in sight.
    sheet.freeze_panes = f"B{top + 1}"
    sheet.auto_filter.ref = f"A{top}:{get_column_letter(len(parts))}{max(len(rows), 1) + top}"
    sheet.print_title_rows = f"1:{top}"
    set_print(sheet)
    if marks:
        sheet.append([_marked(sheet, " ".join(marks))])
    sheet.append([_header(sheet, part) for part in parts])
    cells = _Cells(sheet)
    for row in range(len(rows)):
        told = ((part.values[row], part.kinds[row]) for part in parts)
        sheet.append(cells.of(value, kind, row in heights) for value, kind in told)


def _told_first(report: Chapter, rows: int, written: int) -> str:
    counts = {"rows": Quantity(rows, "count"), "written": Quantity(written, "count")}
    return report.in_words(say("sheet.too_long", **counts))


def _heights(columns: tuple[ShownColumn, ...], rows: pd.DataFrame) -> dict[int, float]:
    """Give the rows with long sentences, each as high as its longest one asks."""
    sizes = [[len(str(text)) for text in rows[c.name].tolist()] for c in columns if c.is_long]
    longest = map(max, zip(*sizes, strict=True))
    return {
        row: LINE * min(math.ceil(length / 52), 20)
        for row, length in enumerate(longest)
        if length > _WIDEST
    }


def _marked(sheet: WriteOnlyWorksheet, text: str) -> Cell:
    """Write what each sheet says first."""
    cell = text_cell(sheet, text)
    cell.font = font(bold=True, color="FFA33C00")
    return cell


def _header(sheet: WriteOnlyWorksheet, part: _Part) -> Cell:
    cell = text_cell(sheet, part.heading)
    cell.font = font(bold=True, color="FFFFFFFF")
    cell.fill = _HEADER
    cell.alignment = Alignment(horizontal=part.side, wrap_text=True, vertical="center")
    return cell


def _parts_of(column: ShownColumn, rows: pd.DataFrame, report: Chapter) -> Iterator[_Part]:
    kinds = tuple(column.written_as(rows))
    for name, heading in _parts(column, report):
        values = rows[name].tolist()
        told = zip(column.or_absent(values, values), kinds, strict=True)
        yield _Part(heading, [_written(value, kind, report) for value, kind in told], kinds)


def _written(value: Any, kind: Kind, report: Chapter) -> float | str:
    known = number(value) if kind in NUMBERS else None
    if known is None:
        return report.show(value, kind)
    return known / 100 if kind in ("percent", "tenths") else known


def _parts(column: ShownColumn, report: Chapter) -> list[tuple[str, str]]:
    """Give an interval its own columns, so that each can be sorted."""
    heading = report.heading(column)
    if not column.high:
        return [(column.name, heading)]
    bare = heading.split(" (95")[0] if column.low else heading
    ends = ("low", "high") if column.low else ("lowest", "highest")
    parts = {column.low or column.name: _ENDS[ends[0]], column.high: _ENDS[ends[1]]}
    told = [(name, f"{bare}: {report.in_words(say(text))}") for name, text in parts.items()]
    return [(column.name, bare), *told] if column.low else told


class _Style(NamedTuple):
    """How a cell is written."""

    number_format: str = ""
    side: str | None = None
    is_top: bool = False
    wraps: bool = False
    is_quoted: bool = False


class _Cells:
    """Cells of a sheet, one of each style: when one is in the file, it is used again.

    One without any style is not: openpyxl takes that for its own.
    """

    def __init__(self, sheet: WriteOnlyWorksheet) -> None:
        self._sheet = sheet
        self._made: dict[_Style, Cell] = {}

    def of(self, value: float | str, kind: Kind, is_tall: bool) -> Cell:
        """Write a number or a text, in a row that may be high."""
        if not isinstance(value, str):
            cell = self._styled(_Style(_FORMATS[kind], is_top=is_tall))
            cell.value = value
            return cell
        is_number = kind in NUMBERS
        is_long = len(value) > _WIDEST and not is_number
        wraps = is_long and len(value) < 1_000
        side = "right" if is_number else None
        is_quoted = starts_formula(value)
        cell = self._styled(_Style("", side, is_tall or is_long, wraps, is_quoted))
        _write_text(cell, value)
        return cell

    def _styled(self, style: _Style) -> Cell:
        if style == _Style():
            return WriteOnlyCell(self._sheet)
        if style not in self._made:
            self._made[style] = cell = WriteOnlyCell(self._sheet)
            if style.number_format:
                cell.number_format = style.number_format
            if style.side or style.is_top:
                top = "top" if style.is_top else None
                cell.alignment = Alignment(style.side, top, wrap_text=style.wraps or None)
        return self._made[style]


def text_cell(sheet: WriteOnlyWorksheet, text: str) -> Cell:
    """Write a text that stays one, whatever it starts with and however it is edited."""
    cell = WriteOnlyCell(sheet)
    _write_text(cell, text)
    return cell


def _write_text(cell: Cell, text: str) -> None:
    cell.value = clean_text(text)
    # openpyxl takes what starts with an equals sign for a formula, and "#N/A" for an error.
    cell.data_type = "s"
    if starts_formula(text):
        cell.quotePrefix = True


def font(**style: Any) -> Font:
    """Give the letters that all of a workbook is in."""
    return Font(name="Calibri", **style)


def set_print(sheet: WriteOnlyWorksheet) -> None:
    """Print a sheet as wide as the paper."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
