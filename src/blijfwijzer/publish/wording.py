"""Sentences of a release: those whose ids begin with `release.`."""

from blijfwijzer.publish import messages
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Language


def knows(name: str) -> bool:
    """Tell whether there is a text of this name."""
    return messages.knows(f"release.{name}")


def told(name: str, language: Language) -> str:
    """Give a text by its name."""
    return messages.template(f"release.{name}", language)


def method(settings: Settings, language: Language) -> tuple[str, ...]:
    """Tell how the figures came about, with the settings they were made with."""
    values = {
        "margin": round(100 * settings.flags.margin),
        "false": round(100 * settings.flags.false_discoveries),
        "stability": round(100 * settings.flags.stability),
        "minimum": settings.disclosure.minimum,
        "odds": f"{settings.rates.nonresponse_odds:g}",
    }
    parts = ("rates", "flags", "disclosure", "nonresponse")
    return tuple(messages.say(f"release.method_{part}", language, **values) for part in parts)
