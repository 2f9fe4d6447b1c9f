"""The chapter on culture as one page: what was measured, where it goes well and where it does not.

It computes nothing; it chooses what is pictured and in which order things are told.
"""

from collections.abc import Iterator, Mapping

import pandas as pd

from blijfwijzer.publish.blocks import Block, ShownTable, pairs, shown_table, tidy, titled, twin
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.cells import clean_text
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.culture_pictures import (
    PICTURED_ROWS,
    SIGNS,
    choose_units,
    picture_dimension,
    picture_heat,
    picture_reliability,
    picture_shares,
    picture_trend,
    picture_worrying,
)
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.report_page import render_sections
from blijfwijzer.publish.texts import in_sentence, number, say_verdict, show
from blijfwijzer.publish.workbook import write_sheets
from blijfwijzer.survey.codebook import Language

CULTURE_NOTHING = (
    "purpose.culture_groups",
    "purpose.culture_sure",
    "purpose.culture_cause",
    "purpose.culture_punish",
)
_SHEETS = (
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
    sheets = tuple(name for name in _SHEETS if name in chapter.tables)
    return write_sheets(chapter, sheets, CULTURE_NOTHING)


def what_block(chapter: Chapter, names: tuple[str, ...]) -> Block:
    """Say what it is not."""
    return Block(points=tuple(say(name, chapter.language) for name in names))


def read_blocks(chapter: Chapter) -> Iterator[Block]:
    """Say what was read."""
    caption = say("caption.facts", chapter.language)
    yield Block(table=shown_table(chapter, "lottery", caption, pairs(chapter.facts)))
    yield titled(chapter, "rejected")


def method_blocks(chapter: Chapter) -> Iterator[Block]:
    """Say how figures came about, and from what."""
    yield Block(paragraphs=tuple(clean_text(text) for text in chapter.method))
    caption = say("caption.provenance", chapter.language)
    yield Block(table=shown_table(chapter, "lottery", caption, pairs(chapter.provenance)))


def _measured(chapter: Chapter) -> Iterator[Block]:
    yield from read_blocks(chapter)
    caption = say("caption.scales", chapter.language)
    scales = chapter.rows("scales")
    if len(scales):
        yield Block(
            caption,
            paragraphs=(say("note.measured", chapter.language),),
            picture=picture_reliability(scales, caption, chapter.language),
            caption=caption,
            table=twin(chapter, "scales", caption, scales),
        )
    yield _folded(chapter, "items")
    yield _folded(chapter, "agreement")


def _climate(chapter: Chapter, levels: Mapping[str, str]) -> Iterator[Block]:
    language, climate = chapter.language, chapter.rows("climate")
    hidden = chapter.rows("hidden")
    dimensions = list(dict.fromkeys(climate["dimension"]))
    heat = say("note.heat", language, care=SIGNS["with care"], own=SIGNS["not comparable"])
    yield Block(paragraphs=(*chapter.notes.get("about_climate", ()), heat))
    for key, level in levels.items():
        cells = climate[climate["level"] == level]
        if cells.empty:
            continue
        away = hidden[hidden["level"] == level]
        units = choose_units(cells, away)
        caption = say("caption.heat", language, level=level)
        cut = _heat_cut(len(units), cells["group"].nunique(), len(away), language)
        drawn = cells[cells["group"].isin([group for group, _ in units])]
        yield Block(
            caption,
            paragraphs=cut,
            picture=picture_heat(cells, units, dimensions, caption, f"heat-{key}", language),
            caption=caption,
            table=_heat_twin(chapter, drawn, units, dimensions, caption),
        )
    yield from _dimensions(chapter, climate, dimensions, levels)
    yield _folded(chapter, "climate")


def _dimensions(
    chapter: Chapter, climate: pd.DataFrame, dimensions: list[str], levels: Mapping[str, str]
) -> Iterator[Block]:
    language = chapter.language
    level = next((name for name in levels.values() if name in set(climate["level"])), "")
    for place, dimension in enumerate(dimensions):
        rows = climate[climate["dimension"] == dimension]
        present = rows[rows["level"] == level]
        units = present.head(PICTURED_ROWS)
        whole = rows.loc[rows["level"] == say("group.everyone", language), "pooled"]
        everyone = number(whole.iloc[0]) if len(whole) else None
        caption = say("caption.dimension", language, dimension=dimension, level=in_sentence(level))
        if len(units):
            columns = [name for name in _TOLD_DIMENSIONS if name in units]
            yield Block(
                caption,
                paragraphs=_cut(len(units), len(present), language),
                picture=picture_dimension(units, everyone, caption, f"dimension-{place}", language),
                caption=caption,
                table=twin(chapter, "climate", caption, units[columns]),
            )


def _trend(chapter: Chapter) -> Iterator[Block]:
    language = chapter.language
    paragraphs = chapter.notes.get("about_trend", (say("note.no_trend", language),))
    changes = chapter.rows("trend")
    everyone = changes[changes["place"] == say("group.everyone", language)]
    if everyone.empty:
        yield Block(paragraphs=paragraphs)
        return
    caption = say("caption.trend", language)
    yield Block(
        paragraphs=paragraphs,
        picture=picture_trend(everyone, caption, language),
        caption=caption,
        table=twin(chapter, "trend", caption, everyone.drop(columns="place")),
    )
    rest = changes[changes["place"] != say("group.everyone", language)]
    if len(rest):
        caption = say("caption.all_trend", language, level=in_sentence(chapter.largest))
        yield Block(table=shown_table(chapter, "trend", caption, rest, is_open=False))
    if len(chapter.rows("mix")):
        yield Block(paragraphs=chapter.notes.get("about_mix", ()))
        yield titled(chapter, "mix")


def _worrying(chapter: Chapter, levels: Mapping[str, str]) -> Iterator[Block]:
    language, found = chapter.language, chapter.rows("worrying")
    yield Block(paragraphs=chapter.notes.get("about_worrying", ()))
    yield titled(chapter, "screened")
    if found.empty:
        yield Block(paragraphs=(say("note.none_worrying", language),))
    for key, level in levels.items():
        rows = found[found["level"] == level]
        if rows.empty:
            continue
        pair = rows[rows["is_screened"].astype(bool)].head(PICTURED_ROWS)
        caption = say("caption.worrying", language, level=level)
        counts = pair["group"].nunique(), rows["group"].nunique()
        yield Block(
            caption,
            paragraphs=_cut(*counts, language),
            picture=picture_worrying(pair, caption, f"worrying-{key}", language),
            caption=caption,
            table=twin(chapter, "worrying", caption, rows.drop(columns="level")),
        )
    for name in ("remedies", "worrying_drivers"):
        if name in chapter.tables and len(chapter.rows(name)):
            yield _explained(chapter, name)
    if len(chapter.rows("checks")):
        yield _explained(chapter, "checks")
        yield _folded(chapter, "pairs")
    if "about_pairs" in chapter.notes:
        # Where nothing could be checked, the reason stands under the heading of the checks.
        heading = "" if len(chapter.rows("checks")) else say("caption.how_well", language)
        yield Block(heading, paragraphs=chapter.notes["about_pairs"])


def _conduct(chapter: Chapter) -> Iterator[Block]:
    language, shares = chapter.language, chapter.rows("conduct")
    if shares.empty:
        yield Block(paragraphs=chapter.notes.get("about_conduct", (say("table.empty", language),)))
        return
    yield Block(paragraphs=(say("note.conduct", language),))
    everyone = shares[shares["by"] == say("group.everyone", language)]
    if len(everyone):
        caption = say("caption.conduct_all", language)
        yield Block(
            caption,
            picture=picture_shares(everyone, caption, language),
            caption=caption,
            table=twin(chapter, "conduct", caption, everyone.drop(columns=["by", "category"])),
        )
    yield _folded(chapter, "conduct")
    for name in ("conduct_changes", "conduct_links"):
        if len(chapter.rows(name)):
            yield titled(chapter, name)


def _compare(chapter: Chapter) -> Iterator[Block]:
    language, judged = chapter.language, chapter.rows("comparable")
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
        yield _folded(chapter, "comparable")
    yield _folded(chapter, "compared")


def _heat_twin(
    chapter: Chapter,
    cells: pd.DataFrame,
    units: list[tuple[str, str]],
    dimensions: list[str],
    caption: str,
) -> ShownTable:
    """Write the heat map as a table: a cell has its mean, mark and warning, or is not shown."""
    language = chapter.language
    told = {(row["group"], row["dimension"]): row for row in cells.to_dict("records")}

    def words(group: str, name: str) -> str:
        row = told.get((group, name))
        if row is None or number(row["pooled"]) is None:
            return say("value.not_shown", language)
        mean = show(row["pooled"], "decimal", language)
        marks = [row["all_mark"]] if row["all_mark"] in ("better", "worse") else []
        marks += [row["judgement"]] if row["judgement"] in SIGNS else []
        return ", ".join((mean, *(say_verdict(mark, language) for mark in marks)))

    heading = chapter.columns("climate")[1].heading(language)
    return ShownTable(
        say("table.twin", language, caption=caption),
        ((heading, False), *((tidy(name), True) for name in dimensions)),
        tuple(
            (tidy(label), *(words(group, name) for name in dimensions)) for group, label in units
        ),
    )


def _explained(chapter: Chapter, name: str) -> Block:
    """Show a table under its heading, after a sentence on how to read it."""
    language, caption = chapter.language, say(id_of("caption", name), chapter.language)
    table = shown_table(chapter, name, caption, chapter.rows(name))
    return Block(caption, paragraphs=(say(id_of("note", name), language),), table=table)


def _folded(chapter: Chapter, name: str) -> Block:
    caption = say(id_of("caption", name), chapter.language)
    rows = chapter.rows(name)
    if rows.empty:
        return Block(caption, paragraphs=(say("table.empty", chapter.language),))
    return Block(table=shown_table(chapter, name, caption, rows, is_open=False))


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
