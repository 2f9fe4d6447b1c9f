"""An employer beside others of its kind, as the training of its models tells of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from blijfwijzer.culture.dimensions import find_dimensions, read_scores
from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import Z
from blijfwijzer.estimation.means import estimate_mean
from blijfwijzer.groups.benchmarks import (
    MEAN_STEP,
    PART_STEP,
    POINT_STEP,
    RATE_STEP,
    Benchmark,
    employers_in,
    hold_against,
)
from blijfwijzer.groups.paths import EVERYONE, GroupPath
from blijfwijzer.publish.findings import BesideOthers
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.culture import culture_bases, told_by
from blijfwijzer.runs.scoring.targets import NewWave, ScoredTarget, Target
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.texts import Value


def bases_beside(wave: NewWave, targets: Mapping[str, ScoredTarget]) -> dict[str, Basis]:
    """Give what everyone is told by besides risks, to stand beside others: means of scales.

    Returns
    -------
    Figure, as in the ledger, to what it rests on; none where there is nobody to stand beside.
    """
    benchmarks = [t.stored.benchmark for t in targets.values() if t.stored.benchmark is not None]
    told = {
        told_by(str(name))
        for benchmark in benchmarks[:1]
        if (group := others_of(benchmark, wave.codebook, wave.responses))
        for name in benchmark.of_group(benchmark.means, group).index
    }
    among = wave.grouping.groups.index == EVERYONE
    found = culture_bases(wave.scales, wave.codebook, wave.settings)
    return {n: replace(basis, among=among) for n, basis in found.items() if n in told}


def stand_beside(
    wave: NewWave, targets: dict[str, Target], admission: Admission
) -> BesideOthers | None:
    """Hold what everyone of one employer, or of employers of one kind, answered against others.

    The others are those of its largest unit where the training tells of it, and else all. Where the
    wave is of several largest units, or of most of the others, there is nobody to stand beside.

    Returns
    -------
    None where nothing is told: of others, or of everyone here.
    """
    known = {n: t.stored.benchmark for n, t in targets.items() if t.stored.benchmark is not None}
    beside = {n: others_of(one, wave.codebook, wave.responses) for n, one in known.items()}
    group = next(reversed(beside.values()), "")
    told = {
        name: benchmark
        for name, benchmark in known.items()
        if group and beside[name] == group and admission.tells(f"rate:{name}")[0]
    }
    if not told:
        return None
    first = next(iter(told.values()))
    count = first.organisations(group)
    about = targets[next(iter(told))].stored.codebook
    label = name_of(group, wave.grouping.groups["label"])
    rates = [_rate(name, targets[name], told[name], group) for name in told]
    drivers = [_drivers(name, targets[name], told[name], group) for name in told]
    own = Own(wave.responses, wave.scales, wave.codebook, wave.settings, admission)
    means = means_beside(own, first, group)
    return BesideOthers(
        label,
        count,
        about.survey.label,
        pd.concat(rates, ignore_index=True),
        means,
        pd.concat(drivers, ignore_index=True),
    )


def others_of(benchmark: Benchmark, codebook: Codebook, responses: Responses) -> str:
    """Give the group of a training to stand beside; "" where there is none.

    There is none either where a wave has more than half as many organisations as it: then most of
    the others can be these people themselves, as where one employer trained on its own teams.
    """
    asked, cluster = group_of(codebook, responses), codebook.units.cluster
    group = benchmark.nearest(asked) if asked else ""
    own = employers_in(responses[cluster].dropna()) if cluster in responses else 1
    return group if group and 2 * own <= benchmark.organisations(group) else ""


def group_of(codebook: Codebook, responses: Responses) -> str:
    """Give the group of a training whose people those of a wave are like; "" where it has several.

    Returns
    -------
    Id of the largest unit that all work in; everyone, where the employer itself is the largest.
    """
    largest = codebook.units.levels[0]
    codes = set(responses[largest].dropna()) if largest in responses else set[str]()
    if len(codes) != 1:
        return ""
    if largest == codebook.units.cluster:
        return EVERYONE
    return str(GroupPath(((largest, str(*codes)),)))


def _rate(name: str, target: Target, benchmark: Benchmark, group: str) -> pd.DataFrame:
    row = target.pooled.table.iloc[[0]]
    own = pd.DataFrame({"value": row["rate"], "low": row["low"], "high": row["high"]})
    there = benchmark.of_group(benchmark.rates, group).set_axis(own.index)
    return _beside(own, there, RATE_STEP, POINT_STEP).assign(name=name)


def name_of(group: str, labels: pd.Series) -> Value:
    """Give what others are called; "" where they are everyone.

    Parameters
    ----------
    labels : of the groups of a wave, by their ids
    """
    if group == EVERYONE:
        return ""
    label: Value = labels.get(group, GroupPath.parse(group).units[-1][1])
    return label


@dataclass(frozen=True)
class Own:
    """A wave of one employer, and what may be told of it."""

    responses: Responses
    scales: Responses
    codebook: Codebook
    settings: Settings
    admission: Admission


def means_beside(own: Own, benchmark: Benchmark, group: str) -> pd.DataFrame:
    """Hold means of scales against others, of those that everyone may be told by.

    Returns
    -------
    One row per dimension, as `BesideOthers.means`.
    """
    there = benchmark.of_group(benchmark.means, group)
    weight = own.responses["weight"].to_numpy(dtype=float)
    design, rows = Design.of_units(weight, own.responses[own.codebook.units.cluster]), {}
    for dimension in find_dimensions(own.codebook, own.settings.culture):
        name = dimension.name
        if name in there.index and own.admission.tells(told_by(name))[0]:
            found = estimate_mean(read_scores(own.scales, dimension), design)
            rows[name] = {"value": found.value, "low": found.low, "high": found.high}
    here = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])
    beside = _beside(here, there.loc[here.index], MEAN_STEP, MEAN_STEP)
    return beside.assign(name=here.index).reset_index(drop=True)


def _drivers(name: str, target: Target, benchmark: Benchmark, group: str) -> pd.DataFrame:
    """Say which answers make the risk higher or lower than that of others."""
    scored, there = target.scored, benchmark.of_group(benchmark.drivers, group)
    names = [str(driver) for driver in scored.means if driver in there.index]
    mean = scored.means.iloc[0][names].to_numpy(dtype=float)
    variance = scored.variances.iloc[0][names].to_numpy(dtype=float)
    half = Z * np.sqrt(variance / max(float(scored.worth[0]), 1.0))
    own = pd.DataFrame({"value": mean, "low": mean - half, "high": mean + half}, index=names)
    beside = _beside(own, there.loc[names], PART_STEP, POINT_STEP)
    return beside.rename_axis("driver").reset_index().assign(name=name)


def _beside(own: pd.DataFrame, there: pd.DataFrame, step: float, told: float) -> pd.DataFrame:
    found = hold_against(own, there, step, told)
    ends = {"low": "difference_low", "high": "difference_high"}
    others = {"value": "there", "low": "there_low", "high": "there_high"}
    return own.join(there.rename(columns=others)).join(found.rename(columns=ends))
