""""""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.vouchers.allocation import allocate_vouchers, draw_numbers
from blijfwijzer.vouchers.alternatives import Planned, apportion, compare
from blijfwijzer.vouchers.needs import Needs, Partition
from shared_allocation import sure


def needs_of(rates, people=20.0, se=0.0) -> Needs:
    index = pd.Index([f"team=T{i:05d}" for i in range(len(rates))], name="group")
    return Needs(
        rate=pd.Series(rates, index=index, dtype=float),
        se=pd.Series(se, index=index, dtype=float),
        people=pd.Series(people, index=index, dtype=float),
        strata=pd.DataFrame(index=index),
    )


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), robustness=st.sampled_from([0.0, 1.0]))
def test_no_plan_within_its_estimates_beats_the_optimum(seed, robustness):
    rng = np.random.default_rng(seed)
    truth = rng.beta(4, 16, 15)
    estimate = np.clip(truth + rng.normal(0, 0.06, 15), 0, 1)
    needs = needs_of(estimate, rng.integers(5, 80, 15), 0.06)
    choices = sure(reserve=0, robustness=robustness)
    allocation = allocate_vouchers(needs, int(rng.integers(1, 80)), 1, choices, seed)
    true = pd.Series(truth, index=needs.groups)

    rules = compare(Planned(Partition("units", needs, needs.people, true), allocation), choices)

    assert (rules.loc[["plan", "random"], "regret"] >= -1e-12).all()


@settings(max_examples=100, deadline=None)
@given(
    weights=st.lists(st.integers(0, 50), min_size=1, max_size=9),
    total=st.integers(0, 120),
    cap=st.integers(0, 30),
)
def test_apportioned_vouchers_add_up_and_keep_to_their_caps(weights, total, cap):
    heavy = np.array(weights, dtype=float)
    caps = np.full(len(weights), cap)

    whole = apportion(heavy, caps, total, draw_numbers(1, range(len(weights)), "x"))

    assert whole.sum() == min(total, caps[heavy > 0].sum())
    assert ((whole >= 0) & (whole <= caps)).all()
    if cap >= total and heavy.sum():
        assert (np.abs(whole - total * heavy / heavy.sum()) < 1).all()
