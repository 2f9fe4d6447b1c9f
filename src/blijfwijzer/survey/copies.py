"""Forms that are in a file more than once: copies count as people, and make few look like many."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import CopiesError
from blijfwijzer.survey.texts import FEWEST_TOLD, Message

_FEWEST, _LEAST = 3, 0.0005
"""Copies, and their share of all forms, from which a warning says so; conventions of ours."""

_Hashes = NDArray[np.uint64]


def count_copies(forms: pd.DataFrame, rows: NDArray[np.bool_] | None = None) -> int:
    """Count the forms that are the same as one before them, beyond what chance brings.

    Who answers as somebody else by chance gives answers that are often given, so that others differ
    from them in one column only: copies of a form that another one comes so near to are left to
    chance. Those of a form that stands alone are not.

    Parameters
    ----------
    forms : one row per form, all columns but numbers of persons
    rows : those that count; all when left out

    >>> answers = pd.DataFrame({"a": range(40), "b": range(40), "c": range(40)})
    >>> count_copies(answers), count_copies(pd.concat([answers, answers.iloc[:6]]))
    (0, 6)
    """
    kept = np.ones(len(forms), dtype=bool) if rows is None else rows
    whole = np.zeros(int(kept.sum()), dtype=np.uint64)
    for own in _hash_columns(forms, kept):
        whole += own
    is_copy = pd.Series(whole).duplicated().to_numpy()
    if is_copy.sum() < max(_FEWEST, _LEAST * len(whole)):
        return int(is_copy.sum())
    return int((is_copy & ~_has_near(whole, _hash_columns(forms, kept), is_copy)).sum())


def _hash_columns(forms: pd.DataFrame, rows: NDArray[np.bool_]) -> Iterator[_Hashes]:
    """Hash column by column, so that the hashes of one are held at a time."""
    for place in range(forms.shape[1]):
        yield _hash_column(forms.iloc[:, place][rows], place)


def _hash_column(answers: pd.Series, place: int) -> _Hashes:
    codes, names = pd.factorize(answers)
    rng = np.random.default_rng(place)
    # Any numbers will do; by their sum a form is known, and by that less one of them all the rest.
    numbers = rng.integers(0, 2**64, len(names) + 1, dtype=np.uint64)
    return np.asarray(numbers[codes])


def _has_near(
    whole: _Hashes, columns: Iterable[_Hashes], is_copy: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell of each copy whether another form differs from it in exactly one column."""
    near = np.zeros(len(whole), dtype=bool)
    _, first = np.unique(whole, return_index=True)
    for own in columns:
        rest = whole - own
        kinds, forms = np.unique(rest[first], return_counts=True)
        near[is_copy] |= np.isin(rest[is_copy], kinds[forms > 1])
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
