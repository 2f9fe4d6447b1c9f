"""Which governance file a survey has: one that is named, one that stands beside, or its own."""

import tomllib
from functools import cache
from pathlib import Path
from textwrap import shorten

from blijfwijzer.errors import GovernanceError
from blijfwijzer.governance.document import FILE, Governance, read_governance
from blijfwijzer.settings import MOST_CONTACT, ContactSettings, Settings
from blijfwijzer.survey.codebook import Codebook, codebook_file, shipped_codebooks


def file_beside(place: Path) -> Path | None:
    """Give the file that stands beside a codebook or among models; None where none does.

    Parameters
    ----------
    place : a codebook's file, whose own file wins (`mine.governance.toml` of `mine.toml`), a folder
        of models, or a model's folder
    """
    if place.is_dir():
        near = [place / FILE, place.parent / FILE]
    else:
        near = [place.with_name(f"{place.stem}.{FILE}"), place.with_name(FILE)]
    return next((path for path in near if path.is_file()), None)


def governed(settings: Settings, place: Path | str | None) -> Settings:
    """Let settings name the file that stands beside a codebook or models, unless they name one.

    Parameters
    ----------
    place : as `file_beside` takes it, or the name of a built-in codebook, which has its own; None
        where there is neither

    Raises
    ------
    GovernanceError
        It cannot be read: told before any work is done.

    Returns
    -------
    Settings that name it, and whom readers turn to as it does, unless they say that themselves.
    """
    is_named = place is None or str(place) in shipped_codebooks()
    beside = None if is_named else file_beside(Path(str(place)))
    named = settings.governance or beside
    if named is None:
        return settings
    contact = _contact(settings, read_governance(named))
    return settings.model_copy(update={"governance": named, "contact": contact})


def _contact(settings: Settings, settled: Governance) -> ContactSettings:
    """Give whom readers turn to: as the settings say, or else as was settled."""
    if settings.contact != ContactSettings():
        return settings.contact
    own = settled.organisation
    ask, objecting = (
        shorten(words.in_(settings.language), MOST_CONTACT, placeholder="…")
        for words in (own.contact, own.object)
    )
    return ContactSettings(ask=ask, object=objecting)


def find_governance(named: Path | None, codebook: Codebook) -> Governance | None:
    """Give what was settled about a survey; nothing where nobody settled anything.

    Parameters
    ----------
    named : file; that of a built-in survey when left out

    Raises
    ------
    GovernanceError
        It cannot be read, or is about another survey.
    """
    if named is not None:
        return read_named(named, codebook.survey.name)
    return _shipped(codebook.survey.name) if _is_shipped(codebook) else None


def read_named(named: Path, survey: str) -> Governance:
    """Read a file that was named for a survey.

    Raises
    ------
    GovernanceError
        It cannot be read, or is about another survey.
    """
    told = read_governance(named)
    if told.survey != survey:
        raise GovernanceError(
            f"{named.name}: is about the survey {told.survey}, and this is {survey}. What was "
            "settled about one allows nothing about another. Give the file of this survey."
        )
    return told


def _is_shipped(codebook: Codebook) -> bool:
    """Tell whether a codebook is that of a built-in survey, also in what it calls itself.

    Whoever makes a survey of real people from it says so there, and needs a file of their own.
    """
    about = codebook.survey.model_dump(mode="json", include={"name", "label", "population"})
    return about in _surveys().values()


@cache
def _surveys() -> dict[str, dict[str, object]]:
    """Give what each built-in survey that ships a file calls itself."""
    told = {}
    for name in shipped_codebooks():
        path = codebook_file(name)
        if path.with_name(f"{name}.{FILE}").is_file():
            survey = tomllib.loads(path.read_text(encoding="utf-8"))["survey"]
            told[name] = {key: survey[key] for key in ("name", "label", "population")}
    return told


@cache
def _shipped(survey: str) -> Governance:
    name = next(name for name, about in _surveys().items() if about["name"] == survey)
    return read_governance(codebook_file(name).with_name(f"{name}.{FILE}"))
