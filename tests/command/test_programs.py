"""What commands tell programs, or nobody; and what is the same of all of them."""

import json
import re
from pathlib import Path

import pytest
import typer

from blijfwijzer import errors
from blijfwijzer.cli import app
from blijfwijzer.cli.document import describe_exit_codes
from blijfwijzer.cli.exit_codes import exit_codes
from command_line import call, keys_of
from questionnaires import SMALL, small_survey

ROOT = Path(__file__).parents[2]
BOOK = "werkonderzoek-2019"
NOWHERE = {
    "synthesise": ["--output", "nowhere.dta"],
    "check": ["nowhere.sav", "--codebook", BOOK],
    "codebook": ["nowhere.sav"],
    "train": ["nowhere.sav", "--codebook", BOOK],
    "explain": ["nowhere", "nowhere.sav", "--output", "out"],
    "score": ["nowhere.sav", "--output", "out"],
    "climate": ["nowhere.sav", "--codebook", BOOK, "--output", "out"],
    "claims": ["nowhere.sav", "--codebook", BOOK, "--output", "out"],
    "vouchers": ["nowhere"],
    "pages": ["nowhere", "--output", "out"],
    "monitor": ["nowhere.sav", "--output", "out"],
    "compare": ["nowhere", "elsewhere", "nowhere.sav", "--output", "out"],
    "promote": ["nowhere", "nowhere.sav", "--by", "HR", "--why", "newer"],
    "trial": ["nowhere.json", "nowhere.csv"],
    "pack make": ["nowhere", "--name", "a", "--key", "nowhere.pem", "--output", "a.pack"],
    "pack check": ["nowhere.pack"],
    "pack key": ["/proc/nowhere/a.pem"],
    "merge key": ["/proc/nowhere/a.key"],
    "merge part": [
        *("nowhere.sav", "--agreement", "nowhere.toml", "--office", "a", "--key", "nowhere.key"),
        *("--output", "a.part"),
    ],
    "merge release": ["nowhere.part", "--agreement", "nowhere.toml", "--output", "out"],
    "govern pack": ["--models", "nowhere", "--output", "out"],
    "govern verify": ["nowhere"],
    "disclosure audit": ["nowhere"],
    "disclosure check-proof": ["nowhere"],
    "disclosure verify": ["nowhere"],
    "disclosure withdraw": ["nowhere", "--reason", "wrong export"],
    "disclosure lower": ["nowhere", "--minimum", "10", "--reason", "a trial run"],
    "disclosure plan": ["nowhere.sav", "climate", "--codebook", BOOK],
    "decide": ["nowhere", "nowhere.csv"],
    "blind": ["nowhere", "--output", "cases.csv", "--key", "key.json"],
    "uptake": ["nowhere", "nowhere.csv"],
    "govern log": ["nowhere"],
    "govern draft": ["nowhere.toml"],
    "govern check": ["nowhere.toml"],
    "govern stop": ["--reason", "a complaint"],
    "govern resume": ["--by", "HR", "--reason", "mended"],
}
"""Each command with what can only fail."""


def commands_of(group, before=""):
    """Each command of a group by its name, those of groups in it too."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, f"{name} ")
        else:
            yield before + name, command


COMMANDS = dict(commands_of(typer.main.get_command(app)))


@pytest.fixture
def survey(rng, tmp_path):
    small_survey(rng, 400).to_parquet(tmp_path / "s.parquet")
    return tmp_path / "s.parquet"


def test_each_command_is_among_those_that_can_fail():
    assert set(NOWHERE) == set(COMMANDS)


@pytest.mark.parametrize("command", NOWHERE)
def test_a_program_is_told_of_an_error_as_documented(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)

    code = call(*command.split(), *NOWHERE[command], "--json")

    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert {f"error.{key}" for key in told["error"]} == keys_of("An error")
    assert told["error"]["exit_code"] == code >= 3
    assert told["error"]["text"] in printed.err


@pytest.mark.parametrize("command", NOWHERE)
def test_an_error_is_told_where_nothing_else_is(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)

    assert call(*command.split(), *NOWHERE[command], "--quiet") >= 3

    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.fullmatch(r"blijfwijzer: .+\n", printed.err)


@pytest.mark.parametrize("command", ["", *COMMANDS, "disclosure", "govern"])
def test_each_help_is_asked_by_one_letter(capsys, command):
    assert call(*command.split(), "-h") == 0
    short = capsys.readouterr().out
    assert call(*command.split(), "--help") == 0

    assert short == capsys.readouterr().out
    assert "Usage: " in short


def test_what_is_quiet_says_nothing_and_ends_as_ever(survey, tmp_path, capsys):
    asked = ("check", survey, "--codebook", SMALL)
    ended = call(*asked)
    assert capsys.readouterr().out

    assert call(*asked, "--quiet") == ended
    assert call("synthesise", "--output", tmp_path / "w.csv", "--respondents", 500, "--quiet") == 0

    assert "".join(capsys.readouterr()) == ""


@pytest.mark.filterwarnings("always::blijfwijzer.errors.CodebookWarning")
def test_a_warning_is_heard_where_nothing_else_is(survey, tmp_path, capsys):
    text = SMALL.read_text(encoding="utf-8")
    text = text.replace("[outcomes.achterblijver]", '[outcomes.achterblijver]\nkind = "risk"')
    (tmp_path / "former.toml").write_text(text, encoding="utf-8")

    call("check", survey, "--codebook", tmp_path / "former.toml", "--quiet")

    assert capsys.readouterr().err.startswith("blijfwijzer: warning: outcomes: kind")


def test_a_program_hears_a_result_and_a_person_nothing(tmp_path, capsys):
    asked = ("synthesise", "--output", tmp_path / "w.csv", "--respondents", 500)

    assert call(*asked, "--json", "--quiet") == 0

    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert printed.err == ""
    assert set(told) == keys_of("synthesise")
    assert (told["respondents"], told["output"]) == (500, str(tmp_path / "w.csv"))


def test_a_program_is_told_of_a_draft_as_documented(survey, capsys):
    assert call("codebook", survey, "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert set(told) == keys_of("codebook")
    assert told["output"] is None
    lines = told["text"].splitlines()
    assert told["undecided"] and all("decide" in lines[n - 1] for n in told["undecided"])


def test_settings_of_the_environment_are_used_and_said(survey, tmp_path, monkeypatch, capsys):
    (tmp_path / "broken.toml").write_text("nonsense = 1\n")
    (tmp_path / "own.toml").write_text("seed = 1\n")
    monkeypatch.setenv("BLIJFWIJZER_SETTINGS", str(tmp_path / "broken.toml"))
    asked = ("check", survey, "--codebook", SMALL)

    assert call(*asked) == errors.SettingsError.exit_code
    assert (
        f"settings of BLIJFWIJZER_SETTINGS: {tmp_path / 'broken.toml'}" in capsys.readouterr().err
    )

    call(*asked, "--settings", tmp_path / "own.toml")
    assert "BLIJFWIJZER_SETTINGS" not in capsys.readouterr().err


def test_a_survey_that_no_command_can_use_has_a_code_of_its_own(rng, tmp_path, capsys):
    small_survey(rng, 20, gewicht=1.0).to_parquet(tmp_path / "s.parquet")

    code = call("check", tmp_path / "s.parquet", "--codebook", SMALL, "--json")

    told = json.loads(capsys.readouterr().out)
    assert code == errors.UnusableSurveyError.exit_code
    assert told["faults"] == []
    assert not any(one["can"] for one in told["commands"] if "claim " not in one["command"])


def test_the_help_and_the_docs_list_every_exit_code(capsys):
    kinds = [k for k in vars(errors).values() if isinstance(k, type)]
    codes = {k.exit_code for k in kinds if issubclass(k, errors.BlijfwijzerError)}

    assert call("--help") == 0

    told = " ".join(capsys.readouterr().out.split())
    assert set(exit_codes()) == codes | {0, 1, 2, errors.INTERRUPTED}
    said = {code: why.replace("`", "") for code, why in exit_codes().items()}
    assert [code for code, why in said.items() if f"• {code}: {why}" not in told] == []
    page = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    assert page == describe_exit_codes()


@pytest.mark.parametrize(
    ("shell", "how"),
    [
        ("bash", "complete -o default -F"),
        ("zsh", "#compdef"),
        ("fish", "complete --command"),
        ("powershell", "Register-ArgumentCompleter"),
    ],
)
def test_each_shell_can_complete(capsys, monkeypatch, shell, how):
    # Without it the shell that the tests run in is asked, whichever is named.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")

    assert call("--show-completion", shell) == 0

    told = capsys.readouterr().out
    assert how in told
    assert "BLIJFWIJZER_COMPLETE" in told.upper()
