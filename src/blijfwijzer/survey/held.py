"""Responses in few bytes: a column becomes numbers or categories when it is asked for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import overload

import numpy as np
import pandas as pd

from blijfwijzer.survey.answers import Answers
from blijfwijzer.survey.arrays import Array, Codes, Mask

_MOST = 2**15 - 1
"""Different numbers than which more take no less as places among them."""


@dataclass(frozen=True)
class Held:
    """Responses, an answer of few levels in a byte.

    Columns are asked for by name, as of a table; one that is asked for is made anew, and no change
    of it comes back here.
    """

    columns: Mapping[str, Answers | pd.Series]
    """As they are held, by name in the codebook."""
    rows: int

    @classmethod
    def of(cls, responses: pd.DataFrame) -> "Held":
        """Hold responses that are a table already, as they are there."""
        columns = responses.reset_index(drop=True).items()
        return cls({str(name): column for name, column in columns}, len(responses))

    def __contains__(self, name: object) -> bool:
        """Whether there is such a column."""
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        """Name the columns."""
        return iter(self.columns)

    def __len__(self) -> int:
        """Count the responses."""
        return self.rows

    @property
    def index(self) -> pd.RangeIndex:
        """Numbers of the responses, from 0."""
        return pd.RangeIndex(self.rows)

    @overload
    def __getitem__(self, name: str) -> pd.Series: ...

    @overload
    def __getitem__(self, name: list[str]) -> pd.DataFrame: ...

    def __getitem__(self, name: str | list[str]) -> pd.Series | pd.DataFrame:
        """Give a column as numbers or categories, or some beside each other."""
        if isinstance(name, list):
            return self.frame(name)
        column = self.columns[name]
        return (column.values if isinstance(column, Answers) else column).rename(name)

    def take(self, rows: Codes | Mask | slice) -> "Held":
        """Give some of the responses, numbered anew."""
        taken: dict[str, Answers | pd.Series] = {
            name: of.take(rows) if isinstance(of, Answers) else of.iloc[rows].reset_index(drop=True)
            for name, of in self.columns.items()
        }
        return Held(taken, len(self.index.to_numpy()[rows]))

    def replace(self, columns: Mapping[str, pd.Series]) -> "Held":
        """Give the same responses with other columns, or with more."""
        return Held({**self.columns, **columns}, self.rows)

    def only(self, names: Iterable[str]) -> "Held":
        """Give the same responses with some of the columns."""
        return Held({name: self.columns[name] for name in names}, self.rows)

    def without(self, names: Iterable[str]) -> "Held":
        """Give the same responses without some columns, those of them that there are."""
        left_out = set(names)
        return Held({n: c for n, c in self.columns.items() if n not in left_out}, self.rows)

    def frame(self, names: Iterable[str] | None = None) -> pd.DataFrame:
        """Give columns, all when left out, beside each other.

        Numbers are put in one block as they are read, so that none is held twice.
        """
        asked = list(self.columns if names is None else names)
        block = np.empty((len(asked), self.rows))
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


def pack(values: Array) -> Answers | pd.Series:
    """Hold numbers as places among those that occur, or as they are where these are many.

    >>> pack(np.array([4.0, np.nan, 4.0])).places
    array([ 0, -1,  0], dtype=int8)
    """
    places, levels = pd.factorize(values)
    if len(levels) > _MOST:
        return pd.Series(values)
    kind, became = np.min_scalar_type(-len(levels) - 1), np.zeros(len(levels) + 1, dtype=np.int8)
    return Answers(places.astype(kind), np.append(levels, np.nan), became)


Responses = pd.DataFrame | Held
"""A table of responses, or the same in few bytes: of both a column is asked for by its name, or
some by a list of names."""


def pick(responses: Responses, rows: Codes | Mask | slice) -> Responses:
    """Give some responses, numbered anew."""
    if isinstance(responses, Held):
        return responses.take(rows)
    return responses.iloc[rows].reset_index(drop=True)


def tables(responses: Responses, names: Iterable[str], size: int) -> Iterator[pd.DataFrame]:
    """Give some columns of responses, so many responses at a time and each numbered anew.

    None where there are no responses.
    """
    asked = list(names)
    own = responses.only(asked) if isinstance(responses, Held) else responses[asked]
    for start in range(0, len(own), size):
        yield pick(own, np.arange(start, min(start + size, len(own))))[asked]
