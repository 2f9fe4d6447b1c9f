"""Which results thresholds must stand before: those of every command that shows one."""

import ast
from pathlib import Path

import pytest
import typer

import blijfwijzer
from blijfwijzer.cli import app
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.disclosure.standing import SETTLE, note
from blijfwijzer.errors import GovernanceError
from blijfwijzer.release.thresholds import JUDGED, Judging, settle, tells

SHOWS = {
    "train": "train",
    "explain": "explain",
    "score": "score",
    "climate": "climate",
    "claims": "claims",
    "monitor": "monitor",
    "compare": "compare",
    "promote": "promote",
    "vouchers": "vouchers",
    "trial": "trial",
    "decide": "decisions",
    "blind": "blind",
    "uptake": "uptake",
    "merge": "merge",
}
"""Each command that shows a result, and what the ledger calls that."""
SHOWS_NONE = {
    "synthesise": "invents people",
    "check": "reads a survey, and tells of its columns",
    "codebook": "reads a survey, and tells of its columns",
    "pages": "is a view of a release",
    "pack": "hands on models as they are",
    "govern": "is about what is settled, and about releases",
    "disclosure": "is about releases",
}
"""Each other command, or group of commands, and what it does instead."""
BEHIND = {"serve": "its ledger is not kept", "pack": "nothing is entered by it"}
"""What asks for something without a line in a ledger."""
SHA, OTHER = "1" * 64, "2" * 64


def judging(kind="score", wave="2", models=(), dataset="d"):
    return Judging("small", kind, wave, dataset, frozenset(models))


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path / "small", "small") as opened:
        yield opened


def enter(ledger, kind, thresholds="", **told):
    if thresholds:
        ledger.append(note(SETTLE, "small", {"thresholds": thresholds}))
    ledger.append({"survey": "small", "wave": "2", "dataset": "d", "kind": kind, **told})


def test_each_command_shows_a_result_that_is_known_here_or_none():
    commands = set(typer.main.get_command(app).commands)

    assert commands == {*SHOWS, *SHOWS_NONE}


def test_each_kind_that_the_code_enters_is_of_one_of_these_commands():
    entered = set()
    for file in Path(blijfwijzer.__file__).parent.glob("runs/**/*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            if name in ("Request", "request", "request_of", "Addition", "add_to_ledger"):
                words = [a.value for a in call.args if isinstance(a, ast.Constant)]
                entered.update(word for word in words if isinstance(word, str) and word)

    assert {"score", "climate", "compare", "vouchers", "serve"} <= entered
    assert entered <= {*SHOWS.values(), *BEHIND}


@pytest.mark.parametrize("kind", sorted({*SHOWS.values()} - {"train"}))
def test_thresholds_cannot_be_fixed_after_a_look(ledger, kind):
    enter(ledger, kind, models=["m"])

    with pytest.raises(GovernanceError, match=rf"newer than result 1 \({kind}\).*without any"):
        settle(ledger, SHA, judging())


@pytest.mark.parametrize("kind", ["compare", "monitor", "explain", "promote"])
def test_thresholds_cannot_be_moved_after_a_look(ledger, kind):
    enter(ledger, kind, OTHER, models=["m"])

    with pytest.raises(GovernanceError, match=rf"newer than result 2 \({kind}\).*Put those back"):
        settle(ledger, SHA, judging())


def test_a_look_at_a_model_counts_for_other_waves_of_it(ledger):
    enter(ledger, "monitor", wave="1", dataset="other", models=["m"])

    with pytest.raises(GovernanceError, match=r"newer than result 1 \(monitor\)"):
        settle(ledger, SHA, judging(models=["m"]))
    assert settle(ledger, SHA, judging(models=["n"]))


@pytest.mark.parametrize("kind", ["climate", "claims"])
def test_what_is_told_of_answers_alone_leaves_thresholds_free(ledger, kind):
    enter(ledger, kind)

    assert settle(ledger, SHA, judging())
    assert not tells(kind, has_model=False) and tells(kind, has_model=True)


def test_a_kind_that_is_new_counts_until_it_is_excepted():
    assert tells("a new one", has_model=False)


def test_an_old_model_may_be_shown_beside_a_new_one_by_new_thresholds(ledger):
    enter(ledger, "train", OTHER, wave="1", dataset="first", models=["old"])
    enter(ledger, "train", SHA, wave="1", dataset="second", models=["new"])

    assert settle(ledger, SHA, judging("compare", models=["old", "new"]))
    enter(ledger, "compare", wave="2", models=["old", "new"])

    assert settle(ledger, SHA, judging(models=["new"]))
    assert settle(ledger, OTHER, judging(wave="3", dataset="e", models=["old"]))
    assert {*SHOWS.values()} > JUDGED
