"""The model's mean over the people of a register: each cell by its people, not by its forms."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.estimates import estimate_groups, take_register
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
    _, grouping, predictions, cells = world
    plain = summarise_areas(predictions, grouping.members).set_index(grouping.groups.index)
    return plain, take_register(plain, cells, predictions, grouping.members)


def means(world, sector):
    responses, _, predictions, _ = world
    rows = responses["sector"].eq(sector)
    return pd.Series(predictions.risk)[rows].groupby(responses["opleiding"]).mean().to_numpy()


def test_a_mean_risk_weighs_each_cell_by_its_people(world):
    plain, made = areas_of(world)
    row, sector = "sector=rijk/organisatie=O1", means(world, "rijk")

    # Its respondents' mean, moved by how its people differ from its forms.
    moved = np.average(sector, weights=PEOPLE["O1"]) - np.average(sector, weights=FORMS["O1"])
    assert made.loc[row, "model"] == pytest.approx(plain.loc[row, "model"] + moved)


def test_a_group_whose_forms_are_as_its_people_keeps_its_mean(rng):
    responses = responses_of(FORMS)
    grouping = make_groups(responses, BOOK, ["organisatie"], Settings())
    double = {unit: tuple(2 * n for n in numbers) for unit, numbers in FORMS.items()}
    register = read_register(cells_of(double), BOOK, responses, "c.csv")
    cells = part_over_cells(responses, register, BOOK, grouping.groups, grouping.members, 10)
    risk = rng.uniform(0.1, 0.6, len(responses))
    design = Design.of_units(np.ones(len(risk)), responses["organisatie"])
    predictions = Predictions(np.round(risk), risk, design)
    plain = summarise_areas(predictions, grouping.members)

    made = take_register(plain, cells, predictions, grouping.members)

    np.testing.assert_allclose(made["model"], plain["model"])


def test_a_cell_of_few_forms_is_that_of_everyone(world):
    responses, grouping, predictions, cells = world
    few = replace(cells, least=20)

    _, expected = few.part(predictions)

    everyone = pd.Series(predictions.risk).groupby(responses["opleiding"]).mean().to_numpy()
    sector = np.where([18 >= 20, 45 >= 20, 57 >= 20], means(world, "zorg"), everyone)
    place = list(grouping.groups.index).index("sector=zorg/organisatie=O3")
    assert expected[place] == pytest.approx(np.average(sector, weights=PEOPLE["O3"]))


def test_everyone_has_the_mean_over_all_people(world):
    _, made = areas_of(world)

    pairs = (("rijk", "O1", "O2"), ("zorg", "O3", "O4"))
    people = {sector: np.add(PEOPLE[a], PEOPLE[b]) for sector, a, b in pairs}
    total = sum((means(world, sector) @ own for sector, own in people.items()))
    assert made.loc["all", "model"] == pytest.approx(total / np.sum(list(people.values())))


def test_groups_of_which_a_register_knows_nothing_stay_as_they_are(world):
    plain, made = areas_of(world)

    crossed = plain.index.str.contains("&")
    assert crossed.any()
    pd.testing.assert_frame_equal(made[crossed], plain[crossed])
    columns = ["n", "effective_n", "direct"]
    pd.testing.assert_frame_equal(made[columns], plain[columns])


def test_what_cells_explain_is_no_sampling_error(world):
    plain, made = areas_of(world)
    row = "sector=rijk/organisatie=O2"

    # Risks are .1 per level of education, and uniform over .1 within.
    assert made.loc[row, "var_risk"] == pytest.approx(0.1**2 / 12, rel=0.2)
    assert plain.loc[row, "var_risk"] > 3 * made.loc[row, "var_risk"]


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
