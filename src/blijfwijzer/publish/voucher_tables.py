"""What a report shows of a budget that was divided."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import Cleared, pick
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.page import Chapter, tidy
from blijfwijzer.publish.tables.vouchers import TABLES
from blijfwijzer.publish.texts import show
from blijfwijzer.settings import VoucherSettings
from blijfwijzer.survey.codebook import Language
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
    table = _voucher_table(division.allocation, groups, division.lottery, report)
    lottery, power = division.lottery, division.power
    tables = {name: own for name, own in report.tables.items() if name not in TABLES}
    names = [str(name) for name in table.frame if name != "group"]
    tables["vouchers"] = pick(table, {name: name for name in names})
    tables["alternatives"] = _alternatives(division.rules, report)
    if lottery is not None:
        tables["lottery"] = _lottery(lottery, power, report.language)
    notes = {**report.notes, "vouchers": _notes(division, settings, report)}
    return replace(report, tables=tables, notes=notes), table


def _voucher_table(
    allocation: Allocation, groups: pd.DataFrame, lottery: Lottery | None, report: Chapter
) -> Cleared:
    table, about = allocation.table, groups.set_index("group").loc[allocation.table.index]
    about = about.reset_index(drop=True)
    # A unit stands here for those of its people who are in no smaller unit that is shown.
    is_rest = (about["own_n"] < about["n"]).to_numpy()
    rest = say("voucher.rest", report.language)
    shown = pd.DataFrame(
        {
            "group": table.index.astype("str"),
            "label": about["label"].astype("str") + np.where(is_rest, f" ({rest})", ""),
            "level": about["level"].to_numpy(),
            "sector": about["sector_label"].to_numpy(),
            "vouchers": table["vouchers"].to_numpy(),
            "need": table["need"].to_numpy(),
            "extra": table["expected_extra"].to_numpy(),
        }
    )
    if lottery is not None:
        drawn = lottery.table.reindex(shown["group"])
        parts = {
            name: say(id_of("voucher.kind", name), report.language)
            for name in ("by_risk", "by_lot", "by_signal")
        }
        shown["kind"] = [
            ", ".join(f"{int(row[name])} {text}" for name, text in parts.items() if row[name])
            for row in drawn.to_dict("records")
        ]
    # Made from what the release shows, which passed the gate with its own minimum.
    order = shown.reset_index(drop=True).sort_values(["vouchers", "group"], ascending=[False, True])
    return TABLES["vouchers_file"].clear(order)


def _alternatives(rules: pd.DataFrame, report: Chapter) -> Cleared:
    table = pd.DataFrame(
        {
            "rule": [
                say(id_of("voucher.rule", str(rule)), report.language) for rule in rules.index
            ],
            "is_plan": [rule == "plan" for rule in rules.index],
            "extra": rules["expected_extra"].astype(float).to_numpy(),
            "cost_per_extra": rules["cost_per_extra"].astype(float).to_numpy(),
            "need_reached": rules["need_reached"].astype(float).to_numpy(),
            "exclusion": rules["exclusion_error"].astype(float).to_numpy(),
            "inclusion": rules["inclusion_error"].astype(float).to_numpy(),
        }
    )
    return TABLES["alternatives"].clear(table)


def _lottery(lottery: Lottery, power: Power | None, language: Language) -> Cleared:
    origin = lottery.origin
    release = show(origin.sequence, "count", language)
    rows = {
        "sealed": f"SHA-256 {lottery.sha256}",
        "number": show(origin.number, "count", language),
        "follows": say("lottery.from", language, release=release, groups=origin.groups),
        "promised": f"SHA-256 {hash_text(origin.secret)}",
        "drawn": show(len(lottery.compared), "count", language),
    }
    if power is not None:
        rows["power"] = show(100 * power.power, "percent", language)
        rows["detectable"] = show(100 * power.detectable, "decimal", language)
    table = pd.DataFrame(
        {
            "label": [say(id_of("lottery", name), language) for name in rows],
            "value": list(rows.values()),
        }
    )
    return TABLES["lottery"].clear(table)


def _notes(division: Division, settings: VoucherSettings, report: Chapter) -> tuple[str, ...]:
    allocation, lottery, language = division.allocation, division.lottery, report.language
    filled = say(
        "note.vouchers.plan",
        language,
        vouchers=show(allocation.vouchers, "count", language),
        cost=show(allocation.cost, "euro", language),
        reserve=show(allocation.reserve, "euro", language),
        left=show(allocation.left, "euro", language),
        robustness=show(settings.robustness, "decimal", language),
        take_up=show(100 * allocation.take_up, "percent", language),
        deadweight=show(100 * allocation.deadweight, "percent", language),
    )
    notes = [filled, say("note.vouchers.basis", language), *_again(division.origin, language)]
    if lottery is not None:
        sums = lottery.table[["by_risk", "by_lot", "by_signal"]].sum()
        signals = ", ".join(settings.signals) or "-"
        notes.append(say("note.vouchers.mix", language, **sums.astype(int), signals=signals))
    if len(allocation.limits):
        limits = ", ".join(
            f"{row['name']} {say(id_of('voucher.limit', row['kind']), language)} "
            f"{show(100 * row['share'], 'percent', language)}"
            for row in allocation.limits.to_dict("records")
        )
        notes.append(say("note.vouchers.limits", language, limits=limits))
    return tuple(notes)


def _again(origin: Origin, language: Language) -> Iterator[str]:
    """Say that this is not the first draw, or not by the plan that stood at scoring."""
    if origin.reason:
        number = show(origin.number, "count", language)
        changed = ", ".join(origin.changed) or "-"
        told = {"number": number, "changed": changed, "reason": tidy(origin.reason)}
        yield say("note.vouchers.again", language, **told)
