"""Flags at a controlled error rate: noise flags nothing, signals are found."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer.estimation.discovery import Bound, Differences, control_discoveries, rank_intervals
from blijfwijzer.groups.detection import find_detectable
from blijfwijzer.groups.flags import (
    FLAGGED,
    Listed,
    Others,
    find_flagged,
    flag_groups,
    part_best,
    talent_at_risk,
)
from blijfwijzer.groups.rates import PooledRates, pool_rates
from blijfwijzer.settings import FlagSettings
from studies.flags import FlagWorld, run_once

SETTINGS = FlagSettings(bootstraps=50)


def flagged(rng, effect, **world):
    true, found = made(rng, effect, **world)
    return true, flag_groups(*found, SETTINGS, 1)


def made(rng, effect, groups=36, sectors=6, n=60, unit=None):
    """Units on a list against their sectors, of which each is pooled at its own level."""
    sector = np.repeat(np.arange(sectors), groups // sectors)
    true = np.clip(0.2 + effect, 0.01, 0.95) * np.ones(groups)
    sizes = rng.poisson(n, groups) + 10
    units = areas_of(rng, true, sizes)
    inside = [np.flatnonzero(sector == s) for s in range(sectors)]
    means = [np.average(units.iloc[rows], axis=0, weights=sizes[rows]) for rows in inside]
    n = [sizes[rows].sum() for rows in inside]
    wholes = pd.DataFrame(means, columns=units.columns).assign(
        n=n, effective_n=np.asarray(n, dtype=float)
    )
    parts = [pool_rates(wholes, pd.Series("all", range(sectors)), 300, 1)]
    parts.append(pool_rates(units, pd.Series(sector), 300, 1))
    pooled = PooledRates(
        pd.concat([part.table for part in parts], ignore_index=True),
        np.concatenate([part.draws for part in parts]),
    )
    areas = pd.concat([wholes, units], ignore_index=True)
    one = np.zeros(groups, dtype=int)
    unit = np.arange(groups) if unit is None else one + unit
    listed = Listed(sectors + np.arange(groups), sector, one, unit)
    return true, (pooled, areas, listed)


def areas_of(rng, true, sizes):
    return pd.DataFrame(
        {
            "n": sizes,
            "effective_n": sizes.astype(float),
            "direct": rng.binomial(sizes, true) / sizes,
            "model": np.clip(0.2 + rng.normal(0, 0.02, len(sizes)), 0.02, 0.9),
            "var_risk": 0.02,
            "cov": 0.0,
        }
    )


def test_who_is_flagged_is_the_same_whether_more_is_asked_or_not():
    rng = np.random.default_rng(3)
    _, found = made(rng, np.where(rng.random(36) < 0.15, 0.25, 0.0))

    flags = flag_groups(*found, SETTINGS, 1)

    assert (flags["verdict"] == FLAGGED).any()
    assert find_flagged(*found, SETTINGS).tolist() == flags["verdict"].eq(FLAGGED).tolist()


def test_pure_noise_flags_nothing():
    alarms = []
    for seed in (5, 21, 22):
        rng = np.random.default_rng(seed)
        alarms += [find_flagged(*made(rng, 0.0)[1], SETTINGS).any() for _ in range(60)]

    assert np.mean(alarms) <= 0.05


def test_a_unit_is_held_against_the_others_of_its_sector():
    """Of a sector of three equal units one differs, by which the rate of all is a third higher."""
    rates = [0.3, 0.2, 0.2, 0.5]
    areas = pd.DataFrame({"n": [90, 30, 30, 30, 60], "direct": [0.3, *rates[1:], 0.2]}).assign(
        effective_n=lambda table: table["n"].astype(float), model=[0.25, 0.2, 0.2, 0.35, 0.2]
    )
    # As wide as by its answers alone, so that these are trusted wholly.
    se = np.sqrt(0.3 * 0.7 / 90)
    pooled = PooledRates(pd.DataFrame({"rate": [*rates, 0.2], "se": se}), np.zeros((5, 1)))
    four = np.zeros(4, dtype=int)
    listed = Listed(np.array([1, 2, 3, 4]), four, four, four)

    others = Others.of(pooled, areas, listed)

    assert others.rate[:3] == pytest.approx([0.35, 0.35, 0.2])
    assert others.risk[:3] == pytest.approx([0.275, 0.275, 0.2])
    assert others.se[:3] == pytest.approx(se / np.sqrt(2 / 3))
    # Whoever is more than half of it is held against all of it.
    assert others.rate[3] == 0.3


@pytest.mark.parametrize(("effect", "n", "power"), [(0.25, 60, 0.8), (0.15, 150, 0.75)])
def test_planted_signals_are_found_with_few_false_ones(effect, n, power):
    rng = np.random.default_rng(6)
    false, found, planted = 0, 0, 0
    for _ in range(50):
        higher = np.where(rng.random(36) < 0.15, effect, 0.0)
        on_list = find_flagged(*made(rng, higher, n=n)[1], SETTINGS)
        false += (on_list & (higher == 0)).sum()
        found += (on_list & (higher > 0)).sum()
        planted += (higher > 0).sum()

    assert false <= 0.10 * (false + found)
    assert found > power * planted


def test_few_groups_are_judged_by_their_pooled_rates():
    rng = np.random.default_rng(7)
    higher = np.array([0.4, *[0.0] * 7])

    _, flags = flagged(rng, higher, groups=8, sectors=2, n=150)

    assert flags["verdict"].tolist() == [FLAGGED, *[""] * 7]


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


def test_a_chance_is_that_of_the_known_distribution_of_many_groups(rng):
    # One in ten lies .2 higher: Bayes' rule with what is true.
    n, count = 80.0, 3000
    is_high = rng.random(count) < 0.1
    seen = rng.binomial(int(n), np.where(is_high, 0.4, 0.2)) / n
    expected = np.full(count, 0.2)
    bound = Bound(np.full(count, 0.3), np.zeros(count))

    learnt = Differences.learn(seen, np.full(count, n), expected)
    chance = learnt.chance_above(seen[:, None], np.full(count, n), expected, bound)[:, 0]

    high = 0.1 * 0.4 ** (n * seen) * 0.6 ** (n - n * seen)
    low = 0.9 * 0.2 ** (n * seen) * 0.8 ** (n - n * seen)
    exact = high / (high + low)
    assert chance.mean() <= 0.1
    assert np.abs(chance - exact)[(seen < 0.25) | (seen > 0.35)].max() < 0.12


def test_a_bound_that_is_hardly_known_is_less_surely_passed(rng):
    seen, n = np.array([0.2] * 30 + [0.5] * 5), np.full(35, 100.0)
    expected, value = np.full(35, 0.2), np.full(35, 0.3)

    learnt = Differences.learn(seen, n, expected)
    known, unknown = (
        learnt.chance_above(seen[:, None], n, expected, Bound(value, np.full(35, se)))[:, 0]
        for se in (0.0, 0.15)
    )

    assert (known[30:] > 0.99).all()
    assert (unknown[30:] < 0.95).all()


def test_groups_that_cannot_be_told_apart_share_their_places():
    first, last = rank_intervals(np.array([0.50, 0.30, 0.29, 0.10]), np.full(4, 0.03))

    assert first.tolist() == [1, 2, 2, 4]
    assert last.tolist() == [1, 3, 3, 4]


def test_places_hold_the_true_ones(rng):
    held = []
    for _ in range(300):
        true = rng.normal(0, 1, 12)
        first, last = rank_intervals(true + rng.normal(0, 0.7, 12), np.full(12, 0.7))
        place = 1 + (true[None, :] > true[:, None]).sum(axis=1)
        held.append((first <= place) & (place <= last))

    assert np.mean(held) >= 0.95


def test_a_group_just_above_the_margin_is_less_stable_than_one_far_above(rng):
    far, near, higher = [0, 20, 40], [5, 25, 45], np.zeros(60)
    higher[far], higher[near] = 0.3, 0.1

    _, flags = flagged(rng, higher, groups=60, n=150)

    assert (flags["stability"][far] > 0.95).all()
    assert flags["stability"][near].fillna(0).max() < flags["stability"][far].min()
    assert flags["stability"].drop([*far, *near]).isna().all()


def test_a_model_that_foresees_all_differences_is_not_sure_by_itself():
    # Those that are left are then learnt to be none.
    world = FlagWorld("normal", 0.03, 15, is_foreseen=True)
    runs = [run_once(world, seed) for seed in range(20)]

    assert sum(run.false for run in runs) <= 1 + 0.1 * sum(run.flagged for run in runs)


def test_sectors_are_flagged_where_no_organisation_is_listed():
    rng = np.random.default_rng(9)
    _, flags = flagged(rng, np.array([0.4, *[0.0] * 11]), groups=12, sectors=1, n=150, unit=-1)

    assert flags["verdict"].tolist() == [FLAGGED, *[""] * 11]
    assert flags["stability"].iloc[0] > 0.5


def test_a_difference_that_could_be_seen_is_seen_about_as_often_as_told():
    """The smallest difference with a chance of 80 %, put into worlds of eight equal groups."""
    rng, apart = np.random.default_rng(6), []
    for _ in range(4):
        where = eight_groups(rng, np.zeros(8))
        apart.append(find_detectable(*where, SETTINGS, 1)["typical"].iloc[0])
    assert np.ptp(apart) < 0.1
    effect = np.r_[np.median(apart), np.zeros(7)]

    found = [find_flagged(*eight_groups(rng, effect), SETTINGS)[0] for _ in range(200)]

    assert 0.65 < np.mean(found) < 0.95


def test_a_larger_group_is_seen_sooner_and_two_groups_are_not_compared():
    pooled, areas, listed = eight_groups(np.random.default_rng(3), np.zeros(8), largest=200)

    seen = find_detectable(pooled, areas, listed, SETTINGS, 1).iloc[0]

    assert 0 < seen["largest"] < seen["typical"] < 1
    assert find_detectable(pooled, areas, listed.among(np.array([0, 1])), SETTINGS, 1).empty


def eight_groups(rng, effect, largest=40):
    """Eight groups of forty within everyone, and what each is held against."""
    sizes = np.r_[np.full(7, 40), largest]
    units = areas_of(rng, np.clip(0.2 + effect, 0.01, 0.95), sizes)
    whole = pd.DataFrame([{**units.mean(), "n": sizes.sum(), "effective_n": float(sizes.sum())}])
    whole["direct"] = np.average(units["direct"], weights=sizes)
    parts = [
        pool_rates(whole, pd.Series(["all"]), 300, 1),
        pool_rates(units, pd.Series(["all"] * 8), 300, 1),
    ]
    pooled = PooledRates(
        pd.concat([part.table for part in parts], ignore_index=True),
        np.concatenate([part.draws for part in parts]),
    )
    areas = pd.concat([whole, units], ignore_index=True)
    none = np.zeros(8, dtype=int)
    return pooled, areas, Listed(1 + np.arange(8), none, none, none)
