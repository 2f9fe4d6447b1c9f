"""Covariances in draws of whole units, and columns without means, of all or of groups."""

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.estimation.fitting import some_at_a_time
from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.estimation.sums import Sums
from blijfwijzer.estimation.variance import add_up
from blijfwijzer.survey.arrays import Array, Codes

_MOMENTS = "moments"
_ROUNDING = 1e-12
"""Share of a column's mean square below which its variance is what floating point left."""


def gather_moments(columns: Array, weight: Array, draws: Draws) -> Sums:
    """Add up weighted products by whole; rows that miss a column are left out.

    Returns
    -------
    Of each whole, products of all pairs of columns, with one of ones before them: exact, so that
    those of batches of responses merge to the same in whichever order.
    """
    sums = Sums.empty()
    for part in some_at_a_time(len(columns)):
        known = np.asarray(~np.isnan(columns[part]).any(axis=1))
        rows = np.column_stack([np.ones(known.sum()), columns[part][known]])
        first, second = np.triu_indices(rows.shape[1])
        terms = weight[part][known, None] * (rows[:, first] * rows[:, second])
        place = draws.place[part][known]
        at = (place, np.arange(len(place)))
        members = csr_array((np.ones(len(place)), at), shape=(len(draws.times), len(place)))
        sums = sums.add(_MOMENTS, terms, members).count(_MOMENTS, known)
    return sums


def count_moments(sums: Sums) -> tuple[int, int]:
    """Count the responses that miss no column, and the wholes that they lie in."""
    return int(sums.counts[_MOMENTS]), len(sums.by_group[_MOMENTS].groups)


def finish_moments(sums: Sums, draws: Draws) -> tuple[Array, Array]:
    """Turn sums into covariances: one matrix of all responses, and one per draw."""
    products = draws.finish(sums.of_groups(_MOMENTS, len(draws.times)))
    width = int(np.sqrt(2 * products.shape[1]))
    first, second = np.triu_indices(width)
    totals = np.empty((len(products), width, width))
    totals[:, first, second] = totals[:, second, first] = products
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
