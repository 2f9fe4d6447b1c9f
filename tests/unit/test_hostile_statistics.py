"""Data made to give an interval of no width: each statistic refuses, says none, or gives a wide one.

An estimate without an interval holds NaN at its ends, which pages show as not known.
"""

import math
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from scipy.sparse import csr_array

from blijfwijzer.errors import BlijfwijzerError, TrialError
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.means import difference, estimate_mean, estimate_share
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.rates import learn_effects, pool_rates, summarise_areas
from blijfwijzer.publish.tables.trial_table import clear_trial
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.settings import RateSettings
from blijfwijzer.vouchers.seal import Lottery, Origin
from blijfwijzer.vouchers.trial import analyse_trial
from small_worlds import grouping_of

# Answers, unit of each, weight of each.
SIX, ONES = np.repeat(np.arange(6), 10), np.ones(60)
ANSWERS = {
    "copies of four people": (np.tile([0.0, 1, 0, 0], 15), SIX, ONES),
    "copies of one person": (np.ones(60), SIX, ONES),
    "nobody": (np.zeros(60), SIX, ONES),
    "one heavy weight": (np.tile([0.0, 1, 0, 0], 15), SIX, np.r_[1e6, np.ones(59)]),
    "one person": (np.ones(1), np.zeros(1), np.ones(1)),
    "two units alike": (np.tile([0.0, 1], 10), np.repeat([0, 1], 10), np.ones(20)),
    "two units apart": (np.repeat([0.0, 1], 10), np.repeat([0, 1], 10), np.ones(20)),
    "units of one answer": (np.repeat([0.0, 1, 1, 0, 1, 0], 10), SIX, ONES),
    "thirty known": (
        np.r_[np.tile([0.0, 1, 0], 10), np.full(370, np.nan)],
        np.repeat(np.arange(40), 10),
        np.ones(400),
    ),
}
STATISTICS = {
    "share": estimate_share,
    "mean": estimate_mean,
    "difference": lambda values, design: difference(
        values, np.arange(len(values)) % 2 == 0, np.arange(len(values)) % 2 == 1, design
    ),
    "difference of units": lambda values, design: difference(
        values, design.cluster % 2 == 0, design.cluster % 2 == 1, design
    ),
}


def told(statistic, values, design):
    """Give a statistic, or nothing where it refuses in a sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return STATISTICS[statistic](values, design)
    except BlijfwijzerError as error:
        assert "\n" not in str(error)
        return None


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("units", ["drawn", "alone"])
@pytest.mark.parametrize("answers", ANSWERS)
def test_no_interval_has_no_width(answers, units, statistic):
    values, unit, weight = ANSWERS[answers]
    own = unit if units == "drawn" else np.arange(len(values))
    found = told(statistic, values, Design.of_units(weight, pd.Series(own)))

    if found is None or math.isnan(found.low):
        return
    assert found.high - found.low > 1e-6
    assert found.low <= found.value <= found.high


def rates_of(values, groups, weight=None):
    rng = np.random.default_rng(1)
    weight = np.ones(len(values)) if weight is None else weight
    members = csr_array(np.array([groups == g for g in np.unique(groups)], dtype=np.int8))
    risk = np.clip(rng.normal(0.3, 0.05, len(values)), 0.01, 0.99)
    design = Design.of_units(weight, pd.Series(groups))
    predictions = Predictions(values, risk, design)
    made = grouping_of(members, [""] * members.shape[0])
    grouping = replace(made, groups=made.groups.assign(response=1.0))
    effects = effects_of(predictions, members)
    return estimate_groups(grouping, predictions, effects, RateSettings(draws=300), 1)[0].table


def effects_of(predictions, members):
    """Learn from a wave that was asked, to have effects for one that was not."""
    answers = np.tile([0.0, 1], 400)[: len(predictions.risk)]
    areas = summarise_areas(replace(predictions, values=answers), members)
    pooled = pool_rates(areas, pd.Series([""] * len(areas)), 300, 1)
    return learn_effects(areas, pooled, areas.index)


FOUR, TWO = np.repeat(np.arange(4), 20), np.repeat(np.arange(2), 20)
RATES = {
    "copies": (np.tile([1.0, 0, 0, 0], 20), FOUR, None),
    "nobody": (np.zeros(80), FOUR, None),
    "everybody": (np.ones(80), FOUR, None),
    "nobody in two groups": (np.zeros(40), TWO, None),
    "everybody in two groups": (np.ones(40), TWO, None),
    "groups of one answer": (np.repeat([0.0, 1, 0, 1], 20), FOUR, None),
    "one heavy weight": (np.tile([1.0, 0, 0, 0], 20), FOUR, np.r_[1e6, np.ones(79)]),
    "groups of one": (np.tile([1.0, 0], 3), np.arange(6), None),
    "thirty known": (
        np.r_[np.tile([1.0, 0, 0], 10), np.full(370, np.nan)],
        np.repeat(np.arange(20), 20),
        None,
    ),
    "nothing known": (np.full(80, np.nan), FOUR, None),
}


@pytest.mark.parametrize("case", RATES)
def test_the_rate_of_each_group_has_an_interval_of_some_width(case):
    table = rates_of(*RATES[case])

    assert not table[["rate", "low", "high"]].isna().any().any()
    assert (table["high"] - table["low"] > 0.02).all()
    assert (table["low"] - 0.01 <= table["rate"]).all()
    assert (table["rate"] <= table["high"] + 0.01).all()


def lottery_of(*strata):
    rows = [
        {"stratum": f"s{place}", "arm": arm}
        for place, numbers in enumerate(strata)
        for arm, number in zip(("offered", "not offered"), numbers, strict=True)
        for _ in range(number)
    ]
    table = pd.DataFrame(rows, index=pd.Index([f"g{i}" for i in range(len(rows))], name="group"))
    return Lottery(
        table.assign(vouchers=0, by_risk=0, by_lot=0, by_signal=0), {"cut": 4}, Origin(groups="1")
    )


def result_of(lottery, n, count):
    rows = pd.DataFrame({"n": n, "count": count}, index=lottery.table.index)
    told = {"verified": "not verified", "draw": "-", "analysis": "-"}
    return clear_trial(analyse_trial(lottery, rows, 10, 999), **told)


@pytest.mark.parametrize(
    ("numbers", "n", "count", "message"),
    [
        (((2, 2),), 1, [1, 1, 0, 0], "4 groups can be compared, of 4 in the lottery, 2 in"),
        (((2, 2),), [23, 17, 19, 13], [2, 6, 1, 4], "4 groups can be compared"),
        (((2, 9),), 30, 15, "11 groups can be compared, of 11 in the lottery, 2 in"),
        (((3, 3),), 1, [1, 1, 1, 0, 0, 0], "6 of 6 groups have fewer than 10"),
        (((3, 3),), 30, [2, 6, 1, 1, 4, 2], "in 2 of 2 arms fewer than 10"),
        (((3, 3),), 30, [30, 30, 30, 0, 0, 0], "in 2 of 2 arms fewer than 10"),
        (((6, 6),), 30, [0] * 12, "in 2 of 2 arms fewer than 10"),
        (((6, 6),), [10**6] + [9] * 11, 5, "11 of 12 groups have fewer than 10"),
        (((1, 1),), 30, [20, 10], "2 groups can be compared, of 2"),
    ],
)
def test_a_trial_that_would_tell_of_few_is_refused(numbers, n, count, message):
    with pytest.raises(TrialError, match=message):
        result_of(lottery_of(*numbers), n, count)


@pytest.mark.parametrize(
    ("numbers", "count", "why"),
    [
        (((3, 3),), [20, 20, 20, 10, 10, 10], "few groups"),
        (((3, 4),), [20, 18, 20, 10, 10, 11, 12], "few groups"),
        (((3, 3),), [20, 18, 19, 10, 12, 11], "few groups"),
        (((2, 2), (2, 2)), [20, 18, 10, 12] * 2, "few groups"),
        (((6, 6),), [20] * 6 + [10] * 6, "alike"),
        (((6, 6),), [15] * 12, "alike"),
    ],
)
def test_a_trial_of_few_or_equal_groups_has_no_interval_and_says_why(numbers, count, why):
    found = result_of(lottery_of(*numbers), 30, count)

    assert found["interval"] == why
    assert found["low"] is None and found["high"] is None


@budget(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_came_of_a_lottery_is_refused_or_told_coarsely(data):
    numbers = data.draw(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=3))
    lottery = lottery_of((2, 2), *numbers)
    groups = len(lottery.table)
    n = data.draw(st.lists(st.integers(8, 40), min_size=groups, max_size=groups))
    count = [data.draw(st.integers(0, most)) for most in n]
    try:
        found = result_of(lottery, n, count)
    except TrialError as error:
        assert "\n" not in str(error)
        return

    assert min(found["offered"], found["not_offered"]) >= 3
    compared = found["offered"] + found["not_offered"]
    assert compared <= groups - found["left_out"]
    assert min(n) >= 10 or found["left_out"] > 0
    for name in ("share_offered", "share_not_offered"):
        assert found[name] == round(found[name]) and 0 < found[name] < 100
    for name in ("effect", "low", "high"):
        assert found[name] is None or found[name] == round(found[name], 1)
    if found["low"] is None:
        assert found["interval"] in ("few groups", "alike")
    else:
        assert compared >= 8
        assert found["high"] - found["low"] > 0.05
        assert found["low"] <= found["effect"] <= found["high"]
    assert found["p_value"] >= 0.01
