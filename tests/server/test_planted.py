"""No byte of what is kept, tracked or shown holds a value of one person."""

import struct
import zipfile
from itertools import pairwise

import numpy as np
import pytest

import blijfwijzer as bw
from blijfwijzer.progress import silent
from blijfwijzer.runs.models.explained import ExplainRequest, contribute_wave
from blijfwijzer.settings import Settings
from questionnaires import SMALL
from shared_rivals import PLANTED, TARGET, driven_survey, write_survey

QUICK = {"bootstraps": 50}
PEOPLE = 40


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two tracked models of a small survey, and all that is told of another wave by them."""
    folder = tmp_path_factory.mktemp("planted")
    settings = Settings(language="en", evaluation=QUICK, drivers=QUICK, flags=QUICK)
    first, second = (
        write_survey(driven_survey(seed, 800), folder / f"w{seed}.csv") for seed in (1, 2)
    )
    made = []
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for kind in ("logistic", "trees"):
            own = settings.model_copy(
                update={"model": settings.model.model_copy(update={"candidates": (kind,)})}
            )
            trained = bw.train(first, SMALL, targets=[TARGET], settings=own)
            written = trained.write(folder / "models", ledgers=folder / "ledger")
            made.append(written[TARGET].folder)
        told = {
            "explain": bw.explain(made[1], second, against=[made[0], first]),
            "compare": bw.compare(*made, first),
            "score": bw.score(second, made[1], by=["organisatie"]),
            "monitor": bw.monitor(second, made[1], target=TARGET),
        }
        for name, one in told.items():
            one.write(folder / "out" / name, ledgers=folder / "ledger")
        # In a ledger of their own: small organisations that were told of stand in the way of cells.
        bw.load_model(made[1]).explain(second, by="cells", ledgers=folder / "cells")
    return folder, made, first, second


def signs_of(value):
    """A number as text of eight decimals and as doubles, as files and databases hold it."""
    text = f"{value:.8f}".encode()
    return [text, text.replace(b".", b","), struct.pack("<d", value), struct.pack(">d", value)]


def bytes_of(path):
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return b"\0".join(book.read(name) for name in book.namelist())
    return path.read_bytes()


def test_no_byte_holds_a_value_a_risk_or_a_contribution_of_a_person(place):
    folder, made, *surveys = place
    planted = [PLANTED]
    for model in made:
        for survey in surveys:
            explained = contribute_wave(ExplainRequest(model, survey), silent)
            found = explained.contributions
            planted += found.risk[:PEOPLE].tolist()
            # What is the same for many people, as of those who gave no answer, is of nobody.
            values = found.values.iloc[:PEOPLE, 0]
            planted += values[~values.duplicated(keep=False)].tolist()
    signs = {sign for value in planted for sign in signs_of(value)}
    signs |= {str(PLANTED).encode(), str(PLANTED).replace(".", ",").encode()}

    files = [path for path in folder.rglob("*") if path.is_file() and path not in surveys]
    held = {path: bytes_of(path) for path in files}

    assert {"mlflow.db", "model.txt", "report.html", "review.html", "run.json"} <= {
        path.name for path in files
    }
    assert any("artifacts" in path.parts for path in files)
    assert str(PLANTED).encode() in surveys[0].read_bytes()
    assert [p.name for p, content in held.items() if any(sign in content for sign in signs)] == []


def test_runs_tell_when_they_began_and_how_the_model_was_set(place):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{place[0]}/mlruns/mlflow.db")
    (experiment,) = client.search_experiments(filter_string="name = 'blijfwijzer'")
    runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]

    assert len(parents) == 6
    trained = [run for run in parents if "skill" in run.data.metrics]
    for run, later in pairwise(trained):
        assert run.info.start_time < run.info.end_time <= later.info.start_time
        # Drawing alone takes longer than tracking does.
        assert run.info.end_time - run.info.start_time > 500
    points = client.get_metric_history(trained[0].info.run_id, "tuning.logistic.log_loss")
    # Five penalties, and one that is weaker where the weakest of these was best.
    assert [point.step for point in points] in ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5])
    curve = client.get_metric_history(trained[0].info.run_id, "learning.log_loss")
    assert len(curve) == 3
    assert np.all(np.diff([point.step for point in curve]) > 0)
