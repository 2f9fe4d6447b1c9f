"""Imports point down, rooms of one layer keep apart, and some libraries have one door."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "blijfwijzer"
DOORS = {
    "lightgbm": ["risk/boosting.py"],
    "mlflow": [
        "records/lineage.py",
        "records/registry.py",
        "records/store.py",
        "records/tracking.py",
        "runs/served.py",
    ],
    "statsmodels": [],
}


def imports_of(code: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules() -> list[Path]:
    return sorted(
        path for path in SOURCE.rglob("*.py") if path.parent != SOURCE or path.stem != "__init__"
    )


def test_imports_point_down():
    """The order of the rooms stands in `pyproject.toml`."""
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=SOURCE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert linted.returncode == 0, linted.stdout


def test_no_class_of_the_package_is_called_like_another():
    """A private one is its module's alone."""
    named = Counter(
        node.name
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )

    assert [name for name, times in named.items() if times > 1] == []


@pytest.mark.parametrize(("library", "doors"), DOORS.items())
def test_a_library_has_few_doors(library, doors):
    users = [
        path.relative_to(SOURCE).as_posix()
        for path in modules()
        if any(n.split(".")[0] == library for n in imports_of(path.read_text(encoding="utf-8")))
    ]

    assert users == doors


def test_there_is_no_drawer_for_leftovers():
    assert not [path for path in modules() if path.stem in ("utils", "helpers", "common", "misc")]


def test_nothing_is_unpickled():
    users = [
        path
        for path in modules()
        if {"pickle", "joblib", "cloudpickle", "dill"} & imports_of(path.read_text("utf-8"))
    ]

    assert users == []
