"""Intake: rows in = accepted + rejected, each refusal with its reason, no answer told."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import check_survey
from questionnaires import small_survey
from reports import said

SMALL = Path(__file__).parents[1] / "assets" / "small.toml"


BOOK = load_codebook(SMALL)


INTAKE = Settings().intake


def make_survey(rows=300, seed=1):
    return small_survey(np.random.default_rng(seed), rows)


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


def labelled(tmp_path, **changes):
    import pyreadstat

    labels = {
        "1": "Helemaal mee oneens",
        "2": "Mee oneens",
        "3": "Neutraal",
        "4": "Mee eens",
        "5": "Helemaal mee eens",
        "8": "weet niet",
        "9": "n.v.t.",
    }
    labels = {float(code): text for code, text in {**labels, **changes}.items() if text}
    frame = make_survey().drop(columns=["sector", "opleiding", "contract"])
    frame["sector"], frame["opleiding"], frame["contract"] = "rijk", "laag", "vast"
    path = tmp_path / "labelled.sav"
    pyreadstat.write_sav(frame, str(path), variable_value_labels={"veilig_1": labels})
    return said(check_survey(path, BOOK, INTAKE).remarks)


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
