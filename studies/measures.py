"""What intervals of measures promise, and what is left of an error of calibration by chance."""

import numpy as np
import pandas as pd
from scipy.special import expit

from blijfwijzer.estimation.design import Design
from blijfwijzer.progress import Tell
from blijfwijzer.risk.evaluation import Predictions, evaluate
from blijfwijzer.risk.metrics import BINS, METRICS, measure, rank
from blijfwijzer.settings import EvaluationSettings
from blijfwijzer.survey.arrays import Array

_RUNS = 300
_PEOPLE = 60
"""Respondents of a unit, on average."""
_SPREAD = 0.4
"""Standard deviation between units of what the risk does not know, in log odds."""
_MANY = 30_000
"""Units that stand for all there could be; a tenth of them would leave the truth a quarter off of
the error of 40 units."""
_TOLD = tuple(name for name in METRICS if name != "ece")


def validate_measures(tell: Tell, runs: int = _RUNS) -> str:
    """Run the simulations and write them as sections in Markdown."""
    return "\n".join([_coverage_text(tell, runs), _error_text(tell, runs)])


def _survey(rng: np.random.Generator, units: int, spread: float, slope: float) -> Predictions:
    """Draw answers of people in units; a part of what units differ in, the risk does not know."""
    sizes = np.maximum(5, _PEOPLE * np.exp(spread * rng.standard_normal(units) - spread**2 / 2))
    unit = np.repeat(np.arange(units), sizes.astype(int))
    known = rng.standard_normal(len(unit)) + 0.5 * rng.standard_normal(units)[unit]
    unknown = _SPREAD * rng.standard_normal(units)[unit]
    margin = -1.2 + known
    values = (rng.random(len(unit)) < expit(-1.2 + slope * known + unknown)).astype(float)
    weight = np.exp(0.4 * rng.standard_normal(len(unit)))
    return Predictions(values, expit(margin), Design.of_units(weight, pd.Series(unit)))


def _of(predictions: Predictions) -> dict[str, float]:
    ranked = rank(predictions.values, predictions.risk, predictions.design.cluster)
    return measure(ranked, predictions.design.weight[ranked.order])


def _coverage_text(tell: Tell, runs: int) -> str:
    worlds = {"10, equal": (10, 0.0), "20, equal": (20, 0.0), "20, unequal": (20, 0.7)}
    worlds["40, unequal"] = (40, 0.7)
    held = {world: _held(tell, world, *drawn, runs) for world, drawn in worlds.items()}
    rows = [
        f"| {name} | " + " | ".join(f"{held[world][name].mean():.3f}" for world in worlds) + " |"
        for name in _TOLD
    ]
    return (
        f"### Intervals of measures\n\n{runs} surveys of {_PEOPLE} weighted people a unit, whose "
        f"true log odds differ between units by {_SPREAD} that the risk does not know; sizes of "
        "unequal units differ by a factor of two. Share of intervals that hold what all units "
        "would give. Goal: .93 or more from 20 units; below, the page says that they may not "
        f"(Monte Carlo error {np.sqrt(0.95 * 0.05 / runs):.3f}).\n\n"
        f"| measure | {' | '.join(worlds)} |\n|---{'|---' * len(worlds)}|\n"
        + "\n".join(rows)
        + "\n"
    )


def _held(tell: Tell, world: str, units: int, spread: float, runs: int) -> dict[str, Array]:
    truth = _of(_survey(np.random.default_rng(1), _MANY, spread, 1.0))
    held: dict[str, list[bool]] = {name: [] for name in _TOLD}
    for run in range(runs):
        tell(f"measures: {world}, survey {run + 1} of {runs}")
        drawn = _survey(np.random.default_rng([2, run]), units, spread, 1.0)
        code = pd.Series(drawn.design.cluster)
        table = evaluate(drawn, code, {}, EvaluationSettings(), run).overall
        for name in _TOLD:
            low, high = (float(table[end].loc[name]) for end in ("low", "high"))
            held[name].append(bool(low <= truth[name] <= high))
    return {name: np.array(found, dtype=float) for name, found in held.items()}


def _error_text(tell: Tell, runs: int) -> str:
    rows = []
    for units in (20, 100):
        for slope in (1.0, 0.6):
            truth = _of(_survey(np.random.default_rng(1), _MANY, 0.0, slope))["ece"]
            plain, less = [], []
            for run in range(runs):
                tell(f"error of calibration: {units} units, slope {slope}, survey {run + 1}")
                drawn = _survey(np.random.default_rng([3, run]), units, 0.0, slope)
                less.append(_of(drawn)["ece"])
                plain.append(_plain(drawn))
            rows.append(
                f"| {units} | {slope} | {truth:.4f} | {np.mean(plain):.4f} | {np.mean(less):.4f} "
                f"± {np.std(less) / np.sqrt(runs):.4f} |"
            )
    return (
        "### Expected calibration error\n\nAs it is told, and as it would be if what chance adds "
        "were left in. Goal: nearer to the truth in every row.\n\n"
        "| units | true slope | truth | with chance | told |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def _plain(drawn: Predictions) -> float:
    ranked = rank(drawn.values, drawn.risk)
    weight = drawn.design.weight[ranked.order]
    off = np.bincount(ranked.tenths, weights=weight * (ranked.risk - ranked.values), minlength=BINS)
    return float(np.abs(off).sum() / weight.sum())
