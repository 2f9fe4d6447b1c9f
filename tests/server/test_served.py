"""The served model, asked over HTTP as a user's system would."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pandas as pd
import pytest

from command_line import call


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    from blijfwijzer.records.tracking import save_served
    from blijfwijzer.runs.train import SERVED

    place = tmp_path_factory.mktemp("served")
    (place / "quick.toml").write_text(
        "[evaluation]\nbootstraps = 50\n[drivers]\nbootstraps = 50\n[flags]\nbootstraps = 50\n"
        '[tracking]\nenabled = false\n[model]\ncandidates = ["prevalence", "logistic"]\n'
    )
    assert not call("synthesise", "--respondents", 1500, "--output", place / "w.parquet")
    assert not call(
        *("train", place / "w.parquet", "--codebook", "werkonderzoek-2019"),
        *("--target", "achterblijver", "--settings", place / "quick.toml"),
        *("--models", place / "models"),
    )
    folder = next((place / "models").glob("achterblijver-*"))
    save_served(folder, place / "served", SERVED)
    return place


def test_nothing_in_a_served_model_is_pickled(served):
    names = [path.name for path in (served / "served").rglob("*")]

    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib"))]
    assert "served.py" in names


def test_the_served_model_answers_with_groups_over_http_until_it_is_stopped(served):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    command += ["--model-uri", str(served / "served"), "--port", str(port), "--host", "127.0.0.1"]
    environment = {
        **os.environ,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "BLIJFWIJZER_SERVE_WITHOUT_LEDGER": "",
        "BLIJFWIJZER_LEDGER": str(served / "ledger"),
        "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
    }
    server = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    try:
        rows = pd.read_parquet(served / "w.parquet")
        split = json.loads(rows.to_json(orient="split", index=False))
        asked = {"dataframe_split": split, "params": {"by": "organisatie"}}
        answer = ask(port, asked)
        ledger = "--ledger", served / "ledger"
        assert not call("govern", "stop", "--reason", "a complaint", *ledger)
        refused = ask(port, asked)
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=20)

    assert "everything was stopped" in refused["error"]
    groups = pd.DataFrame(answer["predictions"])
    assert (groups["n"] >= 10).all()
    assert {"sector", "organisatie", "all"} >= set(groups["level"])
    assert len(groups) > 5
    assert (groups["achterblijver_rate"] % 1 == 0).all()
    assert "respondent" not in groups


def ask(port, content):
    body = json.dumps(content).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"}
    )
    for _ in range(120):
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            return {"error": error.read().decode()}
        except OSError:
            time.sleep(0.5)
    pytest.fail("the server did not start")
