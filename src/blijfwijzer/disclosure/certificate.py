"""A proof on paper: invented populations from which anybody can see that nothing of few follows.

The theorem is that of `worlds`: a cell that has at least k people in a population which agrees with
all that is published lies in no set of 1 to k - 1 people that follows. Here the populations are
made from what is published alone, without the true cells, and are checked in whole numbers; so they
can be handed to an expert of the works council. Cells that a combination of published sizes bounds
at nobody are empty in every population, and so tell of no one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import lcm

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from blijfwijzer.disclosure.atoms import Integers, members_of
from blijfwijzer.disclosure.blocks import CellBlock, CellBlocks
from blijfwijzer.disclosure.span import Span, indicator, kernel_of

Numbers = NDArray[np.float64]

_DENOMINATORS = (1, 2, 3, 4, 5, 6, 8, 12, 24, 60)
_FRUITLESS = 3
_SEED = 9
_PROGRAMME_NODES = 2_000
_INFEASIBLE = 2
"""Status of `scipy.optimize.milp`."""


@dataclass(frozen=True)
class World:
    """An invented population: whole numbers over one denominator."""

    numbers: Integers
    """Per cell; people are these over the denominator."""
    denominator: int


@dataclass(frozen=True)
class Certificate:
    """Populations that together serve the cells."""

    worlds: tuple[World, ...]
    empty: Integers
    """Cells that hold nobody in any population."""
    multipliers: World | None
    """Per published group, a number: together these show that the empty cells are empty."""
    unserved: Integers
    """Cells of which nothing is proven here."""


def certify(
    groups: csr_array, sizes: Sequence[int], minimum: int, blocks: CellBlocks | None = None
) -> Certificate:
    """Find populations that prove that no set of 1 to `minimum` - 1 people follows.

    Parameters
    ----------
    groups : one row per published group, one column per cell that can be; 0 or 1
    sizes : people of each group
    minimum : people that a set must have to be no disclosure (k)
    blocks : of cells, that are invented apart; all together when left out
    """
    rows, people = csr_array(groups), np.array(sizes, dtype=np.int64)
    if blocks is None:
        whole = CellBlock(np.arange(rows.shape[1]), np.arange(rows.shape[0]), people)
        blocks = CellBlocks([whole], [])
    searches = []
    for part in blocks.parts:
        own = csr_array(rows[part.groups][:, part.cells])
        searches.append(_Search(own, part.sizes, minimum))
        searches[-1].run()
    multipliers = _join_multipliers(blocks, searches, len(people))
    empty = np.concatenate([p.cells[s.empty] for p, s in zip(blocks.parts, searches, strict=True)])
    if not _bounds(rows, people, multipliers, empty):
        empty = empty[:0]
    is_left = np.ones(rows.shape[1], dtype=bool)
    is_left[empty] = False
    worlds = []
    for world in _join_worlds(blocks, searches, rows.shape[1]):
        if (rows @ world.numbers == people * world.denominator).all():
            worlds.append(world)
            is_left &= world.numbers < minimum * world.denominator
    return Certificate(
        tuple(worlds),
        np.sort(empty),
        multipliers if len(empty) else None,
        np.flatnonzero(is_left),
    )


def may_follow(groups: csr_array, people: Integers, cell: int, minimum: int) -> bool:
    """Whether a set of fewer than `minimum` people that holds a cell may follow.

    For cells that no population serves: an integer programme over all cells at once (HiGHS). What
    it does not decide within the stated work may follow.

    Parameters
    ----------
    groups : one row per published group, one column per cell
    people : of each cell
    """
    span = Span(people.tolist(), 0)
    for name, own in enumerate(members_of(groups)):
        span.push(name, indicator(own.tolist()))
    kernel = kernel_of(span, len(people))
    places = np.repeat(np.arange(len(kernel)), [len(move) for move in kernel])
    columns = np.array([cell for move in kernel for cell, _ in move], dtype=np.intp)
    numbers = np.array([float(number) for move in kernel for _, number in move])
    unmoved = csr_array((numbers, (places, columns)), shape=(len(kernel), len(people)))
    solution = milp(
        people.astype(float),
        integrality=np.ones(len(people)),
        bounds=Bounds((np.arange(len(people)) == cell).astype(float), 1),
        constraints=[
            LinearConstraint(unmoved, 0, 0),
            LinearConstraint(people[None, :], 0, minimum - 1),
        ],
        options={"node_limit": _PROGRAMME_NODES},
    )
    return bool(solution.status != _INFEASIBLE)


class _Search:
    def __init__(self, groups: csr_array, sizes: Integers, minimum: int) -> None:
        self.worlds: list[World] = []
        self.empty = np.array([], dtype=np.int64)
        self.unserved = np.arange(groups.shape[1])
        self._groups = groups
        self._sizes = sizes
        self._minimum = minimum
        self._most = np.zeros(groups.shape[1])
        """Most people of each cell in any population so far."""
        self.any: World | None = None
        """One that agrees, whether it serves a cell or not."""
        self.multipliers: World | None = None

    def run(self) -> None:
        """Find all."""
        self.serve_many()
        self.multipliers = self.find_empty()
        self.serve_each()

    def serve_many(self) -> None:
        """Make populations that are large in many cells at once."""
        rng = np.random.default_rng(_SEED)
        fruitless = 0
        while len(self.unserved) and fruitless < _FRUITLESS:
            before = len(self.unserved)
            wish = np.zeros(len(self._most))
            wish[self.unserved] = rng.exponential(size=before)
            self._add(self._solve(wish)[0])
            fruitless = 0 if len(self.unserved) < before else fruitless + 1

    def find_empty(self) -> World | None:
        """Show at once that cells are empty which no population has filled."""
        while len(maybe := self.unserved[self._most[self.unserved] == 0]):
            wish = np.zeros(len(self._most))
            wish[maybe] = 1
            people, duals = self._solve(wish)
            if people is None or people[maybe].max() > 1e-6:
                if people is None or not self._add(people):
                    return None
                continue
            multipliers = _to_whole(-duals)
            if multipliers is None or not _bounds(self._groups, self._sizes, multipliers, maybe):
                return None
            self.empty = maybe
            self.unserved = np.setdiff1d(self.unserved, maybe)
            return multipliers
        return None

    def serve_each(self) -> None:
        """Ask of each cell that is left for a population of its own."""
        for cell in self.unserved:
            wish = np.zeros(len(self._most))
            wish[cell] = 1
            self._add(self._solve(wish)[0])

    def _solve(self, wish: Numbers) -> tuple[Numbers | None, Numbers]:
        # Many small programmes: to simplify each first takes half as long again.
        found = linprog(
            -wish,
            A_eq=self._groups,
            b_eq=self._sizes,
            bounds=(0, None),
            method="highs-ds",
            options={"presolve": False},
        )
        return found.x, np.array([]) if found.x is None else found.eqlin.marginals

    def _add(self, people: Numbers | None) -> bool:
        """Keep a population if it agrees in whole numbers; whether it fills or serves any cell."""
        world = None if people is None else _to_whole(people)
        if world is None or (world.numbers < 0).any():
            return False
        if (self._groups @ world.numbers != self._sizes * world.denominator).any():
            return False
        self.any = self.any or world
        own = world.numbers / world.denominator
        is_new = (own[self.unserved] > self._most[self.unserved]).any()
        serves = own[self.unserved] >= self._minimum
        if serves.any():
            self.worlds.append(world)
        self._most = np.maximum(self._most, own)
        self.unserved = self.unserved[~serves]
        return bool(is_new)


def _bounds(groups: csr_array, sizes: Integers, multipliers: World, cells: Integers) -> bool:
    """Whether multipliers show cells empty: nowhere negative, above 0 there, 0 in all."""
    over = groups.T @ multipliers.numbers
    return bool(
        (over >= 0).all() and (over[cells] > 0).all() and int(sizes @ multipliers.numbers) == 0
    )


def _join_worlds(blocks: CellBlocks, searches: Sequence[_Search], cells: int) -> Iterator[World]:
    """Put populations of all blocks beside each other; of a block with fewer one comes again."""
    own: list[list[World | None]] = [[*search.worlds] or [search.any] for search in searches]
    for number in range(max(map(len, own), default=0)):
        worlds = [worlds[number if number < len(worlds) else 0] for worlds in own]
        denominator = lcm(*(world.denominator for world in worlds if world is not None))
        numbers = np.zeros(cells, dtype=np.int64)
        for part, world in zip(blocks.parts, worlds, strict=True):
            if world is None:  # No population of the block was found, so there is none of all.
                return
            numbers[part.cells] = world.numbers * (denominator // world.denominator)
        yield World(numbers, denominator)


def _join_multipliers(blocks: CellBlocks, searches: Sequence[_Search], groups: int) -> World:
    """Put multipliers beside each other: what stands in for a wide group takes off its multiple."""
    numbers = np.zeros(groups, dtype=np.int64)
    for part, search in zip(blocks.parts, searches, strict=True):
        if search.multipliers is not None:
            numbers[part.groups] = search.multipliers.numbers
    for wide, stand_in in blocks.stand_ins:
        numbers[stand_in] -= numbers[wide]
    return World(numbers, 1)


def _to_whole(numbers: Numbers) -> World | None:
    for denominator in _DENOMINATORS:
        scaled = numbers * denominator
        whole = scaled.round()
        if np.abs(scaled - whole).max(initial=0) < 1e-6 * denominator:
            return World(whole.astype(np.int64), denominator)
    return None
