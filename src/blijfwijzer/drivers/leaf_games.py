"""What a leaf gives each feature on its path, for each set of conditions that a response meets."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from math import factorial
from typing import NamedTuple, Protocol

import numpy as np

from blijfwijzer.drivers.questions import Answered, Questions
from blijfwijzer.drivers.trees import Leaf, Split, Tree, expected_value, shares_of
from blijfwijzer.survey.arrays import Array, Codes


class TreeLeaf(NamedTuple):
    """A leaf and what is on the path to it, from the root."""

    leaf: Leaf
    splits: tuple[Split, ...]
    features: tuple[int, ...]
    """Those that the splits ask for, in order of number."""

    @classmethod
    def of(cls, tree: Tree, leaf: Leaf) -> "TreeLeaf":
        """Find what is on the path to a leaf."""
        splits = tuple([tree.splits[node] for node in leaf.nodes])
        features = sorted({split.question.feature for split in splits})
        return cls(leaf, splits, tuple(features))


@dataclass(frozen=True)
class Paths:
    """Leaves that are reached by as many features: one row each, one column per split.

    Shorter paths end with splits of a feature beyond the last, that matter to none.
    """

    features: int
    is_left: Codes
    feature: Codes
    """The place of the feature of a split among those of its path."""

    @classmethod
    def of(cls, leaves: Sequence[TreeLeaf]) -> "Paths":
        """Lay the paths of leaves beside each other."""
        size = len(leaves[0].features)
        feature = [
            [own.features.index(split.question.feature) for split in own.splits] for own in leaves
        ]
        return cls(size, beside([own.leaf.is_left for own in leaves], False), beside(feature, size))

    def met(self, answers: Answered, places: Codes) -> Codes:
        """Tell which features meet what a path asks of them; bit i is feature i of it.

        Parameters
        ----------
        answers : one row per split that is asked, one column per response or pattern
        places : the row of each split

        Returns
        -------
        One row per leaf, one column per response or pattern.
        """
        found = np.full((len(places), answers.shape[1]), 2**self.features - 1)
        for step in range(places.shape[1]):
            follows = answers[places[:, step]] == self.is_left[:, step, None]
            found &= np.where(follows, -1, ~(1 << self.feature[:, step, None]))
        return found


def beside(rows: Sequence[Sequence[float]], filler: float) -> Codes:
    """Make one array of rows of unequal length."""
    longest = max(map(len, rows))
    return np.array([[*row, *[filler] * (longest - len(row))] for row in rows])


class Unknown(Protocol):
    """What is taken of features that are not known of a response."""

    def games(self, leaves: Sequence[TreeLeaf], paths: Paths, order: int) -> Array:
        """Shapley values of reaching leaves; as `product_games`."""
        ...

    def expected(self, tree: Tree) -> float:
        """Mean of a tree where nothing is known."""
        ...


class Shares:
    """What is not known of a response is as in the training responses at the same split."""

    def games(self, leaves: Sequence[TreeLeaf], paths: Paths, order: int) -> Array:
        """Shapley values of reaching leaves; as `product_games`."""
        of_split = beside([shares_of(own.splits, own.leaf) for own in leaves], 1.0)
        shares = np.ones((len(leaves), paths.features + 1))
        for step in range(of_split.shape[1]):
            shares[np.arange(len(leaves)), paths.feature[:, step]] *= of_split[:, step]
        return product_games(shares[:, :-1], order)

    def expected(self, tree: Tree) -> float:
        """Mean of a tree over them."""
        return expected_value(tree)


class Sample:
    """What is not known of a response is as in some others, whatever else it answered."""

    def __init__(self, questions: Questions, X: Array) -> None:
        self._places, self._answers = questions.places, questions.answer(X)

    def games(self, leaves: Sequence[TreeLeaf], paths: Paths, order: int) -> Array:
        """Shapley values of reaching leaves, of the mean over the others; as `product_games`."""
        asked = [[self._places[split.question] for split in own.splits] for own in leaves]
        met = paths.met(self._answers, beside(asked, 0))
        patterns, rows = 2**paths.features, self._answers.shape[1]
        of_leaf = patterns * np.arange(len(leaves))[:, None]
        counts = np.bincount((met + of_leaf).ravel(), minlength=patterns * len(leaves))
        shares = counts.reshape(-1, patterns) / rows
        return np.tensordot(shares, _certain_games(paths.features, order), 1)

    def expected(self, tree: Tree) -> float:
        """Mean of a tree over them."""
        return sum(leaf.value * self._reached(tree, leaf) for leaf in tree.leaves)

    def _reached(self, tree: Tree, leaf: Leaf) -> float:
        asked = [self._places[tree.splits[node].question] for node in leaf.nodes]
        left = np.array(leaf.is_left)[:, None]
        return float((self._answers[asked] == left).all(axis=0).mean()) if asked else 1.0


@cache
def _certain_games(features: int, order: int) -> Array:
    """Games of which what is not known is met or not; one row per pattern, bit i is feature i."""
    bits = np.arange(2**features)[:, None] >> np.arange(features) & 1
    return product_games(bits.astype(float), order)


def product_games(shares: Array, order: int) -> Array:
    """Shapley values of v(S) = product over S of o times product outside S of the shares.

    Parameters
    ----------
    shares : one row per game, one column per player
    order : 1 for values of players, 2 for the index of pairs of them

    Returns
    -------
    Games x players or pairs x patterns of o in {0, 1}; bit i is player i.
    """
    games, players = shares.shape
    together = list(combinations(range(players), order))
    outcomes = (np.arange(2**players) >> np.arange(players)[:, None] & 1).astype(float)
    share = shares.T[:, :, None]
    values = np.zeros((games, len(together), outcomes.shape[1]))
    for place, some in enumerate(together):
        others = [other for other in range(players) if other not in some]
        for chosen in product((False, True), repeat=len(others)):
            known = sum(chosen)
            weight = factorial(known) * factorial(players - known - order)
            rest = np.full((games, 1), weight / factorial(players - order + 1))
            for other, is_known in zip(others, chosen, strict=True):
                rest = rest * (outcomes[other] if is_known else share[other])
            for player in some:
                rest = rest * (outcomes[player] - share[player])
            values[:, place] += rest
    return values
