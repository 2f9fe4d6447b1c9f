"""The wheel, installed alone in an empty environment: it reads, checks and scores."""

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from email.parser import Parser
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from command_line import call

ROOT = Path(__file__).parents[2]
BOOK = "werkonderzoek-2019"
QUICK = """
[evaluation]
bootstraps = 50
[drivers]
bootstraps = 50
[tracking]
enabled = false
"""
EXTRAS = {"ipykernel", "matplotlib", "mlflow", "mlflow-skinny", "nbclient", "numba", "shap"}
# Where a checkout is on the path, that is what would be tested.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def run(*command, cwd=None, environment=ENVIRONMENT):
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True
    )


def succeed(*command, cwd=None, environment=ENVIRONMENT):
    done = run(*command, cwd=cwd, environment=environment)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that nothing is left in the checkout."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    build = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", target, source)
    succeed(sys.executable, "-m", "pip", *build)
    return next(target.glob("blijfwijzer-*.whl"))


def wanted(texts):
    """Names of requirements that hold here without an extra."""
    found = [Requirement(text) for text in texts]
    return [r.name for r in found if r.marker is None or r.marker.evaluate({"extra": ""})]


def core(wheel):
    """Names of all that the wheel brings along, by what is installed beside these tests."""
    with zipfile.ZipFile(wheel) as file:
        name = next(n for n in file.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(file.read(name).decode())
    todo, names = wanted(metadata.get_all("Requires-Dist", [])), set()
    while todo:
        name = canonicalize_name(todo.pop())
        if name not in names:
            names.add(name)
            todo += wanted(requires(name) or [])
    return names


@pytest.fixture(scope="module")
def place(wheel, tmp_path_factory):
    """An environment with the wheel and what it brings along, from the lock and nothing else."""
    folder = tmp_path_factory.mktemp("place")
    venv.create(folder / "env", with_pip=True)
    names = core(wheel)
    locked = re.split(r"\n(?=[a-z])", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    lines = [part for part in locked if part.split("==")[0] in names]
    (folder / "core.lock").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pip = (program(folder, "python"), "-m", "pip", "install", "--quiet", "--no-deps")
    succeed(*pip, "--require-hashes", "-r", folder / "core.lock")
    succeed(*pip, "--no-index", wheel)
    return folder


def program(place, name="blijfwijzer"):
    return place / "env" / ("Scripts" if sys.platform == "win32" else "bin") / name


@pytest.fixture(scope="module")
def survey(place):
    make = (program(place), "synthesise", "--respondents", 2500)
    succeed(*make, "--output", place / "w.sav", cwd=place)
    succeed(*make, "--wave", 2022, "--output", place / "next.sav", cwd=place)
    return place / "w.sav"


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel):
    package = ROOT / "src" / "blijfwijzer"
    files = {p.relative_to(package.parent).as_posix() for p in package.rglob("*") if p.is_file()}

    with zipfile.ZipFile(wheel) as file:
        held = {name for name in file.namelist() if ".dist-info/" not in name}

    assert held == {name for name in files if "__pycache__" not in name}
    assert {Path(name).suffix for name in held} >= {".csv", ".html", ".po", ".py", ".toml"}


def test_what_it_brings_along_is_complete_and_holds_no_extra(place):
    assert succeed(program(place, "python"), "-m", "pip", "check").startswith("No broken")

    listed = succeed(program(place, "python"), "-m", "pip", "list", "--format=freeze")
    installed = {line.split("==")[0] for line in listed.splitlines()}

    assert "blijfwijzer" in installed
    assert installed & EXTRAS == set()


def test_it_tells_its_version(place):
    assert re.fullmatch(r"blijfwijzer \d+\.\d+\.\d+\n", succeed(program(place), "--version"))


def test_it_checks_a_survey_that_it_made(place, survey):
    told = succeed(program(place), "check", survey, "--codebook", BOOK, cwd=place)

    assert "accepted" in told


def test_it_measures_culture_and_says_that_nothing_is_tracked(place, survey):
    told = succeed(
        *(program(place), "climate", survey, "--codebook", BOOK, "--output", place / "climate"),
        cwd=place,
    )

    assert "Not tracked: MLflow is not installed" in told
    assert (place / "climate" / "report.html").exists()


def test_it_scores_with_a_model_that_was_trained_elsewhere(place, survey):
    (place / "quick.toml").write_text(QUICK)
    trained = call(
        *("train", survey, "--codebook", BOOK, "--target", "vertrekintentie"),
        *("--settings", place / "quick.toml", "--models", place / "models"),
    )
    assert trained == 0

    asked = ("--models", place / "models", "--by", "organisatie", "--output", place / "out")
    succeed(program(place), "score", place / "next.sav", *asked, cwd=place)

    assert (place / "out" / "groups.csv").exists()


def test_what_scores_takes_at_most_600_megabytes(place):
    files = [p for p in (place / "env").rglob("*") if p.is_file() and not p.is_symlink()]
    counted = [p.stat().st_size for p in files if "__pycache__" not in p.parts]

    assert 300e6 < sum(counted) <= 600e6


PIN = re.compile(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?(==.*) \\$", re.MULTILINE)


@pytest.mark.parametrize("tool", ["uv", "pipx"])
def test_tools_that_keep_an_environment_for_a_program_install_it(wheel, tmp_path, tool):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    pins = PIN.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    (tmp_path / "pins.txt").write_text("".join(f"{name}{pin}\n" for name, pin in pins))
    command = {
        "uv": ["uv", "tool", "install", "--constraints", tmp_path / "pins.txt", wheel],
        "pipx": ["pipx", "install", f"--pip-args=--constraint {tmp_path / 'pins.txt'}", wheel],
    }[tool]
    places = ("UV_TOOL_DIR", "UV_TOOL_BIN_DIR", "PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR")
    kept = {name: str(tmp_path / name.lower()) for name in places}
    program = tmp_path / ("uv_tool_bin_dir" if tool == "uv" else "pipx_bin_dir") / "blijfwijzer"

    succeed(*command, environment={**ENVIRONMENT, **kept, "UV_PYTHON": sys.executable})

    assert re.fullmatch(r"blijfwijzer \d+\.\d+\.\d+\n", succeed(program, "--version"))


def test_training_says_which_extra_it_lacks(place, survey):
    done = run(program(place), "train", survey, "--codebook", BOOK, cwd=place)

    assert done.returncode == 44
    assert 'pip install "blijfwijzer[explain]"' in done.stderr
    assert "Traceback" not in done.stderr
