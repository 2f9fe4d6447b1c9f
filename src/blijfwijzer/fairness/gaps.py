"""How far apart the rates of groups are, and which two differ most surely."""

from itertools import combinations

import numpy as np

from blijfwijzer.survey.arrays import Array, Codes

ROUNDING = 1e-9


def compare_rates(value: Array, drawn: Array, has_units: bool, units: int) -> dict[str, object]:
    """Compare all pairs of groups at once.

    The largest difference of several groups is above zero even by chance, so percentiles of it
    would always show one. Instead every pair gets an interval, wide enough that all hold together
    (studentised bootstrap of the maximum; Romano & Wolf 2005): the largest true difference is at
    least the largest lower end and at most the largest upper end.
    """
    first, second = (np.array(end) for end in zip(*combinations(range(len(value)), 2), strict=True))
    known = drawn[~np.isnan(drawn).any(axis=1)]
    if not has_units or 2 * len(known) < len(drawn):
        known = known[:0]
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high, surest = _band(value, known, first, second, units)
        ratio_low, ratio_high, _ = _band(np.log(value), np.log(known), first, second, units)
    ends = first[surest], second[surest]
    top = int(ends[0] if value[ends[0]] >= value[ends[1]] else ends[1])
    return {
        "gap_low": low,
        "gap_high": min(high, 1.0),
        "ratio_low": float(np.exp(-ratio_high)),
        "ratio_high": float(np.exp(-ratio_low)),
        "highest": top,
        "lowest": int(ends[0] + ends[1] - top),
    }


def _band(
    value: Array, drawn: Array, first: Codes, second: Codes, units: int
) -> tuple[float, float, int]:
    """Bounds of the largest difference and the pair that differs most surely."""
    gap = value[first] - value[second]
    largest = int(np.argmax(np.abs(gap)))
    if len(drawn) < 2 or not np.isfinite(drawn).all():
        return np.nan, np.nan, largest
    away = drawn[:, first] - drawn[:, second] - gap
    # A bootstrap of few units is too narrow by this factor (Rao & Wu 1988, section 2.4).
    error = away.std(axis=0) * np.sqrt(units / (units - 1))
    score = np.abs(away) / np.where(error > ROUNDING, error, np.inf)
    critical = float(np.quantile(score.max(axis=1), 0.95))
    lower = np.abs(gap) - critical * error
    surest = int(np.argmax(lower))
    return max(float(lower.max()), 0.0), float((np.abs(gap) + critical * error).max()), surest
