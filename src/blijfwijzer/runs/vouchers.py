"""The story of `vouchers`: a budget divided over the groups of a release."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.errors import BusyError, SettingsError
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.release_files import csv_file, report_files
from blijfwijzer.publish.voucher_tables import Division, show_division
from blijfwijzer.release.draws import told_of
from blijfwijzer.release.folder import LOTTERY, read_release, refuse_place
from blijfwijzer.release.promise import is_lottery, number_draw, origin_of, read_secret
from blijfwijzer.release.publication import Addition, add_to_release
from blijfwijzer.release.shown import Shown
from blijfwijzer.runs.voucher_needs import choose_need, read_needs, read_truth
from blijfwijzer.runs.waves import paths_of
from blijfwijzer.settings import Settings, VoucherSettings, load_settings
from blijfwijzer.vouchers.allocation import Allocation, allocate_vouchers, effect_of
from blijfwijzer.vouchers.alternatives import compare
from blijfwijzer.vouchers.lottery import draw_lottery
from blijfwijzer.vouchers.needs import Needs
from blijfwijzer.vouchers.power import Power, expected_effect, plan_power
from blijfwijzer.vouchers.seal import Lottery

_KEPT = ("groups.csv", "groups.parquet", "rejected.csv")


_BASE, _CLUSTERING = 0.45, 0.05
"""Share that trains without a voucher (Hidalgo, Oosterbeek & Webbink 2014) and intraclass
correlation of training (assumption A30), for the power of a lottery."""


_ENOUGH_POWER = 0.5
"""Below this a lottery more often misses the expected effect than it finds it, and a warning says
so; 80 % is usual to plan for."""


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
            "given": allocation.vouchers,
            "expected_extra": round(allocation.expected_extra, 1),
            "lottery_sha256": None if lottery is None else lottery.sha256,
            "draw": self.draw,
        }


def vouchers(asked: VoucherRequest, ledgers: Path) -> None:
    """Divide a budget over the groups of a release, and show it beside other rules."""
    inputs = [path for path in paths_of(asked) if path != asked.release]
    refuse_place(asked.release, [*inputs, ledgers], ledgers, keeps_draw=True)
    with show_progress() as tell:
        divided = divide(asked, ledgers, tell)
        shown = publish_division(divided, asked.release, ledgers, tell)
    print(shown)


def divide(asked: VoucherRequest, ledgers: Path, tell: Tell) -> Divided:
    """Divide a budget over the groups of a release, by need alone."""
    run, groups, report = read_release(asked.release)
    plan = _plan(run, asked)
    target = choose_need(run, plan.target)
    needs, profile, respondents = read_needs(groups, target, plan.across)
    true_rate = None if asked.truth is None else read_truth(asked.truth, target, needs.groups)
    budget, cost = _euros(plan, asked)
    secret = read_secret(asked.secret, asked.again)
    origin = origin_of(asked.release, run, ledgers, plan=plan, secret=secret)
    tell("divide the budget")
    allocation = allocate_vouchers(needs, budget, cost, plan, origin.seed)
    lottery, power = None, None
    if is_lottery(plan):
        tell("draw the lottery")
        lottery = draw_lottery(allocation, needs, plan, origin=origin)
        allocation = _as_drawn(allocation, lottery)
        power = _power(lottery, needs, respondents, plan)
    rules = compare(needs, allocation, plan, profile, true_rate)
    division = Division(allocation, rules, lottery, power, origin)
    return Divided(run, groups, report, target, division, plan)


def publish_division(divided: Divided, release: Path, ledgers: Path, tell: Tell) -> Shown:
    """Add the vouchers to the release that they are for."""
    tell(f"write {release}")
    division, lottery = divided.division, divided.division.lottery
    shown, table = show_division(divided.report, division, divided.groups, divided.plan)
    files = {
        **{name: (release / name).read_bytes() for name in _KEPT},
        "vouchers.csv": csv_file(table),
        **report_files(shown),
    }

    def hold(entered: Sequence[Release]) -> None:
        if number_draw(division.origin, entered, is_drawn=lottery is not None) != division.origin:
            raise BusyError(
                f"{release}: another run has drawn among its people meanwhile. Nothing was "
                "changed. Divide again."
            )

    sealed = {} if lottery is None else {LOTTERY: lottery.sealed}
    added = Addition("vouchers", divided.told, files, divided.draw, hold, sealed)
    add_to_release(release, divided.run, ledgers, added)
    return Shown.of(shown, release, tuple(_say(release, division)))


def _plan(run: dict[str, Any], asked: VoucherRequest) -> VoucherSettings:
    """Give the settings of a division, with what was asked besides."""
    try:
        scored = Settings.model_validate(run["settings"])
    except ValueError as error:
        raise SettingsError(
            "run.json: its settings are of another version. Score again."
        ) from error
    plan = (scored if asked.settings is None else load_settings(asked.settings)).vouchers
    besides = {"budget": asked.budget, "cost": asked.cost, "target": asked.target or None}
    told = {name: value for name, value in besides.items() if value is not None}
    return plan.model_copy(update=told)


def _euros(plan: VoucherSettings, asked: VoucherRequest) -> tuple[float, float]:
    if (asked.budget is None and not plan.budget) or (asked.cost is None and not plan.cost):
        raise SettingsError(
            "vouchers: no budget or no cost of a voucher is given. Give --budget and --cost, or "
            "set them in the settings."
        )
    return plan.budget, plan.cost


def _as_drawn(allocation: Allocation, lottery: Lottery) -> Allocation:
    """Give an allocation with the vouchers that the lottery gave."""
    table = allocation.table
    given = lottery.table["vouchers"].reindex(table.index.astype(str)).to_numpy()
    effect = allocation.take_up * (1 - allocation.deadweight)
    extra = given * table["rate"].to_numpy() * effect
    return replace(allocation, table=table.assign(vouchers=given, expected_extra=extra))


def _power(
    lottery: Lottery, needs: Needs, respondents: pd.Series, plan: VoucherSettings
) -> Power | None:
    """Plan a lottery's power; none where nothing is compared."""
    if lottery.compared.empty:
        return None
    effect = expected_effect(lottery, needs, effect_of(plan))
    measured = respondents.rename(index=str).reindex(lottery.compared.index)
    return plan_power(lottery, measured, _BASE, _CLUSTERING, effect)


def _say(release: Path, division: Division) -> Iterator[str]:
    allocation, lottery, power = division.allocation, division.lottery, division.power
    given = allocation.table["vouchers"]
    served = int((given > 0).sum())
    yield (
        f"{release / 'vouchers.csv'}: {allocation.vouchers} vouchers in {served} of {len(given)} "
        f"groups, {allocation.expected_extra:.0f} extra people expected to train."
    )
    for rule, row in division.rules.iterrows():
        regret = f", regret {row['regret']:.0%}" if "regret" in row else ""
        yield (
            f"  {rule}: {row['expected_extra']:.1f} extra, {row['cost_per_extra']:.0f} euro each, "
            f"{row['need_reached']:.1%} of need reached{regret}"
        )
    if lottery is not None:
        if power is not None and power.power < _ENOUGH_POWER:
            yield (
                f"  warning: the lottery would find the expected effect in {power.power:.0%} of "
                "years only; draw a larger share (`vouchers.lottery`), or do not count on an "
                "answer."
            )
        again = f" ({division.origin.reason})" if division.origin.reason else ""
        yield (
            f"  draw {division.origin.number}{again} among {len(lottery.compared)} groups, sealed "
            f"in {release / LOTTERY}; publish its SHA-256: {lottery.sha256}"
        )
