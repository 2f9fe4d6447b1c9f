"""The table of people beside a survey: what does not meet is told, and not shown."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import GroupError, MissingColumnsError
from blijfwijzer.groups.grouping import make_groups
from blijfwijzer.groups.population import join_units, name_as_survey, read_population
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook

BOOK = load_codebook("werkonderzoek-2019")
LEVELS = ["sector", "organisatie"]
UNITS = ("O1", "O2", "O3", "O4")


@pytest.fixture
def responses():
    """Twenty forms in each of four organisations."""
    units = np.repeat(UNITS, 20)
    return pd.DataFrame({"sector": "rijk", "organisatie": units, "weight": 1.0})


def people(counts=None, names=UNITS):
    counts = [30] * len(names) if counts is None else counts
    return pd.DataFrame({"sector": "rijk", "organisatie": list(names), "people": counts})


def join(table, responses):
    read = name_as_survey(read_population(table, BOOK, "x.csv"), responses)
    return read, join_units(read, responses, LEVELS, "x.csv")


def shown(table, responses):
    grouping = make_groups(responses, BOOK, LEVELS, Settings(), population=table)
    return [group.rpartition("=")[2] for group in grouping.groups.index], grouping.rolled_up


def test_a_table_of_people_is_checked():
    right = people()

    assert read_population(right, BOOK, "x.csv")["people"].tolist() == [30] * 4
    with pytest.raises(GroupError, match="4 rows of `people` are no number"):
        read_population(right.assign(people=-1), BOOK, "x.csv")
    with pytest.raises(MissingColumnsError, match="needs a column `people`"):
        read_population(right.drop(columns="people"), BOOK, "x.csv")


def test_a_fraction_of_a_person_is_refused():
    with pytest.raises(GroupError, match=r"3 rows of `people` are fractions of a person.*1096"):
        read_population(people([1.096, 1.103, 1.11, 2.0]), BOOK, "x.csv")


def test_people_are_read_as_numbers_of_a_survey_are():
    told = read_population(people(["1 096", "1.234.567", "451", "30"]), BOOK, "x.csv")

    assert told["people"].tolist() == [1096, 1234567, 451, 30]
    with pytest.raises(GroupError, match="1 rows of `people` are fractions of a person, or may be"):
        read_population(people(["1.096", "451", "30", "12"]), BOOK, "x.csv")


def test_a_table_of_numbers_that_are_no_people_is_refused(responses):
    with pytest.raises(GroupError, match="fewer people than forms"):
        join(people([1, 1, 2, 3000]), responses)


def test_a_unit_without_people_is_told_and_not_shown(responses):
    table, joined = join(people([30] * 3, UNITS[:3]), responses)

    ids, rolled_up = shown(table, responses)

    assert joined.without_people == ("O4",)
    assert "O4" not in ids
    assert rolled_up["reason"].tolist() == ["unknown"]
    assert shown(None, responses)[0][-1] == "O4"


def test_a_unit_in_other_capitals_is_told_and_not_shown(responses):
    table, joined = join(people(names=("O1", "O2", "O3", "o4")), responses)

    assert (joined.without_people, joined.without_forms) == (("O4",), ("o4",))
    assert joined.in_capitals == ("O4",)
    assert "O4" not in shown(table, responses)[0]


@pytest.mark.parametrize("name", [" O4", "O4\u00a0", "\u202fO4  "])
def test_a_unit_with_other_spaces_is_the_same(responses, name):
    table, joined = join(people(names=("O1", "O2", "O3", name)), responses)

    assert not joined.remarks
    assert "O4" in shown(table, responses)[0]


def test_spaces_within_a_name_are_no_part_of_it_in_either_table(responses):
    spaced = responses.assign(organisatie=responses["organisatie"].replace("O4", "Afd  Oost "))

    _, joined = join(people(names=("O1", "O2", "O3", "Afd\u00a0Oost")), spaced)

    assert not joined.remarks


def test_people_without_forms_and_forms_without_people_are_told(responses):
    _, joined = join(people([30, 30, 30, 15, 40], (*UNITS, "O5")), responses)

    assert joined.counts == {
        "without_people": 0,
        "in_capitals": 0,
        "without_forms": 1,
        "with_more_forms": 1,
    }
    assert [remark.id for remark in joined.remarks] == [
        "remark.units_without_forms",
        "remark.units_with_more_forms",
    ]


def test_a_unit_that_hardly_responded_rolls_up_under_each_spelling(responses):
    for name in ("O4", "o4", " O4"):
        table, _ = join(people([30, 30, 30, 100], (*UNITS[:3], name)), responses)

        assert "O4" not in shown(table, responses)[0]
