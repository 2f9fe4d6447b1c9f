"""Measures equal those of scikit-learn and statsmodels, and honour weights."""

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn import metrics as sk

from blijfwijzer.risk.metrics import METRICS, measure, rank, recalibrate
from blijfwijzer.survey.arrays import effective_n


@pytest.fixture
def survey(rng):
    risk = np.round(rng.beta(1, 4, 500), 2).clip(0.01, 0.99)
    values = (rng.random(500) < risk).astype(float)
    return values, risk, rng.uniform(0.2, 3, 500)


def measured(values, risk, weight, metrics=METRICS):
    ranked = rank(values, risk)
    return measure(ranked, weight[ranked.order], metrics)


def test_measures_equal_those_of_scikit_learn(survey):
    values, risk, weight = survey
    found = measured(values, risk, weight)

    assert found["log_loss"] == pytest.approx(sk.log_loss(values, risk, sample_weight=weight))
    assert found["brier"] == pytest.approx(sk.brier_score_loss(values, risk, sample_weight=weight))
    assert found["roc_auc"] == pytest.approx(sk.roc_auc_score(values, risk, sample_weight=weight))
    assert found["average_precision"] == pytest.approx(
        sk.average_precision_score(values, risk, sample_weight=weight)
    )


def test_recalibration_equals_a_weighted_logistic_regression(survey):
    values, risk, weight = survey
    margin = np.log(risk / (1 - risk))
    model = sm.GLM(
        values, sm.add_constant(margin), family=sm.families.Binomial(), freq_weights=weight
    ).fit(tol=1e-12)
    offset = sm.GLM(
        values,
        np.ones_like(values),
        family=sm.families.Binomial(),
        freq_weights=weight,
        offset=margin,
    ).fit(tol=1e-12)

    np.testing.assert_allclose(recalibrate(values, margin, weight), model.params, atol=1e-6)
    found = measured(values, risk, weight)
    assert found["calibration_slope"] == pytest.approx(model.params[1], abs=1e-6)
    assert found["calibration_intercept"] == pytest.approx(offset.params[0], abs=1e-6)


def test_margins_that_are_far_too_large_have_the_slope_that_mends_them(survey):
    values, risk, weight = survey
    margin = np.log(risk / (1 - risk))

    intercept, slope = recalibrate(values, margin, weight)

    found = recalibrate(values, 20 * margin + 3, weight)
    assert found == pytest.approx((intercept - 3 * slope / 20, slope / 20))


def test_an_error_of_calibration_is_without_what_chance_adds():
    """On average over surveys a perfect risk has hardly any, where the plain one has .03."""
    rng = np.random.default_rng(1)
    plain, found = [], []
    for _ in range(40):
        risk = rng.beta(2, 4, 1000)
        values = (rng.random(1000) < risk).astype(float)
        ranked = rank(values, risk)
        gaps = np.bincount(ranked.tenths, ranked.risk - ranked.values)
        plain.append(np.abs(gaps).sum() / 1000)
        found.append(measure(ranked, np.ones(1000), ("ece",))["ece"])

    assert np.mean(plain) > 0.025
    assert np.mean(found) < np.mean(plain) / 3


def test_separated_outcomes_have_no_calibration_slope():
    values = np.repeat([0.0, 1.0], 20)

    assert np.isnan(measured(values, 0.2 + 0.6 * values, np.ones(40))["calibration_slope"])


def test_recall_is_that_of_the_riskiest_share():
    values = np.array([1.0, 1, 0, 1, 0, 0, 0, 0, 0, 0])
    risk = np.linspace(0.9, 0.1, 10)

    found = measured(values, risk, np.ones(10))

    assert found["recall_at_20"] == pytest.approx(2 / 3)
    assert found["lift_at_20"] == pytest.approx(10 / 3)


def test_weights_change_every_measure(survey):
    values, risk, weight = survey
    risk = risk**2  # So that even less what chance adds there is an error of calibration.
    plain, weighed = measured(values, risk, np.ones(500)), measured(values, risk, weight)

    assert all(plain[name] != weighed[name] for name in METRICS)


def test_effective_n_is_that_of_kish():
    assert effective_n(np.ones(7)) == pytest.approx(7)
    assert effective_n(np.array([1.0, 3.0])) == pytest.approx(16 / 10)
