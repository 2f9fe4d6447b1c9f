"""What a command tells, before it is a page or a workbook."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.release import Cleared, require_cleared
from blijfwijzer.publish.language.numbers import Kind
from blijfwijzer.publish.language.texts import show, write
from blijfwijzer.publish.tables.columns import ShownColumn
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.tables.spec import ShownTable
from blijfwijzer.survey.texts import Language, Value, say

Facts = tuple[tuple[Value, str], ...]
"""Labels and values."""


@dataclass(frozen=True)
class Chapter:
    """All that a page and a workbook show, as it may be shown.

    Means and their differences are in points of the scale, to one decimal; shares are whole
    percentages, contrasts percentage points, money euros. A number that may not be shown is missing
    and is told as "niet getoond"; a text in its place is shown as it is. Labels are texts to show,
    in the language of the page, and may hold anything: the page escapes them. Rows are shown in the
    order given.
    """

    language: Language
    title: Value
    survey: Value
    """Label of the survey."""
    facts: Facts
    """What was read."""
    tables: Mapping[str, Cleared]
    """Name, as declared in `tables/`, to the table."""
    method: tuple[Value, ...]
    """How figures came about."""
    provenance: Facts
    """From what it was made."""
    marks: tuple[Value, ...] = ()
    """What each page and sheet says before all else: that it is not for use, or why it is all the
    same."""
    warnings: tuple[Value, ...] = ()
    """Shown at the top, after these."""
    notes: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    """Paragraphs at the start of a section, by its name."""
    targets: tuple[tuple[str, Value], ...] = ()
    """Id and label of each risk; the ids stand in `target` and in names of columns."""
    levels: tuple[Value, ...] = ()
    """What units are called, from large to small; headings speak of the largest."""

    def __post_init__(self) -> None:
        """Hold each table against its declaration."""
        for name in self.tables:
            self.table(name).check(self.rows(name))

    def warned(self, warnings: Sequence[Value], marks: Sequence[Value] = ()) -> "Chapter":
        """Give it with more to be known before all else, at its top and on each sheet."""
        told = (*warnings, *self.warnings)
        return replace(self, marks=(*marks, *self.marks), warnings=told)

    @property
    def largest(self) -> Value:
        """What the largest units are called."""
        return self.levels[0] if self.levels else ""

    @property
    def everyone(self) -> str:
        """What rows about all together are called."""
        return self.in_words(say("group.everyone"))

    def in_words(self, value: Value) -> str:
        """Write what is to be said, in the language of the page."""
        return write(value, self.language)

    def show(self, value: Any, kind: Kind, decimals: int | None = None) -> str:
        """Write a value as its kind asks, with the decimals of its column where it has them."""
        return show(value, kind, self.language, decimals)

    def rows(self, name: str) -> pd.DataFrame:
        """Give the rows of a table; only what passed the gate can be shown."""
        return require_cleared(self.tables[name]).frame

    def has(self, name: str) -> bool:
        """Tell whether a table is there and has rows."""
        return name in self.tables and len(self.tables[name]) > 0

    def by_target(self, name: str) -> Iterator[tuple[str, Value, pd.DataFrame]]:
        """Give id, label and rows of each risk that a table has."""
        table = self.rows(name)
        for target, label in self.targets:
            rows = table[table["target"] == target]
            if len(rows):
                yield target, label, rows.drop(columns="target")

    def table(self, name: str) -> ShownTable:
        """Give the declaration of a table, with columns for each risk of this page."""
        return TABLES[name].of_targets(self.targets)

    def heading(self, column: ShownColumn) -> str:
        """Give what stands above a column."""
        return self.in_words(say(column.message, target=column.target, largest=self.largest))
