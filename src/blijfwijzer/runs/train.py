"""The story of `train`: from a survey to a model folder of each outcome."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from blijfwijzer.disclosure.samples import note_sample
from blijfwijzer.drivers.contributions import contribute, finish, refuse_gap
from blijfwijzer.errors import SettingsError, refuse_without
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.reliability import measure_reliability
from blijfwijzer.governance.places import governed
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.check_texts import check_json, check_lines, check_tags
from blijfwijzer.publish.facts import clear_rejected
from blijfwijzer.publish.files.training_files import table_files
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.screen import SCREEN
from blijfwijzer.publish.tables.review_tables import review_chapter
from blijfwijzer.records.model_folder import Stored, folder_name, model_files, read_model
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import expect_tracking
from blijfwijzer.release.breakdown import Breakdown, break_down_fitted
from blijfwijzer.release.overlap import identify_trained
from blijfwijzer.release.publication import (
    Publication,
    identify_survey,
    publication,
    track,
    write_apart,
)
from blijfwijzer.release.request import Request
from blijfwijzer.release.shown import Shown
from blijfwijzer.release.trainings import FittedPeople
from blijfwijzer.risk.protection import protect_selection
from blijfwijzer.risk.training import Fitted, fit, prepare
from blijfwijzer.runs.tracked import training_of
from blijfwijzer.runs.training.benchmark import benchmark_tables, told_beside
from blijfwijzer.runs.training.review import (
    TrainingReview,
    TrainingSurvey,
    curve_points,
    evaluate_fitted,
    explain_fitted,
    find_card,
    findings_of_training,
    learn,
    learn_fitted,
    metrics_of,
    review_files,
    review_page,
    skill_of,
    tell_apart,
    tell_sample,
    told_of,
)
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import Codebook, Outcome, codebook_file, load_codebook, survey_name
from blijfwijzer.survey.intake import read_survey, require_enough

SERVED = Path(__file__).with_name("served.py")
"""The code that answers with a model over HTTP; MLflow keeps a copy of it."""


@dataclass(frozen=True)
class TrainRequest:
    """What is asked of a training."""

    survey: Path
    codebook: str
    """Name of a shipped codebook, or path of one."""
    targets: tuple[str, ...] = ()
    """Outcomes of the codebook; all when empty."""
    settings: Settings | Path | None = None


def train(request: TrainRequest, models: Path, ledgers: Path) -> list[Path]:
    """Fit, calibrate, choose, evaluate, explain and keep a model of each outcome."""
    folders = []
    with show_progress() as tell:
        survey = read_training(request, tell)
        write_rejected(survey, models)
        for outcome in survey.outcomes:
            fitted = fit_outcome(survey, outcome, tell)
            shown = publish_model(survey, fitted, models, ledgers, tell)
            folders.append(shown.folder)
            print(shown)
    return folders


def tell_program(folders: list[Path]) -> dict[str, Any]:
    """Tell a program of models that were trained, as their folders have it.

    Returns
    -------
    `models`: of each its `folder`, `target`, `champion`, `sha256` by which it is known, `rows` as
    the lowest of their band, `measures` with intervals, and `findings` of checks.
    """
    return {"models": [_as_json(read_model(folder)) for folder in folders]}


def _as_json(stored: Stored) -> dict[str, Any]:
    return {
        "folder": str(stored.folder),
        "target": stored.model.target,
        "champion": stored.model.kind,
        "sha256": stored.manifest.sha256,
        "rows": stored.metrics.get("sample", {}).get("fitted", stored.metrics["rows"]),
        "measures": stored.metrics["overall"],
        "findings": check_json(stored.findings or ()),
    }


def read_training(request: TrainRequest, tell: Tell) -> TrainingSurvey:
    """Read a survey to train on, and measure how reliable its scales are."""
    settings = governed(load_settings(request.settings), request.codebook)
    codebook = load_codebook(request.codebook)
    settings = settings.spoken(codebook.survey.language)
    outcomes = _choose_outcomes(codebook, request.targets)
    refuse_undrawn()
    expect_tracking(settings.tracking)
    tell(f"read {request.survey.name}")
    intake = read_survey(request.survey, codebook, settings.intake)
    require_enough(intake, settings.intake.minimum_responses)
    tell("measure the reliability of scales")
    reliability = measure_reliability(
        intake.held,
        codebook,
        Design.of_units(intake.held["weight"].to_numpy(), intake.held[codebook.units.cluster]),
        draws=settings.evaluation.bootstraps,
        seed=settings.seed,
    )
    text = codebook_file(request.codebook).read_text(encoding="utf-8")
    return TrainingSurvey(intake, reliability, codebook, text, settings, outcomes)


def refuse_undrawn() -> None:
    """Refuse to begin a training whose pictures cannot be drawn.

    Raises
    ------
    MissingExtraError
    """
    refuse_without("matplotlib", "explain", "the pictures of a training")


def write_rejected(survey: TrainingSurvey, models: Path) -> None:
    """Write why forms were refused, and how many."""
    about = survey.codebook.survey
    rejected = clear_rejected(survey.intake.rejected, survey.settings.disclosure.minimum)
    write_apart(models / f"{about.name}-{about.wave}-rejected.csv", rejected)


def fit_outcome(survey: TrainingSurvey, outcome: Outcome, tell: Tell) -> Fitted:
    """Fit models of an outcome; nothing of it may be shown as it is."""
    about = survey.codebook, outcome, survey.settings
    made_from = prepare(survey.intake.held, survey.scales, *about)
    fitted, task = fit(made_from, tell), made_from.task
    champion = finish(fitted.selection.champion, task.frame, task.weight)
    return replace(fitted, selection=replace(fitted.selection, champion=champion))


def publish_model(
    survey: TrainingSurvey, fitted: Fitted, models: Path, ledgers: Path, tell: Tell
) -> Shown:
    """Evaluate and explain a model by what may be shown, and keep it with its page."""
    everyone, (survey, fitted) = survey, told_of(survey, fitted)
    settings, target = survey.settings, fitted.made_from.task.target
    origin = provenance(survey.intake.sha256, survey.codebook, settings)
    wave, statistics = survey.codebook.survey.wave, (f"rate:{target}", *told_beside(survey))
    request = Request(
        "train", survey.codebook, settings, wave, statistics, origin, {"target": target}
    )
    survey_hmac = identify_survey(request, ledgers)
    name = folder_name(target, survey.codebook, survey_hmac, settings)
    with publication(models / name, request, ledgers) as release:
        breakdown = break_down_fitted(release, survey.intake, fitted)
        people = _hold_fitted(release, everyone, fitted, breakdown)
        tell(f"{target}: evaluate")
        evaluation = evaluate_fitted(fitted, breakdown, settings)
        tell(f"{target}: explain")
        contributions = contribute(fitted.selection.champion, fitted.made_from.task.frame)
        refuse_gap(contributions, settings.drivers.largest_gap, target)
        drivers = explain_fitted(fitted, contributions, breakdown, survey)
        tell(f"{target}: self-check card")
        card = find_card(survey, fitted)
        selection = protect_selection(fitted.selection, fitted.made_from.task.weight)
        findings = findings_of_training(survey, fitted, evaluation, drivers)
        review = TrainingReview(
            fitted.made_from.outcome,
            selection,
            evaluation,
            drivers,
            (*release.remarks, *people.remarks),
            findings,
            release.origin,
            card,
            tell_apart(fitted, survey.codebook),
            learn_fitted(fitted, evaluation, tell),
            tell_sample(fitted),
        )
        tell(f"{target}: draw")
        page = review_page(everyone, review)
        benchmark = benchmark_tables(survey, fitted, contributions, breakdown)
        files = {**review_files(survey, review, page), **table_files(benchmark, page.edge)}
        skill = skill_of(fitted, settings)
        metrics = metrics_of(selection, evaluation, contributions, skill, review.sampled)
        identified = survey_hmac, identify_trained(release.ledger, fitted.made_from.trained_units)
        learnt = learn(survey, fitted, breakdown, metrics, identified, review)
        tell(f"{target}: write {release.output}")
        model = model_files(learnt, files, release.output)
        release.publish_model(files, model, people, **_note_sample(release, survey, fitted))
    found = metrics, check_tags(findings), curve_points(review)
    tracked = list[str]()
    if not people.is_near:  # whoever may look in MLflow was given it
        tell(f"{target}: track")
        told = replace(fitted, selection=selection)
        training = training_of(told, release, found, survey.intake, SERVED)
        tracked = track(training, request, models.parent / "mlruns")
    said = [*_say(release.output, review), *tracked]
    return Shown.of(review_chapter(page), release.output, said)


def _hold_fitted(
    release: Publication, survey: TrainingSurvey, fitted: Fitted, breakdown: Breakdown
) -> FittedPeople:
    """Hold all that a model is fitted on against what was told before, also who is in no sample."""
    drawn = fitted.made_from.drawn
    if drawn is None:
        return FittedPeople.of(fitted.made_from.fitted, breakdown.admission)
    beside = survey.intake.among(drawn.beside)
    return FittedPeople.of(drawn.fitted[drawn.beside], release.hold_everyone(beside))


def _note_sample(release: Publication, survey: TrainingSurvey, fitted: Fitted) -> dict[str, Any]:
    """Give what the ledger keeps of a sample, where one is told of; survey has only that."""
    made_from, cluster = fitted.made_from, survey.codebook.units.cluster
    if made_from.drawn is None:
        return {}
    is_whole = made_from.drawn.is_whole and made_from.apart == cluster
    units = survey.intake.held[cluster].dropna().unique()
    return note_sample(release.ledger, cluster, units if is_whole else ())


def _choose_outcomes(codebook: Codebook, targets: tuple[str, ...]) -> tuple[Outcome, ...]:
    unknown = [target for target in targets if target not in codebook.outcomes]
    if unknown or not codebook.outcomes:
        raise SettingsError(
            f"{', '.join(unknown) or 'codebook'}: no such outcome in codebook "
            f"{survey_name(codebook)}. It has: "
            f"{', '.join(codebook.outcomes) or 'none; add one under [outcomes]'}."
        )
    return tuple(codebook.outcomes[target] for target in targets or codebook.outcomes)


def _say(folder: Path, review: TrainingReview) -> Iterator[str]:
    evaluation, champion = review.evaluation, review.selection.champion

    def told(metric: str) -> str:
        value, low, high = evaluation.overall.loc[metric, ["value", "low", "high"]]
        return f"{value:g} ({low:g}-{high:g})"

    yield f"{champion.target}: {champion.kind}, {evaluation.rows} responses"
    yield f"  log loss {told('log_loss')}, AUC {told('roc_auc')}"
    yield f"  calibration slope {told('calibration_slope')}"
    yield f"  price of simplicity: {review.selection.price:g} of log loss"
    if review.sampled is not None:
        yield f"  {write(review.sampled, SCREEN)}"
    for warning in review.warnings:
        yield f"  warning: {write(warning, SCREEN)}"
    for line in check_lines(review.findings, SCREEN):
        yield f"  {line}"
    yield f"  look at {folder / 'review.html'}"
