"""How far the numbers that are shown pin down one that is hidden.

That a hidden count follows from no combination of shown ones does not stop tight bounds: counts
are never negative and never above the people there are. Each shown percentage is taken as if it
were the count in its group, known but for rounding, which is more than an outsider knows of a
pooled rate.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

Array = NDArray[np.float64]

_ROUNDING = 0.005
"""A whole percentage is known to half a point."""


def find_pinned(
    rows: csr_array, sizes: Array, counts: Array, hidden: csr_array, protection: int
) -> list[NDArray[np.intp]]:
    """Find hidden groups whose count has too few possible values, and the rows that pin it.

    The highest and lowest count of all hidden groups together are found first, by linear
    programming over the atoms: two points of the feasible set that show for most groups that
    their count can move. Only what does not move enough gets programmes of its own.

    Parameters
    ----------
    rows : one row per shown group, one column per atom
    sizes : people per atom
    counts : people per atom with the outcome
    hidden : one row per hidden group, one column per atom
    protection : values that a hidden count must be able to have, at least; for a group of fewer
        people, all of them

    Returns
    -------
    For each pinned group the shown rows that bind, of which at least one must be withheld.
    """
    people = np.asarray(rows @ sizes, dtype=float)
    shown = np.asarray(rows @ counts, dtype=float)
    slack = _ROUNDING * people
    matrix = vstack([rows, -rows], format="csr").astype(float)
    limits = np.concatenate([np.floor(shown + slack), -np.ceil(shown - slack)])
    needed = np.minimum(protection - 1.0, np.asarray(hidden @ sizes, dtype=float))
    open_ = np.arange(hidden.shape[0])
    for _ in range(3):
        if not len(open_):
            return []
        objective = np.asarray(hidden[open_].sum(axis=0), dtype=float).ravel()
        ends = [_solve(sign * objective, matrix, limits, sizes).x for sign in (1.0, -1.0)]
        moved = np.abs(hidden[open_] @ ends[1] - hidden[open_] @ ends[0])
        still = open_[moved < needed[open_] - 1e-6]
        if len(still) == len(open_):
            break
        open_ = still
    pinned = []
    for place in open_:
        objective = np.asarray(hidden[[place]].todense(), dtype=float).ravel()
        low, high = (_solve(sign * objective, matrix, limits, sizes) for sign in (1.0, -1.0))
        if -high.fun - low.fun < needed[place] - 1e-6:
            binding = np.abs(low.ineqlin.marginals) + np.abs(high.ineqlin.marginals) > 1e-9
            pinned.append(np.flatnonzero(binding[: len(people)] | binding[len(people) :]))
    return pinned


def _solve(objective: Array, matrix: csr_array, limits: Array, sizes: Array) -> Any:
    bounds = np.column_stack([np.zeros(len(sizes)), sizes])
    return linprog(objective, A_ub=matrix, b_ub=limits, bounds=bounds, method="highs")
