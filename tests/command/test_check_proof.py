"""The proof of a release, checked as a user asks for it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from blijfwijzer.disclosure.ledger import proof_of
from blijfwijzer.errors import DisclosureError, ReleaseError
from blijfwijzer.groups.grouping import make_groups
from blijfwijzer.release.publication import publication
from blijfwijzer.release.request import Request
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import Intake
from command_line import call

SMALL = Path(__file__).parents[1] / "assets" / "small.toml"
PEOPLE = 300


@pytest.fixture
def place(tmp_path, rng):
    """A folder with a release of a made survey and its ledger."""
    codebook = load_codebook(SMALL)
    answers = {name: rng.permutation(4000)[:PEOPLE].astype(float) for name in codebook.columns}
    responses = pd.DataFrame({**answers, "weight": 1.0}).assign(
        sector=rng.choice(["a", "b"], PEOPLE), opleiding=rng.choice([1.0, 2.0], PEOPLE)
    )
    intake = Intake(responses, pd.DataFrame({"row": [], "reasons": []}), (), (), "sha", "w.csv")
    request = Request("score", codebook, Settings(), "2", ("mean",), {"survey_sha256": "sha"})
    grouping = make_groups(responses, codebook, ["sector"], Settings(), ["opleiding"])
    with publication(tmp_path / "out", request, tmp_path / "ledger") as release:
        release.admit(intake, grouping, {})
        release.publish({"table.csv": b"1"}, {"forms": PEOPLE})
    return tmp_path


def check(place, *options):
    return call(
        *("disclosure", "check-proof", place / "out", "--ledger", place / "ledger", *options)
    )


def test_the_proof_beside_the_ledger_is_found_and_holds(place, capsys):
    assert check(place) == 0

    told = capsys.readouterr().out
    assert "FAILS" not in told
    assert "every cell has 10 people in a world" in told
    assert "What this cannot check" in told


def test_a_proof_that_was_changed_is_refused(place, capsys):
    kept = proof_of(place / "ledger" / "small", 1)
    changed = place / "changed.json"
    changed.write_text(kept.read_text().replace('"minimum": 10', '"minimum": 9'))

    assert check(place, "--proof", changed) == ReleaseError.exit_code
    assert "FAILS  the proof of wave 2 is given: no file has its hash" in capsys.readouterr().out


def test_a_lost_proof_leaves_the_release_unproven(place, capsys):
    proof_of(place / "ledger" / "small", 1).unlink()

    assert check(place) == DisclosureError.exit_code
    assert "not all is proven" in capsys.readouterr().err


def test_exact_sizes_are_not_among_what_is_shown(place):
    sizes = json.loads(proof_of(place / "ledger" / "small", 1).read_text())["groups"]

    assert {path.name for path in (place / "out").iterdir()} == {"run.json", "table.csv"}
    assert len(sizes) > 3
