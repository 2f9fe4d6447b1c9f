"""The public surveys train end to end, as downloaded, and as well as is claimed."""

import pandas as pd
import pytest

import blijfwijzer as bw
from blijfwijzer.drivers.contributions import contribute
from blijfwijzer.errors import ReleaseError
from blijfwijzer.survey.codebook import load_codebook
from command_line import call
from governed import write_governance


@pytest.mark.parametrize(
    ("file", "codebook", "prevalence", "goal"),
    [("fevs_file", "fevs-2018", 0.5395, 0.4322), ("piaac_file", "piaac", 0.6662, 0.5895)],
)
def test_a_public_survey_reaches_its_goal(request, file, codebook, prevalence, goal):
    settings = bw.Settings.model_validate(
        {
            "model": {"candidates": ["prevalence", "trees"]},
            "evaluation": {"bootstraps": 50},
            "tracking": {"enabled": False},
        }
    )

    trained = bw.train(request.getfixturevalue(file), codebook, settings=settings)

    (fitted,) = trained.fitted.values()
    chosen, frame = fitted.selection, fitted.made_from.task.frame
    scores = chosen.scores["log_loss"]
    assert scores[chosen.champion.kind] <= goal
    assert scores["prevalence"] == pytest.approx(prevalence, abs=0.001)
    assert contribute(chosen.champion, frame).largest_gap <= 1e-5
    audit = {c.name for c in bw.load_codebook(codebook).with_role("audit")}
    assert not audit & set(chosen.champion.schema.names)


@pytest.mark.parametrize(
    ("survey", "codebook", "by", "target", "has_vouchers"),
    [
        ("fevs_file", "fevs-2018", "LEVEL1", "vertrekintentie", False),
        ("piaac_file", "piaac", "cntry", "achterblijver", True),
    ],
)
def test_a_public_survey_goes_from_wave_to_vouchers(
    survey, codebook, by, target, has_vouchers, tmp_path, request
):
    """Half of the respondents train the model, the others are the new wave."""
    frame = pd.read_csv(request.getfixturevalue(survey), dtype="str", keep_default_na=False)
    frame = frame.sample(5_000, random_state=1)
    frame.iloc[::2].to_csv(tmp_path / "then.csv", index=False)
    frame.iloc[1::2].to_csv(tmp_path / "now.csv", index=False)
    (tmp_path / "quick.toml").write_text(
        "[evaluation]\nbootstraps = 50\n[drivers]\nbootstraps = 50\n[flags]\nbootstraps = 50\n"
        '[tracking]\nenabled = false\n[model]\ncandidates = ["prevalence", "logistic"]\n'
    )
    own = {"acceptance.exclusion": 1.0, "acceptance.power": 0.0, "acceptance.slope_error": 0.5}
    settled = write_governance(tmp_path, load_codebook(codebook).survey.name, **own)
    quick = ("--settings", tmp_path / "quick.toml", "--governance", settled)
    models, ledger = tmp_path / "models", ("--ledger", tmp_path / "ledger")

    assert not call(
        *("train", tmp_path / "then.csv", "--codebook", codebook, "--target", target),
        *("--models", models, *quick, *ledger),
    )
    assert not call(
        *("score", tmp_path / "now.csv", "--models", models, "--by", by),
        *("--output", tmp_path / "out", *quick, *ledger),
    )
    code = call("vouchers", tmp_path / "out", "--budget", 100_000, "--cost", 1000, *ledger)
    assert code == (0 if has_vouchers else ReleaseError.exit_code)
    assert not call(
        *("disclosure", "audit", tmp_path / "out", *ledger),
        *("--survey", tmp_path / "now.csv", "--codebook", codebook),
    )

    groups = pd.read_parquet(tmp_path / "out" / "groups.parquet")
    assert (groups["level"] == by).sum() >= 10
    assert groups[f"{target}_rate"].between(1, 99).all()
