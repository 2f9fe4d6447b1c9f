"""Covariances in draws of whole units, and columns without means, of all or of groups."""

import numpy as np

from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.estimation.variance import add_up
from blijfwijzer.survey.arrays import Array, Codes

_ROWS_AT_ONCE = 500_000
"""Responses of which products are held at a time: of six items some 200 MB."""
_ROUNDING = 1e-12
"""Share of a column's mean square below which its variance is what floating point left."""


def gather_moments(columns: Array, weight: Array, draws: Draws) -> Array:
    """Add up weights, weighted columns and products by whole; rows that miss a column are left out.

    Returns
    -------
    One row per whole: products of all pairs of columns, with one of ones before them. Sums of
    batches of responses may be added to each other.
    """
    known = np.flatnonzero(~np.isnan(columns).any(axis=1))
    parts = np.array_split(known, len(known) // _ROWS_AT_ONCE + 1)
    sums = _gather(columns[parts[0]], weight[parts[0]], draws.take(parts[0]))
    for own in parts[1:]:
        sums += _gather(columns[own], weight[own], draws.take(own))
    return sums


def _gather(columns: Array, weight: Array, draws: Draws) -> Array:
    rows = np.column_stack([np.ones(len(columns)), columns])
    products = (rows[:, :, None] * rows[:, None, :]).reshape(len(rows), rows.shape[1] ** 2)
    return draws.gather(weight[:, None] * products)


def finish_moments(sums: Array, draws: Draws) -> tuple[Array, Array]:
    """Turn sums into covariances: one matrix of all responses, and one per draw."""
    width = int(np.sqrt(sums.shape[1]))
    totals = draws.finish(sums).reshape(-1, width, width)
    size = np.where(totals[:, :1, :1] > 0, totals[:, :1, :1], np.nan)
    mean = totals[:, 0, 1:] / size[:, :, 0]
    squares = totals[:, 1:, 1:] / size
    found = squares - mean[:, :, None] * mean[:, None, :]
    place = np.arange(width - 1)
    is_flat = found[:, place, place] <= _ROUNDING * squares[:, place, place]
    found[is_flat[:, :, None] | is_flat[:, None, :]] = 0.0
    return np.asarray(found[0]), np.asarray(found[1:])


def covariances(columns: Array, weight: Array, draws: Draws) -> tuple[Array, Array]:
    """Weighted covariances of columns, as found and in each draw of units."""
    return finish_moments(gather_moments(columns, weight, draws), draws)


def standardise(columns: Array) -> Array:
    """Give columns in standard deviations from their means; zeros where nothing varies."""
    spread = columns.std(axis=0)
    return np.asarray((columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def within(columns: Array, group: Codes, weight: Array) -> Array:
    """Take the weighted mean of each group from columns, over rows that miss none."""
    known = np.asarray(~np.isnan(columns).any(axis=1))
    place = np.unique(group, return_inverse=True)[1]
    held = np.where(known, weight, 0.0)
    total = np.maximum(np.bincount(place, held), 1e-12)
    filled = np.where(known[:, None], columns, 0.0)
    means = add_up(held[:, None] * filled, place) / total[:, None]
    return np.where(known[:, None], columns - means[place], np.nan)
