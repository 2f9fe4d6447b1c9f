"""The chapter on the policy's claims: a page and a workbook."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from blijfwijzer.claims.verdicts import VERDICTS
from blijfwijzer.disclosure.release import pick
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.check_texts import tell_warnings
from blijfwijzer.publish.claim_findings import ClaimFindings
from blijfwijzer.publish.facts import facts, origin_facts, say_pack, shown_rejected, survey_title
from blijfwijzer.publish.method import claims_method
from blijfwijzer.publish.pages.blocks import (
    Block,
    method_blocks,
    points,
    read_blocks,
    register_blocks,
)
from blijfwijzer.publish.pages.page import render_sections
from blijfwijzer.publish.pages.page_table import drawn_table, shown_table, tidy
from blijfwijzer.publish.pictures.claim_picture import choose_drawn, draw_estimates
from blijfwijzer.publish.tables.claim_tables import clear_shown_estimates, clear_verdicts
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.tables.register_tables import clear_response, say_register
from blijfwijzer.survey.texts import Message, Value, say

CLAIMS_NOTHING = ("purpose.claims_here", "purpose.claims_fixed", "purpose.culture_cause")
_ELSEWHERE = ["family", "criterion", "effect", "effect_size"]
"""Columns that the overview leaves out: its headings and reasons say the same."""
SHEETS = ("verdicts", "estimates", "response", "rejected")
_UNTESTABLE = "not testable"


def claims_chapter(findings: ClaimFindings, origin: dict[str, str], wave: str) -> Chapter:
    """Clear verdicts and estimates and gather them."""
    verdicts, language = clear_verdicts(findings), findings.edge.language
    said = ("verdict", "family", "statement", "reason", "effect", "criterion")
    source = {"outcome": "verdict", **{name: f"{name}_{language}" for name in said}}
    columns = {
        table: {name: source.get(name, name) for name in TABLES[table].names}
        for table in ("verdicts", "untestable")
    }
    untestable = np.flatnonzero(verdicts.frame["verdict"] == _UNTESTABLE)
    return Chapter(
        language=language,
        title=say("title.claims"),
        survey=survey_title(wave, findings.codebook),
        facts=facts(findings.counts()),
        tables={
            "verdicts": pick(verdicts, columns["verdicts"]),
            "untestable": pick(verdicts, columns["untestable"], untestable),
            "estimates": clear_shown_estimates(findings),
            "response": clear_response(findings.register, findings.codebook, findings.edge),
            "rejected": shown_rejected(findings.intake.rejected, findings.codebook, findings.edge),
        },
        method=(*say_pack(origin), *claims_method(findings.settings)),
        provenance=origin_facts(origin, wave),
        warnings=(*findings.warned, *tell_warnings(findings.intake.remarks, findings.settings)),
        notes={"register": tuple(_say_register(findings))},
    )


def _say_register(findings: ClaimFindings) -> Iterator[Message]:
    """Say who responded by a register, and which claims stand or fall by its margins."""
    yield from say_register(findings.register, findings.settings.margins.largest_factor)
    told = [
        v for v in findings.verdicts if findings.shown.tells(v) and v.claim.id in findings.plain
    ]
    other = tuple(v.claim.id for v in told if v.verdict != findings.plain[v.claim.id])
    if other:
        yield Message("register.claims_other", {"names": other}, len(other))
    elif told:
        yield say("register.claims_same")


def render_claims(chapter: Chapter) -> bytes:
    """Write the chapter as HTML."""
    return render_sections(
        chapter,
        {
            "culture_what": [points(CLAIMS_NOTHING)],
            "verdicts": _verdicts(chapter),
            "each_claim": _each(chapter),
            "read": [*read_blocks(chapter), *register_blocks(chapter)],
            "method": method_blocks(chapter),
        },
    )


def write_claims_workbook(chapter: Chapter) -> bytes:
    """Write the chapter's tables as .xlsx."""
    # Imported when used, as openpyxl takes a tenth of a second.
    from blijfwijzer.publish.files.workbook import write_sheets

    return write_sheets(chapter, SHEETS, CLAIMS_NOTHING)


def _verdicts(chapter: Chapter) -> Iterator[Block]:
    rows = chapter.rows("verdicts")
    counts = rows["outcome"].value_counts()
    of_each = {name.replace(" ", "_"): int(counts.get(name, 0)) for name in VERDICTS}
    yield Block(paragraphs=(say("note.verdicts", **of_each), say("note.overview")))
    looks = {row["verdict"]: _look(row["outcome"]) for row in rows.to_dict("records")}
    for family, own in rows[rows["outcome"] != _UNTESTABLE].groupby("family", sort=False):
        table = shown_table(chapter, "verdicts", str(family), own.drop(columns=_ELSEWHERE))
        yield Block(str(family), table=replace(table, looks=looks, is_whole=True))
    missing = chapter.rows("untestable")
    if len(missing):
        caption = say("caption.untestable")
        table = shown_table(chapter, "untestable", caption, missing)
        yield Block(caption, look=_look(_UNTESTABLE), table=replace(table, is_whole=True))


def _look(outcome: object) -> str:
    """Give the sign of a verdict, as the page's style names it."""
    return str(outcome).replace(" ", "-")


def _each(chapter: Chapter) -> Iterator[Block]:
    """Tell each claim that was tested, by family; of others there is no more than was said."""
    rows = chapter.rows("verdicts")
    for family, own in rows[rows["outcome"] != _UNTESTABLE].groupby("family", sort=False):
        yield Block(str(family))
        for row in own.to_dict("records"):
            yield _one(chapter, row)


def _one(chapter: Chapter, row: dict[Any, Any]) -> Block:
    estimates = chapter.rows("estimates")
    claim, look = str(row["claim"]), _look(row["outcome"])
    heading = say("caption.claim", claim=claim, verdict=row["verdict"])
    paragraphs: tuple[Value, ...] = (
        str(row["statement"]),
        say("note.reason", verdict=row["verdict"], reason=row["reason"]),
        say("note.criterion", criterion=row["criterion"]),
    )
    own = estimates[estimates["claim"] == claim].drop(columns="claim")
    main = chapter.in_words(say("estimate.main"))
    drawn = choose_drawn(own, main)
    if drawn.empty:
        return Block(heading, paragraphs, level=4, look=look)
    if len(drawn) < len(own):
        measure = drawn["measure"].iloc[0]
        cut = say("note.drawn", shown=len(drawn), all=len(own), measure=measure)
        paragraphs = (*paragraphs, cut)
    caption = say("caption.claim_estimates", claim=tidy(claim))
    drawing = draw_estimates(own, drawn, main, caption)
    table = drawn_table(chapter, "estimates", own, drawing)
    return Block(heading, paragraphs, caption=caption, table=table, level=4, look=look)
