"""Cells: people of whom a model says nearly the same, ten or more, for plots with a dot per cell.

Microaggregation (Domingo-Ferrer & Mateo-Sanz 2002, doi:10.1109/69.979982): everybody is in one cell
and each cell is told by its means. Cells are of one size, as small as may be, and as much alike in
contributions as may be. Nothing is drawn, and people are put in an order of their own first, so
that the same people and the same contributions give the same cells, in whatever order they come.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from blijfwijzer.survey.arrays import Array, Codes, Mask

FEWEST_UNITS = 2
_KEPT = 0.95
"""Share of the variance of contributions by whose axes people are held against each other."""
_AXIS_STEPS = 8
_NEAR = 20
"""Cells that one may be parted anew with."""
_CHECKED, _WORTH = 10, 0.001
"""Rounds after which is looked how much they brought, and the share of what lies within cells that
they must have taken away for more to be worth it."""
_PARTED, _FEWEST_ROUNDS, _MOST_ROUNDS = 3_000_000, 30, 150
"""People who are parted anew in all rounds together, and how many rounds that may be."""


@dataclass(frozen=True)
class Alike:
    """What cells are made by: one value of each per response."""

    values: pd.DataFrame
    """Contributions in probability, one column per feature."""
    weight: Array
    forms: Codes
    """Number of what each answered: those with the same are copies, and count as one."""
    units: Array | Codes
    """Number of the organisation that each works in."""
    ties: Mask | None = None
    """Whether each counts for the size of a cell: who is one of few in what may be told beside
    cells does not, as a cell would then tell of fewer. Everyone counts when None."""

    def take(self, rows: Codes) -> "Alike":
        """Give the same of some people, in this order."""
        ties = None if self.ties is None else self.ties[rows]
        own = (self.weight[rows], self.forms[rows], self.units[rows], ties)
        return Alike(self.values.iloc[rows], *own)


def make_cells(people: Alike, smallest: int, dominance: float) -> Codes:
    """Put people in cells of those of whom a model says nearly the same.

    People are halved along the axis on which they differ most, until cells hold `smallest`; pairs
    of cells that lie beside each other are then parted anew between their means, which makes both
    more alike each time. Who does not count for sizes then joins the nearest. A cell of fewer
    different forms, of one organisation, or in which two people carry nearly all weight joins the
    cell beside it.

    Parameters
    ----------
    smallest : different forms in a cell
    dominance : share of a cell's weight that its two heaviest may not reach

    Returns
    -------
    Number of the cell of each response, from 0 on; -1 for all where there are too few for one.
    """
    order = _canonical(people)
    own = people.take(order)
    found, ties = np.full(len(order), -1), _ties(own)
    if len(np.unique(own.forms)) < smallest or ties.sum() < smallest:
        return found
    points = project(own.values.to_numpy(), own.weight)
    cells = _halve(points[ties], own.weight[ties], smallest)
    cells = _part_anew(points[ties], own.weight[ties], cells)
    cells = _add_others(points, own.weight, ties, cells)
    found[order] = _join(points, own, cells, smallest, dominance)
    return found


def _ties(people: Alike) -> Mask:
    return np.ones(len(people.weight), dtype=bool) if people.ties is None else people.ties


def _add_others(points: Array, weight: Array, ties: Mask, cells: Codes) -> Codes:
    """Put who does not count for sizes in the cell whose mean is nearest."""
    centres, _ = _centres(points[ties], weight[ties], cells)
    found = np.empty(len(points), dtype=np.intp)
    found[ties], found[~ties] = cells, KDTree(centres).query(points[~ties])[1]
    return found


def kept_shares(values: pd.DataFrame, weight: Array, cells: Codes) -> tuple[float, pd.Series]:
    """Share of the weighted variance of contributions that lies between cells.

    Returns
    -------
    Of all features together, and of each; NaN for one that adds nothing to anybody.
    """
    own, number = values.to_numpy(), pd.factorize(cells)[0]
    apart = own - np.average(own, axis=0, weights=weight)
    means, _ = _centres(apart, weight, number)
    whole, inside = weight @ apart**2, weight @ (apart - means[number]) ** 2
    told = whole > 1e-12 * whole.sum()
    each = np.where(told, 1 - inside / np.where(told, whole, 1.0), np.nan)
    together = 1 - float(inside.sum() / max(whole.sum(), 1e-300))
    return together, pd.Series(each, values.columns)


def project(values: Array, weight: Array) -> Array:
    """Turn contributions to the axes on which people differ most, that keep nearly all variance.

    Returns
    -------
    One row per response, one column per axis, the longest first.
    """
    apart = values - np.average(values, axis=0, weights=weight)
    size, axes = np.linalg.eigh((apart * weight[:, None]).T @ apart)
    share = np.cumsum(size[::-1]) / max(size.sum(), 1e-300)
    count = min(int(np.searchsorted(share, _KEPT)) + 1, len(size))
    return np.ascontiguousarray(apart @ axes[:, ::-1][:, :count])


def _canonical(people: Alike) -> Codes:
    """Order people by what is known of them, so that no place in a file matters."""
    # What differs in the last digits alone is the same.
    rounded = np.round(people.values.to_numpy(), 12) + 0.0
    keys = [_ties(people), people.units, people.weight, *rounded.T[::-1], rounded.sum(axis=1)]
    return np.asarray(np.lexsort(keys), dtype=np.intp)


def _halve(points: Array, weight: Array, smallest: int) -> Codes:
    cells, made = np.empty(len(points), dtype=np.intp), 0
    parts = [(np.arange(len(points)), max(len(points) // smallest, 1))]
    while parts:
        rows, count = parts.pop()
        if count == 1:
            cells[rows], made = made, made + 1
            continue
        first = count // 2
        along = rows[np.argsort(_along(points[rows], weight[rows]), kind="stable")]
        cut = len(rows) * first // count
        parts += [(along[:cut], first), (along[cut:], count - first)]
    return cells


def _along(points: Array, weight: Array) -> Array:
    """Place people along the axis on which they differ most, by a few steps of powers."""
    apart = points - weight @ points / max(weight.sum(), 1e-300)
    weighed = apart * weight[:, None]
    axis = np.zeros(points.shape[1])
    axis[np.argmax((weighed * apart).sum(axis=0))] = 1.0
    for _ in range(_AXIS_STEPS):
        axis = weighed.T @ (apart @ axis)
        axis /= max(float(np.linalg.norm(axis)), 1e-300)
    return np.asarray(apart @ axis)


def _centres(points: Array, weight: Array, cells: Codes) -> tuple[Array, Array]:
    """Give weighted means of cells, and their weight."""
    total = np.maximum(np.bincount(cells, weights=weight), 1e-300)
    sums = [np.bincount(cells, weights=weight * column) for column in points.T]
    return np.stack(sums, axis=1) / total[:, None], total


def _part_anew(points: Array, weight: Array, cells: Codes) -> Codes:
    """Part pairs of cells anew between their means, sizes as they were."""
    rng, within = np.random.default_rng(0), np.inf
    rounds = int(np.clip(_PARTED // len(points), _FEWEST_ROUNDS, _MOST_ROUNDS))
    for step in range(rounds):
        centres, _ = _centres(points, weight, cells)
        if len(centres) < 2:
            break
        if step % _CHECKED == 0:
            before, within = within, float(weight @ ((points - centres[cells]) ** 2).sum(axis=1))
            if within > (1 - _WORTH) * before:
                break
        pairs = _pairs(centres, rng)
        cells = _part_pairs(points, weight, cells, centres, pairs)
    return cells


def _pairs(centres: Array, rng: np.random.Generator) -> Codes:
    """Pair cells with one that lies near, each cell once at most."""
    near = min(_NEAR + 1, len(centres))
    beside = KDTree(centres).query(centres, k=near)[1][:, 1:]
    edges = np.stack([np.repeat(np.arange(len(centres)), near - 1), beside.ravel()], axis=1)
    taken, pairs = bytearray(len(centres)), []
    for one, other in edges[rng.permutation(len(edges))].tolist():
        if not (taken[one] or taken[other] or one == other):
            taken[one] = taken[other] = 1
            pairs.append((one, other))
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


def _part_pairs(points: Array, weight: Array, cells: Codes, centres: Array, pairs: Codes) -> Codes:
    """Give the first cell of each pair those who lie most on its side of the middle."""
    order, sizes = np.argsort(cells, kind="stable"), np.bincount(cells)
    starts = np.cumsum(sizes) - sizes
    one, other = pairs.T
    own, both = sizes[one][:, None], (sizes[one] + sizes[other])[:, None]
    place = np.arange(both.max(initial=0))[None, :]
    is_in = place < both
    at = np.where(place < own, starts[one][:, None], starts[other][:, None] - own) + place
    rows = order[np.where(is_in, at, 0)]
    towards, middle = centres[other] - centres[one], (centres[one] + centres[other]) / 2
    side = np.einsum("pnd,pd->pn", points[rows], towards)
    side = (side - (middle * towards).sum(axis=1)[:, None]) * weight[rows]
    side[~is_in] = np.inf
    rank = np.argsort(np.argsort(side, axis=1, kind="stable"), axis=1, kind="stable")
    parted = cells.copy()
    parted[rows[is_in]] = np.where(rank < own, one[:, None], other[:, None])[is_in]
    return parted


class _Cell(NamedTuple):
    """What a cell must have enough of: one value of each per cell."""

    forms: Codes
    units: Codes
    heaviest: Array
    """Share of the weight that the two heaviest carry."""

    def lacks(self, smallest: int, dominance: float) -> Mask:
        """Say of each cell whether it may not be told of."""
        is_small = (self.forms < smallest) | (self.units < FEWEST_UNITS)
        return np.asarray(is_small | (self.heaviest >= dominance))


def _join(points: Array, people: Alike, cells: Codes, smallest: int, dominance: float) -> Codes:
    """Let cells that may not be told of join the one beside them; -1 where none is left."""
    while True:
        cells = np.unique(cells, return_inverse=True)[1]
        lacking = np.flatnonzero(_count(people, cells).lacks(smallest, dominance))
        if not len(lacking):
            return cells
        centres, _ = _centres(points, people.weight, cells)
        if len(centres) == 1:
            return np.full(len(cells), -1)
        beside = KDTree(centres).query(centres[lacking], k=2)[1]
        joined = np.arange(len(centres))
        for cell, (first, second) in zip(lacking.tolist(), beside.tolist(), strict=True):
            goal = joined[second if first == cell else first]
            joined[joined == joined[cell]] = goal
        cells = joined[cells]


def _count(people: Alike, cells: Codes) -> _Cell:
    def different(of: Array | Codes) -> Codes:
        pairs = pd.DataFrame({"cell": cells, "of": of}).drop_duplicates()
        return np.bincount(pairs["cell"], minlength=count)

    count = int(cells.max()) + 1
    order = np.lexsort((-people.weight, cells))
    sizes = np.bincount(cells, minlength=count)
    place = np.arange(len(cells)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    first = order[place < 2]
    heaviest = np.bincount(cells[first], weights=people.weight[first], minlength=count)
    whole = np.maximum(np.bincount(cells, weights=people.weight, minlength=count), 1e-300)
    return _Cell(different(people.forms), different(people.units), heaviest / whole)
