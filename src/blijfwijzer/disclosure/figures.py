"""Figures beside the groups: totals over parts of people that cut through groups."""

from dataclasses import dataclass
from typing import Literal

from scipy.sparse import csr_array

FigureKind = Literal["cell", "level", "segment", "talent", "claim", "culture", "happened"]
"""cell, level and culture: people with one background, told of in score, train and explain, and
climate. segment, claim: who is in it. talent: the best and the others of a group. happened: those
to whom something happened, and those to whom not."""


@dataclass(frozen=True)
class FigureId:
    """What a figure is of; as text it stands in the ledger."""

    kind: FigureKind
    of: tuple[str, ...]

    def __str__(self) -> str:
        """Give its name in the ledger.

        >>> str(FigureId("cell", ("geslacht", "vrouw")))
        'cell:geslacht:vrouw'
        """
        return ":".join((self.kind, *self.of))


Figures = dict[FigureId, csr_array]
"""Figure to the parts that it is a total over: one row each, one column per response."""
