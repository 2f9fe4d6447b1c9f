"""Simulations that are too long for tests: what the figures promise, measured with fixed seeds."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.rates import pool_rates, summarise_areas
from blijfwijzer.progress import Tell
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.risk.training import fit, prepare
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from studies.card import card_text
from studies.cells import validate_cells
from studies.claim_edges import validate_edges, validate_nulls
from studies.claims import validate_claims
from studies.compare import validate_compare
from studies.culture import validate_culture
from studies.drivers import validate_drivers
from studies.flags import validate_flags
from studies.instrument import validate_instrument
from studies.levels import validate_levels
from studies.margins import validate_margins
from studies.measures import validate_measures
from studies.monitoring import monitor_text
from studies.rates import validate_rates
from studies.vouchers import vouchers_text

HEAD = "# Validation\n\nMade by `make validate`; seeds are fixed.\n"
_REPETITIONS = 100
_LARGE_UNIT = 250


def _all_rates(data: Path, tell: Tell) -> str:
    return _rates_text(data, tell) + "\n" + validate_rates(tell)


def _instrument(_: Path, tell: Tell) -> str:
    return "## Instrument\n\n" + _one_deeper(validate_instrument(tell))


def _measures(_: Path, tell: Tell) -> str:
    return "## Measures of a risk\n\n" + validate_measures(tell)


SECTIONS: dict[str, Callable[[Path, Tell], str]] = {
    "rates": _all_rates,
    "levels": lambda _, tell: validate_levels(tell),
    "margins": lambda _, tell: validate_margins(tell),
    "flags": lambda _, tell: validate_flags(tell),
    "vouchers": lambda _, tell: vouchers_text(tell),
    "card": card_text,
    "instrument": _instrument,
    "measures": _measures,
    "monitor": lambda _, tell: monitor_text(tell),
    "drivers": validate_drivers,
    "cells": validate_cells,
    "compare": lambda _, tell: validate_compare(tell),
    "culture": validate_culture,
    "claims": lambda _, tell: validate_claims(tell),
    "edges": lambda _, tell: validate_edges(tell),
    "nulls": lambda _, tell: validate_nulls(tell),
}
"""Sections of the page, in order; each takes the folder with the public surveys, and leaves out,
and says, what needs one that is absent."""


def validate(data: Path, gate: str, tell: Tell) -> str:
    """Run all simulations and write them as a page.

    Parameters
    ----------
    data : folder with the public surveys
    gate : section on what can be derived
    """
    made = [gate]
    for name, section in SECTIONS.items():
        tell(name)
        made.append(section(data, tell))
    return "\n".join([HEAD, *(text.rstrip("\n") + "\n" for text in made)])


def _one_deeper(section: str) -> str:
    """Put the headings of a section one level down, below a heading of its own."""
    return re.sub("^##", "###", section, flags=re.MULTILINE)


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
            drawn = np.concatenate([rng.choice(p, n) for p in people])
            members = csr_array(np.repeat(np.eye(len(names), dtype=np.int8), n, axis=1))
            predictions = Predictions(
                survey.values[drawn],
                survey.risk[drawn],
                Design.of_units(survey.weight[drawn], survey.units.iloc[drawn]),
            )
            areas = summarise_areas(predictions, members)
            table = pool_rates(areas, parents, 1000, repetition).table
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
        f"the truth, n drawn per unit with replacement, {_REPETITIONS} times, model trained on "
        "other units. Root mean square error relative to the direct rate, and how often the 95 % "
        "interval holds the truth.\n\n| n | model alone | pooled | covered |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )
