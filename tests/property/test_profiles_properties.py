"""Profiles: means over ten respondents or more, interactions that are there, honest intervals."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.drivers.dependence import bin_answers


@given(st.lists(st.integers(0, 30), min_size=10, max_size=200))
@settings(max_examples=50, deadline=None)
def test_a_bin_holds_ten_and_keeps_the_order(answers):
    values = np.array(answers, dtype=float)

    bins = bin_answers(values, 10)

    assert np.bincount(bins).min() >= 10
    order = np.argsort(values, kind="stable")
    assert (np.diff(bins[order]) >= 0).all()
