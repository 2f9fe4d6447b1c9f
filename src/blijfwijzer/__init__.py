"""Blijfwijzer: who may want to leave, who falls behind, why, and for which groups to act.

The Python door. Each name is imported when it is first used, so that `import blijfwijzer` is light.
`docs/python.md` teaches it on one page.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blijfwijzer.runs.audit import audit
    from blijfwijzer.runs.door import (
        allocate,
        claims,
        climate,
        explain,
        load_model,
        read_survey,
        score,
        train,
    )
    from blijfwijzer.runs.model_door import compare, monitor, promote
    from blijfwijzer.runs.synthesise import synthesise
    from blijfwijzer.settings import Settings, load_settings
    from blijfwijzer.survey.codebook import Codebook, load_codebook

__version__ = "0.1.0"
__all__ = [
    "Codebook",
    "Settings",
    "allocate",
    "audit",
    "claims",
    "climate",
    "compare",
    "explain",
    "load_codebook",
    "load_model",
    "load_settings",
    "monitor",
    "promote",
    "read_survey",
    "score",
    "synthesise",
    "train",
]

_ELSEWHERE = {
    "Codebook": "survey.codebook",
    "Settings": "settings",
    "audit": "runs.audit",
    "compare": "runs.model_door",
    "load_codebook": "survey.codebook",
    "load_settings": "settings",
    "monitor": "runs.model_door",
    "promote": "runs.model_door",
    "synthesise": "runs.synthesise",
}
"""Where a name stands that is not in `runs.door`."""


def __getattr__(name: str) -> Any:
    """Import a name of the door when it is used.

    Raises
    ------
    AttributeError
        The door has no such name.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'runs.door')}"), name)


def __dir__() -> list[str]:
    """Give the names of the door."""
    return sorted([*__all__, "__version__"])


class _Door(ModuleType):
    """The package as a door: the room `claims` does not take the place of the verb `claims`."""

    def __setattr__(self, name: str, value: object) -> None:
        """Leave out what the import of a room would set."""
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Door
