"""Forms that are in a file more than once: copies count as people, and make few look like many."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import CopiesError
from blijfwijzer.survey.texts import FEWEST_TOLD, Message

_FEWEST, _LEAST = 3, 0.0005
"""Copies, and their share of all forms, from which a warning says so; conventions of ours."""

_Hashes = NDArray[np.uint64]


def count_copies(
    forms: pd.DataFrame, rows: NDArray[np.bool_] | None = None, units: Sequence[str] = ()
) -> int:
    """Count the forms that are the same as one before them, beyond what chance brings.

    Who answers as somebody else by chance gives answers that are often given, so that others differ
    from them in one column only: copies of a form that another one comes so near to are left to
    chance. Those of a form that stands alone are not, and tell how many of the others are none.

    Parameters
    ----------
    forms : one row per form, all columns but numbers of persons
    rows : those that count; all when left out
    units : columns of units within each other, which are one: who works elsewhere differs in all

    >>> answers = pd.DataFrame({"a": range(40), "b": range(40), "c": range(40)})
    >>> count_copies(answers), count_copies(pd.concat([answers, answers.iloc[:6]]))
    (0, 6)
    """
    kept = np.ones(len(forms), dtype=bool) if rows is None else rows
    columns = _Columns(forms, kept, units)
    whole = np.zeros(int(kept.sum()), dtype=np.uint64)
    for own in columns:
        whole += own
    is_copy = pd.Series(whole).duplicated().to_numpy()
    copies = int(is_copy.sum())
    if copies < max(_FEWEST, _LEAST * len(whole)):
        return copies
    is_near = _has_near(whole, columns)
    alone = np.count_nonzero(~is_copy & ~is_near) / np.count_nonzero(~is_copy)
    return min(copies, round(np.count_nonzero(is_copy & ~is_near) / alone)) if alone else 0


@dataclass(frozen=True)
class _Columns:
    """Hashes of columns, one after the other, so that those of one are held at a time."""

    forms: pd.DataFrame
    rows: NDArray[np.bool_]
    units: Sequence[str]

    def __iter__(self) -> Iterator[_Hashes]:
        together = np.zeros(int(self.rows.sum()), dtype=np.uint64)
        for place, name in enumerate(self.forms):
            own = _hash_column(self.forms.iloc[:, place][self.rows], place)
            if name in self.units:
                together += own
            else:
                yield own
        if self.units:
            yield together


def _hash_column(answers: pd.Series, place: int) -> _Hashes:
    codes, names = pd.factorize(answers)
    rng = np.random.default_rng(place)
    # Any numbers will do; by their sum a form is known, and by that less one of them all the rest.
    numbers = rng.integers(0, 2**64, len(names) + 1, dtype=np.uint64)
    return np.asarray(numbers[codes])


def _has_near(whole: _Hashes, columns: Iterable[_Hashes]) -> NDArray[np.bool_]:
    """Tell of each form whether another one differs from it in exactly one column."""
    near = np.zeros(len(whole), dtype=bool)
    _, first = np.unique(whole, return_index=True)
    for own in columns:
        rest = whole - own
        kinds, forms = np.unique(rest[first], return_counts=True)
        near |= np.isin(rest, kinds[forms > 1])
    return near


def copies_fault(file: str, copies: int, forms: int, most: float) -> CopiesError | None:
    """Refuse a file of which too many forms are copies.

    Parameters
    ----------
    most : share of the forms that may be
    """
    if copies <= most * forms:
        return None
    return CopiesError(
        f"{file}: {copies} of {forms} forms are the same as another one in every column, more than "
        "chance brings, so that fewer people answered than there are forms. Export the survey "
        "again, each form once; or raise intake.most_copies if these are people."
    )


def remark_copies(copies: int, forms: int) -> list[Message]:
    """Say that forms are copies, where these are too few to refuse the file.

    How many is told in tens: pages repeat it, and tell of no fewer people.
    """
    if copies < max(_FEWEST, _LEAST * forms):
        return []
    least = copies // FEWEST_TOLD * FEWEST_TOLD
    return [Message("remark.copies", {"least": least}) if least else Message("remark.copies_few")]
