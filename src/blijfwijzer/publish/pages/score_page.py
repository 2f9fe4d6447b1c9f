"""The report of `score` and `vouchers` as a page: one page first, then what HR asks, in its order.

It computes nothing; it chooses what is told, and in which order. What says the same of all is told
in a sentence and not drawn.
"""

from collections.abc import Iterable, Iterator

import pandas as pd

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.numbers import number
from blijfwijzer.publish.pages.blocks import (
    Block,
    drawn,
    method_blocks,
    noted,
    paragraph,
    present,
    read_blocks,
    register_blocks,
    titled,
)
from blijfwijzer.publish.pages.first_page import (
    MOST_GROUPS,
    apart_of,
    first_page,
    is_divided,
    served,
)
from blijfwijzer.publish.pages.letters import letters
from blijfwijzer.publish.pages.page import heading_of, render_sections
from blijfwijzer.publish.pages.page_table import shown_table, tidy
from blijfwijzer.publish.pages.score_appendix import (
    division_blocks,
    driver_blocks,
    fairness_blocks,
    group_blocks,
    reach_blocks,
)
from blijfwijzer.publish.pictures.row_pictures import (
    draw_alternatives,
    draw_flags,
    draw_risks,
    interval_of,
)
from blijfwijzer.survey.texts import Message, Quantity, Value, say

MOST_SERVED = 12
"""Groups with vouchers that are listed before the appendix."""
MOST_RULES = 5
"""Rules that are compared with the proposal before the appendix: those that bring most."""
MOST_FLAGGED = 6
"""Groups that stand out in one risk that are drawn before the appendix."""
MOST_NAMED = 3
"""Drivers of a group, and questions, that a sentence names."""
MOST_UNITS = 14
"""Units whose rates are drawn before the appendix."""

PURPOSE = (
    *("purpose.groups", "purpose.association", "purpose.intention", "purpose.uncertainty"),
    "purpose.no_forecast",
    *("purpose.punish", "purpose.offer", "purpose.firewall"),
)
"""Sentences on what a release is, and what it is not."""
SHEETS = (
    *(
        "proposal",
        "vouchers",
        "offered_drivers",
        "alternatives",
        "groups",
        "flagged",
        "detectable",
        "drivers",
        "sectors",
    ),
    *(
        "beside",
        "beside_means",
        "beside_drivers",
        "questions",
        "reach",
        "reach_gaps",
        "reach_conclusions",
        "segments",
        "fairness",
        "gaps",
    ),
    *("conclusions", "lottery", "card", "response", "moved", "withheld", "rolled_up"),
    *("rejected", "wave", "decisions", "blind", "uptake", "decided_before"),
)
_OF_PEOPLE = ("decisions", "blind", "uptake")
"""Tables of what people did with what was proposed."""
_COMPARED = ["rule", "is_plan", "over", "vouchers", "extra", "extra_low", "extra_high"]
"""Columns of the comparison that stand before the appendix."""


def render_report(report: Chapter) -> bytes:
    """Write the report as HTML."""
    appendix: dict[str, Iterable[Block]] = {
        **({"texts": letters(report)} if is_divided(report) else {}),
        "vouchers": division_blocks(report),
        **({"helped": reach_blocks(report)} if report.has("reach") else {}),
        **({"drivers": driver_blocks(report)} if report.has("flagged") else {}),
        "groups": group_blocks(report),
        "fairness": fairness_blocks(report),
        "read": [*read_blocks(report), *register_blocks(report, "moved"), titled(report, "wave")],
        "method": method_blocks(report),
    }
    sections: dict[str, Iterable[Block]] = {
        "short": first_page(report),
        "offers": _offers(report),
        **({"decided": _decided(report)} if any(map(report.has, _OF_PEOPLE)) else {}),
        **({"reach": reach_of(report)} if report.has("vouchers") else {}),
        "flagged": _flagged(report),
        "results": _results(report),
        **({"beside": _beside(report)} if report.has("beside") else {}),
        "withheld": _withheld(report),
        "appendix": [
            Block(say("section.what"), points=tuple(map(say, PURPOSE))),
            Block(links=tuple((f"#{name}", heading_of(name)) for name in appendix)),
        ],
        **appendix,
    }
    return render_sections(report, sections, tuple(appendix))


def write_workbook(report: Chapter) -> bytes:
    """Write the report's tables as .xlsx."""
    # Imported when used, as openpyxl takes a tenth of a second.
    from blijfwijzer.publish.files.workbook import write_sheets

    return write_sheets(report, SHEETS, PURPOSE)


def _offers(report: Chapter) -> Iterator[Block]:
    """List who is offered vouchers, beside what the same money could do otherwise."""
    if not report.has("vouchers"):
        yield paragraph("note.no_vouchers")
        return
    groups = served(report)
    cut = say("note.pictured", shown=min(len(groups), MOST_SERVED), all=len(groups))
    told = (cut,) if len(groups) > MOST_SERVED else ()
    caption = say("caption.vouchers")
    short = groups.head(MOST_SERVED).drop(columns=["level", "sector"])
    if len(groups) > MOST_GROUPS:  # else the first page lists them all
        yield Block(paragraphs=told, table=shown_table(report, "vouchers", caption, short))
    yield from _why_there(report)
    if report.has("alternatives"):
        rows, caption = _best(report.rows("alternatives")), say("caption.alternatives")
        short = rows[[*_COMPARED, *(c for c in ("true_extra", "cost_per_extra") if c in rows)]]
        is_by_rule = (rows["over"].map(report.in_words) == report.in_words(say("over.rule"))).any()
        beside = (say("offers.compared"), *(report.notes.get("rule", ()) if is_by_rule else ()))
        drawing = draw_alternatives(rows, caption)
        yield drawn(report, "alternatives", short, drawing, caption, beside)
        yield Block(links=(("#vouchers", say("short.more.alternatives")),))


def _decided(report: Chapter) -> Iterator[Block]:
    """List what people decided, what a blind review found, and who used what was offered."""
    if report.has("decisions"):
        yield paragraph("note.decided")
    yield from present(report, "decisions")
    if report.has("blind"):
        yield paragraph("note.blind")
    yield from present(report, "blind")
    if report.has("uptake"):
        yield noted(report, "uptake")
    yield from present(report, "uptake")


def _best(alternatives: pd.DataFrame) -> pd.DataFrame:
    """Keep the proposal and the rules of which most is expected, in the order given."""
    is_plan = alternatives["is_plan"].astype(bool)
    extra = pd.to_numeric(alternatives["extra"], errors="coerce")[~is_plan]
    return alternatives.loc[is_plan | alternatives.index.isin(extra.nlargest(MOST_RULES).index)]


def reach_of(report: Chapter) -> Iterator[Block]:
    """Say by which attributes some are missed more often than others."""
    if not report.has("reach"):
        yield paragraph("note.no_reach")
        return
    gaps = report.rows("reach_gaps")
    gap = gaps["gap"].map(number).astype(float)
    if (gap > 0).any():
        caption, rows = say("caption.reach_gaps"), gaps[gap > 0].drop(columns="ratio")
        yield Block(table=shown_table(report, "reach_gaps", caption, rows))
    if gap.isna().all():
        yield paragraph("reach.nothing")
        yield Block(links=(("#helped", say("short.more.helped")),))
        return
    named = {
        "reach.alike": tuple(map(tidy, gaps.loc[gap == 0, "attribute"])),
        "reach.unknown": tuple(map(tidy, gaps.loc[gap.isna(), "attribute"])),
    }
    yield Block(paragraphs=tuple(Message(n, {"names": w}) for n, w in named.items() if w))
    told = report.rows("reach_conclusions")
    sure = told[told["attribute"].isin(apart_of(gaps)["attribute"])]
    more = (("#helped", say("short.more.helped")),)
    yield Block(paragraphs=tuple(sure["conclusion"].head(MOST_NAMED)), links=more)


def _flagged(report: Chapter) -> Iterator[Block]:
    """Draw the groups that stand out, and say what goes with it and can be changed."""
    found = list(report.by_target("flagged"))
    if not found:
        yield paragraph("note.none_flagged")
    for target, label, flagged in found:
        caption = say("caption.flagged", target=label)
        rows = flagged.head(MOST_FLAGGED)
        cut = say("note.pictured", shown=len(rows), all=len(flagged))
        told: tuple[Message, ...] = (cut,) if len(rows) < len(flagged) else ()
        low, reference = (rows[c].map(number).astype(float) for c in ("low", "reference"))
        inside = int((low <= reference).sum())
        told += (Message("note.inside", {}, inside),) if inside else ()
        short = rows[["label", "sector", "n", "rate", "low", "high", "reference"]]
        yield drawn(report, "flagged", short, draw_flags(rows, caption), caption, told)
        what = tuple(_what_goes_with(report, target, rows))
        if what:
            yield Block(paragraphs=(say("flagged.drivers", target=label),), points=what)
    if found:
        yield Block(links=(("#drivers", say("short.more.drivers")),))


def _why_there(report: Chapter) -> Iterator[Block]:
    """Say what goes with the need where vouchers are offered, most of them first."""
    if not report.has("offered_drivers"):
        return
    drivers = report.rows("offered_drivers")
    shown = drivers.drop_duplicates("group").head(MOST_GROUPS)
    points = tuple(_of_groups(drivers, shown))
    if points:
        yield Block(paragraphs=(say("offers.drivers"),), points=points)
    without = len(shown) - len(points)
    if without:
        yield Block(paragraphs=(Message("offers.no_drivers", {}, without),))


def _what_goes_with(report: Chapter, target: str, flagged: pd.DataFrame) -> Iterator[Value]:
    """Name what goes with more risk in each group that stands out and an employer can change."""
    drivers = report.rows("drivers")
    yield from _of_groups(drivers[drivers["target"] == target], flagged)


def _of_groups(drivers: pd.DataFrame, groups: pd.DataFrame) -> Iterator[Value]:
    """Name what surely goes with more risk in each group and an employer can change."""
    is_more = pd.to_numeric(drivers["contrast"], errors="coerce") > 0
    is_told = drivers["is_changeable"].astype(bool) & drivers["is_sure"].astype(bool) & is_more
    drivers = drivers[is_told]
    for group, name in zip(groups["group"], groups["label"], strict=True):
        rows = drivers[drivers["group"] == group].head(MOST_NAMED)
        if len(rows):
            told = tuple(
                say("flagged.driver", driver=tidy(d), points=Quantity(p, "points"))
                for d, p in zip(rows["driver"], rows["contrast"], strict=True)
            )
            yield say("flagged.of_group", group=tidy(name), drivers=told)


def _results(report: Chapter) -> Iterator[Block]:
    """Draw rates and response of units, and say which questions were answered highest and lowest.

    Of one unit there is no comparison: it is told in a sentence.
    """
    everyone = tuple(
        say("results.everyone", target=label, rate=interval_of(rates.iloc[0], "rate", "percent"))
        for _, label, rates in report.by_target("sectors")
        if number(rates["rate"].iloc[0]) is not None
    )
    yield Block(paragraphs=everyone)
    units = _by_unit(report)
    if len(units) > 1:
        rows, caption = units.head(MOST_UNITS), say("caption.units")
        cut = say("note.pictured", shown=len(rows), all=len(units))
        told = [cut] if len(rows) < len(units) else []
        told += [say("results.response")] if "response" in rows else []
        drawing = draw_risks(rows, report.targets, caption)
        yield drawn(report, "groups", rows, drawing, caption, tuple(told))
    yield Block(links=(("explore.html", say("short.more.explore")),))
    yield from _answers(report)


def _beside(report: Chapter) -> Iterator[Block]:
    """Say what makes each risk other than with others; the first page says by how much."""
    yield from _unexplained(report)
    for _, label, rows in report.by_target("beside_drivers"):
        can = rows[rows["is_changeable"].astype(bool)].head(MOST_NAMED)
        points = tuple(
            say("beside.driver", driver=tidy(d), points=Quantity(p, "points"))
            for d, p in zip(can["driver"], can["difference"], strict=True)
        )
        if points:
            yield Block(paragraphs=(say("beside.drivers", target=label),), points=points)
    yield paragraph("note.beside")
    yield Block(links=(("#groups", say("short.more.beside")),))


def _unexplained(report: Chapter) -> Iterator[Block]:
    """Name the risks that surely differ from those of others while no answer tells why."""
    drivers = {target: rows["difference"] for target, _, rows in report.by_target("beside_drivers")}
    for target, label, rows in report.by_target("beside"):
        gap = number(rows["difference"].iloc[0])
        if gap is not None and bool(rows["is_sure"].iloc[0]):
            sizes = map(number, drivers.get(target, ()))
            if not any(size is not None and size * gap > 0 for size in sizes):
                yield Block(paragraphs=(say("beside.unexplained", target=label),))


def _by_unit(report: Chapter) -> pd.DataFrame:
    """Put the rates of all risks of a unit in one row, as the table of groups has them."""
    tables = []
    for target, _, rates in report.by_target("sectors"):
        names = {end: f"{target}_{end}" for end in ("rate", "low", "high")}
        if rates["rate"].iloc[1:].map(number).notna().any():
            tables.append(rates.iloc[1:].rename(columns=names).reset_index(drop=True))
    if not tables:
        return pd.DataFrame()
    joined = pd.concat(tables, axis=1)
    joined = joined.loc[:, ~joined.columns.duplicated()]
    # How many people there are is not always known.
    is_known = "response" in joined and joined["response"].notna().any()
    return joined if is_known else joined.drop(columns="response", errors="ignore")


def _answers(report: Chapter) -> Iterator[Block]:
    if not report.has("questions"):
        return
    rows = report.rows("questions").sort_values("high", ascending=False, kind="stable")
    told = [
        tuple(
            say("results.question", question=tidy(q), share=Quantity(s, "percent"))
            for q, s in zip(part["question"], part["high"], strict=True)
        )
        for part in (rows.head(MOST_NAMED), rows.iloc[::-1].head(MOST_NAMED))
    ]
    yield Block(
        say("caption.questions"),
        (say("results.highest", questions=told[0]), say("results.lowest", questions=told[1])),
        links=(("#groups", say("short.more.questions")),),
    )


def _withheld(report: Chapter) -> Iterator[Block]:
    yield paragraph("note.withheld")
    caption = say("caption.withheld")
    if report.has("withheld"):
        yield Block(table=shown_table(report, "withheld", caption, report.rows("withheld")))
    if report.has("rolled_up"):
        yield Block(links=(("#groups", say("caption.rolled_up")),))
