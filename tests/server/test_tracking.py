"""Runs kept in MLflow: in SQLite beside the models, and by a real server."""

import socket

import numpy as np
import pytest

from blijfwijzer.errors import TrackingError
from blijfwijzer.records.model_folder import read_model
from blijfwijzer.records.tracking import Released, track_release, track_training
from shared_models import make_survey, select_told, training, write_model


@pytest.fixture(scope="module")
def selection():
    survey = make_survey(np.random.default_rng(2019), 1200)
    return select_told(survey, target="vertrekintentie", candidates=("prevalence", "trees"))


@pytest.fixture
def folder(selection, tmp_path):
    write_model(tmp_path / "model", selection.champion)
    return tmp_path / "model"


def check_run(uri, run_id):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["log_loss"] == 0.4
    assert run.data.metrics["log_loss_low"] == 0.38
    assert run.data.metrics["trees.log_loss"] == 0.4
    assert run.data.metrics["contributions.largest_gap"] == 1e-15
    assert run.data.params["seed"] == "0"
    assert run.data.tags["survey_sha256"] == "abc"
    nested = client.search_runs([run.info.experiment_id], f"tags.mlflow.parentRunId = '{run_id}'")
    assert {r.info.run_name for r in nested} == {"prevalence", "trees"}
    files = {f.path for f in client.list_artifacts(run_id, "model")}
    assert {"model/MLmodel", "model/served.py", "model/artifacts"} <= files
    inside = {f.path for f in client.list_artifacts(run_id, "model/artifacts/model")}
    kept = {"model.txt", "manifest.json", "plots"}
    assert {f"model/artifacts/model/{name}" for name in kept} <= inside
    version = client.get_model_version_by_alias("werkonderzoek-vertrekintentie", "challenger")
    assert version.run_id == run_id
    about = {"survey": "werkonderzoek", "wave": "2019", "target": "vertrekintentie"}
    assert (
        about.items()
        <= {n.removeprefix("blijfwijzer."): v for n, v in version.tags.items()}.items()
    )


def test_a_run_is_kept_in_sqlite_with_its_files(folder, selection, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    store = tmp_path / "mlruns"

    first = track_training(training(folder, selection), "test", store)
    run_id = track_training(training(folder, selection), "test", store)

    assert first != run_id
    check_run(f"sqlite:///{store}/mlflow.db", run_id)
    kept = [p for p in store.rglob("*") if p.is_file()]
    assert not [p for p in kept if p.suffix in (".pkl", ".pickle", ".joblib", ".parquet")]


def test_a_run_is_kept_on_a_real_server(folder, selection, tmp_path, server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)

    run_id = track_training(training(folder, selection), "test", tmp_path / "unused")

    check_run(server, run_id)
    assert not (tmp_path / "unused").exists()


def test_a_server_that_does_not_answer_is_told_and_the_model_stays(
    folder, selection, tmp_path, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlops:gehe@im@127.0.0.1:9")

    with pytest.raises(TrackingError, match="The model is complete in") as told:
        track_training(training(folder, selection), "test", tmp_path)

    assert str(told.value).startswith("http://***@127.0.0.1:9: the run")

    assert read_model(folder)


def test_a_damaged_database_is_told_and_the_model_stays(folder, selection, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "mlflow.db").write_bytes(b"garbage" * 1000)

    with pytest.raises(TrackingError, match=r"could not be tracked \(DatabaseError\)"):
        track_training(training(folder, selection), "test", tmp_path)

    assert read_model(folder)


def test_telemetry_is_off_while_tracking(folder, selection, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    reached = []
    connect = socket.socket.connect
    monkeypatch.setattr(
        socket.socket, "connect", lambda self, to: (reached.append(to), connect(self, to))[1]
    )

    track_training(training(folder, selection), "test", tmp_path / "mlruns")

    assert [
        to for to in reached if isinstance(to, tuple) and to[0] not in ("127.0.0.1", "::1")
    ] == []


def test_a_deleted_experiment_is_told_and_how_to_have_it_again(tmp_path, monkeypatch):
    from mlflow import MlflowClient

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    release, store = tmp_path / "release", tmp_path / "mlruns"
    release.mkdir()
    (release / "x").write_text("x")
    told = Released("n", release, {}, {}, {})
    track_release(told, "exp", store)
    client = MlflowClient(f"sqlite:///{store / 'mlflow.db'}")
    client.delete_experiment(client.get_experiment_by_name("exp").experiment_id)

    with pytest.raises(TrackingError, match=r"experiment exp was deleted.*Restore it"):
        track_release(told, "exp", store)
