"""Answers to forms as readers of a language see them, each figure with where it stands in them."""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from babel.dates import format_date

from blijfwijzer.governance.answers import Answer, FilledForm, Passage
from blijfwijzer.governance.figures import Cited
from blijfwijzer.governance.questionnaire import LAW, law_dates, settled_label, statements
from blijfwijzer.publish.language.catalogue import PARTS, id_of
from blijfwijzer.publish.language.numbers import KINDS, is_absent
from blijfwijzer.publish.language.texts import show, write
from blijfwijzer.survey.texts import Language, say

_HASH = 12
"""Characters of a hash that a sentence shows; the whole stands beside it."""


@dataclass(frozen=True)
class WrittenFigure:
    """A figure in a text, from one character up to another."""

    figure: Cited
    start: int
    end: int


@dataclass(frozen=True)
class WrittenPassage:
    """A part of an answer in a language."""

    passage: Passage
    text: str
    figures: tuple[WrittenFigure, ...] = ()


def write_form(filled: FilledForm, language: Language) -> dict[str, tuple[WrittenPassage, ...]]:
    """Write all answers of a form, by the ids of its questions."""
    return {answer.item.id: write_answer(answer, language) for answer in filled.answers}


def write_answer(answer: Answer, language: Language) -> tuple[WrittenPassage, ...]:
    """Write the parts of an answer."""
    return tuple(write_passage(passage, language) for passage in answer.passages)


def join_passages(written: tuple[WrittenPassage, ...], apart: str = "\n\n") -> str:
    """Give an answer as one text."""
    return apart.join(passage.text for passage in written)


def write_passage(passage: Passage, language: Language) -> WrittenPassage:
    """Write a part of an answer, and tell where its figures stand in it."""
    figures = {figure.name: figure for figure in passage.figures}
    text, places = passage.text.in_(language), tuple[WrittenFigure, ...]()
    # What an organisation wrote may hold braces, and has no gaps.
    if passage.source not in ("settled", "choice"):
        text, places = _fill(text, figures, language)
    before = _before(passage, text, language)
    if before is None:
        return WrittenPassage(passage, text, places)
    return WrittenPassage(passage, before)


def write_figure(figure: Cited, language: Language) -> str:
    """Write a figure as its kind asks."""
    value, kind = figure.value, figure.kind
    if is_absent(value):
        return show(None, "text", language)
    if kind == "words":
        return str(value if isinstance(value, str) else value[language])
    if kind == "share":
        return show(100 * value, "percent", language)
    if kind == "day":
        return str(value)[:10]
    if kind == "hash":
        return str(value)[:_HASH]
    if kind == "tiny":
        written = format(Decimal(repr(float(value))), "f")
        return written.replace(".", ",") if language == "nl" else written
    if kind in PARTS:
        return write(say(id_of(kind, value)), language, "inside")
    return show(value, KINDS[kind], language)


def _fill(
    text: str, figures: Mapping[str, Cited], language: Language
) -> tuple[str, tuple[WrittenFigure, ...]]:
    parts, places, length = list[str](), list[WrittenFigure](), 0
    for literal, name in _pieces(text):
        parts.append(literal)
        length += len(literal)
        if not name:
            continue
        figure = figures.get(name)
        written = _day(name, language) if figure is None else write_figure(figure, language)
        if figure is not None:
            places.append(WrittenFigure(figure, length, length + len(written)))
        parts.append(written)
        length += len(written)
    return "".join(parts), tuple(places)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    for literal, name, _, _ in string.Formatter().parse(text):
        yield literal, name or ""


@cache
def _day(name: str, language: Language) -> str:
    """Write a date of law, which stands in a gap whose name begins with `law_`."""
    day = law_dates()[name.removeprefix(LAW)].date
    return str(format_date(day, "d MMMM y", language))


def _before(passage: Passage, text: str, language: Language) -> str | None:
    """Write a part that needs words of its own; None of one that is its text alone."""
    if passage.source == "organisation":
        of_run = passage.name in statements()
        return write(say("pack.no_run" if of_run else "pack.organisation", what=text), language)
    if passage.source in ("empty", "uncovered"):
        return write(say(id_of("pack.open", passage.source)), language)
    if passage.source == "settled" and not passage.is_bare:
        label = settled_label(passage.name)
        return write(say("pack.settled", label=label, value=text), language)
    return None
