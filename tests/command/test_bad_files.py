"""Files made to do harm, and the odd ones that survey tools export."""

import subprocess
import sys
import time
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from blijfwijzer.errors import (
    BlijfwijzerError,
    CorruptFileError,
    FileTooLargeError,
    UnreadableColumnError,
)
from blijfwijzer.survey.files import read_table
from blijfwijzer.synthetic.survey import make_survey
from command_line import call

SECRET = "GEHEIM4711"
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1"><v>1</v></c></row>{rows}</sheetData></worksheet>'
)


def rewrite_sheet(path, content, header=("a", "b")):
    """Put other XML in the place of a workbook's first sheet."""
    book = openpyxl.Workbook()
    book.active.append(list(header))
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = content.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def test_a_sheet_of_two_far_cells_is_not_laid_out(tmp_path):
    path = tmp_path / "far.xlsx"
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    rewrite_sheet(path, SHEET.format(rows=far))
    start = time.monotonic()

    with pytest.raises(BlijfwijzerError):
        read_table(path, maximum_bytes=1_000_000)
    with pytest.raises(CorruptFileError, match="holds no responses"):
        read_table(path)

    assert time.monotonic() - start < 30


def test_a_wide_header_of_a_long_sheet_is_too_large(tmp_path):
    path = tmp_path / "wide.xlsx"
    wide = '<row r="1"><c r="XFD1"><v>1</v></c></row><row r="1000000"><c r="A1000000"/></row>'
    rewrite_sheet(path, SHEET.replace('<row r="1"><c r="A1"><v>1</v></c></row>', wide))

    with pytest.raises(FileTooLargeError, match="unpacks to more than"):
        read_table(path, maximum_bytes=10_000_000)


def test_entities_in_a_workbook_are_refused(tmp_path):
    path = tmp_path / "entities.xlsx"
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    rewrite_sheet(path, bomb + SHEET.format(rows='<row r="2"><c r="A2"><v>&b;</v></c></row>'))

    with pytest.raises(CorruptFileError):
        read_table(path)


def test_a_workbook_of_nonsense_is_corrupt(tmp_path):
    path = tmp_path / "nonsense.xlsx"
    for content in ("", "<a/>", SHEET.format(rows="<row"), SHEET.format(rows='<row r="x"/>')):
        rewrite_sheet(path, content)

        with pytest.raises(CorruptFileError):
            read_table(path)


def test_a_workbook_with_any_byte_of_its_index_changed_is_refused_or_reads_the_same(tmp_path):
    path = tmp_path / "whole.xlsx"
    rewrite_sheet(path, SHEET.format(rows='<row r="2"><c r="A2"><v>7</v></c></row>'))
    whole, frame = path.read_bytes(), read_table(path).frame
    index = whole.index(b"PK\x01\x02")
    refused = 0

    for place in range(index, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        try:
            pd.testing.assert_frame_equal(read_table(path).frame, frame)
        except BlijfwijzerError:
            refused += 1

    assert refused > 100


def test_a_parquet_of_one_repeated_value_is_counted_by_its_cells(tmp_path):
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({f"c{i}": pa.nulls(2_000_000, pa.int8()) for i in range(5)}), path)

    assert path.stat().st_size < 20_000
    with pytest.raises(FileTooLargeError, match="unpacks to more than"):
        read_table(path, maximum_bytes=50_000_000)


def test_cells_that_hold_lists_are_refused_by_column(tmp_path):
    path = tmp_path / "lists.parquet"
    pq.write_table(pa.table({"motieven": [[1, 2], [3]], "a": [1, 2]}), path)

    with pytest.raises(UnreadableColumnError, match="1 column holds lists .*: motieven"):
        read_table(path)


def test_a_sav_of_many_cells_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.sav"
    frame = pd.DataFrame(np.zeros((20_000, 20)), columns=[f"c{i}" for i in range(20)])
    pyreadstat.write_sav(frame, str(path), compress=True)

    assert path.stat().st_size < 1_000_000
    with pytest.raises(FileTooLargeError, match=r"large\.sav: is or unpacks to more than"):
        read_table(path, maximum_bytes=1_000_000)


def test_a_damaged_sav_is_an_error_and_never_a_crash(tmp_path, rng):
    path = tmp_path / "whole.sav"
    pyreadstat.write_sav(pd.DataFrame({"a": [1.0, 2.0] * 50, "b": [SECRET] * 100}), str(path))
    whole = path.read_bytes()
    damaged = tmp_path / "damaged.sav"

    for place in rng.integers(4, len(whole), 6):
        content = bytearray(whole[: max(place, 200)] if place % 2 else whole)
        content[place % len(content)] ^= 0xFF
        damaged.write_bytes(content)
        try:
            read_table(damaged)
        except BlijfwijzerError as error:
            assert SECRET not in str(error)
            assert "\n" not in str(error)


def test_a_sav_of_an_old_windows_reads(tmp_path):
    path = tmp_path / "old.sav"
    pyreadstat.write_sav(pd.DataFrame({"land": ["Curacao", "Bonaire"]}), str(path))
    content = path.read_bytes().replace(b"Curacao", "Curaçao".encode("cp1252"))
    # Without the record that says UTF-8, as before SPSS 16.
    path.write_bytes(content.replace(b"UTF-8", b"     "))

    assert read_table(path).frame["land"].tolist() == ["Curaçao", "Bonaire"]


def test_user_missing_texts_of_a_sav_are_known(tmp_path):
    path = tmp_path / "text.sav"
    frame = pd.DataFrame({"q": ["a", "X", "b"], "n": [1.0, 8.0, 9.0]})
    missing = {"q": ["X"], "n": [{"lo": 8.0, "hi": 9.0}]}
    pyreadstat.write_sav(frame, str(path), missing_ranges=missing)

    table = read_table(path)

    assert table.missing["n"] == [(8.0, 9.0)]
    assert [str(low).strip() for low, _ in table.missing["q"]] == ["X"]
    assert table.frame["n"].tolist() == [1.0, 8.0, 9.0]


def test_the_parser_of_a_sav_may_write_no_file(tmp_path):
    code = (
        "from blijfwijzer.survey.spss import limit_memory\n"
        "limit_memory(1)\n"
        f"open({str(tmp_path / 'new')!r}, 'w').write('x')\n"
    )

    subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert not (tmp_path / "new").exists() or (tmp_path / "new").read_text() == ""


def test_mixed_cells_of_a_workbook_are_text_all_the_way(tmp_path):
    path = tmp_path / "mixed.xlsx"
    book = openpyxl.Workbook()
    for row in (["code", "n", None], [1, 1.5, None], ["A2", None, None], [None, None, None]):
        book.active.append(row)
    book.save(path)

    frame = read_table(path).frame

    assert frame["code"].tolist() == ["1", "A2"]
    assert frame["n"].tolist()[0] == 1.5
    assert list(frame) == ["code", "n"]


@pytest.mark.parametrize(
    "text",
    [
        '"a;1";b\r\n1;2\r\n',
        "a;b;\n1;2;\n",
        "a;b\n1;2",
        "a;b\n1;2\n\n\n",
        'a;b\n"x";"twee; en drie"\n',
        '\ufeff"a";"b"\n1;2\n',
    ],
)
def test_odd_but_whole_csv_reads(tmp_path, text):
    path = tmp_path / "odd.csv"
    path.write_bytes(text.encode())

    assert len(read_table(path).frame) == 1


@pytest.mark.parametrize(
    "text", ["a,b,c\n1,2,3\n1,2\n", 'a,b\n1,"half', "a,b\n" + "1,2\n" * 99 + "1", "a,b\n1,2,3\n"]
)
def test_a_csv_that_was_cut_off_is_told(tmp_path, text):
    path = tmp_path / "cut.csv"
    path.write_text(text)

    with pytest.raises(CorruptFileError, match="another number of cells|quotation mark"):
        read_table(path)


@pytest.mark.parametrize("suffix", [".parquet", ".csv.gz"])
@pytest.mark.parametrize("command", ["check", "climate", "claims"])
def test_a_block_that_is_damaged_ends_each_command_with_nothing_written(
    tmp_path, monkeypatch, suffix, command
):
    monkeypatch.chdir(tmp_path)
    survey = tmp_path / f"wave{suffix}"
    made = make_survey(300, 1, 2019).responses
    if suffix == ".parquet":
        made.to_parquet(survey, row_group_size=100)
    else:
        made.to_csv(survey, index=False)
    content, middle = bytearray(survey.read_bytes()), survey.stat().st_size // 2
    content[middle : middle + 400] = bytes(400)
    survey.write_bytes(content)

    to = () if command == "check" else ("--output", "told")
    code = call(command, survey, "--codebook", "werkonderzoek-2019", *to)

    assert code == CorruptFileError.exit_code
    assert [path.name for path in tmp_path.iterdir()] == [survey.name]
