"""What an estimate is, and how its interval and its p follow from a variance or from draws."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.estimation.variance import covariance_of
from blijfwijzer.survey.arrays import Array

Z = float(ndtri(ENDS[1]))
"""Standard errors on either side of a 95 % interval of a normal distribution."""
_FEW_DRAWS = 5
"""Draws beyond a bound below which their share says little of how rare that is."""
_NOTHING = 1e-12
"""Standard errors below this, of the value itself, are rounding."""


@dataclass(frozen=True)
class Estimate:
    """One number and how well it is known."""

    value: float
    se: float
    low: float
    high: float
    """Of the 95 % interval; NaN when there are too few units to know, or nothing varies."""
    df: float
    """Of the t distribution of the interval: units less strata."""
    n: int
    """Respondents it rests on."""
    draws: tuple[float, ...] = ()
    """Of a bootstrap, in rising order; empty where there is a formula."""
    fewest: float = float("nan")
    """Respondents on the smaller side of a share or a difference; NaN where it is neither."""

    @property
    def p(self) -> float:
        """Two-sided, against zero."""
        return float(two_sided(np.array([self.value]), np.array([self.se]), self.df)[0])

    @classmethod
    def bare(cls, value: float = np.nan, n: int = 0) -> "Estimate":
        """Give a number of which it is not known how well it is known."""
        return cls(value, np.nan, np.nan, np.nan, np.nan, n)


def estimate_of(value: float, variance: float, df: float, n: int) -> Estimate:
    """Give a number with a variance its interval; none without degrees of freedom."""
    se = float(np.sqrt(variance))
    low, high = ends_of(value, se, df)
    return Estimate(value, se, float(low), float(high), df, n)


def ends_of(value: ArrayLike, se: ArrayLike, df: ArrayLike) -> tuple[Array, Array]:
    """Give the ends of 95 % intervals of t; NaN without degrees of freedom.

    NaN too where nothing varies: that all who were asked are alike tells nothing of how far others
    are from them, and an interval of no width would say that they are not.
    """
    varies = np.asarray(se) > _NOTHING * np.maximum(1, np.abs(value))
    half = np.where(varies, stdtrit(_positive(df), ENDS[1]) * np.asarray(se), np.nan)
    return np.asarray(value - half), np.asarray(value + half)


def two_sided(value: ArrayLike, se: ArrayLike, df: ArrayLike) -> Array:
    """Chance of a value as far from zero if it were zero; NaN where nothing varies."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(np.asarray(value) / np.asarray(se))
    return np.asarray(2 * stdtr(_positive(df), -ratio), dtype=float)


def linearise(value: float, influence: Array, design: Design, n: int) -> Estimate:
    """Give a statistic its interval from the influence of each response on it.

    Parameters
    ----------
    influence : one per response, zero outside the domain
    """
    covariance, df = covariance_of(np.array([value]), influence[:, None], influence != 0, design)
    return estimate_of(value, float(covariance[0, 0]), df, n)


def from_draws(value: float, draws: Array, n: int, df: float = np.inf) -> Estimate:
    """Give a statistic its percentile interval from bootstraps.

    Of few units that were drawn again, percentiles further out: as many draws lie beyond each end
    as of a normal distribution beyond the ends that t has (Hesterberg 2015, section 5.1; draws of
    `draw_wholes` are as wide as they should be, so that his other factor is not needed).

    Parameters
    ----------
    df : units less strata; infinite where draws are no resampled units
    """
    known = np.sort(draws[~np.isnan(draws)])
    if len(known) < 2:
        return Estimate.bare(value, n)
    low, high = np.quantile(known, ndtr(stdtrit(df, ENDS)))
    spread = float(known.std(ddof=1))
    return Estimate(value, spread, float(low), float(high), df, n, tuple(known))


def from_finished(values: Array, n: int, df: float) -> Estimate:
    """As `from_draws`, of a statistic as found followed by that of each draw (`Draws.finish`)."""
    return from_draws(float(values[0]), values[1:], n, df)


def p_against(estimate: Estimate, bound: float = 0.0) -> float:
    """Two-sided p of an estimate against a bound.

    Of a bootstrap it is twice the share of draws beyond the bound, on t as its interval has it;
    where few are, t alone may say that it is smaller.
    """
    if not estimate.se > 0 or not estimate.df > 0:
        return float("nan")
    plain = float(2 * stdtr(estimate.df, -abs(estimate.value - bound) / estimate.se))
    if not estimate.draws:
        return plain
    draws = np.asarray(estimate.draws)
    beyond = int(min((draws <= bound).sum(), (draws >= bound).sum()))
    share = min(0.5, (beyond + 1) / (len(draws) + 1))
    counted = float(2 * stdtr(estimate.df, ndtri(share)))
    return counted if beyond >= _FEW_DRAWS else min(counted, plain)


def wilson(rate: Array, n: Array) -> tuple[Array, Array]:
    """95 % interval of a rate (Wilson 1927), with the effective sample size as n."""
    centre = (rate + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(rate * (1 - rate) / n + Z**2 / (4 * n**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def adjust(p: ArrayLike, method: Literal["holm", "bh"]) -> Array:
    """Adjust p-values for their number; missing ones stay missing and do not count.

    Holm (1979) bounds the chance of any false finding, Benjamini & Hochberg (1995) the share of
    false findings.
    """
    known = np.asarray(p, dtype=float)
    adjusted = np.full(len(known), np.nan)
    order = np.argsort(known, kind="stable")[: int((~np.isnan(known)).sum())]
    rising, count = known[order], len(order)
    if method == "holm":
        made = np.maximum.accumulate(rising * np.arange(count, 0, -1))
    else:
        shares = np.arange(1, count + 1) / count if count else rising
        made = np.minimum.accumulate((rising / shares)[::-1])[::-1]
    adjusted[order] = np.minimum(made, 1.0)
    return adjusted


def table_of(value: Array, se: Array, df: ArrayLike) -> pd.DataFrame:
    """Estimates with their intervals, one row each."""
    low, high = ends_of(value, se, df)
    return pd.DataFrame({"estimate": value, "se": se, "low": low, "high": high})


def _positive(df: ArrayLike) -> Array:
    known = np.asarray(df, dtype=float)
    return np.where(known > 0, known, np.nan)
