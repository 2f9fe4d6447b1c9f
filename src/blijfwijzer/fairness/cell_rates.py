"""Rates of each cell of respondents, with intervals by whole units."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.rounding import ends_to_band, hide_exact, to_band
from blijfwijzer.estimation.intervals import wilson
from blijfwijzer.estimation.resampling import ENDS, Draws
from blijfwijzer.fairness.cells import Cells
from blijfwijzer.fairness.gaps import ROUNDING, compare_rates
from blijfwijzer.survey.arrays import Array, Mask, effective_ns

MEASURES = ("exclusion", "inclusion", "selection")
"""Share of people in need who are outside flagged groups (false negative rate), of people not in
need who are inside (false positive rate), and of everybody who is inside."""
_FEWEST_UNITS = 5


@dataclass(frozen=True)
class Selected:
    """Respondents and how often each draw of the bootstrap holds their unit."""

    in_need: Array
    selected: Array
    weight: Array
    draws: Draws

    def rows(self, measure: str) -> Mask:
        """Respondents in the denominator of a measure."""
        if measure == "selection":
            return np.ones(len(self.weight), dtype=bool)
        return np.asarray(self.in_need == (1 if measure == "exclusion" else 0))

    def hits(self, measure: str) -> Array:
        """Give what a measure averages, per respondent."""
        return 1 - self.selected if measure == "exclusion" else self.selected


@dataclass(frozen=True)
class _Sums:
    """A measure's denominator and numerator: one row per cell, one column per unit.

    Both hold the same places, in the same order, also where the numerator is 0.
    """

    mass: csr_array
    hits: csr_array


def too_small(people: Selected, cells: Cells, minimum: int) -> Mask:
    """Tell of which cells some measure rests on fewer people than `minimum`, or on no weight.

    Such a cell has no row of its own where rates are told, so that no gap or ratio may rest on it.
    """
    is_small = np.zeros(len(cells.names), dtype=bool)
    for measure in MEASURES:
        n, mass = _size(people, cells, people.rows(measure) & (cells.code >= 0))
        is_small |= (n < minimum) | (mass <= 0)
    return is_small


def measure_rate(
    people: Selected, cells: Cells, measure: str, minimum: int, which: tuple[Mask, Mask]
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Give a rate of each cell, and how far apart those that are told are.

    Parameters
    ----------
    which : the cells that may not be shown whatever their size, and those that are compared
    """
    hidden, compared = which
    rows = people.rows(measure) & (cells.code >= 0)
    size = len(cells.names)
    n, mass = _size(people, cells, rows)
    is_shown = (n >= minimum) & (mass > 0) & ~hidden
    # Small cells go first: a rate of few people tells of them.
    rows &= np.append(is_shown, False)[cells.code]
    sums = _add_up(people, cells, measure, rows)
    value = _rates(sums)
    drawn = _draw(sums, people.draws.times)
    square = np.bincount(cells.code[rows], weights=people.weight[rows] ** 2, minlength=size)
    effective = np.where(is_shown, effective_ns(mass, square), np.nan)
    has_units = np.bincount(sums.mass.tocoo().row, minlength=size) >= _FEWEST_UNITS
    low, high = _interval(value, drawn, n, effective, has_units)
    table = pd.DataFrame(
        {
            "group": cells.names,
            "measure": measure,
            "is_shown": is_shown,
            "value": value,
            "low": low,
            "high": high,
            "n": np.where(is_shown, n, np.nan),
            "effective_n": effective,
        }
    )
    # With the rate of another cell, how far apart they are would tell one that is withheld.
    is_told = hide_exact(pd.Series(value), pd.Series(n)).notna().to_numpy()
    shown = np.flatnonzero(is_shown & compared & is_told)
    gap: dict[str, object] = {"measure": measure, "groups": len(shown)}
    if len(shown) > 1:
        gap |= compare_rates(
            value[shown], drawn[:, shown], bool(has_units[shown].all()), len(people.draws.times)
        )
        gap |= {end: cells.names[shown[int(str(gap[end]))]] for end in ("highest", "lowest")}
        with np.errstate(invalid="ignore", divide="ignore"):
            gap |= {"gap": np.ptp(value[shown]), "ratio": value[shown].min() / value[shown].max()}
    return table, gap


def _size(people: Selected, cells: Cells, rows: Mask) -> tuple[Array, Array]:
    """Give people and weight in each cell, of some respondents."""
    code, size = cells.code[rows], len(cells.names)
    weights = people.weight[rows]
    n = np.bincount(code, minlength=size).astype(float)
    return n, np.bincount(code, weights=weights, minlength=size).astype(float)


def _add_up(people: Selected, cells: Cells, measure: str, rows: Mask) -> _Sums:
    shape = (len(cells.names), len(people.draws.times))
    place = cells.code[rows], people.draws.place[rows]
    mass, hits = people.weight[rows], people.hits(measure)[rows]
    return _Sums(
        csr_array((mass, place), shape=shape), csr_array((mass * hits, place), shape=shape)
    )


def _rates(sums: _Sums) -> Array:
    """Give the rate of each cell: a mean of its units, by weight; NaN where nobody weighs."""
    rates = np.full(sums.mass.shape[0], np.nan)
    for cell, (start, end) in enumerate(pairwise(sums.mass.indptr)):
        mass, hits = sums.mass.data[start:end], sums.hits.data[start:end]
        weighs = mass > 0
        if weighs.any():
            rates[cell] = np.average(hits[weighs] / mass[weighs], weights=mass[weighs])
    return rates


def _draw(sums: _Sums, times: Array) -> Array:
    """Rates in each draw: one row per draw, one column per cell; NaN where nobody was drawn."""
    below, above = sums.mass @ times, sums.hits @ times
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(below > 0, above / below, np.nan).T)


def _interval(
    value: Array, drawn: Array, n: Array, effective: Array, has_units: Mask
) -> tuple[Array, Array]:
    """Percentiles of the draws; Wilson's interval where all draws are the same, as at 0 or 1.

    Both as the middle of the band of n has them: a width may tell no more of it than the band.
    """
    low, high = np.full((2, len(value)), np.nan)
    for cell in np.flatnonzero(has_units & ~np.isnan(value)):
        known = drawn[:, cell][~np.isnan(drawn[:, cell])]
        if np.ptp(known) > ROUNDING:
            ends = np.quantile(known, ENDS)
            low[cell], high[cell] = ends_to_band(value[cell], (ends[0], ends[1]), n[cell])
        else:
            worth = effective[cell] / to_band(n[cell])
            low[cell], high[cell] = wilson(value[cell], worth)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)
