"""What a report shows of a budget that was divided."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.release import Cleared, pick
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.page_table import tidy
from blijfwijzer.publish.tables.register import STORIES
from blijfwijzer.settings import VoucherSettings
from blijfwijzer.survey.texts import Message, Quantity, Value, say
from blijfwijzer.vouchers.allocation import Allocation
from blijfwijzer.vouchers.power import Power
from blijfwijzer.vouchers.seal import Lottery, Origin, hash_text


@dataclass(frozen=True)
class Division:
    """A budget divided over groups, beside other rules."""

    allocation: Allocation
    """As the lottery gave, where there was one."""
    rules: pd.DataFrame
    """One row per rule, as `compare` gives."""
    lottery: Lottery | None
    power: Power | None
    """None where nothing is compared."""
    origin: Origin


_KINDS = ("by_risk", "by_lot", "by_signal")
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
    lottery, power = division.lottery, division.power
    table = edge.clear("vouchers_file", _voucher_rows(division.allocation, groups, lottery))
    tables = {name: own for name, own in report.tables.items() if name not in _TABLES}
    names = [str(name) for name in table.frame if name != "group"]
    tables["vouchers"] = pick(table, {name: name for name in names})
    tables["alternatives"] = edge.clear("alternatives", _alternatives(division.rules))
    if lottery is not None:
        tables["lottery"] = edge.clear("lottery", _lottery(lottery, power))
    notes = {**report.notes, "vouchers": _notes(division, settings)}
    return replace(report, tables=tables, notes=notes), table


def _voucher_rows(
    allocation: Allocation, groups: pd.DataFrame, lottery: Lottery | None
) -> pd.DataFrame:
    table, about = allocation.table, groups.set_index("group").loc[allocation.table.index]
    # A unit stands here for those of its people who are in no smaller unit that is shown.
    is_rest = about["own_n"] < about["n"]
    labels = zip(about["label"], is_rest, strict=True)
    rows = pd.DataFrame(
        {
            "group": table.index.astype("str"),
            "label": [say("voucher.rest_of", unit=u) if r else u for u, r in labels],
            "level": about["level"].to_numpy(),
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


def _kinds(row: dict[Hashable, Any]) -> Value:
    """Say how the vouchers of a group were given."""
    given = {name: int(row[name]) for name in _KINDS if row[name]}
    return tuple(
        say("voucher.of_kind", count=count, kind=say(id_of("voucher.kind", name)))
        for name, count in given.items()
    )


def _alternatives(rules: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rule": [say(id_of("voucher.rule", str(rule))) for rule in rules.index],
            "is_plan": [rule == "plan" for rule in rules.index],
            "extra": rules["expected_extra"].astype(float).to_numpy(),
            "cost_per_extra": rules["cost_per_extra"].astype(float).to_numpy(),
            "need_reached": rules["need_reached"].astype(float).to_numpy(),
            "exclusion": rules["exclusion_error"].astype(float).to_numpy(),
            "inclusion": rules["inclusion_error"].astype(float).to_numpy(),
        }
    )


def _lottery(lottery: Lottery, power: Power | None) -> list[dict[str, Value]]:
    origin = lottery.origin
    rows: dict[str, Value] = {
        "sealed": f"SHA-256 {lottery.sha256}",
        "number": Quantity(origin.number, "count"),
        "follows": say("lottery.from", release=origin.sequence, groups=origin.groups),
        "promised": f"SHA-256 {hash_text(origin.secret)}",
        "drawn": Quantity(len(lottery.compared), "count"),
    }
    if power is not None:
        rows["power"] = Quantity(100 * power.power, "percent")
        rows["detectable"] = Quantity(100 * power.detectable, "decimal")
    return [{"label": say(id_of("lottery", name)), "value": value} for name, value in rows.items()]


def _notes(division: Division, settings: VoucherSettings) -> tuple[Message, ...]:
    allocation, lottery = division.allocation, division.lottery
    plan = say(
        "note.vouchers.plan",
        vouchers=allocation.vouchers,
        cost=allocation.cost,
        reserve=allocation.reserve,
        left=allocation.left,
        robustness=settings.robustness,
        take_up=100 * allocation.take_up,
        deadweight=100 * allocation.deadweight,
    )
    notes = [plan, say("note.vouchers.basis"), *_again(division.origin)]
    if lottery is not None:
        sums = {name: int(lottery.table[name].sum()) for name in _KINDS}
        signals = tuple(settings.signals) or "-"
        notes.append(say("note.vouchers.mix", signals=signals, **sums))
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


def _again(origin: Origin) -> Iterator[Message]:
    """Say that this is not the first draw, or not by the plan that stood at scoring."""
    if origin.reason:
        changed = tuple(origin.changed) or "-"
        reason = tidy(origin.reason)
        yield say("note.vouchers.again", number=origin.number, changed=changed, reason=reason)
