"""The self-check card: one page to print, which people fill in for themselves."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from blijfwijzer.declared import languages
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.pages.blocks import Block, points
from blijfwijzer.publish.pages.page import render_sections
from blijfwijzer.publish.pages.page_table import shown_table
from blijfwijzer.publish.tables.card_tables import clear_apart, clear_questions
from blijfwijzer.risk.card import ChosenCard
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, Outcome
from blijfwijzer.survey.texts import Value, say

_PURPOSE = ("card.private", "card.no_verdict", "card.no_right")
"""Sentences on what a card is, and what it is not."""


@dataclass(frozen=True)
class CardPage:
    """A card, and what it is about."""

    chosen: ChosenCard
    codebook: Codebook
    outcome: Outcome
    settings: Settings


def card_files(page: CardPage) -> dict[str, bytes]:
    """Write the page in the language of the settings, and beside it in each other language."""
    own, files = page.settings.language, dict[str, bytes]()
    for language in languages():
        spoken = page.settings.model_copy(update={"language": language})
        name = "card.html" if language == own else f"card.{language}.html"
        files[name] = render_card(replace(page, settings=spoken))
    return files


def render_card(page: CardPage) -> bytes:
    """Write the page: the questions, what points tell, and what the card is not."""
    edge = Edge.of(page.settings)
    chapter = Chapter(
        language=edge.language,
        title=say("title.card"),
        survey=page.codebook.survey.label,
        facts=(),
        tables={
            "card_questions": clear_questions(page.chosen.card, page.codebook, edge),
            "card_apart": clear_apart(page.chosen.apart, page.settings),
        },
        method=(),
        provenance=(),
    )
    cut = page.chosen.card.cut
    caption = say("caption.card_questions")
    table = shown_table(chapter, "card_questions", caption, chapter.rows("card_questions"))
    # What is printed cannot be scrolled.
    questions = replace(table, is_whole=True)
    sections: dict[str, Iterable[Block]] = {
        "what": [points(_PURPOSE)],
        "card": [
            Block(paragraphs=(say("card.how"),), table=questions),
        ],
        "card_then": [
            Block(points=(say("card.enough", cut=cut), say("card.fewer", cut=cut))),
            Block(paragraphs=tuple(_about(page, chapter))),
        ],
    }
    return render_sections(chapter, sections)


def _about(page: CardPage, chapter: Chapter) -> Iterable[Value]:
    """Say what points stand for, how often that is wrong, and whom to ask."""
    survey, meaning = page.codebook.survey.label, page.outcome.meaning
    yield say("card.about", survey=survey, meaning=meaning)
    shares = chapter.rows("card_apart")["in_need"].tolist()
    if len(shares) == 2 and all(share == share for share in shares):
        everyone, reached = shares
        yield say("card.how_sure", reached=reached, everyone=everyone)
    yield say("card.ask")
