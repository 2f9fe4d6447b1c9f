"""What flags promise: how often they are false, and how many true ones they find."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.flags import FLAGGED, Listed, flag_groups
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.progress import Tell
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.settings import FlagSettings, RateSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from studies.monte_carlo import NO_EFFECTS, tell_mean

_UNITS, _SECTORS = 60, 6
_RATE = 0.20
_PLANTED = 0.15
"""Share of units that differ, where a few do."""
_SETTINGS = FlagSettings(bootstraps=50)


@dataclass(frozen=True)
class FlagWorld:
    """How units differ, how many people respond, and what is known of them."""

    kind: str
    """spikes: a few units lie `size` higher; normal: all vary by a standard deviation of `size`."""
    size: float
    n: int
    """Respondents per unit, on average; ten more each."""
    response: float = 0.0
    """Share of the people, who are known, that responds; 0 where they are not known."""
    is_weighted: bool = False
    is_foreseen: bool = False
    """The model knows how units differ; else it knows persons a little and units not at all."""
    sectors: int = _SECTORS
    """Of fewer than three the rates are of own answers alone, in whole percentages."""

    def true_rates(self, rng: np.random.Generator) -> Array:
        """Draw the true rate of each unit."""
        if self.kind == "normal":
            return np.clip(_RATE + self.size * rng.standard_normal(_UNITS), 0.01, 0.95)
        return np.where(rng.random(_UNITS) < _PLANTED, _RATE + self.size, _RATE)


@dataclass(frozen=True)
class FlagRun:
    """What one survey of a world gave."""

    flagged: int
    false: int
    above: int
    """Units that truly exceed their sector by the margin."""
    covered: float
    """Share of the 95 % intervals that holds the true rate."""


def run_once(world: FlagWorld, seed: int) -> FlagRun:
    """Draw a survey of units in sectors, pool it and flag its units as `score` does."""
    rng = np.random.default_rng(seed)
    true, n = world.true_rates(rng), rng.poisson(world.n, _UNITS) + 10
    sector = np.repeat(np.arange(world.sectors), _UNITS // world.sectors)
    unit = np.repeat(np.arange(_UNITS), n)
    values = (rng.random(len(unit)) < true[unit]).astype(float)
    weight = (
        np.exp(0.4 * rng.standard_normal(len(unit))) if world.is_weighted else np.ones(len(unit))
    )
    known = true[unit] if world.is_foreseen else _RATE
    noise = rng.normal(0, 0.1, len(unit))
    risk = np.clip(known + 0.1 * (values - true[unit]) + noise, 0.01, 0.99)
    rows = np.concatenate([_rows(sector[unit], world.sectors), _rows(unit, _UNITS)])
    names = [f"s{s}" for s in range(world.sectors)] + [f"u{u}" for u in range(_UNITS)]
    above = [f"s{s}" for s in sector]
    groups = pd.DataFrame(
        {
            "kind": "unit",
            "parent": ["all"] * world.sectors + above,
            "sector": names[: world.sectors] + above,
            "level": ["sector"] * world.sectors + ["unit"] * _UNITS,
            "n": rows.sum(axis=1),
            "people": np.round(rows.sum(axis=1) / (world.response or np.nan)),
        },
        index=names,
    )
    grouping = Grouping(groups, csr_array(rows), pd.DataFrame(), csr_array((0, len(unit))))
    predictions = Predictions(values, risk, Design.of_units(weight, pd.Series(unit)))
    pooled, areas = estimate_groups(
        grouping, predictions, NO_EFFECTS, RateSettings(draws=500), seed
    )
    place, one = world.sectors + np.arange(_UNITS), np.zeros(_UNITS, dtype=np.intp)
    listed = Listed(place, sector, one, np.arange(_UNITS))
    flags = flag_groups(pooled.as_shown(), areas, listed, _SETTINGS, 1)
    # Where few differ, it is above those that do not that a unit shall be.
    against = np.array([_of_others(true, n, sector == of, one) for one, of in enumerate(sector)])
    is_above = true > (_RATE if world.kind == "spikes" else against) + _SETTINGS.margin
    flagged = (flags["verdict"] == FLAGGED).to_numpy()
    told = pooled.table.iloc[place]
    covered = (told["low"].to_numpy() <= true) & (true <= told["high"].to_numpy())
    return FlagRun(
        int(flagged.sum()),
        int((flagged & ~is_above).sum()),
        int(is_above.sum()),
        float(covered.mean()),
    )


def _of_others(true: Array, n: Codes, inside: Mask, unit: int) -> float:
    """Give the true rate of a sector without a unit."""
    others = inside & (np.arange(len(true)) != unit)
    return float(np.average(true[others], weights=n[others]))


def _rows(code: NDArray[Any], count: int) -> NDArray[np.int8]:
    return np.asarray(code == np.arange(count)[:, None], dtype=np.int8)


_RUNS = 100
_SEEDS = (1, 2)
_POWER = {(0.15, 60): 0.57, (0.15, 150): 0.94, (0.25, 60): 0.97, (0.25, 150): 1.0}
"""Goal, by size and people."""
_WORTH = 126
"""People without weights, ten more in each unit, who tell as much as 150 with: their number by Kish
(1965) is 160 / exp(.4^2)."""


def validate_flags(tell: Tell, runs: int = _RUNS) -> str:
    """Run the simulations and write them as a section in Markdown.

    Parameters
    ----------
    runs : surveys per world and seed
    """
    parts = [
        f"## Flags\n\n{_UNITS} units in sectors, pooled and flagged as `score` does, "
        f"{runs} surveys for each of seeds {' and '.join(map(str, _SEEDS))}. False flags: the mean "
        "share of a list that is false (the false discovery rate), its goal at most .10, and in "
        "brackets the share of all flags of all surveys; power: the share of units above the "
        "margin that is flagged; ± is one Monte Carlo standard error over surveys.\n",
        _noise_text(tell, runs),
        _signal_text(tell, runs),
    ]
    return "\n".join(parts)


def _noise_text(tell: Tell, runs: int) -> str:
    rows = []
    for response in (0.0, 0.3, 0.6, 0.75, 0.9, 1.0):
        tell(f"flags: noise, response {response}")
        found = [_runs(FlagWorld("spikes", 0.0, 40, response), seed, runs) for seed in _SEEDS]
        known = f"{response:.0%}" if response else "people not known"
        alarms = " / ".join(tell_mean([one.flagged > 0 for one in of_seed]) for of_seed in found)
        covered = " / ".join(tell_mean([one.covered for one in of_seed]) for of_seed in found)
        rows.append(f"| {known} | {alarms} | {covered} |")
    return (
        "### Noise\n\nNo unit differs. Goal: at most .05 of surveys flag anything. Intervals are "
        "too wide rather than too short where nothing differs.\n\n"
        "| response | surveys that flag anything | 95 % intervals that hold the truth |\n"
        "|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _signal_text(tell: Tell, runs: int) -> str:
    worlds = [FlagWorld("spikes", size, n) for size, n in _POWER]
    worlds += [
        FlagWorld("normal", 0.05, 60),
        FlagWorld("normal", 0.05, 150),
        FlagWorld("normal", 0.10, 60),
    ]
    worlds += [FlagWorld("spikes", 0.15, 60, 0.75), FlagWorld("normal", 0.05, 60, 0.75)]
    worlds += [FlagWorld("spikes", 0.15, 150, 0.0, True), FlagWorld("normal", 0.10, 60, 0.0, True)]
    worlds += [FlagWorld("spikes", 0.15, _WORTH)]
    worlds += [FlagWorld(*one, sectors=2) for one in (("spikes", 0.15, 60), ("normal", 0.10, 60))]
    worlds += [FlagWorld("normal", *one, is_foreseen=True) for one in ((0.03, 15), (0.05, 60))]
    rows = []
    for world in worlds:
        tell(f"flags: {world}")
        found = [_runs(world, seed, runs) for seed in _SEEDS]
        false = " / ".join(
            tell_mean([one.false / max(one.flagged, 1) for one in of_seed])
            + f" ({_pooled(of_seed)})"
            for of_seed in found
        )
        power = " / ".join(
            tell_mean([(one.flagged - one.false) / one.above for one in of_seed if one.above])
            for of_seed in found
        )
        covered = " / ".join(tell_mean([one.covered for one in of_seed]) for of_seed in found)
        goal = _POWER.get((world.size, world.n)) if world.kind == "spikes" else None
        kind = f"{world.kind}{', foreseen' * world.is_foreseen}"
        known = f"{world.response:.0%}" if world.response else "-"
        rows.append(
            f"| {kind} | {world.sectors} | {world.size:.2f} | {world.n} | {known} | "
            f"{'yes' if world.is_weighted else 'no'} | {false} | {power} | "
            f"{'-' if goal is None else f'{goal:.2f}'} | {covered} |"
        )
    return (
        f"### Signals\n\n*spikes*: {_PLANTED:.0%} of units lie so much higher; *normal*: true "
        "rates vary by that standard deviation, so that many lie near the margin; *foreseen*: the "
        "model knows how units differ. "
        f"{_WORTH} people without weights tell as much as 150 with these.\n\n"
        "| true rates | sectors | size | people | response | weights | false | power | goal "
        "| covered |\n|---|---|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _runs(world: FlagWorld, seed: int, runs: int) -> list[FlagRun]:
    return [run_once(world, 10_000 * seed + place) for place in range(runs)]


def _pooled(runs: list[FlagRun]) -> str:
    return f"{sum(one.false for one in runs) / max(sum(one.flagged for one in runs), 1):.3f}"
