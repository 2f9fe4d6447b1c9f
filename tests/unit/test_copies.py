"""A file in which people are twice is refused, or said to be one."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer.disclosure.copies import count_forms, number_forms
from blijfwijzer.errors import CopiesError
from blijfwijzer.release.admission import answers_of
from blijfwijzer.settings import IntakeSettings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.copies import count_copies
from blijfwijzer.survey.intake import read_responses
from blijfwijzer.survey.table import Table
from blijfwijzer.synthetic.survey import make_survey


@pytest.fixture(scope="module")
def forms():
    """A survey without numbers of persons."""
    survey = make_survey(2000, 3, 2019).responses
    return survey.drop_duplicates("respondent").drop(columns="respondent").reset_index(drop=True)


@pytest.fixture(scope="module")
def codebook():
    book = load_codebook("werkonderzoek-2019")
    columns = {name: column for name, column in book.columns.items() if column.role != "id"}
    return book.model_copy(update={"columns": columns})


def few_columns(forms, count):
    items = [name for name in forms if forms[name].nunique() <= 7]
    return forms[[*items[:count], "afdeling"]]


def read(forms, codebook, settings=None):
    return read_responses(Table(forms), "w.csv", codebook, settings or IntakeSettings())


def test_a_survey_in_which_nobody_is_twice_has_no_copies(forms, codebook):
    assert count_copies(forms) == 0
    told = [remark.id for remark in read(forms, codebook).remarks]
    assert not {"remark.copies", "remark.copies_few"} & set(told)


@pytest.mark.parametrize("columns", [3, 5, 6])
def test_people_who_answer_alike_by_chance_are_no_copies(forms, columns):
    some = few_columns(forms, columns)

    assert some.duplicated().sum() >= 10
    assert count_copies(some) <= 0.1 * some.duplicated().sum()


def straight_liners(people, rng):
    """Of a short form half give one answer to all; units are within each other."""
    answers = rng.integers(1, 6, (people, 8))
    alike = rng.random(people) < 0.5
    answers[alike] = rng.choice([3, 4, 4, 4, 5], (alike.sum(), 1))
    team, background = rng.integers(0, 400, people), rng.integers(1, 4, (people, 3))
    units = {"sector": team // 40, "organisatie": team // 8, "team": team}
    return pd.DataFrame(np.hstack([answers, background])).assign(**units)


@pytest.mark.parametrize("twice", [0, 30, 300])
def test_people_who_give_one_answer_to_all_are_no_copies_but_those_of_them_are(rng, twice):
    people = straight_liners(3000, rng)
    forms = pd.concat([people, people.sample(twice, random_state=1)], ignore_index=True)

    assert people.duplicated().sum() > 30
    found = count_copies(forms, units=["sector", "organisatie", "team"])
    assert found == pytest.approx(twice, abs=10 + 0.1 * twice)


@pytest.mark.parametrize("share", [0.1, 0.3, 1.0])
def test_a_survey_that_was_exported_twice_in_part_is_refused(forms, codebook, share):
    twice = pd.concat([forms, forms.sample(frac=share, random_state=1)], ignore_index=True)

    with pytest.raises(CopiesError, match="the same as another one in every column"):
        read(twice, codebook)


def test_a_share_that_the_settings_allow_is_told(forms, codebook):
    twice = pd.concat([forms, forms], ignore_index=True)

    remarks = read(twice, codebook, IntakeSettings(most_copies=0.5)).remarks

    (least,) = [r.values["least"] for r in remarks if r.id == "remark.copies"]
    assert isinstance(least, int)
    assert 0.95 * len(forms) < least <= len(forms)
    assert least % 10 == 0


def test_a_small_department_that_was_exported_twice_is_told_and_is_counted_once(forms, codebook):
    department = forms["afdeling"].value_counts().index[-1]
    six = forms[forms["afdeling"] == department].head(6)
    rest = forms[forms["afdeling"] != department]
    twice = pd.concat([rest, six, six], ignore_index=True)

    intake = read(twice, codebook)
    inside = (intake.responses["afdeling"] == department).to_numpy()
    members = csr_array(np.array([inside, ~inside], dtype=np.int8))

    assert "remark.copies_few" in [remark.id for remark in intake.remarks]
    assert inside.sum() == 2 * len(six)
    different = count_forms(members, number_forms(answers_of(intake.responses, codebook)))
    assert different.tolist() == [len(six), int((~inside).sum())]


def test_copies_under_other_numbers_are_copies(forms):
    book = load_codebook("werkonderzoek-2019")
    twelve = pd.concat([forms, *[forms.iloc[[7]]] * 11], ignore_index=True)
    numbered = twelve.assign(respondent=[f"r{place}" for place in range(len(twelve))])

    remarks = read(numbered, book).remarks

    told = [r.values["least"] for r in remarks if r.id == "remark.copies"]
    assert told == [10], "eleven, told in tens"
