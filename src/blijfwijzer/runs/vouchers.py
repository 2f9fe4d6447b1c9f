"""A budget divided over the groups of a release."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.earlier import is_repeated, release_content
from blijfwijzer.disclosure.ledger import Ledger, open_ledger
from blijfwijzer.disclosure.release import Cleared, Kind, clear, pick
from blijfwijzer.errors import BusyError, ReleaseError, SettingsError
from blijfwijzer.files import (
    hash_bytes,
    hash_files,
    to_json,
    write_files,
    write_folder_beside,
)
from blijfwijzer.groups.grouping import define
from blijfwijzer.progress import show_progress
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.release_files import csv_file, report_files
from blijfwijzer.publish.report import Report
from blijfwijzer.publish.texts import show
from blijfwijzer.release.admission import (
    LOTTERY,
    RECORD,
    anchor_of,
    head_of,
    read_release,
    refuse_place,
)
from blijfwijzer.runs.score_findings import NEED
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import Language
from blijfwijzer.survey.files import read_table
from blijfwijzer.vouchers.allocation import Allocation, Needs, allocate_vouchers, effect_of
from blijfwijzer.vouchers.alternatives import compare
from blijfwijzer.vouchers.lottery import Lottery, draw_lottery, seal
from blijfwijzer.vouchers.trial import Power, expected_effect, plan_power

_Z = 1.959963984540054


_KEPT = ("groups.csv", "groups.parquet", "rejected.csv")


_BASE, _CLUSTERING = 0.45, 0.05
"""Share that trains without a voucher (Hidalgo, Oosterbeek & Webbink 2014) and intraclass
correlation of training (assumption A30), for the power of a lottery."""


_ENOUGH_POWER = 0.5
"""Below this a lottery more often misses the expected effect than it finds it, and a warning says
so; 80 % is usual to plan for."""


def vouchers(
    release: Path,
    budget: float,
    cost: float,
    settings_file: Path | None,
    ledgers: Path,
    truth_file: Path | None = None,
) -> None:
    """Divide a budget over the groups of a release, and show it beside other rules."""
    run, groups, report = read_release(release)
    settings = _settings(run, settings_file)
    refuse_place(release, [settings_file, ledgers, truth_file], ledgers)
    needs, profile, respondents = read_needs(groups, settings.vouchers.across)
    true_rate = None if truth_file is None else read_truth(truth_file, needs.groups)
    with show_progress() as tell:
        tell("divide the budget")
        allocation = allocate_vouchers(needs, budget, cost, settings.vouchers, settings.seed)
        lottery = None
        if settings.vouchers.lottery > 0 or settings.vouchers.mix != (1, 0, 0):
            tell("draw the lottery")
            lottery = draw_lottery(allocation, needs, settings.vouchers, settings.seed)
            allocation = _as_drawn(allocation, lottery)
        power = None
        if lottery is not None:
            power = _power(lottery, needs, respondents, settings)
        rules = compare(needs, allocation, settings.vouchers, profile, true_rate)
        tell(f"write {release}")
        table = _voucher_table(allocation, groups, lottery, report)
        shown = replace(
            report,
            vouchers=pick(table, {str(name): str(name) for name in table.frame if name != "group"}),
            alternatives=_alternatives(rules, report),
            lottery=None
            if lottery is None or power is None
            else _lottery(lottery, power, report.language),
            notes={**report.notes, "vouchers": _notes(allocation, lottery, settings, report)},
        )
        files = {
            **{name: (release / name).read_bytes() for name in _KEPT},
            "vouchers.csv": csv_file(table),
            **report_files(shown),
        }
        divided = {
            "budget": budget,
            "cost": cost,
            "settings": settings.vouchers.model_dump(mode="json"),
            "seed": settings.seed,
            "given": allocation.vouchers,
            "expected_extra": round(allocation.expected_extra, 1),
            "lottery_sha256": None if lottery is None else lottery.sha256,
        }
        with open_ledger(ledgers / run["survey"], run["owner"], anchor_of(release)) as ledger:
            if read_release(release)[0] != run:
                raise BusyError(
                    f"{release}: another run has written here meanwhile. Nothing was changed. "
                    "Divide again."
                )
            head = _enter(run, divided, files, ledger)
            record = {**run, "files": hash_files(files), "vouchers": {**divided, "ledger": head}}
            with write_folder_beside(release, RECORD) as beside:
                write_files(beside, {**files, RECORD: to_json(record)})
                if lottery is not None:
                    seal(lottery, beside / LOTTERY)
    _tell(release, allocation, rules, lottery, None if power is None else power.power)


def read_needs(groups: pd.DataFrame, across: str = "") -> tuple[Needs, pd.Series | None, pd.Series]:
    """Take from a release what vouchers depend on: need, people, and where they work.

    Parameters
    ----------
    groups : as in groups.parquet; no other column than those of the one risk is looked at
    across : variable over whose groups everyone is parted; units when empty

    Returns
    -------
    The needs; the share of each group that fits the simple profile, where the release has it; and
    the respondents of each group.

    Raises
    ------
    ReleaseError
        The release has no such risk, or was not crossed with the variable.
    """
    if f"{NEED}_rate" not in groups:
        raise ReleaseError(
            f"groups.parquet: has no rates of {NEED}, and vouchers are for nothing else. Score "
            "with a model of it."
        )
    crossed = groups["level"].str.rsplit("&").str[-1].where(groups["kind"] == "cross", "")
    own = groups[groups["own_n"].notna() & (crossed == across)].set_index("group")
    if own.empty:
        raise ReleaseError(
            f"groups.parquet: no group is crossed with {across[:80]!r}. Score with --and "
            f"{across[:80]}, or leave `vouchers.across` out of the settings."
        )
    people = own["own_people"].fillna(own["own_n"])
    width = (own[f"{NEED}_high"] - own[f"{NEED}_low"]) / 100
    strata = pd.DataFrame([define(str(group)) for group in own.index], index=own.index)
    strata = strata.astype("str")
    if len(strata.columns) and "sector" not in strata:
        strata["sector"] = strata[strata.columns[0]]
    needs = Needs(own[f"{NEED}_rate"] / 100, width / (2 * _Z), people, strata)
    return needs, own["profile"] / 100 if "profile" in own else None, own["own_n"]


def read_truth(file: Path, groups: pd.Index) -> pd.Series:
    """Read the true share in need of each group of the built-in survey.

    Parameters
    ----------
    file : as `synthesise --truth` writes it: one row per respondent, the units and p_achterblijver
    groups : units that part everyone; a respondent counts in the smallest

    Raises
    ------
    ReleaseError
        The table lacks columns, or no respondent works in some group.
    """
    table, chance = read_table(file).frame, f"p_{NEED}"
    definitions = {str(group): define(str(group)) for group in groups}
    needed = {chance, *(name for definition in definitions.values() for name in definition)}
    missing = sorted(needed - set(map(str, table.columns)))
    if missing:
        raise ReleaseError(
            f"{file.name}: {len(missing)} columns are missing: {', '.join(missing)}. Give what "
            "`blijfwijzer synthesise --truth` wrote for this wave."
        )
    owner = pd.Series("", index=table.index)
    for group, definition in sorted(definitions.items(), key=lambda item: len(item[1])):
        inside = np.ones(len(table), dtype=bool)
        for name, code in definition.items():
            inside &= (table[name].astype("str") == code).to_numpy()
        owner = owner.mask(inside, group)
    rates = table[chance].astype(float).groupby(owner).mean().reindex(groups.astype("str"))
    if rates.isna().any():
        raise ReleaseError(
            f"{file.name}: nobody works in {int(rates.isna().sum())} of {len(groups)} groups. Give "
            "the truth of the same wave."
        )
    return rates.set_axis(groups)


def _enter(
    run: dict[str, Any], divided: dict[str, Any], files: dict[str, bytes], ledger: Ledger
) -> dict[str, Any]:
    """Enter the division in the ledger: it tells no more of people than its release did."""
    content = release_content(
        run["survey"],
        run["wave"],
        run["provenance"]["survey_sha256"],
        "vouchers",
        hash_bytes(to_json({**divided, "release": run["ledger"]})),
        {},
        hash_files(files),
    )
    return head_of(ledger, is_repeated(ledger, content) or ledger.append(content).sequence)


def _settings(run: dict[str, Any], settings_file: Path | None) -> Settings:
    if settings_file is not None:
        return load_settings(settings_file)
    try:
        return Settings.model_validate(run["settings"])
    except ValueError as error:
        raise SettingsError(
            "run.json: its settings are of another version. Give --settings, or score again."
        ) from error


def _as_drawn(allocation: Allocation, lottery: Lottery) -> Allocation:
    """Give an allocation with the vouchers that the lottery gave."""
    table = allocation.table
    given = lottery.table["vouchers"].reindex(table.index.astype(str)).to_numpy()
    effect = allocation.take_up * (1 - allocation.deadweight)
    extra = given * table["rate"].to_numpy() * effect
    return replace(allocation, table=table.assign(vouchers=given, expected_extra=extra))


def _voucher_table(
    allocation: Allocation, groups: pd.DataFrame, lottery: Lottery | None, report: Report
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
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("group", "label", "level", "sector", "kind"), "text"),
        **dict.fromkeys(("vouchers", "need"), "whole"),
        "extra": "mean",
    }
    # Made from what the release shows, which passed the gate with its own minimum.
    order = shown.reset_index(drop=True).sort_values(["vouchers", "group"], ascending=[False, True])
    return clear(order, kinds, 0)


def _alternatives(rules: pd.DataFrame, report: Report) -> Cleared:
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
    kinds: dict[str, Kind] = {
        "rule": "text",
        "is_plan": "flag",
        "extra": "mean",
        "cost_per_extra": "whole",
        **dict.fromkeys(("need_reached", "exclusion", "inclusion"), "points"),
    }
    return clear(table, kinds, 0)


def _power(
    lottery: Lottery, needs: Needs, respondents: pd.Series, settings: Settings
) -> Power | None:
    """Plan a lottery's power; none where nothing is compared."""
    if lottery.compared.empty:
        return None
    effect = expected_effect(lottery, needs, effect_of(settings.vouchers))
    measured = respondents.rename(index=str).reindex(lottery.compared.index)
    return plan_power(lottery, measured, _BASE, _CLUSTERING, effect)


def _lottery(lottery: Lottery, power: Power, language: Language) -> Cleared:
    rows = {
        "sealed": f"SHA-256 {lottery.sha256}",
        "drawn": str(len(lottery.compared)),
        "power": show(100 * power.power, "percent", language),
        "detectable": show(100 * power.detectable, "decimal", language),
    }
    table = pd.DataFrame(
        {
            "label": [say(id_of("lottery", name), language) for name in rows],
            "value": list(rows.values()),
        }
    )
    return clear(table, {"label": "text", "value": "text"}, 0)


def _notes(
    allocation: Allocation, lottery: Lottery | None, settings: Settings, report: Report
) -> tuple[str, ...]:
    language = report.language
    filled = say(
        "note.vouchers.plan",
        language,
        vouchers=show(allocation.vouchers, "count", language),
        cost=show(allocation.cost, "euro", language),
        reserve=show(allocation.reserve, "euro", language),
        left=show(allocation.left, "euro", language),
        robustness=show(settings.vouchers.robustness, "decimal", language),
        take_up=show(100 * allocation.take_up, "percent", language),
        deadweight=show(100 * allocation.deadweight, "percent", language),
    )
    notes = [filled, say("note.vouchers.basis", language)]
    if lottery is not None:
        sums = lottery.table[["by_risk", "by_lot", "by_signal"]].sum()
        signals = ", ".join(settings.vouchers.signals) or "-"
        notes.append(say("note.vouchers.mix", language, **sums.astype(int), signals=signals))
    if len(allocation.limits):
        limits = ", ".join(
            f"{row['name']} {say(id_of('voucher.limit', row['kind']), language)} "
            f"{show(100 * row['share'], 'percent', language)}"
            for row in allocation.limits.to_dict("records")
        )
        notes.append(say("note.vouchers.limits", language, limits=limits))
    return tuple(notes)


def _tell(
    release: Path,
    allocation: Allocation,
    rules: pd.DataFrame,
    lottery: Lottery | None,
    power: float | None,
) -> None:
    given = allocation.table["vouchers"]
    served = int((given > 0).sum())
    print(
        f"{release / 'vouchers.csv'}: {allocation.vouchers} vouchers in {served} of {len(given)} "
        f"groups, {allocation.expected_extra:.0f} extra people expected to train."
    )
    for rule, row in rules.iterrows():
        regret = f", regret {row['regret']:.0%}" if "regret" in row else ""
        print(
            f"  {rule}: {row['expected_extra']:.1f} extra, {row['cost_per_extra']:.0f} euro each, "
            f"{row['need_reached']:.1%} of need reached{regret}"
        )
    if lottery is not None:
        if power is not None and power < _ENOUGH_POWER:
            print(
                f"  warning: the lottery would find the expected effect in {power:.0%} of years "
                "only; "
                "draw a larger share (`vouchers.lottery`), or do not count on an answer."
            )
        print(
            f"  lottery among {len(lottery.compared)} groups, sealed in {release / LOTTERY}; "
            f"publish its SHA-256: {lottery.sha256}"
        )
