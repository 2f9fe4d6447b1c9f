"""How items hang together: correlations of answers, and how well they are known given the design.

Plain ones take steps of an answer as equal; polychoric ones only take their order (Olsson 1979).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.variance import covariance_of
from blijfwijzer.survey.arrays import Array

MOST_CATEGORIES = 10
"""Answers with more values than these are taken as numbers."""
_LARGEST = 0.995
_SINGULAR = 1e-6
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)


@dataclass(frozen=True)
class Correlations:
    """Correlations of items and how well they are known."""

    matrix: Array
    covariance: Array
    """Of the correlations below the diagonal, in the order of `np.tril_indices(k, -1)`."""


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
