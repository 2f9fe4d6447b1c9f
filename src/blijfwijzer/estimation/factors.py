"""One factor behind items, and how well it fits.

Fit measures are corrected for how uncertain correlations are, so that weights, whole units and
skewed answers do not pass for misfit.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.stats import ncx2

from blijfwijzer.estimation.correlations import Correlations, is_singular
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.survey.arrays import Array, Codes

_SMALLEST_UNIQUE = 0.005
"""Least share of an item that is its own; a fit that ends here is a Heywood case (as factanal)."""
_HAIR = 1e-6


@dataclass(frozen=True)
class OneFactor:
    """One factor behind the items, and how well it fits."""

    loadings: Array
    """One per item, in standard deviations; NaN when there are fewer than three items."""
    loading_errors: Array
    rmsea: float
    rmsea_low: float
    rmsea_high: float
    """Of a 95 % interval."""
    cfi: float
    srmr: float
    """NaN, like the others, for three items or fewer: these fit any one factor."""


def fit_one_factor(correlations: Correlations) -> OneFactor | None:
    """Fit one factor by maximum likelihood and measure how well it does.

    With discrepancy F and its expectation b under an exact fit, given the design (Satorra &
    Bentler 1994; Muthén & Satorra 1995 for clusters): RMSEA = sqrt(max(F - b, 0) / df), CFI = 1 -
    max(F - b, 0) / max(F - b, F0 - b0, 0), where 0 is the model without a factor
    (Brosseau-Liard & Savalei 2014; Savalei 2021 for polychoric correlations). The interval of
    RMSEA is that of a noncentral chi-square scaled by b / df (Li & Bentler 2006).

    Returns
    -------
    None when the correlations are no correlation matrix, as polychoric ones sometimes are.
    """
    matrix = correlations.matrix
    items = len(matrix)
    if is_singular(matrix):
        return None
    nothing = np.full(items, np.nan)
    if items < 3:
        return OneFactor(nothing, nothing, *[np.nan] * 5)
    loadings = load_items(matrix)
    model = np.outer(loadings, loadings)
    np.fill_diagonal(model, 1.0)
    rows, columns = np.tril_indices(items)
    off = rows != columns
    covariance = np.zeros((len(rows), len(rows)))
    covariance[np.ix_(off, off)] = correlations.covariance
    weights = _normal_weights(np.asarray(np.linalg.inv(model)), rows, columns)
    slopes = _slopes(loadings, rows, columns)
    gain = np.linalg.solve(slopes.T @ weights @ slopes, slopes.T @ weights)
    errors = np.sqrt(np.diag(gain @ covariance @ gain.T))[:items]
    left = weights - weights @ slopes @ gain
    freedom = items * (items - 3) // 2
    if freedom == 0:
        return OneFactor(loadings, errors, *[np.nan] * 5)
    misfit = np.log(np.linalg.det(model)) - np.log(np.linalg.det(matrix))
    misfit += np.trace(np.linalg.solve(model, matrix)) - items
    expected = float(np.trace(left @ covariance))
    excess = misfit - expected
    excess_of_none = -np.log(np.linalg.det(matrix)) - np.trace(correlations.covariance)
    worst = max(excess, excess_of_none, 0.0)
    low, high = _noncentral(misfit * freedom / expected, freedom) if expected > 0 else (0.0, 0.0)
    scale = expected / freedom**2
    return OneFactor(
        loadings,
        errors,
        rmsea=float(np.sqrt(max(excess, 0.0) / freedom)),
        rmsea_low=float(np.sqrt(low * scale)),
        rmsea_high=float(np.sqrt(high * scale)),
        cfi=float(1 - max(excess, 0.0) / worst) if worst > 0 else np.nan,
        srmr=float(np.sqrt(((matrix - model)[rows, columns] ** 2).mean())),
    )


def load_items(correlation: Array) -> Array:
    """Find the loadings of items on one factor, in standard deviations.

    A factor needs three items: with two, loadings are not identified and are taken equal.
    """
    if len(correlation) == 2:
        return np.full(2, np.sqrt(max(float(correlation[0, 1]), 0.0)))
    return _most_likely(correlation)


def _most_likely(matrix: Array) -> Array:
    """Find the most likely loadings of one factor, through unique variances (Jöreskog 1967).

    By hand, as statsmodels' `Factor(method="ml")`, which finds the same, takes three to seven
    times as long, and intervals of omega need thousands of fits.
    """
    if is_singular(matrix):
        # Items that follow from each other are held apart by a hair, or nothing is most likely.
        matrix = matrix + _HAIR * np.eye(len(matrix))

    def split(unique: Array) -> tuple[Array, Array]:
        root = np.sqrt(unique)
        values, vectors = np.linalg.eigh(matrix / np.outer(root, root))
        return values, vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0)) * root

    def misfit(unique: Array) -> tuple[float, Array]:
        values, loadings = split(unique)
        rest = values[:-1]
        model = np.outer(loadings, loadings) + np.diag(unique)
        inverse = np.linalg.inv(model)
        slope = np.diag(inverse @ (model - matrix) @ inverse)
        return float((rest - np.log(rest) - 1).sum()), slope

    # Tilted, as items that are all alike would hold the search on a saddle.
    start = np.linspace(0.9, 1.1, len(matrix)) / np.diag(np.linalg.inv(matrix))
    found = minimize(
        misfit,
        np.clip(start, _SMALLEST_UNIQUE, 1.0),
        jac=True,
        method="L-BFGS-B",
        bounds=[(_SMALLEST_UNIQUE, 1.0)] * len(matrix),
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500},
    )
    loadings = split(found.x)[1]
    return np.asarray(loadings * (1.0 if loadings.sum() >= 0 else -1.0))


def _normal_weights(inverse: Array, rows: Codes, columns: Codes) -> Array:
    """Weight of squared misfits in the likelihood: half of D' (S^-1 x S^-1) D on half matrices."""
    double = np.where(rows == columns, 1.0, 2.0)
    crossed = inverse[np.ix_(rows, rows)] * inverse[np.ix_(columns, columns)]
    crossed = crossed + inverse[np.ix_(rows, columns)] * inverse[np.ix_(columns, rows)]
    return np.asarray(crossed * np.outer(double, double) / 4)


def _slopes(loadings: Array, rows: Codes, columns: Codes) -> Array:
    """By how much the model's half matrix moves with each loading and each unique variance."""
    unit = np.eye(len(loadings))
    of_loadings = unit[rows] * loadings[columns, None] + unit[columns] * loadings[rows, None]
    return np.hstack([of_loadings, unit[rows] * unit[columns]])


def _noncentral(statistic: float, freedom: int) -> tuple[float, float]:
    """Interval of the noncentrality of a chi-square; zero where even zero makes it too large."""

    def end(level: float) -> float:
        def gap(noncentrality: float) -> float:
            return float(ncx2.cdf(statistic, freedom, noncentrality)) - level

        top = 4 * statistic + 100
        return float(brentq(gap, 1e-9, top)) if gap(1e-9) > 0 else 0.0

    return end(ENDS[1]), end(ENDS[0])
