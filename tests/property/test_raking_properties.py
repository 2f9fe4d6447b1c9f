"""Whatever people a register counts: raked weights are positive, bounded, and keep each unit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.estimation.raking import Totals, rake_to


@given(st.integers(0, 2**32 - 1), st.floats(1.2, 6.0), st.booleans())
@settings(max_examples=40, deadline=None)
def test_weights_are_positive_and_bounded_and_units_keep_their_people(seed, factor, can):
    rng = np.random.default_rng(seed)
    unit, code = rng.integers(0, 4, 120), rng.integers(0, 3, 120)
    start = rng.uniform(0.2, 3, 120)
    people = np.bincount(unit, start, 4)
    # Totals that some weights within the bounds have, or any that add up to as many people.
    moved = start * rng.uniform(1 / factor, factor, 120)
    shares = np.bincount(code, moved, 3) if can else rng.uniform(0.01, 1, 3)
    totals = [Totals(code, people.sum() * shares / shares.sum()), Totals(unit, people)]

    raked = rake_to(start, totals, (1 / factor, factor))

    assert (raked.weight > 0).all()
    assert (raked.weight / start).min() >= 1 / factor * (1 - 1e-9)
    assert (raked.weight / start).max() <= factor * (1 + 1e-9)
    np.testing.assert_allclose(np.bincount(unit, raked.weight, 4), people)
    if raked.gap < 1e-9:
        np.testing.assert_allclose(np.bincount(code, raked.weight, 3), totals[0].people)
