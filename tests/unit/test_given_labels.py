"""A table of labels: what codes are called where the codebook does not say."""

import pandas as pd
import pytest

from blijfwijzer.errors import CodebookError
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.groups.naming import name_groups
from blijfwijzer.publish.language.texts import write
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.given_labels import NO_LABELS, read_labels
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.texts import Text
from questionnaires import SMALL

BOOK = load_codebook(SMALL)
TABLE = """column;code;label;language
organisatie;1;Gemeente A;nl
organisatie;1;Town of A;en
organisatie;2;Gemeente B;
organisatie;007;Bureau; nl
opleiding;laag;Nooit;
"""


def table(tmp_path, text=TABLE):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    return path


def intake(units=None):
    none = pd.DataFrame()
    return Intake(Held.of(none), none, (), (), "0" * 64, "w.csv", units=units or {})


def called(names, book, code, language):
    groups = pd.DataFrame(
        {"label": [code, "x"]}, index=[f"sector=s/organisatie={code}", "sector=s/organisatie=x"]
    )
    told = name_groups(Grouping(groups, None, pd.DataFrame(), None), book, names)
    return write(told.groups["label"].iloc[0], language)


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("1", "nl", "Gemeente A"),
        ("1", "en", "Town of A"),
        ("2", "en", "Gemeente B"),
        ("007", "en", "Bureau"),
        ("3", "nl", "of the file"),
        ("4", "nl", "4"),
    ],
)
def test_units_are_called_as_the_table_says_before_the_file_of_the_survey(
    tmp_path, code, language, name
):
    before = intake({"organisatie": {"1": "of the file", "3": "of the file"}})

    after, book = read_labels(table(tmp_path), BOOK).apply(before, BOOK)

    assert called(after.units, book, code, language) == name


def test_the_codebook_comes_first_unless_it_only_repeats_the_code(tmp_path):
    columns = dict(BOOK.columns)
    codes = {**columns["opleiding"].codes, "laag": Text(nl="laag", en="laag")}
    columns["opleiding"] = columns["opleiding"].model_copy(update={"codes": codes})
    bare = BOOK.model_copy(update={"columns": columns})
    given = read_labels(table(tmp_path), BOOK)

    _, kept = given.apply(intake(), BOOK)
    _, named = given.apply(intake(), bare)

    is_bare = BOOK.columns["opleiding"].codes["laag"].repeats("laag")
    assert (kept.columns["opleiding"] == BOOK.columns["opleiding"]) is not is_bare
    assert named.columns["opleiding"].codes["laag"].en == "Nooit"
    assert list(named.columns["opleiding"].codes) == list(codes)


def test_without_a_table_nothing_changes():
    given = read_labels(None, BOOK)

    assert given is NO_LABELS
    assert given.origin == {}
    assert given.apply(intake(), BOOK)[1] == BOOK


def test_a_result_tells_by_which_table_things_are_called(tmp_path):
    assert len(read_labels(table(tmp_path), BOOK).origin["labels_sha256"]) == 64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("column;code\norganisatie;1\n", r"1 column is missing: label.*has column, code, label"),
        ("column;code;label\nsecret;1;A\n", r"1 column that codebook .* does not have: secret"),
        (f"column;code;label\n{'s' * 61};1;A\n", "not have: s{60}[.] Use"),
        (
            "column;code;label\norganisatie;1;A\norganisatie;1.0;B\n",
            r"1 row about a code that has a label already, the first in row 3",
        ),
        (
            "column;code;label\norganisatie;1;A\norganisatie;;B\n;3;C\n",
            r"2 rows with a label and no column or code, the first in row 3[.] Fill in",
        ),
        (
            f"column;code;label\norganisatie;1;{'A' * 200}\norganisatie;2;{'B' * 201}\n",
            r"1 row with a label of more than 200 signs, the first in row 3[.] Shorten",
        ),
        (
            "column;code;label;language\norganisatie;1;A;de\n",
            r"1 label in another language than nl or en",
        ),
    ],
)
def test_a_table_that_cannot_be_read_so_is_refused_with_what_to_do(tmp_path, text, message):
    with pytest.raises(CodebookError, match=message):
        read_labels(table(tmp_path, text), BOOK)


@pytest.mark.parametrize("label", ["", "\u200b"])
def test_a_table_of_which_no_label_is_filled_in_tells_nothing(tmp_path, label):
    text = f"column;code;label\norganisatie;1;{label}\norganisatie;2;{label}\n"

    assert not read_labels(table(tmp_path, text), load_codebook(SMALL)).texts
