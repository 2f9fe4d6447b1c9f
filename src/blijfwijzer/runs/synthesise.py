"""The built-in survey, made as asked."""

from pathlib import Path

from blijfwijzer.progress import show_progress
from blijfwijzer.survey.codebook import (
    load_codebook,
)
from blijfwijzer.survey.files import format_of
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey


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
