"""By what a training and an explanation may be broken down."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.release.breakdown import admit_breakdown
from blijfwijzer.release.rehearsal import rehearse
from blijfwijzer.release.request import Request
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import Intake

SMALL = Path(__file__).parents[1] / "assets" / "small.toml"
PEOPLE = 400


@pytest.fixture
def intake(rng):
    names = load_codebook(SMALL).columns
    answers = {name: rng.permutation(4000)[:PEOPLE].astype(float) for name in names}
    place = np.arange(PEOPLE)
    units = {
        "sector": np.char.mod("S%d", place // 100),
        "organisatie": np.char.mod("O%d", place // 50),
    }
    schooling = pd.Series(rng.integers(1, 4, PEOPLE)).astype(str)
    responses = pd.DataFrame({**answers, **units, "opleiding": schooling, "weight": 1.0})
    return Intake(responses, pd.DataFrame({"row": [], "reasons": []}), (), (), "sha", "w.csv")


def broken_down(intake, risk):
    request = Request("train", load_codebook(SMALL), Settings(), "1", ("rate:vertrek",))
    values = np.tile([0.0, 1.0], PEOPLE // 2)
    found = admit_breakdown(rehearse(request), intake, values, risk, of_answers=True)
    return found.units, set(found.groups["opleiding"].dropna())


def test_a_group_whose_mean_is_the_risk_of_each_is_not_told(intake, rng):
    risk = rng.uniform(0.1, 0.9, PEOPLE)
    of_unit, of_schooling = risk.copy(), risk.copy()
    of_unit[:50], of_unit[0] = 0.3, 0.5
    of_schooling[(intake.responses["opleiding"] == "1").to_numpy()] = 0.6

    units, schooling = broken_down(intake, risk)

    assert "O0" in units and "1" in schooling
    assert broken_down(intake, of_unit) == (units - {"O0"}, schooling)
    assert broken_down(intake, of_schooling) == (units, schooling - {"1"})


def test_a_model_that_tells_nobody_apart_withholds_nothing(intake, rng):
    different = broken_down(intake, rng.uniform(0.1, 0.9, PEOPLE))

    assert broken_down(intake, np.full(PEOPLE, 0.25)) == different


def test_risks_that_are_not_shown_do_not_count(intake, rng):
    risk = np.full(PEOPLE, np.nan)
    risk[::2] = rng.uniform(0.1, 0.9, PEOPLE // 2)
    risk[:50:2] = 0.3

    units, _ = broken_down(intake, risk)

    assert "O0" not in units and "O1" in units
