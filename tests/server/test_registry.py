"""Models in MLflow's registry: every version loads and answers with groups, by a real server too."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

import blijfwijzer as bw
from blijfwijzer.errors import DisclosureError, TrackingError
from blijfwijzer.records.model_folder import read_model
from blijfwijzer.records.registry import Registered, is_registered
from blijfwijzer.records.tracking import track_training
from blijfwijzer.release.answered import Answered
from blijfwijzer.runs.score import tabulate_groups
from shared_models import training

QUICK = {"bootstraps": 50}
SETTINGS = bw.Settings(
    language="en",
    evaluation=QUICK,
    drivers=QUICK,
    flags=QUICK,
    tracking={"enabled": True},
    model={"candidates": ["prevalence", "logistic"]},
)
TARGET = "achterblijver"
ADDRESS = f"models:/werkonderzoek-{TARGET}@challenger"


@pytest.fixture(scope="module")
def made(tmp_path_factory, server):
    """A survey and a model of it, registered on a real server."""
    place = tmp_path_factory.mktemp("made")
    bw.synthesise(place / "w.parquet", 1500)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", server)
        trained = bw.train(
            place / "w.parquet", "werkonderzoek-2019", targets=[TARGET], settings=SETTINGS
        )
        shown = trained.write(place / "models", ledgers=place / "ledger")
    return place, shown[TARGET].folder


@pytest.fixture
def registered(made, server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    monkeypatch.setattr(mlflow.tracking._tracking_service.utils, "_tracking_uri", None)
    return made


@pytest.fixture(scope="module")
def rows(made):
    return pd.read_parquet(made[0] / "w.parquet")


def test_every_registered_version_loads_and_answers_as_the_folder_does(registered, rows):
    loaded = mlflow.pyfunc.load_model(ADDRESS)
    versions = mlflow.MlflowClient().search_model_versions("")

    answer = loaded.predict(rows, params={"by": "organisatie"})

    stored = read_model(registered[1])
    expected = tabulate_groups(rows, stored, ["organisatie"], Answered())
    pd.testing.assert_frame_equal(answer, expected)
    assert versions
    for version in versions:
        assert mlflow.pyfunc.load_model(f"models:/{version.name}/{version.version}")


def test_nothing_that_is_registered_is_pickled(registered):
    place = Path(mlflow.artifacts.download_artifacts(ADDRESS))

    files = [path for path in place.rglob("*") if path.is_file()]
    assert "served.py" in {path.name for path in files}
    assert not [p for p in files if p.suffix in (".pkl", ".pickle", ".joblib")]


def test_persons_are_told_by_written_leave_only(registered, rows, tmp_path):
    leave = '[explain.persons]\npurpose = "review"\napproved_by = "privacy officer"\nuntil = {}\n'
    for name, days in (("allowed", 1), ("ended", -1)):
        until = date.today() + timedelta(days=days)
        (tmp_path / f"{name}.toml").write_text(leave.format(until.isoformat()))

    def load(name):
        given = {"settings": str(tmp_path / f"{name}.toml")}
        return mlflow.pyfunc.load_model(ADDRESS, model_config=given)

    bare = mlflow.pyfunc.load_model(ADDRESS)
    with pytest.raises(DisclosureError, match="3 keys lack"):
        bare.predict(rows, params={"by": "persons"})
    with pytest.raises(DisclosureError, match="it ended on"):
        load("ended").predict(rows, params={"by": "persons"})
    risk = load("allowed").predict(rows, params={"by": "persons"})[f"{TARGET}_risk"]
    intake = bw.read_survey(registered[0] / "w.parquet", "werkonderzoek-2019", settings=SETTINGS)
    assert int(risk.isna().sum()) == len(intake.rejected)
    assert risk.dropna().between(0, 1).all() and risk.nunique() > 500


def test_a_model_of_the_registry_tells_of_nobody_by_copies_or_by_who_left(registered, rows):
    loaded, asked = mlflow.pyfunc.load_model(ADDRESS), {"by": "organisatie"}
    copies = pd.concat([rows.iloc[[7]]] * 12).assign(
        organisatie="C", respondent=np.arange(12) + rows["respondent"].max() + 1
    )

    shown = loaded.predict(rows, params=asked)

    assert len(shown) > 10
    with pytest.raises(DisclosureError, match="differ by fewer than 10 forms"):
        loaded.predict(rows.drop(index=7), params=asked)
    # A model that is loaded anew knows of no answer before.
    beside = mlflow.pyfunc.load_model(ADDRESS).predict(pd.concat([rows, copies]), params=asked)
    assert len(beside) > 10
    assert not beside["group"].str.endswith("=C").any()


def test_the_python_door_loads_from_the_registry_and_explains(registered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place, folder = registered

    model = bw.load_model(ADDRESS)
    found = model.explain(place / "w.parquet", by=["sector"], ledgers=place / "ledger")

    own = bw.load_model(folder).explain(
        place / "w.parquet", by=["sector"], ledgers=place / "ledger"
    )
    assert is_registered(ADDRESS)
    assert model.folder.name == folder.name
    np.testing.assert_array_equal(found.values, own.values)
    assert list(tmp_path.iterdir()) == []


def test_an_alias_that_is_not_there_is_told(registered):
    with pytest.raises(TrackingError, match=r"@champion could not be had"):
        bw.load_model(f"models:/werkonderzoek-{TARGET}@champion")


def test_two_surveys_share_no_alias_though_their_names_run_together(
    tmp_path, monkeypatch, registered
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/m.db")
    selection = type("Chosen", (), {"scores": pd.DataFrame()})()
    told = training(registered[1], selection)
    one = replace(told, about=Registered("a-b", "1", "c", "x"))
    other = replace(told, about=Registered("a", "1", "b-c", "y"))
    track_training(one, "test", tmp_path)

    with pytest.raises(TrackingError, match="is registered for outcome c of survey a-b"):
        track_training(other, "test", tmp_path)

    version = mlflow.MlflowClient(f"sqlite:///{tmp_path}/m.db").get_model_version_by_alias(
        "a-b-c", "challenger"
    )
    assert version.tags["blijfwijzer.model"] == "x"


def run_of(kind):
    client = mlflow.MlflowClient()
    (experiment,) = [e for e in client.search_experiments() if e.name == "blijfwijzer"]
    runs = client.search_runs([experiment.experiment_id])
    return next(run for run in runs if run.info.run_name.startswith(kind))


def test_a_run_tells_of_its_survey_without_a_row_of_it(registered):
    run = run_of(TARGET)

    (told,) = run.inputs.dataset_inputs
    assert (told.dataset.name, told.dataset.source) == (
        "werkonderzoek-2019",
        '{\n "uri": "w.parquet"\n}\n',
    )
    assert len(told.dataset.digest) == 16
    assert told.dataset.digest == run.data.tags["survey_hmac_sha256"][:16]
    assert '"name": "leer_1"' in told.dataset.schema
    assert told.dataset.profile is None


def test_a_run_tells_when_it_was_and_how_its_champion_was_set(registered):
    run = run_of(TARGET)

    params, metrics = run.data.params, run.data.metrics
    assert params["champion"] == "logistic"
    assert params["champion.variant"].startswith("C=")
    assert metrics["skill_low"] <= metrics["skill"] <= metrics["skill_high"]
    sections = {name.partition(".")[0] for name in params if "." in name}
    assert not sections & {"vouchers", "culture", "flags", "segments", "tracking", "promotion"}
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "log_loss")
    assert run.info.start_time <= history[0].timestamp <= run.info.end_time
    assert "trained on WERKonderzoek" in run.data.tags["mlflow.note.content"]


def test_promotion_from_the_registry_moves_the_alias_and_keeps_who_and_why(
    registered, tmp_path, monkeypatch
):
    """And an explanation is linked to the version that it is of."""
    place, folder = registered
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()

    bw.promote(ADDRESS, place / "w.parquet", by="board", why="the first", ledgers=place / "ledger")
    bw.explain(folder, place / "w.parquet").write(tmp_path / "out", ledgers=place / "ledger")

    client = mlflow.MlflowClient()
    name = f"werkonderzoek-{TARGET}"
    version = client.get_model_version_by_alias(name, "champion")
    assert client.get_registered_model(name).aliases == {"champion": version.version}
    assert version.tags["blijfwijzer.by"] == "board"
    assert version.tags["blijfwijzer.why"] == "the first"
    assert "difference -0." in version.tags["blijfwijzer.found"]
    assert bw.load_model(f"models:/{name}@champion").folder.name == folder.name
    used = run_of("explain").data.tags[f"blijfwijzer.used.{TARGET}"]
    assert used == f"models:/{name}/{version.version}"
