"""One page: what a command tells, in sections of paragraphs, tables and pictures, without a script.

Every page is a `Chapter`, whose tables passed the gate, and sections of blocks made from it. The
page computes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources

import jinja2
import pandas as pd
from markupsafe import Markup

from blijfwijzer.disclosure.release import Cleared, require_cleared
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.cells import clean_text
from blijfwijzer.publish.marks import Drawing, axis_of, draw_row, draw_scale, draw_sign
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.spec import ShownColumn, ShownTable, written_as
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.texts import NUMBERS, in_sentence, show, show_interval, show_range
from blijfwijzer.survey.codebook import Language

LONGEST_LABEL = 80
"""Characters of a text in a table of the page."""
MOST_ROWS = 2_000
"""Rows of a table of the page."""
OPEN_ROWS = 200
"""A table that is not drawn and has more rows is folded."""


@dataclass(frozen=True)
class Chapter:
    """All that a page and a workbook show, as it may be shown.

    Means and their differences are in points of the scale, to one decimal; shares are whole
    percentages, contrasts percentage points, money euros. A number that may not be shown is missing
    and is told as "niet getoond"; a text in its place is shown as it is. Labels are texts to show,
    in the language of the page, and may hold anything: they are escaped here. Rows are shown in the
    order given.
    """

    language: Language
    title: str
    survey: str
    """Label of the survey."""
    facts: tuple[tuple[str, str], ...]
    """What was read, as label and value."""
    tables: Mapping[str, Cleared]
    """Name, as declared in `tables/`, to the table."""
    method: tuple[str, ...]
    """How figures came about."""
    provenance: tuple[tuple[str, str], ...]
    """From what it was made, as label and value."""
    warnings: tuple[str, ...] = ()
    """Shown at the top."""
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Paragraphs at the start of a section, by its name."""
    targets: tuple[tuple[str, str], ...] = ()
    """Id and label of each risk; the ids stand in `target` and in names of columns."""
    largest: str = ""
    """What the largest units are called; headings speak of them."""

    def __post_init__(self) -> None:
        """Hold each table against its declaration."""
        for name in self.tables:
            self.table(name).check(self.rows(name))

    def rows(self, name: str) -> pd.DataFrame:
        """Give the rows of a table; only what passed the gate can be shown."""
        return require_cleared(self.tables[name]).frame

    def has(self, name: str) -> bool:
        """Tell whether a table is there and has rows."""
        return name in self.tables and len(self.tables[name]) > 0

    def table(self, name: str) -> ShownTable:
        """Give the declaration of a table, with columns for each risk of this page."""
        return TABLES[name].of_targets(self.targets)

    def heading(self, column: ShownColumn) -> str:
        """Give what stands above a column."""
        names = {"largest": in_sentence(self.largest), "Largest": self.largest}
        return say(column.message, self.language, target=column.target, **names)


@dataclass(frozen=True)
class DrawnColumn:
    """Marks beside the rows of a table."""

    axis: str
    scale: Markup
    cells: tuple[Markup, ...]
    """One per row of the table; empty where nothing is drawn."""


@dataclass(frozen=True)
class PageTable:
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
    drawn: DrawnColumn | None = None
    legend: tuple[tuple[Markup, str], ...] = ()
    """Sign in the table and what it stands for."""

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
    """Of what is drawn."""
    table: PageTable | None = None
    level: int = 3
    """Of the heading; that of a section is 2."""
    look: str = ""
    """Of the heading's sign, as the page's style names it."""

    @property
    def is_figure(self) -> bool:
        """Whether it has something drawn."""
        has_signs = self.table is not None and bool(self.table.drawn or self.table.legend)
        return self.picture is not None or has_signs


def render_sections(chapter: Chapter, sections: Mapping[str, Sequence[Block]]) -> bytes:
    """Write sections as one page; the notes of a section come before its blocks.

    The page needs no script and nothing from elsewhere, and is well-formed as XML too; the same
    chapter gives the same bytes. Texts in tables are cut at 80 characters and tables at 2,000 rows;
    the workbook has the whole.

    Parameters
    ----------
    sections : name, which is also the id of its heading, to its blocks
    """
    text = (resources.files("blijfwijzer.publish") / "page.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    language = chapter.language
    told = {name: [*_notes(chapter, name), *blocks] for name, blocks in sections.items()}
    page = environment.from_string(text).render(
        language=language,
        title=tidy(chapter.title),
        survey=tidy(chapter.survey),
        warnings=[clean_text(warning) for warning in chapter.warnings],
        sections=[
            (name, say(id_of("section", name), language), blocks) for name, blocks in told.items()
        ],
        has_images=any(block.picture for blocks in told.values() for block in blocks),
        skip=say("page.skip", language),
        contents=say("page.contents", language),
    )
    return page.encode()


def titled(chapter: Chapter, name: str, is_foldable: bool = False, caption: str = "") -> Block:
    """Show a table under its own heading, or that of another text."""
    caption = say(caption or TABLES[name].caption, chapter.language)
    rows = chapter.rows(name)
    if rows.empty:
        return Block(caption, (say("table.empty", chapter.language),))
    is_open = not is_foldable or len(rows) <= OPEN_ROWS
    return Block(caption, table=shown_table(chapter, name, caption, rows, is_open))


def folded(chapter: Chapter, name: str) -> Block:
    """Show a table that opens when it is asked for."""
    caption = say(TABLES[name].caption, chapter.language)
    if not chapter.has(name):
        return Block(caption, paragraphs=(say("table.empty", chapter.language),))
    return Block(table=shown_table(chapter, name, caption, chapter.rows(name), is_open=False))


def drawn_table(chapter: Chapter, name: str, rows: pd.DataFrame, drawing: Drawing) -> PageTable:
    """Show a table with what is drawn of its rows beside their labels."""
    axis = axis_of(drawing)
    cells = [draw_row(marks, axis) if marks else Markup() for marks in drawing.rows]
    signs = tuple((draw_sign(shape), text) for shape, text in drawing.legend)
    table = shown_table(chapter, name, drawing.finding, rows)
    cells += [Markup()] * (len(table.rows) - len(cells))
    column = DrawnColumn(drawing.axis, draw_scale(axis, chapter.language), tuple(cells))
    return replace(table, drawn=column, legend=signs)


def shown_table(
    chapter: Chapter,
    name: str,
    caption: str,
    rows: pd.DataFrame,
    is_open: bool = True,
    most: int = MOST_ROWS,
) -> PageTable:
    """Write a table for a reader, with the columns that it is declared with and that are there."""
    language = chapter.language
    columns = chapter.table(name).present(rows)
    shown = rows.head(most)
    if "target" in shown:
        shown = shown.assign(target=shown["target"].map(dict(chapter.targets)))
    note = ""
    if len(shown) < len(rows):
        count = [show(n, "count", language) for n in (len(shown), len(rows))]
        note = say("table.cut", language, shown=count[0], rows=count[1])
    if not is_open:
        caption = say(
            "table.rows", language, caption=caption, rows=show(len(rows), "count", language)
        )
    return PageTable(
        clean_text(caption),
        tuple((chapter.heading(column), column.shown in NUMBERS) for column in columns),
        tuple(zip(*(_cells(column, shown, language) for column in columns), strict=True)),
        note,
        is_open,
        tuple(column.width for column in columns),
    )


def facts_table(chapter: Chapter, caption: str, facts: tuple[tuple[str, str], ...]) -> PageTable:
    """Show labels and values."""
    rows = pd.DataFrame(list(facts), columns=TABLES["facts"].names)
    return shown_table(chapter, "facts", say(caption, chapter.language), rows)


def what_block(chapter: Chapter, names: tuple[str, ...]) -> Block:
    """Say what it is not."""
    return Block(points=tuple(say(name, chapter.language) for name in names))


def read_blocks(chapter: Chapter) -> Iterator[Block]:
    """Say what was read."""
    yield Block(table=facts_table(chapter, "caption.facts", chapter.facts))
    yield titled(chapter, "rejected")


def method_blocks(chapter: Chapter) -> Iterator[Block]:
    """Say how figures came about, and from what."""
    yield Block(paragraphs=clean(chapter.method))
    yield Block(table=facts_table(chapter, "caption.provenance", chapter.provenance))


def by_target(chapter: Chapter, table: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Give id, label and rows of each risk that a table has."""
    for target, label in chapter.targets:
        rows = table[table["target"] == target]
        if len(rows):
            yield target, label, rows


def tidy(text: object) -> str:
    """Cut a text for the page; control characters would make the page malformed."""
    line = " ".join(clean_text(text).split())
    return line if len(line) <= LONGEST_LABEL else line[: LONGEST_LABEL - 1].rstrip() + "…"


def clean(paragraphs: tuple[str, ...]) -> tuple[str, ...]:
    """Drop from sentences what would make the page malformed."""
    return tuple(clean_text(paragraph) for paragraph in paragraphs)


def _notes(chapter: Chapter, section: str) -> Iterator[Block]:
    if section in chapter.notes:
        yield Block(paragraphs=clean(chapter.notes[section]))


def _cells(column: ShownColumn, rows: pd.DataFrame, language: Language) -> list[str]:
    values, kinds = column.values(rows), written_as(column, rows)
    if column.low:
        ends = zip(
            values, rows[column.low].tolist(), rows[column.high].tolist(), kinds, strict=True
        )
        texts = [show_interval(v, low, high, kind, language) for v, low, high, kind in ends]
    elif column.high:
        bounds = zip(values, rows[column.high].tolist(), strict=True)
        texts = [show_range(low, high, column.shown, language) for low, high in bounds]
    else:
        texts = [show(value, kind, language) for value, kind in zip(values, kinds, strict=True)]
    if column.absent:
        texts = [
            column.absent if value is None or value != value else text
            for value, text in zip(values, texts, strict=True)
        ]
    return [clean_text(text) if column.is_long else tidy(text) for text in texts]
