"""Losses near zero keep the digits that decide, wherever they are told."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.estimation.design import Design
from blijfwijzer.governance.figures import Cited, figure_specs
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pack.pack_texts import write_figure
from blijfwijzer.risk.evaluation import Predictions, evaluate, loss_steps
from blijfwijzer.risk.metrics import possible_losses
from blijfwijzer.risk.protection import protect_evaluation
from blijfwijzer.risk.rivals import measure_skill
from blijfwijzer.risk.splits import split_by_unit
from blijfwijzer.runs.tracked import tell_measure
from blijfwijzer.settings import EvaluationSettings

EVALUATION = EvaluationSettings(bootstraps=50)


@pytest.fixture
def rare(rng):
    """Two in a hundred, of 6,000 in 60 units: a log loss near .1."""
    risk = rng.beta(0.4, 20, 6000).clip(0.001)
    values = (rng.random(6000) < risk).astype(float)
    units = pd.Series(rng.integers(0, 60, 6000).astype(str), name="unit")
    return Predictions(values, risk, Design.of_units(rng.uniform(0.5, 2, 6000), units)), units


def test_the_interval_of_a_loss_near_zero_keeps_its_width(rare):
    predictions, units = rare
    groups = {"age": pd.Series(np.where(np.arange(6000) % 2, "a", "b"))}
    exact = evaluate(predictions, units, groups, EvaluationSettings(bootstraps=60), 0)

    told = protect_evaluation(exact, frozenset(), 0.95)

    of_groups = (one.by_group.set_index("metric") for one in (told, exact))
    for tables in ((told.overall, exact.overall), of_groups):
        losses, known = (table.loc[["log_loss", "brier"]] for table in tables)
        assert (losses["low"] <= known["low"] + 1e-9).all()
        assert (losses["high"] >= known["high"] - 1e-9).all()
        assert (losses["low"] < losses["high"]).all()
    assert exact.overall.loc["log_loss", "value"] < 0.12


def test_no_one_response_can_be_found_in_a_loss(rare):
    predictions, _ = rare
    weight = predictions.design.weight

    steps = loss_steps(predictions.risk, weight)

    most = possible_losses(predictions.risk), np.maximum(predictions.risk, 1 - predictions.risk)
    assert steps["log_loss"] >= 2 * (weight * most[0]).max() / weight.sum()
    assert steps["brier"] >= 2 * (weight * most[1] ** 2).max() / weight.sum()


def test_a_small_skill_keeps_its_interval(rare):
    predictions, units = rare
    folds = split_by_unit(predictions.values, units, 5, 0)

    told = measure_skill(predictions, folds, 100, 0)

    assert told["low"] < told["value"] < told["high"]


@pytest.mark.parametrize(
    ("language", "told"),
    [("nl", "0,1004 (0,0998 tot 0,1010)"), ("en", "0.1004 (0.0998 to 0.1010)")],
)
def test_a_run_tells_a_loss_by_as_many_decimals_as_it_has(language, told):
    entry = {"value": 0.1004, "low": 0.0998, "high": 0.101}

    assert write(tell_measure(entry), language) == told
    assert write(tell_measure({**entry, "low": None, "high": None}), language) == told[:6]


def test_a_form_tells_the_ends_of_a_loss_apart_from_it():
    entry = {"log_loss": 0.1004, "log_loss_low": 0.0998, "log_loss_high": 0.101, "no_model": 0.1046}
    cited = [
        Cited(name, value, figure_specs()[name].kind, None, "", ()) for name, value in entry.items()
    ]

    assert [write_figure(one, "en") for one in cited] == ["0.1004", "0.0998", "0.101", "0.1046"]


def of_one_risk(positives, people=300):
    """What is told of a group by a model that expects the same of everyone."""
    values = np.r_[np.arange(people) < positives, np.arange(700) < 140].astype(float)
    everyone = Design.of_units(np.ones(len(values)), pd.Series(np.arange(len(values)) % 50))
    predictions = Predictions(values, np.full(len(values), 0.2), everyone)
    groups = {"age": pd.Series(np.where(np.arange(len(values)) < people, "a", "b"))}
    exact = evaluate(predictions, pd.Series(["u"] * len(values)), groups, EVALUATION, 0)
    return protect_evaluation(exact, frozenset(), 0.95, is_constant=True).by_group


def test_by_a_model_without_answers_a_group_tells_no_more_than_its_percentage():
    told = [of_one_risk(positives) for positives in (59, 60, 61)]

    assert told[0].equals(told[1])
    assert told[1].equals(told[2])
    found = told[1].set_index(["group", "metric"])["value"]
    assert found["a", "observed"] == 0.2
    assert found["a", "calibration_intercept"] == 0


def test_of_a_group_in_which_nearly_all_are_alike_no_measure_is_told():
    assert set(of_one_risk(290)["group"]) == {"b"}
    assert set(of_one_risk(200)["group"]) == {"a", "b"}
