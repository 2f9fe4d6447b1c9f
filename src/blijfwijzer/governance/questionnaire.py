"""Forms that an organisation must fill, as data files declare them: questions and what may answer.

A form says of each question by which sentences a run answers it (`statements.toml`), what of the
governance file does, and what nobody but the organisation can add.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from blijfwijzer.governance.figures import figure_specs, read_form_file
from blijfwijzer.survey.texts import Text

FORMS = (
    *("council", "notice", "instructions", "system", "technical", "norms", "register", "dpia"),
    *("iama", "prescan", "classification", "datasheet", "review"),
)
"""In the order in which they are shown."""
LAW = "law_"
"""Beginning of a gap that a date of law fills."""


@dataclass(frozen=True)
class Statement:
    """A sentence that a run fills: what the product shows."""

    name: str
    text: Text
    is_once: bool
    """Whether it is the same of all models, so that it is said once."""
    lacks: Text
    """What is not known where no run says it; empty where every run does."""

    @property
    def gaps(self) -> tuple[str, ...]:
        """Names of the figures in it, in the order of the Dutch sentence."""
        return gaps_of(self.text.nl)

    @property
    def is_of_release(self) -> bool:
        """Whether it is about a release, not about a model."""
        return any(figure_specs()[name].of == "release" for name in self.gaps)


@dataclass(frozen=True)
class Item:
    """A question of a form."""

    id: str
    question: Text
    says: tuple[str, ...] = ()
    """Statements that answer it."""
    settled: tuple[str, ...] = ()
    """Keys of the governance file that answer it."""
    text: Text | None = None
    """What the product says of itself, without figures."""
    add: Text | None = None
    """What the organisation must add."""
    values: tuple[str, ...] = ()
    """Answers in the words of the form itself, such as a choice of a list."""
    is_empty: bool = False
    """Whether it is left empty on purpose, because it is a matter of judgement."""
    is_covered: bool = True
    """Whether the pack says anything of it."""
    is_bare: bool = False
    """Whether the form wants the answer without what it is called."""
    most: int | None = None
    """Characters that the form allows."""


@dataclass(frozen=True)
class Form:
    """A form, and whom it is for."""

    id: str
    title: Text
    about: Text
    items: tuple[Item, ...] = field(repr=False)
    urn: str = ""
    """By which its owner knows it."""

    def item(self, name: str) -> Item:
        """Give a question by its id."""
        return next(item for item in self.items if item.id == name)


@dataclass(frozen=True)
class LawDate:
    """A date of law, and where it can be read."""

    name: str
    date: date
    says: Text
    source: Text
    link: str


@dataclass(frozen=True)
class Risk:
    """What may go wrong by the product, what is done about it, and the tests that show it."""

    name: str
    risk: Text
    misuse: Text
    measure: Text
    rest: Text
    owner: Text
    tests: tuple[str, ...]


def gaps_of(text: str) -> tuple[str, ...]:
    """Give the names in a sentence's gaps.

    >>> gaps_of("The AUC is {roc_auc} ({roc_auc_low}).")
    ('roc_auc', 'roc_auc_low')
    """
    return tuple(name for _, name, _, _ in string.Formatter().parse(text) if name)


@cache
def read_form(name: str) -> Form:
    """Read the declaration of a form."""
    raw = read_form_file(name)
    items = tuple(map(_item, raw["items"]))
    return Form(name, Text(**raw["title"]), Text(**raw["about"]), items, raw.get("urn", ""))


def _item(raw: Mapping[str, Any]) -> Item:
    values = tuple(raw.get("values", ())) or ((raw["value"],) if "value" in raw else ())
    return Item(
        raw["id"],
        Text(**raw["question"]),
        says=tuple(raw.get("says", ())),
        settled=tuple(raw.get("settled", ())),
        text=Text(**raw["text"]) if "text" in raw else None,
        add=Text(**raw["add"]) if "add" in raw else None,
        values=values,
        is_empty=raw.get("empty", False),
        is_covered=raw.get("covered", True),
        is_bare=raw.get("bare", False),
        most=raw.get("most"),
    )


@cache
def statements() -> Mapping[str, Statement]:
    """Give all sentences that runs fill."""
    return {
        name: Statement(
            name,
            Text(nl=raw["nl"], en=raw["en"]),
            raw.get("once", False),
            Text(**raw.get("lacks", {"nl": "", "en": ""})),
        )
        for name, raw in read_form_file("statements").items()
    }


@cache
def law_dates() -> Mapping[str, LawDate]:
    """Give the dates of law, by their names."""
    return {
        name: LawDate(
            name, raw["date"], Text(nl=raw["nl"], en=raw["en"]), Text(**raw["source"]), raw["link"]
        )
        for name, raw in read_form_file("law").items()
    }


@cache
def risks() -> tuple[Risk, ...]:
    """Give the risk register of the product."""
    return tuple(
        Risk(
            name,
            risk=Text(**raw["risk"]),
            misuse=Text(**raw["misuse"]),
            measure=Text(**raw["measure"]),
            rest=Text(**raw["rest"]),
            owner=Text(**raw["owner"]),
            tests=tuple(raw["tests"]),
        )
        for name, raw in read_form_file("risks").items()
    )


@cache
def settled_label(key: str) -> Text:
    """Give what a key of the governance file is called."""
    return Text(**read_form_file("settled")["labels"][key])


@cache
def settled_words(value: str) -> Text:
    """Give a value of the governance file in words, if it is one of its own words."""
    words = read_form_file("settled")["values"].get(value)
    return Text(nl=value, en=value) if words is None else Text(**words)
