"""Interactions of trees are Shapley's, exactly; where a model adds curves there are none."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
import shap
from scipy.sparse import csr_array

from blijfwijzer.drivers.tree_contributions import tree_interactions
from blijfwijzer.drivers.trees import read_trees
from shared_trees import grow


def of_persons(text, X):
    """The index of each pair, of each response."""
    weight = np.ones(len(X))
    found = tree_interactions(text, X, weight, csr_array(np.eye(len(X), dtype=np.int8)))
    matrix = np.zeros((len(X), X.shape[1], X.shape[1]))
    for place, (one, other) in enumerate(found.pairs):
        matrix[:, one, other] = matrix[:, other, one] = found.means[:, place]
    return matrix


# shap tells each time that its own output became an array.
@pytest.mark.filterwarnings("ignore:LightGBM binary classifier:UserWarning")
def test_interactions_equal_those_of_shap(rng):
    booster, X = grow(rng, rows=300, trees=10)

    found = of_persons(booster.model_to_string(), X)

    theirs = shap.TreeExplainer(booster).shap_interaction_values(X)
    off = ~np.eye(X.shape[1], dtype=bool)
    np.testing.assert_allclose(found[:, off], 2 * theirs[:, off], atol=1e-9)


def goes_left(asked, value):
    if asked.left_levels is not None:
        return not np.isnan(value) and int(value) in asked.left_levels
    if np.isnan(value):
        return asked.missing_goes_left if not asked.missing_is_zero else asked.threshold >= 0
    return value <= asked.threshold


def worth(trees, row, known):
    """What is expected of a response of which only some answers are known."""
    total = 0.0
    for tree in trees:
        for leaf in tree.leaves:
            part = leaf.value
            for node, is_left in zip(leaf.nodes, leaf.is_left, strict=True):
                asked, left_share = tree.splits[node]
                if asked.feature in known:
                    part *= goes_left(asked, row[asked.feature]) == is_left
                else:
                    part *= left_share if is_left else 1 - left_share
            total += part
    return total


def test_interactions_equal_brute_force_with_levels_and_missing_answers(rng):
    booster, X = grow(rng, rows=300, columns=4, trees=4, depth=3, nominal=(3,), missing=0.3)
    text = booster.model_to_string()
    trees, count = read_trees(text), X.shape[1]

    found = of_persons(text, X[:6])

    for row, matrix in zip(X[:6], found, strict=True):
        for one, other in combinations(range(count), 2):
            rest, index = [f for f in range(count) if f not in (one, other)], 0.0
            for size in range(len(rest) + 1):
                weight = factorial(size) * factorial(count - size - 2) / factorial(count - 1)
                for some in combinations(rest, size):
                    both, alone = {*some, one, other}, {*some}
                    index += weight * (
                        worth(trees, row, both)
                        - worth(trees, row, alone | {one})
                        - worth(trees, row, alone | {other})
                        + worth(trees, row, alone)
                    )
            assert matrix[one, other] == pytest.approx(index, abs=1e-9)


def test_a_model_that_adds_curves_has_no_interactions(rng):
    booster, X = grow(rng, interaction_constraints=[[0], [1], [2], [3], [4]])

    found = tree_interactions(
        booster.model_to_string(), X, np.ones(len(X)), csr_array(np.ones((1, len(X))))
    )

    assert found.pairs == ()
    assert found.means.shape == (1, 0)


def test_groups_are_told_by_weighted_means(rng):
    booster, X = grow(rng)
    text, weight = booster.model_to_string(), rng.uniform(0.5, 2, len(X))
    inside = rng.random((2, len(X))) < 0.4

    found = tree_interactions(text, X, weight, csr_array(inside.astype(np.int8)))

    each = of_persons(text, X)
    for place, (one, other) in enumerate(found.pairs):
        own = each[:, one, other]
        assert found.means[1, place] == pytest.approx(
            np.average(own[inside[1]], weights=weight[inside[1]])
        )
        assert found.size[place] == pytest.approx(np.average(np.abs(own), weights=weight))
