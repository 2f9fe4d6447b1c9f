"""Figures beside the groups: totals over parts of people that cut through groups."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

FigureKind = Literal[
    "cell",
    "level",
    "segment",
    "talent",
    "claim",
    "culture",
    "happened",
    "rest",
    "offer",
    "alike",
    "margin",
    "moved",
    "measured",
]
"""cell, level and culture: people with one background, told of in score, train and explain, and
climate. segment, claim: who is in it. talent: the best and the others of a group. happened: those
to whom something happened, and those to whom not. rest: those of a group who are in no shown group
below it. offer: people with one background, and those of them who are offered a voucher, by their
chance. alike: everybody, and each cell of people of whom a model says nearly the same. margin: who
has a code of a register. moved: those of a group with each code, of whom two weightings of the same
answers could tell. measured: those of organisations that a model was not trained on, of whom it is
told how good it is."""
OF_GROUPS = frozenset[FigureKind]({"rest", "talent", "moved"})
"""Those of a group; the others are parts of everyone."""


@dataclass(frozen=True)
class FigureId:
    """What a figure is of; as text it stands in the ledger."""

    kind: FigureKind
    of: tuple[str, ...]

    def __str__(self) -> str:
        """Give its name in the ledger; no two figures have the same.

        >>> str(FigureId("cell", ("geslacht", "vrouw")))
        'cell:geslacht:vrouw'
        >>> str(FigureId("cell", ("begint", "9:00")))
        'cell:begint:9%3A00'
        """
        of = (part.replace("%", "%25").replace(":", "%3A") for part in self.of)
        return ":".join((self.kind, *of))


Figures = dict[FigureId, csr_array]
"""Figure to the parts that it is a total over: one row each, one column per response."""


def part_answered(
    inside: NDArray[np.bool_], answered: NDArray[np.bool_], *, only: bool = False
) -> csr_array:
    """Give the parts that a figure of a background is over: who has it, and who of them answered.

    Parameters
    ----------
    inside : per response, whether it has the background
    answered : per response, whether the figure rests on an answer of it
    only : whether all that is told is over those who answered

    Returns
    -------
    One row per part; a single one where all or none answered.
    """
    who = inside & answered
    if only and who.any():
        parts = [who]
    else:
        parts = [inside] if (who == inside).all() or not who.any() else [inside, who]
    return csr_array(np.array(parts, dtype=np.int8))
