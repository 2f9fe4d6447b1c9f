"""From a survey to a model folder of each outcome."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.drivers.contributions import contribute, refuse_gap
from blijfwijzer.drivers.performance_plots import draw_performance
from blijfwijzer.drivers.plots import draw_drivers
from blijfwijzer.drivers.profiles import profile, refit_importance
from blijfwijzer.errors import SettingsError, refuse_without
from blijfwijzer.files import (
    hash_bytes,
    to_json,
    write_beside,
)
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.page import render
from blijfwijzer.publish.release_files import csv_file
from blijfwijzer.publish.report_tables import clear_rejected
from blijfwijzer.publish.review import training_page
from blijfwijzer.publish.screen import SCREEN
from blijfwijzer.publish.tables import picture_files, training_tables
from blijfwijzer.publish.texts import write
from blijfwijzer.records.model_folder import folder_name, write_model
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import (
    Training,
    expect_tracking,
    is_tracked,
    track_training,
    tracking_uri,
)
from blijfwijzer.release.admission import enter_release, ledger_folder
from blijfwijzer.release.breakdown import admit_breakdown, learn_unit_effects
from blijfwijzer.risk.evaluation import Evaluation, evaluate, to_metrics
from blijfwijzer.risk.features import Schema, build_features, learn_schema
from blijfwijzer.risk.leaks import refuse_twins, screen_features, suspect
from blijfwijzer.risk.outcomes import barred_columns, require_both_classes
from blijfwijzer.risk.protection import decimals_of, protect_evaluation
from blijfwijzer.risk.selection import Selection, select_model
from blijfwijzer.risk.splits import Fold, split_by_unit
from blijfwijzer.risk.waves import learn_reference
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import (
    Codebook,
    Outcome,
    codebook_file,
    load_codebook,
    survey_name,
)
from blijfwijzer.survey.intake import (
    Intake,
    read_survey,
    require_enough,
)
from blijfwijzer.survey.remarks import warnings_of
from blijfwijzer.survey.rule_truth import Label, label
from blijfwijzer.survey.scales import Reliability, measure_reliability, score_scales
from blijfwijzer.survey.texts import Message

SERVED = Path(__file__).with_name("served.py")
"""The code that answers with a model over HTTP; MLflow keeps a copy of it."""

_ROUNDING = 1e-14
"""Gaps below this are rounding of doubles, which differs with where an array lies in memory; told
as they are they would make two trainings differ."""


def train(
    survey_file: Path,
    codebook_name: str,
    targets: list[str],
    settings_file: Path | None,
    models: Path,
    ledgers: Path,
) -> list[Path]:
    """Fit, calibrate, choose, evaluate, explain and keep a model of each outcome."""
    settings, codebook = load_settings(settings_file), load_codebook(codebook_name)
    outcomes = _choose_outcomes(codebook, targets)
    refuse_without("matplotlib", "explain", "the pictures of a training")
    expect_tracking(settings.tracking)
    folders = []
    with show_progress() as tell:
        tell(f"read {survey_file.name}")
        intake = read_survey(survey_file, codebook, settings.intake)
        require_enough(intake, settings.intake)
        _write_rejected(
            intake, models / f"{codebook.survey.name}-{codebook.survey.wave}-rejected.csv"
        )
        scales = score_scales(intake.responses, codebook)
        tell("measure the reliability of scales")
        reliability = measure_reliability(
            intake.responses, codebook, settings.evaluation.bootstraps, settings.seed
        )
        survey = _Survey(intake, scales, reliability, codebook, codebook_name, settings)
        folder = ledger_folder(ledgers, codebook)
        for outcome in outcomes:
            folders.append(_train_outcome(survey, outcome, models, folder, tell))
    return folders


@dataclass(frozen=True)
class _Survey:
    """A survey that was read, with all that a training needs of it."""

    intake: Intake
    scales: pd.DataFrame
    reliability: Reliability
    codebook: Codebook
    codebook_name: str
    settings: Settings


@dataclass(frozen=True)
class _Fitted:
    """A model of one outcome, and the responses it was made from."""

    labelled: Label
    known: NDArray[np.bool_]
    """Per response of the survey: whether its outcome is known; the rest is of these."""
    values: NDArray[np.float64]
    weight: NDArray[np.float64]
    units: pd.Series
    schema: Schema
    frame: pd.DataFrame
    folds: list[Fold]
    single: pd.Series
    """Per feature: how well it tells the outcome by itself."""
    selection: Selection

    @property
    def risk(self) -> NDArray[np.float64]:
        """Out of fold, of the model that was chosen."""
        return self.selection.out_of_fold[self.selection.champion.kind]


def _fit_outcome(survey: _Survey, outcome: Outcome, tell: Tell) -> _Fitted:
    settings, codebook = survey.settings, survey.codebook
    labelled = label(survey.intake.responses, survey.scales, codebook, outcome)
    require_both_classes(labelled, outcome, settings.intake.minimum_responses)
    known = labelled.values.notna().to_numpy()
    responses = survey.intake.responses[known].reset_index(drop=True)
    scales = survey.scales[known].reset_index(drop=True)
    values = labelled.values[known].to_numpy()
    weight = (responses["weight"] / responses["weight"].mean()).to_numpy()
    units = responses[codebook.units.cluster]

    barred = barred_columns(codebook, outcome)
    schema = learn_schema(responses, scales, codebook, barred, settings.features)
    frame = build_features(responses, scales, schema).frame
    folds = split_by_unit(values, units, settings.model.folds, settings.seed)
    single = screen_features(frame, schema, values, weight, folds)
    refuse_twins(single, outcome.name)
    selection = select_model(
        frame,
        schema,
        values,
        weight,
        folds,
        settings.model,
        outcome.name,
        labelled.thresholds,
        settings.seed,
        tell,
    )
    return _Fitted(labelled, known, values, weight, units, schema, frame, folds, single, selection)


def _train_outcome(
    survey: _Survey, outcome: Outcome, models: Path, ledger_of: Path, tell: Tell
) -> Path:
    settings, codebook, target = survey.settings, survey.codebook, outcome.name
    fitted = _fit_outcome(survey, outcome, tell)
    frame, weight, units = fitted.frame, fitted.weight, fitted.units
    decimals = decimals_of(len(fitted.values))
    selection = replace(
        fitted.selection,
        scores=fitted.selection.scores.round(decimals),
        price=round(fitted.selection.price, decimals),
    )
    origin = provenance(survey.intake.sha256, codebook, settings)
    request = hash_bytes(to_json({**origin, "target": target}))
    owner = settings.disclosure.owner or codebook.survey.name
    with open_ledger(ledger_of, owner) as ledger:
        tell(f"{target}: evaluate")
        breakdown = admit_breakdown(
            survey.intake.responses,
            fitted.labelled.values.to_numpy(dtype=float),
            codebook,
            codebook.survey.wave,
            ledger,
            request,
            settings,
        )
        groups = {n: g[fitted.known].reset_index(drop=True) for n, g in breakdown.groups.items()}
        evaluation = protect_evaluation(
            evaluate(
                fitted.values,
                fitted.risk,
                weight,
                units,
                groups,
                settings.evaluation,
                settings.seed,
            ),
            breakdown.units,
            settings.disclosure.unanimity,
        )
        warnings = [*_remark_scales(survey.reliability), *warnings_of(survey.intake.remarks)]
        auc = evaluation.overall["value"].loc["roc_auc"]
        suspicion = suspect(auc, outcome.ceiling, fitted.single, target)
        if suspicion is not None:
            warnings.insert(0, suspicion.message)

        tell(f"{target}: explain")
        contributions = contribute(selection.champion, frame)
        refuse_gap(contributions, settings.drivers.largest_gap, target)
        refits = refit_importance(selection.fold_models, frame, weight, fitted.folds)
        drivers = profile(
            contributions,
            frame,
            fitted.schema,
            weight,
            units,
            groups,
            settings.drivers,
            settings.seed,
            refits,
        )
        tell(f"{target}: draw")
        pictures = {
            **draw_performance(evaluation, outcome, settings.language),
            **draw_drivers(drivers, codebook, outcome, settings.language),
        }
        page = training_page(
            codebook,
            outcome,
            survey.intake,
            survey.reliability,
            selection,
            evaluation,
            drivers,
            pictures,
            warnings,
            origin,
            settings.language,
        )
        metrics = {
            **to_metrics(evaluation),
            "candidates": {str(n): _plain(row) for n, row in selection.scores.iterrows()},
            "champion": selection.champion.kind,
            "price_of_simplicity": selection.price,
            "contributions": {"largest_gap": max(contributions.largest_gap, _ROUNDING)},
        }
        files = {
            **picture_files(pictures),
            **training_tables(selection, evaluation, drivers, survey.reliability),
            "review.html": render(page, settings.language),
        }
        folder = models / folder_name(selection.champion, codebook, survey.intake.sha256, settings)
        tell(f"{target}: write {folder}")
        enter_release(
            ledger,
            breakdown.admission,
            breakdown.figures,
            "train",
            [f"rate:{target}"],
            codebook,
            survey.intake.sha256,
            files,
        )
        write_model(
            folder,
            selection.champion,
            codebook_file(survey.codebook_name).read_text(encoding="utf-8"),
            settings,
            metrics,
            learn_reference(frame, fitted.schema, weight, settings.features.minimum_level),
            learn_unit_effects(
                breakdown, fitted.known, fitted.values, fitted.risk, weight, settings
            ),
            files,
        )
    _report(folder, outcome, selection, evaluation, warnings)
    if is_tracked(settings.tracking):
        tell(f"{target}: track")
        training = Training(
            target, folder, _flat(settings.model_dump()), origin, metrics, selection.scores, SERVED
        )
        run = track_training(training, settings.tracking.experiment, models.parent / "mlruns")
        print(f"  MLflow run {run} in {tracking_uri(models.parent / 'mlruns')}")
    return folder


def _choose_outcomes(codebook: Codebook, targets: list[str]) -> list[Outcome]:
    unknown = [target for target in targets if target not in codebook.outcomes]
    if unknown or not codebook.outcomes:
        raise SettingsError(
            f"{', '.join(unknown) or 'codebook'}: no such outcome in codebook "
            f"{survey_name(codebook)}. It has: "
            f"{', '.join(codebook.outcomes) or 'none; add one under [outcomes]'}."
        )
    return [codebook.outcomes[target] for target in targets or codebook.outcomes]


def _write_rejected(intake: Intake, path: Path) -> None:
    with write_beside(path) as beside:
        beside.write_bytes(csv_file(clear_rejected(intake.rejected)))


def _remark_scales(reliability: Reliability) -> list[Message]:
    low = reliability.scales[reliability.scales["is_low"].astype(bool)]
    return [
        Message("remark.scale_low", {"scale": str(scale), "alpha": float(alpha)})
        for scale, alpha in zip(low["scale"], low["alpha"], strict=True)
    ]


def _plain(row: pd.Series) -> dict[str, object]:
    return {str(n): v.item() if hasattr(v, "item") else v for n, v in row.items()}


def _flat(settings: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in settings.items():
        flat |= (
            _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
        )
    return flat


def _report(
    folder: Path,
    outcome: Outcome,
    selection: Selection,
    evaluation: Evaluation,
    warnings: list[Message],
) -> None:
    overall = evaluation.overall

    def told(metric: str) -> str:
        value, low, high = overall.loc[metric, ["value", "low", "high"]]
        return f"{value:.4f} ({low:.4f}-{high:.4f})"

    print(f"{outcome.name}: {selection.champion.kind}, {evaluation.rows} responses")
    print(f"  log loss {told('log_loss')}, AUC {told('roc_auc')}")
    print(f"  calibration slope {told('calibration_slope')}")
    print(f"  price of simplicity: {selection.price:g} of log loss")
    for warning in warnings:
        print(f"  warning: {write(warning, SCREEN)}")
    print(f"  look at {folder / 'review.html'}")
