"""The workbook for HR: the tables of the report, whole, to sort and filter. Computes nothing."""

import io
import math
import re
import zipfile
from datetime import datetime
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from blijfwijzer.publish.cells import clean_text, starts_formula
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.page import Chapter
from blijfwijzer.publish.spec import ShownColumn, written_as
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.texts import NUMBERS, Kind, number, show
from blijfwijzer.survey.codebook import Language

# Dates would make two workbooks of one run differ; the run's own date stands in its provenance.
_DATE = datetime(2000, 1, 1)
_ZIP_DATE = (2000, 1, 1, 0, 0, 0)

_FORMATS: dict[Kind, str] = {
    "count": "#,##0",
    "percent": "0%",
    "tenths": "0.0%",
    "points": "+0.0;\\-0.0;0.0",
    "decimal": "#,##0.0",
    "ratio": "0.00",
    "euro": '"€" #,##0',
}
# openpyxl sets the date of the last change while it saves.
_MODIFIED = re.compile(rb"(?<=>)[^<]*(?=</dcterms:modified>)")
_HEADER = PatternFill("solid", fgColor="FF00507D")
_WIDEST = 60
_LINE = 15
"""Points of a line of text."""


_ABOUT = {
    "drivers": "sheet.about.drivers",
    "fairness": "sheet.about.fairness",
    "flagged": "sheet.about.flagged",
    "sectors": "sheet.about.sectors",
    "worrying": "sheet.about.worrying",
}
"""Sheets of which the heading on the page is that of a part only, to what the whole is about."""


def write_sheets(report: Chapter, sheets: tuple[str, ...], nothing: tuple[str, ...]) -> bytes:
    """Write tables as .xlsx.

    Percentages are fractions with the format of a percentage, so that they can be calculated with.
    No cell is a formula. Texts are cut at what a cell holds (32,767 characters).

    Parameters
    ----------
    sheets : tables, in order; those that the chapter lacks are left out
    nothing : texts on what this is not
    """
    book = Workbook()
    book.properties.title = clean_text(report.title)
    book.properties.subject = clean_text(report.survey)
    book.properties.creator = "blijfwijzer"
    book.properties.language = say("sheet.language", report.language)
    book.properties.created = _DATE
    sheets = tuple(name for name in sheets if name in report.tables)
    readme = book.active
    _write_readme(readme, report, sheets, nothing)
    for name in sheets:
        sheet = book.create_sheet(say(TABLES[name].sheet, report.language))
        rows = report.rows(name)
        _write_table(sheet, report, report.table(name).present(rows), rows)
    facts = book.create_sheet(say("sheet.provenance", report.language))
    origin = pd.DataFrame(list(report.provenance), columns=TABLES["facts"].names)
    _write_table(facts, report, TABLES["facts"].columns, origin)
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_dates(buffer.getvalue())


def _write_readme(
    sheet: Worksheet, report: Chapter, sheets: tuple[str, ...], nothing: tuple[str, ...]
) -> None:
    """Write what the workbook is and is not, what was read, and what each sheet holds."""
    language = report.language
    sheet.title = say("sheet.readme", language)
    lines: list[tuple[str, str]] = [(report.title, ""), (report.survey, ""), ("", "")]
    lines += [(say("section.what", language), "")]
    lines += [("", say(name, language)) for name in nothing]
    lines += [("", text) for text in report.warnings]
    lines += [("", text) for notes in report.notes.values() for text in notes]
    lines += [("", ""), (say("section.read", language), ""), *report.facts]
    lines += [("", ""), (say("sheet.contents", language), "")]
    for name in sheets:
        text = _ABOUT.get(name) or TABLES[name].caption
        count = show(len(report.rows(name)), "count", language)
        told = say("sheet.rows_of", language, caption=say(text, language), rows=count)
        lines.append((say(TABLES[name].sheet, language), told))
    lines += [("", ""), (say("section.method", language), "")]
    lines += [("", text) for text in report.method]
    for place, (left, right) in enumerate(lines, start=1):
        _write_text(sheet.cell(place, 1), left)
        if right:
            cell = sheet.cell(place, 2)
            _write_text(cell, right)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            # Office programs do not make a row higher by themselves when a file is opened.
            sheet.row_dimensions[place].height = _LINE * min(math.ceil(len(right) / 105), 20)
        is_heading = bool(left) and not right
        sheet.cell(place, 1).font = _font(bold=is_heading, size=16 if place == 1 else 11)
        sheet.cell(place, 1).alignment = Alignment(vertical="top")
    sheet.row_dimensions[1].height = 24
    sheet.column_dimensions["A"].width = 30
    sheet.column_dimensions["B"].width = 100
    sheet.sheet_view.showGridLines = False
    _set_print(sheet)


def _write_table(
    sheet: Worksheet, report: Chapter, columns: tuple[ShownColumn, ...], rows: pd.DataFrame
) -> None:
    language = report.language
    if "target" in rows:
        rows = rows.assign(target=rows["target"].map(dict(report.targets)))
    place = 0
    for column in columns:
        kinds = written_as(column, rows)
        for name, heading in _parts(column, report.heading(column), language):
            place += 1
            values = [
                column.absent if column.absent and (value is None or value != value) else value
                for value in rows[name].tolist()
            ]
            width = _write_column(sheet, place, heading, values, kinds, language)
            sheet.column_dimensions[get_column_letter(place)].width = width
    for row in range(len(rows)):
        # As in the readme: a row with sentences is as high as its longest one asks.
        longest = max((len(str(rows[c.name].iloc[row])) for c in columns if c.is_long), default=0)
        if longest > _WIDEST:
            sheet.row_dimensions[row + 2].height = _LINE * min(math.ceil(longest / 52), 20)
            for cell in sheet[row + 2]:
                held = cell.alignment
                cell.alignment = Alignment(held.horizontal, "top", wrap_text=held.wrap_text)
    sheet.row_dimensions[1].height = 4 * _LINE
    # The header and the first column stay in sight.
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(place)}{max(len(rows), 1) + 1}"
    sheet.print_title_rows = "1:1"
    _set_print(sheet)


def _parts(column: ShownColumn, heading: str, language: Language) -> list[tuple[str, str]]:
    """Give an interval its own columns, so that each can be sorted."""
    if not column.high:
        return [(column.name, heading)]
    if not column.low:
        return [
            (column.name, f"{heading}: {say('sheet.column.lowest', language)}"),
            (column.high, f"{heading}: {say('sheet.column.highest', language)}"),
        ]
    bare = heading.split(" (95")[0]
    return [
        (column.name, bare),
        (column.low, f"{bare}: {say('sheet.column.low', language)}"),
        (column.high, f"{bare}: {say('sheet.column.high', language)}"),
    ]


def _write_column(
    sheet: Worksheet,
    place: int,
    heading: str,
    values: list[Any],
    kinds: list[Kind],
    language: Language,
) -> float:
    """Write a column and give the width that it asks for, in characters."""
    header = sheet.cell(1, place)
    _write_text(header, heading)
    header.font = _font(bold=True, color="FFFFFFFF")
    header.fill = _HEADER
    side = "right" if kinds and kinds[0] in NUMBERS else "left"
    header.alignment = Alignment(horizontal=side, wrap_text=True, vertical="center")
    longest = 10
    for row, (value, kind) in enumerate(zip(values, kinds, strict=True), start=2):
        cell = sheet.cell(row, place)
        known = number(value) if kind in NUMBERS else None
        if known is not None:
            cell.value = known / 100 if kind in ("percent", "tenths") else known
            cell.number_format = _FORMATS[kind]
        else:
            text = show(value, kind, language)
            _write_text(cell, text)
            longest = max(longest, min(len(text), _WIDEST))
            if kind in NUMBERS:
                cell.alignment = Alignment(horizontal="right")
            elif len(text) > _WIDEST:
                cell.alignment = Alignment(wrap_text=len(text) < 1_000, vertical="top")
    words = max(len(word) for word in heading.split())
    return max(longest, words, len(heading) / 4) + 3


def _write_text(cell: Cell, text: str) -> None:
    """Write a text that stays one, whatever it starts with and however it is edited."""
    cell.value = clean_text(text)
    # openpyxl takes what starts with an equals sign for a formula, and "#N/A" for an error.
    cell.data_type = "s"
    if starts_formula(text):
        cell.quotePrefix = True


def _font(**style: Any) -> Font:
    return Font(name="Calibri", **style)


def _set_print(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _without_dates(packed: bytes) -> bytes:
    """Pack a workbook again with one date on all its files, and on its last change."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _MODIFIED.sub(_DATE.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), part)
            new.writestr(zipfile.ZipInfo(name, _ZIP_DATE), part, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
