"""The report of `score` and `vouchers` as a page: what stands out, for whom, and how sure that is.

It computes nothing; it chooses what is pictured and in which order things are told.
"""

from collections.abc import Callable, Iterator

import pandas as pd

from blijfwijzer.publish.messages import say
from blijfwijzer.publish.page import (
    OPEN_ROWS,
    Block,
    Chapter,
    by_target,
    clean,
    drawn_table,
    method_blocks,
    read_blocks,
    render_sections,
    shown_table,
    tidy,
    titled,
    what_block,
)
from blijfwijzer.publish.pictures import (
    PICTURED_ROWS,
    draw_alternatives,
    draw_drivers,
    draw_fairness,
    draw_flags,
    draw_rates,
)
from blijfwijzer.publish.workbook import write_sheets

PICTURED_GROUPS = 12
"""Groups whose drivers are drawn, over all risks together."""
MOST_DRIVERS = 1_000
"""Rows of the table of drivers of groups that have no picture."""

PURPOSE = (
    *("purpose.groups", "purpose.association", "purpose.intention", "purpose.uncertainty"),
    *("purpose.punish", "purpose.offer", "purpose.firewall"),
)
"""Sentences on what a release is, and what it is not."""
SHEETS = (
    *("groups", "vouchers", "alternatives", "lottery", "drivers", "flagged", "sectors"),
    *("segments", "fairness", "gaps", "conclusions", "withheld", "rolled_up", "rejected", "wave"),
)


def render_report(report: Chapter) -> bytes:
    """Write the report as HTML."""
    return render_sections(
        report,
        {
            "what": [what_block(report, PURPOSE)],
            "read": [*read_blocks(report), titled(report, "wave")],
            "sectors": list(_sectors(report)),
            "flagged": list(_flagged(report)),
            "vouchers": list(_vouchers(report)),
            "fairness": list(_fairness(report)),
            "withheld": list(_withheld(report)),
            "method": list(method_blocks(report)),
        },
    )


def write_workbook(report: Chapter) -> bytes:
    """Write the report's tables as .xlsx."""
    return write_sheets(report, SHEETS, PURPOSE)


def _sectors(report: Chapter) -> Iterator[Block]:
    language = report.language
    yield Block(paragraphs=(say("note.sectors", language),))
    for _, label, rates in by_target(report, report.rows("sectors")):
        caption = say("caption.sectors", language, target=label)
        drawing = draw_rates(rates, caption, language)
        table = drawn_table(report, "sectors", rates.drop(columns="target"), drawing)
        yield Block(caption, caption=caption, table=table)
    yield titled(report, "groups", is_foldable=True)


def _flagged(report: Chapter) -> Iterator[Block]:
    language = report.language
    found = list(by_target(report, report.rows("flagged")))
    yield Block(paragraphs=(say("note.flagged" if found else "note.none_flagged", language),))
    for target, label, flagged in found:
        caption = say("caption.flagged", language, target=label)
        drawn = min(len(flagged), PICTURED_ROWS)
        cut = say("note.pictured", language, shown=drawn, all=len(flagged))
        drawing = draw_flags(flagged, caption, language)
        table = drawn_table(report, "flagged", flagged.drop(columns="target"), drawing)
        cuts = (cut,) if drawn < len(flagged) else ()
        yield Block(caption, cuts, caption=caption, table=table)
        yield from _drivers(report, target, label, flagged, PICTURED_GROUPS // len(found))
    if report.has("segments"):
        yield titled(report, "segments")


def _drivers(
    report: Chapter, target: str, label: str, flagged: pd.DataFrame, pictured: int
) -> Iterator[Block]:
    language = report.language
    drivers = report.rows("drivers")
    drivers = drivers[drivers["target"] == target].drop(columns="target")
    # What an employer can change comes first; otherwise the order given is kept.
    drivers = drivers.sort_values("is_changeable", ascending=False, kind="stable")
    groups = flagged[flagged["group"].isin(drivers["group"])].drop_duplicates("group")
    if groups.empty:
        return
    shown = groups.head(pictured)
    yield Block(paragraphs=(say("note.drivers", language, shown=len(shown), all=len(groups)),))
    for group, name in zip(shown["group"], shown["label"], strict=True):
        rows = drivers[drivers["group"] == group].drop(columns="label")
        caption = say("caption.drivers", language, target=label, group=tidy(name))
        drawing = draw_drivers(rows, caption, language)
        yield Block(caption=caption, table=drawn_table(report, "drivers", rows, drawing))
    rest = drivers[~drivers["group"].isin(shown["group"])]
    if len(rest):
        caption = say("caption.other_drivers", language, target=label)
        in_order = rest.sort_values("group", kind="stable", key=_place_in(groups["group"]))
        yield Block(table=shown_table(report, "drivers", caption, in_order, most=MOST_DRIVERS))


def _place_in(order: "pd.Series[str]") -> "Callable[[pd.Series[str]], pd.Series[int]]":
    places = {group: place for place, group in enumerate(order)}
    return lambda groups: groups.map(places)


def _vouchers(report: Chapter) -> Iterator[Block]:
    language = report.language
    if "vouchers" not in report.tables:
        yield Block(paragraphs=(say("note.no_vouchers", language),))
        return
    given = report.rows("vouchers")
    some = given[pd.to_numeric(given["vouchers"], errors="coerce") > 0]
    caption = say("caption.vouchers", language)
    yield Block(caption, table=shown_table(report, "vouchers", caption, some, most=OPEN_ROWS))
    yield titled(report, "vouchers", is_foldable=True, caption="caption.all_vouchers")
    if report.has("alternatives"):
        alternatives = report.rows("alternatives")
        caption = say("caption.alternatives", language)
        drawing = draw_alternatives(alternatives, caption, language)
        table = drawn_table(report, "alternatives", alternatives, drawing)
        yield Block(caption, (say("note.alternatives", language),), caption=caption, table=table)
    if "lottery" in report.tables:
        yield titled(report, "lottery")


def _fairness(report: Chapter) -> Iterator[Block]:
    language, conclusions = report.language, report.rows("conclusions")
    fairness = report.rows("fairness")
    is_empty = fairness.empty and conclusions.empty
    yield Block(paragraphs=(say("note.no_fairness" if is_empty else "note.fairness", language),))
    told = conclusions.groupby("attribute", sort=False)["conclusion"].agg(list).to_dict()
    for attribute, rows in fairness.groupby("attribute", sort=False):
        name = tidy(attribute)
        sentences = clean(tuple(told.pop(attribute, [])))
        conclusion = sentences[0] if sentences else ""
        caption = say("caption.fairness", language, attribute=name)
        drawing = draw_fairness(rows, caption, conclusion, language)
        table = drawn_table(report, "fairness", rows.drop(columns="attribute"), drawing)
        yield Block(caption, sentences, caption=caption, table=table)
    if report.has("gaps"):
        yield titled(report, "gaps")
    rest = conclusions[conclusions["attribute"].isin(list(told))]
    if len(rest):
        caption = say("caption.conclusions", language)
        yield Block(table=shown_table(report, "conclusions", caption, rest))


def _withheld(report: Chapter) -> Iterator[Block]:
    yield Block(paragraphs=(say("note.withheld", report.language),))
    yield titled(report, "withheld")
    yield titled(report, "rolled_up", is_foldable=True)
