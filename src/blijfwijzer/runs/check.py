"""How a survey reads with a codebook and what can be made of it, without fitting any model."""

from pathlib import Path

from blijfwijzer.drafting.draft import find_undecided
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.reliability import measure_reliability
from blijfwijzer.publish.screen import Checked, describe, tell_program
from blijfwijzer.runs.foretelling import foretell
from blijfwijzer.runs.waves import codebook_for
from blijfwijzer.settings import load_settings
from blijfwijzer.survey.codebook import codebook_file
from blijfwijzer.survey.intake import check_survey
from blijfwijzer.survey.labels import called

__all__ = ["check", "describe", "tell_program"]


def check(
    survey_file: Path,
    codebook_name: str,
    settings_file: Path | None,
    models: Path | None = None,
    *,
    sheet: str = "",
) -> Checked:
    """Find how a survey reads and which commands can use it."""
    settings = load_settings(settings_file)
    codebook = codebook_for(codebook_name, models, settings.packs)
    if sheet:
        survey = codebook.survey.model_copy(update={"sheet": sheet})
        codebook = codebook.model_copy(update={"survey": survey})
    intake = check_survey(survey_file, codebook, settings.intake)
    # Models are trained with a codebook in which all is decided.
    text = codebook_file(codebook_name).read_text(encoding="utf-8") if codebook_name else ""
    undecided = find_undecided(text)
    scales = None
    if not intake.errors:
        responses = intake.held
        design = Design.of_units(responses["weight"].to_numpy(), responses[codebook.units.cluster])
        scales = measure_reliability(
            responses, codebook, design, draws=settings.evaluation.bootstraps
        )
    foretold = foretell(intake, survey_file, codebook, settings, models)
    return Checked(
        intake=intake,
        file=survey_file.name,
        reliability=scales,
        undecided=undecided,
        foretold=foretold,
        minimum=settings.disclosure.minimum,
        silenced=settings.checks.silenced,
        called=called(codebook),
    )
