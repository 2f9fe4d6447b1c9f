"""The test and interval of a draw against scipy's permutation test."""

import numpy as np
import pytest
from scipy.stats import permutation_test

from blijfwijzer.vouchers.permutation import Arms, randomise


def p_values(share, offered, effect):
    """Give scipy's exact p of each side after an effect is taken from those offered."""
    one, other = share[:offered] - effect, share[offered:]
    return [
        permutation_test(
            (one, other),
            lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
            n_resamples=np.inf,
            alternative=side,
            vectorized=True,
        ).pvalue
        for side in ("greater", "less")
    ]


@pytest.mark.parametrize(("offered", "others"), [(4, 4), (6, 6), (3, 9), (7, 5)])
def test_the_ends_are_where_an_exact_test_begins_to_refuse(rng, offered, others):
    share = rng.random(offered + others) + 0.1 * (np.arange(offered + others) < offered)
    arms = Arms(np.arange(offered + others) < offered, np.full(offered + others, "all"))

    found = randomise(share, arms)

    assert found.ways == arms.ways
    inside, outside = 1e-6, -1e-6
    for end, turn in ((found.low, 1), (found.high, -1)):
        assert min(p_values(share, offered, end + turn * inside)) > 0.025
        assert min(p_values(share, offered, end + turn * outside)) <= 0.025


def test_the_p_value_is_that_of_scipy_when_arms_are_equal(rng):
    share, arms = rng.random(12), Arms(np.arange(12) < 6, np.full(12, "all"))

    exact = permutation_test(
        (share[:6], share[6:]), lambda x, y: x.mean() - y.mean(), n_resamples=np.inf
    ).pvalue

    assert randomise(share, arms).p_value == pytest.approx(exact)
    assert randomise(share, arms, most=900).p_value == pytest.approx(exact, abs=0.06)
