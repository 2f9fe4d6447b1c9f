"""The parts of the report's page: paragraphs, pictures and tables, all as text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd
from markupsafe import Markup

from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.cells import clean_text
from blijfwijzer.publish.charts import short
from blijfwijzer.publish.columns import Column, kinds_of, present
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.report import Told
from blijfwijzer.publish.texts import NUMBERS, show, show_interval, show_range
from blijfwijzer.survey.codebook import Language

LONGEST_LABEL = 80
"""Characters of a text in a table of the page."""
MOST_ROWS = 2_000
"""Rows of a table of the page."""
OPEN_ROWS = 200
"""A table that is no picture's twin and has more rows is folded."""


@dataclass(frozen=True)
class ShownTable:
    """A table as it stands on the page."""

    caption: str
    header: tuple[tuple[str, bool], ...]
    """Heading, and whether numbers stand below it."""
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    is_open: bool = True
    widths: tuple[str, ...] = ()
    """How wide each column is, as the page's style names it; "" as its text asks."""
    looks: Mapping[str, str] = field(default_factory=dict)
    """Text of a cell to the look of its sign, as the page's style names it."""
    is_whole: bool = False
    """Whether it stands whole on the page, without a box to scroll in."""

    def width(self, place: int) -> str:
        """Give the width of a column."""
        return self.widths[place] if self.widths else ""


@dataclass(frozen=True)
class Block:
    """A part of a section, in the order of its fields; the last two are about its heading."""

    heading: str = ""
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    picture: Markup | None = None
    caption: str = ""
    table: ShownTable | None = None
    level: int = 3
    """Of the heading; that of a section is 2."""
    look: str = ""
    """Of the heading's sign, as the page's style names it."""


def titled(report: Told, name: str, is_foldable: bool = False, caption: str = "") -> Block:
    """Show a table of the report under its own heading, or that of another text."""
    caption = say(caption or id_of("caption", name), report.language)
    rows = report.rows(name)
    if rows.empty:
        return Block(caption, (say("table.empty", report.language),))
    is_open = not is_foldable or len(rows) <= OPEN_ROWS
    return Block(caption, table=shown_table(report, name, caption, rows, is_open))


def twin(report: Told, name: str, caption: str, rows: pd.DataFrame) -> ShownTable:
    """Show the figures of a picture; columns that repeat its caption are left out by the caller."""
    return shown_table(report, name, say("table.twin", report.language, caption=caption), rows)


def shown_table(
    report: Told,
    name: str,
    caption: str,
    rows: pd.DataFrame,
    is_open: bool = True,
    most: int = MOST_ROWS,
) -> ShownTable:
    """Write a table for a reader, with the columns that the table `name` has."""
    language = report.language
    columns = present(report.columns(name), rows)
    shown = rows.head(most)
    if "target" in shown:
        shown = shown.assign(target=shown["target"].map(dict(report.targets)))
    note = ""
    if len(shown) < len(rows):
        count = [show(n, "count", language) for n in (len(shown), len(rows))]
        note = say("table.cut", language, shown=count[0], rows=count[1])
    if not is_open:
        caption = say(
            "table.rows", language, caption=caption, rows=show(len(rows), "count", language)
        )
    return ShownTable(
        caption,
        tuple((column.heading(language), column.kind in NUMBERS) for column in columns),
        tuple(zip(*(_cells(column, shown, language) for column in columns), strict=True)),
        note,
        is_open,
        tuple(column.width for column in columns),
    )


def pairs(rows: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """Give labels and values as a table with the columns of `lottery`."""
    return pd.DataFrame(list(rows), columns=["label", "value"])


def by_target(report: Told, table: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Give id, label and rows of each risk that a table has."""
    for target, label in report.targets:
        rows = table[table["target"] == target]
        if len(rows):
            yield target, label, rows


def tidy(text: object) -> str:
    """Cut a text for the page; control characters would make the page malformed."""
    return short(str(text), LONGEST_LABEL)


def _cells(column: Column, rows: pd.DataFrame, language: Language) -> list[str]:
    values, kinds = rows[column.name].tolist(), kinds_of(column, rows)
    if column.low:
        ends = zip(
            values, rows[column.low].tolist(), rows[column.high].tolist(), kinds, strict=True
        )
        told = [show_interval(v, low, high, kind, language) for v, low, high, kind in ends]
    elif column.high:
        bounds = zip(values, rows[column.high].tolist(), strict=True)
        told = [show_range(low, high, column.kind, language) for low, high in bounds]
    else:
        told = [show(value, kind, language) for value, kind in zip(values, kinds, strict=True)]
    if column.absent:
        told = [
            column.absent if value is None or value != value else text
            for value, text in zip(values, told, strict=True)
        ]
    return [clean_text(text) if column.is_long else tidy(text) for text in told]
