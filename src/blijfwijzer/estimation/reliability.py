"""How consistently the items of a scale measure, with intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.estimation.design import Design, Varying
from blijfwijzer.estimation.factors import load_items
from blijfwijzer.estimation.intervals import Estimate, linearise
from blijfwijzer.estimation.moments import (
    count_moments,
    covariances,
    finish_moments,
    gather_moments,
)
from blijfwijzer.estimation.resampling import Draws, draw_wholes, interval_of
from blijfwijzer.estimation.sums import Sums
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook, Scale
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.scales import recode_in_parts

LOW_RELIABILITY = 0.60
"""Below this a scale warns: too unreliable even for groups (Nunnally & Bernstein 1994, p. 264,
ask .70 for early research; .60 is the usual lower limit for exploratory work, Hair et al. 2010)."""

_ROUNDING = 1e-12
"""Share of the variance of the items below which that of a sum of them is rounding. Ours."""
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


def measure_reliability(
    responses: Responses,
    codebook: Codebook,
    design: Design,
    *,
    draws: int = 200,
    seed: int = 0,
    units: Varying = "drawn",
) -> Reliability:
    """Weighted Cronbach's alpha and McDonald's omega of each scale, with 95 % intervals.

    Computed on responses that answered all items of the scale. With units that are `drawn` an
    interval tells where alpha would lie had other units been asked, such as those of another
    survey of the same population, since answers within a unit are alike; with units that are
    `fixed`, had other people of the same units answered.
    """
    drawn = draw_wholes(design.vary(units), draws, seed)
    scales, items = [], []
    for scale in codebook.scales.values():
        sums = _gather(scale, responses, codebook, design.weight, drawn)
        n, wholes = count_moments(sums)
        covariance, by_draw = finish_moments(sums, drawn)
        # One unit gives the same sample each time: an interval of no width would mislead.
        scales.append(_scale_row(scale, n, covariance, by_draw[: None if wholes > 1 else 0]))
        items += _item_rows(scale, n, covariance)
    return Reliability(
        pd.DataFrame(scales, columns=_SCALE_COLUMNS), pd.DataFrame(items, columns=_ITEM_COLUMNS)
    )


def cronbach_alpha(covariances: Array) -> Array:
    """Cronbach's alpha (1951): k/(k-1) x (1 - sum of variances / variance of the sum).

    NaN for fewer than two items or when nothing varies.

    Parameters
    ----------
    covariances : of items with items, or several such matrices, one after the other

    Returns
    -------
    One alpha per matrix.
    """
    items = covariances.shape[-1]
    total = covariances.sum(axis=(-2, -1))
    if items < 2:
        return np.full_like(total, np.nan)
    own = np.trace(covariances, axis1=-2, axis2=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, items / (items - 1) * (1 - own / total), np.nan)


def mcdonald_omega(covariances: Array) -> Array:
    """McDonald's omega of a one-factor model that is fitted to correlations and scaled back.

    With two items it is alpha of the standardised items (Spearman-Brown; Eisinga et al. 2013).
    Given and returned as by `cronbach_alpha`.
    """
    items = covariances.shape[-1]
    deviations = np.sqrt(np.diagonal(covariances, axis1=-2, axis2=-1))
    is_known = np.asarray((deviations > 0).all(axis=-1))
    if items < 2:
        return np.full(is_known.shape, np.nan)
    # Of what is not known, one that is: items of their own, in deviations of one.
    covariances = np.where(is_known[..., None, None], covariances, np.eye(items))
    deviations = np.where(is_known[..., None], deviations, 1.0)
    correlations = covariances / (deviations[..., :, None] * deviations[..., None, :])
    loadings = load_items(correlations)
    if items == 2:
        deviations = np.ones_like(deviations)
    omega = omega_of(loadings * deviations, (1 - loadings**2) * deviations**2)
    return np.where(is_known, omega, np.nan)


def omega_of(loadings: Array, unique: Array) -> Array:
    """Share of a sum's variance that its items have in common (McDonald 1999, eq. 6.20b).

    With loadings l and unique variances u: (sum l)^2 / ((sum l)^2 + sum u), by the last axis.
    """
    common = loadings.sum(axis=-1) ** 2
    return np.asarray(common / (common + unique.sum(axis=-1)))


def estimate_item_rest(answers: Array, place: int, design: Design) -> Estimate:
    """Correlate an item with the sum of the others, with its error by whole units.

    By the influence of each respondent on a correlation (Devlin, Gnanadesikan & Kettenring 1975).

    Parameters
    ----------
    answers : one row per response, one column per item of a scale, reversed ones turned round
    place : of the item
    """
    complete = np.asarray(~np.isnan(answers).any(axis=1))
    values, part = answers[complete], design.take(complete)
    if len(values) < 2:
        return Estimate.bare(n=len(values))
    share = part.weight / part.weight.sum()
    everyone = Draws(np.zeros(len(values), dtype=np.intp), np.ones((1, 0)))
    r = _correlate_with_rest(covariances(values, part.weight, everyone)[0], place)
    if np.isnan(r):
        return Estimate.bare(n=len(values))
    pair = np.column_stack([values[:, place], values.sum(axis=1) - values[:, place]])
    centred = pair - share @ pair
    own, rest = (centred / np.sqrt(share @ centred**2)).T
    return linearise(r, share * (own * rest - r * (own**2 + rest**2) / 2), part, len(values))


def _gather(
    scale: Scale, responses: Responses, codebook: Codebook, weight: Array, draws: Draws
) -> Sums:
    """Add up a scale over batches of responses, of which the items are numbers at a time."""
    sums = Sums.empty()
    for rows, items in recode_in_parts(responses, scale, codebook):
        sums = sums.merge(gather_moments(items.to_numpy(), weight[rows], draws.take(rows)))
    return sums


def _scale_row(scale: Scale, n: int, covariance: Array, drawn: Array) -> dict[str, object]:
    row: dict[str, object] = {
        "scale": scale.name,
        "items": len(scale.items),
        "n": n,
        "is_low": False,
    }
    if n < 2 or len(scale.items) < 2:
        return row
    for name, estimate in (("alpha", cronbach_alpha), ("omega", mcdonald_omega)):
        row[name] = float(estimate(covariance))
        row[f"{name}_low"], row[f"{name}_high"] = interval_of(estimate(drawn))
    return row | {"is_low": bool(cronbach_alpha(covariance) < LOW_RELIABILITY)}


def _item_rows(scale: Scale, n: int, covariance: Array) -> list[dict[str, object]]:
    """Correlation of each item with the sum of the others."""
    return [
        {
            "scale": scale.name,
            "item": item,
            "is_reversed": item in scale.reversed,
            "n": n,
            "item_rest": _correlate_with_rest(covariance, place) if n > 1 else np.nan,
        }
        for place, item in enumerate(scale.items)
    ]


def _correlate_with_rest(covariance: Array, place: int) -> float:
    """Correlate an item with the sum of the others; NaN where one of them does not vary."""
    own, every = covariance[place, place], covariance[place].sum()
    rest = covariance.sum() - 2 * every + own
    varies = own > 0 and rest > _ROUNDING * np.trace(covariance)
    return float((every - own) / np.sqrt(own * rest)) if varies else float("nan")
