"""Flags at a controlled error rate: noise flags nothing, signals are found."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer.groups.flags import (
    CERTAIN,
    Resampled,
    control_discoveries,
    flag_groups,
    measure_stability,
    part_best,
    talent_at_risk,
)
from blijfwijzer.groups.rates import pool_rates
from blijfwijzer.settings import FlagSettings

SETTINGS = FlagSettings(bootstraps=50)


def flagged(rng, effect, groups=36, sectors=6, n=60):
    sector = np.repeat(np.arange(sectors), groups // sectors)
    true = np.clip(0.2 + effect, 0.01, 0.95) * np.ones(groups)
    sizes = rng.poisson(n, groups) + 10
    seen = rng.binomial(sizes, true) / sizes
    model = np.clip(0.2 + rng.normal(0, 0.02, groups), 0.02, 0.9)
    table = pd.DataFrame(
        {
            "n": sizes,
            "effective_n": sizes / 1.1,
            "direct": seen,
            "model": model,
            "var_risk": 0.02,
            "cov": 0.01,
        }
    )
    rates = pool_rates(table, pd.Series(sector), 300, 1)
    mean = [np.average(seen[sector == s], weights=sizes[sector == s]) for s in range(sectors)]
    resampled = Resampled(np.arange(groups), sector, sizes.astype(float), seen)
    return true, flag_groups(rates, np.array(mean)[sector], resampled, SETTINGS, 1)


def test_pure_noise_flags_nothing_as_certain():
    rng = np.random.default_rng(5)

    alarms = [(flagged(rng, 0.0)[1]["verdict"] == CERTAIN).any() for _ in range(60)]

    assert np.mean(alarms) <= 0.05


def test_planted_signals_are_found_with_few_false_ones():
    rng = np.random.default_rng(6)
    false, found, planted = 0, 0, 0
    for _ in range(15):
        effect = np.where(rng.random(36) < 0.15, 0.25, 0.0)
        true, flags = flagged(rng, effect, n=120)
        certain = (flags["verdict"] == CERTAIN).to_numpy()
        false += (certain & (effect == 0)).sum()
        found += (certain & (effect > 0)).sum()
        planted += (effect > 0).sum()

    assert false <= 0.10 * (false + found) + 1
    assert found > 0.5 * planted


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        ([0.95, 0.9, 0.2], [True, True, False]),
        ([0.95, 0.86, 0.85], [True, True, False]),
        ([0.5, 0.4], [False, False]),
        ([], []),
    ],
)
def test_the_longest_list_within_the_error_rate_is_flagged(probability, expected):
    assert control_discoveries(np.array(probability), 0.10).tolist() == expected


def test_talent_is_compared_within_each_group():
    performance = np.array([5.0, 5, 1, 1, 5, 5, 1, 1])
    values = np.array([1.0, 1, 0, 0, 0, 0, 1, 1])
    members = csr_array(np.repeat(np.eye(2, dtype=np.int8), 4, axis=1))

    best = part_best(values, performance, np.ones(8), 0.5)
    found = talent_at_risk(values, best, np.ones(8), members)

    assert found["best"].tolist() == [1.0, 0.0]
    assert found["rest"].tolist() == [0.0, 1.0]
    assert found["n_best"].tolist() == [2, 2]


def areas_of(sizes, rng):
    true = np.clip(rng.normal(0.25, 0.08, len(sizes)), 0.02, 0.95)
    return pd.DataFrame(
        {
            "n": sizes,
            "effective_n": sizes,
            "direct": rng.binomial(sizes, true) / sizes,
            "model": np.clip(true + rng.normal(0, 0.05, len(sizes)), 0.02, 0.95),
            "var_risk": 0.02,
            "cov": 0.01,
        }
    )


def test_stability_moves_a_rate_by_the_weight_that_pooling_gave_its_answers(rng):
    """Move one direct rate by a tenth, pool again, and see how far the pooled rate follows."""
    sizes = np.tile([10, 30, 150, 1000], 15)
    table, sectors = areas_of(sizes, rng), pd.Series(np.repeat(range(5), 12))

    def rates(areas):
        return pool_rates(areas, sectors, 400, 1).table

    before = rates(table)
    own = np.sqrt(before["rate"] * (1 - before["rate"]) / sizes)
    told = np.clip((before["se"] / own) ** 2, 0, 1)
    for place, size in enumerate([10, 30, 150, 1000]):
        moved = table.copy()
        moved.loc[place, "direct"] = min(table["direct"][place] + 0.1, 1)
        step = moved["direct"][place] - table["direct"][place]
        follows = (rates(moved)["rate"][place] - before["rate"][place]) / step
        assert told[place] == pytest.approx(follows, abs=0.2), size


def test_a_large_group_just_above_the_margin_is_less_stable_than_one_far_above(rng):
    sizes = np.full(40, 800)
    table = areas_of(sizes, rng).assign(direct=0.2, model=0.2)
    table.loc[:3, ["direct", "model"]] = 0.40
    table.loc[4:5, ["direct", "model"]] = 0.245
    rates = pool_rates(table, pd.Series(np.zeros(40)), 400, 1)
    resampled = Resampled(
        np.arange(40), np.zeros(40, dtype=int), sizes.astype(float), table["direct"]
    )

    stability = measure_stability(rates, np.full(40, 0.2), resampled, SETTINGS, 1)

    assert (stability[:4] > 0.95).all()
    assert (stability[4:6] < 0.95).all()
    assert (stability[6:] < 0.2).all()
