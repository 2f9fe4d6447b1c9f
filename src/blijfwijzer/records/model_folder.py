"""A model on disk: text and JSON, with a hash of every file; loading runs no code."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from blijfwijzer import __version__
from blijfwijzer.errors import CodebookError, ModelFolderError, SettingsError
from blijfwijzer.files import hash_bytes, hash_files, to_json
from blijfwijzer.records.lint import refuse_disclosure
from blijfwijzer.risk.model import FORMAT, RiskModel, model_from_json, model_to_json
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import Codebook, load_codebook

MANIFEST = "manifest.json"
_NEEDED = (
    *("model.txt", "model.json", "codebook.toml", "settings.toml", "metrics.json"),
    *("reference.json", "effects.json"),
)


@dataclass(frozen=True)
class Stored:
    """What a model folder holds, read."""

    model: RiskModel
    codebook: Codebook
    settings: Settings
    metrics: dict[str, Any]
    reference: dict[str, Any]
    """How answers were distributed, to hold a new wave against."""
    effects: pd.DataFrame
    """What groups added to the model, for a wave without outcomes."""
    folder: Path


def folder_name(target: str, codebook: Codebook, survey_sha256: str, settings: Settings) -> str:
    """Name a model folder after its outcome, its survey and all that it was made from.

    The same survey, codebook and settings give the same name, and the same content.
    """
    made_from = [survey_sha256, codebook.model_dump_json(), settings.model_dump_json(), __version__]
    digest = hash_bytes("\n".join(made_from).encode())
    return f"{target}-{codebook.survey.name}-{codebook.survey.wave}-{digest[:8]}"


@dataclass(frozen=True)
class Learnt:
    """What a training leaves for those who use its model."""

    model: RiskModel
    codebook_text: str
    """The codebook's file as it was read."""
    settings: Settings
    metrics: dict[str, Any]
    """Plain values."""
    reference: dict[str, Any]
    """How answers were distributed, as `learn_reference` gives."""
    effects: pd.DataFrame
    """What groups add to the model, as `learn_group_effects` gives."""


def model_files(learnt: Learnt, shown: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the files of a model folder, beside those that are shown.

    Parameters
    ----------
    shown : files (plots, tables, page) by their path in the folder, which the manifest covers too

    Raises
    ------
    ModelDisclosureError
        The model's text would tell something about fewer than ten people.
    """
    refuse_disclosure(learnt.model)
    contents = {
        "model.txt": learnt.model.trees.encode(),
        "model.json": to_json(model_to_json(learnt.model)),
        "codebook.toml": learnt.codebook_text.encode(),
        "settings.toml": tomli_w.dumps(learnt.settings.model_dump(mode="json")).encode(),
        "metrics.json": to_json(learnt.metrics),
        "reference.json": to_json(learnt.reference),
        "effects.json": to_json(learnt.effects.to_dict("index")),
    }
    manifest = {
        "format": FORMAT,
        "made_with": f"blijfwijzer {__version__}",
        "sha256": hash_files({**contents, **shown}),
    }
    return {**contents, MANIFEST: to_json(manifest)}


def read_model(folder: Path) -> Stored:
    """Read a model folder after checking the hash of every file.

    Raises
    ------
    ModelFolderError
        It is incomplete, altered, holds files that it should not, or is of a newer format.
    """
    _verify(folder)
    try:
        model = model_from_json(
            json.loads((folder / "model.json").read_text(encoding="utf-8")),
            (folder / "model.txt").read_text(encoding="utf-8"),
        )
        return Stored(
            model,
            load_codebook(folder / "codebook.toml"),
            load_settings(folder / "settings.toml"),
            json.loads((folder / "metrics.json").read_text(encoding="utf-8")),
            json.loads((folder / "reference.json").read_text(encoding="utf-8")),
            _read_effects(folder / "effects.json"),
            folder,
        )
    except (KeyError, TypeError, ValueError, CodebookError, SettingsError) as error:
        raise ModelFolderError(
            f"{folder}: was made by another version and cannot be read ({type(error).__name__}). "
            "Train the model again."
        ) from error


def choose_models(models: Path) -> dict[str, Stored]:
    """Read the newest model of each outcome in a folder, or the one model that it is.

    Raises
    ------
    ModelFolderError
        There is none, one is altered, or they are of different surveys.
    """
    single = (models / "manifest.json").exists()
    found = [models] if single else sorted(p.parent for p in models.glob("*/manifest.json"))
    if not found:
        raise ModelFolderError(
            f"{models}: there is no model here. Train one first (`make train`), or give the right "
            "folder with --models."
        )
    newest: dict[str, tuple[float, Path]] = {}
    for folder in found:
        target = folder.name.split("-")[0]
        made = (folder / "manifest.json").stat().st_mtime
        if target not in newest or made >= newest[target][0]:
            newest[target] = (made, folder)
    read = [read_model(folder) for _, folder in newest.values()]
    surveys = sorted({stored.codebook.survey.name for stored in read})
    if len(surveys) > 1:
        raise ModelFolderError(
            f"{models}: holds models of {len(surveys)} surveys: {', '.join(surveys)}. Keep those "
            "of each survey in a folder of their own and give that with --models."
        )
    return {stored.model.target: stored for stored in read}


def _read_effects(path: Path) -> pd.DataFrame:
    rows = json.loads(path.read_text(encoding="utf-8"))
    columns = ["effect", "se", "between"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=float)


def _verify(folder: Path) -> None:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        recorded = dict(manifest["sha256"])
        newer = int(manifest["format"]) > FORMAT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFolderError(
            f"{folder}: is no model folder: its {MANIFEST} is missing or unreadable. Give the "
            "path of a folder that `blijfwijzer train` made."
        ) from error
    if newer:
        raise ModelFolderError(f"{folder}: is of a newer format. Update blijfwijzer to read it.")
    present = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {MANIFEST}
    # Only files that are there are opened, so a name in the manifest cannot lead outside.
    altered = sorted(
        name
        for name in present & set(recorded)
        if hash_bytes((folder / name).read_bytes()) != recorded[name]
    )
    missing = sorted((set(recorded) | set(_NEEDED)) - present)
    strange = sorted(present - set(recorded))
    faults = [
        f"{len(names)} {what}: {', '.join(names[:5])}"
        for what, names in (("altered", altered), ("missing", missing), ("added", strange))
        if names
    ]
    if faults:
        raise ModelFolderError(
            f"{folder}: is not as it was written; files are {'; '.join(faults)}. Restore it from "
            "a copy, or train the model again."
        )
