"""A training that compares on a sample: of whom it tells, and of whom the ledger knows."""

import json

import numpy as np
import pytest
import tomli_w
from scipy.sparse import csr_array
from test_attacks import QUICK, survey_of

from blijfwijzer.disclosure.earlier import Present
from blijfwijzer.disclosure.fingerprint import add_up, to_text
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.disclosure.sealing import FITTED
from blijfwijzer.risk.training import prepare
from blijfwijzer.settings import load_settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from command_line import call
from questionnaires import SMALL

BOOK = load_codebook(SMALL)
FOLDERS = ("out", "more")
SAMPLED = {**QUICK, "model": {**QUICK["model"], "most_compared": 1000}}


def survey(seed=1):
    """Give 50 organisations of 30 people, of some of whom the outcome is not known."""
    answers = survey_of(seed)
    answers.loc[np.random.default_rng(5).random(len(answers)) < 0.1, "vertrek"] = np.nan
    return answers


@pytest.fixture
def place(tmp_path):
    (tmp_path / "sampled.toml").write_text(tomli_w.dumps(SAMPLED))
    return tmp_path


def train(place, answers, name="models"):
    answers.to_parquet(place / "wave.parquet")
    return call(
        *("train", place / "wave.parquet", "--codebook", SMALL, "--target", "vertrekintentie"),
        *("--models", place / name, "--ledger", place / "ledger"),
        *("--settings", place / "sampled.toml"),
    )


def training_set(place):
    """Give the people of the wave, and what models of them are made from."""
    settings = load_settings(place / "sampled.toml")
    people = read_survey(place / "wave.parquet", BOOK, settings.intake).held
    scales = score_scales(people, BOOK)
    return people, prepare(people, scales, BOOK, BOOK.outcomes["vertrekintentie"], settings)


def last_line(place):
    """Give the last line of the ledger, and what tells how some people are called in it."""
    people, _ = training_set(place)
    with open_ledger(place / "ledger" / "small", "small") as ledger:
        content, secret = ledger.releases[-1].content, ledger.secret
    seen = Present(people, csr_array((0, len(people))), lambda _: None).see(
        tuple(map(tuple, content["columns"])), secret
    )
    return content, lambda some: to_text(add_up(seen.marks, csr_array(some[None].astype(int)))[0])


def test_the_ledger_knows_all_a_model_is_fitted_on_and_tells_of_those_in_the_sample(place):
    assert not train(place, survey())

    people, made_from = training_set(place)
    content, fingerprint = last_line(place)
    assert content[FITTED] == fingerprint(made_from.fitted)
    assert made_from.fitted.sum() > 1300
    told = made_from.drawn.told
    assert content["groups"]["all"]["fingerprint"] == fingerprint(told)
    units = people["organisatie"].astype("str").to_numpy()
    organisations = {
        name.rpartition("=")[2]: group["fingerprint"]
        for name, group in content["groups"].items()
        if "organisatie=" in name
    }
    assert 30 < len(organisations) < 40
    # With those in them of whom the outcome is not known, as other releases tell of them.
    for unit, own in organisations.items():
        assert unit in set(units[told])
        assert own == fingerprint(units == unit)


def test_a_model_without_somebody_outside_the_sample_is_nearly_of_the_same_people(place, capsys):
    assert not train(place, survey())
    _, made_from = training_set(place)
    outside = np.flatnonzero(made_from.fitted & ~made_from.drawn.told)
    capsys.readouterr()

    assert not train(place, survey().drop(index=outside[0]), "less")

    assert "Nearly these people were trained on" in " ".join(capsys.readouterr().out.split())


def test_whoever_stands_beside_those_drawn_is_of_their_organisation(place):
    survey().to_parquet(place / "wave.parquet")

    people, made_from = training_set(place)

    drawn, units = made_from.drawn, people["organisatie"].astype("str")
    assert drawn.beside.all()
    assert (drawn.told >= made_from.known).all()
    assert (drawn.told == units.isin(units[made_from.known])).all()
    assert made_from.known.sum() < drawn.told.sum() < len(people)


def test_where_people_are_drawn_the_others_of_their_organisation_are_not_told_of(place):
    survey_of(1, units=20).to_parquet(place / "wave.parquet")

    _, made_from = training_set(place)

    assert not made_from.drawn.is_whole
    np.testing.assert_array_equal(made_from.drawn.told, made_from.known)


def score(place, name="out", *asked):
    return call(
        *("score", place / "wave.parquet", "--models", place / "models", "--output", place / name),
        *("--by", "organisatie", *asked, "--ledger", place / "ledger"),
        *("--settings", place / "sampled.toml"),
    )


@pytest.mark.parametrize("units", [50, 20])
def test_no_group_of_it_is_lost_to_later_releases(place, units):
    assert not train(place, survey_of(1, units=units))
    assert not score(place)

    assert not score(place, "more", "--and", "opleiding")

    first, counts = (json.loads((place / n / "run.json").read_text())["counts"] for n in FOLDERS)
    assert "lost_since" not in counts
    assert counts["shown"] > first["shown"]


@pytest.mark.parametrize("units", [50, 20])
def test_a_release_of_everyone_after_it_is_derived_again(place, units, capsys):
    assert not train(place, survey_of(1, units=units))
    assert not score(place)
    capsys.readouterr()

    assert not call(
        *("disclosure", "audit", place / "out", "--ledger", place / "ledger"),
        *("--survey", place / "wave.parquet", "--codebook", SMALL),
    )

    told = " ".join(capsys.readouterr().out.split())
    assert "proven by" in told
    assert ("groups of people who were drawn" in told) == (units == 20)
