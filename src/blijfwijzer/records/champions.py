"""Which model of a folder is used for each outcome, who decided that, when and why."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from blijfwijzer.errors import ModelFolderError
from blijfwijzer.files import read_json, to_json, write_beside

CHAMPIONS = "champions.json"
"""File in a folder of models: outcome to the name of the model folder that is used for it; where
one was promoted, to that as `model` and to all `decisions`, the last one at the end."""


@dataclass(frozen=True)
class ChampionDecision:
    """That a model is used from now on."""

    target: str
    model: str
    """Name of its folder."""
    replaced: str
    """Name of the one that was used; empty where none was named."""
    by: str
    """Who decided: a name or a role."""
    why: str
    decided: str
    """When, as ISO 8601 in UTC."""
    survey: str
    """Wave on which both were measured."""
    found: Mapping[str, Any]
    """What was found on it, as it may be shown."""


def read_champions(models: Path) -> dict[str, str]:
    """Read which model folder is used for each outcome; none where nobody named one.

    Raises
    ------
    ModelFolderError
        The file cannot be read as that.
    """
    return {target: entry["model"] for target, entry in _entries(models).items()}


def mark_champion(models: Path, decision: ChampionDecision) -> None:
    """Name a model as that which is used, and keep the decision beside those before it."""
    entries = _entries(models)
    told = {name: value for name, value in asdict(decision).items() if name != "target"}
    before = entries.get(decision.target, {}).get("decisions", [])
    entries[decision.target] = {"model": decision.model, "decisions": [*before, told]}
    with write_beside(models / CHAMPIONS) as beside:
        beside.write_bytes(to_json(dict(sorted(entries.items()))))


def _entries(models: Path) -> dict[str, dict[str, Any]]:
    path = models / CHAMPIONS
    if not path.exists():
        return {}
    try:
        raw = read_json(path).items()
        entries: dict[str, dict[str, Any]] = {
            str(target): {"model": e} if isinstance(e, str) else dict(e) for target, e in raw
        }
        return {
            target: {
                **entry,
                "model": _folder_here(str(entry["model"])),
                "decisions": [dict(one) for one in entry.get("decisions", [])],
            }
            for target, entry in entries.items()
        }
    except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
        raise ModelFolderError(
            f"{path}: is not readable as outcome to model folder, so it is not known which models "
            "are used. Mend or remove it."
        ) from error


def _folder_here(name: str) -> str:
    """Give the name of a folder beside the file; a path would lead to a model of elsewhere."""
    if name in ("", "..") or Path(name).name != name:
        raise ValueError(name)
    return name
