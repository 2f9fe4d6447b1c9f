"""Forms as far as they can be filled: from runs, from the governance file, or not by us.

Nothing is made up: what neither a run nor the governance file says, the organisation must fill in.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from blijfwijzer.errors import GovernanceError
from blijfwijzer.governance.document import Governance, Words
from blijfwijzer.governance.figures import Cited, Run, figure_specs
from blijfwijzer.governance.questionnaire import (
    Form,
    Item,
    Statement,
    settled_label,
    settled_words,
    statements,
)
from blijfwijzer.survey.texts import Text

Source = Literal["run", "settled", "product", "choice", "organisation", "empty", "uncovered"]
"""run: a run says it, with figures. settled: the governance file does. product: the product says it
of itself. choice: an answer in the form's own words. organisation: nobody else can fill it in.
empty: left open on purpose. uncovered: the pack says nothing of it."""


@dataclass(frozen=True)
class Passage:
    """A part of an answer, and who says it."""

    source: Source
    text: Text = field(repr=False)
    """With gaps, which `figures` fill by their names, and dates of law."""
    figures: tuple[Cited, ...] = ()
    name: str = ""
    """The statement, or the key of the governance file."""
    is_bare: bool = False
    """Whether the answer stands without what it is called."""


@dataclass(frozen=True)
class Answer:
    """What is known in answer to a question."""

    item: Item
    passages: tuple[Passage, ...]

    @property
    def has_evidence(self) -> bool:
        """Whether a run says something of it."""
        return any(passage.source == "run" for passage in self.passages)

    @property
    def is_open(self) -> bool:
        """Whether the organisation must add to it, or judge."""
        return any(p.source in ("organisation", "empty") for p in self.passages)


_YES_NO = {"true": Text(nl="Ja", en="Yes"), "false": Text(nl="Nee", en="No")}
"""What a choice of a form's own reads like on a page."""


@dataclass(frozen=True)
class FilledForm:
    """A form with what is known."""

    form: Form
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class KnownFacts:
    """All from which forms are filled."""

    models: tuple[Run, ...]
    releases: tuple[Run, ...] = ()
    governance: Governance | None = None
    """None where there is none: then all that it would say is the organisation's to fill in."""


def fill(form: Form, known: KnownFacts) -> FilledForm:
    """Fill a form with what is known."""
    filler = _Filler(known)
    return FilledForm(form, tuple(Answer(i, tuple(filler.passages(i))) for i in form.items))


@dataclass(frozen=True)
class _Filler:
    known: KnownFacts

    def passages(self, item: Item) -> Iterator[Passage]:
        if item.is_empty:
            yield Passage("empty", Text(nl="", en=""))
        elif not item.is_covered:
            yield Passage("uncovered", Text(nl="", en=""))
        for value in item.values:
            yield Passage("choice", _YES_NO.get(value, Text(nl=value, en=value)))
        if item.text is not None:
            yield Passage("product", item.text)
        for key in item.settled:
            yield self._settled(key, item.is_bare)
        for name in item.says:
            yield from self._said(statements()[name])
        if item.add is not None:
            yield Passage("organisation", item.add)

    def _settled(self, key: str, is_bare: bool) -> Passage:
        value = settled_value(self.known.governance, key)
        if value is None:
            return Passage("organisation", settled_label(key), name=key)
        return Passage("settled", value, name=key, is_bare=is_bare)

    def _said(self, statement: Statement) -> Iterator[Passage]:
        runs: Sequence[Run] = self.known.releases if statement.is_of_release else self.known.models
        if statement.is_once:
            runs = runs[:1]
        told = [Passage("run", statement.text, c, statement.name) for c in _cited(statement, runs)]
        yield from told or [Passage("organisation", statement.lacks, name=statement.name)]


def _cited(statement: Statement, runs: Sequence[Run]) -> Iterator[tuple[Cited, ...]]:
    """Give the figures of a sentence, for each run that has them all."""
    specs = [figure_specs()[name] for name in statement.gaps]
    optional = any(spec.is_optional for spec in specs)
    for run in runs:
        try:
            figures = tuple(spec.cite(run) for spec in specs)
        except GovernanceError:
            if optional:
                continue
            raise
        if not optional or all(figure.value is not None for figure in figures):
            yield figures


def settled_value(governance: Governance | None, key: str) -> Text | None:
    """Give what a governance file says under a key, in both languages; None where it does not."""
    value: Any = governance
    for name in key.split("."):
        value = None if value is None else getattr(value, name)
    return None if value is None else _in_words(value)


def _in_words(value: Any) -> Text:
    if isinstance(value, Words):
        return Text(nl=value.nl, en=value.en)
    if isinstance(value, tuple):
        words = [_in_words(one) for one in value]
        return Text(nl="; ".join(w.nl for w in words), en="; ".join(w.en for w in words))
    if isinstance(value, date):
        return Text(nl=value.isoformat(), en=value.isoformat())
    if isinstance(value, float):
        return Text(nl=f"{value:g}".replace(".", ","), en=f"{value:g}")
    return settled_words(str(value))
