"""The sections of the page on culture about worrying units and unwanted behaviour."""

from collections.abc import Iterator

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pages.blocks import Block, drawn, folded, noted, paragraph, present, titled
from blijfwijzer.publish.pages.climate_sections import cut_note
from blijfwijzer.publish.pages.page_table import shown_table
from blijfwijzer.publish.pictures.culture_pictures import draw_shares, draw_worrying
from blijfwijzer.publish.pictures.row_pictures import PICTURED_ROWS
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.texts import say


def worrying_blocks(chapter: Chapter) -> Iterator[Block]:
    """Show the units with a worrying culture, what helps, and how well that list is made."""
    found = chapter.rows("worrying")
    yield noted(chapter, "about_worrying")
    yield titled(chapter, "screened")
    if found.empty:
        yield paragraph("note.none_worrying")
    for level in map(chapter.in_words, chapter.levels):
        rows = found[found["level"] == level]
        if rows.empty:
            continue
        pair = rows[rows["is_screened"].astype(bool)].head(PICTURED_ROWS)
        caption = say("caption.worrying", level=level)
        cut = cut_note(pair["group"].nunique(), rows["group"].nunique())
        drawing = draw_worrying(rows, pair, caption)
        yield drawn(chapter, "worrying", rows.drop(columns="level"), drawing, caption, cut)
    for name in ("remedies", "worrying_drivers", "checks"):
        if chapter.has(name):
            yield _explained(chapter, name)
    if chapter.has("checks"):
        yield folded(chapter, "pairs")
    if "about_pairs" in chapter.notes:
        # Where nothing could be checked, the reason stands under the heading of the checks.
        heading = "" if chapter.has("checks") else say("caption.how_well")
        yield Block(heading, chapter.notes["about_pairs"])


def conduct_blocks(chapter: Chapter) -> Iterator[Block]:
    """Show how common unwanted behaviour is, its change, and what goes with it."""
    shares = chapter.rows("conduct")
    if shares.empty:
        yield noted(chapter, "about_conduct", "note.no_conduct")
        return
    yield paragraph("note.conduct")
    everyone = shares[shares["by"] == chapter.everyone]
    if len(everyone):
        caption = say("caption.conduct_all")
        drawing = draw_shares(everyone, caption)
        whole = everyone.drop(columns=["by", "category"])
        yield drawn(chapter, "conduct", whole, drawing, caption)
    yield folded(chapter, "conduct")
    yield from present(chapter, "conduct_changes", "conduct_links")


def _explained(chapter: Chapter, name: str) -> Block:
    """Show a table under its heading, after a sentence on how to read it."""
    caption = say(TABLES[name].caption)
    table = shown_table(chapter, name, caption, chapter.rows(name))
    return Block(caption, (say(id_of("note", name)),), table=table)
