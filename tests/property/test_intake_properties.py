"""Intake: rows in = accepted + rejected, each refusal with its reason, no answer told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.survey.intake import check_survey
from shared_intake import BOOK, INTAKE, labelled, make_survey


@given(st.integers(0, 10_000), st.integers(0, 40))
@settings(max_examples=20, deadline=None)
def test_rows_in_are_accepted_and_rejected(tmp_path_factory, seed, spoilt):
    rng = np.random.default_rng(seed)
    frame = make_survey(80, seed)
    for row, column in zip(
        rng.integers(0, 80, spoilt), rng.choice(frame.columns[4:10], spoilt), strict=True
    ):
        frame.loc[row, column] = rng.choice([0, 6, 8, 9, -1])
    path = tmp_path_factory.mktemp("intake") / "survey.parquet"
    frame.to_parquet(path)

    intake = check_survey(path, BOOK, INTAKE)

    assert len(intake.responses) + len(intake.rejected) == 80
    assert intake.rejected["row"].is_unique


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"1": "Helemaal mee eens", "5": "Helemaal mee oneens"}, "other way round"),
        ({"7": "iets anders"}, "labels for codes 7, which the codebook lacks"),
        ({"3": None}, "no label for codes 3"),
        ({"3": None}, "1 code in the file has no label"),
        ({"5": "weet niet"}, "means that no answer was given"),
    ],
)
def test_labels_that_contradict_the_codebook_are_reported(tmp_path, changes, told):
    assert any(told in text for text in labelled(tmp_path, **changes))
