"""Integer programmes that look for other worlds of answers, and the worlds that were found.

A world of answers is how many in each cell have the outcome, so that every shown percentage comes
out as it was shown.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.atoms import Integers
from blijfwijzer.disclosure.windows import Mask, Windows

_PROGRAMME_NODES = 500
_NODES_A_COUNT = 10
"""Nodes beyond the first that programmes may take, per hidden count, of one outcome in all; nearly
all are decided at the first."""
_MOST_NUMBERS = 4_000_000
"""Counts in all worlds that are kept together: 32 MB."""


class Pool:
    """Worlds of answers that were found so far, and the work that may still be spent on more.

    A world stays one when fewer groups are shown; where others are shown it is mended (`_Local`).

    Parameters
    ----------
    cells : how many there are
    counts : how many are hidden, at most
    """

    def __init__(self, cells: int, counts: int) -> None:
        self._worlds: deque[Integers] = deque(maxlen=max(1, _MOST_NUMBERS // max(1, cells)))
        self._cells = cells
        self._nodes = _NODES_A_COUNT * counts

    @property
    def nodes(self) -> int:
        """Nodes that the next programme may take: at least the first."""
        return 1 + min(_PROGRAMME_NODES - 1, self._nodes)

    def spend(self, nodes: int) -> None:
        """Note the nodes that a programme took."""
        self._nodes = max(0, self._nodes - max(0, nodes - 1))

    def add(self, worlds: Integers) -> None:
        """Keep worlds, and let go of the oldest beyond what memory is meant for."""
        self._worlds.extend(worlds)

    def worlds(self) -> Integers:
        """Give the worlds: one per row, one column per cell."""
        return np.array(self._worlds, dtype=np.int64).reshape(-1, self._cells)


@dataclass(frozen=True)
class OpenCells:
    """Cells that may change while all others stay, and what holds them."""

    cells: NDArray[np.integer]
    held: Windows
    """Groups that must stay within their windows."""
    least: Integers
    """Fewest with the outcome in each cell."""
    most: Integers
    wide: Windows
    """All wide groups, as far as these cells go."""

    def among(self, groups: Mask) -> Windows:
        """Give those of some wide groups that can have another percentage."""
        own = self.wide.some(groups)
        return own.some(own.can_break(self.least, self.most))

    def find(
        self, wish: Mask, spans: Sequence[tuple[int, int]], wide: Windows, pool: Pool
    ) -> Integers | None:
        """Give counts per cell of which the wished add up to a number in one of some spans.

        Parameters
        ----------
        wide : those of the wide groups that must keep their percentage too
        pool : holds the work that is left
        """
        rows = csr_array(vstack([self.held.rows, wide.rows], format="csr"))
        low, high = np.append(self.held.low, wide.low), np.append(self.held.high, wide.high)
        shown = LinearConstraint(rows, low, high)
        for least, most in spans:
            # Any will do: to look for the best would take many times as long.
            solution = milp(
                np.zeros(len(wish)),
                integrality=np.ones(len(wish)),
                bounds=Bounds(self.least, self.most),
                constraints=[shown, LinearConstraint(wish[None, :].astype(float), least, most)],
                options={"node_limit": pool.nodes},
            )
            pool.spend(int(solution.mip_node_count or 0))
            if solution.x is not None:
                return np.asarray(solution.x.round(), dtype=np.int64)
        return None
