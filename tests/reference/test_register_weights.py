"""Weights of a register's margins, held against svy and against what bounds leave."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.estimation.raking import Totals, rake_to
from blijfwijzer.groups.register import read_register
from blijfwijzer.groups.register_weights import weigh_by_register
from blijfwijzer.settings import MarginSettings, Settings
from blijfwijzer.survey.codebook import load_codebook

# Figures of svy 0.35.0; svy_register.py, beside it, made them.
SVY = pd.read_csv(Path(__file__).parent / "svy_register.csv")
VARIABLES = ["DSEX", "DEDUC", "DFEDTEN"]


def test_weights_equal_those_that_svy_rakes_to_the_same_margins():
    path = Path(__file__).parents[3] / "shared" / "data" / "fevs2018.csv.gz"
    if not path.exists():
        pytest.skip("FEVS 2018 is not in ../shared/data")
    codebook = load_codebook("fevs-2018")
    everyone = pd.read_csv(path, dtype="str").dropna(subset=VARIABLES)
    everyone = everyone[everyone["AGENCY"].isin(SVY["AGENCY"])].reset_index(drop=True)
    is_long, row = everyone["DFEDTEN"] == "More than 20 years", everyone.index
    there = everyone[(row % 5 == 0) | (is_long & (row % 2 == 0))]
    answers = {
        name: there[name].map(codebook.columns[name].values)
        if codebook.columns[name].type == "ordinal"
        else there[name]
        for name in VARIABLES
    }
    responses = pd.DataFrame(
        {"AGENCY": there["AGENCY"], **answers, "weight": there["POSTWT"].astype(float)}
    ).reset_index(drop=True)
    counted = pd.concat([everyone.assign(variable=n, code=everyone[n]) for n in VARIABLES])
    table = counted.groupby(["AGENCY", "variable", "code"]).size().rename("people").reset_index()
    register = read_register(table, codebook, responses, "register.csv")

    wide = Settings(margins=MarginSettings(largest_factor=20))
    found = weigh_by_register(responses, register, codebook, wide, "register.csv")

    assert found.own == 1
    weight = found.weight * len(everyone) / len(responses)
    keys = [there[name].reset_index(drop=True) for name in ("AGENCY", *VARIABLES)]
    ours = pd.Series(weight).groupby(keys).sum()
    theirs = SVY.set_index(["AGENCY", *VARIABLES])["weight"]
    assert len(ours) == len(theirs) > 60
    np.testing.assert_allclose(ours, theirs.reindex(ours.index), rtol=1e-6)


def test_weights_within_bounds_are_those_of_the_nearest_programme(rng):
    first, second = rng.integers(0, 3, 500), rng.integers(0, 4, 500)
    start, bounds = rng.uniform(0.5, 2, 500), (0.6, 1.5)
    # d clip(exp(a + b)) is what the conditions of the programme ask (Deville & Särndal 1992).
    moved = np.array([0.5, -0.4, 0.1])[first] + np.array([0.4, -0.5, 0.0, 0.2])[second]
    nearest = start * np.clip(np.exp(moved), *bounds)
    totals = [Totals(part, np.bincount(part, nearest)) for part in (first, second)]

    raked = rake_to(start, totals, bounds)

    is_held = np.isclose(nearest / start, 0.6) | np.isclose(nearest / start, 1.5)
    assert 0.1 < is_held.mean() < 0.9
    np.testing.assert_allclose(raked.weight, nearest, rtol=1e-6)
