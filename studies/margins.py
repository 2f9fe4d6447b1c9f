"""What margins of a register do where response differs, simulated where the truth is known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import expit, logit

from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.estimates import take_register
from blijfwijzer.groups.rates import pool_rates, summarise_areas
from blijfwijzer.groups.register import Register, read_register
from blijfwijzer.groups.register_means import part_over_cells
from blijfwijzer.groups.register_weights import RegisterWeights, weigh_by_register
from blijfwijzer.progress import Tell
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import load_codebook

_UNITS, _SECTORS = 60, 6
_RUNS = 30
_LEAST = 10
_WAYS, _TOLD = ("plain", "weighed", "celled"), ("own", "indicator")
_RATE, _SPREAD = 0.22, 0.4
_SLOPE = -0.55
"""Log odds of the outcome per band of tenure; at 1.5 times the odds of a response per band it gives
the bias that was seen on FEVS 2018: -2.3 points of 22."""
_BANDS = {"0-4": 2.0, "5-9": 7.0, "10-19": 14.0, "20+": 30.0}
_CODEBOOK = "werkonderzoek-2019"


_TEXT = (
    "## Margins of a register\n\n{units} units, {runs} surveys a row; half of the people respond, "
    "and the odds to do so rise by a factor with each of four bands of tenure, on which the outcome"
    " ({rate:.0%}) depends too. Three ways: the weights that the survey had, those of the margins, "
    "and these with the model's mean over cells. Goals: of the bias of the first row .4 at most is "
    "left (aim: a third), and .92 or more of the 95 % intervals hold the rate of all people of a "
    "unit; where response is by chance or margins are noise, intervals are at most 1.1 times as "
    "wide and hold it as often. In the last row only the outcome itself matters, which no register "
    "mends: bounds for non-response are for that. Own: people whose own unit gets its margins; of "
    "others these are met in the sector, or with everyone. Bias in points, ± one Monte Carlo "
    "standard error. Of FEVS 2018 the first row has the bias; intervals cover more here than there."
    "\n\n"
    "| response | answers | own | R | design effect | bias | weighted | and cells | left | "
    "covered | weighted | and cells | width |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
)


@dataclass(frozen=True)
class _World:
    """Who works where, how likely each is to respond, and to what each would say yes."""

    name: str
    answers: int = 60
    """Of each unit, about."""
    odds: float = 1.5
    """Of a response, per band of tenure."""
    level: str = "organisatie"
    variables: tuple[str, ...] = ("dienstjaren",)
    barred: float = 0.0
    """Share of units in which nobody of the last band responds."""
    hidden: float = 1.0
    """Odds of a response of who would say yes, whatever the register knows."""


_WORLDS = (
    _World("odds of 1.5, as on FEVS 2018"),
    _World("odds of 1.5", answers=30),
    _World("odds of 1.5", answers=15),
    _World("odds of 2", odds=2.0),
    _World("odds of 2", odds=2.0, answers=30),
    _World("odds of 1.5, nobody of one code in a third of units", barred=1 / 3),
    _World("odds of 1.5, margins of tenure and education", variables=("dienstjaren", "opleiding")),
    _World("odds of 1.5, margins of sectors", level="sector"),
    _World("response by chance", odds=1.0),
    _World("margins of noise", odds=1.0, variables=("opleiding", "contract")),
    _World(
        "margins of noise, 15 answers", odds=1.0, answers=15, variables=("opleiding", "contract")
    ),
    _World("by the outcome itself", odds=1.0, hidden=1 / 1.5),
)


def _people(rng: np.random.Generator, world: _World) -> pd.DataFrame:
    """Draw everyone who works somewhere; the mix of tenure differs between units."""
    size = 2 * world.answers
    unit = np.repeat(np.arange(_UNITS), size)
    lean = rng.normal(0, 0.5, _UNITS)[unit]
    latent = lean + rng.logistic(size=len(unit))
    band = (latent[:, None] > logit([0.3, 0.55, 0.8])).sum(axis=1)
    effect = rng.normal(0, _SPREAD, _UNITS)[unit]
    lift = logit(_RATE) + _SLOPE * (band - 1.3)
    chance = expit(lift + effect)
    values = (rng.random(len(unit)) < chance).astype(float)
    asked = np.log(world.odds) * (band - 1.3) + np.log(world.hidden) * values
    responds = rng.random(len(unit)) < expit(asked)
    barred = unit < world.barred * _UNITS
    return pd.DataFrame(
        {
            "sector": [f"S{u % _SECTORS}" for u in unit],
            "organisatie": [f"O{u:03d}" for u in unit],
            "dienstjaren": np.array(list(_BANDS.values()))[band],
            "opleiding": rng.integers(1, 4, len(unit)).astype(float),
            "contract": pd.Categorical(rng.choice(["1", "2", "3"], len(unit))),
            "chance": chance,
            "values": values,
            "risk": expit(
                logit(_RATE)
                + 0.7 * _SLOPE * (band - 1.3)
                + 0.5 * effect
                + rng.normal(0, 0.6, len(unit))
            ),
            "responds": responds & ~(barred & (band == len(_BANDS) - 1)),
            "weight": 1.0,
        }
    )


def _margins(people: pd.DataFrame, world: _World) -> pd.DataFrame:
    """Write a register's margins as a file has them."""
    told = _coded(people)
    tables = [told.assign(variable=name, code=told[name]) for name in world.variables]
    return _count(pd.concat(tables), world, ["variable", "code"])


def _cells(people: pd.DataFrame, world: _World) -> pd.DataFrame:
    """Write a register's cells: all variables of it at once."""
    return _count(_coded(people), world, list(world.variables))


def _coded(people: pd.DataFrame) -> pd.DataFrame:
    bands = {value: band for band, value in _BANDS.items()}
    return people.assign(dienstjaren=people["dienstjaren"].map(bands))


def _count(people: pd.DataFrame, world: _World, columns: list[str]) -> pd.DataFrame:
    levels = ["sector", "organisatie"][: 1 + (world.level == "organisatie")]
    counted = people.groupby([*levels, *columns], observed=True).size()
    return counted.rename("people").reset_index()


@dataclass(frozen=True)
class _Found:
    """What rates of one survey came to, over units."""

    bias: float
    """Points."""
    covered: float
    width: float
    """Points."""


@dataclass(frozen=True)
class _Run:
    """One survey: with the weights that it had, with those of the register, and with its cells."""

    plain: _Found
    weighed: _Found
    celled: _Found
    weights: RegisterWeights


def _estimate(
    responses: pd.DataFrame, weight: Array, true: Array, seed: int, register: Register | None = None
) -> _Found:
    unit, names = pd.factorize(responses["organisatie"], sort=True)
    parents = pd.Series([f"sector=S{place % _SECTORS}" for place in range(_UNITS)])
    ids = parents + "/organisatie=" + names.to_series().reset_index(drop=True)
    sectors = sorted(parents.unique())
    sector = parents.map(sectors.index).to_numpy()[unit]
    rows = [np.ones((1, len(unit))), sector == np.arange(_SECTORS)[:, None]]
    members = csr_array(np.vstack([*rows, unit == np.arange(_UNITS)[:, None]]).astype(np.int8))
    groups = pd.DataFrame(
        {"kind": "unit", "sector": ["all", *sectors, *parents]}, index=["all", *sectors, *ids]
    )
    design = Design.of_units(weight, responses["organisatie"])
    values, risk = (responses[name].to_numpy() for name in ("values", "risk"))
    predictions = Predictions(values, risk, design)
    areas = summarise_areas(predictions, members)
    if register is not None:
        codebook = load_codebook(_CODEBOOK)
        cells = part_over_cells(responses, register, codebook, groups, members, _LEAST)
        areas = areas if cells is None else take_register(areas, cells, predictions, members)
    own = areas.iloc[1 + _SECTORS :].reset_index(drop=True)
    table = pool_rates(own, parents, 500, seed).table
    rate, low, high = (table[name].to_numpy() for name in ("rate", "low", "high"))
    return _Found(
        100 * float((rate - true).mean()),
        float(((low <= true) & (true <= high)).mean()),
        100 * float((high - low).mean()),
    )


def _survey(world: _World, run: int) -> _Run:
    rng = np.random.default_rng([run, world.answers, len(world.name)])
    people = _people(rng, world)
    responses = people[people["responds"]].reset_index(drop=True)
    true = people.groupby("organisatie")["chance"].mean().to_numpy()
    codebook, settings = load_codebook(_CODEBOOK), Settings()
    margins = read_register(_margins(people, world), codebook, responses, "margins.csv")
    cells = read_register(_cells(people, world), codebook, responses, "cells.csv")
    weights = weigh_by_register(responses, margins, codebook, settings, "margins.csv")
    return _Run(
        _estimate(responses, weights.before, true, run),
        _estimate(responses, weights.weight, true, run),
        _estimate(responses, weights.weight, true, run, cells),
        weights,
    )


def validate_margins(tell: Tell, runs: int = _RUNS) -> str:
    """Run the simulations and write them as a section in Markdown.

    Parameters
    ----------
    runs : surveys per row of the table
    """
    rows = []
    for world in _WORLDS:
        tell(f"margins: {world.name}")
        made = [_survey(world, run) for run in range(runs)]
        bias = [np.array([getattr(run, way).bias for run in made]) for way in _WAYS]
        held = [np.array([getattr(run, way).covered for run in made]) for way in _WAYS]
        width = [np.mean([getattr(run, way).width for run in made]) for way in _WAYS]
        left = abs(bias[1].mean() / bias[0].mean())
        is_biased = (world.odds, world.hidden) != (1, 1)
        own, indicator = (np.mean([getattr(r.weights, n) for r in made]) for n in _TOLD)
        effect = np.mean([run.weights.design_effect for run in made])
        rows.append(
            f"| {world.name} | {world.answers} | {own:.0%} | {indicator:.2f} | {effect:.2f} | "
            f"{_mean(bias[0], 2)} | {_mean(bias[1], 2)} | {_mean(bias[2], 2)} | "
            f"{f'{left:.2f}' if is_biased else '-'} | "
            f"{_mean(held[0], 3)} | {_mean(held[1], 3)} | {_mean(held[2], 3)} | "
            f"{width[1] / width[0]:.2f} |"
        )
    return _TEXT.format(units=_UNITS, runs=runs, rate=_RATE) + "\n".join(rows) + "\n"


def _mean(values: Array, digits: int) -> str:
    error = values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():.{digits}f} ± {error:.{digits}f}"
