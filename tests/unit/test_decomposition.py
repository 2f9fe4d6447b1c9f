"""A gap divided over what makes it: exact, and as statsmodels divides it."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.oaxaca import OaxacaBlinder

from blijfwijzer.estimation.decomposition import explain_gap, split_gap
from blijfwijzer.estimation.resampling import Draws


@pytest.fixture
def people(rng):
    size = 4000
    group = (rng.random(size) < 0.3).astype(float)
    wants = (rng.random(size) < 0.7 - 0.1 * group).astype(float)
    offered = (rng.random(size) < 0.7 - 0.3 * group).astype(float)
    trained = (rng.random(size) < 0.1 + 0.6 * offered + 0.1 * wants).astype(float)
    return group, wants, offered, trained


def split(group, offered, trained, weight):
    place = np.arange(len(group)) % 40
    picks = np.random.default_rng(0).multinomial(40, np.full(40, 1 / 40), size=100).T.astype(float)
    return split_gap(trained, offered, group, weight, Draws(place, picks))


def test_the_parts_of_a_gap_add_up_to_it(people, rng):
    group, _, offered, trained = people
    weight = rng.uniform(0.5, 2.0, len(group))

    found, drawn, n = split(group, offered, trained, weight)

    means = [np.average(trained[group == g], weights=weight[group == g]) for g in (1, 0)]
    assert found["gap"] == pytest.approx(means[0] - means[1])
    assert found["offer"] + found["take_up"] + found["own"] == pytest.approx(found["gap"])
    assert n == len(group)
    assert np.std(drawn["gap"]) == pytest.approx(
        np.sqrt(sum(m * (1 - m) / (group == g).sum() for g, m in zip((1, 0), means, strict=True))),
        rel=0.35,
    )


def test_a_gap_of_offers_alone_is_all_offer(people):
    group, _, offered, _ = people
    # Everybody takes up an offer and nobody trains without one.
    found, _, _ = split(group, offered, offered, np.ones(len(group)))

    assert found["offer"] == pytest.approx(found["gap"])


def test_a_gap_of_take_up_alone_is_all_take_up(rng):
    group = np.repeat([1.0, 0.0], 500)
    offered = np.tile([1.0, 0.0], 500)
    trained = offered * np.where(group == 1, rng.random(1000) < 0.5, 1.0)

    found, _, _ = split(group, offered, trained, np.ones(1000))

    assert found["take_up"] == pytest.approx(found["gap"])


def test_the_linear_parts_are_those_of_statsmodels(people):
    group, wants, offered, trained = people
    parts = explain_gap(trained, {"offered": offered, "wants": wants}, group, np.ones(len(group)))[
        "oaxaca"
    ]
    X = pd.DataFrame({"const": 1.0, "group": 1 - group, "offered": offered, "wants": wants})

    # Pooled coefficients with the group held (Jann 2008): statsmodels' own pooling.
    unexplained, explained, gap = (
        OaxacaBlinder(trained, X, "group", hasconst=True).two_fold(two_fold_type="pooled").params
    )

    assert parts["offered"] + parts["wants"] == pytest.approx(-explained, abs=1e-6)
    assert parts["unexplained"] == pytest.approx(-unexplained, abs=1e-6)
    assert sum(parts.values()) == pytest.approx(-gap, abs=1e-6)


def test_fairlie_s_parts_add_up_and_are_near_the_linear_ones(people):
    group, wants, offered, trained = people

    found = explain_gap(trained, {"offered": offered, "wants": wants}, group, np.ones(len(group)))

    gap = trained[group == 1].mean() - trained[group == 0].mean()
    assert sum(found["fairlie"].values()) == pytest.approx(gap)
    assert found["fairlie"]["offered"] == pytest.approx(found["oaxaca"]["offered"], abs=0.02)


def test_nothing_is_explained_where_all_are_of_one_group():
    ones = np.ones(10)

    assert explain_gap(ones, {"offered": ones}, ones, ones) == {}


def test_parts_of_an_outcome_that_a_column_separates_are_finite(people):
    group, wants, offered, _ = people

    found = explain_gap(offered, {"offered": offered, "wants": wants}, group, np.ones(len(group)))

    gap = offered[group == 1].mean() - offered[group == 0].mean()
    assert found["fairlie"]["offered"] == pytest.approx(gap, abs=0.01)
