"""How figures came about, in words, with the settings they were made with."""

from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.texts import Message

_RELEASE = (
    "method.release.rates",
    "method.release.flags",
    "method.release.disclosure",
    "method.release.nonresponse",
    "method.release.models",
    "method.checked",
)
_CLIMATE = (
    "method.climate.means",
    "method.climate.marks",
    "method.climate.comparable",
    "method.climate.disclosure",
    "method.checked",
)
_CLAIMS = ("method.claims.intervals", "method.claims.halves", "method.claims.disclosure")


def release_method(settings: Settings, codebook: Codebook) -> tuple[Message, ...]:
    """Tell how the figures of a release came about."""
    return _tell(
        (*_RELEASE, _what_varies(codebook)),
        margin=round(100 * settings.flags.margin),
        false=round(100 * settings.flags.false_discoveries),
        minimum=settings.disclosure.minimum,
        odds=settings.rates.nonresponse_odds,
    )


def climate_method(settings: Settings, codebook: Codebook) -> tuple[Message, ...]:
    """Tell how figures of a climate came about."""
    culture = settings.culture
    return _tell(
        (*_CLIMATE, _what_varies(codebook)),
        false=round(100 * culture.false_discoveries),
        floor=round(100 * culture.floor),
        floor_d=culture.floor_d,
        minimum=settings.disclosure.minimum,
    )


def claims_method(settings: Settings) -> tuple[Message, ...]:
    """Tell how verdicts came about."""
    return _tell(_CLAIMS, minimum=settings.disclosure.minimum)


def _what_varies(codebook: Codebook) -> str:
    return "method.varies.units" if codebook.units.sampled else "method.varies.people"


def _tell(names: tuple[str, ...], **values: float) -> tuple[Message, ...]:
    return tuple(Message(name, values) for name in names)
