"""The gate: what leaves the software passes here, and only what passed can be written.

A table is cleared by saying of each column what kind of number it holds. The gate coarsens every
number to what may be shown of its kind, and refuses rows that stand for too few people and columns
of which the kind is not said. Writers take `Cleared` tables and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.disclosure.rounding import band_floor, band_text, hide_exact, whole_percent
from blijfwijzer.errors import DisclosureError

ColumnKind = Literal[
    "text",
    "count",
    "band",
    "share",
    "observed",
    "points",
    "mean",
    "metric",
    "fine",
    "whole",
    "flag",
]
"""What a column holds. text: no number. count: people, shown as the lowest of a band and the band.
band: people, shown as the band only. share: estimated share in [0, 1], shown as whole percentage.
observed: share counted in the rows' own respondents, shown as whole percentage if two counts fit
it. points: difference of shares, shown in percentage points to one decimal. mean: to one decimal.
metric: a measure of a model, to two decimals. fine: a mean that lies near zero (a contribution), to
four decimals. whole: a whole number that is no count of respondents (vouchers, euros). flag: yes or
no."""
FINE = 4
"""Decimals of a column of kind fine."""
_KEY = object()


@dataclass(frozen=True)
class Cleared:
    """A table that passed the gate; only `clear` and `reopen` make one."""

    frame: pd.DataFrame
    key: object = None

    def __post_init__(self) -> None:
        """Refuse a table that did not come through the gate."""
        if self.key is not _KEY:
            raise DisclosureError(
                "A table was about to be shown that was not cleared. This is a fault of the "
                "software: pass it through disclosure.release.clear."
            )

    def __len__(self) -> int:
        """Rows."""
        return len(self.frame)


def clear(
    table: pd.DataFrame, kinds: dict[str, ColumnKind], minimum: int, counted_by: str | None = None
) -> Cleared:
    """Coarsen a table to what may be shown.

    Parameters
    ----------
    table : one row per thing shown; its index is not shown
    kinds : column to what it holds; of a column of kind count `x` two are made: `x`, the lowest
        count of its band, and `x_band`, the band as text
    minimum : respondents that each row must stand for
    counted_by : column with the respondents of each row; None for figures of the whole survey

    Raises
    ------
    DisclosureError
        A column's kind is not said, or a row stands for fewer than `minimum` respondents. Both are
        faults of the software, and nothing is shown.
    """
    unsaid = [str(name) for name in table.columns if name not in kinds]
    if unsaid:
        raise DisclosureError(
            f"{len(unsaid)} columns would be shown of which the kind is not said: "
            f"{', '.join(unsaid)}. This is a fault of the software."
        )
    if counted_by is not None:
        few = int((~(table[counted_by] >= minimum)).sum())
        if few:
            raise DisclosureError(
                f"{few} rows stand for fewer than {minimum} respondents. This is a fault of the "
                "software, and nothing was shown."
            )
    shown: dict[str, pd.Series] = {}
    for name, kind in kinds.items():
        if name not in table:
            continue
        column = table[name]
        match kind:
            case "count":
                shown[name] = band_floor(column)
                shown[f"{name}_band"] = column.map(band_text).astype("str")
            case "band":
                shown[name] = column.map(band_text).astype("str")
            case "share":
                shown[name] = whole_percent(column)
            case "observed":
                if counted_by is None:
                    raise DisclosureError(f"{name}: an observed share needs its respondents.")
                shown[name] = hide_exact(column, table[counted_by])
            case "points":
                shown[name] = (100 * column.astype(float)).round(1) + 0.0
            case "mean":
                shown[name] = column.astype(float).round(1) + 0.0
            case "metric":
                shown[name] = column.astype(float).round(2) + 0.0
            case "fine":
                shown[name] = column.astype(float).round(FINE) + 0.0
            case "whole":
                shown[name] = column.astype(float).round()
            case "text":
                shown[name] = column.astype("str")
            case _:
                shown[name] = column
    return Cleared(pd.DataFrame(shown).reset_index(drop=True), _KEY)


def clear_whole(table: pd.DataFrame, kinds: dict[str, ColumnKind]) -> Cleared:
    """Coarsen a table of figures of the whole survey, or of texts: no row stands for a group.

    Parameters
    ----------
    kinds : as in `clear`
    """
    return clear(table, kinds, minimum=0)


def pick(
    cleared: Cleared,
    columns: Mapping[str, str],
    rows: NDArray[Any] | None = None,
    **texts: str,
) -> Cleared:
    """Take rows and columns of what was cleared.

    Parameters
    ----------
    columns : new name to name in `cleared`, in order
    rows : their places in the order of showing; all when left out
    texts : columns that hold one text
    """
    frame = cleared.frame if rows is None else cleared.frame.iloc[rows]
    taken = {new: frame[old] for new, old in columns.items()}
    return Cleared(pd.DataFrame(taken).assign(**texts).reset_index(drop=True), _KEY)


def stack(tables: Sequence[Cleared], columns: Sequence[str]) -> Cleared:
    """Put cleared tables below each other, with the columns and in the order given."""
    frames = [table.frame.astype(object) for table in tables if len(table)]
    if not frames:
        return Cleared(pd.DataFrame(columns=list(columns)), _KEY)
    stacked = pd.concat(frames).reindex(columns=list(columns)).infer_objects()
    return Cleared(stacked.reset_index(drop=True), _KEY)


def reopen(table: pd.DataFrame) -> Cleared:
    """Take back a table that was cleared and written before, e.g. to show it beside vouchers.

    Whoever calls this has checked that the file is as it was written.
    """
    return Cleared(table.reset_index(drop=True), _KEY)


def require_cleared(table: object) -> Cleared:
    """Give back what passed the gate.

    Raises
    ------
    DisclosureError
        It did not.
    """
    if not isinstance(table, Cleared):
        raise DisclosureError(
            f"A {type(table).__name__} was about to be written that was not cleared. This is a "
            "fault of the software: pass it through disclosure.release.clear."
        )
    return table
