"""Models in MLflow's registry: a name per survey and outcome, of which every version loads.

A version is an MLflow model of code ("models from code") with a model folder beside it; nothing is
pickled. Whoever loads it gets the code that answers with groups, or, by `fetch_model`, the folder.
"""

import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from blijfwijzer.errors import ModelFolderError, TrackingError, refuse_without
from blijfwijzer.records.model_folder import MANIFEST, Stored, read_model
from blijfwijzer.records.store import connect, quiet, refusals, store_uri, tracking_uri

CHALLENGER = "challenger"
"""Alias of the version that was registered last."""
CHAMPION = "champion"
"""Alias of the version that is used."""
SURVEY, WAVE, TARGET, MODEL = (
    f"blijfwijzer.{name}" for name in ("survey", "wave", "target", "model")
)
_ADDRESS = "models:/"


@dataclass(frozen=True)
class Registered:
    """Of what a registered model is."""

    survey: str
    wave: str
    target: str
    model: str
    """Name of its model folder."""

    @classmethod
    def of(cls, stored: Stored) -> "Registered":
        """Give that of a model folder."""
        about = stored.codebook.survey
        return cls(about.name, about.wave, stored.model.target, stored.folder.name)

    @property
    def name(self) -> str:
        """Name in the registry; no two surveys share one, so neither do they share an alias."""
        return f"{self.survey}-{self.target}"

    @property
    def tags(self) -> dict[str, str]:
        """What tells it from others, to be searched by."""
        return {SURVEY: self.survey, WAVE: self.wave, TARGET: self.target, MODEL: self.model}


def save_served(folder: Path, target: Path, code: Path) -> None:
    """Write the MLflow model that serves a model folder with some code ("models from code")."""
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ParamSchema, ParamSpec

    by = ParamSpec("by", "string", "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.pyfunc.save_model(
            str(target),
            python_model=str(code),
            artifacts={"folder": str(folder.resolve())},
            signature=ModelSignature(params=ParamSchema([by])),
            pip_requirements=["blijfwijzer"],
            # Only keys that are named here can be given when it is loaded.
            model_config={"settings": ""},
        )


def register(client: Any, told: Registered, run_id: str, artifact: str) -> str:
    """Register an artifact of a run as the newest version, for somebody to promote.

    Returns
    -------
    The number of the version.

    Raises
    ------
    TrackingError
        The name is that of another survey and outcome: "a-b" with "c", and "a" with "b-c".
    """
    from mlflow.exceptions import MlflowException

    own = {SURVEY: told.survey, TARGET: told.target}
    try:
        tags = client.get_registered_model(told.name).tags
    except MlflowException:
        client.create_registered_model(told.name, tags=own)
        tags = own
    if {name: tags.get(name) for name in own} != own:
        raise TrackingError(
            f"{told.name}: is registered for outcome {tags.get(TARGET)} of survey "
            f"{tags.get(SURVEY)}, and is now asked for {told.target} of {told.survey}. The run is "
            "tracked and nothing was registered. Call the outcome or the survey otherwise in the "
            "codebook."
        )
    source = f"{client.get_run(run_id).info.artifact_uri}/{artifact}"
    version = client.create_model_version(told.name, source, run_id=run_id, tags=told.tags)
    client.set_registered_model_alias(told.name, CHALLENGER, version.version)
    return str(version.version)


def newest_version(client: Any, told: Registered) -> str:
    """Give the newest version that is of a model folder; empty where none is."""
    versions = client.search_model_versions(f"name='{told.name}'")
    own = [v.version for v in versions if v.tags.get(MODEL) == told.model]
    return str(max(own, key=int)) if own else ""


def version_of(name: str, alias: str, store: Path) -> str:
    """Give the version of a registered model that has an alias; empty where none has.

    Raises
    ------
    TrackingError
    """
    with _asked(store, f"{name}@{alias}") as client:
        return str(client.get_registered_model(name).aliases.get(alias, ""))


def crown(told: Registered, decision: Mapping[str, str], store: Path) -> str:
    """Give the newest version of a model folder the alias of the champion, and keep why.

    Parameters
    ----------
    decision : who decided, when and why, and what was found

    Returns
    -------
    The version; empty where no version is of this folder, as it was trained without tracking.

    Raises
    ------
    TrackingError
    """
    uri = store_uri(store)
    if uri.startswith("sqlite:") and not (store / "mlflow.db").exists():
        return ""
    with _asked(store, told.name) as client:
        version = newest_version(client, told)
        if not version:
            return ""
        for key, value in decision.items():
            client.set_model_version_tag(told.name, version, f"blijfwijzer.{key}", value)
        client.set_registered_model_alias(told.name, CHAMPION, version)
        aliases = client.get_registered_model(told.name).aliases
        if str(aliases.get(CHALLENGER, "")) == version:
            client.delete_registered_model_alias(told.name, CHALLENGER)
        return version


@contextmanager
def _asked(store: Path, what: str) -> Iterator[Any]:
    """Give the client of a registry; what it refuses is told as an error of ours."""
    refuse_without("mlflow", "tracking", f"the registry, of {what}")
    with quiet():
        try:
            yield connect(store)
        except refusals() as error:
            raise TrackingError(
                f"{tracking_uri(store)}: {what} could not be had ({type(error).__name__}). "
                "Check its name, alias or version, and MLFLOW_TRACKING_URI."
            ) from error


def is_registered(place: Path | str) -> bool:
    """Tell whether a place is an address in the registry: models:/name@alias or /version."""
    # A path has dropped nothing of it, as it has one slash.
    return str(place).startswith(_ADDRESS)


def fetch_model(address: str, store: Path, models: Path) -> Stored:
    """Read a model from the registry, as from its folder: hashes are checked, no code is run.

    Parameters
    ----------
    address : models:/name@alias or models:/name/version
    store : folder of the SQLite database; MLFLOW_TRACKING_URI wins
    models : folder of models that it is taken to lie in; nothing is written there

    Raises
    ------
    TrackingError
        The registry cannot be reached, or has no such model.
    ModelFolderError
        What is registered is no model of ours, or was altered.
    """
    with _asked(store, address), tempfile.TemporaryDirectory() as place:
        import mlflow

        uri = store_uri(store)
        found = mlflow.artifacts.download_artifacts(
            address, dst_path=place, tracking_uri=uri, registry_uri=uri
        )
        folders = [path.parent for path in Path(found).glob(f"artifacts/*/{MANIFEST}")]
        if len(folders) != 1:
            raise ModelFolderError(
                f"{address}: holds {len(folders)} model folders where 1 is needed. Register it "
                "again by training, or give another version."
            )
        stored = read_model(folders[0])
    return replace(
        stored, manifest=replace(stored.manifest, folder=models / stored.manifest.folder.name)
    )
