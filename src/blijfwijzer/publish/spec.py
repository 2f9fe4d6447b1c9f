"""What a shown table is, declared once: what a row stands for, and what each column holds.

From a declaration follow how the gate coarsens a table, the order of its columns, its headings and
numbers on the page and in the workbook, what its files hold, and the page of `docs/` that explains
it. The declarations stand in `tables/`, by story.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import Cleared, ColumnKind, clear, clear_whole, pick, stack
from blijfwijzer.publish import texts

_WRITTEN: MappingProxyType[ColumnKind, texts.Kind] = MappingProxyType(
    {
        **{"text": "text", "band": "text", "count": "text", "flag": "truth"},
        **{"share": "percent", "observed": "percent", "points": "points"},
        **{"mean": "decimal", "metric": "ratio", "fine": "fine", "whole": "count"},
    }
)
"""How a reader sees a number, by what the gate makes of it."""
_CLEARED: MappingProxyType[str, ColumnKind] = MappingProxyType(
    {"percent": "share", "points": "points", "ratio": "metric", "decimal": "mean"}
)
"""What the gate makes of a number, by how a reader sees it; where that differs by row."""
_PLACE = "place in the order of showing"


@dataclass(frozen=True)
class ShownColumn:
    """A column that is shown."""

    name: str
    meaning: str
    """What it holds, in words for `docs/`."""
    kind: ColumnKind
    """What it holds, which decides how the gate coarsens it."""
    written: texts.Kind | None = None
    """How a reader sees it, if that does not follow from its kind."""
    heading: str = ""
    """Id of its heading, after `column.`; its name when left out."""
    ends: tuple[str, str] = ("", "")
    """Columns with the lower and upper end of its interval, which the page shows as one with the
    value; without the first the value itself is the lower end of a range."""
    is_optional: bool = False
    is_key: bool = False
    """Is for programs, and shown to no reader: it ties tables together, or is in files only."""
    absent: str = ""
    """What is told where there is no figure, if that is not because it may not be shown."""
    is_long: bool = False
    """Holds sentences, which the page shows whole."""
    width: str = ""
    """How wide it is on the page, as the page's style names it; "" as its text asks."""
    kind_from: str = ""
    """Column that says of each row how its value is written, where rows differ."""
    target: str = ""
    """Label of the risk that it is about, where a table has columns for each risk."""

    @property
    def low(self) -> str:
        """Column with the lower end of its interval."""
        return self.ends[0]

    @property
    def high(self) -> str:
        """Column with the upper end of its interval, or of a range."""
        return self.ends[1]

    @property
    def parts(self) -> tuple[str, ...]:
        """Columns of a table that it shows: the value, and the ends of its interval."""
        return tuple(part for part in (self.name, self.low, self.high) if part)

    @property
    def shown(self) -> texts.Kind:
        """How a reader sees it."""
        return self.written or _WRITTEN[self.kind]

    @property
    def message(self) -> str:
        """Id of what stands above it."""
        return f"column.{self.heading or self.name}"

    @property
    def is_figure(self) -> bool:
        """Whether it holds a number that rests on answers, or counts people."""
        return self.kind not in ("text", "flag")

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """What the gate makes of each part; the ends of an observed share are estimates."""
        ends: ColumnKind = "share" if self.kind == "observed" else self.kind
        return {self.name: self.kind, **dict.fromkeys(self.parts[1:], ends)}

    def of(self, target: str, label: str) -> "ShownColumn":
        """Give the column of one risk."""
        low, high = (end.format(target=target) for end in self.ends)
        name = self.name.format(target=target)
        return replace(self, name=name, ends=(low, high), target=label)

    def values(self, rows: pd.DataFrame) -> list[Any]:
        """Give what a reader is shown of each row; of people a band only."""
        band = f"{self.name}_band"
        return rows[band if self.kind == "count" and band in rows else self.name].tolist()


text = partial(ShownColumn, kind="text")
band = partial(ShownColumn, kind="band")
count = partial(ShownColumn, kind="count")
share = partial(ShownColumn, kind="share")
observed = partial(ShownColumn, kind="observed")
points = partial(ShownColumn, kind="points")
mean = partial(ShownColumn, kind="mean")
metric = partial(ShownColumn, kind="metric")
fine = partial(ShownColumn, kind="fine")
whole = partial(ShownColumn, kind="whole")
flag = partial(ShownColumn, kind="flag")

ENDS = ("low", "high")
"""Ends of an interval that is the only one in its table."""


def ends_of(name: str) -> tuple[str, str]:
    """Name the ends of an interval after its value."""
    return f"{name}_low", f"{name}_high"


Held = Literal["", "groups", "parts", "everyone", "model", "counts", "allocation", "arms"]
"""By which rules the figures of a table were held. groups: those of groups of which each figure is
told (`answers.choose_told`). parts: those for parts that cut through groups
(`crosscuts.choose_figures`). everyone: of the whole survey, where everyone may be told of. model:
of a model, which its folder tells of anyway. counts: how many forms or groups, and nothing of
answers. allocation: what follows from figures that were told. arms: of a lottery's groups,
with enough groups and people in each arm (`trial.analyse_trial`). "" of a table without figures."""


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

    def of_targets(self, targets: Iterable[tuple[str, str]]) -> "ShownTable":
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
        return clear(rows, kinds, minimum, self.counted_by)

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


def written_as(column: ShownColumn, rows: pd.DataFrame) -> list[texts.Kind]:
    """Say of each row of a column how its value is written."""
    return rows[column.kind_from].tolist() if column.kind_from else [column.shown] * len(rows)
