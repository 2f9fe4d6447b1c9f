"""The statistics that single claims use, against independent implementations."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.metrics import roc_auc_score

from blijfwijzer.culture.claims_commitment import _product
from blijfwijzer.culture.claims_leaving import _holds_rank, second_motive
from blijfwijzer.culture.claims_scores import _equivalent
from blijfwijzer.culture.claims_teams import _areas
from blijfwijzer.culture.claims_training import fewer_chances
from blijfwijzer.culture.estimation import Estimate, marginal_difference
from blijfwijzer.culture.prediction import _fit
from blijfwijzer.culture.teams import explained
from blijfwijzer.validation_claims import read_built_in


@pytest.fixture(scope="module")
def evidence():
    return read_built_in(5000, 21)


def test_areas_of_many_weights_are_those_of_scikit_learn(rng):
    score = rng.integers(0, 12, 200).astype(float)
    worrying = rng.random(200) < 0.3
    weights = rng.uniform(0.5, 2, (200, 3))

    areas = _areas(score, worrying, weights)

    expected = [roc_auc_score(worrying, score, sample_weight=w) for w in weights.T]
    np.testing.assert_allclose(areas, expected)


def test_explained_variance_is_that_of_a_regression(rng):
    X = rng.standard_normal((300, 3))
    y = X @ [1.0, 0.5, 0.0] + rng.standard_normal(300)

    found = explained(np.cov(np.column_stack([y, X]).T), [1, 3])

    fitted = sm.OLS(y, sm.add_constant(X[:, [0, 2]])).fit()
    assert found == pytest.approx(fitted.rsquared)


def test_an_indirect_effect_is_the_product_of_two_regressions(rng):
    tape = rng.standard_normal(400)
    room = -0.4 * tape + rng.standard_normal(400)
    outcome = 0.5 * room + 0.1 * tape + rng.standard_normal(400)

    found = _product(np.cov(np.stack([tape, room, outcome])))

    first = sm.OLS(room, sm.add_constant(tape)).fit().params[1]
    second = sm.OLS(outcome, sm.add_constant(np.column_stack([tape, room]))).fit().params[2]
    assert found == pytest.approx(first * second)


def test_a_gap_within_sectors_is_near_that_of_a_logistic_regression(evidence):
    found = fewer_chances(evidence).estimates.set_index("name").loc["scholing", "value"]

    low, long = evidence.of("laag_opgeleid"), evidence.of("lang_in_dienst")
    group = np.where(np.isnan(low + long), np.nan, low * long)
    fitted = evidence.fit(evidence.of("scholing"), {"group": group}, "logistic")
    one = pd.DataFrame({"group": group * 0 + 1, **evidence.levels()})
    logistic = marginal_difference(fitted, one, one.assign(group=one["group"] * 0), evidence.design)
    assert found == pytest.approx(logistic.value, abs=0.02)


def test_a_slightly_penalised_regression_is_that_of_statsmodels(rng):
    X = np.column_stack([np.ones(4000), rng.standard_normal((4000, 2))])
    y = (rng.random(4000) < 1 / (1 + np.exp(-X @ [-1.0, 0.8, -0.3]))).astype(float)
    weight = rng.uniform(0.5, 1.5, 4000)

    slopes = _fit(X, y, weight)

    plain = sm.GLM(y, X, family=sm.families.Binomial(), var_weights=weight).fit()
    np.testing.assert_allclose(slopes, plain.params, atol=0.003)


def test_shares_of_motives_are_weighted_and_of_those_who_leave(evidence):
    told = second_motive(evidence).estimates.set_index("name")

    leaves = evidence.of("vertrekintentie") == 1
    inside = leaves & (evidence.of("openbaar_bestuur") == 1)
    share = np.average(
        evidence.of("motief_cultuur")[inside], weights=evidence.design.weight[inside]
    )
    assert told.loc["motief_cultuur", "value"] == pytest.approx(share)
    assert told.loc["motief_cultuur", "n"] == inside.sum()


def test_a_rank_that_is_shared_is_not_held():
    first, second, tie = [0.5, 0.3, 0.2], [0.3, 0.5, 0.2], [0.5, 0.3, 0.3]

    assert _holds_rank(np.array([first, second, tie, first]), culture=1, other=0) == 0.5


def groups(*values, se=0.01):
    return [Estimate(v, se, np.nan, np.nan, np.inf, 500) for v in values]


@pytest.mark.parametrize(
    ("parts", "direction"),
    [
        (groups(0.0, 0.02, -0.02), "claimed"),
        (groups(0.0, 0.045), "neither"),
        (groups(0.0, 0.06), "neither"),
        (groups(0.0, -0.09), "opposite"),
        # One group of which too little is known is enough to withhold the verdict.
        (groups(0.0, 0.01) + groups(0.0, se=0.05), "neither"),
    ],
)
def test_fairness_must_be_shown_for_each_group(parts, direction):
    assert _equivalent(parts)[0] == direction
