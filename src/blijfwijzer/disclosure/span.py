"""What follows from totals: integer elimination over the groups that are shown.

An outsider who knows the total of each shown group knows every linear combination of them, and no
more (but for bounds, see `bounds`). A set of few people is disclosed exactly when its indicator is
such a combination: when it lies in the span of the shown rows. Elimination runs in integers modulo
a prime, so there is no rounding; that a combination exists modulo the prime but not in fractions
is next to impossible and would only withhold too much.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

PRIME = 2_147_483_647
"""Largest prime below 2^31: products of two residues fit in 64 bits."""
_ENUMERATED = 16
"""Dimensions of which all 0/1 combinations are tried."""
_ORDERS = 40
"""Random orders of columns that are tried beyond that."""
_MOST_TARGETS = 400


@dataclass(frozen=True)
class Echelon:
    """Rows after elimination."""

    rows: Integers
    """Reduced basis: each row has a 1 at its own pivot and 0 at the other pivots."""
    pivots: Integers
    rest: Integers
    """Rows without a pivot, as they are left."""


def find_disclosed(
    rows: Integers,
    sizes: Integers,
    minimum: int,
    is_harmless: Callable[[Integers], bool] = lambda target: False,
) -> list[Integers]:
    """Find sets of fewer than `minimum` people whose total follows from the rows' totals.

    Rows are taken to blocks that hang together and have at most 16 dimensions; in each of these
    the search tries everything and is exact. What spans many blocks (a sector, a level of
    education) is then looked at modulo the blocks: a combination of such rows can only give a
    small set if it leaves nothing in all but a few blocks, and combinations that do are found
    with random information sets (Lee & Brickell 1988). These find a combination unless every one
    of 40 random orders of atoms puts two or more of its few atoms among the pivots.

    Parameters
    ----------
    rows : one row per shown group, one column per atom; 0 or 1
    sizes : people per atom
    minimum : people that a set must have to be no disclosure
    is_harmless : whether to pass over a set, given its atoms, and search on

    Returns
    -------
    Atoms of each set found; empty when there is none.
    """
    rest = _without_large(rows, sizes, minimum)
    if not len(rest):
        return []
    blocks, wide = _part_blocks(rest)
    found: dict[bytes, Integers] = {}
    for block in blocks:
        for target in _search(block, sizes, minimum):
            if not is_harmless(target):
                found[target.tobytes()] = target
    if not found and len(wide):
        for target in _search_wide(wide, blocks, sizes, minimum, is_harmless):
            found[target.tobytes()] = target
    return list(found.values())[:_MOST_TARGETS]


def combinations_of(rows: Integers, targets: list[Integers]) -> list[Integers | None]:
    """Rows that together give each target, or None where it does not follow from them.

    Parameters
    ----------
    targets : atoms of each set
    """
    count, width = rows.shape
    echelon = _eliminate_carrying(rows)
    combinations: list[Integers | None] = []
    for target in targets:
        left = np.zeros(width + count, dtype=np.int64)
        left[target] = 1
        # In reduced form a pivot stands in one row only, so one pass over the target is enough.
        for place in np.flatnonzero(left[echelon.pivots]):
            left = (left - left[echelon.pivots[place]] * echelon.rows[place]) % PRIME
        combinations.append(None if left[:width].any() else np.flatnonzero(left[width:]))
    return combinations


def dependencies_of(rows: Integers) -> list[NDArray[np.intp]]:
    """Rows that together come to nothing: one combination for each row that follows from others.

    A row that comes before others is taken as given, so that of a combination of which the last
    rows are not needed these are not told.
    """
    return [np.flatnonzero(row) for row in _eliminate_carrying(rows).rest[:, rows.shape[1] :]]


def _eliminate_carrying(rows: Integers) -> Echelon:
    """Reduce rows that each carry a column of their own, which tells what they were made from."""
    carrying = np.hstack([rows, np.eye(len(rows), dtype=np.int64)])
    # Columns of few rows first keep the work sparse.
    return eliminate(carrying, np.argsort((rows != 0).sum(axis=0), kind="stable"))


def eliminate(rows: Integers, columns: Integers) -> Echelon:
    """Reduce rows by pivots in `columns`, in that order (Gauss-Jordan)."""
    work = rows % PRIME
    free = np.ones(len(work), dtype=bool)
    used, pivots = [], []
    for column in columns:
        entries = work[:, column]
        choices = np.flatnonzero(free & (entries != 0))
        if not len(choices):
            continue
        chosen = choices[0]
        work[chosen] = work[chosen] * pow(int(entries[chosen]), -1, PRIME) % PRIME
        others = np.flatnonzero(work[:, column])
        others = others[others != chosen]
        _subtract(work, others, chosen, int(column))
        free[chosen] = False
        used.append(chosen)
        pivots.append(column)
        if not free.any():
            break
    return Echelon(work[used], np.array(pivots, dtype=np.int64), work[free])


def _without_large(rows: Integers, sizes: Integers, minimum: int) -> Integers:
    """Combine rows so that they are zero on every atom of `minimum` people or more.

    No small set holds such an atom, so all small sets lie in what is left.
    """
    work = rows[np.argsort((rows != 0).sum(axis=1), kind="stable")] % PRIME
    free = np.ones(len(work), dtype=bool)
    large = sizes >= minimum
    often = (rows != 0).sum(axis=0)
    for place in range(len(work)):
        candidates = np.flatnonzero(large & (work[place] != 0))
        if not len(candidates):
            continue
        column = candidates[np.argmin(often[candidates])]
        free[place] = False
        work[place] = work[place] * pow(int(work[place, column]), -1, PRIME) % PRIME
        _subtract(work, np.flatnonzero(free & (work[:, column] != 0)), place, int(column))
    left: Integers = work[free & (work != 0).any(axis=1)]
    return left


def _subtract(work: Integers, others: NDArray[np.intp], chosen: int, column: int) -> None:
    """Clear a column in other rows, touching only what the chosen row holds."""
    if not len(others):
        return
    filled = np.flatnonzero(work[chosen])
    block = np.ix_(others, filled)
    work[block] = (work[block] - work[others, column][:, None] * work[chosen, filled]) % PRIME


def _part_blocks(rows: Integers) -> tuple[list[Integers], Integers]:
    """Part rows into blocks that touch no common atom, and rows that would make these too large.

    Narrow rows come first, so that a department makes a block before its sector spans it.
    """
    order = np.argsort((rows != 0).sum(axis=1), kind="stable")
    owner = np.full(rows.shape[1], -1)
    blocks: dict[int, list[int]] = {}
    wide = []
    for place in order:
        columns = np.flatnonzero(rows[place])
        touched = [int(block) for block in np.unique(owner[columns]) if block >= 0]
        if 1 + sum(len(blocks[block]) for block in touched) > _ENUMERATED:
            wide.append(place)
            continue
        members = [int(place)] + [row for block in touched for row in blocks.pop(block)]
        blocks[int(place)] = members
        owner[np.isin(owner, touched)] = place
        owner[columns] = place
    return [rows[members] for members in blocks.values()], rows[wide]


def _search(part: Integers, sizes: Integers, minimum: int) -> list[Integers]:
    """Try every set in the span of few rows: a set is told by which pivots it holds."""
    columns = np.flatnonzero((part != 0).any(axis=0))
    local = sizes[columns]
    # Large atoms as pivots, so that few combinations stay below the minimum.
    echelon = eliminate(part[:, columns], np.argsort(-local, kind="stable"))
    dimensions = len(echelon.rows)
    held = ((np.arange(1, 2**dimensions)[:, None] >> np.arange(dimensions)) & 1).astype(np.int64)
    held = held[held @ local[echelon.pivots] < minimum]
    return [columns[target] for target in _small_sets(held, echelon.rows, local, minimum)]


def _search_wide(
    wide: Integers,
    blocks: list[Integers],
    sizes: Integers,
    minimum: int,
    is_harmless: Callable[[Integers], bool],
) -> list[Integers]:
    """Look for combinations of wide rows that leave something in few blocks only."""
    owner = np.arange(len(sizes)) + len(blocks)
    bases = []
    for number, block in enumerate(blocks):
        columns = np.flatnonzero((block != 0).any(axis=0))
        echelon = eliminate(block[:, columns], np.argsort(-sizes[columns], kind="stable"))
        basis = np.zeros((len(echelon.rows), len(sizes)), dtype=np.int64)
        basis[:, columns] = echelon.rows
        bases.append(basis)
        owner[columns] = number
        for row, pivot in zip(echelon.rows, columns[echelon.pivots], strict=True):
            held = np.flatnonzero(wide[:, pivot])
            area = np.ix_(held, columns)
            wide[area] = (wide[area] - wide[held, pivot][:, None] * row) % PRIME
    rng = np.random.default_rng(2)
    found: list[Integers] = []
    seen: set[tuple[int, ...]] = set()
    for _ in range(_ORDERS):
        echelon = eliminate(wide, rng.permutation(len(sizes)))
        for row in echelon.rows:
            touched = np.unique(owner[np.flatnonzero(row)])
            key = tuple(int(block) for block in touched)
            if len(touched) >= minimum or key in seen:
                continue
            seen.add(key)
            of_blocks = [bases[block] for block in touched if block < len(blocks)]
            few = _search_few(row, of_blocks, sizes, minimum)
            found += [target for target in few if not is_harmless(target)]
        if found or len(echelon.rows) == 0:
            break
    return found


def _search_few(
    row: Integers, bases: list[Integers], sizes: Integers, minimum: int
) -> list[Integers]:
    """Search a wide combination together with the blocks that it touches.

    Beyond 16 dimensions the blocks are taken as solved for the wide row's own sake: each block's
    part of the set is looked for by itself, with the wide row at its given value.
    """
    together = np.vstack([row[None, :], *bases])
    if len(together) <= _ENUMERATED:
        return _search(together, sizes, minimum)
    # A row is known but for its scale; that of a difference of groups is 1 or -1.
    scaled = (row, -row % PRIME)
    return [found for r in scaled if (found := _fill_blocks(r, bases, sizes, minimum)) is not None]


def _fill_blocks(
    row: Integers, bases: list[Integers], sizes: Integers, minimum: int
) -> Integers | None:
    """Complete a wide row to the smallest set, block by block."""
    left, target = minimum - 1, []
    outside = np.flatnonzero(row)
    for basis in bases:
        columns = np.flatnonzero((basis != 0).any(axis=0))
        outside = np.setdiff1d(outside, columns)
        dimensions = len(basis)
        held = ((np.arange(2**dimensions)[:, None] >> np.arange(dimensions)) & 1).astype(np.int64)
        made = (held @ basis[:, columns] + row[columns]) % PRIME
        total = np.where((made <= 1).all(axis=1), made @ sizes[columns], minimum)
        best = int(np.argmin(total))
        left -= int(total[best])
        target.append(columns[made[best] == 1])
    left -= int(sizes[outside].sum())
    if left < 0 or not (row[outside] <= 1).all():
        return None
    return np.sort(np.concatenate([*target, outside]))


def _small_sets(held: Integers, basis: Integers, sizes: Integers, minimum: int) -> list[Integers]:
    """Combine a basis to sets (only 0 and 1) of fewer than `minimum` people."""
    found = []
    for start in range(0, len(held), 4096):
        made: NDArray[Any] = held[start : start + 4096] @ basis % PRIME
        is_set = (made <= 1).all(axis=1)
        small = made[is_set]
        small = small[(small @ sizes < minimum)]
        found += [np.flatnonzero(row) for row in small]
    return found
