"""Percentages of many people, of which worlds of answers must give the very same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.atoms import Integers

Mask = NDArray[np.bool_]
Move = list[tuple[int, int]]


@dataclass(frozen=True)
class Windows:
    """Groups, and the counts that give their percentage.

    Attributes
    ----------
    rows : one per group, one column per cell
    low, high : lowest and highest count
    """

    rows: csr_array
    low: Integers
    high: Integers

    def broken_by(self, worlds: Integers) -> Mask:
        """Say which groups would have another percentage: one row per world, one column each.

        Parameters
        ----------
        worlds : people with the outcome: one row per world, one column per cell
        """
        counts = worlds @ self.rows.T
        return np.asarray((counts < self.low) | (counts > self.high))

    def can_break(self, least: Integers, most: Integers) -> Mask:
        """Say which groups can have another percentage.

        Parameters
        ----------
        least, most : people with the outcome in each cell
        """
        return np.asarray((self.rows @ least < self.low) | (self.rows @ most > self.high))

    def some(self, groups: Mask) -> "Windows":
        """Give some of the groups."""
        return Windows(csr_array(self.rows[groups]), self.low[groups], self.high[groups])

    def among(
        self, cells: NDArray[np.integer], counts: Integers, least: Integers | int = 0
    ) -> "Windows":
        """Give windows of some cells, where all others have the counts that they have.

        Parameters
        ----------
        least : people with the outcome in each cell that are not counted
        """
        moved = np.zeros_like(counts)
        moved[cells] = (counts - least)[cells]
        fixed = self.rows @ (counts - moved)
        return Windows(csr_array(self.rows[:, cells]), self.low - fixed, self.high - fixed)

    def left_by(self, moves: Sequence[Move]) -> list[Move]:
        """Give by how much moves change what is left above in each window: (number, people) each.

        Parameters
        ----------
        moves : (cell, people) each; numbers of windows come after those of cells
        """
        cells = self.rows.shape[1]
        pairs = np.array([pair for move in moves for pair in move], dtype=np.int64).reshape(-1, 2)
        ends = np.cumsum([0, *map(len, moves)])
        by = csr_array((pairs[:, 1], pairs[:, 0], ends), shape=(len(moves), cells))
        change = csr_array(by @ self.rows.T)
        change.eliminate_zeros()
        numbers, people = (cells + change.indices).tolist(), (-change.data).tolist()
        pairs_of = list(zip(numbers, people, strict=True))
        return [pairs_of[a:b] for a, b in zip(change.indptr, change.indptr[1:], strict=False)]
