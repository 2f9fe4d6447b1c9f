"""What a shown column is, declared once: what it holds, how it is coarsened and how it is told."""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.release import ColumnKind
from blijfwijzer.publish.language.numbers import Kind, is_absent
from blijfwijzer.survey.texts import Value

_WRITTEN: MappingProxyType[ColumnKind, Kind] = MappingProxyType(
    {
        **{"text": "text", "band": "text", "count": "text", "flag": "truth"},
        **{"share": "percent", "observed": "percent", "points": "points"},
        **{"mean": "decimal", "metric": "ratio", "fine": "fine", "whole": "count"},
    }
)
"""How a reader sees a number, by what the gate makes of it."""
NONE = "–"
"""Stands where there is no figure, or where a group is the reference itself."""


@dataclass(frozen=True)
class ShownColumn:
    """A column that is shown."""

    name: str
    meaning: str
    """What it holds, in words for `docs/`."""
    kind: ColumnKind
    """What it holds, which decides how the gate coarsens it."""
    written: Kind | None = None
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
    target: Value = ""
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
    def shown(self) -> Kind:
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

    def of(self, target: str, label: Value) -> "ShownColumn":
        """Give the column of one risk."""
        low, high = (end.format(target=target) for end in self.ends)
        name = self.name.format(target=target)
        return replace(self, name=name, ends=(low, high), target=label)

    def values(self, rows: pd.DataFrame) -> list[Any]:
        """Give what a reader is shown of each row; of people a band only."""
        band = f"{self.name}_band"
        return rows[band if self.kind == "count" and band in rows else self.name].tolist()

    def written_as(self, rows: pd.DataFrame) -> list[Kind]:
        """Say of each row how its value is written."""
        return rows[self.kind_from].tolist() if self.kind_from else [self.shown] * len(rows)

    def or_absent(self, values: list[Any], told: list[Any]) -> list[Any]:
        """Put what is told where there is no figure in place of what was told of nothing."""
        if not self.absent:
            return told
        return [
            self.absent if is_absent(value) else text
            for value, text in zip(values, told, strict=True)
        ]
