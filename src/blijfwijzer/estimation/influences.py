"""Means, differences and regressions that know their own error, given how people were asked.

Respondents stand for people by a weight and answer as members of a unit, so that neither their
number nor a plain standard error says how much is known. How that becomes a variance stands in
`design`. Regressions are fitted by statsmodels.
"""

import warnings
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from scipy.stats import beta, t

from blijfwijzer.estimation.design import Design, covariance_of, variance_by_group

Array = NDArray[np.float64]
Family = Literal["linear", "logistic"]

_LEVEL = 0.95
_ALIASED = 1e-9
"""Share of a column's variance that the columns before it must leave for it to be fitted."""
_CERTAIN = 1e-8
"""Fitted probabilities this near to 0 or 1 mean that the columns separate the outcome."""
ESTIMATE_COLUMNS = ["estimate", "se", "low", "high", "df", "n"]


@dataclass(frozen=True)
class Estimate:
    """One number and how well it is known."""

    value: float
    se: float
    low: float
    high: float
    """Of the 95 % interval; NaN when there are too few units to know."""
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
        return float(_two_sided(np.array([self.value]), np.array([self.se]), self.df)[0])


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
    reason: Literal["", "too few", "one answer", "separated"] = ""
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


def estimate_mean(values: ArrayLike, design: Design) -> Estimate:
    """Estimate the mean of a domain.

    Parameters
    ----------
    values : one per response; NaN outside the domain
    """
    known = np.asarray(values, dtype=float)
    groups = pd.Series(np.where(np.isnan(known), np.nan, 0.0))
    found = estimate_means(known, groups, design)
    if not len(found):
        return Estimate(np.nan, np.nan, np.nan, np.nan, np.nan, 0)
    return _to_estimate(found.iloc[0])


def estimate_share(values: ArrayLike, design: Design) -> Estimate:
    """Estimate a share, with an interval that stays within [0, 1] and never has width zero.

    The interval is that of Clopper & Pearson (1934) at the effective number of respondents, with
    the degrees of freedom of the design (Korn & Graubard 1998; `svyciprop(method="beta")` in R).
    When all answers are alike the effective number is Kish's.

    Parameters
    ----------
    values : 0 or 1 per response; NaN outside the domain
    """
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    fewest = float(min(known.sum(), len(known) - known.sum()))
    found = replace(estimate_mean(values, design), fewest=fewest)
    if found.n < 2 or np.isnan(found.low):
        return found
    weight = design.weight[~np.isnan(np.asarray(values, dtype=float))]
    share, alpha = min(max(found.value, 0.0), 1.0), 1 - _LEVEL
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    if found.se > 0 and 0 < share < 1:
        effective = share * (1 - share) / found.se**2
        ratio = t.ppf(1 - alpha / 2, found.n - 1) / t.ppf(1 - alpha / 2, found.df)
        effective = min(effective * ratio**2, float(found.n))
    hits, misses = share * effective, (1 - share) * effective
    low = beta.ppf(alpha / 2, hits, misses + 1) if hits > 0 else 0.0
    high = beta.ppf(1 - alpha / 2, hits + 1, misses) if misses > 0 else 1.0
    return replace(found, low=float(low), high=float(high))


def estimate_means(values: ArrayLike, groups: pd.Series, design: Design) -> pd.DataFrame:
    """Estimate the mean of each group.

    A group that lies within one unit tells nothing of other units: its interval is about that
    unit, and its respondents count as drawn one by one.

    Parameters
    ----------
    values : one per response; NaN outside the domain
    groups : group of each response; missing for none

    Returns
    -------
    One row per group that has members: estimate, se, low, high (95 %), df, n.
    """
    known = np.asarray(values, dtype=float)
    code, names = pd.factorize(groups, sort=True)
    inside = ~np.isnan(known) & (code >= 0)
    code, weight, answer = code[inside], design.weight[inside], known[inside]
    count = len(names)
    n = np.bincount(code, minlength=count)
    total = np.maximum(np.bincount(code, weight, count), 1e-300)
    mean = np.bincount(code, weight * answer, count) / total
    influence = weight * (answer - mean[code]) / total[code]
    if design.replicates is None:
        variance, df = variance_by_group(influence, code, count, design, inside)
    else:
        replicates = design.replicates[inside]
        made = np.stack([np.bincount(code, r * answer, count) for r in replicates.T])
        sizes = np.stack([np.bincount(code, r, count) for r in replicates.T])
        shift = made / np.where(sizes > 0, sizes, np.nan) - mean
        variance = design.replicate_scale * np.nansum(shift**2, axis=0)
        df = np.full(count, design.replicate_freedom)
    variance = np.where(n > 1, variance, np.nan)
    table = _table(mean, np.sqrt(variance), df).assign(df=df, n=n)
    return table.set_axis(pd.Index(names, name=groups.name))[n > 0]


def difference(
    values: ArrayLike,
    is_first: NDArray[np.bool_],
    is_second: NDArray[np.bool_],
    design: Design,
) -> Estimate:
    """Estimate the mean of the first domain less that of the second, which may share units."""
    known = np.asarray(values, dtype=float)
    inside = ~np.isnan(known)
    answers = np.where(inside, known, 0.0)
    first, second = np.asarray(is_first) & inside, np.asarray(is_second) & inside
    n = int((first | second).sum())
    if not first.any() or not second.any():
        return Estimate(np.nan, np.nan, np.nan, np.nan, np.nan, n)

    parts = (first, second)

    def contrast(weight: Array) -> float:
        means = [np.average(answers[part], weights=weight[part]) for part in parts]
        return float(means[0] - means[1])

    influence = np.zeros(len(known))
    for sign, part in ((1, first), (-1, second)):
        mean = np.average(answers[part], weights=design.weight[part])
        share = design.weight[part] / design.weight[part].sum()
        influence[part] += sign * share * (answers[part] - mean)
    replicates = None
    # A replicate that leaves nobody of a domain has no difference; then influences tell of all.
    if design.replicates is not None and all(
        (design.replicates[part].sum(axis=0) > 0).all() for part in parts
    ):
        replicates = np.array([[contrast(r)] for r in design.replicates.T])
    value = contrast(design.weight)
    covariance, df = covariance_of(
        np.array([value]), influence[:, None], first | second, design, replicates
    )
    found = _estimate(value, float(covariance[0, 0]), df, n)
    return replace(found, fewest=float(min(first.sum(), second.sum())))


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
    names = ["const", *map(str, X.columns)]
    inside = ~np.isnan(answers) & ~np.isnan(columns).any(axis=1)
    y, x, weight = answers[inside], columns[inside], design.weight[inside]
    kept = _independent(x, weight)
    fitted, reason = _fit(y, x[:, kept], weight, family)
    influence = np.zeros((len(answers), len(names)))
    if reason:
        empty = _table(np.full(len(names), np.nan), np.full(len(names), np.nan), np.nan).set_axis(
            pd.Index(names)
        )
        nothing = pd.DataFrame(np.nan, index=names, columns=names)
        return Regression(
            empty.assign(p=np.nan),
            nothing,
            family,
            np.nan,
            len(y),
            influence * np.nan,
            None,
            reason,
        )
    estimates = np.zeros(len(names))
    estimates[kept] = fitted
    mean = _mean_of(x @ estimates, family)
    slope = weight * (mean * (1 - mean) if family == "logistic" else 1.0)
    bread = np.linalg.inv((x[:, kept] * slope[:, None]).T @ x[:, kept])
    moved = (x[:, kept] * (weight * (y - mean))[:, None]) @ bread
    influence[np.ix_(inside, kept)] = moved
    replicates = None
    if design.replicates is not None:
        replicates = np.zeros((design.replicates.shape[1], len(names)))
        for row, replicate in zip(replicates, design.replicates[inside].T, strict=True):
            row[kept] = _refit(y, x[:, kept], replicate, family, fitted)
    covariance, df = covariance_of(estimates, influence, inside, design, replicates)
    df -= len(kept) - 1
    shown = np.where(np.isin(np.arange(len(names)), kept), estimates, np.nan)
    table = _table(shown, np.sqrt(np.diag(covariance)), df).set_axis(pd.Index(names))
    table["se"] = table["se"].where(table["estimate"].notna())
    table["p"] = _two_sided(table["estimate"].to_numpy(), table["se"].to_numpy(), df)
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
    one, zero = _with_constant(X_one), _with_constant(X_zero)
    inside = ~np.isnan(one).any(axis=1) & ~np.isnan(zero).any(axis=1)
    if regression.reason or not inside.any():
        return Estimate(np.nan, np.nan, np.nan, np.nan, np.nan, int(inside.sum()))
    one, zero, weight = one[inside], zero[inside], design.weight[inside]
    coefficients, family = regression.coefficients, regression.family

    def average(coefficients: Array, weight: Array) -> float:
        apart = _mean_of(one @ coefficients, family) - _mean_of(zero @ coefficients, family)
        return float(np.average(apart, weights=weight))

    value = average(coefficients, weight)
    means = [_mean_of(x @ coefficients, family) for x in (one, zero)]
    slopes = [m * (1 - m) if family == "logistic" else np.ones(len(m)) for m in means]
    gradient = weight @ (one * slopes[0][:, None] - zero * slopes[1][:, None]) / weight.sum()
    influence = regression.influence @ gradient
    influence[inside] += weight * (means[0] - means[1] - value) / weight.sum()
    replicates = None
    if design.replicates is not None and regression.replicates is not None:
        pairs = zip(regression.replicates, design.replicates[inside].T, strict=True)
        replicates = np.array([[average(b, r)] for b, r in pairs])
    variance, df = covariance_of(
        np.array([value]), influence[:, None], influence != 0, design, replicates
    )
    return _estimate(value, float(variance[0, 0]), df, int(inside.sum()))


def combine(regression: Regression, weights: dict[str, float]) -> Estimate:
    """Estimate a weighted sum of coefficients."""
    unknown = sorted(set(weights) - set(regression.table.index))
    if unknown:
        raise KeyError(f"no coefficients of {', '.join(unknown)}")
    used = [name for name, weight in weights.items() if weight != 0]
    parts = np.array([weights[name] for name in used])
    value = float(parts @ regression.table.loc[used, "estimate"].to_numpy())
    variance = float(parts @ regression.covariance.loc[used, used].to_numpy() @ parts)
    return _estimate(value, variance if np.isfinite(value) else np.nan, regression.df, regression.n)


def adjust(p: ArrayLike, method: Literal["holm", "bh"]) -> Array:
    """Adjust p-values for their number; missing ones stay missing and do not count.

    Holm (1979) bounds the chance of any false finding, Benjamini & Hochberg (1995) the share of
    false findings.
    """
    from statsmodels.stats.multitest import multipletests

    known = np.asarray(p, dtype=float)
    adjusted = np.full(len(known), np.nan)
    given = ~np.isnan(known)
    if given.any():
        name = {"holm": "holm", "bh": "fdr_bh"}[method]
        adjusted[given] = multipletests(known[given], method=name)[1]
    return adjusted


def _fit(
    y: Array, x: Array, weight: Array, family: Family
) -> tuple[Array, Literal["", "too few", "one answer", "separated"]]:
    nothing = np.full(x.shape[1], np.nan)
    if len(y) <= x.shape[1]:
        return nothing, "too few"
    if y.min() == y.max():
        return nothing, "one answer"
    import statsmodels.api as sm

    weight = weight / weight.mean()
    if family == "linear":
        return np.asarray(sm.WLS(y, x, weights=weight).fit().params), ""
    with warnings.catch_warnings():
        # Separation is looked for below, and told as a reason.
        warnings.simplefilter("ignore")
        model = sm.GLM(y, x, family=sm.families.Binomial(), var_weights=weight)
        result = model.fit(maxiter=50, tol=1e-10)
        fitted = np.asarray(result.fittedvalues)
    if not result.converged or fitted.min() < _CERTAIN or fitted.max() > 1 - _CERTAIN:
        return nothing, "separated"
    return np.asarray(result.params), ""


def _refit(y: Array, x: Array, weight: Array, family: Family, start: Array) -> Array:
    """Fit with other weights, from a fit that is near (Newton's method; fast enough for eighty)."""
    found = start.copy()
    for _ in range(25):
        mean = _mean_of(x @ found, family)
        slope = weight * (mean * (1 - mean) if family == "logistic" else 1.0)
        step = np.linalg.lstsq((x * slope[:, None]).T @ x, x.T @ (weight * (y - mean)))[0]
        found = found + step
        if np.abs(step).max() < 1e-10:
            break
    return np.asarray(found)


def _independent(x: Array, weight: Array) -> NDArray[np.intp]:
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


def _two_sided(value: Array, se: Array, df: float | Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(value / se)
    known = np.where(np.asarray(df) > 0, df, np.nan)
    return np.asarray(2 * t.sf(ratio, known), dtype=float)


def _table(value: Array, se: Array, df: float | Array) -> pd.DataFrame:
    """Estimates with their intervals; none without degrees of freedom."""
    known = np.where(np.asarray(df) > 0, df, np.nan)
    half = t.ppf((1 + _LEVEL) / 2, known) * se
    return pd.DataFrame({"estimate": value, "se": se, "low": value - half, "high": value + half})


def _estimate(value: float, variance: float, df: float, n: int) -> Estimate:
    row = _table(np.array([value]), np.sqrt(np.array([variance])), df).iloc[0]
    return _to_estimate(row.reindex(ESTIMATE_COLUMNS).fillna({"df": df, "n": n}))


def _to_estimate(row: pd.Series) -> Estimate:
    value, se, low, high, df, n = (float(row[name]) for name in ESTIMATE_COLUMNS)
    return Estimate(value, se, low, high, df, int(n))
