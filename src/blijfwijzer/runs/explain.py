"""The story of `explain`: what drives a stored model in another wave."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.checks.findings import Finding, find
from blijfwijzer.drivers.contributions import Contributed, Contributions, contribute, refuse_gap
from blijfwijzer.drivers.profiles import Drivers, profile
from blijfwijzer.errors import refuse_without
from blijfwijzer.estimation.design import Design
from blijfwijzer.files import refuse_strange
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.canvas import Subject
from blijfwijzer.publish.facts import clear_rejected
from blijfwijzer.publish.release_files import csv_file
from blijfwijzer.publish.review_page import draw_review, render_review
from blijfwijzer.publish.review_tables import Review, review_chapter
from blijfwijzer.publish.screen import SCREEN
from blijfwijzer.publish.texts import write
from blijfwijzer.publish.training_files import driver_tables, picture_files, table_files
from blijfwijzer.records.model_choice import ModelChoice, choose_model
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import expect_tracking
from blijfwijzer.release.breakdown import Breakdown, admit_breakdown
from blijfwijzer.release.folder import RECORD
from blijfwijzer.release.overlap import Overlap, find_overlap
from blijfwijzer.release.preview import Found, Wish
from blijfwijzer.release.publication import Publication, publication
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.release.request import Request
from blijfwijzer.release.shown import Shown
from blijfwijzer.risk.evaluation import Evaluation, Predictions, evaluate
from blijfwijzer.risk.features import Features, build_features
from blijfwijzer.risk.protection import protect_evaluation
from blijfwijzer.risk.waves import WaveComparison, compare_wave
from blijfwijzer.runs.tracked import track_explained
from blijfwijzer.runs.train_checks import check_drift, check_slope, check_survey
from blijfwijzer.runs.waves import wave_of
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.intake import Intake, read_survey, require_enough
from blijfwijzer.survey.rule_truth import label
from blijfwijzer.survey.rules import conditions_of
from blijfwijzer.survey.scales import score_scales

PAGE = "review.html"


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
        return self.intake.responses["weight"].to_numpy(dtype=float)

    @property
    def units(self) -> pd.Series:
        """Where each respondent works, as wholes are resampled."""
        return self.intake.responses[self.stored.codebook.units.cluster]

    @property
    def predictions(self) -> Predictions:
        """What is predicted of each response, beside what it answered."""
        design = Design.of_units(self.weight, self.units)
        return Predictions(self.answers, self.contributions.risk, design)

    def request(self, kind: str) -> Request:
        """Say what is asked to be shown of it, by what makes that."""
        codebook, target = self.stored.codebook, self.stored.model.target
        origin = provenance(self.intake.sha256, codebook, self.settings) | self.stored.origin
        asked, statistics = {"target": target}, (f"rate:{target}",)
        wave = wave_of(self.file)
        return Request(kind, codebook, self.settings, wave, statistics, origin, asked)

    def admit(self, release: Rehearsal) -> Breakdown:
        """Choose by which units and backgrounds it may be told of."""
        return admit_breakdown(release, self.intake, self.answers, self.contributions.risk)


def explain(request: ExplainRequest, output: Path, ledgers: Path | None) -> Shown:
    """Show what drives a model's risk in another wave.

    Parameters
    ----------
    ledgers : folder of the ledgers; beside the folder of models when None
    """
    refuse_without("matplotlib", "explain", "the pictures of an explanation")
    refuse_strange(output, RECORD)
    with show_progress() as tell:
        explained = contribute_wave(request, tell)
        own = ledgers or explained.stored.ledgers
        shown = publish_explanation(explained, output, own, tell)
    print(shown)
    if request.model != explained.stored.folder:
        print(f"  {explained.choice}")
    return shown


def contribute_wave(request: ExplainRequest, tell: Tell) -> Explained:
    """Read a wave, and work out what each answer adds to each risk."""
    choice = choose_model(request.model, request.target)
    codebook = choice.stored.codebook
    settings = load_settings(request.settings or choice.stored.settings)
    settings = settings.spoken(codebook.survey.language)
    expect_tracking(settings.tracking)
    tell(f"read {request.survey.name}")
    intake = read_survey(request.survey, codebook, settings.intake)
    require_enough(intake, settings.intake)
    return contribute_intake(choice, settings, intake, tell)


def contribute_intake(
    choice: ModelChoice, settings: Settings, intake: Intake, tell: Tell
) -> Explained:
    """Work out what each answer of a survey that was read adds to each risk."""
    stored, model = choice.stored, choice.stored.model
    codebook = stored.codebook
    scales = score_scales(intake.responses, codebook)
    built = build_features(intake.responses, scales, model.schema)
    outcome = codebook.outcomes[model.target]
    answers = np.full(len(intake.responses), np.nan)
    asked = {condition.source for condition in conditions_of(outcome.rule)}
    if asked <= {*intake.responses, *scales}:
        labelled = label(intake.responses, scales, codebook, outcome, model.thresholds)
        answers = labelled.values.to_numpy(dtype=float)
    tell("explain")
    contributions = contribute(model, built.frame)
    refuse_gap(contributions, settings.drivers.largest_gap, model.target)
    return Explained(choice, settings, intake.file, intake, built, answers, contributions)


def publish_explanation(explained: Explained, output: Path, ledgers: Path, tell: Tell) -> Shown:
    """Write what drives a model's risk by what may be shown."""
    stored, settings, intake = explained.stored, explained.settings, explained.intake
    target = stored.model.target
    with publication(output, explained.request("explain"), ledgers) as release:
        breakdown = explained.admit(release)
        drivers = _profile(explained, breakdown)
        tell("evaluate")
        overlap = find_overlap(release, stored, explained.units)
        evaluation = _evaluate(explained, breakdown, overlap)
        tell("draw")
        page = _page(explained, drivers, evaluation, overlap, release)
        files = {
            **picture_files(page.pictures),
            **driver_tables(page.drivers, page.edge),
            PAGE: render_review(page),
            **table_files({"answers_read": explained.built.counts}, page.edge),
            "tables/rejected.csv": csv_file(
                clear_rejected(intake.rejected, settings.disclosure.minimum)
            ),
        }
        release.publish(files, count_told(breakdown, intake))
    tracked = track_explained(release, stored, intake)
    said = f"{output / PAGE}: what drives {target} in {explained.file}."
    overlapping = f"  {write(overlap.message, SCREEN)}"
    return Shown.of(review_chapter(page), output, [said, overlapping, *release.said, *tracked])


def wish_explained(explained: Explained, kind: str) -> Wish:
    """Give what would be told of a model in a wave, to foretell how much may be.

    Parameters
    ----------
    kind : what tells it: explain or monitor
    """

    def find(release: Rehearsal) -> Found:
        return Found(count_told(explained.admit(release), explained.intake))

    return Wish(explained.request(kind), find)


def count_told(breakdown: Breakdown, intake: Intake) -> dict[str, int]:
    """Count what was read and shown, for the run's record."""
    told, refused = breakdown.admission.told, len(intake.rejected)
    forms = {"forms": intake.rows, "accepted": len(intake.responses), "refused": refused}
    return {**forms, "shown": int(told.sum()), "withheld": int((~told).sum())}


def _profile(explained: Explained, breakdown: Breakdown) -> Drivers:
    return profile(
        explained.contributed,
        explained.predictions.design,
        breakdown.groups,
        explained.settings.drivers,
        explained.settings.seed,
        [],
    )


def _evaluate(explained: Explained, breakdown: Breakdown, overlap: Overlap) -> Evaluation | None:
    """Measure how good the risk is on organisations that it does not know.

    Nothing where it knows all, or where not both outcomes are known. Where it knows some, the
    others must be people enough, as must those that are left out: what is told of the others would
    else tell of these few, beside what is told of everyone. For the same reason no groups are told.
    """
    known, settings = ~np.isnan(explained.answers), explained.settings
    if overlap.kind in ("file", "units"):
        return None
    if overlap.kind == "part":
        left_out = int((known & ~overlap.apart).sum())
        known &= overlap.apart
        if (
            known.sum() < settings.intake.minimum_responses
            or left_out < settings.disclosure.minimum
        ):
            return None
    if len(np.unique(explained.answers[known])) < 2:
        return None
    groups = {} if overlap.kind == "part" else breakdown.groups
    evaluation = evaluate(
        explained.predictions.take(known),
        explained.units[known],
        {name: group[known] for name, group in groups.items()},
        settings.evaluation,
        settings.seed,
    )
    return protect_evaluation(evaluation, breakdown.units, settings.disclosure.unanimity)


def _page(
    explained: Explained,
    drivers: Drivers,
    evaluation: Evaluation | None,
    overlap: Overlap,
    release: Publication,
) -> Review:
    """Draw what drives a risk, and gather what its page tells."""
    codebook = explained.stored.codebook
    outcome = codebook.outcomes[explained.stored.model.target]
    subject = Subject(codebook, outcome, explained.settings.language)
    return Review(
        subject=subject,
        intake=explained.intake,
        drivers=drivers,
        pictures=draw_review(drivers, evaluation, subject),
        warnings=(
            *release.remarks,
            *(() if overlap.kind == "apart" else (overlap.message,)),
        ),
        findings=_check(explained, evaluation),
        provenance=release.origin,
        settings=explained.settings,
        evaluation=evaluation,
        measured_on=overlap.message if evaluation is not None or overlap.is_known else None,
        measures=_measures_of_training(explained) if overlap.kind == "file" else None,
        wave=release.request.wave,
    )


def _check(explained: Explained, evaluation: Evaluation | None) -> tuple[Finding, ...]:
    """Check the wave, and the model in it."""
    told = [
        *(() if evaluation is None else check_slope(evaluation)),
        *check_drift(_compare(explained)),
        *check_survey(explained.intake),
    ]
    return find(told, explained.settings.checks.silenced)


def _compare(explained: Explained) -> WaveComparison:
    """Hold the wave against the survey that the model was trained on."""
    reference, weight = explained.stored.reference, explained.weight
    return compare_wave(explained.built, reference, weight, explained.settings.wave, len(weight))


def _measures_of_training(explained: Explained) -> pd.DataFrame:
    """Give the measures of the training, out of fold, as its model folder tells them."""
    overall = explained.stored.metrics["overall"]
    return pd.DataFrame.from_dict(overall, orient="index", dtype=float)[["value", "low", "high"]]
