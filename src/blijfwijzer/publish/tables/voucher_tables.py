"""What a report shows of a budget that was divided."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.release import Cleared, pick
from blijfwijzer.groups.simple_rule import SIMPLE_RULE
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pages.page_table import tidy
from blijfwijzer.publish.tables.fairness_tables import (
    Targeted,
    clear_gaps,
    clear_rates,
    clear_sentences,
)
from blijfwijzer.publish.tables.lottery_table import lottery_rows
from blijfwijzer.publish.tables.register import STORIES
from blijfwijzer.settings import VoucherSettings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.texts import Message, Quantity, Value, say
from blijfwijzer.vouchers.allocation import Allocation
from blijfwijzer.vouchers.needs import RULE_AS_ONE, SEGMENTS, UNITS, Partition
from blijfwijzer.vouchers.power import ENOUGH, Power
from blijfwijzer.vouchers.seal import Lottery, Origin


@dataclass(frozen=True)
class Division:
    """A budget divided over groups, beside other rules."""

    allocation: Allocation
    """As the lottery gave, where there was one."""
    partition: Partition
    """The groups that it is divided over."""
    rules: pd.DataFrame
    """One row per rule, as `compare` gives; by what is true where that is known."""
    expected: pd.DataFrame
    """The same by estimates: one row per rule but the bound, which nobody knows beforehand."""
    lottery: Lottery | None
    power: Power | None
    """None where nothing is compared."""
    origin: Origin
    why_no_lottery: str = ""
    """`FEW_GROUPS`, or the reason that was given, where nothing is drawn."""
    ratio: float | None = None
    """Extra people of what is given by need over those of the simple rule, for as much money; None
    where the release does not tell of that rule."""
    passed_over: str = ""
    """Groups of which more is expected, and that are not proposed; "" where there are none."""
    is_below_rule: bool = False
    """Whether that is as their part by need would bring less than the simple rule; else they are
    too few to draw among."""


FEW_GROUPS = "few groups"
_BY_RULE = (SIMPLE_RULE, RULE_AS_ONE)
_KINDS = ("by_risk", "by_lot", "by_signal")
_OF_RULES = {
    **{"extra": "expected_extra", "extra_low": "extra_low", "extra_high": "extra_high"},
    **{"cost_per_extra": "cost_per_extra", "need_reached": "need_reached"},
    **{"exclusion": "exclusion_error", "inclusion": "inclusion_error"},
}
"""Figures of a rule, to what `compare` calls them."""
_OF_PLAN = ("extra", "extra_low", "extra_high", "exclusion", "inclusion")
_TABLES = frozenset(table.name for table in STORIES["vouchers"])


def show_division(
    report: Chapter, division: Division, groups: pd.DataFrame, settings: VoucherSettings
) -> tuple[Chapter, Cleared]:
    """Add a division to the report of a release.

    Parameters
    ----------
    groups : as in groups.parquet

    Returns
    -------
    The report with the division, and the table of vouchers with the ids of groups.
    """
    # Made from what the release shows, which passed the gate with its own minimum.
    edge = Edge(report.language)
    if "level_label" not in groups:  # of a release that was made before it was told
        groups = groups.assign(level_label=groups["level"])
    lottery = division.lottery
    table = edge.clear("vouchers_file", _voucher_rows(division, groups))
    tables = {name: own for name, own in report.tables.items() if name not in _TABLES}
    names = [str(name) for name in table.frame if name != "level_label"]
    shown = {name: "level_label" if name == "level" else name for name in names}
    tables["vouchers"] = pick(table, shown)
    tables["proposal"] = edge.clear("proposal", [_proposal(division)])
    tables["alternatives"] = edge.clear("alternatives", _alternatives(division, groups))
    if report.has("drivers"):
        tables["offered_drivers"] = _drivers(report, table.frame, settings.target)
    if lottery is not None:
        told = lottery_rows(lottery, division.power, len(table.frame))
        tables["lottery"] = edge.clear("lottery", told)
    notes = {**report.notes, "vouchers": _notes(division, groups, settings)}
    notes["draw"] = tuple(_say_power(division.power))
    return replace(report, tables=tables, notes=notes), table


def _drivers(report: Chapter, given: pd.DataFrame, target: str) -> Cleared:
    """Take what goes with the need in the groups that are offered vouchers, most vouchers first.

    Parameters
    ----------
    given : as in vouchers.csv
    """
    drivers = report.tables["drivers"]
    rows = drivers.frame.reset_index(drop=True)
    served = given.loc[given["vouchers"] > 0, "group"].astype(str)
    place = pd.Series(range(len(served)), index=served.to_numpy())
    own = rows[(rows["target"] == target) & rows["group"].isin(place.index)]
    order = own["group"].map(place).sort_values(kind="stable").index
    return pick(drivers, {str(name): str(name) for name in rows}, order.to_numpy())


def show_reach(report: Chapter, found: Targeted, codebook: Codebook, minimum: int) -> Chapter:
    """Add whom the vouchers help and miss to the report of a release.

    Parameters
    ----------
    minimum : respondents that each row must stand for
    """
    edge = Edge(report.language, minimum)
    tables = {
        "reach": clear_rates("reach", [found], codebook, edge),
        "reach_gaps": clear_gaps("reach_gaps", [found], codebook, edge),
        "reach_conclusions": clear_sentences("reach_conclusions", found, codebook, edge),
    }
    return replace(report, tables={**report.tables, **tables})


def _voucher_rows(division: Division, groups: pd.DataFrame) -> pd.DataFrame:
    allocation, lottery = division.allocation, division.lottery
    table, about = allocation.table, groups.set_index("group").reindex(allocation.table.index)
    # Readable profiles are no groups of the table; their ids are what they are called.
    about["label"] = about["label"].fillna(pd.Series(table.index, index=table.index))
    over = division.partition.name
    words = [_in_short(over, groups) if pd.isna(word) else word for word in about["level_label"]]
    about = about.fillna({"level": over, "sector_label": ""})
    # A unit stands here for those of its people who are in no smaller unit that is shown.
    is_rest = division.partition.respondents.reindex(table.index) < about["n"]
    labels = zip(about["label"], is_rest, strict=True)
    rows = pd.DataFrame(
        {
            "group": table.index.astype("str"),
            "label": [say("voucher.rest_of", unit=u) if r else u for u, r in labels],
            "level": about["level"].to_numpy(),
            "level_label": words,
            "sector": about["sector_label"].to_numpy(),
            "vouchers": table["vouchers"].to_numpy(),
            "need": table["need"].to_numpy(),
            "extra": table["expected_extra"].to_numpy(),
        }
    )
    if lottery is not None:
        drawn = lottery.table.reindex(rows["group"]).to_dict("records")
        rows["kind"] = pd.Series([_kinds(row) for row in drawn], dtype="object")
    return rows.sort_values(["vouchers", "group"], ascending=[False, True])


def _in_short(over: str, groups: pd.DataFrame) -> Value:
    """Name the groups that a rule divides over, for a narrow column."""
    return say("over.rule") if over in _BY_RULE else _named(over, groups)


def _kinds(row: dict[Hashable, Any]) -> Value:
    """Say how the vouchers of a group were given."""
    given = {name: int(row[name]) for name in _KINDS if row[name]}
    return tuple(
        say("voucher.of_kind", count=count, kind=say(id_of("voucher.kind", name)))
        for name, count in given.items()
    )


def _proposal(division: Division) -> dict[str, float]:
    """Give what the first page tells of a division; extra people as the comparison has them."""
    allocation, plan = division.allocation, division.expected.loc[["plan"]].iloc[0]
    given = allocation.table["vouchers"].to_numpy()
    mean = float(given @ allocation.offers.take_up) / max(allocation.vouchers, 1)
    return {
        "vouchers": allocation.vouchers,
        "served": int((given > 0).sum()),
        "groups": len(given),
        "cost": allocation.cost,
        "budget": allocation.budget,
        "spending": allocation.expected_spending,
        "reserve": allocation.reserve,
        "left": allocation.left,
        **{told: float(plan[name]) for told, name in _OF_RULES.items() if told in _OF_PLAN},
        "take_up": mean,
        "deadweight": allocation.offers.guidance.deadweight,
    }


def _alternatives(division: Division, groups: pd.DataFrame) -> pd.DataFrame:
    rules, figures = division.rules, list(_OF_RULES.values())
    is_bound = rules.index == "optimum"
    told = rules[figures].astype(float).reset_index(drop=True)
    # What is true of a made-up survey stands beside what is estimated, never in its place.
    told.loc[is_bound] = float("nan")
    told.loc[~is_bound] = division.expected[figures].to_numpy(dtype=float)
    rows = pd.DataFrame(
        {
            "rule": [say(id_of("voucher.rule", str(rule))) for rule in rules.index],
            "over": [_in_short(str(over), groups) for over in rules["over"]],
            "is_plan": rules.index == "plan",
            "vouchers": rules["vouchers"].astype(float).to_numpy(),
            **{name: told[figure] for name, figure in _OF_RULES.items()},
        }
    )
    if division.partition.true_rate is None:
        return rows
    return rows.assign(true_extra=rules["expected_extra"].astype(float).to_numpy())


def _named(over: str, groups: pd.DataFrame) -> Value:
    """Name the groups that a rule divides over, a background as the release calls it."""
    if over in (UNITS, SEGMENTS, *_BY_RULE):
        return say(id_of("over", over))
    labels = groups.loc[groups["level"] == over, "level_label"]
    return say("over.variable", variable=labels.iloc[0] if len(labels) else over)


def _notes(
    division: Division, groups: pd.DataFrame, settings: VoucherSettings
) -> tuple[Message, ...]:
    allocation, lottery = division.allocation, division.lottery
    notes = [
        _over(division, groups),
        *_money(allocation, settings),
        _effect(allocation),
        *_sureness(division),
        say("note.vouchers.crowding"),
        say("note.vouchers.basis"),
        *([] if division.partition.true_rate is None else [say("note.vouchers.truth")]),
        *_again(division.origin),
        *_draw(division, settings),
    ]
    if lottery is not None:
        sums = {name: int(lottery.table[name].sum()) for name in _KINDS}
        notes.append(_mix(tuple(settings.signals), sums))
    if len(allocation.limits):
        limits = tuple(
            say(
                "voucher.limited",
                name=row["name"],
                limit=say(id_of("voucher.limit", row["kind"])),
                share=Quantity(100 * row["share"], "percent"),
            )
            for row in allocation.limits.to_dict("records")
        )
        notes.append(say("note.vouchers.limits", limits=limits))
    return tuple(notes)


def _money(allocation: Allocation, settings: VoucherSettings) -> Iterator[Message]:
    """Say how many offers the money bears, and how it is kept from running out."""
    yield say(
        "note.vouchers.money",
        vouchers=allocation.vouchers,
        cost=allocation.cost,
        budget=allocation.budget,
        spending=allocation.expected_spending,
        reserve=allocation.reserve,
        left=allocation.left,
    )
    if allocation.why_left:
        yield say(id_of("voucher.left", allocation.why_left))
    if settings.spend == "first_come":
        yield say("note.vouchers.first_come")
    else:
        yield say("note.vouchers.offers", chance=100 * allocation.overspent)
    if settings.robustness:
        yield say("note.vouchers.robust", robustness=settings.robustness)


def _effect(allocation: Allocation) -> Message:
    """Say on what the expected effect rests."""
    guidance, given = allocation.offers.guidance, allocation.table["vouchers"].to_numpy()
    mean = float(given @ allocation.offers.take_up) / max(allocation.vouchers, 1)
    return say(
        "note.vouchers.effect",
        take_up=100 * mean,
        deadweight=100 * guidance.deadweight,
        guidance=guidance.cost,
    )


def _mix(signals: tuple[str, ...], sums: dict[str, int]) -> Message:
    """Say how many vouchers were given by risk, by lot and, where any were, by hand."""
    if not signals and not sums["by_signal"]:
        return say("note.vouchers.mix_by_two", by_risk=sums["by_risk"], by_lot=sums["by_lot"])
    return say("note.vouchers.mix", signals=signals or "-", **sums)


def _over(division: Division, groups: pd.DataFrame) -> Message:
    """Say which groups were chosen, and whether more was expected of others."""
    over = _named(division.partition.name, groups)
    if not division.passed_over:
        return say("note.vouchers.over", over=over)
    why = "note.vouchers.not_below_rule" if division.is_below_rule else "note.vouchers.passed_over"
    return say(why, over=over, other=_named(division.passed_over, groups))


def _sureness(division: Division) -> Iterator[Message]:
    """Say between what the extra people lie, and what choosing oneself would change."""
    plan, allocation = division.expected.loc[["plan"]].iloc[0], division.allocation
    extra, low, high = (float(plan[n]) for n in ("expected_extra", "extra_low", "extra_high"))
    yield say("note.vouchers.between", extra=extra, low=low, high=high)
    given = allocation.table["vouchers"].to_numpy()
    rate = allocation.table["rate"].to_numpy(dtype=float)
    few, many = allocation.offers.extra_by_selection(given, rate)
    yield say("note.vouchers.selection", few=few, many=many)


def _draw(division: Division, settings: VoucherSettings) -> Iterator[Message]:
    """Say why nothing is drawn, or that a draw could be foreseen, and how many groups are asked."""
    if division.why_no_lottery == FEW_GROUPS:
        yield say("note.vouchers.few_groups")
    elif division.lottery is None:
        yield say("note.vouchers.not_drawn", reason=tidy(settings.no_lottery))
    elif not division.origin.secret:
        yield say("note.vouchers.foreseen")


def _say_power(power: Power | None) -> Iterator[Message]:
    """Say that a draw will hardly tell what the vouchers did, where it has too few groups."""
    if power is not None and power.power < ENOUGH:
        yield say("note.draw", power=Quantity(100 * power.power, "percent"))


def _again(origin: Origin) -> Iterator[Message]:
    """Say that this is not the first draw, or not by the plan that stood at scoring."""
    if origin.reason:
        changed = tuple(origin.changed) or "-"
        reason = tidy(origin.reason)
        yield say("note.vouchers.again", number=origin.number, changed=changed, reason=reason)
