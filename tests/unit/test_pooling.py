import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.sparse import csr_array
from scipy.stats import multivariate_normal

from blijfwijzer.estimation.areas import Areas, Points, integrate
from blijfwijzer.estimation.group_means import summarise_means, within_variance
from blijfwijzer.estimation.pooling import pool_jointly, pool_means
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales


def units(rng, parents=12, per=8, above=0.1, own=0.15, within=0.6):
    parent = np.repeat(np.arange(parents), per)
    true = 3.5 + rng.normal(0, above, parents)[parent] + rng.normal(0, own, len(parent))
    variance = within / rng.integers(5, 40, len(parent))
    return true, true + rng.normal(0, np.sqrt(variance)), variance, pd.Series(parent)


def alone(count):
    return pd.Series(np.zeros(count, dtype=int))


def members_of(group):
    group = np.asarray(group)
    return csr_array((group == np.arange(group.max() + 1)[:, None]).astype(np.int8))


def test_intervals_hold_the_truth_as_often_as_they_say_and_pooling_lowers_the_error(rng):
    covered, pooled, direct = [], [], []

    for _ in range(60):
        true, mean, variance, parents = units(rng)
        table = pool_means(mean, variance, parents, 500, rng).table
        covered.append(table["low"].le(true) & table["high"].ge(true))
        pooled.append((table["pooled"] - true) ** 2)
        direct.append((mean - true) ** 2)

    assert 0.93 <= np.mean(covered) <= 0.97
    assert np.mean(pooled) < 0.6 * np.mean(direct)


def test_shrinkage_agrees_with_a_mixed_model_of_statsmodels(rng):
    groups, n = 150, 20
    true = 3.5 + 0.2 * rng.standard_normal(groups)
    values = true[:, None] + rng.normal(0, 0.8, (groups, n))
    group = np.repeat(np.arange(groups), n)
    fitted = sm.MixedLM(values.ravel(), np.ones(groups * n), groups=group).fit(reml=True)
    effects = np.array([effect.iloc[0] for effect in fitted.random_effects.values()])
    common = float(np.asarray(fitted.fe_params)[0])
    areas = summarise_means(values.ravel(), np.ones(groups * n), members_of(group))
    within, freedom = within_variance(areas)

    found = pool_means(
        areas["mean"].to_numpy(), np.full(groups, within / n), alone(groups), 500, rng
    )

    assert within == pytest.approx(fitted.scale, rel=1e-3)
    assert freedom == groups * (n - 1)
    assert np.abs(found.table["pooled"] - (common + effects)).max() < 0.01
    assert found.between == pytest.approx(float(np.asarray(fitted.cov_re)[0, 0]), rel=0.1)
    expected = found.between / (found.between + within / n)
    assert found.table["reliability"].iloc[0] == pytest.approx(expected)


def test_given_variances_are_integrated_as_a_joint_normal_distribution_has_them(rng):
    # Six units, two parents: the posterior of one grid point by brute conditioning of a joint normal.
    mean, variance = rng.normal(3.5, 0.3, 6), rng.uniform(0.02, 0.1, 6)
    parent = np.array([0, 0, 0, 1, 1, 1])
    own, above, flat = 0.03, 0.02, 1e3
    prior = own * np.eye(6) + above * (parent[:, None] == parent) + flat
    cross = prior @ np.linalg.inv(prior + np.diag(variance))

    between = np.array([own + above, 0.09])[None, None]
    points = Points(between, np.array([above / (own + above), 0.5]))
    areas = Areas(mean[None], variance[None, None], parent)
    first, second = integrate(areas, points, 100, 0).weights
    alone = integrate(areas, points.take(slice(1)), 100, 0)

    assert np.allclose(alone.mean, 3.5 + cross @ (mean - 3.5), atol=1e-4)
    assert np.allclose(alone.variance, np.diag(prior - cross @ prior), atol=1e-4)
    # Restricted likelihoods differ by as much as marginal ones under the flat prior.
    other = 0.045 * np.eye(6) + 0.045 * (parent[:, None] == parent) + flat
    logs = [
        multivariate_normal.logpdf(mean, np.full(6, 3.5), matrix + np.diag(variance))
        for matrix in (prior, other)
    ]
    assert np.log(first / second) == pytest.approx(logs[0] - logs[1], abs=1e-4)


def test_units_that_do_not_differ_share_one_mean(rng):
    mean = 3.5 + rng.normal(0, 0.2, 80)

    found = pool_means(mean, np.full(80, 0.04), alone(80), 500, rng).table

    assert found["pooled"].std() < 0.35 * mean.std()


def test_units_shrink_towards_their_parent(rng):
    parent = np.repeat([0, 1, 2, 3, 4, 5], 10)
    mean = np.linspace(2.5, 4.5, 6)[parent] + rng.normal(0, 0.3, 60)

    found = pool_means(mean, np.full(60, 0.09), pd.Series(parent), 500, rng).table

    within = [found["pooled"][parent == place].mean() for place in range(6)]
    assert np.allclose(within, [mean[parent == place].mean() for place in range(6)], atol=0.05)


def test_a_unit_without_answers_is_known_by_its_parent_only(rng):
    true, mean, variance, parents = units(rng)
    mean[3] = np.nan

    found = pool_means(mean, variance, parents, 500, rng).table

    assert found["reliability"][3] == 0
    assert found["high"][3] - found["low"][3] > (found["high"] - found["low"]).drop(3).max()


def test_two_units_keep_their_own_means(rng):
    found = pool_means(np.array([3.0, 4.0]), np.array([0.04, 0.01]), alone(2), 500, rng).table

    assert found["pooled"].tolist() == [3.0, 4.0]
    assert found["high"][0] == pytest.approx(3 + 1.959964 * 0.2)
    assert found["reliability"].isna().all()
    assert set(found["source"]) == {"direct"}


def test_answers_that_do_not_vary_are_not_pooled(rng):
    found = pool_means(np.array([3.0, 3.0, 3.0, 3.0]), np.zeros(4), alone(4), 500, rng).table

    assert found["low"].tolist() == found["high"].tolist() == [3.0] * 4


def test_the_order_of_units_does_not_matter(rng):
    _, mean, variance, parents = units(rng)
    order = rng.permutation(len(mean))

    straight = pool_means(mean, variance, parents, 300, rng).table["pooled"].to_numpy()
    shuffled = pool_means(mean[order], variance[order], parents.iloc[order], 300, rng).table

    assert np.allclose(straight[order], shuffled["pooled"], atol=1e-9)


def test_variance_within_units_agrees_with_a_replicated_file(rng):
    values, group = rng.normal(3, 1, 40), np.repeat([0, 1], 20)

    areas = summarise_means(values, np.full(40, 7.0), members_of(group))

    assert areas["variance"].tolist() == pytest.approx(
        [values[:20].var(ddof=1), values[20:].var(ddof=1)]
    )
    assert areas["effective_n"].tolist() == pytest.approx([20, 20])


def test_missing_answers_are_outside_a_mean():
    values = np.array([1.0, np.nan, 3.0, np.nan])

    areas = summarise_means(values, np.ones(4), members_of([0, 0, 0, 1]))

    assert areas["n"].tolist() == [2, 0]
    assert areas["mean"].tolist() == pytest.approx([2.0, np.nan], nan_ok=True)


def test_joint_draws_have_the_covariance_of_the_posterior(rng):
    between = np.array([[0.04, 0.03], [0.03, 0.05]])
    within = np.array([[0.6, 0.3], [0.3, 0.7]])
    count, n = 300, 12.0
    true = rng.multivariate_normal([3.5, 3.3], between, count)
    mean = true + rng.multivariate_normal([0, 0], within / n, count)

    draws = pool_jointly(mean, within, np.full(count, n), alone(count), 1000, rng)

    posterior = np.linalg.inv(np.linalg.inv(between) + np.linalg.inv(within / n))
    seen = np.mean([np.corrcoef(one)[0, 1] for one in draws])
    assert seen == pytest.approx(posterior[0, 1] / np.sqrt(posterior.diagonal().prod()), abs=0.08)
    expected = posterior @ (np.linalg.inv(within / n) @ (mean - mean.mean(axis=0)).T)
    assert np.corrcoef(draws.mean(axis=2)[:, 0], expected[0])[0, 1] > 0.97


def test_joint_probabilities_come_true(rng):
    between = np.array([[0.04, 0.025], [0.025, 0.05]])
    within = np.array([[0.6, 0.3], [0.3, 0.7]])
    said, true_below = [], []

    for _ in range(60):
        n = rng.integers(5, 30, 120).astype(float)
        true = rng.multivariate_normal([3.5, 3.3], between, 120)
        noise = rng.multivariate_normal([0, 0], within, 120) / np.sqrt(n)[:, None]
        draws = pool_jointly(true + noise, within, n, alone(120), 500, rng)
        said.append((draws < np.array([3.4, 3.2])[:, None]).all(axis=1).mean(axis=1))
        true_below.append((true < [3.4, 3.2]).all(axis=1))

    said, true_below = np.concatenate(said), np.concatenate(true_below)
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.01)):
        inside = (said >= low) & (said < high)
        assert true_below[inside].mean() == pytest.approx(said[inside].mean(), abs=0.04)


def test_full_units_of_fevs_lie_within_the_intervals_of_small_samples(fevs_file):
    codebook = load_codebook("fevs-2018")
    survey = read_survey(fevs_file, codebook, Settings().intake).responses.reset_index(drop=True)
    values = score_scales(survey, codebook)["veiligheid"].to_numpy(dtype=float)
    weight, unit = survey["weight"].to_numpy(dtype=float), survey["LEVEL1"].astype("str")
    sizes = unit.value_counts()
    people = [np.flatnonzero(unit == name) for name in sorted(sizes.index[sizes >= 250])]
    true = np.array([np.average(values[p], weights=weight[p]) for p in people])
    parents = pd.Series([survey["AGENCY"].astype("str").iloc[p[0]] for p in people])
    rng = np.random.default_rng(0)
    for n in (10, 40):
        covered, pooled, direct = [], [], []
        members = members_of(np.repeat(np.arange(len(people)), n))

        for _ in range(25):
            drawn = np.concatenate([rng.choice(p, n) for p in people])
            areas = summarise_means(values[drawn], weight[drawn], members)
            sampling = within_variance(areas)[0] / areas["effective_n"].to_numpy()
            mean = areas["mean"].to_numpy()
            table = pool_means(mean, sampling, parents, 500, rng).table
            covered.append(table["low"].le(true) & table["high"].ge(true))
            pooled.append((table["pooled"] - true) ** 2)
            direct.append((mean - true) ** 2)

        assert 0.93 <= np.mean(covered) <= 0.97
        assert np.mean(pooled) < 0.8 * np.mean(direct)
