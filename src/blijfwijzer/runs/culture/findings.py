"""What a culture monitor measures of a survey."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.culture.climate import Climate, ToldOf, measure_climate
from blijfwijzer.culture.conduct import Conduct, measure_conduct
from blijfwijzer.culture.dimensions import find_dimensions, read_scores
from blijfwijzer.culture.instrument import Instrument, assess_scales
from blijfwijzer.culture.invariance import Invariance, assess_invariance
from blijfwijzer.culture.questions import (
    DimensionQuestions,
    answer_questions,
    change_questions,
    find_questions,
    measure_questions,
)
from blijfwijzer.culture.screened import gather_units
from blijfwijzer.culture.screened_pair import find_pair
from blijfwijzer.culture.screening import Screening, screen_units
from blijfwijzer.culture.screening_checks import ScreeningChecks, check_screening
from blijfwijzer.culture.traits import UNKNOWN, read_traits
from blijfwijzer.culture.trend import Trend, measure_trend
from blijfwijzer.culture.unit_changes import measure_unit_changes
from blijfwijzer.culture.waves import compare_waves
from blijfwijzer.disclosure.figures import Figures
from blijfwijzer.drivers.group_profiles import Rows, contrast_drivers, score_groups
from blijfwijzer.drivers.row_batches import Batching
from blijfwijzer.errors import AlikeError, CultureError, ModelFolderError, OneUnitError, counted
from blijfwijzer.estimation.design import Design, read_design
from blijfwijzer.groups.grouping import EVERYONE, Grouping, make_groups
from blijfwijzer.groups.naming import name_groups
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.progress import Tell
from blijfwijzer.publish.culture_findings import CultureFindings, Permission
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.release.culture import (
    Wave,
    culture_bases,
    few_answers,
    few_questions,
    mix_figures,
    offer_figures,
    question_bases,
    told_by,
    told_compared,
    told_conduct,
    told_mix,
)
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.risk.waves import compare_wave, refuse_different
from blijfwijzer.runs.culture.benchmark import culture_beside
from blijfwijzer.runs.culture.register import offer_register, rounded_register, tell_register
from blijfwijzer.runs.waves import ReadWave, Waves
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Mask
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses

_MOST_CODES = 60
"""Largest units that are held against each other item by item; more would take hours."""


def default_levels(codebook: Codebook, responses: Responses) -> tuple[str, ...]:
    """Give the unit levels that are told unless others are asked.

    They go to one below what answers as a whole. Of smaller units most are too small or too alike
    to show, and what follows from thousands of them together takes long to work out.
    """
    levels = list(codebook.units.levels)
    last = levels.index(codebook.units.cluster) + 1
    return tuple(level for level in levels[: last + 1] if level in responses)


def require_culture(
    responses: Responses, scales: Responses, codebook: Codebook, settings: Settings
) -> tuple[str, ...]:
    """Refuse a survey of which no climate can be measured; give the dimensions nobody answered.

    Raises
    ------
    CultureError
        The codebook has no scales, or none of the dimensions was asked.
    AlikeError
        On each of them everybody has the same score.
    OneUnitError
        Everybody works in one unit, on every level.
    """
    dimensions = find_dimensions(codebook, settings.culture)
    if not dimensions:
        raise CultureError(
            f"codebook {codebook.survey.name}: no dimensions: it has no scales. Add them under "
            "[scales]; a climate is made of scales."
        )
    scores = {d.name: read_scores(scales, d) for d in dimensions}
    unasked = tuple(name for name, score in scores.items() if np.isnan(score).all())
    if len(unasked) == len(dimensions):
        raise CultureError(
            f"{counted(len(unasked), 'dimension')}: none was asked in this survey, or too few "
            f"of their items: {', '.join(unasked)}. Add the items to the export, or "
            "name other scales in the setting culture.dimensions."
        )
    known = [score[~np.isnan(score)] for name, score in scores.items() if name not in unasked]
    if all(np.ptp(score) < 1e-9 for score in known):
        raise AlikeError(
            f"{counted(len(known), 'dimension')}: all respondents have the same score on "
            "each, so there is nothing to measure. Check the export of these items."
        )
    levels = [level for level in codebook.units.levels if level in responses]
    if all(responses[level].nunique() < 2 for level in levels):
        raise OneUnitError(
            f"{', '.join(levels) or 'units'}: all respondents work in one unit, "
            "and a climate compares units. Add the units that it is made of to the export; "
            "`blijfwijzer check` tells how well the scales measure."
        )
    return unasked


@dataclass(frozen=True)
class MeasuredCulture:
    """The culture of a survey, measured; what of it may be shown is not chosen yet."""

    waves: Waves
    levels: tuple[str, ...]
    """Unit levels that are told."""
    grouping: Grouping
    earlier: Grouping | None
    """Of the wave before, where there is one."""
    unasked: tuple[str, ...]
    """Dimensions that nobody answered."""
    design: Design
    attributes: dict[str, pd.Series]
    """What no scale may depend on, to the category of each respondent."""
    instrument: Instrument
    invariance: Invariance
    trend: Trend | None
    moved: pd.DataFrame | None
    """How units changed, as `measure_unit_changes` gives, where there is a wave before."""
    questions: DimensionQuestions
    changed: pd.DataFrame | None
    """The same of questions."""
    conduct: Conduct


def measure_culture(waves: Waves, only: tuple[str, ...], tell: Tell) -> MeasuredCulture:
    """Measure how it is to work in each unit, and how that changed.

    Parameters
    ----------
    only : unit levels; to one below the cluster when empty
    """
    now, before, codebook, settings = waves.now, waves.before, waves.codebook, waves.settings
    responses, culture = now.responses, settings.culture
    levels, grouping, unasked = group_culture(waves, only)
    earlier = None if before is None else _group(before, levels, waves)
    design = read_design(responses, codebook)
    tell("how well the scales measure")
    there = tuple(level for level in codebook.units.levels if level in responses)
    bootstraps = settings.evaluation.bootstraps
    instrument = assess_scales(responses, codebook, design, there, bootstraps, settings.seed)
    tell("whether scales mean the same for groups")
    attributes = _attributes(responses, codebook)
    invariance = assess_invariance(responses, codebook, design, attributes, culture.floor)
    pair, trend, moved = None, None, None
    if before is not None and earlier is not None:
        tell("trend")
        pair = compare_waves(before.responses, responses, codebook, culture)
        trend = measure_trend(pair)
        moved = measure_unit_changes(pair, (earlier, grouping))
    questions = find_questions(responses, codebook, culture)
    changed = None
    if pair is not None and earlier is not None:
        changed = change_questions(pair, (earlier, grouping), questions)
    tell("unwanted behaviour")
    conduct = measure_conduct(responses, now.scales, codebook, design, culture, pair)
    return MeasuredCulture(
        waves,
        levels,
        grouping,
        earlier,
        unasked,
        design,
        attributes,
        instrument,
        invariance,
        trend,
        moved,
        questions,
        changed,
        conduct,
    )


def group_culture(
    waves: Waves, only: tuple[str, ...] = ()
) -> tuple[tuple[str, ...], Grouping, tuple[str, ...]]:
    """Give the unit levels that are told, groups of these, and the dimensions nobody answered.

    Raises
    ------
    AlikeError, CultureError, GroupError, MissingColumnsError, OneUnitError
        No climate can be measured.
    """
    responses = waves.now.responses
    unasked = require_culture(responses, waves.now.scales, waves.codebook, waves.settings)
    levels = only or default_levels(waves.codebook, responses)
    return levels, _group(waves.now, levels, waves), unasked


def find_culture(measured: MeasuredCulture, release: Rehearsal, tell: Tell) -> CultureFindings:
    """Choose what may be shown of a culture, screen the units among it, and say what drives."""
    waves = measured.waves
    now, permission = permit_culture(measured, release, tell)
    tell("climate")
    climate, asked = _climate(measured, permission), _asked(measured, permission)
    tell("worrying units")
    screenings, checks = _screen(now, measured)
    drivers = None
    if waves.choice is not None and now.admission.choice.tells_everyone:
        drivers = _drivers(now, waves, waves.choice.stored, screenings, tell)
    return CultureFindings(
        waves.codebook,
        waves.settings,
        now.intake,
        now.grouping,
        permission,
        measured.instrument,
        measured.invariance,
        climate,
        asked,
        measured.trend,
        screenings,
        checks,
        measured.conduct,
        drivers,
        measured.unasked,
        tell_register(now, permission.figures, waves.codebook, waves.settings),
        waves.remarks,
        culture_beside(now, waves),
    )


def permit_culture(
    measured: MeasuredCulture, release: Rehearsal, tell: Tell
) -> tuple[Wave, Permission]:
    """Choose the groups and figures that may be told of a culture."""
    waves, before = measured.waves, None
    if waves.before is not None and measured.earlier is not None:
        before = _admit(waves.before, measured.earlier, measured.questions, release, tell)
    now = _admit(waves.now, measured.grouping, measured.questions, release, tell)
    return now, _permit(measured, now, before, release)


def _group(wave: ReadWave, levels: tuple[str, ...], waves: Waves) -> Grouping:
    """Group a wave by some unit levels, crossed with nothing."""
    people = wave.people
    grouping = make_groups(
        wave.responses, waves.codebook, levels, waves.settings, population=people.counts
    )
    return name_groups(people.mark(grouping), waves.codebook, waves.now.intake.units)


def _admit(
    wave: ReadWave,
    grouping: Grouping,
    questions: DimensionQuestions,
    release: Rehearsal,
    tell: Tell,
) -> Wave:
    tell(f"find what could be derived of {wave.name}")
    asked = release.request.codebook, release.request.settings
    bases = culture_bases(wave.scales, *asked)
    answers = answer_questions(wave.responses, wave.scales, asked[0], questions)
    every = np.ones(len(grouping.groups), dtype=bool)
    bases |= question_bases(answers, questions, asked[1], every)
    admission = release.admit(wave.intake, grouping, bases, wave.name)
    return Wave(wave.intake, wave.scales, admission, wave.people.weights)


def _permit(
    measured: MeasuredCulture, now: Wave, before: Wave | None, release: Rehearsal
) -> Permission:
    """Choose the figures beside the groups that may be shown, of both waves."""
    codebook, settings = measured.waves.codebook, measured.waves.settings
    trend, minimum = measured.trend, settings.disclosure.minimum
    offered = offer_figures(now, measured.attributes, codebook, settings)
    mix: Figures = {}
    earlier: Figures = {}
    if before is not None and trend is not None:
        mix = mix_figures(now.responses, trend.mix, "n_now", codebook, minimum)
        # Parts that other tables tell of too are offered by those, or not at all.
        offered |= {n: part for n, part in mix.items() if n.of[0] not in measured.attributes}
        earlier = mix_figures(before.responses, trend.mix, "n_before", codebook, minimum)
        earlier = release.figures(before.admission, earlier)
    # Last, so that what a register tells takes the place of no other figure.
    of_register = offer_register(now, codebook, settings)
    rounded = rounded_register(now, of_register, codebook, settings)
    names = frozenset(release.figures(now.admission, offered | of_register, rounded))
    return Permission(
        now.admission.shown,
        now.admission.choice.reasons,
        now.admission.choice.tells_everyone,
        frozenset(before.admission.names) if before else frozenset(),
        before is not None and before.admission.choice.tells_everyone,
        names,
        few_answers(now, codebook, settings) | few_questions(now, measured.questions),
        few_answers(before, codebook, settings) | few_questions(before, measured.questions),
        told_conduct(measured.conduct, now, names, codebook, settings),
        told_compared(measured.invariance.groups, now, names, codebook, settings),
        told_mix(trend, now, before, names & set(mix) & set(earlier), codebook),
        now.admission.earlier.releases,
    )


def _climate(measured: MeasuredCulture, permission: Permission) -> Climate:
    """Measure dimensions in the groups that may be told of them."""
    waves, culture = measured.waves, measured.waves.settings.culture
    names = [own.name for own in find_dimensions(waves.codebook, culture)]
    return measure_climate(
        waves.now.scales,
        measured.grouping,
        measured.design,
        waves.codebook,
        culture,
        seed=waves.settings.seed,
        previous=measured.moved,
        told_of=_told_of(names, measured.grouping, permission),
    )


def _asked(measured: MeasuredCulture, permission: Permission) -> pd.DataFrame:
    """Measure questions in the groups that may be told of them."""
    waves, questions, grouping = measured.waves, measured.questions, measured.grouping
    now, seed = waves.now, waves.settings.seed
    answers = answer_questions(now.responses, now.scales, waves.codebook, questions)
    told_of, changed = _told_of([*questions.dimension_of], grouping, permission), measured.changed
    about = grouping, measured.design, questions
    return measure_questions(answers, *about, seed=seed, changes=changed, told_of=told_of)


def _told_of(names: Sequence[str], grouping: Grouping, permission: Permission) -> ToldOf:
    """Say which groups may be told of dimensions, or questions, in this wave and the one before."""
    groups = grouping.groups.index
    rows = {name: pd.DataFrame({"group": groups, "dimension": name}) for name in names}
    return ToldOf(
        {n: permission.shown & ~permission.hides(own) for n, own in rows.items()},
        {
            n: groups.isin(permission.before) & ~permission.hid_before(own)
            for n, own in rows.items()
        },
    )


def _attributes(responses: Responses, codebook: Codebook) -> dict[str, pd.Series]:
    """Part people by what no scale may depend on: audit attributes, education, largest unit."""
    education = codebook.concepts.get("opleiding")
    wanted = [column.name for column in codebook.with_role("audit")]
    wanted += [education.column] if education is not None and education.column else []
    told = [
        name
        for name in dict.fromkeys(wanted)
        if name in responses and (codebook.columns[name].codes or codebook.columns[name].bands)
    ]
    traits = read_traits(responses, told, codebook)
    found = {name: traits[name].where(traits[name] != UNKNOWN) for name in told}
    largest = codebook.units.levels[0]
    if largest in responses and 1 < responses[largest].nunique() <= _MOST_CODES:
        found[largest] = responses[largest].astype("object")
    return {name: group for name, group in found.items() if len(group.dropna().unique()) > 1}


def _barred(measured: MeasuredCulture) -> dict[str, frozenset[str]]:
    """Give the largest units, by their ids, to which each scale means something else."""
    largest, sectors = measured.waves.codebook.units.levels[0], measured.grouping.groups["sector"]
    ids = {str(sector): GroupPath.parse(sector).code(largest) for sector in sectors}
    return {
        scale: frozenset(sector for sector, code in ids.items() if code in codes)
        for scale, codes in measured.invariance.barred(largest).items()
    }


def _screen(
    now: Wave, measured: MeasuredCulture
) -> tuple[dict[str, Screening], dict[str, ScreeningChecks]]:
    """Screen the units that may be shown, level by level; the largest only when it is alone."""
    design, barred = measured.design, _barred(measured)
    codebook, settings = measured.waves.codebook, measured.waves.settings
    groups, largest = now.grouping.groups, codebook.units.levels[0]
    levels = [level for level in codebook.units.levels if (groups["level"] == level).any()]
    levels = [level for level in levels if level != largest] or levels
    screenings, checks = {}, {}
    told = _told_pair(now, codebook, settings)
    for level in levels:
        rows = np.flatnonzero((groups["level"] == level).to_numpy() & told)
        if not len(rows):
            continue
        part = replace(
            now.grouping, groups=groups.iloc[rows], members=csr_array(now.grouping.members[rows])
        )
        screened = gather_units(now.scales, part, design, codebook, settings.culture, barred)
        screenings[level] = screen_units(screened, codebook, settings.culture, settings.seed)
        if level == codebook.units.cluster and screenings[level].reason is None:
            checks[level] = check_screening(
                screened, design.cluster, codebook, settings.culture, settings.seed
            )
    return screenings, checks


def _told_pair(now: Wave, codebook: Codebook, settings: Settings) -> Mask:
    """Say of each group whether it is told of both dimensions that units are screened on."""
    dimensions = find_dimensions(codebook, settings.culture)
    places, told = find_pair(dimensions, codebook, settings.culture), now.admission.shown
    if isinstance(places, list):
        figures = [told_by(dimensions[place].name) for place in places]
        for figure in set(figures) & set(now.admission.told_of):
            told = told & now.admission.tells(figure)
    return told


def _drivers(
    now: Wave, waves: Waves, stored: Stored, screenings: Mapping[str, Screening], tell: Tell
) -> pd.DataFrame:
    """Say what goes with more or less intention to leave in each listed unit than among all."""
    grouping, responses, settings = now.grouping, now.responses, waves.settings
    if not set(stored.codebook.units.levels) <= set(responses):
        raise ModelFolderError(
            f"{stored.folder.name}: was trained on another survey "
            f"({stored.codebook.survey.name}). Give --models of this survey, or leave it out."
        )
    listed = [
        str(unit)
        for screening in screenings.values()
        for unit in screening.units.loc[screening.units["is_listed"].astype(bool), "unit"]
    ]
    rows = Rows(responses, now.scales, grouping.members)
    batching = Batching(settings.wave.batch, settings.drivers.largest_gap, waves.engine)
    scored = score_groups(stored.model, rows, batching, tell)
    weight = responses["weight"].to_numpy(dtype=float)[scored.sample_rows]
    wave = compare_wave(scored.sample, stored.reference, weight, settings.wave, len(responses))
    refuse_different(wave, settings.wave, stored.model.target)
    index = grouping.groups.index
    places = index.get_indexer(pd.Index(listed))
    everyone = np.full(len(places), index.get_indexer(pd.Index([EVERYONE]))[0])
    shown = now.admission.shown
    found = contrast_drivers(scored, grouping.groups, places, everyone, shown, settings.seed)
    return found.assign(group=index[found["group"].to_numpy(dtype=np.intp)])
