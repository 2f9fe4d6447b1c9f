"""Coefficients of regressions, from sums of cross products.

A linear fit follows from cross products, a logistic one from those of each round (Newton's method).
All may be added up over batches of responses.
"""

from typing import Literal

import numpy as np
from scipy.special import expit

from blijfwijzer.survey.arrays import Array, Codes

Family = Literal["linear", "logistic"]
Unfitted = Literal["", "too few", "one answer", "separated"]
_ALIASED = 1e-9
"""Share of a column's variance that the columns before it must leave for it to be fitted."""
_CERTAIN = 1e-8
"""Fitted probabilities this near to 0 or 1 mean that the columns separate the outcome."""
_ROUNDS = 50
_ROWS_AT_ONCE = 2**16
"""Responses of which products are held at a time; of no more, all are added up at once."""


def gather_products(
    x: Array, y: Array, weight: Array, at: Array, family: Family = "linear"
) -> Array:
    """Add up cross products of columns, at coefficients that are known so far (zeros at first).

    Returns
    -------
    The information, columns by columns, and beside it how much the fit gains by more of each.
    """
    sums = np.zeros((x.shape[1], x.shape[1] + 1))
    for rows in some_at_a_time(len(y)):
        own, mean = x[rows], mean_of(x[rows] @ at, family)
        slope = weight[rows] * slope_of(mean, family)
        sums[:, :-1] += (own * slope[:, None]).T @ own
        sums[:, -1] += own.T @ (weight[rows] * (y[rows] - mean))
    return sums


def some_at_a_time(count: int) -> list[slice]:
    """Part rows that are added up, so that what is worked out of each is held of some at a time."""
    starts = range(0, max(count, 1), _ROWS_AT_ONCE)
    return [slice(start, start + _ROWS_AT_ONCE) for start in starts]


def finish_products(sums: Array) -> Array:
    """Give the step that they say: with a linear family and zeros, the coefficients."""
    return np.asarray(np.linalg.lstsq(sums[:, :-1], sums[:, -1], rcond=None)[0])


def fit_coefficients(y: Array, x: Array, weight: Array, family: Family) -> tuple[Array, Unfitted]:
    """Give coefficients from the start, or NaN and why there are none."""
    nothing = np.full(x.shape[1], np.nan)
    if len(y) <= x.shape[1]:
        return nothing, "too few"
    if y.min() == y.max():
        return nothing, "one answer"
    fitted, is_found = climb(y, x, weight / weight.mean(), family, np.zeros(x.shape[1]))
    if family == "logistic":
        chance = mean_of(x @ fitted, family)
        if not is_found or chance.min() < _CERTAIN or chance.max() > 1 - _CERTAIN:
            return nothing, "separated"
    return fitted, ""


def climb(y: Array, x: Array, weight: Array, family: Family, start: Array) -> tuple[Array, bool]:
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


def find_independent(x: Array, weight: Array) -> Codes:
    """Places of the columns that those before them do not determine (a sweep of products)."""
    parts, products, kept = some_at_a_time(len(x)), np.zeros((x.shape[1], x.shape[1])), []
    scale = np.sqrt(sum((weight[rows] @ x[rows] ** 2 for rows in parts), np.zeros(x.shape[1])))
    for rows in parts:
        unit = x[rows] / np.where(scale > 0, scale, 1.0) * np.sqrt(weight[rows])[:, None]
        products += unit.T @ unit
    for place in range(x.shape[1]):
        pivot = products[place, place]
        if pivot > _ALIASED:
            kept.append(place)
            row = products[place] / pivot
            products = products - np.outer(products[:, place], row)
    return np.array(kept, dtype=np.intp)


def mean_of(margin: Array, family: Family) -> Array:
    """Give the mean, or the probability, at a sum of columns times coefficients."""
    return np.asarray(expit(margin) if family == "logistic" else margin)


def slope_of(mean: Array, family: Family) -> Array:
    """Give by how much a mean moves with that sum."""
    return mean * (1 - mean) if family == "logistic" else np.ones(len(mean))
