"""The proof of a release as a file: its groups in cells, and populations that give all its sizes.

It is made from what is shown alone: labels and sizes of groups. It holds exact sizes, so it is kept
beside the ledger and never with what is shown; `release.verifier` checks it without the survey.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.disclosure.atoms import Integers
from blijfwijzer.disclosure.blocks import find_blocks
from blijfwijzer.disclosure.cells import Definition, find_cells
from blijfwijzer.disclosure.certificate import Certificate, World, certify
from blijfwijzer.files import hash_bytes, to_lines

FORM = 1
MOST_CELLS = 400_000
"""Stated work: a proof of 300,000 cells in blocks takes a minute or two on one core."""
MOST_JOINED = 60_000
"""Of one block: 50,000 cells of 22,000 groups took a minute, and 200,000 would take ten."""


@dataclass(frozen=True)
class Told:
    """Groups of which an outsider knows the size."""

    definitions: Mapping[str, Definition]
    """Id to column to code; that of everyone is empty."""
    sizes: Sequence[int]
    """People of each, as an outsider at most knows them: exactly."""
    earlier: Sequence[str] = ()
    """Ids of those that only earlier releases of the same people tell of."""
    answered: Mapping[str, Sequence[int | None]] = field(default_factory=dict)
    """Outcome to how many of each answered what it is made from; None of a group that is not told
    its share, and no outcome where answers weigh."""


@dataclass(frozen=True)
class Proof:
    """A proof as it is written, or why there is none."""

    content: bytes
    """JSON; empty where there is none."""
    reason: str = ""

    @property
    def sha256(self) -> str:
        """Hash of the file; "" where there is none."""
        return hash_bytes(self.content) if self.content else ""

    @property
    def told(self) -> dict[str, str]:
        """What a release says of it."""
        return {"left_out": self.reason} if self.reason else {"sha256": self.sha256}


def prove(told: Told, levels: Sequence[str], *, minimum: int, wave: str) -> Proof:
    """Prove of groups that nothing about 1 to `minimum` - 1 people follows from their sizes.

    Parameters
    ----------
    levels : unit levels, from the largest down
    wave : whose people these are
    """
    definitions = list(told.definitions.values())
    possible = count_cells(definitions, levels)
    if possible > MOST_CELLS:
        return _left_out(f"{possible} cells can be", MOST_CELLS)
    # Whoever is in no group is in no set that follows.
    cells = [cell for cell in find_cells(definitions, levels) if cell]
    is_wide = np.array([not set(levels) & set(own) for own in definitions], dtype=bool)
    groups, sizes = _matrix(cells, len(definitions)), np.array(told.sizes, dtype=np.int64)
    blocks = find_blocks(groups, sizes, is_wide)
    joined = max((len(part.cells) for part in blocks.parts), default=0)
    if joined > MOST_JOINED:
        return _left_out(f"{joined} cells hang together", MOST_JOINED)
    found = certify(groups, told.sizes, minimum, blocks)
    content = {
        "form": FORM,
        "wave": wave,
        "minimum": minimum,
        "groups": {
            name: {"definition": dict(own), "n": int(size)}
            for (name, own), size in zip(told.definitions.items(), told.sizes, strict=True)
        },
        "earlier": list(told.earlier),
        "answered": {name: list(counts) for name, counts in told.answered.items()},
        "cells": cells,
        **_certificate(found),
    }
    return Proof(to_lines(content, _of_world))


def _left_out(count: str, most: int) -> Proof:
    return Proof(
        b"",
        f"by their labels {count}, and a proof of more than {most} would take too long. Show fewer "
        "levels, or cross with fewer questions.",
    )


def count_cells(definitions: Sequence[Definition], levels: Sequence[str]) -> int:
    """Give how many cells labels allow at most, without listing them."""
    ways = {
        tuple((level, group[level]) for level in levels if level in group)[:depth]
        for group in definitions
        for depth in range(len(levels) + 1)
    }
    asked: dict[str, set[str]] = {}
    for group in definitions:
        for name in set(group) - set(levels):
            asked.setdefault(name, set()).add(group[name])
    return max(len(ways), 1) * prod(len(answers) + 1 for answers in asked.values())


def _matrix(cells: Sequence[tuple[int, ...]], groups: int) -> csr_array:
    held = np.repeat(np.arange(len(cells)), [len(cell) for cell in cells])
    rows = np.array([group for cell in cells for group in cell], dtype=np.int64)
    ones = np.ones(len(rows), dtype=np.int64)
    return csr_array((ones, (rows, held)), shape=(groups, len(cells)))


def _certificate(found: Certificate) -> dict[str, Any]:
    return {
        "worlds": found.worlds,
        "empty": found.empty.tolist(),
        "multipliers": {} if found.multipliers is None else _sparse(found.multipliers.numbers),
        "unserved": found.unserved.tolist(),
    }


def _of_world(world: World) -> dict[str, Any]:
    """Give a population as it is written: one at a time, since each takes memory."""
    return {"parts": world.denominator, "people": _sparse(world.numbers)}


def _sparse(numbers: Integers) -> dict[str, int]:
    """Give numbers by their place, those that are not 0."""
    places = np.flatnonzero(numbers)
    return dict(zip(map(str, places.tolist()), numbers[places].tolist(), strict=True))
