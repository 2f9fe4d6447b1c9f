"""Files: every format reads alike; a bad one is one clear error that repeats no cell."""

import gzip
import time
import zipfile

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from blijfwijzer.errors import (
    BlijfwijzerError,
    CodebookError,
    CorruptFileError,
    DuplicateColumnError,
    FileTooLargeError,
    SettingsError,
    SurveyNotFoundError,
    UnknownFormatError,
    UnreadableColumnError,
    WrongFormatError,
)
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.files import WRITTEN, hash_file, read_table
from blijfwijzer.survey.intake import check_survey, read_survey
from blijfwijzer.survey.table import refuse_twins
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey

SECRET = "GEHEIM4711"
BOOK = load_codebook(CODEBOOK)


@pytest.fixture(scope="module")
def survey():
    return make_survey(500, 7).responses


@pytest.mark.parametrize("suffix", WRITTEN)
def test_every_format_reads_alike(survey, tmp_path, suffix):
    paths = [tmp_path / "survey.parquet", tmp_path / f"survey{suffix}"]
    for path in paths:
        write_survey(survey, BOOK, path)

    first, other = (check_survey(path, BOOK, Settings().intake) for path in paths)

    assert other.errors == ()
    pd.testing.assert_frame_equal(first.responses, other.responses)


@pytest.mark.parametrize("suffix", [".sav", ".parquet", ".csv", ".csv.gz"])
def test_the_same_survey_gives_the_same_bytes(survey, tmp_path, suffix, monkeypatch):
    first, again = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_survey(survey, BOOK, first)
    write_survey(make_survey(500, 7).responses, BOOK, again)

    assert hash_file(first) == hash_file(again)
    if suffix == ".sav":
        # The header's date and time would differ each second.
        assert b"01 Jan 1900:00:00" in first.read_bytes()[:128]


def test_spss_labels_and_user_missing_codes_are_kept(survey, tmp_path):
    write_survey(survey, BOOK, tmp_path / "survey.sav")

    table = read_table(tmp_path / "survey.sav")

    assert table.labels["psy_1"] == BOOK.columns["psy_1"].label.nl
    assert table.codes["psy_1"]["8"] == "Weet niet"
    assert (8.0, 8.0) in table.missing["psy_1"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-8"])
def test_the_dutch_kind_of_csv_reads(tmp_path, encoding):
    path = tmp_path / "survey.csv"
    path.write_bytes("naam;gewicht\nCuraçao;1,5\nBonaire;0,25\n".encode(encoding))

    frame = read_table(path).frame

    assert frame["naam"].tolist() == ["Curaçao", "Bonaire"]
    assert frame["gewicht"].tolist() == [1.5, 0.25]


def test_a_column_of_codes_and_text_is_text_all_the_way(tmp_path):
    path = tmp_path / "survey.csv"
    rows = ["1"] * 50_000 + ["A2"]
    path.write_text("code\n" + "\n".join(rows) + "\n")

    assert set(read_table(path).frame["code"]) == {"1", "A2"}


def test_na_is_missing_among_numbers_and_a_code_among_text(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text("number,country\n1,NA\nNA,NL\n")

    frame = read_table(path).frame

    assert np.isnan(frame["number"][1])
    assert frame["country"].tolist() == ["NA", "NL"]


WORDS = ["NA", "NaN", "NULL"]


@pytest.mark.parametrize("separator", [",", ";"])
def test_words_for_missing_are_missing_among_numbers_only(tmp_path, separator):
    point = "," if separator == ";" else "."
    path = tmp_path / "survey.csv"
    lines = [(f"1{point}5", "HR", "1"), *((word, word, word) for word in WORDS)]
    lines += [("", "", "")]
    rows = [separator.join(line) for line in [("number", "unit", "code"), *lines]]
    path.write_text("\n".join(rows) + "\n")

    frame = read_table(path).frame

    assert frame["number"].isna().tolist() == [False, *[True] * 3]
    assert frame["number"][0] == 1.5
    assert frame["code"].dtype == "float64"
    assert frame["unit"].tolist() == ["HR", *WORDS]


@pytest.mark.parametrize("word", ["nan", "N/A", "None", "null"])
def test_other_words_are_read_as_they_are(tmp_path, word):
    path = tmp_path / "survey.csv"
    path.write_text(f"number,unit\n1,{word}\n{word},HR\n")

    frame = read_table(path).frame

    assert frame["unit"].tolist() == [word, "HR"]
    assert frame["number"].tolist() == ["1", word]


def bad_files(folder):
    """Files that are not what they should be, each with the error it deserves."""
    whole = folder / "whole"
    whole.mkdir()
    frame = pd.DataFrame({"a": [1.0, 2.0] * 500, "b": [SECRET] * 1000})
    for suffix in (".sav", ".parquet", ".csv.gz", ".xlsx"):
        path = whole / f"w{suffix}"
        if suffix == ".sav":
            pyreadstat.write_sav(frame, str(path))
        elif suffix == ".parquet":
            frame.to_parquet(path)
        elif suffix == ".xlsx":
            frame.to_excel(path, index=False)
        else:
            frame.to_csv(path, index=False)
        content = path.read_bytes()
        yield f"truncated{suffix}", content[: len(content) // 2], CorruptFileError
        yield f"text{suffix}", f"a,b\n1,{SECRET}\n".encode(), WrongFormatError
        yield f"empty{suffix}", b"", CorruptFileError
    yield "ragged.csv", f"a,b\n1,2\n1,{SECRET},3,4\n".encode(), CorruptFileError
    yield "binary.csv", b"a,b\n\x00\x01\x02", WrongFormatError
    yield "header.csv", b"a,b\n", CorruptFileError
    yield "twice.csv", b"a,b,a\n1,2,3\n", DuplicateColumnError
    yield "odd.dta", b"whatever", UnknownFormatError
    yield "none", b"whatever", UnknownFormatError
    archive = whole / "z.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("readme.txt", SECRET)
    yield "zip.xlsx", archive.read_bytes(), WrongFormatError


def test_a_bad_file_is_one_clear_error_without_a_cell(tmp_path):
    for name, content, error in bad_files(tmp_path):
        path = tmp_path / name
        path.write_bytes(content)

        with pytest.raises(error) as caught:
            read_table(path)

        message = str(caught.value)
        assert name in message, name
        assert "\n" not in message, name
        assert SECRET not in message, name
        assert SECRET not in str(caught.value.__cause__), name


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SurveyNotFoundError, match="no such file"):
        read_table(tmp_path / "nothing.sav")


def test_a_packed_bomb_is_refused_before_it_is_unpacked(tmp_path):
    bomb = tmp_path / "bomb.csv.gz"
    with gzip.open(bomb, "wb") as file:
        file.write(b"a\n" + b"1\n" * 5_000_000)
    book = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("xl/workbook.xml", b" " * 10_000_000)

    for path in (bomb, book):
        assert path.stat().st_size < 100_000
        with pytest.raises(FileTooLargeError, match="unpacks to more than 1,000,000 bytes"):
            read_table(path, maximum_bytes=1_000_000)


def test_bytes_that_are_no_text_are_refused_by_column_and_those_that_are_read(survey, tmp_path):
    frame = survey.assign(note=b"zorg", photo=[b"\xff\xfe\x00"] * len(survey))
    frame.to_parquet(tmp_path / "both.parquet")
    frame.drop(columns="photo").to_parquet(tmp_path / "text.parquet")

    with pytest.raises(UnreadableColumnError, match="1 column holds bytes that are no text: photo"):
        read_table(tmp_path / "both.parquet")
    assert set(read_table(tmp_path / "text.parquet").frame["note"]) == {"zorg"}


@pytest.mark.parametrize(
    ("read", "error"), [(load_codebook, CodebookError), (load_settings, SettingsError)]
)
def test_a_file_that_is_nested_too_deeply_is_one_sentence(tmp_path, read, error):
    (tmp_path / "deep.toml").write_text(f"a = {'[' * 100_000}{']' * 100_000}")

    with pytest.raises(error, match="nested too deeply"):
        read(tmp_path / "deep.toml")


def test_a_code_of_thousands_of_digits_stays_text(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + "9" * 5000 + ".0,1\nja,2\n")

    assert read_table(path).frame["a"].tolist() == ["9" * 5000 + ".0", "ja"]


def test_a_column_without_a_name_takes_none_of_another_column(tmp_path):
    path = tmp_path / "unnamed.csv"
    path.write_text("a,column_3,\n1,2,3\n4,5,6\n")

    frame = read_table(path).frame

    assert frame.to_numpy().tolist() == [[1, 2, 3], [4, 5, 6]]
    assert frame.columns.tolist() == ["a", "column_3", "column_3_"]


def test_names_in_which_answers_stand_are_refused_and_not_repeated(tmp_path):
    path = tmp_path / "unclosed.csv"
    path.write_text('"' + SECRET * 1000 + '",b\n1,2\n3,4\n')

    with pytest.raises(CorruptFileError, match="1 of 2 columns are longer than 4,000") as found:
        read_table(path)

    assert SECRET not in str(found.value)


def test_twin_names_among_many_are_found_in_one_look(tmp_path):
    names = [f"c{number}" for number in range(50_000)]

    start = time.process_time()
    with pytest.raises(DuplicateColumnError, match="1 column names .*: c7"):
        refuse_twins(tmp_path, [*names, "c7"])

    assert time.process_time() - start < 5


def test_a_script_beside_a_table_takes_no_longer_than_it_is_long(tmp_path):
    path = tmp_path / "survey_1_R_data_file.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    one = 'data[, 2] <- factor(data[, 2], levels=c("2","4"),labels=c("no","a \\"yes\\" (x)"))'
    hanging = "data[, 1] <- factor(data[, 1], levels=c(" * 40_000
    (tmp_path / "survey_1_R_syntax_file.R").write_text(f"{one}\n{hanging}")

    start = time.process_time()
    codes = read_table(path).codes

    assert codes == {"b": {"2": "no", "4": 'a "yes" (x)'}}
    assert time.process_time() - start < 5


@pytest.mark.parametrize("other", [",", "|", "\t"])
def test_quoted_headings_are_parted_by_their_own_sign_whatever_stands_in_cells(tmp_path, other):
    path = tmp_path / "quoted.csv"
    path.write_text(f'"a";"b"\n"x{other}y";2\nz;4\n')

    frame = read_table(path).frame

    assert frame.columns.tolist() == ["a", "b"]
    assert frame["b"].tolist() == [2, 4]


def test_numbers_of_half_the_digits_are_read(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    halves = pa.array(np.array([1, 2.5, 4], dtype=np.float16))
    pq.write_table(pa.table({"a": halves}), tmp_path / "a.parquet")

    assert read_table(tmp_path / "a.parquet").frame["a"].tolist() == [1.0, 2.5, 4.0]


@pytest.mark.parametrize("place", ["answers", "notes"])
def test_text_of_parquet_that_is_no_utf8_is_refused_or_not_looked_at(tmp_path, place):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "a.parquet"
    table = pa.table({"team": ["Noord", "Zuid"], "v1": [1, 2]})
    table = table.replace_schema_metadata({"pandas": '{"by": "Oostelijk"}'})
    pq.write_table(table, path, compression="none", use_dictionary=False, write_statistics=False)
    word = {"answers": b"Noord", "notes": b"Oostelijk"}[place]
    content = path.read_bytes()
    assert word in content
    path.write_bytes(content.replace(word, b"\xff" + word[1:]))

    if place == "answers":
        with pytest.raises(CorruptFileError):
            read_table(path)
    else:
        assert list(read_table(path).frame["team"]) == ["Noord", "Zuid"]


def test_a_row_of_answers_is_not_told_as_names_of_columns(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text("1,rijk,4711,4,5,4,2\n2,gemeente,4712,3,1,2,4\n", encoding="utf-8")
    codebook = load_codebook(CODEBOOK)

    with pytest.raises(BlijfwijzerError) as twins:
        read_survey(path, codebook, Settings().intake)
    path.write_text("1,rijk,4711,3,5\n2,gemeente,4712,1,2\n", encoding="utf-8")
    with pytest.raises(BlijfwijzerError) as missing:
        read_survey(path, codebook, Settings().intake)

    for error in (twins.value, missing.value):
        assert "first row looks like answers" in str(error)
        assert "rijk" not in str(error)
        assert "4711" not in str(error)
