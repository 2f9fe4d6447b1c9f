"""What settings may name that files of the package declare: languages, and codes of checks."""

import tomllib
from difflib import get_close_matches
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated

from pydantic import AfterValidator

LOCALE: Traversable = resources.files("blijfwijzer") / "publish" / "locale"
"""Folder of the catalogues, a file per language."""


def catalogue_file(language: str) -> Traversable:
    """Give the file that holds the sentences of a language."""
    return LOCALE / f"{language}.po"


def languages() -> list[str]:
    """Languages that can be asked for: those that have a catalogue."""
    names = (file.name for file in LOCALE.iterdir())
    return sorted(name.removesuffix(".po") for name in names if name.endswith(".po"))


def _with_catalogue(language: str) -> str:
    known = languages()
    if language not in known:
        raise ValueError(f"there is no catalogue of {language}, only of {', '.join(known)}")
    return language


Language = Annotated[str, AfterValidator(_with_catalogue)]
"""Name of a language that pages can be made in: that of its catalogue."""

CHECKS_FILE: Traversable = resources.files("blijfwijzer") / "checks" / "checks.toml"
"""Declares every check, by its code."""


def _with_check(code: str) -> str:
    """Refuse a code that no check has, and name those that may be meant."""
    checks = tomllib.loads(CHECKS_FILE.read_text(encoding="utf-8"))
    if code not in checks:
        known = {name: name for name in checks} | {told["name"]: c for c, told in checks.items()}
        near = [*get_close_matches(code.upper(), known), *get_close_matches(code.lower(), known)]
        told = ", ".join(dict.fromkeys(known[name] for name in near)) or ", ".join(checks)
        raise ValueError(f"there is no check {code}; near it: {told}")
    return code


def _with_words(reason: str) -> str:
    if not reason.strip():
        raise ValueError("give a reason: it stands beside the finding that it silences")
    return reason.strip()


CheckCode = Annotated[str, AfterValidator(_with_check)]
"""Of a check, as `docs/checks.md` lists them."""
Reason = Annotated[str, AfterValidator(_with_words)]
"""A text that may not be empty."""
