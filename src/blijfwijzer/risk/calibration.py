"""Whether risks are as large as they should be, and what mends them where they are not."""

from typing import Literal

import numpy as np

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import Estimate, estimate_of, p_against
from blijfwijzer.estimation.variance import add_up
from blijfwijzer.risk.metrics import recalibrate
from blijfwijzer.risk.model import Calibrator, calibrate
from blijfwijzer.survey.arrays import Array, effective_n

Verdict = Literal["", "near", "off"]
"""What is said of a slope: nothing, that it may be off, or that it is."""
OFF, NEAR = 0.05, 0.10
"""Two-sided p below which a slope is not 1, and below which one that may be 1 is told all the same.
The second is a convention of ours."""


def fit_calibrator(values: Array, margin: Array, weight: Array) -> Calibrator:
    """Fit intercept and slope on margins of responses that were not trained on (Platt 1999).

    Keeps the margin as it is when there is no finite fit, as for margins that do not vary.
    """
    intercept, slope = recalibrate(values, margin, weight)
    if not (np.isfinite(intercept) and slope > 0):
        return Calibrator()
    return Calibrator(intercept, slope)


def estimate_slope(values: Array, margin: Array, design: Design) -> Estimate:
    """Estimate the slope of the outcome on the margin, as other units would have it.

    The error is that of leaving out each whole unit in turn, by one step of Newton's method (the
    jackknife CV3, which holds where units are few and unequal: MacKinnon, Nielsen & Webb 2023), on
    a t-distribution. Units of unequal weight count as fewer (Kish 1965), less one.

    Parameters
    ----------
    margin : log odds of the risk

    Returns
    -------
    NaN where there is no finite fit; without an interval where there are fewer than two units.
    """
    weight = design.weight
    intercept, slope = recalibrate(values, margin, weight)
    if not np.isfinite(slope):
        return Estimate.bare(n=len(values))
    risk = calibrate(Calibrator(intercept, slope), margin)
    columns = np.column_stack([np.ones(len(margin)), margin])
    unit = np.unique(design.cluster, return_inverse=True)[1]
    spread = weight * risk * (1 - risk)
    scores = add_up(columns * (weight * (values - risk))[:, None], unit)
    crossed = [spread, spread * margin, spread * margin, spread * margin**2]
    information = add_up(np.column_stack(crossed), unit).reshape(-1, 2, 2)
    count = len(scores)
    if count < 2:
        return estimate_of(slope, np.nan, np.nan, len(values))
    without = information.sum(axis=0) - information
    moved = (np.linalg.pinv(without) @ scores[:, :, None])[:, 1, 0]
    variance = float((count - 1) / count * ((moved - moved.mean()) ** 2).sum())
    return estimate_of(slope, variance, degrees_of(design), len(values))


def degrees_of(design: Design) -> float:
    """Degrees of freedom that whole units leave: those of equal weight that tell as much, less 1.

    A convention of ours: where a few units weigh most, an error is known as well as from a few.
    """
    unit = np.unique(design.cluster, return_inverse=True)[1]
    weight = np.asarray(np.bincount(unit, weights=design.weight), dtype=float)
    return max(1.0, effective_n(weight) - 1)


def judge_slope(slope: Estimate) -> Verdict:
    """Say whether a slope is off, or near to it: whether its 95 % or 90 % interval leaves out 1."""
    p = p_against(slope, 1.0)
    if not np.isfinite(p) or p >= NEAR:
        return ""
    return "off" if p < OFF else "near"
