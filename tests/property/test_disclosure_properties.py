"""What follows from totals of groups, held against brute force that knows nothing of our code."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.disclosure.rounding import _counts_that_fit, band, hide_exact
from blijfwijzer.disclosure.span import Rests, Span, indicator


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


ROWS = st.lists(st.sets(st.integers(0, 6), min_size=1), min_size=1, max_size=9)


@given(offered=ROWS, barred=ROWS, kept=st.lists(st.booleans(), min_size=9, max_size=9))
@settings(max_examples=200, deadline=None)
def test_a_barred_row_is_made_by_a_step_exactly_when_it_is_made_from_that_row(
    offered, barred, kept
):
    span = Span([3] * 7, 2, keeps_origin=True)
    rests = Rests(span, [indicator(sorted(row)) for row in barred])
    for name, row in enumerate(offered):
        step = span.push(name, indicator(sorted(row)))
        if step is None:
            continue
        made = [indicator(sorted(own)) for own in barred]
        made = [own for own in made if name in (span.origin_of(own) or {})]

        assert rests.first_made(step) == (made[0] if made else None)

        if kept[name] and not made:
            rests.take(step)
        else:
            span.undo(step)
