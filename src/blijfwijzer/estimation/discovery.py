"""Which of many groups lie above a bound, with a stated share of false ones.

The chance that a group does follows from its own answers and from how groups differ (local false
discovery; Efron 2010, chapter 5). How they differ is not known, and each way to learn it has its
own fault: the most likely distribution of any shape (Kiefer & Wolfowitz 1956; Koenker & Mizera
2014) takes noise for a bump, one with a single top (Stephens 2017) smooths over a few that stand
apart. The lower of the two chances holds where either would be too sure.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from blijfwijzer.survey.arrays import Array, Mask

_STEP = 0.005
_AT_ONCE = 5_000
"""Groups that are worked on at a time: 10 MB at all points of the grid."""
_PAIRS = 1_000_000
"""Of groups that are compared at a time: 8 MB for each number of a pair."""
_GRID = np.arange(-0.5, 0.8 + _STEP / 2, _STEP)
"""Differences of true shares from what was expected of them."""
_TOPS = (-0.06, -0.04, -0.02, 0.0, 0.02)
"""Where the single top may lie."""
_WIDTHS = (0.005, 0.02, 0.04, 0.06, 0.09, 0.13, 0.18, 0.25, 0.35, 0.9)
_ROUNDS = 300
_SETTLED = 1e-6
_SURE = 0.05
_UNHEARD = 1e-12


@dataclass(frozen=True)
class Bound:
    """What shares are held against, one per group."""

    value: Array
    se: Array
    """How well it is known."""


@dataclass(frozen=True)
class Differences:
    """How true shares of groups differ from what is expected of them, learnt from all of them."""

    priors: tuple[Array, Array]

    @classmethod
    def learn(cls, share: Array, n: Array, expected: Array) -> "Differences":
        """Learn it from groups that are alike in how they may differ.

        Parameters
        ----------
        share : of each group's own answers
        n : effective number of them, above zero
        expected : share that is expected of each group before its own answers are looked at
        """
        seen = _Binomial(n, expected).of(share)
        return cls((_any_shape(seen), _single_top(seen)))

    def chance_above(self, share: Array, n: Array, expected: Array, bound: Bound) -> Array:
        """Give the chance of each group that its true share lies above a bound.

        Parameters
        ----------
        share : one row per group; one column per share that it might have

        Returns
        -------
        As `share`: the lower of what both distributions give.
        """
        likelihood = _Binomial(n, expected)
        apart = (bound.value - expected)[:, None]
        # Half a step at least: a bound between two points of the grid is passed by part of one.
        above = _GRID - apart
        above /= np.maximum(bound.se, _STEP / 2)[:, None]
        ndtr(above, out=above)
        # So far from all others that none of them is like it: any difference is as likely.
        priors = np.maximum(np.column_stack(self.priors), _UNHEARD)
        chances = []
        for column in share.T:
            seen = likelihood.of(column)
            all_of_it = seen @ priors
            seen *= above
            chances.append((seen @ priors / all_of_it).min(axis=1))
            # Else it would be held beside that of the next share.
            del seen
        return np.column_stack(chances)


def control_discoveries(probability: Array, most: float) -> Mask:
    """Take the longest list with an expected share of false ones of at most `most`.

    In order of their chance, the mean of the complements is the false discovery rate (Newton et al.
    2004; Mueller, Parmigiani & Rice 2007).

    Parameters
    ----------
    probability : of each group that it truly lies above
    """
    order = np.argsort(-probability, kind="stable")
    false = np.cumsum(1 - probability[order]) / np.arange(1, len(order) + 1)
    listed = np.zeros(len(order), dtype=bool)
    listed[order[: int((false <= most).sum())]] = True
    return listed


def rank_intervals(value: Array, se: Array) -> tuple[Array, Array]:
    """Give the places, from the highest, that each of some groups may have: first and last.

    A group ranks below those that are surely higher and above those that are surely lower, at 95 %
    for all comparisons of one group together (Bonferroni; Mogstad et al. 2024, section 3.2). Two
    groups whose places overlap cannot be told apart by this list.
    """
    if len(value) < 2:
        return np.ones(len(value)), np.ones(len(value))
    limit = -ndtri(_SURE / 2 / (len(value) - 1))
    higher, lower = np.empty((2, len(value)))
    at_once = max(1, _PAIRS // len(value))
    for start in range(0, len(value), at_once):
        rows = slice(start, start + at_once)
        apart = value[rows, None] - value[None, :]
        error = np.sqrt(se[rows, None] ** 2 + se[None, :] ** 2)
        higher[rows] = (apart < -limit * error).sum(axis=1)
        lower[rows] = (apart > limit * error).sum(axis=1)
    return 1.0 + higher, len(value) - lower


class _Binomial:
    """Likelihood of each point of the grid for each group, at most 1.

    Its logarithm is a line in the share, of which the two coefficients are found once.
    """

    def __init__(self, n: Array, expected: Array) -> None:
        self._slope, self._none = np.empty((2, len(n), len(_GRID)))
        for start in range(0, len(n), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            true, of = expected[rows, None] + _GRID, n[rows, None]
            inside = np.clip(true, 1e-4, 1 - 1e-4)
            none = of * np.log1p(-inside)
            self._slope[rows] = of * np.log(inside) - none
            self._none[rows] = np.where((true < 0) | (true > 1), -np.inf, none)

    def of(self, share: Array) -> Array:
        """Give it for one share of each group."""
        log = share[:, None] * self._slope
        log += self._none
        log -= log.max(axis=1, keepdims=True)
        return np.asarray(np.exp(log, out=log))


def _any_shape(seen: Array) -> Array:
    return _fit(seen)[0]


def _single_top(seen: Array) -> Array:
    """Mixture of uniform distributions to either side of one top."""
    found = []
    for top in _TOPS:
        sides = [
            (sign * (_GRID - top) >= -1e-9) & (sign * (_GRID - top) <= width + 1e-9)
            for width in _WIDTHS
            for sign in (1, -1)
        ]
        parts = np.array([side / side.sum() for side in sides])
        weight, log = _fit(seen @ parts.T)
        found.append((log, weight @ parts))
    return np.asarray(max(found, key=lambda one: one[0])[1])


def _fit(seen: Array) -> tuple[Array, float]:
    """Weights of a mixture that make what was seen most likely (EM), and how likely that is.

    Parameters
    ----------
    seen : likelihood, one row per group, one column per part of the mixture
    """
    weight = np.full(seen.shape[1], 1 / seen.shape[1])
    for _ in range(_ROUNDS):
        count = weight * ((1 / (seen @ weight)) @ seen)
        made = count / count.sum()
        moved, weight = np.abs(made - weight).max(), made
        if moved < _SETTLED:
            break
    return weight, float(np.log(seen @ weight).sum())
