"""How contributions go with the values of features, in bins of respondents that may be told."""

from itertools import combinations

import numpy as np
import pandas as pd

from blijfwijzer.drivers.contributions import Contributed
from blijfwijzer.estimation.means import deviation
from blijfwijzer.survey.arrays import Array, Codes

_BINS = 12


def _bin(values: Array, minimum: int) -> Codes:
    """Put values in bins of at least `minimum` rows, in order; missing ones in a bin of -1.

    Few distinct values keep a bin each; rare ones join a neighbour.
    """
    known = ~np.isnan(values)
    distinct = np.unique(values[known])
    if len(distinct) > _BINS:
        distinct = np.unique(np.quantile(values[known], np.linspace(0, 1, _BINS + 1)[1:]))
    bins = np.searchsorted(distinct, values[known])
    sizes = np.bincount(bins, minlength=len(distinct))
    joined = np.zeros(len(sizes), dtype=int)
    current = filled = 0
    for place, size in enumerate(sizes):
        joined[place] = current
        filled += size
        if filled >= minimum:
            current, filled = current + 1, 0
    if filled and current:
        joined = np.minimum(joined, current - 1)
    found = np.full(len(values), -1)
    found[known] = joined[np.minimum(bins, len(joined) - 1)]
    return found


def measure_dependence(
    contributed: Contributed, names: list[str], weight: Array, minimum: int
) -> pd.DataFrame:
    """Give the mean contribution of features in each bin of their values, and of no answer.

    Returns
    -------
    One row per feature and bin: value, its mean, NaN of those who did not answer; first and last,
    the values it holds; code, of the level of a nominal feature; n, contribution, low and high.
    """
    rows = []
    for name in names:
        answers, feature = contributed.frame[name].to_numpy(), contributed.schema[name]
        given = contributed.contributions.values[name].to_numpy()
        bins = np.nan_to_num(answers, nan=-1) if feature.is_nominal else _bin(answers, minimum)
        for place in np.unique(bins):
            here = bins == place
            if here.sum() < minimum:
                continue
            w, is_known = weight[here], bool(place >= 0)
            mean = float(np.average(given[here], weights=w))
            spread = deviation(given[here], w)
            rows.append(
                {
                    "feature": name,
                    "value": float(np.average(answers[here], weights=w)) if is_known else np.nan,
                    "first": float(answers[here].min()),
                    "last": float(answers[here].max()),
                    "code": feature.levels[int(place)] if feature.levels and is_known else "",
                    "n": int(here.sum()),
                    "contribution": mean,
                    "low": mean - spread,
                    "high": mean + spread,
                }
            )
    return pd.DataFrame(rows)


def measure_interactions(
    contributed: Contributed, names: list[str], weight: Array, minimum: int
) -> pd.DataFrame:
    """How much of a feature's contribution depends on another feature's value.

    For each pair: the weighted standard deviation, over cells of both features' bins, of the
    first's contribution around its mean in its own bin; averaged over both orders. It is zero
    where the probability is a sum of curves, but for the bend of the calibrated probability. Pairs
    of which no cell holds `minimum` responses are left out.
    """
    values = contributed.contributions.values
    bins = {name: _bin(contributed.frame[name].to_numpy(), minimum) + 1 for name in names}

    def depends(name: str, other: str) -> float:
        cell = bins[name] * (bins[other].max() + 1) + bins[other]
        given = values[name].to_numpy()
        own = _group_means(given, weight, bins[name])
        both = _group_means(given, weight, cell)
        enough = np.bincount(cell)[cell] >= minimum
        if not enough.any():
            return np.nan
        gap = (both[cell] - own[bins[name]])[enough]
        return float(np.sqrt(np.average(gap**2, weights=weight[enough])))

    rows = [
        {"first": a, "second": b, "strength": (depends(a, b) + depends(b, a)) / 2}
        for a, b in combinations(names, 2)
    ]
    table = pd.DataFrame(rows, columns=["first", "second", "strength"]).dropna()
    return table.sort_values("strength", ascending=False, ignore_index=True)


def _group_means(values: Array, weight: Array, group: Codes) -> Array:
    total = np.bincount(group, weights=weight)
    return np.asarray(np.bincount(group, weights=weight * values) / np.maximum(total, 1e-300))


NUMBER, LEVEL, NO_ANSWER = "number", "level", "no answer"
"""What those in a bin of contributions have: a number, a level without order, or no answer."""


def measure_spread(contributed: Contributed, names: list[str], minimum: int) -> pd.DataFrame:
    """Distribution of contributions in bins of at least `minimum` respondents.

    Returns
    -------
    One row per feature, bin and kind of answer: contribution, n, kind, and value, the mean place of
    numbers between their 5th percentile (0) and their 95th (1), as shap colours them; NaN of
    levels, whose order means nothing, and of no answer.
    """
    values = contributed.contributions.values[names]
    limit = float(np.quantile(np.abs(values.to_numpy()), 0.998)) or 1e-9
    rows = []
    for name in names:
        answers = contributed.frame[name].to_numpy()
        is_known, placed = ~np.isnan(answers), _place(answers)
        kinds = {LEVEL if contributed.schema[name].is_nominal else NUMBER: is_known}
        bins = np.clip(np.floor((values[name] / limit + 1) * 30), 0, 59).astype(int).to_numpy()
        for kind, who in {**kinds, NO_ANSWER: ~is_known}.items():
            for place in np.unique(bins[who]):
                here = who & (bins == place)
                if here.sum() >= minimum:
                    rows.append(
                        {
                            "feature": name,
                            "contribution": ((place + 0.5) / 30 - 1) * limit,
                            "n": int(here.sum()),
                            "kind": kind,
                            "value": float(placed[here].mean()) if kind == NUMBER else np.nan,
                        }
                    )
    return pd.DataFrame(rows)


def _place(answers: Array) -> Array:
    """Place numbers between percentiles, in [0, 1]; wider ones where most answered alike."""
    known = answers[~np.isnan(answers)]
    low, high = 0.0, 0.0
    for least in (5, 1, 0):
        if len(known) and low == high:
            low, high = np.percentile(known, [least, 100 - least])
    if low == high:
        return np.where(np.isnan(answers), np.nan, 0.5)
    return np.clip((answers - low) / (high - low), 0, 1)
