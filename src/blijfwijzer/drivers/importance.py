"""How much each driver matters: overall, in groups, and in other draws and fits."""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from blijfwijzer.drivers.contributions import by_construct, margin_contributions, roll_up, share_out
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.pooling import pool_means
from blijfwijzer.estimation.resampling import ENDS, draw_units
from blijfwijzer.risk.evaluation import pool_small
from blijfwijzer.risk.features import Schema
from blijfwijzer.risk.model import RiskModel
from blijfwijzer.risk.splits import Fold
from blijfwijzer.settings import DriverSettings
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.breakdown import in_order

TOP = 10


class Refit(NamedTuple):
    """Mean |contribution| of a model without some units, to the responses that it was fitted on."""

    features: pd.Series
    scales: pd.Series
    constructs: pd.Series
    left_out: pd.DataFrame
    """One row per response of those units, one column per feature: what it adds to the calibrated
    log odds, from the mean of those that it was fitted on."""
    start: float
    """That mean."""


def refit_importance(
    models: tuple[RiskModel, ...],
    frame: pd.DataFrame,
    schema: Schema,
    weight: Array,
    folds: list[Fold],
) -> list[Refit]:
    """Measure importance again with each fold left out, of the fit and of what it is held to."""
    found = []
    for model, (kept, left_out) in zip(models, folds, strict=True):
        margins, expected = margin_contributions(model, frame)
        own = weight[kept]
        added, _ = share_out(model, margins[kept], expected)
        values = pd.DataFrame(added - np.average(added, axis=0, weights=own), columns=frame.columns)
        levels = values, roll_up(values, schema, "scale"), by_construct(values, schema)
        features, scales, constructs = (
            pd.Series(np.average(one.abs(), axis=0, weights=own), one.columns) for one in levels
        )
        middle = np.average(margins[kept], axis=0, weights=own)
        slope, intercept = model.calibrator.slope, model.calibrator.intercept
        apart = pd.DataFrame(slope * (margins[left_out] - middle), left_out, frame.columns)
        start = intercept + slope * (expected + float(middle.sum()))
        found.append(Refit(features, scales, constructs, apart, start))
    return found


def measure_importance(
    values: pd.DataFrame,
    refits: list[pd.Series],
    design: Design,
    bootstraps: int,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, Array]:
    """Weighted mean |contribution| with its interval, and its bootstrap draws.

    With other units the model would be another one too, of which draws of units tell nothing: of
    45 refits 8 lay inside the percentiles. So the interval is at least that of a jackknife over
    fits that leave out a fold of units each (Kott 2001), with t of one degree of freedom less than
    there are. Of a model that is not fitted anew it is about other respondents only.

    Parameters
    ----------
    refits : the same of models that were fitted without a fold each; empty where there are none

    Returns
    -------
    One row per column, most important first: mean_abs, low, high, mean, n, and rank_low and
    rank_high, its best and worst rank among the refits; NaN without these.
    """
    size, draws = _by_unit(values.abs().to_numpy(), design, bootstraps, rng)
    low, high = np.quantile(draws, ENDS, axis=0)
    best = worst = np.full(len(size), np.nan)
    if len(refits) > 1:
        made = np.stack([one.loc[values.columns].to_numpy() for one in refits])
        count = len(made)
        half = stdtrit(count - 1, ENDS[1]) * np.sqrt((count - 1) * made.var(axis=0))
        low, high = np.minimum(low, np.maximum(size - half, 0)), np.maximum(high, size + half)
        ranks = pd.DataFrame(made).rank(axis=1, method="min", ascending=False)
        best, worst = ranks.min().to_numpy(), ranks.max().to_numpy()
    table = pd.DataFrame(
        {
            "mean_abs": size,
            "low": low,
            "high": high,
            "mean": np.average(values, axis=0, weights=design.weight),
            "n": len(values),
            "rank_low": best,
            "rank_high": worst,
        },
        index=values.columns,
    )
    return table.sort_values("mean_abs", ascending=False, kind="stable"), draws


def _by_unit(
    values: Array, design: Design, bootstraps: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Weighted means of columns, and those of resampled units, from sums by unit."""
    draws = draw_units(pd.factorize(design.cluster)[0], bootstraps, rng)
    columns = np.column_stack([np.ones(len(values)), values])
    totals = draws.finish(draws.gather(design.weight[:, None] * columns))
    means = totals[:, 1:] / np.maximum(totals[:, :1], 1e-300)
    return means[0], means[1:]


def contrast_cohorts(
    by_scale: pd.DataFrame,
    groups: dict[str, pd.Series],
    design: Design,
    settings: DriverSettings,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Mean contribution of each scale in a group, less that of all others.

    Differences of the groups of an attribute are pooled, as those of groups that are scored are
    (`contrast_drivers`): that of fifteen people is mostly noise, and would stand first.

    Returns
    -------
    One row per attribute, group and scale: difference, low and high (95 %), in probability, and n.
    """
    tables = []
    for attribute, group in groups.items():
        pooled = pool_small(group.reset_index(drop=True), settings.minimum_mark)
        sides = {str(name): (pooled == name).to_numpy() for name in in_order(pooled, group)}
        sides = {name: own for name, own in sides.items() if _is_told(own, settings.minimum_mark)}
        if sides:
            n = [int(inside.sum()) for inside in sides.values()]
            about = pd.DataFrame({"attribute": attribute, "group": list(sides), "n": n})
            held = _hold_apart(by_scale, list(sides.values()), design, settings.bootstraps, rng)
            of_scales = [about.join(table.assign(scale=scale)) for scale, table in held]
            tables.append(pd.concat(of_scales).sort_index(kind="stable"))
    columns = ["attribute", "group", "scale", "difference", "low", "high", "n"]
    return (
        pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)
    )


def _is_told(inside: Mask, minimum: int) -> bool:
    return min(int(inside.sum()), int((~inside).sum())) >= minimum


def _hold_apart(
    by_scale: pd.DataFrame,
    sides: list[Mask],
    design: Design,
    bootstraps: int,
    rng: np.random.Generator,
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Pool how far groups of one attribute lie from all others: per scale, a row per group."""
    values, found, variances = by_scale.to_numpy(), list[Array](), list[Array]()
    for inside in sides:
        (own, drawn), (others, drawn_others) = (
            _by_unit(values[side], design.take(side), bootstraps, rng) for side in (inside, ~inside)
        )
        found.append(own - others)
        variances.append((drawn - drawn_others).var(axis=0, ddof=1))
    of_one = pd.Series(["" for _ in sides])
    for scale, mean, variance in zip(
        by_scale, np.stack(found).T, np.stack(variances).T, strict=True
    ):
        table = pool_means(mean, variance, of_one, bootstraps, rng).table
        yield str(scale), table[["pooled", "low", "high"]].rename(columns={"pooled": "difference"})


def measure_stability(refits: list[pd.Series], draws: Array, importance: pd.Series) -> pd.DataFrame:
    """Compare ranks: pairs of refits on folds, and bootstraps of units with all responses."""
    rows = []
    for (i, first), (j, second) in combinations(enumerate(refits, start=1), 2):
        agreement = _rank_agreement(first.to_numpy(), second.loc[first.index].to_numpy())
        rows.append({"comparison": f"fold {i} - fold {j}", "first": i, "second": j, **agreement})
    for draw in draws[:50]:
        agreement = _rank_agreement(draw, importance.to_numpy())
        rows.append({"comparison": "bootstrap", "first": np.nan, "second": np.nan, **agreement})
    return pd.DataFrame(rows)


def _rank_agreement(first: Array, second: Array) -> dict[str, float]:
    """Spearman's rank correlation, and the share of the ten largest in common."""
    top = min(TOP, len(first))
    common = set(np.argsort(-first)[:top]) & set(np.argsort(-second)[:top])
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return {"rank_correlation": float("nan"), "top_ten": len(common) / max(top, 1)}
    correlation = np.corrcoef(pd.DataFrame([first, second]).rank(axis=1))[0, 1]
    return {"rank_correlation": float(correlation), "top_ten": len(common) / top}
