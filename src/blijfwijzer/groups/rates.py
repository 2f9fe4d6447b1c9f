"""One rate per group, from its own answers, the model, and the other groups.

The direct rate of a small group is noise, the model's mean misses what is special to the group. An
area-level model (Fay & Herriot 1979, here in two dimensions as in Ybarra & Lohr 2008) joins them:
the true rate and the true mean risk of groups vary together around a line, each is observed with a
sampling error, and both errors come from the same people, so their covariance counts too. How much
groups truly differ is not known either; taking it as known makes intervals too short. It is
integrated over on a grid (hierarchical Bayes; Rao & Molina 2015, chapter 10).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit, logit

Array = NDArray[np.float64]

# Grid of what is not known: standard deviation of true rates, of true mean risks, and their
# correlation. Flat priors on standard deviations (Gelman 2006) and on the correlation.
_STEPS = 9
_SHARES = np.array([0.0, 0.2, 0.4, 0.6, 0.8])
_CORRELATIONS = np.array([-0.3, 0.0, 0.3, 0.55, 0.75, 0.9, 0.97])
_FREEDOM = 8
"""Degrees of freedom of group effects: organisations that stand out do so by more than a normal
distribution has it. With normal effects 95 % intervals covered 91-94 % on FEVS 2018."""
_CELLS = 300_000
"""Groups times grid points that are worked on at a time."""
_LEAST_WEIGHT = 1e-5
_NEAR = 0.04
"""Below this rate, or above its complement, the normal scale is left for the logistic one."""
_CARRIED_NOISE = 1.0
"""Carried-over effects get this times their own variance on top, since units change in between."""


@dataclass(frozen=True)
class PooledRates:
    """What is known of each group's rate."""

    table: pd.DataFrame
    """One row per group: rate, low, high (95 %), se, in [0, 1]; source: pooled, model or carried
    over."""
    draws: Array
    """One row per group, one column per draw from what the rate may be."""


def summarise_areas(
    values: Array | None, risk: Array, weight: Array, members: csr_array
) -> pd.DataFrame:
    """Summarise answers and risks per group.

    Parameters
    ----------
    values : outcome per response: 1, 0 or NaN; None when the wave does not ask it
    risk : per response, in [0, 1]; never leaves memory
    members : one row per group, one column per response

    Returns
    -------
    One row per group: n known outcomes, effective_n (Kish 1965), direct (their weighted rate; NaN
    where there are none) and model (their weighted mean risk, or that of all members where there
    are none), var_risk and cov (pooled within
    groups: variance of risk, covariance of risk with the outcome).
    """
    known = np.ones(len(risk), dtype=bool) if values is None else ~np.isnan(values)
    w = np.where(known, weight, 0.0)
    y = np.zeros(len(risk)) if values is None else np.where(known, values, 0.0)
    total = members @ w
    safe = np.where(total > 0, total, 1.0)
    direct, model = (members @ (w * y)) / safe, (members @ (w * risk)) / safe
    n = members @ known.astype(float)
    everybody = (members @ (weight * risk)) / np.maximum(members @ weight, 1e-300)
    worth = total**2 / np.maximum(members @ w**2, 1e-300)
    worth_of_all = (members @ weight) ** 2 / np.maximum(members @ weight**2, 1e-300)
    spread = (members @ (w * risk**2)) / safe - model**2
    shared = (members @ (w * risk * y)) / safe - model * direct
    freedom = np.maximum(n - 1, 0)
    pool = np.maximum(freedom.sum(), 1)
    correct = np.where(n > 1, n / np.maximum(n - 1, 1), 0)
    return pd.DataFrame(
        {
            "n": n,
            "effective_n": np.where(total > 0, worth, worth_of_all),
            "direct": np.where(total > 0, direct, np.nan) if values is not None else np.nan,
            "model": np.where(total > 0, model, everybody),
            "var_risk": float((freedom * spread * correct).sum() / pool),
            "cov": float((freedom * shared * correct).sum() / pool),
        }
    )


def pool_rates(
    areas: pd.DataFrame, people: Array, parents: pd.Series, draws: int, seed: int
) -> PooledRates:
    """Estimate the rate of each group of one level.

    Parameters
    ----------
    areas : one row per group, as `summarise_areas` gives; groups share no people
    people : who work in each group, for the finite population correction; NaN when not known
    parents : unit above each group; groups of one parent are more alike
    draws : to take from what each rate may be

    Notes
    -----
    Fewer than three groups give no idea of how groups differ: these keep their direct rate, with
    the interval of a beta posterior under Jeffreys' prior (Brown, Cai & DasGupta 2001).
    """
    rng = np.random.default_rng(seed)
    n = areas["effective_n"].to_numpy()
    overall = float(np.average(areas["direct"], weights=areas["n"]))
    # Kish's effective number can pass n by rounding; a sample is never worth more than itself.
    left = np.where(np.isnan(people), 1.0, np.clip(1 - areas["n"] / people, 1e-4, 1))
    if len(areas) < 3:
        # From the rate as it is shown: an interval of the exact rate would tell it more finely.
        hits = areas["direct"].round(2).to_numpy() * n / left
        misses = n / left - hits
        made = rng.beta(hits[:, None] + 0.5, misses[:, None] + 0.5, (len(areas), draws))
        return _told(areas["direct"].to_numpy(), made, "direct")
    if not _NEAR < overall < 1 - _NEAR:
        return _told(*_pool_logistic(areas, n / left, draws, rng), "pooled")
    parent = pd.factorize(parents)[0]
    return _told(*_pool_normal(areas, n / left, parent, draws, rng), "pooled")


def carry_over(
    areas: pd.DataFrame, effects: pd.DataFrame, groups: pd.Index, draws: int, seed: int
) -> PooledRates:
    """Estimate rates of a wave that did not ask the outcome: model plus effects from before.

    Parameters
    ----------
    areas : one row per group; only the model's mean is used
    effects : one row per group of the wave trained on: effect on the log odds, se; and the
        standard deviation `between` of effects, for groups that are new
    groups : ids of the rows of `areas`
    """
    rng = np.random.default_rng(seed)
    known = effects.reindex(groups)
    # Smaller groups differ more than larger ones, so a level that is new gets the largest spread.
    between = float(effects["between"].max()) if len(effects) else 0.5
    effect = known["effect"].fillna(0.0).to_numpy()
    model = np.clip(areas["model"].to_numpy(dtype=float), 1e-4, 1 - 1e-4)
    sampling = areas["var_risk"] / areas["effective_n"] / (model * (1 - model)) ** 2
    variance = (
        known["se"].pow(2).fillna(between**2).to_numpy()
        + _CARRIED_NOISE * between**2
        + sampling.to_numpy()
    )
    margin = logit(model) + effect
    made = expit(
        margin[:, None] + np.sqrt(variance)[:, None] * rng.standard_normal((len(areas), draws))
    )
    return _told(expit(margin), made, "carried over")


def learn_effects(areas: pd.DataFrame, pooled: PooledRates, groups: pd.Index) -> pd.DataFrame:
    """Learn what groups add to the model's mean risk, for a later wave without outcomes.

    Returns
    -------
    One row per group: effect and se on the log odds, to two decimals, and `between`.
    """
    model = logit(np.clip(areas["model"].to_numpy(), 1e-4, 1 - 1e-4))
    moved = logit(np.clip(pooled.draws, 1e-4, 1 - 1e-4)) - model[:, None]
    effect, se = moved.mean(axis=1), moved.std(axis=1)
    between = np.sqrt(max(effect.var() + (se**2).mean(), 1e-4))
    table = pd.DataFrame({"effect": effect, "se": se, "between": between}, index=groups)
    return table.round(2)


def nonresponse_bounds(rate: Array, response: Array, odds: float) -> tuple[Array, Array]:
    """Bound rates when non-respondents have other odds of the outcome than respondents.

    With response share r and rate p among respondents, everyone's rate is r p + (1 - r) q, where
    q has `odds` times, or 1/`odds` times, the odds of p. NaN where the response is not known.
    """
    ends = [expit(logit(np.clip(rate, 1e-9, 1 - 1e-9)) + sign * np.log(odds)) for sign in (-1, 1)]
    low, high = (response * rate + (1 - response) * end for end in ends)
    return np.asarray(low), np.asarray(high)


def _told(rate: Array, draws: Array, source: str) -> PooledRates:
    low, high = np.quantile(draws, [0.025, 0.975], axis=1)
    table = pd.DataFrame(
        {
            "rate": np.clip(rate, 0, 1),
            "low": np.clip(low, 0, 1),
            "high": np.clip(high, 0, 1),
            "se": draws.std(axis=1),
            "source": source,
        }
    )
    return PooledRates(table, np.clip(draws, 0, 1))


def _pool_normal(
    areas: pd.DataFrame,
    n: Array,
    parent: NDArray[np.intp],
    draws: int,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Integrate the two-dimensional area model over a grid of its variances.

    Rates and risks are near enough to normal for their means over ten people; the sampling
    variance of a rate uses a first smoothed rate, since the direct one would be correlated with
    its own error.
    """
    observed = areas[["direct", "model"]].to_numpy()
    smooth = _first_guess(areas, n)
    within = np.empty((len(areas), 2, 2))
    within[:, 0, 0] = smooth * (1 - smooth)
    within[:, 1, 1] = np.maximum(areas["var_risk"], 1e-6)
    limit = 0.98 * np.sqrt(within[:, 0, 0] * within[:, 1, 1])
    within[:, 0, 1] = within[:, 1, 0] = np.clip(areas["cov"], -limit, limit)
    sampling = within / n[:, None, None]
    has_parents = 1 < parent.max() + 1 < len(areas)
    parent = parent if has_parents else np.zeros(len(areas), dtype=np.intp)
    grid = _between_grid(observed, sampling, has_parents)
    weights, centre, spread, prior = _grid_posterior(observed, sampling, parent, grid)
    chosen = rng.choice(len(weights), size=draws, p=weights)
    shape = (len(areas), draws)
    # The part of the error that comes from how groups differ has heavier tails than a normal one.
    of_prior = np.sqrt(prior)[:, None] * rng.standard_t(_FREEDOM, shape)
    noise = of_prior + np.sqrt(1 - prior)[:, None] * rng.standard_normal(shape)
    made = centre[chosen].T + np.sqrt(spread[chosen]).T * noise
    return np.asarray(weights @ centre, dtype=float), np.asarray(made, dtype=float)


def _first_guess(areas: pd.DataFrame, n: Array) -> Array:
    """Rate between the direct one and the model's, by a prior worth of thirty people."""
    prior = 30.0
    shift = np.average(areas["direct"] - areas["model"], weights=n)
    guess = (n * areas["direct"] + prior * (areas["model"] + shift)) / (n + prior)
    return np.asarray(np.clip(guess.to_numpy(dtype=float), 0.01, 0.99))


@dataclass(frozen=True)
class _Grid:
    """Points to integrate over."""

    between: Array
    """Covariance of true rates and true mean risks between groups."""
    share: Array
    """Part of it that lies between parents."""


def _between_grid(observed: Array, sampling: Array, has_parents: bool) -> _Grid:
    excess = observed.var(axis=0, ddof=1) - np.array(
        [sampling[:, 0, 0].mean(), sampling[:, 1, 1].mean()]
    )
    noise = np.array([sampling[:, 0, 0].mean(), sampling[:, 1, 1].mean()])
    # Up to where the prior would add nothing: three times what was seen, or the noise.
    top = 2.5 * np.sqrt(np.maximum(excess, 0) + noise / np.sqrt(len(observed)) + 1e-6)
    steps = (np.arange(_STEPS) + 0.5) / _STEPS
    rates, risks, correlations = np.meshgrid(
        steps * top[0], steps * top[1], _CORRELATIONS, indexing="ij"
    )
    between = np.empty((rates.size, 2, 2))
    between[:, 0, 0], between[:, 1, 1] = rates.ravel() ** 2, risks.ravel() ** 2
    between[:, 0, 1] = between[:, 1, 0] = (rates * risks * correlations).ravel()
    shares = _SHARES if has_parents else np.zeros(1)
    return _Grid(np.tile(between, (len(shares), 1, 1)), np.repeat(shares, len(between)))


def _grid_posterior(
    observed: Array, sampling: Array, parent: NDArray[np.intp], grid: _Grid
) -> tuple[Array, Array, Array, Array]:
    """Weight of each grid point, mean and variance of each rate there, and the prior's part.

    Points that weigh next to nothing are left out, so that thousands of groups fit in memory.
    """
    size = max(1, _CELLS // len(observed))
    parts = [slice(start, start + size) for start in range(0, len(grid.share), size)]
    log = np.concatenate([_at_points(observed, sampling, parent, grid, p)[0] for p in parts])
    weights = np.exp(log - log.max())
    kept = np.flatnonzero(weights > _LEAST_WEIGHT)
    chosen = [kept[start : start + size] for start in range(0, len(kept), size)]
    found = [_at_points(observed, sampling, parent, grid, part) for part in chosen]
    _, made, variance, left = (np.concatenate(one) for one in zip(*found, strict=True))
    weights = weights[kept] / weights[kept].sum()
    return weights, made, np.maximum(variance, 1e-12), np.clip(weights @ left, 0, 1)


def _at_points(
    observed: Array,
    sampling: Array,
    parent: NDArray[np.intp],
    grid: _Grid,
    points: slice | NDArray[np.intp],
) -> tuple[Array, Array, Array, Array]:
    """Log likelihood of grid points; mean, variance and prior's part of each rate there.

    Groups vary around the mean of their parent and parents around a common mean, which has a flat
    prior and is integrated out: that makes the likelihood the restricted one (REML; Harville 1974).
    """
    between, share = grid.between[points], grid.share[points]
    own = (1 - share)[:, None, None] * between
    above = share[:, None, None] * between
    inverse = _inverse(own[:, None] + sampling)
    count = parent.max() + 1
    precision = np.zeros((len(own), count, 2, 2))
    np.add.at(precision.swapaxes(0, 1), parent, inverse.swapaxes(0, 1))
    pulled = np.zeros((len(own), count, 2))
    pull = np.einsum("gaij,aj->gai", inverse, observed)
    np.add.at(pulled.swapaxes(0, 1), parent, pull.swapaxes(0, 1))
    spread = _inverse(precision)
    centre = np.einsum("gpij,gpj->gpi", spread, pulled)
    of_parent = _inverse(spread + above[:, None])
    of_mean = _inverse(of_parent.sum(axis=1))
    mean = np.einsum("gij,gpjk,gpk->gi", of_mean, of_parent, centre)
    apart = centre - mean[:, None]
    fit = (
        np.einsum("ai,gaij,aj->g", observed, inverse, observed)
        - np.einsum("gpi,gpij,gpj->g", centre, precision, centre)
        + np.einsum("gpi,gpij,gpj->g", apart, of_parent, apart)
    )
    log = 0.5 * (
        np.log(_det(inverse)).sum(axis=1)
        - np.log(_det(precision)).sum(axis=1)
        + np.log(_det(of_parent)).sum(axis=1)
        + np.log(_det(of_mean))
        - fit
    )
    one = np.eye(2)
    gain = np.einsum("gij,gpjk->gpik", above, of_parent)
    level = mean[:, None] + np.einsum("gpij,gpj->gpi", gain, apart)
    rest = one - gain
    unsure = above[:, None] - np.einsum("gpij,gjk->gpik", gain, above)
    unsure = unsure + np.einsum("gpij,gjk,gplk->gpil", rest, of_mean, rest)
    gain = np.einsum("gij,gajk->gaik", own, inverse)[:, :, 0]
    moved = observed - level[:, parent]
    made = level[:, parent, 0] + np.einsum("gai,gai->ga", gain, moved)
    left = np.array([1.0, 0.0]) - gain
    variance = own[:, None, 0, 0] - np.einsum("gai,gi->ga", gain, own[:, 0])
    variance = variance + np.einsum("gai,gaij,gaj->ga", left, unsure[:, parent], left)
    return log, made, variance, left[..., 0]


def _inverse(matrices: Array) -> Array:
    """Inverse of 2 by 2 matrices, the last two axes."""
    turned = np.empty_like(matrices)
    turned[..., 0, 0], turned[..., 1, 1] = matrices[..., 1, 1], matrices[..., 0, 0]
    turned[..., 0, 1], turned[..., 1, 0] = -matrices[..., 0, 1], -matrices[..., 1, 0]
    return np.asarray(turned / _det(matrices)[..., None, None])


def _det(matrices: Array) -> Array:
    return np.asarray(
        matrices[..., 0, 0] * matrices[..., 1, 1] - matrices[..., 0, 1] * matrices[..., 1, 0]
    )


def _pool_logistic(
    areas: pd.DataFrame, n: Array, draws: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Logistic-normal model for rates near 0 or 1: counts are binomial, log odds vary normally.

    Log odds of the rate = intercept + log odds of the model's mean + effect; intercept and the
    effects' standard deviation are integrated over on a grid, each rate on a grid of its own.
    """
    hits = areas["direct"].to_numpy() * n
    offset = logit(np.clip(areas["model"].to_numpy(), 1e-4, 1 - 1e-4))
    margins = np.linspace(-9, 9, 361)
    likelihood = hits[:, None] * margins - n[:, None] * np.logaddexp(0, margins)
    likelihood = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    intercepts, spreads = np.linspace(-4.0, 4.0, 81), np.linspace(0.03, 1.5, 16)
    log = np.empty((len(intercepts), len(spreads)))
    for i, intercept in enumerate(intercepts):
        for j, spread in enumerate(spreads):
            prior = _normal(margins, (offset + intercept)[:, None], spread)
            log[i, j] = np.log((likelihood * prior).sum(axis=1) + 1e-300).sum()
    weights = np.exp(log - log.max()).ravel()
    chosen = rng.choice(weights.size, size=draws, p=weights / weights.sum())
    made = np.empty((len(areas), draws))
    for point in np.unique(chosen):
        intercept, spread = intercepts[point // len(spreads)], spreads[point % len(spreads)]
        prior = _normal(margins, (offset + intercept)[:, None], spread)
        chances = np.cumsum(likelihood * prior, axis=1)
        chances /= chances[:, [-1]]
        for place in np.flatnonzero(chosen == point):
            made[:, place] = margins[
                (chances < rng.random(len(areas))[:, None]).sum(axis=1).clip(max=len(margins) - 1)
            ]
    rates = expit(made)
    return rates.mean(axis=1), rates


def _normal(points: Array, mean: Array, spread: float) -> Any:
    density = np.exp(-0.5 * ((points - mean) / spread) ** 2)
    return density / density.sum(axis=1, keepdims=True)
