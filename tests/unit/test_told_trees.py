"""What trees and regressions tell: nothing of a cell of few people, and all that predicting needs."""

import re
from dataclasses import replace

import numpy as np
import pytest

from blijfwijzer.drivers.trees import read_trees
from blijfwijzer.records.lint import find_disclosures
from blijfwijzer.risk.boosting import Boosting, grow_trees, tree_margin
from blijfwijzer.risk.linear import Linear, fit_linear
from blijfwijzer.risk.model import Calibrator, RiskModel, predict_risk
from blijfwijzer.risk.protection import protect_model
from blijfwijzer.risk.told_trees import coarsen_trees
from shared_models import SCHEMA, make_survey

ADDITIVE = Boosting(depth=3, rate=0.05, node_share=1.0, is_additive=True)


@pytest.fixture(params=[ADDITIVE, Boosting()], ids=["additive", "trees"])
def grown(rng, request):
    frame, values, weight, _ = make_survey(rng, 1200)
    return frame, weight, grow_trees(frame, SCHEMA, values, weight, None, 80, request.param)


def lines(text, name):
    return [row.split() for row in re.findall(rf"^{name}=(.*)$", text, flags=re.MULTILINE)]


def test_sums_over_few_people_do_not_stand_in_the_text(grown):
    """A leaf's sum of p (1 - p) was that of one combination of counts of cells, also of few."""
    _, weight, trees = grown
    told = coarsen_trees(trees, weight)

    assert lines(trees, "leaf_weight")
    for name in ("leaf_weight", "internal_weight", "internal_value", "split_gain"):
        assert not lines(told, name)
    counts = [int(count) for row in lines(told, "leaf_count") for count in row]
    assert all(count % 10 == 0 for count in counts)
    exact = [int(count) for row in lines(trees, "leaf_count") for count in row]
    assert [count // 10 * 10 for count in exact] == counts


def test_one_answer_more_or_less_moves_a_value_by_less_than_its_step(grown):
    _, weight, trees = grown
    told = coarsen_trees(trees, weight)
    sums = [float(one) for row in lines(trees, "leaf_weight") for one in row]
    rates = np.repeat(
        [float(row[0]) for row in lines(trees, "shrinkage")],
        [len(row) for row in lines(trees, "leaf_weight")],
    )
    values = np.array([float(one) for row in lines(told, "leaf_value") for one in row])
    before = np.array([float(one) for row in lines(trees, "leaf_value") for one in row])
    moved = rates * weight.max() / (np.array(sums) + Boosting.ridge)

    assert len(np.unique(values)) < len(np.unique(before)) / 5
    for value, by in zip(values, moved, strict=True):
        digit = 10.0 ** np.floor(np.log10(2 * by))
        steps = [own * digit for own in (1, 2, 5, 10) if own * digit >= 2 * by * (1 - 1e-9)]
        assert abs(value / steps[0] - round(value / steps[0])) < 1e-6


def test_margins_hardly_move_and_all_readers_agree(grown):
    frame, weight, trees = grown
    told = coarsen_trees(trees, weight)
    before, after = tree_margin(trees, frame), tree_margin(told, frame)

    assert np.sqrt(np.mean((after - before) ** 2)) < 0.1 * before.std()
    assert np.corrcoef(before, after)[0, 1] > 0.995
    for tree in read_trees(told):
        assert np.isclose(sum(leaf.reached for leaf in tree.leaves), 1)
    assert coarsen_trees(told, weight) == told
    assert coarsen_trees("", weight) == ""


def test_a_leaf_of_nine_passes_for_none(grown):
    _, weight, trees = grown
    few = re.sub(r"^leaf_count=\d+", "leaf_count=9", trees, flags=re.MULTILINE)

    assert "0" in {
        count for row in lines(coarsen_trees(few, weight), "leaf_count") for count in row
    }


def test_rates_of_two_parts_and_of_both_less_one_tell_no_answer():
    """Exact rates are fractions: 329/1839 and 371/2068 and 700/3906 told what one person wants."""

    def told(positives, people):
        start = float(np.log(positives / (people - positives)))
        model = RiskModel("a", "prevalence", SCHEMA, Linear(start, ()), "", Calibrator(), {})
        linear = protect_model(model, None, np.ones(people)).linear
        return replace(model, linear=linear).linear.intercept

    def rate(margin):
        return 1 / (1 + np.exp(-margin))

    assert told(700, 3906) == told(701, 3906)
    assert abs(rate(told(700, 3906)) - 700 / 3906) < 0.001
    assert np.isfinite(told(1, 300))


def test_a_model_that_tells_sums_over_leaves_is_not_written(grown):
    _, weight, trees = grown
    model = RiskModel("a", "trees", SCHEMA, Linear(0.0, ()), trees, Calibrator(), {})

    assert "to the digit" in find_disclosures(model, 10)[0]
    assert find_disclosures(replace(model, trees=coarsen_trees(trees, weight)), 10) == []


def test_a_regression_keeps_three_digits_and_its_risks(rng):
    """In sixteen, two yes-or-no questions told how many answered yes to both (here 1 to 9)."""
    frame, values, weight, _ = make_survey(rng, 400)
    linear = fit_linear(frame, SCHEMA, SCHEMA.names, values, weight, 0.1)
    model = RiskModel("a", "logistic", SCHEMA, linear, "", Calibrator(), {})
    told = protect_model(model, frame, weight)

    assert [float(f"{t.coefficient:.3g}") for t in told.linear.terms] == [
        t.coefficient for t in told.linear.terms
    ]
    assert round(told.linear.intercept, 3) == told.linear.intercept
    np.testing.assert_allclose(
        predict_risk(told, frame[frame.notna().all(axis=1)]),
        predict_risk(model, frame[frame.notna().all(axis=1)]),
        atol=0.005,
    )
