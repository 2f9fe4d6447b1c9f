"""Rows that are offered one by one, each taken only when it is proven that nothing follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from blijfwijzer.disclosure.growth import UNDECIDED, Found, Search
from blijfwijzer.disclosure.span import PRIME, Rests, Row, Span, Step, indicator

_PER_WORLD = 100
_PER_PROGRAMME = 200


@dataclass(frozen=True)
class Refusal:
    """Why a row was not taken."""

    together: frozenset[int]
    """Offered rows, this one among them, from which together something follows; empty when it was
    neither found nor proven absent within the stated work."""


@dataclass(frozen=True)
class Known:
    """What an outsider knows whatever is shown."""

    rows: Sequence[Row]
    """Totals of the present people."""
    barred: Sequence[Row] = ()
    """Groups that were shown of all but a few of these people, or a few more. As they were they are
    known; as they are now they must not follow, since the difference is those few."""
    few: int = 0
    """People who joined or left such a group, at most."""
    proven: Sequence[Row] = ()
    """Totals that are not searched: what follows from them has been looked for before."""


class Guard:
    """Everything that is shown so far, and what follows from it.

    Groups that were shown of nearly the present people are held twice. As they are now they must
    not follow from the rest. As they were they are known, and taken as if they held the present
    people: where several are used the few may cancel, as those who left a unit left its sector too.
    Where they do not cancel a set is smaller by as many, so that sets of up to `few` people more
    are looked for, and a row that would follow from what was shown is not taken either.

    Parameters
    ----------
    sizes : people per atom
    minimum : people that a set must have to be no disclosure (k)
    """

    def __init__(
        self, sizes: Sequence[int], minimum: int, known: Known, *, prime: int = PRIME
    ) -> None:
        self.unavoidable = 0
        """Known rows from which something follows; no choice can undo that."""
        self._sizes = sizes
        self._minimum = minimum
        self._now = Span(sizes, minimum, keeps_origin=True, prime=prime)
        self._search = Search(self._now)
        self._barred_sets = {frozenset(barred) for barred in known.barred}
        self._past: Span | None = None
        for name, row in enumerate((*known.rows, *known.proven)):
            step = self._now.push(-1 - name, row)
            if step is not None and name < len(known.rows):
                self.unavoidable += self._search.find_new(step) is not None
        self._barred = Rests(self._now, known.barred)
        if known.barred:
            self._past = Span(sizes, minimum + known.few, keeps_origin=True, prime=prime)
            self._past_search = Search(self._past)
            for name, row in enumerate((*known.rows, *known.proven, *known.barred)):
                self._past.push(-1 - name, row)

    @property
    def work(self) -> int:
        """Branches that were looked at, and programmes by how many of these take as long."""
        searches = [self._search, *([] if self._past is None else [self._past_search])]
        return sum(
            s.nodes + _PER_WORLD * s.worlds.programmes + _PER_PROGRAMME * s.programmes
            for s in searches
        )

    def offer(self, name: int, row: Row) -> Refusal | None:
        """Take a row, unless something would follow from it and the rows that were taken.

        Parameters
        ----------
        name : 0 or more
        """
        if frozenset(row) in self._barred_sets:
            return Refusal(frozenset({name}))
        step = self._now.push(name, row)
        if step is None:
            return None if self._now.is_proven(row) else Refusal(frozenset())
        refusal = self._hold_now(step) or self._hold_past(name, row)
        if refusal is None:
            self._barred.take(step)
        else:
            self._now.undo(step)
        return refusal

    def _hold_now(self, step: Step) -> Refusal | None:
        found = self._search.find_new(step)
        if found is not None:
            return self._refuse(self._now, found)
        barred = self._barred.first_made(step)
        return None if barred is None else Refusal(_offered(self._now.origin_of(barred) or {}))

    def _hold_past(self, name: int, row: Row) -> Refusal | None:
        if self._past is None:
            return None
        step = self._past.push(name, row)
        if step is None:
            made = self._past.origin_of(row)
            return Refusal(_offered(made or {}) | {name})
        found = self._past_search.find_new(step, self._is_harmless)
        if found is None:
            return None
        refusal = self._refuse(self._past, found)
        self._past.undo(step)
        return refusal

    def _is_harmless(self, found: Found) -> bool:
        """Whether a set is large enough, and follows without what was shown before."""
        size = sum(self._sizes[atom] for atom in found)
        return size >= self._minimum and self._now.follows(indicator(found))

    def _refuse(self, span: Span, found: Found | Literal["undecided"]) -> Refusal:
        if found == UNDECIDED:
            return Refusal(frozenset())
        return Refusal(_offered(span.origin_of(indicator(found)) or {}))


def _offered(made: Row) -> frozenset[int]:
    return frozenset(name for name in made if name >= 0)
