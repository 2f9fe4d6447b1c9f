"""What follows from totals of groups, held against brute force that knows nothing of our code."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.disclosure.rounding import _counts_that_fit, band, hide_exact


@given(n=st.integers(10, 5000), hits=st.integers(0, 5000))
@settings(max_examples=200, deadline=None)
def test_two_counts_fit_every_share_that_is_shown(n, hits):
    share = min(hits, n) / n

    shown = hide_exact(pd.Series([share]), pd.Series([n]))[0]

    assert shown != shown or _counts_that_fit(int(shown), *band(n)) >= 2


@given(st.integers(0, 100_000))
def test_a_count_lies_in_its_band(count):
    low, high = band(count)

    assert low <= count <= high
    assert high - low >= 4
