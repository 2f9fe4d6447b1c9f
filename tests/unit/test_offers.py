import re

import numpy as np
import pytest
from scipy.stats import beta, betabinom, binom

from blijfwijzer.errors import VoucherError
from blijfwijzer.settings import GuidanceSettings
from blijfwijzer.vouchers.allocation import allocate_vouchers, refuse_nothing
from blijfwijzer.vouchers.offers import Offers
from shared_allocation import needs_of, sure

KNOWN = GuidanceSettings(take_up=0.4, deadweight=0.4)
# A standard deviation of .08, as a range of 1.96 of these either way.
UNSURE = GuidanceSettings(take_up=0.4, take_up_range=(0.2432, 0.5568), deadweight=0.4)


def offers_of(guidance, groups=1) -> Offers:
    return Offers(1000.0, guidance, np.ones(groups))


@pytest.mark.parametrize("total", [500, 546, 600])
def test_the_chance_to_overspend_is_that_of_a_binomial_where_take_up_is_known(total):
    chance = offers_of(KNOWN, 3).chance_overspent(np.array([total - 300, 200, 100]), 237_500)

    assert chance == pytest.approx(binom.sf(237, total, 0.4), abs=0.003)


@pytest.mark.parametrize("total", [380, 439, 700])
def test_the_chance_to_overspend_is_beta_binomial_where_it_is_not(total):
    size = 0.4 * 0.6 / 0.08**2 - 1

    chance = offers_of(UNSURE).chance_overspent(np.array([total]), 237_500)

    expected = betabinom.sf(237, total, 0.4 * size, 0.6 * size)
    assert chance == pytest.approx(expected, abs=0.004)
    assert beta.std(0.4 * size, 0.6 * size) == pytest.approx(0.08)


@pytest.mark.parametrize(("guidance", "offered"), [(KNOWN, 546), (UNSURE, 439)])
def test_offers_are_made_until_one_in_twenty_would_overspend(guidance, offered):
    choices = sure(guidance="none", none=guidance)

    plan = allocate_vouchers(needs_of([0.3], people=5_000), 250_000, 1000, choices, 1)

    assert plan.vouchers == pytest.approx(offered, abs=3)
    assert 0.04 < plan.overspent <= 0.05
    more = plan.offers.chance_overspent(np.array([plan.vouchers + 5]), 237_500)
    assert more > 0.05


def test_first_come_offers_until_little_chance_is_left_of_money_left():
    choices = sure(guidance="none", none=UNSURE, spend="first_come")

    plan = allocate_vouchers(needs_of([0.3], people=5_000), 250_000, 1000, choices, 1)

    # At the take-up that only one case in twenty is below.
    size = 0.4 * 0.6 / 0.08**2 - 1
    low = beta.ppf(0.05, 0.4 * size, 0.6 * size)
    assert plan.vouchers == pytest.approx(237 / low, rel=0.03)
    assert plan.expected_spending == 237_500


def test_guidance_is_paid_for_every_offer():
    dear = GuidanceSettings(take_up=0.4, deadweight=0.4, cost=100)
    choices = sure(reserve=0.0, guidance="none", none=dear)

    plan = allocate_vouchers(needs_of([0.3], people=5_000), 250_000, 1000, choices, 1)

    assert plan.expected_spending == pytest.approx(plan.vouchers * (0.4 * 1000 + 100))
    assert plan.expected_spending + plan.left == pytest.approx(250_000)


def test_extra_people_lie_between_bounds_over_rates_take_up_and_deadweight():
    guidance = UNSURE.model_copy(update={"deadweight_range": (0.3, 0.5)})
    given, rate, se = np.array([100.0]), np.array([0.3]), np.array([0.03])

    low, high = offers_of(guidance).extra_interval(given, rate, se, 1)

    # Relative variances add: rate, take-up and what is no deadweight are independent.
    spread = np.sqrt(0.1**2 + 0.2**2 + (0.2 / 3.92 / 0.6) ** 2)
    assert (high - low) / (2 * 1.96) == pytest.approx(7.2 * spread, rel=0.08)
    known = offers_of(KNOWN).extra_interval(given, rate, np.zeros(1), 1)
    assert known == pytest.approx((7.2, 7.2))


def test_self_selection_within_a_group_moves_the_share_in_need_by_its_odds():
    few, many = offers_of(KNOWN).extra_by_selection(np.array([100.0]), np.array([0.3]))

    assert few == pytest.approx(100 * 0.4 * 0.6 * 0.1765, rel=1e-3)
    assert many == pytest.approx(100 * 0.4 * 0.6 * 0.4615, rel=1e-3)


def test_a_range_that_does_not_hold_its_mean_is_refused():
    with pytest.raises(ValueError, match=r"range of 0.5 to 0.6 does not hold 0.4"):
        GuidanceSettings(take_up=0.4, take_up_range=(0.5, 0.6), deadweight=0.4)


@pytest.mark.parametrize("spend", ["offers", "first_come"])
def test_guidance_that_no_budget_bears_is_told_with_what_would(spend):
    costly = GuidanceSettings(take_up=0.4, deadweight=0.4, cost=30_000)
    choices = sure(guidance="time", time=costly, spend=spend, reserve=0.05)
    needs = needs_of([0.3, 0.2], people=500)

    plan = allocate_vouchers(needs, 25_000, 1000, choices, 1)

    assert plan.vouchers == 0
    with pytest.raises(VoucherError, match=r"`vouchers\.time\.cost`.*At least [\d,]+ euro") as told:
        refuse_nothing(plan, choices)
    least = int(re.search(r"At least ([\d,]+) euro", str(told.value))[1].replace(",", ""))
    enough = allocate_vouchers(needs, least, 1000, choices, 1)
    assert enough.vouchers == 1
    refuse_nothing(enough, choices)
    assert allocate_vouchers(needs, least - 2, 1000, choices, 1).vouchers == 0
