"""Contributions of parts of trees as tables: a column per pattern of answers to their splits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.drivers.leaf_games import Paths, Sample, Shares, TreeLeaf, Unknown, beside
from blijfwijzer.drivers.questions import Questions
from blijfwijzer.drivers.trees import SplitQuestion, Tree, read_trees
from blijfwijzer.survey.arrays import Array

# A table has two to the power of this many columns at most; larger trees are cut in branches.
_BITS = 9
_AT_ONCE = 64

Players = tuple[int, ...]
"""A feature, or features that interact."""


@dataclass(frozen=True)
class _TreeBranch:
    """Some leaves of a tree, with few splits above them."""

    leaves: tuple[TreeLeaf, ...]
    nodes: tuple[int, ...]
    """Splits, in order; bit i of a pattern is whether split i goes left."""
    questions: tuple[SplitQuestion, ...]
    """What they ask."""
    players: tuple[Players, ...]


@dataclass(frozen=True)
class PathTables:
    """Trees, tabulated: a response's answers to questions give a pattern per branch of a tree."""

    questions: Questions
    patterns: csr_array
    """One row per branch, one column per question; with answers of 1 and 0 it gives patterns."""
    rows: tuple[tuple[tuple[Players, Array], ...], ...]
    """Per branch, what each player gets for each pattern."""
    expected: float
    """Margin where nothing is known."""

    @property
    def players(self) -> set[Players]:
        """All that get anything."""
        return {player for branch in self.rows for player, _ in branch}


@lru_cache(maxsize=2)
def path_tables(trees: str, order: int) -> PathTables:
    """Tabulate LightGBM's text, of features or of `order` of them together, path-dependent.

    Batches of one survey come one after another, so the last are kept.
    """
    forest = read_trees(trees)
    return _tables(forest, order, _questions(forest), Shares())


def tables_beside(trees: str, background: Array) -> PathTables:
    """Tabulate LightGBM's text beside some responses, as `tree_contributions` takes them."""
    forest = read_trees(trees)
    questions = _questions(forest)
    return _tables(forest, 1, questions, Sample(questions, background))


def _questions(forest: Sequence[Tree]) -> Questions:
    return Questions(split.question for tree in forest for split in tree.splits)


def _tables(
    forest: Sequence[Tree], order: int, questions: Questions, unknown: Unknown
) -> PathTables:
    branches = [branch for tree in forest for branch in _branches(tree, order)]
    sizes = np.array([len(branch.nodes) for branch in branches], dtype=int)
    tables: dict[int, Array] = {}
    for size in np.unique(sizes).tolist():
        alike = np.flatnonzero(sizes == size).tolist()
        for start in range(0, len(alike), _AT_ONCE):
            some = alike[start : start + _AT_ONCE]
            made = _tabulate([branches[place] for place in some], order, unknown)
            tables.update(zip(some, made, strict=True))
    rows = (
        tuple(zip(branch.players, tables[place], strict=True))
        for place, branch in enumerate(branches)
    )
    expected = sum(unknown.expected(tree) for tree in forest)
    return PathTables(questions, _patterns(branches, questions), tuple(rows), expected)


def _branches(tree: Tree, order: int) -> Iterator[_TreeBranch]:
    """Cut a tree in branches whose patterns fit a table."""
    if tree.splits:
        yield from _cut(tree, [TreeLeaf.of(tree, leaf) for leaf in tree.leaves], 0, order)


def _cut(tree: Tree, leaves: list[TreeLeaf], depth: int, order: int) -> Iterator[_TreeBranch]:
    nodes = tuple(sorted({node for own in leaves for node in own.leaf.nodes}))
    if len(nodes) <= _BITS or len(leaves) == 1:
        players = {some for own in leaves for some in combinations(own.features, order)}
        questions = tuple([tree.splits[node].question for node in nodes])
        yield _TreeBranch(tuple(leaves), nodes, questions, tuple(sorted(players)))
        return
    for side in (True, False):
        part = [own for own in leaves if own.leaf.is_left[depth : depth + 1] == (side,)]
        if part:
            yield from _cut(tree, part, depth + 1, order)


def _patterns(branches: Sequence[_TreeBranch], questions: Questions) -> csr_array:
    asked = [questions.places[question] for branch in branches for question in branch.questions]
    bits = [1 << bit for branch in branches for bit in range(len(branch.nodes))]
    ends = np.cumsum([0, *(len(branch.nodes) for branch in branches)])
    shape = len(branches), len(questions.places)
    return csr_array((np.array(bits, dtype=np.int32), asked, ends), shape=shape)


def _tabulate(branches: Sequence[_TreeBranch], order: int, unknown: Unknown) -> list[Array]:
    """Sum the contributions of leaves for each pattern, of branches with as many splits."""
    first = np.cumsum([0, *(len(branch.players) for branch in branches)])
    leaves = [(own, branch.nodes) for branch in branches for own in branch.leaves]
    rows = [
        [start + branch.players.index(some) for some in combinations(own.features, order)]
        for start, branch in zip(first.tolist(), branches, strict=False)
        for own in branch.leaves
    ]
    starts = np.cumsum([0, *map(len, rows)])
    terms = np.empty((starts[-1], 2 ** len(branches[0].nodes)))
    sizes = np.array([len(own.features) for own, _ in leaves])
    for size in np.unique(sizes):
        alike = np.flatnonzero(sizes == size)
        found = _terms([leaves[place] for place in alike.tolist()], order, unknown)
        terms[starts[alike][:, None] + np.arange(found.shape[1])] = found
    # Terms are added up in order of leaves: exact sums of ones times terms, in compiled code.
    to_rows = np.concatenate(rows).astype(int), np.arange(len(terms))
    add = csr_array((np.ones(len(terms)), to_rows), shape=(first[-1], len(terms)))
    return np.split(add @ terms, first[1:-1])


def _terms(
    leaves: Sequence[tuple[TreeLeaf, tuple[int, ...]]], order: int, unknown: Unknown
) -> Array:
    """Contributions of leaves that as many features reach: leaves x players x patterns."""
    paths = Paths.of([own for own, _ in leaves])
    bits = beside([[nodes.index(node) for node in own.leaf.nodes] for own, nodes in leaves], 0)
    size = len(leaves[0][1])
    met = paths.met(np.arange(2**size) >> np.arange(size)[:, None] & 1, bits)
    games = unknown.games([own for own, _ in leaves], paths, order)
    values = np.array([own.leaf.value for own, _ in leaves])
    return np.take_along_axis(values[:, None, None] * games, met[:, None, :], axis=2)
