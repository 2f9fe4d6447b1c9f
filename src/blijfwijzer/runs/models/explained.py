"""What a stored model makes of a survey; of single people, so nothing is written of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.drivers.contributions import Contributed, Contributions
from blijfwijzer.drivers.row_batches import Batching, contribute_rows
from blijfwijzer.engines.engine import LOCAL, Engine
from blijfwijzer.estimation.design import Design
from blijfwijzer.governance.places import governed
from blijfwijzer.progress import Tell
from blijfwijzer.records.model_choice import ModelChoice, choose_model
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import expect_tracking
from blijfwijzer.release.breakdown import Breakdown, admit_breakdown, refuse_near
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.release.request import Request
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.risk.features import Features, build_features
from blijfwijzer.risk.waves import compare_wave, refuse_different
from blijfwijzer.runs.waves import wave_of
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.intake import Intake, read_survey, require_enough
from blijfwijzer.survey.rule_truth import label
from blijfwijzer.survey.rules import conditions_of
from blijfwijzer.survey.scales import score_scales


@dataclass(frozen=True)
class ExplainRequest:
    """What is asked of an explanation."""

    model: Path
    """A model folder, or a folder of them."""
    survey: Path
    target: str = ""
    """Outcome, where the folder holds models of several."""
    settings: Settings | Path | None = None
    """Those of the model when left out."""
    against: tuple[Path, ...] = ()
    """A file of an earlier wave, and a model folder or address in the registry: one of each at
    most."""
    engine: Engine = LOCAL
    """Where the work on its rows is done; no output tells."""


@dataclass(frozen=True)
class Explained:
    """What a stored model makes of another wave; of single people, so nothing is written of it."""

    choice: ModelChoice
    settings: Settings
    file: str
    """Name of the survey's file."""
    intake: Intake
    built: Features
    answers: Array
    """Outcome per response: 1, 0, or NaN where not known."""
    contributions: Contributions

    @property
    def stored(self) -> Stored:
        """The model that is explained."""
        return self.choice.stored

    @property
    def contributed(self) -> Contributed:
        """Contributions beside the answers that they are of."""
        model = self.stored.model
        return Contributed(self.contributions, self.built.frame, model.schema, model.trees)

    @property
    def weight(self) -> Array:
        """Per response."""
        return self.intake.held["weight"].to_numpy(dtype=float)

    @property
    def units(self) -> pd.Series:
        """Where each respondent works, as wholes are resampled."""
        return self.intake.held[self.stored.codebook.units.cluster]

    @property
    def predictions(self) -> Predictions:
        """What is predicted of each response, beside what it answered."""
        design = Design.of_units(self.weight, self.units)
        return Predictions(self.answers, self.contributions.risk, design)

    def request(self, kind: str, beside: Mapping[str, str] | None = None) -> Request:
        """Say what is asked to be shown of it, by what makes that.

        Parameters
        ----------
        beside : origin of what else it is held against
        """
        codebook, target = self.stored.codebook, self.stored.model.target
        origin = provenance(self.intake.sha256, codebook, self.settings)
        origin |= {**self.stored.origin, **(beside or {})}
        asked, statistics = {"target": target}, (f"rate:{target}",)
        about = codebook, self.settings, wave_of(self.file)
        return Request(kind, *about, statistics, origin, asked, (self.stored,))

    def break_down(self, release: Rehearsal) -> Breakdown:
        """Choose by which units and backgrounds it may be told of.

        Raises
        ------
        DisclosureError
            Nearly the same people were told of before.
        """
        found = admit_breakdown(release, self.intake, self.answers, self.contributions.risk)
        refuse_near(found.admission, self.file)
        return found


def contribute_wave(request: ExplainRequest, tell: Tell) -> Explained:
    """Read a wave, and work out what each answer adds to each risk.

    Raises
    ------
    WaveTooDifferentError
        The model cannot read it.
    """
    # What a model was trained with says nothing of whom its user trusts.
    packs = load_settings(request.settings).packs
    choice = choose_model(request.model, request.target, packs)
    codebook = choice.stored.codebook
    settings = load_settings(request.settings or choice.stored.settings)
    settings = governed(settings, choice.stored.folder).spoken(codebook.survey.language)
    expect_tracking(settings.tracking)
    tell(f"read {request.survey.name}")
    intake = read_survey(request.survey, codebook, settings.intake)
    require_enough(intake, settings.intake.minimum_responses)
    explained = contribute_intake(choice, settings, intake, tell, request.engine)
    refuse_drift(explained)
    return explained


def contribute_intake(
    choice: ModelChoice, settings: Settings, intake: Intake, tell: Tell, engine: Engine = LOCAL
) -> Explained:
    """Work out what each answer of a survey that was read adds to each risk."""
    stored, model = choice.stored, choice.stored.model
    codebook = stored.codebook
    scales = score_scales(intake.held, codebook)
    built = build_features(intake.held, scales, model.schema)
    outcome = codebook.outcomes[model.target]
    answers = np.full(len(intake.held), np.nan)
    asked = {condition.source for condition in conditions_of(outcome.rule)}
    if asked <= {*intake.held, *scales}:
        labelled = label(intake.held, scales, codebook, outcome, model.thresholds)
        answers = labelled.values.to_numpy(dtype=float)
    tell("explain")
    batching = Batching(settings.wave.batch, settings.drivers.largest_gap, engine)
    contributions = contribute_rows(model, built.frame, batching, tell)
    return Explained(choice, settings, intake.file, intake, built, answers, contributions)


def refuse_drift(explained: Explained) -> None:
    """Refuse a wave that a model cannot read, as `score` does.

    Raises
    ------
    WaveTooDifferentError
    """
    stored, weight, settings = explained.stored, explained.weight, explained.settings.wave
    compared = compare_wave(explained.built, stored.reference, weight, settings, len(weight))
    refuse_different(compared, settings, stored.model.target)


def count_told(breakdown: Breakdown, intake: Intake) -> dict[str, int]:
    """Count what was read and shown, for the run's record."""
    told, refused = breakdown.admission.told, len(intake.rejected)
    forms = {"forms": intake.rows, "accepted": len(intake.held), "refused": refused}
    return {**forms, "shown": int(told.sum()), "withheld": int((~told).sum())}
