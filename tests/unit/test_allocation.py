import dataclasses
import itertools
import math
import re

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import InfeasibleError, VoucherError
from blijfwijzer.vouchers.allocation import allocate_vouchers, count_vouchers, draw_numbers
from blijfwijzer.vouchers.needs import Needs
from blijfwijzer.vouchers.programme import STEP
from shared_allocation import PLAIN, needs_of, sure, vouchers_of


def test_groups_most_in_need_are_served_first():
    assert vouchers_of(needs_of([0.1, 0.3, 0.2], people=3), 4) == [0, 3, 1]


def test_the_plan_equals_the_best_of_all_plans_there_are(rng):
    for _ in range(30):
        rates = rng.integers(1, 10, 4) / 10
        people = rng.integers(3, 9, 4).astype(float)
        sector = rng.choice(["a", "b"], 4)
        needs = needs_of(rates, people, sector=sector)
        limits = (
            {"floors": {"sector=a": 0.3}, "caps": {"sector=a": 0.7}} if len(set(sector)) > 1 else {}
        )
        choices = PLAIN.model_copy(update=limits)
        total = int(rng.integers(2, 9))
        try:
            plan = np.array(vouchers_of(needs, total, choices))
        except InfeasibleError:
            continue

        inside = sector == "a"
        worth = [
            v @ rates
            for v in map(np.array, itertools.product(*(range(m + 1) for m in needs.most)))
            if v.sum() <= total
            and (
                not limits
                or min(math.ceil(0.3 * total - 1e-9), needs.most[inside].sum())
                <= v[inside].sum()
                <= math.floor(0.7 * total + 1e-9)
            )
        ]
        assert plan @ rates == pytest.approx(max(worth))


@pytest.mark.parametrize("field", ["vertrekintentie", "leaving", "age", "sex", "origin"])
def test_turnover_and_audit_attributes_cannot_be_passed_in(field):
    needs = needs_of([0.1, 0.2])
    fields = {f.name: getattr(needs, f.name) for f in dataclasses.fields(needs)}

    with pytest.raises(TypeError, match=field):
        Needs(**fields, **{field: needs.rate})
    with pytest.raises((AttributeError, TypeError)):
        object.__setattr__(needs, field, needs.rate)


def test_numbers_cannot_be_passed_in_as_strata():
    with pytest.raises(VoucherError, match="leaving"):
        needs_of([0.1, 0.2], leaving=[0.3, 0.4])
    frame = pd.DataFrame({"leaving": [0.3]}, index=["a"])
    one = pd.Series([0.1], index=["a"])
    with pytest.raises(VoucherError, match="leaving"):
        Needs(rate=one, se=one, people=one, strata=frame)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("rate", [0.1, 1.2]),
        ("rate", [0.1, np.nan]),
        ("se", [0.1, -0.1]),
        ("people", [10, np.inf]),
        ("people", [10, np.nan]),
    ],
)
def test_figures_out_of_range_are_refused(name, values):
    figures = {"rates": [0.1, 0.2], "people": 10.0, "se": 0.0}
    figures["rates" if name == "rate" else name] = values

    with pytest.raises(VoucherError, match=f"1 of 2 groups have a {name}"):
        needs_of(**figures)


def test_double_groups_and_figures_of_other_groups_are_refused():
    rate = pd.Series([0.1, 0.2], index=["a", "a"])
    with pytest.raises(VoucherError, match="2 groups, 1 different"):
        Needs(rate, rate, rate, pd.DataFrame(index=rate.index))
    rate.index = pd.Index(["a", "b"])
    with pytest.raises(VoucherError, match="se is of other groups"):
        Needs(rate, rate.rename({"a": "c"}), rate, pd.DataFrame(index=rate.index))
    with pytest.raises(VoucherError, match="strata are of other groups"):
        Needs(rate, rate, rate, pd.DataFrame(index=["c", "d"]))


@pytest.mark.parametrize("euro", [0, -1, -0.01, math.nan, math.inf, -math.inf])
def test_budgets_and_costs_that_are_no_amount_are_refused(euro):
    with pytest.raises(VoucherError, match="budget"):
        allocate_vouchers(needs_of([0.2]), euro, 1000, sure(), 1)
    with pytest.raises(VoucherError, match="cost of a voucher"):
        allocate_vouchers(needs_of([0.2]), 1000, euro, sure(), 1)


@pytest.mark.parametrize(("budget", "bought"), [(1052, 0), (1053, 1), (2105, 1), (2106, 2)])
def test_the_reserve_is_set_apart_before_vouchers_are_bought(budget, bought):
    if bought == 0:
        with pytest.raises(VoucherError, match="does not buy one voucher of 1000 euro"):
            count_vouchers(budget, 1000, 0.05)
    else:
        assert count_vouchers(budget, 1000, 0.05) == bought


def test_amounts_are_counted_in_exact_decimals():
    assert 0.3 / 0.1 < 3
    assert count_vouchers(0.3, 0.1, 0.0) == 3
    assert vouchers_of(needs_of([0.29], people=29), 99) == [29]


@pytest.mark.parametrize("cost", [1000, 1e-300])
def test_a_huge_budget_serves_everybody_in_need_and_says_what_is_left(cost):
    needs = needs_of([0.2, 0.5, 0.01], people=30, sector=["a", "b", "b"])
    choices = sure(robustness=3, floors={"sector=a": 0.9}, caps={"sector=b": 0.1})

    allocation = allocate_vouchers(needs, 1e15, cost, choices, 1)

    assert allocation.table["vouchers"].to_list() == [30, 30, 30]
    assert allocation.why_left == "need"
    assert allocation.left == pytest.approx(0.95e15 - 90 * cost)


def test_groups_that_are_not_surely_in_need_are_served_last_but_served():
    needs = needs_of([0.2, 0.2, 0.1], people=2, se=[0.3, 0.01, 0.01])

    cautious = sure(reserve=0, robustness=1)
    assert vouchers_of(needs, 2, cautious) == [0, 2, 0]
    assert vouchers_of(needs, 3, cautious) == [0, 2, 1]
    assert vouchers_of(needs, 9, cautious) == [2, 2, 2]


def test_ties_are_drawn_by_seed_and_id_alone():
    needs = needs_of([0.2] * 8, people=2)

    winners = {seed: tuple(vouchers_of(needs, 8, seed=seed)) for seed in range(40)}

    assert len(set(winners.values())) > 10
    for seed, won in winners.items():
        draw = draw_numbers(seed, needs.groups, "allocation")
        assert sorted(np.argsort(-draw)[:4]) == np.flatnonzero(won).tolist()
    table = allocate_vouchers(needs, 8, 1, PLAIN, 3).table
    assert table["tied"].all()
    assert table["draw"].to_list() == draw_numbers(3, needs.groups, "allocation").tolist()


def test_every_group_of_equals_is_drawn_as_often(rng):
    groups = [f"g{i}" for i in range(5)]

    firsts = [int(draw_numbers(seed, groups, "allocation").argmax()) for seed in range(4000)]

    counts = np.bincount(firsts, minlength=5)
    assert ((counts - 800) ** 2 / 800).sum() < 18.5  # chi-squared, 4 df, p = .001


def test_only_groups_at_the_cut_are_tied():
    table = allocate_vouchers(needs_of([0.5, 0.5, 0.2, 0.2, 0.1], people=4), 10, 1, PLAIN, 1).table

    assert table["tied"].to_list() == [False, False, True, True, False]
    assert sorted(table["order"]) == [1, 2, 3, 4, 5]


def test_differences_below_a_step_are_drawn():
    orders = {
        tuple(vouchers_of(needs_of([0.2, 0.2 + STEP / 5], people=5), 1, seed=s)) for s in range(30)
    }

    assert orders == {(0, 1), (1, 0)}


def test_floors_and_caps_hold_to_whole_vouchers():
    needs = needs_of([0.5, 0.4, 0.1], people=100, sector=["a", "a", "b"], opleiding=["1", "3", "1"])
    choices = PLAIN.model_copy(update={"floors": {"sector=b": 0.05}, "caps": {"opleiding=1": 0.6}})

    allocation = allocate_vouchers(needs, 61, 1, choices, 1)

    assert allocation.table["vouchers"].to_list() == [32, 25, 4]
    assert allocation.limits["asked"].to_list() == [4, 36]
    assert allocation.limits["binding"].all()


def test_a_limit_may_be_named_by_group_id():
    needs = needs_of([0.5, 0.1], people=100, sector=["sector=a", "sector=b"])
    choices = PLAIN.model_copy(update={"floors": {"sector=b": 0.2}})

    assert vouchers_of(needs, 10, choices) == [8, 2]


def test_vouchers_that_caps_hold_back_are_said_to_be_left():
    needs = needs_of([0.5, 0.1], people=100, sector=["a", "b"])
    choices = PLAIN.model_copy(update={"caps": {"sector=a": 0.2, "sector=b": 0.3}})

    allocation = allocate_vouchers(needs, 10, 1, choices, 1)

    assert (allocation.vouchers, allocation.left, allocation.why_left) == (5, 5.0, "caps")


def test_floors_that_contradict_are_named_and_no_others():
    needs = needs_of(
        [0.5] * 4, people=100, sector=["a", "b", "c", "c"], opleiding=["1", "1", "1", "3"]
    )
    choices = PLAIN.model_copy(
        update={
            "floors": {"sector=a": 0.6, "sector=b": 0.3, "sector=c": 0.05},
            "caps": {"opleiding=1": 0.7},
        }
    )

    with pytest.raises(InfeasibleError, match="3 of 4 contradict") as caught:
        allocate_vouchers(needs, 50, 1, choices, 1)

    named = set(re.findall(r"\w+=\w+", str(caught.value)))
    assert named == {"sector=a", "sector=b", "opleiding=1"}
    assert "10 vouchers apart" in str(caught.value)


def test_floors_above_the_whole_are_infeasible():
    needs = needs_of([0.5, 0.5], people=100, sector=["a", "b"])
    choices = PLAIN.model_copy(update={"floors": {"sector=a": 0.7, "sector=b": 0.7}})

    with pytest.raises(InfeasibleError, match=r"sector=a at least 35; sector=b at least 35"):
        allocate_vouchers(needs, 50, 1, choices, 1)


def test_a_floor_above_the_need_of_its_stratum_is_named():
    needs = needs_of([0.5, 0.1], people=[100, 10], sector=["a", "b"])
    choices = PLAIN.model_copy(update={"floors": {"sector=b": 0.5, "sector=a": 0.1}})

    with pytest.raises(InfeasibleError, match="sector=b promises 20 vouchers to 10 people"):
        allocate_vouchers(needs, 40, 1, choices, 1)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"regio=x": 0.1}, "no level 'regio'"),
        ({"sector": 0.1}, "no level 'sector'"),
        ({"sector=z": 0.1}, "none of the 2 groups"),
    ],
)
@pytest.mark.parametrize("kind", ["floors", "caps"])
def test_limits_that_do_not_exist_are_refused(kind, limits, message):
    needs = needs_of([0.5, 0.1], sector=["a", "b"])

    with pytest.raises(VoucherError, match=message):
        allocate_vouchers(needs, 5, 1, PLAIN.model_copy(update={kind: limits}), 1)


def test_five_thousand_groups_get_every_voucher_within_their_limits(rng):
    sectors = rng.integers(0, 15, 5000).astype(str)
    needs = needs_of(
        rng.beta(6, 28, 5000),
        rng.integers(10, 400, 5000),
        0.03,
        sector=sectors,
        opleiding=rng.integers(1, 4, 5000).astype(str),
    )
    choices = sure(floors={f"sector={s}": 0.04 for s in range(15)}, caps={"opleiding=1": 0.35})

    for limits in (choices, sure()):
        allocation = allocate_vouchers(needs, 40_000_000, 1000, limits, 1)
        assert allocation.vouchers == 38_000
        given, asked = allocation.limits["given"], allocation.limits["asked"]
        is_floor = allocation.limits["kind"] == "floor"
        assert (given[is_floor] >= asked[is_floor]).all()
        assert (given[~is_floor] <= asked[~is_floor]).all()


def test_the_same_input_gives_the_same_table():
    needs = needs_of([0.2] * 20, people=50)

    first, second = (allocate_vouchers(needs, 90, 1, PLAIN, 7).table for _ in range(2))

    pd.testing.assert_frame_equal(first, second)
