"""A page for the manager of one unit on how it is to work there: what a climate shows already."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import Cleared, pick
from blijfwijzer.groups.paths import EVERYONE, GroupPath
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.pages.blocks import Block, drawn
from blijfwijzer.publish.pages.culture_page import CULTURE_NOTHING
from blijfwijzer.publish.pages.first_page import room_for_contact, say_contact
from blijfwijzer.publish.pages.page import render_sections
from blijfwijzer.publish.pages.page_table import tidy
from blijfwijzer.publish.pages.unit_page import each_once, talk
from blijfwijzer.publish.pages.unit_questions import ReadQuestions, asked_section
from blijfwijzer.publish.pictures.culture_pictures import draw_profile
from blijfwijzer.settings import Settings
from blijfwijzer.survey.texts import Message, Text, Value, say

_AGAINST = ("sector", "all", "previous")
"""What a unit is held against: the largest unit that it is part of, everyone, and before."""
_SHOWN = {
    **{"dimension": "dimension_label", "n": "n_band"},
    **{name: name for name in ("pooled", "low", "high", "all_mean")},
    **{
        f"{against}_{part}": f"{against}_{part}"
        for against in _AGAINST
        for part in ("difference", "low", "high", "mark")
    },
}
"""Columns of the page to those of the file."""


@dataclass(frozen=True)
class ReadClimate:
    """A release of `climate` as it was read."""

    page: Chapter
    """In which language it is, of which survey, and whom to ask."""
    rows: Cleared
    """As in climate.parquet: one row per group and dimension."""
    questions: ReadQuestions | None = None
    """None of a release of an earlier version."""

    @property
    def groups(self) -> pd.DataFrame:
        """One row per unit that is told of, each people once: group, label, sector_label."""
        told = self.rows.frame.drop_duplicates("group")
        told = told[told["group"] != EVERYONE]
        told = told[told["group"].isin(each_once(told.set_index("group")["n_band"]))]
        above = told["sector"].where(told["sector"] != "", self.page.in_words(say("unit.others")))
        return told[["group", "label"]].assign(sector_label=above).reset_index(drop=True)


def read_climate_page(run: Mapping[str, Any], settings: Settings) -> Chapter:
    """Give the page on which units are told of.

    Parameters
    ----------
    run : what the release tells of itself; one of an earlier version without the survey's label
    """
    label = Text(**run["survey_label"]) if "survey_label" in run else run["survey"]
    return Chapter(
        language=settings.language,
        title="",
        survey=say("title.survey", wave=run["wave"], codebook=label),
        facts=(),
        tables={},
        method=(),
        provenance=(),
        notes={"contact": say_contact(settings.contact)},
        levels=(say("column.sector"),),
    )


def render_culture_unit(release: ReadClimate, unit: str) -> bytes:
    """Write the page of a unit as HTML.

    Parameters
    ----------
    unit : id of a unit that is told of
    """
    frame = release.rows.frame
    places = np.flatnonzero(frame["group"] == unit)
    label = tidy(frame["label"].iloc[places[0]])
    page = replace(release.page, title=label, notes={}, warnings=())
    columns = {new: old for new, old in _SHOWN.items() if old in frame}
    rows = pick(release.rows, columns, places).frame
    return render_sections(
        page,
        {
            "unit_results": _results(page, rows, release, unit),
            **asked_section(page, release.questions, unit),
            "unit_talk": talk(_topics(rows)),
            "unit_never": [
                Block(points=tuple(map(say, CULTURE_NOTHING))),
                Block(paragraphs=room_for_contact(release.page)),
            ],
        },
    )


def _results(page: Chapter, rows: pd.DataFrame, release: ReadClimate, unit: str) -> Iterator[Block]:
    """Draw the mean of each dimension beside that of everyone, and say what differs surely."""
    yield Block(paragraphs=(*_differences(rows),))
    caption = say("unit.beside", unit=tidy(page.title))
    drawing = draw_profile(rows, caption)
    yield drawn(page, "climate", _in_short(rows), drawing, caption, (say("unit.read_means"),))
    everywhere = release.rows.frame.drop_duplicates("dimension")["dimension_label"]
    absent = tuple(map(tidy, everywhere[~everywhere.isin(rows["dimension"])]))
    if absent:
        yield Block(paragraphs=(say("unit.dimensions_absent", names=absent),))
    if len(GroupPath.parse(unit).units) > 1 and not _is_told(rows["sector_mark"]):
        yield Block(paragraphs=(say("unit.sector_absent"),))


def _in_short(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the columns of which something is told; what differs surely is told in sentences."""
    known = [str(name) for name in rows if _is_told(rows[name])]
    return rows[[name for name in known if name != "all_mean" and not name.endswith("_mark")]]


def _is_told(column: pd.Series) -> bool:
    return bool((column.notna() & (column != "")).any())


def _differences(rows: pd.DataFrame) -> Iterator[Value]:
    """Name the dimensions that are surely better or worse than elsewhere, or say that none is."""
    found = False
    for against, (better, worse) in _SAID.items():
        for mark, name in (("better", better), ("worse", worse)):
            names = tuple(map(tidy, rows.loc[rows[f"{against}_mark"] == mark, "dimension"]))
            if names:
                found = True
                yield Message(name, {"names": names})
    if not found:
        yield say("unit.culture_alike")


_SAID = {
    "sector": ("unit.better_than_sector", "unit.worse_than_sector"),
    "all": ("unit.better_than_all", "unit.worse_than_all"),
    "previous": ("unit.better_than_before", "unit.worse_than_before"),
}


def _topics(rows: pd.DataFrame) -> tuple[str, ...]:
    """Give what is surely worse than elsewhere, the largest difference from everyone first."""
    is_worse = (rows[[f"{against}_mark" for against in _AGAINST]] == "worse").any(axis=1)
    size = rows.loc[is_worse, "all_difference"].abs().sort_values(ascending=False, kind="stable")
    return tuple(rows.loc[size.index, "dimension"])
