"""The variance of estimates that are sums of influences of respondents.

It follows from the totals of whole units within strata (Taylor linearisation with ultimate
clusters; Wolter 2007, chapter 6), or from replicate weights where a survey has them.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.estimation.design import Clusters, Design
from blijfwijzer.survey.arrays import Array, Codes, Mask


def covariance_of(
    estimates: Array,
    influence: Array,
    inside: Mask,
    design: Design,
    replicates: Array | None = None,
) -> tuple[Array, float]:
    """Covariance of estimates and its degrees of freedom, from influences or replicates.

    Estimates that were not worked out anew with each replicate weight move with it as their
    influences say (linearised replicates; Shao & Tu 1995, section 6.2).

    A stratum of one unit says nothing of how units differ within it: its unit is held against the
    mean of all, which is zero for influences. Degrees of freedom are units less strata, of those
    that have members (Korn & Graubard 1999, p. 209).
    """
    if design.shifts is None:
        return covariance_of_units(influence[inside], inside, design)
    apart = design.shifts.T @ influence if replicates is None else replicates - estimates
    return covariance_of_replicates(apart, design)


def covariance_of_replicates(apart: Array, design: Design) -> tuple[Array, float]:
    """Give that of estimates of which it is known how far they lie apart with each replicate."""
    return design.replicate_scale * apart.T @ apart, design.replicate_freedom


def covariance_of_units(
    influence: Array, inside: Mask, design: Design, turn: Array | None = None
) -> tuple[Array, float]:
    """Give that of sums of influences by the units that were drawn.

    Parameters
    ----------
    influence : of the responses that are inside; with `turn`, what these are by turning it
    """
    units = design.within(inside).units
    place = units.of_response[inside]
    members, totals = np.unique(place), add_up(influence, place, len(units.stratum))
    totals = totals if turn is None else totals @ turn
    freedom = float(len(members) - len(np.unique(units.stratum[members])))
    return covariance_of_totals(totals, units), freedom


def covariance_of_totals(totals: Array, units: Clusters) -> Array:
    """Covariance of sums of influences, from the totals of units.

    Parameters
    ----------
    totals : one row per unit
    """
    stratum, sizes = units.stratum, units.sizes
    mean = add_up(totals, stratum) / sizes[:, None]
    centred = totals - np.where(sizes[:, None] > 1, mean, 0.0)[stratum]
    factor = np.where(sizes > 1, sizes / np.maximum(sizes - 1, 1), 1.0)[stratum]
    return np.asarray((centred * factor[:, None]).T @ centred)


@dataclass(frozen=True)
class GroupTotals:
    """Sums of influences on a statistic of each of many groups."""

    cell: Codes
    """Group x units + unit of each total."""
    totals: Array
    """One per cell."""
    squares: Array
    """Sum of squared influences of single respondents: one per group."""
    n: Array
    """Respondents: one per group."""


def variance_by_group(
    influence: Array, group: Codes, count: int, design: Design, inside: Mask
) -> tuple[Array, Array]:
    """As `covariance_of`, for one statistic of each of many groups.

    Parameters
    ----------
    influence, group : of the responses that are inside
    """
    if design.shifts is not None:
        moved = [np.bincount(group, influence * shift, count) for shift in design.shifts[inside].T]
        variance = design.replicate_scale * np.square(moved).sum(axis=0)
        return variance, np.full(count, design.replicate_freedom)
    units = design.units
    cell, place = np.unique(
        group * np.intp(len(units.stratum)) + units.of_response[inside], return_inverse=True
    )
    totals = GroupTotals(
        cell,
        *(
            np.asarray(one, dtype=float)
            for one in (
                np.bincount(place, influence, len(cell)),
                np.bincount(group, influence**2, count),
                np.bincount(group, minlength=count),
            )
        ),
    )
    return variance_of_groups(totals, units)


def variance_of_groups(found: GroupTotals, units: Clusters) -> tuple[Array, Array]:
    """Variance of each group's statistic and its degrees of freedom.

    A group that lies within one unit is known by its respondents, as drawn one by one.
    """
    count, strata = len(found.n), len(units.sizes)
    of_cell, unit = np.divmod(found.cell, np.intp(len(units.stratum)))
    part, at = np.unique(of_cell * np.intp(strata) + units.stratum[unit], return_inverse=True)
    size, of_part = units.sizes[part % strata], part // strata
    squares = np.bincount(at, found.totals**2, len(part))
    sums = np.bincount(at, found.totals, len(part))
    spread = (squares - sums**2 / size) * size / np.maximum(size - 1, 1)
    variance = np.bincount(of_part, np.where(size > 1, spread, squares), count)
    clusters = np.bincount(of_cell, minlength=count)
    df = (clusters - np.bincount(of_part, minlength=count)).astype(float)
    one_unit = (clusters == 1) & (found.n > 1)
    single = found.squares * found.n / np.maximum(found.n - 1, 1)
    return np.where(one_unit, single, variance), np.where(one_unit, found.n - 1.0, df)


def add_up(values: Array, place: Codes, count: int | None = None) -> Array:
    """Sum rows by place; there are as many places as `count` says, or as are used."""
    rows = np.arange(len(place))
    size = int(place.max(initial=-1)) + 1 if count is None else count
    adder = csr_array((np.ones(len(place)), (place, rows)), shape=(size, len(place)))
    return np.asarray(adder @ values)
