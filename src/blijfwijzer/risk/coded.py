"""Columns of a model as codes: a byte or two for an answer, in the place of eight.

Answers to a question are few, and so are the means of a scale. Each column is held as the place of
each answer in the list of its answers; what is read back are the same numbers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.survey.arrays import Array, Codes

AT_ONCE = 16_384
"""Rows that are numbers at a time: some 12 MB of 90 columns."""


@dataclass(frozen=True)
class Coded:
    """Features, as `build_features` gives them, as codes."""

    names: tuple[str, ...]
    answers: tuple[Array, ...]
    """Of each column, ascending; NaN, where one is missing, is the last."""
    codes: tuple[NDArray[np.unsignedinteger], ...]
    """Of each column, one per response."""

    @classmethod
    def of(cls, columns: Iterable[tuple[str, Array]]) -> "Coded":
        """Give columns as codes, of which one is held as numbers at a time."""
        coded = [(name, *_encode(column)) for name, column in columns]
        return cls(*zip(*coded, strict=True)) if coded else cls((), (), ())

    def __len__(self) -> int:
        """Count responses."""
        return len(self.codes[0]) if self.codes else 0

    def take(self, rows: Codes | slice) -> pd.DataFrame:
        """Give some responses as numbers, in that order: one row each, float64; NaN is missing."""
        parts = [own[code[rows]] for own, code in zip(self.answers, self.codes, strict=True)]
        return pd.DataFrame(np.column_stack(parts), columns=list(self.names))

    def column(self, name: str) -> tuple[Array, NDArray[np.unsignedinteger]]:
        """Give the answers of a column, and the code of each response."""
        place = self.names.index(name)
        return self.answers[place], self.codes[place]

    def only(self, rows: Codes) -> "Coded":
        """Keep some responses."""
        return Coded(self.names, self.answers, tuple(code[rows] for code in self.codes))


def parts_of(count: int) -> Iterator[slice]:
    """Part rows that follow each other, `AT_ONCE` at a time."""
    for start in range(0, count, AT_ONCE):
        yield slice(start, min(start + AT_ONCE, count))


def _encode(column: Array) -> tuple[Array, NDArray[np.unsignedinteger]]:
    code, found = pd.factorize(column, use_na_sentinel=False)
    answers = np.asarray(found, dtype=np.float64)
    order = np.argsort(answers, kind="stable")
    place = np.empty(len(order), dtype=np.min_scalar_type(max(len(order) - 1, 0)))
    place[order] = np.arange(len(order))
    return answers[order], place[code]
