"""What people of a unit answered to each question, on the page of its manager."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.disclosure.release import Cleared, pick
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pages.blocks import Block
from blijfwijzer.publish.pages.page_table import shown_table
from blijfwijzer.survey.texts import Quantity, say

MOST_QUESTIONS = 30
"""Questions of a page of two sheets."""
_AGAINST = ("sector", "all", "previous")
_SHOWN = {
    "question": "question_label",
    **{name: name for name in ("pooled", "low", "high")},
    **{f"{against}_mean": f"{against}_mean" for against in _AGAINST},
    **{f"{against}_difference": f"{against}_difference" for against in _AGAINST},
    **{f"{against}_mark": f"{against}_mark" for against in _AGAINST},
}
"""Columns of the page to those of the file."""


@dataclass(frozen=True)
class ReadQuestions:
    """What a release tells of the questions of each unit."""

    rows: Cleared
    """As in questions.parquet: one row per group and question."""

    @cached_property
    def _places(self) -> dict[str, NDArray[np.intp]]:
        own = self.rows.frame.groupby("group").indices.items()
        return {str(unit): np.asarray(places, dtype=np.intp) for unit, places in own}

    def of(self, unit: str) -> pd.DataFrame:
        """Give what is told of a unit, one row per question."""
        places = self._places.get(unit, np.array([], dtype=np.intp))
        return pick(self.rows, _SHOWN, places).frame


def asked_section(
    page: Chapter, questions: ReadQuestions | None, unit: str, most: int = MOST_QUESTIONS
) -> dict[str, Iterator[Block]]:
    """Give the section on the questions of a unit; none where no release tells of questions."""
    return {} if questions is None else {"unit_questions": _blocks(page, questions.of(unit), most)}


def _blocks(page: Chapter, rows: pd.DataFrame, most: int) -> Iterator[Block]:
    """Show the questions of a unit, what stands out most first."""
    if rows.empty:
        yield Block(paragraphs=(say("unit.no_questions"),))
        return
    told = [f"{against}_mean" for against in _AGAINST if rows[f"{against}_mean"].notna().any()]
    # Beside its sector, everyone is a column more to read, and for a small employer the same.
    left_out = {"all_mean"} if "sector_mean" in told else set[str]()
    columns = ["question", "pooled", "low", "high", *(c for c in told if c not in left_out)]
    stands = _stands_out(page, rows)
    # A column that is empty for each question is a sentence.
    columns += ["stands"] if any(stands) else []
    how = say("unit.read_questions" if any(stands) else "unit.questions_alike")
    shown = rows.assign(stands=stands).iloc[_most_different_first(rows)][columns]
    table = shown_table(page, "unit_questions", say("unit.questions"), shown, most=most)
    if most < len(shown):
        count = {"shown": Quantity(most, "count"), "questions": Quantity(len(shown), "count")}
        table = replace(table, note=say("unit.questions_cut", **count))
    yield Block(paragraphs=(how,), table=table)


def _most_different_first(rows: pd.DataFrame) -> list[int]:
    """Put what is surely better or worse first, and by how much it differs; else as they stand."""
    marks = rows[[f"{against}_mark" for against in _AGAINST]]
    is_marked = marks.isin(["better", "worse"]).any(axis=1).to_numpy()
    sizes = rows[[f"{against}_difference" for against in _AGAINST]].astype(float).abs()
    size = sizes.max(axis=1).fillna(0).to_numpy()
    return [int(place) for place in np.lexsort((np.arange(len(rows)), -size, ~is_marked))]


def _stands_out(page: Chapter, rows: pd.DataFrame) -> list[str]:
    """Say of each question against what it is surely better or worse."""
    texts = {
        (against, mark): page.in_words(say(id_of("stands", f"{mark}_{against}")))
        for against in _AGAINST
        for mark in ("better", "worse")
    }
    marks = rows[[f"{against}_mark" for against in _AGAINST]].itertuples(index=False)
    return [
        ", ".join(texts[pair] for pair in zip(_AGAINST, own, strict=True) if pair in texts)
        for own in marks
    ]
