"""What drives risk in a survey and in its groups, with its uncertainty.

All tables are means over at least `minimum` respondents; a single person's contribution stands in
none of them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.drivers.contributions import Contributed
from blijfwijzer.drivers.dependence import (
    measure_bend,
    measure_dependence,
    measure_interactions,
    measure_spread,
)
from blijfwijzer.drivers.earnings import Earned
from blijfwijzer.drivers.games import Games
from blijfwijzer.drivers.gaps import Gaps
from blijfwijzer.drivers.importance import (
    TOP,
    Refit,
    contrast_cohorts,
    measure_importance,
    measure_stability,
)
from blijfwijzer.estimation.design import Design
from blijfwijzer.risk.features import Schema
from blijfwijzer.settings import DriverSettings


@dataclass(frozen=True)
class Drivers:
    """What drives a model's risk."""

    features: pd.DataFrame
    """One row per feature, most important first: mean_abs, low, high, mean, rank_low, rank_high,
    scale, construct, is_changeable."""
    scales: pd.DataFrame
    """The same with items added up to scales."""
    constructs: pd.DataFrame
    """The same with scales added up, parted in what an employer can change and what not."""
    dependence: pd.DataFrame
    """One row per important feature and bin of its values: n, value, contribution, low, high."""
    interactions: pd.DataFrame
    """One row per pair of features that interact: strength, in log odds."""
    bend: tuple[float, float]
    """How far apart the rise of the calibrated probability is, see `measure_bend`."""
    cohorts: pd.DataFrame
    """One row per attribute, group and scale: mean contribution less that of the others."""
    spread: pd.DataFrame
    """One row per important feature and bin of its contributions: n, contribution, mean value."""
    stability: pd.DataFrame
    """One row per comparison of refits: rank correlation and share of the top ten in common."""
    gaps: Gaps | None = None
    """Behind the gap in risk between groups of audit attributes."""
    earned: Earned | None = None
    """What drivers earn out of fold; of a training only."""
    games: Games | None = None
    """How far it matters which game contributions are of; of a training of trees only."""
    withheld: tuple[tuple[str, str], ...] = ()
    """Attribute and group of those that may not be told of, and are in no table."""


def profile(
    contributed: Contributed,
    design: Design,
    groups: dict[str, pd.Series],
    settings: DriverSettings,
    seed: int,
    refits: list[Refit],
) -> Drivers:
    """Summarise contributions over a survey.

    Parameters
    ----------
    design : of the same rows; clusters are resampled as wholes for intervals
    groups : attribute to the group of each response
    refits : importance in models that were fitted without a fold each, see `refit_importance`;
        none where the model is not fitted here
    """
    rng = np.random.default_rng(seed)
    values, by_scale, weight = contributed.contributions.values, contributed.by_scale, design.weight
    of_refits = [
        [one.features for one in refits],
        [one.scales for one in refits],
        [one.constructs for one in refits],
    ]
    tables = [
        measure_importance(part, again, design, settings.bootstraps, rng)
        for part, again in zip((values, by_scale, contributed.by_construct), of_refits, strict=True)
    ]
    features, scales, constructs = (table for table, _ in tables)
    # A regression on scales looks at no item: a row of nothing would stand for each.
    used = features.index[features["mean_abs"] > 0]
    used = used if len(used) else features.index
    top, shown = list(used[:TOP]), list(used[: settings.shown])
    return Drivers(
        features=features.join(_about(contributed.schema)),
        scales=scales.join(_about_scales(contributed.schema)),
        constructs=part_names(constructs),
        dependence=measure_dependence(contributed, top[:6], weight, settings.minimum_mark),
        interactions=measure_interactions(contributed, weight),
        bend=measure_bend(contributed),
        cohorts=contrast_cohorts(by_scale[scales.index[:TOP]], groups, design, settings, rng),
        spread=measure_spread(contributed, shown, settings.minimum_mark),
        stability=measure_stability(
            [one.features for one in refits],
            tables[0][1],
            features["mean_abs"].loc[values.columns],
        ),
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


def part_names(constructs: pd.DataFrame) -> pd.DataFrame:
    """Part the names that `Contributed.by_construct` gives: construct, and is_changeable."""
    parted = constructs.index.to_series().str.split("|", expand=True)
    return constructs.assign(construct=parted[0], is_changeable=parted[1] == "changeable")
