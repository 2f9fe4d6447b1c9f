import io
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils.cell import range_boundaries

from blijfwijzer.disclosure.release import clear_whole
from blijfwijzer.publish.files.cells import LONGEST, clean_text, safe_text, starts_formula, to_csv
from blijfwijzer.publish.files.release_files import plain_csv_file
from blijfwijzer.publish.files.sheet import fill_sheet
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.score_page import write_workbook
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.texts import say
from reports import changed, make_report
from shared_workbook import FORMULAS


def read_back(packed: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(packed))


def cells_of(book: openpyxl.Workbook) -> list[openpyxl.cell.Cell]:
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_could_be_a_formula_gets_a_quote(text):
    assert starts_formula(text)
    assert safe_text(text).startswith("'")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_file_of_a_training_holds_a_formula_either(text):
    table = clear_whole(
        pd.DataFrame({"unit": [text, "Zorg"], "auc": [-0.5, 0.75]}),
        {"unit": "text", "auc": "metric"},
    )

    read = pd.read_csv(io.BytesIO(plain_csv_file(table)))

    assert not [cell for cell in read["unit"] if starts_formula(cell)]
    assert read["auc"].tolist() == [-0.5, 0.75]


@pytest.mark.parametrize("text", ["Zorg", "10-19", "a=b", "'t Gooi", "< 5", "", "É", "3 = 3"])
def test_other_texts_are_left_as_they_are(text):
    assert safe_text(text) == text


def test_a_csv_opens_in_a_dutch_excel():
    packed = to_csv(pd.DataFrame({"groep": ["Drenthe; één", "-x"], "deel": [0.5, float("nan")]}))

    assert packed == ('\ufeff"groep";"deel"\r\n"Drenthe; één";0,5\r\n"\'-x";\r\n'.encode())


def test_numbers_of_a_csv_stay_numbers_and_negative_ones_too():
    mixed = pd.DataFrame({"contrast": [-3.25, 2.0], "rate": [-4, "-4"]})

    lines = to_csv(mixed).decode("utf-8-sig").splitlines()

    assert lines[1:] == ["-3,25;-4", '2;"\'-4"']


@pytest.mark.parametrize("character", ["a", "é", "😀"])
def test_a_text_is_cut_at_what_a_cell_holds(character):
    cut = clean_text(character * 40_000)

    assert len(cut.encode("utf-16-le")) // 2 in (LONGEST, LONGEST - 1)
    assert cut.endswith("…")
    assert clean_text(character * 1_000) == character * 1_000
    assert len(safe_text("=" * 40_000)) == LONGEST


def test_large_numbers_of_a_csv_keep_all_their_digits():
    lines = to_csv(pd.DataFrame({"euro": [1_234_567.0, 0.1234567]})).decode().splitlines()

    assert lines[1:] == ["1234567", "0,123457"]


def test_characters_that_no_file_can_hold_are_dropped():
    assert clean_text("a\x00b\x1fc\ud800d\ufffe") == "abcd"


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("label", [*FORMULAS, "<b>&\"'</b>", "#N/A", "TRUE", "x" * 10_000])
def test_no_cell_of_a_workbook_is_a_formula(label, language):
    report = make_report(language, groups=3, flagged=2, label=label)
    report = replace(report, title=label, facts=((label, label),), warnings=(label,))

    book = read_back(write_workbook(report))

    assert {cell.data_type for cell in cells_of(book)} <= {"s", "inlineStr", "n"}
    sheet = book[write(say("sheet.groups"), language)]
    assert sheet["A2"].value == clean_text(label)
    assert bool(sheet["A2"].quotePrefix) == starts_formula(label)


def test_raw_xml_of_a_workbook_has_no_formula():
    packed = write_workbook(make_report(label="=1+1"))

    with zipfile.ZipFile(io.BytesIO(packed)) as parts:
        for name in parts.namelist():
            tags = {
                element.tag.rsplit("}")[-1]
                for element in ElementTree.fromstring(parts.read(name)).iter()
            }
            # The titles that repeat on paper and the filters are names of ranges, no formulas.
            assert "f" not in tags


def test_numbers_stay_numbers_and_percentages_can_be_calculated_with():
    report = make_report()

    sheet = read_back(write_workbook(report))["Groepen"]

    headings = [cell.value for cell in sheet[1]]
    rate = sheet.cell(2, headings.index("Vertrekintentie") + 1)
    assert rate.value == pytest.approx(report.rows("groups")["vertrekintentie_rate"][0] / 100)
    assert rate.number_format == "0%"


def test_what_may_not_be_shown_is_told_in_words():
    sheet = read_back(write_workbook(make_report()))["Groepen"]

    assert "niet getoond" in [cell.value for row in sheet.iter_rows() for cell in row]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_each_sheet_can_be_read_sorted_and_filtered(language):
    book = read_back(write_workbook(make_report(language)))

    assert book.properties.title == make_report(language).title
    for sheet in book.worksheets[1:]:
        columns = range_boundaries(sheet.auto_filter.ref)[2]
        assert sheet.freeze_panes == "B2"
        assert columns == sheet.max_column
        assert all(sheet.cell(1, place + 1).font.bold for place in range(columns))
        assert all(d.width >= 10 for d in sheet.column_dimensions.values())


def test_the_readme_names_every_sheet_of_tables():
    book = read_back(write_workbook(make_report()))

    named = {cell.value for cell in book["Leesmij"]["A"]}

    assert set(book.sheetnames) - named == {"Leesmij", "Herkomst"}


def test_sheets_without_vouchers_are_left_out():
    report = changed(make_report(), vouchers=None, alternatives=None, lottery=None)

    names = read_back(write_workbook(report)).sheetnames

    assert not {"Vouchers", "Andere verdelingen", "Loting"} & set(names)


def test_the_same_report_gives_the_same_workbook(monkeypatch):
    first = write_workbook(make_report())
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)

    second = write_workbook(make_report())

    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {part.date_time[0] for part in parts.infolist()} == {2000}
        assert b"2000-01-01" in parts.read("docProps/core.xml")


def test_a_row_with_a_long_sentence_is_high_enough_to_read_it():
    report = make_report()
    told = report.rows("conclusions").assign(conclusion="Een lange zin die doorloopt. " * 8)

    sheet = read_back(write_workbook(changed(report, conclusions=told)))["Conclusies"]

    assert all(sheet.row_dimensions[row].height >= 60 for row in range(2, sheet.max_row + 1))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_first_sheet_says_which_question_each_sheet_answers_and_leads_there(language):
    book = read_back(write_workbook(make_report(language)))

    first = book.worksheets[0]
    lines = [row for row in first.iter_rows(max_col=2) if row[0].hyperlink]
    names = [name.value for name, _ in lines]
    assert names == book.sheetnames[1:-1]
    assert [name.hyperlink.location for name, _ in lines] == [f"'{name}'!A1" for name in names]
    assert all("?" in asked.value for _, asked in lines)
    # It stands before what else there is to read.
    assert lines[0][0].row < 6


@pytest.mark.parametrize(("most", "written"), [(4, 2), (5, 3), (6, 5)])
def test_a_table_that_a_sheet_cannot_hold_is_cut_and_says_where_all_of_it_is(most, written):
    report, book = make_report("en"), openpyxl.Workbook(write_only=True)
    columns = TABLES["facts"].columns
    rows = pd.DataFrame([(f"fact {n}", n) for n in range(5)], columns=TABLES["facts"].names)

    fill_sheet(book.create_sheet("Facts"), report, columns, rows, most=most)

    buffer = io.BytesIO()
    book.save(buffer)
    told = [cell.value for cell in read_back(buffer.getvalue())["Facts"]["A"]]
    assert sum(text.startswith("fact") for text in told) == written
    is_cut = written < len(rows)
    assert (f"first {written} of 5 rows" in told[0] and "Parquet" in told[0]) is is_cut
    assert len(told) <= most
