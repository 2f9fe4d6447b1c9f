"""How often what two models or waves are compared by holds: intervals, and false verdicts."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

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
_WITHIN, _BETWEEN, _MOVED, _BENT = 0.05, 0.02, 0.02, 0.6
"""What a driver adds to the risk: its spread within and between units, how much higher it is now,
and how much more the model of now makes of it where it is above zero."""


class CompareStudy(NamedTuple):
    """Shares of surveys in which an interval holds what is true."""

    holds: dict[str, float]
    """Of differences between two models, by measure."""
    false_verdicts: float
    """In which one of two models that are equally good is called better, by log loss."""


class _Survey(NamedTuple):
    answers: Array
    first: Array
    second: Array
    units: Codes


def try_compare(units: int, runs: int = _RUNS, seed: int = 0) -> CompareStudy:
    """Compare two models in many surveys of units that differ.

    What is true of two models is the mean difference over all surveys of so many units: each is
    biased by its size alike.
    """
    found, alike = [], []
    for run in range(runs):
        rng = np.random.default_rng([seed, units, run])
        found.append(_compared(_survey(units, (0.5, 0.3), rng), run).loc[list(_TOLD)])
        level = _compared(_survey(units, (0.5, 0.5), rng), run).loc["log_loss"]
        alike.append(level["low"] > 0 or level["high"] < 0)
    differences = np.array([table["difference"] for table in found])
    low, high = (np.array([table[end] for table in found]) for end in ("low", "high"))
    truth = differences.mean(axis=0)
    held = ((low < truth) & (truth < high)).mean(axis=0)
    holds = dict(zip(_TOLD, held.tolist(), strict=True))
    return CompareStudy(holds, float(np.mean(alike)))


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


def try_change(
    units: int, are_same: bool, runs: int = 2 * _RUNS, seed: int = 0
) -> dict[tuple[str, str], float]:
    """Split a change that is known, of answers and of how a model weighs them, in many surveys.

    Parameters
    ----------
    are_same : whether people of both waves work in the same units, which are as they were

    Returns
    -------
    Share of surveys in which an interval holds what is true, of the part that answers and that the
    model have in the mean and in the size of a driver.
    """
    truth, held = true_change(), []
    for run in range(runs):
        rng = np.random.default_rng([seed, units, are_same, run])
        own = rng.normal(0, _BETWEEN, (2, units))
        sides = [
            _side(own[0] if are_same else own[wave], "" if are_same else f"{wave} ", moved, rng)
            for wave, moved in enumerate((0.0, _MOVED))
        ]
        found = split_change(sides[0], sides[1], _DRAWS, run)
        rows = {"mean": found.means.iloc[0], "size": found.sizes.iloc[0]}
        held.append(
            [
                rows[table][f"{part}_low"] < value < rows[table][f"{part}_high"]
                for (table, part), value in truth.items()
            ]
        )
    return dict(zip(truth, np.mean(held, axis=0).tolist(), strict=True))


def true_change() -> dict[tuple[str, str], float]:
    """Give what is true of the change over all units, by the mean of a normal above zero."""
    spread = float(np.hypot(_WITHIN, _BETWEEN))

    def above(mean: float) -> float:
        place = mean / spread
        return float(spread * norm.pdf(place) + mean * norm.cdf(place))

    then, now = above(0.0), above(_MOVED)
    risen = now - then
    return {
        ("mean", "answers"): _MOVED + _BENT * risen / 2,
        ("mean", "model"): _BENT * risen / 2,
        ("size", "answers"): (2 + _BENT / 2) * risen - _MOVED,
        ("size", "model"): _BENT * (then + now) / 2,
    }


def _side(own: Array, name: str, moved: float, rng: np.random.Generator) -> Side:
    """Draw a wave of units that differ by so much, and what both models make of it."""
    place = np.repeat(np.arange(len(own)), rng.poisson(_PER_UNIT, len(own)) + 5)
    values = rng.normal(moved, _WITHIN, len(place)) + own[place]
    then, now = _made(values), _made(values + _BENT * np.maximum(values, 0))
    return Side(then, now, np.ones(len(place)), name + pd.Series(place).astype("str"))


def _made(values: Array) -> Contributed:
    frame = pd.DataFrame({"driver": values})
    text = Text(nl="driver", en="driver")
    schema = Schema((Feature("driver", "item", text, "driver", "cultuur", True),))
    return Contributed(Contributions(frame, 0.3, 0.3 + values, 0.0), frame, schema)


def validate_compare(tell: Tell = silent) -> str:
    """Compare models and waves in many surveys, and write how often what is told holds."""
    lines = [
        "## Comparisons",
        "",
        f"{_RUNS} surveys of so many units of {_PER_UNIT} respondents, who differ by unit in what "
        "no model knows. Two models are off by other noise; *verdict* is how often one of two that "
        "are off by as much is called better, by log loss. Goals: 93-97 % of intervals hold, at "
        "most 5 % of verdicts are false.",
        "",
        "| units | log loss | AUC | calibration slope | verdict |",
        "|---|---|---|---|---|",
    ]
    for units in _UNITS:
        tell(f"compare: {units} units")
        found = try_compare(units)
        told = [*found.holds.values(), found.false_verdicts]
        lines.append(f"| {units} | " + " | ".join(f"{one:.0%}" for one in told) + " |")
    lines += [
        "",
        "### Then and now",
        "",
        f"{2 * _RUNS} pairs of waves of so many units of {_PER_UNIT}, in which answers to a driver "
        f"rose by {_MOVED} and the model of now makes {_BENT:.0%} more of what lies above zero. "
        "How often intervals hold the part of the change that is of the answers, and that of the "
        "model, in the mean contribution and in its size. Goal: 93-97 %.",
        "",
        "| units | both waves in | mean, answers | mean, model | size, answers | size, model |",
        "|---|---|---|---|---|---|",
    ]
    for units in _UNITS:
        for are_same in (False, True):
            tell(f"then and now: {units} units")
            shares = try_change(units, are_same).values()
            kind = "the same units" if are_same else "other units"
            lines.append(f"| {units} | {kind} | " + " | ".join(f"{x:.0%}" for x in shares) + " |")
    return "\n".join([*lines, ""])
