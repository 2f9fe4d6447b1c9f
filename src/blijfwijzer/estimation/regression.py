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
    some_at_a_time,
)
from blijfwijzer.estimation.intervals import Estimate, estimate_of, table_of, two_sided
from blijfwijzer.estimation.variance import (
    covariance_of,
    covariance_of_replicates,
    covariance_of_units,
)
from blijfwijzer.survey.arrays import Array, Mask


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
    inside: Mask
    """Responses that were fitted."""
    scores: Array
    """One row per response that was fitted, one column per coefficient that was."""
    bread: Array
    """One row per coefficient that was fitted, one column per coefficient: what scores move."""
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

    def influence(self, weights: Array) -> Array:
        """Give by how much each response moved a weighted sum of coefficients."""
        moved = np.zeros(len(self.inside))
        moved[self.inside] = np.nan if self.reason else self.scores @ (self.bread @ weights)
        return moved

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
    answers = np.asarray(outcome, dtype=float)
    names = pd.Index(["const", *map(str, X.columns)])
    inside = ~np.isnan(answers) & X.notna().all(axis=1).to_numpy()
    y, x, weight = answers[inside], _with_constant(X[inside]), design.weight[inside]
    kept = find_independent(x, weight)
    x = x if len(kept) == x.shape[1] else x[:, kept]
    fitted, reason = fit_coefficients(y, x, weight, family)
    if reason:
        return _unfitted(names, inside, family, reason)
    mean = mean_of(x @ fitted, family)
    bread = np.zeros((len(kept), len(names)))
    bread[:, kept] = np.linalg.inv(gather_products(x, y, weight, fitted, family)[:, :-1])
    replicates = None
    if design.replicates is not None:
        replicates = np.zeros((design.replicates.shape[1], len(names)))
        for row, replicate in zip(replicates, design.replicates[inside].T, strict=True):
            row[kept] = climb(y, x, replicate, family, fitted)[0]
    estimates = np.full(len(names), np.nan)
    estimates[kept] = fitted
    x *= (weight * (y - mean))[:, None]
    if replicates is None:
        covariance, df = covariance_of_units(x, inside, design, bread)
    else:
        covariance, df = covariance_of_replicates(replicates - np.nan_to_num(estimates), design)
    df -= len(kept) - 1
    se = np.where(np.isnan(estimates), np.nan, np.sqrt(np.diag(covariance)))
    table = table_of(estimates, se, df).assign(p=two_sided(estimates, se, df)).set_axis(names)
    known = pd.DataFrame(covariance, index=names, columns=names)
    return Regression(table, known, family, df, len(y), inside, x, bread, replicates)


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
    inside = (X_one.notna() & X_zero.notna()).all(axis=1).to_numpy()
    if regression.reason or not inside.any():
        return Estimate.bare(n=int(inside.sum()))
    rows, weight = np.flatnonzero(inside), design.weight[inside]
    coefficients, refitted = regression.coefficients, regression.replicates
    apart, gradient = np.zeros(len(rows)), np.zeros(len(coefficients))
    moved = np.zeros((0 if refitted is None else len(refitted), 1))
    for part in some_at_a_time(len(rows)):
        for sign, X in ((1, X_one), (-1, X_zero)):
            x = _with_constant(X.iloc[rows[part]])
            mean = mean_of(x @ coefficients, regression.family)
            apart[part] += sign * mean
            gradient += sign * (weight[part] * slope_of(mean, regression.family)) @ x
            if refitted is not None and design.replicates is not None:
                again = mean_of(x @ refitted.T, regression.family)
                moved[:, 0] += sign * (again * design.replicates[rows[part]]).sum(axis=0)
    value = float(np.average(apart, weights=weight))
    influence = regression.influence(gradient / weight.sum())
    influence[inside] += weight * (apart - value) / weight.sum()
    replicates = None
    if design.replicates is not None and refitted is not None:
        replicates = moved / design.replicates[inside].sum(axis=0)[:, None]
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


def _unfitted(names: pd.Index, inside: Mask, family: Family, reason: Unfitted) -> Regression:
    nothing = pd.DataFrame(np.nan, index=names, columns=["estimate", "se", "low", "high", "p"])
    unknown = pd.DataFrame(np.nan, index=names, columns=names)
    n, none = int(inside.sum()), np.empty((0, 0))
    return Regression(nothing, unknown, family, np.nan, n, inside, none, none, None, reason)


def _with_constant(X: pd.DataFrame) -> Array:
    return np.column_stack([np.ones(len(X)), X.to_numpy(dtype=float)])
