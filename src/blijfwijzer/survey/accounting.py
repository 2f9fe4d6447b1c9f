"""What became of every row and every cell of a survey: nothing is lost without a word."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.survey.answers import Cell

MANY_REJECTED = 0.05
MANY_STRAY = 0.02
"""Shares of responses and of their cells from which their loss is part of the verdict; conventions
of ours: who is left out, or gives codes that nobody documented, is seldom a draw of all."""


@dataclass(frozen=True)
class Account:
    """Rows = accepted + rejected; cells of columns that are read = read + missing, by reason."""

    accepted: int
    rejected: int
    empty_rows: int
    """Rows of the file without any answer, which are no forms."""
    columns: int
    """Columns of the codebook that the file has and that are read."""
    cells: Mapping[Cell, int]
    """Cells of accepted responses by what became of them."""

    @property
    def rows(self) -> int:
        """Responses in the file."""
        return self.accepted + self.rejected

    @property
    def all_cells(self) -> int:
        """Cells of all responses in columns that are read."""
        return self.rows * self.columns

    @property
    def in_rejected(self) -> int:
        """Cells of rejected responses."""
        return self.rejected * self.columns

    @property
    def share_rejected(self) -> float:
        """Share of the responses."""
        return self.rejected / self.rows if self.rows else 0.0

    @property
    def share_stray(self) -> float:
        """Share of cells of accepted responses that the codebook does not allow."""
        stray = self.cells[Cell.STRAY] + self.cells[Cell.DOUBTFUL]
        return stray / (self.accepted * self.columns) if self.accepted and self.columns else 0.0

    @property
    def is_much_lost(self) -> bool:
        """Whether so much is lost that the survey should be mended first."""
        return self.share_rejected > MANY_REJECTED or self.share_stray > MANY_STRAY

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Give both equations as a file for programs has them."""
        told = {cell.name.lower(): self.cells[cell] for cell in Cell}
        return {
            "rows": {
                "all": self.rows,
                "accepted": self.accepted,
                "rejected": self.rejected,
                "empty": self.empty_rows,
            },
            "cells": {"all": self.all_cells, **told, "in_rejected": self.in_rejected},
        }


NO_ACCOUNT = Account(0, 0, 0, 0, dict.fromkeys(Cell, 0))
"""Of responses that no file was read for."""


def account_for(
    became: Mapping[str, NDArray[np.intp]], is_accepted: NDArray[np.bool_], empty_rows: int
) -> Account:
    """Count what became of rows and cells.

    Parameters
    ----------
    became : column to how many of its cells in accepted responses became what, by `Cell`
    is_accepted : whether each response is
    """
    counts = sum(became.values(), np.zeros(len(Cell), dtype=np.intp))
    accepted = int(is_accepted.sum())
    return Account(
        accepted,
        len(is_accepted) - accepted,
        empty_rows,
        len(became),
        {cell: int(counts[cell]) for cell in Cell},
    )
