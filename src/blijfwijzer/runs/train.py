"""The story of `train`: from a survey to a model folder of each outcome."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.drivers.contributions import Contributions, contribute, refuse_gap
from blijfwijzer.drivers.profiles import Contributed, Drivers, profile, refit_importance
from blijfwijzer.errors import SettingsError, refuse_without
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.reliability import Reliability, measure_reliability
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.report_tables import clear_rejected
from blijfwijzer.publish.review_page import Review, render_review
from blijfwijzer.publish.screen import SCREEN
from blijfwijzer.publish.texts import write
from blijfwijzer.publish.training_files import picture_files, training_tables
from blijfwijzer.records.model_folder import MANIFEST, Learnt, folder_name, model_files
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import Training, expect_tracking
from blijfwijzer.release.breakdown import Breakdown, admit_breakdown, learn_unit_effects
from blijfwijzer.release.publication import publication, track, write_apart
from blijfwijzer.release.request import Request
from blijfwijzer.risk.evaluation import Evaluation, evaluate, to_metrics
from blijfwijzer.risk.leaks import suspect
from blijfwijzer.risk.protection import decimals_of, protect_evaluation
from blijfwijzer.risk.selection import Selection
from blijfwijzer.risk.training import Fitted, fit, prepare
from blijfwijzer.risk.waves import learn_reference
from blijfwijzer.runs.review import draw_review, named_drivers, named_evaluation
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import (
    Codebook,
    Outcome,
    codebook_file,
    load_codebook,
    survey_name,
)
from blijfwijzer.survey.intake import Intake, read_survey, require_enough
from blijfwijzer.survey.remarks import warnings_of
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.texts import Message

SERVED = Path(__file__).with_name("served.py")
"""The code that answers with a model over HTTP; MLflow keeps a copy of it."""

_ROUNDING = 1e-14
"""Gaps below this are rounding of doubles, which differs with where an array lies in memory; told
as they are they would make two trainings differ."""


@dataclass(frozen=True)
class TrainRequest:
    """What is asked of a training."""

    survey: Path
    codebook: str
    """Name of a shipped codebook, or path of one."""
    targets: tuple[str, ...] = ()
    """Outcomes of the codebook; all when empty."""
    settings: Settings | Path | None = None


@dataclass(frozen=True)
class TrainingSurvey:
    """A survey that was read, with all that a training needs of it."""

    intake: Intake
    scales: pd.DataFrame
    reliability: Reliability
    codebook: Codebook
    codebook_text: str
    settings: Settings
    outcomes: tuple[Outcome, ...]
    """Those that are asked."""


@dataclass(frozen=True)
class TrainingReview:
    """What may be told of a training, and what it was made from."""

    outcome: Outcome
    selection: Selection
    evaluation: Evaluation
    drivers: Drivers
    warnings: list[Message]
    origin: dict[str, str]


def train(request: TrainRequest, models: Path, ledgers: Path) -> list[Path]:
    """Fit, calibrate, choose, evaluate, explain and keep a model of each outcome."""
    folders = []
    with show_progress() as tell:
        survey = read_training(request, tell)
        about = survey.codebook.survey
        rejected = clear_rejected(survey.intake.rejected)
        write_apart(models / f"{about.name}-{about.wave}-rejected.csv", rejected)
        for outcome in survey.outcomes:
            fitted = fit_outcome(survey, outcome, tell)
            folders.append(publish_model(survey, fitted, models, ledgers, tell))
    return folders


def read_training(request: TrainRequest, tell: Tell) -> TrainingSurvey:
    """Read a survey to train on, score its scales and measure how reliable they are."""
    settings, codebook = load_settings(request.settings), load_codebook(request.codebook)
    outcomes = _choose_outcomes(codebook, request.targets)
    refuse_without("matplotlib", "explain", "the pictures of a training")
    expect_tracking(settings.tracking)
    tell(f"read {request.survey.name}")
    intake = read_survey(request.survey, codebook, settings.intake)
    require_enough(intake, settings.intake)
    scales = score_scales(intake.responses, codebook)
    tell("measure the reliability of scales")
    reliability = measure_reliability(
        intake.responses,
        codebook,
        Design.of_units(
            intake.responses["weight"].to_numpy(), intake.responses[codebook.units.cluster]
        ),
        draws=settings.evaluation.bootstraps,
        seed=settings.seed,
    )
    text = codebook_file(request.codebook).read_text(encoding="utf-8")
    return TrainingSurvey(intake, scales, reliability, codebook, text, settings, outcomes)


def fit_outcome(survey: TrainingSurvey, outcome: Outcome, tell: Tell) -> Fitted:
    """Fit models of an outcome; nothing of it may be shown as it is."""
    responses, scales = survey.intake.responses, survey.scales
    made_from = prepare(responses, scales, survey.codebook, outcome, survey.settings)
    return fit(made_from, tell)


def publish_model(
    survey: TrainingSurvey, fitted: Fitted, models: Path, ledgers: Path, tell: Tell
) -> Path:
    """Evaluate and explain a model by what may be shown, and keep it with its page."""
    settings, target = survey.settings, fitted.made_from.task.target
    origin = provenance(survey.intake.sha256, survey.codebook, settings)
    wave, statistics = survey.codebook.survey.wave, (f"rate:{target}",)
    request = Request(
        "train", survey.codebook, settings, wave, statistics, origin, {"target": target}
    )
    name = folder_name(target, survey.codebook, survey.intake.sha256, settings)
    with publication(models / name, request, ledgers) as release:
        breakdown = admit_breakdown(release, survey.intake, fitted.made_from.answers)
        tell(f"{target}: evaluate")
        evaluation = _evaluate(fitted, breakdown, settings)
        tell(f"{target}: explain")
        contributions = contribute(fitted.selection.champion, fitted.made_from.task.frame)
        refuse_gap(contributions, settings.drivers.largest_gap, target)
        drivers = _explain(fitted, contributions, breakdown, settings)
        selection = _coarse(fitted.selection, len(fitted.risk))
        warnings = _warnings(survey, fitted, evaluation)
        review = TrainingReview(
            fitted.made_from.outcome, selection, evaluation, drivers, warnings, origin
        )
        tell(f"{target}: draw")
        files = _shown(survey, review)
        metrics = _metrics(selection, evaluation, contributions)
        learnt = _learn(survey, fitted, breakdown, metrics)
        tell(f"{target}: write {release.output}")
        release.publish_bare(files, MANIFEST, model_files(learnt, files, release.output))
    _report(release.output, review)
    tell(f"{target}: track")
    parameters = _flat(settings.model_dump())
    training = Training(
        target, release.output, parameters, origin, metrics, selection.scores, SERVED
    )
    track(training, request, models.parent / "mlruns")
    return release.output


def _choose_outcomes(codebook: Codebook, targets: tuple[str, ...]) -> tuple[Outcome, ...]:
    unknown = [target for target in targets if target not in codebook.outcomes]
    if unknown or not codebook.outcomes:
        raise SettingsError(
            f"{', '.join(unknown) or 'codebook'}: no such outcome in codebook "
            f"{survey_name(codebook)}. It has: "
            f"{', '.join(codebook.outcomes) or 'none; add one under [outcomes]'}."
        )
    return tuple(codebook.outcomes[target] for target in targets or codebook.outcomes)


def _evaluate(fitted: Fitted, breakdown: Breakdown, settings: Settings) -> Evaluation:
    made_from = fitted.made_from
    evaluation = evaluate(
        fitted.predictions,
        made_from.units,
        breakdown.among(made_from.known),
        settings.evaluation,
        settings.seed,
    )
    return protect_evaluation(evaluation, breakdown.units, settings.disclosure.unanimity)


def _explain(
    fitted: Fitted, contributions: Contributions, breakdown: Breakdown, settings: Settings
) -> Drivers:
    task, made_from = fitted.made_from.task, fitted.made_from
    refits = refit_importance(fitted.selection.fold_models, task.frame, task.weight, task.folds)
    return profile(
        Contributed(contributions, task.frame, task.schema),
        fitted.predictions.design,
        breakdown.among(made_from.known),
        settings.drivers,
        settings.seed,
        refits,
    )


def _coarse(selection: Selection, rows: int) -> Selection:
    """Round what candidates are compared by to what one person cannot move."""
    decimals = decimals_of(rows)
    scores, price = selection.scores.round(decimals), round(selection.price, decimals)
    return replace(selection, scores=scores, price=price)


def _warnings(survey: TrainingSurvey, fitted: Fitted, evaluation: Evaluation) -> list[Message]:
    outcome = fitted.made_from.outcome
    auc = evaluation.overall["value"].loc["roc_auc"]
    suspicion = suspect(auc, outcome.ceiling, fitted.single, outcome.name)
    low = survey.reliability.scales[survey.reliability.scales["is_low"].astype(bool)]
    return [
        *([] if suspicion is None else [suspicion.message]),
        *(
            Message("remark.scale_low", {"scale": str(scale), "alpha": float(alpha)})
            for scale, alpha in zip(low["scale"], low["alpha"], strict=True)
        ),
        *warnings_of(survey.intake.remarks),
    ]


def _shown(survey: TrainingSurvey, review: TrainingReview) -> dict[str, bytes]:
    """Give the pictures, tables and page of a training."""
    language = survey.settings.language
    evaluation = named_evaluation(review.evaluation, language)
    drivers = named_drivers(review.drivers, language)
    pictures = draw_review(drivers, evaluation, survey.codebook, review.outcome, language)
    page = Review(
        codebook=survey.codebook,
        outcome=review.outcome,
        intake=survey.intake,
        drivers=drivers,
        pictures=pictures,
        warnings=tuple(review.warnings),
        provenance=review.origin,
        language=language,
        evaluation=evaluation,
        selection=review.selection,
        reliability=survey.reliability,
    )
    return {
        **picture_files(pictures),
        **training_tables(review.selection, evaluation, drivers, survey.reliability),
        "review.html": render_review(page),
    }


def _metrics(
    selection: Selection, evaluation: Evaluation, contributions: Contributions
) -> dict[str, Any]:
    return {
        **to_metrics(evaluation),
        "candidates": {str(n): _plain(row) for n, row in selection.scores.iterrows()},
        "champion": selection.champion.kind,
        "price_of_simplicity": selection.price,
        "contributions": {"largest_gap": max(contributions.largest_gap, _ROUNDING)},
    }


def _learn(
    survey: TrainingSurvey, fitted: Fitted, breakdown: Breakdown, metrics: dict[str, Any]
) -> Learnt:
    settings, task = survey.settings, fitted.made_from.task
    return Learnt(
        fitted.selection.champion,
        survey.codebook,
        survey.codebook_text,
        settings,
        metrics,
        learn_reference(task.frame, task.schema, task.weight, settings.features.minimum_level),
        learn_unit_effects(breakdown, fitted, settings),
        survey.intake.sha256,
    )


def _plain(row: pd.Series) -> dict[str, object]:
    return {str(n): v.item() if hasattr(v, "item") else v for n, v in row.items()}


def _flat(settings: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in settings.items():
        flat |= (
            _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
        )
    return flat


def _report(folder: Path, review: TrainingReview) -> None:
    evaluation, champion = review.evaluation, review.selection.champion

    def told(metric: str) -> str:
        value, low, high = evaluation.overall.loc[metric, ["value", "low", "high"]]
        return f"{value:.4f} ({low:.4f}-{high:.4f})"

    print(f"{champion.target}: {champion.kind}, {evaluation.rows} responses")
    print(f"  log loss {told('log_loss')}, AUC {told('roc_auc')}")
    print(f"  calibration slope {told('calibration_slope')}")
    print(f"  price of simplicity: {review.selection.price:g} of log loss")
    for warning in review.warnings:
        print(f"  warning: {write(warning, SCREEN)}")
    print(f"  look at {folder / 'review.html'}")
