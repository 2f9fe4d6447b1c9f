"""The story of `vouchers`: a budget divided over the groups of a release."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.errors import SettingsError
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.release_files import csv_file, report_files
from blijfwijzer.publish.voucher_tables import Division, show_division
from blijfwijzer.release.folder import LOTTERY, read_release, refuse_place
from blijfwijzer.release.publication import add_to_release
from blijfwijzer.release.shown import Shown
from blijfwijzer.runs.voucher_needs import choose_need, read_needs, read_truth
from blijfwijzer.runs.waves import paths_of
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.vouchers.allocation import Allocation, Needs, allocate_vouchers, effect_of
from blijfwijzer.vouchers.alternatives import compare
from blijfwijzer.vouchers.lottery import Lottery, draw_lottery, seal
from blijfwijzer.vouchers.trial import Power, expected_effect, plan_power

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
    budget: float
    """Euro."""
    cost: float
    """Euro per voucher."""
    settings: Settings | Path | None = None
    """Those of the release when left out."""
    target: str = ""
    """The need that vouchers are for; needed where the release tells of several."""
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
    settings: Settings

    @property
    def told(self) -> dict[str, Any]:
        """What the record tells of it."""
        allocation, lottery = self.division.allocation, self.division.lottery
        return {
            "target": self.target,
            "budget": allocation.budget,
            "cost": allocation.cost,
            "settings": self.settings.vouchers.model_dump(mode="json"),
            "seed": self.settings.seed,
            "given": allocation.vouchers,
            "expected_extra": round(allocation.expected_extra, 1),
            "lottery_sha256": None if lottery is None else lottery.sha256,
        }


def vouchers(asked: VoucherRequest, ledgers: Path) -> None:
    """Divide a budget over the groups of a release, and show it beside other rules."""
    inputs = [path for path in paths_of(asked) if path != asked.release]
    refuse_place(asked.release, [*inputs, ledgers], ledgers)
    with show_progress() as tell:
        divided = divide(asked, tell)
        shown = publish_division(divided, asked.release, ledgers, tell)
    print(shown)


def divide(asked: VoucherRequest, tell: Tell) -> Divided:
    """Divide a budget over the groups of a release, by need alone."""
    run, groups, report = read_release(asked.release)
    settings = _settings(run, asked.settings)
    target = choose_need(run, asked.target)
    needs, profile, respondents = read_needs(groups, target, settings.vouchers.across)
    true_rate = None if asked.truth is None else read_truth(asked.truth, target, needs.groups)
    tell("divide the budget")
    allocation = allocate_vouchers(
        needs, asked.budget, asked.cost, settings.vouchers, settings.seed
    )
    lottery, power = None, None
    if settings.vouchers.lottery > 0 or settings.vouchers.mix != (1, 0, 0):
        tell("draw the lottery")
        lottery = draw_lottery(allocation, needs, settings.vouchers, settings.seed)
        allocation = _as_drawn(allocation, lottery)
        power = _power(lottery, needs, respondents, settings)
    rules = compare(needs, allocation, settings.vouchers, profile, true_rate)
    division = Division(allocation, rules, lottery, power)
    return Divided(run, groups, report, target, division, settings)


def publish_division(divided: Divided, release: Path, ledgers: Path, tell: Tell) -> Shown:
    """Add the vouchers to the release that they are for."""
    tell(f"write {release}")
    settings, lottery = divided.settings.vouchers, divided.division.lottery
    shown, table = show_division(divided.report, divided.division, divided.groups, settings)
    files = {
        **{name: (release / name).read_bytes() for name in _KEPT},
        "vouchers.csv": csv_file(table),
        **report_files(shown),
    }

    def seal_in(folder: Path) -> None:
        if lottery is not None:
            seal(lottery, folder / LOTTERY)

    add_to_release(release, divided.run, ledgers, ("vouchers", divided.told), files, seal_in)
    return Shown.of(shown, release, tuple(_say(release, divided.division)))


def _settings(run: dict[str, Any], given: Settings | Path | None) -> Settings:
    if given is not None:
        return load_settings(given)
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


def _power(
    lottery: Lottery, needs: Needs, respondents: pd.Series, settings: Settings
) -> Power | None:
    """Plan a lottery's power; none where nothing is compared."""
    if lottery.compared.empty:
        return None
    effect = expected_effect(lottery, needs, effect_of(settings.vouchers))
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
        yield (
            f"  lottery among {len(lottery.compared)} groups, sealed in {release / LOTTERY}; "
            f"publish its SHA-256: {lottery.sha256}"
        )
