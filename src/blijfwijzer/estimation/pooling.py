"""Means of units, each pooled with its parent and the other units.

The mean of nine answers is mostly noise. An area-level model (Fay & Herriot 1979) shrinks it as
far as it is noise: true means of units vary around the mean of their parent, parents around a
common mean, and answers scatter around each. How much units truly differ is not known either;
taking it as known makes intervals too short, so it is integrated over on a grid (hierarchical
Bayes; Rao & Molina 2015, chapter 10). Rates of groups (`groups.rates`) pool answers with a model in
two dimensions; here there is no model, and so one dimension.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import norm

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

FEWEST = 3
"""Fewer units than these give no idea of how units differ: they keep their own mean."""
_STEPS = 40
_SHARES = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 0.95])
"""Grid of the part of the variance between units that lies between parents."""
_CELLS = 2_000_000
"""Units times grid points that are worked on at a time."""
_LEAST_WEIGHT = 1e-6
_FREEDOM = 8
"""Degrees of freedom of how units differ: those that stand out do so by more than a normal
distribution has it, as with rates (`groups.rates`)."""


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
    total = np.asarray(members @ w, dtype=float)
    safe = np.where(total > 0, total, np.nan)
    mean = (members @ (w * y)) / safe
    squares = np.asarray(members @ w**2, dtype=float)
    effective = total**2 / np.where(total > 0, squares, np.nan)
    spread = np.maximum((members @ (w * y**2)) / safe - mean**2, 0.0)
    freedom = np.where(effective > 1 + 1e-9, 1 - 1 / effective, np.nan)
    return pd.DataFrame(
        {
            "n": np.asarray(members @ (w > 0).astype(float)).astype(int),
            "weight": total,
            "squares": squares,
            "effective_n": np.nan_to_num(effective),
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
    parent = pd.factorize(parents)[0].astype(np.intp)
    has_parents = 1 < parent.max() + 1 < len(mean)
    parent = parent if has_parents else np.zeros(len(mean), dtype=np.intp)
    grid = _grid(observed[known], variance[known], has_parents)
    weights, centre, spread, grid = _integrate(observed, variance, parent, grid)
    # Part of each error that comes from how units differ rather than from who answered.
    own = (grid[:, 0] ** 2 * (1 - grid[:, 1]))[:, None]
    prior = weights @ (variance / (own + variance))
    chosen = rng.choice(len(weights), size=draws, p=weights)
    noise = np.sqrt(1 - prior)[:, None] * rng.standard_normal((len(mean), draws))
    noise += np.sqrt(prior)[:, None] * rng.standard_t(_FREEDOM, (len(mean), draws))
    made = centre[chosen].T + np.sqrt(spread[chosen]).T * noise
    between = float(weights @ grid[:, 0] ** 2)
    pooled = weights @ centre
    heavier = 1 + prior * (_FREEDOM / (_FREEDOM - 2) - 1)
    se = np.sqrt(heavier * (weights @ spread) + weights @ centre**2 - pooled**2)
    low, high = np.quantile(made, [0.025, 0.975], axis=1)
    reliability = np.where(known, between / (between + variance), 0.0)
    table = pd.DataFrame(
        {
            "pooled": pooled,
            "se": se,
            "low": low,
            "high": high,
            "reliability": reliability,
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
    width = norm.ppf(0.975) * se
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


def _grid(observed: Array, variance: Array, has_parents: bool) -> Array:
    """Points to integrate over: standard deviation between units, and the parents' part of it.

    The prior is flat on the standard deviation (Gelman 2006) and on the part.
    """
    noise = float(variance.mean())
    excess = max(float(observed.var(ddof=1)) - noise, 0.0)
    # Up to where the likelihood has nothing left; with few units its tail is long.
    top = (2.5 + 15 / len(observed)) * np.sqrt(excess + noise / np.sqrt(len(observed)))
    deviations = (np.arange(_STEPS) + 0.5) / _STEPS * top
    shares = _SHARES if has_parents else np.zeros(1)
    return np.array([(deviation, share) for share in shares for deviation in deviations])


def _integrate(
    observed: Array, variance: Array, parent: Codes, grid: Array
) -> tuple[Array, Array, Array, Array]:
    """Weight of each grid point that matters, mean and variance of each unit there."""
    size = max(1, _CELLS // len(observed))
    above = _indicate(parent)
    found: list[Any] = [
        _at_points(observed, variance, parent, above, grid[start : start + size])
        for start in range(0, len(grid), size)
    ]
    log = np.concatenate([part[0] for part in found])
    weights = np.exp(log - log.max())
    kept = weights > _LEAST_WEIGHT
    centre, spread = (np.concatenate([part[place] for part in found])[kept] for place in (1, 2))
    weights = weights[kept] / weights[kept].sum()
    return weights, centre, np.maximum(spread, 0.0), grid[kept]


def _indicate(parent: Codes) -> csr_array:
    columns = np.arange(len(parent))
    return csr_array((np.ones(len(parent)), (parent, columns)))


def _at_points(
    observed: Array, variance: Array, parent: Codes, above: csr_array, grid: Array
) -> tuple[Array, Array, Array]:
    """Log likelihood of grid points; mean and variance of each unit there.

    The common mean has a flat prior and is integrated out, which makes the likelihood the
    restricted one (REML; Harville 1974).
    """
    between, share = grid[:, 0] ** 2, grid[:, 1]
    own, upper = (between * (1 - share))[:, None], (between * share)[:, None]
    precision = 1 / (own + variance)
    of_parent = np.asarray((above @ precision.T).T)
    centre = np.asarray((above @ (precision * observed).T).T) / of_parent
    marginal = 1 / (1 / of_parent + upper)
    total = marginal.sum(axis=1, keepdims=True)
    mean = (marginal * centre).sum(axis=1, keepdims=True) / total
    scatter = (precision * (observed - centre[:, parent]) ** 2).sum(axis=1)
    scatter += (marginal * (centre - mean) ** 2).sum(axis=1)
    log = 0.5 * (
        np.log(precision).sum(axis=1)
        - np.log(of_parent).sum(axis=1)
        + np.log(marginal).sum(axis=1)
        - np.log(total[:, 0])
        - scatter
    )
    gain = upper * marginal
    level = mean + gain * (centre - mean)
    unsure = upper * (1 - gain) + (1 - gain) ** 2 / total
    trust = own * precision
    made = level[:, parent] + trust * (observed - level[:, parent])
    spread = own * (1 - trust) + (1 - trust) ** 2 * unsure[:, parent]
    return log, made, spread
