"""How a survey reads with a codebook and what can be made of it, without fitting any model."""

from pathlib import Path

from blijfwijzer.drafting.draft import find_undecided
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.reliability import measure_reliability
from blijfwijzer.files import to_json
from blijfwijzer.publish.screen import Checked, describe, tell_program
from blijfwijzer.runs.foretelling import foretell
from blijfwijzer.settings import load_settings
from blijfwijzer.survey.codebook import codebook_file, load_codebook
from blijfwijzer.survey.intake import check_survey


def check(
    survey_file: Path,
    codebook_name: str,
    settings_file: Path | None,
    models: Path | None = None,
    *,
    sheet: str = "",
    as_json: bool = False,
) -> int:
    """Tell how a survey reads and which commands can use it; give the exit code of its first fault.

    That is 0 where it has none, whatever commands can use it.
    """
    settings, codebook = load_settings(settings_file), load_codebook(codebook_name)
    if sheet:
        survey = codebook.survey.model_copy(update={"sheet": sheet})
        codebook = codebook.model_copy(update={"survey": survey})
    intake = check_survey(survey_file, codebook, settings.intake)
    undecided = find_undecided(codebook_file(codebook_name).read_text(encoding="utf-8"))
    scales = None
    if not intake.errors:
        responses = intake.responses
        design = Design.of_units(responses["weight"].to_numpy(), responses[codebook.units.cluster])
        scales = measure_reliability(
            responses, codebook, design, draws=settings.evaluation.bootstraps
        )
    foretold = foretell(intake, survey_file, codebook, settings, models)
    minimum = settings.disclosure.minimum
    silenced = settings.checks.silenced
    found = Checked(intake, survey_file.name, scales, undecided, foretold, minimum, silenced)
    print(to_json(tell_program(found)).decode() if as_json else describe(found))
    return intake.errors[0].exit_code if intake.errors else 0
