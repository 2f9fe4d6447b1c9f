""""""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.errors import InfeasibleError, VoucherError
from blijfwijzer.vouchers.allocation import allocate_vouchers
from shared_allocation import needs_of, sure, vouchers_of


@settings(max_examples=150, deadline=None)
@given(
    rates=st.lists(st.floats(0, 1), min_size=2, max_size=12),
    raised=st.floats(0, 1),
    total=st.integers(1, 60),
    robustness=st.sampled_from([0.0, 1.0, 2.5]),
    seed=st.integers(0, 50),
    floor=st.floats(0, 0.4),
    cap=st.floats(0.3, 1),
)
def test_more_need_never_gives_fewer_vouchers(rates, raised, total, robustness, seed, floor, cap):
    random = np.random.default_rng(seed)
    who = int(random.integers(len(rates)))
    people = random.integers(0, 40, len(rates)).astype(float)
    strata = {
        "sector": random.choice(["a", "b"], len(rates)),
        "opleiding": random.choice(["1", "3"], len(rates)),
    }
    strata["sector"][0] = "a"
    strata["opleiding"][-1] = "1"
    choices = sure(
        reserve=0, robustness=robustness, floors={"sector=a": floor}, caps={"opleiding=1": cap}
    )
    se = random.choice([0.0, 0.05], len(rates))
    more = [max(rate, raised) if i == who else rate for i, rate in enumerate(rates)]

    try:
        before = vouchers_of(needs_of(rates, people, se, **strata), total, choices, seed)
        after = vouchers_of(needs_of(more, people, se, **strata), total, choices, seed)
    except InfeasibleError:
        return

    assert after[who] >= before[who]


@settings(max_examples=60, deadline=None)
@given(
    rates=st.lists(st.floats(0, 1), min_size=1, max_size=12),
    budget=st.floats(1, 1e6),
    cost=st.floats(0.01, 5000),
    reserve=st.floats(0, 0.9),
)
def test_vouchers_never_exceed_budget_or_people(rates, budget, cost, reserve):
    needs = needs_of(rates, people=37.5)
    try:
        allocation = allocate_vouchers(needs, budget, cost, sure(reserve=reserve), 3)
    except VoucherError:
        assert budget * (1 - reserve) < cost * 1.000001
        return

    table = allocation.table
    assert (table["vouchers"] >= 0).all()
    assert (table["vouchers"] <= np.where(table["rate"] > 0, 37, 0)).all()
    spent = allocation.vouchers * cost
    assert spent + allocation.reserve + allocation.left == pytest.approx(budget)
    assert allocation.left >= -1e-9


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["high", "low", "<18", "65+"]), min_size=6, max_size=6))
def test_labels_that_no_limit_names_change_nothing(labels):
    rates = [0.2, 0.2, 0.3, 0.2, 0.1, 0.3]

    assert vouchers_of(needs_of(rates, anything=labels), 9) == vouchers_of(needs_of(rates), 9)
