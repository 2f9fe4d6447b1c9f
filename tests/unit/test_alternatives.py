from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import VoucherError
from blijfwijzer.settings import GuidanceSettings
from blijfwijzer.vouchers.allocation import allocate_vouchers
from blijfwijzer.vouchers.alternatives import Planned, choose_partition, compare, ratio_to_rule
from blijfwijzer.vouchers.needs import Needs, Partition
from blijfwijzer.vouchers.offers import offers_of
from shared_allocation import PLAIN, needs_of, sure


def planned_of(needs: Needs, budget, cost=1, choices=PLAIN, truth=None, name="units") -> Planned:
    true = None if truth is None else pd.Series(truth, index=needs.groups)
    partition = Partition(name, needs, needs.people, true)
    return Planned(partition, allocate_vouchers(needs, budget, cost, choices, 1))


def rule_of(rates, people, truth=None) -> Partition:
    """Those who fit a rule, and the others."""
    return planned_of(needs_of(rates, people), 1, truth=truth, name="simple_rule").partition


def test_a_thousand_euro_voucher_costs_2500_per_extra_person_as_published():
    hidalgo = sure(
        reserve=0.0, guidance="none", none=GuidanceSettings(take_up=0.25, deadweight=0.6)
    )

    plan = compare(planned_of(needs_of([1.0, 1.0], people=20), 40_000, 1000, hidalgo), hidalgo)

    assert plan.loc["plan", "vouchers"] == 40
    assert plan.loc["plan", "cost_per_extra"] == pytest.approx(2500)
    assert plan.loc["plan", "expected_trained"] == pytest.approx(10)
    assert plan.loc["plan", "expected_extra"] == pytest.approx(4)
    assert plan.loc["plan", "inclusion_error"] == 0


def test_each_figure_is_as_its_formula_says():
    needs, truth = needs_of([0.5, 0.1], people=[10, 100]), [0.4, 0.2]
    by_rule = rule_of([0.3, 0.1], [4, 106], [0.5, 0.2])

    rules = compare(planned_of(needs, 16, truth=truth), PLAIN, by_rule=by_rule)

    # 10 and 6 vouchers; 4 + 1.2 of the 4 + 20 people truly in need are reached.
    plan = rules.loc["plan"]
    assert plan["vouchers"] == 16
    assert plan["expected_trained"] == pytest.approx(16)
    assert plan["expected_extra"] == pytest.approx(5.2 * 0.6)
    assert plan["cost_per_extra"] == pytest.approx(16 / (5.2 * 0.6))
    assert plan["need_reached"] == pytest.approx(5.2 / 24)
    assert plan["exclusion_error"] == pytest.approx(1 - 5.2 / 24)
    assert plan["inclusion_error"] == pytest.approx(1 - 5.2 / 16)
    assert rules.loc["people", "need_reached"] == pytest.approx((1 * 0.4 + 15 * 0.2) / 24)
    assert rules.loc["equal", "need_reached"] == pytest.approx((8 * 0.4 + 8 * 0.2) / 24)
    assert rules.loc["optimum", "regret"] == rules.loc["plan", "regret"] == 0
    assert rules.loc["equal", "regret"] == pytest.approx(1 - 4.8 / 5.2)
    assert (rules["vouchers"][["plan", "simple", "random", "people"]] == 16).all()


def test_a_rule_of_thumb_is_valued_by_whom_it_reaches():
    by_rule = rule_of([0.6, 0.1], [12, 500])

    simple = compare(planned_of(needs_of([0.2, 0.2], people=100), 16), PLAIN, by_rule=by_rule)

    # All 12 who fit, of whom .6 are in need, and 4 others, of whom .1 are; not the units' .2.
    assert simple.loc["simple", "expected_extra"] == pytest.approx((12 * 0.6 + 4 * 0.1) * 0.6)


def test_groups_where_need_is_visible_are_proposed():
    units = planned_of(needs_of([0.2, 0.2], people=100), 16)
    parted = planned_of(needs_of([0.6, 0.6, 0.1], people=[9, 9, 182]), 16, name="simple_rule")

    chosen = choose_partition([units, parted])
    rules = compare(chosen, PLAIN, others=[units])

    assert chosen is parted
    assert rules.loc["by_groups", "over"] == "units"
    assert rules.loc["plan", "expected_extra"] == pytest.approx(16 * 0.6 * 0.6)
    assert rules.loc["by_groups", "expected_extra"] == pytest.approx(16 * 0.2 * 0.6)


def test_groups_by_which_need_is_served_worse_than_by_the_rule_are_not_proposed():
    more = replace(planned_of(needs_of([0.5], people=100), 16), ratio=0.9)
    better = replace(planned_of(needs_of([0.4], people=100), 16, name="rule"), ratio=1.0)
    drawn = replace(planned_of(needs_of([0.4], people=100), 16), ratio=1.2, after_draw=99.0)

    assert choose_partition([more, better]) is better
    assert choose_partition([more, better, drawn]) is drawn
    assert choose_partition([more, replace(better, ratio=0.8)]) is more


def test_need_within_the_rule_is_held_against_the_rule_for_as_much_money():
    parted = planned_of(needs_of([0.8, 0.4], people=[10, 10]), 10, truth=[0.7, 0.5])
    rule = rule_of([0.6, 0.1], [20, 100], truth=[0.6, 0.1])
    given = parted.allocation.table["vouchers"].to_numpy(dtype=float)

    ratio = ratio_to_rule(
        parted.partition, given, rule, parted.allocation.offers, offers_of(rule.needs, 1, PLAIN)
    )

    assert given.tolist() == [10, 0]
    assert ratio == pytest.approx(0.7 / 0.6)


def test_rules_that_reach_people_who_use_more_offers_get_fewer_for_the_same_money():
    priors = sure(reserve=0.0, take_up_ratio={"low": 0.5, "middle": 1, "high": 1})
    needs = needs_of([0.5, 0.1], people=100)
    taught = pd.Series(["low", ""], index=needs.groups)
    needs = Needs(needs.rate, needs.se, needs.people, needs.strata, taught)

    rules = compare(planned_of(needs, 20, choices=priors), priors)

    assert rules.loc["plan", "vouchers"] > 1.5 * 20
    spent = rules.loc[["plan", "people", "equal"], "spending"]
    assert spent.max() - spent.min() <= 1


def test_random_groups_reach_the_mean_rate():
    needs = needs_of([0.1, 0.3] * 40, people=[9] * 80)

    random = compare(planned_of(needs, 9), PLAIN).loc["random"]

    assert random["inclusion_error"] == pytest.approx(0.8, abs=0.02)


def test_guidance_that_costs_more_than_it_brings_yields_fewer_extra_people():
    free = GuidanceSettings(take_up=0.25, deadweight=0.4)
    dear = GuidanceSettings(take_up=0.40, deadweight=0.4, cost=0.4)
    priors = sure(reserve=0.0, none=free, time=dear)

    extra = compare(planned_of(needs_of([0.5, 0.1]), 8, choices=priors), priors)["expected_extra"]

    assert extra["plan_none"] > extra["plan_time"]
    assert extra["plan_talk"] == extra["plan"]


def test_nobody_in_need_costs_no_sum_that_can_be_named():
    nobody = planned_of(needs_of([0.0, 0.0]), 8, truth=[0.0, 0.0])

    rules = compare(nobody, PLAIN, by_rule=rule_of([0.0, 0.0], [1, 39]))

    assert rules["cost_per_extra"].isna().all()
    assert (rules["vouchers"] == 0).all()


@pytest.mark.parametrize("shares", [[0.1, np.nan], [0.1, 1.1], [-0.1, 0.1]])
def test_shares_that_are_none_are_refused(shares):
    needs = needs_of([0.5, 0.1])

    with pytest.raises(VoucherError, match="true_rate: 1 of 2 groups"):
        compare(planned_of(needs, 8, truth=shares), PLAIN)
    units = planned_of(needs, 8).partition
    strange = Partition("units", needs, needs.people, pd.Series([0.1, 0.2], index=["x", "y"]))
    with pytest.raises(VoucherError, match="true_rate: of other groups"):
        compare(Planned(strange, allocate_vouchers(units.needs, 8, 1, PLAIN, 1)), PLAIN)


def test_well_estimated_need_costs_less_than_a_tenth_of_the_optimum(rng):
    truth = rng.beta(8, 34, 300)  # mean .19, spread .06 between organisations
    estimate = np.clip(truth + rng.normal(0, 0.03, 300), 0, 1)
    needs = needs_of(estimate, rng.integers(20, 200, 300), 0.03)
    planned = planned_of(needs, 1_000_000, 1000, sure(), truth)

    rules = compare(planned, sure())

    assert 0 <= rules.loc["plan", "regret"] < 0.1
