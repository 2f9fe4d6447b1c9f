"""Two models of one outcome, and what they make of one survey."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blijfwijzer.errors import ComparisonError
from blijfwijzer.estimation.design import Design
from blijfwijzer.governance.places import governed
from blijfwijzer.progress import Tell
from blijfwijzer.records.model_choice import ModelChoice, choose_model
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.records.provenance import provenance
from blijfwijzer.release.request import Request
from blijfwijzer.risk.rivals import Rivals
from blijfwijzer.runs.models.explained import Explained, contribute_intake, refuse_drift
from blijfwijzer.runs.waves import wave_of
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.intake import Intake, read_survey, require_enough


@dataclass(frozen=True)
class CompareRequest:
    """What is asked of two models."""

    first: Path
    """A model folder, a folder of them, or an address in the registry."""
    second: Path
    survey: Path
    target: str = ""
    """Outcome, where a folder holds models of several."""
    settings: Settings | Path | None = None
    """Those of the second model when left out."""
    by: tuple[str, ...] = ()
    """Unit levels of the groups that are flagged; the cluster when empty."""
    learnt: tuple[Path, ...] = ()
    """Files that the models were trained on, where that is another wave than the survey."""


@dataclass(frozen=True)
class ModelPair:
    """What two models make of one survey; of single people, so nothing is written of it."""

    first: Explained
    second: Explained
    by: tuple[str, ...]
    """Unit levels of groups."""
    learnt: tuple[Path, ...] = ()
    """Files that they were trained on."""

    @property
    def each(self) -> tuple[Explained, Explained]:
        """Both, in order."""
        return self.first, self.second

    @property
    def settings(self) -> Settings:
        """By which they are compared."""
        return self.second.settings

    @property
    def target(self) -> str:
        """The outcome that both are of."""
        return self.second.stored.model.target

    @property
    def wave(self) -> str:
        """What the survey is called in the ledger."""
        return wave_of(self.second.file)

    def request(self, kind: str, **asked: str) -> Request:
        """Say what is asked to be shown of them."""
        return request_of(kind, {"first": self.first, "second": self.second}, self.by, **asked)


def request_of(
    kind: str, models: Mapping[str, Explained], by: tuple[str, ...], **asked: str
) -> Request:
    """Say what is asked to be shown of models, the last of which is read by its settings.

    Parameters
    ----------
    models : what each is called to what it makes of the survey
    """
    last = list(models.values())[-1]
    codebook, settings, wave = last.stored.codebook, last.settings, wave_of(last.file)
    origin = provenance(last.intake.sha256, codebook, settings)
    for name, one in models.items():
        origin[f"model_{name}"] = one.stored.folder.name
        origin[f"model_{name}_sha256"] = one.stored.manifest.sha256
    target = last.stored.model.target
    told = {"target": target, "by": list(by), **asked}
    stored = tuple(one.stored for one in models.values())
    return Request(kind, codebook, settings, wave, (f"rate:{target}",), origin, told, stored)


def rivals_of(explained: Explained, first: Array, second: Array) -> Rivals:
    """Put two risks beside the answers of a survey.

    Parameters
    ----------
    first, second : risk per response, of models that were not fitted on it; NaN of others
    """
    design = Design.of_units(explained.weight, explained.units)
    return Rivals(explained.answers, first, second, design)


def read_pair(asked: CompareRequest, tell: Tell) -> ModelPair:
    """Read a survey, and work out what two models make of each answer.

    Raises
    ------
    ComparisonError
        They are one model, or are of different surveys, outcomes or people.
    WaveTooDifferentError
        One of them cannot read the survey.
    """
    packs = load_settings(asked.settings).packs
    first, second = (
        choose_model(place, asked.target, packs) for place in (asked.first, asked.second)
    )
    refuse_unlike(first.stored, second.stored)
    settings = load_settings(asked.settings or second.stored.settings)
    settings = governed(settings, second.stored.folder)
    settings = settings.spoken(second.stored.codebook.survey.language)
    tell(f"read {asked.survey.name}")
    intake = _read(second.stored, asked.survey)
    is_alike = _reads_as(first.stored) == _reads_as(second.stored)
    other = intake if is_alike else _read(first.stored, asked.survey)
    refuse_other_people(other, intake)
    pair = ModelPair(
        contribute_intake(first, settings, other, tell),
        contribute_intake(second, settings, intake, tell),
        asked.by or (second.stored.codebook.units.cluster,),
        asked.learnt,
    )
    _refuse_other_answers(pair)
    for one in pair.each:
        refuse_drift(one)
    return pair


def read_alone(choice: ModelChoice, survey: Path, settings: Settings, tell: Tell) -> Explained:
    """Read a survey, and work out what one model makes of each answer.

    Raises
    ------
    ComparisonError
        The survey does not ask the outcome.
    WaveTooDifferentError
        The model cannot read the survey.
    """
    tell(f"read {survey.name}")
    intake = _read(choice.stored, survey)
    explained = contribute_intake(choice, settings, intake, tell)
    _refuse_unasked(explained)
    refuse_drift(explained)
    return explained


def refuse_unlike(first: Stored, second: Stored) -> None:
    """Refuse two models that are one, or that foresee other things.

    Raises
    ------
    ComparisonError
    """
    if first.manifest.sha256 == second.manifest.sha256:
        raise ComparisonError(
            f"{first.folder.name}: both are this model. Name two models, or two versions in the "
            "registry."
        )
    for what, one, other in (
        ("outcomes", first.model.target, second.model.target),
        ("surveys", first.codebook.survey.name, second.codebook.survey.name),
    ):
        if one != other:
            raise ComparisonError(
                f"{first.folder.name} and {second.folder.name}: are of two {what}: {one} and "
                f"{other}. Compare models of one outcome of one survey."
            )


def _reads_as(stored: Stored) -> tuple[str, str]:
    """Give all that decides how a model's survey is read."""
    return stored.codebook.model_dump_json(), stored.settings.intake.model_dump_json()


def _read(stored: Stored, survey: Path) -> Intake:
    """Read a survey as that which a model was trained on was read."""
    own = stored.settings.intake
    intake = read_survey(survey, stored.codebook, own)
    require_enough(intake, own.minimum_responses)
    return intake


def refuse_other_people(first: Intake, second: Intake) -> None:
    """Refuse two readings of one survey that accept other forms.

    Raises
    ------
    ComparisonError
    """
    one, other = (set(intake.rejected["row"]) for intake in (first, second))
    if one != other:
        raise ComparisonError(
            f"{second.file}: {len(one ^ other)} of {second.rows} forms are accepted for one model "
            "and refused for the other, by their codebooks and settings of intake. Train both "
            "with one codebook and [intake]."
        )


def _refuse_other_answers(pair: ModelPair) -> None:
    first, second = (one.answers for one in pair.each)
    differ = int((~((first == second) | (np.isnan(first) & np.isnan(second)))).sum())
    if differ:
        raise ComparisonError(
            f"{pair.second.file}: {pair.target} is not the same for both models in {differ} of "
            f"{len(first)} responses, by the rules or cuts that they were trained with. Train "
            "both by one rule."
        )
    _refuse_unasked(pair.second)


def _refuse_unasked(explained: Explained) -> None:
    answers, target = explained.answers, explained.stored.model.target
    if len(np.unique(answers[~np.isnan(answers)])) < 2:
        raise ComparisonError(
            f"{explained.file}: {target} is known of {int((~np.isnan(answers)).sum())} of "
            f"{len(answers)} responses, with fewer than two different values, so that models "
            "cannot be held against it. Give a survey that asks it."
        )
