"""What follows from totals: the rows that are shown, in reduced form, one more at a time.

An outsider who knows the total of each shown group knows every linear combination of them, and no
more (but for what whole numbers add, see `bounds`). A set of people is told of exactly when its
indicator is such a combination: when it lies in the span of the shown rows.

The rows are kept in reduced echelon form, as residues modulo a prime. Residues are exact as long as
each is a small whole number and each pivot is 1 or -1, since then no step has wrapped around; where
that does not hold, a row that seems to follow is believed only when its combination, lifted to
fractions, gives it in whole numbers. So a set that follows in fractions is never missed, and one
that follows in residues only is at worst withheld.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, lcm

PRIME = 2**61 - 1

Row = dict[int, int]
"""Atom to its number, as a residue; atoms that are not named are 0."""


def indicator(atoms: Iterable[int]) -> Row:
    """Give the row of a set of atoms."""
    return dict.fromkeys((int(atom) for atom in atoms), 1)


@dataclass(frozen=True)
class Step:
    """What the last row changed, so that it can be taken back."""

    name: int
    pivot: int
    changed: Row
    """Pivot of each row that held the new pivot to its number there."""
    made_from: Row
    """Rows that the reduced row was made from: name to number; empty unless these are kept."""
    was_exact: bool


class Span:
    """The span of some rows.

    Parameters
    ----------
    sizes : people per atom; large atoms become pivots, so that few sets of pivots are small
    few : sizes below this are small: only these atoms can lie in a set that is looked for
    keeps_origin : whether it is remembered from which rows each reduced row was made
    prime : the modulus
    """

    def __init__(
        self,
        sizes: Sequence[int],
        few: int,
        *,
        keeps_origin: bool = False,
        prime: int = PRIME,
    ) -> None:
        self.sizes = sizes
        self.few = few
        self.prime = prime
        # Whole numbers below this do not wrap around in one step: b^2 + b < prime / 2.
        self._small = isqrt(prime) // 2
        self.rows: dict[int, Row] = {}
        """Pivot to the rest of its row, which holds no other pivot; the pivot itself is 1."""
        self.holders: dict[int, set[int]] = {}
        """Atom that is no pivot to the pivots of the rows that hold it."""
        self.is_exact = True
        self._keeps_origin = keeps_origin
        self._origin: dict[int, Row] = {}
        self._given: dict[int, Row] = {}

    def given(self) -> list[Row]:
        """Give the rows that were added, as they were given."""
        return list(self._given.values())

    def reduce(self, row: Mapping[int, int]) -> tuple[Row, Row]:
        """Take off a row what follows, and say how much of each pivot's row that was."""
        rest, used = dict(row), {}
        for pivot in [atom for atom in row if atom in self.rows]:
            used[pivot] = rest.pop(pivot)
            self._add(rest, self.rows[pivot], -used[pivot])
        return rest, used

    def follows(self, row: Mapping[int, int]) -> bool:
        """Whether the total over a row follows from the rows there are."""
        return not self.reduce(row)[0]

    def push(self, name: int, row: Row) -> Step | None:
        """Add a row, which is kept as it is; None when it follows already."""
        rest, used = self.reduce(row)
        if not rest:
            return None
        pivot = max(rest, key=lambda atom: (self.sizes[atom], -atom))
        inverse = pow(rest.pop(pivot), -1, self.prime)
        was_exact = self.is_exact
        self.is_exact = was_exact and inverse in (1, self.prime - 1)
        reduced = {atom: number * inverse % self.prime for atom, number in rest.items()}
        self.is_exact = self.is_exact and all(map(self._is_small, reduced.values()))
        made_from = self._trace(name, row, used, inverse) if self._keeps_origin else {}
        changed = self._insert(pivot, reduced)
        if self._keeps_origin:
            self._origin[pivot] = made_from
            for other, number in changed.items():
                self._add(self._origin[other], made_from, -number)
        return Step(name, pivot, changed, made_from, was_exact)

    def undo(self, step: Step) -> None:
        """Take back the row that was added last."""
        reduced = self.rows.pop(step.pivot)
        for atom in reduced:
            self._let_go(atom, step.pivot)
        for other, number in step.changed.items():
            self._change(other, reduced, number)
            self.rows[other][step.pivot] = number
            self._hold(step.pivot, other)
            if self._keeps_origin:
                self._add(self._origin[other], step.made_from, number)
        if self._keeps_origin:
            del self._origin[step.pivot], self._given[step.name]
        self.is_exact = step.was_exact

    def small_holders(self, atom: int) -> list[int]:
        """Give the pivots of fewer than `few` people whose rows hold an atom that is no pivot."""
        return [pivot for pivot in self.holders.get(atom, ()) if self.sizes[pivot] < self.few]

    def origin_of(self, row: Mapping[int, int]) -> Row | None:
        """Give the combination of rows that makes a row, by name; None if it does not follow.

        Known only where origins are kept.
        """
        rest, used = self.reduce(row)
        if rest:
            return None
        made: Row = {}
        for pivot, number in used.items():
            self._add(made, self._origin[pivot], number)
        return made

    def is_proven(self, row: Mapping[int, int]) -> bool:
        """Whether a row that follows in residues follows in fractions, as checked in these."""
        if self.is_exact:
            return True
        made = self.origin_of(row)
        total: dict[int, Fraction] = {}
        for name, residue in (made or {}).items():
            number = lift(residue, self.prime)
            if number is None:
                return False
            for atom, own in self._given[name].items():
                total[atom] = total.get(atom, Fraction(0)) + number * signed(own, self.prime)
        wanted = {atom: Fraction(signed(x, self.prime)) for atom, x in row.items()}
        return {atom: x for atom, x in total.items() if x} == wanted

    def _trace(self, name: int, row: Row, used: Row, inverse: int) -> Row:
        self._given[name] = row
        made = {name: inverse}
        for pivot, number in used.items():
            self._add(made, self._origin[pivot], -number * inverse)
        return made

    def _insert(self, pivot: int, reduced: Row) -> Row:
        """Make an atom a pivot: clear it in the rows that hold it."""
        changed = {other: self.rows[other].pop(pivot) for other in self.holders.pop(pivot, ())}
        for other, number in changed.items():
            self._change(other, reduced, -number)
        self.rows[pivot] = reduced
        for atom in reduced:
            self._hold(atom, pivot)
        return changed

    def _change(self, pivot: int, by: Row, times: int) -> None:
        """Add a multiple of a row to that of a pivot."""
        own, prime = self.rows[pivot], self.prime
        for atom, number in by.items():
            before = own.get(atom)
            after = ((before or 0) + times * number) % prime
            if not after:
                del own[atom]
                self._let_go(atom, pivot)
                continue
            own[atom] = after
            if before is None:
                self._hold(atom, pivot)
            if self._small <= after <= prime - self._small:
                self.is_exact = False

    def _hold(self, atom: int, pivot: int) -> None:
        self.holders.setdefault(atom, set()).add(pivot)

    def _let_go(self, atom: int, pivot: int) -> None:
        self.holders[atom].discard(pivot)

    def _add(self, row: Row, other: Row, times: int) -> None:
        prime = self.prime
        for atom, number in other.items():
            after = (row.get(atom, 0) + times * number) % prime
            if after:
                row[atom] = after
            else:
                row.pop(atom, None)

    def _is_small(self, number: int) -> bool:
        return number < self._small or number > self.prime - self._small


class Rests:
    """What rows that must not follow have beyond a span; kept as it grows.

    A row follows by a step exactly when that takes away the last of its rest, and a step changes
    the rests that hold its pivot and no other.

    Parameters
    ----------
    span : steps are added elsewhere, and told to `take` unless they are taken back
    rows : those that follow already are not looked at
    """

    def __init__(self, span: Span, rows: Sequence[Row]) -> None:
        self._span = span
        self._rows = rows
        self._rests = {place: span.reduce(row)[0] for place, row in enumerate(rows)}
        self._holders: dict[int, set[int]] = {}
        for place, rest in self._rests.items():
            for atom in rest:
                self._holders.setdefault(atom, set()).add(place)

    def first_made(self, step: Step) -> Row | None:
        """Give the first of the rows that follow by the last step, which is not taken yet."""
        for place in sorted(self._holders.get(step.pivot, ())):
            if self._span.follows(self._rests[place]):
                return self._rows[place]
        return None

    def take(self, step: Step) -> None:
        """Take the last step, by which none of the rows follows."""
        for place in self._holders.pop(step.pivot, ()):
            before = self._rests[place]
            self._rests[place], _ = self._span.reduce(before)
            for atom in before.keys() - self._rests[place].keys() - {step.pivot}:
                self._holders[atom].discard(place)
            for atom in self._rests[place].keys() - before.keys():
                self._holders.setdefault(atom, set()).add(place)


def kernel_of(span: Span, cells: int) -> list[list[tuple[int, int]]]:
    """Give a basis of what changes no shown total: (cell, whole number) each.

    A row lies in the span exactly when each of these is 0 over it. A part whose residues lift to no
    fractions is left out.

    >>> span = Span([3, 4, 5], 0)
    >>> step = span.push(0, indicator([0, 2]))
    >>> kernel_of(span, 3)
    [[(0, 1), (2, -1)], [(1, 1)]]
    """
    found = []
    for cell in range(cells):
        if cell in span.rows:
            continue
        holders = sorted(span.holders.get(cell, ()))
        lifted = [lift(span.rows[pivot][cell], span.prime) for pivot in holders]
        numbers = [number for number in lifted if number is not None]
        if len(numbers) == len(lifted):
            whole = lcm(*(number.denominator for number in numbers))
            changes = (-int(number * whole) for number in numbers)
            found.append([(cell, whole), *zip(holders, changes, strict=True)])
    return found


def signed(residue: int, prime: int = PRIME) -> int:
    """Give the whole number nearest to zero that has a residue."""
    return residue - prime if residue > prime // 2 else residue


def lift(residue: int, prime: int = PRIME) -> Fraction | None:
    """Give the fraction of small numerator and denominator that has a residue, if there is one.

    Wang, Guy & Davenport (1982): the fraction is unique when both are below sqrt(prime / 2).

    >>> lift(pow(3, -1, PRIME) * 2 % PRIME)
    Fraction(2, 3)
    """
    bound = isqrt(prime // 2)
    before, now, cofactor_before, cofactor = prime, residue % prime, 0, 1
    while now > bound:
        quotient = before // now
        before, now = now, before - quotient * now
        cofactor_before, cofactor = cofactor, cofactor_before - quotient * cofactor
    if cofactor == 0 or abs(cofactor) > bound:
        return None
    return Fraction(now, cofactor)
