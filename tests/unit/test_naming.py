"""What groups are called."""

import pandas as pd
import pytest

from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.groups.naming import name_groups, word_rule
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.tables.report_tables import merged
from blijfwijzer.settings import IntakeSettings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_responses
from blijfwijzer.survey.rules import AllOf, AnyOf, Condition
from blijfwijzer.survey.table import Table
from blijfwijzer.survey.texts import say
from questionnaires import SMALL

BOOK = load_codebook("werkonderzoek-2019")


OTHER = "sector=rijk/organisatie=O9/afdeling=A9/team=T9"


def named(group, label="before", names=None, language="en", others=(OTHER,)):
    index = [group, *others]
    groups = pd.DataFrame({"label": [label, *others]}, index=index)
    grouping = Grouping(groups, None, pd.DataFrame(), None)
    told = name_groups(grouping, BOOK, names or {})
    return write(told.groups["label"].iloc[0], language)


@pytest.mark.parametrize(
    ("group", "label"),
    [
        ("sector=rijk", "State"),
        ("sector=rijk/organisatie=O1", "O1"),
        ("sector=rijk/organisatie=O1/afdeling=A7", "O1, A7"),
        ("sector=rijk/organisatie=O1/afdeling=A7/team=T2", "O1, A7, T2"),
    ],
)
def test_a_unit_is_called_after_those_that_it_is_part_of_but_the_largest(group, label):
    sector = write(BOOK.columns["sector"].codes["rijk"], "en")

    assert named(group) == label.replace("State", sector)


def test_a_unit_is_called_as_the_file_says_where_the_codebook_has_no_text():
    names = {
        "organisatie": {"O1": "Town of A"},
        "afdeling": {"A7": "Finance"},
        "sector": {"rijk": "X"},
    }

    assert named("sector=rijk/organisatie=O1/afdeling=A7", names=names) == "Town of A, Finance"
    assert named("sector=rijk/organisatie=O2/afdeling=A8", names=names) == "O2, A8"
    assert named("sector=rijk", names=names) != "X"


def test_the_only_organisation_is_not_named_before_each_of_its_departments():
    alone = "sector=rijk/organisatie=O1/afdeling=A8"

    assert named("sector=rijk/organisatie=O1/afdeling=A7", others=(alone,)) == "A7"
    assert named("sector=rijk/organisatie=O1", others=(alone,)) == "O1"


SMALL_BOOK = load_codebook(SMALL)


def names_of(paths, names):
    """What groups of the small survey, of sectors and organisations, are called."""
    grouping = Grouping(pd.DataFrame({"label": paths}, index=paths), None, pd.DataFrame(), None)
    labels = name_groups(grouping, SMALL_BOOK, names).groups["label"]
    return [write(label, "en") for label in labels]


def test_two_units_of_one_name_are_told_apart_where_the_largest_level_is_the_one_above():
    paths = ["sector=A", "sector=B", *(f"sector={s}/organisatie={s}1" for s in "AB")]
    names = {"organisatie": {"A1": "Finance", "B1": "Finance"}}

    assert names_of(paths, names) == ["A", "B", "A, Finance", "B, Finance"]


def test_two_units_of_one_name_within_a_unit_are_told_apart_by_their_codes():
    paths = ["sector=A", *(f"sector=A/organisatie={code}" for code in "123")]
    names = {"organisatie": {"1": "Other", "2": "Other", "3": "Finance"}}

    assert names_of(paths, names) == ["A", "Other, 1", "Other, 2", "Finance"]


def test_a_unit_whose_name_is_the_code_of_another_is_told_apart_from_it():
    paths = ["sector=A", "sector=A/organisatie=1", "sector=A/organisatie=2"]

    assert names_of(paths, {"organisatie": {"1": "2"}}) == ["A", "2, 1", "2, 2"]


def test_everyone_and_answers_keep_their_words():
    assert named("all", say("group.all")) == "everyone"
    assert named("all&opleiding=1", "low") == "low"
    assert named("sector=rijk/organisatie=O1&opleiding=1", ("O1", "low")) == "O1, low"


@pytest.mark.parametrize(
    ("language", "fits", "others"),
    [
        ("nl", "Opleiding: laag (tot en met vmbo) en Dienstjaren ≥ 15", "alle anderen"),
        ("en", "Education: low (up to lower secondary) and Years of service ≥ 15", "all others"),
    ],
)
def test_who_fits_the_simple_rule_is_said_in_words(language, fits, others):
    told = named("sector=rijk&simple_rule=1", ("State", "fits"), language=language)

    assert "rule" not in told
    assert told.endswith(fits)
    assert named("all&simple_rule=0", "not", language=language) == others


def test_a_rule_that_is_no_short_list_is_not_put_in_words():
    either = AnyOf(any=(Condition(column="opleiding", one_of=("1",)),))
    lowest = AllOf(all=(Condition(column="dienstjaren", lowest_share=0.2),))

    assert word_rule(BOOK.model_copy(update={"simple_rule": either})) is None
    assert word_rule(BOOK.model_copy(update={"simple_rule": lowest})) is None
    assert word_rule(BOOK.model_copy(update={"simple_rule": None})) is None
    assert word_rule(BOOK.model_copy(update={"simple_rule": either.any[0]})) is not None


def test_an_intake_knows_what_a_file_calls_its_units():
    frame = pd.DataFrame({"organisatie": ["1", "2"]})
    table = Table(frame, codes={"organisatie": {"1": "Town of A"}, "opleiding": {"1": "low"}})
    small = {name: c.model_copy(update={"absent": "missing"}) for name, c in BOOK.columns.items()}
    book = BOOK.model_copy(update={"columns": small})

    intake = read_responses(table, "x.sav", book, IntakeSettings())

    assert intake.units["organisatie"] == {"1": "Town of A"}
    assert "opleiding" not in intake.units


@pytest.mark.parametrize(
    ("groups", "people", "told"),
    [
        (1, 3, "één groep, hoogstens 4 respondenten"),
        (1, 7, "één groep, 5–9 respondenten"),
        (2, 7, "2 groepen, 5–9 respondenten"),
    ],
)
def test_groups_that_were_put_together_are_counted_as_one_says_it(groups, people, told):
    assert write(merged(groups, people), "nl") == told
