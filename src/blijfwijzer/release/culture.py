"""What of a culture that was measured may be told: groups are chosen, and figures beside them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.culture.behaviours import CONTACT, break_down_conduct, read_behaviours
from blijfwijzer.culture.climate import Climate
from blijfwijzer.culture.conduct import Conduct
from blijfwijzer.culture.dimensions import find_dimensions, read_scores
from blijfwijzer.culture.traits import OTHER, UNKNOWN, read_traits
from blijfwijzer.culture.trend import Trend
from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.disclosure.rules import is_telling
from blijfwijzer.groups.grouping import EVERYONE, Grouping
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.publish.culture_findings import (
    level_figure,
    link_figure,
)
from blijfwijzer.release.admission import Admission
from blijfwijzer.settings import CultureSettings, Settings
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concept_scores import read_concepts
from blijfwijzer.survey.intake import Intake


@dataclass(frozen=True)
class Wave:
    """A wave that was read, and which of its groups may be shown."""

    intake: Intake
    scales: pd.DataFrame
    admission: Admission

    @property
    def responses(self) -> pd.DataFrame:
        """One row per response."""
        return self.intake.responses

    @property
    def grouping(self) -> Grouping:
        """All groups that are large enough."""
        return self.admission.grouping


def favourable(scales: pd.DataFrame, codebook: Codebook, settings: Settings) -> dict[str, Array]:
    """Give whether each respondent is favourable on each dimension that was asked: 1, 0 or NaN.

    Where nearly all of a group are, or none is, its mean would tell of each of them. What counts by
    default is looked at too, so that other settings do not show what was withheld.
    """
    found = {}
    for place, culture in enumerate((settings.culture, CultureSettings())):
        for dimension in find_dimensions(codebook, culture):
            values = dimension.is_favourable(read_scores(scales, dimension), culture.favourable)
            if not np.isnan(values).all():
                found[f"{dimension.name}:{place}"] = values
    return found


def offer_figures(
    now: Wave, attributes: Mapping[str, pd.Series], codebook: Codebook, settings: Settings
) -> Figures:
    """Offer the parts that figures are about and that cut through units."""
    responses, scales = now.responses, now.scales
    weight = responses["weight"].to_numpy(dtype=float)
    values = favourable(scales, codebook, settings)
    minimum = settings.disclosure.minimum
    concepts = read_concepts(responses, scales, codebook)
    asked = read_behaviours(concepts)
    by = dict(attributes)
    if CONTACT in concepts and not asked.empty:
        by[CONTACT] = break_down_conduct(responses, concepts, codebook)[CONTACT]
    offered: Figures = {}
    for name, group in by.items():
        if name in codebook.units.levels:
            continue
        for level in sorted(group.dropna().unique(), key=str):
            row = _row((group == level).to_numpy(dtype=bool))
            is_small = row.sum() < minimum or len(responses) - row.sum() < minimum
            told = values if name != CONTACT else {}
            if not is_small and not any(
                is_telling(row, v, weight, settings.disclosure) for v in told.values()
            ):
                offered[level_figure(name, str(level))] = row
    for behaviour in asked:
        happened = asked[behaviour].to_numpy(dtype=float)
        parts = csr_array(np.array([happened == 1, happened == 0], dtype=np.int8))
        sizes = parts.sum(axis=1)
        if (np.asarray(sizes).ravel() >= minimum).all():
            offered[link_figure(str(behaviour))] = parts
    return offered


def leave_few(now: Wave, climate: Climate, minimum: int) -> frozenset[tuple[str, str]]:
    """Choose the means to withhold since others in the unit above answered who are few.

    Groups are chosen by who is in them. Of those some did not answer on a dimension, so that of a
    unit less its parts a few answers may be left though many people are: the smallest of the parts
    that are shown is then withheld on that dimension, and what is left holds its answers too.
    """
    groups = now.grouping.groups
    table = climate.table[["group", "dimension", "n"]].assign(
        parent=lambda t: groups["parent"].reindex(t["group"]).to_numpy(),
        level=lambda t: groups["level"].reindex(t["group"]).to_numpy(),
    )
    shown = table[table["group"].isin(groups.index[now.admission.shown])]
    whole = table.set_index(["group", "dimension"])["n"]
    withheld = set()
    for (parent, _, dimension), parts in shown.groupby(["parent", "level", "dimension"]):
        left = float(whole.get((parent, dimension), np.nan)) - float(parts["n"].sum())
        if 0 < left < minimum:
            withheld.add((str(parts["group"].iloc[int(parts["n"].argmin())]), str(dimension)))
    return frozenset(withheld)


def mix_figures(
    responses: pd.DataFrame, mix: pd.DataFrame, counted: str, codebook: Codebook, minimum: int
) -> Figures:
    """Offer the categories that the mix of a wave is told by; units are groups of their own.

    A category that others were put with is left out: beside itself alone, told elsewhere, it would
    tell of those few.

    Parameters
    ----------
    mix : as `RakedWaves.mix`
    counted : its column with the respondents of this wave

    Returns
    -------
    Name of each figure to one row with those who are in the category.
    """
    mix = mix[~mix["column"].isin(codebook.units.levels)]
    traits = read_traits(responses, list(dict.fromkeys(mix["column"])), codebook)
    offered: Figures = {}
    for row in mix.to_dict("records"):
        column, category = str(row["column"]), str(row["category"])
        inside = (traits[column] == category).to_numpy(dtype=bool)
        is_whole = category not in (UNKNOWN, OTHER) and inside.sum() == row[counted]
        if is_whole and min(inside.sum(), (~inside).sum()) >= minimum:
            offered[level_figure(column, category)] = _row(inside)
    return offered


def told_mix(
    trend: Trend | None,
    now: Wave,
    before: Wave | None,
    figures: frozenset[FigureId],
    codebook: Codebook,
) -> frozenset[tuple[str, str]]:
    """Choose the categories of which the shares in both waves may be told.

    Parameters
    ----------
    figures : about categories, that may be told of both waves
    """
    if trend is None or before is None:
        return frozenset()
    admissions = (now.admission, before.admission)
    if not all(admission.choice.tells_everyone for admission in admissions):
        return frozenset()
    largest, sizes = codebook.units.levels[0], []
    for wave in (before, now):
        groups = wave.grouping.groups[wave.admission.shown]
        groups = groups[groups["level"] == largest]
        sizes.append({GroupPath.parse(g).code(largest): n for g, n in groups["n"].items()})
    told = set()
    for row in trend.mix.to_dict("records"):
        column, category = str(row["column"]), str(row["category"])
        counts = [size.get(category) for size in sizes]
        is_shown = counts == [row["n_before"], row["n_now"]]
        if column in codebook.units.levels:
            # Of smaller units a code may be used twice.
            is_shown &= column == largest
        else:
            is_shown = level_figure(column, category) in figures
        if is_shown:
            told.add((column, category))
    return frozenset(told)


def told_conduct(
    conduct: Conduct,
    now: Wave,
    figures: frozenset[FigureId],
    codebook: Codebook,
    settings: Settings,
) -> frozenset[tuple[str, str, str]]:
    """Choose the shares of unwanted behaviour to tell: of groups and parts that may be shown.

    A share that is nearly one tells of each who was asked, and so does one of nobody.
    """
    if conduct.shares.empty:
        return frozenset()
    responses, largest = now.responses, codebook.units.levels[0]
    concepts = read_concepts(responses, now.scales, codebook)
    asked = read_behaviours(concepts)
    categories = break_down_conduct(responses, concepts, codebook)
    weight = responses["weight"].to_numpy(dtype=float)
    groups = now.grouping.groups[now.admission.shown]
    units = {GroupPath.parse(group).code(largest) for group in groups.index}
    told = set()
    for row in conduct.shares.to_dict("records"):
        behaviour, by, category = str(row["behaviour"]), str(row["by"]), str(row["category"])
        is_shown = {
            EVERYONE: now.admission.choice.tells_everyone,
            largest: category in units,
        }.get(by, level_figure(by, category) in figures)
        inside = (categories[by].astype("str") == category).to_numpy(dtype=bool)
        happened = asked[behaviour].to_numpy(dtype=float)
        members = _row(inside & ~np.isnan(happened))
        if is_shown and not is_telling(members, happened, weight, settings.disclosure):
            told.add((behaviour, by, category))
    return frozenset(told)


def _row(inside: Mask) -> csr_array:
    return csr_array(inside[None, :].astype(np.int8))
