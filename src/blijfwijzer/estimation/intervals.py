"""Intervals and p-values of statistics that no estimator gives: from influences, or from draws."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from blijfwijzer.estimation.design import Design, covariance_of
from blijfwijzer.estimation.influences import Estimate

Array = NDArray[np.float64]

_FEW_DRAWS = 5
"""Draws beyond a bound below which their share says little of how rare that is."""


def linearise(value: float, influence: Array, design: Design, n: int) -> Estimate:
    """Give a statistic its interval from the influence of each response on it.

    Parameters
    ----------
    influence : one per response, zero outside the domain
    """
    covariance, df = covariance_of(np.array([value]), influence[:, None], influence != 0, design)
    se = float(np.sqrt(covariance[0, 0]))
    half = float(t.ppf(0.975, df)) * se if df > 0 else float("nan")
    return Estimate(value, se, value - half, value + half, df, n)


def from_draws(value: float, draws: Array, n: int) -> Estimate:
    """Give a statistic its percentile interval from bootstraps; degrees of freedom are unknown."""
    known = np.sort(draws[~np.isnan(draws)])
    if len(known) < 2:
        return Estimate(value, np.nan, np.nan, np.nan, np.nan, n)
    low, high = np.quantile(known, [0.025, 0.975])
    spread = float(known.std(ddof=1))
    return Estimate(value, spread, float(low), float(high), np.inf, n, tuple(known))


def p_against(estimate: Estimate, bound: float = 0.0) -> float:
    """Two-sided p of an estimate against a bound.

    Of a bootstrap it is twice the share of draws beyond the bound, as its interval has it; where
    few are, a normal distribution may say that it is smaller.
    """
    if not estimate.se > 0 or not estimate.df > 0:
        return float("nan")
    normal = float(2 * t.sf(abs(estimate.value - bound) / estimate.se, estimate.df))
    if not estimate.draws:
        return normal
    draws = np.asarray(estimate.draws)
    beyond = int(min((draws <= bound).sum(), (draws >= bound).sum()))
    counted = min(1.0, 2 * (beyond + 1) / (len(draws) + 1))
    return counted if beyond >= _FEW_DRAWS else min(counted, normal)
