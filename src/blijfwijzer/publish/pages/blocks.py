"""Blocks of which the sections of a page are made."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.pages.page_table import PageTable, drawn_table, facts_table, shown_table
from blijfwijzer.publish.pictures.marks import Drawing
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.texts import Value, say

OPEN_ROWS = 200
"""A table that is not drawn and has more rows is folded."""


@dataclass(frozen=True)
class Block:
    """A part of a section, in the order of its fields; `level` and `look` are about its heading."""

    heading: Value = ""
    paragraphs: tuple[Value, ...] = ()
    points: tuple[Value, ...] = ()
    picture: Markup | None = None
    caption: Value = ""
    """Of what is drawn."""
    table: PageTable | None = None
    level: int = 3
    """Of the heading; that of a section is 2."""
    look: str = ""
    """Of the heading's sign, as the page's style names it."""
    links: tuple[tuple[str, Value], ...] = ()
    """Addresses of what tells more, such as `#method`, and what the link to each says."""

    @property
    def is_figure(self) -> bool:
        """Whether it has something drawn."""
        has_signs = self.table is not None and bool(self.table.drawn or self.table.legend)
        return self.picture is not None or has_signs


def paragraph(name: str) -> Block:
    """Say one sentence."""
    return Block(paragraphs=(say(name),))


def points(names: tuple[str, ...]) -> Block:
    """List sentences, such as what a page is and what it is not."""
    return Block(points=tuple(map(say, names)))


def noted(chapter: Chapter, name: str, otherwise: str = "") -> Block:
    """Give the notes of a name, or a sentence where there are none."""
    instead = (say(otherwise),) if otherwise else ()
    return Block(paragraphs=chapter.notes.get(name, instead))


def drawn(
    chapter: Chapter,
    name: str,
    rows: pd.DataFrame,
    drawing: Drawing,
    caption: Value,
    paragraphs: tuple[Value, ...] = (),
) -> Block:
    """Show a table with what is drawn of its rows, under its own heading."""
    table = drawn_table(chapter, name, rows, drawing)
    return Block(caption, paragraphs, caption=caption, table=table)


def titled(chapter: Chapter, name: str, is_foldable: bool = False, caption: str = "") -> Block:
    """Show a table under its own heading, or that of another text."""
    heading, rows = say(caption or TABLES[name].caption), chapter.rows(name)
    if rows.empty:
        return Block(heading, (say("table.empty"),))
    is_open = not is_foldable or len(rows) <= OPEN_ROWS
    return Block(heading, table=shown_table(chapter, name, heading, rows, is_open))


def folded(chapter: Chapter, name: str) -> Block:
    """Show a table that opens when it is asked for."""
    caption = say(TABLES[name].caption)
    if not chapter.has(name):
        return Block(caption, (say("table.empty"),))
    return Block(table=shown_table(chapter, name, caption, chapter.rows(name), is_open=False))


def present(chapter: Chapter, *names: str) -> Iterator[Block]:
    """Show those of some tables that are there, each under its own heading."""
    return (titled(chapter, name) for name in names if chapter.has(name))


def read_blocks(chapter: Chapter) -> Iterator[Block]:
    """Say what was read."""
    yield Block(table=facts_table(chapter, "caption.facts", chapter.facts))
    if chapter.has("rejected"):
        yield titled(chapter, "rejected")
    else:
        # Reasons of few forms are told of nobody, so that "none" would be untrue.
        yield Block(say(TABLES["rejected"].caption), (say("note.no_reasons"),))


def register_blocks(chapter: Chapter, *moved: str) -> Iterator[Block]:
    """Say who responded by a register, and what its margins change.

    Parameters
    ----------
    moved : tables that tell how far figures moved
    """
    notes = chapter.notes.get("register")
    if not notes:
        return
    yield Block(say("heading.register"), notes)
    yield from present(chapter, "response")
    if moved:
        yield paragraph("note.moved")
        yield from present(chapter, *moved)


def method_blocks(chapter: Chapter) -> Iterator[Block]:
    """Say how figures came about, and from what."""
    yield Block(paragraphs=chapter.method)
    yield Block(table=facts_table(chapter, "caption.provenance", chapter.provenance))
