"""The workbook for HR: the tables of the report, whole, to sort and filter. Computes nothing."""

import io
import math
import re
import shutil
import zipfile
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.hyperlink import Hyperlink

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.files.cells import clean_text
from blijfwijzer.publish.files.sheet import LINE, fill_sheet, font, set_print, text_cell
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.texts import Quantity, Value, say

# Dates would make two workbooks of one run differ; the run's own date stands in its provenance.
_DATE = datetime(2000, 1, 1)
_ZIP_DATE = (2000, 1, 1, 0, 0, 0)

# openpyxl sets the date of the last change while it saves.
_MODIFIED = re.compile(rb"(?<=>)[^<]*(?=</dcterms:modified>)")


def write_sheets(report: Chapter, sheets: tuple[str, ...], nothing: tuple[str, ...]) -> bytes:
    """Write tables as .xlsx.

    Percentages are fractions with the format of a percentage, so that they can be calculated with.
    No cell is a formula. Texts are cut at what a cell holds (32,767 characters).

    Parameters
    ----------
    sheets : tables, in order; those that the chapter lacks are left out
    nothing : texts on what this is not
    """
    # Sheets are written row by row: a million cells would take some 400 MB.
    book = Workbook(write_only=True)
    book.properties.title = clean_text(report.in_words(report.title))
    book.properties.subject = clean_text(report.in_words(report.survey))
    book.properties.creator = "blijfwijzer"
    book.properties.language = report.in_words(say("sheet.language"))
    book.properties.created = _DATE
    sheets = tuple(name for name in sheets if name in report.tables)
    readme = book.create_sheet(report.in_words(say("sheet.readme")))
    _write_readme(readme, report, sheets, nothing)
    for name in sheets:
        sheet = book.create_sheet(report.in_words(say(TABLES[name].sheet)))
        rows = report.rows(name)
        fill_sheet(sheet, report, report.table(name).present(rows), rows)
    facts = book.create_sheet(report.in_words(say("sheet.provenance")))
    origin = pd.DataFrame(list(report.provenance), columns=TABLES["facts"].names)
    fill_sheet(facts, report, TABLES["facts"].columns, origin)
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_dates(buffer.getvalue())


def _write_readme(
    sheet: WriteOnlyWorksheet, report: Chapter, sheets: tuple[str, ...], nothing: tuple[str, ...]
) -> None:
    """Write which question each sheet answers, what the workbook is not, and what was read."""
    lines: list[_Line] = [_Line(report.title)]
    lines += [_Line(right=mark) for mark in report.marks]
    lines += [_Line(report.survey), _Line(), _Line(say("sheet.contents"))]
    for name in sheets:
        rows = Quantity(len(report.rows(name)), "count")
        asked = say("sheet.rows_of", question=say(id_of("sheet.asks", name)), rows=rows)
        lines.append(_Line(say(TABLES[name].sheet), asked, is_link=True))
    lines += [_Line(), _Line(say("section.what"))]
    lines += [_Line(right=say(name)) for name in nothing]
    lines += [_Line(right=text) for text in report.warnings]
    lines += [_Line(right=text) for notes in report.notes.values() for text in notes]
    lines += [_Line(), _Line(say("section.read")), *(_Line(*fact) for fact in report.facts)]
    lines += [_Line(), _Line(say("section.method"))]
    lines += [_Line(right=text) for text in report.method]
    sheet.column_dimensions["A"].width = 30
    sheet.column_dimensions["B"].width = 100
    sheet.sheet_view.showGridLines = False
    set_print(sheet)
    for place, line in enumerate(lines, start=1):
        _write_line(sheet, place, line, report)


@dataclass(frozen=True)
class _Line:
    """A line of the first sheet: a heading, or a text, perhaps with what it is about before it."""

    left: Value = ""
    right: Value = ""
    is_link: bool = False
    """Whether it is about the sheet of that name, and leads there."""


def _write_line(sheet: WriteOnlyWorksheet, place: int, line: _Line, report: Chapter) -> None:
    left, right = report.in_words(line.left), report.in_words(line.right)
    first = text_cell(sheet, left)
    cells = [first]
    if right:
        cell = text_cell(sheet, right)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cells.append(cell)
        # Office programs do not make a row higher by themselves when a file is opened.
        sheet.row_dimensions[place].height = LINE * min(math.ceil(len(right) / 105), 20)
    if place == 1:
        sheet.row_dimensions[place].height = 24
    is_heading = bool(left) and not right
    first.font = font(bold=is_heading, size=16 if place == 1 else 11)
    first.alignment = Alignment(vertical="top")
    if line.is_link:
        first.hyperlink = Hyperlink(f"A{place}", location=f"'{left}'!A1")
        first.font = font(underline="single", color="FF00507D")
    sheet.append(cells)


def _without_dates(packed: bytes) -> bytes:
    """Pack a workbook again with one date on all its files, and on its last change."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            about = zipfile.ZipInfo(name, _ZIP_DATE)
            about.compress_type = zipfile.ZIP_DEFLATED
            with old.open(name) as part, new.open(about, "w") as whole:
                if name == "docProps/core.xml":
                    moment = _DATE.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                    whole.write(_MODIFIED.sub(moment, part.read()))
                else:
                    shutil.copyfileobj(part, whole)
    return buffer.getvalue()
