"""Sums of two parts of the rows, merged, say what the whole says."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from statsmodels.stats.proportion import proportion_confint

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.fitting import finish_products, gather_products
from blijfwijzer.estimation.group_means import (
    finish_areas,
    gather_areas,
    sampling_variance,
    summarise_means,
)
from blijfwijzer.estimation.intervals import wilson
from blijfwijzer.estimation.means import (
    estimate_mean,
    estimate_means,
    estimate_share,
    finish_means,
    gather_means,
)
from blijfwijzer.estimation.moments import covariances, finish_moments, gather_moments
from blijfwijzer.estimation.regression import regress
from blijfwijzer.estimation.reliability import cronbach_alpha, mcdonald_omega, measure_reliability
from blijfwijzer.estimation.resampling import Draws, draw_wholes
from blijfwijzer.estimation.sums import merge_all
from blijfwijzer.groups.rates import finish_rates, gather_rates, summarise_areas
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.survey.arrays import effective_n, effective_ns
from blijfwijzer.survey.codebook import load_codebook

ROWS, GROUPS = 2000, 8


@pytest.fixture
def answers(rng):
    common = rng.standard_normal(ROWS)
    return np.column_stack([common + rng.standard_normal(ROWS) for _ in range(4)])


def design_of(rng, kind):
    unit = rng.integers(0, 60, ROWS)
    weight = rng.uniform(0.5, 2, ROWS)
    replicates = (
        weight[:, None] * rng.uniform(0.5, 1.5, (ROWS, 20)) if kind == "replicates" else None
    )
    return Design(weight, unit, unit % 4, replicates, 1 / 20)


@pytest.fixture
def half(rng):
    return rng.random(ROWS) < 0.3


@pytest.mark.parametrize("kind", ["units", "replicates"])
def test_means_of_groups_follow_from_merged_sums(kind, answers, half, rng):
    design, group = design_of(rng, kind), rng.integers(0, GROUPS, ROWS)
    y = np.where(rng.random(ROWS) < 0.1, np.nan, answers[:, 0])
    parts = [
        gather_means(np.where(part, y, np.nan), group, GROUPS, design) for part in (half, ~half)
    ]

    merged = finish_means(parts[0].merge(parts[1]), design)

    whole = estimate_means(y, pd.Series(group), design)
    pd.testing.assert_frame_equal(merged, whole, check_names=False, check_index_type=False)


def test_a_share_needs_no_more_than_its_sums(answers, half, rng):
    design, everyone = design_of(rng, "units"), np.zeros(ROWS, dtype=np.intp)
    y = (answers[:, 0] > 1).astype(float)
    parts = [gather_means(np.where(part, y, np.nan), everyone, 1, design) for part in (half, ~half)]

    row = finish_means(parts[0].merge(parts[1]), design).iloc[0]

    found = estimate_share(y, design)
    assert row["estimate"] == pytest.approx(found.value)
    assert min(row["hits"], row["n"] - row["hits"]) == found.fewest
    assert row["effective_n"] == pytest.approx(effective_n(design.weight))


def test_alpha_and_omega_follow_from_added_moments(answers, half, rng):
    design = design_of(rng, "units")
    draws = draw_wholes(design, 20, 1)
    sums = merge_all(
        gather_moments(answers[part], design.weight[part], Draws(draws.place[part], draws.times))
        for part in (half, ~half)
    )

    merged, drawn = finish_moments(sums, draws)

    whole, drawn_whole = covariances(answers, design.weight, draws)
    assert merged == pytest.approx(np.cov(answers.T, aweights=design.weight, ddof=0))
    assert drawn == pytest.approx(drawn_whole)
    for measure in (cronbach_alpha, mcdonald_omega):
        assert measure(merged) == pytest.approx(measure(whole))


def test_a_regression_follows_from_merged_cross_products(answers, half, rng):
    design = design_of(rng, "units")
    x, y = np.column_stack([np.ones(ROWS), answers[:, 1:]]), answers[:, 0]
    parts = [
        gather_products(x[part], y[part], design.weight[part], np.zeros(4))
        for part in (half, ~half)
    ]

    found = finish_products(parts[0] + parts[1])

    fitted = regress(y, pd.DataFrame(answers[:, 1:], columns=list("abc")), design)
    assert found == pytest.approx(fitted.coefficients)


def test_areas_and_effective_numbers_follow_from_added_sums(answers, half, rng):
    group, weight = rng.integers(0, GROUPS, ROWS), rng.uniform(0.5, 2, ROWS)
    members = csr_array((group == np.arange(GROUPS)[:, None]).astype(np.int8))
    y = answers[:, 0]
    columns = np.column_stack([np.ones(ROWS), weight, weight**2, weight * y, weight * y**2])
    one = np.ones(ROWS)

    sums = sum(
        gather_areas(columns[part], one[part], csr_array(members[:, np.flatnonzero(part)]))
        for part in (half, ~half)
    )

    found, whole = finish_areas(sums, 0.0), summarise_means(y, weight, members)
    pd.testing.assert_frame_equal(found, whole)
    assert effective_ns(sums[:, 1], sums[:, 2]) == pytest.approx(
        [effective_n(weight[group == place]) for place in range(GROUPS)]
    )


@pytest.mark.parametrize("is_asked", [True, False])
def test_rates_follow_from_added_sums(is_asked, answers, half, rng):
    group = rng.integers(0, GROUPS, ROWS)
    members = csr_array((group == np.arange(GROUPS)[:, None]).astype(np.int8))
    values = (answers[:, 0] > 1).astype(float) if is_asked else np.full(ROWS, np.nan)
    predictions = Predictions(values, rng.random(ROWS), design_of(rng, "units"))

    sums = sum(
        gather_rates(predictions.take(part), csr_array(members[:, np.flatnonzero(part)]))
        for part in (half, ~half)
    )

    whole = summarise_areas(predictions, members)
    pd.testing.assert_frame_equal(
        finish_rates(sums).drop(columns="direct"), whole.drop(columns="direct")
    )


def test_units_that_are_fixed_say_less_of_others_than_drawn_ones(rng):
    unit = np.repeat(np.arange(30), 40)
    sector = pd.Series(unit % 3)
    values = rng.normal(0, 0.5, 30)[unit] + rng.standard_normal(1200)
    design = Design(np.ones(1200), unit, np.zeros(1200, dtype=np.intp))
    members = csr_array((sector.to_numpy() == np.arange(3)[:, None]).astype(np.int8))
    areas = summarise_means(values, design.weight, members)

    fixed, _ = sampling_variance(values, areas, members, design, units="fixed")
    drawn, df = sampling_variance(values, areas, members, design, units="drawn")

    assert (drawn > 3 * fixed).all()
    assert drawn == pytest.approx(estimate_means(values, sector, design)["se"] ** 2)
    assert df.tolist() == [9, 9, 9]
    # A design whose units are fixed is one of people within strata.
    within = estimate_mean(values, design.vary("fixed")).se
    assert within == pytest.approx(
        np.sqrt(sum(np.var(values[unit == u], ddof=1) * 40 for u in range(30))) / 1200
    )


def test_alpha_is_surer_of_the_same_units_than_of_others(rng):
    codebook = load_codebook("werkonderzoek-2019")
    scale = next(s for s in codebook.scales.values() if len(s.items) > 2 and not s.reversed)
    unit = np.repeat(np.arange(20), 100)
    # Half of the units answer at random: alpha depends on which units are asked.
    is_alike = (unit % 2 == 0)[:, None]
    items = np.where(is_alike, rng.standard_normal((2000, 1)), 0.0)
    items = items + np.where(is_alike, 0.3, 1.0) * rng.standard_normal((2000, len(scale.items)))
    responses = pd.DataFrame(3 + items, columns=list(scale.items))
    design = Design(np.ones(2000), unit, np.zeros(2000, dtype=np.intp))

    def width(units):
        found = measure_reliability(responses, codebook, design, units=units).scales
        row = found.set_index("scale").loc[scale.name]
        return row["alpha_high"] - row["alpha_low"]

    assert width("drawn") > 1.5 * width("fixed")


def test_the_interval_of_a_rate_is_that_of_statsmodels(rng):
    hits, n = rng.uniform(0, 50, 100), rng.uniform(50, 90, 100)

    low, high = wilson(hits / n, n)

    expected = proportion_confint(hits, n, method="wilson")
    assert low == pytest.approx(expected[0], abs=1e-15)
    assert high == pytest.approx(expected[1], abs=1e-15)


def test_no_order_of_responses_moves_a_sum_of_rates_by_a_bit(rng):
    values = np.where(rng.random(ROWS) < 0.1, np.nan, rng.integers(0, 2, ROWS))
    risk, weight = rng.random(ROWS), rng.uniform(0.1, 9, ROWS)
    members = csr_array((rng.random((GROUPS, ROWS)) < 0.4).astype(float))
    order = rng.permutation(ROWS)

    one, other = (
        gather_rates(
            Predictions(values[own], risk[own], Design.of_units(weight[own], pd.Series(own % 9))),
            csr_array(members[:, own]),
        )
        for own in (np.arange(ROWS), order)
    )

    assert one.tobytes() == other.tobytes()
