"""Simulations that are too long for tests: what the figures promise, measured with fixed seeds."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.choice import Outsider, choose_shown
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.flags import CERTAIN, Resampled, flag_groups
from blijfwijzer.groups.rates import pool_rates, summarise_areas
from blijfwijzer.progress import Tell
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.risk.training import fit, prepare
from blijfwijzer.settings import DisclosureSettings, FlagSettings, Settings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from studies.card import card_text
from studies.claims import validate_claims
from studies.culture import validate_culture
from studies.gate import gate_text
from studies.instrument import validate_instrument
from studies.vouchers import vouchers_text

_MINIMUM = 10
_ORGANISATIONS = 24
"""Of each shape."""
_REPETITIONS = 100
_LARGE_UNIT = 250


def validate(data: Path, tell: Tell) -> str:
    """Run all simulations and write them as a page.

    Parameters
    ----------
    data : folder with the public surveys; what needs them is left out, and said, when absent
    """
    parts = ["# Validation\n\nMade by `make validate`; seeds are fixed.\n"]
    parts.append(gate_text(_ORGANISATIONS, tell))
    tell("disclosure: 159 groups")
    parts.append(_speed_text())
    tell("rates: FEVS 2018")
    parts.append(_rates_text(data, tell))
    tell("flags")
    parts.append(_flags_text(tell))
    tell("vouchers: built-in survey")
    parts.append(vouchers_text(tell))
    parts.append(card_text(data, tell))
    parts.append("## Instrument\n\n" + _one_deeper(validate_instrument(tell)))
    parts.append(validate_culture(data, tell))
    parts.append(validate_claims(tell))
    return "\n".join(parts)


def _one_deeper(section: str) -> str:
    """Put the headings of a section one level down, below a heading of its own."""
    return re.sub("^##", "###", section, flags=re.MULTILINE)


def _speed_text() -> str:
    rng = np.random.default_rng(0)
    people = 5000
    team = rng.choice(140, people, p=rng.dirichlet(np.full(140, 2.0)))
    groups = [team == i for i in range(140)]
    for levels in (2, 4, 3, 6, 4):
        answer = rng.integers(0, levels, people)
        groups += [answer == i for i in range(levels)]
    members = np.array(groups)
    offered = members[members.sum(axis=1) >= _MINIMUM].astype(np.int8)
    start = time.perf_counter()
    choice = choose_shown(
        csr_array(offered),
        Outsider(
            csr_array(np.ones((1, people), dtype=np.int8)), csr_array((0, people), dtype=np.int8)
        ),
        DisclosureSettings(minimum=_MINIMUM),
    )
    took = time.perf_counter() - start
    return (
        f"{len(members)} groups over {people} people, of which {len(offered)} have ten or more: "
        f"{int(choice.shown.sum())} shown, {took:.1f} s on this machine.\n"
    )


@dataclass(frozen=True)
class _Answered:
    """A public survey with the risk that models trained on other units give."""

    values: Array
    risk: Array
    weight: Array
    units: pd.Series
    parents: pd.Series


def _answer_fevs(data: Path, tell: Tell) -> _Answered:
    settings, codebook = Settings(), load_codebook("fevs-2018")
    responses = read_survey(data / "fevs2018.csv.gz", codebook, settings.intake).responses
    scales = score_scales(responses, codebook)
    outcome = codebook.outcomes["vertrekintentie"]
    made_from = prepare(responses, scales, codebook, outcome, settings)
    weight = responses["weight"].to_numpy(dtype=float)[made_from.known]
    parents = responses["AGENCY"].astype("str")[made_from.known].reset_index(drop=True)
    units = made_from.units.astype("str")
    return _Answered(made_from.task.values, fit(made_from, tell).risk, weight, units, parents)


def _rates_text(data: Path, tell: Tell) -> str:
    if not (data / "fevs2018.csv.gz").exists():
        return "## Rates\n\nNot run: FEVS 2018 was not there.\n"
    survey = _answer_fevs(data, tell)
    sizes = survey.units.value_counts()
    names = sorted(sizes.index[sizes >= _LARGE_UNIT])
    people = [np.flatnonzero(survey.units == name) for name in names]
    true = np.array([np.average(survey.values[p], weights=survey.weight[p]) for p in people])
    parents = survey.parents.iloc[[p[0] for p in people]]
    rows = []
    for n in (10, 20, 40, 80):
        tell(f"rates: {n} people per unit")
        rng = np.random.default_rng(n)
        errors: dict[str, list[Array]] = {"direct": [], "model": [], "pooled": []}
        covered = []
        for repetition in range(_REPETITIONS):
            drawn = np.concatenate([rng.choice(p, n, replace=False) for p in people])
            members = csr_array(np.repeat(np.eye(len(names), dtype=np.int8), n, axis=1))
            predictions = Predictions(
                survey.values[drawn],
                survey.risk[drawn],
                Design.of_units(survey.weight[drawn], survey.units.iloc[drawn]),
            )
            areas = summarise_areas(predictions, members)
            counts = np.array([len(p) for p in people], dtype=float)
            table = pool_rates(areas, counts, parents, 1000, repetition).table
            errors["direct"].append(areas["direct"].to_numpy() - true)
            errors["model"].append(areas["model"].to_numpy() - true)
            errors["pooled"].append(table["rate"].to_numpy() - true)
            covered.append(((table["low"] <= true) & (true <= table["high"])).mean())
        size = {name: float(np.sqrt(np.mean(np.square(e)))) for name, e in errors.items()}
        rows.append(
            f"| {n} | {size['model'] / size['direct']:.2f} | "
            f"{size['pooled'] / size['direct']:.2f} | {np.mean(covered):.1%} |"
        )
    return (
        f"## Rates\n\nFEVS 2018, {len(names)} units of {_LARGE_UNIT} or more; their full rate is "
        f"the truth, n drawn per unit without replacement, {_REPETITIONS} times, model trained on "
        "other units. Root mean square error relative to the direct rate, and how often the 95 % "
        "interval holds the truth.\n\n| n | model alone | pooled | covered |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def _simulate_flags(rng: np.random.Generator, effect: Any, n: int) -> pd.DataFrame:
    groups, sectors = 60, 6
    sector = np.repeat(np.arange(sectors), groups // sectors)
    true = np.clip(0.2 + effect * np.ones(groups), 0.01, 0.95)
    sizes = rng.poisson(n, groups) + 10
    seen = rng.binomial(sizes, true) / sizes
    areas = pd.DataFrame(
        {
            "n": sizes,
            "effective_n": sizes / 1.1,
            "direct": seen,
            "model": np.clip(0.2 + rng.normal(0, 0.02, groups), 0.02, 0.9),
            "var_risk": 0.02,
            "cov": 0.01,
        }
    )
    pooled = pool_rates(areas, np.full(groups, np.nan), pd.Series(sector), 500, 1)
    mean = np.array(
        [np.average(seen[sector == s], weights=sizes[sector == s]) for s in range(sectors)]
    )
    resampled = Resampled(np.arange(groups), sector, sizes.astype(float), seen)
    flags = flag_groups(pooled, mean[sector], resampled, FlagSettings(bootstraps=100), 1)
    return flags.assign(is_planted=true > 0.2 + FlagSettings().margin)


def _flags_text(tell: Tell) -> str:
    rng = np.random.default_rng(11)
    alarms = 0
    for run in range(200):
        tell(f"flags: noise {run} of 200")
        alarms += bool((_simulate_flags(rng, 0.0, 40)["verdict"] == CERTAIN).any())
    rows = []
    for effect, n in ((0.15, 60), (0.15, 150), (0.25, 60), (0.25, 150)):
        tell(f"flags: {effect} at {n}")
        flagged = false = planted = found = 0
        for _ in range(40):
            flags = _simulate_flags(rng, np.where(rng.random(60) < 0.15, effect, 0.0), n)
            certain = flags["verdict"] == CERTAIN
            flagged += int(certain.sum())
            false += int((certain & ~flags["is_planted"]).sum())
            planted += int(flags["is_planted"].sum())
            found += int((certain & flags["is_planted"]).sum())
        rate = false / max(flagged, 1)
        rows.append(f"| {effect:.0%} | {n} | {rate:.3f} | {found / planted:.2f} |")
    return (
        f"## Flags\n\nPure noise, 60 groups of about 50: {alarms} of 200 runs flag anything as "
        "certain. Planted signals in 15 % of groups, 40 runs each:\n\n"
        "| effect | people | realised false discovery rate | power |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )
