"""Which share of what people say lies between units, with the interval of its F."""

import numpy as np
from scipy.special import fdtri

from blijfwijzer.estimation.intervals import Estimate, from_draws
from blijfwijzer.survey.arrays import Array, Codes

_GRID = 300
_AT_ONCE = 20_000
"""Numbers that are held at a time, of units and of shares that are tried: they fit in a cache."""
_PLACES = (np.arange(1000) + 0.5) / 1000


def sum_units(values: Array, unit: Codes, count: int) -> tuple[Array, Array, Array]:
    """Size, sum and sum of squares of each unit, over answers that are known."""
    known = ~np.isnan(values) & (unit >= 0)
    size = np.bincount(unit[known], minlength=count).astype(float)
    total, squares = (
        np.bincount(unit[known], column[known], minlength=count).astype(float)
        for column in (values, values**2)
    )
    return size, total, squares


def share_between(values: Array, unit: Codes, apart: int) -> Estimate:
    """Share of variance between units: ICC(1) by one-way analysis of variance.

    The value is that of Shrout & Fleiss (1979), for units of unequal size. Were the share known,
    the mean square of the units' means, each weighed by how well it is known, over that within
    units would follow F: the interval holds the shares at which what was found is no rare F (Wald
    1940; of units of equal size it is that of Searle 1971, p. 414). It needs normal answers less
    than a normal spread of units, and no bootstrap of few of them.

    Parameters
    ----------
    values : one per response; NaN where unknown
    unit : code of the unit of each response, -1 where unknown
    apart : units that differ by themselves; fewer than there are where some share a cluster

    Returns
    -------
    The share, which is below 0 where units differ less than chance has it; its draws are evenly
    spaced over what it may be.
    """
    size, total, squares = sum_units(values, unit, int(unit.max(initial=-1)) + 1)
    size, total, squares = (column[size > 0] for column in (size, total, squares))
    n, count = size.sum(), len(size)
    value = intraclass(size, total, squares)
    if count < 2 or n <= count or np.isnan(value):
        return Estimate.bare(value, int(n))
    mean = total / size
    within = float((squares - total * mean).sum() / (n - count))
    if not within > 0:
        return Estimate.bare(value, int(n))
    least = -0.999 / (size.max() - 1) if size.max() > 1 else -0.999
    shares = np.concatenate([np.linspace(least, 0, 20, endpoint=False), np.geomspace(1, 2, _GRID)])
    shares[20:] = (shares[20:] - 1) * 0.999
    parts = np.array_split(shares / (1 - shares), 1 + count * len(shares) // _AT_ONCE)
    ratio = np.concatenate([_mean_squares(odds, size, mean) for odds in parts]) / within
    free = max(min(count, apart) - 1, 1)
    drawn = fdtri(free, n - count, _PLACES[::-1])
    # The ratio falls as the share rises.
    return from_draws(value, np.interp(drawn[::-1], ratio[::-1], shares[::-1]), int(n))


def mean_share(shares: list[Estimate]) -> Estimate:
    """Mean of shares of several scores, as uncertain as if these all went together."""
    value = float(np.mean([share.value for share in shares]))
    n = min(share.n for share in shares)
    if not all(share.draws for share in shares):
        return Estimate.bare(value, n)
    return from_draws(value, np.mean([share.draws for share in shares], axis=0), n)


def intraclass(size: Array, total: Array, squares: Array) -> float:
    """ICC(1) of units with answers, of unequal size; NaN where it cannot be told."""
    n, groups = size.sum(), len(size)
    if groups < 2 or n <= groups:
        return float("nan")
    by_mean = total**2 / size
    between = float((by_mean.sum() - total.sum() ** 2 / n) / (groups - 1))
    within = float((squares - by_mean).sum() / (n - groups))
    usual = float((n - (size**2).sum() / n) / (groups - 1))
    whole = between + (usual - 1) * within
    return (between - within) / whole if whole > 0 else float("nan")


def _mean_squares(odds: Array, size: Array, mean: Array) -> Array:
    """Mean square between units, were each of `odds` the variance between them to that within."""
    weight = size / (1 + size * odds[:, None])
    centre = (weight * mean).sum(axis=1) / weight.sum(axis=1)
    squares: Array = weight * (mean - centre[:, None]) ** 2
    return np.asarray(squares.sum(axis=1) / (len(size) - 1))
