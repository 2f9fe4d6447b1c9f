"""The workbook in LibreOffice, as who has no Excel opens it."""

import io
import shutil
import subprocess
import zipfile

import openpyxl
import pytest

from blijfwijzer.publish.pages.score_page import write_workbook
from reports import make_report

OFFICE = shutil.which("soffice")
OPENED = "opened"


def opened(packed, folder):
    """What LibreOffice makes of a workbook, saved again; None where it cannot open it."""
    (folder / "book.xlsx").write_bytes(packed)
    subprocess.run(
        [
            *(OFFICE, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"),
            *("--convert-to", "xlsx", "--outdir", str(folder / OPENED), str(folder / "book.xlsx")),
        ],
        check=False,
        capture_output=True,
        timeout=120,
    )
    saved = folder / OPENED / "book.xlsx"
    return openpyxl.load_workbook(saved) if saved.exists() else None


def told(book):
    return {
        sheet.title: [[cell.value for cell in row if cell.value is not None] for row in sheet.rows]
        for sheet in book
    }


@pytest.mark.skipif(OFFICE is None, reason="soffice is not on the PATH")
def test_libreoffice_opens_the_workbook_whole_with_its_filters_links_and_formats(tmp_path):
    packed = write_workbook(make_report(label="=1+1", groups=30))
    own = openpyxl.load_workbook(io.BytesIO(packed))

    book = opened(packed, tmp_path)

    assert book is not None
    assert told(book) == told(own)
    assert [s.auto_filter.ref is None for s in book] == [s.auto_filter.ref is None for s in own]
    links = [cell.hyperlink.location for cell in book["Leesmij"]["A"] if cell.hyperlink]
    assert len(links) == len(own.sheetnames) - 2
    groups, before = book["Groepen"], own["Groepen"]
    assert [c.number_format for c in groups[2]] == [c.number_format for c in before[2]]
    assert not [cell for row in groups.rows for cell in row if cell.data_type == "f"]


@pytest.mark.skipif(OFFICE is None, reason="soffice is not on the PATH")
def test_libreoffice_would_tell_that_a_workbook_is_broken(tmp_path):
    packed, torn = write_workbook(make_report(groups=3)), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(torn, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part[: len(part) // 2] if name == "xl/workbook.xml" else part)

    assert opened(torn.getvalue(), tmp_path) is None
