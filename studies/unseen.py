"""Surveys of other kinds than those that candidates were tuned on, beside other tools.

Each is made from a public survey, by other units, other columns or another outcome, or drawn with
a truth that is rich in levels and in answers that are missing for a reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from blijfwijzer.estimation.design import Design
from blijfwijzer.progress import Tell
from blijfwijzer.risk.calibration import estimate_slope
from blijfwijzer.risk.features import Feature, Schema
from blijfwijzer.risk.metrics import log_losses, to_margin
from blijfwijzer.risk.selection import select_model
from blijfwijzer.risk.splits import split_by_unit
from blijfwijzer.risk.task import Task
from blijfwijzer.risk.training import prepare
from blijfwijzer.settings import ModelSettings, Settings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Text, load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from studies.peers import Fit, cross, mean_loss, peers, shallow

_SEED = 1
"""Of the folds, and of who is drawn; another than candidates were ever tuned with."""
_PEOPLE = 19_000
_LEVELS = np.array([2, 3, 4, 5, 6, 8, 10, 12, 15] * 3)


@dataclass(frozen=True)
class _Public:
    """A public survey: what an outcome is learnt from, and what was asked beside it."""

    task: Task
    responses: pd.DataFrame


def compare_unseen(data: Path, tell: Tell) -> str:
    """Fit all candidates and peers on each, and write the section of the page."""
    tools = {**peers(), "depth 3": shallow}
    rows = [_row(title, task, tools, tell) for title, task in _surveys(data, tell)]
    heads = ("survey", "people", "units", *tools, "**blijfwijzer**", "champion", "slope (95 %)")
    return (
        "## Surveys that nothing was tuned on\n\n"
        "Weighted log loss out of fold, by whole units, on folds of another seed. The last column "
        "is the champion's log loss less that of the best of the others, with the standard error "
        "of the paired difference over folds; below zero is better. Goal: behind neither LightGBM "
        "and CatBoost at their defaults nor trees of depth 3, on any.\n\n"
        f"| {' | '.join(heads)} | less best other |\n|{'---|' * (len(heads) + 1)}\n"
        + "\n".join(rows)
        + "\n"
    )


def _row(title: str, task: Task, tools: dict[str, Fit | None], tell: Tell) -> str:
    risks = {}
    for name, fit in tools.items():
        tell(f"{title}: {name}")
        if fit is not None:
            risks[name] = cross(task, fit)
    tell(f"{title}: blijfwijzer")
    selection = select_model(task)
    kind = selection.champion.kind
    ours = selection.out_of_fold[kind]
    losses = {name: mean_loss(task, risk) for name, risk in risks.items()}
    best = min(losses, key=losses.__getitem__)
    gap, error = _paired(task, ours, risks[best])
    slope = estimate_slope(task.values, to_margin(ours), task.design)
    told = [f"{losses[name]:.4f}" if name in losses else "not installed" for name in tools]
    return (
        f"| {title} | {len(ours):,} | {len(np.unique(task.design.cluster))} | {' | '.join(told)} "
        f"| **{mean_loss(task, ours):.4f}** | {kind} | {slope.value:.2f} ({slope.low:.2f}-"
        f"{slope.high:.2f}) | {gap:+.4f} ± {error:.4f} ({best}) |"
    )


def _paired(task: Task, one: Array, other: Array) -> tuple[float, float]:
    """Give a mean difference of losses and its standard error over folds."""
    gap = log_losses(task.values, one) - log_losses(task.values, other)
    by_fold = [np.average(gap[test], weights=task.weight[test]) for _, test in task.folds]
    error = np.std(by_fold, ddof=1) / np.sqrt(len(by_fold))
    return float(np.average(gap, weights=task.weight)), float(error)


def _surveys(data: Path, tell: Tell) -> Iterator[tuple[str, Task]]:
    if (data / "fevs2018.csv.gz").exists():
        tell("read FEVS 2018")
        yield from _of_fevs(_read(data / "fevs2018.csv.gz", "fevs-2018"))
    if (data / "piaac_public_employees.csv.gz").exists():
        tell("read PIAAC")
        yield from _of_piaac(_read(data / "piaac_public_employees.csv.gz", "piaac"))
    yield "drawn: levels, missing for a reason", draw_rich(np.random.default_rng(_SEED), _PEOPLE)


def _read(file: Path, name: str) -> _Public:
    settings, codebook = Settings(seed=_SEED), load_codebook(name)
    responses = read_survey(file, codebook, settings.intake).responses
    scales = score_scales(responses, codebook)
    outcome = next(iter(codebook.outcomes.values()))
    made_from = prepare(responses, scales, codebook, outcome, settings)
    return _Public(made_from.task, responses[made_from.known].reset_index(drop=True))


def _of_fevs(fevs: _Public) -> Iterator[tuple[str, Task]]:
    rng, task = np.random.default_rng(_SEED), fevs.task
    people = len(task.values)
    agency, office = (fevs.responses[level].astype("str") for level in ("AGENCY", "LEVEL1"))
    means = [f.name for f in task.schema.features if f.kind != "item"]
    yield "FEVS: scale means, by agency", _part(task, _some(rng, people, 18_000), means, agency)
    items = [f.name for f in task.schema.features if f.kind != "scale"]
    alone = pd.Series(np.arange(people))
    yield "FEVS: items, no organisation", _part(task, _some(rng, people, 3_700), items, alone)
    # At most eight of each of the smaller offices: many small units.
    order = pd.Series(rng.permutation(people)).groupby(office.to_numpy()).rank()
    few = (order <= 8).to_numpy() & _some(rng, people, 50_000)
    yield "FEVS: few of each office", _part(task, few, task.schema.names, office)


def _of_piaac(piaac: _Public) -> Iterator[tuple[str, Task]]:
    """Take the same outcome by occupation and country, and dissatisfaction with the job."""
    task, answers = piaac.task, piaac.responses
    by = answers["cntry"].astype("str") + answers["ISCO1C"].astype("object").fillna("-").astype(
        "str"
    )
    everyone = np.ones(len(by), dtype=bool)
    yield "PIAAC: by occupation in a country", _part(task, everyone, task.schema.names, by)
    known = answers["D_Q14"].notna().to_numpy()
    values = np.asarray(answers["D_Q14"] >= _DISSATISFIED, dtype=np.float64)
    names = [name for name in task.schema.names if name != "D_Q14"]
    other = replace(task, values=values)
    yield "PIAAC: not satisfied", _part(other, known, names, answers["cntry"].astype("str"))


_DISSATISFIED = 3
"""From "neither satisfied nor dissatisfied" on."""


def _some(rng: np.random.Generator, people: int, count: int) -> Mask:
    chosen = np.zeros(people, dtype=bool)
    chosen[rng.permutation(people)[:count]] = True
    return chosen


def _part(task: Task, rows: Mask, names: list[str], units: pd.Series) -> Task:
    """Give a task of some responses, some columns, and other units."""
    values, own = task.values[rows], units[rows].reset_index(drop=True).rename("unit")
    weight = task.weight[rows]
    return replace(
        task,
        frame=task.frame.loc[rows, names].reset_index(drop=True),
        schema=Schema(tuple(f for f in task.schema.features if f.name in names)),
        values=values,
        design=Design.of_units(weight / weight.mean(), own),
        folds=split_by_unit(values, own, 5, _SEED),
    )


def draw_rich(rng: np.random.Generator, people: int) -> Task:
    """Draw a survey of many nominal columns, of which a part is missing for a reason.

    What somebody is (three traits) decides which levels they name and which questions they skip;
    levels and skips tell of the outcome by themselves, and five pairs of them together.
    """
    unit = rng.integers(0, 120, people)
    trait = rng.standard_normal((people, 3)) + 0.3 * rng.standard_normal((120, 3))[unit]
    columns: dict[str, Array] = {}
    margin = 0.3 * rng.standard_normal(120)[unit]
    for place, count in enumerate(_LEVELS):
        level = _choose_level(rng, trait, int(count))
        skipped = rng.random(people) < expit(-1.4 + trait[:, place % 3]) * (place % 2)
        effect = 0.5 * rng.standard_normal(count) * (place < 14)
        skip = 0.6 * rng.standard_normal() * (place < 18)
        margin += np.where(skipped, skip, effect[level])
        columns[f"sort_{place}"] = np.where(skipped, np.nan, level)
    for place in range(8):
        score = np.clip(np.round(3 + trait[:, place % 3] + rng.standard_normal(people)), 1, 5)
        skipped = rng.random(people) < 0.25 * expit(trait[:, 1])
        margin += np.where(skipped, 0.3, 0.15 * (score - 3)) * (place < 5)
        columns[f"item_{place}"] = np.where(skipped, np.nan, score)
    frame = pd.DataFrame(columns)
    margin += _pairs(frame)
    values = (rng.random(people) < expit(margin - margin.mean() - 1.4)).astype(float)
    units = pd.Series(unit, name="unit")
    weight = np.exp(0.4 * rng.standard_normal(people))
    return Task(
        target="uitkomst",
        thresholds={},
        frame=frame,
        schema=Schema(tuple(_feature(name) for name in frame)),
        values=values,
        design=Design.of_units(weight / weight.mean(), units),
        folds=split_by_unit(values, units, 5, _SEED),
        settings=ModelSettings(),
    )


def _choose_level(rng: np.random.Generator, trait: Array, count: int) -> Codes:
    taste = 0.8 * trait @ rng.standard_normal((3, count)) + rng.standard_normal(count)
    return np.asarray(np.argmax(taste + rng.gumbel(size=taste.shape), axis=1))


def _pairs(frame: pd.DataFrame) -> Array:
    skips = frame.isna()
    together = (
        skips["sort_1"] & skips["sort_3"],
        skips["sort_5"] & (frame["item_0"] >= 4),
        (frame["sort_0"] == 0) & (frame["sort_2"] <= 1),
        (frame["sort_4"] <= 1) & (frame["item_1"] <= 2),
        skips["sort_7"] & (frame["sort_6"] <= 3),
    )
    sizes = (1.0, 0.9, -0.9, -0.8, 0.8)
    return np.asarray(np.column_stack([pair.to_numpy() for pair in together]) @ np.array(sizes))


def _feature(name: object) -> Feature:
    text = Text(nl=str(name), en=str(name))
    kind, place = str(name).split("_")
    levels = tuple(map(str, range(_LEVELS[int(place)]))) if kind == "sort" else ()
    high = len(levels) - 1.0 if levels else 5.0
    low = 0.0 if levels else 1.0
    return Feature(str(name), "item", text, str(name), "overig", False, levels, low, high)
