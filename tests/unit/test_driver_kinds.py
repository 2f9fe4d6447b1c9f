"""Kinds of groups: those that are there are found and stay, and chance is told apart."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform
from sklearn.metrics import adjusted_rand_score, silhouette_score

from blijfwijzer.drivers.kinds import find_kinds, silhouette


def profiles(rng, apart):
    centres = apart * rng.normal(size=(3, 12))
    true = np.repeat([0, 1, 2], [20, 12, 8])
    return centres[true] + 0.01 * rng.normal(size=(40, 12)), true


def names(count):
    return [f"unit {place}" for place in range(count)]


def test_kinds_that_are_there_are_found_and_stay(rng):
    told, true = profiles(rng, 0.05)

    found = find_kinds(told, names(40), 0)

    assert adjusted_rand_score(true, found["kind"]) == 1
    assert found["kind"].value_counts().to_dict() == {1: 20, 2: 12, 3: 8}
    assert found["is_stable"].all()


def test_kinds_of_groups_that_differ_by_chance_do_not_stay(rng):
    told, _ = profiles(rng, 0.0)

    assert not find_kinds(told, names(40), 0)["is_stable"].all()


def test_the_width_of_silhouettes_is_that_of_scikit_learn(rng):
    told, true = profiles(rng, 0.01)

    expected = silhouette_score(told, true)

    assert silhouette(squareform(pdist(told)), true) == pytest.approx(expected)


@pytest.mark.parametrize("told", [np.zeros((9, 3)), np.eye(5), np.zeros((1, 3))])
def test_few_groups_or_equal_ones_are_one_kind(told):
    found = find_kinds(told, names(len(told)), 0)

    assert set(found["kind"]) == {1}
    assert found["stability"].tolist() == [1.0] * len(told)


def test_the_same_groups_give_the_same_kinds_again(rng):
    told, _ = profiles(rng, 0.02)

    assert find_kinds(told, names(40), 3).equals(find_kinds(told, names(40), 3))
