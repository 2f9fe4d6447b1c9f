"""Whom vouchers help and miss: shares by hand, chances as draws give them, and the gate."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.disclosure.figures import FigureId
from blijfwijzer.groups.grouping import everyone_alone
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.tables.fairness_tables import Targeted, clear_gaps
from blijfwijzer.release.rehearsal import rehearse
from blijfwijzer.release.request import Request
from blijfwijzer.runs.offers.aims import Aim, all_cells, find_targeting, hidden_cells, offer_cells
from blijfwijzer.runs.offers.needs import owners_of
from blijfwijzer.runs.offers.reach import chance_of_offer
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake
from blijfwijzer.vouchers.lottery import expected_offers
from shared_lottery import lottery_of, needs_of
from small_releases import SMALL

BOOK = load_codebook(SMALL)
SETTINGS = Settings.model_validate({"evaluation": {"bootstraps": 50}})


def wave_of(responses):
    return SimpleNamespace(
        responses=responses,
        weight=responses["weight"].to_numpy(dtype=float),
        settings=SETTINGS,
        codebook=BOOK,
    )


def aim_of(values, chance, people):
    figures = {
        (attribute, name): FigureId("offer", (attribute, name))
        for attribute, cell in all_cells(people).items()
        for name in cell.names
    }
    return Aim(np.asarray(values, dtype=float), np.asarray(chance, dtype=float), people, figures)


@pytest.fixture
def divided():
    """Two organisations of 40 in one sector, and 40 who work in none that is shown.

    Those of O1 are offered 40 vouchers, those of O2 ten, the rest of the sector none. In each 20
    are low and 20 highly educated; of the low 10 are in need, of the high 5, known of all but one.
    """
    unit = np.repeat(["O1", "O2", "O3"], 40)
    high = np.tile(np.repeat([0.0, 1.0], 20), 3)
    need = np.tile(np.r_[np.repeat([1.0, 0.0], 10), np.repeat([1.0, 0.0], [5, 15])], 3)
    need[-1] = np.nan
    weight = np.tile([1.0, 3.0], 60)
    responses = pd.DataFrame({"sector": "s", "organisatie": unit, "weight": weight})
    groups = ["all", "sector=s", "sector=s/organisatie=O1", "sector=s/organisatie=O2"]
    offers = pd.Series([0.0, 0.0, 40.0, 10.0], index=groups)
    chance = chance_of_offer(offers, pd.Series([120.0, 40.0, 40.9, 40.0], index=groups))
    owner = owners_of(groups, responses, BOOK)
    people = {"opleiding": pd.Series(high)}
    return wave_of(responses), aim_of(need, owner.map(chance), people)


def test_shares_are_those_computed_by_hand(divided):
    wave, aim = divided

    found = find_targeting(aim, wave, frozenset())

    rates = found.by_group.set_index(["group", "measure"])["value"]
    # All of O1, a quarter of O2, nobody of the rest: of as many in need in each.
    assert rates["0", "exclusion"] == pytest.approx(1 - (1 + 0.25 + 0) / 3)
    assert rates["0", "inclusion"] == pytest.approx((1 + 0.25 + 0) / 3)
    # Of the highly educated five are in need, who weigh 1, 3, 1, 3 and 1 in each.
    assert rates["1", "exclusion"] == pytest.approx(1 - (9 + 0.25 * 9) / 27)
    # Of the fifteen others, who weigh 31, one who weighs 3 is not known in the last.
    assert rates["1", "inclusion"] == pytest.approx((31 + 0.25 * 31) / (31 + 31 + 28))
    assert rates["0", "selection"] == pytest.approx(1.25 / 3)
    assert rates["1", "selection"] == pytest.approx((40 + 0.25 * 40) / (40 + 40 + 37))
    ratio = found.gaps.set_index("measure").loc["selection", "ratio"]
    assert ratio == pytest.approx((1.25 / 3) / (50 / 117))


def test_the_ratio_and_the_range_are_the_same_in_text_and_table(rng):
    people = {"opleiding": pd.Series(np.repeat([0.0, 1.0], 2000))}
    chance = np.where(rng.random(4000) < np.repeat([0.7, 1.0], 2000), 1.0, 0.0)
    unit = rng.integers(0, 40, 4000).astype(str)
    wave = wave_of(pd.DataFrame({"organisatie": unit, "sector": "s", "weight": 1.0}))
    aim = aim_of(rng.random(4000) < 0.4, chance, people)
    targeting = find_targeting(aim, wave, frozenset())

    found = [Targeted(targeting, frozenset())]
    row = clear_gaps("reach_gaps", found, BOOK, Edge("en", 10)).frame.iloc[0]

    text = write(targeting.conclusions["opleiding"], "en")
    assert f"the smallest chance is {row['ratio']:.2f} times the largest" in text
    assert f"between {row['low']:.0f} and {row['high']:.0f} percentage points" in text


def test_an_offer_for_each_whole_person_serves_a_group_wholly():
    chance = chance_of_offer(pd.Series([12, 13, 6, 0]), pd.Series([12.4, 12.4, 12.4, 0.4]))

    assert chance.tolist() == [1.0, 1.0, 0.5, 0.0]


def test_a_person_counts_in_the_smallest_group_that_is_shown():
    responses = pd.DataFrame({"sector": ["s", "s", "t"], "organisatie": ["a", "b", "a"]})

    owner = owners_of(["all", "sector=s", "sector=s/organisatie=a"], responses, BOOK)

    assert owner.tolist() == ["sector=s/organisatie=a", "sector=s", "all"]
    assert owners_of(["sector=s"], responses.drop(columns="sector"), BOOK) is None


@pytest.mark.parametrize("choices", [{"lottery": 0.4}, {"lottery": 0.0, "mix": (3, 1, 0)}])
def test_chances_before_the_draw_are_what_many_draws_give(choices):
    needs = needs_of(groups=40)
    draws = [lottery_of(needs, 300, seed, **choices) for seed in range(100)]

    expected = expected_offers(draws[0], needs)

    given = np.array([d.table["vouchers"].reindex(needs.groups) for d in draws], dtype=float)
    error = given.std(axis=0) / np.sqrt(len(draws))
    apart = given.mean(axis=0) - expected.to_numpy()
    assert expected.sum() == pytest.approx(300)
    assert (error > 0).sum() >= 10
    assert apart[error == 0] == pytest.approx(0)
    # As many draws err: the square of a standard normal is 1 in the mean.
    assert np.mean((apart[error > 0] / error[error > 0]) ** 2) < 1.5


def admitted(aim, responses):
    """Give the figures that may be told, by themselves and beside everyone."""
    columns = pd.DataFrame({"row": [], "reasons": []})
    intake = Intake(Held.of(responses), columns, (), (), "abc", "w.csv")
    release = rehearse(Request("vouchers", BOOK, SETTINGS, "2"))
    admission = release.admit(intake, everyone_alone(responses), {})
    told = frozenset(release.figures(admission, offer_cells(aim, wave_of(responses))))
    return told, hidden_cells(aim, admission, told)


@pytest.mark.parametrize("certain", [1.0, 0.35])
@pytest.mark.parametrize(("offered", "is_told"), [(9, False), (60, True), (191, False)])
def test_a_share_of_which_fewer_than_ten_are_offered_one_or_none_is_withheld(
    rng, offered, is_told, certain
):
    names = [column.name for column in BOOK.columns.values()]
    answers = {name: rng.permutation(4000)[:400].astype(float) for name in names}
    responses = pd.DataFrame({**answers, "weight": 1.0})
    people = {"opleiding": pd.Series(np.repeat([0.0, 1.0], 200))}
    chance = np.zeros(400)
    chance[:offered] = certain
    chance[200:300] = 1.0

    told, hidden = admitted(aim_of(np.tile([1.0, 0.0], 200), chance, people), responses)

    assert (FigureId("offer", ("opleiding", "0")) in told) == is_told
    assert (("opleiding", "0") in hidden) != is_told


def test_what_few_have_by_another_chance_is_withheld(rng):
    names = [column.name for column in BOOK.columns.values()]
    answers = {name: rng.permutation(4000)[:400].astype(float) for name in names}
    responses = pd.DataFrame({**answers, "weight": 1.0})
    people = {"opleiding": pd.Series(np.repeat([0.0, 1.0], 200))}
    chance = np.tile(np.repeat([1.0, 0.0], 100), 2)
    values = np.tile([1.0, 0.0], 200)

    told, _ = admitted(aim_of(values, chance, people), responses)
    chance[:5] = 0.5
    fewer, _ = admitted(aim_of(values, chance, people), responses)

    assert told - fewer == {FigureId("offer", ("opleiding", "0"))}
