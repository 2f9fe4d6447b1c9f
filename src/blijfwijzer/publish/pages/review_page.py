"""What a data scientist reviews: the page of a training, and of drivers in another wave."""

import base64
from collections.abc import Iterable, Iterator

from markupsafe import Markup

from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.publish.check_texts import check_blocks
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pages.blocks import Block, paragraph, present, read_blocks
from blijfwijzer.publish.pages.change_page import PICTURE as CHANGE
from blijfwijzer.publish.pages.change_page import TABLES_OF_CHANGE, change_blocks
from blijfwijzer.publish.pages.driver_sections import (
    earned_blocks,
    game_blocks,
    gap_blocks,
    withheld_blocks,
)
from blijfwijzer.publish.pages.page import render_sections
from blijfwijzer.publish.pages.page_table import facts_table
from blijfwijzer.publish.pictures.canvas import Picture, Subject
from blijfwijzer.publish.pictures.driver_plots import draw_drivers
from blijfwijzer.publish.pictures.performance_plots import TUNING, draw_performance
from blijfwijzer.publish.tables.review_tables import Review, review_chapter
from blijfwijzer.risk.evaluation import Evaluation
from blijfwijzer.survey.texts import Value, say

_PERFORMANCE = ("calibration", "curves")
_DRIVER_TABLES = (
    *("top_scales", "constructs", "top_features", "interactions", "dependence", "stability"),
)


def draw_review(
    drivers: Drivers, evaluation: Evaluation | None, subject: Subject
) -> dict[str, Picture]:
    """Draw what drives a risk, and how good it is where that is known."""
    performance = {} if evaluation is None else draw_performance(evaluation, subject)
    return {**performance, **draw_drivers(drivers, subject)}


def render_review(review: Review) -> bytes:
    """Write the page: what was read, how the model was chosen, how good it is, what drives it."""
    chapter, selection = review_chapter(review), review.selection
    sections: dict[str, Iterable[Block]] = {
        "what": [Block(points=tuple(_about(review)))],
        "checks": list(check_blocks(review.findings)),
        "read": [*read_blocks(chapter), *present(chapter, "reliability")],
    }
    if selection is not None:
        champion = say(id_of("candidate", selection.champion.kind))
        told = say("review.chosen", champion=champion, price=selection.price)
        sampled = () if review.sampled is None else (review.sampled,)
        chosen = Block(paragraphs=(told, *sampled))
        sections["model"] = [
            chosen,
            *present(chapter, "candidates"),
            *_pictures(review, (TUNING,)),
            *present(chapter, "tuning", "learning"),
        ]
    if review.measured_on is not None:
        sections["quality"] = [
            Block(paragraphs=(review.measured_on,)),
            *_intervals(review),
            *_pictures(review, _PERFORMANCE),
            *present(chapter, "metrics", "groups_measured", "calibration"),
            *_card(review),
            *present(chapter, "card_apart"),
        ]
    if review.changed is not None:
        sections["then"] = [
            *change_blocks(review.changed, review.subject),
            *_pictures(review, (CHANGE,)),
            *present(chapter, *TABLES_OF_CHANGE),
        ]
    others = [name for name in review.pictures if name not in (*_PERFORMANCE, CHANGE, TUNING)]
    sections["contributions"] = [
        paragraph("review.contributions"),
        *_pictures(review, others),
        *withheld_blocks(review.drivers, review.subject),
        *present(chapter, *_DRIVER_TABLES),
    ]
    own = {
        "earned": earned_blocks(chapter),
        "backgrounds": gap_blocks(chapter),
        "games": game_blocks(chapter, review.drivers, review.subject),
    }
    sections |= {name: blocks for name, blocks in own.items() if blocks}
    sections["provenance"] = [
        Block(table=facts_table(chapter, "caption.provenance", chapter.provenance))
    ]
    return render_sections(chapter, sections)


def _intervals(review: Review) -> Iterator[Block]:
    """Say what stands in brackets."""
    if review.evaluation is not None or review.measures is not None:
        yield paragraph("review.intervals")


def _about(review: Review) -> Iterator[Value]:
    """Say what the risk is, and what the page does not say."""
    yield review.subject.note
    yield review.subject.outcome.meaning
    if review.selection is not None and review.evaluation is not None:
        rate, rows = 100 * review.evaluation.prevalence, review.evaluation.rows
        yield say("review.holds", rate=rate, rows=rows)


def _card(review: Review) -> Iterator[Block]:
    """Say how well the self-check card ranks people, or that there is none."""
    outcome, card = review.subject.outcome, review.card
    if card is not None:
        count = len(card.card.questions)
        yield Block(paragraphs=(say("review.card", questions=count, auc=card.apart.auc),))
    elif review.selection is not None and review.subject.codebook.offers_vouchers_for(outcome):
        yield paragraph("review.no_card")


def _pictures(review: Review, names: Iterable[str]) -> Iterator[Block]:
    """Show pictures, each with what it says in words."""
    for name in names:
        if name in review.pictures:
            picture = review.pictures[name]
            png = base64.b64encode(picture.png).decode()
            image = Markup('<img src="data:image/png;base64,{}" alt="{}"/>').format(
                png, picture.alt
            )
            yield Block(picture=image, caption=picture.alt)
