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
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Array = NDArray[np.float64]

_ROUNDING = 0.005
"""A whole percentage is known to half a point."""


def find_pinned(
    rows: csr_array,
    sizes: Array,
    counts: Array,
    hidden: csr_array,
    protection: int,
    fine: set[bytes],
) -> list[NDArray[np.intp]]:
    """Find hidden groups whose count has too few possible values, and the rows that pin it.

    The highest and lowest count of each hidden group are found by linear programming over the
    atoms that hang together with it. Rows of so many people that rounding alone leaves their
    count `protection` values wide are left out: they cannot pin what is hidden in them.

    Parameters
    ----------
    rows : one row per shown group, one column per atom
    sizes : people per atom
    counts : people per atom with the outcome
    hidden : one row per hidden group, one column per atom
    protection : values that a hidden count must be able to have, at least; for a group of fewer
        people, all of them
    fine : keys of problems that were solved and pin nothing; grows

    Returns
    -------
    For each pinned group the shown rows that bind, of which at least one must be withheld.
    """
    people = np.asarray(rows @ sizes, dtype=float)
    narrow = np.flatnonzero(2 * _ROUNDING * people < protection)
    local = csr_array(rows[narrow]).astype(float)
    _, part = connected_components(local.T @ local, directed=False)
    rows_of: dict[int, list[int]] = {}
    first = local.indices[local.indptr[:-1]]
    for place, label in enumerate(part[first]):
        rows_of.setdefault(int(label), []).append(place)
    pinned = []
    for place in range(hidden.shape[0]):
        atoms = hidden.indices[hidden.indptr[place] : hidden.indptr[place + 1]]
        inside = sorted({row for label in set(part[atoms]) for row in rows_of.get(int(label), [])})
        key = np.array([*atoms, -1, *narrow[inside], -1, *counts[atoms]]).tobytes()
        if not inside or key in fine:
            continue
        binding = _binding(local[inside], sizes, counts, atoms, protection)
        if len(binding):
            pinned.append(narrow[np.array(inside)[binding]])
        else:
            fine.add(key)
    return pinned


def _binding(
    rows: csr_array, sizes: Array, counts: Array, target: NDArray[Any], protection: int
) -> NDArray[np.intp]:
    """Rows that pin the count in some atoms; none if it can move enough."""
    matrix = rows.toarray()
    used = np.union1d(np.flatnonzero(matrix.any(axis=0)), target)
    matrix, own = matrix[:, used], sizes[used]
    shown = matrix @ counts[used]
    slack = _ROUNDING * (matrix @ own)
    limits = np.concatenate([np.floor(shown + slack), -np.ceil(shown - slack)])
    objective = np.isin(used, target).astype(float)
    both = np.vstack([matrix, -matrix])
    bounds = np.column_stack([np.zeros(len(own)), own])
    low, high = (
        linprog(sign * objective, A_ub=both, b_ub=limits, bounds=bounds, method="highs")
        for sign in (1.0, -1.0)
    )
    needed = min(protection - 1.0, float(objective @ own))
    if -high.fun - low.fun >= needed - 1e-6:
        return np.array([], dtype=np.intp)
    weigh = np.abs(low.ineqlin.marginals) + np.abs(high.ineqlin.marginals) > 1e-9
    binding = np.flatnonzero(weigh[: len(matrix)] | weigh[len(matrix) :])
    touching = np.flatnonzero(matrix @ objective > 0)
    return binding if len(binding) else touching
