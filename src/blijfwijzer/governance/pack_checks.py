"""What is looked at in a pack that is read again: figures, forms, sentences, documents and pages.

It shares no code with what fills or writes a pack. What must be there stands here once more, in
numbers, so that a form that lost a question is seen.
"""

import html
import json
import re
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from blijfwijzer.governance.rereading import EvidenceRun, reread, says_value

NORMS = tuple(
    f"{part}.{number:02d}"
    for part, last in ((1, 8), (2, 21), (3, 17), (4, 9))
    for number in range(1, last + 1)
)
"""All 55 norms of the audit framework (Toetsingskader algoritmes 2.0)."""
QUESTIONS = {
    **{"norms": 55, "technical": 29, "council": 18, "notice": 8, "instructions": 13},
    **{"system": 12, "register": 18, "dpia": 42, "iama": 35, "prescan": 11},
    **{"classification": 8, "datasheet": 11, "review": 6},
}
"""Form to how many questions it has."""
DOCUMENTS = (
    *("assessment-card", "system-card", "algorithm-register", "dpia", "iama", "prescan"),
    "ml-bom",
)
_DUTCH = ("algorithm-register.json", "dpia.json", "iama.json", "prescan.json")
"""Documents in Dutch, whatever the language of the pages."""
_REGISTER = (
    *("name", "description_short", "organization", "status", "contact_email"),
    *("publication_category", "lang"),
)
"""Fields without which the algorithm register takes no record (publication standard 1.0)."""
_TAGS = frozenset(("div", "br", "p", "ul", "ol", "li"))
"""Markup that the algorithm register allows (publication standard 1.0)."""
_FILLED = {
    **{"technical": "assessment-card", "system": "system-card"},
    **{"register": "algorithm-register", "dpia": "dpia", "iama": "iama", "prescan": "prescan"},
}
"""Form to the document that holds its answers."""
_OPEN = ("organisation", "empty", "uncovered")


@dataclass(frozen=True)
class ReadPack:
    """A pack as it lies on disk."""

    folder: Path
    record: Mapping[str, Any] = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)
    runs: Mapping[str, EvidenceRun] = field(repr=False)

    @property
    def language(self) -> str:
        """Of its pages."""
        return str(self.record["language"])

    @cached_property
    def models(self) -> dict[str, EvidenceRun]:
        """Its models, by their names."""
        return {name: run for name, run in self.runs.items() if run.told.get("target")}

    def read(self, name: str) -> Any:
        """Read a document; None where there is none."""
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None

    def figure(self, number: int) -> Mapping[str, Any]:
        """Give a figure by its number."""
        found: Mapping[str, Any] = self.answers["figures"][number - 1]
        return found


def _faults_of_figures(pack: ReadPack) -> Iterator[str]:
    """Read every figure again."""
    for figure in pack.answers["figures"]:
        yield from reread(figure, pack.runs)


def _faults_of_forms(pack: ReadPack) -> Iterator[str]:
    """Hold forms against their declarations: no question, norm or part of an answer is left out."""
    forms = pack.answers["forms"]
    for form, count in QUESTIONS.items():
        if form not in forms:
            yield f"{form}: this form is left out"
            continue
        declared = {item["id"]: item for item in declared_in(form)["items"]}
        if len(declared) != count:
            yield f"{form}: this version declares {len(declared)} questions and knows {count}"
        for item in declared.keys() - forms[form].keys():
            yield f"{form} {item}: this question is left out"
        for item in forms[form].keys() - declared.keys():
            yield f"{form} {item}: is no question of this form"
        for item, passages in forms[form].items():
            if item in declared:
                yield from _faults_of_answer(f"{form} {item}", declared[item], passages)
                yield from _faults_of_runs(f"{form} {item}", passages, len(pack.models))
    for norm in NORMS:
        if norm not in forms.get("norms", {}):
            yield f"norm {norm}: is left out"


def _faults_of_runs(where: str, passages: list[Mapping[str, Any]], models: int) -> Iterator[str]:
    """Look whether a sentence about models is said of each."""
    sentences, figures = declared_in("statements"), declared_in("figures")
    told = [p["name"] for p in passages if p["source"] == "run" and p["name"] in sentences]
    for name in dict.fromkeys(told):
        gaps = [gap for _, gap, _, _ in string.Formatter().parse(sentences[name]["nl"]) if gap]
        is_of_each = not sentences[name].get("once")
        if is_of_each and all(figures[gap]["of"] == "model" for gap in gaps):
            count = told.count(name)
            if count != models:
                yield f"{where}: tells {name} of {count} run, and there are {models}"


@cache
def declared_in(form: str) -> dict[str, Any]:
    """Read the declaration of a form, or another data file of this room."""
    file = resources.files("blijfwijzer.governance.forms") / f"{form}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _faults_of_answer(
    where: str, item: Mapping[str, Any], passages: list[Mapping[str, Any]]
) -> Iterator[str]:
    sources = [passage["source"] for passage in passages]
    named = {passage["name"] for passage in passages}
    for name in (*item.get("says", ()), *item.get("settled", ())):
        if name not in named:
            yield f"{where}: leaves out {name}"
    if item.get("empty") and sources != ["empty"]:
        yield f"{where}: is to be judged by the organisation, and is filled in"
    if not item.get("covered", True) and sources != ["uncovered"]:
        yield f"{where}: is told as covered, and is not"
    if "add" in item and "organisation" not in sources:
        yield f"{where}: leaves out what the organisation must add"
    declared = set(item.get("says", ())) | set(item.get("settled", ())) | {""}
    for passage in passages:
        if passage["name"] not in declared:
            yield f"{where}: says {passage['name']}, which does not answer it"


def _faults_of_texts(pack: ReadPack) -> Iterator[str]:
    """Hold each sentence against its declaration, and each figure in it against its value."""
    sentences = declared_in("statements")
    for form, items in pack.answers["forms"].items():
        for item, passages in items.items():
            for passage in passages:
                where = f"{form} {item}"
                if passage["source"] == "run":
                    sentence = sentences.get(passage["name"])
                    if sentence is None:
                        yield f"{where}: says {passage['name']}, which no run says"
                        continue
                    for language in ("nl", "en"):
                        told = passage[language]
                        yield from _faults_of_text(where, told, sentence[language], pack)
                elif any(passage[language]["figures"] for language in ("nl", "en")):
                    yield f"{where}: cites a figure that no run says there"


def _faults_of_text(
    where: str, told: Mapping[str, Any], sentence: str, pack: ReadPack
) -> Iterator[str]:
    pieces = [(literal, name) for literal, name, _, _ in string.Formatter().parse(sentence)]
    expected = [name for _, name in pieces if name]
    text, figures = str(told["text"]), told["figures"]
    if [pack.figure(number)["name"] for _, _, number in figures] != expected:
        yield f"{where}: lacks a figure of the sentence, or has another"
        return
    runs = {pack.figure(number)["run"] for _, _, number in figures}
    if len(runs) > 1:
        yield f"{where}: mixes figures of {len(runs)} runs in one sentence"
    end, parts = 0, list[str]()
    for start, stop, number in figures:
        parts.append(text[end:start])
        end = stop
        if not says_value(text[start:stop], pack.figure(number)):
            yield f"{where}: {pack.figure(number)['name']} is told as another value"
    parts.append(text[end:])
    literals = [literal for literal, _ in pieces] + ([""] if pieces[-1][1] else [])
    if parts != literals:
        yield f"{where}: its words are not those of the product"


def _faults_of_documents(pack: ReadPack) -> Iterator[str]:
    """Hold each document against the answers and figures that it should hold."""
    for name, places in pack.answers["documents"].items():
        content = pack.read(name)
        if content is None:
            yield f"{name}: is missing or unreadable"
            continue
        language = "nl" if name in _DUTCH else pack.language
        for path, form, item in places["answers"]:
            passages = pack.answers["forms"].get(form, {}).get(item, [])
            told = _told_at(content, path)
            texts = [p[language]["text"] for p in passages if p["source"] not in _OPEN]
            plain = html.unescape(str(told))
            if told is None or not all(text in plain for text in texts):
                yield f"{name}: answers {item} otherwise than the pack does"
        for path, number in places["figures"]:
            value, told = pack.figure(number)["value"], _told_at(content, path)
            if told != value and told != str(value):
                yield f"{name}: {pack.figure(number)['name']} is another figure than is cited"


def _faults_of_coverage(pack: ReadPack) -> Iterator[str]:
    """Look whether each document holds every answer that it should."""
    listed = pack.answers["documents"]
    for name in DOCUMENTS:
        if f"{name}.json" not in listed:
            yield f"{name}.json: is left out of what is held against the answers"
    for form, file in _FILLED.items():
        held = {item for _, _, item in listed.get(f"{file}.json", {"answers": []})["answers"]}
        for item in sorted(_answered(pack, form) - held):
            yield f"{file}.json: leaves out what answers {item}"


def _answered(pack: ReadPack, form: str) -> set[str]:
    """Give the questions of a form to which a document must hold an answer in words."""
    items = pack.answers["forms"].get(form, {})
    if form in ("technical", "system"):
        return set(items)
    chosen = {i["id"] for i in declared_in(form)["items"] if "value" in i or "values" in i}
    # The schema of the assessments' tool takes no letters in an id.
    wordless = chosen | {item for item in items if form == "iama" and re.search("[A-Z]", item)}
    return {
        item
        for item, passages in items.items()
        if any(p["source"] not in _OPEN for p in passages) and item not in wordless
    }


def _told_at(content: Any, path: list[Any]) -> Any:
    try:
        for step in path:
            content = content[step]
    except (KeyError, IndexError, TypeError):
        return None
    return content


def _faults_of_cards(pack: ReadPack) -> Iterator[str]:
    """Hold cards against the models that they are about."""
    system = pack.read("system-card.json") or {}
    nested = {card.get("name"): card for card in system.get("models", [])}
    for name, run in pack.models.items():
        file = f"model-card-{run.about}.json"
        card, places = pack.read(file) or {}, pack.answers["documents"].get(file)
        if card.get("name") != name or places is None:
            yield f"{file}: is a card of another model than {name}"
            continue
        if any(pack.figure(number)["run"] != name for _, number in places["figures"]):
            yield f"{file}: has figures of another model than {name}"
        if len(places["figures"]) != _numbers_of(card):
            yield f"{file}: has figures without evidence, or lacks some"
        if nested.get(name) != card:
            yield f"system-card.json: has another card of {name} than {file}"
    if set(nested) != set(pack.models):
        yield "system-card.json: has cards of other models than the pack is about"
    if system.get("assessments") != [pack.read("assessment-card.json")]:
        yield "system-card.json: has another assessment than assessment-card.json"
    components = (pack.read("ml-bom.json") or {}).get("components", [])
    hashes = {c["name"]: c["hashes"][0]["content"] for c in components if "hashes" in c}
    expected = {run.about: run.listed.get("model.json") for run in pack.models.values()}
    if hashes != expected:
        yield "ml-bom.json: lists other models than the pack is about"


def _numbers_of(card: Mapping[str, Any]) -> int:
    """Count the figures of a model card: measures, bars and ends of points."""
    result = card["model_index"][0]["results"][0]
    plots = result["measurements"]
    bars = sum(len(plot["results"]) for plot in plots["bar_plots"])
    points = sum(len(one["data"]) for plot in plots["graph_plots"] for one in plot["results"])
    return len(result["metrics"]) + bars + 2 * points


def _faults_of_records(pack: ReadPack) -> Iterator[str]:
    """Hold the records for others' systems against what these take."""
    register = pack.read("algorithm-register.json") or {}
    for name in _REGISTER:
        if not register.get(name):
            yield f"algorithm-register.json: lacks {name}, which the register requires"
    longest = {
        item["id"]: item["most"] for item in declared_in("register")["items"] if "most" in item
    }
    for name, value in register.items():
        text = str(value)
        if len(text) > longest.get(name, len(text)):
            yield f"algorithm-register.json: {name} is longer than {longest[name]} characters"
        if not set(re.findall(r"</?([a-zA-Z]+)", text)) <= _TAGS:
            yield f"algorithm-register.json: {name} holds markup that the register refuses"
    for form, urn in (("dpia", "dpia:3.0"), ("iama", "iama:2.0"), ("prescan", "prescan:2.0")):
        filled = pack.read(f"{form}.json") or {}
        if filled.get("metadata", {}).get("urn") != f"urn:nl:{urn}":
            yield f"{form}.json: is no urn:nl:{urn}"
        for item in declared_in(form)["items"]:
            if item.get("empty") and item["id"] in filled.get("answers", {}):
                yield f"{form}.json: {item['id']} is to be judged, and is filled in"


def _faults_of_pages(pack: ReadPack) -> Iterator[str]:
    """Look whether each page says what the answers say, in the language of the pack."""
    for form, items in pack.answers["forms"].items():
        page = _page_text(pack.folder / f"{form}.html")
        for item, passages in items.items():
            for passage in passages:
                if _squeezed(passage[pack.language]["text"]) not in page:
                    yield f"{form}.html: does not say what answers {item}"
    try:
        index = (pack.folder / "index.html").read_text(encoding="utf-8")
    except OSError:
        return
    links = set(re.findall(r'href="([^"#]+)"', index))
    for name in sorted(links - set(pack.record["files"])):
        yield f"index.html: links to {name}, which is no file of this pack"
    for form in QUESTIONS:
        if f"{form}.html" not in links:
            yield f"index.html: does not link to {form}.html"


def _page_text(path: Path) -> str:
    try:
        raw = path.read_text(encoding="utf-8")
    except OSError:
        return ""
    return _squeezed(html.unescape(re.sub(r"<[^>]+>", "\n", raw.partition("</style>")[2])))


def _squeezed(text: str) -> str:
    return "".join(text.split())


CHECKS: tuple[Callable[[ReadPack], Iterator[str]], ...] = (
    *(_faults_of_figures, _faults_of_forms, _faults_of_texts, _faults_of_documents),
    *(_faults_of_coverage, _faults_of_cards, _faults_of_records, _faults_of_pages),
)
"""What is looked at in a pack; each says its faults in words."""
