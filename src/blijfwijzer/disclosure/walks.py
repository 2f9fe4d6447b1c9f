"""Worlds of answers that are made by moves which change no shown count."""

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.disclosure.atoms import Integers
from blijfwijzer.disclosure.span import Span, kernel_of
from blijfwijzer.disclosure.windows import Windows

_WALKS = 12
_SWEEPS = 2
_LONGEST_MOVE = 40


def walk(
    rows: csr_array, sizes: Integers, truth: Integers, wide: Windows, seed: int = 8
) -> Integers:
    """Make worlds in which each row has the count it has: people with the outcome per cell.

    Parameters
    ----------
    rows : one per group, one column per cell
    sizes, truth : people in each cell of whom the answer is open, and those with the outcome
    wide : groups of the same cells that only must stay within their windows
    """
    rng = np.random.default_rng(seed)
    # What is left above in a window is one more number that moves change, within its width.
    own = _moves(rows, sizes)
    moves = [[*move, *left] for move, left in zip(own, wide.left_by(own), strict=True)]
    room = [*sizes.tolist(), *(wide.high - wide.low).tolist()]
    worlds = [truth]
    counts = [*truth.tolist(), *(wide.high - wide.rows @ truth).tolist()]
    for _ in range(_WALKS if moves else 0):
        places = np.tile(rng.permutation(len(moves)), _SWEEPS)
        for place, chance in zip(places.tolist(), rng.random(len(places)).tolist(), strict=True):
            _step(counts, room, moves[place], chance)
        worlds.append(np.array(counts[: len(sizes)], dtype=np.int64))
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


def _moves(rows: csr_array, sizes: Integers) -> list[list[tuple[int, int]]]:
    """Give a basis of what can change without any row's count changing: (cell, people) each."""
    span = Span(sizes.tolist(), 0)
    for name, (start, end) in enumerate(zip(rows.indptr, rows.indptr[1:], strict=False)):
        span.push(name, dict.fromkeys(rows.indices[start:end].tolist(), 1))
    kernel = kernel_of(span, len(sizes))
    return [move for move in kernel if len(move) <= _LONGEST_MOVE]
