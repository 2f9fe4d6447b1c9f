import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import VoucherError
from blijfwijzer.settings import GuidanceSettings, VoucherSettings
from blijfwijzer.vouchers.allocation import allocate_vouchers
from blijfwijzer.vouchers.alternatives import compare
from blijfwijzer.vouchers.needs import Needs

PLAIN = VoucherSettings(reserve=0.0, robustness=0.0)


def needs_of(rates, people=20.0, se=0.0) -> Needs:
    index = pd.Index([f"team=T{i:05d}" for i in range(len(rates))], name="group")
    return Needs(
        rate=pd.Series(rates, index=index, dtype=float),
        se=pd.Series(se, index=index, dtype=float),
        people=pd.Series(people, index=index, dtype=float),
        strata=pd.DataFrame(index=index),
    )


def test_a_thousand_euro_voucher_costs_2500_per_extra_person_as_published():
    everybody = needs_of([1.0, 1.0], people=50)
    hidalgo = PLAIN.model_copy(
        update={"guidance": "none", "none": GuidanceSettings(take_up=0.25, deadweight=0.6)}
    )
    allocation = allocate_vouchers(everybody, 40_000, 1000, hidalgo, 1)

    plan = compare(everybody, allocation, hidalgo).loc["plan"]

    assert plan["cost_per_extra"] == pytest.approx(2500)
    assert plan["expected_trained"] == pytest.approx(10)
    assert plan["expected_extra"] == pytest.approx(4)
    assert plan["inclusion_error"] == 0


def test_each_figure_is_as_its_formula_says():
    needs = needs_of([0.5, 0.1], people=[20, 100])
    allocation = allocate_vouchers(needs, 16, 1, PLAIN, 1)
    share = pd.Series([0.05, 0.03], index=needs.groups)
    truth = pd.Series([0.4, 0.2], index=needs.groups)

    rules = compare(needs, allocation, PLAIN, share, truth)

    # 10 and 6 vouchers; 4 + 1.2 of the 8 + 20 people truly in need are reached.
    plan = rules.loc["plan"]
    assert plan["vouchers"] == 16
    assert plan["expected_trained"] == pytest.approx(16 * 0.4)
    assert plan["expected_extra"] == pytest.approx(5.2 * 0.4 * 0.6)
    assert plan["cost_per_extra"] == pytest.approx(16 / (5.2 * 0.6))
    assert plan["need_reached"] == pytest.approx(5.2 / 28)
    assert plan["exclusion_error"] == pytest.approx(1 - 5.2 / 28)
    assert plan["inclusion_error"] == pytest.approx(1 - 5.2 / 16)
    # By profile: 1 and 3 people fit, then the other people of the first group.
    assert rules.loc["simple", "need_reached"] == pytest.approx((13 * 0.4 + 3 * 0.2) / 28)
    assert rules.loc["people", "need_reached"] == pytest.approx((3 * 0.4 + 13 * 0.2) / 28)
    assert rules.loc["equal", "need_reached"] == pytest.approx((8 * 0.4 + 8 * 0.2) / 28)
    assert rules.loc["optimum", "regret"] == 0
    assert rules.loc["plan", "regret"] == 0
    assert rules.loc["equal", "regret"] == pytest.approx(1 - 4.8 / 5.2)
    assert (rules["vouchers"] == 16).all()


def test_random_groups_reach_the_mean_rate():
    needs = needs_of([0.1, 0.3] * 40, people=[90, 30] * 40)
    allocation = allocate_vouchers(needs, 9, 1, PLAIN, 1)

    random = compare(needs, allocation, PLAIN).loc["random"]

    assert random["inclusion_error"] == pytest.approx(0.8, abs=0.02)


def test_guidance_changes_what_vouchers_do_and_not_who_gets_them():
    needs = needs_of([0.5, 0.1])
    allocation = allocate_vouchers(needs, 8, 1, PLAIN, 1)

    rules = compare(needs, allocation, PLAIN)

    extra = rules["expected_extra"]
    assert extra["plan_none"] < extra["plan_talk"] < extra["plan_time"]
    assert extra["plan_talk"] == extra["plan"]
    assert len(set(rules.loc[["plan_none", "plan_talk", "plan_time"], "need_reached"])) == 1
    assert "regret" not in rules


def test_nobody_in_need_costs_no_sum_that_can_be_named():
    needs = needs_of([0.0, 0.0])
    allocation = allocate_vouchers(needs, 8, 1, PLAIN, 1)
    nobody = pd.Series(0.0, index=needs.groups)

    rules = compare(needs, allocation, PLAIN, nobody, nobody)

    assert rules["cost_per_extra"].isna().all()
    assert (rules["vouchers"] == 0).all()
    assert (rules["regret"] == 0).all()


@pytest.mark.parametrize("shares", [[0.1, np.nan], [0.1, 1.1], [-0.1, 0.1]])
def test_shares_that_are_none_are_refused(shares):
    needs = needs_of([0.5, 0.1])
    allocation = allocate_vouchers(needs, 8, 1, PLAIN, 1)

    with pytest.raises(VoucherError, match="simple_share: 1 of 2 groups"):
        compare(needs, allocation, PLAIN, pd.Series(shares, index=needs.groups))
    with pytest.raises(VoucherError, match="true_rate: of other groups"):
        compare(needs, allocation, PLAIN, true_rate=pd.Series([0.1, 0.2], index=["x", "y"]))


def test_well_estimated_need_costs_less_than_a_tenth_of_the_optimum(rng):
    truth = rng.beta(8, 34, 300)  # mean .19, spread .06 between organisations
    estimate = np.clip(truth + rng.normal(0, 0.03, 300), 0, 1)
    needs = needs_of(estimate, rng.integers(20, 200, 300), 0.03)
    allocation = allocate_vouchers(needs, 1_000_000, 1000, VoucherSettings(), 1)

    rules = compare(
        needs, allocation, VoucherSettings(), true_rate=pd.Series(truth, index=needs.groups)
    )

    assert rules.loc["plan", "regret"] < 0.10 < rules.loc["people", "regret"]
    assert rules.loc["plan_time", "regret"] == rules.loc["plan", "regret"]
