"""The first page of the report of `score` and `vouchers`: what one needs to decide, on one sheet.

Each number in its sentences is read from a table of the report, so that page, tables and workbook
cannot disagree.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from blijfwijzer.fairness.conclusions import SMALL_GAP
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.numbers import number
from blijfwijzer.publish.pages.blocks import Block
from blijfwijzer.publish.pages.page_table import shown_table, tidy
from blijfwijzer.publish.tables.benchmark_tables import say_means
from blijfwijzer.settings import ContactSettings
from blijfwijzer.survey.texts import Message, Value, say

MOST_GROUPS = 6
"""Groups with vouchers that the first page names; of no more, no other list is needed."""
MOST_NAMED = 3
"""Groups that stand out, or people who are missed more often, that a sentence names."""
_FEWEST_TO_COMPARE = 2
NEVER = (
    "short.never.person",
    "short.never.punish",
    "short.never.forecast",
    "short.never.refuse",
)
"""What a report may never be used for."""
_EQUAL = "voucher.rule.equal"
"""The rule that anybody would think of first."""
_MORE = {
    "offers": "short.more.offers",
    "vouchers": "short.more.method",
    "reach": "short.more.reach",
    "flagged": "short.more.flagged",
    "beside": "short.more.beside",
    "withheld": "short.more.withheld",
    "texts": "short.more.texts",
}
"""Section to what a link to it says."""


def first_page(report: Chapter) -> Iterator[Block]:
    """Tell what is proposed, how sure that is, whom it misses, and what it is not for."""
    yield Block(say("short.ask.offer"), (*offer_of(report),), links=_link("offers"))
    yield from _whom(report)
    if is_divided(report):
        yield Block(say("short.ask.sure"), (*sureness_of(report),), links=_link("vouchers"))
        yield Block(say("short.ask.missed"), (*missed_of(report),), links=_link("reach"))
    yield Block(say("short.ask.flagged"), (*flagged_of(report),), links=_link("flagged"))
    if report.has("beside"):
        told = (*report.notes.get("others", ()), *say_means(report))
        yield Block(say("short.ask.beside"), told, links=_link("beside"))
    yield Block(say("short.ask.never"), points=tuple(map(say, NEVER)))
    yield Block(say("short.ask.withheld"), (*withheld_of(report),), links=_link("withheld"))
    more = _link("texts") if is_divided(report) else ()
    yield Block(say("short.ask.contact"), contact_of(report), links=more)


def say_contact(contact: ContactSettings) -> tuple[Message, ...]:
    """Say whom to ask and where to object, as far as the settings know."""
    told = {"contact.ask": contact.ask, "contact.object": contact.object}
    return tuple(Message(name, {"name": tidy(who)}) for name, who in told.items() if who.strip())


def contact_of(report: Chapter) -> tuple[Value, ...]:
    """Say whom to ask and where to object, or that nobody filled it in."""
    return report.notes.get("contact") or (say("contact.none"),)


def room_for_contact(report: Chapter) -> tuple[Value, ...]:
    """Say whom to ask and where to object, with room to write it where nobody filled it in."""
    return report.notes.get("contact") or (say("letter.contact"),)


def is_divided(report: Chapter) -> bool:
    """Tell whether a budget was divided, and all is there that the first page tells of it."""
    return all(map(report.has, ("proposal", "vouchers", "alternatives")))


def proposal_of(report: Chapter) -> "pd.Series[Any]":
    """Give the division that is proposed, by the columns of its table."""
    return report.rows("proposal").iloc[0]


def served(report: Chapter) -> pd.DataFrame:
    """Give the groups that are offered vouchers, most first."""
    given = report.rows("vouchers")
    is_served = pd.to_numeric(given["vouchers"], errors="coerce") > 0
    return given.loc[is_served]


def offer_of(report: Chapter) -> Iterator[Value]:
    """Say how many vouchers are offered, what they cost and what they bring."""
    if not is_divided(report):
        yield say("short.none")
        return
    plan = proposal_of(report)
    names = ("vouchers", "served", "groups", "cost")
    yield say("short.offer", **{name: plan[name] for name in names})
    names = ("budget", "spending", "reserve", "left")
    yield say("short.money", **{name: plan[name] for name in names})
    yield say("short.extra", extra=plan["extra"])


def sureness_of(report: Chapter) -> Iterator[Value]:
    """Say between what the extra people lie, on what that rests, and what could bring more."""
    plan = proposal_of(report)
    yield say(
        "short.sure",
        low=plan["extra_low"],
        high=plan["extra_high"],
        take_up=plan["take_up"],
        deadweight=plan["deadweight"],
    )
    yield from report.notes.get("draw", ())
    others = report.rows("alternatives")
    others = others[~others["is_plan"].astype(bool)]
    alike = others.loc[others["rule"].map(report.in_words) == report.in_words(say(_EQUAL)), "extra"]
    if alike.map(number).notna().any():
        yield say("short.equal", extra=alike.iloc[0])
    extra = pd.to_numeric(others["extra"], errors="coerce")
    if (extra > plan["extra"]).any():
        best = others[extra == extra.max()].iloc[0]
        told = {"rule": tidy(best["rule"]), "over": tidy(best["over"]), "extra": best["extra"]}
        yield say("short.better", **told)
    else:
        yield say("short.best")


def missed_of(report: Chapter) -> Iterator[Value]:
    """Say how many in need are offered nothing, and whether some people more often than others."""
    plan = proposal_of(report)
    yield say("short.missed", missed=plan["exclusion"], unneeded=plan["inclusion"])
    gaps = report.rows("reach_gaps") if report.has("reach_gaps") else pd.DataFrame()
    known = gaps[gaps["low"].map(number).notna()] if len(gaps) else gaps
    if known.empty:
        yield say("short.unreached")
        return
    apart = apart_of(known).sort_values("gap", ascending=False, kind="stable")
    names = tuple(map(tidy, apart["attribute"].head(MOST_NAMED)))
    yield say("short.apart", attributes=names) if names else say("short.alike")


def apart_of(gaps: pd.DataFrame) -> pd.DataFrame:
    """Keep the attributes by which some are surely missed more often, as their sentences say."""
    low, high = (pd.to_numeric(gaps[end], errors="coerce") for end in ("low", "high"))
    return gaps.loc[(low > 0) & (high > 100 * SMALL_GAP)]


def flagged_of(report: Chapter) -> Iterator[Value]:
    """Say of each risk how many groups stand out, and which most.

    Where fewer than two groups are told of it, everyone among them, none was compared with others.
    """
    flagged, groups = report.rows("flagged"), report.rows("groups")
    for target, label in report.targets:
        rows = flagged[flagged["target"] == target]
        if not is_compared(groups[f"{target}_rate"].map(number)):
            yield say("short.not_compared", target=label)
        elif rows.empty:
            yield say("short.not_flagged", target=label)
            yield from detectable_of(report, target)
        else:
            names = tuple(map(tidy, rows["label"].head(MOST_NAMED)))
            yield Message("short.flagged", {"target": label, "names": names}, len(rows))
            yield luck_of(rows)
    yield from report.notes.get("flagged", ())


def luck_of(flagged: pd.DataFrame) -> Value:
    """Say how many of the groups that stand out are expected to do so by chance alone.

    That is the sum of the chances that a group does not lie above its reference (Newton et al.
    2004), in whole groups.

    Parameters
    ----------
    flagged : one row per group; `probability` that it lies above, in percent
    """
    chance = 1 - flagged["probability"].map(number).astype(float) / 100
    expected = round(float(chance.sum()))
    if not expected:
        return say("short.no_luck")
    return Message("short.luck", {"all": len(flagged)}, expected)


def is_compared(rates: "pd.Series[Any]") -> bool:
    """Tell whether a risk is told of so many groups, everyone among them, that any was compared."""
    return bool(rates.notna().sum() >= _FEWEST_TO_COMPARE)


def detectable_of(report: Chapter, target: str) -> Iterator[Value]:
    """Say how large a difference would have been seen in a risk in which no group stands out."""
    rows = report.rows("detectable") if report.has("detectable") else pd.DataFrame()
    for row in (rows[rows["target"] == target] if len(rows) else rows).to_dict("records"):
        level, typical = tidy(row["level"]), number(row["typical"])
        if typical is None:
            yield say("short.undetectable", level=level)
        else:
            yield say("short.detectable", level=level, typical=typical, largest=row["largest"])


def withheld_of(report: Chapter) -> Iterator[Value]:
    """Say of how many groups nothing is told."""
    groups = int(pd.to_numeric(report.rows("withheld")["groups"], errors="coerce").sum())
    yield Message("short.withheld", {}, groups) if groups else say("short.shown")
    rates = report.rows("groups")[[f"{target}_rate" for target, _ in report.targets]]
    if rates.map(number).isna().any(axis=None):
        yield say("short.not_shown")
    yield say("short.small")


def _whom(report: Chapter) -> Iterator[Block]:
    """List the groups with most vouchers, and say how many others have the rest."""
    if not is_divided(report):
        return
    groups = served(report)
    shown, others = groups.head(MOST_GROUPS), groups.iloc[MOST_GROUPS:]
    heading = say("short.ask.whom")
    columns = [name for name in ("label", "kind", "vouchers", "need") if name in shown]
    table = shown_table(report, "vouchers", heading, shown[columns])
    yield Block(heading, table=table)
    told = list[Value]()
    if len(others):
        rest = {"shown": len(shown), "vouchers": float(others["vouchers"].astype(float).sum())}
        told.append(Message("short.most", rest, len(others)))
    given, need = (pd.to_numeric(groups[c], errors="coerce") for c in ("vouchers", "need"))
    if (given > need).any():
        told.append(say("short.more_than_need", take_up=proposal_of(report)["take_up"]))
    if told:
        yield Block(paragraphs=tuple(told))


def _link(section: str) -> tuple[tuple[str, Value], ...]:
    """Lead to where a section tells more."""
    return ((f"#{section}", say(_MORE[section])),)
