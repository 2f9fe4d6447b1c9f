"""Two risks of the same people: measures, differences and gaps against other libraries."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, false_negative_rate
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.fairness.rivals import compare_gaps
from blijfwijzer.risk.protection import protect_cost, protect_rivals
from blijfwijzer.risk.rivals import Rivals, compare_risks, measure_skill
from blijfwijzer.risk.splits import split_by_unit

ROWS = 3000


def expit(margin):
    return 1 / (1 + np.exp(-margin))


@pytest.fixture
def rivals(rng):
    """The first knows the truth, the second half of it; 60 units, weights of 1 and 2."""
    margin = rng.normal(-1, 1.2, ROWS)
    values = (rng.random(ROWS) < expit(margin)).astype(float)
    second = expit(-1 + 0.5 * (margin + 1) + rng.normal(0, 0.6, ROWS))
    design = Design.of_units(
        rng.integers(1, 3, ROWS).astype(float), pd.Series(rng.integers(0, 60, ROWS))
    )
    return Rivals(values, expit(margin), second, design)


def test_measures_are_those_of_scikit_learn(rivals):
    found = compare_risks(rivals, 50, 0)

    weight = rivals.design.weight
    for name, measure in (
        ("log_loss", log_loss),
        ("brier", brier_score_loss),
        ("roc_auc", roc_auc_score),
    ):
        expected = [
            measure(rivals.values, risk, sample_weight=weight)
            for risk in (rivals.first, rivals.second)
        ]
        assert found.loc[name, ["first", "second"]].tolist() == pytest.approx(expected)
        assert found.loc[name, "difference"] == pytest.approx(expected[1] - expected[0])


def test_a_worse_model_is_known_to_be_and_the_other_way_round(rivals):
    loss = compare_risks(rivals, 100, 0).loc["log_loss"]
    turned = compare_risks(replace(rivals, first=rivals.second, second=rivals.first), 100, 0)

    assert 0 < loss["low"] < loss["difference"] < loss["high"]
    other = turned.loc["log_loss"]
    assert other["difference"] == pytest.approx(-loss["difference"])
    assert [other["low"], other["high"]] == pytest.approx([-loss["high"], -loss["low"]])


def test_an_interval_of_the_difference_is_that_of_the_paired_losses(rivals):
    """By units, linearised: sd of unit totals of the influence."""
    found = compare_risks(rivals, 2000, 0).loc["log_loss"]

    weight, y = rivals.design.weight, rivals.values
    losses = [-(y * np.log(r) + (1 - y) * np.log(1 - r)) for r in (rivals.first, rivals.second)]
    apart = losses[1] - losses[0]
    influence = weight * (apart - np.average(apart, weights=weight)) / weight.sum()
    totals = np.bincount(rivals.design.cluster, weights=influence)
    expected = np.sqrt(len(totals) / (len(totals) - 1) * (totals**2).sum())
    assert found["se"] == pytest.approx(expected, rel=0.07)


def test_calibration_is_compared_by_how_far_it_is_from_right(rivals):
    steep = expit(2 * (np.log(rivals.first) - np.log1p(-rivals.first)))

    found = compare_risks(replace(rivals, second=steep), 50, 0).loc["calibration_slope"]

    assert found["second"] == pytest.approx(found["first"] / 2, rel=1e-6)
    expected = abs(found["second"] - 1) - abs(found["first"] - 1)
    assert found["difference"] == pytest.approx(expected)


def test_a_model_against_itself_differs_by_nothing(rivals):
    found = compare_risks(replace(rivals, second=rivals.first), 50, 0)

    assert (found["difference"] == 0).all()
    assert found[["low", "high"]].isna().all(axis=None)


def test_few_units_give_no_interval(rivals):
    few = replace(rivals.design, cluster=np.arange(ROWS) % 4)

    assert compare_risks(replace(rivals, design=few), 50, 0)["low"].isna().all()


@pytest.mark.parametrize("loss", ["log_loss", "brier"])
def test_no_one_response_can_be_found_in_what_is_told(rivals, loss):
    told = protect_rivals(compare_risks(rivals, 50, 0), rivals).loc[loss]

    step = 2 * rivals.influences[loss]
    for name in ("difference", "low", "high"):
        digits = told[name] / 10 ** np.floor(np.log10(step))
        assert digits == pytest.approx(round(digits), abs=1e-6)
    assert told["second"] == pytest.approx(told["first"] + told["difference"])


@pytest.mark.parametrize("loss", ["log_loss", "brier"])
def test_the_interval_that_is_told_is_no_narrower_than_it_is(rivals, loss):
    found = compare_risks(rivals, 50, 0)

    told = protect_rivals(found, rivals).loc[loss]

    assert told["low"] <= found.loc[loss, "low"] and told["high"] >= found.loc[loss, "high"]
    cost = Estimate(0.00012, 0.0001, 0.00001, 0.00034, 40.0, ROWS)
    shown = protect_cost(cost, rivals)
    assert shown.low <= cost.low and shown.high >= cost.high


def test_whom_two_models_miss_is_as_fairlearn_has_it(rivals, rng):
    group = pd.Series(rng.choice(["a", "b", "c"], ROWS))

    found = compare_gaps(rivals, {"sort": group}, "missed", minimum=10, bootstraps=50, seed=0)

    weight, enough = rivals.design.weight, rivals.design.weight @ rivals.values
    for name, risk in (("first", rivals.first), ("second", rivals.second)):
        order = np.argsort(-risk)
        chosen = np.zeros(ROWS)
        chosen[order[np.cumsum(weight[order]) <= enough]] = 1
        frame = MetricFrame(
            metrics=false_negative_rate,
            y_true=rivals.values,
            y_pred=chosen,
            sensitive_features=group,
            sample_params={"sample_weight": weight},
        )
        assert found[name].iloc[0] == pytest.approx(frame.difference(), abs=0.005)


def test_a_model_that_is_off_for_one_level_is_less_fair(rivals, rng):
    group = pd.Series(rng.choice(["a", "b"], ROWS))
    off = np.where(group == "a", rivals.first * 0.7, rivals.first)

    found = compare_gaps(
        replace(rivals, second=off), {"sort": group}, "level", minimum=10, bootstraps=100, seed=0
    ).iloc[0]

    assert found["difference"] > 0.05
    assert found["low"] > 0


def test_levels_of_few_are_left_out_and_one_level_is_no_gap(rivals):
    group = pd.Series(["a"] * (ROWS - 9) + ["b"] * 9)

    assert compare_gaps(rivals, {"sort": group}, "level", minimum=10, bootstraps=50, seed=0).empty
    assert (
        len(compare_gaps(rivals, {"sort": group}, "level", minimum=9, bootstraps=50, seed=0)) == 1
    )


def test_skill_is_the_share_of_the_loss_of_everyones_share_that_is_gone(rivals):
    folds = split_by_unit(rivals.values, pd.Series(rivals.design.cluster), 5, 0)

    found = measure_skill(rivals.each[0], folds, 100, 0)

    share = np.empty(ROWS)
    weight = rivals.design.weight
    for fit, test in folds:
        share[test] = np.average(rivals.values[fit], weights=weight[fit])
    losses = [log_loss(rivals.values, r, sample_weight=weight) for r in (rivals.first, share)]
    assert found["value"] == pytest.approx(1 - losses[0] / losses[1], abs=0.005)
    assert 0 < found["low"] < found["value"] < found["high"]
