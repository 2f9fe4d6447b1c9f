"""What follows from totals of groups, held against brute force that knows nothing of our code."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.disclosure.rounding import band, hide_exact
from blijfwijzer.disclosure.span import Rests, Span, indicator


@given(n=st.integers(10, 500), hits=st.integers(0, 500))
@settings(max_examples=200, deadline=None)
def test_two_counts_of_either_side_fit_every_share_that_is_shown(n, hits):
    shown = hide_exact(pd.Series([min(hits, n) / n]), pd.Series([n]))[0]

    low, high = band(n)
    fit = [(h, m - h) for m in range(low, high + 1) for h in range(m + 1)]
    fit = [pair for pair in fit if abs(100 * pair[0] / sum(pair) - shown) <= 0.5]
    assert shown != shown or min(len({pair[side] for pair in fit}) for side in (0, 1)) >= 2


def test_all_but_one_is_no_share_to_show():
    assert hide_exact(pd.Series([20 / 21, 0.5]), pd.Series([21, 20])).isna().tolist() == [
        True,
        False,
    ]


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
