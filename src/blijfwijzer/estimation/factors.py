"""Whether items measure one thing: one factor on their correlations, and how well it fits.

Correlations are plain ones, which take steps of an answer as equal, or polychoric ones, which only
take their order (Olsson 1979). How uncertain they are follows from the design; fit measures are
corrected for it, so that weights, whole units and skewed answers do not pass for misfit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import ndtr, ndtri
from scipy.stats import ncx2

from blijfwijzer.estimation.design import Design, covariance_of

Array = NDArray[np.float64]

MOST_CATEGORIES = 10
"""Answers with more values than these are taken as numbers."""
_LARGEST = 0.995
_SMALLEST_UNIQUE = 0.005
"""Least share of an item that is its own; a fit that ends here is a Heywood case (as factanal)."""
_SINGULAR = 1e-6
_LEVEL = (0.975, 0.025)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)


@dataclass(frozen=True)
class Correlations:
    """Correlations of items and how well they are known."""

    matrix: Array
    covariance: Array
    """Of the correlations below the diagonal, in the order of `np.tril_indices(k, -1)`."""


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


def correlate(values: Array, design: Design) -> Correlations:
    """Correlate items as numbers.

    The influence of a respondent on a correlation r of standardised answers a and b is
    ab - r (a^2 + b^2) / 2 (Devlin, Gnanadesikan & Kettenring 1975).

    Parameters
    ----------
    values : one row per response, one column per item, none missing
    """
    share = design.weight / design.weight.sum()
    centred = values - share @ values
    scaled = centred / np.sqrt(share @ centred**2)
    matrix = (scaled * share[:, None]).T @ scaled
    first, second = np.tril_indices(values.shape[1], -1)
    a, b = scaled[:, first], scaled[:, second]
    influence = share[:, None] * (a * b - matrix[first, second] * (a**2 + b**2) / 2)
    return _known(matrix, influence, design)


def correlate_ordinal(values: Array, design: Design) -> Correlations:
    """Correlate what lies behind ordered answers: polychoric correlations.

    Thresholds follow from each item's own shares, then each correlation is the most likely one
    (Olsson 1979, two-step). Its influences depend on the pair of answers only, and are found by
    adding a little of each pair to the table.

    Parameters
    ----------
    values : one row per response, one column per item, none missing; few different values
    """
    share = design.weight / design.weight.sum()
    levels, place = np.unique(values, return_inverse=True)
    count, place = len(levels), place.reshape(values.shape)
    first, second = np.tril_indices(values.shape[1], -1)
    cell = place[:, first] * count + place[:, second]
    tables = np.stack([np.bincount(c, share, count**2) for c in cell.T]).astype(np.float64)
    tables = tables.reshape(-1, count, count)
    found = polychoric(tables)
    step = 1e-6
    moved = (1 - step) * tables[:, None] + step * np.eye(count**2).reshape(1, -1, count, count)
    again = polychoric(moved.reshape(-1, count, count), np.repeat(found, count**2))
    slope = (again.reshape(len(found), count**2) - found[:, None]) / step
    influence = share[:, None] * np.take_along_axis(slope.T, cell, axis=0)
    matrix = np.eye(values.shape[1])
    matrix[first, second] = matrix[second, first] = found
    return _known(matrix, influence, design)


def polychoric(tables: Array, start: Array | None = None) -> Array:
    """Find the correlation of two normal variables that makes each table most likely.

    Fisher scoring on all tables at once; correlations stay within .995.

    Parameters
    ----------
    tables : one table of shares each, rows and columns in order, of a total of 1
    start : correlations that are near
    """
    edges = [_thresholds(tables.sum(axis=axis)) for axis in (2, 1)]
    a, b = edges[0][:, :, None], edges[1][:, None, :]
    rho = np.zeros(len(tables)) if start is None else start.copy()
    for _ in range(50):
        chance = _cells(_binormal(a, b, rho), ndtr(edges[0]), ndtr(edges[1]), 1.0)
        slope = _cells(_density(a, b, rho), 0.0, 0.0, 0.0)
        seen = chance > 1e-12
        ratio = np.where(seen, slope / np.where(seen, chance, 1.0), 0.0)
        score = (tables * ratio).sum(axis=(1, 2))
        information = (slope * ratio).sum(axis=(1, 2))
        step = np.clip(score / np.maximum(information, 1e-12), -0.3, 0.3)
        rho = np.clip(rho + step, -_LARGEST, _LARGEST)
        if np.abs(step).max(initial=0.0) < 1e-12:
            break
    return np.asarray(rho)


def is_singular(matrix: Array) -> bool:
    """Tell whether correlations are none, or an item follows from others: a copy, say."""
    return bool(np.linalg.eigvalsh(matrix).min() < _SINGULAR)


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
    loadings = most_likely_loadings(matrix)
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


def _known(matrix: Array, influence: Array, design: Design) -> Correlations:
    everyone = np.ones(len(influence), dtype=bool)
    covariance, _ = covariance_of(np.zeros(influence.shape[1]), influence, everyone, design)
    return Correlations(matrix, covariance)


def _thresholds(shares: Array) -> Array:
    """Place of each border between answers, in standard deviations; the ends left out."""
    below = np.clip(np.cumsum(shares, axis=1)[:, :-1], 0, 1)
    return np.asarray(np.clip(ndtri(below), -9.0, 9.0))


def _binormal(a: Array, b: Array, rho: Array) -> Array:
    """Chance that both of two normal variables lie below a and b (Drezner & Wesolowsky 1990)."""
    end = np.arcsin(rho)[:, None, None]
    total = np.zeros(np.broadcast_shapes(a.shape, b.shape))
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        sine = np.sin(end * (node + 1) / 2)
        total += weight * np.exp(-(a**2 + b**2 - 2 * a * b * sine) / (2 * (1 - sine**2)))
    return np.asarray(ndtr(a) * ndtr(b) + total * end / (4 * np.pi))


def _density(a: Array, b: Array, rho: Array) -> Array:
    r = rho[:, None, None]
    left = 1 - r**2
    return np.asarray(
        np.exp(-(a**2 + b**2 - 2 * a * b * r) / (2 * left)) / (2 * np.pi * np.sqrt(left))
    )


def _cells(below: Array, of_rows: Array | float, of_columns: Array | float, all_: float) -> Array:
    """Chance of each cell from that of lying below each pair of borders, the last at infinity."""
    tables, rows, columns = below.shape
    framed = np.zeros((tables, rows + 2, columns + 2))
    framed[:, 1:-1, 1:-1] = below
    framed[:, 1:-1, -1] = of_rows
    framed[:, -1, 1:-1] = of_columns
    framed[:, -1, -1] = all_
    return np.asarray(np.diff(np.diff(framed, axis=1), axis=2))


def most_likely_loadings(matrix: Array) -> Array:
    """Find the most likely loadings of one factor, through unique variances (Jöreskog 1967)."""

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


def _normal_weights(inverse: Array, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Array:
    """Weight of squared misfits in the likelihood: half of D' (S^-1 x S^-1) D on half matrices."""
    double = np.where(rows == columns, 1.0, 2.0)
    crossed = inverse[np.ix_(rows, rows)] * inverse[np.ix_(columns, columns)]
    crossed = crossed + inverse[np.ix_(rows, columns)] * inverse[np.ix_(columns, rows)]
    return np.asarray(crossed * np.outer(double, double) / 4)


def _slopes(loadings: Array, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Array:
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

    return end(_LEVEL[0]), end(_LEVEL[1])
