"""Elimination of dense rows of residues, for the inner products of figures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.disclosure.atoms import Integers

PRIME = 2_147_483_647
"""Largest prime below 2^31: products of two residues fit in 64 bits."""


@dataclass(frozen=True)
class Echelon:
    """Rows after elimination."""

    rows: Integers
    """Reduced basis: each row has a 1 at its own pivot and 0 at the other pivots."""
    pivots: Integers
    rest: Integers
    """Rows without a pivot, as they are left."""


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


def _subtract(work: Integers, others: NDArray[np.intp], chosen: int, column: int) -> None:
    """Clear a column in other rows, touching only what the chosen row holds."""
    if not len(others):
        return
    filled = np.flatnonzero(work[chosen])
    block = np.ix_(others, filled)
    work[block] = (work[block] - work[others, column][:, None] * work[chosen, filled]) % PRIME
