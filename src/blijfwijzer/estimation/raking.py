"""Weights by which respondents add up to known totals: raking, with bounds on how far each moves.

Of all weights that give the totals and stay within the bounds these are nearest to the weights that
there were, by the distance of raking: w log(w / d) - w + d (Deming & Stephan 1940; Deville &
Särndal 1992, Journal of the American Statistical Association 87, p. 376, whose distance may be
without end outside bounds). Then w = d clip(exp(sum of a number per total), low, high).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from blijfwijzer.survey.arrays import Array, Codes, Mask

_ROUNDS = 500
_CLOSE = 1e-10
_STUCK, _PATIENCE = 0.99, 25
"""Where a gap shrinks by less than a hundredth in so many rounds, no weights can close it."""
_HALVINGS, _TINY = 60, 1e-12


@dataclass(frozen=True)
class Totals:
    """What the weights of parts of the respondents are to add up to."""

    part: Codes
    """Per response."""
    people: Array
    """One per part, above zero."""


@dataclass(frozen=True)
class Raked:
    """Weights that add up to totals, as far as bounds allow."""

    weight: Array
    """One per response, above zero."""
    gap: float
    """Largest difference left, as a share of its total: not zero when no weights within the bounds
    could do it."""


def rake_to(
    weight: Array, totals: Sequence[Totals], bounds: tuple[float, float] = (0.0, np.inf)
) -> Raked:
    """Give respondents weights that add up to totals.

    They are taken in turn, each with the others as they stand, until all hold; that climbs the dual
    of the problem one block at a time, and ends where it cannot rise. The last of them hold exactly
    unless they lie outside what the bounds can reach.

    Parameters
    ----------
    weight : one per response, above zero
    totals : of the same people in all, else no weights have them
    bounds : least and most of new over old weight
    """
    free, gaps = np.zeros(len(weight)), list[float]()
    for _ in range(_ROUNDS):
        held = _weigh(weight, free, bounds)
        gaps.append(max((_miss(held, own) for own in totals), default=0.0))
        is_stuck = len(gaps) > _PATIENCE and gaps[-1] > _STUCK * gaps[-1 - _PATIENCE]
        if gaps[-1] < _CLOSE or is_stuck:
            break
        for own in totals:
            free = _fit(weight, free, own, bounds)
    return Raked(_weigh(weight, free, bounds), gaps[-1])


def _weigh(weight: Array, free: Array, bounds: tuple[float, float]) -> Array:
    return np.asarray(weight * np.clip(np.exp(free), *bounds))


def _sums(weight: Array, part: Codes, count: int) -> Array:
    inside = part >= 0
    return np.asarray(np.bincount(part[inside], weight[inside], count), dtype=float)


def _miss(weight: Array, totals: Totals) -> float:
    sums = _sums(weight, totals.part, len(totals.people))
    return float(np.abs(sums / totals.people - 1).max(initial=0.0))


def _fit(weight: Array, free: Array, totals: Totals, bounds: tuple[float, float]) -> Array:
    """Move all of a part by one number, so that its weights add up to its total."""
    part, count = totals.part, len(totals.people)
    sums = _sums(_weigh(weight, free, bounds), part, count)
    step = np.log(np.divide(totals.people, sums, out=np.ones_like(sums), where=sums > 0))
    moved = free + np.where(part >= 0, step[part], 0.0)
    is_held = _is_beyond(free, bounds) | _is_beyond(moved, bounds)
    halved = np.flatnonzero(np.isin(part, part[is_held & (part >= 0)]))
    if len(halved):
        own = Totals(part[halved], totals.people)
        moved[halved] = free[halved] + _halve(weight[halved], free[halved], own, bounds)
    return moved


def _halve(weight: Array, free: Array, totals: Totals, bounds: tuple[float, float]) -> Array:
    """Find by halving how far to move parts of which some are held by a bound."""
    part, count = totals.part, len(totals.people)
    low, high = np.full(count, 1e3), np.full(count, -1e3)
    np.minimum.at(low, part, np.log(np.maximum(bounds[0], _TINY)) - free)
    np.maximum.at(high, part, np.log(np.minimum(bounds[1], 1 / _TINY)) - free)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        tried = _weigh(weight, free + middle[part], bounds)
        is_less = _sums(tried, part, count) < totals.people
        low, high = np.where(is_less, middle, low), np.where(is_less, high, middle)
    return np.asarray(((low + high) / 2)[part])


def _is_beyond(free: Array, bounds: tuple[float, float]) -> Mask:
    factor = np.exp(free)
    return np.asarray((factor < bounds[0]) | (factor > bounds[1]))
