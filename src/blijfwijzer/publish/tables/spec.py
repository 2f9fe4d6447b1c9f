"""What a shown table is, declared once: what a row stands for, and its columns.

From a declaration follow how the gate coarsens a table, the order of its columns, its headings and
numbers on the page and in the workbook, what its files hold, and the page of `docs/` that explains
it. The declarations stand in `tables/`, in a file by story.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import Cleared, ColumnKind, clear, clear_whole, pick, stack
from blijfwijzer.disclosure.rounding import hide_exact
from blijfwijzer.publish.tables.columns import ShownColumn
from blijfwijzer.survey.texts import Value

_CLEARED: MappingProxyType[str, ColumnKind] = MappingProxyType(
    {"percent": "share", "points": "points", "ratio": "metric", "decimal": "mean"}
)
"""What the gate makes of a number, by how a reader sees it; where that differs by row."""
_PLACE = "place in the order of showing"


Held = Literal["", "groups", "parts", "everyone", "model", "counts", "allocation", "arms", "uptake"]
"""By which rules the figures of a table were held. groups: those of groups of which each figure is
told (`answers.choose_told`). parts: those for parts that cut through groups
(`crosscuts.choose_figures`). everyone: of the whole survey, where everyone may be told of. model:
of a model, which its folder tells of anyway. counts: how many forms or groups, and nothing of
answers. allocation: what follows from figures that were told. arms: of a lottery's groups,
with enough groups and people in each arm, and values that a count can have
(`trial.analyse_trial`). uptake: of people who were offered something, whom HR counts, by the same
minimum (`uptake.tell_uptake`). "" of a table without figures."""


@dataclass(frozen=True)
class ShownTable:
    """A table that is shown, or written to a file."""

    name: str
    row: str
    """What a row stands for, in words for `docs/`."""
    columns: tuple[ShownColumn, ...]
    counted_by: str = ""
    """Column with the respondents that a row stands for; "" for figures of the whole survey."""
    held: Held = ""
    """By which rules its figures were held; "" of a table that has none."""
    files: tuple[str, ...] = field(default=())
    """Files of a folder that hold it, beside the page and the workbook."""
    is_for_programs: bool = False
    """Whether it is in files only, and on no page."""

    @property
    def caption(self) -> str:
        """Id of what stands above it."""
        return f"caption.{self.name}"

    @property
    def sheet(self) -> str:
        """Id of what its sheet of a workbook is called."""
        return f"sheet.{self.name}"

    @property
    def names(self) -> list[str]:
        """All columns, ends of intervals included, in order."""
        return list(dict.fromkeys(part for column in self.columns for part in column.parts))

    def of_targets(self, targets: Iterable[tuple[str, Value]]) -> "ShownTable":
        """Give the table with columns for each risk in place of those that stand for all."""
        targets, columns = tuple(targets), list[ShownColumn]()
        each = [column for column in self.columns if "{target}" in column.name]
        for column in self.columns:
            if column not in each:
                columns.append(column)
            elif column == each[0]:
                columns += [one.of(*target) for target in targets for one in each]
        return replace(self, columns=tuple(columns))

    def empty(self) -> Cleared:
        """Give the table without rows."""
        return stack([], self.names)

    def clear(self, rows: pd.DataFrame, minimum: int = 0) -> Cleared:
        """Pass what is declared of the rows through the gate; other columns are left out.

        Parameters
        ----------
        rows : in the order of showing
        minimum : respondents that each row must stand for, where the table is counted

        Raises
        ------
        ValueError
            A column is missing, or the table is counted and no minimum is given.
        """
        rows = rows[[name for name in self.names if name in rows]]
        self.check(rows)
        kinds = {part: kind for column in self.columns for part, kind in column.kinds.items()}
        mixed = [column for column in self.columns if column.kind_from]
        if not mixed:
            return self._gate(rows, kinds, minimum)
        column, parts = mixed[0], []
        rows = rows.assign(**{_PLACE: np.arange(len(rows), dtype=float)})
        for written, kind in _CLEARED.items():
            here = {**kinds, **dict.fromkeys(column.parts, kind), _PLACE: "whole"}
            own = rows[rows[column.kind_from] == written]
            parts.append(self._gate(own, here, minimum))
        whole = stack(parts, [*self.names, _PLACE])
        order = np.argsort(whole.frame[_PLACE].to_numpy(dtype=float), kind="stable")
        return pick(whole, {name: name for name in self.names}, order)

    def _gate(self, rows: pd.DataFrame, kinds: dict[str, ColumnKind], minimum: int) -> Cleared:
        if not self.counted_by:
            return clear_whole(rows, kinds)
        if minimum < 1:
            raise ValueError(f"table {self.name}: its rows are counted, so say how many they need.")
        return clear(self._hide_ends(rows), kinds, minimum, self.counted_by)

    def _hide_ends(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Leave out the interval of a share that is withheld, as of which count it is one tells."""
        for column in self.columns:
            name, *ends = column.parts
            if column.kind == "observed" and name in rows:
                is_told = hide_exact(rows[name], rows[self.counted_by]).notna()
                rows = rows.assign(**{end: rows[end].where(is_told) for end in ends})
        return rows

    def check(self, table: pd.DataFrame) -> None:
        """Hold a table against its columns.

        Raises
        ------
        ValueError
            A column is missing, or is there and would be shown nowhere.
        """
        known = {part for column in self.columns for part in column.parts}
        known |= {f"{column.name}_band" for column in self.columns if column.kind == "count"}
        needed = {part for c in self.columns if not c.is_optional for part in c.parts}
        missing, unknown = needed - set(table.columns), set(table.columns) - known
        if missing or unknown:
            raise ValueError(
                f"report, table {self.name}: missing columns {sorted(missing)}, unknown columns "
                f"{sorted(unknown)}. Fill the table as it is declared in publish/tables."
            )

    def present(self, rows: pd.DataFrame) -> tuple[ShownColumn, ...]:
        """Keep the columns that a reader is shown; an optional one may be absent."""
        return tuple(c for c in self.columns if c.name in rows and not c.is_key)
