"""The proof of a release, checked as a user asks for it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from blijfwijzer.disclosure.chain import read_head
from blijfwijzer.disclosure.ledger import open_ledger, proof_of
from blijfwijzer.errors import DisclosureError, ReleaseError
from blijfwijzer.files import hash_bytes
from blijfwijzer.groups.grouping import make_groups
from blijfwijzer.release.publication import publication
from blijfwijzer.release.request import Request
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake
from command_line import call, keys_of

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
    intake = Intake(
        Held.of(responses), pd.DataFrame({"row": [], "reasons": []}), (), (), "sha", "w.csv"
    )
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


def told(place, capsys, *command):
    """What a command of disclosure tells a program."""
    capsys.readouterr()
    assert call("disclosure", *command, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_programs_are_told_of_the_ledger_and_a_release_as_documented(place, capsys):
    ledger = ("--ledger", place / "ledger")
    digest = hash_bytes((place / "out" / "run.json").read_bytes())
    why = ("--sha256", digest, "--reason", "wrong export")

    (audited,) = told(place, capsys, "audit", place / "out", *ledger)["releases"]
    proven = told(place, capsys, "check-proof", place / "out", *ledger)
    (verified,) = told(place, capsys, "verify", place / "ledger")["ledgers"]
    taken = told(place, capsys, "withdraw", place / "out", *ledger, *why)

    assert set(audited) == keys_of("disclosure audit")
    assert (audited["release"], audited["derived"]) == (1, "")
    assert set(proven) == keys_of("disclosure check-proof") and len(proven["checks"]) > 5
    assert set(verified) == keys_of("disclosure verify")
    assert verified["head"] == audited["head"]
    assert set(taken) == keys_of("disclosure withdraw") and taken["lines"] == [1]


def test_a_program_is_told_of_a_lowered_minimum_as_documented(place, capsys):
    ledger = place / "ledger" / "small"
    with open_ledger(ledger, read_head(ledger).owner) as opened:
        first = opened.releases[0].content
        opened.append({**first, "minimum": 120, "request": "more"})

    lowered = told(
        place, capsys, "lower", ledger, "--minimum", "10", "--reason", "a trial run had 120"
    )

    assert set(lowered) == keys_of("disclosure lower")
    assert (lowered["minimum"], lowered["before"]) == (10, 120)
