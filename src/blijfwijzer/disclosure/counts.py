"""How far published percentages pin down a count that is hidden: counts are whole numbers.

That a hidden count follows from no combination of shown ones does not end it. Counts are whole,
never negative and never above the people there are, and a percentage in whole numbers of few people
is one count. Each shown percentage is taken as if it were the count in its group, known but for
rounding, which is more than an outsider knows of a pooled rate.

Protected are the counts in groups that are withheld, and in cells (people whom no shown group tells
apart) of fewer than the minimum or in which all answered alike. Such a count must be able to have
several values; that of a lone person both.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_array, csr_array
from scipy.sparse.csgraph import connected_components

from blijfwijzer.disclosure.atoms import Integers
from blijfwijzer.disclosure.programmes import OpenCells, Pool
from blijfwijzer.disclosure.rounding import percent_of
from blijfwijzer.disclosure.walks import walk
from blijfwijzer.disclosure.windows import Windows

_WORTH_A_WALK = 4
"""Hidden counts without a world from which on moves are quicker than a programme for each."""
_BOUND_ROUNDS = 10
_WIDE = 6
"""Counts from which on a percentage leaves what hangs together with it to others."""
_MOST_WINDOWS = 200_000
_MOST_CELLS = 20_000
"""Of one programme: of more nothing is found out in time, and counts as pinned."""
_MOST_KEPT = 1_000
"""Parts of which the programme is kept for the next count; the oldest goes."""


@dataclass(frozen=True)
class Published:
    """Percentages of one outcome, as an outsider knows them.

    Attributes
    ----------
    rows : one row per shown group, one column per cell; 0 or 1
    sizes : people per cell who answered
    counts : of these, those with the outcome
    """

    rows: csr_array
    sizes: Integers
    counts: Integers
    exact: int = 0
    """Of so many of the first groups the count itself stays, and not the percentage only."""
    windows: tuple[Integers, Integers] = field(init=False)
    """Lowest and highest count of each group that its percentage allows."""

    def __post_init__(self) -> None:
        """Find the windows."""
        people, counts = self.rows @ self.sizes, self.rows @ self.counts
        pairs = [_window(int(c), int(n)) for c, n in zip(counts, people, strict=True)]
        low, high = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        object.__setattr__(self, "windows", (low, high))


@lru_cache(maxsize=_MOST_WINDOWS)
def _window(count: int, people: int) -> tuple[int, int]:
    """Give the lowest and highest count that is the same percentage.

    >>> _window(3, 10), _window(150, 1000)
    ((3, 3), (146, 154))
    """
    if not people:
        return 0, 0
    shown = percent_of(count, people)
    low = high = count
    while low > 0 and percent_of(low - 1, people) == shown:
        low -= 1
    while high < people and percent_of(high + 1, people) == shown:
        high += 1
    return low, high


@dataclass(frozen=True)
class Pin:
    """Shown groups that can pin a hidden count."""

    touching: NDArray[np.intp]
    """Those that hold people of it."""
    near: NDArray[np.intp]
    """Those that hang together with it by groups of few people."""
    far: NDArray[np.intp]
    """All that hang together with it: by groups of many people nearly all do."""
    values: int
    """That it can have, as far as was found; fewer than it needs."""


def find_pinned(
    published: Published, targets: csr_array, need: Integers, pool: Pool | None = None
) -> Iterator[Pin | None]:
    """Say which hidden counts have too few possible values, and what pins them.

    Worlds of answers come first: other answers of the same people that give every percentage, found
    before or made by moves in the kernel of the shown rows. The values that a hidden count has in
    these are possible; of what has too few, integer programmes find out (HiGHS), and each answer of
    theirs is a world too. What these do not decide within the stated work counts as pinned.

    Parameters
    ----------
    targets : one row per hidden count, one column per cell; 0 or 1
    need : values that each count must be able to have; all of them where there are fewer
    pool : worlds that were found before for the same people and answers; it grows

    Yields
    ------
    Per count what pins it, or None when it is free; worked out as it is asked for.
    """
    need = np.minimum(need, targets @ published.sizes + 1)
    pool = Pool(len(published.sizes), targets.shape[0]) if pool is None else pool
    local = _Local(published, int(need.max(initial=0)), pool)
    by_cell = csr_array(targets.T.tocsr())
    values = [{count} for count in (targets @ published.counts).tolist()]
    _note(values, local.known() @ targets.T)
    lacking = [len(own) < enough for own, enough in zip(values, need.tolist(), strict=True)]
    if sum(lacking) >= _WORTH_A_WALK:
        walked = local.walk(np.unique(targets[np.flatnonzero(lacking)].indices))
        pool.add(walked)
        _note(values, walked @ targets.T)
    for target, enough in enumerate(need.tolist()):
        cells = targets.indices[targets.indptr[target] : targets.indptr[target + 1]]
        while len(values[target]) < enough:
            world = local.find_other(cells, values[target])
            if world is None:
                break
            pool.add(world[None, :])
            moved = np.unique(by_cell[np.flatnonzero(world != published.counts)].indices)
            for place, count in zip(moved.tolist(), (targets[moved] @ world).tolist(), strict=True):
                values[place].add(count)
        possible = len(values[target])
        yield None if possible >= enough else local.pin(cells, possible)


def _note(values: list[set[int]], counts: Integers) -> None:
    """Note the values that hidden counts have in some worlds: one row each."""
    for own, seen in zip(values, counts.T.tolist(), strict=True):
        own.update(seen)


class _Groups:
    """Groups, how many with the outcome each can have, and the parts in which they hang together.

    Parameters
    ----------
    rows : one per group, one column per cell
    low, high : fewest and most with the outcome that each can have
    """

    def __init__(self, rows: csr_array, low: Integers, high: Integers) -> None:
        self.rows, self.low, self.high = rows, low, high
        self.by_cell = csr_array(rows.T.tocsr())
        # Groups beside cells: which cells are in one group would be a million pairs of each.
        both = block_array([[None, self.by_cell], [rows, None]], format="csr")
        joined = connected_components(both, directed=False)[1]
        self.part = joined[: rows.shape[1]]
        """Of each cell."""
        self.part_of_row = joined[rows.shape[1] :]
        self._cells_of, self._rows_of = _by_label(self.part), _by_label(self.part_of_row)

    def parts_of(self, cells: NDArray[np.integer]) -> tuple[int, ...]:
        """Give the parts that hold some cells, in order."""
        return tuple(sorted(set(self.part[cells].tolist())))

    def rows_in(self, parts: Iterable[int]) -> NDArray[np.intp]:
        """Give the rows of some parts."""
        nothing = np.array([], dtype=np.intp)
        return np.concatenate([nothing, *(self._rows_of.get(part, nothing) for part in parts)])

    def cells_in(self, parts: Iterable[int]) -> NDArray[np.intp]:
        """Give the cells of some parts, in order."""
        return np.sort(np.concatenate([self._cells_of[part] for part in parts]))

    def near(self, cells: NDArray[np.integer]) -> NDArray[np.intp]:
        """Give the rows that hang together with some cells."""
        return self.rows_in(self.parts_of(cells))

    def among(self, rows: NDArray[np.intp]) -> "_Groups":
        """Give some of the groups."""
        return _Groups(csr_array(self.rows[rows]), self.low[rows], self.high[rows])

    def bound(self, sizes: Integers) -> tuple[Integers, Integers]:
        """Give the fewest and most people with the outcome in each cell, row by row.

        What the other cells of a row have at most, a cell has at least of what is left of its
        count, and the other way round. Where a group has nobody this says all.
        """
        least, most = np.zeros_like(sizes), sizes.copy()
        held = np.flatnonzero(np.diff(self.by_cell.indptr))
        starts, row_of = self.by_cell.indptr[held], self.by_cell.indices
        for _ in range(_BOUND_ROUNDS if len(held) else 0):
            above = (self.high - self.rows @ least)[row_of]
            below = (self.rows @ most - self.low)[row_of]
            up = np.minimum(most[held], least[held] + np.minimum.reduceat(above, starts))
            down = np.maximum(least[held], most[held] - np.minimum.reduceat(below, starts))
            if (up == most[held]).all() and (down == least[held]).all():
                break
            most[held], least[held] = up, down
        return least, most

    def leave_open(self, least: Integers, most: Integers) -> "_Groups":
        """Leave out cells of which bounds say all, and rows that say no more than bounds."""
        is_known = least == most
        rows = self.rows.copy()
        rows.data = rows.data * ~is_known[rows.indices]
        rows.eliminate_zeros()
        known = self.rows @ np.where(is_known, least, 0)
        low, high = self.low - known, self.high - known
        told = np.flatnonzero((rows @ least < low) | (rows @ most > high))
        return _Groups(csr_array(rows[told]), low[told], high[told])


def _by_label(labels: NDArray[np.integer]) -> dict[int, NDArray[np.intp]]:
    """Give the places of each label, in order."""
    order = np.argsort(labels, kind="stable")
    own, first = np.unique(labels[order], return_index=True)
    places = np.split(order, first[1:]) if len(order) else []
    return dict(zip(own.tolist(), places, strict=True))


class _Local:
    """The shown groups near a hidden count, as an integer programme.

    Groups of so many people that their percentage allows twice as many counts as are asked (and
    six) are left out at first: they hang everything together and pin next to nothing. But not where
    the count lies within what is asked of an edge of its window: one more or fewer in a hidden
    group would then be another percentage, which tells of each of these people that he is not the
    one. Nor where the count itself stays. The others are asked of each world that is found, and
    taken in where it would give another percentage.
    """

    def __init__(self, published: Published, protection: int, pool: Pool) -> None:
        self._pool, self._counts = pool, published.counts
        low, high = published.windows
        counts = published.rows @ published.counts
        is_wide = high - low + 1 >= max(_WIDE, 2 * protection)
        people = published.rows @ published.sizes
        # That fewer than none or more than all have it is no other percentage.
        below = np.where(low > 0, counts - low, protection)
        above = np.where(high < people, high - counts, protection)
        stay = slice(published.exact)
        is_held = ~is_wide | (np.minimum(below, above) < protection - 1)
        # Its window is of those who were in it then, and not known any more.
        is_held[stay] = True
        self._narrow, self._rest = np.flatnonzero(is_held), np.flatnonzero(~is_held)
        low, high = low.copy(), high.copy()
        low[stay] = high[stay] = counts[stay]
        rows = csr_array(published.rows[self._narrow])
        self._shown = _Groups(rows, low[self._narrow], high[self._narrow])
        few = np.flatnonzero(~is_wide[self._narrow])
        self._few = self._narrow[few]
        self._of_few = self._shown.among(few)
        self._least, self._most = self._shown.bound(published.sizes)
        self._open = self._shown.leave_open(self._least, self._most)
        others = csr_array(published.rows[self._rest])
        self._wide = Windows(others, low[self._rest], high[self._rest])
        self._wide_by_cell = csr_array(others.T.tocsr())
        self._of_wide = others @ self._counts
        self._nothing = np.zeros(len(self._rest), dtype=bool)
        self._broken = self._nothing.copy()
        """Wide groups of which a world gave another percentage."""
        self._kept: dict[tuple[int, ...], OpenCells] = {}
        self._place = np.zeros(len(self._counts), dtype=np.intp)
        """Of each cell among those that were opened last."""

    def pin(self, cells: NDArray[np.integer], values: int) -> Pin:
        """Give the shown groups that can pin the count in some cells."""
        touching = self._narrow[np.unique(self._shown.by_cell[cells].indices)]
        near, far = self._few[self._of_few.near(cells)], self._narrow[self._shown.near(cells)]
        hold = np.unique(self._wide_by_cell[cells].indices)
        hold = self._rest[hold[self._broken[hold]]]
        far = np.concatenate([far, self._rest[self._broken]])
        return Pin(np.concatenate([touching, hold]), near, far, values)

    def known(self) -> Integers:
        """Give the worlds of the pool, each with the truth where it misses a percentage.

        Where no group that is shown joins two parts, the answers of one say nothing of the other:
        a world of some parts is, with the truth of the others, a world.
        """
        worlds, groups = self._pool.worlds(), self._open
        counts = worlds @ groups.rows.T
        is_off = np.zeros((len(worlds), int(groups.part.max(initial=-1)) + 1), dtype=bool)
        world, row = np.nonzero((counts < groups.low) | (counts > groups.high))
        is_off[world, groups.part_of_row[row]] = True
        world, cell = np.nonzero((worlds < self._least) | (worlds > self._most))
        is_off[world, groups.part[cell]] = True
        mended = np.where(is_off[:, groups.part], self._counts, worlds)
        mended[self._wide.broken_by(mended).any(axis=1)] = self._counts
        return mended

    def walk(self, cells: NDArray[np.integer]) -> Integers:
        """Make worlds by moves in the parts that hold some cells."""
        groups, room = self._open, self._most - self._least
        inside = np.flatnonzero(np.isin(groups.part, groups.part[cells]) & (room > 0))
        rows = csr_array(groups.rows[groups.near(inside)][:, inside])
        wide = self._wide.among(inside, self._counts, self._least)
        walked = walk(rows, room[inside], (self._counts - self._least)[inside], wide)
        worlds = np.tile(self._counts, (len(walked), 1))
        worlds[:, inside] = walked + self._least[inside]
        return worlds

    def find_other(self, cells: NDArray[np.integer], values: set[int]) -> Integers | None:
        """Find a world in which the count in some cells is none of some values."""
        ordered = sorted(values)
        edges = int(self._least[cells].sum()), int(self._most[cells].sum())
        spans = [
            (ordered[-1] + 1, edges[1]),
            (edges[0], ordered[0] - 1),
            *((below + 1, above - 1) for below, above in zip(ordered, ordered[1:], strict=False)),
        ]
        spans = [(low, high) for low, high in spans if low <= high]
        if not spans:
            return None
        own = self._opened(self._open.parts_of(cells))
        world = self._find_within(own, cells, spans)
        if world is not None or not own.is_held_by(self._broken):
            return world
        if own.find(own.mark(cells), spans, self._nothing, self._pool) is None:
            # Not for the wide percentages, so that it is no help if others change too.
            return None
        every = np.union1d(np.flatnonzero(self._least < self._most), cells)
        if len(every) > _MOST_CELLS:
            return None
        whole = self._open_cells(every, np.arange(len(self._open.low)))
        return self._find_within(whole, cells, spans)

    def _opened(self, parts: tuple[int, ...]) -> OpenCells:
        """Give some parts, of which many hidden counts are asked one after another."""
        if parts not in self._kept:
            cells, rows = self._open.cells_in(parts), self._open.rows_in(parts)
            self._kept[parts] = self._open_cells(cells, rows)
            while len(self._kept) > _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
        return self._kept[parts]

    def _open_cells(self, cells: NDArray[np.integer], rows: NDArray[np.intp]) -> OpenCells:
        """Let some cells change, where some rows hold them."""
        own = csr_array(self._open.rows[rows])
        self._place[cells] = np.arange(len(cells))
        columns = self._place[own.indices]
        held = csr_array((own.data, columns, own.indptr), (len(rows), len(cells)))
        wide = csr_array(self._wide_by_cell[cells].T.tocsr())
        # Others have what they have.
        fixed = self._of_wide - wide @ self._counts[cells]
        return OpenCells(
            cells,
            Windows(held, self._open.low[rows], self._open.high[rows]),
            self._least[cells],
            self._most[cells],
            Windows(wide, self._wide.low - fixed, self._wide.high - fixed),
            self._counts[cells],
        )

    def _find_within(
        self, own: OpenCells, cells: NDArray[np.integer], spans: Sequence[tuple[int, int]]
    ) -> Integers | None:
        """Find such a world in which no more than the open cells change."""
        wish = own.mark(cells)
        while True:
            found = own.find(wish, spans, self._broken, self._pool)
            if found is None:
                return None
            broken = own.wide.broken_by(found[None, :])[0]
            if not broken.any():
                world = self._counts.copy()
                world[own.cells] = found
                return world
            self._broken |= broken
