"""Covariances in draws of whole units, and columns without the means of groups."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


def covariances(columns: Array, weight: Array, place: Codes, picks: Array) -> tuple[Array, Array]:
    """Weighted covariances of columns, as found and in each bootstrap of units.

    Parameters
    ----------
    columns : one row per response; rows that miss one are left out
    place, picks : as `Evidence.draw` gives

    Returns
    -------
    One matrix, and one per draw.
    """
    known = np.asarray(~np.isnan(columns).any(axis=1))
    rows, weight, place = columns[known], weight[known], place[known]
    with_one = np.column_stack([np.ones(len(rows)), rows])
    width = with_one.shape[1]
    products = (with_one[:, :, None] * with_one[:, None, :]).reshape(len(rows), width**2)
    sums = np.stack(
        [np.bincount(place, weight * product, len(picks)) for product in products.T], axis=1
    )
    totals = np.vstack([sums.sum(axis=0), picks.T @ sums]).reshape(-1, width, width)
    size = np.where(totals[:, :1, :1] > 0, totals[:, :1, :1], np.nan)
    mean = totals[:, 0, 1:] / size[:, :, 0]
    second = totals[:, 1:, 1:] / size
    found = second - mean[:, :, None] * mean[:, None, :]
    return np.asarray(found[0]), np.asarray(found[1:])


def within(columns: Array, group: Codes, weight: Array) -> Array:
    """Take the weighted mean of each group from columns, over rows that miss none."""
    known = np.asarray(~np.isnan(columns).any(axis=1))
    place = np.unique(group, return_inverse=True)[1]
    held = np.where(known, weight, 0.0)
    total = np.maximum(np.bincount(place, held), 1e-12)
    filled = np.where(known[:, None], columns, 0.0)
    means = np.stack([np.bincount(place, held * c) / total for c in filled.T], axis=1)
    return np.where(known[:, None], columns - means[place], np.nan)
