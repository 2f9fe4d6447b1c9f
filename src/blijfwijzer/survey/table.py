"""A survey file as a table, and what is said of one that cannot be read."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import CorruptFileError, DuplicateColumnError, FileTooLargeError
from blijfwijzer.survey.cells import is_numeral, plain_text, settle
from blijfwijzer.survey.stores import Place

CELL_BYTES = 8
_LONGEST_NAME = 4_000
"""Signs in the name of a column, which may be a whole question; convention of ours."""

_MOST_ODD = 0.25
"""Share of columns from which on names that are numbers or occur again are taken for answers;
convention of ours."""
_NO_NAMES = "Its first row looks like answers: write the names of the columns above them."

Ranges = list[tuple[float | str, float | str]]
"""Lowest and highest of each range of user-missing codes; a text code is its own range."""


@dataclass(frozen=True)
class Table:
    """A file as it is, with what it tells of its columns."""

    frame: pd.DataFrame
    labels: dict[str, str] = field(default_factory=dict)
    """Column to its text; of .sav, and of exports with a second row of headings."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """Column to code to meaning; only .sav has them."""
    missing: dict[str, Ranges] = field(default_factory=dict)
    """Column to ranges of user-missing codes; only .sav has them."""
    rows: NDArray[np.int64] | None = None
    """Place of each row among those of the file, from 1; nothing: all are there."""
    empty: int = 0
    """Rows of the file in which no cell is filled; they are no forms."""

    @property
    def places(self) -> NDArray[np.int64]:
        """Place of each row among those of the file, from 1."""
        return np.arange(1, len(self.frame) + 1) if self.rows is None else self.rows


def tidy(path: Place, table: Table, hold: Callable[[pd.Series], pd.Series] = settle) -> Table:
    """Settle each column, write names as they are read, and leave out rows without any answer.

    Columns of `table` are taken out of it one by one, so that none is held twice.

    Parameters
    ----------
    table : of which nothing else is made
    hold : settles a column, and perhaps holds it in few bytes

    Raises
    ------
    CorruptFileError
        Names are so long that answers stand in them.
    DuplicateColumnError
    """
    names = {str(name): plain_text(str(name)) for name in table.frame.columns}
    long = sum(len(name) > _LONGEST_NAME for name in names)
    if long:
        raise CorruptFileError(
            f"{path.name}: the names of {long} of {len(names)} columns are longer than "
            f"{_LONGEST_NAME:,} signs, so answers may stand in them. Look in the header for a "
            "quotation mark that is not closed, or shorten these names; nothing was read."
        )
    refuse_twins(path, [plain_text(str(name)) for name in table.frame.columns])
    rows, places = pd.RangeIndex(len(table.frame)), table.places
    columns = {names[str(n)]: hold(table.frame.pop(n)) for n in list(table.frame.columns)}
    frame = pd.DataFrame(columns, index=rows, copy=False)
    del columns
    filled = _filled(frame)
    places, empty = places[filled], table.empty + int((~filled).sum())
    if not filled.all():
        # Whole numbers are such again without the empty rows.
        frame = pd.DataFrame(
            {name: hold(answers[filled]) for name, answers in frame.items()}
        ).reset_index(drop=True)
    return Table(
        frame,
        {names[n]: plain_text(text) for n, text in table.labels.items() if n in names},
        {
            names[n]: {code: plain_text(text) for code, text in codes.items()}
            for n, codes in table.codes.items()
            if n in names
        },
        {names[n]: ranges for n, ranges in table.missing.items() if n in names},
        None if len(places) == 0 or places[-1] == len(places) else places,
        empty,
    )


def _filled(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Say of each row whether any cell of it is filled."""
    filled = np.zeros(len(frame), dtype=bool)
    for _, answers in frame.items():
        filled |= answers.notna().to_numpy()
    return filled


def refuse_twins(path: Place, names: list[str]) -> None:
    """Refuse names that more than one column has.

    Raises
    ------
    DuplicateColumnError
    """
    twice = sorted(name for name, often in Counter(names).items() if often > 1)
    if twice:
        said = "" if look_like_answers(names) else f": {', '.join(twice)}"
        what_to_do = "Rename or remove the extra columns." if said else _NO_NAMES
        raise DuplicateColumnError(
            f"{path.name}: {len(twice)} column names occur more than once{said}. {what_to_do}"
        )


def tell_names(names: Iterable[str]) -> str:
    """Say which columns a file has, but not where these may be somebody's answers.

    >>> tell_names(["respondent", "q1"])
    'The file has: respondent, q1.'
    >>> tell_names(["17", "3"])
    'Its first row looks like answers: write the names of the columns above them.'
    """
    names = list(names)
    return _NO_NAMES if look_like_answers(names) else f"The file has: {', '.join(names)}."


def look_like_answers(names: Sequence[str]) -> bool:
    """Whether names of columns are numbers or the same again and again, as in a row of answers."""
    often = Counter(names)
    odd = sum(often[name] > 1 or is_numeral(name) for name in names)
    return odd > _MOST_ODD * len(names)


def refuse_large(path: Place, size: int, maximum: int) -> None:
    """Refuse a file that is, or would unpack to, more than the limit.

    Raises
    ------
    FileTooLargeError
    """
    if size > maximum:
        raise too_large(path, maximum)


def too_large(path: Place, maximum: int) -> FileTooLargeError:
    """Say that a file is, or would unpack to, more than the limit."""
    return FileTooLargeError(
        f"{path.name}: is or unpacks to more than {maximum:,} bytes. If it is no mistake, "
        "raise intake.maximum_bytes in the settings."
    )


def corrupt(path: Place) -> CorruptFileError:
    """Say that a file is damaged."""
    return CorruptFileError(
        f"{path.name}: is truncated or damaged. Export or copy it again; nothing was read."
    )
