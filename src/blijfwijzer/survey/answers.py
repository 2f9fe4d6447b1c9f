"""One column of a file to numbers or categories, as its codebook entry says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.survey.cells import (
    Places,
    as_key,
    code_text,
    is_missing_word,
    is_number,
    number_of,
    part,
    plain_text,
    read_numbers,
)
from blijfwijzer.survey.codebook import Column
from blijfwijzer.survey.table import Ranges


class Cell(IntEnum):
    """What became of one cell; all but the first are missing."""

    READ = 0
    EMPTY = 1
    """Nothing in it, or what a program writes there."""
    NO_ANSWER = 2
    """A code or word that the codebook lists as missing."""
    DECLARED = 3
    """A code that the file itself declares user-missing."""
    STRAY = 4
    """An answer that the codebook does not allow."""
    DOUBTFUL = 5
    """A number of which the sign before three digits may part thousands or decimals."""


_TRUTHS = {"True": "1", "False": "0"}


@dataclass(frozen=True)
class Answers:
    """One column, read: which level each row has, and what each level is."""

    places: Places | None
    """Of each row among the levels, -1 for the last; nothing where each row is a level of its own,
    as numbers are that seldom occur twice."""
    levels: "NDArray[np.float64] | pd.Categorical[Any]"
    """Numbers or categories; missing where a cell is not `Cell.READ`."""
    became: NDArray[np.int8]
    """What became of a cell of each level, as a `Cell`."""

    @property
    def values(self) -> pd.Series:
        """Number or category of each row."""
        return pd.Series(self.levels if self.places is None else self.levels[self.places])

    @property
    def cells(self) -> NDArray[np.int8]:
        """What became of each cell, as a `Cell`."""
        return self.became if self.places is None else self.became[self.places]

    @property
    def is_stray(self) -> NDArray[np.bool_]:
        """Where an answer is not allowed, or cannot be told."""
        return np.asarray(self.cells >= Cell.STRAY)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Answers":
        """Give the answers of some of the rows."""
        if self.places is None:
            return Answers(None, self.levels[rows], self.became[rows])
        return replace(self, places=self.places[rows])

    def count(self, rows: NDArray[np.bool_] | None = None) -> NDArray[np.intp]:
        """Count cells, of all rows or of some, by what became of them."""
        cells = self.cells if rows is None else self.cells[rows]
        return np.bincount(cells, minlength=len(Cell))


def read_answers(answers: pd.Series, column: Column, declared: Ranges) -> Answers:
    """Read one column as numbers or categories.

    Meanings (value labels) are understood as well as codes, as long as they differ; so is `01`
    where the codebook has `1`, and true and false for 1 and 0. A unit that the codebook does not
    know is one all the same: its codes only say what units are called.

    Parameters
    ----------
    answers : as in the file
    column : what it may hold
    declared : ranges of codes that the file itself declares user-missing
    """
    if column.type == "number" and is_number(answers.dtype):
        return _read_plain(None, answers, column, declared)
    places, levels = part(answers)
    if column.type == "number" and is_number(levels.dtype):
        return _read_plain(places, pd.Series([*levels, np.nan], dtype=float), column, declared)
    texts = [plain_text(code_text(level)) for level in levels]
    if "True" not in column.codes and set(texts) <= set(_TRUTHS):
        texts = [_TRUTHS[text] for text in texts]
    # The last one stands for an empty cell, of which the place is -1.
    texts, is_lost = [*texts, ""], [*(_is_declared(level, declared) for level in levels), False]
    if column.type == "number":
        numbers, became = _read_numbers(texts, column)
        became[is_lost] = Cell.DECLARED
        return _numbers(places, numbers, became)
    codes = _understand(texts, column)
    codes = [Cell.DECLARED if lost else code for code, lost in zip(codes, is_lost, strict=True)]
    return _coded(places, codes, column)


def _read_plain(
    places: Places | None, levels: pd.Series, column: Column, declared: Ranges
) -> Answers:
    """Read what is numbers already."""
    numbers = levels.to_numpy(dtype="float64", na_value=np.nan)
    became = _judge(numbers, np.isnan(numbers), column)
    for low, high in declared:
        if not isinstance(low, str) and not isinstance(high, str):
            became[(numbers >= low) & (numbers <= high)] = Cell.DECLARED
    return _numbers(places, numbers, became)


def _read_numbers(
    texts: Sequence[str], column: Column
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    numbers, is_doubtful = read_numbers(texts, column.decimal)
    became = _judge(numbers, [text == "" or is_missing_word(text) for text in texts], column)
    became[is_doubtful] = Cell.DOUBTFUL
    became[[text in column.missing for text in texts]] = Cell.NO_ANSWER
    return numbers, became


def _coded(places: Places, codes: Sequence[str | Cell], column: Column) -> Answers:
    """Give codes as their numbers or as categories."""
    became = np.array([c if isinstance(c, Cell) else Cell.READ for c in codes], dtype=np.int8)
    if column.type != "nominal":
        value = column.values
        numbers = np.array([np.nan if isinstance(c, Cell) else value[c] for c in codes])
        return _numbers(places, numbers, became)
    known = sorted({code for code in codes if not isinstance(code, Cell)})
    order = known if not column.codes or column.role == "unit" else list(column.codes)
    of = {code: number for number, code in enumerate(order)}
    found = np.array([-1 if isinstance(c, Cell) else of[c] for c in codes])
    told = pd.Categorical.from_codes(found, dtype=pd.CategoricalDtype(order))
    return Answers(places, told, became)


def _numbers(
    places: Places | None, numbers: NDArray[np.float64], became: NDArray[np.int8]
) -> Answers:
    return Answers(places, np.where(became == Cell.READ, numbers, np.nan), became)


def _judge(
    numbers: NDArray[np.float64], is_empty: Sequence[bool] | NDArray[np.bool_], column: Column
) -> NDArray[np.int8]:
    """Say what becomes of numbers; NaN is a text that is none, unless the cell is empty."""
    low, high = column.range or (-np.inf, np.inf)
    no_answer = [number_of(code) for code in column.missing]
    cells = np.select(
        [
            np.asarray(is_empty, dtype=bool),
            np.isin(numbers, [number for number in no_answer if number is not None]),
            np.isnan(numbers) | (numbers < low) | (numbers > high),
        ],
        [Cell.EMPTY, Cell.NO_ANSWER, Cell.STRAY],
        default=Cell.READ,
    )
    return cells.astype(np.int8)


def _understand(texts: Sequence[str], column: Column) -> list[str | Cell]:
    """Give the code that each text stands for, or why it stands for none."""
    told = {plain_text(code): code for code in (*column.codes, *column.missing)}
    by_number = {number: code for code in told if (number := number_of(code)) is not None}
    meanings = {
        as_key(text): code
        for codes in (column.codes, column.missing)
        for code, both in codes.items()
        for text in (both.nl, both.en)
    }
    is_open = not column.codes or column.role == "unit"

    def code_of(text: str) -> str | Cell:
        if text == "":
            return Cell.EMPTY
        number = None if text in told else number_of(text)
        code = told.get(text) if number is None else by_number.get(number)
        code = code or (meanings.get(as_key(text)) if column.codes or column.missing else None)
        if code in column.missing:
            return Cell.NO_ANSWER
        if code is not None:
            return code
        if is_open:
            return text
        return Cell.EMPTY if is_missing_word(text) else Cell.STRAY

    return [code_of(text) for text in texts]


def _is_declared(level: object, declared: Ranges) -> bool:
    for low, high in declared:
        if isinstance(low, str) or isinstance(high, str):
            if isinstance(level, str) and level.strip() == str(low).strip():
                return True
        elif isinstance(level, int | float | np.number) and low <= float(level) <= high:
            return True
    return False
