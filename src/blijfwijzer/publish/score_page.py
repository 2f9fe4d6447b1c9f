"""The report of `score` and `vouchers` as a page: what stands out, for whom, and how sure that is.

It computes nothing; it chooses what is pictured and in which order things are told.
"""

from collections.abc import Callable, Iterator

import pandas as pd

from blijfwijzer.drivers.group_profiles import SURE
from blijfwijzer.publish.blocks import (
    OPEN_ROWS,
    Block,
    drawn,
    method_blocks,
    noted,
    paragraph,
    points,
    present,
    read_blocks,
    titled,
)
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.numbers import number
from blijfwijzer.publish.page import render_sections
from blijfwijzer.publish.page_table import drawn_table, shown_table, tidy
from blijfwijzer.publish.pictures import (
    PICTURED_ROWS,
    draw_alternatives,
    draw_drivers,
    draw_fairness,
    draw_flags,
    draw_rates,
)
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.publish.workbook import write_sheets
from blijfwijzer.survey.texts import Value, say

PICTURED_GROUPS = 12
"""Groups whose drivers are drawn, over all risks together."""
MOST_DRIVERS = 1_000
"""Rows of the table of drivers of groups that have no picture."""

PURPOSE = (
    *("purpose.groups", "purpose.association", "purpose.intention", "purpose.uncertainty"),
    "purpose.no_forecast",
    *("purpose.punish", "purpose.offer", "purpose.firewall"),
)
"""Sentences on what a release is, and what it is not."""
SHEETS = (
    *("groups", "vouchers", "alternatives", "lottery", "card", "drivers", "flagged", "sectors"),
    *("reach", "reach_gaps", "reach_conclusions", "segments", "fairness", "gaps", "conclusions"),
    *("response", "moved", "withheld", "rolled_up", "rejected", "wave"),
)


def render_report(report: Chapter) -> bytes:
    """Write the report as HTML."""
    return render_sections(
        report,
        {
            "what": [points(PURPOSE)],
            "read": [*read_blocks(report), *_register(report), titled(report, "wave")],
            "sectors": _sectors(report),
            "flagged": _flagged(report),
            "vouchers": _vouchers(report),
            **({"reach": _reach(report)} if "vouchers" in report.tables else {}),
            "fairness": _fairness(report),
            "withheld": [
                paragraph("note.withheld"),
                titled(report, "withheld"),
                titled(report, "rolled_up", is_foldable=True),
            ],
            "method": method_blocks(report),
        },
    )


def write_workbook(report: Chapter) -> bytes:
    """Write the report's tables as .xlsx."""
    return write_sheets(report, SHEETS, PURPOSE)


def _register(report: Chapter) -> Iterator[Block]:
    """Say who responded by a register, and what its margins change."""
    notes = report.notes.get("register")
    if not notes:
        return
    yield Block(say("heading.register"), notes)
    yield from present(report, "response")
    yield paragraph("note.moved")
    yield from present(report, "moved")


def _sectors(report: Chapter) -> Iterator[Block]:
    yield paragraph("note.sectors")
    for _, label, rates in report.by_target("sectors"):
        caption = say("caption.sectors", target=label)
        yield drawn(report, "sectors", rates, draw_rates(rates, caption), caption)
    yield titled(report, "groups", is_foldable=True)


def _flagged(report: Chapter) -> Iterator[Block]:
    found = list(report.by_target("flagged"))
    yield paragraph("note.flagged" if found else "note.none_flagged")
    for target, label, flagged in found:
        caption = say("caption.flagged", target=label)
        count = min(len(flagged), PICTURED_ROWS)
        cut = say("note.pictured", shown=count, all=len(flagged))
        drawing = draw_flags(flagged, caption)
        cuts = (cut,) if count < len(flagged) else ()
        yield drawn(report, "flagged", flagged, drawing, caption, cuts)
        yield from _drivers(report, target, label, flagged, PICTURED_GROUPS // len(found))
    yield from present(report, "segments")


def _drivers(
    report: Chapter, target: str, label: Value, flagged: pd.DataFrame, pictured: int
) -> Iterator[Block]:
    drivers = report.rows("drivers")
    drivers = drivers[drivers["target"] == target].drop(columns="target")
    # What an employer can change comes first; otherwise the order given is kept.
    drivers = drivers.sort_values("is_changeable", ascending=False, kind="stable")
    groups = flagged[flagged["group"].isin(drivers["group"])].drop_duplicates("group")
    if groups.empty:
        return
    shown = groups.head(pictured)
    how = say("note.drivers", shown=len(shown), all=len(groups), sure=100 * SURE)
    yield Block(paragraphs=(how,))
    for group, name in zip(shown["group"], shown["label"], strict=True):
        rows = drivers[drivers["group"] == group].drop(columns="label")
        caption = say("caption.drivers", target=label, group=tidy(name))
        table = drawn_table(report, "drivers", rows, draw_drivers(rows, caption))
        yield Block(caption=caption, table=table)
    rest = drivers[~drivers["group"].isin(shown["group"])]
    if len(rest):
        caption = say("caption.other_drivers", target=label)
        in_order = rest.sort_values("group", kind="stable", key=_place_in(groups["group"]))
        yield Block(table=shown_table(report, "drivers", caption, in_order, most=MOST_DRIVERS))


def _place_in(order: "pd.Series[str]") -> "Callable[[pd.Series[str]], pd.Series[int]]":
    places = {group: place for place, group in enumerate(order)}
    return lambda groups: groups.map(places)


def _vouchers(report: Chapter) -> Iterator[Block]:
    if "vouchers" not in report.tables:
        yield paragraph("note.no_vouchers")
        yield from _card(report)
        return
    given = report.rows("vouchers")
    some = given[pd.to_numeric(given["vouchers"], errors="coerce") > 0]
    caption = say("caption.vouchers")
    yield Block(caption, table=shown_table(report, "vouchers", caption, some, most=OPEN_ROWS))
    yield titled(report, "vouchers", is_foldable=True, caption="caption.all_vouchers")
    if report.has("alternatives"):
        rows, caption = report.rows("alternatives"), say("caption.alternatives")
        drawing, told = draw_alternatives(rows, caption), (say("note.alternatives"),)
        yield drawn(report, "alternatives", rows, drawing, caption, told)
    if "lottery" in report.tables:
        yield titled(report, "lottery")
    yield from _card(report)


def _card(report: Chapter) -> Iterator[Block]:
    """Say how the self-check card does, and whom it reaches."""
    if report.notes.get("card"):
        yield noted(report, "card")
    yield from present(report, "card")


def _reach(report: Chapter) -> Iterator[Block]:
    if "reach" not in report.tables:
        yield paragraph("note.no_reach")
        return
    yield paragraph("note.reach")
    yield from _targeted(
        report, ("reach", "reach_gaps", "reach_conclusions"), say("legend.offered")
    )


def _fairness(report: Chapter) -> Iterator[Block]:
    is_empty = report.rows("fairness").empty and report.rows("conclusions").empty
    yield paragraph("note.no_fairness" if is_empty else "note.fairness")
    if "vouchers" in report.tables and not is_empty:
        yield paragraph("note.fairness_of_flags")
    yield from _targeted(report, ("fairness", "gaps", "conclusions"), say("legend.selected"))


def _targeted(report: Chapter, tables: tuple[str, str, str], selected: Value) -> Iterator[Block]:
    """Draw whom a rule helps and misses by each attribute, and say what was found."""
    rates, gaps, conclusions = tables
    found = report.rows(conclusions)
    told = found.groupby("attribute", sort=False)["conclusion"].agg(list).to_dict()
    without = list[str]()
    for attribute, rows in report.rows(rates).groupby("attribute", sort=False):
        shown = rows[rows[["selection", "missed", "inclusion"]].map(number).notna().any(axis=1)]
        if shown.empty:
            without.append(tidy(attribute))
            continue
        sentences = tuple(told.pop(attribute, []))
        caption = say("caption.fairness", attribute=tidy(attribute))
        drawing = draw_fairness(shown, caption, sentences[0] if sentences else "", selected)
        beside = (*sentences, *_without_figures(rows.drop(index=shown.index)))
        yield drawn(report, rates, shown.drop(columns="attribute"), drawing, caption, beside)
    if without:
        yield Block(paragraphs=(say("fairness.without_all", names=tuple(without)),))
    apart = report.rows(gaps) if report.has(gaps) else pd.DataFrame(columns=["gap", "ratio"])
    apart = apart[apart[["gap", "ratio"]].notna().any(axis=1)]
    if len(apart):
        caption = say(TABLES[gaps].caption)
        yield Block(caption, table=shown_table(report, gaps, caption, apart))
    rest = found[found["attribute"].isin(list(told))]
    if len(rest):
        caption = say("caption.conclusions")
        yield Block(table=shown_table(report, conclusions, caption, rest))


def _without_figures(rows: pd.DataFrame) -> Iterator[Value]:
    """Name the groups of which nothing may or can be told, by why."""
    for reason, of_reason in rows.groupby("missed", sort=False, dropna=False):
        why = reason if isinstance(reason, str) else say("value.not_shown")
        names = tuple(map(tidy, of_reason["label"]))
        yield say("fairness.without", reason=why, names=names)
