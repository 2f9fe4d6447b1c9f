"""What drives a stored model in another wave."""

from pathlib import Path

import numpy as np

from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.drivers.contributions import contribute, refuse_gap
from blijfwijzer.drivers.performance_plots import draw_performance
from blijfwijzer.drivers.plots import draw_drivers
from blijfwijzer.drivers.profiles import profile
from blijfwijzer.errors import refuse_without
from blijfwijzer.files import (
    hash_bytes,
    refuse_strange,
    to_json,
    write_files,
    write_folder_beside,
)
from blijfwijzer.progress import show_progress
from blijfwijzer.publish.page import render
from blijfwijzer.publish.release_files import csv_file
from blijfwijzer.publish.report_tables import clear_rejected
from blijfwijzer.publish.review import drivers_page
from blijfwijzer.publish.tables import driver_tables, picture_files, to_csv
from blijfwijzer.records.model_folder import read_model
from blijfwijzer.records.provenance import provenance
from blijfwijzer.release.admission import enter_release, ledger_folder, wave_of
from blijfwijzer.release.breakdown import admit_breakdown
from blijfwijzer.risk.evaluation import evaluate
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.model import predict_risk
from blijfwijzer.risk.protection import protect_evaluation
from blijfwijzer.settings import load_settings
from blijfwijzer.survey.intake import (
    read_survey,
    require_enough,
)
from blijfwijzer.survey.remarks import warnings_of
from blijfwijzer.survey.rule_truth import label
from blijfwijzer.survey.scales import score_scales


def explain(
    model_folder: Path, survey_file: Path, output: Path, settings_file: Path | None, ledgers: Path
) -> None:
    """Show what drives a model's risk in another wave."""
    refuse_without("matplotlib", "explain", "the pictures of an explanation")
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
                warnings_of(intake.remarks),
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
