"""Which of the models in a folder is used, and what it foresees of the people of a survey."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from blijfwijzer.errors import ModelFolderError, counted
from blijfwijzer.progress import Tell
from blijfwijzer.records.champions import CHAMPIONS, read_champions
from blijfwijzer.records.model_folder import MANIFEST, Manifest, Stored, read_manifest, read_model
from blijfwijzer.records.pack import read_pack
from blijfwijzer.records.registry import fetch_model, is_registered
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.model import predict_risk
from blijfwijzer.settings import PackSettings, Settings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook, OutcomeKind
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.scales import score_scales

Concept = Literal["vertrekintentie", "achterblijver"]
_NOBODY = PackSettings()
_KINDS: dict[Concept, OutcomeKind] = {"vertrekintentie": "intention", "achterblijver": "need"}


@dataclass(frozen=True)
class ModelChoice:
    """The model that is used for an outcome."""

    stored: Stored
    why: str
    """For the screen: champion or newest, and of how many."""

    def __str__(self) -> str:
        """Say which, and why."""
        return f"{self.stored.model.target}: model {self.stored.folder.name}, {self.why}"


def choose_models(models: Path, packs: PackSettings = _NOBODY) -> dict[str, ModelChoice]:
    """Choose the model of each outcome in a folder, or the one model that the folder is.

    A place may also be the address of one model in MLflow's registry (models:/name@alias), which
    is then taken to lie in the folder `models`, with its runs in `mlruns`. A file is a pack, whose
    models are used if somebody signed it who is trusted.

    The champion that the folder names for an outcome is taken; without one the newest, by what the
    manifests say. Names and times of files say nothing.

    Parameters
    ----------
    packs : whose are used, and which no longer; nobody's when left out

    Returns
    -------
    Outcome to its model, in order of name.

    Raises
    ------
    ModelFolderError
        There is none, one is altered, they are of different surveys, or a champion is not there.
    PackError, TrustError, WithdrawnPackError
        The pack is damaged, signed by nobody who is trusted, or used no longer.
    TrackingError
        The registry cannot be reached, or has no such model.
    """
    if is_registered(models):
        stored = fetch_model(str(models), Path("mlruns"), Path("models"))
        return {stored.model.target: ModelChoice(stored, "as registered")}
    if models.is_file():
        pack = read_pack(models, packs)
        why = f"of pack {pack.name}, signed by {pack.signer}, made {pack.made[:10]}"
        return {target: ModelChoice(stored, why) for target, stored in pack.models.items()}
    if (models / MANIFEST).exists():
        stored = read_model(models)
        return {stored.model.target: ModelChoice(stored, "as given")}
    found: dict[str, list[Manifest]] = {}
    for path in sorted(models.glob(f"*/{MANIFEST}")):
        manifest = read_manifest(path.parent)
        found.setdefault(manifest.target, []).append(manifest)
    if not found:
        raise ModelFolderError(
            f"{models}: there is no model here. Train one first (`make train`), or give the right "
            "folder with --models."
        )
    champions = _champions(models, found)
    chosen = {target: _choose(found[target], champions.get(target)) for target in sorted(found)}
    surveys = sorted({choice.stored.codebook.survey.name for choice in chosen.values()})
    if len(surveys) > 1:
        raise ModelFolderError(
            f"{models}: holds models of {len(surveys)} surveys: {', '.join(surveys)}. Keep those "
            "of each survey in a folder of their own and give that with --models."
        )
    return chosen


def choose_model(models: Path, target: str = "", packs: PackSettings = _NOBODY) -> ModelChoice:
    """Choose the model of an outcome in a folder or pack; of the only one when none is named.

    Raises
    ------
    ModelFolderError
        There is none, or there are several and none is named.
    """
    chosen = choose_models(models, packs)
    if target in chosen or (not target and len(chosen) == 1):
        return chosen[target or next(iter(chosen))]
    what = f"no model of {target}" if target else f"models of {len(chosen)} outcomes"
    raise ModelFolderError(f"{models}: holds {what}. Give --target, one of: {', '.join(chosen)}.")


def choose_for(
    models: Path, codebook: Codebook, concept: Concept, packs: PackSettings = _NOBODY
) -> ModelChoice:
    """Choose the model of the outcome that stands for a concept.

    That is the one that the codebook maps to it, or else the first of the same kind.

    Raises
    ------
    ModelFolderError
        There is none of that kind, or it is of another survey.
    """
    chosen, kind = choose_models(models, packs), _KINDS[concept]
    fitting = [name for name, c in chosen.items() if c.stored.codebook.outcomes[name].kind == kind]
    if not fitting:
        raise ModelFolderError(
            f"{models}: {counted(len(chosen), 'model')}, none of the kind {kind}. Train one, or "
            "leave --models out."
        )
    mapped = codebook.concepts.get(concept)
    wanted = [*([mapped.outcome] if mapped is not None else []), *codebook.outcomes, *fitting]
    choice = chosen[next(name for name in wanted if name in fitting)]
    survey = choice.stored.codebook.survey.name
    if survey != codebook.survey.name:
        raise ModelFolderError(
            f"{choice.stored.folder.name}: was trained on {survey}, and this "
            f"survey is read as {codebook.survey.name}. Give --models of this survey, or "
            "leave it out."
        )
    return choice


def _champions(models: Path, found: Mapping[str, list[Manifest]]) -> dict[str, str]:
    """Read which model folder is used for each outcome; what it names must be there."""
    champions = read_champions(models)
    for target, name in champions.items():
        if name not in [manifest.folder.name for manifest in found.get(target, [])]:
            raise ModelFolderError(
                f"{models / CHAMPIONS}: names {name} as the model of {target}, and there is no "
                "such model here. Name one that is there, or remove the entry."
            )
    return champions


def _choose(rivals: list[Manifest], champion: str | None) -> ModelChoice:
    """Take the champion, or the newest; of equally new ones the last by name."""
    if champion is not None:
        taken = next(manifest for manifest in rivals if manifest.folder.name == champion)
        why = f"the champion of {len(rivals)}"
    else:
        taken = max(rivals, key=lambda manifest: (manifest.made, manifest.folder.name))
        why = "the only one" if len(rivals) == 1 else f"the newest of {len(rivals)}"
    return ModelChoice(read_model(taken.folder), f"{why}, made {taken.made[:10]}")


def foresee(stored: Stored, intake: Intake, settings: Settings, tell: Tell) -> Array:
    """Foresee the risk of each response of a survey that the model did not see.

    Returns
    -------
    One calibrated probability per response. They exist in memory only.
    """
    responses, batch = intake.held, settings.wave.batch
    scales = score_scales(responses, stored.codebook)
    risk = np.empty(len(responses))
    for start in range(0, len(responses), batch):
        tell(f"{stored.model.target}: {100 * start // len(responses)} % scored")
        rows = slice(start, start + batch)
        own = responses.take(rows), scales.iloc[rows].reset_index(drop=True)
        built = build_features(*own, stored.model.schema)
        risk[rows] = predict_risk(stored.model, built.frame)
    return risk
