"""The story of `vouchers`: a budget divided over the groups of a release."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.errors import BusyError, SettingsError, TrialError
from blijfwijzer.governance.acceptance import Accepted
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.files.release_files import csv_file, report_files
from blijfwijzer.publish.pages.first_page import say_contact
from blijfwijzer.publish.tables.voucher_tables import FEW_GROUPS, Division, show_division
from blijfwijzer.release.decisions import refuse_decided
from blijfwijzer.release.draws import told_of
from blijfwijzer.release.folder import (
    LOTTERY,
    read_release,
    read_segments,
    refuse_place,
    settings_of,
)
from blijfwijzer.release.permit import Permit, read_permit
from blijfwijzer.release.promise import is_lottery, number_draw, origin_of, read_secret
from blijfwijzer.release.publication import Addition, addition
from blijfwijzer.release.shown import Shown
from blijfwijzer.runs.acceptance import judge_division
from blijfwijzer.runs.decide import beside_round
from blijfwijzer.runs.offers.aims import Aim
from blijfwijzer.runs.offers.needs import choose_need, read_partitions, read_rule, read_truth
from blijfwijzer.runs.offers.reach import MadeFrom, Reread, aim_vouchers, read_scored, tell_reach
from blijfwijzer.runs.waves import paths_of
from blijfwijzer.settings import Settings, VoucherSettings, load_settings
from blijfwijzer.vouchers.allocation import Allocation, allocate_vouchers, refuse_nothing
from blijfwijzer.vouchers.alternatives import Planned, choose_partition, compare, ratio_to_rule
from blijfwijzer.vouchers.lottery import FEWEST, draw_lottery, expected_offers
from blijfwijzer.vouchers.needs import Partition
from blijfwijzer.vouchers.offers import offers_of
from blijfwijzer.vouchers.power import Power, expected_effect, plan_power, warn_of
from blijfwijzer.vouchers.seal import Lottery, Origin

_KEPT = ("groups.csv", "groups.parquet", "segments.parquet", "rejected.csv")
_BASE, _CLUSTERING = 0.45, 0.05
"""Share that trains without a voucher (Hidalgo, Oosterbeek & Webbink 2014) and intraclass
correlation of training (assumption A30), for the power of a lottery."""


@dataclass(frozen=True)
class VoucherRequest:
    """What is asked of a budget."""

    release: Path
    """What `score` made; vouchers are added to it."""
    budget: float | None = None
    """Euro; that of the settings when left out, as the next two are."""
    cost: float | None = None
    """Euro per voucher."""
    settings: Settings | Path | None = None
    """Those of the release when left out."""
    target: str = ""
    """The need that vouchers are for; needed where the release tells of several."""
    secret: Path | None = None
    """File of which the settings promised the hash; needed for a lottery."""
    again: str = ""
    """Why there is another draw among these people, or by another plan than at scoring."""
    truth: Path | None = None
    """What is true of the built-in survey, to show what each rule would really do."""
    survey: Path | None = None
    """The file that was scored, to tell whom the vouchers help and miss; not told when left out."""
    models: Path = Path("models")
    """With the models that it was scored with; read only beside the survey."""
    governance: Path | None = None
    """What is settled now; what was at scoring when left out."""
    accepted: Accepted = Accepted()
    """Who accepts a division that does not meet the thresholds, and why."""
    decided: Path | None = None
    """The release of the round before, to show what people decided about it."""
    population: Path | None = None
    """Margins or cells of a register with which it was scored; read only beside the survey."""


@dataclass(frozen=True)
class Reach:
    """Whom the vouchers are offered to, in the survey that was scored."""

    reread: Reread
    aim: Aim


@dataclass(frozen=True)
class Divided:
    """A budget divided over the groups of a release; nothing is written yet."""

    run: dict[str, Any]
    """The record of the release."""
    groups: pd.DataFrame
    """As in groups.parquet."""
    report: Chapter
    target: str
    """The need that the vouchers are for."""
    division: Division
    plan: VoucherSettings
    """With budget, cost and need."""
    permit: Permit
    accepted: Accepted
    reach: Reach | None = None
    """None where the survey was not given."""

    @property
    def draw(self) -> dict[str, Any]:
        """What the ledger keeps of how it came about."""
        lottery = self.division.lottery
        return told_of(self.division.origin, "" if lottery is None else lottery.sha256)

    @property
    def told(self) -> dict[str, Any]:
        """What the record tells of it."""
        allocation, lottery = self.division.allocation, self.division.lottery
        return {
            "target": self.target,
            "budget": allocation.budget,
            "cost": allocation.cost,
            "settings": self.plan.model_dump(mode="json"),
            "over": self.division.partition.name,
            "given": allocation.vouchers,
            "expected_extra": round(allocation.expected_extra, 1),
            "lottery_sha256": None if lottery is None else lottery.sha256,
            "draw": self.draw,
            "reach": self.reach is not None,
        }


def vouchers(asked: VoucherRequest, ledgers: Path) -> Shown:
    """Divide a budget over the groups of a release, and show it beside other rules."""
    inputs = [path for path in paths_of(asked) if path != asked.release]
    refuse_place(asked.release, [*inputs, ledgers], ledgers, keeps_draw=True)
    with show_progress() as tell:
        divided = divide(asked, ledgers, tell)
        shown = publish_division(divided, asked.release, ledgers, tell)
    print(shown)
    return shown


def divide(asked: VoucherRequest, ledgers: Path, tell: Tell) -> Divided:
    """Divide a budget over the groups of a release, by need alone."""
    run, groups, report = read_release(asked.release)
    refuse_decided(run)
    permit = read_permit(run, asked.governance)
    report = beside_round(report, run, asked.decided)
    plan, report = _plan(run, asked), _with_contact(report, asked)
    budget, cost = _euros(plan, asked)
    secret = read_secret(asked.secret, asked.again)
    # The ledger is asked before anything of the release is believed.
    origin = origin_of(asked.release, run, ledgers, plan=plan, secret=secret)
    target = choose_need(run, plan.target)
    truth = None if asked.truth is None else read_truth(asked.truth, target)
    about = target, run.get("education", {}), truth
    partitions = read_partitions(groups, read_segments(asked.release), *about)
    tell("divide the budget")
    planned = [
        Planned(one, allocate_vouchers(one.needs, budget, cost, plan, origin.seed))
        for one in _fitting(partitions, plan)
    ]
    by_rule = read_rule(groups, *about)
    planned = [_foresee(one, by_rule, plan, origin) for one in planned]
    able = [one for one in planned if _can_be_proposed(one, plan, origin)]
    chosen = choose_partition(able or planned)
    best = max(planned, key=lambda one: one.expected_extra)
    refuse_nothing(chosen.allocation, plan)
    lottery, power, drawn, why = None, None, None, plan.no_lottery
    if is_lottery(plan):
        tell("draw the lottery")
        lottery, why = _draw(chosen, plan, origin)
    if lottery is None:
        origin = origin.undrawn
    else:
        drawn, power = _as_drawn(chosen, lottery), _power(lottery, chosen)
    others = [one for one in planned if one is not chosen]
    rules = compare(chosen, plan, drawn=drawn, others=others, by_rule=by_rule)
    expected = rules
    if truth is not None:
        expected = _expect(chosen, plan, drawn=drawn, others=others, by_rule=by_rule)
    ratio = None if by_rule is None else _ratio(chosen, lottery, by_rule, plan)
    division = Division(
        allocation=drawn or chosen.allocation,
        partition=chosen.partition,
        rules=rules,
        expected=expected,
        lottery=lottery,
        power=power,
        origin=origin,
        why_no_lottery=why,
        ratio=ratio,
        passed_over="" if best is chosen else best.partition.name,
        is_below_rule=best in able,
    )
    reach = _reach(asked, (run, groups, target), chosen, lottery, (ledgers, tell))
    return Divided(run, groups, report, target, division, plan, permit, asked.accepted, reach=reach)


def publish_division(divided: Divided, release: Path, ledgers: Path, tell: Tell) -> Shown:
    """Add the vouchers to the release that they are for."""
    tell(f"write {release}")
    division, lottery = divided.division, divided.division.lottery
    reach = divided.reach

    def hold(entered: Sequence[Release]) -> None:
        if number_draw(division.origin, entered, is_drawn=lottery is not None) != division.origin:
            raise BusyError(
                f"{release}: another run has drawn among its people meanwhile. Nothing was "
                "changed. Divide again."
            )

    sealed = {} if lottery is None else {LOTTERY: lottery.sealed}
    codebook = None if reach is None else reach.reread.wave.codebook
    permit = divided.permit
    added = Addition("vouchers", divided.told, divided.draw, hold, codebook, sealed, permit)
    with addition(release, divided.run, ledgers, added) as adding:
        plan = divided.plan.model_copy(update={"target": divided.target})
        shown, table = show_division(divided.report, division, divided.groups, plan)
        if reach is not None:
            tell("find whom it misses")
            shown = tell_reach(shown, reach.aim, reach.reread, adding.rehearsal)
        shown, judged = judge_division(shown, division.power, permit, divided.accepted)
        kept = {name: (release / name).read_bytes() for name in _KEPT if (release / name).exists()}
        adding.publish({**kept, "vouchers.csv": csv_file(table), **report_files(shown)}, **judged)
    return Shown.of(shown, release, tuple(_say(release, division)))


def _plan(run: dict[str, Any], asked: VoucherRequest) -> VoucherSettings:
    """Give the settings of a division, with what was asked besides."""
    scored = settings_of(run)
    plan = (scored if asked.settings is None else load_settings(asked.settings)).vouchers
    besides = {"budget": asked.budget, "cost": asked.cost, "target": asked.target or None}
    told = {name: value for name, value in besides.items() if value is not None}
    plan = plan.model_copy(update=told)
    if not is_lottery(plan) and not plan.no_lottery.strip():
        raise SettingsError(
            "vouchers: nothing would be drawn, so what vouchers do would never be known. Leave "
            "`vouchers.lottery` at a quarter, or say why not in `vouchers.no_lottery`; the reason "
            "stands on the page."
        )
    return plan


def _with_contact(report: Chapter, asked: VoucherRequest) -> Chapter:
    """Let a report say whom to ask as the settings of the division do, where these say it."""
    told = () if asked.settings is None else say_contact(load_settings(asked.settings).contact)
    return replace(report, notes={**report.notes, "contact": told}) if told else report


def _euros(plan: VoucherSettings, asked: VoucherRequest) -> tuple[float, float]:
    if (asked.budget is None and not plan.budget) or (asked.cost is None and not plan.cost):
        raise SettingsError(
            "vouchers: no budget or no cost of a voucher is given. Give --budget and --cost, or "
            "set them in the settings."
        )
    return plan.budget, plan.cost


def _fitting(partitions: Sequence[Partition], plan: VoucherSettings) -> list[Partition]:
    """Keep the partitions that the settings allow: the one asked for, and those with its limits.

    Raises
    ------
    SettingsError
        There is none.
    """
    levels = {name.partition("=")[0] for name in (*plan.floors, *plan.caps)}
    fit = [
        one
        for one in partitions
        if plan.across in ("", one.name) and levels <= set(one.needs.strata.columns)
    ]
    if not fit:
        raise SettingsError(
            f"vouchers: of {len(partitions)} ways in which the release parts people "
            f"({', '.join(one.name for one in partitions)}) none is the one that is asked "
            f"({plan.across or 'any'}) and has the levels of the limits "
            f"({', '.join(sorted(levels)) or 'none'}). Score with --and, or change "
            "`vouchers.across`, floors or caps."
        )
    return fit


def _expect(
    chosen: Planned,
    plan: VoucherSettings,
    *,
    drawn: Allocation | None,
    others: Sequence[Planned],
    by_rule: Partition | None,
) -> pd.DataFrame:
    """Set a plan beside other rules by estimates alone, as whoever decides must."""
    parts = [replace(o, partition=o.partition.estimated) for o in (chosen, *others)]
    rule = None if by_rule is None else by_rule.estimated
    return compare(parts[0], plan, drawn=drawn, others=parts[1:], by_rule=rule)


def _can_be_proposed(one: Planned, plan: VoucherSettings, origin: Origin) -> bool:
    """Tell whether there is enough to draw among, for all that was promised where it was."""
    if not is_lottery(plan) or len(one.partition.needs.groups) < FEWEST:
        return not is_lottery(plan)
    try:
        return not _is_promised(plan, origin) or _draw(one, plan, origin)[0] is not None
    except TrialError:
        return False


def _is_promised(plan: VoucherSettings, origin: Origin) -> bool:
    """Tell whether a draw was asked for, other than the part that is drawn by itself."""
    return bool(origin.secret) or plan.mix != (1, 0, 0)


def _foresee(
    one: Planned, by_rule: Partition | None, plan: VoucherSettings, origin: Origin
) -> Planned:
    """Add to a division what is to be expected of it once a part is drawn, whoever wins.

    A draw among people of little need costs more than one among people of much. Only of the part
    that is drawn by itself: one that was asked for may name groups that others do not have.
    """
    needs, lottery = one.partition.needs, None
    if not one.allocation.vouchers:
        return replace(one, ratio=0.0)
    if is_lottery(plan) and plan.mix == (1, 0, 0) and _can_be_proposed(one, plan, origin):
        lottery, _ = _draw(one, plan, origin)
    if lottery is not None:
        offers = expected_offers(lottery, needs).to_numpy(dtype=np.float64)
        extra = one.allocation.offers.extra(offers, needs.rate.to_numpy())
        one = replace(one, after_draw=float(extra.sum()))
    if by_rule is None:
        return one
    told = replace(one, partition=one.partition.estimated)
    return replace(one, ratio=_ratio(told, lottery, by_rule.estimated, plan))


def _draw(chosen: Planned, plan: VoucherSettings, origin: Origin) -> tuple[Lottery | None, str]:
    """Draw the part that is drawn, or say why nothing can be.

    What was promised is drawn or refused; the part that is drawn by itself is left out where there
    is too little to draw among.
    """
    needs, allocation = chosen.partition.needs, chosen.allocation
    try:
        lottery = draw_lottery(allocation, needs, plan, origin=origin)
        # Groups that are drawn may use more of their offers than those first in line.
        while plan.spend == "offers" and _as_drawn(chosen, lottery).overspent > plan.overspend:
            fewer = allocation.vouchers - max(allocation.vouchers // 100, 1)
            euros = allocation.budget, allocation.cost
            allocation = allocate_vouchers(needs, *euros, plan, allocation.seed, fewer)
            lottery = draw_lottery(allocation, needs, plan, origin=origin)
    except TrialError:
        if _is_promised(plan, origin):
            raise
        return None, FEW_GROUPS
    return lottery, ""


def _as_drawn(chosen: Planned, lottery: Lottery) -> Allocation:
    """Give the allocation with the vouchers that the lottery gave."""
    given = lottery.table["vouchers"].reindex(chosen.partition.needs.groups.astype(str))
    return chosen.allocation.given_as(given.to_numpy(dtype=np.int64))


def _power(lottery: Lottery, chosen: Planned) -> Power | None:
    """Plan a lottery's power; none where nothing is compared."""
    if lottery.compared.empty:
        return None
    effect = expected_effect(lottery, chosen.partition.needs, chosen.allocation.offers)
    measured = chosen.partition.respondents.rename(index=str).reindex(lottery.compared.index)
    return plan_power(lottery, measured, _BASE, _CLUSTERING, effect)


def _reach(
    asked: VoucherRequest,
    release: tuple[dict[str, Any], pd.DataFrame, str],
    chosen: Planned,
    lottery: Lottery | None,
    beside: tuple[Path, Tell],
) -> Reach | None:
    """Put the people of the survey in the groups that vouchers are divided over."""
    if asked.survey is None:
        return None
    (run, groups, target), (ledgers, tell) = release, beside
    tell(f"read {asked.survey.name}")
    needs = chosen.partition.needs
    given = pd.Series(chosen.allocation.table["vouchers"].to_numpy(), needs.groups)
    offers = given if lottery is None else expected_offers(lottery, needs)
    made_from = MadeFrom(asked.survey, asked.models, asked.population)
    reread = read_scored(asked.release, run, made_from, ledgers, target)
    return Reach(reread, aim_vouchers(reread, chosen.partition, offers, groups, tell))


def _ratio(
    chosen: Planned, lottery: Lottery | None, by_rule: Partition, plan: VoucherSettings
) -> float:
    """Hold the vouchers that were given by need against the simple rule."""
    groups = chosen.partition.needs.groups.astype(str)
    given = chosen.allocation.table["vouchers"].to_numpy(dtype=np.float64)
    if lottery is not None:
        given = lottery.table["by_risk"].reindex(groups).to_numpy(dtype=np.float64)
    rule = offers_of(by_rule.needs, chosen.allocation.cost, plan)
    return ratio_to_rule(chosen.partition, given, by_rule, chosen.allocation.offers, rule)


def _say(release: Path, division: Division) -> Iterator[str]:
    allocation, lottery, power = division.allocation, division.lottery, division.power
    given = allocation.table["vouchers"]
    served = int((given > 0).sum())
    yield (
        f"{release / 'vouchers.csv'}: {allocation.vouchers} vouchers in {served} of {len(given)} "
        f"groups, {allocation.expected_extra:.0f} extra people expected to train."
    )
    for rule, row in division.rules[division.rules["expected_extra"] > 0].iterrows():
        regret = f", regret {row['regret']:.0%}" if row.get("regret", np.nan) >= 0 else ""
        yield (
            f"  {rule} ({row['over']}): {row['expected_extra']:.1f} extra, "
            f"{row['cost_per_extra']:.0f} euro each, {1 - row['inclusion_error']:.0%} of offers to "
            f"people in need{regret}"
        )
    if division.ratio is not None:
        yield (
            f"  by need against the simple rule, for as much money: {division.ratio:.3f} times as "
            "many extra people"
        )
    if lottery is not None:
        warning = None if power is None else warn_of(power, len(given))
        if warning is not None:
            yield f"  {warning}"
        again = f" ({division.origin.reason})" if division.origin.reason else ""
        yield (
            f"  draw {division.origin.number}{again} among {len(lottery.compared)} groups, sealed "
            f"in {release / LOTTERY}; publish its SHA-256: {lottery.sha256}"
        )
