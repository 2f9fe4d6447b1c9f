"""Which commands can use a survey, told by what each of them refuses it by."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.checks.models import find_leaks
from blijfwijzer.claims.verdicts import Verdict, run_claims
from blijfwijzer.errors import BlijfwijzerError, GroupError
from blijfwijzer.groups.grouping import EVERYONE, Grouping, make_groups
from blijfwijzer.progress import silent
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.screen import SCREEN, Foretold
from blijfwijzer.records.model_choice import ModelChoice, choose_models
from blijfwijzer.records.tracking import refuse_untracked
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.training import prepare, refuse_leaks
from blijfwijzer.runs.claims import evidence_of
from blijfwijzer.runs.culture.findings import default_levels, group_culture
from blijfwijzer.runs.score import read_for_models
from blijfwijzer.runs.scoring.targets import NewWave, compare_with_training
from blijfwijzer.runs.train import refuse_undrawn
from blijfwijzer.runs.training.checks import check_drift
from blijfwijzer.runs.waves import ReadWave, Waves, wave_of, without_outcomes
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, Outcome
from blijfwijzer.survey.intake import Intake, read_survey, require_enough
from blijfwijzer.survey.labels import called
from blijfwijzer.survey.scales import hold_scales, score_scales
from blijfwijzer.survey.texts import Message

_FEWEST_DRAWS = 50
"""Draws of a claim that is tested only to see whether it can be; its figures are not looked at."""


def foretell(
    intake: Intake, survey: Path, codebook: Codebook, settings: Settings, models: Path | None
) -> tuple[Foretold, ...]:
    """Tell which commands can use a survey: train of each outcome, score, climate, claims, each.

    Nothing is fitted or chosen: a training may still find that its model is too good to be true,
    and the gate shows of the units what it can beside earlier releases, which `--preview` tells.

    Parameters
    ----------
    intake : the survey, with its faults if it has any
    models : folder or pack of models that would score it; `score` is left out without one
    """
    told = [_train(intake, codebook, outcome, settings) for outcome in codebook.outcomes.values()]
    if models is not None:
        told.append(_score(survey, models, settings))
    lenient = without_outcomes(codebook)
    try:
        read = intake
        if intake.errors:
            # A survey without the answers that outcomes are made of has a culture all the same.
            read = read_survey(survey, lenient, settings.intake)
        require_enough(read, settings.intake.minimum_scored)
        refuse_untracked(settings.tracking)
    except BlijfwijzerError as error:
        return (*told, *(Foretold(name, False, str(error)) for name in ("climate", "claims")))
    scales = hold_scales(read.held, lenient)
    now = ReadWave(wave_of(survey), read, scales)
    waves = Waves(now, None, lenient, settings, None)
    return (*told, _climate(waves), *_claims(waves))


def _train(intake: Intake, codebook: Codebook, outcome: Outcome, settings: Settings) -> Foretold:
    command = f"train {outcome.name}"
    try:
        if intake.errors:
            raise intake.errors[0]
        refuse_undrawn()
        refuse_untracked(settings.tracking)
        require_enough(intake, settings.intake.minimum_responses)
        scales = score_scales(intake.held, codebook)
        single = refuse_leaks(prepare(intake.held, scales, codebook, outcome, settings))
    except BlijfwijzerError as error:
        return Foretold(command, False, str(error))
    leaks = find_leaks(single, outcome.ceiling, outcome.name, called(codebook))
    cluster, found = codebook.units.cluster, (*leaks,)
    try:
        grouping = make_groups(intake.held, codebook, [cluster], settings)
    except GroupError:
        return Foretold(command, True, "of no unit", 0, found)
    return Foretold(command, True, groups=_units(grouping, (cluster,)), found=found)


def _score(survey: Path, models: Path, settings: Settings) -> Foretold:
    try:
        chosen = choose_models(models, settings.packs)
        intake, codebook = read_for_models(survey, chosen, settings, silent)
        levels = default_levels(codebook, intake.held)
        grouping = make_groups(intake.held, codebook, levels, settings)
        scales = score_scales(intake.held, codebook)
        wave = NewWave(intake, scales, grouping, codebook, levels, settings)
        found = [message for choice in chosen.values() for message in _read_by(choice, wave)]
    except BlijfwijzerError as error:
        return Foretold("score", False, str(error))
    told = f"by {', '.join(levels)}"
    return Foretold("score", True, told, _units(grouping, levels), tuple(dict.fromkeys(found)))


def _read_by(choice: ModelChoice, wave: NewWave) -> list[Message]:
    """Refuse a wave that a model cannot read, and say where it differs from what that learnt from.

    Of a survey larger than one batch it is told by responses spread over the file.
    """
    count, schema = len(wave.responses), choice.stored.model.schema
    rows = np.linspace(0, count - 1, min(count, wave.settings.wave.batch)).astype(np.intp)
    some = replace(wave, intake=replace(wave.intake, held=wave.responses.take(rows)))
    built = build_features(some.responses, wave.scales.iloc[rows].reset_index(drop=True), schema)
    compared = compare_with_training(choice.stored, built, some, np.arange(len(rows)))
    return list(check_drift(compared, choice.stored.codebook))


def _climate(waves: Waves) -> Foretold:
    try:
        levels, grouping, _ = group_culture(waves)
    except BlijfwijzerError as error:
        return Foretold("climate", False, str(error))
    return Foretold("climate", True, f"by {', '.join(levels)}", _units(grouping, levels))


def _claims(waves: Waves) -> Iterator[Foretold]:
    """Test the claims, and tell only whether each could be."""
    try:
        require_enough(waves.now.intake, waves.settings.intake.minimum_responses)
    except BlijfwijzerError as error:
        yield Foretold("claims", False, str(error))
        return
    culture = waves.settings.culture.model_copy(update={"bootstraps": _FEWEST_DRAWS})
    few = replace(waves, settings=waves.settings.model_copy(update={"culture": culture}))
    try:
        verdicts = run_claims(evidence_of(waves.now, few))
    except BlijfwijzerError as error:
        yield Foretold("claims", False, str(error))
        return
    can = sum(verdict.verdict != "not testable" for verdict in verdicts)
    yield Foretold("claims", True, f"{can} of {len(verdicts)} claims can be tested")
    yield from map(_claim, verdicts)


def _claim(verdict: Verdict) -> Foretold:
    can = verdict.verdict != "not testable"
    why = "" if can else " ".join(write(reason, SCREEN) for reason in verdict.reason)
    return Foretold.of_claim(verdict.claim.id, can, why)


def _units(grouping: Grouping, levels: tuple[str, ...]) -> int:
    groups: pd.DataFrame = grouping.groups
    return int((groups["level"].isin(levels) & (groups.index != EVERYONE)).sum())
