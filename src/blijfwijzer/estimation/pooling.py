"""Means of groups: summed up, with their errors, and pooled.

There is no model of the answers here, and so one dimension; rates of groups (`groups.rates`) pool
answers with a model in two.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.estimation.areas import FREEDOM, Areas, integrate, lay_points, nest
from blijfwijzer.estimation.design import Design, Varying, told_by_design
from blijfwijzer.estimation.intervals import Z
from blijfwijzer.estimation.means import estimate_means
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.survey.arrays import Array, effective_ns

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


def gather_areas(columns: Array, weight: Array, members: csr_array) -> Array:
    """Add up weighted columns by group: one row per group; batches may be added to each other."""
    return np.asarray(members @ (weight[:, None] * columns), dtype=float)


def summarise_means(values: Array, weight: Array, members: csr_array) -> pd.DataFrame:
    """Summarise answers per group.

    Parameters
    ----------
    values : per response; NaN where not known
    members : one row per group, one column per response

    Returns
    -------
    One row per group: n known answers, total of weights and of their squares, effective_n (Kish
    1965), mean, and the weighted variance within it, unbiased; NaN where nothing is known.
    """
    known = ~np.isnan(values)
    w = np.where(known, weight, 0.0)
    # Centring keeps the variance exact for answers far from zero.
    centre = float(np.average(values[known], weights=w[known])) if w.sum() > 0 else 0.0
    y = np.where(known, values - centre, 0.0)
    sums = gather_areas(
        np.column_stack([w > 0, w, w**2, w * y, w * y**2]), np.ones(len(w)), members
    )
    return finish_areas(sums, centre)


def finish_areas(sums: Array, centre: float) -> pd.DataFrame:
    """Turn sums into means, as `summarise_means` gives them.

    Parameters
    ----------
    sums : respondents, weight, squared weight, and weighted answers and squared answers, these less
        `centre`
    """
    n, total, squares, wy, wyy = sums.T
    safe = np.where(total > 0, total, np.nan)
    mean, effective = wy / safe, effective_ns(total, squares)
    spread = np.maximum(wyy / safe - mean**2, 0.0)
    freedom = 1 - 1 / np.where(effective > 1 + 1e-9, effective, np.nan)
    return pd.DataFrame(
        {
            "n": n.astype(int),
            "weight": total,
            "squares": squares,
            "effective_n": effective,
            "mean": mean + centre,
            "variance": spread / freedom,
        }
    )


def within_variance(areas: pd.DataFrame) -> tuple[float, float]:
    """Pool the variance between people of one unit over units; and its degrees of freedom.

    One variance for all units: that of nine people is itself mostly noise, and on a bounded scale
    it moves with their mean, which would pull pooled means towards the end of the scale.
    """
    freedom = np.maximum(areas["effective_n"].to_numpy(dtype=float) - 1, 0.0)
    known = (freedom > 0) & areas["variance"].notna().to_numpy()
    if not known.any():
        return float("nan"), 0.0
    return (
        float(np.average(areas["variance"].to_numpy()[known], weights=freedom[known])),
        float(freedom[known].sum()),
    )


def left_to_know(n: Array, people: Array | None) -> Array:
    """Share of a mean's sampling variance that remains when so many of `people` answered.

    The finite population correction (Cochran 1977, p. 24); 1 where people are not known.
    """
    if people is None:
        return np.ones(len(n))
    left = np.clip(1 - n / np.where(people > 0, people, np.nan), 1e-4, 1)
    return np.where(np.isnan(left), 1.0, left)


def sampling_variance(
    values: Array,
    areas: pd.DataFrame,
    members: csr_array,
    design: Design,
    *,
    people: Array | None = None,
    units: Varying = "drawn",
) -> tuple[Array, Array]:
    """Variance of the mean of each group of one level, and its degrees of freedom.

    With units that are `fixed` an interval tells where a mean would lie had other people of the
    same units answered: the variance is that between people within groups, over the effective
    number of them (Kish 1965). With units that are `drawn` it tells of other units as well, for
    groups that are made of several whole ones; the others lie within a unit, and stay as they are.

    Parameters
    ----------
    areas : of these groups, as `summarise_means` gives
    members : one row per group, one column per response; groups share none
    people : who work in each group; NaN or None where not known
    """
    within, freedom = within_variance(areas)
    effective = areas["effective_n"].to_numpy()
    left = left_to_know(areas["n"].to_numpy(dtype=float), people)
    variance = left * (within / np.where(effective > 0, effective, np.nan))
    df = np.full(len(areas), freedom)
    if units == "drawn":
        place = members.tocoo()
        group = np.full(len(values), -1)
        group[place.col] = place.row
        large = np.flatnonzero(told_by_design(group, len(areas), design))
        if len(large):
            found = estimate_means(values, pd.Series(group).where(np.isin(group, large)), design)
            found = found[found["se"].notna()]
            rows = found.index.to_numpy(dtype=int)
            variance[rows], df[rows] = found["se"] ** 2, found["df"]
    return variance, df


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
    spread = heavier * (found.weights @ found.variance) + found.weights @ found.centre**2
    low, high = np.quantile(made, ENDS, axis=1)
    table = pd.DataFrame(
        {
            "pooled": found.mean,
            "se": np.sqrt(spread - found.mean**2),
            "low": low,
            "high": high,
            "reliability": np.where(known, between / (between + variance), 0.0),
            "source": "pooled",
        }
    )
    return PooledMeans(table, made, between)


def pool_jointly(
    means: Array,
    within: Array,
    n: Array,
    parents: pd.Series,
    draws: int,
    rng: np.random.Generator,
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
    width = Z * se
    table = pd.DataFrame(
        {
            "pooled": mean,
            "se": se,
            "low": mean - width,
            "high": mean + width,
            "reliability": np.nan,
            "source": "direct",
        }
    )
    return PooledMeans(table, made, float("nan"))


def _widest(observed: Array, variance: Array) -> float:
    """Give the standard deviation between units up to which the likelihood has anything left."""
    noise = float(variance.mean())
    excess = max(float(observed.var(ddof=1)) - noise, 0.0)
    # With few units its tail is long.
    few = 2.5 + 15 / len(observed)
    return float(few * np.sqrt(excess + noise / np.sqrt(len(observed))))
