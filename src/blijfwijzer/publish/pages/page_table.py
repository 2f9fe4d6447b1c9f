"""A table as it stands on the page, perhaps with marks beside its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd
from markupsafe import Markup

from blijfwijzer.publish.chapter import Chapter, Facts
from blijfwijzer.publish.files.cells import clean_text
from blijfwijzer.publish.language.numbers import NUMBERS, column_decimals
from blijfwijzer.publish.language.texts import within
from blijfwijzer.publish.pictures.marks import Drawing, axis_of, draw_row, draw_scale, draw_sign
from blijfwijzer.publish.tables.columns import ShownColumn
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.texts import Quantity, Value, say

LONGEST_LABEL = 80
"""Characters of a text in a table of the page."""
MOST_ROWS = 2_000
"""Rows of a table of the page."""
WHOLE_ROWS = 40
"""A table with more rows scrolls in a box of its own."""


@dataclass(frozen=True)
class DrawnColumn:
    """Marks beside the rows of a table."""

    axis: Value
    scale: Markup
    cells: tuple[Markup, ...]
    """One per row of the table; empty where nothing is drawn."""


@dataclass(frozen=True)
class PageTable:
    """A table as it stands on the page."""

    caption: Value
    header: tuple[tuple[str, bool], ...]
    """Heading, and whether numbers stand below it."""
    rows: tuple[tuple[str, ...], ...]
    note: Value = ""
    is_open: bool = True
    widths: tuple[str, ...] = ()
    """How wide each column is, as the page's style names it; "" as its text asks."""
    looks: Mapping[str, str] = field(default_factory=dict)
    """Text of a cell to the look of its sign, as the page's style names it."""
    is_whole: bool = False
    """Whether it stands whole on the page, without a box to scroll in."""
    drawn: DrawnColumn | None = None
    legend: tuple[tuple[Markup, Value], ...] = ()
    """Sign in the table and what it stands for."""

    def width(self, place: int) -> str:
        """Give the width of a column."""
        return self.widths[place] if self.widths else ""


def shown_table(
    chapter: Chapter,
    name: str,
    caption: Value,
    rows: pd.DataFrame,
    is_open: bool = True,
    most: int = MOST_ROWS,
) -> PageTable:
    """Write a table for a reader, with the columns that it is declared with and that are there."""
    columns = chapter.table(name).present(rows)
    shown = rows.head(most)
    if "target" in shown:
        shown = shown.assign(target=shown["target"].map(dict(chapter.targets)))
    note: Value = ""
    count = Quantity(len(rows), "count")
    if len(shown) < len(rows):
        note = say("table.cut", shown=Quantity(len(shown), "count"), rows=count)
    return PageTable(
        caption if is_open else say("table.rows", caption=caption, rows=count),
        tuple((chapter.heading(column), column.shown in NUMBERS) for column in columns),
        tuple(zip(*(_cells(column, shown, chapter) for column in columns), strict=True)),
        note,
        is_open,
        tuple(column.width for column in columns),
        is_whole=len(shown) <= WHOLE_ROWS,
    )


def drawn_table(chapter: Chapter, name: str, rows: pd.DataFrame, drawing: Drawing) -> PageTable:
    """Show a table with what is drawn of its rows beside their labels."""
    axis = axis_of(drawing)
    cells = [draw_row(marks, axis) if marks else Markup() for marks in drawing.rows]
    table = shown_table(chapter, name, drawing.finding, rows)
    cells += [Markup()] * (len(table.rows) - len(cells))
    return replace(
        table,
        drawn=DrawnColumn(drawing.axis, draw_scale(axis, chapter.language), tuple(cells)),
        legend=tuple((draw_sign(shape), text) for shape, text in drawing.legend),
    )


def facts_table(chapter: Chapter, caption: str, facts: Facts) -> PageTable:
    """Show labels and values."""
    rows = pd.DataFrame(list(facts), columns=TABLES["facts"].names)
    return shown_table(chapter, "facts", say(caption), rows)


def tidy(text: object) -> str:
    """Cut a text for the page; control characters would make the page malformed."""
    line = " ".join(clean_text(text).split())
    return line if len(line) <= LONGEST_LABEL else line[: LONGEST_LABEL - 1].rstrip() + "…"


def _cells(column: ShownColumn, rows: pd.DataFrame, chapter: Chapter) -> list[str]:
    values, kinds = column.values(rows), column.written_as(rows)
    decimals = column_decimals(rows[list(column.parts)].to_numpy(dtype=object).flat, column.shown)
    if column.low:
        ends = zip(rows[column.low].tolist(), rows[column.high].tolist(), strict=True)
        intervals = zip(values, kinds, ends, strict=True)
        texts = [chapter.in_words(Quantity(*interval, decimals)) for interval in intervals]
    elif column.high:
        bounds = zip(values, rows[column.high].tolist(), strict=True)
        texts = [chapter.in_words(within(low, high, column.shown)) for low, high in bounds]
    else:
        told = zip(values, kinds, strict=True)
        texts = [chapter.show(value, kind, decimals) for value, kind in told]
    texts = column.or_absent(values, texts)
    return [clean_text(text) if column.is_long else tidy(text) for text in texts]
