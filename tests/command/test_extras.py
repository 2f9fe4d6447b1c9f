"""The package by itself reads, checks and scores; what needs more says so before it begins."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from blijfwijzer.errors import MissingExtraError
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import expect_tracking, is_tracked
from blijfwijzer.settings import Settings, TrackingSettings
from blijfwijzer.survey.codebook import load_codebook
from command_line import call

ROOT = Path(__file__).parents[2]
BOOK = "werkonderzoek-2019"
HEAVY = {"lightgbm", "matplotlib", "mlflow", "numba", "shap", "sklearn", "statsmodels"}
LOADED = """
import sys
from blijfwijzer.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    file = tmp_path_factory.mktemp("survey") / "w.sav"
    assert call("synthesise", "--respondents", 800, "--output", file) == 0
    return file


@pytest.fixture
def bare(monkeypatch):
    """What an import finds where no extra is installed."""
    for package in ("matplotlib", "mlflow", "numba", "shap"):
        monkeypatch.setitem(sys.modules, package, None)


@pytest.mark.parametrize("command", ["--version", "--help", "check"])
def test_what_fits_no_model_loads_no_library_for_models(survey, command):
    arguments = [command, str(survey), "--codebook", BOOK] if command == "check" else [command]

    run = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True
    )

    assert run.stdout
    assert set(run.stderr.split()) & HEAVY == set()


def test_the_version_is_told(capsys):
    assert call("--version") == 0

    assert re.fullmatch(r"blijfwijzer \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize("command", ["train", "explain"])
def test_pictures_are_missed_before_anything_is_read(bare, tmp_path, capsys, command):
    arguments = {
        "train": ["nowhere.sav", "--codebook", BOOK, "--models", tmp_path / "models"],
        "explain": ["nowhere", "nowhere.sav", "--output", tmp_path / "out"],
    }[command]

    assert call(command, *arguments) == 44

    told = capsys.readouterr().err
    assert told.startswith("blijfwijzer: matplotlib is not installed")
    assert 'pip install "blijfwijzer[explain]"' in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_tracking_that_the_settings_insist_on_is_missed_at_the_start(
    bare, survey, tmp_path, capsys
):
    (tmp_path / "settings.toml").write_text("[tracking]\nenabled = true\n")

    code = call(
        *("climate", survey, "--codebook", BOOK, "--output", tmp_path / "out"),
        *("--settings", tmp_path / "settings.toml", "--ledger", tmp_path / "ledger"),
    )

    told = capsys.readouterr().err
    assert code == 44
    assert "tracking.enabled = true in the settings" in told
    assert 'pip install "blijfwijzer[tracking]"' in told
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]


def test_tracking_by_default_gives_way_and_says_so(bare, capsys):
    expect_tracking(TrackingSettings())

    assert not is_tracked(TrackingSettings())
    assert capsys.readouterr().out.startswith("Not tracked: MLflow is not installed")


def test_tracking_that_was_put_off_is_not_missed(bare, capsys):
    expect_tracking(TrackingSettings(enabled=False))

    assert not is_tracked(TrackingSettings(enabled=False))
    assert capsys.readouterr().out == ""


def test_tracking_is_expected_where_mlflow_is_installed(capsys):
    expect_tracking(TrackingSettings(enabled=True))

    assert is_tracked(TrackingSettings())
    assert capsys.readouterr().out == ""


def test_settings_that_insist_raise_an_error_of_their_own(bare):
    with pytest.raises(MissingExtraError, match="Nothing was read or written"):
        expect_tracking(TrackingSettings(enabled=True))


def test_a_result_names_libraries_that_are_always_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = {re.split(r"[<>=\[ ]", requirement)[0] for requirement in project["dependencies"]}
    own = {"survey", "survey_sha256", "survey_hmac_sha256", "codebook_sha256", "settings_sha256"}
    own |= {"blijfwijzer", "commit", "python"}

    named = set(provenance("0", load_codebook(BOOK), Settings())) - own

    assert {"lightgbm", "numpy", "scikit-learn"} <= named <= core
