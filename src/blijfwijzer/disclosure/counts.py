"""How far published percentages pin down a count that is hidden: counts are whole numbers.

That a hidden count follows from no combination of shown ones does not end it. Counts are whole,
never negative and never above the people there are, and a percentage in whole numbers of few people
is one count. Each shown percentage is taken as if it were the count in its group, known but for
rounding, which is more than an outsider knows of a pooled rate.

Protected are the counts in groups that are withheld, and in cells (people whom no shown group tells
apart) of fewer than the minimum or in which all answered alike. Such a count must be able to have
several values; that of a lone person both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from blijfwijzer.disclosure.atoms import Integers
from blijfwijzer.disclosure.rounding import percent_of
from blijfwijzer.disclosure.span import Span, kernel_of

_WALKS = 12
_SWEEPS = 2
_LONGEST_MOVE = 40
_PROGRAMME_NODES = 500


@dataclass(frozen=True)
class Published:
    """Percentages of one outcome, as an outsider knows them.

    Attributes
    ----------
    rows : one row per shown group, one column per cell; 0 or 1
    sizes : people per cell who answered
    counts : of these, those with the outcome
    floor : share below which a percentage is that of this share
    """

    rows: csr_array
    sizes: Integers
    counts: Integers
    floor: float = 0.0
    windows: tuple[Integers, Integers] = field(init=False)
    """Lowest and highest count of each group that its percentage allows."""

    def __post_init__(self) -> None:
        """Find the windows."""
        people, counts = self.rows @ self.sizes, self.rows @ self.counts
        least = round(100 * self.floor)
        pairs = [_window(int(c), int(n), least) for c, n in zip(counts, people, strict=True)]
        low, high = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        object.__setattr__(self, "windows", (low, high))


def _window(count: int, people: int, least: int = 0) -> tuple[int, int]:
    """Give the lowest and highest count that is the same percentage.

    Parameters
    ----------
    least : percentage that is shown of all that is below it

    >>> _window(3, 10), _window(150, 1000), _window(0, 42, 10)
    ((3, 3), (146, 154), (0, 4))
    """
    if not people:
        return 0, 0
    shown = max(percent_of(count, people), least)
    low = high = count
    while low > 0 and max(percent_of(low - 1, people), least) == shown:
        low -= 1
    while high < people and max(percent_of(high + 1, people), least) == shown:
        high += 1
    return low, high


@dataclass(frozen=True)
class Pin:
    """Shown groups that can pin a hidden count."""

    touching: NDArray[np.intp]
    """Those that hold people of it."""
    near: NDArray[np.intp]
    """All that hang together with it."""


def find_pinned(published: Published, targets: csr_array, need: Integers) -> list[Pin | None]:
    """Say which hidden counts have too few possible values, and what pins them.

    Worlds of answers come first: other answers of the same people that give every percentage, made
    by moves in the kernel of the shown rows. The values that a hidden count has in these are
    possible; of what has too few, integer programmes find out (HiGHS). What these do not decide
    within the stated work counts as pinned.

    Parameters
    ----------
    targets : one row per hidden count, one column per cell; 0 or 1
    need : values that each count must be able to have; all of them where there are fewer

    Returns
    -------
    Per count what pins it, or None when it is free.
    """
    need = np.minimum(need, targets @ published.sizes + 1)
    reached = _walk(published) @ targets.T
    local = _Local(published, int(need.max(initial=0)))
    found: list[Pin | None] = []
    for target, enough in enumerate(need.tolist()):
        cells = targets.indices[targets.indptr[target] : targets.indptr[target + 1]]
        values = set(reached[:, target].tolist())
        is_free = len(values) >= enough or local.reaches(cells, values, enough)
        found.append(None if is_free else local.pin(cells))
    return found


def _walk(published: Published, seed: int = 8) -> Integers:
    """Make worlds of answers: one per row, people with the outcome in each cell."""
    rng = np.random.default_rng(seed)
    moves = _moves(published)
    sizes = published.sizes.tolist()
    worlds = [published.counts]
    counts = published.counts.tolist()
    for _ in range(_WALKS if moves else 0):
        for place in np.tile(rng.permutation(len(moves)), _SWEEPS):
            _step(counts, sizes, moves[place], float(rng.random()))
        worlds.append(np.array(counts, dtype=np.int64))
    return np.array(worlds)


def _step(counts: list[int], sizes: list[int], move: list[tuple[int, int]], chance: float) -> None:
    """Go along a move by as many steps as chance says, within what cells can hold."""
    least, most = -(10**9), 10**9
    for cell, by in move:
        down, up = -counts[cell], sizes[cell] - counts[cell]
        if by < 0:
            down, up = up, down
        least, most = max(least, -(-down // by)), min(most, up // by)
    steps = least + int(chance * (most - least + 1))
    if steps:
        for cell, by in move:
            counts[cell] += steps * by


def _moves(published: Published) -> list[list[tuple[int, int]]]:
    """Give a basis of what can change without any shown count changing: (cell, people) each."""
    span = Span(published.sizes.tolist(), 0)
    rows = published.rows
    for name, (start, end) in enumerate(zip(rows.indptr, rows.indptr[1:], strict=False)):
        span.push(name, dict.fromkeys(rows.indices[start:end].tolist(), 1))
    kernel = kernel_of(span, len(published.sizes))
    return [move for move in kernel if len(move) <= _LONGEST_MOVE]


class _Local:
    """The shown groups near a hidden count, as an integer programme.

    Groups of so many people that their percentage allows twice as many counts as are asked are left
    out: they hang everything together and pin next to nothing.
    """

    def __init__(self, published: Published, protection: int) -> None:
        low, high = published.windows
        self._narrow = np.flatnonzero(high - low + 1 < 2 * protection)
        self._rows = csr_array(published.rows[self._narrow])
        self._low, self._high = low[self._narrow], high[self._narrow]
        self._by_cell = csr_array(self._rows.T.tocsr())
        self._sizes = published.sizes
        joined = connected_components(csr_array(self._rows.T @ self._rows), directed=False)[1]
        self._part = joined
        of_row = joined[self._rows.indices[self._rows.indptr[:-1]]]
        order = np.argsort(of_row, kind="stable")
        labels, first = np.unique(of_row[order], return_index=True)
        self._rows_of = dict(
            zip(labels.tolist(), np.split(order, first[1:]) if len(order) else [], strict=True)
        )

    def pin(self, cells: NDArray[np.integer]) -> Pin:
        """Give the shown groups that can pin the count in some cells."""
        touching = np.unique(self._by_cell[cells].indices)
        return Pin(self._narrow[touching], self._narrow[self._near(cells)])

    def _near(self, cells: NDArray[np.integer]) -> NDArray[np.intp]:
        parts = sorted(set(self._part[cells].tolist()))
        nothing = np.array([], dtype=np.intp)
        return np.concatenate([nothing, *(self._rows_of.get(part, nothing) for part in parts)])

    def reaches(self, cells: NDArray[np.integer], values: set[int], need: int) -> bool:
        """Whether the count in some cells can have so many values, of which some are known."""
        values = set(values)
        near = self._near(cells)
        if not len(near):
            return True
        matrix = self._rows[near]
        used = np.union1d(np.unique(matrix.indices), cells)
        programme = _Programme(
            csr_array(matrix[:, used]), self._low[near], self._high[near], self._sizes[used]
        )
        wish = np.isin(used, cells).astype(float)
        edges = [programme.extreme(wish, sign) for sign in (1, -1)]
        values |= {edge for edge in edges if edge is not None}
        while len(values) < need:
            new = programme.between(wish, values)
            if new is None:
                return False
            values.add(new)
        return True


@dataclass(frozen=True)
class _Programme:
    rows: csr_array
    low: Integers
    high: Integers
    sizes: Integers

    def extreme(self, wish: NDArray[np.float64], sign: int) -> int | None:
        """Give the lowest (1) or highest (-1) count in the wished cells; None if not found."""
        return self._solve(wish, sign, [LinearConstraint(self.rows, self.low, self.high)])

    def between(self, wish: NDArray[np.float64], values: set[int]) -> int | None:
        """Give a count that is none of some values, between the lowest and highest of these."""
        ordered = sorted(values)
        for below, above in zip(ordered, ordered[1:], strict=False):
            if above - below > 1:
                within = LinearConstraint(wish[None, :], below + 1, above - 1)
                shown = LinearConstraint(self.rows, self.low, self.high)
                found = self._solve(wish, 1, [shown, within])
                if found is not None:
                    return found
        return None

    def _solve(
        self, wish: NDArray[np.float64], sign: int, constraints: Sequence[LinearConstraint]
    ) -> int | None:
        solution = milp(
            sign * wish,
            integrality=np.ones(len(wish)),
            bounds=Bounds(0, self.sizes.astype(float)),
            constraints=constraints,
            options={"node_limit": _PROGRAMME_NODES},
        )
        return None if solution.x is None else round(float(wish @ solution.x))
