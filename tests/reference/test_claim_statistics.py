"""The statistics that single claims use, against independent implementations."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import norm
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score

from blijfwijzer.claims.calibration import decide_equivalence
from blijfwijzer.claims.commitment import path_columns, path_steps
from blijfwijzer.claims.evidence import gather, nest_levels
from blijfwijzer.claims.halves import explained
from blijfwijzer.claims.market_value import latent_correlation
from blijfwijzer.claims.motives import holds_rank, second_motive
from blijfwijzer.claims.prediction import fit_logistic
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.register import CLAIMS
from blijfwijzer.claims.training import fewer_chances
from blijfwijzer.estimation.curves import areas_by_draw, areas_under_curve
from blijfwijzer.estimation.intervals import Estimate, from_draws, p_against
from blijfwijzer.estimation.intraclass import share_between
from blijfwijzer.survey.codebook import load_codebook
from studies.claims import read_built_in

BY_ID = {claim.id: claim for claim in CLAIMS}


@pytest.fixture(scope="module")
def survey():
    return read_built_in(5000, 21)


@pytest.fixture
def evidence(survey):
    return Reader(survey)


def test_areas_of_many_weights_are_those_of_scikit_learn(rng):
    score = rng.integers(0, 12, 200).astype(float)
    worrying = rng.random(200) < 0.3
    weights = rng.uniform(0.5, 2, (200, 3))

    areas = areas_under_curve(worrying, score, weights.T)

    expected = [roc_auc_score(worrying, score, sample_weight=w) for w in weights.T]
    np.testing.assert_allclose(areas, expected)


@pytest.mark.parametrize("draws", [5, 40])
def test_areas_of_draws_of_wholes_are_those_of_their_weights(rng, draws):
    score = rng.integers(0, 12, 200).astype(float)
    worrying, place = rng.random(200) < 0.3, rng.integers(0, 20, 200)
    picks = rng.multinomial(19, np.full(20, 1 / 20), draws).T.astype(float)

    areas = areas_by_draw(worrying, score, place, picks)

    np.testing.assert_allclose(areas, areas_under_curve(worrying, score, picks[place].T))


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

    found = path_steps(np.cov(np.stack([tape, room, tape, room, outcome])))

    first = sm.OLS(room, sm.add_constant(tape)).fit().params[1]
    second = sm.OLS(outcome, sm.add_constant(np.column_stack([tape, room]))).fit().params[2]
    np.testing.assert_allclose(found, [first, second])


def test_a_mood_that_colours_all_answers_is_no_path(survey, rng):
    """Everybody answers by mood alone: within a person all goes together, within a team nothing."""
    mood = rng.standard_normal(len(survey.concepts))
    told = {
        name: sign * mood + rng.standard_normal(len(mood))
        for name, sign in (("regeldruk", -1), ("ruimte_professional", 1), ("betrokkenheid", 1))
    }
    held = replace(survey, concepts=survey.concepts.assign(**told))

    steps = {}
    for halves in (False, True):
        columns = path_columns(Reader(held), "betrokkenheid", halves)
        known = ~np.isnan(columns).any(axis=1)
        steps[halves] = path_steps(np.cov(columns[known].T))

    assert steps[False][0] < -0.4
    assert abs(steps[True][0]) < 0.06
    assert abs(steps[True][1]) < 0.06
    assert BY_ID["H3"].test(Reader(held)).direction in ("neither", "short")


def test_a_gap_at_equal_sector_is_the_marginal_mean_of_statsmodels(evidence):
    found = fewer_chances(evidence).estimates[0]

    low, long = evidence.of("laag_opgeleid"), evidence.of("lang_in_dienst")
    group, trained = low * long, evidence.of("scholing")
    known = ~np.isnan(group + trained)
    columns = pd.DataFrame({"group": group, **evidence.sector_columns()}).astype(float)
    X = columns[known].assign(const=1.0)
    weight = evidence.design.weight[known]
    model = sm.GLM(trained[known], X, family=sm.families.Binomial(), var_weights=weight).fit()
    apart = model.predict(X.assign(group=1.0)) - model.predict(X.assign(group=0.0))
    assert found.name == "scholing"
    assert found.estimate.value == pytest.approx(np.average(apart, weights=weight), abs=1e-6)


def test_a_latent_correlation_is_found_behind_coarse_answers(evidence, rng):
    count = len(evidence.design.weight)
    one, other = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], count).T
    says, acts = np.digitize(one, [-1, 0, 1]) + 1.0, np.digitize(other, [-0.5, 0.7]) / 2

    found = latent_correlation(evidence, says, acts)

    assert found.value == pytest.approx(0.5, abs=0.03)
    assert found.low < 0.5 < found.high
    # The answers themselves correlate less, which would let behaviour seem to show nothing.
    assert np.corrcoef(says, acts)[0, 1] < 0.47


def test_the_p_of_a_bootstrap_is_that_of_its_interval(rng):
    for _ in range(20):
        # Skewed, so that a normal distribution would put the ends elsewhere.
        found = from_draws(1.0, np.exp(rng.standard_normal(400) / 2), 100)
        draws = np.array(found.draws)
        # Ends of the interval lie between the tenth and the eleventh draw from each side.
        bounds = draws[[8, 10, -11, -9]]
        assert found.low == pytest.approx(draws[9:11].mean(), abs=np.ptp(draws[9:11]))
        assert [p_against(found, bound) <= 0.05 for bound in bounds] == [True, False, False, True]
    assert p_against(found, -50.0) < 1e-6


def test_percentiles_of_few_units_are_as_far_out_as_those_of_t():
    draws = norm.ppf((np.arange(10_000) + 0.5) / 10_000)

    of_eight, of_many = from_draws(0.0, draws, 100, 7.0), from_draws(0.0, draws, 100)

    assert [of_eight.low, of_eight.high] == pytest.approx(student.ppf([0.025, 0.975], 7), abs=0.01)
    assert of_many.high == pytest.approx(1.96, abs=0.01)
    assert p_against(of_eight, 2.0) == pytest.approx(2 * student.sf(2.0, 7), abs=0.001)


def test_teams_whose_names_are_used_again_elsewhere_stay_apart():
    codebook = load_codebook("werkonderzoek-2019")
    levels = [
        pd.Series(values, name=name)
        for name, values in (
            ("sector", ["a", "a", "a", "b", "b", None]),
            ("organisatie", ["1", "1", "2", "1", "1", "1"]),
            ("team", ["x", "x", "x", "x", None, "x"]),
        )
    ]

    units = nest_levels(levels)

    assert list(units) == [name for name in codebook.units.levels if name in units]
    assert units["organisatie"].tolist() == [0, 0, 1, 2, 2, 3]
    assert units["team"].tolist() == [0, 0, 1, 2, -1, 3]


def test_names_of_teams_do_not_change_a_verdict(survey, evidence):
    """The same survey, with teams numbered from 0 in each department."""
    responses = survey.responses
    path = responses[["organisatie", "afdeling"]].astype("str").agg("/".join, axis=1)
    within = responses.groupby(path)["team"].transform(lambda team: pd.factorize(team)[0])
    again = responses.assign(team="T" + within.astype("str"))
    held = gather(
        again, survey.scales, survey.codebook, survey.design, survey.settings, survey.seed
    )

    assert (Reader(held).team == evidence.team).all()
    assert (
        BY_ID["H17"].test(Reader(held)).effect.size.value
        == BY_ID["H17"].test(evidence).effect.size.value
    )


def test_a_slightly_penalised_regression_is_that_of_statsmodels(rng):
    X = np.column_stack([np.ones(4000), rng.standard_normal((4000, 2))])
    y = (rng.random(4000) < 1 / (1 + np.exp(-X @ [-1.0, 0.8, -0.3]))).astype(float)
    weight = rng.uniform(0.5, 1.5, 4000)

    slopes = fit_logistic(X, y, weight)

    plain = sm.GLM(y, X, family=sm.families.Binomial(), var_weights=weight).fit()
    np.testing.assert_allclose(slopes, plain.params, atol=0.003)


def test_shares_of_motives_are_weighted_and_of_those_who_leave(evidence):
    found = {one.name: one.estimate for one in second_motive(evidence).estimates}

    leaves = evidence.of("vertrekintentie") == 1
    inside = leaves & (evidence.of("openbaar_bestuur") == 1)
    share = np.average(
        evidence.of("motief_cultuur")[inside], weights=evidence.design.weight[inside]
    )
    assert found["motief_cultuur"].value == pytest.approx(share)
    assert found["motief_cultuur"].n == inside.sum()


def test_a_rank_that_is_shared_is_not_held():
    first, second, tie = [0.5, 0.3, 0.2], [0.3, 0.5, 0.2], [0.5, 0.3, 0.3]

    assert holds_rank(np.array([first, second, tie, first]), culture=1, other=0) == 0.5


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
    assert decide_equivalence(parts).direction == direction


def test_the_share_between_looms_has_the_interval_that_montgomery_prints():
    """Montgomery, Design and Analysis of Experiments, section 3.9: .38 to .98, from F of 3 and 12."""
    strength = [98, 97, 99, 96, 91, 90, 93, 92, 96, 95, 97, 95, 95, 96, 99, 98]

    found = share_between(np.array(strength, dtype=float), np.repeat(np.arange(4), 4), 4)

    assert found.low == pytest.approx(0.625 / 1.625, abs=0.005)
    assert found.high == pytest.approx(54.883 / 55.883, abs=0.005)
    between = (29.7292 - 1.8958) / 4
    assert found.value == pytest.approx(between / (between + 1.8958), abs=1e-4)


def test_the_interval_of_a_share_between_units_of_unequal_size_holds_it(rng):
    size = np.tile([3, 6, 12, 40], 8)
    unit, held = np.repeat(np.arange(32), size), 0
    for _ in range(200):
        values = 0.5 * rng.standard_normal(32)[unit] + rng.standard_normal(len(unit))
        found = share_between(values, unit, 32)
        held += found.low < 0.2 < found.high

    # Two standard errors of 200 draws.
    assert 0.92 <= held / 200 <= 0.98
