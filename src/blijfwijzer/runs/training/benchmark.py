"""What a training tells of its survey for other employers to stand beside."""

import numpy as np
import pandas as pd

from blijfwijzer.culture.dimensions import find_dimensions
from blijfwijzer.drivers.contributions import Contributions, roll_up
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.means import estimate_mean, estimate_share
from blijfwijzer.groups.benchmarks import FEWEST_EMPLOYERS, employers_in
from blijfwijzer.groups.paths import EVERYONE
from blijfwijzer.release.breakdown import Breakdown
from blijfwijzer.release.culture import told_by
from blijfwijzer.risk.training import Fitted
from blijfwijzer.runs.training.review import TrainingSurvey
from blijfwijzer.survey.arrays import Array, Mask


def told_beside(survey: TrainingSurvey) -> tuple[str, ...]:
    """Name, in the ledger, the means that are told for others; none where employers are few."""
    units = survey.intake.held[survey.codebook.units.cluster]
    if employers_in(units.dropna()) < FEWEST_EMPLOYERS:
        return ()
    dimensions = find_dimensions(survey.codebook, survey.settings.culture)
    return tuple(told_by(dimension.name) for dimension in dimensions)


def benchmark_tables(
    survey: TrainingSurvey, fitted: Fitted, contributions: Contributions, breakdown: Breakdown
) -> dict[str, pd.DataFrame]:
    """Give rates, means of scales and drivers of everyone and of each largest unit.

    Each is of those who may be told of it, in `FEWEST_EMPLOYERS` organisations or more.

    Returns
    -------
    Table, as it is declared, to its rows; empty where nothing may be told.
    """
    responses, known = survey.intake.held, fitted.made_from.known
    units = responses[survey.codebook.units.cluster]
    design = Design.of_units(responses["weight"].to_numpy(dtype=float), units)
    of_known = Design.of_units(design.weight[known], units[known])
    parts = roll_up(contributions.values, fitted.selection.champion.schema, "scale")
    rates, means, drivers = list[_Row](), list[_Row](), list[_Row]()
    scales = survey.scales
    for group, inside in _groups(breakdown, units).items():
        answers = np.where(inside, fitted.made_from.answers, np.nan)
        answered = inside & ~np.isnan(answers)
        if employers_in(units[answered]) < FEWEST_EMPLOYERS:
            continue
        share = estimate_share(answers, design)
        count = employers_in(units[answered])
        told = {"value": share.value, "low": share.low, "high": share.high}
        rates.append({"group": group, "organisations": count, **told})
        for name in filter(scales.__contains__, _told_means(survey, breakdown, group)):
            scores = np.where(inside, scales[name].to_numpy(dtype=float), np.nan)
            if employers_in(units[~np.isnan(scores)]) >= FEWEST_EMPLOYERS:
                means.append(_mean(group, name, scores, design))
        for driver, of_rows in parts.items():
            values = np.where(inside[known], of_rows.to_numpy(dtype=float), np.nan)
            drivers.append(_mean(group, str(driver), values, of_known))
    return {
        "benchmark_rates": pd.DataFrame(rates, columns=["group", "organisations", *_FIGURE]),
        "benchmark_means": pd.DataFrame(means, columns=["group", "name", *_FIGURE]),
        "benchmark_drivers": pd.DataFrame(drivers, columns=["group", "name", *_FIGURE]),
    }


_FIGURE = ["value", "low", "high"]
_Row = dict[str, str | int | float]


def _groups(breakdown: Breakdown, units: pd.Series) -> dict[str, Mask]:
    """Give who is in everyone and in each largest unit that may be told of a risk."""
    grouping = breakdown.admission.grouping
    groups, cluster = grouping.groups, str(units.name)
    levels = groups["level"].unique()
    largest = [str(level) for level in levels if level != EVERYONE][:1]
    # Of organisations by themselves nothing is told to others.
    wanted = {EVERYONE, *largest} - {cluster}
    told = groups["level"].isin(wanted).to_numpy() & breakdown.told
    return {
        str(groups.index[int(place)]): np.asarray(grouping.members[[place]].toarray()[0] > 0)
        for place in np.flatnonzero(told)
    }


def _told_means(survey: TrainingSurvey, breakdown: Breakdown, group: str) -> list[str]:
    place = breakdown.admission.grouping.groups.index.get_loc(group)
    dimensions = find_dimensions(survey.codebook, survey.settings.culture)
    names = [dimension.name for dimension in dimensions]
    tells = breakdown.admission.tells
    return [name for name in names if tells(told_by(name))[place]]


def _mean(group: str, name: str, values: Array, design: Design) -> _Row:
    found = estimate_mean(values, design)
    figure = {"value": found.value, "low": found.low, "high": found.high}
    return {"group": group, "name": name, **figure}
