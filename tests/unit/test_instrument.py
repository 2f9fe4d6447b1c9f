"""Factors, agreement and variance of levels, against statsmodels, formulas and simulated truth."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.optimize import minimize_scalar
from scipy.special import ndtri
from scipy.stats import multivariate_normal
from statsmodels.multivariate.factor import Factor

from blijfwijzer.culture.instrument import REASONS, assess_scales
from blijfwijzer.estimation.agreement import measure_agreement
from blijfwijzer.estimation.components import split_variance
from blijfwijzer.estimation.correlations import (
    Correlations,
    correlate,
    correlate_ordinal,
    polychoric,
)
from blijfwijzer.estimation.design import Design, read_design
from blijfwijzer.estimation.factors import fit_one_factor
from blijfwijzer.publish.language.catalogue import PARTS
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from questionnaires import answer, questionnaire, workplaces

ITEMS = ["a1", "a2", "a3", "a4", "a5"]
LOADINGS = np.array([0.8, 0.7, 0.6, 0.5, 0.75])
FIVE = questionnaire({"a": ITEMS}, reverse=["a3"])


def alike(count):
    return Design(np.ones(count), np.arange(count), np.zeros(count, dtype=np.intp))


@pytest.fixture
def survey(rng):
    responses, factor = workplaces(rng)
    answers = answer(factor, LOADINGS, rng)
    answers[:, 2] = 6 - answers[:, 2]
    return responses.assign(**dict(zip(ITEMS, answers.T, strict=True)))


def test_polychoric_correlations_are_the_most_likely_ones(rng):
    first, second = answer(rng.standard_normal(400), [0.8, 0.7], rng).T
    table = np.histogram2d(first, second, bins=np.arange(0.5, 6))[0] / 400

    found = polychoric(table[None])[0]

    # Brute force on scipy's own bivariate normal.
    def thresholds(share):
        return np.concatenate([[-9], np.sort(ndtri(np.cumsum(share)[:-1])), [9]])

    rows, columns = thresholds(table.sum(axis=1)), thresholds(table.sum(axis=0))

    def loss(rho):
        normal = multivariate_normal([0, 0], [[1, rho], [rho, 1]])
        below = np.array([[normal.cdf([a, b]) for b in columns] for a in rows])
        chance = np.diff(np.diff(below, axis=0), axis=1)
        return -(table * np.log(np.maximum(chance, 1e-12))).sum()

    brute = minimize_scalar(loss, bounds=(0.2, 0.9), method="bounded", options={"xatol": 1e-6}).x
    assert found == pytest.approx(brute, abs=2e-4)


def test_polychoric_correlations_find_what_is_behind_coarse_answers(rng):
    first, second = answer(rng.standard_normal(40_000), [0.9, 0.8], rng, borders=(0.5, 1.2)).T
    values = np.column_stack([first, second, first])

    plain = correlate(values, alike(40_000)).matrix[0, 1]
    ordinal = correlate_ordinal(values, alike(40_000)).matrix[0, 1]

    assert ordinal == pytest.approx(0.72, abs=0.02)
    assert plain < 0.62


@pytest.mark.parametrize("correlator", [correlate, correlate_ordinal])
def test_errors_of_correlations_equal_the_spread_over_samples(rng, correlator):
    found, told = [], []
    for _ in range(80):
        unit = np.repeat(np.arange(40), 10)
        factor = 0.6 * rng.standard_normal(40)[unit] + 0.8 * rng.standard_normal(400)
        values = answer(factor, [0.9, 0.8], rng)
        one = correlator(values, Design(rng.uniform(0.5, 2, 400), unit, unit * 0))
        found.append(one.matrix[0, 1])
        told.append(np.sqrt(one.covariance[0, 0]))

    assert np.mean(told) == pytest.approx(np.std(found), rel=0.25)


def test_loadings_equal_those_of_an_independent_factor_analysis(rng):
    values = answer(rng.standard_normal(1500), LOADINGS, rng)
    correlations = correlate(values, alike(1500))

    found = fit_one_factor(correlations)

    theirs = Factor(corr=np.corrcoef(values.T), n_factor=1, method="ml", nobs=1500).fit()
    assert correlations.matrix == pytest.approx(np.corrcoef(values.T))
    assert found.loadings == pytest.approx(np.abs(theirs.loadings[:, 0]), abs=1e-4)


def test_fit_of_a_known_misfit_follows_its_formulas():
    # Two factors that correlate .5; no sampling error, so that formulas give population values.
    loadings = np.array([[0.8, 0], [0.7, 0], [0.6, 0], [0, 0.9], [0, 0.8], [0, 0.5]])
    matrix = loadings @ np.array([[1, 0.5], [0.5, 1]]) @ loadings.T
    np.fill_diagonal(matrix, 1)

    found = fit_one_factor(Correlations(matrix, np.zeros((15, 15))))

    theirs = Factor(corr=matrix, n_factor=1, method="ml", nobs=1000).fit()
    model = theirs.fitted_cov
    misfit = np.log(np.linalg.det(model) / np.linalg.det(matrix))
    misfit += np.trace(np.linalg.solve(model, matrix)) - 6
    of_none = -np.log(np.linalg.det(matrix))
    rows, columns = np.tril_indices(6)
    assert found.rmsea == pytest.approx(np.sqrt(misfit / 9), rel=1e-3)
    assert found.cfi == pytest.approx(1 - misfit / of_none, rel=1e-3)
    residual = (matrix - model)[rows, columns]
    assert found.srmr == pytest.approx(np.sqrt((residual**2).mean()), rel=1e-2)


def test_whole_units_and_weights_do_not_pass_for_misfit():
    # In 2.5 % of such samples an exact fit should be excluded; few are drawn here.
    rng, excluded = np.random.default_rng(7), []
    for _ in range(30):
        responses, factor = workplaces(rng, people=4, shares=(0.3, 0.1))
        values = answer(factor, LOADINGS, rng)
        cluster = pd.factorize(responses["organisatie"])[0]
        design = Design(responses["weight"].to_numpy(), cluster, cluster * 0)
        fit = fit_one_factor(correlate_ordinal(values, design))
        excluded.append(fit.rmsea_low > 0)

    assert np.mean(excluded) <= 0.10


def test_one_level_gives_the_correlations_of_an_analysis_of_variance(survey):
    score, team = survey["a1"], survey[["team"]]
    sizes = survey.groupby("team")["a1"].size()
    uneven = survey.index % 7 != 0
    score, team = score[uneven], team[uneven]

    found = split_variance(score.to_numpy(), team, alike(len(score)), 0).iloc[0]

    groups = score.groupby(team["team"])
    sizes, n, units = groups.size(), len(score), groups.ngroups
    between = (sizes * (groups.mean() - score.mean()) ** 2).sum() / (units - 1)
    within = ((score - groups.transform("mean")) ** 2).sum() / (n - units)
    size = (n - (sizes**2).sum() / n) / (units - 1)
    assert found["icc1"] == pytest.approx((between - within) / (between + (size - 1) * within))
    assert found["icc2"] == pytest.approx(1 - within / between)


def test_nested_components_of_balanced_data_equal_restricted_maximum_likelihood(rng):
    responses, factor = workplaces(rng, organisations=24, teams=3, people=6)
    frame = responses.assign(y=factor)

    found = split_variance(factor, responses[["organisatie", "team"]], alike(len(frame)), 0)

    model = smf.mixedlm(
        "y ~ 1",
        frame,
        groups="organisatie",
        re_formula="1",
        vc_formula={"team": "0 + C(team)"},
    ).fit()
    theirs = [model.cov_re.iloc[0, 0], model.vcomp[0], model.scale]
    assert found["variance"].tolist() == pytest.approx(theirs, rel=1e-3)
    assert found["share"].sum() == pytest.approx(1)


def test_intervals_of_components_cover_the_truth(rng):
    covered = []
    for _ in range(50):
        responses, factor = workplaces(rng, organisations=60, people=6)
        cluster = pd.factorize(responses["organisatie"])[0]
        design = Design(responses["weight"].to_numpy(), cluster, cluster * 0)
        table = split_variance(factor, responses[["organisatie", "team"]], design, 0)
        truth = np.array([0.1, 0.15, 0.75])
        covered.append(table["share_low"].le(truth) & table["share_high"].ge(truth))

    assert 0.90 <= np.mean(covered) <= 0.98


def test_the_scale_of_weights_leaves_components_as_they_are(survey):
    units, score = survey[["organisatie", "team"]], survey["a1"].to_numpy()
    design = read_design(survey, FIVE)
    larger = Design(design.weight * 1000, design.cluster, design.stratum)

    tables = [split_variance(score, units, d, 0) for d in (design, larger)]

    pd.testing.assert_frame_equal(*tables)


def test_agreement_follows_its_formula():
    # Ten items of variance .5 on 1-5, where random answers have 2: .75 x 10 / (7.5 + .25) = .968.
    rng = np.random.default_rng(1)
    base = np.array([-1, 1, -1, 1, -1, 1, -1, 1]) * np.sqrt(0.5 * 7 / 8)
    items = np.column_stack([3 + rng.permutation(base) for _ in range(10)])
    unit = pd.Series(["T1"] * 8)

    found = measure_agreement(items, unit, 5, alike(8), 0)

    assert found.rwg == pytest.approx(7.5 / 7.75)
    assert found.rated == 1
    assert np.isnan(found.rwg_low)


def test_answers_more_spread_than_random_ones_are_no_agreement():
    items = np.array([[1.0], [5.0]] * 4)

    assert measure_agreement(items, pd.Series(["T"] * 8), 5, alike(8), 0).rwg == 0


def test_units_of_few_respondents_are_not_rated():
    found = measure_agreement(np.full((4, 2), 3.0), pd.Series(["T"] * 4), 5, alike(4), 0)

    assert found.rated == 0
    assert np.isnan(found.rwg)


def test_an_instrument_finds_what_the_answers_were_made_from(survey):
    found = assess_scales(survey, FIVE, read_design(survey, FIVE), FIVE.units.levels, 50, 0)

    scale = found.scales.iloc[0]
    items = found.items.set_index("item")
    levels = found.levels.set_index("level")
    assert scale["cfi_ordinal"] > 0.99
    assert scale["rmsea_low_ordinal"] < 0.02
    assert scale["alpha_low"] < scale["alpha"] < scale["alpha_high"]
    truth = pd.Series(LOADINGS, index=ITEMS)
    assert (items["loading_ordinal"] - truth).abs().max() < 0.08
    assert (items["loading"] < items["loading_ordinal"]).all()
    assert (items["loading_low"] < items["loading"]).all()
    assert list(levels.index) == ["sector", "organisatie", "team", "person"]
    assert levels.loc["team", "icc1_low"] < 0.2 < levels.loc["team", "icc1_high"] + 0.02
    assert levels.loc["team", "icc1"] > levels.loc["organisatie", "icc1"]
    assert 0 < levels.loc["team", "rwg"] < 1
    assert (levels["n"] == len(survey)).all()
    assert set(scale[["reason", "reason_ordinal"]]) | set(levels["reason"]) <= set(REASONS)
    parts = {reason.replace(" ", "_") for reason in REASONS if reason}
    assert parts == set(PARTS["instrument.reason"])


def test_what_cannot_be_assessed_says_why(survey):
    book = questionnaire(
        {
            "one": ["a1"],
            "two": ["a2", "b1"],
            "same": ["a4", "a5", "c1"],
            "gone": ["d1", "d2", "d3"],
            "twins": ["e1", "e2", "e3"],
            "mirror": ["f1", "f2", "f3"],
        }
    )
    odd = survey.drop(columns=["a3"]).assign(b1=survey["a1"], c1=3.0)
    odd = odd.assign(**dict.fromkeys(["e1", "e2", "f1"], survey["a1"]), f2=6 - survey["a1"])
    odd = odd.assign(e3=survey["a2"], f3=survey["a2"])

    found = assess_scales(odd, book, read_design(odd, book), book.units.levels, 50, 0)

    scales = found.scales.set_index("scale")
    reasons = ["one item", "two items", "one answer", "absent", "alike", "alike"]
    assert scales["reason"].tolist() == scales["reason_ordinal"].tolist() == reasons
    assert scales[["rmsea", "cfi_ordinal"]].isna().all(axis=None)
    assert found.items["loading"].isna().all()
    levels = found.levels.set_index(["scale", "level"])
    assert levels.loc[("one", "team"), "icc1"] > 0
    assert levels.loc["gone"]["icc1"].isna().all()
    assert (levels.loc["gone"]["reason"] != "").all()


def test_units_that_tell_nothing_say_why(survey):
    flat = survey.assign(sector="S0", team=[f"T{i}" for i in range(len(survey))])
    flat["organisatie"] = survey["team"]

    found = assess_scales(flat, FIVE, read_design(flat, FIVE), FIVE.units.levels, 50, 0)

    levels = found.levels.set_index("level")
    assert levels["reason"].tolist() == ["one unit", "", "one each", ""]
    assert levels["icc1"].notna().tolist() == [False, True, False, False]


def test_a_sector_of_one_organisation_leaves_the_others_known(survey):
    lone = survey.assign(sector=np.where(survey["organisatie"] == "O0", "S0", "S1"))

    found = assess_scales(lone, FIVE, read_design(lone, FIVE), FIVE.units.levels, 50, 0)

    levels = found.levels.set_index("level")
    assert levels.loc["sector", ["icc2_low", "icc2_high"]].isna().all()
    assert levels.loc[["organisatie", "team"], ["icc2_low", "icc2_high"]].notna().all(axis=None)


def test_levels_with_the_same_units_are_told_apart_once(survey):
    twins = survey.assign(team=survey["organisatie"])

    found = assess_scales(twins, FIVE, read_design(twins, FIVE), FIVE.units.levels, 50, 0)

    assert found.levels["reason"].tolist() == ["", "", "same units", ""]


def test_one_organisation_is_assessed_by_its_teams(survey):
    single = survey[survey["organisatie"].isin(["O1"])].reset_index(drop=True)

    found = assess_scales(single, FIVE, read_design(single, FIVE), FIVE.units.levels, 50, 0)

    levels = found.levels.set_index("level")
    assert levels["reason"].tolist() == ["one unit", "one unit", "", ""]
    assert found.scales["reason"].tolist() == ["too few"]


def test_everybody_the_same_is_no_crash(survey):
    same = survey.assign(**dict.fromkeys(ITEMS, 4.0))

    found = assess_scales(same, FIVE, read_design(same, FIVE), FIVE.units.levels, 50, 0)

    assert found.scales["reason"].tolist() == ["one answer"]
    assert (found.levels["reason"] == "one answer").all()
    assert found.scales[["alpha", "omega_low"]].isna().all(axis=None)


def test_a_real_survey_is_assessed(fevs_file):
    book = load_codebook("fevs-2018")
    responses = read_survey(fevs_file, book, Settings().intake).responses
    part = responses.sample(2500, random_state=1).reset_index(drop=True)

    found = assess_scales(part, book, read_design(part, book), ("AGENCY", "LEVEL1"), 50, 0)

    assert (found.scales["cfi"].dropna() > 0.85).all()
    assert found.items["loading_ordinal"].dropna().between(0.4, 1).all()
    assert found.levels.query("level == 'LEVEL1'")["icc1"].between(0, 0.1).all()


def test_correlations_that_contradict_each_other_are_not_fitted():
    matrix = np.array([[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]])

    assert fit_one_factor(Correlations(matrix, np.zeros((3, 3)))) is None


def test_answers_of_many_values_are_correlated_as_numbers_only(survey, rng):
    # Items of 0-20: the codebook allows more answers than an order can be made of.
    options = {str(code): str(code) for code in range(21)}
    book = questionnaire({"a": ITEMS}, options=options)
    fine = survey.assign(**{item: rng.integers(0, 21, len(survey)).astype(float) for item in ITEMS})

    row = assess_scales(fine, book, read_design(fine, book), ("team",), 50, 0).scales.iloc[0]

    assert (row["reason"], row["reason_ordinal"]) == ("", "not ordered")


def test_variance_within_one_unit_is_split_by_its_people(survey):
    design = Design(
        np.ones(len(survey)),
        np.zeros(len(survey), dtype=np.intp),
        np.zeros(len(survey), dtype=np.intp),
    )

    table = split_variance(survey["a1"].to_numpy(), survey[["team"]], design, 0)

    assert table["icc1_low"][0] < table["icc1"][0] < table["icc1_high"][0]


def test_a_survey_of_one_unit_has_reliabilities_with_an_interval(survey):
    """One organisation is a sample of its teams, as for every other estimate."""
    one = survey[survey["organisatie"] == "O0"].reset_index(drop=True)

    scales = assess_scales(one, FIVE, read_design(one, FIVE), ("organisatie", "team"), 50).scales

    assert set(one["organisatie"]) == {"O0"}
    assert (scales["alpha_low"] < scales["alpha"]).all()
    assert (scales["alpha"] < scales["alpha_high"]).all()
