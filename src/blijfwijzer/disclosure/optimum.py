"""The best choice that a guard lets through: a hitting set over what was found to tell.

Each refusal names rows of which at least one must be withheld. The cheapest way to withhold one of
each (a hitting set, by integer programme) bounds from above what can be shown at all; taking rows
one by one in the order that it proposes gives a choice that is proven after every row, and more
refusals. Where the two meet the choice is the best there is; where the stated rounds run out
before, the gap between them is told.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from blijfwijzer.disclosure.guard import Guard
from blijfwijzer.disclosure.span import Row
from blijfwijzer.progress import tell_within

_SHUFFLED = 3
"""Orders tried beside that by worth: others meet other combinations."""
_PROGRAMME_NODES = 5_000
_MOST_WORK = 200_000
"""Branches, as `Guard.work` counts them, after which the choice is improved no further."""


@dataclass(frozen=True)
class Best:
    """Rows that are shown together, and how much could be shown at most."""

    shown: NDArray[np.bool_]
    """One per offered row."""
    worth: float
    """Of all that is shown."""
    most: float
    """No choice is worth more than this."""
    unavoidable: int
    """Known rows from which something follows whatever is chosen."""

    @property
    def gap(self) -> float:
        """Share of what could be shown at most that is not shown, in [0, 1]."""
        return 0.0 if self.most <= 0 else max(0.0, 1 - self.worth / self.most)


def choose_best(
    offered: Sequence[Row],
    worth: Sequence[float],
    new_guard: Callable[[], Guard],
    rounds: int,
    seed: int = 5,
) -> Best:
    """Show as much as possible of what is offered.

    Parameters
    ----------
    worth : of each row, above 0
    new_guard : makes a guard that holds what is known and nothing that is offered
    rounds : of the hitting set at most; with 0, rows are taken once in order of worth
    """
    search = _Search(offered, worth, new_guard)
    by_worth = sorted(range(len(offered)), key=lambda name: -worth[name])
    search.take(by_worth)
    rng = random.Random(seed)
    for _ in range(rounds):
        proposed = search.hit()
        if search.is_best:
            break
        known = len(search.cuts)
        wanted = [name for name in by_worth if proposed[name]]
        rest = [name for name in by_worth if not proposed[name]]
        search.take(wanted + rest)
        for _ in range(_SHUFFLED):
            if search.work < _MOST_WORK:
                rng.shuffle(wanted)
                search.take(wanted + rest)
        if search.is_best or len(search.cuts) == known or search.work >= _MOST_WORK:
            break
    return search.best()


class _Search:
    """The best choice so far, the combinations met, and the bound that follows from them."""

    def __init__(
        self, offered: Sequence[Row], worth: Sequence[float], new_guard: Callable[[], Guard]
    ) -> None:
        self.cuts: dict[frozenset[int], None] = {}
        self.work = 0
        self._offered = offered
        self._worth = np.array(worth, dtype=float)
        self._new_guard = new_guard
        self._shown = np.zeros(len(offered), dtype=bool)
        self._most = float(self._worth.sum())
        self._unavoidable = 0

    @property
    def is_best(self) -> bool:
        """Whether no choice can be worth more."""
        return self._total >= self._most - 1e-6

    @property
    def _total(self) -> float:
        return float(self._worth[self._shown].sum())

    def best(self) -> Best:
        return Best(self._shown, self._total, max(self._most, self._total), self._unavoidable)

    def take(self, order: Iterable[int]) -> None:
        """Take rows one by one, and keep the choice if it is the best so far."""
        guard = self._new_guard()
        self._unavoidable = max(self._unavoidable, guard.unavoidable)
        taken = np.zeros(len(self._offered), dtype=bool)
        for done, name in enumerate(order):
            tell_within(f"find what could be derived: {done:,} of {len(taken):,} groups")
            refusal = guard.offer(name, self._offered[name])
            taken[name] = refusal is None
            if refusal is not None and refusal.together:
                self.cuts[refusal.together] = None
        self.work += guard.work
        if self._worth[taken].sum() > self._total:
            self._shown = taken

    def hit(self) -> NDArray[np.bool_]:
        """Propose what to show: one row of each combination withheld, at the least loss."""
        if not self.cuts:
            self._most = float(self._worth.sum())
            return np.ones(len(self._worth), dtype=bool)
        cuts = [sorted(cut) for cut in self.cuts]
        lengths = [len(cut) for cut in cuts]
        rows = np.repeat(np.arange(len(cuts)), lengths)
        entries = (np.ones(len(rows)), (rows, np.concatenate([np.array(cut) for cut in cuts])))
        solution = milp(
            -self._worth,
            integrality=np.ones(len(self._worth)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(
                csr_array(entries, shape=(len(cuts), len(self._worth))),
                -np.inf,
                np.array(lengths) - 1.0,
            ),
            options={"node_limit": _PROGRAMME_NODES, "mip_rel_gap": 0.0},
        )
        if solution.x is None:
            return self._shown
        if solution.mip_dual_bound is not None:
            self._most = min(self._most, -float(solution.mip_dual_bound))
        return np.asarray(solution.x > 0.5)
