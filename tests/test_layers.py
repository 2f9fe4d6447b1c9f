"""Imports point down, rooms of one layer keep apart, and some libraries have one door."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "blijfwijzer"
# Lower numbers may not import higher ones; equal numbers may not import each other.
LAYERS = {
    "errors": 0,
    "counts": 0,
    "settings": 1,
    "files": 1,
    "progress": 0,
    "survey": 3,
    "disclosure": 3,
    "risk": 4,
    "drivers": 5,
    "groups": 6,
    "vouchers": 7,
    "culture": 7,
    "fairness": 7,
    "publish": 8,
    "records": 8,
    "bench": 9,
    "validation": 10,
    "validation_claims": 9,
    "validation_culture": 9,
    "validation_instrument": 9,
    "releasing": 9,
    "estimating": 9,
    "breakdowns": 10,
    "gathering": 10,
    "foreseeing": 10,
    "telling": 10,
    "telling_claims": 10,
    "measuring": 11,
    "runs": 11,
    "scoring": 11,
    "offering": 11,
    "monitoring": 12,
    "auditing": 13,
    "cli": 14,
    "__main__": 15,
}
# What MLflow loads as code is a door of its own, like the command line: it calls a story.
SERVED = {"blijfwijzer.scoring", "blijfwijzer.scoring.tabulate_groups"}
DOORS = {
    "lightgbm": ["risk/boosting.py"],
    "mlflow": ["records/served.py", "records/tracking.py"],
}


def imports_of(code: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def wrong_imports(room: str, code: str) -> list[str]:
    wrong = []
    for name in imports_of(code):
        parts = name.split(".")
        if parts[0] == "blijfwijzer" and len(parts) > 1 and parts[1] in LAYERS:
            other = parts[1]
            if other != room and LAYERS[other] >= LAYERS[room] and name not in SERVED:
                wrong.append(name)
    return wrong


def modules() -> list[Path]:
    return sorted(
        path for path in SOURCE.rglob("*.py") if path.parent != SOURCE or path.stem != "__init__"
    )


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_down(path):
    assert wrong_imports(room_of(path), path.read_text(encoding="utf-8")) == []


def test_an_import_that_points_up_is_found():
    assert wrong_imports("risk", "from blijfwijzer.drivers.trees import Tree")
    assert wrong_imports("publish", "import blijfwijzer.records.tracking")
    assert not wrong_imports("risk", "from blijfwijzer.survey.scales import score_scales")


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
