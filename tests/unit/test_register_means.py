"""The model's mean over the people of a register: each cell by its people, not by its forms."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.grouping import make_groups
from blijfwijzer.groups.rates import summarise_areas
from blijfwijzer.groups.register import read_register
from blijfwijzer.groups.register_means import part_over_cells
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.settings import RateSettings, Settings
from blijfwijzer.survey.codebook import load_codebook

BOOK = load_codebook("werkonderzoek-2019")
# Forms and people per unit, of the low, middle and high educated.
FORMS = {"O1": (20, 20, 20), "O2": (12, 30, 18), "O3": (3, 30, 27), "O4": (15, 15, 30)}
PEOPLE = {"O1": (60, 30, 30), "O2": (40, 40, 40), "O3": (40, 40, 40), "O4": (0, 80, 40)}


def responses_of(counts):
    rows = [
        {"organisatie": unit, "opleiding": 1.0 + code}
        for unit, numbers in counts.items()
        for code, number in enumerate(numbers)
        for _ in range(number)
    ]
    made = pd.DataFrame(rows).assign(weight=1.0)
    return made.assign(sector=np.where(made["organisatie"] < "O3", "rijk", "zorg"))


def cells_of(people):
    rows = [
        {"organisatie": unit, "opleiding": 1 + code, "people": n}
        for unit, numbers in people.items()
        for code, n in enumerate(numbers)
    ]
    made = pd.DataFrame(rows)
    return made.assign(sector=np.where(made["organisatie"] < "O3", "rijk", "zorg"))


@pytest.fixture
def world(rng):
    """Responses, groups, risks that differ by education, and cells."""
    responses = responses_of(FORMS)
    grouping = make_groups(responses, BOOK, ["organisatie"], Settings(), ["opleiding"])
    risk = 0.1 * responses["opleiding"].to_numpy() + rng.uniform(0, 0.1, len(responses))
    register = read_register(cells_of(PEOPLE), BOOK, responses, "c.csv")
    found = part_over_cells(responses, register, BOOK, grouping.groups, grouping.members, 10)
    values = (rng.random(len(risk)) < risk).astype(float)
    design = Design.of_units(np.ones(len(risk)), responses["organisatie"])
    return responses, grouping, Predictions(values, risk, design), found


def areas_of(world):
    responses, grouping, predictions, cells = world
    plain = summarise_areas(predictions, grouping.members).set_index(grouping.groups.index)
    return plain, cells.put_in(plain, predictions, grouping.members)


def means(world, unit=None):
    responses, _, predictions, _ = world
    rows = responses["organisatie"].eq(unit) if unit else responses["sector"].eq("zorg")
    return pd.Series(predictions.risk)[rows].groupby(responses["opleiding"]).mean().to_numpy()


def test_a_mean_risk_weighs_each_cell_by_its_people(world):
    _, made = areas_of(world)

    expected = np.average(means(world, "O1"), weights=PEOPLE["O1"])
    assert made.loc["sector=rijk/organisatie=O1", "model"] == pytest.approx(expected)


def test_a_cell_of_few_forms_is_that_of_the_largest_unit(world):
    _, made = areas_of(world)

    own, sector = means(world, "O3"), means(world)
    expected = np.average([sector[0], own[1], own[2]], weights=PEOPLE["O3"])
    assert made.loc["sector=zorg/organisatie=O3", "model"] == pytest.approx(expected)


def test_everyone_has_the_mean_over_all_people(world):
    responses, _, predictions, _ = world
    _, made = areas_of(world)

    of_cells = pd.Series(predictions.risk).groupby(responses["opleiding"]).mean()
    people = np.sum(list(PEOPLE.values()), axis=0)
    assert made.loc["all", "model"] == pytest.approx(np.average(of_cells, weights=people))


def test_groups_of_which_a_register_knows_nothing_stay_as_they_are(world):
    plain, made = areas_of(world)

    crossed = plain.index.str.contains("&")
    assert crossed.any()
    pd.testing.assert_frame_equal(made[crossed], plain[crossed])
    columns = ["n", "effective_n", "direct"]
    pd.testing.assert_frame_equal(made[columns], plain[columns])


def test_the_error_of_a_mean_is_that_of_drawing_forms_within_cells(world, rng):
    responses, grouping, predictions, cells = world
    plain, made = areas_of(world)
    row = "sector=rijk/organisatie=O2"

    drawn = []
    codes = responses["opleiding"].to_numpy()
    for _ in range(400):
        # Of each cell other people with other risks, as many as there were.
        risk = 0.1 * codes + rng.uniform(0, 0.1, len(codes))
        again = Predictions(predictions.values, risk, predictions.design)
        drawn.append(cells.put_in(plain, again, grouping.members).loc[row, "model"])

    variance = made.loc[row, "var_risk"] / made.loc[row, "effective_n"]
    assert np.var(drawn) == pytest.approx(variance, rel=0.25)


def test_rates_follow_the_people_of_a_register(world):
    _, grouping, predictions, cells = world
    settings = RateSettings(draws=200)
    nothing = pd.DataFrame(columns=["effect", "se", "between"], dtype=float)
    unknown = replace(predictions, values=np.full(len(predictions.values), np.nan))

    plain, _ = estimate_groups(grouping, unknown, nothing, settings, 0)
    known, areas = estimate_groups(replace(grouping, cells=cells), unknown, nothing, settings, 0)

    # Many of the people of O1 are low educated, whose risk is low, and few of its forms are.
    place = list(grouping.groups.index).index("sector=rijk/organisatie=O1")
    assert known.table["rate"][place] < plain.table["rate"][place]
    assert known.table["rate"][place] == pytest.approx(areas["model"].iloc[place], abs=1e-3)
