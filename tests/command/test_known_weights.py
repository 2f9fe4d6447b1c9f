"""Rates with the margins of a register: whoever knows it knows what each form weighs."""

import numpy as np
import pandas as pd
import pytest

import blijfwijzer as bw
from blijfwijzer.groups.register import read_register
from blijfwijzer.groups.register_weights import weigh_by_register
from blijfwijzer.survey.codebook import load_codebook

BOOK, LONG, SHORT = "werkonderzoek-2019", 22, 3
BANDS = {"0-4": 5, "5-14": 15, "15-24": 25, "25+": 99}
QUICK = {"bootstraps": 50}
SETTINGS = bw.Settings(
    language="en",
    tracking={"enabled": False},
    model={"candidates": ["logistic"]},
    evaluation=QUICK,
    drivers=QUICK,
    flags=QUICK,
    wave={"largest_share_shifted": 1.0},
)


def bands_of(people):
    return np.searchsorted(list(BANDS.values()), people["dienstjaren"].to_numpy(), side="right")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two sectors, one of 22 who serve 5-14 years and 3 who serve fewer, of whom few responded."""
    place = tmp_path_factory.mktemp("weights")
    bw.synthesise(place / "before.parquet", 1500, seed=9)
    trained = bw.train(
        place / "before.parquet", BOOK, targets=["vertrekintentie"], settings=SETTINGS
    )
    trained.write(place / "models")
    bw.synthesise(place / "all.parquet", 1500, seed=5)
    people = pd.read_parquet(place / "all.parquet").assign(gewicht=1.0, sector="rijk")
    people["vertrek"] = people["vertrek"].where(people["vertrek"].between(1, 5), 1.0)
    band = bands_of(people)
    few, many = np.flatnonzero(band == 0)[:SHORT], np.flatnonzero(band == 1)[:LONG]
    people.loc[[*few, *many], "sector"] = "gemeenten"
    responded = (band > 0) | (np.random.default_rng(1).random(len(people)) < 0.3)
    responded[few] = True
    people[responded].reset_index(drop=True).to_parquet(place / "some.parquet")
    codes = pd.Series(np.array(list(BANDS))[band])
    counted = codes.value_counts().rename_axis("code").rename("people").reset_index()
    counted.assign(variable="dienstjaren").to_csv(place / "register.csv", index=False)
    return place


@pytest.mark.parametrize(("of_long", "of_short"), [(5, 0), (2, 1)])
def test_a_weighted_rate_tells_nothing_of_the_few_with_a_weight(place, of_long, of_short):
    people = pd.read_parquet(place / "some.parquet")
    band, small = bands_of(people), np.flatnonzero(people["sector"] == "gemeenten")
    people.loc[small, "vertrek"] = 1.0
    people.loc[small[band[small] == 1][:of_long], "vertrek"] = 5.0
    people.loc[small[band[small] == 0][:of_short], "vertrek"] = 5.0
    survey = place / f"{of_long}-{of_short}.parquet"
    people.to_parquet(survey)
    book = load_codebook(BOOK)
    own = bw.read_survey(survey, book, settings=SETTINGS).responses
    band, small = bands_of(own), np.flatnonzero(own["sector"] == "gemeenten")
    register = read_register(pd.read_csv(place / "register.csv"), book, own, "register.csv")
    weight = weigh_by_register(own, register, book, SETTINGS, "register.csv").weight[small]
    long, short = (weight[band[small] == code][0] for code in (1, 0))

    scored = bw.score(
        survey,
        place / "models",
        by=["sector"],
        population=place / "register.csv",
        settings=SETTINGS,
    )
    scored.write(place / survey.stem, ledgers=place / f"ledger-{survey.stem}")

    groups = pd.read_parquet(place / survey.stem / "groups.parquet").set_index("group")
    rates = groups["vertrekintentie_rate"].get("sector=gemeenten", np.nan)
    possible = {
        few
        for few in range((band[small] == 0).sum() + 1)
        for many in range((band[small] == 1).sum() + 1)
        if round(100 * (few * short + many * long) / weight.sum()) == rates
    }
    assert np.isnan(rates) or len(possible) > 1
