"""Arrays that rooms pass on, an entry per response, and what weighted responses are worth.

They stand in this room, as all rooms that work with responses may import it.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
"""Group, unit or stratum of each response, counted from 0; -1 for none."""
Mask = NDArray[np.bool_]


def effective_n(weight: Array) -> float:
    """Say how many unweighted responses weighted ones are worth; 0 where nothing weighs."""
    return float(effective_ns(weight.sum(), weight @ weight))


def join_small(sizes: Codes, minimum: int) -> Codes:
    """Give the bin that each of some bins in order joins, so that none has too few responses.

    Each takes in those after it until it is large enough; too few at the end join the bin before.

    >>> join_small(np.array([12, 4, 7, 3]), 10)
    array([0, 1, 1, 1])
    """
    joined = np.zeros(len(sizes), dtype=np.intp)
    current = filled = 0
    for place, size in enumerate(sizes):
        joined[place] = current
        filled += size
        if filled >= minimum:
            current, filled = current + 1, 0
    return np.minimum(joined, current - 1) if filled and current else joined


def effective_ns(total: ArrayLike, squares: ArrayLike) -> Array:
    """Give Kish's effective number of respondents, (sum w)^2 / sum w^2 (1965, section 11.7).

    Parameters
    ----------
    total, squares : sums of weights and of their squares, such as one per group
    """
    square, below = np.asarray(total, dtype=float) ** 2, np.asarray(squares, dtype=float)
    return np.asarray(np.divide(square, below, out=np.zeros_like(square), where=below > 0))
