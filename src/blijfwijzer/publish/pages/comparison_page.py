"""The page that holds two models against each other."""

from collections.abc import Iterable

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.pages.blocks import Block, paragraph, points, present, read_blocks
from blijfwijzer.publish.pages.page import render_sections
from blijfwijzer.publish.pages.page_table import facts_table

_PURPOSE = ("compare.what", "compare.association", "compare.decides")


def render_comparison(chapter: Chapter) -> bytes:
    """Write the page: which models, which is better, what drives each, what would change."""
    sections: dict[str, Iterable[Block]] = {
        "what": [points(_PURPOSE), *present(chapter, "compared_models")],
        "compared": [
            *_of(chapter, "compared_measures", "compare.measures"),
            *_of(chapter, "compared_calibration", "compare.calibration"),
        ],
        "contributions": _of(chapter, "compared_drivers", "compare.drivers"),
        "changes": present(chapter, "compared_groups"),
        "rivals": _of(chapter, "compared_gaps", "compare.gaps") or [paragraph("compare.no_gaps")],
        "read": read_blocks(chapter),
        "provenance": [Block(table=facts_table(chapter, "caption.provenance", chapter.provenance))],
    }
    return render_sections(chapter, sections)


def _of(chapter: Chapter, table: str, note: str) -> list[Block]:
    """Show a table under what is to be known to read it; nothing where it is not there."""
    blocks = list(present(chapter, table))
    return [paragraph(note), *blocks] if blocks else []
