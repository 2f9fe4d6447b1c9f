"""Measures equal those of scikit-learn and statsmodels, and honour weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.risk.metrics import METRICS, measure, rank


def measured(values, risk, weight, metrics=METRICS):
    ranked = rank(values, risk)
    return measure(ranked, weight[ranked.order], metrics)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_counting_a_response_twice_equals_weight_two(seed):
    rng = np.random.default_rng(seed)
    risk = np.round(rng.uniform(0.05, 0.95, 60), 1)
    values = np.append([0.0, 1.0], rng.integers(0, 2, 58)).astype(float)
    twice = rng.integers(0, 60, 10)
    order = np.concatenate([np.arange(60), twice])
    weight = np.bincount(order, minlength=60).astype(float)
    same = [name for name in METRICS if name != "ece"]

    doubled = measured(values[order], risk[order], np.ones(70), tuple(same))
    weighed = measured(values, risk, weight, tuple(same))

    for name in same:
        assert doubled[name] == pytest.approx(weighed[name], nan_ok=True, abs=1e-9), name


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    risk = np.round(rng.uniform(0.05, 0.95, 50), 1)
    values = np.append([0.0, 1.0], rng.integers(0, 2, 48)).astype(float)
    weight = rng.uniform(0.5, 2, 50)
    order = rng.permutation(50)

    before, after = (
        measured(values, risk, weight),
        measured(values[order], risk[order], weight[order]),
    )

    for name in METRICS:
        assert before[name] == pytest.approx(after[name], nan_ok=True), name


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_what_chance_adds_to_an_error_of_calibration_only_makes_it_larger(seed):
    rng = np.random.default_rng(seed)
    risk = rng.uniform(0.05, 0.95, 80)
    values = np.append([0.0, 1.0], rng.integers(0, 2, 78)).astype(float)
    ranked = rank(values, risk, rng.integers(0, 9, 80))
    weight = rng.uniform(0.5, 2, 80)
    gap = np.bincount(ranked.tenths, weight * (ranked.risk - ranked.values), minlength=10)

    found = measure(ranked, weight, ("ece",))["ece"]

    assert 0 <= found <= np.abs(gap).sum() / weight.sum()
