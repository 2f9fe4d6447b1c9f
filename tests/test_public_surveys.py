"""The public surveys train end to end, as downloaded, and as well as is claimed."""

import json

import pytest

from blijfwijzer.cli import app
from blijfwijzer.records.model_folder import read_model

SETTINGS = """
[model]
candidates = ["prevalence", "trees"]
[evaluation]
bootstraps = 50
[drivers]
bootstraps = 50
[tracking]
enabled = false
"""


@pytest.mark.parametrize(
    ("file", "codebook", "prevalence", "goal"),
    [("fevs_file", "fevs-2018", 0.5395, 0.4322), ("piaac_file", "piaac", 0.6662, 0.5895)],
)
def test_a_public_survey_reaches_its_goal(request, tmp_path, file, codebook, prevalence, goal):
    path = request.getfixturevalue(file)
    (tmp_path / "s.toml").write_text(SETTINGS)

    app(
        [
            "train",
            str(path),
            "--codebook",
            codebook,
            "--models",
            str(tmp_path / "models"),
            "--settings",
            str(tmp_path / "s.toml"),
        ],
        standalone_mode=False,
    )

    folder = next(p for p in (tmp_path / "models").iterdir() if p.is_dir())
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["overall"]["log_loss"]["value"] <= goal
    assert metrics["candidates"]["prevalence"]["log_loss"] == pytest.approx(prevalence, abs=0.001)
    assert metrics["contributions"]["largest_gap"] <= 1e-5
    audit = {c.name for c in read_model(folder).codebook.with_role("audit")}
    assert not audit & set(read_model(folder).model.schema.names)
