"""Exact contributions of answers to the margin of boosted trees.

Path-dependent TreeSHAP (Lundberg et al. 2020) asks, for each leaf, what each feature on its path
adds when features become known in every possible order. A leaf's part of the game is a product:
known features give 1 or 0 (the response follows the path or not), unknown ones the share of the
training responses that follow it. Shallow trees have few paths, so all answers to that question
fit in small tables, made once; a response then only looks them up. The sum is exact, in double
precision, and needs no compiled code.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from math import factorial

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.drivers.trees import Leaf, Split, Tree, expected_value, read_trees, shares_of
from blijfwijzer.survey.arrays import Array, Mask

_ROWS_AT_ONCE, _PAIRS_AT_ONCE = 8192, 2048
# A table has two to the power of this many rows at most; larger trees are cut in branches.
_BITS = 9


Players = tuple[int, ...]
"""A feature, or features that interact."""


@dataclass(frozen=True)
class _TreeBranch:
    """Some leaves of a tree, with the contributions for each pattern of their splits."""

    splits: tuple[Split, ...]
    players: tuple[Players, ...]
    table: Array
    """One row per player, one column per pattern; bit i is whether split i goes left."""


def tree_contributions(
    trees: str, X: Array, background: Array | None = None
) -> tuple[Array, float]:
    """Contribution of each feature to each response's margin, and the expected margin.

    Parameters
    ----------
    trees : LightGBM's text
    X : one row per response, one column per feature; NaN is missing
    background : rows as those of `X`; what is not known of a response is then as in these, whatever
        else it answered (interventional; Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9).
        Left out, it is as in the training responses that reach the same split (path-dependent)

    Returns
    -------
    Array of the shape of `X`, and a number; a row's sum plus the number is its margin.
    """
    forest = read_trees(trees)
    unknown = _Shares() if background is None else _Sample(forest, background)
    branches = [branch for tree in forest for branch in _branches(tree, 1, unknown)]
    places: dict[Players, int] = {(feature,): feature for feature in range(X.shape[1])}
    found = np.zeros(X.shape)
    for start, part in _in_parts(branches, X, places, _ROWS_AT_ONCE):
        found[start : start + part.shape[1]] = part.T
    return found, sum(unknown.expected(tree) for tree in forest)


@dataclass(frozen=True)
class Interactions:
    """What pairs of features add to margins beyond what each adds by itself."""

    pairs: tuple[Players, ...]
    """Those that stand on one path of a tree; of all others it is nothing."""
    means: Array
    """One row per group, one column per pair: weighted mean of its index."""
    size: Array
    """Per pair, weighted mean of the size of its index, of all responses."""


def tree_interactions(trees: str, X: Array, weight: Array, members: csr_array) -> Interactions:
    """Shapley interaction index of each pair of features, of groups of responses.

    The index of a pair is what both add together less what each adds alone, averaged over what
    else is known as for contributions (Grabisch & Roubens 1999, doi:10.1007/s001820050125). The
    library shap puts half of it on either side of the diagonal (Lundberg et al. 2020).

    Parameters
    ----------
    trees, X : as `tree_contributions` takes them
    weight : per response
    members : one row per group, one column per response
    """
    shares = _Shares()
    branches = [branch for tree in read_trees(trees) for branch in _branches(tree, 2, shares)]
    pairs = sorted({pair for branch in branches for pair in branch.players})
    places = {pair: place for place, pair in enumerate(pairs)}
    own = csr_array(members.astype(float) * weight[None, :]).tocsc()
    sums, size = np.zeros((members.shape[0], len(pairs))), np.zeros(len(pairs))
    for start, part in _in_parts(branches, X, places, _PAIRS_AT_ONCE):
        rows = slice(start, start + part.shape[1])
        sums += own[:, rows] @ part.T
        size += np.abs(part) @ weight[rows]
    total = np.maximum(np.asarray(own.sum(axis=1)), 1e-300)
    return Interactions(tuple(pairs), sums / total[:, None], size / max(weight.sum(), 1e-300))


def _in_parts(
    branches: list[_TreeBranch], X: Array, places: dict[Players, int], at_once: int
) -> Iterator[tuple[int, Array]]:
    """Look responses up some at a time, in order: where they start, and one row per player."""
    starts = range(0, len(X), at_once)
    with ThreadPoolExecutor(_threads()) as pool:
        parts = pool.map(lambda s: _look_up(branches, X[s : s + at_once], places), starts)
        yield from zip(starts, parts, strict=True)


class _Shares:
    """What is not known of a response is as in the training responses at the same split."""

    def game(self, tree: Tree, leaf: Leaf, order: int) -> Array:
        """Shapley values of reaching a leaf; as `_product_game`, features in order of number."""
        share = dict.fromkeys(_features(tree, leaf), 1.0)
        for (node, _), part in zip(leaf.path, shares_of(tree, leaf), strict=True):
            share[tree.splits[node].feature] *= part
        return _product_game(tuple(share.values()), order)

    def expected(self, tree: Tree) -> float:
        """Mean of a tree over them."""
        return expected_value(tree)


class _Sample(_Shares):
    """What is not known of a response is as in some others, whatever else it answered."""

    def __init__(self, forest: list[Tree], X: Array) -> None:
        self._answers = _Answers((split for tree in forest for split in tree.splits), X)
        self._rows = len(X)

    def game(self, tree: Tree, leaf: Leaf, order: int) -> Array:
        """Shapley values of reaching a leaf, of the mean over the others."""
        share = self._patterns(tree, leaf)
        size = len(_features(tree, leaf))
        bits = np.arange(size)
        games = (
            part * _product_game(tuple((pattern >> bits & 1).astype(float).tolist()), order)
            for pattern, part in enumerate(share.tolist())
            if part
        )
        return np.asarray(sum(games))

    def expected(self, tree: Tree) -> float:
        """Mean of a tree over them."""
        return sum(leaf.value * float(self._patterns(tree, leaf)[-1]) for leaf in tree.leaves)

    def _patterns(self, tree: Tree, leaf: Leaf) -> Array:
        """Share of them that meet each set of the features on a path; bit i is feature i of it."""
        features = _features(tree, leaf)
        follows = {feature: np.ones(self._rows, dtype=bool) for feature in features}
        for node, is_left in leaf.path:
            split = tree.splits[node]
            follows[split.feature] &= self._answers.goes_left(split) == is_left
        code = np.zeros(self._rows, dtype=np.intp)
        for bit, feature in enumerate(features):
            code |= follows[feature].astype(np.intp) << bit
        return np.bincount(code, minlength=2 ** len(features)) / self._rows


def _features(tree: Tree, leaf: Leaf) -> list[int]:
    """Features on the path to a leaf, in order of number."""
    return sorted({tree.splits[node].feature for node, _ in leaf.path})


def _threads() -> int | None:
    """Give as many threads as OpenMP would take: one, where other processes share the work."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdigit() and int(told) else os.cpu_count()


def _branches(tree: Tree, order: int, unknown: _Shares) -> Iterator[_TreeBranch]:
    """Cut a tree in branches whose patterns fit a table, of features or of `order` together."""
    if tree.splits:
        yield from _cut(tree, list(tree.leaves), 0, order, unknown)


def _cut(
    tree: Tree, leaves: list[Leaf], depth: int, order: int, unknown: _Shares
) -> Iterator[_TreeBranch]:
    nodes = sorted({node for leaf in leaves for node, _ in leaf.path})
    if len(nodes) <= _BITS or len(leaves) == 1:
        yield _tabulate(tree, leaves, nodes, order, unknown)
        return
    for side in (True, False):
        part = [leaf for leaf in leaves if len(leaf.path) > depth and leaf.path[depth][1] is side]
        if part:
            yield from _cut(tree, part, depth + 1, order, unknown)


def _tabulate(
    tree: Tree, leaves: list[Leaf], nodes: list[int], order: int, unknown: _Shares
) -> _TreeBranch:
    """Sum the contributions of leaves for each pattern of the splits above them."""
    paths = [_features(tree, leaf) for leaf in leaves]
    players = sorted({some for path in paths for some in combinations(path, order)})
    patterns = np.arange(2 ** len(nodes))
    goes_left = {node: (patterns >> bit & 1).astype(bool) for bit, node in enumerate(nodes)}
    table = np.zeros((len(players), len(patterns)))
    for leaf, on_path in zip(leaves, paths, strict=True):
        follows = {feature: np.ones(len(patterns), dtype=bool) for feature in on_path}
        for node, is_left in leaf.path:
            follows[tree.splits[node].feature] &= goes_left[node] == is_left
        code = np.zeros(len(patterns), dtype=int)
        for bit, feature in enumerate(on_path):
            code |= follows[feature].astype(int) << bit
        shapley = leaf.value * unknown.game(tree, leaf, order)
        for place, some in enumerate(combinations(on_path, order)):
            table[players.index(some)] += shapley[place][code]
    return _TreeBranch(tuple(tree.splits[node] for node in nodes), tuple(players), table)


@lru_cache(maxsize=1 << 16)
def _product_game(shares: tuple[float, ...], order: int) -> Array:
    """Shapley values of v(S) = product over S of o times product outside S of the shares.

    Parameters
    ----------
    order : 1 for values of players, 2 for the index of pairs of them

    Returns
    -------
    One row per player or pair, one column per pattern of o in {0, 1}; bit i is player i.
    """
    players, together = len(shares), list(combinations(range(len(shares)), order))
    outcomes = np.array(list(product((0.0, 1.0), repeat=players)))[:, ::-1]
    values = np.zeros((len(together), len(outcomes)))
    for place, some in enumerate(together):
        others = [other for other in range(players) if other not in some]
        for chosen in product((False, True), repeat=len(others)):
            known = sum(chosen)
            weight = factorial(known) * factorial(players - known - order)
            rest = np.full(len(outcomes), weight / factorial(players - order + 1))
            for other, is_known in zip(others, chosen, strict=True):
                rest = rest * (outcomes[:, other] if is_known else shares[other])
            for player in some:
                rest = rest * (outcomes[:, player] - shares[player])
            values[place] += rest
    return values


def _look_up(branches: list[_TreeBranch], X: Array, places: dict[Players, int]) -> Array:
    """Contributions for some responses: one row per player, one column per response."""
    answers = _Answers((split for branch in branches for split in branch.splits), X)
    found = np.zeros((len(places), len(X)))
    code = np.empty(len(X), dtype=np.uint16)
    for branch in branches:
        code[:] = 0
        for bit, split in enumerate(branch.splits):
            code |= answers.goes_left(split).astype(np.uint16) << bit
        for some, contributions in zip(branch.players, branch.table, strict=True):
            found[places[some]] += contributions[code]
    return found


class _Answers:
    """Responses with each number replaced by its place among the thresholds it meets.

    Small integers compare many times faster than numbers with missing values.
    """

    def __init__(self, splits: Iterable[Split], X: Array) -> None:
        thresholds: dict[int, set[float]] = {}
        for split in splits:
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
