"""Cells of a proof in blocks that can be invented apart, since only wide groups join them.

Wide groups are of no unit (everyone, all who gave some answer), so they hold cells of every unit.
Where a block has a published group of the very cells that a wide one has there, the size of that
group is what the block adds to the wide one in every population. So a population of the block and
one of all else make a population together, whatever each of them is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_array, csr_array
from scipy.sparse.csgraph import connected_components

from blijfwijzer.disclosure.atoms import Integers

_SEED = 3
_FEWEST_CELLS = 1_000
"""Blocks are taken together up to so many cells: a linear programme of fewer costs no less."""


@dataclass(frozen=True)
class CellBlock:
    """Some cells, and all groups that hold any of them."""

    cells: NDArray[np.intp]
    groups: NDArray[np.intp]
    sizes: Integers
    """People of each of the groups who are in these cells."""


@dataclass(frozen=True)
class CellBlocks:
    """All cells."""

    parts: Sequence[CellBlock]
    """Each with cells; the wide groups and what hangs together by them come last."""
    stand_ins: Sequence[tuple[int, int]]
    """A wide group and the group of another block that has the very cells of it there."""


def find_blocks(groups: csr_array, sizes: Integers, is_wide: NDArray[np.bool_]) -> CellBlocks:
    """Part cells in blocks.

    Parameters
    ----------
    groups : one row per published group, one column per cell; 0 or 1
    sizes : people of each group
    is_wide : of each group, whether it is one of no unit
    """
    wide, narrow = np.flatnonzero(is_wide), np.flatnonzero(~is_wide)
    own = csr_array(groups[narrow])
    whole = block_array([[None, own], [own.T, None]], format="csr")
    labels = connected_components(whole, directed=False)[1]
    of_group, of_cell = labels[: len(narrow)], labels[len(narrow) :]
    # Sums of a random number per cell tell sets of cells apart; populations are added again anyway.
    keys = np.random.default_rng(_SEED).integers(2**62, size=groups.shape[1])
    sums = own.astype(np.int64) @ keys
    alike = dict(zip(zip(of_group.tolist(), sums.tolist(), strict=True), narrow, strict=True))
    stand_ins: list[tuple[int, int, int]] = []
    joined = set(of_cell.tolist()) - set(of_group.tolist())
    for group in wide.tolist():
        cells = groups.indices[groups.indptr[group] : groups.indptr[group + 1]]
        for inside in _split(cells, of_cell[cells]):
            block = int(of_cell[inside[0]])
            stand_in = alike.get((block, int(keys[inside].sum())))
            if stand_in is None:
                joined.add(block)
            else:
                stand_ins.append((block, group, int(stand_in)))
    kept = [(group, stand_in) for block, group, stand_in in stand_ins if block not in joined]
    left = sizes.copy()
    for group, own_group in kept:
        left[group] -= sizes[own_group]
    apart = np.flatnonzero(~np.isin(of_cell, sorted(joined)))
    parts = []
    for cells in _together(_split(apart, of_cell[apart])):
        rows = narrow[np.isin(of_group, of_cell[cells])]
        parts.append(CellBlock(cells, rows, sizes[rows]))
    rows = np.concatenate([wide, narrow[np.isin(of_group, sorted(joined))]])
    rest = CellBlock(np.setdiff1d(np.arange(len(of_cell)), apart), rows, left[rows])
    return CellBlocks([*parts, rest] if len(rest.cells) or not parts else parts, kept)


def _split(cells: NDArray[np.intp], labels: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Part cells by their labels."""
    order = np.argsort(labels, kind="stable")
    ends = np.flatnonzero(np.diff(labels[order])) + 1
    return [own for own in np.split(cells[order], ends) if len(own)]


def _together(blocks: Sequence[NDArray[np.intp]]) -> list[NDArray[np.intp]]:
    """Take blocks together that follow each other, up to as many cells as cost no less."""
    batch = np.cumsum([0, *map(len, blocks)])[:-1] // _FEWEST_CELLS
    ends = [0, *(np.flatnonzero(np.diff(batch)) + 1).tolist(), len(blocks)]
    return [np.concatenate(blocks[a:b]) for a, b in pairwise(ends) if b > a]
