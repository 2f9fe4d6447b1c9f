"""Notebooks are kept without output and define nothing; `tests/notebook` runs them."""

import ast
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def read(path):
    return nbformat.read(path, as_version=4)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks_to_test():
    assert [path.stem for path in NOTEBOOKS] == [
        "01_survey",
        "02_drivers",
        "03_vouchers",
        "04_claims",
        "05_promote",
        "06_municipality",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_kept_without_output(path):
    cells = code_of(read(path))

    assert not [cell.id for cell in cells if cell.outputs or cell.execution_count is not None]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_defines_no_function(path):
    trees = [ast.parse(cell.source) for cell in code_of(read(path))]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

    assert not [n for tree in trees for n in ast.walk(tree) if isinstance(n, kinds)]


SHAPS_PLOTS = (
    *("bar", "beeswarm", "violin", "waterfall", "heatmap", "scatter", "decision"),
    *("group_difference", "cohorts", "hclust"),
)
"""What a reviewer of models knows; `tests/unit/test_explanation.py` draws each from cells."""


def test_the_notebook_of_drivers_shows_each_plot_that_a_reviewer_knows():
    (drivers,) = [path for path in NOTEBOOKS if path.stem == "02_drivers"]
    trees = [ast.parse(cell.source) for cell in code_of(read(drivers))]
    names = {n.attr for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Attribute)}

    assert not set(SHAPS_PLOTS) - names
