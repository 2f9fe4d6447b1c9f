"""Runs in MLflow.

Nothing is pickled, no input example is logged, no telemetry is sent: what is logged are settings,
hashes, metrics with intervals, and the files of the model folder.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.errors import TrackingError, is_installed, refuse_without
from blijfwijzer.records.lineage import Dataset
from blijfwijzer.records.registry import Registered, newest_version, register, save_served
from blijfwijzer.records.store import connect, quiet, refusals, store_uri, tracking_uri
from blijfwijzer.records.view import keep_view
from blijfwijzer.settings import TrackingSettings

_BATCH = 90
_HELD = {"model": "The model", "release": "What was published"}
"""What each artifact of a run holds, for messages."""


@dataclass(frozen=True)
class Training:
    """What is tracked of one training."""

    about: Registered
    folder: Path
    """The model folder; it becomes the run's artifact, as an MLflow model."""
    parameters: dict[str, Any]
    tags: dict[str, str]
    metrics: dict[str, Any]
    """As in metrics.json."""
    candidates: pd.DataFrame
    """One row per candidate, as `Selection.scores`."""
    served: Path
    """The code that answers with this model over HTTP; MLflow keeps a copy of it."""
    dataset: Dataset | None = None
    note: str = ""
    """What a person reads of it first, in Markdown."""
    began: float = 0.0
    """When the training began, in seconds since 1970; when it is tracked if that is not known."""
    curves: pd.DataFrame | None = None
    """Points of curves, as metrics with a step: name, step (a whole number) and value."""


@dataclass(frozen=True)
class Released:
    """What is tracked of something that was published."""

    name: str
    folder: Path
    """Files that passed the gate; they become the run's artifacts."""
    parameters: dict[str, Any]
    tags: dict[str, str]
    metrics: dict[str, float]
    dataset: Dataset | None = None
    note: str = ""
    """What a person reads of it first, in Markdown."""
    used: tuple[Registered, ...] = ()
    """Models that it was made with."""
    began: float = 0.0
    """When it began, in seconds since 1970; when it is tracked if that is not known."""


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
    about = training.about
    told = Released(
        training.folder.name,
        training.folder,
        training.parameters,
        {**training.tags, **_calibration_tags(training.metrics), **about.tags},
        _flatten(training.metrics),
        training.dataset,
        training.note,
        began=training.began,
    )

    def add(client: Any, place: str, run_id: str) -> None:
        _log_curves(client, run_id, training.curves)
        for name, row in training.candidates.iterrows():
            _log_candidate(client, place, run_id, str(name), row, about)
        register(client, about, run_id, "model")

    with quiet(), tempfile.TemporaryDirectory() as folder:
        served = Path(folder) / "model"
        save_served(training.folder, served, training.served)
        return _track(told, "model", served, experiment, store, add)


def track_release(released: Released, experiment: str, store: Path) -> str:
    """Log what was published as one run, as `track_training` does; nothing is registered.

    The run is linked to the newest version of each model that it was made with.
    """

    def add(client: Any, place: str, run_id: str) -> None:
        for model in released.used:
            version = newest_version(client, model)
            if version:
                address = f"models:/{model.name}/{version}"
                client.set_tag(run_id, f"blijfwijzer.used.{model.target}", address)

    with quiet():
        return _track(released, "release", released.folder, experiment, store, add)


def _track(
    told: Released,
    artifact: str,
    files: Path,
    experiment: str,
    store: Path,
    add: Callable[[Any, str, str], None],
) -> str:
    """Log one run with its files, and what `add` adds of client, experiment and run."""
    try:
        client = connect(store)
        place = _experiment(client, experiment, store)
        if place is None:
            raise TrackingError(
                f"{tracking_uri(store)}: experiment {experiment} was deleted, so that the run "
                f"could not be tracked. {_HELD[artifact]} is complete in {told.folder}. "
                "Restore it in MLflow (`mlflow experiments restore`), or set "
                "tracking.experiment to another name."
            )
        keep_view(client, place)
        # MLflow takes the moment of this call for the start, which is long after it.
        start = int(1000 * told.began) or None
        run = client.create_run(place, start_time=start, tags=told.tags, run_name=told.name)
        run_id = str(run.info.run_id)
        try:
            _log_values(client, run_id, told.parameters, told.metrics)
            if told.note:
                client.set_tag(run_id, "mlflow.note.content", told.note)
            if told.dataset is not None:
                client.log_inputs(run_id, [told.dataset.as_input()])
            client.log_artifacts(run_id, str(files), artifact)
            add(client, place, run_id)
        except BaseException:
            client.set_terminated(run_id, "FAILED")
            raise
        client.set_terminated(run_id)
        return run_id
    except refusals() as error:
        raise TrackingError(
            f"{tracking_uri(store)}: the run could not be tracked ({type(error).__name__}). "
            f"{_HELD[artifact]} is complete in {told.folder}. Check MLFLOW_TRACKING_URI, or "
            "set tracking.enabled = false."
        ) from error


def _experiment(client: Any, name: str, store: Path) -> str | None:
    """Give the number of an experiment, made where it is not there; nothing if it was deleted."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id) if found.lifecycle_stage == "active" else None
    # A server decides itself where artifacts go; for a file they go beside it.
    is_file = store_uri(store).startswith("sqlite:")
    place = (store / "artifacts").resolve().as_uri() if is_file else None
    # Without a kind, MLflow's page takes it for an experiment with language models.
    kind = {"mlflow.experimentKind": "custom_model_development"}
    return str(client.create_experiment(name, artifact_location=place, tags=kind))


def _log_values(
    client: Any, run_id: str, parameters: dict[str, Any], metrics: dict[str, float]
) -> None:
    from mlflow.entities import Metric, Param

    params = [Param(name, str(value)) for name, value in parameters.items()]
    now = time.time_ns() // 1_000_000
    values = [Metric(name, value, now, 0) for name, value in metrics.items()]
    for start in range(0, max(len(params), len(values)), _BATCH):
        part = slice(start, start + _BATCH)
        client.log_batch(run_id, metrics=values[part], params=params[part])


def _log_curves(client: Any, run_id: str, curves: pd.DataFrame | None) -> None:
    """Log points of curves, which MLflow draws by their step."""
    from mlflow.entities import Metric

    now = time.time_ns() // 1_000_000
    rows = [] if curves is None else curves[["name", "value", "step"]].itertuples(index=False)
    points = [Metric(str(name), float(value), now, int(step)) for name, value, step in rows]
    for start in range(0, len(points), _BATCH):
        client.log_batch(run_id, metrics=points[start : start + _BATCH])


def _log_candidate(
    client: Any, experiment_id: str, parent: str, name: str, row: pd.Series, about: Registered
) -> None:
    tags = {"mlflow.parentRunId": parent, **about.tags}
    run_id = client.create_run(experiment_id, tags=tags, run_name=name).info.run_id
    numbers = {
        str(column): float(value)
        for column, value in row.items()
        if isinstance(value, float) and value == value
    }
    others = {str(c): v for c, v in row.items() if not isinstance(v, float)}
    _log_values(client, run_id, {"candidate": name, **others}, numbers)
    client.set_terminated(run_id)


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
    for part, value in metrics.get("skill", {}).items():
        flat["skill" if part == "value" else f"skill_{part}"] = value
    flat["contributions.largest_gap"] = metrics["contributions"]["largest_gap"]
    flat["rows"] = metrics["rows"]
    flat["effective_rows"] = metrics["effective_rows"]
    flat["prevalence"] = metrics["prevalence"]
    return {name: float(value) for name, value in flat.items() if value is not None}
