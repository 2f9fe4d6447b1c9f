"""Rates from three sources, held against closed forms, statsmodels and simulated truth."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.sparse import csr_array
from scipy.stats import beta

from blijfwijzer.estimation.counts import pool_counts
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.rates import (
    PooledRates,
    carry_over,
    learn_effects,
    nonresponse_bounds,
    pool_rates,
    summarise_areas,
)
from blijfwijzer.risk.evaluation import Predictions


def areas(direct, model, n, var_risk=0.02, cov=0.015):
    return pd.DataFrame(
        {
            "n": n,
            "effective_n": np.asarray(n, dtype=float),
            "direct": direct,
            "model": model,
            "var_risk": var_risk,
            "cov": cov,
        }
    )


def alone(count):
    return pd.Series([""] * count)


def simulated(rng, groups=60, n=30, spread=0.05, parents=8, of_parent=0.03):
    parent = np.arange(groups) % parents
    model = np.clip(rng.normal(0.22, 0.03, groups), 0.05, 0.6)
    true = model + of_parent * rng.standard_normal(parents)[parent]
    true = np.clip(true + spread * rng.standard_normal(groups), 0.01, 0.99)
    seen = rng.binomial(n, true) / n
    noise = rng.normal(0, np.sqrt(0.02 / n), groups)
    return true, areas(seen, model + noise, np.full(groups, n), cov=0.0), pd.Series(parent)


def pooled(rng, **options):
    true, table, parent = simulated(rng, **options)
    return true, table, pool_rates(table, parent, 500, 1)


def test_intervals_cover_the_true_rates(rng):
    covered = []
    for _ in range(15):
        true, _, found = pooled(rng)
        covered.append(((found.table["low"] <= true) & (true <= found.table["high"])).mean())

    assert 0.93 <= np.mean(covered) <= 0.99


def test_pooling_is_better_than_its_best_source(rng):
    errors = []
    for _ in range(15):
        true, table, found = pooled(rng)
        shift = (table["direct"] - table["model"]).mean()
        sources = table["direct"], table["model"] + shift, found.table["rate"]
        errors.append([np.sqrt(np.mean((source - true) ** 2)) for source in sources])

    direct, model, both = np.mean(errors, axis=0)
    assert both < min(direct, model)


def test_many_answers_give_the_direct_rate(rng):
    _, table, _ = simulated(rng)
    table["n"] = table["effective_n"] = 1e6

    found = pool_rates(table, alone(len(table)), 300, 1).table

    assert np.abs(found["rate"] - table["direct"]).max() < 0.002


def test_groups_that_do_not_differ_share_one_rate(rng):
    seen = rng.binomial(25, 0.2, 80) / 25
    table = areas(seen, np.full(80, 0.2), np.full(80, 25), cov=0.0)

    found = pool_rates(table, alone(80), 500, 1).table

    assert found["rate"].std() < 0.35 * seen.std()


def test_the_spread_between_groups_agrees_with_statsmodels(rng):
    # Equal groups, no use for the model: the area model is a one-way random-effects model.
    groups, n = 200, 40
    true = 0.3 + 0.06 * rng.standard_normal(groups)
    values = (rng.random((groups, n)) < true[:, None]).astype(float)
    fitted = sm.MixedLM(
        10 * values.ravel(), np.ones(groups * n), groups=np.repeat(np.arange(groups), n)
    ).fit(reml=True)
    effects = np.array([effect.iloc[0] for effect in fitted.random_effects.values()])
    shrunk = (fitted.fe_params[0] + effects) / 10
    table = areas(values.mean(1), rng.normal(0.3, 1e-3, groups), np.full(groups, n), 1e-6, 0.0)

    found = pool_rates(table, alone(groups), 500, 1).table

    assert np.corrcoef(found["rate"], shrunk)[0, 1] > 0.98
    assert np.abs(found["rate"] - shrunk).mean() < 0.01


def test_two_groups_keep_their_own_rate_with_a_beta_interval():
    table = areas([0.2, 0.4], [0.3, 0.3], [50, 50])

    found = pool_rates(table, alone(2), 20_000, 1).table

    assert found["rate"].tolist() == [0.2, 0.4]
    low, high = beta.ppf([0.025, 0.975], 10.5, 40.5)
    assert found["low"][0] == pytest.approx(low, abs=0.01)
    assert found["high"][0] == pytest.approx(high, abs=0.01)


def test_rates_near_zero_stay_between_zero_and_one(rng):
    true = np.clip(rng.normal(0.015, 0.005, 50), 0.002, 0.05)
    table = areas(rng.binomial(60, true) / 60, true, np.full(50, 60))

    found = pool_rates(table, alone(50), 500, 1).table

    assert (found["low"] >= 0).all()
    assert found["rate"].mean() == pytest.approx(0.015, abs=0.006)


def test_rare_counts_are_pooled_as_importance_sampling_has_it(rng):
    n, hits, samples = np.full(5, 40.0), np.array([0.0, 0, 1, 1, 5]), 400_000
    middle = np.log((hits.sum() + 0.5) / (n.sum() - hits.sum() + 0.5))
    level, spread = rng.uniform(-2.5, 2.5, samples), rng.uniform(0.13, 1.67, samples)
    log_odds = middle + level + spread * rng.standard_t(8, (5, samples))
    true = 1 / (1 + np.exp(-log_odds))
    log = (hits[:, None] * np.log(true) + (n - hits)[:, None] * np.log1p(-true)).sum(axis=0)
    middle = 1 / (1 + np.exp(-middle - level))
    weight = np.exp(log - log.max() - 2 * spread**2) * np.sqrt(middle * (1 - middle))
    expected = (true * weight).sum(axis=1) / weight.sum()

    made = pool_counts(hits / n, n, np.full(5, 0.03), 20_000, rng)

    assert made.mean(axis=1) == pytest.approx(expected, rel=0.12)


def test_a_spread_that_few_cases_cannot_tell_hardly_widens_intervals(rng):
    # One case in each of 12 of 60 groups. With level and spread known, a normal prior on a grid.
    hits, n = np.repeat([1.0, 0.0], [12, 48]), np.full(60, 20.0)
    log_odds, overall = np.linspace(-10, 3, 4001), np.log(12 / 1188)
    log = hits[:, None] * log_odds - n[:, None] * np.logaddexp(0, log_odds)
    known = np.cumsum(np.exp(log - 0.5 * ((log_odds - overall) / 0.5) ** 2), axis=1)
    known /= known[:, [-1]]
    low, high = (log_odds[(known < end).sum(axis=1)] for end in (0.025, 0.975))
    exact = 1 / (1 + np.exp(-high)) - 1 / (1 + np.exp(-low))

    made = pool_counts(hits / n, n, np.full(60, 0.01), 2_000, rng)

    width = np.diff(np.quantile(made, [0.025, 0.975], axis=1), axis=0).mean()
    # With a flat prior of the spread: 1.22 to 1.29.
    assert 0.9 < width / exact.mean() < 1.15


@pytest.mark.parametrize("model", [1e-5, 0.0015, 0.9999])
def test_risks_of_next_to_nothing_are_pooled(model):
    sizes = np.array([10] * 30 + [4000] * 3)
    share = 0.004 if model < 0.5 else 0.996
    table = areas(np.full(33, share), np.full(33, model), sizes, 1e-6, 1e-6)

    found = pool_rates(table, alone(33), 400, 1).table

    assert found.notna().all(axis=None)
    assert found["rate"].to_numpy() == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(("rate", "is_weighted"), [(0.02, False), (0.02, True), (0.98, False)])
def test_rare_rates_are_covered_also_by_a_model_that_overstates_differences(rng, rate, is_weighted):
    held, n, groups = [], 40, 60
    unit = np.repeat(np.arange(groups), n)
    for seed in range(10):
        effect = 0.4 * rng.standard_normal(groups)
        middle = np.log(rate / (1 - rate))
        true = 1 / (1 + np.exp(-middle - effect))
        values = (rng.random(len(unit)) < true[unit]).astype(float)
        lift = 0.3 * effect[unit] + 1.5 * rng.standard_normal(len(unit))
        risk = 1 / (1 + np.exp(-middle - lift))
        weight = np.exp(0.5 * rng.standard_normal(len(unit))) if is_weighted else np.ones(len(unit))
        members = csr_array((unit == np.arange(groups)[:, None]).astype(np.int8))
        design = Design.of_units(weight, pd.Series(unit))
        table = summarise_areas(Predictions(values, risk, design), members)
        found = pool_rates(table, alone(groups), 500, seed).table
        held.append((found["low"] <= true) & (true <= found["high"]))

    assert np.mean(held) >= 0.93


def test_the_order_of_groups_does_not_matter(rng):
    _, table, parent = simulated(rng)
    order = rng.permutation(len(table))

    straight = pool_rates(table, parent, 300, 1).table["rate"].to_numpy()
    shuffled = pool_rates(table.iloc[order], parent.iloc[order], 300, 1).table["rate"]

    assert np.allclose(straight[order], shuffled, atol=1e-9)


def test_weights_have_no_scale(rng):
    values, risk = (rng.random(200) < 0.3).astype(float), rng.random(200)
    weight = rng.random(200) + 0.5
    members = csr_array(np.repeat(np.eye(4, dtype=np.int8), 50, axis=1))

    one, other = (
        summarise_areas(Predictions(values, risk, Design.of_units(w, pd.Series(values))), members)
        for w in (weight, 1000 * weight)
    )

    pd.testing.assert_frame_equal(one, other)
    assert one["effective_n"].iloc[0] == pytest.approx(
        weight[:50].sum() ** 2 / (weight[:50] ** 2).sum()
    )


def test_a_wave_without_outcomes_has_wider_intervals(rng):
    _, table, found = pooled(rng)
    groups = pd.Index([f"g{place}" for place in range(len(table))])
    effects = learn_effects(table, found, groups)

    carried = carry_over(table, effects, groups, 500, 1).table

    width, before = (t["high"] - t["low"] for t in (carried, found.table))
    assert (width > before).mean() > 0.95
    assert set(carried["source"]) == {"carried over"}
    assert np.corrcoef(carried["rate"], found.table["rate"])[0, 1] > 0.9


def test_what_a_group_adds_tells_its_rate_no_finer_than_it_is_shown(rng):
    """To the hundredth of log odds it told how many of 600 people in a sector have the outcome."""
    n = rng.integers(500, 900, 12)
    count = rng.binomial(n, np.clip(rng.normal(0.18, 0.04, 12), 0.08, 0.3))
    model = 0.09 + 0.5 * count / n
    groups = pd.RangeIndex(12)

    def learnt(place, more):
        answered = count + more * (groups == place)
        direct = answered / n
        own = {"n": n, "effective_n": n, "direct": direct, "model": model}
        table = pd.DataFrame({**own, "var_risk": 0.012, "cov": 0.012}, dtype=float)
        found = pool_rates(table, pd.Series(["a"] * 12), 1000, 1)
        return learn_effects(table, found, groups)["effect"][place], found.table["rate"][place]

    told, differ = [], 0
    for place in range(12):
        made = [learnt(place, more) for more in range(6)]
        shown = {effect: round(rate, 2) for effect, rate in made}
        differ += len({effect for effect, _ in made})
        told += [shown[effect] == round(rate, 2) for effect, rate in made]
        assert len(shown) == len({round(rate, 2) for _, rate in made})
    assert all(told) and 12 < differ < 30


def test_nonresponse_bounds_follow_the_odds():
    ends = np.array([0.2, 0.2]), np.array([0.5, 0.5])

    low, high = nonresponse_bounds(*ends, np.array([0.5, np.nan]), 1.5)

    below, above = 0.25 / 1.5 / (1 + 0.25 / 1.5), 1.5 / (1 + 1.5)
    assert low[0] == pytest.approx(0.5 * 0.2 + 0.5 * below)
    assert high[0] == pytest.approx(0.5 * 0.5 + 0.5 * above)
    assert np.isnan(low[1])


@pytest.mark.parametrize("odds", [1 / 1.5, 1.0, 1.5])
def test_nonresponse_bounds_hold_the_rate_of_everyone_in_the_scenario_they_state(rng, odds):
    response, held = 0.15, []
    for _ in range(10):
        true, _, found = pooled(rng)
        away = odds * true / (1 - true)
        everyone = response * true + (1 - response) * away / (1 + away)
        ends = found.table["low"].to_numpy(), found.table["high"].to_numpy()
        low, high = nonresponse_bounds(*ends, np.full(len(true), response), 1.5)
        held.append((low <= everyone) & (everyone <= high))

    assert np.mean(held) >= 0.93


def test_draws_have_the_interval_that_is_told(rng):
    _, _, found = pooled(rng)

    assert isinstance(found, PooledRates)
    inside = (found.draws >= found.table["low"].to_numpy()[:, None]) & (
        found.draws <= found.table["high"].to_numpy()[:, None]
    )
    assert inside.mean() == pytest.approx(0.95, abs=0.01)
