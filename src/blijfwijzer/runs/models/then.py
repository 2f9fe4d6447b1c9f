"""What an explanation is held against: another model, another wave, or both."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.drivers.change import DriverChange, Side, split_change
from blijfwijzer.engines.engine import Engine
from blijfwijzer.errors import ComparisonError, DisclosureError
from blijfwijzer.groups.grouping import everyone_alone
from blijfwijzer.progress import Tell
from blijfwijzer.records.model_choice import ModelChoice, choose_model
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.runs.models.explained import (
    Explained,
    ExplainRequest,
    contribute_intake,
    refuse_drift,
)
from blijfwijzer.runs.models.pairs import refuse_other_people, refuse_unlike
from blijfwijzer.runs.waves import refuse_copies, refuse_one_name, wave_of
from blijfwijzer.settings import Settings
from blijfwijzer.survey.intake import Intake, read_survey, require_enough
from blijfwijzer.survey.parquet import is_parts
from blijfwijzer.survey.texts import Message, say


@dataclass(frozen=True)
class Against:
    """What two models make of two waves; of single people, so nothing is written of it."""

    then: tuple[Explained, Explained]
    """The people of then, by the model of then and by that of now."""
    now: tuple[Explained, Explained]
    """The people of now, by the same."""

    @property
    def has_other_model(self) -> bool:
        """Whether another model is held against."""
        return self.then[0].stored is not self.then[1].stored

    @property
    def has_other_wave(self) -> bool:
        """Whether another wave is held against."""
        return self.then[1] is not self.now[1]

    @property
    def origin(self) -> dict[str, str]:
        """What it is made from, beside the model and the survey that are explained."""
        origin, (first, _) = dict[str, str](), self.then
        if self.has_other_wave:
            origin["previous_sha256"] = first.intake.sha256
        if self.has_other_model:
            origin["model_then"] = first.stored.folder.name
            origin["model_then_sha256"] = first.stored.manifest.sha256
        return origin

    @property
    def message(self) -> Message:
        """Say what is held against what."""
        wave, folder = wave_of(self.then[0].file), self.then[0].stored.folder.name
        if not self.has_other_model:
            return say("change.against_wave", wave=wave)
        if not self.has_other_wave:
            return say("change.against_model", model=folder)
        return say("change.against_both", wave=wave, model=folder)


def read_against(explained: Explained, asked: ExplainRequest, tell: Tell) -> Against:
    """Read what an explanation is held against, and let both models explain both waves.

    Parameters
    ----------
    explained : the survey that is asked about

    Raises
    ------
    ComparisonError
        There are two of a kind, or a model is of another outcome or survey, or is the same.
    SameWaveError
        The earlier wave holds the answers of this one.
    WaveTooDifferentError
        A model cannot read a wave.
    """
    places = asked.against
    surveys = [place for place in places if place.is_file() or is_parts(place)]
    models = [place for place in places if place not in surveys]
    if max(len(surveys), len(models)) > 1:
        raise ComparisonError(
            f"{', '.join(map(str, places))}: are {len(surveys)} surveys and {len(models)} models "
            "to hold against. Give one of each at most."
        )
    choice, settings = explained.choice, explained.settings
    earlier = choose_model(models[0], explained.stored.model.target) if models else choice
    if models:
        refuse_unlike(earlier.stored, explained.stored)
    each = _Pair(earlier, choice, settings, tell, asked.engine)
    now = (each.first(asked.survey, explained), explained)
    then = now
    if surveys:
        (file,) = surveys
        refuse_one_name(wave_of(explained.file), file)
        tell(f"read {file.name}")
        before = _read(file, choice, settings)
        codebook, responses = explained.stored.codebook, explained.intake.responses
        refuse_copies(responses, before.responses, codebook, file)
        second = contribute_intake(choice, settings, before, tell, asked.engine)
        then = (each.first(file, second), second)
    for one in (*then, *now):
        refuse_drift(one)
    return Against(then, now)


@dataclass(frozen=True)
class _Pair:
    earlier: ModelChoice
    choice: ModelChoice
    settings: Settings
    tell: Tell
    engine: Engine

    def first(self, survey: Path, second: Explained) -> Explained:
        """Let the model of then explain what that of now explained."""
        if self.earlier is self.choice:
            return second
        own, other = self.earlier.stored.codebook, self.choice.stored.codebook
        intake = second.intake
        if own.model_dump_json() != other.model_dump_json():
            intake = _read(survey, self.earlier, self.settings)
            refuse_other_people(intake, second.intake)
        return contribute_intake(self.earlier, self.settings, intake, self.tell, self.engine)


def _read(survey: Path, choice: ModelChoice, settings: Settings) -> Intake:
    intake = read_survey(survey, choice.stored.codebook, settings.intake)
    require_enough(intake, settings.intake.minimum_responses)
    return intake


def admit_then(against: Against, release: Rehearsal) -> None:
    """Enter that the people of an earlier wave are told of, all together.

    Raises
    ------
    DisclosureError
        They differ by few from some that were told of before.
    """
    if not against.has_other_wave:
        return
    _, explained = against.then
    known, intake = ~np.isnan(explained.answers), explained.intake
    basis = Basis((explained.answers,)) if known.any() else Basis()
    (figure,) = release.request.statistics
    everyone = everyone_alone(intake.held)
    wave = wave_of(explained.file)
    admission = release.admit(intake, everyone, {figure: basis}, wave)
    if not admission.tells(figure).all():
        raise DisclosureError(
            f"{explained.file}: nearly the same people were told of before, so how drivers changed "
            "since then would tell of those few. Nothing was shown. Give the file that was told of."
        )


def measure_change(against: Against) -> DriverChange:
    """Split how drivers changed in what people answered and how it is weighed."""
    settings = against.now[1].settings
    then, now = (
        Side(first.contributed, second.contributed, second.weight, second.units)
        for first, second in (against.then, against.now)
    )
    return split_change(then, now, settings.drivers.bootstraps, settings.seed)
