"""Pooling beside the way it was first written: every point of the grid asked of every group."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from blijfwijzer.estimation.areas import Areas, integrate, lay_points

SHARES, CORRELATIONS = (0.0, 0.4, 0.8), (-0.3, 0.3, 0.75, 0.97)


@pytest.mark.parametrize("dimensions", [1, 2])
@pytest.mark.parametrize("parents", [1, 9])
def test_sums_over_parents_say_what_a_grid_per_group_says(dimensions, parents, rng):
    areas = some_areas(rng, dimensions, parents)
    correlations = CORRELATIONS if dimensions == 2 else (0.0,)
    points = lay_points(np.array([0.4, 0.3])[:dimensions], 5, SHARES, correlations)

    log, centre, variance, left = ask_every_group(areas, points)
    alone = [integrate(areas, points.take(slice(at, at + 1)), 100, 0) for at in range(len(log))]

    told = np.log(integrate(areas, points, 100, 0).weights)

    assert told - told.max() == pytest.approx(log - log.max(), abs=1e-6)
    assert np.stack([at.mean for at in alone]) == pytest.approx(centre, rel=1e-8, abs=1e-10)
    assert np.stack([at.variance for at in alone]) == pytest.approx(variance, rel=1e-8, abs=1e-10)
    prior = np.clip(left, 0, 1)
    assert np.stack([at.prior for at in alone]) == pytest.approx(prior, rel=1e-8, abs=1e-10)


def test_few_groups_at_a_time_are_pooled_as_all_at_once(rng):
    areas = some_areas(rng, 2, 9)
    points = lay_points(np.array([0.4, 0.3]), 5, SHARES, CORRELATIONS)
    log, centre, variance, left = ask_every_group(areas, points)
    weights = np.exp(log - log.max())
    weights = np.where(weights > 1e-5, weights, 0) / weights[weights > 1e-5].sum()
    noise = rng.standard_normal((2, len(areas.parent), 50))

    found = integrate(areas, points, 100, 1e-5)
    chosen = found.choose(50, rng)
    drawn = found.draw(chosen, noise[0].copy(), noise[1])

    assert found.mean == pytest.approx(weights @ centre, abs=1e-9)
    assert found.variance == pytest.approx(weights @ variance, abs=1e-9)
    assert found.prior == pytest.approx(weights @ left, abs=1e-9)
    place = np.flatnonzero(weights)[chosen]
    prior = found.prior[:, None]
    scatter = np.sqrt(prior) * noise[0] + np.sqrt(1 - prior) * noise[1]
    expected = centre[place].T + np.sqrt(variance[place]).T * scatter
    assert drawn == pytest.approx(expected, abs=1e-9)


def some_areas(rng, dimensions, parents, groups=40):
    n = rng.uniform(8, 60, groups)
    within = np.array([[0.2, 0.05], [0.05, 0.04]])[:dimensions, :dimensions]
    means = 0.3 + 0.1 * rng.standard_normal((dimensions, groups))
    # Errors of some are of another kind, as where a register tells of their people.
    kind = np.where(rng.random(groups) < 0.3, 0.5, 1.0)
    return Areas(means, kind * within[..., None] / n, np.arange(groups) % parents)


def by_parent(areas, values):
    above = csr_array((np.ones(len(areas.parent)), (areas.parent, np.arange(len(areas.parent)))))
    flat = values.reshape(-1, values.shape[-1])
    return (above @ flat.T).T.reshape(*values.shape[:-1], -1)


def ask_every_group(areas, points):
    own, above = points.between * (1 - points.share), points.between * points.share
    observed, parent = areas.means[:, None], areas.parent
    precision = _invert(own[..., None] + areas.sampling[:, :, None])
    of_parent = by_parent(areas, precision)
    alone = _invert(of_parent)
    centre = _apply(alone, by_parent(areas, _apply(precision, observed)))
    marginal = _invert(alone + above[..., None])
    of_mean = _invert(marginal.sum(axis=-1))
    mean = _apply(of_mean, _apply(marginal, centre).sum(axis=-1))[..., None]
    log = 0.5 * (
        np.log(_determine(precision)).sum(axis=-1)
        - np.log(_determine(of_parent)).sum(axis=-1)
        + np.log(_determine(marginal)).sum(axis=-1)
        + np.log(_determine(of_mean))
        - _square(precision, observed - centre[..., parent]).sum(axis=-1)
        - _square(marginal, centre - mean).sum(axis=-1)
    )
    gain = _multiply(above[..., None], marginal)
    rest = np.eye(len(own))[..., None, None] - gain
    level = mean + _apply(gain, centre - mean)
    unsure = _multiply(rest, above[..., None])
    unsure = unsure + _multiply(_multiply(rest, of_mean[..., None]), rest.swapaxes(0, 1))
    trust = _multiply(own[..., None], precision)[0]
    made = level[0][:, parent] + (trust * (observed - level[..., parent])).sum(axis=0)
    left = np.eye(len(own))[0][:, None, None] - trust
    variance = own[0, 0][:, None] - (trust * own[0][..., None]).sum(axis=0)
    return log, made, variance + _square(unsure[..., parent], left), left[0]


def _invert(matrices):
    if len(matrices) == 1:
        return 1 / matrices
    turned = np.stack(
        [np.stack([matrices[1, 1], -matrices[0, 1]]), np.stack([-matrices[1, 0], matrices[0, 0]])]
    )
    return turned / _determine(matrices)


def _determine(matrices):
    if len(matrices) == 1:
        return matrices[0, 0]
    return matrices[0, 0] * matrices[1, 1] - matrices[0, 1] * matrices[1, 0]


def _apply(matrices, vectors):
    return np.einsum("ij...,j...->i...", matrices, vectors)


def _multiply(first, second):
    return np.einsum("ij...,jk...->ik...", first, second)


def _square(matrices, vectors):
    return (vectors * _apply(matrices, vectors)).sum(axis=0)
