"""Whole units drawn again, for statistics without a formula for their error."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.variance import add_up
from blijfwijzer.survey.arrays import Array, Codes, Mask

ENDS = (0.025, 0.975)
"""Of an interval that holds 95 % of the draws."""


_NO_WEIGHT = 1e-300
"""In the place of a weight of zero, of whose sums nothing but zero can be a part."""


class Draws(NamedTuple):
    """Which whole each response lies in, and how often each whole counts in each draw."""

    place: Codes
    """Of each response."""
    times: Array
    """One row per whole, one column per draw."""

    def take(self, rows: Mask | Codes | slice) -> "Draws":
        """Give the draws of some of the responses."""
        return Draws(self.place[rows], self.times)

    def gather(self, columns: Array) -> Array:
        """Add columns up by whole; sums of batches of responses may be added to each other."""
        return add_up(columns, self.place, len(self.times))

    def finish(self, sums: Array) -> Array:
        """Totals of all responses, and then of each draw: one row each."""
        return np.vstack([sums.sum(axis=0), self.times.T @ sums])

    def means(self, values: Array, weight: Array) -> Array:
        """Weighted means of columns over all responses, and then of each draw: one row each.

        Parameters
        ----------
        values : one row per response
        weight : per response; a draw in which all of it is zero has a mean of zero
        """
        columns = weight[:, None] * np.column_stack([np.ones(len(values)), values])
        totals = self.finish(self.gather(columns))
        return np.asarray(totals[:, 1:] / np.maximum(totals[:, :1], _NO_WEIGHT))

    @property
    def each(self) -> Iterator[Array]:
        """How often each response counts, one draw after the other."""
        return (times[self.place] for times in self.times.T)

    @property
    def by_response(self) -> Array:
        """How often each response counts: one row per draw."""
        return self.times.T[:, self.place]


def draw_units(unit: Codes, draws: int, rng: np.random.Generator) -> Draws:
    """Draw as many units as there are, with replacement (Field & Welsh 2007).

    For units of one stratum that are many: a variance of these is (n - 1) / n of what it should be.
    """
    count = max(int(unit.max(initial=-1)) + 1, 1)
    times = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    return Draws(unit, times.T.astype(np.float64))


def draw_wholes(design: Design, draws: int, seed: int) -> Draws:
    """Draw units within their strata, or shift replicate weights.

    Of n units of a stratum n - 1 are drawn, each counting n / (n - 1) times as often as it was
    drawn (Rao & Wu 1988, with m = n - 1). Strata of one unit are taken together; with one unit in
    all, its respondents are drawn. Means of designs are kept: the mean over draws is 1.

    Where a survey has replicate weights each response is a whole, and each draw adds or takes the
    shift of each of them at random, so that the variance over draws of a total is that of the
    replicates (Beaumont & Patak 2012; two-point multipliers, which leave no weight of a paired
    jackknife below zero). Those of a jackknife of single units can fall a little below zero, which
    sums can bear.
    """
    rng = np.random.default_rng(seed)
    if design.shifts is not None:
        signs = rng.choice([-1.0, 1.0], size=(design.shifts.shape[1], draws))
        made = np.asarray(1 + np.sqrt(design.replicate_scale) * design.shifts @ signs)
        return Draws(np.arange(len(made)), made)
    units = design.within().units
    alone = units.sizes[units.stratum] == 1
    stratum = np.where(alone, -1, units.stratum)
    made = np.ones((len(stratum), draws))
    for one in np.unique(stratum):
        members = np.flatnonzero(stratum == one)
        count = len(members)
        if count > 1:
            drawn = rng.multinomial(count - 1, np.full(count, 1 / count), size=draws)
            made[members] = drawn.T * (count / (count - 1))
    return Draws(units.of_response, made)


def interval_of(draws: Array) -> Array:
    """Give the ends of 95 % of the draws that are known, one column each; NaN where none is."""
    if not len(draws):
        return np.full((2, *draws.shape[1:]), np.nan)
    known = ~np.isnan(draws).all(axis=0)
    return np.where(known, np.nanquantile(np.where(known, draws, 0.0), ENDS, axis=0), np.nan)
