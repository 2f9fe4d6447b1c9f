"""Regression of ordered answers on few different rows: proportional odds from a table of counts.

Respondents with the same columns and answer count together, so that a fit costs as much for forty
thousand of them as for four hundred.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from blijfwijzer.survey.arrays import Array

_ROUNDS = 60
_ENOUGH = 1e-9
_LEAST = 1e-300


@dataclass(frozen=True)
class OrdinalFit:
    """A model of proportional odds: P(answer <= k) = expit(border k - X b) (McCullagh 1980)."""

    borders: Array
    """One per answer but the last, rising."""
    coefficients: Array
    """One per column."""
    log_likelihood: float
    chances: Array
    """One row per row of the table, one column per answer."""
    scores: Array
    """Slope of the log likelihood of each answer at each row: rows x answers x parameters, the
    borders first."""
    inverse: Array
    """Inverse of the expected information: of borders, then coefficients."""


def fit_ordinal(counts: Array, X: Array, start: OrdinalFit | None = None) -> OrdinalFit:
    """Fit by maximum likelihood (Fisher scoring).

    Parameters
    ----------
    counts : one row per different row of columns, one column per answer, each of which occurs;
        weights may be summed as well
    X : one row per row of `counts`; no column may follow from the others
    start : a fit on the same counts with fewer of these columns, the first ones
    """
    answers, columns = counts.shape[1], X.shape[1]
    parameters = np.zeros(answers - 1 + columns)
    below = np.cumsum(counts.sum(axis=0))[:-1] / counts.sum()
    parameters[: answers - 1] = np.log(below / (1 - below))
    if start is not None:
        parameters[: answers - 1] = start.borders
        parameters[answers - 1 : answers - 1 + len(start.coefficients)] = start.coefficients
    likelihood = _likelihood(counts, X, parameters)
    n = counts.sum(axis=1)
    for _ in range(_ROUNDS):
        chances, slopes = _chances(X, parameters, answers)
        scores = slopes / np.maximum(chances, _LEAST)[:, :, None]
        gradient = counts.ravel() @ _flat(scores)
        information = _flat(slopes * n[:, None, None]).T @ _flat(scores)
        step = np.asarray(np.linalg.lstsq(information, gradient)[0], dtype=np.float64)
        parameters, gain = _go(counts, X, parameters, step, likelihood)
        likelihood += gain
        if gain < _ENOUGH:
            break
    chances, slopes = _chances(X, parameters, answers)
    scores = slopes / np.maximum(chances, _LEAST)[:, :, None]
    information = _flat(slopes * n[:, None, None]).T @ _flat(scores)
    return OrdinalFit(
        parameters[: answers - 1],
        parameters[answers - 1 :],
        likelihood,
        chances,
        scores,
        np.asarray(np.linalg.pinv(information, hermitian=True)),
    )


def nagelkerke(log_likelihood: float, counts: Array) -> float:
    """Share of what there is to explain that a fit explains (Nagelkerke 1991)."""
    total, of_answers = counts.sum(), counts.sum(axis=0)
    none = float((of_answers * np.log(of_answers / total)).sum())
    return float((1 - np.exp(2 * (none - log_likelihood) / total)) / (1 - np.exp(2 * none / total)))


def _chances(X: Array, parameters: Array, answers: int) -> tuple[Array, Array]:
    """Chance of each answer at each row, and its slopes in the parameters."""
    borders, coefficients = parameters[: answers - 1], parameters[answers - 1 :]
    below = expit(borders - (X @ coefficients)[:, None])
    framed = np.column_stack([np.zeros(len(X)), below, np.ones(len(X))])
    chances = np.diff(framed, axis=1)
    bent = np.column_stack([np.zeros(len(X)), below * (1 - below), np.zeros(len(X))])
    slopes = np.zeros((len(X), answers, len(parameters)))
    for place in range(answers - 1):
        slopes[:, place, place] = bent[:, place + 1]
        slopes[:, place + 1, place] = -bent[:, place + 1]
    slopes[:, :, answers - 1 :] = -np.diff(bent, axis=1)[:, :, None] * X[:, None, :]
    return chances, slopes


def _likelihood(counts: Array, X: Array, parameters: Array) -> float:
    answers = counts.shape[1]
    if (np.diff(parameters[: answers - 1]) <= 0).any():
        return -np.inf
    chances = _chances(X, parameters, answers)[0]
    return float((counts * np.log(np.maximum(chances, _LEAST))).sum())


def _flat(table: Array) -> Array:
    """Put rows and answers below each other."""
    return table.reshape(-1, table.shape[2])


def _go(
    counts: Array, X: Array, parameters: Array, step: Array, likelihood: float
) -> tuple[Array, float]:
    """Go as much of a step as makes the answers more likely."""
    for _ in range(12):
        found = _likelihood(counts, X, parameters + step)
        if found > likelihood:
            return parameters + step, found - likelihood
        step = step / 2
    return parameters, 0.0
