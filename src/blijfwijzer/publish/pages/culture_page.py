"""The chapter on culture as one page: what was measured, where it goes well and where it does not.

It computes nothing; it chooses what is pictured and in which order things are told.
"""

from collections.abc import Iterator

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.pages.blocks import (
    Block,
    drawn,
    folded,
    method_blocks,
    paragraph,
    points,
    read_blocks,
    register_blocks,
    titled,
)
from blijfwijzer.publish.pages.climate_sections import climate_blocks, trend_blocks, why_empty
from blijfwijzer.publish.pages.concern_sections import conduct_blocks, worrying_blocks
from blijfwijzer.publish.pages.culture_notes import WHY_EMPTY
from blijfwijzer.publish.pages.page import render_sections
from blijfwijzer.publish.pages.page_table import shown_table
from blijfwijzer.publish.pictures.culture_pictures import draw_reliability
from blijfwijzer.publish.tables.benchmark_tables import say_means
from blijfwijzer.survey.texts import say

CULTURE_NOTHING = (
    "purpose.culture_groups",
    "purpose.culture_sure",
    "purpose.culture_cause",
    "purpose.culture_punish",
)
SHEETS = (
    *(
        "climate",
        "beside_means",
        "trend",
        "mix",
        "worrying",
        "screened",
        "checks",
        "pairs",
        "worrying_drivers",
    ),
    *("remedies", "conduct", "conduct_changes", "conduct_links", "scales", "items", "agreement"),
    *("comparable", "compared", "response", "moved_climate", "withheld", "rejected"),
)


def render_climate(chapter: Chapter) -> bytes:
    """Write the chapter as HTML."""
    return render_sections(
        chapter,
        {
            "culture_what": [points(CULTURE_NOTHING)],
            "climate": climate_blocks(chapter),
            **({"beside": _beside(chapter)} if chapter.has("beside_means") else {}),
            "trend": trend_blocks(chapter),
            "worrying": worrying_blocks(chapter),
            "conduct": conduct_blocks(chapter),
            "measured": _measured(chapter),
            "compare": _compare(chapter),
            "withheld": [paragraph("note.withheld"), titled(chapter, "withheld")],
            "method": method_blocks(chapter),
        },
    )


def write_climate_workbook(chapter: Chapter) -> bytes:
    """Write the chapter's tables as .xlsx."""
    # Imported when used, as openpyxl takes a tenth of a second.
    from blijfwijzer.publish.files.workbook import write_sheets

    return write_sheets(chapter, SHEETS, CULTURE_NOTHING)


def _measured(chapter: Chapter) -> Iterator[Block]:
    yield from read_blocks(chapter)
    yield from why_empty(chapter)
    scales, caption = chapter.rows("scales"), say("caption.scales")
    if len(scales):
        drawing, told = draw_reliability(scales, caption), (say("note.measured"),)
        yield drawn(chapter, "scales", scales, drawing, caption, told)
    yield folded(chapter, "items")
    yield folded(chapter, "agreement")
    yield from register_blocks(chapter, "moved_climate")


def _beside(chapter: Chapter) -> Iterator[Block]:
    """Stand beside others of one's kind, and say where the difference is sure."""
    yield Block(paragraphs=(*say_means(chapter), say("note.beside")))
    yield titled(chapter, "beside_means")


def _compare(chapter: Chapter) -> Iterator[Block]:
    judged = chapter.rows("comparable")
    yield from why_empty(chapter)
    if judged.empty and WHY_EMPTY in chapter.notes:
        return
    counts = judged["judgement"].value_counts()
    gate = say(
        "note.gate",
        shown=int(counts.get("comparable", 0)),
        care=int(counts.get("with care", 0)),
        withheld=int(counts.get("not comparable", 0)),
    )
    yield Block(paragraphs=(say("note.compare"), gate))
    some = judged[judged["judgement"] != "comparable"]
    if len(some):
        caption = say("caption.comparable")
        yield Block(caption, table=shown_table(chapter, "comparable", caption, some))
    else:
        yield folded(chapter, "comparable")
    yield folded(chapter, "compared")
