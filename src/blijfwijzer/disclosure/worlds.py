"""Worlds of sizes: invented populations that give all sizes that are shown, as a proof.

Theorem. R are the published groups in cells, n = R w their sizes, k the fewest people of whom
anything may follow. If for a cell a there is d >= 0 with R d = n and d_a >= k, then no set of 1 to
k - 1 people that holds cell a lies in the span of R.

Proof. Let x = R'l be such a set, with x_a = 1. Its size is x.w = l.Rw = l.n = l.Rd = x.d >= d_a,
since x and d are nowhere negative; and that is k or more.

So a few invented populations that agree with everything published, in which each cell has at least
k people once, prove that no small set follows, whatever the true cells are. One world serves many
cells at once.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from blijfwijzer.disclosure.span import PRIME, Row, signed

Sizes = NDArray[np.float64]

_TOLERANCE = 1e-6
_MARGIN = 0.5
"""A set has a whole number of people, so that more than k - 1 are k: half of one is margin enough
for what linear programmes leave undecided in the last digits."""
_FRUITLESS = 3
"""Worlds in a row that may serve no cell before each cell is asked for one of its own."""


def as_matrix(rows: Sequence[Row], cells: int, prime: int = PRIME) -> csr_array:
    """Give rows as a matrix: one row each, one column per cell."""
    places = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    columns = np.array([cell for row in rows for cell in row], dtype=np.intp)
    numbers = np.array([float(signed(x, prime)) for row in rows for x in row.values()])
    return csr_array((numbers, (places, columns)), shape=(len(rows), cells))


class Worlds:
    """Worlds that were found so far, kept as rows are added.

    Parameters
    ----------
    sizes : true people per cell; these are a world themselves
    prime : modulus of the numbers in rows
    """

    def __init__(self, sizes: Sequence[int], *, prime: int = PRIME, seed: int = 7) -> None:
        self.programmes = 0
        """Linear programmes that were solved."""
        self._prime = prime
        self._truth = np.array(sizes, dtype=float)
        self._pool = self._truth[None, :]
        self._rng = np.random.default_rng(seed)

    def serve(self, rows: Sequence[Row], cells: Collection[int], least: int) -> list[int]:
        """Find worlds for some cells, and give the cells for which there may be none.

        Parameters
        ----------
        rows : all that is shown
        least : people that each cell must have in a world
        """
        matrix = as_matrix(rows, len(self._truth), self._prime)
        self._keep(matrix)
        rest = self._unserved(sorted(cells), least)
        fruitless = 0
        while rest and fruitless < _FRUITLESS:
            before = len(rest)
            wish = np.zeros(len(self._truth))
            wish[rest] = self._rng.exponential(size=before)
            self._find(matrix, wish)
            rest = self._unserved(rest, least)
            fruitless = 0 if len(rest) < before else fruitless + 1
        for cell in rest:
            wish = np.zeros(len(self._truth))
            wish[cell] = 1
            self._find(matrix, wish)
        return self._unserved(rest, least)

    def _keep(self, matrix: csr_array) -> None:
        """Keep the worlds that give the sizes of all rows, and mix those that miss one."""
        missed = (self._pool - self._truth) @ matrix.T
        is_off = np.abs(missed) > _TOLERANCE
        off = is_off.sum(axis=1)
        mixed = [self._pool[off == 0]]
        for row in np.unique(np.flatnonzero(is_off[off == 1].any(axis=0))):
            own = (off == 1) & is_off[:, row]
            mixed.append(self._mix(self._pool[own], missed[own, row]))
        self._pool = np.vstack(mixed)

    def _mix(self, worlds: Sizes, missed: Sizes) -> Sizes:
        """Mix worlds with too many and worlds with too few people in a row, so that it is right."""
        above, below = np.flatnonzero(missed > 0), np.flatnonzero(missed < 0)
        if not len(above) or not len(below):
            return worlds[:0]
        pairs = max(len(above), len(below))
        above, below = np.resize(above, pairs), np.resize(below, pairs)
        share = -missed[below] / (missed[above] - missed[below])
        mixed: Sizes = share[:, None] * worlds[above] + (1 - share)[:, None] * worlds[below]
        return mixed

    def _find(self, matrix: csr_array, wish: Sizes) -> None:
        """Add the world in which the wished cells are as large as can be."""
        self.programmes += 1
        found = linprog(
            -wish, A_eq=matrix, b_eq=matrix @ self._truth, bounds=(0, None), method="highs-ds"
        )
        if found.x is not None:
            self._pool = np.vstack([self._pool, np.maximum(found.x, 0)])

    def _unserved(self, cells: list[int], least: int) -> list[int]:
        most = self._pool[:, cells].max(axis=0)
        return [cell for cell, x in zip(cells, most, strict=True) if x < least - _MARGIN]
