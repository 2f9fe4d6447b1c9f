"""Workbooks: the sheet with the answers, below whatever stands above them."""

import zipfile

import openpyxl
import pandas as pd
import pytest

from blijfwijzer.errors import CorruptFileError, SheetError
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.intake import read_survey

HEADER = ["nr", "team", "v1", "v2", "v3", "v4"]
ROWS = [[k, f"t{k % 6}", *(k * step % 5 + 1 for step in (1, 2, 3, 4))] for k in range(1, 61)]


def workbook(folder, *sheets, name="a.xlsx"):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


@pytest.fixture
def plain(tmp_path):
    return read_table(workbook(tmp_path, ("a", [HEADER, *ROWS]), name="plain.xlsx")).frame


COVER = ("Voorblad", [["Medewerkersonderzoek"], [], ["Gemeente", "Voorbeeld"], ["Datum", 2026]])
ABOVE = {
    "nothing": [],
    "a title": [["Resultaten medewerkersonderzoek 2026"]],
    "a title and a blank row": [["Resultaten"], []],
    "two cells": [["Organisatie:", "Gemeente Voorbeeld"], []],
    "groups of questions": [[None, None, "Cultuur", None, "Werkdruk", None]],
}


@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE)
@pytest.mark.parametrize("before", [[], [COVER]])
def test_answers_are_found_below_titles_and_behind_a_cover(tmp_path, plain, above, before):
    path = workbook(tmp_path, *before, ("Data", [*above, HEADER, *ROWS]))

    pd.testing.assert_frame_equal(read_table(path).frame, plain)


def test_a_merged_heading_with_parts_names_columns_by_both(tmp_path):
    top = ["nr", "Hoe eens bent u het?", None, "Hoe vaak?", None, None]
    below = [None, "chef", "team", "chef", "team", "ander"]

    table = read_table(workbook(tmp_path, ("a", [top, below, *ROWS])))

    assert table.frame.columns.tolist() == [
        *("nr", "Hoe eens bent u het? - chef", "Hoe eens bent u het? - team"),
        *("Hoe vaak? - chef", "Hoe vaak? - team", "Hoe vaak? - ander"),
    ]
    assert len(table.frame) == len(ROWS)


def test_groups_above_names_are_part_of_the_labels(tmp_path):
    groups = ["Persoon", None, "Cultuur", None, "Werkdruk", None]

    table = read_table(workbook(tmp_path, ("a", [groups, HEADER, *ROWS])))

    assert table.frame.columns.tolist() == HEADER
    assert table.labels["v2"] == "Cultuur - v2"
    assert table.labels["v4"] == "Werkdruk - v4"


def test_a_small_list_of_codes_beside_the_answers_is_not_taken_for_them(tmp_path, plain):
    codes = (
        "Codeboek",
        [["vraag", "code", "tekst"], *[["v1", k, f"antwoord {k}"] for k in (1, 2)]],
    )

    path = workbook(tmp_path, codes, ("Data", [HEADER, *ROWS]))

    pd.testing.assert_frame_equal(read_table(path).frame, plain)


def test_of_two_sheets_with_answers_one_is_asked_for(tmp_path, plain):
    path = workbook(tmp_path, ("2024", [HEADER, *ROWS[:40]]), ("2026", [HEADER, *ROWS]))

    with pytest.raises(SheetError, match="2 sheets may hold the answers: 2024, 2026"):
        read_table(path)
    with pytest.raises(SheetError, match="1 sheet is missing: 2025. It has 2024, 2026"):
        read_table(path, sheet="2025")
    pd.testing.assert_frame_equal(read_table(path, sheet="2026").frame, plain)


def test_the_codebook_names_the_sheet(tmp_path):
    path = workbook(tmp_path, ("2024", [HEADER, *ROWS[:40]]), ("2026", [HEADER, *ROWS]))
    codebook = Codebook.model_validate(
        {
            "survey": dict.fromkeys(("name", "wave", "label", "population", "purpose"), "x")
            | {"sheet": "2024"},
            "columns": {
                "team": {"label": "team", "role": "unit"},
                "v1": {
                    "label": "v1",
                    "role": "item",
                    "codes": {str(k): str(k) for k in range(1, 6)},
                },
            },
            "units": {"levels": ["team"], "cluster": "team"},
        }
    )

    assert read_survey(path, codebook, Settings().intake).rows == 40


def test_numbers_below_a_short_first_row_are_no_names(tmp_path):
    path = workbook(tmp_path, ("a", [["nr"], [1, 2, 3, 4], [2, 3, 4, 5]]))

    assert read_table(path).frame.columns.tolist() == ["nr", "column_2", "column_3", "column_4"]


@pytest.fixture
def claiming(tmp_path):
    """A workbook of which one cell is another, and says where it stands and what it holds."""

    def make(place, value):
        plain = workbook(tmp_path, ("a", [["a", "b"], [1, 2], [3, 987654]]))
        made = tmp_path / "claiming.xlsx"
        with zipfile.ZipFile(plain) as book, zipfile.ZipFile(made, "w") as other:
            for name in book.namelist():
                content = book.read(name)
                if name.endswith("sheet1.xml"):
                    content = content.replace(b'<row r="3"', f'<row r="{place}"'.encode())
                    content = content.replace(b"987654", value.encode())
                other.writestr(name, content)
        return made

    return make


def test_a_number_too_large_to_be_one_is_read_as_endless(claiming):
    assert read_table(claiming(3, "1E999")).frame["b"].tolist() == [2.0, float("inf")]


def test_a_row_below_the_last_that_a_sheet_can_have_is_refused(claiming, monkeypatch):
    # A million rows take seconds.
    monkeypatch.setattr("blijfwijzer.survey.spreadsheet._MOST_ROWS", 1000)

    with pytest.raises(CorruptFileError, match="damaged"):
        read_table(claiming(10**15, "1"))
