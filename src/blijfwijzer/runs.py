"""The stories: what each command does, from its input to its output."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.breakdowns import admit_breakdown, learn_unit_effects
from blijfwijzer.culture.concepts import read_concepts
from blijfwijzer.culture.coverage import tell_claims
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.drivers.contributions import contribute, refuse_gap
from blijfwijzer.drivers.performance_plots import draw_performance
from blijfwijzer.drivers.plots import draw_drivers
from blijfwijzer.drivers.profiles import profile, refit_importance
from blijfwijzer.errors import SettingsError
from blijfwijzer.files import (
    hash_bytes,
    refuse_strange,
    to_json,
    write_beside,
    write_files,
    write_folder_beside,
)
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.page import render
from blijfwijzer.publish.release_files import csv_file
from blijfwijzer.publish.report_tables import clear_rejected
from blijfwijzer.publish.review import drivers_page, training_page
from blijfwijzer.publish.tables import driver_tables, picture_files, to_csv, training_tables
from blijfwijzer.records.model_folder import folder_name, read_model, write_model
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import Training, track_training, tracking_uri
from blijfwijzer.releasing import enter_release, ledger_folder, wave_of
from blijfwijzer.risk.evaluation import Evaluation, evaluate, to_metrics
from blijfwijzer.risk.features import Schema, build_features, learn_schema
from blijfwijzer.risk.leaks import refuse_twins, screen_features, suspect
from blijfwijzer.risk.model import predict_risk
from blijfwijzer.risk.outcomes import Label, barred_columns, label, require_both_classes
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
from blijfwijzer.survey.describe import describe
from blijfwijzer.survey.draft import draft_codebook, find_undecided
from blijfwijzer.survey.export import write_survey
from blijfwijzer.survey.files import format_of, read_table
from blijfwijzer.survey.intake import (
    Intake,
    check_survey,
    read_survey,
    require_enough,
)
from blijfwijzer.survey.scales import Reliability, measure_reliability, score_scales
from blijfwijzer.survey.synthetic import CODEBOOK, make_survey

_ROUNDING = 1e-14
"""Gaps below this are rounding of doubles, which differs with where an array lies in memory; told
as they are they would make two trainings differ."""


def synthesise(
    output: Path,
    respondents: int,
    seed: int,
    wave: int,
    truth: Path | None,
    population: Path | None,
    figures: Path | None,
) -> None:
    """Make the built-in survey and, if asked, what is true of it and who was invited."""
    for path in filter(None, (output, truth, population)):
        format_of(path)
    with show_progress() as tell:
        survey = make_survey(respondents, seed, wave, figures, tell)
        codebook = load_codebook(CODEBOOK)
        tell(f"write {output}")
        write_survey(survey.responses, codebook, output)
        if truth is not None:
            write_survey(survey.truth, codebook, truth)
        if population is not None:
            write_survey(survey.population, codebook, population)
    print(f"{output}: {len(survey.responses)} forms of {respondents} respondents, wave {wave}.")


def check(survey_file: Path, codebook_name: str, settings_file: Path | None) -> int:
    """Tell how a survey reads; give the exit code of its first fault, or 0."""
    settings, codebook = load_settings(settings_file), load_codebook(codebook_name)
    intake = check_survey(survey_file, codebook, settings.intake)
    undecided = find_undecided(codebook_file(codebook_name).read_text(encoding="utf-8"))
    scales, told = None, []
    if not intake.errors:
        scales = measure_reliability(intake.responses, codebook, settings.evaluation.bootstraps)
        scores = score_scales(intake.responses, codebook)
        told = tell_claims(map(str, read_concepts(intake.responses, scores, codebook)))
    print(describe(intake, survey_file.name, scales, undecided, told))
    return intake.errors[0].exit_code if intake.errors else 0


def draft(survey_file: Path, output: Path | None) -> None:
    """Draft a codebook from a file's names, labels and codes."""
    text = draft_codebook(read_table(survey_file), survey_file.name.split(".")[0])
    if output is None:
        print(text, end="")
        return
    with write_beside(output) as beside:
        beside.write_text(text, encoding="utf-8")
    print(f"{output}: a draft. Look at each line marked `decide`, then `blijfwijzer check` it.")


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
        warnings = [*_scale_warnings(survey.reliability), *_finding_texts(survey.intake)]
        auc = evaluation.overall["value"].loc["roc_auc"]
        suspicion = suspect(auc, outcome.ceiling, fitted.single, target)
        if suspicion is not None:
            warnings.insert(0, suspicion)

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
    if settings.tracking.enabled:
        tell(f"{target}: track")
        training = Training(
            target, folder, _flat(settings.model_dump()), origin, metrics, selection.scores
        )
        run = track_training(training, settings.tracking.experiment, models.parent / "mlruns")
        print(f"  MLflow run {run} in {tracking_uri(models.parent / 'mlruns')}")
    return folder


def explain(
    model_folder: Path, survey_file: Path, output: Path, settings_file: Path | None, ledgers: Path
) -> None:
    """Show what drives a model's risk in another wave."""
    stored = read_model(model_folder)
    refuse_strange(output, "review.html")
    settings = load_settings(settings_file) if settings_file else stored.settings
    codebook, model = stored.codebook, stored.model
    outcome = codebook.outcomes[model.target]
    with show_progress() as tell:
        tell(f"read {survey_file.name}")
        intake = read_survey(survey_file, codebook, settings.intake)
        require_enough(intake, settings.intake)
        responses = intake.responses
        scales = score_scales(responses, codebook)
        built = build_features(responses, scales, model.schema)
        weight, units = responses["weight"].to_numpy(), responses[codebook.units.cluster]
        values = label(responses, scales, codebook, outcome, model.thresholds).values.to_numpy()
        known = ~np.isnan(values)
        origin = provenance(intake.sha256, codebook, settings) | {"model": model_folder.name}
        request = hash_bytes(to_json({**origin, "target": model.target}))
        tell("explain")
        contributions = contribute(model, built.frame)
        refuse_gap(contributions, settings.drivers.largest_gap, model.target)
        owner = settings.disclosure.owner or codebook.survey.name
        with open_ledger(ledger_folder(ledgers, codebook), owner) as ledger:
            wave = wave_of(survey_file)
            breakdown = admit_breakdown(
                responses, values, codebook, wave, ledger, request, settings
            )
            drivers = profile(
                contributions,
                built.frame,
                model.schema,
                weight,
                units,
                breakdown.groups,
                settings.drivers,
                settings.seed,
                [],
            )
            evaluation = None
            if len(np.unique(values[known])) == 2:
                tell("evaluate")
                evaluation = protect_evaluation(
                    evaluate(
                        values[known],
                        predict_risk(model, built.frame)[known],
                        weight[known],
                        units[known],
                        {n: g[known] for n, g in breakdown.groups.items()},
                        settings.evaluation,
                        settings.seed,
                    ),
                    breakdown.units,
                    settings.disclosure.unanimity,
                )
            tell("draw")
            pictures = draw_drivers(drivers, codebook, outcome, settings.language)
            if evaluation is not None:
                pictures |= draw_performance(evaluation, outcome, settings.language)
            page = drivers_page(
                codebook,
                outcome,
                intake,
                evaluation,
                drivers,
                pictures,
                _finding_texts(intake),
                origin,
                settings.language,
            )
            files = {
                **picture_files(pictures),
                **driver_tables(drivers),
                "tables/read.csv": to_csv(built.counts),
                "tables/rejected.csv": csv_file(clear_rejected(intake.rejected)),
                "review.html": render(page, settings.language),
            }
            with write_folder_beside(output, "review.html") as beside:
                enter_release(
                    ledger,
                    breakdown.admission,
                    breakdown.figures,
                    "explain",
                    [f"rate:{model.target}"],
                    codebook,
                    intake.sha256,
                    files,
                )
                write_files(beside, files)
    print(f"{output / 'review.html'}: what drives {model.target} in {survey_file.name}.")


def bench(data: Path, output: Path) -> None:
    """Measure accuracy, time and memory beside other tools."""
    from blijfwijzer.bench import run_bench

    with show_progress() as tell:
        text = run_bench(data, tell)
    with write_beside(output) as beside:
        beside.write_text(text, encoding="utf-8")
    print(text)


def validate(data: Path, output: Path) -> None:
    """Simulate what the figures promise."""
    from blijfwijzer.validation import validate as simulate

    with show_progress() as tell:
        text = simulate(data, tell)
    with write_beside(output) as beside:
        beside.write_text(text, encoding="utf-8")
    print(text)


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


def _scale_warnings(reliability: Reliability) -> list[str]:
    low = reliability.scales[reliability.scales["is_low"].astype(bool)]
    return [
        f"{row.scale}: alpha is {row.alpha:.2f}, below .60: read this scale with care."
        for row in low.itertuples()
    ]


def _finding_texts(intake: Intake) -> list[str]:
    return [finding.text for finding in intake.findings if finding.level == "warning"]


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
    warnings: list[str],
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
        print(f"  warning: {warning}")
    print(f"  look at {folder / 'review.html'}")
