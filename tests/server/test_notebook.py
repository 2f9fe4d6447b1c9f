"""The notebook that reviews, compares and promotes models, with those of a real registry."""

import os
from pathlib import Path

import mlflow
import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]


@pytest.mark.filterwarnings("default")
def test_a_notebook_reviews_compares_and_promotes_from_a_registry(server, tmp_path, monkeypatch):
    monkeypatch.setenv("BLIJFWIJZER_RESPONDENTS", "1500")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src")]))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    notebook = nbformat.read(ROOT / "notebooks" / "05_promote.ipynb", as_version=4)

    done = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": tmp_path}},
    ).execute()

    printed = "".join(
        output.get("text", "") for cell in done.cells for output in cell.get("outputs", ())
    )
    client = mlflow.MlflowClient(server, server)
    name = "werkonderzoek-achterblijver"
    champion = client.get_model_version_by_alias(name, "champion")
    assert {one.version for one in client.search_model_versions(f"name = '{name}'")} == {"1", "2"}
    assert champion.tags["blijfwijzer.by"] == "notebook"
    assert champion.tags["blijfwijzer.model"] in printed
