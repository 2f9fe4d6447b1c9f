"""Exact contributions of answers to the margin of boosted trees.

Path-dependent TreeSHAP (Lundberg et al. 2020) asks, for each leaf, what each feature on its path
adds when features become known in every possible order. A leaf's part of the game is a product:
known features give 1 or 0 (the response follows the path or not), unknown ones the share of the
training responses that follow it. Shallow trees have few paths, so all answers to that question
fit in small tables, made once; a response then only looks them up. The sum is exact, in double
precision, and needs no compiled code.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import factorial

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.drivers.trees import Leaf, Split, Tree, expected_value, read_trees, shares_of
from blijfwijzer.survey.arrays import Array, Mask

_ROWS_AT_ONCE = 8192
# A table has two to the power of this many rows at most; larger trees are cut in branches.
_BITS = 9


@dataclass(frozen=True)
class _Branch:
    """Some leaves of a tree, with the contributions for each pattern of their splits."""

    splits: tuple[Split, ...]
    features: tuple[int, ...]
    table: Array
    """One row per feature, one column per pattern; bit i is whether split i goes left."""


def tree_contributions(trees: str, X: Array) -> tuple[Array, float]:
    """Contribution of each feature to each response's margin, and the expected margin.

    Parameters
    ----------
    trees : LightGBM's text
    X : one row per response, one column per feature; NaN is missing

    Returns
    -------
    Array of the shape of `X`, and a number; a row's sum plus the number is its margin.
    """
    forest = read_trees(trees)
    branches = [branch for tree in forest for branch in _branches(tree)]
    found = np.zeros(X.shape)
    starts = range(0, len(X), _ROWS_AT_ONCE)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(lambda s: _look_up(branches, X[s : s + _ROWS_AT_ONCE]), starts)
        for start, part in zip(starts, parts, strict=True):
            found[start : start + _ROWS_AT_ONCE] = part.T
    return found, sum(expected_value(tree) for tree in forest)


def _branches(tree: Tree) -> Iterator[_Branch]:
    """Cut a tree in branches whose patterns fit a table."""
    if tree.splits:
        yield from _cut(tree, list(tree.leaves), 0)


def _cut(tree: Tree, leaves: list[Leaf], depth: int) -> Iterator[_Branch]:
    nodes = sorted({node for leaf in leaves for node, _ in leaf.path})
    if len(nodes) <= _BITS or len(leaves) == 1:
        yield _tabulate(tree, leaves, nodes)
        return
    for side in (True, False):
        part = [leaf for leaf in leaves if len(leaf.path) > depth and leaf.path[depth][1] is side]
        if part:
            yield from _cut(tree, part, depth + 1)


def _tabulate(tree: Tree, leaves: list[Leaf], nodes: list[int]) -> _Branch:
    """Sum the contributions of leaves for each pattern of the splits above them."""
    features = sorted({tree.splits[node].feature for node in nodes})
    patterns = np.arange(2 ** len(nodes))
    goes_left = {node: (patterns >> bit & 1).astype(bool) for bit, node in enumerate(nodes)}
    table = np.zeros((len(features), len(patterns)))
    for leaf in leaves:
        on_path = sorted({tree.splits[node].feature for node, _ in leaf.path})
        follows = {feature: np.ones(len(patterns), dtype=bool) for feature in on_path}
        share = dict.fromkeys(on_path, 1.0)
        for (node, is_left), part in zip(leaf.path, shares_of(tree, leaf), strict=True):
            feature = tree.splits[node].feature
            follows[feature] &= goes_left[node] == is_left
            share[feature] *= part
        code = np.zeros(len(patterns), dtype=int)
        for bit, feature in enumerate(on_path):
            code |= follows[feature].astype(int) << bit
        shapley = leaf.value * _product_game(tuple(share[feature] for feature in on_path))
        for place, feature in enumerate(on_path):
            table[features.index(feature)] += shapley[place][code]
    return _Branch(tuple(tree.splits[node] for node in nodes), tuple(features), table)


@lru_cache(maxsize=1 << 16)
def _product_game(shares: tuple[float, ...]) -> Array:
    """Shapley values of v(S) = product over S of o times product outside S of the shares.

    Returns
    -------
    One row per player, one column per pattern of o in {0, 1}; bit i is player i.
    """
    players = len(shares)
    outcomes = np.array(list(product((0.0, 1.0), repeat=players)))[:, ::-1]
    values = np.zeros((players, len(outcomes)))
    for player in range(players):
        others = [other for other in range(players) if other != player]
        for chosen in product((False, True), repeat=len(others)):
            known = sum(chosen)
            weight = factorial(known) * factorial(players - known - 1) / factorial(players)
            rest = np.full(len(outcomes), weight)
            for other, is_known in zip(others, chosen, strict=True):
                rest = rest * (outcomes[:, other] if is_known else shares[other])
            values[player] += rest * (outcomes[:, player] - shares[player])
    return values


def _look_up(branches: list[_Branch], X: Array) -> Array:
    """Contributions for some responses: one row per feature, one column per response."""
    answers = _Answers(branches, X)
    found = np.zeros((X.shape[1], len(X)))
    code = np.empty(len(X), dtype=np.uint16)
    for branch in branches:
        code[:] = 0
        for bit, split in enumerate(branch.splits):
            code |= answers.goes_left(split).astype(np.uint16) << bit
        for feature, contributions in zip(branch.features, branch.table, strict=True):
            found[feature] += contributions[code]
    return found


class _Answers:
    """Responses with each number replaced by its place among the thresholds it meets.

    Small integers compare many times faster than numbers with missing values.
    """

    def __init__(self, branches: list[_Branch], X: Array) -> None:
        thresholds: dict[int, set[float]] = {}
        for branch in branches:
            for split in branch.splits:
                if split.left_levels is None:
                    thresholds.setdefault(split.feature, set()).add(split.threshold)
        self._X = X
        self._cuts = {feature: np.array(sorted(found)) for feature, found in thresholds.items()}
        self._places: dict[tuple[int, bool, bool], NDArray[np.uint16]] = {}

    def goes_left(self, split: Split) -> Mask:
        if split.left_levels is not None:
            return self._is_left_level(split)
        cut = np.searchsorted(self._cuts[split.feature], split.threshold)
        places = self._place(split.feature, split.missing_goes_left, split.missing_is_zero)
        return np.asarray(places <= cut)

    def _place(self, feature: int, goes_left: bool, is_zero: bool) -> NDArray[np.uint16]:
        key = (feature, goes_left, is_zero)
        if key not in self._places:
            cuts, values = self._cuts[feature], self._X[:, feature]
            missing = np.isnan(values)
            place = np.searchsorted(cuts, np.where(missing, 0.0, values)).astype(np.uint16)
            if not is_zero:
                place[missing] = 0 if goes_left else len(cuts)
            self._places[key] = place
        return self._places[key]

    def _is_left_level(self, split: Split) -> Mask:
        values = self._X[:, split.feature]
        # A missing level goes right, as does any that training did not see.
        known = np.where(np.isnan(values), -1.0, values)
        return np.isin(known.astype(int), list(split.left_levels or ()))
