"""What drives risk in a survey and in its groups, with its uncertainty.

All tables are means over at least `minimum` respondents; a single person's contribution never
leaves this module.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from blijfwijzer.drivers.contributions import Contributions, contribute, roll_up
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.means import deviation
from blijfwijzer.estimation.resampling import ENDS, draw_units
from blijfwijzer.risk.evaluation import pool_small
from blijfwijzer.risk.features import Schema
from blijfwijzer.risk.model import RiskModel
from blijfwijzer.risk.splits import Fold
from blijfwijzer.settings import DriverSettings
from blijfwijzer.survey.arrays import Array, Codes

_TOP = 10
_BINS = 12


@dataclass(frozen=True)
class Drivers:
    """What drives a model's risk."""

    features: pd.DataFrame
    """One row per feature, most important first: mean_abs, low, high, mean, scale, construct,
    is_changeable."""
    scales: pd.DataFrame
    """The same with items added up to scales."""
    constructs: pd.DataFrame
    """The same with scales added up, parted in what an employer can change and what not."""
    dependence: pd.DataFrame
    """One row per important feature and bin of its values: n, value, contribution, low, high."""
    interactions: pd.DataFrame
    """One row per pair of important features: strength, in probability."""
    cohorts: pd.DataFrame
    """One row per attribute, group and scale: mean contribution less that of the others."""
    spread: pd.DataFrame
    """One row per important feature and bin of its contributions: n, contribution, mean value."""
    stability: pd.DataFrame
    """One row per comparison of refits: rank correlation and share of the top ten in common."""


@dataclass(frozen=True)
class Contributed:
    """Contributions of a model in use, to the risk of the same rows of features."""

    contributions: Contributions
    frame: pd.DataFrame
    schema: Schema

    @property
    def by_scale(self) -> pd.DataFrame:
        """Contributions of items added up to scales."""
        return roll_up(self.contributions.values, self.schema, "scale")

    @property
    def by_construct(self) -> pd.DataFrame:
        """Contributions added up to constructs, parted in what can be changed and what not."""
        cells = {
            f.name: f"{f.construct}|{'changeable' if f.changeable else 'given'}"
            for f in self.schema.features
        }
        values = self.contributions.values
        return values.T.groupby(values.columns.map(cells), sort=False).sum().T


def profile(
    contributed: Contributed,
    design: Design,
    groups: dict[str, pd.Series],
    settings: DriverSettings,
    seed: int,
    refits: list[pd.Series],
) -> Drivers:
    """Summarise contributions over a survey.

    Parameters
    ----------
    design : of the same rows; clusters are resampled as wholes for intervals
    groups : attribute to the group of each response
    refits : importance of features in refitted models, see `refit_importance`
    """
    rng = np.random.default_rng(seed)
    values, by_scale, weight = contributed.contributions.values, contributed.by_scale, design.weight
    tables = [
        _importance(part, design, settings.bootstraps, rng)
        for part in (values, by_scale, contributed.by_construct)
    ]
    features, scales, constructs = (table for table, _ in tables)
    top = list(features.index[:_TOP])
    shown = list(features.index[: settings.shown])
    return Drivers(
        features=features.join(_about(contributed.schema)),
        scales=scales.join(_about_scales(contributed.schema)),
        constructs=_part_names(constructs),
        dependence=_dependence(contributed, top[:6], weight, settings.minimum_mark),
        interactions=_interactions(contributed, top, weight, settings.minimum_mark),
        cohorts=_cohorts(by_scale[scales.index[:_TOP]], groups, design, settings, rng),
        spread=_spread(contributed, shown, settings.minimum_mark),
        stability=_stability(refits, tables[0][1], features["mean_abs"].loc[values.columns]),
    )


def _about(schema: Schema) -> pd.DataFrame:
    return pd.DataFrame(
        {
            f.name: {"scale": f.scale, "construct": f.construct, "is_changeable": f.changeable}
            for f in schema.features
        }
    ).T


def _about_scales(schema: Schema) -> pd.DataFrame:
    """Tell of each scale what is known of its first feature."""
    first = {
        f.scale: {"construct": f.construct, "is_changeable": f.changeable}
        for f in reversed(schema.features)
    }
    return pd.DataFrame(first).T


def _part_names(constructs: pd.DataFrame) -> pd.DataFrame:
    parted = constructs.index.to_series().str.split("|", expand=True)
    return constructs.assign(construct=parted[0], is_changeable=parted[1] == "changeable")


def refit_importance(
    models: tuple[RiskModel, ...], frame: pd.DataFrame, weight: Array, folds: list[Fold]
) -> list[pd.Series]:
    """Give each fold model's mean |contribution| of features on its own test part."""
    found = []
    for model, (_, test) in zip(models, folds, strict=True):
        values = contribute(model, frame.iloc[test]).values
        mean = np.average(values.abs(), axis=0, weights=weight[test])
        found.append(pd.Series(mean, index=values.columns))
    return found


def _importance(
    values: pd.DataFrame, design: Design, bootstraps: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, Array]:
    """Weighted mean |contribution| with percentile intervals, and its bootstrap draws."""
    size, draws = _by_unit(values.abs().to_numpy(), design, bootstraps, rng)
    low, high = np.quantile(draws, ENDS, axis=0)
    table = pd.DataFrame(
        {
            "mean_abs": size,
            "low": low,
            "high": high,
            "mean": np.average(values, axis=0, weights=design.weight),
            "n": len(values),
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


def _bin(values: Array, minimum: int) -> Codes:
    """Put values in bins of at least `minimum` rows, in order; missing ones in a bin of -1.

    Few distinct values keep a bin each; rare ones join a neighbour.
    """
    known = ~np.isnan(values)
    distinct = np.unique(values[known])
    if len(distinct) > _BINS:
        distinct = np.unique(np.quantile(values[known], np.linspace(0, 1, _BINS + 1)[1:]))
    bins = np.searchsorted(distinct, values[known])
    sizes = np.bincount(bins, minlength=len(distinct))
    joined = np.zeros(len(sizes), dtype=int)
    current = filled = 0
    for place, size in enumerate(sizes):
        joined[place] = current
        filled += size
        if filled >= minimum:
            current, filled = current + 1, 0
    if filled and current:
        joined = np.minimum(joined, current - 1)
    found = np.full(len(values), -1)
    found[known] = joined[np.minimum(bins, len(joined) - 1)]
    return found


def _dependence(
    contributed: Contributed, names: list[str], weight: Array, minimum: int
) -> pd.DataFrame:
    rows = []
    for name in names:
        answers = contributed.frame[name].to_numpy()
        given = contributed.contributions.values[name].to_numpy()
        bins = answers if contributed.schema[name].is_nominal else _bin(answers, minimum)
        for place in np.unique(bins[~np.isnan(bins)]):
            here = bins == place
            if here.sum() < minimum:
                continue
            w = weight[here]
            mean = float(np.average(given[here], weights=w))
            spread = deviation(given[here], w)
            rows.append(
                {
                    "feature": name,
                    "value": np.nan if place < 0 else float(np.average(answers[here], weights=w)),
                    "n": int(here.sum()),
                    "contribution": mean,
                    "low": mean - spread,
                    "high": mean + spread,
                }
            )
    return pd.DataFrame(rows)


def _interactions(
    contributed: Contributed, names: list[str], weight: Array, minimum: int
) -> pd.DataFrame:
    """How much of a feature's contribution depends on another feature's value.

    For each pair: the weighted standard deviation, over cells of both features' bins, of the
    first's contribution around its mean in its own bin; averaged over both orders. It is zero
    where the probability is a sum of curves, but for the bend of the calibrated probability. Pairs
    of which no cell holds `minimum` responses are left out.
    """
    values = contributed.contributions.values
    bins = {name: _bin(contributed.frame[name].to_numpy(), minimum) + 1 for name in names}

    def depends(name: str, other: str) -> float:
        cell = bins[name] * (bins[other].max() + 1) + bins[other]
        given = values[name].to_numpy()
        own = _group_means(given, weight, bins[name])
        both = _group_means(given, weight, cell)
        enough = np.bincount(cell)[cell] >= minimum
        if not enough.any():
            return np.nan
        gap = (both[cell] - own[bins[name]])[enough]
        return float(np.sqrt(np.average(gap**2, weights=weight[enough])))

    rows = [
        {"first": a, "second": b, "strength": (depends(a, b) + depends(b, a)) / 2}
        for a, b in combinations(names, 2)
    ]
    table = pd.DataFrame(rows, columns=["first", "second", "strength"]).dropna()
    return table.sort_values("strength", ascending=False, ignore_index=True)


def _group_means(values: Array, weight: Array, group: Codes) -> Array:
    total = np.bincount(group, weights=weight)
    return np.asarray(np.bincount(group, weights=weight * values) / np.maximum(total, 1e-300))


def _cohorts(
    by_scale: pd.DataFrame,
    groups: dict[str, pd.Series],
    design: Design,
    settings: DriverSettings,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Mean contribution of each scale in a group, less that of all others."""
    values, tables = by_scale.to_numpy(), []
    for attribute, group in groups.items():
        pooled = pool_small(group.reset_index(drop=True), settings.minimum_mark)
        for name in sorted(pooled.dropna().unique(), key=str):
            inside = (pooled == name).to_numpy()
            if min(inside.sum(), (~inside).sum()) < settings.minimum_mark:
                continue
            (own, drawn), (others, drawn_others) = (
                _by_unit(values[side], design.take(side), settings.bootstraps, rng)
                for side in (inside, ~inside)
            )
            low, high = np.quantile(drawn - drawn_others, ENDS, axis=0)
            told = {"difference": own - others, "low": low, "high": high, "n": int(inside.sum())}
            about = {"attribute": attribute, "group": str(name), "scale": by_scale.columns}
            tables.append(pd.DataFrame(about | told))
    columns = ["attribute", "group", "scale", "difference", "low", "high", "n"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _spread(contributed: Contributed, names: list[str], minimum: int) -> pd.DataFrame:
    """Distribution of contributions in bins of at least `minimum` respondents."""
    values = contributed.contributions.values[names]
    limit = float(np.quantile(np.abs(values.to_numpy()), 0.998)) or 1e-9
    rows = []
    for name in names:
        answers, is_nominal = (
            contributed.frame[name].to_numpy(),
            contributed.schema[name].is_nominal,
        )
        known = answers[~np.isnan(answers)]
        scaled = (answers - known.min(initial=0)) / max(np.ptp(known) if len(known) else 0, 1e-9)
        bins = np.clip(np.floor((values[name] / limit + 1) * 30), 0, 59).astype(int).to_numpy()
        for place in np.unique(bins):
            here = bins == place
            if here.sum() >= minimum:
                # The order of nominal levels means nothing, so neither would their mean.
                told = scaled[here & ~np.isnan(answers) & (not is_nominal)]
                rows.append(
                    {
                        "feature": name,
                        "contribution": ((place + 0.5) / 30 - 1) * limit,
                        "n": int(here.sum()),
                        "value": float(told.mean()) if len(told) else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def _stability(refits: list[pd.Series], draws: Array, importance: pd.Series) -> pd.DataFrame:
    """Compare ranks: pairs of refits on folds, and bootstraps of units with all responses."""
    rows = []
    for (i, first), (j, second) in combinations(enumerate(refits, start=1), 2):
        rows.append({"comparison": f"fold {i} - fold {j}", **_agreement(first, second)})
    for draw in draws[:50]:
        agreement = _rank_agreement(draw, importance.to_numpy())
        rows.append({"comparison": "bootstrap", **agreement})
    return pd.DataFrame(rows)


def _agreement(first: pd.Series, second: pd.Series) -> dict[str, float]:
    return _rank_agreement(first.to_numpy(), second.loc[first.index].to_numpy())


def _rank_agreement(first: Array, second: Array) -> dict[str, float]:
    """Spearman's rank correlation, and the share of the ten largest in common."""
    top = min(_TOP, len(first))
    common = set(np.argsort(-first)[:top]) & set(np.argsort(-second)[:top])
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return {"rank_correlation": float("nan"), "top_ten": len(common) / max(top, 1)}
    correlation = np.corrcoef(rankdata(first), rankdata(second))[0, 1]
    return {"rank_correlation": float(correlation), "top_ten": len(common) / top}
