"""Means of groups: summed up, with their errors, and pooled.

There is no model of the answers here, and so one dimension; rates of groups (`groups.rates`) pool
answers with a model in two.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.estimation.areas import FREEDOM, Areas, integrate, lay_points, nest
from blijfwijzer.estimation.intervals import Z
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.survey.arrays import Array

FEWEST = 3
"""Fewer units than these give no idea of how units differ: they keep their own mean."""
_STEPS = 40
_SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95)
"""Grid of the part of the variance between units that lies between parents."""
_CELLS = 2_000_000
_LEAST_WEIGHT = 1e-6


@dataclass(frozen=True)
class PooledMeans:
    """What is known of the mean of each unit of one level."""

    table: pd.DataFrame
    """One row per unit: pooled, se, low, high (95 %), reliability of its own mean in [0, 1]
    (between-unit variance over that plus sampling variance; Spearman-Brown), source: pooled or
    direct."""
    draws: Array
    """One row per unit, one column per draw from what its mean may be; draws of units are
    independent of each other."""
    between: float
    """Variance of true means between units, parents' part included."""


def pool_means(
    mean: Array, variance: Array, parents: pd.Series, draws: int, rng: np.random.Generator
) -> PooledMeans:
    """Estimate the mean of each unit of one level.

    Parameters
    ----------
    mean : per unit; NaN where nobody answered: such a unit is known by its parent only
    variance : sampling variance of each mean, zero or more
    parents : unit above each; units of one parent are more alike
    """
    known = ~np.isnan(mean) & ~np.isnan(variance)
    if known.sum() < FEWEST or not (variance[known] > 0).any():
        return _own_means(mean, variance, draws, rng)
    # A unit without answers carries no information: next to nothing is as good as none.
    variance = np.where(known, np.maximum(variance, 1e-12), 1e12 * max(variance[known].max(), 1.0))
    observed = np.where(known, mean, np.mean(mean[known]))
    parent, has_parents = nest(parents)
    top = _widest(observed[known], variance[known])
    points = lay_points(np.array([top]), _STEPS, _SHARES if has_parents else (0.0,))
    areas = Areas(observed[None], variance[None, None], parent)
    found = integrate(areas, points, _CELLS, _LEAST_WEIGHT)
    chosen, shape = found.choose(draws, rng), (len(mean), draws)
    plain, heavy = rng.standard_normal(shape), rng.standard_t(FREEDOM, shape)
    made = found.draw(chosen, heavy, plain)
    between = float(found.weights @ found.points.between[0, 0])
    heavier = 1 + found.prior * (FREEDOM / (FREEDOM - 2) - 1)
    spread = heavier * found.variance + found.square
    low, high = np.quantile(made, ENDS, axis=1)
    # Rounded: variances of one band of n differ by the last bit, which would tell units apart.
    reliability = np.round(np.where(known, between / (between + variance), 0.0), 9)
    table = pd.DataFrame(
        {
            "pooled": found.mean,
            "se": np.sqrt(spread - found.mean**2),
            "low": low,
            "high": high,
            "reliability": reliability,
            "source": "pooled",
        }
    )
    return PooledMeans(table, made, between)


def pool_jointly(
    means: Array, within: Array, n: Array, parents: pd.Series, draws: int, rng: np.random.Generator
) -> Array:
    """Draw from what the means of each unit on several dimensions may jointly be.

    Answers of one person hang together, and so do true means of units. In canonical coordinates
    (those of a discriminant analysis of units; Mardia, Kent & Bibby 1979, section 12.5) neither
    do: there each dimension is pooled by itself and the draws are turned back. How much units
    differ along each coordinate is integrated over; the directions are taken as estimated.

    Parameters
    ----------
    means : one row per unit, one column per dimension; nothing missing
    within : covariance between people of one unit
    n : effective number of respondents per unit

    Returns
    -------
    Units x dimensions x draws.
    """
    root = np.linalg.cholesky(within)
    whitened = np.linalg.solve(root, means.T).T
    apart = whitened - np.average(whitened, weights=n, axis=0)
    turn = np.linalg.eigh((apart * n[:, None]).T @ apart)[1]
    made = np.stack(
        [pool_means(one, 1 / n, parents, draws, rng).draws for one in (whitened @ turn).T]
    )
    return np.asarray(np.einsum("ij,jk,kud->uid", root, turn, made))


def _own_means(mean: Array, variance: Array, draws: int, rng: np.random.Generator) -> PooledMeans:
    se = np.sqrt(variance)
    made = mean[:, None] + se[:, None] * rng.standard_normal((len(mean), draws))
    ends = {"low": mean - Z * se, "high": mean + Z * se}
    table = pd.DataFrame({"pooled": mean, "se": se, **ends, "reliability": np.nan})
    return PooledMeans(table.assign(source="direct"), made, float("nan"))


def _widest(observed: Array, variance: Array) -> float:
    """Give the standard deviation between units up to which the likelihood has anything left."""
    noise = float(variance.mean())
    excess = max(float(observed.var(ddof=1)) - noise, 0.0)
    # With few units its tail is long.
    few = 2.5 + 15 / len(observed)
    return float(few * np.sqrt(excess + noise / np.sqrt(len(observed))))
