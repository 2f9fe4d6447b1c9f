"""The pages of a pack: an index, and a page for each form."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from babel.dates import format_date

from blijfwijzer.governance.answers import Answer, FilledForm
from blijfwijzer.governance.figures import Cited
from blijfwijzer.governance.questionnaire import law_dates, risks
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.pack.pack_record import Citations, place_of
from blijfwijzer.publish.pack.pack_texts import WrittenPassage, write_figure
from blijfwijzer.publish.pages.blocks import Block, paragraph, points, titled
from blijfwijzer.publish.pages.page import render_sections
from blijfwijzer.survey.texts import Language, Value, say

INDEX = "index.html"
PLAIN = ("council", "notice")
"""Forms for readers who are not helped by numbers of evidence between sentences."""
_NUMBERED = ("technical", "norms", "dpia", "iama", "prescan", "review")
"""Forms whose questions are known by their numbers."""
_WITH_RISKS = ("dpia", "iama", "technical")
_WITH_LAW = ("classification", "council")


@dataclass(frozen=True)
class PackPages:
    """What the pages of a pack are made from."""

    language: Language
    survey: Value
    forms: tuple[FilledForm, ...] = field(repr=False)
    written: Mapping[str, Mapping[str, tuple[WrittenPassage, ...]]] = field(repr=False)
    """Form to question to the parts of its answer, in the language of the pages."""
    documents: Mapping[str, tuple[str, ...]]
    """Form to the JSON files that hold its answers."""
    citations: Citations = field(repr=False)
    warnings: tuple[Value, ...] = ()


def render_pack(pages: PackPages) -> Iterator[tuple[str, bytes]]:
    """Write the index and a page for each form."""
    yield INDEX, _index(pages)
    for filled in pages.forms:
        yield f"{filled.form.id}.html", _form(pages, filled)


def _index(pages: PackPages) -> bytes:
    forms = [
        {
            "form": filled.form.title,
            "reader": filled.form.about,
            "questions": str(len(filled.answers)),
            "evidence": str(sum(answer.has_evidence for answer in filled.answers)),
            "open": str(sum(answer.is_open for answer in filled.answers)),
        }
        for filled in pages.forms
    ]
    chapter = _chapter(pages, say("title.pack"), {"pack_forms": forms, **_registers(pages)})
    sections: dict[str, list[Block]] = {
        "pack_read": [points(("pack.read.fields", "pack.read.open", "pack.read.verify"))],
        "pack_forms": [titled(chapter, "pack_forms"), *map(_entry(pages), pages.forms)],
        "pack_risks": [paragraph("pack.risks"), titled(chapter, "pack_risks")],
        "pack_law": [titled(chapter, "pack_law")],
    }
    return render_sections(chapter, sections)


def _entry(pages: PackPages) -> Any:
    def block(filled: FilledForm) -> Block:
        name = filled.form.id
        page = (f"{name}.html", say("pack.link", what=filled.form.title))
        files = [(file, say("pack.link_file", file=file)) for file in pages.documents.get(name, ())]
        return Block(filled.form.title, links=(page, *files))

    return block


def _form(pages: PackPages, filled: FilledForm) -> bytes:
    name = filled.form.id
    cited = {
        number
        for passages in pages.written[name].values()
        for passage in passages
        for number in pages.citations.numbers(passage)
    }
    registers = _registers(pages)
    tables: dict[str, list[dict[str, Any]]] = {"pack_figures": _figures(pages, sorted(cited))}
    tables |= {"pack_risks": registers["pack_risks"]} if name in _WITH_RISKS else {}
    tables |= {"pack_law": registers["pack_law"]} if name in _WITH_LAW else {}
    chapter = _chapter(pages, filled.form.title, tables)
    answers = [_answer(pages, filled, answer) for answer in filled.answers]
    back = Block(links=((INDEX, say("pack.back")),))
    sections: dict[str, list[Block]] = {
        "pack_answers": [Block(paragraphs=(filled.form.about,)), back, *answers]
    }
    if name in _WITH_RISKS:
        sections["pack_risks"] = [paragraph("pack.risks"), titled(chapter, "pack_risks")]
    if name in _WITH_LAW:
        sections["pack_law"] = [titled(chapter, "pack_law")]
    sections["pack_figures"] = [paragraph("pack.figures"), titled(chapter, "pack_figures")]
    return render_sections(chapter, sections)


def _answer(pages: PackPages, filled: FilledForm, answer: Answer) -> Block:
    name, item = filled.form.id, answer.item
    question = pages_text(pages, item.question)
    is_numbered = name in _NUMBERED and item.id[0].isdigit()
    number = _number(item.id) if is_numbered else ""
    told, open_points = list[Value](), list[Value]()
    for passage in pages.written[name][item.id]:
        is_open = passage.passage.source in ("organisation", "empty", "uncovered")
        (open_points if is_open else told).append(_cited(pages, name, passage))
    heading = f"{number} {question}".strip()
    return Block(heading, tuple(told), tuple(open_points))


def _number(task: str) -> str:
    """Write the id of a question as its form does; one that repeats, with which it is.

    >>> _number("2.1#1/2.1.5"), _number("5.1#0/5.1.1[0]"), _number("12.3#/12.3.1"), _number("2.3")
    ('2.1.5 (2)', '5.1.1 (1)', '12.3.1', '2.3')
    """
    group, _, child = task.partition("/")
    place = group.partition("#")[2]
    number = (child or task).partition("[")[0]
    return f"{number} ({int(place) + 1})" if place else number


def pages_text(pages: PackPages, text: Value) -> str:
    """Give a text in the language of the pages."""
    return Edge(pages.language).in_words(text)


def _cited(pages: PackPages, form: str, passage: WrittenPassage) -> str:
    numbers = pages.citations.numbers(passage)
    if not numbers or form in PLAIN:
        return passage.text
    return f"{passage.text} [{', '.join(_runs(numbers))}]"


def _runs(numbers: Iterable[int]) -> Iterator[str]:
    """Write numbers, those that follow each other as one.

    >>> list(_runs((1, 2, 3, 7)))
    ['1–3', '7']
    """
    first = last = -1
    for number in [*numbers, -1]:
        if number != last + 1:
            if first > 0:
                yield str(first) if first == last else f"{first}–{last}"
            first = number
        last = number


def _figures(pages: PackPages, numbers: Iterable[int]) -> list[dict[str, Any]]:
    figures = pages.citations.figures
    return [
        {
            "number": str(number),
            "value": _value_of(figure, pages.language),
            "run": figure.run.name,
            "place": place_of(figure),
            "sha256": figure.sha256[:12],
        }
        for number in numbers
        for figure in (figures[number - 1],)
    ]


def _value_of(figure: Cited, language: Language) -> str:
    """Give a figure as it stands in its file; words that are there in both languages, in one."""
    return write_figure(figure, language) if figure.kind == "words" else str(figure.value)


def _registers(pages: PackPages) -> dict[str, list[dict[str, Any]]]:
    """Give the risks of the product and the dates of law."""
    listed = [
        {
            **{"risk": risk.risk, "misuse": risk.misuse, "measure": risk.measure},
            **{"rest": risk.rest, "owner": risk.owner},
            # A test's name is a sentence.
            "tests": "; ".join(_sentence(test) for test in risk.tests),
        }
        for risk in risks()
    ]
    law = [
        {
            "date": str(format_date(one.date, "d MMMM y", pages.language)),
            "rule": one.says,
            "source": one.source,
        }
        for one in sorted(law_dates().values(), key=lambda one: one.date)
    ]
    return {"pack_risks": listed, "pack_law": law}


def _sentence(test: str) -> str:
    """Give a test's name as words.

    >>> _sentence("tests/unit/test_disclosure.py::test_nobody_writes_past_the_gate")
    '`nobody writes past the gate`'
    """
    return f"`{test.rpartition('::test_')[2].replace('_', ' ')}`"


def _chapter(pages: PackPages, title: Value, tables: Mapping[str, list[dict[str, Any]]]) -> Chapter:
    edge = Edge(pages.language)
    return Chapter(
        language=pages.language,
        title=title,
        survey=pages.survey,
        facts=(),
        tables={name: edge.clear(name, rows) for name, rows in tables.items()},
        method=(),
        provenance=(),
        warnings=pages.warnings,
    )
