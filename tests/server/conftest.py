"""A real MLflow server, for each file of tests."""

import os
import socket
import subprocess
import sys
import time

import pytest


@pytest.fixture(autouse=True)
def beyond_a_ledger(monkeypatch):
    """Let models be served beside no ledger, where a test does not name one."""
    monkeypatch.setenv("BLIJFWIJZER_SERVE_WITHOUT_LEDGER", "yes")


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
