"""`make ui` as its users meet it: the table of runs, without an assistant or a notice."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blijfwijzer.records.registry import Registered
from blijfwijzer.records.tracking import Released, track_release

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """The address that `make ui` prints, with one run in the store."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "x").write_text("x")
    measures = {"log_loss": 0.44, "skill": 0.13, "roc_auc": 0.75}
    told = Released("a-run", tmp_path / "release", {}, {}, measures, used=(Registered(*"abcd"),))
    track_release(told, "blijfwijzer", tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.2", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PORT": str(port),
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
        "PYTHONPATH": str(ROOT / "src"),
    }
    place = sys.prefix
    server = subprocess.Popen(
        ["make", "ui", f"VENV={place}", "-o", f"{place}/installed"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        address = next(line for line in server.stdout if line.startswith("Open ")).split()[1]
        for _ in range(240):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.2", port)) == 0:
                    break
            time.sleep(0.5)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
        server.stdout.close()


def test_it_opens_on_the_runs_with_their_measures_and_nothing_else(opened):
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser on the PATH: none of {', '.join(NAMES)}")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1500, "height": 800})
        page.goto(opened)
        page.get_by_text("a-run").first.wait_for(timeout=60_000)
        text = page.inner_text("body")
        browser.close()

    assert [name for name in ("log_loss", "skill", "roc_auc", "0.44") if name not in text] == []
    assert [word for word in ("assistant", "telemetry") if word in text.lower()] == []
