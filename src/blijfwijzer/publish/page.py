"""One self-contained page: text, pictures with their tables, no script, nothing from elsewhere.

It computes nothing: it shows tables and pictures that others made.
"""

import base64
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import jinja2
import pandas as pd

from blijfwijzer.survey.codebook import Language


@dataclass(frozen=True)
class Shown:
    """A picture on a page."""

    png: bytes
    alt: str


@dataclass(frozen=True)
class Section:
    """A part of a page."""

    title: str
    text: str = ""
    pictures: tuple[Shown, ...] = ()
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    """Caption to table; its first column heads the rows."""


@dataclass(frozen=True)
class Page:
    """What a page tells."""

    title: str
    note: str
    """The sentence on what the page does not say."""
    intro: tuple[str, ...]
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]


def render(page: Page, language: Language) -> bytes:
    """Write a page as HTML; every text is escaped."""
    text = (resources.files("blijfwijzer.publish") / "review.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    sections = [
        {
            "title": section.title,
            "text": section.text,
            "pictures": [
                {"png": base64.b64encode(p.png).decode(), "alt": p.alt} for p in section.pictures
            ],
            "tables": [_table(caption, table) for caption, table in section.tables.items()],
        }
        for section in page.sections
    ]
    return (
        environment.from_string(text)
        .render(
            language=language,
            title=page.title,
            note=page.note,
            intro=page.intro,
            warnings=page.warnings,
            sections=sections,
        )
        .encode()
    )


def _table(caption: str, table: pd.DataFrame) -> dict[str, Any]:
    return {
        "caption": caption,
        "columns": [str(name) for name in table.columns],
        "rows": [[_cell(value) for value in row] for row in table.itertuples(index=False)],
    }


def _cell(value: Any) -> dict[str, Any]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, float):
        return {"text": "-" if value != value else f"{value:.4g}", "is_number": True}
    return {"text": str(value), "is_number": is_number}
