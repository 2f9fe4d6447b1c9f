"""One factor behind items, and how well it fits.

Fit measures are corrected for how uncertain correlations are, so that weights, whole units and
skewed answers do not pass for misfit.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import chndtr

from blijfwijzer.estimation.correlations import Correlations, is_singular
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.survey.arrays import Array, Codes, Mask

_SMALLEST_UNIQUE = 0.005
"""Least share of an item that is its own; a fit that ends here is a Heywood case (as factanal)."""
_LEAST = float(np.log(_SMALLEST_UNIQUE))
_HAIR = 1e-6
_FLAT = 1e-10
"""Slope of the misfit at which a search has ended."""
_STEPS, _HALVINGS = 100, 20


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


def load_items(correlations: Array) -> Array:
    """Find the loadings of items on one factor, in standard deviations.

    A factor needs three items: with two, loadings are not identified and are taken equal.

    Parameters
    ----------
    correlations : of items with items, or several such matrices, or none, one after the other

    Returns
    -------
    One loading per item, of each matrix.
    """
    if correlations.shape[-1] == 2:
        equal = np.sqrt(np.maximum(correlations[..., :1, 1], 0.0))
        return np.repeat(equal, 2, axis=-1)
    if not correlations.size:
        return np.zeros(correlations.shape[:-1])
    items = correlations.shape[-1]
    loadings = _most_likely(correlations.reshape(-1, items, items))
    return loadings.reshape(correlations.shape[:-1])


def _most_likely(matrices: Array) -> Array:
    """Find the most likely loadings of one factor, through unique variances (Jöreskog 1967).

    Newton's method on the logarithms of these, with the exact curvature where that is a bowl, on
    many matrices at once: intervals of omega need thousands of fits. statsmodels'
    `Factor(method="ml")` finds the same one by one, in a hundred times as long.
    """
    one = np.eye(matrices.shape[-1])
    # Items that follow from each other are held apart by a hair, or nothing is most likely.
    is_loose = np.array([is_singular(matrix) for matrix in matrices])
    matrices = matrices + _HAIR * is_loose[:, None, None] * one
    # Tilted, as items that are all alike would hold the search on a saddle.
    inverse = np.diagonal(np.linalg.inv(matrices), axis1=1, axis2=2)
    unique = np.clip(np.linspace(0.9, 1.1, len(one)) / inverse, _SMALLEST_UNIQUE, 1.0)
    found = _Split.of(matrices, np.log(unique))
    for _ in range(_STEPS):
        step, is_done = found.step()
        size = np.where(is_done, 0.0, 1.0)[:, None]
        for _ in range(_HALVINGS):
            tried = _Split.of(matrices, np.clip(found.logs - size * step, _LEAST, 0.0))
            is_worse = (tried.misfit >= found.misfit)[:, None] & (size > 0)
            if not is_worse.any():
                break
            size = np.where(is_worse, size / 2, size)
        size = np.where(is_worse, 0.0, size)
        if not size.any():
            break
        found = _Split.of(matrices, np.clip(found.logs - size * step, _LEAST, 0.0))
    common = found.vectors[:, :, -1] * np.exp(found.logs / 2)
    loadings = common * np.sqrt(np.maximum(found.values[:, -1:] - 1, 0.0))
    return np.asarray(loadings * np.where(loadings.sum(axis=1, keepdims=True) >= 0, 1.0, -1.0))


@dataclass(frozen=True)
class _Split:
    """Correlations of several samples, each split in what is common and what is an item's own."""

    logs: Array
    """Of the share of each item that is its own, a row per sample."""
    values: Array
    vectors: Array
    misfit: Array

    @classmethod
    def of(cls, matrices: Array, logs: Array) -> "_Split":
        root = np.exp(logs / 2)
        values, vectors = np.linalg.eigh(matrices / (root[:, :, None] * root[:, None, :]))
        rest = values[:, :-1]
        return cls(logs, values, vectors, (rest - np.log(rest) - 1).sum(axis=1))

    def step(self) -> tuple[Array, Mask]:
        """Give where to go from here, and of which samples there is nowhere to go."""
        rest, top = self.values[:, :-1], self.values[:, -1:]
        own, common = self.vectors[:, :, :-1], self.vectors[:, :, -1]
        slope = (own**2 @ (1 - rest)[:, :, None])[:, :, 0]
        is_held = ((self.logs <= _LEAST) & (slope > 0)) | ((self.logs >= 0) & (slope < 0))
        slope = np.where(is_held, 0.0, slope)
        apart = own @ own.mT
        pull = (1 - rest) * (rest + top) / np.maximum(top - rest, _HAIR)
        bend = (own * rest[:, None]) @ own.mT * apart
        bend = bend + (own * pull[:, None]) @ own.mT * (common[:, :, None] * common[:, None])
        one = np.eye(len(common[0]))
        is_free = ~(is_held[:, :, None] | is_held[:, None])
        bend = np.where(is_free, bend, one)
        # Elsewhere the squares, which are a bowl anywhere and about right where the factor fits.
        is_bowl = np.linalg.eigvalsh(bend)[:, 0] > _HAIR
        other = np.where(is_free, apart**2, one) + _HAIR * one
        bend = np.where(is_bowl[:, None, None], bend, other)
        step = np.linalg.solve(bend, slope[:, :, None])[:, :, 0]
        return np.asarray(step), np.asarray(np.abs(slope).max(axis=1) < _FLAT)


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
            return float(chndtr(statistic, freedom, noncentrality)) - level

        top = 4 * statistic + 100
        return float(brentq(gap, 1e-9, top)) if gap(1e-9) > 0 else 0.0

    return end(ENDS[1]), end(ENDS[0])
