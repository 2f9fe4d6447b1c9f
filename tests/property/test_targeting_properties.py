"""Targeting: errors of the rule of flagged groups, by background, with honest sentences."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.disclosure.rounding import to_band
from shared_targeting import audit, survey_of


def bare_ends(cells):
    """Ends of the intervals of as many people as there are, beside those that are told."""
    told, n = cells[["low", "high"]].to_numpy(), cells["n"].to_numpy(dtype=float)
    value = cells["value"].to_numpy()[:, None]
    return value + (told - value) / np.sqrt(to_band(n))[:, None], told


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=60, max_size=60), st.integers(0, 10_000))
def test_a_weight_equals_so_many_copies(copies, seed):
    draw = np.random.default_rng(seed)
    once = survey_of(draw, rows=60, units=8) | {"weight": np.array(copies, dtype=float)}
    places = np.repeat(np.arange(60), copies)
    often = {
        name: value.iloc[places].reset_index(drop=True)
        if isinstance(value, pd.Series)
        else value[places]
        for name, value in once.items()
        if name not in ("attributes", "weight")
    }
    often["weight"] = np.ones(len(places))
    often["attributes"] = {
        name: group.iloc[places].reset_index(drop=True)
        for name, group in once["attributes"].items()
    }

    weighted, copied = audit(once, minimum=1), audit(often, minimum=1)

    # Where a rate is 0 or 1 the interval rests on the number of people, which copies do change.
    varies = weighted.by_group["value"].between(0, 1, inclusive="neither")
    # Ends are as the middle of the band of n has them, and copies are another number of people.
    ends = [bare_ends(found.by_group) for found in (weighted, copied)]
    inside = varies.to_numpy()[:, None] & np.all([(e > 0) & (e < 1) for _, e in ends], axis=0)
    gap = ["gap", "gap_low", "gap_high", "ratio"]
    # Cells of which the rate is told are compared, which copies change too.
    cells = copied.gaps["attribute"].map({"geslacht": 2, "leeftijd": 3})
    of_one = (copied.gaps["groups"] == cells) & (weighted.gaps["groups"] == cells)
    pd.testing.assert_series_equal(weighted.by_group["value"], copied.by_group["value"])
    assert np.allclose(ends[0][0][inside], ends[1][0][inside])
    pd.testing.assert_frame_equal(weighted.gaps.loc[of_one, gap], copied.gaps.loc[of_one, gap])
