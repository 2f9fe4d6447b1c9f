"""What of a culture that was measured may be told: groups are chosen, and figures beside them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.culture.behaviours import CONTACT, SAFETY, break_down_conduct, read_behaviours
from blijfwijzer.culture.conduct import Conduct
from blijfwijzer.culture.dimensions import find_dimensions, read_scores
from blijfwijzer.culture.questions import DimensionQuestions
from blijfwijzer.culture.traits import OTHER, UNKNOWN, read_traits
from blijfwijzer.culture.trend import Trend
from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.disclosure.rules import is_telling, leaves_few
from blijfwijzer.groups.grouping import EVERYONE, Grouping
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.groups.register_weights import RegisterWeights
from blijfwijzer.publish.culture_findings import Cell, Pairs, level_figure, link_figure
from blijfwijzer.release.admission import Admission
from blijfwijzer.settings import CultureSettings, Settings
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concept_scores import read_concepts
from blijfwijzer.survey.held import Held, Responses
from blijfwijzer.survey.intake import Intake


@dataclass(frozen=True)
class Wave:
    """A wave that was read, and which of its groups may be shown."""

    intake: Intake
    scales: Responses
    admission: Admission
    register: RegisterWeights | None = None
    """Weights that its responses have by a register, if there is one."""

    @property
    def responses(self) -> Held:
        """One row per response."""
        return self.intake.held

    @property
    def grouping(self) -> Grouping:
        """All groups that are large enough."""
        return self.admission.grouping


def culture_bases(scales: Responses, codebook: Codebook, settings: Settings) -> dict[str, Basis]:
    """Give what groups are told by: dimensions, by whether each is favourable: 1, 0 or NaN.

    Where nearly all of a group are, or none is, its mean would tell of each of them. What counts by
    default is looked at too, so that other settings do not show what was withheld.
    """
    found: dict[str, tuple[Array, ...]] = {}
    for culture in (settings.culture, CultureSettings()):
        for dimension in find_dimensions(codebook, culture):
            values = dimension.is_favourable(read_scores(scales, dimension), culture.favourable)
            if not np.isnan(values).all():
                name = told_by(dimension.name)
                found[name] = (*found.get(name, ()), values)
    return {name: Basis(values) for name, values in found.items()}


def told_by(dimension: str) -> str:
    """Name, in the ledger, what groups are told by of a dimension."""
    return f"mean:{dimension}"


def question_bases(
    answers: Responses, questions: DimensionQuestions, settings: Settings, among: Mask
) -> dict[str, Basis]:
    """Give what groups are told by of the questions of each dimension: all of these, or none.

    With a dimension and all its questions but one, that one follows. Groups are held by these
    figures by themselves: that a question may not be told of one bars nothing else of it.

    Parameters
    ----------
    answers : as `answer_questions` gives
    among : per group, whether it is told of questions at all
    """
    found: dict[str, Basis] = {}
    places = dict.fromkeys((settings.culture.favourable, CultureSettings().favourable))
    asked = {one.name: one for one in find_dimensions(questions.codebook, questions.settings)}
    for dimension in dict.fromkeys(questions.dimension_of.values()):
        values = tuple(
            asked[name].is_favourable(read_scores(answers, asked[name]), place)
            for name in questions.of(dimension)
            for place in places
        )
        found[asked_by(dimension)] = Basis(values, among=among)
    return found


def asked_by(dimension: str) -> str:
    """Name, in the ledger, what groups are told by of the questions of a dimension."""
    return f"questions:{dimension}"


def few_questions(wave: Wave | None, questions: DimensionQuestions) -> Pairs:
    """Name the groups and questions that may not be told: a dimension and its questions are.

    Parameters
    ----------
    wave : none is told of without one
    """
    if wave is None:
        return frozenset()
    names, hidden = wave.grouping.groups.index, set[tuple[str, str]]()
    for question, dimension in questions.dimension_of.items():
        told = wave.admission.tells(told_by(dimension)) & wave.admission.tells(asked_by(dimension))
        hidden |= {(str(group), question) for group in names[~told]}
    return frozenset(hidden)


def few_answers(wave: Wave | None, codebook: Codebook, settings: Settings) -> Pairs:
    """Name the groups and dimensions that may not be told, since few answered or nearly alike.

    Parameters
    ----------
    wave : none is told of without one
    """
    if wave is None:
        return frozenset()
    names = wave.grouping.groups.index
    return frozenset(
        (str(group), dimension.name)
        for dimension in find_dimensions(codebook, settings.culture)
        for group in names[~wave.admission.tells(told_by(dimension.name))]
    )


def offer_figures(
    now: Wave, attributes: Mapping[str, pd.Series], codebook: Codebook, settings: Settings
) -> Figures:
    """Offer the parts that figures are about and that cut through units."""
    responses, scales = now.responses, now.scales
    weight = responses["weight"].to_numpy(dtype=float)
    bases = culture_bases(scales, codebook, settings)
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
            told = bases if name != CONTACT else {}
            if not is_small and not any(
                is_telling(row, values, weight, settings.disclosure)
                for basis in told.values()
                for values in basis.values
            ):
                offered[level_figure(name, str(level))] = row
    safety = codebook.concepts[SAFETY].scale if SAFETY in codebook.concepts else None
    feels = bases.get(told_by(safety or ""), Basis()).values
    for behaviour in asked:
        happened = asked[behaviour].to_numpy(dtype=float)
        parts = csr_array(np.array([happened == 1, happened == 0], dtype=np.int8))
        sizes = parts.sum(axis=1)
        if (np.asarray(sizes).ravel() >= minimum).all() and not any(
            is_telling(parts, values, weight, settings.disclosure) for values in feels
        ):
            offered[link_figure(str(behaviour))] = parts
    return offered


def mix_figures(
    responses: Responses, mix: pd.DataFrame, counted: str, codebook: Codebook, minimum: int
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
) -> frozenset[Cell]:
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
    units = _told_units(now, largest)
    told = set[Cell]()
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
    columns = [conduct.shares[c] for c in ("behaviour", "by", "category", "n")]
    n = {(str(b), str(by), str(c)): float(n) for b, by, c, n in zip(*columns, strict=True)}
    return keep_from_few(told, n, settings.disclosure.minimum)


def told_compared(
    groups: pd.DataFrame,
    now: Wave,
    figures: frozenset[FigureId],
    codebook: Codebook,
    settings: Settings,
) -> frozenset[Cell]:
    """Choose by which scales groups of a background, and largest units, are told to differ.

    Parameters
    ----------
    groups : one row per scale, attribute and group, with the n that answered
    """
    largest, minimum = codebook.units.levels[0], settings.disclosure.minimum
    ids = _told_units(now, largest)
    hidden = few_answers(now, codebook, settings)
    told, n = set(), dict[Cell, float]()
    for row in groups.to_dict("records"):
        scale, by, group = str(row["scale"]), str(row["attribute"]), str(row["group"])
        is_shown = level_figure(by, group) in figures
        if by == largest:
            is_shown = group in ids and (str(ids[group]), scale) not in hidden
        n[scale, by, group] = float(row["n"])
        n[scale, EVERYONE, EVERYONE] = float(now.scales[scale].notna().sum())
        if is_shown and row["n"] >= minimum:
            told |= {(scale, by, group), (scale, EVERYONE, EVERYONE)}
    return keep_from_few(told, n, minimum)


def _told_units(wave: Wave, level: str) -> dict[str, str]:
    """Give the ids of the units of a level that may be told of, by their codes.

    Units inside one have its code in their id, whether it may be told of itself or not.
    """
    groups = wave.grouping.groups
    names = groups.index[wave.admission.told & (groups["level"] == level).to_numpy()]
    return {GroupPath.parse(name).code(level): str(name) for name in names}


def keep_from_few(told: set[Cell], n: Mapping[Cell, float], minimum: int) -> frozenset[Cell]:
    """Leave out the smallest category where the others who answered would be few.

    Parameters
    ----------
    told : what may be shown by itself; of everyone, where it is told of them too
    n : who answered, of each of these
    """
    keys = [key for key in told if key[1] != EVERYONE and n[key] >= minimum]
    withheld = set()
    for figure, by in {key[:2] for key in keys}:
        whole = (figure, EVERYONE, EVERYONE)
        parts = sorted(key for key in keys if key[:2] == (figure, by))
        smallest = leaves_few(n.get(whole, 0.0), np.array([n[part] for part in parts]), minimum)
        if whole in told and smallest is not None:
            withheld.add(parts[smallest])
    return frozenset(told - withheld)


def _row(inside: Mask) -> csr_array:
    return csr_array(inside[None, :].astype(np.int8))
