"""Studies of comparisons and of cells: what they measure is what they say."""

import numpy as np
import pandas as pd

from blijfwijzer.drivers.cells import Alike
from studies.cells import group_by_distance, try_cells
from studies.compare import true_change, try_change, try_compare


def test_intervals_of_comparisons_are_counted_as_shares():
    found = try_compare(10, runs=4)

    assert set(found.holds) == {"log_loss", "roc_auc", "calibration_slope"}
    assert all(0 <= share <= 1 for share in (*found.holds.values(), found.false_verdicts))


def test_what_is_true_of_a_change_is_what_many_units_tell():
    truth = true_change()

    found = try_change(2_000, are_same=False, runs=3)

    assert set(found) == set(truth)
    # Of so many people an interval that were off by a tenth of what is true would hold nothing.
    assert min(found.values()) > 0.3


def test_clusters_of_any_size_keep_no_less_than_cells(rng):
    values = pd.DataFrame(rng.normal(size=(400, 4)) * [3, 2, 1, 0.2])
    people = Alike(values, np.ones(400), np.arange(400), rng.integers(0, 9, 400))

    found = try_cells(people)

    assert found.people == 400
    assert 30 <= found.cells <= 40
    assert 0.5 < found.together <= found.freely < 1
    assert 0.5 < found.plainly <= found.freely


def test_groups_by_distance_hold_ten_who_are_nearest(rng):
    places = np.repeat(np.arange(8.0), 10)[rng.permutation(80)]

    found = group_by_distance(places[:, None] * [1.0, -2.0], np.ones(80), 10)

    assert np.bincount(found).tolist() == [10] * 8
    assert pd.Series(places).groupby(found).nunique().eq(1).all()
    of_many = group_by_distance(rng.normal(size=(97, 3)), np.ones(97), 10)
    assert sorted(np.bincount(of_many).tolist()) == [*[10] * 8, 17]
