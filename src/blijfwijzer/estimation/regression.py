"""Regressions that know their own error, given how people were asked.

A linear fit follows from cross products, a logistic one from those of each round (Newton's method);
the error from the sums of scores of whole units. All may be added up over batches of responses.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import Estimate, estimate_of, table_of, two_sided
from blijfwijzer.estimation.variance import covariance_of
from blijfwijzer.survey.arrays import Array, Codes

Family = Literal["linear", "logistic"]
Unfitted = Literal["", "too few", "one answer", "separated"]

_ALIASED = 1e-9
"""Share of a column's variance that the columns before it must leave for it to be fitted."""
_CERTAIN = 1e-8
"""Fitted probabilities this near to 0 or 1 mean that the columns separate the outcome."""
_ROUNDS = 50


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
        return _mean_of(_with_constant(X) @ self.coefficients, self.family)

    def slope(self, name: str) -> Estimate:
        """Give the coefficient of one column."""
        return combine(self, {name: 1.0})


@dataclass(frozen=True)
class CrossProducts:
    """Sums that a step towards a fit is made of."""

    information: Array
    """Columns by columns."""
    score: Array
    """How much the fit gains by more of each column."""

    def merge(self, other: "CrossProducts") -> "CrossProducts":
        """Add the sums of other responses."""
        return CrossProducts(self.information + other.information, self.score + other.score)


def gather_products(
    x: Array, y: Array, weight: Array, at: Array, family: Family = "linear"
) -> CrossProducts:
    """Add up cross products of columns, at coefficients that are known so far (zeros at first)."""
    mean = _mean_of(x @ at, family)
    slope = weight * _slope(mean, family)
    return CrossProducts((x * slope[:, None]).T @ x, x.T @ (weight * (y - mean)))


def finish_products(found: CrossProducts) -> Array:
    """Give the step that they say: with a linear family and zeros, the coefficients."""
    return np.asarray(np.linalg.lstsq(found.information, found.score, rcond=None)[0])


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
    kept = _independent(x, weight)
    x = x[:, kept]
    fitted, reason = _fit(y, x, weight, family)
    influence = np.zeros((len(answers), len(names)))
    if reason:
        return _unfitted(names, influence, family, len(y), reason)
    mean = _mean_of(x @ fitted, family)
    bread = np.linalg.inv(gather_products(x, y, weight, fitted, family).information)
    influence[np.ix_(inside, kept)] = (x * (weight * (y - mean))[:, None]) @ bread
    replicates = None
    if design.replicates is not None:
        replicates = np.zeros((design.replicates.shape[1], len(names)))
        for row, replicate in zip(replicates, design.replicates[inside].T, strict=True):
            row[kept] = _climb(y, x, replicate, family, fitted)[0]
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
        apart = _mean_of(one @ coefficients, family) - _mean_of(zero @ coefficients, family)
        return float(np.average(apart, weights=weight))

    value = average(coefficients, weight)
    means = [_mean_of(x @ coefficients, family) for x in (one, zero)]
    slopes = [_slope(mean, family)[:, None] for mean in means]
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


def _fit(y: Array, x: Array, weight: Array, family: Family) -> tuple[Array, Unfitted]:
    nothing = np.full(x.shape[1], np.nan)
    if len(y) <= x.shape[1]:
        return nothing, "too few"
    if y.min() == y.max():
        return nothing, "one answer"
    fitted, is_found = _climb(y, x, weight / weight.mean(), family, np.zeros(x.shape[1]))
    if family == "logistic":
        chance = _mean_of(x @ fitted, family)
        if not is_found or chance.min() < _CERTAIN or chance.max() > 1 - _CERTAIN:
            return nothing, "separated"
    return fitted, ""


def _climb(y: Array, x: Array, weight: Array, family: Family, start: Array) -> tuple[Array, bool]:
    """Climb from near coefficients to the best (Newton's method), and say whether they were found.

    Of a linear fit the first step is there; the second takes away what rounding left.
    """
    found = start
    for _ in range(_ROUNDS):
        step = finish_products(gather_products(x, y, weight, found, family))
        found = found + step
        if np.abs(step).max() < 1e-10:
            return found, True
    return found, False


def _independent(x: Array, weight: Array) -> Codes:
    """Places of the columns that those before them do not determine (a sweep of products)."""
    scale = np.sqrt(weight @ x**2)
    unit = x / np.where(scale > 0, scale, 1.0) * np.sqrt(weight)[:, None]
    products, kept = unit.T @ unit, []
    for place in range(x.shape[1]):
        pivot = products[place, place]
        if pivot > _ALIASED:
            kept.append(place)
            row = products[place] / pivot
            products = products - np.outer(products[:, place], row)
    return np.array(kept, dtype=np.intp)


def _with_constant(X: pd.DataFrame) -> Array:
    return np.column_stack([np.ones(len(X)), X.to_numpy(dtype=float)])


def _mean_of(margin: Array, family: Family) -> Array:
    return np.asarray(expit(margin) if family == "logistic" else margin)


def _slope(mean: Array, family: Family) -> Array:
    return mean * (1 - mean) if family == "logistic" else np.ones(len(mean))
