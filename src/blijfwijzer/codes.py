"""Codes of checks as people write them in settings, beside the reason why one is silenced."""

import tomllib
from difflib import get_close_matches
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated

from pydantic import AfterValidator

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
