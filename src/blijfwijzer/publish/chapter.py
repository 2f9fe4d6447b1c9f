"""What the pages on culture tell: tables that were measured and checked elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from blijfwijzer.disclosure.release import Cleared, require_cleared
from blijfwijzer.publish.columns import FRAMES, Column, check_columns
from blijfwijzer.publish.culture_columns import CULTURE_FRAMES
from blijfwijzer.publish.texts import in_sentence
from blijfwijzer.survey.codebook import Language


@dataclass(frozen=True)
class Chapter:
    """All that a page and a workbook on culture show, as it may be shown.

    Means and their differences are in points of the scale, to one decimal; shares are whole
    percentages. What may not be shown is missing, and told as "niet getoond".
    """

    language: Language
    title: str
    survey: str
    facts: tuple[tuple[str, str], ...]
    tables: Mapping[str, Cleared]
    """Name, as in `CULTURE_FRAMES` or `FRAMES`, to the table."""
    method: tuple[str, ...]
    provenance: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...] = ()
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    targets: tuple[tuple[str, str], ...] = ()
    largest: str = ""
    """What the largest units are called; headings speak of them."""

    def __post_init__(self) -> None:
        """Hold each table against what is shown of it."""
        for name in self.tables:
            check_columns(self.rows(name), self.columns(name), name)

    def rows(self, name: str) -> pd.DataFrame:
        """Give the rows of a table; only what passed the gate can be shown."""
        return require_cleared(self.tables[name]).frame

    def columns(self, name: str) -> tuple[Column, ...]:
        """Give the columns that are shown of a table."""
        columns = CULTURE_FRAMES[name] if name in CULTURE_FRAMES else FRAMES[name]
        names = {"largest": in_sentence(self.largest), "Largest": self.largest}
        return tuple(replace(c, nl=c.nl.format(**names), en=c.en.format(**names)) for c in columns)
