"""Whether screening can be relied on: screen on one half of the respondents, look at the other.

Respondents of every unit are halved at random, many times. What one half says is then held against
what the other half, who share a unit but no mood of the moment, say of it.
"""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.culture.pair_checks import PAIR_COLUMNS, compare_pairs, summarise_pairs
from blijfwijzer.culture.screened import Screened
from blijfwijzer.culture.screened_pair import draw_pair, find_pair, is_below, within_covariance
from blijfwijzer.disclosure.rounding import band_floor
from blijfwijzer.estimation.curves import areas_under_curve
from blijfwijzer.estimation.discovery import control_discoveries
from blijfwijzer.estimation.group_means import summarise_means
from blijfwijzer.estimation.resampling import draw_units, interval_of
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.texts import Message

MEASURES = ("auc", "sensitivity", "precision", "predicted_precision", "base_rate", "listed")
"""Area under the curve of the probability of one half against what the other half says; share of
the units that the other half puts below the cut that is on the list; share of the list that the
other half puts below the cut; that share as the probabilities predict it, the noise of the other
half included; share of all units that the other half puts below the cut; units on the list."""
FEWEST_UNITS = 20
"""Units of which both halves are known, for a check to say something."""


@dataclass(frozen=True)
class ScreeningChecks:
    """How well one half of the respondents tells what the other half says."""

    measures: pd.DataFrame
    """One row per measure of `MEASURES`: value, low, high."""
    pairs: pd.DataFrame
    """One row per pair of dimensions, best first: area under the curve of the mean of the pair in
    one half against the worst quarter of units on all other dimensions in the other half, its rank
    among pairs, the same area for the first principal component of all dimensions, and the lead of
    the pair over it; each with low and high."""
    factor_share: float
    """Share of the variance between units that one general factor has, in pooled means."""
    units: int
    """Units with enough respondents in both halves."""
    reason: Message | None = None
    """Why nothing could be checked."""


def check_screening(
    screened: Screened, cluster: Codes, codebook: Codebook, settings: CultureSettings, seed: int
) -> ScreeningChecks:
    """Check the screening of units, and the pair that it rests on, by halving respondents.

    Figures are means over halvings, so that they do not depend on who fell in which half;
    intervals are percentiles of a bootstrap of whole clusters, the same in all halvings. Halves
    have half the answers of the survey: the screening itself is somewhat better than its check.

    Parameters
    ----------
    screened : units of one level, as `gather_units` gives
    cluster : per response, as in `Design`: resampled as wholes
    """
    rng = np.random.default_rng(seed)
    places = find_pair(screened.dimensions, codebook, settings)
    known = ~np.isnan(screened.scores).any(axis=1) & (screened.unit >= 0)
    sizes = np.bincount(screened.unit[known], minlength=len(screened.names))
    # By the least of their band: by one minimum after another each size would follow.
    used = np.flatnonzero(band_floor(pd.Series(sizes)) >= 2 * settings.minimum_half)
    reason = _refusal(screened, places, used, settings)
    if isinstance(places, Message) or reason is not None:
        measures = pd.DataFrame(columns=["measure", "value", "low", "high"])
        return ScreeningChecks(
            measures, pd.DataFrame(columns=PAIR_COLUMNS), float("nan"), len(used), reason
        )
    first = np.array([np.flatnonzero(known & (screened.unit == unit))[0] for unit in used])
    owner = np.unique(cluster[first], return_inverse=True)[1]
    screened = _keep(screened, used, known)
    pairs = list(combinations(range(len(screened.dimensions)), 2))
    told, areas, factors, shares = [], [], [], []
    picks = draw_units(owner, settings.bootstraps, rng).by_response
    weights = np.vstack([np.ones(len(owner)), picks])
    for _ in range(settings.splits):
        one = halve(screened.unit, rng)
        seen, later = screened.take(one), screened.take(~one)
        told.append(_check_list(seen, later, places, weights, settings, rng))
        compared = compare_pairs(seen, later, pairs, weights, settings, rng)
        areas.append(compared[0])
        factors.append(compared[1])
        shares.append(compared[2])
    names = [dimension.name for dimension in screened.dimensions]
    return ScreeningChecks(
        _summarise_measures(_mean(np.array(told))),
        summarise_pairs(names, pairs, set(places), *(_mean(np.array(a)) for a in (areas, factors))),
        float(np.mean(shares)),
        len(used),
    )


def halve(unit: Codes, rng: np.random.Generator) -> Mask:
    """Put half of each unit's responses, at random, in the first half."""
    order = np.lexsort((rng.random(len(unit)), unit))
    start = np.flatnonzero(np.append(True, np.diff(unit[order]) != 0))
    place = np.arange(len(unit)) - np.repeat(start, np.diff(np.append(start, len(unit))))
    # Which half gets the odd one out is drawn as well.
    odd = np.repeat(rng.integers(0, 2, len(start)), np.diff(np.append(start, len(unit))))
    half = np.zeros(len(unit), dtype=bool)
    half[order] = (place + odd) % 2 == 0
    return half


def _refusal(
    screened: Screened, places: list[int] | Message, used: Codes, settings: CultureSettings
) -> Message | None:
    if isinstance(places, Message):
        return places
    if len(screened.dimensions) < 3:
        return Message("screening.reason.few_dimensions", {"dimensions": len(screened.dimensions)})
    if len(used) < FEWEST_UNITS:
        return Message(
            "screening.reason.few_halves",
            {"units": len(used), "answers": 2 * settings.minimum_half, "fewest": FEWEST_UNITS},
        )
    found = draw_pair(screened, places, 2, np.random.default_rng(0))
    return found if isinstance(found, Message) else None


def _keep(screened: Screened, used: Codes, known: Mask) -> Screened:
    """Keep some units, and of these the responses that answered every dimension."""
    place = np.full(len(screened.names), -1, dtype=np.intp)
    place[used] = np.arange(len(used))
    unit = np.where(known & (screened.unit >= 0), place[screened.unit], -1)
    rows = unit >= 0
    return replace(
        screened,
        unit=unit[rows],
        names=screened.names[used],
        parents=screened.parents.iloc[used],
        scores=screened.scores[rows],
        weight=screened.weight[rows],
        reference=screened.reference[used],
    )


def _check_list(
    seen: Screened,
    later: Screened,
    places: list[int],
    weights: Array,
    settings: CultureSettings,
    rng: np.random.Generator,
) -> Array:
    """Measures of one halving, one row per row of weights."""
    found = draw_pair(seen, places, settings.draws, rng)
    if isinstance(found, Message):
        return np.full((len(weights), len(MEASURES)), np.nan)
    cut = seen.cut(settings)[:, places]
    probability = is_below(found[1], cut)
    listed = control_discoveries(probability, settings.false_share)
    means, effective, within = _half(later, places)
    is_low = np.asarray((means < cut).all(axis=1))
    # What the other half will say is the true mean and the noise of their number.
    root = np.linalg.cholesky(within)
    noise = np.einsum("ij,ujd->uid", root, rng.standard_normal(found[1].shape))
    foreseen = found[1] + noise / np.sqrt(effective)[:, None, None]
    predicted = is_below(foreseen, cut)
    return np.column_stack(
        [
            areas_under_curve(is_low, probability, weights),
            _shares(listed, weights * is_low),
            _shares(is_low, weights * listed),
            _shares(predicted, weights * listed),
            _shares(is_low, weights),
            weights @ listed,
        ]
    )


def _shares(values: NDArray[Any], weights: Array) -> Array:
    total = weights.sum(axis=1)
    return np.asarray((weights @ values) / np.where(total > 0, total, np.nan))


def _half(screened: Screened, places: list[int]) -> tuple[Array, Array, Array]:
    """Means of each unit as one half has them, their effective n, and covariance within units."""
    members = screened.members(np.ones(len(screened.unit), dtype=bool))
    areas = [
        summarise_means(screened.scores[:, place], screened.weight, members) for place in places
    ]
    means = np.column_stack([area["mean"].to_numpy() for area in areas])
    effective = areas[0]["effective_n"].to_numpy()
    return means, effective, within_covariance(screened, places, members)


def _summarise_measures(told: Array) -> pd.DataFrame:
    """Rows: all units, then bootstraps; columns: measures."""
    low, high = interval_of(told[1:])
    return pd.DataFrame({"measure": MEASURES, "value": told[0], "low": low, "high": high})


def _mean(values: Array) -> Array:
    """Mean over halvings of which the measure is known; NaN where none is."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    return np.where(
        count > 0, np.where(known, values, 0).sum(axis=0) / np.maximum(count, 1), np.nan
    )
