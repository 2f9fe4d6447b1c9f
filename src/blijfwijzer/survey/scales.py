"""Items to scale scores, and how consistently the items measure."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.survey.codebook import Codebook, Scale

Array = NDArray[np.float64]

LOW_RELIABILITY = 0.60
"""Below this a scale warns: too unreliable even for groups (Nunnally & Bernstein 1994, p. 264,
ask .70 for early research; .60 is the usual lower limit for exploratory work, Hair et al. 2010)."""

_ESTIMATES = [f"{name}{end}" for name in ("alpha", "omega") for end in ("", "_low", "_high")]
_SCALE_COLUMNS = ["scale", "items", "n", *_ESTIMATES, "is_low"]
_ITEM_COLUMNS = ["scale", "item", "is_reversed", "n", "item_rest"]


@dataclass(frozen=True)
class Reliability:
    """How well the items of each scale hang together."""

    scales: pd.DataFrame
    """One row per scale: items, n, alpha and omega with 95 % intervals, `is_low`."""
    items: pd.DataFrame
    """One row per item: scale, n, item-rest correlation, whether it is reversed."""


def score_scales(responses: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Score each scale as the mean of its answered items.

    Reversed items are recoded first, to low + high - answer. A response has a score when it
    answers at least the scale's minimum share of items; user-missing answers are missing, never
    a number.

    Parameters
    ----------
    responses : one row per response

    Returns
    -------
    Same rows; one column per scale, in the unit of its items.
    """
    scores = {
        scale.name: _score(recode_items(responses, scale, codebook), scale.minimum_share)
        for scale in codebook.scales.values()
    }
    return pd.DataFrame(scores, index=responses.index)


def recode_items(responses: pd.DataFrame, scale: Scale, codebook: Codebook) -> pd.DataFrame:
    """Give the items of a scale with the reversed ones turned round.

    An item that the survey lacks is missing for everybody.
    """
    items = responses.reindex(columns=list(scale.items)).astype(float)
    for item in scale.reversed:
        low, high = codebook.columns[item].span or (np.nan, np.nan)
        items[item] = low + high - items[item]
    return items


def measure_reliability(
    responses: pd.DataFrame,
    codebook: Codebook,
    bootstraps: int = 200,
    seed: int = 0,
    drawn: tuple[NDArray[np.intp], Array] | None = None,
) -> Reliability:
    """Weighted Cronbach's alpha and McDonald's omega of each scale, with 95 % intervals.

    Computed on responses that answered all items of the scale. Intervals are percentiles of a
    bootstrap over whole units (the codebook's cluster), as answers within a unit are alike.

    Parameters
    ----------
    responses : one row per response, with `weight` and the cluster's column
    drawn : unit of each response, and how often each unit counts in each draw (a row per unit), by
        who knows more of how people were asked; takes the place of `bootstraps`
    """
    if drawn is None:
        units = pd.factorize(responses[codebook.units.cluster])[0].astype(np.intp)
        count, rng = int(units.max(initial=-1)) + 1, np.random.default_rng(seed)
        counted = rng.multinomial(count, np.full(count, 1 / count), size=bootstraps).T
        drawn = units, counted.astype(float)
    units, picks = drawn
    weight = responses["weight"].to_numpy(dtype=float)
    scales, items = [], []
    for scale in codebook.scales.values():
        answers = recode_items(responses, scale, codebook)
        complete = answers.notna().all(axis=1).to_numpy()
        values = answers[complete].to_numpy()
        moments = _moments_by_unit(values, weight[complete], units[complete], len(picks))
        scales.append(_scale_row(scale, values, moments, picks))
        items += _item_rows(scale, values, weight[complete])
    return Reliability(
        pd.DataFrame(scales, columns=_SCALE_COLUMNS), pd.DataFrame(items, columns=_ITEM_COLUMNS)
    )


def cronbach_alpha(covariance: Array) -> float:
    """Cronbach's alpha (1951): k/(k-1) x (1 - sum of variances / variance of the sum).

    NaN for fewer than two items or when nothing varies.
    """
    items = len(covariance)
    total = covariance.sum()
    if items < 2 or not total > 0:
        return float("nan")
    return float(items / (items - 1) * (1 - np.trace(covariance) / total))


def mcdonald_omega(covariance: Array) -> float:
    """McDonald's omega (1999, eq. 6.20b) of a one-factor model: (sum l)^2 / ((sum l)^2 + sum u).

    Loadings l and unique variances u are fitted by unweighted least squares, as MINRES does
    (Harman & Jones 1966), on the correlations and scaled back. A factor needs three items: with
    two, loadings are not identified and are taken equal, which gives alpha of the standardised
    items (Spearman-Brown; Eisinga et al. 2013).
    """
    deviations = np.sqrt(np.diag(covariance))
    if len(covariance) < 2 or not np.all(deviations > 0):
        return float("nan")
    correlation = covariance / np.outer(deviations, deviations)
    if len(covariance) == 2:
        loadings = np.full(2, np.sqrt(max(correlation[0, 1], 0.0)))
        deviations = np.ones(2)
    else:
        loadings = _one_factor(correlation)
    common = float((loadings * deviations).sum() ** 2)
    unique = float(((1 - loadings**2) * deviations**2).sum())
    return common / (common + unique)


def _one_factor(correlation: Array) -> Array:
    """Find the loadings of one factor that reproduce the off-diagonal correlations best.

    Coordinate descent on the least-squares objective: each loading has a closed form given the
    others. Converges linearly for the few items of a scale.
    """
    off = correlation - np.diag(np.diag(correlation))
    loadings: Array = np.sqrt(np.clip(off.sum(axis=1) / max(len(off) - 1, 1), 0.01, 0.99))
    for _ in range(500):
        before = loadings.copy()
        for item in range(len(off)):
            rest = np.delete(loadings, item)
            loading = np.delete(off[item], item) @ rest / np.maximum(rest @ rest, 1e-12)
            # A Heywood case: an item cannot share more than all of its variance.
            loadings[item] = np.clip(loading, -1.0, 1.0)
        if np.abs(loadings - before).max() < 1e-10:
            break
    return np.asarray(loadings)


def _score(items: pd.DataFrame, minimum_share: float) -> pd.Series:
    # 2 of 3 items must meet a share of 2/3, whatever floating point makes of it.
    needed = np.ceil(minimum_share * items.shape[1] - 1e-9)
    return items.mean(axis=1).where(items.notna().sum(axis=1) >= needed)


def _moments_by_unit(values: Array, weight: Array, units: NDArray[np.intp], count: int) -> Array:
    """Sum weight, weighted answers and weighted products, one row per unit.

    A bootstrap of units then needs only sums of these rows.
    """
    items = values.shape[1]
    products = (values[:, :, None] * values[:, None, :]).reshape(len(values), items * items)
    columns = np.hstack([np.ones((len(values), 1)), values, products]) * weight[:, None]
    sums = [np.bincount(units, weights=column, minlength=count) for column in columns.T]
    return np.asarray(np.stack(sums, axis=1), dtype=np.float64)


def _covariance(moments: Array, items: int) -> Array:
    total, sums, products = moments[0], moments[1 : items + 1], moments[items + 1 :]
    mean = sums / total
    squares = products.reshape(items, items) / total
    covariance = squares - np.outer(mean, mean)
    # What floating point leaves of an item that everyone answered alike is no variance.
    varies = np.diag(covariance) > 1e-12 * np.diag(squares)
    return np.asarray(np.where(np.outer(varies, varies), covariance, 0.0))


def _scale_row(scale: Scale, values: Array, moments: Array, picks: Array) -> dict[str, object]:
    items = len(scale.items)
    row: dict[str, object] = {"scale": scale.name, "items": items, "n": len(values)}
    estimates = {"alpha": cronbach_alpha, "omega": mcdonald_omega}
    if len(values) < 2 or items < 2:
        return {**row, **dict.fromkeys(_ESTIMATES, np.nan), "is_low": False}
    covariance = _covariance(moments.sum(axis=0), items)
    # A draw of units that nobody answered in all of has no covariance.
    resampled = [_covariance(total, items) for total in picks.T @ moments if total[0] > 0]
    for name, estimate in estimates.items():
        row[name] = estimate(covariance)
        made = np.array([estimate(c) for c in resampled])
        # One unit gives the same sample each time: an interval of no width would mislead.
        known = (moments[:, 0] > 0).sum() > 1 and not np.isnan(made).all()
        low, high = np.nanquantile(made, [0.025, 0.975]) if known else (np.nan, np.nan)
        row[f"{name}_low"], row[f"{name}_high"] = low, high
    alpha = row["alpha"]
    return {**row, "is_low": bool(isinstance(alpha, float) and alpha < LOW_RELIABILITY)}


def _item_rows(scale: Scale, values: Array, weight: Array) -> list[dict[str, object]]:
    """Correlation of each item with the sum of the others."""
    rows: list[dict[str, object]] = []
    for place, item in enumerate(scale.items):
        rest = values.sum(axis=1) - values[:, place]
        correlation = np.nan
        if len(values) > 1 and values.shape[1] > 1:
            pair = np.cov(values[:, place], rest, aweights=weight, ddof=0)
            spread = np.sqrt(pair[0, 0] * pair[1, 1])
            correlation = float(pair[0, 1] / spread) if spread > 0 else np.nan
        rows.append(
            {
                "scale": scale.name,
                "item": item,
                "is_reversed": item in scale.reversed,
                "n": len(values),
                "item_rest": correlation,
            }
        )
    return rows
