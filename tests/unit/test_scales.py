"""Scales: reversed items, missing answers, reliability."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.multivariate.factor import Factor

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.reliability import cronbach_alpha, mcdonald_omega, measure_reliability
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.scales import score_scales

CODEBOOK = load_codebook(Path(__file__).parents[1] / "assets" / "small.toml")


def reliability(survey, **more):
    design = Design.of_units(survey["weight"].to_numpy(), survey["organisatie"])
    return measure_reliability(survey, CODEBOOK, design, draws=50, **more)


def answers(rows):
    return pd.DataFrame(rows, columns=["veilig_1", "veilig_2", "veilig_3"]).astype(float)


def score(rows):
    return score_scales(answers(rows), CODEBOOK)["psychologische_veiligheid"]


def test_a_reversed_item_is_turned_round():
    assert score([[5, 5, 1], [1, 1, 5]]).tolist() == [5, 1]


def test_two_of_three_answers_meet_two_thirds():
    found = score([[4, 2, np.nan], [4, np.nan, np.nan]])

    assert found[0] == 3
    assert np.isnan(found[1])


def test_a_missing_answer_never_counts_as_a_number():
    assert score([[4, 4, np.nan]])[0] == 4


@pytest.fixture
def survey(rng):
    factor = rng.standard_normal(800)
    items = [np.clip(np.round(3 + factor + rng.standard_normal(800)), 1, 5) for _ in range(5)]
    items[2] = 6 - items[2]
    names = ["veilig_1", "veilig_2", "veilig_3", "inzet_1", "inzet_2"]
    frame = pd.DataFrame(dict(zip(names, items, strict=True)))
    return frame.assign(
        weight=rng.uniform(0.5, 2, 800),
        organisatie=pd.Categorical(rng.integers(0, 40, 800).astype(str)),
    )


def test_alpha_follows_its_formula_on_weighted_covariances(survey):
    items = survey[["veilig_1", "veilig_2", "veilig_3"]].assign(veilig_3=6 - survey["veilig_3"])
    covariance = np.cov(items.T, aweights=survey["weight"], ddof=0)
    expected = 3 / 2 * (1 - np.trace(covariance) / covariance.sum())

    row = reliability(survey).scales.set_index("scale").loc["psychologische_veiligheid"]

    assert row["alpha"] == pytest.approx(expected)
    assert row["alpha_low"] < row["alpha"] < row["alpha_high"]
    assert row["n"] == 800


def test_alpha_of_a_published_example():
    # Three items with variances of 1 and correlations of .45 have an alpha of .71 (domain notes E.3).
    correlation = np.full((3, 3), 0.45) + 0.55 * np.eye(3)

    assert cronbach_alpha(correlation) == pytest.approx(0.71, abs=0.005)


def test_omega_equals_that_of_an_independent_factor_analysis(rng):
    loadings = np.array([0.9, 0.7, 0.6, 0.5])
    correlation = np.outer(loadings, loadings)
    np.fill_diagonal(correlation, 1)
    found = Factor(corr=correlation, n_factor=1, method="pa", nobs=1000).fit(maxiter=500, tol=1e-12)
    fitted = np.abs(found.loadings[:, 0])
    expected = fitted.sum() ** 2 / (fitted.sum() ** 2 + (1 - fitted**2).sum())

    assert mcdonald_omega(correlation) == pytest.approx(expected, abs=1e-4)
    true = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    assert mcdonald_omega(correlation) == pytest.approx(true, abs=1e-6)


def test_equal_loadings_make_omega_equal_to_alpha():
    correlation = np.full((4, 4), 0.4) + 0.6 * np.eye(4)

    assert mcdonald_omega(correlation) == pytest.approx(cronbach_alpha(correlation))


def test_counting_a_response_twice_equals_weight_two(survey):
    doubled = pd.concat([survey, survey.iloc[:100]], ignore_index=True)
    weighed = survey.assign(weight=survey["weight"] * np.where(np.arange(800) < 100, 2, 1))

    first = reliability(doubled)
    second = reliability(weighed)

    np.testing.assert_allclose(first.scales["alpha"], second.scales["alpha"])
    np.testing.assert_allclose(first.scales["omega"], second.scales["omega"], rtol=1e-6)
    np.testing.assert_allclose(first.items["item_rest"], second.items["item_rest"])


def test_items_of_noise_warn(survey, rng):
    noise = survey.assign(
        **{name: rng.integers(1, 6, 800).astype(float) for name in ("inzet_1", "inzet_2")}
    )

    table = reliability(noise).scales.set_index("scale")

    assert table.loc["inzetbaarheid", "is_low"]
    assert not table.loc["psychologische_veiligheid", "is_low"]


def test_a_scale_that_nobody_answered_has_no_reliability(survey):
    empty = reliability(survey.assign(inzet_1=np.nan)).scales.set_index("scale")

    assert np.isnan(empty.loc["inzetbaarheid", "alpha"])


def test_of_no_draws_there_is_no_omega():
    assert mcdonald_omega(np.zeros((0, 3, 3))).shape == (0,)


def test_scales_and_their_reliability_hold_in_whichever_parts_responses_are_read(
    survey, monkeypatch
):
    scores, found = score_scales(survey, CODEBOOK), reliability(survey)

    monkeypatch.setattr("blijfwijzer.survey.scales._ROWS_AT_ONCE", 77)
    monkeypatch.setattr("blijfwijzer.estimation.fitting._ROWS_AT_ONCE", 77)

    pd.testing.assert_frame_equal(score_scales(survey, CODEBOOK), scores, check_exact=True)
    pd.testing.assert_frame_equal(reliability(survey).scales, found.scales, check_exact=True)
