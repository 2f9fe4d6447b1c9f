"""How well a risk is known: overall, by group and by unit, with intervals.

The number for everyone and the numbers by group are born together, so that neither is shown
without the other. Groups of few respondents are never shown; they are taken together first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import ends_of, wilson
from blijfwijzer.estimation.resampling import draw_units
from blijfwijzer.files import plain, plain_rows
from blijfwijzer.risk.calibration import Verdict, degrees_of, estimate_slope, judge_slope
from blijfwijzer.risk.metrics import (
    GROUP_METRICS,
    METRICS,
    Ranked,
    cumulate,
    measure,
    possible_losses,
    rank,
    to_margin,
)
from blijfwijzer.settings import EvaluationSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask, effective_n, effective_ns, join_small
from blijfwijzer.survey.breakdown import in_order

TOO_SMALL = "te klein"
"""Name of the rest that holds all groups too small to show."""
FEWEST_UNITS = 5
"""Units below which nothing is said of how far a measure may be off."""
_LEAST = 1e-9
"""Nearest that a share comes to its bound, for its log odds to be a number."""
_CURVE_POINTS = 100
_APART = 10
"""People between two places at which any curve of the same people may have a point."""


@dataclass(frozen=True)
class Evaluation:
    """What is known of a risk's quality."""

    overall: pd.DataFrame
    """One row per metric: value, low, high (95 %)."""
    by_group: pd.DataFrame
    """One row per attribute, group and metric: value, low, high, n, effective_n."""
    by_unit: pd.DataFrame
    """One row per unit: n, effective_n, predicted and observed rate, its interval."""
    calibration: pd.DataFrame
    """One row per bin: n, mean risk, observed rate, its interval."""
    curves: pd.DataFrame
    """One row per point: share selected, recall, false alarms, precision."""
    rows: int
    effective_rows: float
    prevalence: float
    units: int
    """Whole units that intervals rest on."""
    verdict: Verdict
    """What is said of the calibration slope."""
    loss_steps: pd.Series
    """Step in which each loss may be told: see `loss_steps`."""


@dataclass(frozen=True)
class Predictions:
    """What people answered, and the risk that was predicted of them without that."""

    values: Array
    """Outcome per response: 1, 0, or NaN where not known."""
    risk: Array
    """Probability per response."""
    design: Design

    def take(self, rows: Mask) -> "Predictions":
        """Keep some responses."""
        return Predictions(self.values[rows], self.risk[rows], self.design.take(rows))


def evaluate(
    predictions: Predictions,
    units: pd.Series,
    groups: dict[str, pd.Series],
    settings: EvaluationSettings,
    seed: int,
) -> Evaluation:
    """Measure a risk against outcomes, with a bootstrap of whole units.

    Parameters
    ----------
    predictions : of responses of which the outcome is known; clusters are resampled as wholes
    units : where each respondent works, to be told by
    groups : attribute to the group of each response
    """
    rng = np.random.default_rng(seed)
    values, risk, weight = predictions.values, predictions.risk, predictions.design.weight
    everyone = measure_by_unit(predictions, METRICS, settings.bootstraps, rng)
    return Evaluation(
        overall=everyone,
        by_group=_by_group(predictions, groups, settings, rng),
        by_unit=_by_unit(predictions, units, settings.minimum_group),
        calibration=bin_risks(rank(values, risk), weight, settings.minimum_group),
        curves=_curves(rank(values, risk), weight, settings.minimum_group),
        rows=len(values),
        effective_rows=effective_n(weight),
        prevalence=float(np.average(values, weights=weight)),
        units=len(np.unique(predictions.design.cluster)),
        verdict=judge_slope(estimate_slope(values, to_margin(risk), predictions.design)),
        loss_steps=loss_steps(risk, weight),
    )


def finest_step(influence: float, error: float = 0.0) -> float:
    """Step in which a mean may be told, so that no one response can be found in it.

    Twice as much as one response adds at most, and no finer than the first digit of its standard
    error, below which digits decide nothing; rounded up to 1, 2 or 5 of a power of ten.

    >>> finest_step(0.0012), finest_step(1e-6, 0.0004), finest_step(0.001)
    (0.005, 0.0001, 0.002)
    """
    least = max(2 * influence, 10 ** np.floor(np.log10(error)) if error > 0 else 0.0, 1e-12)
    power = 10.0 ** np.floor(np.log10(least))
    steps = (1.0, 2.0, 5.0, 10.0)
    step = next(s for s in steps if s * power >= least * (1 - 1e-9))
    return float(f"{step * power:.1g}")


def loss_steps(risk: Array, weight: Array) -> pd.Series:
    """Give the step in which each mean loss may be told, by `finest_step`.

    Decimals of a number of responses alone would be too few where an outcome is rare: losses are
    near zero then, and so is how far they may be off.

    Parameters
    ----------
    risk, weight : one per response; risk within (0, 1)

    Returns
    -------
    Of log_loss and brier, by name.
    """
    share = weight / weight.sum()
    most = {"log_loss": possible_losses(risk), "brier": np.maximum(risk, 1 - risk) ** 2}
    return pd.Series({name: finest_step(float((share * one).max())) for name, one in most.items()})


def to_nearest(value: Any, step: Any) -> Any:
    """Round to the nearest step, without what is left of multiplying.

    >>> float(to_nearest(0.7212, 0.005)), float(to_nearest(0.3, 0.1))
    (0.72, 0.3)
    """
    return np.round(np.round(value / step) * step, 9)


def in_steps(estimates: pd.DataFrame, steps: Any) -> pd.DataFrame:
    """Round values to steps and the ends of their intervals outward.

    So an interval is never told as narrower than it is, nor as one without width.

    Parameters
    ----------
    estimates : value, low, high
    steps : one of each row, or of all

    >>> in_steps(pd.DataFrame({"value": [0.1012], "low": [0.0996], "high": [0.1014]}), 0.005)
       value    low   high
    0    0.1  0.095  0.105
    """
    # What is a step already stays it: 0.3 / 0.1 is a little less than 3.
    value, low, high = (np.round(estimates[name] / steps, 6) for name in ("value", "low", "high"))
    told = {"value": np.round(value), "low": np.floor(low), "high": np.ceil(high)}
    return estimates.assign(**{name: np.round(one * steps, 9) + 0.0 for name, one in told.items()})


def decimals_of(rows: int) -> int:
    """Decimals of a measure over so many responses that one of them hardly moves it.

    One response moves a mean log loss by at most about 5 / rows. Two decimals are always kept.

    >>> decimals_of(40_000), decimals_of(4_000)
    (3, 2)
    """
    return max(2, int(np.log10(max(rows, 1) / 10)))


def widening(units: int) -> float:
    """Give by how much the spread of draws of n of n whole units is widened: sqrt(n / (n - 1)).

    Their variance is (n - 1) / n of what it should be (Rao & Wu 1988). NaN with fewer than five
    units, of which nothing is said.
    """
    return float(np.sqrt(units / (units - 1))) if units >= FEWEST_UNITS else float("nan")


def pool_small(group: pd.Series, minimum: int) -> pd.Series:
    """Take groups below `minimum` respondents together under one name.

    If these together are still too few, the next smallest group joins them: otherwise they could
    be had by subtracting the others from everyone.
    """
    counts = group.value_counts().sort_values(kind="stable")
    small = list(counts.index[counts < minimum])
    while small and counts[small].sum() < minimum and len(small) < len(counts):
        small = list(counts.index[: len(small) + 1])
    if not small:
        return group
    return group.astype("str").mask(group.isin(small), TOO_SMALL).mask(group.isna())


def to_metrics(evaluation: Evaluation) -> dict[str, Any]:
    """Give an evaluation as plain values: `overall.<metric>.{value,low,high}` and so on."""
    return {
        "overall": {
            str(metric): {name: plain(value) for name, value in row.items()}
            for metric, row in evaluation.overall.to_dict("index").items()
        },
        "by_group": plain_rows(evaluation.by_group),
        "by_unit": plain_rows(evaluation.by_unit),
        "rows": evaluation.rows,
        "effective_rows": round(evaluation.effective_rows, 1),
        "prevalence": evaluation.prevalence,
        "units": evaluation.units,
    }


def measure_by_unit(
    predictions: Predictions,
    metrics: tuple[str, ...],
    bootstraps: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Metrics with intervals of t from draws of whole units; none from fewer than five units.

    Percentiles of draws of 20 units hold the truth too seldom: they know neither that the units
    that were drawn from are few, nor that draws of n of n vary less than samples. So their spread
    is widened, on a t-distribution, and on a scale on which a measure has no bound: log odds of a
    share, the logarithm of what is above zero.
    """
    design = predictions.design
    unit = pd.factorize(design.cluster)[0]
    ranked = rank(predictions.values, predictions.risk, unit)
    weight = design.weight[ranked.order]
    table = pd.DataFrame({"value": measure(ranked, weight, metrics)}).reindex(list(metrics))
    count = int(unit.max(initial=-1)) + 1
    if np.isnan(widening(count)):
        return table.assign(low=np.nan, high=np.nan)
    drawn = [m for m in metrics if m not in ("ece", "calibration_slope")]
    draws = draw_units(unit, bootstraps, rng)
    # One draw at a time: those of all responses are as large as what models are fitted on.
    own = draws.take(ranked.order).each
    found = pd.DataFrame([measure(ranked, weight * times, tuple(drawn)) for times in own])
    spread = widening(count)
    for metric in drawn:
        to, back = _scale_of(metric)
        value = to(table["value"].loc[metric])
        se = spread * float(np.nanstd(to(found[metric].to_numpy()), ddof=1))
        ends = ends_of(value, se, degrees_of(design))
        table.loc[metric, ["low", "high"]] = [float(back(end)) for end in ends]
    if "calibration_slope" in metrics:
        slope = estimate_slope(predictions.values, to_margin(predictions.risk), design)
        table.loc["calibration_slope", ["low", "high"]] = [slope.low, slope.high]
    return table.reindex(columns=["value", "low", "high"])


def _scale_of(metric: str) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Give the scale on which a measure is about normal, and the way back."""
    if metric == "calibration_intercept":
        return _same, _same
    if metric in ("log_loss",) or metric.startswith("lift"):
        return _log, np.exp
    return _logit, expit


def _same(value: Any) -> Any:
    return value


def _log(value: Any) -> Any:
    return np.log(np.maximum(value, _LEAST))


def _logit(share: Any) -> Any:
    return logit(np.clip(share, _LEAST, 1 - _LEAST))


def _by_group(
    predictions: Predictions,
    groups: dict[str, pd.Series],
    settings: EvaluationSettings,
    rng: np.random.Generator,
) -> pd.DataFrame:
    tables = [pd.DataFrame(columns=_GROUP_COLUMNS)]
    for attribute, group in groups.items():
        pooled = pool_small(group.reset_index(drop=True), settings.minimum_group)
        for name in in_order(pooled, group):
            rows = (pooled == name).to_numpy()
            if rows.sum() >= settings.minimum_group:
                table = _of_group(predictions.take(rows), settings.bootstraps, rng)
                tables.append(table.assign(attribute=attribute, group=str(name)))
    found = tables[1:] or tables
    return pd.concat(found, ignore_index=True)[_GROUP_COLUMNS]


_GROUP_COLUMNS = ["attribute", "group", "metric", "value", "low", "high", "n", "effective_n"]


def _of_group(part: Predictions, bootstraps: int, rng: np.random.Generator) -> pd.DataFrame:
    weight = part.design.weight
    rates = {
        "observed": np.average(part.values, weights=weight),
        "predicted": np.average(part.risk, weights=weight),
    }
    metrics = measure_by_unit(part, GROUP_METRICS, bootstraps, rng)
    table = pd.concat([metrics, pd.DataFrame({"value": rates})]).rename_axis("metric")
    return table.reset_index().assign(n=len(weight), effective_n=effective_n(weight))


def _by_unit(predictions: Predictions, units: pd.Series, minimum: int) -> pd.DataFrame:
    """Predicted and observed rate of each unit that is large enough."""
    weight = predictions.design.weight
    sums = pd.DataFrame(
        {
            "n": 1,
            "weight": weight,
            "square": weight**2,
            "observed": weight * predictions.values,
            "predicted": weight * predictions.risk,
        }
    )
    sums = sums.groupby(units.astype("str").rename("unit").to_numpy()).sum().rename_axis("unit")
    table = pd.DataFrame(
        {
            "n": sums["n"],
            "effective_n": effective_ns(sums["weight"].to_numpy(), sums["square"].to_numpy()),
            "predicted": sums["predicted"] / sums["weight"],
            "observed": sums["observed"] / sums["weight"],
        }
    )[sums["n"] >= minimum]
    low, high = wilson(table["observed"].to_numpy(), table["effective_n"].to_numpy())
    return table.assign(low=low, high=high).reset_index()


def bin_risks(ranked: Ranked, weight: Array, minimum: int) -> pd.DataFrame:
    """Rates in bins of risk; bins below `minimum` respondents join the one before."""
    frame = pd.DataFrame(
        {
            "risk": ranked.risk,
            "value": ranked.values,
            "weight": weight[ranked.order],
        }
    )
    joined = join_small(np.bincount(ranked.tenths), minimum)
    rows = []
    for _, part in frame.groupby(joined[ranked.tenths]):
        w = part["weight"].to_numpy()
        rows.append(
            {
                "n": len(part),
                "effective_n": effective_n(w),
                "predicted": np.average(part["risk"], weights=w),
                "observed": np.average(part["value"], weights=w),
            }
        )
    table = pd.DataFrame(rows[::-1])
    low, high = wilson(table["observed"].to_numpy(), table["effective_n"].to_numpy())
    return table.assign(low=low, high=high)


def _curves(ranked: Ranked, weight: Array, minimum: int) -> pd.DataFrame:
    """ROC, precision-recall and lift at few points, each step of at least `minimum` people.

    A step of a curve between two single respondents would tell the outcome of one of them. Steps
    of another size are some of the same places, so that those of two trainings are as far apart.
    """
    positive, negative = cumulate(ranked, weight[ranked.order])
    people = np.append(0, ranked.tie_ends + 1)
    step = max(minimum, len(ranked.values) // _CURVE_POINTS)
    kept = _thin(people, _thin(people, np.arange(len(people)), _APART), step)
    if len(kept) > 1 and people[-1] - people[kept[-1]] < max(minimum, _APART):
        kept = kept[:-1]
    kept = np.append(kept, len(people) - 1)
    selected = positive + negative
    return pd.DataFrame(
        {
            "selected": selected[kept] / selected[-1],
            "recall": positive[kept] / max(positive[-1], 1e-300),
            "false_alarms": negative[kept] / max(negative[-1], 1e-300),
            "precision": positive[kept] / np.maximum(selected[kept], 1e-300),
        }
    )


def _thin(people: Array, places: Codes, step: int) -> Codes:
    """Keep the first of some places, and each that is so many people beyond the last."""
    kept = [int(places[0])]
    for place in places[1:].tolist():
        if people[place] - people[kept[-1]] >= step:
            kept.append(place)
    return np.array(kept, dtype=np.intp)
