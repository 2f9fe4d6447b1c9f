"""Registers beside `climate` and `claims`: less bias by who responded, and one weighting a wave."""

import json

import numpy as np
import pandas as pd
import pytest

import blijfwijzer as bw
from blijfwijzer.disclosure.chain import verify
from blijfwijzer.groups.register import read_register
from blijfwijzer.groups.register_weights import weigh_by_register
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from command_line import call

BOOK = "werkonderzoek-2019"
QUICK = {
    "language": "en",
    "evaluation": {"bootstraps": 50},
    "culture": {"bootstraps": 50, "splits": 10, "draws": 200},
    "tracking": {"enabled": False},
}
BANDS = {"0-4": 5, "5-14": 15, "15-24": 25, "25+": 99}
ITEMS = ["leer_1", "leer_2", "leer_3"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Who responded and a register of all; who serves longer can learn less, and responds more."""
    place = tmp_path_factory.mktemp("weighed")
    bw.synthesise(place / "all.parquet", 2000, seed=5)
    people = pd.read_parquet(place / "all.parquet")
    band = np.searchsorted(list(BANDS.values()), people["dienstjaren"].to_numpy(), side="right")
    people["gewicht"], rng = 1.0, np.random.default_rng(5)
    for item in ITEMS:
        less = 2 * (rng.random(len(people)) < band / 3)
        people[item] = (people[item] - less).clip(lower=1)
    people.to_parquet(place / "all.parquet")
    # The odds of a response are three times as large with each band; about half of all respond.
    chance = 1 / (1 + np.exp(-np.log(3) * (band - 1.2)))
    people[rng.random(len(people)) < chance].to_parquet(place / "some.parquet")
    codes = pd.Series(np.array(list(BANDS))[band])
    counted = codes.value_counts().rename_axis("code").rename("people").reset_index()
    counted.assign(variable="dienstjaren").to_csv(place / "register.csv", index=False)
    return place


def content_of(people):
    """Share that thinks well of how they can learn, among those who answered all of it."""
    return 100 * float((people[ITEMS].dropna().mean(axis=1) >= 3.5).mean())


@pytest.fixture(scope="module")
def released(place):
    """A climate and claims of those who responded, with the margins of the register."""
    some, settings = place / "some.parquet", bw.Settings.model_validate(QUICK)
    known = {"population": place / "register.csv", "settings": settings}
    bw.climate(some, BOOK, by=["sector"], **known).write(
        place / "climate", ledgers=place / "ledger"
    )
    bw.claims(some, BOOK, **known).write(place / "claims", ledgers=place / "ledger")
    return place


def lines_of(place):
    return verify(place / "ledger" / "werkonderzoek")


def test_margins_take_away_the_bias_of_who_responded(released):
    truth = content_of(pd.read_parquet(released / "all.parquet"))
    before = content_of(pd.read_parquet(released / "some.parquet")) - truth
    climate = pd.read_parquet(released / "climate" / "climate.parquet")
    is_own = (climate["group"] == "all") & (climate["dimension"] == "leervermogen")

    after = float(climate.loc[is_own, "favourable"].iloc[0]) - truth

    # In whole points: half a point is rounding.
    assert before < -6
    assert abs(after) < 0.4 * abs(before) + 0.5


def test_margins_take_away_the_bias_over_many_draws_of_who_responds(place):
    book, rng = load_codebook(BOOK), np.random.default_rng(6)
    people = pd.read_parquet(place / "all.parquet")
    people["weight"], is_content = 1.0, people[ITEMS].mean(axis=1) >= 3.5
    band = np.searchsorted(list(BANDS.values()), people["dienstjaren"].to_numpy(), side="right")
    chance = 1 / (1 + np.exp(-np.log(3) * (band - 1.2)))
    register = read_register(pd.read_csv(place / "register.csv"), book, people, "register.csv")
    missed = []
    for _ in range(30):
        there = rng.random(len(people)) < chance
        some = people[there].reset_index(drop=True)
        found = weigh_by_register(some, register, book, Settings(), "register.csv")
        own = is_content[there].to_numpy(dtype=float)
        shares = (np.average(own, weights=w) for w in (found.before, found.weight))
        missed.append([100 * (share - is_content.mean()) for share in shares])
    before, after = np.mean(missed, axis=0)

    assert before < -6
    assert abs(after) < 0.1 * abs(before)


@pytest.mark.parametrize("kind", ["climate", "claims"])
def test_a_page_tells_who_responded_by_the_register(released, kind):
    page = (released / kind / "report.html").read_text(encoding="utf-8")
    record = json.loads((released / kind / "run.json").read_text())

    assert "R-indicator" in page and "Who responded, by the personnel register" in page
    assert ("Without the personnel register" in page) == (kind == "claims")
    assert "register_hmac_sha256" in record["provenance"]


def test_both_lines_of_the_ledger_know_of_the_one_register(released):
    registers = {line.content["kind"]: line.content["register"] for line in lines_of(released)}

    assert set(registers) == {"climate", "claims"} and len(set(registers.values())) == 1


def test_a_table_of_people_of_units_serves_no_claim(released, tmp_path, capsys):
    (tmp_path / "people.csv").write_text("sector;people\nrijk;4000\n")
    asked = ("claims", released / "some.parquet", "--codebook", BOOK, "--preview")

    assert call(*asked, "--population", tmp_path / "people.csv") == 64

    assert "here nothing is told of units" in capsys.readouterr().err


def test_a_register_of_a_wave_before_needs_that_wave(released, capsys):
    asked = ("climate", released / "some.parquet", "--codebook", BOOK, "--preview")

    assert call(*asked, "--previous-population", released / "register.csv") == 64

    assert "--previous" in capsys.readouterr().err
