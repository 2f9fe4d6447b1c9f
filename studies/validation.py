"""Simulations that are too long for tests: what the figures promise, measured with fixed seeds."""

import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.choice import Outsider, choose_shown
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.rates import pool_rates, summarise_areas
from blijfwijzer.progress import Tell
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.risk.training import fit, prepare
from blijfwijzer.settings import DisclosureSettings, Settings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import make_survey
from blijfwijzer.vouchers.allocation import allocate_vouchers
from blijfwijzer.vouchers.alternatives import compare
from blijfwijzer.vouchers.needs import Needs
from studies.claims import validate_claims
from studies.culture import validate_culture
from studies.drivers import validate_drivers
from studies.flags import validate_flags
from studies.gate import gate_text
from studies.instrument import validate_instrument
from studies.rates import validate_rates

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
    parts.append(validate_rates(tell))
    parts.append(validate_flags(tell))
    tell("vouchers: built-in survey")
    parts.append(_vouchers_text(tell))
    parts.append("## Instrument\n\n" + _one_deeper(validate_instrument(tell)))
    parts.append(validate_drivers(tell))
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


def _vouchers_text(tell: Tell) -> str:
    settings, codebook = Settings(), load_codebook("werkonderzoek-2019")
    outcome = codebook.outcomes["achterblijver"]
    survey = make_survey(40_000, 2019, 2022, None, tell)
    keep = ~survey.responses["respondent"].duplicated()
    responses = survey.responses[keep].reset_index(drop=True)
    truth = survey.truth.set_index("respondent")["p_achterblijver"]
    need = responses["respondent"].map(truth).to_numpy(dtype=float)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wave.parquet"
        write_survey(responses, codebook, path)
        intake = read_survey(path, codebook, settings.intake)
    kept = ~np.isin(np.arange(len(responses)) + 1, intake.rejected["row"])
    accepted, need = intake.responses, need[kept]
    scales = score_scales(accepted, codebook)
    model = settings.model.model_copy(update={"candidates": ("prevalence", "logistic")})
    made_from = prepare(
        accepted, scales, codebook, outcome, settings.model_copy(update={"model": model})
    )
    values, weight = made_from.answers, accepted["weight"].to_numpy(dtype=float)
    units = accepted[codebook.units.cluster].astype("str")
    fitted = fit(made_from, tell).risk
    risk = np.full(len(accepted), fitted.mean())
    risk[made_from.known] = fitted
    simple = (accepted["opleiding"] <= 1) & (accepted["dienstjaren"] >= 15)
    code, names = pd.factorize(units, sort=True)
    ones = np.ones(len(code), dtype=np.int8)
    members = csr_array((ones, (code, np.arange(len(code)))), shape=(len(names), len(code)))
    areas = summarise_areas(Predictions(values, risk, Design.of_units(weight, units)), members)
    sector = accepted["sector"].astype("str").groupby(code).first()
    pooled = pool_rates(areas, sector, 1000, 0).table
    groups = pd.Index([f"organisatie={name}" for name in names])
    size = np.asarray(members.sum(axis=1), dtype=float).ravel()
    people = pd.Series(size * 95_000 / 40_000, index=groups).round()
    needs = Needs(
        pd.Series(pooled["rate"].to_numpy(), index=groups),
        pd.Series(pooled["se"].to_numpy(), index=groups),
        people,
        pd.DataFrame({"sector": sector.to_numpy()}, index=groups).astype("str"),
    )
    true = pd.Series((members @ (weight * need)) / (members @ weight), index=groups)
    share = pd.Series((members @ simple.to_numpy(dtype=float)) / size, index=groups)
    rows = []
    for budget in (250_000, 2_000_000):
        allocation = allocate_vouchers(needs, budget, 1000, settings.vouchers, 0)
        rules = compare(needs, allocation, settings.vouchers, share, true)
        for rule, row in rules.iterrows():
            rows.append(
                f"| {budget:,} | {rule} | {row['expected_extra']:.1f} | "
                f"{row['cost_per_extra']:,.0f} | {row['need_reached']:.1%} | "
                f"{row['exclusion_error']:.1%} | {row['inclusion_error']:.1%} | "
                f"{row['regret']:.1%} |"
            )
    return (
        "## Vouchers\n\nBuilt-in survey of 2022, 40,000 respondents, organisations; outcomes by "
        "the true need (mean true probability). Regret is against the best division with known "
        "need.\n\n"
        "| budget | rule | extra trained | euro per extra | need reached | exclusion | inclusion | "
        "regret |\n|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )
