"""How well a risk is known: overall, by group and by unit, with intervals.

The number for everyone and the numbers by group are born together, so that neither is shown
without the other. Groups of few respondents are never shown; they are taken together first.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import wilson
from blijfwijzer.estimation.resampling import ENDS, draw_units
from blijfwijzer.files import plain, plain_rows
from blijfwijzer.risk.metrics import GROUP_METRICS, METRICS, Ranked, cumulate, measure, rank
from blijfwijzer.settings import EvaluationSettings
from blijfwijzer.survey.arrays import Array, Mask, effective_n, effective_ns

TOO_SMALL = "te klein"
"""Name of the rest that holds all groups too small to show."""
_FEWEST_UNITS = 5
_CURVE_POINTS = 100


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
    everyone = _intervals(predictions, METRICS, settings.bootstraps, rng)
    return Evaluation(
        overall=everyone,
        by_group=_by_group(predictions, groups, settings, rng),
        by_unit=_by_unit(predictions, units, settings.minimum_group),
        calibration=_calibration(rank(values, risk), weight, settings.minimum_group),
        curves=_curves(rank(values, risk), weight, settings.minimum_group),
        rows=len(values),
        effective_rows=effective_n(weight),
        prevalence=float(np.average(values, weights=weight)),
    )


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
    }


def _intervals(
    predictions: Predictions,
    metrics: tuple[str, ...],
    bootstraps: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Metrics with percentile intervals; no interval from fewer than five units."""
    ranked = rank(predictions.values, predictions.risk)
    weight = predictions.design.weight[ranked.order]
    table = pd.DataFrame({"value": measure(ranked, weight, metrics)}).reindex(list(metrics))
    unit = pd.factorize(predictions.design.cluster)[0]
    if unit.max(initial=-1) + 1 < _FEWEST_UNITS:
        return table.assign(low=np.nan, high=np.nan)
    times = draw_units(unit, bootstraps, rng).by_response[:, ranked.order]
    found = pd.DataFrame([measure(ranked, weight * draw, metrics) for draw in times])
    limits = found.quantile(list(ENDS))
    return table.assign(low=limits.iloc[0], high=limits.iloc[1])


def _by_group(
    predictions: Predictions,
    groups: dict[str, pd.Series],
    settings: EvaluationSettings,
    rng: np.random.Generator,
) -> pd.DataFrame:
    tables = [pd.DataFrame(columns=_GROUP_COLUMNS)]
    for attribute, group in groups.items():
        pooled = pool_small(group.reset_index(drop=True), settings.minimum_group)
        for name in sorted(pooled.dropna().unique(), key=str):
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
    metrics = _intervals(part, GROUP_METRICS, bootstraps, rng)
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


def _calibration(ranked: Ranked, weight: Array, minimum: int) -> pd.DataFrame:
    """Rates in bins of risk; bins below `minimum` respondents join the one before."""
    frame = pd.DataFrame(
        {
            "bin": ranked.tenths,
            "risk": ranked.risk,
            "value": ranked.values,
            "weight": weight[ranked.order],
        }
    )
    sizes = frame["bin"].value_counts().sort_index()
    joined, current, filled = {}, 0, 0
    for tenth, size in sizes.items():
        joined[tenth] = current
        filled += size
        if filled >= minimum:
            current, filled = current + 1, 0
    if filled and current:
        joined = {tenth: min(place, current - 1) for tenth, place in joined.items()}
    rows = []
    for _, part in frame.groupby(frame["bin"].map(joined)):
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

    A step of a curve between two single respondents would tell the outcome of one of them.
    """
    positive, negative = cumulate(ranked, weight[ranked.order])
    people = np.append(0, ranked.tie_ends + 1)
    step = max(minimum, len(ranked.values) // _CURVE_POINTS)
    kept = [0]
    for place in range(1, len(people)):
        if people[place] - people[kept[-1]] >= step:
            kept.append(place)
    if len(ranked.values) - people[kept[-1]] < minimum and len(kept) > 1:
        kept.pop()
    kept.append(len(people) - 1)
    selected = positive + negative
    return pd.DataFrame(
        {
            "selected": selected[kept] / selected[-1],
            "recall": positive[kept] / max(positive[-1], 1e-300),
            "false_alarms": negative[kept] / max(negative[-1], 1e-300),
            "precision": positive[kept] / np.maximum(selected[kept], 1e-300),
        }
    )
