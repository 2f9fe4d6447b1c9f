"""Means of groups, each pooled with its parent and with the other groups.

The mean of nine answers is mostly noise. An area-level model (Fay & Herriot 1979) shrinks it as far
as it is noise: true means of groups vary around the mean of their parent, parents around a common
mean, and answers scatter around each. How much groups truly differ is not known either; taking it
as known makes intervals too short, so it is integrated over on a grid (hierarchical Bayes; Rao &
Molina 2015, chapter 10).

The same model serves one mean (`means_of_groups`) and two that vary together, such as a rate and a
model's risk (`groups.rates`, as in Ybarra & Lohr 2008); the first of them is what is pooled.

How likely a point of the grid is follows from a few sums over the groups of each parent, which are
products of matrices over all points at once; only the few points that matter are then asked what
they say of each group, some groups at a time. Axes of arrays run dimensions, groups or parents,
points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.survey.arrays import Array, Codes

FREEDOM = 8
"""Degrees of freedom of how groups differ: those that stand out do so by more than a normal
distribution has it. With normal effects 95 % intervals covered 91-94 % on FEVS 2018."""
_FLOOR = 1e-12
"""Least variance of what is known of a group."""


@dataclass(frozen=True)
class Areas:
    """Means of groups with their errors."""

    means: Array
    """Dimensions x groups."""
    sampling: Array
    """Dimensions x dimensions x groups: covariance of the means of each group."""
    parent: Codes
    """Of each group; groups of one parent are more alike."""

    @cached_property
    def middle(self) -> Array:
        """One per dimension, taken off so that sums stay small."""
        return np.asarray(self.means.mean(axis=1))

    @cached_property
    def apart(self) -> Array:
        """Means from the middle, dimensions x groups."""
        return np.asarray(self.means - self.middle[:, None])

    @cached_property
    def by_parent(self) -> csr_array:
        """Sums of groups: a row per parent of ones, then per parent of each dimension's mean."""
        dimensions, groups = self.apart.shape
        parents = int(self.parent.max()) + 1
        rows = self.parent + parents * np.arange(1 + dimensions)[:, None]
        values = np.vstack([np.ones(groups), self.apart])
        places = np.tile(np.arange(groups), 1 + dimensions)
        shape = parents * (1 + dimensions), groups
        return csr_array((values.ravel(), (rows.ravel(), places)), shape)


@dataclass(frozen=True)
class Points:
    """Points to integrate over: how groups may differ."""

    between: Array
    """Dimensions x dimensions x points: covariance of true means between groups."""
    share: Array
    """Part of it that lies between parents, one per point."""

    @property
    def own(self) -> Array:
        """Covariance between groups of one parent."""
        return np.asarray(self.between * (1 - self.share))

    @property
    def above(self) -> Array:
        """Covariance between parents."""
        return np.asarray(self.between * self.share)

    def take(self, rows: slice | Codes) -> "Points":
        """Keep some points."""
        return Points(self.between[:, :, rows], self.share[rows])


class _Parents(NamedTuple):
    """What points say of parents; dimensions x parents x points."""

    centre: Array
    """Mean of the groups of each."""
    marginal: Array
    """How well that tells the common mean: an inverse covariance."""
    mean: Array
    """The common mean, of all parents."""
    of_mean: Array
    """Covariance of that."""


class _Seen(NamedTuple):
    """What points say of the groups of parents."""

    level: Array
    """Dimensions x parents x points: where their groups are expected, from the middle."""
    unsure: Array
    """Dimensions x dimensions x parents x points: covariance of that."""


@dataclass(frozen=True)
class Posterior:
    """What is known of the first mean of each group."""

    areas: Areas
    points: Points
    weights: Array
    """Of each point; they add up to 1."""
    seen: _Seen
    cells: int
    mean: Array
    """One per group."""
    variance: Array
    """Mean over points, one per group."""
    square: Array
    """Mean over points of the squared mean, one per group."""
    prior: Array
    """Part of each group's error that comes from how groups differ rather than from who answered,
    in [0, 1]."""

    def choose(self, draws: int, rng: np.random.Generator) -> Codes:
        """Draw points by their weight."""
        return rng.choice(len(self.weights), size=draws, p=self.weights)

    def draw(self, chosen: Codes, heavy: Array, plain: Array | np.random.Generator) -> Array:
        """Draw means, one column per chosen point.

        Parameters
        ----------
        heavy, plain : groups x draws, from t with `FREEDOM` degrees of freedom and from normal, or
            what draws the latter group by group; what is drawn takes the place of the first:
            thousands of groups fill the memory
        """
        for rows in _parts(len(heavy), max(1, self.cells // len(chosen))):
            centre, variance, _ = _at_groups(self.areas, self.points, self.seen, rows)
            prior = self.prior[rows, None]
            if isinstance(plain, np.random.Generator):
                of_answers = plain.standard_normal(heavy[rows].shape)
            else:
                of_answers = plain[rows]
            noise = np.sqrt(prior) * heavy[rows] + np.sqrt(1 - prior) * of_answers
            heavy[rows] = centre[:, chosen] + np.sqrt(variance)[:, chosen] * noise
        return heavy


def nest(parents: pd.Series) -> tuple[Codes, bool]:
    """Give codes of parents, and whether they part groups; zeros when they do not."""
    parent = pd.factorize(parents)[0].astype(np.intp)
    has_parents = 1 < parent.max() + 1 < len(parent)
    return parent if has_parents else np.zeros(len(parent), dtype=np.intp), bool(has_parents)


def lay_points(
    tops: Array, steps: int, shares: Sequence[float], correlations: Sequence[float] = (0.0,)
) -> Points:
    """Lay a grid, flat on standard deviations (Gelman 2006), on correlations and on shares.

    Parameters
    ----------
    tops : largest standard deviation between groups that is thought possible, per dimension
    """
    middles = (np.arange(steps) + 0.5) / steps
    mesh = np.meshgrid(*(middles * top for top in tops), np.array(correlations), indexing="ij")
    *deviations, correlation = (axis.ravel() for axis in mesh)
    spread = np.stack(deviations)
    between = spread[:, None] * spread[None]
    other = ~np.eye(len(tops), dtype=bool)
    between[other] *= correlation
    return Points(
        np.tile(between, (1, 1, len(shares))), np.repeat(np.asarray(shares), len(correlation))
    )


def integrate(areas: Areas, points: Points, cells: int, least: float) -> Posterior:
    """Weigh the points, and give what each says of the groups.

    Parameters
    ----------
    cells : groups times points that are worked on at a time
    least : share of the best point's weight from which others count; the rest are left out
    """
    at_once = max(1, cells // len(areas.parent))
    log = np.concatenate(
        [_look(areas, points.take(part))[0] for part in _parts(len(points.share), at_once)]
    )
    weights = np.exp(log - log.max())
    kept = np.flatnonzero(weights > least)
    weights, points = weights[kept] / weights[kept].sum(), points.take(kept)
    looked = [
        _expect(points.take(part), _look(areas, points.take(part))[1])
        for part in _parts(len(kept), at_once)
    ]
    seen = _Seen(*(np.concatenate(part, axis=-1) for part in zip(*looked, strict=True)))
    told = []
    for rows in _parts(len(areas.parent), max(1, cells // len(kept))):
        centre, variance, left = _at_groups(areas, points, seen, rows)
        told.append(np.stack([part @ weights for part in (centre, variance, centre**2, left)]))
    mean, variance, square, prior = np.concatenate(told, axis=1)
    prior = np.clip(prior, 0, 1)
    return Posterior(areas, points, weights, seen, cells, mean, variance, square, prior)


def _parts(count: int, at_once: int) -> list[slice]:
    return [slice(start, start + at_once) for start in range(0, count, at_once)]


def _look(areas: Areas, points: Points) -> tuple[Array, _Parents]:
    """Say how likely some points are, and what is known of parents there.

    The common mean has a flat prior and is integrated out, which makes the likelihood the
    restricted one (REML; Harville 1974).
    """
    precision, log = _precision(points.own, areas.sampling)
    of_parent, weighted = _add_up(areas, precision)
    alone, determinant = _invert(of_parent)
    centre = _apply(alone, weighted)
    marginal, spread = _invert(alone + points.above[:, :, None])
    of_mean, total = _invert(marginal.sum(axis=-2))
    pulled = _apply(marginal, centre)
    mean = _apply(of_mean, pulled.sum(axis=-2))
    # Squares around parents and the mean, from those around the middle.
    squares = _squares(areas, precision) - (weighted * centre).sum(axis=(0, 1))
    squares += (pulled * centre).sum(axis=(0, 1)) - (mean * pulled.sum(axis=-2)).sum(axis=0)
    log -= np.log(determinant * spread).sum(axis=0) + np.log(total) + squares
    return 0.5 * log, _Parents(centre, marginal, mean, of_mean)


def _expect(points: Points, parents: _Parents) -> _Seen:
    """Say where the groups of each parent are expected, before their own answers."""
    above, mean = points.above[:, :, None], parents.mean[:, None]
    gain = _multiply(above, parents.marginal)
    rest = np.eye(len(above))[..., None, None] - gain
    unsure = _multiply(rest, above)
    of_mean = parents.of_mean[:, :, None]
    unsure = unsure + _multiply(_multiply(rest, of_mean), rest.swapaxes(0, 1))
    return _Seen(mean + _apply(gain, parents.centre - mean), unsure)


def _precision(own: Array, sampling: Array) -> tuple[Array, Array]:
    """Inverse of the covariance of means around their parent, and the sum of log determinants."""
    precision, determinant = _invert(own[:, :, None] + sampling[..., None])
    return precision, -np.log(determinant, out=determinant).sum(axis=0)


def _add_up(areas: Areas, precision: Array) -> tuple[Array, Array]:
    """Sum up precisions of the groups of each parent, and their means weighted by these."""
    size, points = len(precision), precision.shape[-1]
    shape = 1 + size, -1, points
    sums = np.array([[(areas.by_parent @ one).reshape(shape) for one in row] for row in precision])
    return sums[:, :, 0], np.asarray(sum(sums[:, place, 1 + place] for place in range(size)))


def _squares(areas: Areas, precision: Array) -> Array:
    """Sum up the squared means of all groups, weighted by precisions."""
    return np.asarray(
        sum(
            (one * other) @ precision[row, column]
            for row, one in enumerate(areas.apart)
            for column, other in enumerate(areas.apart)
        )
    )


def _at_groups(
    areas: Areas, points: Points, seen: _Seen, rows: slice
) -> tuple[Array, Array, Array]:
    """Mean, variance and prior's part of the first mean of some groups, at each point."""
    own, parent = points.own[:, :, None], areas.parent[rows]
    precision, _ = _invert(own + areas.sampling[:, :, rows, None])
    trust = _apply(precision, own[0])
    level = seen.level[:, parent]
    apart = areas.apart[:, rows, None] - level
    left = -trust
    left[0] += 1
    variance = own[0, 0] - (trust * own[0]).sum(axis=0)
    variance = variance + _square(seen.unsure[:, :, parent], left)
    mean = areas.middle[0] + level[0] + (trust * apart).sum(axis=0)
    return mean, np.maximum(variance, _FLOOR), left[0]


def _invert(matrices: Array) -> tuple[Array, Array]:
    """Inverse and determinant of symmetric matrices of one or two dimensions, the first axes."""
    if len(matrices) == 1:
        return 1 / matrices, np.array(matrices[0, 0])
    (first, other), (_, second) = matrices
    determinant = first * second - other * other
    inverse = np.empty_like(matrices)
    np.divide(second, determinant, out=inverse[0, 0])
    np.divide(first, determinant, out=inverse[1, 1])
    np.divide(-other, determinant, out=inverse[0, 1])
    inverse[1, 0] = inverse[0, 1]
    return inverse, determinant


def _apply(matrices: Array, vectors: Array) -> Array:
    return np.array([sum(one * v for one, v in zip(row, vectors, strict=True)) for row in matrices])


def _multiply(first: Array, second: Array) -> Array:
    return np.stack([_apply(first, second[:, place]) for place in range(len(second))], axis=1)


def _square(matrices: Array, vectors: Array) -> Array:
    return np.asarray((vectors * _apply(matrices, vectors)).sum(axis=0))
