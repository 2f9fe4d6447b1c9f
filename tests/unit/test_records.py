"""What is kept: whole, unaltered, without code, and nothing about few people."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_model import SCHEMA, make_survey, select

from blijfwijzer.errors import ModelDisclosureError, ModelFolderError, TrackingError
from blijfwijzer.files import write_files
from blijfwijzer.records.lint import find_disclosures
from blijfwijzer.records.model_folder import Learnt, folder_name, model_files, read_model
from blijfwijzer.records.tracking import Training, track_training, tracking_uri
from blijfwijzer.risk.boosting import Boosting, grow_trees
from blijfwijzer.risk.model import predict_risk
from blijfwijzer.runs.train import SERVED
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook

SMALL = Path(__file__).parents[1] / "assets" / "small.toml"
METRICS = {
    "overall": {"log_loss": {"value": 0.4, "low": 0.38, "high": 0.42}},
    "candidates": {"trees": {"log_loss": 0.4}},
    "contributions": {"largest_gap": 1e-15},
    "rows": 1200,
    "effective_rows": 1100.5,
    "prevalence": 0.2,
}


@pytest.fixture(scope="module")
def trained():
    survey = make_survey(np.random.default_rng(2019), 1200)
    return survey[0], select(survey, target="vertrekintentie", candidates=("prevalence", "trees"))


@pytest.fixture
def folder(trained, tmp_path):
    write(tmp_path / "model", trained[1].champion)
    return tmp_path / "model"


def write(folder, model):
    text = SMALL.read_text(encoding="utf-8")
    effects = pd.DataFrame({"effect": [0.1], "se": [0.2], "between": [0.3]}, index=["unit=a"])
    extras = {"plots/a.png": b"png"}
    learnt = Learnt(
        model, load_codebook(SMALL), text, Settings(), METRICS, {"a": {}}, effects, "abc"
    )
    write_files(folder, {**extras, **model_files(learnt, extras, folder)})


def test_a_model_folder_reads_as_it_was_written(trained, folder):
    stored = read_model(folder)

    frame, selection = trained
    np.testing.assert_array_equal(
        predict_risk(stored.model, frame), predict_risk(selection.champion, frame)
    )
    assert stored.settings == Settings()
    assert stored.codebook == load_codebook(SMALL)
    assert stored.metrics == METRICS


def test_the_same_training_gives_the_same_bytes(trained, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1576800000")
    for name in ("a", "b"):
        write(tmp_path / name, trained[1].champion)

    contents = [
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*.*")}
        for name in ("a", "b")
    ]
    assert contents[0] == contents[1]


def test_a_model_that_is_made_again_in_its_place_is_no_newer(trained, tmp_path, monkeypatch):
    folder = tmp_path / "a"
    for moment in ("1576800000", "1700000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", moment)
        write(folder, trained[1].champion)

    assert read_model(folder).manifest.made == "2019-12-20T00:00:00+00:00"


def test_only_the_time_tells_equal_models_apart(trained, tmp_path, monkeypatch):
    for name, moment in (("a", "1576800000"), ("b", "1700000000")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", moment)
        write(tmp_path / name, trained[1].champion)

    first, second = (read_model(tmp_path / name).manifest for name in ("a", "b"))
    assert first.made < second.made
    assert first.sha256 == second.sha256


def test_a_manifest_without_an_outcome_is_refused(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["target"]
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ModelFolderError, match="does not say: target"):
        read_model(folder)


def test_the_name_tells_what_it_was_made_from(trained):
    model, book = trained[1].champion.target, load_codebook(SMALL)

    name = folder_name(model, book, "abc", Settings())

    assert name.startswith("vertrekintentie-small-1-")
    assert name == folder_name(model, book, "abc", Settings())
    assert name != folder_name(model, book, "abd", Settings())
    assert name != folder_name(model, book, "abc", Settings(seed=1))


@pytest.mark.parametrize("name", ["model.txt", "model.json", "codebook.toml", "plots/a.png"])
def test_one_altered_byte_is_found_and_named(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)

    with pytest.raises(ModelFolderError, match=rf"1 altered: {name}"):
        read_model(folder)


def test_missing_and_added_files_are_named(folder):
    (folder / "model.txt").unlink()
    (folder / "evil.py").write_text("raise SystemExit")

    with pytest.raises(ModelFolderError, match=r"1 missing: model\.txt; 1 added: evil\.py"):
        read_model(folder)


def test_a_manifest_cannot_point_outside(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"]["../../etc/passwd"] = "0"
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ModelFolderError, match="1 missing"):
        read_model(folder)


def test_a_newer_format_is_refused(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))

    with pytest.raises(ModelFolderError, match="newer format"):
        read_model(folder)


def test_an_older_format_is_refused_and_says_what_to_do(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 1}))

    with pytest.raises(
        ModelFolderError, match="format 1, which does not say.*Train the model again"
    ):
        read_model(folder)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"sha256": 1}'])
def test_a_folder_that_is_no_model_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)

    with pytest.raises(ModelFolderError, match="no model folder"):
        read_model(tmp_path)


def test_a_model_with_leaves_of_few_people_is_not_written(trained, tmp_path):
    frame, values, weight, _ = make_survey(np.random.default_rng(2019), 1200)
    few = grow_trees(
        frame, SCHEMA, values, weight, None, 60, Boosting(minimum_leaf=2, depth=6, column_share=1.0)
    )
    model = trained[1].champion
    from dataclasses import replace

    with pytest.raises(ModelDisclosureError, match="leaf_count are below 10"):
        write(tmp_path / "model", replace(model, trees=few))

    assert list(tmp_path.iterdir()) == []
    assert find_disclosures(model, 10) == []


def test_a_range_wider_than_coded_is_found(trained):
    from dataclasses import replace

    model = trained[1].champion
    wide = model.trees.replace("feature_infos=[1:5]", "feature_infos=[0:66]")

    assert "ranges are wider" in find_disclosures(replace(model, trees=wide), 10)[0]


def training(folder, trained):
    return Training(
        "vertrekintentie",
        folder,
        {"seed": 0},
        {"survey_sha256": "abc"},
        METRICS,
        trained[1].scores,
        SERVED,
    )


# MLflow 3.17 and its database layer use parts of others that are about to go.
quiet = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::PendingDeprecationWarning",
    "ignore::UserWarning:mlflow",
)


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
    assert {"model/model.txt", "model/manifest.json", "model/plots"} <= files
    version = client.get_model_version_by_alias("blijfwijzer-vertrekintentie", "challenger")
    assert version.run_id == run_id


@quiet
def test_a_run_is_kept_in_sqlite_with_its_files(folder, trained, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    store = tmp_path / "mlruns"

    first = track_training(training(folder, trained), "test", store)
    run_id = track_training(training(folder, trained), "test", store)

    assert first != run_id
    check_run(f"sqlite:///{store}/mlflow.db", run_id)
    kept = [p for p in store.rglob("*") if p.is_file()]
    assert not [p for p in kept if p.suffix in (".pkl", ".pickle", ".joblib", ".parquet")]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{folder}/m.db", "--workers", "1"),
        *("--artifacts-destination", str(folder / "artifacts")),
    ]
    log = (folder / "log").open("w")
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    for _ in range(240):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.5)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)
    log.close()


@quiet
def test_a_run_is_kept_on_a_real_server(folder, trained, tmp_path, server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)

    run_id = track_training(training(folder, trained), "test", tmp_path / "unused")

    check_run(server, run_id)
    assert not (tmp_path / "unused").exists()


@quiet
def test_a_server_that_does_not_answer_is_told_and_the_model_stays(
    folder, trained, tmp_path, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlops:gehe@im@127.0.0.1:9")

    with pytest.raises(TrackingError, match="The model is complete in") as told:
        track_training(training(folder, trained), "test", tmp_path)

    assert str(told.value).startswith("http://***@127.0.0.1:9: the run")

    assert read_model(folder)


@quiet
def test_a_damaged_database_is_told_and_the_model_stays(folder, trained, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "mlflow.db").write_bytes(b"garbage" * 1000)

    with pytest.raises(TrackingError, match=r"could not be tracked \(DatabaseError\)"):
        track_training(training(folder, trained), "test", tmp_path)

    assert read_model(folder)


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("https://mlops:geheim@host/a@b", "https://***@host/a@b"),
        ("postgresql+psycopg://token@host:5432/db", "postgresql+psycopg://***@host:5432/db"),
        ("https://host/a@b", "https://host/a@b"),
        ("sqlite:////data/a@b/mlflow.db", "sqlite:////data/a@b/mlflow.db"),
    ],
)
def test_a_store_is_told_without_its_password(tmp_path, monkeypatch, uri, told):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)

    assert tracking_uri(tmp_path) == told


@quiet
def test_telemetry_is_off_while_tracking(folder, trained, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    reached = []
    connect = socket.socket.connect
    monkeypatch.setattr(
        socket.socket, "connect", lambda self, to: (reached.append(to), connect(self, to))[1]
    )

    track_training(training(folder, trained), "test", tmp_path / "mlruns")

    assert [
        to for to in reached if isinstance(to, tuple) and to[0] not in ("127.0.0.1", "::1")
    ] == []
    assert isinstance(trained[1].scores, pd.DataFrame)
