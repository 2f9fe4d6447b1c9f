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
    """Give the mean contribution of features in each bin of their values."""
    rows = []
    for name in names:
        answers = contributed.frame[name].to_numpy()
        given = contributed.contributions.values[name].to_numpy()
        bins = answers if contributed.schema[name].is_nominal else _bin(answers, minimum)
        for place in np.unique(bins[~np.isnan(bins)]):
            here = bins == place
            if here.sum() < minimum:
                continue
            w = weight[here]
            mean = float(np.average(given[here], weights=w))
            spread = deviation(given[here], w)
            rows.append(
                {
                    "feature": name,
                    "value": np.nan if place < 0 else float(np.average(answers[here], weights=w)),
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


def measure_spread(contributed: Contributed, names: list[str], minimum: int) -> pd.DataFrame:
    """Distribution of contributions in bins of at least `minimum` respondents."""
    values = contributed.contributions.values[names]
    limit = float(np.quantile(np.abs(values.to_numpy()), 0.998)) or 1e-9
    rows = []
    for name in names:
        answers, is_nominal = (
            contributed.frame[name].to_numpy(),
            contributed.schema[name].is_nominal,
        )
        known = answers[~np.isnan(answers)]
        scaled = (answers - known.min(initial=0)) / max(np.ptp(known) if len(known) else 0, 1e-9)
        bins = np.clip(np.floor((values[name] / limit + 1) * 30), 0, 59).astype(int).to_numpy()
        for place in np.unique(bins):
            here = bins == place
            if here.sum() >= minimum:
                # The order of nominal levels means nothing, so neither would their mean.
                told = scaled[here & ~np.isnan(answers) & (not is_nominal)]
                rows.append(
                    {
                        "feature": name,
                        "contribution": ((place + 0.5) / 30 - 1) * limit,
                        "n": int(here.sum()),
                        "value": float(told.mean()) if len(told) else np.nan,
                    }
                )
    return pd.DataFrame(rows)
