"""Runs in MLflow; besides `runs.served`, the only module that imports it.

Nothing is pickled, no input example is logged, no telemetry is sent: what is logged are settings,
hashes, metrics with intervals, and the files of the model folder.
"""

import logging
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.errors import TrackingError, is_installed, refuse_without
from blijfwijzer.settings import TrackingSettings

ALIAS = "challenger"
TARGET = "blijfwijzer.target"
_BATCH = 90
_HELD = {"model": "The model", "release": "What was published"}
"""What each artifact of a run holds, for messages."""
# Up to the last @ before the path, as a password may hold one.
_USER = re.compile(r"^([^/?#]*//)[^/?#]*@")


@dataclass(frozen=True)
class Training:
    """What is tracked of one training."""

    target: str
    folder: Path
    """The model folder; its files become the run's artifacts."""
    parameters: dict[str, Any]
    tags: dict[str, str]
    metrics: dict[str, Any]
    """As in metrics.json."""
    candidates: pd.DataFrame
    """One row per candidate, as `Selection.scores`."""
    served: Path
    """The code that answers with this model over HTTP; MLflow keeps a copy of it."""


def expect_tracking(tracking: TrackingSettings) -> None:
    """Say, before a run begins, that it will not be tracked; refuse it if the settings insist.

    Without MLflow a run is complete all the same, so that the default gives way. A file of
    settings that says `tracking.enabled = true` is a rule that somebody laid down: a run that
    could not keep it must not be found out when it ends.

    Raises
    ------
    MissingExtraError
        MLflow is not installed, and the settings say in so many words to track.
    """
    refuse_untracked(tracking)
    if tracking.enabled and not is_tracked(tracking):
        print('Not tracked: MLflow is not installed (pip install "blijfwijzer[tracking]").')


def refuse_untracked(tracking: TrackingSettings) -> None:
    """Refuse a run that the settings say in so many words to track, and that cannot be.

    Raises
    ------
    MissingExtraError
    """
    if tracking.enabled and "enabled" in tracking.model_fields_set:
        refuse_without("mlflow", "tracking", "tracking.enabled = true in the settings")


def is_tracked(tracking: TrackingSettings) -> bool:
    """Tell whether runs are tracked: unless the settings say not to, where MLflow is there."""
    return tracking.enabled and is_installed("mlflow")


@dataclass(frozen=True)
class Released:
    """What is tracked of something that was published."""

    name: str
    folder: Path
    """Files that passed the gate; they become the run's artifacts."""
    parameters: dict[str, Any]
    tags: dict[str, str]
    metrics: dict[str, float]


def track_training(training: Training, experiment: str, store: Path) -> str:
    """Log one run, with one nested run per candidate, and register the model.

    Parameters
    ----------
    experiment : its name in MLflow
    store : folder of the SQLite database and artifacts; MLFLOW_TRACKING_URI wins

    Returns
    -------
    The run's id.

    Raises
    ------
    TrackingError
        The store refuses or cannot be reached; the model folder is there all the same.
    """
    told = Released(
        training.folder.name,
        training.folder,
        training.parameters,
        {**training.tags, **_calibration_tags(training.metrics), TARGET: training.target},
        _flatten(training.metrics),
    )

    def add(client: Any, place: str, run_id: str) -> None:
        for name, row in training.candidates.iterrows():
            _log_candidate(client, place, run_id, str(name), row, training.target)
        _register(client, f"blijfwijzer-{training.target}", run_id, "model")
        with tempfile.TemporaryDirectory() as folder:
            served = Path(folder) / "served"
            save_served(training.folder, served, training.served)
            client.log_artifacts(run_id, str(served), "served")
        _register(client, f"blijfwijzer-{training.target}-groups", run_id, "served")

    return _track(told, "model", experiment, store, add)


def track_release(released: Released, experiment: str, store: Path) -> str:
    """Log what was published as one run, as `track_training` does; nothing is registered."""
    return _track(released, "release", experiment, store, lambda *_: None)


def _track(
    told: Released,
    artifact: str,
    experiment: str,
    store: Path,
    add: Callable[[Any, str, str], None],
) -> str:
    """Log one run with its files, and what `add` adds of client, experiment and run."""
    with _quiet():
        from mlflow import MlflowClient

        uri = _uri(store)
        try:
            if uri.startswith("sqlite:"):
                store.mkdir(parents=True, exist_ok=True)
            client = MlflowClient(tracking_uri=uri, registry_uri=uri)
            place = _experiment(client, experiment, store, uri)
            if place is None:
                raise TrackingError(
                    f"{tracking_uri(store)}: experiment {experiment} was deleted, so that the run "
                    f"could not be tracked. {_HELD[artifact]} is complete in {told.folder}. "
                    "Restore it in MLflow (`mlflow experiments restore`), or set "
                    "tracking.experiment to another name."
                )
            run = client.create_run(place, tags=told.tags, run_name=told.name)
            run_id = str(run.info.run_id)
            try:
                _log_values(client, run_id, told.parameters, told.metrics)
                client.log_artifacts(run_id, str(told.folder), artifact)
                add(client, place, run_id)
            except BaseException:
                client.set_terminated(run_id, "FAILED")
                raise
            client.set_terminated(run_id)
            return run_id
        except _refusals() as error:
            raise TrackingError(
                f"{tracking_uri(store)}: the run could not be tracked ({type(error).__name__}). "
                f"{_HELD[artifact]} is complete in {told.folder}. Check MLFLOW_TRACKING_URI, or "
                "set tracking.enabled = false."
            ) from error


def _refusals() -> tuple[type[Exception], ...]:
    """Give what a store raises that refuses, cannot be reached, or is damaged or no database."""
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, SQLAlchemyError, CommandError, OSError


def tracking_uri(store: Path) -> str:
    """Where runs are kept, to be read: MLFLOW_TRACKING_URI without its password, or SQLite."""
    return _USER.sub(r"\1***@", _uri(store))


def _uri(store: Path) -> str:
    """Where runs are kept: MLFLOW_TRACKING_URI, or SQLite in `store`."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(store / 'mlflow.db').resolve()}"


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
        )


def _experiment(client: Any, name: str, store: Path, uri: str) -> str | None:
    """Give the number of an experiment, made where it is not there; nothing if it was deleted."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id) if found.lifecycle_stage == "active" else None
    # A server decides itself where artifacts go; for a file they go beside it.
    place = (store / "artifacts").resolve().as_uri() if uri.startswith("sqlite:") else None
    # Without a kind, MLflow's page takes it for an experiment with language models.
    kind = {"mlflow.experimentKind": "custom_model_development"}
    return str(client.create_experiment(name, artifact_location=place, tags=kind))


def _log_values(
    client: Any, run_id: str, parameters: dict[str, Any], metrics: dict[str, float]
) -> None:
    from mlflow.entities import Metric, Param

    params = [Param(name, str(value)) for name, value in parameters.items()]
    # A run is told by its content; a time of its own would only say when the machine was busy.
    values = [Metric(name, value, 0, 0) for name, value in metrics.items()]
    for start in range(0, max(len(params), len(values)), _BATCH):
        part = slice(start, start + _BATCH)
        client.log_batch(run_id, metrics=values[part], params=params[part])


def _log_candidate(
    client: Any, experiment_id: str, parent: str, name: str, row: pd.Series, target: str
) -> None:
    tags = {"mlflow.parentRunId": parent, TARGET: target}
    run_id = client.create_run(experiment_id, tags=tags, run_name=name).info.run_id
    numbers = {
        str(column): float(value)
        for column, value in row.items()
        if isinstance(value, float) and value == value
    }
    others = {str(c): v for c, v in row.items() if not isinstance(v, float)}
    _log_values(client, run_id, {"candidate": name, **others}, numbers)
    client.set_terminated(run_id)


def _register(client: Any, name: str, run_id: str, artifact: str) -> None:
    """Register an artifact of a run as a new version, for somebody to promote."""
    from mlflow.exceptions import MlflowException

    try:
        client.get_registered_model(name)
    except MlflowException:
        client.create_registered_model(name)
    source = f"{client.get_run(run_id).info.artifact_uri}/{artifact}"
    version = client.create_model_version(name, source=source, run_id=run_id)
    client.set_registered_model_alias(name, ALIAS, version.version)


def _calibration_tags(metrics: dict[str, Any]) -> dict[str, str]:
    """Say of a run whether its risks were calibrated, and whether that holds, may not, or not."""
    told = metrics.get("calibration", {})
    return {f"blijfwijzer.calibration.{name}": str(value) for name, value in told.items()}


def _flatten(metrics: dict[str, Any]) -> dict[str, float]:
    """Give metrics MLflow's flat names: `log_loss`, `log_loss_low`, `trees.log_loss`, ..."""
    flat: dict[str, float] = {}
    for name, entry in metrics["overall"].items():
        for part, value in entry.items():
            flat[name if part == "value" else f"{name}_{part}"] = value
    for candidate, entry in metrics["candidates"].items():
        flat[f"{candidate}.log_loss"] = entry["log_loss"]
    flat["contributions.largest_gap"] = metrics["contributions"]["largest_gap"]
    flat["rows"] = metrics["rows"]
    flat["effective_rows"] = metrics["effective_rows"]
    flat["prevalence"] = metrics["prevalence"]
    return {name: float(value) for name, value in flat.items() if value is not None}


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep MLflow from phoning home, waiting long for a server, and telling of its database."""
    wanted = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update({n: v for n, v in wanted.items() if n == "DO_NOT_TRACK" or before[n] is None})
    import mlflow  # noqa: F401  (sets its own log levels when imported, so first)

    for logger in ("alembic", "mlflow", "mlflow.store.db.utils"):
        logging.getLogger(logger).setLevel(logging.WARNING)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
