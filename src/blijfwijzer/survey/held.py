"""Responses in few bytes: a column becomes numbers or categories when it is asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.survey.answers import Answers


@dataclass(frozen=True)
class Held:
    """Responses, an answer of few levels in a byte."""

    columns: Mapping[str, Answers | pd.Series]
    """As they are held, by name in the codebook."""
    rows: int

    def __contains__(self, name: object) -> bool:
        """Whether there is such a column."""
        return name in self.columns

    def __getitem__(self, name: str) -> pd.Series:
        """Give a column as numbers or categories."""
        column = self.columns[name]
        return column.values if isinstance(column, Answers) else column

    def take(self, rows: NDArray[np.bool_]) -> "Held":
        """Give some of the responses, numbered anew."""
        if rows.all():
            return self
        taken: dict[str, Answers | pd.Series] = {
            name: of.take(rows) if isinstance(of, Answers) else of[rows].reset_index(drop=True)
            for name, of in self.columns.items()
        }
        return Held(taken, int(rows.sum()))

    def frame(self, names: Iterable[str] | None = None) -> pd.DataFrame:
        """Give columns, all when left out, beside each other.

        Numbers are put in one block as they are read, so that none is held twice.
        """
        asked = list(self.columns if names is None else names)
        block = np.full((len(asked), self.rows), np.nan)
        others: dict[str, pd.Series] = {}
        for place, name in enumerate(asked):
            column = self[name]
            if column.dtype == np.float64:
                block[place] = column.to_numpy()
            else:
                others[name] = column
        frame = pd.DataFrame(block.T, columns=asked, copy=False)
        for name, column in others.items():
            frame[name] = column
        return frame
