"""How often what two models or waves are compared by holds: intervals, and false verdicts."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from blijfwijzer.drivers.change import Side, split_change
from blijfwijzer.drivers.contributions import Contributed, Contributions
from blijfwijzer.estimation.design import Design
from blijfwijzer.progress import Tell, silent
from blijfwijzer.risk.features import Feature, Schema
from blijfwijzer.risk.rivals import Rivals, compare_risks
from blijfwijzer.survey.arrays import Array, Codes
from blijfwijzer.survey.texts import Text

_RUNS, _DRAWS, _PER_UNIT = 200, 100, 60
_UNITS = (10, 20, 60)
_TOLD = ("log_loss", "roc_auc", "calibration_slope")


class CompareStudy(NamedTuple):
    """Shares of surveys in which an interval holds what is true."""

    holds: dict[str, float]
    """Of differences between two models, by measure."""
    false_verdicts: float
    """In which one of two models that are equally good is called better, by log loss."""
    changes: float
    """Of what answers add to the change of a driver."""


class _Survey(NamedTuple):
    answers: Array
    first: Array
    second: Array
    units: Codes


def try_compare(units: int, runs: int = _RUNS, seed: int = 0) -> CompareStudy:
    """Compare two models, and two waves, in many surveys of units that differ.

    What is true of two models is the mean difference over all surveys of so many units: each is
    biased by its size alike.
    """
    found, alike, changed = [], [], []
    for run in range(runs):
        rng = np.random.default_rng([seed, units, run])
        found.append(_compared(_survey(units, (0.5, 0.3), rng), run).loc[list(_TOLD)])
        level = _compared(_survey(units, (0.5, 0.5), rng), run).loc["log_loss"]
        alike.append(level["low"] > 0 or level["high"] < 0)
        changed.append(_holds_change(units, rng, run))
    differences = np.array([table["difference"] for table in found])
    low, high = (np.array([table[end] for table in found]) for end in ("low", "high"))
    truth = differences.mean(axis=0)
    held = ((low < truth) & (truth < high)).mean(axis=0)
    holds = dict(zip(_TOLD, held.tolist(), strict=True))
    return CompareStudy(holds, float(np.mean(alike)), float(np.mean(changed)))


def _survey(units: int, noise: tuple[float, float], rng: np.random.Generator) -> _Survey:
    """Draw units that differ in risk and size, and two models that are off by some noise."""
    sizes = rng.poisson(_PER_UNIT * rng.lognormal(0, 0.5, units)) + 5
    place = np.repeat(np.arange(units), sizes)
    people = len(place)
    known = rng.normal(0, 1, people)
    # What models do not know of units makes one better in some of them.
    own = rng.normal(0, 0.3, units)[place]
    answers = (rng.random(people) < expit(-1.2 + known + own)).astype(float)
    first, second = (
        expit(-1.2 + known + rng.normal(0, size, people) + rng.normal(0, 0.2, units)[place])
        for size in noise
    )
    return _Survey(answers, first, second, place)


def _compared(survey: _Survey, seed: int) -> pd.DataFrame:
    units = pd.Series(survey.units)
    design = Design.of_units(np.ones(len(units)), units)
    return compare_risks(Rivals(survey.answers, survey.first, survey.second, design), _DRAWS, seed)


def _holds_change(units: int, rng: np.random.Generator, seed: int) -> bool:
    """Say whether the part of answers holds a change of nothing, of other units in both waves."""
    sides = [_side(units, f"{wave} ", rng) for wave in ("then", "now")]
    row = split_change(sides[0], sides[1], _DRAWS, seed).means.iloc[0]
    return bool(row["answers_low"] < 0 < row["answers_high"])


def _side(units: int, name: str, rng: np.random.Generator) -> Side:
    place = np.repeat(np.arange(units), rng.poisson(_PER_UNIT, units) + 5)
    values = rng.normal(0, 0.05, len(place)) + rng.normal(0, 0.02, units)[place]
    frame = pd.DataFrame({"driver": values})
    text = Text(nl="driver", en="driver")
    schema = Schema((Feature("driver", "item", text, "driver", "cultuur", True),))
    made = Contributed(Contributions(frame, 0.3, 0.3 + values, 0.0), frame, schema)
    return Side(made, made, np.ones(len(place)), name + pd.Series(place).astype("str"))


def validate_compare(tell: Tell = silent) -> str:
    """Compare models and waves in many surveys, and write how often what is told holds."""
    lines = [
        "## Comparisons",
        "",
        f"{_RUNS} surveys of so many units of {_PER_UNIT} respondents, who differ by unit in what "
        "no model knows. Two models are off by other noise; *verdict* is how often one of two that "
        "are off by as much is called better, by log loss. *Change* is of what answers add to the "
        "change of a driver between two waves of other units. Goals: 93-97 % of intervals hold, at "
        "most 5 % of verdicts are false.",
        "",
        "| units | log loss | AUC | calibration slope | verdict | change |",
        "|---|---|---|---|---|---|",
    ]
    for units in _UNITS:
        tell(f"compare: {units} units")
        found = try_compare(units)
        told = [*found.holds.values(), found.false_verdicts, found.changes]
        lines.append(f"| {units} | " + " | ".join(f"{one:.0%}" for one in told) + " |")
    return "\n".join([*lines, ""])
