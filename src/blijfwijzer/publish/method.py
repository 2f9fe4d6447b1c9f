"""How figures came about, in words, with the settings they were made with."""

from typing import Any

from blijfwijzer.publish.messages import say
from blijfwijzer.settings import Settings
from blijfwijzer.survey.texts import Language

_RELEASE = (
    "method.release.rates",
    "method.release.flags",
    "method.release.disclosure",
    "method.release.nonresponse",
)
_CLIMATE = (
    "method.climate.means",
    "method.climate.marks",
    "method.climate.comparable",
    "method.climate.disclosure",
)
_CLAIMS = ("method.claims.intervals", "method.claims.halves", "method.claims.disclosure")


def release_method(settings: Settings, language: Language) -> tuple[str, ...]:
    """Tell how the figures of a release came about."""
    values = {
        "margin": round(100 * settings.flags.margin),
        "false": round(100 * settings.flags.false_discoveries),
        "stability": round(100 * settings.flags.stability),
        "minimum": settings.disclosure.minimum,
        "odds": settings.rates.nonresponse_odds,
    }
    return _say_all(_RELEASE, language, values)


def climate_method(settings: Settings, language: Language) -> tuple[str, ...]:
    """Tell how figures of a climate came about."""
    culture = settings.culture
    values = {
        "false": round(100 * culture.false_discoveries),
        "floor": round(100 * culture.floor),
        "floor_d": culture.floor_d,
        "minimum": settings.disclosure.minimum,
    }
    return _say_all(_CLIMATE, language, values)


def claims_method(settings: Settings, language: Language) -> tuple[str, ...]:
    """Tell how verdicts came about."""
    return _say_all(_CLAIMS, language, {"minimum": settings.disclosure.minimum})


def _say_all(names: tuple[str, ...], language: Language, values: dict[str, Any]) -> tuple[str, ...]:
    return tuple(say(name, language, **values) for name in names)
