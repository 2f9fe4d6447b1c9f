"""LimeSurvey's pairs: what the script beside a table says of it, and a script that is not there."""

import time

import pytest

from blijfwijzer.errors import CorruptFileError, SurveyNotFoundError
from blijfwijzer.survey.files import hash_file, read_table
from exports import limesurvey_for_r, limesurvey_for_spss

SYNTAX = """SET UNICODE=ON.
GET DATA
 /TYPE=TXT
 /FILE='a.dat'
 /VARIABLES=
 V1 F7
 V2 A6
 V3 F13.12
 V4 A40.
CACHE.
EXECUTE.
*Define Variable Properties.
VARIABLE LABELS V1 "id".
VARIABLE LABELS V2 "Which ""part"" of the"+
" house?".
*Define Value labels.
VALUE LABELS  V2
 "1" "The "old" part"
 "2" "The new part".
RECODE V2 ("-oth-" = "666666").
EXECUTE.
RENAME VARIABLES ( V1 = id ).
RENAME VARIABLES ( V2 = part ).
RENAME VARIABLE ( V3 = age ).
"""
DATA = "1,'1',35.500000000000,'don''t, know'\n2,'-oth-',,''\n3,'2',40.000000000000,'x'\n"


def write(folder, data=DATA, syntax=SYNTAX):
    (folder / "a.dat").write_text(data, encoding="utf-8")
    (folder / "a.sps").write_text(syntax, encoding="utf-8-sig")
    return folder / "a.dat"


def test_a_table_for_spss_has_the_names_labels_and_meanings_of_its_syntax(tmp_path):
    table = read_table(write(tmp_path))

    assert list(table.frame.columns) == ["id", "part", "age", "V4"]
    assert table.labels == {"part": 'Which "part" of the house?'}
    meanings = {"1": 'The "old" part', "2": "The new part", "-oth-": "other"}
    assert table.codes == {"part": meanings}


def test_cells_for_spss_are_what_the_syntax_says_that_they_are(tmp_path):
    frame = read_table(write(tmp_path)).frame

    assert frame["id"].tolist() == [1, 2, 3]
    assert frame["age"].fillna(-1).tolist() == [35.5, -1, 40]
    assert frame["part"].tolist() == ["1", "-oth-", "2"]
    assert frame["V4"].fillna("").tolist() == ["don't, know", "", "x"]


def test_a_table_for_spss_without_its_syntax_is_refused(tmp_path):
    write(tmp_path)
    (tmp_path / "a.sps").unlink()

    with pytest.raises(SurveyNotFoundError, match=r"a\.dat: 1 file is missing: a\.sps"):
        read_table(tmp_path / "a.dat")


def test_a_syntax_without_variables_is_refused(tmp_path):
    with pytest.raises(CorruptFileError, match="names no variables"):
        read_table(write(tmp_path, syntax="GET DATA.\n"))


@pytest.mark.parametrize("data", ["1,'1',3,'x',9\n", "1,'1'\n"])
def test_a_row_of_another_width_than_the_syntax_is_refused_by_its_place(tmp_path, data):
    with pytest.raises(CorruptFileError, match="than the 4 names of the header .*row 4"):
        read_table(write(tmp_path, DATA + data + DATA))


def test_another_syntax_makes_another_survey(tmp_path):
    before = hash_file(write(tmp_path))

    assert hash_file(write(tmp_path, syntax=SYNTAX.replace("= part", "= wing"))) != before
    assert hash_file(write(tmp_path)) == before


def test_codes_that_a_script_for_r_writes_as_numbers_are_told(tmp_path):
    codes = read_table(limesurvey_for_r(tmp_path, "nl", False)).codes

    assert codes["contract"] == {"1": "vast", "2": "tijdelijk"}
    assert codes["G1[SQ001]"]["A5"] == "Helemaal mee eens"


def test_both_pairs_hold_the_same_answers(tmp_path):
    for_r = read_table(limesurvey_for_r(tmp_path, "en", False))
    for_spss = read_table(limesurvey_for_spss(tmp_path, "en", False))

    shared = ["contract", "G1[SQ001]", "G7[SQ012]"]
    there = [name.replace("[", "_").replace("]", "") for name in shared]
    assert for_r.frame[shared].astype(str).to_numpy().tolist() == (
        for_spss.frame[there].astype(str).to_numpy().tolist()
    )
    assert [for_r.codes[name] for name in shared] == [for_spss.codes[name] for name in there]


@pytest.mark.parametrize(
    "said",
    [
        'VALUE LABELS  V2\n "" ' + '"" ' * 40_000 + "\n",
        'VARIABLE LABELS V2 "\n' * 20_000,
        "RENAME VARIABLE ( " * 40_000,
    ],
)
def test_a_syntax_that_never_ends_takes_no_longer_than_it_is_long(tmp_path, said):
    started = time.perf_counter()
    table = read_table(write(tmp_path, syntax=SYNTAX + said))

    assert time.perf_counter() - started < 5
    assert list(table.frame) == ["id", "part", "age", "V4"]


def test_a_syntax_that_never_names_a_variable_takes_no_longer_than_it_is_long(tmp_path):
    started = time.perf_counter()
    with pytest.raises(CorruptFileError, match="names no variables"):
        read_table(write(tmp_path, syntax="/VARIABLES=x" * 40_000))

    assert time.perf_counter() - started < 5


def test_a_script_for_r_that_never_ends_takes_no_longer_than_it_is_long(tmp_path):
    (tmp_path / "a_R_data_file.csv").write_text('"a"\n"1"\n')
    never = "data[, 1] <- factor(data[, 1], levels=c(" + "1" * 27
    (tmp_path / "a_R_syntax_file.R").write_text(never)

    started = time.perf_counter()
    table = read_table(tmp_path / "a_R_data_file.csv")

    assert time.perf_counter() - started < 5
    assert not table.codes
