"""One table as a sheet of a workbook."""

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from blijfwijzer.publish.cells import clean_text, starts_formula
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.columns import ShownColumn
from blijfwijzer.publish.numbers import NUMBERS, Kind, number
from blijfwijzer.survey.texts import say

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
LINE = 15
"""Points of a line of text."""
_ENDS = {
    "low": "sheet.column.low",
    "high": "sheet.column.high",
    "lowest": "sheet.column.lowest",
    "highest": "sheet.column.highest",
}
"""What stands above the ends of an interval, and of a range."""


def fill_sheet(
    sheet: Worksheet, report: Chapter, columns: tuple[ShownColumn, ...], rows: pd.DataFrame
) -> None:
    """Write the columns of a table under their headings, to sort and filter."""
    if "target" in rows:
        rows = rows.assign(target=rows["target"].map(dict(report.targets)))
    top = _mark(sheet, report)
    place = 0
    for column in columns:
        kinds = column.written_as(rows)
        for name, heading in _parts(column, report):
            place += 1
            values = rows[name].tolist()
            told = zip(column.or_absent(values, values), kinds, strict=True)
            width = _fill_column(sheet, (top, place), heading, told, report)
            sheet.column_dimensions[get_column_letter(place)].width = width
    for row in range(len(rows)):
        # As in the readme: a row with sentences is as high as its longest one asks.
        longest = max((len(str(rows[c.name].iloc[row])) for c in columns if c.is_long), default=0)
        if longest > _WIDEST:
            sheet.row_dimensions[row + top + 1].height = LINE * min(math.ceil(longest / 52), 20)
            for cell in sheet[row + top + 1]:
                held = cell.alignment
                cell.alignment = Alignment(held.horizontal, "top", wrap_text=held.wrap_text)
    sheet.row_dimensions[top].height = 4 * LINE
    # The header and the first column stay in sight.
    sheet.freeze_panes = f"B{top + 1}"
    sheet.auto_filter.ref = f"A{top}:{get_column_letter(place)}{max(len(rows), 1) + top}"
    sheet.print_title_rows = f"1:{top}"
    set_print(sheet)


def _mark(sheet: Worksheet, report: Chapter) -> int:
    """Write what each sheet says first, if anything; give the row of the headings."""
    if not report.marks:
        return 1
    cell = sheet.cell(1, 1)
    fill_cell(cell, " ".join(map(report.in_words, report.marks)))
    cell.font = font(bold=True, color="FFA33C00")
    return 2


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


def _fill_column(
    sheet: Worksheet,
    at: tuple[int, int],
    heading: str,
    told: Iterable[tuple[Any, Kind]],
    report: Chapter,
) -> float:
    """Write a column from its heading on, and give the width that it asks for, in characters."""
    (top, place), header = at, sheet.cell(*at)
    fill_cell(header, heading)
    header.font = font(bold=True, color="FFFFFFFF")
    header.fill = _HEADER
    side, longest = "left", 10
    for row, (value, kind) in enumerate(told, start=top + 1):
        cell = sheet.cell(row, place)
        known = number(value) if kind in NUMBERS else None
        if row == top + 1 and kind in NUMBERS:
            side = "right"
        if known is not None:
            cell.value = known / 100 if kind in ("percent", "tenths") else known
            cell.number_format = _FORMATS[kind]
        else:
            text = report.show(value, kind)
            fill_cell(cell, text)
            longest = max(longest, min(len(text), _WIDEST))
            if kind in NUMBERS:
                cell.alignment = Alignment(horizontal="right")
            elif len(text) > _WIDEST:
                cell.alignment = Alignment(wrap_text=len(text) < 1_000, vertical="top")
    header.alignment = Alignment(horizontal=side, wrap_text=True, vertical="center")
    words = max(len(word) for word in heading.split())
    return max(longest, words, len(heading) / 4) + 3


def fill_cell(cell: Cell, text: str) -> None:
    """Write a text that stays one, whatever it starts with and however it is edited."""
    cell.value = clean_text(text)
    # openpyxl takes what starts with an equals sign for a formula, and "#N/A" for an error.
    cell.data_type = "s"
    if starts_formula(text):
        cell.quotePrefix = True


def font(**style: Any) -> Font:
    """Give the letters that all of a workbook is in."""
    return Font(name="Calibri", **style)


def set_print(sheet: Worksheet) -> None:
    """Print a sheet as wide as the paper."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
