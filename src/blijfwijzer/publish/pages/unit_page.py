"""A page for the manager of one unit: one or two sheets, made of what a release shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import Cleared, pick, stack
from blijfwijzer.drivers.group_profiles import SURE
from blijfwijzer.groups.paths import EVERYONE, GroupPath
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.numbers import number
from blijfwijzer.publish.pages.blocks import Block, drawn
from blijfwijzer.publish.pages.first_page import NEVER, is_compared, room_for_contact
from blijfwijzer.publish.pages.page import render_sections
from blijfwijzer.publish.pages.page_table import drawn_table, shown_table, tidy
from blijfwijzer.publish.pages.unit_questions import ReadQuestions, asked_section
from blijfwijzer.publish.pictures.row_pictures import draw_drivers, draw_risks
from blijfwijzer.survey.texts import Value, say

MOST_DRIVERS = 5
"""Drivers of each risk that a page shows, what can be changed before what cannot."""
MOST_ASKED = 8
"""Questions that have room beside risks, drivers and vouchers; a page of a climate has all."""
_QUESTIONS = ("talk.known", "talk.good", "talk.better", "talk.ours", "talk.learn")


@dataclass(frozen=True)
class ReadRelease:
    """A release of `score` as it was read, its groups by their ids."""

    report: Chapter
    groups: pd.DataFrame
    """As in groups.parquet, in the order of the report's table of groups."""
    given: Sequence[str] = ()
    """Ids of the groups that vouchers were divided over, in the order of the report's table."""
    survey: str = ""
    wave: str = ""
    questions: ReadQuestions | None = None
    """What a climate of the same people tells of each question, where one is given."""

    @property
    def units(self) -> list[str]:
        """Ids of the units that are shown, each people once."""
        return each_once(self.groups.loc[self.groups["kind"] == "unit"].set_index("group")["n"])

    @cached_property
    def _place(self) -> dict[str, int]:
        return {str(group): place for place, group in enumerate(self.groups["group"])}

    def places(self, ids: Sequence[str]) -> list[int]:
        """Give the places of groups among those that are shown, of those that are."""
        return [self._place[one] for one in dict.fromkeys(ids) if one in self._place]

    def label(self, group: str) -> str:
        """Give what a group is called."""
        return tidy(self.groups["label"].iloc[self.places([group])[0]])


def render_unit(release: ReadRelease, unit: str, previous: ReadRelease | None = None) -> bytes:
    """Write the page of a unit as HTML.

    Parameters
    ----------
    unit : id of a unit that is shown
    previous : the release of the wave before, if there is one
    """
    report = release.report
    page = replace(report, title=release.label(unit), notes={}, warnings=())
    return render_sections(
        page,
        {
            "unit_results": _results(page, release, unit, previous),
            "unit_drivers": _drivers(page, unit),
            **asked_section(page, release.questions, unit, MOST_ASKED),
            "unit_talk": talk(_topics(page, unit)["driver"].tolist()),
            "unit_vouchers": _vouchers(page, release, unit),
            "unit_never": [
                Block(points=tuple(map(say, NEVER))),
                Block(paragraphs=room_for_contact(report)),
            ],
        },
    )


def _results(
    page: Chapter, release: ReadRelease, unit: str, previous: ReadRelease | None
) -> Iterator[Block]:
    """Draw the risks of a unit beside those of its unit above, its sector, all, and before."""
    row = release.groups.iloc[release.places([unit])[0]]
    beside = release.places([unit, str(row["parent"]), str(row["sector"]), EVERYONE])
    # Of one organisation the sector and everyone are the same people: they stand there once.
    of_people = {release.groups["n"].iloc[place]: place for place in beside[::-1]}
    own, *others = list(of_people.values())[::-1]
    shown = release.report.tables["groups"]
    columns = {str(name): str(name) for name in shown.frame}
    tables = [pick(shown, columns, np.array([own]))]
    if previous is not None and previous.places([unit]):
        before = previous.report.tables["groups"]
        same = {name: name for name in columns if name in before.frame and name != "label"}
        then, told = np.array(previous.places([unit])), page.in_words(say("unit.before"))
        tables.append(pick(before, same, then, label=told))
    tables.append(pick(shown, columns, np.array(others, dtype=np.intp)))
    rows = _in_short(stack(tables, list(columns)), page)
    yield Block(paragraphs=(*_verdicts(page, row, own),))
    caption = say("unit.beside", unit=tidy(page.title))
    drawing = draw_risks(rows, page.targets, caption)
    yield drawn(page, "groups", rows, drawing, caption, (say("unit.read"),))


def _verdicts(page: Chapter, unit: pd.Series, own: int) -> Iterator[Value]:
    """Say of each risk that is told of a unit whether it is clearly higher than elsewhere.

    That is not known of what others are held against, nor where what it is held against is not
    told.
    """
    flagged, groups = page.rows("flagged"), page.rows("groups")
    for target, label in page.targets:
        rates = groups[f"{target}_rate"].map(number)
        if is_compared(rates) and rates.notna().iloc[own]:
            is_flagged = ((flagged["group"] == unit["group"]) & (flagged["target"] == target)).any()
            is_judged = pd.notna(unit[f"{target}_probability"])
            without = "unit.not_flagged" if is_judged else "unit.not_judged"
            yield say("unit.flagged" if is_flagged else without, target=label)


def _in_short(rows: Cleared, page: Chapter) -> pd.DataFrame:
    """Keep the columns that a page of a unit shows, of which something is known."""
    ends = ("rate", "low", "high")
    figures = [f"{target}_{end}" for target, _ in page.targets for end in ends]
    told, shown = rows.frame, ["label", "n", "response", *figures]
    return told[[c for c in shown if c in told and (c in figures or told[c].notna().any())]]


def _drivers(page: Chapter, unit: str) -> Iterator[Block]:
    """Draw what goes with the risks of a unit, and say what helps with it."""
    drivers = page.rows("drivers")
    own = drivers[drivers["group"] == unit]
    told = own[own["is_sure"].astype(bool)]
    if own.empty:
        yield Block(paragraphs=(say("unit.no_drivers"),))
    elif told.empty:
        # A picture of what may all be chance would be read as a finding.
        yield Block(paragraphs=(say("unit.nothing_sure"),))
        own = told
    else:
        yield Block(paragraphs=(say("unit.read_drivers", sure=100 * SURE),))
    for target, label in page.targets:
        rows = own[own["target"] == target].drop(columns=["target", "label"])
        rows = rows.sort_values("is_changeable", ascending=False, kind="stable").head(MOST_DRIVERS)
        if len(rows):
            caption = say("caption.drivers", target=label, group=tidy(page.title))
            table = drawn_table(page, "drivers", rows, draw_drivers(rows, caption))
            yield Block(caption, caption=caption, table=table)
    topics = _topics(page, unit).get("helps", ())
    helps = tuple(dict.fromkeys(h for h in topics if isinstance(h, str) and h))
    if helps:
        yield Block(say("unit.helps"), (say("unit.helps_source"),), points=helps)
    yield Block(paragraphs=(say("unit.association"), say("remedy.culture_first")))


def talk(topics: Sequence[str]) -> list[Block]:
    """Give five questions for the talk with a team, one on the first topic if there is any."""
    questions: list[Value] = [say(name) for name in _QUESTIONS]
    if topics:
        questions[2] = say("talk.topic", topic=tidy(topics[0]))
    return [Block(paragraphs=(say("talk.rules"),), points=tuple(questions))]


def _topics(page: Chapter, unit: str) -> pd.DataFrame:
    """Give the sure drivers of a unit that can be changed and go with more risk."""
    drivers = page.rows("drivers")
    is_sure = drivers["is_sure"].astype(bool) & drivers["is_changeable"].astype(bool)
    is_more = drivers["contrast"].map(number).astype(float) > 0
    return drivers.loc[(drivers["group"] == unit) & is_sure & is_more]


def _vouchers(page: Chapter, release: ReadRelease, unit: str) -> Iterator[Block]:
    """List the vouchers that people of a unit may be offered, and say how to offer them."""
    if not page.has("vouchers") or not release.given:
        yield Block(paragraphs=(say("unit.undivided"),))
        return
    given = page.rows("vouchers").reset_index(drop=True)
    is_near = [_concerns(group, unit, release) for group in release.given]
    is_some = given["vouchers"].map(number).astype(float) > 0
    rows = given[pd.Series(is_near) & is_some]
    if len(rows):
        caption = say("unit.given")
        columns = [name for name in ("label", "kind", "vouchers", "need") if name in rows]
        table = shown_table(page, "vouchers", caption, rows[columns])
        how = ("unit.offer.ask", "unit.offer.talk", "unit.offer.time", "unit.offer.free")
        yield Block(paragraphs=(say("unit.given_of"),), table=table)
        yield Block(say("unit.how"), points=tuple(map(say, how)))
    else:
        yield Block(paragraphs=(say("unit.none_given"),))
    yield Block(say("unit.without"), (say("unit.without_text"),))


def _concerns(group: str, unit: str, release: ReadRelease) -> bool:
    """Tell whether people of a unit can be among those of a group that vouchers were given to.

    A group is the unit, a part of it, or holds the unit and perhaps more; readable profiles are no
    groups of units, and anybody can fit one.
    """
    if not release.places([group]):
        return True
    own, other = GroupPath.parse(unit).units, GroupPath.parse(group).units
    shared = min(len(own), len(other))
    return own[:shared] == other[:shared]


def each_once(sizes: "pd.Series[Any]") -> list[str]:
    """Leave out units that hold one unit and nobody else: their pages would tell the same.

    Parameters
    ----------
    sizes : id of a unit to how many people answered there, as a band tells it
    """
    below: dict[str, list[str]] = {}
    for unit in map(str, sizes.index):
        above = GroupPath(GroupPath.parse(unit).units[:-1])
        below.setdefault(str(above), []).append(unit)
    return [
        unit
        for unit in map(str, sizes.index)
        if [sizes.loc[part] for part in below.get(unit, ())] != [sizes.loc[unit]]
    ]


def render_index(report: Chapter, groups: pd.DataFrame, files: dict[str, str]) -> bytes:
    """Write the list of all pages, by largest unit.

    Parameters
    ----------
    groups : one row per unit: group, label, sector_label
    files : id of a unit to the file with its page
    """
    page = replace(report, title=say("unit.index"), notes={}, warnings=())
    rows = groups.set_index("group").loc[list(files)]
    blocks = [Block(paragraphs=(say("unit.index_text", count=len(files)),))]
    for sector, units in rows.groupby("sector_label", sort=False):
        links = tuple((files[str(u)], tidy(label)) for u, label in units["label"].items())
        blocks.append(Block(tidy(sector), links=links))
    return render_sections(page, {"unit_index": blocks})
