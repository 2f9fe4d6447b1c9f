"""The story of `explain`: what drives a stored model in another wave."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.checks.findings import Finding, find
from blijfwijzer.drivers.gaps import explain_gaps
from blijfwijzer.drivers.profiles import Drivers, profile
from blijfwijzer.errors import refuse_without
from blijfwijzer.files import refuse_strange
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.facts import clear_rejected
from blijfwijzer.publish.files.release_files import csv_file
from blijfwijzer.publish.files.training_files import driver_tables, picture_files, table_files
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.change_page import Changed, change_tables, draw_change
from blijfwijzer.publish.pages.driver_sections import section_files
from blijfwijzer.publish.pages.review_page import draw_review, render_review
from blijfwijzer.publish.pictures.canvas import Subject
from blijfwijzer.publish.screen import SCREEN
from blijfwijzer.publish.tables.review_tables import Review, review_chapter
from blijfwijzer.release.breakdown import Breakdown, may_measure
from blijfwijzer.release.folder import RECORD
from blijfwijzer.release.overlap import Overlap, find_overlap
from blijfwijzer.release.preview import Found, Wish
from blijfwijzer.release.publication import Publication, publication
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.release.shown import Shown
from blijfwijzer.risk.evaluation import Evaluation, evaluate
from blijfwijzer.risk.model import is_constant
from blijfwijzer.risk.protection import protect_evaluation
from blijfwijzer.risk.waves import WaveComparison, compare_wave
from blijfwijzer.runs.models.explained import Explained, ExplainRequest, contribute_wave, count_told
from blijfwijzer.runs.models.then import Against, admit_then, measure_change, read_against
from blijfwijzer.runs.tracked import track_explained
from blijfwijzer.runs.training.checks import check_drift, check_slope, check_survey
from blijfwijzer.runs.training.review import audited

PAGE = "review.html"


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
        against = read_against(explained, request, tell) if request.against else None
        own = ledgers or explained.stored.ledgers
        shown = publish_explanation(explained, output, own, tell, against)
    print(shown)
    if request.model != explained.stored.folder:
        print(f"  {explained.choice}")
    return shown


def publish_explanation(
    explained: Explained,
    output: Path,
    ledgers: Path,
    tell: Tell,
    against: Against | None = None,
) -> Shown:
    """Write what drives a model's risk by what may be shown, and how that changed."""
    stored, settings, intake = explained.stored, explained.settings, explained.intake
    target = stored.model.target
    beside = {} if against is None else against.origin
    with publication(output, explained.request("explain", beside), ledgers) as release:
        change = None
        if against is not None:
            tell("hold against then")
            admit_then(against, release)
            change = Changed(against.message, measure_change(against))
        breakdown = explained.break_down(release)
        drivers = _profile(explained, breakdown)
        tell("evaluate")
        overlap = find_overlap(release, stored, explained.units)
        evaluation = _evaluate(explained, breakdown, overlap, release)
        tell("draw")
        page = _page(explained, drivers, evaluation, overlap, release, change)
        files = {
            **picture_files(page.pictures),
            **driver_tables(page.drivers, page.edge),
            **section_files(page.drivers, page.edge),
            PAGE: render_review(page),
            **table_files({"answers_read": explained.built.counts}, page.edge),
            **({} if change is None else change_tables(change, page.edge)),
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
        return Found(count_told(explained.break_down(release), explained.intake))

    return Wish(explained.request(kind), find)


def _profile(explained: Explained, breakdown: Breakdown) -> Drivers:
    contributed, design = explained.contributed, explained.predictions.design
    settings, groups = explained.settings, breakdown.groups
    own = settings.drivers.at_least(settings.disclosure.minimum, "minimum_mark")
    seed = settings.seed
    audit = audited(groups, explained.stored.codebook)
    return replace(
        profile(contributed, design, groups, own, seed, []),
        gaps=explain_gaps(contributed, audit, design, own, seed),
        withheld=breakdown.withheld,
    )


def _evaluate(
    explained: Explained, breakdown: Breakdown, overlap: Overlap, release: Rehearsal
) -> Evaluation | None:
    """Measure how good the risk is on organisations that it does not know.

    Nothing where it knows all, or where not both outcomes are known. Where it knows some, the
    others must be people enough, as must those that are left out: what is told of the others would
    else tell of these few, beside what is told of everyone. For the same reason no groups are told,
    and nothing beside nearly these others, of whom it was told by another model.
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
            or not may_measure(release, breakdown.admission, known)
        ):
            return None
    if len(np.unique(explained.answers[known])) < 2:
        return None
    groups = {} if overlap.kind == "part" else breakdown.groups
    evaluation = evaluate(
        explained.predictions.take(known),
        explained.units[known],
        {name: group[known] for name, group in groups.items()},
        settings.evaluation.at_least(settings.disclosure.minimum, "minimum_group"),
        settings.seed,
    )
    unanimity, constant = settings.disclosure.unanimity, is_constant(explained.stored.model)
    return protect_evaluation(evaluation, breakdown.units, unanimity, is_constant=constant)


def _page(
    explained: Explained,
    drivers: Drivers,
    evaluation: Evaluation | None,
    overlap: Overlap,
    release: Publication,
    change: Changed | None,
) -> Review:
    """Draw what drives a risk, and gather what its page tells."""
    codebook = explained.stored.codebook
    outcome = codebook.outcomes[explained.stored.model.target]
    subject = Subject(codebook, outcome, explained.settings.language)
    return Review(
        subject=subject,
        intake=explained.intake,
        drivers=drivers,
        pictures={
            **draw_review(drivers, evaluation, subject),
            **({} if change is None else draw_change(change, subject)),
        },
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
        changed=change,
    )


def _check(explained: Explained, evaluation: Evaluation | None) -> tuple[Finding, ...]:
    """Check the wave, and the model in it."""
    told = [
        *(() if evaluation is None else check_slope(evaluation)),
        *check_drift(_compare(explained), explained.stored.codebook),
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
