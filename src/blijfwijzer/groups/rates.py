"""One rate per group, from its own answers, the model, and the other groups.

The direct rate of a small group is noise, the model's mean misses what is special to the group. An
area-level model (Fay & Herriot 1979, here in two dimensions as in Ybarra & Lohr 2008) joins them:
the true rate and the true mean risk of groups vary together around a line, each is observed with a
sampling error, and both errors come from the same people, so their covariance counts too. How much
groups truly differ is integrated over (`estimation.areas`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit, logit

from blijfwijzer.disclosure.rounding import to_band
from blijfwijzer.estimation.areas import FREEDOM, Areas, integrate, lay_points, nest
from blijfwijzer.estimation.counts import pool_counts
from blijfwijzer.estimation.design import Varying
from blijfwijzer.estimation.fixed_point import FixedSums
from blijfwijzer.estimation.group_means import sampling_variance, summarise_means, within_variance
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.survey.arrays import Array, Mask, effective_ns

_STEPS = 9
_SHARES = (0.0, 0.2, 0.4, 0.6, 0.8)
_CORRELATIONS = (-0.3, 0.0, 0.3, 0.55, 0.75, 0.9, 0.97)
"""Grid of the correlation of true rates and true mean risks."""
_CELLS = 300_000
_LEAST_WEIGHT = 1e-5
FEWEST_POOLED = 3
"""Groups of a level; fewer give no idea of how groups differ."""
_AT_ONCE = 5_000
"""Groups whose draws are worked on at a time: 40 MB of a thousand each."""
_NEAR = 0.04
"""Below this rate, or above its complement, the normal scale is left for the logistic one."""
_PERCENT = 0.01
_CARRIED_NOISE = 1.0
"""Carried-over effects get this times their own variance on top, since units change in between."""


@dataclass(frozen=True)
class PooledRates:
    """What is known of each group's rate."""

    table: pd.DataFrame
    """One row per group: rate, low, high (95 %), se, in [0, 1]; source: pooled, direct, model
    or carried over."""
    draws: NDArray[np.floating[Any]]
    """One row per group, one column per draw from what the rate may be; of all groups together in
    four bytes each, to one in ten million."""

    def as_shown(self) -> "PooledRates":
        """Give rates of own answers as they are shown, in whole percentages.

        Groups are held against these: by how surely others exceed it, at one margin after another,
        such a rate would follow to the person.
        """
        rate, source = self.table["rate"], self.table["source"]
        shown = rate.where(source != "direct", rate.round(2))
        return replace(self, table=self.table.assign(rate=shown))


def summarise_areas(
    predictions: Predictions, members: csr_array, *, units: Varying = "fixed"
) -> pd.DataFrame:
    """Summarise answers and risks per group.

    With units that are `fixed` the intervals that follow tell where a rate would lie had other
    people of the same units answered; with `drawn` ones also other units, for groups of several
    (see `sampling_variance`).

    Parameters
    ----------
    predictions : no outcome is known when the wave does not ask it
    members : one row per group, one column per response

    Returns
    -------
    One row per group: n known outcomes, effective_n (Kish 1965), direct (their weighted rate; NaN
    where there are none) and model (their weighted mean risk, or that of all members where there
    are none), var_risk and cov (pooled within
    groups: variance of risk, covariance of risk with the outcome). Where no outcome is known at
    all, n counts everybody.
    """
    areas = finish_rates(gather_rates(predictions, members))
    if np.isnan(predictions.values).all():
        return areas
    if units == "drawn":
        means = summarise_means(predictions.values, predictions.design.weight, members)
        variance, _ = sampling_variance(predictions.values, means, members, predictions.design)
        worth = within_variance(means)[0] / np.where(variance > 0, variance, np.nan)
        areas["effective_n"] = np.fmin(worth, areas["effective_n"])
    return areas


class RateTerm(IntEnum):
    """Column of what rates are made of: w weights, y outcomes (1 or 0), r risks in [0, 1]."""

    KNOWN_WEIGHT = 0
    """Sum of w of known outcomes; the next four of wy, wr, wr^2 and wry of these."""
    WITH = 1
    KNOWN_RISK = 2
    KNOWN_RISK_SQUARES = 3
    RISK_WITH = 4
    WEIGHT = 5
    """Sum of w of all; the next two of wr and wr^2."""
    RISK = 6
    RISK_SQUARES = 7
    KNOWN = 8
    """Known outcomes, and their w^2; all responses, and theirs."""
    KNOWN_SQUARES = 9
    PEOPLE = 10
    SQUARES = 11


_OF_OUTCOMES = [
    *(RateTerm.KNOWN_WEIGHT, RateTerm.WITH, RateTerm.KNOWN_RISK, RateTerm.KNOWN_RISK_SQUARES),
    *(RateTerm.RISK_WITH, RateTerm.KNOWN, RateTerm.KNOWN_SQUARES),
]


def rate_terms(values: Array, risk: Array, weight: Array) -> Array:
    """Give what each response adds to what rates are made of.

    Returns
    -------
    One row per response, one column per `RateTerm`.
    """
    known = ~np.isnan(values)
    y, one = np.where(known, values, 0.0), np.ones(len(risk))
    columns = np.column_stack([one, y, risk, risk**2, risk * y])
    of_known = columns * np.where(known, weight, 0.0)[:, None]
    of_all = columns[:, [0, 2, 3]] * weight[:, None]
    squares = np.column_stack([known, known * weight**2, one, weight**2])
    return np.hstack([of_known, of_all, squares])


def gather_rates(predictions: Predictions, members: csr_array) -> Array:
    """Add up what rates are made of, exactly, so that the order of responses plays no part.

    Returns
    -------
    One row per group, one column per `RateTerm`; batches may be added to each other.
    """
    terms = rate_terms(predictions.values, predictions.risk, predictions.design.weight)
    return FixedSums.of(terms, members).to_float()


def forget_outcome(sums: Array) -> Array:
    """Give sums as they are where nobody's outcome is known."""
    left = sums.copy()
    left[:, _OF_OUTCOMES] = 0.0
    return left


def weight_in(sums: Array) -> Array:
    """Give the weight of each group that its rate rests on: everyone's where nobody was asked."""
    is_asked = sums[:, RateTerm.KNOWN].any()
    return sums[:, RateTerm.KNOWN_WEIGHT if is_asked else RateTerm.WEIGHT]


def finish_rates(sums: Array) -> pd.DataFrame:
    """Turn sums of groups, that of everyone among them, into what `summarise_areas` gives."""
    total, wy, wr, wrr, wry, everybody, risk, risks, n, squares, people, all_squares = sums.T
    is_asked = bool(n.any())
    if not is_asked:
        total, wr, wrr, n, squares = everybody, risk, risks, people, all_squares
    is_known = total > 0
    safe = np.where(is_known, total, 1.0)
    direct, model = wy / safe, wr / safe
    freedom = np.maximum(n - 1, 0)
    pool = np.maximum(freedom.sum(), 1)
    correct = freedom * np.where(n > 1, n / np.maximum(n - 1, 1), 0)
    kish = np.where(is_known, effective_ns(total, squares), effective_ns(everybody, all_squares))
    return pd.DataFrame(
        {
            "n": n,
            "effective_n": kish,
            "direct": np.where(is_known & is_asked, direct, np.nan),
            "model": np.where(is_known, model, risk / np.maximum(everybody, 1e-300)),
            "var_risk": float((correct * (wrr / safe - model**2)).sum() / pool),
            "cov": float((correct * (wry / safe - model * direct)).sum() / pool),
        }
    )


def rest_on_own(levels: pd.Series, asked: Mask) -> Mask:
    """Say of each group whether its rate is that of its own answers, since too few are pooled.

    Parameters
    ----------
    levels : of each group; those of one level are pooled
    asked : whether the answers of anybody in it are known
    """
    pooled = pd.Series(asked, index=levels.index).groupby(levels).transform("sum").to_numpy()
    return np.asarray(asked & (pooled < FEWEST_POOLED))


def pool_rates(areas: pd.DataFrame, parents: pd.Series, draws: int, seed: int) -> PooledRates:
    """Estimate the rate of each group of one level.

    It is the rate of the group as it is, with whoever may work there: how many do, and that most of
    them answered, makes it no better known. A correction for a finite population would tell of
    these very persons, while a flag, a voucher or a later wave asks whether others in their place
    would differ too (Deming 1953; Graubard & Korn 2002, Statistical Science 17, p. 73).

    Parameters
    ----------
    areas : one row per group, as `summarise_areas` gives; groups share no people
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
    if len(areas) < FEWEST_POOLED:
        # From the rate as it is shown: an interval of the exact rate would tell it more finely.
        hits = areas["direct"].round(2).to_numpy() * n
        misses = n - hits
        made = rng.beta(hits[:, None] + 0.5, misses[:, None] + 0.5, (len(areas), draws))
        return tell_rates(areas["direct"].to_numpy(), made, "direct")
    if not _NEAR < overall < 1 - _NEAR:
        made = pool_counts(areas["direct"].to_numpy(), n, areas["model"].to_numpy(), draws, rng)
        return tell_rates(made.mean(axis=1), made, "pooled")
    return tell_rates(*_pool_normal(areas, n, parents, draws, rng), "pooled")


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
    return tell_rates(expit(margin), made, "carried over")


def learn_effects(areas: pd.DataFrame, pooled: PooledRates, groups: pd.Index) -> pd.DataFrame:
    """Learn what groups add to the model's mean risk, for a later wave without outcomes.

    From rates and mean risks in whole percentages, as they are shown, with what that costs, and
    errors as of the middle of the band of who answered: finer ones would tell the counts of groups
    of hundreds, of which a percentage leaves several.

    Returns
    -------
    One row per group: effect and se on the log odds, to two decimals, and `between`.
    """
    known = (pooled.table["rate"].to_numpy(), areas["model"].to_numpy())
    rate, model = (np.clip(one.round(2), _PERCENT / 2, 1 - _PERCENT / 2) for one in known)
    effect = logit(rate) - logit(model)
    moved = logit(np.clip(pooled.draws.astype(float), 1e-4, 1 - 1e-4)).var(axis=1)
    rounded = sum((_PERCENT / (one * (1 - one))) ** 2 / 12 for one in (rate, model))
    se = np.sqrt(moved * to_band(areas["n"].to_numpy(dtype=float)) + rounded)
    between = np.sqrt(max(effect.var() + (se**2).mean(), 1e-4))
    table = pd.DataFrame({"effect": effect, "se": se, "between": between}, index=groups)
    return table.round(2)


def nonresponse_bounds(
    low: Array, high: Array, response: Array, odds: float
) -> tuple[Array, Array]:
    """Bound rates when non-respondents have other odds of the outcome than respondents.

    With response share r and rate p among respondents, everyone's rate is r p + (1 - r) q, where
    q has `odds` times, or 1/`odds` times, the odds of p. Neither p nor the odds are known: the
    lower bound is that of the lower end of the interval of p, the upper one that of the upper end,
    which holds everyone's rate at least as often as the interval holds p (Vansteelandt et al. 2006;
    Imbens & Manski 2004).

    Parameters
    ----------
    low, high : ends of the interval of each rate among respondents
    response : share that responded; NaN where not known, as the bounds then are
    """
    ends = []
    for rate, sign in ((low, -1), (high, 1)):
        other = expit(logit(np.clip(rate, 1e-9, 1 - 1e-9)) + sign * np.log(odds))
        ends.append(np.asarray(response * rate + (1 - response) * other))
    return ends[0], ends[1]


def tell_rates(rate: Array, draws: Array, source: str | Array) -> PooledRates:
    """Give rates with the intervals that draws have.

    Parameters
    ----------
    draws : one row per group, one column per draw; cut off at 0 and 1 in place, as draws of a
        hundred thousand groups are a gigabyte
    source : from what they were estimated; one per group where they differ
    """
    ends, se = np.empty((len(draws), 2)), np.empty(len(draws))
    for rows in _parts(len(draws)):
        ends[rows], se[rows] = np.quantile(draws[rows], ENDS, axis=1).T, draws[rows].std(axis=1)
    table = pd.DataFrame(
        {
            "rate": np.clip(rate, 0, 1),
            "low": np.clip(ends[:, 0], 0, 1),
            "high": np.clip(ends[:, 1], 0, 1),
            "se": se,
            "source": source,
        }
    )
    return PooledRates(table, np.clip(draws, 0, 1, out=draws))


def _parts(groups: int) -> Iterator[slice]:
    for start in range(0, groups, _AT_ONCE):
        yield slice(start, start + _AT_ONCE)


def _pool_normal(
    areas: pd.DataFrame, n: Array, parents: pd.Series, draws: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Pool rates and risks together.

    Both are near enough to normal for their means over ten people. Rates are weighed by one
    sampling variance between people for all: by that of its own rate a low group would weigh more,
    which drew all rates down. How well each is known does follow from its own rate, a smoothed one,
    since the direct one would be correlated with its own error.
    """
    observed = areas[["direct", "model"]].to_numpy().T
    smooth = _first_guess(areas, n)
    own, within = smooth * (1 - smooth), np.empty((2, 2, len(areas)))
    common = float(np.average(own, weights=n))
    within[0, 0], within[1, 1] = common, np.maximum(areas["var_risk"], 1e-6)
    limit = 0.98 * np.sqrt(within[0, 0] * within[1, 1])
    within[0, 1] = within[1, 0] = np.clip(areas["cov"], -limit, limit)
    sampling = within / n
    parent, has_parents = nest(parents)
    noise = np.array([sampling[0, 0].mean(), sampling[1, 1].mean()])
    excess = np.maximum(observed.var(axis=1, ddof=1) - noise, 0)
    # Up to where the prior would add nothing: what was seen, or the noise.
    tops = 2.5 * np.sqrt(excess + noise / np.sqrt(len(areas)) + 1e-6)
    points = lay_points(tops, _STEPS, _SHARES if has_parents else (0.0,), _CORRELATIONS)
    found = integrate(Areas(observed, sampling, parent), points, _CELLS, _LEAST_WEIGHT)
    chosen = found.choose(draws, rng)
    heavy = rng.standard_t(FREEDOM, (len(areas), draws))
    # Of a posterior variance the part that comes from its answers scales with their variance.
    ratio = own / common
    wider = np.sqrt(ratio / (1 - found.prior + ratio * found.prior))
    mean, made = found.mean[:, None], found.draw(chosen, heavy, rng)
    for rows in _parts(len(made)):
        made[rows] = mean[rows] + wider[rows, None] * (made[rows] - mean[rows])
    return found.mean, made


def _first_guess(areas: pd.DataFrame, n: Array) -> Array:
    """Rate between the direct one and the model's, by a prior worth of thirty people."""
    prior = 30.0
    shift = np.average(areas["direct"] - areas["model"], weights=n)
    guess = (n * areas["direct"] + prior * (areas["model"] + shift)) / (n + prior)
    return np.asarray(np.clip(guess.to_numpy(dtype=float), 0.01, 0.99))
