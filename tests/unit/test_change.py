"""How drivers changed: both parts add up to the change, and each is what it says."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.drivers.change import HEIGHT, Side, split_change
from blijfwijzer.drivers.contributions import Contributed, Contributions
from blijfwijzer.risk.features import Feature, Schema
from blijfwijzer.survey.texts import Text

NAMES = ("a", "b", "c")


def made(frame, weights, base):
    """Contributions of a model that weighs answers by so much, from a base on."""
    values = frame * pd.Series(weights, NAMES)
    risk = (base + values.sum(axis=1)).to_numpy()
    text = Text(nl="x", en="x")
    features = (
        Feature(name, "item", text, name, "cultuur" if name != "c" else "loopbaan", True)
        for name in NAMES
    )
    return Contributed(Contributions(values, base, risk, 0.0), frame, Schema(tuple(features)))


def side(rng, shift, models, rows=400):
    frame = pd.DataFrame(rng.normal(0, 0.05, (rows, 3)) + shift, columns=NAMES)
    weight = rng.integers(1, 4, rows).astype(float)
    units = pd.Series(rng.integers(0, 20, rows))
    then, now = (made(frame, *model) for model in models)
    return Side(then, now, weight, units)


@pytest.fixture
def sides(rng):
    models = (((1.0, 0.5, 0.0), 0.3), ((1.5, 0.5, 0.2), 0.35))
    return side(rng, np.zeros(3), models), side(rng, np.array([0.1, 0.0, 0.0]), models)


def test_both_parts_add_up_to_the_change(sides):
    found = split_change(*sides, bootstraps=50, seed=0)

    for table in (found.sizes, found.scales, found.means, found.risk.to_frame().T):
        gap = table["answers"] + table["model"] - table["change"]
        assert np.abs(gap.astype(float)).max() < 1e-12
    for table in (found.sizes, found.scales):
        assert np.allclose(table["now"] - table["then"], table["change"])


def test_rows_add_up_to_the_change_of_the_mean_risk(sides):
    found = split_change(*sides, bootstraps=50, seed=0)

    means = [
        np.average(one.contributions.risk, weights=own.weight)
        for own, one in ((sides[0], sides[0].then), (sides[1], sides[1].now))
    ]
    assert found.means["change"].sum() == pytest.approx(means[1] - means[0])
    for part in ("change", "answers", "model"):
        assert found.means[part].sum() == pytest.approx(found.risk[part])
    assert found.means.loc[HEIGHT, "answers"] == 0


def test_a_planted_change_is_found_where_it_was_planted(sides):
    found = split_change(*sides, bootstraps=200, seed=0)

    moved = found.means.loc["cultuur|changeable"]
    # Answers to one item rose by .1, which both models weigh by 1.25 on average.
    assert moved["answers"] == pytest.approx(0.125, abs=0.01)
    assert moved["answers_low"] > 0
    scale = found.scales.loc["c"]
    assert scale["model_low"] > 0
    assert scale["then"] == 0


def test_one_model_leaves_all_to_the_answers_and_one_wave_all_to_the_model(sides):
    first, second = (Side(one.now, one.now, one.weight, one.units) for one in sides)
    of_waves = split_change(first, second, bootstraps=50, seed=0)
    of_models = split_change(sides[1], sides[1], bootstraps=50, seed=0)

    assert np.allclose(of_waves.sizes["model"], 0)
    assert np.allclose(of_waves.sizes["answers"], of_waves.sizes["change"])
    assert of_waves.sizes["model_low"].isna().all()
    assert np.allclose(of_models.sizes["answers"], 0)
    assert np.allclose(of_models.means.drop(index=HEIGHT)["change"], 0)
