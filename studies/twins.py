"""Twin worlds: for each person another population that gives the same release.

The one population is as people answered. In the other this person answered the opposite, others
changed too, and every group that is shown has the same people and the same percentage. Whoever has
the release cannot tell which of the two is true. Code of its own; it shares none with the gate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from studies.organisations import Groups

Counts = NDArray[np.int64]
_FRUITLESS = 3
_QUICK_NODES, _NODES = 30, 20_000


@dataclass(frozen=True)
class Twins:
    """For how many people a twin was constructed, and checked by adding everything again."""

    exchanged: int
    """People who can change places with somebody in the same groups who answered otherwise."""
    constructed: int
    """People of a cell in which all answered alike, for whom answers of others had to change."""
    missing: int
    """People for whom there is none, or none was found within the stated work."""


def find_twins(shown: Groups, answers: NDArray[np.bool_], seed: int = 3) -> Twins:
    """Construct for each person a population that gives the same release and differs in them.

    Parameters
    ----------
    shown : all groups that are shown, everyone among them
    answers : of each person
    """
    cell_of = np.unique(shown.T, axis=0, return_inverse=True)[1].ravel()
    release = _release(shown, answers)
    search = _Search(shown, cell_of, answers, seed)
    other_counts = search.find()
    exchanged = constructed = missing = 0
    for person, cell in enumerate(cell_of.tolist()):
        counts = search.truth if search.is_mixed[cell] else other_counts.get(cell)
        twin = None if counts is None else _populate(person, counts, cell_of, answers)
        if twin is None or twin[person] == answers[person] or _release(shown, twin) != release:
            missing += 1
        elif search.is_mixed[cell]:
            exchanged += 1
        else:
            constructed += 1
    return Twins(exchanged, constructed, missing)


def percent(count: int, people: int) -> int:
    """Give a whole percentage as it is shown, halves to even, worked out in whole numbers."""
    low, rest = divmod(100 * count, people)
    return low + int(2 * rest > people or (2 * rest == people and low % 2 == 1))


def _release(shown: Groups, answers: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Give people and percentage of each group that is shown."""
    people = shown.sum(axis=1).tolist()
    counts = (shown & answers).sum(axis=1).tolist()
    return [(n, percent(count, n)) for n, count in zip(people, counts, strict=True)]


def _populate(
    person: int, counts: Counts, cell_of: Counts, answers: NDArray[np.bool_]
) -> NDArray[np.bool_] | None:
    """Give everybody an answer, by the counts of each cell, so that a person's is the opposite."""
    twin = answers.copy()
    twin[person] = not answers[person]
    for cell, count in enumerate(counts.tolist()):
        others = np.flatnonzero(cell_of == cell)
        others = others[others != person]
        own = int(twin[person]) if cell_of[person] == cell else 0
        surplus = int(twin[others].sum()) + own - count
        if surplus:
            able = others[twin[others] == (surplus > 0)]
            if len(able) < abs(surplus):
                return None
            twin[able[: abs(surplus)]] = surplus < 0
    return twin


class _Search:
    """Other counts per cell with which all percentages stay as they are."""

    def __init__(
        self, shown: Groups, cell_of: Counts, answers: NDArray[np.bool_], seed: int
    ) -> None:
        cells = int(cell_of.max()) + 1
        self.sizes = np.bincount(cell_of, minlength=cells)
        self.truth = np.bincount(cell_of, answers, cells).round().astype(np.int64)
        self.is_mixed = (self.truth > 0) & (self.truth < self.sizes)
        self._first = np.unique(cell_of, return_index=True)[1]
        rows = shown[:, self._first].astype(float)
        windows = [
            _window(percent(int((group & answers).sum()), int(group.sum())), int(group.sum()))
            for group in shown
        ]
        low, high = np.array(windows, dtype=float).T
        self._shown = LinearConstraint(rows, low, high)
        self._rng = np.random.default_rng(seed)

    def find(self) -> dict[int, Counts]:
        """Give, per cell of people who all answered alike, counts with which one did not."""
        left = set(np.flatnonzero(~self.is_mixed).tolist())
        found: dict[int, Counts] = {}
        fruitless = 0
        while left and fruitless < _FRUITLESS:
            wish = np.zeros(len(self.sizes))
            cells = sorted(left)
            wish[cells] = self._rng.exponential(size=len(cells))
            wish[self.truth == 0] *= -1
            fruitless += not self._keep(self._solve(wish, None, _QUICK_NODES), left, found)
        for cell in sorted(left):
            if cell in left:
                self._keep(self._solve(np.zeros(len(self.sizes)), cell, _NODES), left, found)
        return found

    def _keep(self, counts: Counts | None, left: set[int], found: dict[int, Counts]) -> bool:
        if counts is None:
            return False
        new = [cell for cell in left if counts[cell] != self.truth[cell]]
        found.update(dict.fromkeys(new, counts))
        left.difference_update(new)
        return bool(new)

    def _solve(self, wish: NDArray[np.float64], cell: int | None, nodes: int) -> Counts | None:
        low, high = np.zeros(len(self.sizes)), self.sizes.astype(float)
        if cell is not None and self.truth[cell] == 0:
            low[cell] = 1
        elif cell is not None:
            high[cell] -= 1
        solution = milp(
            wish,
            integrality=np.ones(len(wish)),
            bounds=Bounds(low, high),
            constraints=self._shown,
            options={"node_limit": nodes},
        )
        return None if solution.x is None else solution.x.round().astype(np.int64)


def _window(shown: int, people: int) -> tuple[int, int]:
    counts = [count for count in range(people + 1) if percent(count, people) == shown]
    return counts[0], counts[-1]
