"""A column in few bytes: what occurs in it, once each, and of each row which of that it has.

Columns of a survey hold few different answers, so that one byte a row tells which it is. Whether a
column is numbers or text is decided on what occurs in it, so that it can be gathered batch by batch
and reads the same whatever the batches.
"""

from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.survey.cells import Places, compact, is_number, settle, settle_apart

_MOST = 2**15
"""Numbers of more levels than these take no less as places among them."""


def hold(answers: pd.Series) -> pd.Series:
    """Settle a column, and hold it as categories, or as it is where numbers seldom occur twice.

    >>> held = hold(pd.Series(["1", "2", "1", ""]))
    >>> held.cat.categories.tolist(), held.cat.codes.tolist()
    ([1.0, 2.0], [0, 1, 0, -1])
    """
    if is_number(answers.dtype):
        settled = settle(answers)
        if is_number(settled.dtype) and settled.iloc[: 2 * _MOST].nunique() > _MOST:
            return compact(settled)
        return _as_categories(*pd.factorize(settled), answers.index)
    places, levels = settle_apart(answers)
    # Two cells that are written in two ways may be one number.
    own, found = pd.factorize(levels)
    return _as_categories(own[places], found, answers.index)


def _as_categories(places: Places, found: pd.Index, index: pd.Index) -> pd.Series:
    if is_number(found.dtype) and len(found) > _MOST:
        numbers = np.append(found.to_numpy(), np.nan) if (places < 0).any() else found.to_numpy()
        return compact(pd.Series(numbers[places], index=index))
    return pd.Series(pd.Categorical.from_codes(places, categories=found), index=index)


class Levels:
    """A column that is read batch by batch, of Arrow arrays of one type."""

    def __init__(self) -> None:
        """Begin without rows."""
        self._levels: Any = None
        self._places: list[Places] = []
        """Of each part; in one piece, as many small ones would leave holes in memory."""
        self._filled = 0
        """Rows of the last part that were read."""
        self._bare: list[Any] = []
        """Rows of a column of which most differ, as they are."""

    def begin(self, rows: int) -> None:
        """Begin with a part of so many rows."""
        self._places.append(np.full(rows, -1, dtype=np.int8))
        self._filled = 0

    def add(self, answers: Any) -> None:
        """Add rows of the part; a batch without any answer in it may be of no type."""
        rows = slice(self._filled, self._filled + len(answers))
        self._filled = rows.stop
        if self._bare:
            self._bare.append(answers.cast(self._bare[0].type))
        elif answers.null_count < len(answers):
            places = self._find(answers)
            kind = np.promote_types(self._places[-1].dtype, places.dtype)
            self._places[-1] = self._places[-1].astype(kind, copy=False)
            self._places[-1][rows] = places
            self._lay_bare()

    def _find(self, answers: Any) -> Places:
        """Find answers among the levels; those that are new are added to these."""
        import pyarrow as pa
        import pyarrow.compute as pc

        encoded = answers.dictionary_encode()
        known = encoded.dictionary.slice(0, 0) if self._levels is None else self._levels
        place = pc.index_in(encoded.dictionary, value_set=known)
        new = encoded.dictionary.filter(pc.is_null(place))
        of = pc.fill_null(place, -1).to_numpy(zero_copy_only=False).copy()
        of[of < 0] = len(known) + np.arange(len(new))
        self._levels = pa.concat_arrays([known, new])
        own = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        found: Places = np.append(of, -1).astype(np.min_scalar_type(-len(self._levels)))[own]
        return found

    def _lay_bare(self) -> None:
        """Hold rows as they are where most differ, as numbers of persons do."""
        import pyarrow as pa

        rows = sum(map(len, self._places[:-1])) + self._filled
        if len(self._levels) > max(_MOST, rows / 2):
            read = [*self._places[:-1], self._places[-1][: self._filled]]
            self._bare = [self._levels.take(pa.array(own, mask=own < 0)) for own in read]
            self._places = [np.empty(0, dtype=np.int8)]

    def series(self) -> pd.Series:
        """Give the column as one that is read at once, of categories where levels are few."""
        import pyarrow as pa

        if self._bare:
            return _to_pandas(self._bare)
        levels = pa.nulls(0) if self._levels is None else self._levels
        places = self._places[0] if len(self._places) == 1 else np.concatenate(self._places)
        # Whole numbers become others beside an empty cell, of which the place is -1.
        empty = [pa.nulls(1, levels.type)] if (places < 0).any() else []
        own, found = pd.factorize(_to_pandas([levels, *empty]))
        if len(found) != len(levels) or (own[: len(levels)] != np.arange(len(levels))).any():
            places = own.astype(np.int32)[places]
        return pd.Series(pd.Categorical.from_codes(places, categories=found))


def _to_pandas(arrays: list[Any]) -> pd.Series:
    import pyarrow as pa

    column = pa.chunked_array(arrays)
    frame: pd.DataFrame = pa.table({"answers": column}).to_pandas(ignore_metadata=True)
    return frame["answers"]
