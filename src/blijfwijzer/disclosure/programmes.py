"""Integer programmes that look for other worlds of answers, and the worlds that were found.

A world of answers is how many in each cell have the outcome, so that every shown percentage comes
out as it was shown.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.atoms import Integers
from blijfwijzer.disclosure.windows import Mask, Windows

_PROGRAMME_NODES = 500
_NODES_A_COUNT = 10
"""Nodes beyond the first that programmes may take, per hidden count, of one outcome in all; nearly
all are decided at the first."""
_MOST_NUMBERS = 4_000_000
"""Counts in all worlds that are kept together: 32 MB."""
_LARGE = 300
"""Open cells from which on a count is asked of the cells around it first: of fewer that takes as
long as to ask them all."""
_RINGS = (60, 240, 1_000, 4_000)
"""Cells of a group up to which all of it lies in the next ring around a count, where it holds
people of the ring within."""
_PART_AROUND = 0.25
"""Of the open cells; where more lie around a count all are asked at once."""
_MOST_HOLDS = 2
_INFEASIBLE = 2
"""Status of `scipy.optimize.milp`."""


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


class Holding:
    """Groups that must stay within their windows, and what there is in each of them.

    Parameters
    ----------
    windows : of the open cells
    worlds : counts per cell that are asked of by group: one row each
    """

    def __init__(self, windows: Windows, worlds: Integers) -> None:
        self.windows = windows
        self._by_cell = csr_array(windows.rows.T.tocsr())
        self._worlds, self._sums = worlds, worlds @ windows.rows.T

    def touching(self, cells: NDArray[np.intp], largest: int) -> NDArray[np.intp]:
        """Give the groups of so many cells at most that hold some."""
        groups = np.unique(self._by_cell[cells].indices)
        return np.asarray(groups[np.diff(self.windows.rows.indptr)[groups] <= largest])

    def among(self, cells: NDArray[np.intp]) -> tuple[Windows, Integers]:
        """Give the groups that hold some cells, of these alone, and what the others add in each.

        Returns
        -------
        Windows as they are; per world one row, per group one column.
        """
        own = self._by_cell[cells]
        groups, column = np.unique(own.indices, return_inverse=True)
        shape = len(cells), len(groups)
        rows = csr_array(csr_array((own.data, column, own.indptr), shape).T.tocsr())
        others = self._sums[:, groups] - self._worlds[:, cells] @ rows.T
        return Windows(rows, self.windows.low[groups], self.windows.high[groups]), others


@dataclass(frozen=True)
class OpenCells:
    """Cells that may change while all others stay, and what holds them."""

    cells: NDArray[np.integer]
    """In order."""
    held: Windows
    """Groups that must stay within their windows."""
    least: Integers
    """Fewest with the outcome in each cell."""
    most: Integers
    wide: Windows
    """All wide groups, as far as these cells go."""
    counts: Integers
    """Those with the outcome that there are in each cell."""
    _kept: dict[bytes, Holding] = field(default_factory=dict)
    """By the wide groups that must stay: many counts are asked beside the same."""

    def mark(self, cells: NDArray[np.integer]) -> Mask:
        """Say which of the open cells are among some."""
        places = np.searchsorted(self.cells, cells)
        wish = np.zeros(len(self.cells), dtype=bool)
        there = places < len(self.cells)
        wish[places[there][self.cells[places[there]] == cells[there]]] = True
        return wish

    def hold(self, groups: Mask) -> Holding:
        """Hold the cells by some of the wide groups too: those that can have another percentage."""
        key = groups.tobytes()
        if key not in self._kept:
            own = self.wide.some(groups)
            own = own.some(own.can_break(self.least, self.most))
            rows = csr_array(vstack([self.held.rows, own.rows], format="csr"))
            low, high = np.append(self.held.low, own.low), np.append(self.held.high, own.high)
            worlds = np.stack([self.counts, self.least, self.most])
            while len(self._kept) >= _MOST_HOLDS:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = Holding(Windows(rows, low, high), worlds)
        return self._kept[key]

    def is_held_by(self, groups: Mask) -> bool:
        """Whether any of some wide groups can have another percentage."""
        return len(self.hold(groups).windows.low) > len(self.held.low)

    def find(
        self, wish: Mask, spans: Sequence[tuple[int, int]], groups: Mask, pool: Pool
    ) -> Integers | None:
        """Give counts per cell of which the wished add up to a number in one of some spans.

        Parameters
        ----------
        groups : those of the wide ones that must keep their percentage too
        pool : holds the work that is left
        """
        holding, possible = self.hold(groups), list(spans)
        for near in self._around(wish, holding):
            possible = [span for span in possible if near.may_have(span)]
            for span in possible:
                found = near.find(span)
                if found is not None:
                    return found
        for span in possible:
            bounds = Bounds(self.least, self.most)
            solution = _solve(holding.windows, bounds, wish, span, pool.nodes)
            pool.spend(int(solution.mip_node_count or 0))
            if solution.x is not None:
                return np.asarray(solution.x.round(), dtype=np.int64)
        return None

    def _around(self, wish: Mask, holding: Holding) -> "Iterator[_Near]":
        """Give the cells around some, ring by ring, where there are many others."""
        ring = np.flatnonzero(wish)
        for largest in _RINGS if len(self.cells) >= _LARGE else ():
            within = ring
            small = holding.touching(within, largest)
            ring = np.union1d(within, holding.windows.rows[small].indices)
            if len(ring) > _PART_AROUND * len(self.cells):
                return
            if largest == _RINGS[0] or len(ring) > len(within):
                yield _Near(self, wish, ring, holding)


class _Near:
    """Cells around a hidden count, and what groups that hold people of them leave to these.

    With any counts in all other cells more is possible than there is, so that what is not possible
    then is not possible at all. With the counts that there are in these less is possible, so that
    what is found then is a world. Nearly all counts are decided so, by programmes of a few dozen
    cells: mostly a group pins what it has beside its parts that are shown. Others are by a few
    hundred, where all would be tens of thousands.

    Parameters
    ----------
    cells : those that lie around, in order
    holding : all that must stay within its windows
    """

    def __init__(
        self, own: OpenCells, wish: Mask, cells: NDArray[np.intp], holding: Holding
    ) -> None:
        self._counts, self._cells = own.counts, cells
        self._wish = wish[cells]
        self._bounds = Bounds(own.least[cells], own.most[cells])
        held, (fixed, least, most) = holding.among(cells)
        self._alone = Windows(held.rows, held.low - fixed, held.high - fixed)
        self._loose = Windows(held.rows, held.low - most, held.high - least)

    def may_have(self, span: tuple[int, int]) -> bool:
        """Whether the count may lie in a span, as far as the groups around it tell."""
        solution = _solve(self._loose, self._bounds, self._wish, span, 1)
        return bool(solution.status != _INFEASIBLE)

    def find(self, span: tuple[int, int]) -> Integers | None:
        """Find counts per open cell, of which no others change, that put the count in a span."""
        solution = _solve(self._alone, self._bounds, self._wish, span, 1)
        if solution.x is None:
            return None
        found = self._counts.copy()
        found[self._cells] = solution.x.round()
        return found


def _solve(
    windows: Windows, bounds: Bounds, wish: Mask, span: tuple[int, int], nodes: int
) -> OptimizeResult:
    # Any will do: to look for the best would take many times as long.
    return milp(
        np.zeros(len(wish)),
        integrality=np.ones(len(wish)),
        bounds=bounds,
        constraints=[
            LinearConstraint(windows.rows, windows.low, windows.high),
            LinearConstraint(wish[None, :].astype(float), *span),
        ],
        options={"node_limit": nodes},
    )
