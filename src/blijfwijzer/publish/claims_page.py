"""The chapter on the policy's claims: a page and a workbook."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.claims.verdicts import VERDICTS
from blijfwijzer.disclosure.release import pick
from blijfwijzer.publish.claim_tables import ClaimFindings, clear_claims, clear_shown_estimates
from blijfwijzer.publish.culture_pictures import draw_estimates
from blijfwijzer.publish.facts import facts, origin_facts, shown_rejected
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.method import claims_method
from blijfwijzer.publish.page import (
    Block,
    Chapter,
    drawn_table,
    method_blocks,
    read_blocks,
    render_sections,
    shown_table,
    tidy,
    what_block,
)
from blijfwijzer.publish.texts import number, write
from blijfwijzer.publish.workbook import write_sheets
from blijfwijzer.survey.remarks import warnings_of

CLAIMS_NOTHING = ("purpose.claims_here", "purpose.claims_fixed", "purpose.culture_cause")
SHEETS = ("verdicts", "estimates", "rejected")
_UNTESTABLE = "not testable"
_NOT_DRAWN = ("rank", "chance")


def claims_chapter(findings: ClaimFindings, origin: dict[str, str], wave: str) -> Chapter:
    """Clear verdicts and estimates and gather them."""
    language = findings.settings.language
    verdicts, _ = clear_claims(findings)
    return Chapter(
        language=language,
        title=say("title.claims", language),
        survey=say(
            "title.survey",
            language,
            wave=wave,
            codebook=findings.codebook.survey.label.in_(language),
        ),
        facts=facts(findings.counts(), language),
        tables={
            "verdicts": pick(
                verdicts,
                {
                    **{"claim": "claim", "family": f"family_{language}"},
                    **{"statement": f"statement_{language}", "outcome": "verdict"},
                    **{"verdict": f"verdict_{language}", "reason": f"reason_{language}"},
                    **{"effect": f"effect_{language}", "effect_size": "effect_size"},
                    "criterion": f"criterion_{language}",
                },
            ),
            "untestable": pick(
                verdicts,
                {
                    **{"claim": "claim", "statement": f"statement_{language}"},
                    "reason": f"reason_{language}",
                },
                np.flatnonzero(verdicts.frame["verdict"] == _UNTESTABLE),
            ),
            "estimates": clear_shown_estimates(findings),
            "rejected": shown_rejected(
                findings.intake.rejected, findings.codebook, findings.settings
            ),
        },
        method=claims_method(findings.settings, language),
        provenance=origin_facts(origin, wave, language),
        warnings=tuple(write(w, language) for w in warnings_of(findings.intake.remarks)),
    )


def render_claims(chapter: Chapter) -> bytes:
    """Write the chapter as HTML."""
    return render_sections(
        chapter,
        {
            "culture_what": [what_block(chapter, CLAIMS_NOTHING)],
            "verdicts": list(_verdicts(chapter)),
            "each_claim": list(_each(chapter)),
            "read": list(read_blocks(chapter)),
            "method": list(method_blocks(chapter)),
        },
    )


def write_claims_workbook(chapter: Chapter) -> bytes:
    """Write the chapter's tables as .xlsx."""
    return write_sheets(chapter, SHEETS, CLAIMS_NOTHING)


def _verdicts(chapter: Chapter) -> Iterator[Block]:
    language, rows = chapter.language, chapter.rows("verdicts")
    counts = rows["outcome"].value_counts()
    of_each = {name.replace(" ", "_"): int(counts.get(name, 0)) for name in VERDICTS}
    yield Block(
        paragraphs=(say("note.verdicts", language, **of_each), say("note.overview", language))
    )
    tested = rows[rows["outcome"] != _UNTESTABLE]
    looks = {row["verdict"]: _look(row["outcome"]) for row in rows.to_dict("records")}
    for family, own in tested.groupby("family", sort=False):
        table = shown_table(
            chapter, "verdicts", str(family), own.drop(columns=["family", "criterion"])
        )
        yield Block(str(family), table=replace(table, looks=looks, is_whole=True))
    missing = chapter.rows("untestable")
    if len(missing):
        caption = say("caption.untestable", language)
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
    language, estimates = chapter.language, chapter.rows("estimates")
    claim, look = str(row["claim"]), _look(row["outcome"])
    heading = say("caption.claim", language, claim=claim, verdict=row["verdict"])
    paragraphs: tuple[str, ...] = (
        str(row["statement"]),
        say("note.reason", language, verdict=row["verdict"], reason=row["reason"]),
        say("note.criterion", language, criterion=row["criterion"]),
    )
    own = estimates[estimates["claim"] == claim].drop(columns="claim")
    drawn = _drawn(own, say("estimate.main", language))
    if drawn.empty:
        return Block(heading, paragraphs, level=4, look=look)
    if len(drawn) < len(own):
        cut = say(
            "note.drawn", language, shown=len(drawn), all=len(own), measure=drawn["measure"].iloc[0]
        )
        paragraphs = (*paragraphs, cut)
    caption = say("caption.claim_estimates", language, claim=tidy(claim))
    drawing = draw_estimates(own, drawn, say("estimate.main", language), caption, language)
    table = drawn_table(chapter, "estimates", own, drawing)
    return Block(heading, paragraphs, caption=caption, table=table, level=4, look=look)


def _drawn(estimates: pd.DataFrame, main: str) -> pd.DataFrame:
    """Take what is drawn: numbers of one kind, that which most of the deciding ones have.

    Numbers of another kind mean nothing on the same axis. A rank is no amount, and a chance is
    about the verdict, not about people.
    """
    known = [number(value) is not None for value in estimates["value"]]
    estimates = estimates[np.array(known, dtype=bool) & ~estimates["key"].isin(_NOT_DRAWN)]
    deciding = estimates.loc[estimates["sort"] == main, "key"]
    if not len(deciding):
        return estimates.head(0)
    counts = deciding.value_counts(sort=False)
    # Of kinds that as many have, the first one counts.
    drawn: pd.DataFrame = estimates[estimates["key"] == counts.idxmax()]
    return drawn
