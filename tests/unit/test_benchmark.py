"""Rates of parts add up to that of the whole they make, and are not drawn down by low ones."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.special import stdtrit

from blijfwijzer.estimation.benchmark import add_up_to
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.rates import pool_rates
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.settings import RateSettings
from small_worlds import grouping_of

NO_EFFECTS = pd.DataFrame(columns=["effect", "se", "between"], dtype=float)


def test_draws_of_parts_have_the_mean_of_the_whole_in_each(rng):
    share = np.array([0.5, 0.3, 0.2])
    parts, whole = rng.normal(0.2, [[0.01], [0.02], [0.05]], (3, 400)), rng.normal(0.25, 0.01, 400)

    made = add_up_to(parts, whole, share)

    assert share @ made == pytest.approx(whole)
    moved = np.abs(made - parts).mean(axis=1)
    assert moved[2] > moved[1] > moved[0]


def estimated(rng, spread=0.1):
    """Four sectors of eight organisations of twenty people, and everybody."""
    unit = np.repeat(np.arange(32), 20)
    true = np.clip(0.2 + spread * rng.standard_normal(32), 0.02, 0.9)
    values = (rng.random(len(unit)) < true[unit]).astype(float)
    risk = np.clip(0.2 + 0.1 * rng.standard_normal(len(unit)), 0.01, 0.9)
    rows = np.vstack(
        [
            np.ones((1, len(unit))),
            (unit // 8 == np.arange(4)[:, None]),
            (unit == np.arange(32)[:, None]),
        ]
    ).astype(np.int8)
    names = ["all", *(f"s{s}" for s in range(4)), *(f"o{o}" for o in range(32))]
    parents = pd.Series(["", *["all"] * 4, *(f"s{o // 8}" for o in range(32))], index=names)
    levels = ["", *["sector"] * 4, *["organisatie"] * 32]
    grouping = grouping_of(csr_array(rows), parents, levels)
    predictions = Predictions(values, risk, Design.of_units(np.ones(len(unit)), pd.Series(unit)))
    return true, estimate_groups(grouping, predictions, NO_EFFECTS, RateSettings(draws=400), 1)[0]


def test_rates_of_all_levels_add_up(rng):
    _, pooled = estimated(rng)

    rate = pooled.table["rate"].to_numpy()
    assert rate[1:5].mean() == pytest.approx(rate[0], abs=1e-6)
    for sector in range(4):
        parts = slice(5 + 8 * sector, 13 + 8 * sector)
        assert rate[parts].mean() == pytest.approx(rate[1 + sector], abs=1e-6)
        told = pooled.draws[parts].mean(axis=0)
        assert told == pytest.approx(pooled.draws[1 + sector], abs=0.02)


def test_intervals_of_levels_that_add_up_cover(rng):
    held = []
    for _ in range(12):
        true, pooled = estimated(rng)
        table = pooled.table.iloc[5:]
        held.append((table["low"] <= true) & (true <= table["high"]))

    assert 0.92 <= np.mean(held) <= 0.98


def test_pooling_does_not_draw_rates_down(rng):
    apart = []
    for seed in range(25):
        true = np.clip(0.2 + 0.1 * rng.standard_normal(60), 0.02, 0.9)
        table = pd.DataFrame({"n": 20, "effective_n": 20.0, "direct": rng.binomial(20, true) / 20})
        table = table.assign(model=rng.normal(0.2, 0.02, 60), var_risk=0.01, cov=0.0)
        found = pool_rates(table, pd.Series([""] * 60), 200, seed).table
        apart.append(found["rate"].mean() - table["direct"].mean())

    # By each group's own variance this is -1.2 points.
    assert abs(np.mean(apart)) < 0.003


def both_ways(rng):
    """Three sectors of ten organisations of forty people, as they are and as drawn ones."""
    unit = np.repeat(np.arange(30), 40)
    true = np.clip(0.3 + 0.12 * rng.standard_normal(30), 0.02, 0.9)
    values = (rng.random(len(unit)) < true[unit]).astype(float)
    risk = np.clip(0.3 + 0.1 * rng.standard_normal(len(unit)), 0.01, 0.9)
    rows = [unit // 10 == sector for sector in range(3)] + [unit == one for one in range(30)]
    parents = pd.Series([""] * 3 + [f"s{one // 10}" for one in range(30)])
    parents.index = [f"s{s}" for s in range(3)] + [f"o{one}" for one in range(30)]
    levels = ["sector"] * 3 + ["organisatie"] * 30
    grouping = grouping_of(csr_array(np.array(rows, dtype=np.int8)), parents, levels)
    predictions = Predictions(values, risk, Design.of_units(np.ones(len(unit)), pd.Series(unit)))
    return [
        estimate_groups(grouping, predictions, NO_EFFECTS, RateSettings(draws=400), 1, way)[0].table
        for way in ("fixed", "drawn")
    ]


def test_a_sector_of_drawn_organisations_is_less_known_than_one_of_these(rng):
    wider, held = [], []
    for _ in range(25):
        fixed, drawn = both_ways(rng)
        width = [(one["high"] - one["low"]).to_numpy() for one in (fixed, drawn)]
        wider.append((width[1] / width[0])[:3])
        held.append(((drawn["low"] <= 0.3) & (drawn["high"] >= 0.3))[:3])
        assert width[1][3:] == pytest.approx(width[0][3:])
        assert drawn["rate"].tolist() == fixed["rate"].tolist()

    # Between organisations: .12 of 10, against .46 of 400 people; by t with 9 degrees of freedom.
    of_people = 0.21 / 400
    expected = np.sqrt((0.12**2 / 10 + of_people) / of_people) * stdtrit(9, 0.975) / 1.96
    assert np.mean(wider) == pytest.approx(expected, rel=0.1)
    assert np.mean(held) >= 0.92


def test_draws_near_zero_add_up_within_their_bounds(rng):
    _, pooled = estimated(rng, spread=0.2)

    assert (pooled.draws == 0).any()
    for sector in range(4):
        told = pooled.draws[5 + 8 * sector : 13 + 8 * sector].mean(axis=0)
        assert np.sqrt(((told - pooled.draws[1 + sector]) ** 2).mean()) < 0.0005
