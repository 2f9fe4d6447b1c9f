"""The appendix of the report of `score` and `vouchers`: all figures, and how they came about."""

from collections.abc import Callable, Iterator

import pandas as pd

from blijfwijzer.drivers.group_profiles import SURE
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.numbers import number
from blijfwijzer.publish.pages.blocks import Block, drawn, noted, paragraph, present, titled
from blijfwijzer.publish.pages.page_table import drawn_table, shown_table, tidy
from blijfwijzer.publish.pictures.row_pictures import draw_drivers, draw_fairness
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.texts import Value, say

PICTURED_GROUPS = 12
"""Groups whose drivers are drawn, over all risks together."""
MOST_DRIVERS = 1_000
"""Rows of the table of drivers of groups that have no picture."""


def division_blocks(report: Chapter) -> Iterator[Block]:
    """Give all groups with their vouchers, the draw, and whom the self-check card reaches."""
    yield from present(report, "proposal")
    if report.has("vouchers"):
        yield titled(report, "vouchers", is_foldable=True, caption="caption.all_vouchers")
    if report.has("alternatives"):
        yield titled(report, "alternatives")
        yield paragraph("note.alternatives")
    if report.has("offered_drivers"):
        yield titled(report, "offered_drivers", is_foldable=True)
    yield from present(report, "lottery", "decided_before")
    if report.notes.get("card"):
        yield noted(report, "card")
    yield from present(report, "card")


def reach_blocks(report: Chapter) -> Iterator[Block]:
    """Draw whom the vouchers help and miss, by each attribute."""
    yield paragraph("note.reach")
    yield from _targeted(
        report, ("reach", "reach_gaps", "reach_conclusions"), say("legend.offered")
    )


def driver_blocks(report: Chapter) -> Iterator[Block]:
    """Draw what goes with the risk of groups that stand out."""
    found = list(report.by_target("flagged"))
    yield paragraph("note.flagged")
    for target, label, flagged in found:
        yield titled_rows(report, label, flagged)
        yield from _drivers(report, target, label, flagged, PICTURED_GROUPS // len(found))
    yield from present(report, "segments")


def titled_rows(report: Chapter, label: Value, flagged: pd.DataFrame) -> Block:
    """List all groups that stand out in one risk, with all that is known of how surely."""
    caption = say("caption.flagged", target=label)
    return Block(caption, table=shown_table(report, "flagged", caption, flagged))


def group_blocks(report: Chapter) -> Iterator[Block]:
    """List all groups, and what everyone answered."""
    yield Block(links=(("explore.html", say("short.more.explore")),))
    yield titled(report, "groups", is_foldable=True)
    yield from present(report, "rolled_up", "questions")
    yield from present(report, "beside", "beside_means", "beside_drivers")


def fairness_blocks(report: Chapter) -> Iterator[Block]:
    """Draw whom the flags find and miss, by each attribute."""
    is_empty = report.rows("fairness").empty and report.rows("conclusions").empty
    yield paragraph("note.no_fairness" if is_empty else "note.fairness")
    if "vouchers" in report.tables and not is_empty:
        yield paragraph("note.fairness_of_flags")
    yield from _targeted(report, ("fairness", "gaps", "conclusions"), say("legend.selected"))


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
        if str(attribute).casefold() == report.everyone.casefold():
            caption = say("caption.fairness_everyone")
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
