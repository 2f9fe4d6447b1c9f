"""Profiles of groups: pooled like means, so that chance is not told as a driver."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.drivers.group_profiles import contrast_drivers
from studies.drivers import Shape, score_shape, try_profiles


def told(scored, groups, seed=0):
    """Hold each group against everyone, who come last."""
    count = len(groups) - 1
    everyone = np.full(count, count)
    shown = np.ones(count + 1, dtype=bool)
    return contrast_drivers(scored, groups, np.arange(count), everyone, shown, seed)


def test_a_small_group_is_drawn_to_the_others_and_a_large_one_keeps_its_own(rng):
    scored, groups, _ = score_shape(Shape(sizes=(10, 400)), rng)
    found = told(scored, groups)

    driver = found[found["driver"] == "driver_0"]
    own = scored.means["driver_0"].to_numpy()
    raw = own[:-1] - own[-1]
    kept = (
        np.polyfit(raw[::2], driver["contrast"][::2], 1)[0],
        np.polyfit(raw[1::2], driver["contrast"][1::2], 1)[0],
    )
    assert kept[0] < 0.6
    assert kept[1] > 0.85
    assert (driver["low"] < driver["contrast"]).all()
    assert (driver["contrast"] < driver["high"]).all()


def test_a_sure_driver_has_an_interval_that_hardly_holds_zero(rng):
    scored, groups, _ = score_shape(Shape(), rng)
    found = told(scored, groups)

    apart = (found["low"] > 0) | (found["high"] < 0)
    sure = found["is_sure"].astype(bool)
    assert apart.any()
    assert sure[apart].all()
    assert (sure & ~apart).sum() < 0.7 * sure.sum()


def test_groups_that_may_not_be_told_of_change_no_profile(rng):
    scored, groups, _ = score_shape(Shape(), rng)
    count = len(groups) - 1
    shown = np.ones(count + 1, dtype=bool)
    shown[:10] = False
    marked, everyone = np.arange(20, 30), np.full(10, count)

    before = contrast_drivers(scored, groups, marked, everyone, shown, 1)
    scored.means.iloc[:10] += 0.5
    after = contrast_drivers(scored, groups, marked, everyone, shown, 1)

    pd.testing.assert_frame_equal(before, after)
    assert not before.empty


def test_a_group_that_is_marked_twice_has_one_profile_in_the_order_given(rng):
    scored, groups, _ = score_shape(Shape(), rng)
    marked, everyone = np.array([7, 3, 7]), np.full(3, len(groups) - 1)

    found = contrast_drivers(scored, groups, marked, everyone, np.ones(len(groups), bool), 0)

    assert found["group"].tolist() == [7] * 12 + [3] * 12
    assert found["driver"].tolist() == [*scored.means.columns] * 2


def test_nothing_that_stands_out_has_no_profile(rng):
    scored, groups, _ = score_shape(Shape(), rng)
    none = np.empty(0, dtype=np.intp)

    found = contrast_drivers(scored, groups, none, none, np.ones(len(groups), dtype=bool), 0)

    assert found.empty
    assert "is_sure" in found


@pytest.mark.parametrize("size", [20, 40])
def test_pooled_profiles_hold_the_truth_and_their_first_driver_has_the_right_sign(size):
    found = try_profiles(Shape(sizes=(size,)), runs=4, seed=7)

    assert 0.93 <= found.coverage <= 0.98
    assert found.right_sign >= 0.9
    # Unshrunk the first driver is much larger than it truly is.
    assert found.shown == pytest.approx(found.true, rel=0.25)
    assert found.shown_raw > 1.3 * found.true_raw
