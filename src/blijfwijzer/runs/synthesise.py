"""The built-in survey, made as asked."""

from pathlib import Path

from blijfwijzer.progress import Tell, silent
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.files import WRITTEN, format_of
from blijfwijzer.synthetic.export import write_blocks, write_survey
from blijfwijzer.synthetic.survey import CODEBOOK, Synthetic, make_survey


def synthesise(
    output: Path | str,
    respondents: int = 40_000,
    *,
    seed: int = 2019,
    wave: int = 2019,
    truth: Path | str | None = None,
    population: Path | str | None = None,
    margins: Path | str | None = None,
    figures: Path | str | None = None,
    tell: Tell = silent,
) -> Synthetic:
    """Make the built-in survey and, if asked, what is true of it and who was invited.

    Parameters
    ----------
    output : where it is written; the suffix gives the format
    wave : 2019, or 2022 with drifted margins
    truth, population, margins : where each respondent's true probabilities, how many people work
        in each team, and how many of each organisation have which age, tenure and education, are
        written
    figures : a table of your own to calibrate to (CSV)

    Raises
    ------
    UnknownFormatError
        A suffix is not one of .sav, .parquet, .csv, .csv.gz and .xlsx.
    """
    wanted = {"truth": truth, "population": population, "margins": margins}
    places = {name: Path(path) for name, path in wanted.items() if path}
    for path in (Path(output), *places.values()):
        format_of(path, WRITTEN)
    own = None if figures is None else Path(figures)
    survey, codebook = make_survey(respondents, seed, wave, own, tell), load_codebook(CODEBOOK)
    tell(f"write {output}")
    write_blocks(survey.blocks, codebook, Path(output))
    for name, path in places.items():
        write_survey(getattr(survey, name), codebook, path)
    return survey
