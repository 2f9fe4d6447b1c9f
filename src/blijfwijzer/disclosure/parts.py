"""Groups in atoms: what an outsider knows, what is offered, and what must not follow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.atoms import Atoms, find_atoms, members_of
from blijfwijzer.disclosure.guard import Guard, Known
from blijfwijzer.disclosure.span import Row, indicator


@dataclass(frozen=True)
class Outsider:
    """What an outsider knows whatever is shown."""

    known: csr_array
    """Groups that are public: everyone, and earlier releases; one column per person."""
    forbidden: csr_array
    """Groups of which an earlier release showed all but a few people, or a few more: as they are
    now they must not be shown nor follow, whatever their size; as they were they are known."""
    few: int = 0
    """People who joined or left such a group, at most."""
    former: csr_array | None = None
    """What is left of such groups that were told, as these were shown; none when left out."""


class Parts:
    """Groups in atoms: what is known, offered, barred and hidden."""

    def __init__(
        self, candidates: csr_array, outsider: Outsider, hidden: csr_array | None = None
    ) -> None:
        nobody = csr_array((0, candidates.shape[1]), dtype=np.int8)
        former = nobody if outsider.former is None else outsider.former
        parts = [outsider.known, candidates, outsider.forbidden, former]
        parts += [] if hidden is None else [hidden]
        self.atoms: Atoms = find_atoms(csr_array(vstack(parts, format="csr")))
        ends = np.cumsum([0, *(part.shape[0] for part in parts)])
        own = [self.atoms.rows[start:end] for start, end in zip(ends, ends[1:], strict=False)]
        self.known, self.of_offered, self.barred, self.former = own[:4]
        self.hidden = own[4] if hidden is not None else self.barred[:0]
        self.offered = to_rows(self.of_offered)
        self._outsider = Known(to_rows(self.known), to_rows(self.barred), outsider.few)
        self._sizes = self.atoms.sizes.tolist()

    def guard(self, minimum: int, taken: Sequence[Row] = ()) -> Guard:
        """Give a guard that holds what is known, and groups that were chosen before."""
        known = self._outsider
        guard = Guard(self._sizes, minimum, replace(known, proven=(*known.proven, *taken)))
        # What follows from what is known is counted once; no choice can undo it.
        self._outsider = replace(known, rows=(), proven=(*known.rows, *known.proven))
        return guard


def to_rows(groups: csr_array) -> list[Row]:
    """Write groups in atoms as rows of a span; a group of nobody has no row."""
    return [indicator(own.tolist()) for own in members_of(groups)]
