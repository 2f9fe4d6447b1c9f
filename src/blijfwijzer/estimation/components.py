"""At which level of units people differ.

Variance components of nested levels are those of Henderson's first method (1953) with weights:
sums of squares of unit means at each level are set equal to what they are expected to be. That
needs sums of weights only, no normal distribution, and no iteration. Intervals leave out groups of
whole units in turn (a delete-a-group jackknife; Kott 2001).
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtrit

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.survey.arrays import Array, Codes

Absence = Literal["", "too few", "one answer", "one unit", "same units", "one each"]

PERSON = "person"
"""Name of what differs between people of the smallest unit, answer noise included."""
_GROUPS = 80
_NOTHING = 1e-9


def split_variance(values: Array, units: pd.DataFrame, design: Design, seed: int) -> pd.DataFrame:
    """Split the variance of a score over nested levels of units.

    icc1 is the share of variance between units of a level, whatever is above it (the correlation
    of two of its members; Shrout & Fleiss 1979); icc2 the reliability of the mean of a unit of
    usual size. With one level and equal weights both are those of an analysis of variance (Bliese
    2000). Estimates below zero count as zero, but for `variance` itself.

    Parameters
    ----------
    values : one per response; NaN where unknown
    units : one row per response, one column per level, from large to small; a response that
        misses one is left out

    Returns
    -------
    One row per level and `person`: units, variance, share, icc1, icc2, each with low and high where
    it is an estimate; `reason` why a level has none.
    """
    inside = (~np.isnan(values) & units.notna().all(axis=1).to_numpy()).nonzero()[0]
    part = design.take(inside)
    codes, reasons = _nested(units.iloc[inside])
    empty = _empty(units, codes, reasons)
    if len(inside) < 2 or np.ptp(values[inside]) == 0:
        told = "too few" if len(inside) < 2 else "one answer"
        return empty.assign(reason=empty["reason"].where(empty["reason"] != "", told))
    kept = [level for level, reason in reasons.items() if not reason]
    cells = _gather(values[inside], part, codes[kept], seed)
    whole = _estimate(cells, np.ones(cells.groups), kept)
    left = [_estimate(cells, 1.0 - np.eye(cells.groups)[g], kept) for g in range(cells.groups)]
    return _tell(empty, whole, left, kept)


def _nested(units: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Absence]]:
    """Codes of units within the units above them, and why a level cannot be told from others."""
    codes, reasons = {}, dict[str, Absence]()
    above, known = np.zeros(len(units), dtype=np.intp), 1
    for level in units.columns:
        code = pd.factorize(units[level])[0]
        own = _relabel(above * np.intp(code.max(initial=0) + 1) + code)
        count = int(own.max(initial=-1)) + 1
        reason: Absence = ""
        if count < 2:
            reason = "one unit"
        elif count == known:
            reason = "same units"
        elif count == len(units):
            reason = "one each"
        codes[level], reasons[str(level)] = own, reason
        above, known = own, max(count, known)
    return pd.DataFrame(codes), reasons


@dataclass(frozen=True)
class _Cells:
    """Sums of the respondents of the smallest unit that are left out together."""

    sums: Array
    """One row per cell: weight, squared weight, weighted score, weighted squared score."""
    unit: Codes
    """One row per cell, one column per level."""
    group: Codes
    """What is left out together."""
    groups: int


def _gather(values: Array, design: Design, codes: pd.DataFrame, seed: int) -> _Cells:
    cluster = _relabel(design.cluster)
    if cluster.max() == 0:
        cluster = np.arange(len(values))
    count = int(cluster.max()) + 1
    first = np.unique(cluster, return_index=True)[1]
    # Groups that hold units of every stratum alike leave the strata in balance.
    order = np.lexsort((np.random.default_rng(seed).random(count), design.stratum[first]))
    groups = min(count, _GROUPS)
    group = np.empty(count, dtype=np.intp)
    group[order] = np.arange(count) % groups
    smallest = codes.iloc[:, -1].to_numpy() if len(codes.columns) else np.zeros_like(cluster)
    cell = _relabel(smallest * np.intp(groups) + group[cluster])
    w = design.weight / design.weight.mean()
    # Around the mean the sums of squares lose no digits.
    y = values - np.average(values, weights=w)
    parts = w, w**2, w * y, w * y**2
    sums = np.stack([np.bincount(cell, part) for part in parts], axis=1).astype(np.float64)
    at = np.unique(cell, return_index=True)[1]
    return _Cells(sums, codes.to_numpy(dtype=np.intp)[at], group[cluster][at], groups)


def _estimate(cells: _Cells, present: Array, levels: list[str]) -> dict[str, Array]:
    """Estimate variances, icc1 and icc2 with some groups left out.

    The expected sum of squared means at a level is, for each level, the sum over its units of the
    squared weights of the smaller units in them, over their own weight.
    """
    w, squares, wy, wyy = (cells.sums * present[cells.group, None]).T
    total = w.sum()
    weights = [np.array([total])]
    means = [wy.sum() ** 2 / total]
    for place in range(len(levels)):
        weight = np.bincount(cells.unit[:, place], w)
        made = np.bincount(cells.unit[:, place], wy)
        weights.append(weight)
        means.append(float((made**2 / np.where(weight > 0, weight, 1.0)).sum()))
    means.append(wyy.sum())
    depth = len(levels) + 1
    expected = np.full((depth + 1, depth + 1), total)
    for row in range(depth):
        of_row = np.zeros(len(cells.unit), dtype=np.intp) if row == 0 else cells.unit[:, row - 1]
        for column in range(row + 1, depth):
            below = cells.unit[:, column - 1]
            inner = np.bincount(below, w)
            parent = np.zeros(len(inner), dtype=np.intp)
            parent[below] = of_row
            held = np.bincount(parent, inner**2, len(weights[row]))
            expected[row, column] = _divide(held, weights[row])
        square = np.bincount(of_row, squares, len(weights[row]))
        expected[row, depth] = _divide(square, weights[row])
    steps = np.diff(expected[:, 1:], axis=0)
    variance = np.linalg.lstsq(steps, np.diff(means))[0]
    return {"variance": variance, **_correlations(variance, expected, weights)}


def _correlations(variance: Array, expected: Array, weights: list[Array]) -> dict[str, Array]:
    """Share of variance between units of each level, and the reliability of their means."""
    positive = np.maximum(variance, 0.0)
    all_ = variance.sum()
    between = np.maximum(np.cumsum(variance), 0.0)
    icc1 = between / all_ if all_ > 0 else np.full(len(variance), np.nan)
    share = positive / positive.sum() if positive.sum() > 0 else np.full(len(variance), np.nan)
    icc2 = np.full(len(variance), np.nan)
    for place in range(len(variance) - 1):
        one = weights[place + 1]
        total = one.sum()
        freedom = expected[place + 1, -1] - expected[0, -1]
        if freedom < _NOTHING:
            # All who are left are of one unit, so none of its level can be compared.
            continue
        size = (total - (one**2).sum() / total) / freedom
        within = max(variance[place + 1 :].sum(), 0.0)
        means = size * between[place]
        icc2[place] = means / (means + within) if means + within > 0 else np.nan
    return {"share": share, "icc1": icc1, "icc2": icc2}


def _tell(
    empty: pd.DataFrame, whole: dict[str, Array], left: list[dict[str, Array]], kept: list[str]
) -> pd.DataFrame:
    table = empty.set_index("level")
    names = [*kept, PERSON]
    for measure in ("variance", "share", "icc1", "icc2"):
        value = whole[measure]
        table.loc[names, measure] = value
        if measure == "variance":
            continue
        low, high = _interval(value, np.stack([one[measure] for one in left]))
        table.loc[names, f"{measure}_low"], table.loc[names, f"{measure}_high"] = low, high
    table.loc[PERSON, ["icc1", "icc1_low", "icc1_high"]] = np.nan
    return table.reset_index()


def _interval(value: Array, left: Array) -> tuple[Array, Array]:
    """Interval of a jackknife on the log odds, since shares near zero are skewed.

    A share that may be zero is taken as it is.
    """
    groups = len(left)
    half = stdtrit(groups - 1, ENDS[1]) * np.sqrt((groups - 1) / groups)
    plain = half * np.sqrt(((left - value) ** 2).sum(axis=0))
    far = (value - plain > 0) & ((left > 0) & (left < 1)).all(axis=0)
    inner, inner_left = np.where(far, value, 0.5), np.where(far, left, 0.5)
    odds = half * np.sqrt(((logit(inner_left) - logit(inner)) ** 2).sum(axis=0))
    low = np.where(far, expit(logit(inner) - odds), value - plain)
    high = np.where(far, expit(logit(inner) + odds), value + plain)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def _empty(units: pd.DataFrame, codes: pd.DataFrame, reasons: dict[str, Absence]) -> pd.DataFrame:
    measures = ["share", "icc1", "icc2"]
    return pd.DataFrame(
        {
            "level": [*units.columns, PERSON],
            "units": [*(codes.max() + 1), len(codes)],
            "variance": np.nan,
            **{f"{m}{end}": np.nan for m in measures for end in ("", "_low", "_high")},
            "reason": [*reasons.values(), ""],
        }
    )


def _divide(above: NDArray[Any], below: NDArray[Any]) -> float:
    return float((above / np.where(below > 0, below, 1.0)).sum())


def _relabel(codes: Codes) -> Codes:
    return np.unique(codes, return_inverse=True)[1].astype(np.intp)
