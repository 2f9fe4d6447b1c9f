"""How well a risk is known: overall, by group and by unit, with intervals.

The number for everyone and the numbers by group are born together, so that neither is shown
without the other. Groups of few respondents are never shown; they are taken together first.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.risk.metrics import (
    GROUP_METRICS,
    METRICS,
    Ranked,
    cumulate,
    effective_n,
    measure,
    rank,
)
from blijfwijzer.settings import EvaluationSettings

Array = NDArray[np.float64]

TOO_SMALL = "te klein"
"""Name of the rest that holds all groups too small to show."""
_LEVEL = (0.025, 0.975)
_Z = 1.959963984540054
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


def evaluate(
    values: Array,
    risk: Array,
    weight: Array,
    units: pd.Series,
    groups: dict[str, pd.Series],
    settings: EvaluationSettings,
    seed: int,
) -> Evaluation:
    """Measure a risk against outcomes, with a bootstrap of whole units.

    Parameters
    ----------
    values : outcome per response, 0 or 1
    risk : probability per response that was predicted without its outcome
    weight : per response
    units : where each respondent works; resampled as wholes (Field & Welsh 2007)
    groups : attribute to the group of each response
    """
    rng = np.random.default_rng(seed)
    everyone = _intervals(values, risk, weight, units, METRICS, settings.bootstraps, rng)
    return Evaluation(
        overall=everyone,
        by_group=_by_group(values, risk, weight, units, groups, settings, rng),
        by_unit=_by_unit(values, risk, weight, units, settings.minimum_group),
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


def wilson(rate: Array, n: Array) -> tuple[Array, Array]:
    """95 % interval of a rate (Wilson 1927), with the effective sample size as n."""
    centre = (rate + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def to_metrics(evaluation: Evaluation) -> dict[str, Any]:
    """Give an evaluation as plain values: `overall.<metric>.{value,low,high}` and so on."""
    return {
        "overall": {
            str(metric): {name: _plain(value) for name, value in row.items()}
            for metric, row in evaluation.overall.to_dict("index").items()
        },
        "by_group": _records(evaluation.by_group),
        "by_unit": _records(evaluation.by_unit),
        "rows": evaluation.rows,
        "effective_rows": round(evaluation.effective_rows, 1),
        "prevalence": evaluation.prevalence,
    }


def _intervals(
    values: Array,
    risk: Array,
    weight: Array,
    units: pd.Series,
    metrics: tuple[str, ...],
    bootstraps: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Metrics with percentile intervals; no interval from fewer than five units."""
    ranked = rank(values, risk)
    sorted_weight = weight[ranked.order]
    estimates = measure(ranked, sorted_weight, metrics)
    table = pd.DataFrame({"value": estimates}).reindex(list(metrics))
    unit = pd.factorize(units)[0][ranked.order]
    count = unit.max(initial=-1) + 1
    if count < _FEWEST_UNITS:
        return table.assign(low=np.nan, high=np.nan)
    draws = rng.multinomial(count, np.full(count, 1 / count), size=bootstraps)
    found = pd.DataFrame([measure(ranked, sorted_weight * draw[unit], metrics) for draw in draws])
    limits = found.quantile(list(_LEVEL))
    return table.assign(low=limits.iloc[0], high=limits.iloc[1])


def _by_group(
    values: Array,
    risk: Array,
    weight: Array,
    units: pd.Series,
    groups: dict[str, pd.Series],
    settings: EvaluationSettings,
    rng: np.random.Generator,
) -> pd.DataFrame:
    tables = []
    for attribute, group in groups.items():
        pooled = pool_small(group.reset_index(drop=True), settings.minimum_group)
        for name in sorted(pooled.dropna().unique(), key=str):
            rows = (pooled == name).to_numpy()
            if rows.sum() < settings.minimum_group:
                continue
            part = values[rows], risk[rows], weight[rows], units[rows]
            table = _intervals(*part, GROUP_METRICS, settings.bootstraps, rng)
            rates = {
                "observed": np.average(values[rows], weights=weight[rows]),
                "predicted": np.average(risk[rows], weights=weight[rows]),
            }
            table = pd.concat([table, pd.DataFrame({"value": rates})])
            tables.append(
                table.rename_axis("metric")
                .reset_index()
                .assign(
                    attribute=attribute,
                    group=str(name),
                    n=int(rows.sum()),
                    effective_n=effective_n(weight[rows]),
                )
            )
    columns = ["attribute", "group", "metric", "value", "low", "high", "n", "effective_n"]
    return (
        pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)
    )


def _by_unit(
    values: Array, risk: Array, weight: Array, units: pd.Series, minimum: int
) -> pd.DataFrame:
    """Predicted and observed rate of each unit that is large enough."""
    frame = pd.DataFrame(
        {
            "unit": units.astype("str").to_numpy(),
            "weight": weight,
            "square": weight**2,
            "observed": weight * values,
            "predicted": weight * risk,
        }
    )
    grouped = frame.groupby("unit")
    sums, n = grouped.sum(), grouped.size()
    table = pd.DataFrame(
        {
            "n": n,
            "effective_n": sums["weight"] ** 2 / sums["square"],
            "predicted": sums["predicted"] / sums["weight"],
            "observed": sums["observed"] / sums["weight"],
        }
    )[n >= minimum]
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


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    """Give a number that JSON can hold; not-a-number becomes null."""
    if isinstance(value, float | np.floating):
        return None if not np.isfinite(value) else float(value)
    return int(value) if isinstance(value, np.integer) else value
