"""The shipped codebooks: each fits its survey, and no audit attribute or twin slips in."""

import csv

import pandas as pd
import pytest

from blijfwijzer.risk.outcomes import barred_columns
from blijfwijzer.settings import Settings
from blijfwijzer.survey.cells import code_text
from blijfwijzer.survey.codebook import load_codebook, shipped_codebooks
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.rule_truth import label
from blijfwijzer.survey.scales import score_scales
from reports import said
from shared_surveys import shared_file

FILES = {"fevs-2018": "fevs2018.csv.gz", "piaac": "piaac_public_employees.csv.gz"}
# Data rows of the files, and their empty cells in the column of the outcome.
ROWS = {"fevs-2018": 52_804, "piaac": 15_321}
UNLABELLED = {"fevs-2018": 0, "piaac": 576}


@pytest.fixture(scope="module", params=sorted(FILES))
def public(request):
    book = load_codebook(request.param)
    intake = read_survey(shared_file(FILES[request.param]), book, Settings().intake)
    return request.param, book, intake


@pytest.mark.parametrize("name", shipped_codebooks())
def test_what_predicts_has_a_short_label_in_each_language(name):
    book = load_codebook(name)

    predicting = [*book.with_role("item", "career"), *book.scales.values()]

    assert not [c.name for c in predicting if not c.label.nl.strip() or not c.label.en.strip()]
    assert not [c.name for c in predicting if len(c.label.nl) > 80]


def test_a_public_survey_reads_whole_and_every_column_is_known(public):
    name, _, intake = public

    assert intake.rows == len(intake.responses) == ROWS[name]
    assert not [text for text in said(intake.remarks) if "not in the codebook" in text]
    assert intake.responses["weight"].mean() == pytest.approx(1)


def test_an_outcome_is_missing_only_where_the_file_has_none(public):
    name, book, intake = public
    scales = score_scales(intake.responses, book)

    for outcome in book.outcomes.values():
        values = label(intake.responses, scales, book, outcome).values

        assert values.isna().sum() == UNLABELLED[name]
        assert set(values.dropna().unique()) == {0.0, 1.0}


def test_no_answer_of_a_public_survey_is_lost_in_reading(public):
    name, book, intake = public
    raw = pd.read_csv(shared_file(FILES[name]), low_memory=False, keep_default_na=False)

    for column in book.with_role("item", "career", "audit", "outcome", "unit"):
        given = ~raw[column.name].map(code_text).isin(["", *column.missing])

        assert (intake.responses[column.name].notna() == given).all(), column.name


def test_the_texts_of_fevs_are_those_of_the_survey():
    with shared_file("fevs2018_items.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = {row["item"]: row["text"] for row in csv.DictReader(file)}
    book = load_codebook("fevs-2018")

    items = {column.name: column.label.en for column in book.with_role("item")}

    assert set(items) == {f"Q{number}" for number in range(1, 72)}
    assert [name for name in items if items[name] != texts[name]] == []


def test_what_defines_not_training_never_predicts_it():
    book = load_codebook("piaac")
    barred = barred_columns(book, book.outcomes["achterblijver"])

    predicting = {c.name for c in book.with_role("item", "career")} - barred

    assert len(predicting) > 50
    assert not {n for n in predicting if n.startswith(("B_", "FNF", "NFE"))}
    assert not predicting & {"AGE_R", "AGEG5LFS", "AGEG10LFS", "GENDER_R", "J_Q04a", "C_Q09"}


def test_sex_and_minority_status_only_check_fairness():
    book = load_codebook("fevs-2018")

    assert {column.name for column in book.with_role("audit")} == {"DSEX", "DMINORITY"}
