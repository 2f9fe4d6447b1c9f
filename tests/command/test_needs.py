"""Outcomes are told apart by their kind, never by name: several needs, and names with dashes."""

import json

import pandas as pd
import pytest

from blijfwijzer import errors
from blijfwijzer.survey.codebook import codebook_file, load_codebook
from command_line import call

SECOND = """
[outcomes.geen-scholing]
label = { nl = "Geen scholing", en = "No training" }
meaning = { nl = "Volgde geen scholing.", en = "Took no training." }
kind = "need"
bars = ["ontwikkelafspraak"]
rule = { column = "scholing", in = ["0"] }

[units]
"""


def renamed(text):
    """The shipped codebook with outcomes of other names."""
    for old, new in (("vertrekintentie", "kans-weg"), ("achterblijver", "kans-achter")):
        text = text.replace(f"[outcomes.{old}]", f"[outcomes.{new}]")
        text = text.replace(f'outcome = "{old}"', f'outcome = "{new}"')
    return text


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the models of an intention and of two needs, and a release of all three."""
    place = tmp_path_factory.mktemp("needs")
    (place / "quick.toml").write_text(
        'language = "en"\n[evaluation]\nbootstraps = 50\n[drivers]\nbootstraps = 50\n'
        "[flags]\nbootstraps = 50\n[tracking]\nenabled = false\n"
        '[model]\ncandidates = ["prevalence", "logistic"]\n'
    )
    text = renamed(codebook_file("werkonderzoek-2019").read_text(encoding="utf-8"))
    (place / "book.toml").write_text(text.replace("\n[units]\n", SECOND), encoding="utf-8")
    for wave in (2019, 2022):
        assert not call(
            *("synthesise", "--respondents", 1500, "--wave", wave, "--seed", 3),
            *("--output", place / f"{wave}.parquet"),
        )
    quick = ("--settings", place / "quick.toml")
    models, ledger = ("--models", place / "models"), ("--ledger", place / "ledger")
    assert not call(
        "train", place / "2019.parquet", "--codebook", place / "book.toml", *quick, *models
    )
    assert not call(
        *("score", place / "2022.parquet", *models, "--by", "organisatie", *quick, *ledger),
        *("--output", place / "out"),
    )
    return place


def divide(place, *options):
    return call(
        *("vouchers", place / "out", "--budget", 50_000, "--cost", 1000, *options),
        *("--ledger", place / "ledger"),
    )


def table_of(place, name):
    table = json.loads((place / "out" / "report.json").read_text(encoding="utf-8"))[name]
    return pd.DataFrame(table["rows"], columns=table["columns"])


def test_every_outcome_is_scored_whatever_its_name(place):
    groups = pd.read_parquet(place / "out" / "groups.parquet")

    rates = {name.removesuffix("_rate") for name in groups if name.endswith("_rate")}
    rates = {name for name in rates if not name.endswith("_own")}
    assert rates == {"kans-weg", "kans-achter", "geen-scholing"}


def test_the_release_says_which_outcomes_are_needs(place):
    run = json.loads((place / "out" / "run.json").read_text(encoding="utf-8"))

    assert run["needs"] == ["kans-achter", "geen-scholing"]


def test_segments_and_fairness_are_told_of_each_need(place):
    fairness, conclusions = table_of(place, "fairness"), table_of(place, "conclusions")

    for label in ("Risk of falling behind", "No training"):
        assert fairness["attribute"].str.startswith(f"{label}: ").any()
        assert conclusions["attribute"].str.startswith(f"{label}: ").any()
    assert set(table_of(place, "segments")["target"]) & {"geen-scholing", "kans-achter"}


def test_of_several_needs_one_must_be_named(place, capsys):
    assert divide(place) == errors.ReleaseError.exit_code
    assert "in the codebook, one of: kans-achter, geen-scholing" in capsys.readouterr().err


def test_vouchers_are_never_for_an_intention(place, capsys):
    assert divide(place, "--target", "kans-weg") == errors.ReleaseError.exit_code
    assert "kans-weg is no need of this release" in capsys.readouterr().err


def test_vouchers_follow_the_need_that_is_named(place):
    assert not divide(place, "--target", "geen-scholing")

    run = json.loads((place / "out" / "run.json").read_text(encoding="utf-8"))
    assert run["vouchers"]["target"] == "geen-scholing"
    assert run["vouchers"]["given"] > 0


def test_the_former_name_of_a_need_is_read_with_a_warning(place, tmp_path):
    text = (place / "book.toml").read_text(encoding="utf-8").replace('"need"', '"risk"')
    (tmp_path / "former.toml").write_text(text, encoding="utf-8")

    with pytest.warns(errors.CodebookWarning, match='is called "need" now'):
        former = load_codebook(tmp_path / "former.toml")

    assert former.outcomes["geen-scholing"].kind == "need"


@pytest.mark.filterwarnings("always::blijfwijzer.errors.CodebookWarning")
def test_a_warning_of_a_codebook_reaches_the_user_without_a_place_in_the_code(tmp_path, capsys):
    text = codebook_file("piaac").read_text(encoding="utf-8")
    text = text.replace("ceiling = 0.85", 'ceiling = 0.85\nkind = "risk"')
    (tmp_path / "former.toml").write_text(text, encoding="utf-8")

    call("check", tmp_path / "gone.csv", "--codebook", tmp_path / "former.toml")

    assert 'blijfwijzer: warning: outcomes: kind = "risk"' in capsys.readouterr().err
