"""The chapter on culture as one page: what was measured, where it goes well and where it does not.

It computes nothing; it chooses what is pictured and in which order things are told.
"""

from collections.abc import Iterator, Mapping

import pandas as pd

from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.culture_notes import WHY_EMPTY
from blijfwijzer.publish.culture_pictures import (
    SIGNS,
    choose_units,
    draw_dimension,
    draw_reliability,
    draw_shares,
    draw_trend,
    draw_worrying,
    show_heat,
)
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.page import (
    Block,
    Chapter,
    PageTable,
    drawn_table,
    folded,
    method_blocks,
    read_blocks,
    render_sections,
    shown_table,
    titled,
    what_block,
)
from blijfwijzer.publish.pictures import PICTURED_ROWS
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.texts import in_sentence, number
from blijfwijzer.publish.workbook import write_sheets
from blijfwijzer.survey.codebook import Language

CULTURE_NOTHING = (
    "purpose.culture_groups",
    "purpose.culture_sure",
    "purpose.culture_cause",
    "purpose.culture_punish",
)
SHEETS = (
    *("climate", "trend", "mix", "worrying", "screened", "checks", "pairs", "worrying_drivers"),
    *("remedies", "conduct", "conduct_changes", "conduct_links", "scales", "items", "agreement"),
    *("comparable", "compared", "withheld", "rejected"),
)
_TOLD_DIMENSIONS = (
    *("label", "pooled", "low", "high", "n", "reliability", "favourable", "grade", "judgement"),
)


def render_climate(chapter: Chapter, levels: Mapping[str, str]) -> bytes:
    """Write the chapter as HTML.

    Parameters
    ----------
    levels : unit levels from large to small, each with what it is called in the tables
    """
    return render_sections(
        chapter,
        {
            "culture_what": [what_block(chapter, CULTURE_NOTHING)],
            "measured": list(_measured(chapter)),
            "climate": list(_climate(chapter, levels)),
            "trend": list(_trend(chapter)),
            "worrying": list(_worrying(chapter, levels)),
            "conduct": list(_conduct(chapter)),
            "compare": list(_compare(chapter)),
            "withheld": [
                Block(paragraphs=(say("note.withheld", chapter.language),)),
                titled(chapter, "withheld"),
            ],
            "method": list(method_blocks(chapter)),
        },
    )


def write_climate_workbook(chapter: Chapter) -> bytes:
    """Write the chapter's tables as .xlsx."""
    return write_sheets(chapter, SHEETS, CULTURE_NOTHING)


def _measured(chapter: Chapter) -> Iterator[Block]:
    yield from read_blocks(chapter)
    yield from _why_empty(chapter)
    caption = say("caption.scales", chapter.language)
    scales = chapter.rows("scales")
    if len(scales):
        drawing = draw_reliability(scales, caption, chapter.language)
        table = drawn_table(chapter, "scales", scales, drawing)
        yield Block(
            caption, (say("note.measured", chapter.language),), caption=caption, table=table
        )
    yield folded(chapter, "items")
    yield folded(chapter, "agreement")


def _climate(chapter: Chapter, levels: Mapping[str, str]) -> Iterator[Block]:
    language, climate = chapter.language, chapter.rows("climate")
    hidden = chapter.rows("hidden")
    if climate.empty:
        yield Block(paragraphs=(say("note.no_climate", language),))
    dimensions = list(dict.fromkeys(climate["dimension"]))
    heat = say("note.heat", language, care=SIGNS["with care"], own=SIGNS["not comparable"])
    yield Block(paragraphs=(*chapter.notes.get("about_climate", ()), heat))
    for level in levels.values():
        cells = climate[climate["level"] == level]
        if cells.empty:
            continue
        away = hidden[hidden["level"] == level]
        units = choose_units(cells, away)
        caption = say("caption.heat", language, level=level)
        cut = _heat_cut(len(units), cells["group"].nunique(), len(away), language)
        yield Block(
            caption, cut, caption=caption, table=_heat(chapter, cells, units, dimensions, caption)
        )
    yield from _dimensions(chapter, climate, dimensions, levels)
    yield folded(chapter, "climate")


def _dimensions(
    chapter: Chapter, climate: pd.DataFrame, dimensions: list[str], levels: Mapping[str, str]
) -> Iterator[Block]:
    language = chapter.language
    level = next((name for name in levels.values() if name in set(climate["level"])), "")
    for dimension in dimensions:
        rows = climate[climate["dimension"] == dimension]
        present = rows[rows["level"] == level]
        units = present.head(PICTURED_ROWS)
        whole = rows.loc[rows["level"] == say("group.everyone", language), "pooled"]
        everyone = number(whole.iloc[0]) if len(whole) else None
        caption = say("caption.dimension", language, dimension=dimension, level=in_sentence(level))
        if len(units):
            columns = [name for name in _TOLD_DIMENSIONS if name in units]
            drawing = draw_dimension(units, everyone, caption, language)
            table = drawn_table(chapter, "climate", units[columns], drawing)
            cut = _cut(len(units), len(present), language)
            yield Block(caption, cut, caption=caption, table=table)


def _trend(chapter: Chapter) -> Iterator[Block]:
    language = chapter.language
    paragraphs = chapter.notes.get("about_trend", (say("note.no_trend", language),))
    changes = chapter.rows("trend")
    everyone = changes[changes["place"] == say("group.everyone", language)]
    if everyone.empty:
        yield Block(paragraphs=paragraphs)
        if "about_trend" in chapter.notes:
            yield from _why_empty(chapter)
    else:
        caption = say("caption.trend", language)
        drawing = draw_trend(everyone, caption, language)
        table = drawn_table(chapter, "trend", everyone.drop(columns="place"), drawing)
        yield Block(paragraphs=paragraphs, caption=caption, table=table)
    rest = changes[changes["place"] != say("group.everyone", language)]
    if len(rest):
        caption = say("caption.all_trend", language, level=in_sentence(chapter.largest))
        yield Block(table=shown_table(chapter, "trend", caption, rest, is_open=False))
    if chapter.has("mix"):
        yield Block(paragraphs=chapter.notes.get("about_mix", ()))
        yield titled(chapter, "mix")


def _worrying(chapter: Chapter, levels: Mapping[str, str]) -> Iterator[Block]:
    language, found = chapter.language, chapter.rows("worrying")
    yield Block(paragraphs=chapter.notes.get("about_worrying", ()))
    yield titled(chapter, "screened")
    if found.empty:
        yield Block(paragraphs=(say("note.none_worrying", language),))
    for level in levels.values():
        rows = found[found["level"] == level]
        if rows.empty:
            continue
        pair = rows[rows["is_screened"].astype(bool)].head(PICTURED_ROWS)
        caption = say("caption.worrying", language, level=level)
        counts = pair["group"].nunique(), rows["group"].nunique()
        drawing = draw_worrying(rows, pair, caption, language)
        table = drawn_table(chapter, "worrying", rows.drop(columns="level"), drawing)
        yield Block(caption, _cut(*counts, language), caption=caption, table=table)
    for name in ("remedies", "worrying_drivers"):
        if chapter.has(name):
            yield _explained(chapter, name)
    if chapter.has("checks"):
        yield _explained(chapter, "checks")
        yield folded(chapter, "pairs")
    if "about_pairs" in chapter.notes:
        # Where nothing could be checked, the reason stands under the heading of the checks.
        heading = "" if chapter.has("checks") else say("caption.how_well", language)
        yield Block(heading, paragraphs=chapter.notes["about_pairs"])


def _conduct(chapter: Chapter) -> Iterator[Block]:
    language, shares = chapter.language, chapter.rows("conduct")
    if shares.empty:
        why = chapter.notes.get("about_conduct", (say("note.no_conduct", language),))
        yield Block(paragraphs=why)
        return
    yield Block(paragraphs=(say("note.conduct", language),))
    everyone = shares[shares["by"] == say("group.everyone", language)]
    if len(everyone):
        caption = say("caption.conduct_all", language)
        drawing = draw_shares(everyone, caption, language)
        whole = everyone.drop(columns=["by", "category"])
        table = drawn_table(chapter, "conduct", whole, drawing)
        yield Block(caption, caption=caption, table=table)
    yield folded(chapter, "conduct")
    for name in ("conduct_changes", "conduct_links"):
        if chapter.has(name):
            yield titled(chapter, name)


def _compare(chapter: Chapter) -> Iterator[Block]:
    language, judged = chapter.language, chapter.rows("comparable")
    yield from _why_empty(chapter)
    if judged.empty and WHY_EMPTY in chapter.notes:
        return
    counts = judged["judgement"].value_counts()
    gate = say(
        "note.gate",
        language,
        shown=int(counts.get("comparable", 0)),
        care=int(counts.get("with care", 0)),
        withheld=int(counts.get("not comparable", 0)),
    )
    yield Block(paragraphs=(say("note.compare", language), gate))
    some = judged[judged["judgement"] != "comparable"]
    if len(some):
        caption = say("caption.comparable", language)
        yield Block(caption, table=shown_table(chapter, "comparable", caption, some))
    else:
        yield folded(chapter, "comparable")
    yield folded(chapter, "compared")


def _why_empty(chapter: Chapter) -> Iterator[Block]:
    """Say why figures of everyone are not there, where they may not be told."""
    if WHY_EMPTY in chapter.notes:
        yield Block(paragraphs=chapter.notes[WHY_EMPTY])


def _heat(
    chapter: Chapter,
    cells: pd.DataFrame,
    units: list[tuple[str, str]],
    dimensions: list[str],
    caption: str,
) -> PageTable:
    """Show units by dimensions.

    Parameters
    ----------
    cells : rows of `climate`: group, dimension, pooled, all_mark, judgement
    units : id and label, in order; one that has no row in `cells` is withheld
    """
    known = {(row["group"], row["dimension"]): row for row in cells.to_dict("records")}
    label = next(c for c in chapter.table("climate").columns if c.name == "label")
    header = (chapter.heading(label), *dimensions)
    rows = {
        group: (name, [known.get((group, dimension)) for dimension in dimensions])
        for group, name in units
    }
    return show_heat(list(rows.values()), header, caption, chapter.language)


def _explained(chapter: Chapter, name: str) -> Block:
    """Show a table under its heading, after a sentence on how to read it."""
    language, caption = chapter.language, say(TABLES[name].caption, chapter.language)
    table = shown_table(chapter, name, caption, chapter.rows(name))
    return Block(caption, paragraphs=(say(id_of("note", name), language),), table=table)


def _heat_cut(drawn: int, told: int, hidden: int, language: Language) -> tuple[str, ...]:
    """Say which units a heat map leaves out, where it has no room for all."""
    texts = []
    if drawn < told + hidden and drawn < told:
        texts.append(say("note.heat_cut", language, shown=drawn, all=told))
    if drawn < told + hidden and hidden:
        texts.append(say("note.heat_hidden", language, hidden=hidden))
    return tuple(texts)


def _cut(shown: int, count: int, language: Language) -> tuple[str, ...]:
    """Say how many units are drawn, where that is not all of them."""
    return () if shown == count else (say("note.drawn_units", language, shown=shown, all=count),)
