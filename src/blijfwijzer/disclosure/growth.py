"""The search for small sets that a new row lets follow: complete, and exact.

A set lies in the span of reduced rows exactly when, for each atom j that is no pivot, x_j is the
sum over the pivots q in the set of row q's number at j. So a set that is begun and does not fit at
j can be completed only by j itself or by a pivot whose row holds j: the search branches on the atom
that fewest can mend, and gives up a branch when what atoms that share no mender need together
exceeds the people that are left.

A row with a new pivot changes only the rows that held that pivot. What follows newly therefore
holds the new pivot, or the pivot of a changed row; from these the search sets out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from blijfwijzer.disclosure.span import Row, Span, Step, indicator, lift
from blijfwijzer.disclosure.worlds import Worlds

_LOOKED_AT = 300
"""Atoms that are looked at for the best branch and for what they need together."""
_FIRST_NODES = 60
"""Branches before worlds are asked for: one linear programme takes as long as some hundred. With
many rows more branches come first, since worlds take longer. An integer programme, which decides
on what has no world, takes as long as a few hundred."""
_ROWS_PER_NODE = 25
_PROGRAMME_NODES = 2_000
"""Of that programme. Work is counted, never timed: every machine gives the same release."""
_MOST_HARMLESS = 50
_INFEASIBLE = 2
"""Status of `scipy.optimize.milp`."""

Found = tuple[int, ...]
"""Atoms of a set that follows."""
UNDECIDED: Literal["undecided"] = "undecided"
"""Neither found nor proven absent within the stated work."""


@dataclass(frozen=True, slots=True)
class _Branch:
    """A set that is begun."""

    atoms: Found
    left: int
    """People that may still be added."""
    unfit: Row
    """Atom that is no pivot to the sum of the set's rows there, less one if it is in the set."""
    closed: int
    """Atoms that are in the set or that other branches take, in bits."""


@dataclass(frozen=True)
class _Others:
    """Atoms that are no pivots."""

    small: tuple[int, ...]
    large: tuple[int, ...]


class _Bits(dict[int, int]):
    """A bit for each small atom that a search meets, so that sets of atoms are whole numbers."""

    def __init__(self, sizes: Sequence[int], few: int) -> None:
        super().__init__()
        self.atoms: list[int] = []
        """Atom of each bit, the lowest first."""
        self.fitting = [0] * few
        """Per number of people, the atoms of at most so many."""
        self._sizes = sizes

    def __missing__(self, atom: int) -> int:
        bit = self[atom] = 1 << len(self.atoms)
        self.atoms.append(atom)
        for most in range(self._sizes[atom], len(self.fitting)):
            self.fitting[most] |= bit
        return bit

    def of(self, atoms: Iterable[int]) -> int:
        """Write a set of atoms."""
        return sum(map(self.__getitem__, atoms))

    def read(self, bits: int) -> list[int]:
        """Give the atoms of a set, in order."""
        found = []
        while bits:
            found.append(self.atoms[bits.bit_length() - 1])
            bits ^= 1 << bits.bit_length() - 1
        return sorted(found)


def _never(_: Found) -> bool:
    return False


class Search:
    """The search for what follows from the rows of a span, step by step.

    Parameters
    ----------
    span : whose rows are added elsewhere
    """

    def __init__(self, span: Span) -> None:
        self.nodes = 0
        """Branches that were looked at."""
        self.programmes = 0
        """Integer programmes that were solved, one or more per atom."""
        self.worlds = Worlds(span.sizes, prime=span.prime)
        self._span = span
        self._bits = _Bits((), 0)
        self._menders: dict[int, int] = {}

    def find_new(
        self, step: Step, is_harmless: Callable[[Found], bool] = _never
    ) -> Found | Literal["undecided"] | None:
        """Find a set of fewer than `span.few` people that follows since the last row.

        What lies beside a harmless set in a larger one follows by itself, from a place of its own;
        so the search does not go on from a set that it passes over.

        Parameters
        ----------
        step : that added the row
        is_harmless : whether to pass over a set

        Returns
        -------
        Its atoms; None when it is proven that there is no such set.
        """
        span = self._span
        self._bits = _Bits(span.sizes, span.few)
        self._menders.clear()
        roots = [pivot for pivot in (step.pivot, *step.changed) if span.sizes[pivot] < span.few]
        roots.sort(key=lambda pivot: (-span.sizes[pivot], pivot))
        done: set[int] = set()
        stalled = []
        for root in roots:
            nodes = max(_FIRST_NODES, len(span.rows) // _ROWS_PER_NODE)
            found = self._grow(root, self._bits.of(done), nodes, is_harmless)
            if found == UNDECIDED:
                stalled.append(root)
                continue
            if found is not None:
                return found
            done.add(root)
        for root in self.worlds.serve(span.given(), stalled, span.few) if stalled else []:
            self.programmes += 1
            found = _solve(span, root, frozenset(done), is_harmless)
            if found is not None:
                return found
            done.add(root)
        return None

    def _grow(
        self, root: int, closed: int, nodes: int, is_harmless: Callable[[Found], bool]
    ) -> Found | Literal["undecided"] | None:
        """Find a small set that holds `root` and none of `closed`."""
        span = self._span
        left = span.few - 1 - span.sizes[root]
        branches = [_Branch((root,), left, dict(span.rows[root]), closed | self._bits[root])]
        for _ in range(nodes):
            if not branches:
                return None
            self.nodes += 1
            branch = branches.pop()
            if branch.unfit:
                branches += self._complete(branch, self._best_menders(branch))
            elif not is_harmless(branch.atoms):
                return branch.atoms
        return None if not branches else UNDECIDED

    def _best_menders(self, branch: _Branch) -> list[int]:
        """Give what can mend the atom that fewest can; nothing when the branch is dead."""
        best = taken = need = 0
        fewest = len(self._span.sizes) + 1
        known, fitting = self._menders, self._bits.fitting
        for looked_at, atom in enumerate(branch.unfit):
            could = known[atom] if atom in known else self._menders_of(atom)
            menders = could & fitting[branch.left] & ~branch.closed
            if not menders:
                return []
            if menders.bit_count() < fewest:
                best, fewest = menders, menders.bit_count()
            # What two atoms need they need apart, when nothing mends both.
            if not taken & menders:
                taken |= menders
                need += next(size for size, fit in enumerate(fitting) if fit & menders)
                if need > branch.left:
                    return []
            if looked_at > _LOOKED_AT:
                break
        return self._bits.read(best)

    def _menders_of(self, atom: int) -> int:
        """Give all that could mend an atom."""
        could = self._bits.of(self._span.small_holders(atom))
        if self._span.sizes[atom] < self._span.few:
            could |= self._bits[atom]
        self._menders[atom] = could
        return could

    def _complete(self, branch: _Branch, menders: list[int]) -> list[_Branch]:
        """Add one atom in each way; a way does not take what earlier ways took."""
        span, closed, grown = self._span, branch.closed, []
        for atom in menders:
            closed |= self._bits[atom]
            unfit = dict(branch.unfit)
            added = span.rows.get(atom)
            for place, number in ({atom: -1} if added is None else added).items():
                after = (unfit.get(place, 0) + number) % span.prime
                if after:
                    unfit[place] = after
                else:
                    unfit.pop(place, None)
            left = branch.left - span.sizes[atom]
            grown.append(_Branch((*branch.atoms, atom), left, unfit, closed))
        return grown


def _solve(
    span: Span, root: int, closed: frozenset[int], is_harmless: Callable[[Found], bool]
) -> Found | Literal["undecided"] | None:
    """Decide by integer programmes whether a small set holds an atom (HiGHS)."""
    pivots, others = _reach(span, root, closed)
    atoms = (*pivots, *others.small)
    fits = _equations(span, pivots, others)
    if fits is None:
        return UNDECIDED
    sizes = np.array([span.sizes[atom] for atom in atoms], dtype=float)
    bounds = Bounds(
        [float(atom == root) for atom in atoms], [float(atom not in closed) for atom in atoms]
    )
    constraints = [
        LinearConstraint(fits, 0, 0),
        LinearConstraint(sizes[None, :], 0, span.few - 1),
    ]
    for _ in range(_MOST_HARMLESS):
        solution = milp(
            sizes,
            integrality=np.ones(len(atoms)),
            bounds=bounds,
            constraints=constraints,
            options={"node_limit": _PROGRAMME_NODES},
        )
        if solution.status == _INFEASIBLE:
            return None
        if solution.x is None:
            return UNDECIDED
        held = solution.x > 0.5
        found = tuple(atom for atom, is_held in zip(atoms, held, strict=True) if is_held)
        if not span.follows(indicator(found)):
            return UNDECIDED
        if not is_harmless(found):
            return found
        # Another set: one atom less of these, or one more.
        other = np.where(held, 1.0, -1.0)
        constraints.append(LinearConstraint(other[None, :], -np.inf, len(found) - 1))
    return UNDECIDED


def _equations(span: Span, pivots: Found, others: _Others) -> csr_array | None:
    """Say that a set fits at each atom that is no pivot; None when a residue lifts to nothing."""
    atoms = (*pivots, *others.small)
    column = {atom: place for place, atom in enumerate(atoms)}
    row = {atom: place for place, atom in enumerate((*others.small, *others.large))}
    entries = [(row[atom], column[atom], -1.0) for atom in others.small]
    for pivot in pivots:
        for atom, residue in span.rows[pivot].items():
            number = lift(residue, span.prime)
            if number is None:
                return None
            entries.append((row[atom], column[pivot], float(number)))
    places = np.array([entry[:2] for entry in entries], dtype=np.int64).reshape(-1, 2)
    numbers = np.array([entry[2] for entry in entries])
    return csr_array((numbers, (places[:, 0], places[:, 1])), shape=(len(row), len(column)))


def _reach(span: Span, root: int, closed: frozenset[int]) -> tuple[tuple[int, ...], _Others]:
    """Give the small pivots that hang together with an atom, and the other atoms in their rows."""
    pivots, atoms, queue = {root}, set[int](), [root]
    while queue:
        for atom in span.rows[queue.pop()]:
            if atom in atoms:
                continue
            atoms.add(atom)
            news = set(span.small_holders(atom)) - pivots - closed
            pivots |= news
            queue += news
    small = tuple(sorted(atom for atom in atoms if span.sizes[atom] < span.few))
    return tuple(sorted(pivots)), _Others(small, tuple(sorted(atoms - set(small))))
