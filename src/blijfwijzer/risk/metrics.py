"""Weighted measures of a risk against what was answered.

All take a weight per response, so that counting a response twice equals weight 2, and none
depends on the order of rows: responses with equal risk are taken together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from blijfwijzer.survey.arrays import Array, Codes

TOP_SHARES = (0.05, 0.10, 0.20)
"""Shares of the population at which lift and recall are told."""
BINS = 10
"""Calibration bins, of equal weight as far as ties allow."""

METRICS = (
    "log_loss",
    "brier",
    "roc_auc",
    "average_precision",
    "calibration_slope",
    "calibration_intercept",
    "ece",
    *(f"lift_at_{share:.0%}".rstrip("%") for share in TOP_SHARES),
    *(f"recall_at_{share:.0%}".rstrip("%") for share in TOP_SHARES),
)
GROUP_METRICS = ("log_loss", "brier", "roc_auc", "calibration_intercept", "ece")
"""Those that a group is large enough for."""


@dataclass(frozen=True)
class Ranked:
    """Outcomes and risks in order of falling risk, ready to be weighed many times."""

    values: Array
    risk: Array
    order: Codes
    """Place in the survey of each row here."""
    cluster: Codes | None = None
    """Unit that was drawn as a whole, of each row; else each response was drawn by itself."""

    @cached_property
    def tie_ends(self) -> Codes:
        """Last place of each run of equal risks."""
        return np.flatnonzero(np.append(np.diff(self.risk) != 0, True))

    @cached_property
    def losses(self) -> Array:
        """Log loss of each row."""
        return log_losses(self.values, self.risk)

    @cached_property
    def logit(self) -> Array:
        """Log odds of the risk."""
        return to_margin(self.risk)

    @cached_property
    def tenths(self) -> Codes:
        """Calibration bin of each row: equal numbers of respondents, ties kept together."""
        bins = np.arange(len(self.risk)) * BINS // max(len(self.risk), 1)
        ends = np.repeat(self.tie_ends, np.diff(np.append(-1, self.tie_ends)))
        return np.asarray(bins[ends])


def log_losses(values: ArrayLike, risk: Array) -> Array:
    """Log loss of each response; a risk of exactly 0 or 1 counts as one in a million million.

    Parameters
    ----------
    values : 1 or 0 per response, or one of these for all
    """
    risk = np.clip(risk, 1e-12, 1 - 1e-12)
    return np.asarray(-np.where(np.asarray(values) == 1, np.log(risk), np.log1p(-risk)))


def possible_losses(risk: Array) -> Array:
    """Log loss of each response if it had answered the other way, or as it did: the larger."""
    return np.asarray(np.maximum(log_losses(1, risk), log_losses(0, risk)))


def to_margin(risk: Array) -> Array:
    """Log odds of risks; one of exactly 0 or 1 counts as one in a million million."""
    return log_losses(0, risk) - log_losses(1, risk)


def rank(values: Array, risk: Array, cluster: Codes | None = None) -> Ranked:
    """Put responses in order of falling risk."""
    order = np.argsort(-risk, kind="stable")
    own = None if cluster is None else cluster[order]
    return Ranked(values[order], risk[order], order, own)


def measure(ranked: Ranked, weight: Array, metrics: tuple[str, ...] = METRICS) -> dict[str, float]:
    """Compute measures for one set of weights.

    Parameters
    ----------
    weight : one per row of `ranked`, in its order

    Returns
    -------
    Measure to value; NaN where one is not defined (one outcome only, nothing weighs).
    """
    if not weight.sum() > 0:
        return dict.fromkeys(metrics, float("nan"))
    simple: dict[str, Callable[[], float]] = {
        "log_loss": lambda: float(np.average(ranked.losses, weights=weight)),
        "brier": lambda: float(np.average((ranked.risk - ranked.values) ** 2, weights=weight)),
        "ece": lambda: calibration_error(ranked, weight),
    }
    found = {name: compute() for name, compute in simple.items() if name in metrics}
    positive = float(weight @ ranked.values)
    if not 0 < positive < weight.sum():
        return {name: found.get(name, float("nan")) for name in metrics}
    found |= _ranking_measures(ranked, weight)
    if "calibration_slope" in metrics:
        found["calibration_slope"] = calibration_slope(ranked, weight)
    if "calibration_intercept" in metrics:
        found["calibration_intercept"] = calibration_intercept(ranked, weight)
    return {name: found[name] for name in metrics}


def calibration_error(ranked: Ranked, weight: Array) -> float:
    """Mean distance of predicted and observed rate over bins, less what chance makes of it.

    The expected calibration error (Naeini, Cooper & Hauskrecht 2015, with bins of equal size) of a
    perfect risk is above zero, since every observed rate is off by chance and distances add up.
    Of squared distances what chance adds is known without bias: the variance of each rate (Broecker
    2012; Kumar, Liang & Ma 2019, section 4). The error is drawn in by the share of the squares
    that is left, in squares; that of a bin is the variance by whole units, or by responses where
    that is more. It has no interval: near its bound neither draws nor formulas give one that holds.
    """
    bins, short = ranked.tenths, ranked.risk - ranked.values
    total = np.bincount(bins, weights=weight, minlength=BINS)
    some = np.where(total > 0, total, 1.0)
    gap = np.bincount(bins, weights=weight * short, minlength=BINS) / some
    by_chance = _largest_variance(ranked, bins, weight * (short - gap[bins])) / some**2
    squares = float(total @ gap**2)
    left = max(0.0, 1 - float(total @ by_chance) / squares) if squares > 0 else 0.0
    return float(total @ np.abs(gap) / total.sum() * np.sqrt(left))


def _largest_variance(ranked: Ranked, bins: Codes, off: Array) -> Array:
    """Variance of the sum of each bin, by whole units or by single responses."""
    variances = []
    alone = np.arange(len(off), dtype=np.intp)
    for unit in (alone, *([] if ranked.cluster is None else [ranked.cluster])):
        cell, place = np.unique(unit * BINS + bins, return_inverse=True)
        sums = np.bincount(place, weights=off, minlength=len(cell))
        members = np.bincount(cell % BINS, minlength=BINS)
        squares = np.bincount(cell % BINS, weights=sums**2, minlength=BINS)
        variances.append(squares * members / np.maximum(members - 1, 1))
    return np.asarray(np.max(variances, axis=0))


def calibration_slope(ranked: Ranked, weight: Array) -> float:
    """Fit the slope of logit(outcome) on logit(risk); 1 is right, below 1 is too extreme.

    Cox (1958); Van Calster et al. (2019). Newton's method; NaN when it does not converge, as
    when the outcomes are perfectly separated.
    """
    return recalibrate(ranked.values, ranked.logit, weight)[1]


def calibration_intercept(ranked: Ranked, weight: Array) -> float:
    """Fit the intercept with the slope held at 1 (calibration in the large); 0 is right."""
    shift = 0.0
    for _ in range(30):
        risk = _expit(ranked.logit + shift)
        step = float(weight @ (ranked.values - risk) / (weight @ (risk * (1 - risk))))
        shift += step
        if abs(step) < 1e-10:
            return shift
    return float("nan")


def recalibrate(values: Array, margin: Array, weight: Array) -> tuple[float, float]:
    """Fit outcome ~ intercept + slope x margin by weighted maximum likelihood.

    Newton's method from nothing: from a slope of 1 it runs away where margins are far too large.

    Returns
    -------
    Intercept and slope; both NaN when there is no finite maximum.
    """
    intercept, slope = 0.0, 0.0
    for _ in range(50):
        risk = _expit(intercept + slope * margin)
        spread, error = weight * risk * (1 - risk), weight * (values - risk)
        first, second = error.sum(), error @ margin
        a, b, c = spread.sum(), spread @ margin, spread @ margin**2
        determinant = a * c - b * b
        if not determinant > 1e-12 * a * c:
            return float("nan"), float("nan")
        steps = (c * first - b * second) / determinant, (a * second - b * first) / determinant
        intercept, slope = intercept + steps[0], slope + steps[1]
        if max(abs(steps[0]), abs(steps[1])) < 1e-10:
            return float(intercept), float(slope)
        if abs(slope) > 1e3:
            break
    return float("nan"), float("nan")


def cumulate(ranked: Ranked, weight: Array) -> tuple[Array, Array]:
    """Weight of positives and of negatives at or above each distinct risk, from 0."""
    positive = np.cumsum(weight * ranked.values)[ranked.tie_ends]
    negative = np.cumsum(weight * (1 - ranked.values))[ranked.tie_ends]
    return np.append(0.0, positive), np.append(0.0, negative)


def _ranking_measures(ranked: Ranked, weight: Array) -> dict[str, float]:
    positive, negative = cumulate(ranked, weight)
    caught, alarms = positive / positive[-1], negative / negative[-1]
    selected = positive + negative
    precision = positive[1:] / np.maximum(selected[1:], 1e-300)
    found = {
        "roc_auc": float(np.trapezoid(caught, alarms)),
        "average_precision": float(np.diff(caught) @ precision),
    }
    for share in TOP_SHARES:
        # Within a tie every respondent is as likely to be chosen: a straight line.
        recall = float(np.interp(share, selected / selected[-1], caught))
        name = f"{share:.0%}".rstrip("%")
        found[f"recall_at_{name}"] = recall
        found[f"lift_at_{name}"] = recall / share
    return found


def _expit(margin: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(margin, -500, 500))))
