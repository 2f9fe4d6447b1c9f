"""Whether a pair of dimensions finds worrying units better than other pairs, on halves."""

import numpy as np
import pandas as pd

from blijfwijzer.culture.screened import Screened
from blijfwijzer.estimation.curves import areas_under_curve
from blijfwijzer.estimation.group_means import summarise_means
from blijfwijzer.estimation.moments import standardise
from blijfwijzer.estimation.resampling import interval_of
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array

PAIR_COLUMNS = [
    *("first", "second", "is_screened", "auc", "low", "high", "rank", "rank_low", "rank_high"),
    *("factor_auc", "lead", "lead_low", "lead_high"),
]


def compare_pairs(
    seen: Screened,
    later: Screened,
    pairs: list[tuple[int, int]],
    weights: Array,
    settings: CultureSettings,
    rng: np.random.Generator,
) -> tuple[Array, Array, float]:
    """Areas of all pairs and of the general factor, one row per row of weights."""
    places = range(len(seen.dimensions))
    pooled = standardise(
        np.column_stack([seen.pool(place, 2, rng)[1].table["pooled"] for place in places])
    )
    values, vectors = np.linalg.eigh(np.cov(pooled, rowvar=False))
    factor = pooled @ vectors[:, -1]
    # A component has no direction of its own: high must be good.
    factor = factor * np.sign(np.corrcoef(factor, pooled.mean(axis=1))[0, 1])
    members = later.members(np.ones(len(later.unit), dtype=bool))
    means = np.column_stack(
        [summarise_means(column, later.weight, members)["mean"] for column in later.scores.T]
    )
    means = standardise(means)
    areas, factors = np.empty((2, len(weights), len(pairs)))
    for place, pair in enumerate(pairs):
        others = np.delete(means, pair, axis=1).mean(axis=1)
        is_worst = others <= np.quantile(others, settings.worst_share)
        score = -pooled[:, pair].mean(axis=1)
        areas[:, place] = areas_under_curve(is_worst, score, weights)
        factors[:, place] = areas_under_curve(is_worst, -factor, weights)
    return areas, factors, float(values[-1] / values.sum())


def summarise_pairs(
    names: list[str], pairs: list[tuple[int, int]], screened: set[int], areas: Array, factors: Array
) -> pd.DataFrame:
    """Rows: all units, then bootstraps; columns: pairs."""
    # Imported when used, as it takes a tenth of the time in which commands begin.
    from scipy.stats import rankdata

    low, high = interval_of(areas[1:])
    lead_low, lead_high = interval_of(areas[1:] - factors[1:])
    ranks = rankdata(-areas, method="min", axis=1)
    rank_low, rank_high = interval_of(ranks[1:])
    table = pd.DataFrame(
        {
            "first": [names[first] for first, _ in pairs],
            "second": [names[second] for _, second in pairs],
            "is_screened": [set(pair) == screened for pair in pairs],
            "auc": areas[0],
            "low": low,
            "high": high,
            "rank": ranks[0].astype(int),
            "rank_low": rank_low,
            "rank_high": rank_high,
            "factor_auc": factors[0],
            "lead": areas[0] - factors[0],
            "lead_low": lead_low,
            "lead_high": lead_high,
        }
    )
    return table.sort_values("rank", kind="stable").reset_index(drop=True)[PAIR_COLUMNS]
