"""Whether weighted percentages tell what few people answered whose weight is known.

Weights that follow from the margins of a register are known to whoever knows that. If three of a
group weigh thrice as much as the others, its percentage may be had in one way only: with none of
the three, say. A count of people leaves open who they are; a sum of weights need not. So those of
one weight, where they are few, must be able to have another count with every percentage as it is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from blijfwijzer.disclosure.rounding import percent_of

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MANY = 100
"""People from which on it is not asked: nobody of the usual weight then moves a percentage by more
than a whole one, so that some of these make up for whatever those of another weight answered."""
_DIGITS = 6
"""Of a weight, beside the mean, by which people are told apart."""
_HALF = 0.5 - 1e-9
"""Percentage points within which a share is rounded to the same percentage."""
_NODES = 500


def find_weighed(members: csr_array, values: Array, weight: Array, minimum: int) -> Mask:
    """Say which groups may not be told by their own weighted percentage, beside each other.

    Of groups that hold the same people the smallest goes first.

    Parameters
    ----------
    members : one row per group that is told by the answers of its own people, and by no others
    values : 1, 0, or NaN where not answered
    weight : per response
    minimum : people from which on those of one weight are no few
    """
    n = members @ (~np.isnan(values)).astype(np.int64)
    is_told = (n > 0) & (n < MANY)
    telling = np.zeros(len(n), dtype=bool)
    while is_told.any():
        own = np.flatnonzero(is_told)
        cells = _Cells.of(csr_array(members[own]), values, weight)
        pinned = cells.find_pinned(minimum)
        if pinned is None:
            break
        holding = own[cells.rows[:, pinned]]
        worst = holding[n[holding].argmin()]
        is_told[worst], telling[worst] = False, True
    return telling


@dataclass(frozen=True)
class _Cells:
    """People who are in the same groups and weigh the same."""

    rows: Mask
    """One row per group, one column per cell."""
    weight: Array
    n: Array
    counts: Array
    """People with the outcome."""

    @classmethod
    def of(cls, members: csr_array, values: Array, weight: Array) -> "_Cells":
        """Put people together who answered; those in no group are left out."""
        held = np.flatnonzero((members.sum(axis=0) > 0) & ~np.isnan(values))
        relative = (weight[held] / weight[held].mean()).round(_DIGITS)
        told = np.vstack([members[:, held].toarray(), relative])
        cells, cell = np.unique(told, axis=1, return_inverse=True)
        place = cell.ravel()
        n, counts = np.bincount(place).astype(float), np.bincount(place, values[held])
        return cls(cells[:-1].astype(bool), cells[-1], n, counts.astype(float))

    def find_pinned(self, minimum: int) -> int | None:
        """Give the first cell of few that can have no other count, if some weigh otherwise."""
        if len(np.unique(self.weight)) == 1:
            return None
        made, total = self.rows @ (self.weight * self.counts), self.rows @ (self.weight * self.n)
        percent = np.array([percent_of(*pair) for pair in zip(made, total, strict=True)])
        window = [(percent + side * _HALF) / 100 * total for side in (-1, 1)]
        for place in np.flatnonzero(self.n < minimum).tolist():
            if not any(self._has(place, sign, window) for sign in (1, -1)):
                return int(place)
        return None

    def _has(self, place: int, sign: int, window: list[Array]) -> bool:
        """Whether one more or fewer in a cell leaves every percentage, whatever the others have."""
        least, most = np.zeros(len(self.n)), self.n.copy()
        if sign > 0:
            least[place] = self.counts[place] + 1
        else:
            most[place] = self.counts[place] - 1
        if least[place] > most[place]:
            return False
        found = milp(
            np.zeros(len(self.n)),
            integrality=np.ones(len(self.n)),
            bounds=Bounds(least, most),
            constraints=LinearConstraint(self.rows * self.weight, *window),
            options={"node_limit": _NODES},
        )
        return found.x is not None
