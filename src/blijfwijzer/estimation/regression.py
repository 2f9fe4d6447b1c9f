"""Regressions that know their own error, given how people were asked.

It follows from the sums of scores of whole units, or from a fit with each replicate weight.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.fitting import (
    Family,
    Unfitted,
    climb,
    find_independent,
    fit_coefficients,
    gather_products,
    mean_of,
    slope_of,
)
from blijfwijzer.estimation.intervals import Estimate, estimate_of, table_of, two_sided
from blijfwijzer.estimation.variance import covariance_of
from blijfwijzer.survey.arrays import Array


@dataclass(frozen=True)
class Regression:
    """A regression and how well its coefficients are known."""

    table: pd.DataFrame
    """One row per coefficient (`const` first): estimate, se, low, high, p; NaN for a column that
    others determine, which is left out of the fit, and everywhere when `reason` says why."""
    covariance: pd.DataFrame
    """Of the coefficients; zero for columns that were left out."""
    family: Family
    df: float
    n: int
    influence: Array
    """One row per response, one column per coefficient: by how much it moved the estimate."""
    replicates: Array | None
    """One row per replicate weight, one column per coefficient."""
    reason: Unfitted = ""
    """Why nothing was fitted: fewer respondents than coefficients, an outcome that does not vary,
    or columns that tell a yes-no outcome without error."""

    @property
    def coefficients(self) -> Array:
        """In the order of the table; zero for columns that were left out."""
        estimates = self.table["estimate"].to_numpy()
        return np.full(len(estimates), np.nan) if self.reason else np.nan_to_num(estimates)

    def predict(self, X: pd.DataFrame) -> Array:
        """Predict means, or probabilities, from the columns that were fitted."""
        return mean_of(_with_constant(X) @ self.coefficients, self.family)

    def slope(self, name: str) -> Estimate:
        """Give the coefficient of one column."""
        return combine(self, {name: 1.0})


def regress(
    outcome: ArrayLike, X: pd.DataFrame, design: Design, family: Family = "linear"
) -> Regression:
    """Fit a weighted regression, with errors that know of units and strata.

    For one stratum the errors are those of statsmodels' `cov_type="cluster"` without its factor
    (n - 1) / (n - k), which survey software leaves out (Binder 1983). Each column costs a degree
    of freedom (Lumley 2010, `svyglm`), which counts where units are few.

    Parameters
    ----------
    outcome : one per response, 0 or 1 for a logistic regression; NaN outside the domain
    X : numbers per response; a response that misses one is outside the domain
    """
    answers, columns = np.asarray(outcome, dtype=float), _with_constant(X)
    names = pd.Index(["const", *map(str, X.columns)])
    inside = ~np.isnan(answers) & ~np.isnan(columns).any(axis=1)
    y, x, weight = answers[inside], columns[inside], design.weight[inside]
    kept = find_independent(x, weight)
    x = x[:, kept]
    fitted, reason = fit_coefficients(y, x, weight, family)
    influence = np.zeros((len(answers), len(names)))
    if reason:
        return _unfitted(names, influence, family, len(y), reason)
    mean = mean_of(x @ fitted, family)
    bread = np.linalg.inv(gather_products(x, y, weight, fitted, family)[:, :-1])
    influence[np.ix_(inside, kept)] = (x * (weight * (y - mean))[:, None]) @ bread
    replicates = None
    if design.replicates is not None:
        replicates = np.zeros((design.replicates.shape[1], len(names)))
        for row, replicate in zip(replicates, design.replicates[inside].T, strict=True):
            row[kept] = climb(y, x, replicate, family, fitted)[0]
    estimates = np.full(len(names), np.nan)
    estimates[kept] = fitted
    covariance, df = covariance_of(np.nan_to_num(estimates), influence, inside, design, replicates)
    df -= len(kept) - 1
    se = np.where(np.isnan(estimates), np.nan, np.sqrt(np.diag(covariance)))
    table = table_of(estimates, se, df).assign(p=two_sided(estimates, se, df)).set_axis(names)
    known = pd.DataFrame(covariance, index=names, columns=names)
    return Regression(table, known, family, df, len(y), influence, replicates)


def marginal_difference(
    regression: Regression, X_one: pd.DataFrame, X_zero: pd.DataFrame, design: Design
) -> Estimate:
    """Estimate by how much predictions differ, on average over people, between two settings.

    The error is that of the coefficients by the delta method, and of who happened to be asked
    (Stata's `vce(unconditional)`).

    Parameters
    ----------
    X_one, X_zero : one row per response of the design; one that misses a number is left out
    """
    both = [_with_constant(X) for X in (X_one, X_zero)]
    inside = ~np.isnan(np.hstack(both)).any(axis=1)
    if regression.reason or not inside.any():
        return Estimate.bare(n=int(inside.sum()))
    (one, zero), weight = [x[inside] for x in both], design.weight[inside]
    coefficients, family = regression.coefficients, regression.family

    def average(coefficients: Array, weight: Array) -> float:
        apart = mean_of(one @ coefficients, family) - mean_of(zero @ coefficients, family)
        return float(np.average(apart, weights=weight))

    value = average(coefficients, weight)
    means = [mean_of(x @ coefficients, family) for x in (one, zero)]
    slopes = [slope_of(mean, family)[:, None] for mean in means]
    gradient = weight @ (one * slopes[0] - zero * slopes[1]) / weight.sum()
    influence = regression.influence @ gradient
    influence[inside] += weight * (means[0] - means[1] - value) / weight.sum()
    replicates = None
    if design.replicates is not None and regression.replicates is not None:
        pairs = zip(regression.replicates, design.replicates[inside].T, strict=True)
        replicates = np.array([[average(b, r)] for b, r in pairs])
    variance, df = covariance_of(
        np.array([value]), influence[:, None], influence != 0, design, replicates
    )
    return estimate_of(value, float(variance[0, 0]), df, int(inside.sum()))


def combine(regression: Regression, weights: dict[str, float]) -> Estimate:
    """Estimate a weighted sum of coefficients."""
    unknown = sorted(set(weights) - set(regression.table.index))
    if unknown:
        raise KeyError(f"no coefficients of {', '.join(unknown)}")
    used = [name for name, weight in weights.items() if weight != 0]
    parts = np.array([weights[name] for name in used])
    value = float(parts @ regression.table.loc[used, "estimate"].to_numpy())
    variance = float(parts @ regression.covariance.loc[used, used].to_numpy() @ parts)
    variance = variance if np.isfinite(value) else np.nan
    return estimate_of(value, variance, regression.df, regression.n)


def _unfitted(
    names: pd.Index, influence: Array, family: Family, n: int, reason: Unfitted
) -> Regression:
    nothing = pd.DataFrame(np.nan, index=names, columns=["estimate", "se", "low", "high", "p"])
    unknown = pd.DataFrame(np.nan, index=names, columns=names)
    return Regression(nothing, unknown, family, np.nan, n, influence * np.nan, None, reason)


def _with_constant(X: pd.DataFrame) -> Array:
    return np.column_stack([np.ones(len(X)), X.to_numpy(dtype=float)])
