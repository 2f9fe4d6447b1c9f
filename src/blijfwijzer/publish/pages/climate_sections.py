"""The sections of the page on culture that tell how it is in each unit, and how that changed."""

from collections.abc import Iterator

import pandas as pd

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.numbers import number
from blijfwijzer.publish.pages.blocks import Block, drawn, folded, noted, paragraph, titled
from blijfwijzer.publish.pages.culture_notes import WHY_EMPTY
from blijfwijzer.publish.pages.page_table import drawn_table, shown_table
from blijfwijzer.publish.pictures.culture_pictures import draw_dimension, draw_trend
from blijfwijzer.publish.pictures.heat import SIGNS, choose_units, heat_table
from blijfwijzer.publish.pictures.row_pictures import PICTURED_ROWS
from blijfwijzer.survey.texts import Message, Value, say

_TOLD_DIMENSIONS = (
    *("label", "pooled", "low", "high", "n", "reliability", "favourable", "grade", "judgement"),
)

_FEWEST_DRAWN = 2
"""Units that a picture compares, at least."""


def climate_blocks(chapter: Chapter) -> Iterator[Block]:
    """Show the means of units as a heat map for each level, and by dimension for the largest.

    A level of one unit is told in a sentence: its people are those of the level above.
    """
    climate, hidden = chapter.rows("climate"), chapter.rows("hidden")
    if climate.empty:
        yield paragraph("note.no_climate")
    heat = say("note.heat", care=SIGNS["with care"], own=SIGNS["not comparable"])
    yield Block(paragraphs=(*chapter.notes.get("about_climate", ()), heat))
    lone = _lone_levels(chapter, climate, hidden)
    if lone:
        yield Block(
            paragraphs=(
                Message("climate.lone", {"levels": tuple(map(str.lower, lone))}, len(lone)),
            )
        )
    for level in map(chapter.in_words, chapter.levels):
        cells, away = (rows[rows["level"] == level] for rows in (climate, hidden))
        if cells.empty or level in lone:
            continue
        units = choose_units(cells, away)
        caption = say("caption.heat", level=level)
        cut = _heat_cut(len(units), cells["group"].nunique(), len(away))
        table = heat_table(chapter, cells, units, caption)
        yield Block(caption, cut, caption=caption, table=table)
    if len(climate):
        yield Block(links=(("explore.html", say("short.more.explore")),))
    yield from _dimensions(chapter, climate)
    yield folded(chapter, "climate")


def _lone_levels(chapter: Chapter, climate: pd.DataFrame, hidden: pd.DataFrame) -> list[str]:
    """Name the levels of one unit, but for the smallest of all."""
    counts = climate.groupby("level")["group"].nunique()
    counts = counts.add(hidden.groupby("level").size(), fill_value=0)
    levels = [level for level in map(chapter.in_words, chapter.levels) if level in counts.index]
    return [level for level in levels[:-1] if counts[level] == 1]


def _dimensions(chapter: Chapter, climate: pd.DataFrame) -> Iterator[Block]:
    levels = map(chapter.in_words, chapter.levels)
    level = next((name for name in levels if name in set(climate["level"])), "")
    if climate.loc[climate["level"] == level, "group"].nunique() < _FEWEST_DRAWN:
        return
    for dimension, rows in climate.groupby("dimension", sort=False):
        present = rows[rows["level"] == level]
        units = present.head(PICTURED_ROWS)
        whole = rows.loc[rows["level"] == chapter.everyone, "pooled"]
        everyone = number(whole.iloc[0]) if len(whole) else None
        caption = say("caption.dimension", dimension=str(dimension), level=level)
        if len(units):
            columns = [name for name in _TOLD_DIMENSIONS if name in units]
            drawing = draw_dimension(units, everyone, caption)
            cut = cut_note(len(units), len(present))
            yield drawn(chapter, "climate", units[columns], drawing, caption, cut)


def trend_blocks(chapter: Chapter) -> Iterator[Block]:
    """Show how means changed since the wave before, of everyone and of the largest units."""
    changes = chapter.rows("trend")
    is_whole = changes["place"] == chapter.everyone
    everyone, rest = changes[is_whole], changes[~is_whole]
    told = noted(chapter, "about_trend", "note.no_trend")
    if everyone.empty:
        yield told
        if "about_trend" in chapter.notes:
            yield from why_empty(chapter)
    else:
        caption = say("caption.trend")
        drawing = draw_trend(everyone, caption)
        table = drawn_table(chapter, "trend", everyone.drop(columns="place"), drawing)
        yield Block(paragraphs=told.paragraphs, caption=caption, table=table)
    if len(rest):
        caption = say("caption.all_trend", level=chapter.largest)
        yield Block(table=shown_table(chapter, "trend", caption, rest, is_open=False))
    if chapter.has("mix"):
        yield noted(chapter, "about_mix")
        yield titled(chapter, "mix")


def why_empty(chapter: Chapter) -> Iterator[Block]:
    """Say why figures of everyone are not there, where they may not be told."""
    if WHY_EMPTY in chapter.notes:
        yield noted(chapter, WHY_EMPTY)


def cut_note(shown: int, count: int) -> tuple[Value, ...]:
    """Say how many units are drawn, where that is not all of them."""
    return () if shown == count else (say("note.drawn_units", shown=shown, all=count),)


def _heat_cut(drawn: int, told: int, hidden: int) -> tuple[Value, ...]:
    """Say which units a heat map leaves out, where it has no room for all."""
    texts: list[Value] = []
    if drawn < told + hidden and drawn < told:
        texts.append(say("note.heat_cut", shown=drawn, all=told))
    if drawn < told + hidden and hidden:
        texts.append(say("note.heat_hidden", hidden=hidden))
    return tuple(texts)
