"""What claims look at, and the statistics they share, against independent implementations."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.multitest import multipletests

from blijfwijzer.claims.commitment import brave_teams
from blijfwijzer.claims.conditions import dominance_shares
from blijfwijzer.claims.evidence import Evidence, gather
from blijfwijzer.claims.findings import Requirement, decide
from blijfwijzer.claims.market_value import correlation_of
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.reorganisation import contrast_within_units
from blijfwijzer.estimation.curves import area_under_curve
from blijfwijzer.estimation.design import Design, read_design
from blijfwijzer.estimation.intervals import Estimate, adjust, linearise
from blijfwijzer.estimation.intraclass import share_between
from blijfwijzer.estimation.moments import covariances, within
from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.settings import CultureSettings, Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_responses
from blijfwijzer.survey.scales import hold_scales
from blijfwijzer.survey.table import Table
from blijfwijzer.synthetic.survey import make_survey
from studies.claim_edges import brave
from studies.claim_worlds import ClaimWorld, gather_people, survey_of
from studies.claims import read_built_in
from studies.data_card import intraclass_correlation


@pytest.fixture(scope="module")
def survey():
    return read_built_in(3000, 3)


@pytest.fixture
def evidence(survey):
    return Reader(survey)


@pytest.fixture
def simple(rng):
    """People drawn one by one, in 30 teams of 20."""
    size = 600
    team = np.repeat(np.arange(30), 20)
    nothing = pd.DataFrame(index=range(size))
    whole = Evidence(
        concepts=nothing,
        dimensions=nothing,
        culture=(),
        groups=nothing,
        units=pd.DataFrame({"whole": 0, "team": team}),
        design=Design(rng.uniform(0.5, 2, size), np.arange(size), np.zeros(size, dtype=np.intp)),
        half=np.tile([True, False], size // 2),
        responses=nothing,
        scales=nothing,
        codebook=load_codebook("werkonderzoek-2019"),
        settings=CultureSettings(bootstraps=200),
        seed=0,
    )
    return Reader(whole)


def test_halves_of_a_team_differ_by_one_at_most(evidence):
    counts = pd.DataFrame({"team": evidence.team, "half": evidence.half})
    by_team = counts.groupby("team")["half"].agg(["sum", "size"])

    assert (2 * by_team["sum"] - by_team["size"]).abs().max() <= 1
    assert evidence.half.mean() == pytest.approx(0.5, abs=0.02)


def test_claims_are_put_to_a_byte_or_two_for_an_answer():
    codebook = load_codebook("werkonderzoek-2019")
    table = Table(make_survey(400, 3).responses)
    responses = read_responses(table, "survey", codebook, Settings().intake).held

    scales = hold_scales(responses, codebook)
    evidence = gather(responses, scales, codebook, read_design(responses, codebook))

    assert evidence.responses is responses
    for read in (scales, evidence.concepts, evidence.dimensions):
        bytes_held = [column.places.itemsize for column in read.columns.values()]
        assert bytes_held
        assert max(bytes_held) <= 2


def test_the_other_half_never_holds_one_s_own_answer(simple):
    values = np.arange(600.0)

    other = simple.other_half(values)

    team, half = simple.team, simple.half
    for row in (0, 1, 599):
        expected = values[(team == team[row]) & (half != half[row])].mean()
        assert other[row] == pytest.approx(expected)


def test_a_half_with_few_answers_stands_for_nothing(simple):
    values = np.full(600, np.nan)
    values[:4] = 1.0

    assert np.isnan(simple.other_half(values)).all()


def test_agreeing_starts_at_four_of_five(evidence):
    said, agrees = evidence.of("prestatie_belonen"), evidence.agrees("prestatie_belonen")

    assert set(said[agrees == 1]) == {4.0, 5.0}
    assert set(said[agrees == 0]) == {1.0, 2.0, 3.0}
    assert np.isnan(said[np.isnan(agrees)]).all()


def test_levels_taken_out_give_the_coefficients_of_levels_as_columns(evidence):
    outcome, values = evidence.z("betrokkenheid"), evidence.z("bevlogenheid")
    fitted = evidence.fit(outcome, {"x": values})

    known = ~np.isnan(outcome) & ~np.isnan(values)
    X = pd.DataFrame({"x": values, **evidence.sector_columns()})[known].assign(const=1.0)
    full = sm.WLS(outcome[known], X, weights=evidence.design.weight[known]).fit()

    assert fitted.table.loc["x", "estimate"] == pytest.approx(full.params["x"], abs=1e-10)


def test_the_area_under_the_curve_is_that_of_scikit_learn(rng):
    risk = rng.integers(0, 20, 500) / 20
    outcome = (rng.random(500) < risk).astype(float)
    weight = rng.uniform(0.5, 2, 500)

    area, influence = area_under_curve(outcome, risk, weight)

    assert area == pytest.approx(roc_auc_score(outcome, risk, sample_weight=weight))
    assert influence.sum() == pytest.approx(0, abs=1e-12)


def test_the_error_of_the_area_is_that_of_delong(rng):
    outcome = np.repeat([1.0, 0.0], [150, 350])
    risk = rng.normal(outcome, 1.0)
    design = Design(np.ones(500), np.arange(500), np.zeros(500, dtype=np.intp))
    area, influence = area_under_curve(outcome, risk, design.weight)

    se = linearise(area, influence, design, 500).se

    # DeLong et al. (1988) by its definition: variances of placements within each class.
    above = (risk[:150, None] > risk[None, 150:]).astype(float)
    delong = np.sqrt(above.mean(axis=1).var(ddof=1) / 150 + above.mean(axis=0).var(ddof=1) / 350)
    assert se == pytest.approx(delong, rel=0.01)


def test_a_correlation_and_its_error_are_right_for_a_simple_sample(simple, rng):
    x = rng.standard_normal(600)
    y = 0.5 * x + rng.standard_normal(600)
    weight = simple.design.weight

    found = correlation_of(simple, x, y)

    matrix = np.cov(x, y, aweights=weight, ddof=0)
    assert found.value == pytest.approx(matrix[0, 1] / np.sqrt(matrix[0, 0] * matrix[1, 1]))
    # (1 - r^2) / sqrt(n) of the normal distribution, at the effective number of respondents.
    effective = weight.sum() ** 2 / (weight**2).sum()
    assert found.se == pytest.approx((1 - found.value**2) / np.sqrt(effective), rel=0.12)


def test_differences_within_units_are_those_of_a_level_per_unit(evidence):
    outcome, exposed = evidence.z("tevredenheid"), evidence.of("reorganisatie")
    found = contrast_within_units(evidence, outcome, exposed)

    known = ~np.isnan(outcome) & ~np.isnan(exposed)
    levels = pd.get_dummies(pd.Series(evidence.design.cluster[known]), dtype=float)
    X = levels.assign(exposed=exposed[known])
    full = sm.WLS(outcome[known], X.to_numpy(), weights=evidence.design.weight[known]).fit()

    assert found.value == pytest.approx(full.params[-1], abs=1e-9)
    assert np.isfinite(found.se)


def test_the_share_between_units_is_that_of_an_analysis_of_variance(evidence):
    values = evidence.of("psychologische_veiligheid")
    found = share_between(values, evidence.team, 1000)

    expected = intraclass_correlation(pd.Series(values), pd.Series(evidence.team))
    assert found.value == pytest.approx(expected)
    assert found.low < found.value < found.high


def test_what_is_foreseen_of_a_team_does_not_depend_on_how_many_told_of_it(rng):
    slopes = []
    for size in (8, 16, 60):
        people = gather_people(ClaimWorld(teams=19_200 // size, usual=size), rng)
        found = brave_teams(Reader(survey_of(people, brave(0.15, mood=0.5))))
        slopes.append(found.effect.size.value)

    # Per sd of true safety and of true orientation .15 sd of commitment each. Means of half a team
    # of 8 as they are would give half of that, and those of 60 nine tenths.
    np.testing.assert_allclose(slopes, 0.30, atol=0.06)


def test_shares_of_dominance_add_up_and_are_those_of_two_predictors(simple, rng):
    a = rng.standard_normal(600)
    b = 0.6 * a + rng.standard_normal(600)
    y = a + 0.5 * b + rng.standard_normal(600)
    design = Design(np.ones(600), np.arange(600), np.zeros(600, dtype=np.intp))
    even = replace(simple._evidence, design=design)

    shares = dominance_shares(Reader(even), y, {"a": a, "b": b})

    def r2(*columns):
        return sm.OLS(y, sm.add_constant(np.column_stack(columns))).fit().rsquared

    # Budescu (1993) for two: the mean of what each explains alone and last.
    expected = (r2(a) + r2(a, b) - r2(b)) / 2 / r2(a, b)
    assert shares["a"] == pytest.approx(expected)
    assert sum(shares.values()) == pytest.approx(1)


def test_covariances_are_those_of_numpy(simple, rng):
    columns = rng.standard_normal((600, 3))
    weight = simple.design.weight

    found, drawn = covariances(
        columns, weight, Draws(np.zeros(600, dtype=np.intp), np.full((1, 2), 3.0))
    )

    np.testing.assert_allclose(found, np.cov(columns.T, aweights=weight, ddof=0))
    np.testing.assert_allclose(drawn[1], found)


def test_what_is_centred_has_mean_zero_in_each_sector(evidence):
    columns = np.column_stack([evidence.of("betrokkenheid"), evidence.of("bevlogenheid")])

    centred = within(columns, evidence.sector, evidence.design.weight)

    known = ~np.isnan(centred).any(axis=1)
    assert len(np.unique(evidence.sector)) > 5
    for sector in np.unique(evidence.sector):
        rows = known & (evidence.sector == sector)
        means = np.average(centred[rows], weights=evidence.design.weight[rows], axis=0)
        np.testing.assert_allclose(means, 0, atol=1e-10)


def required(value, se=1.0, **more):
    return Requirement(Estimate(value, se, np.nan, np.nan, np.inf, 100), **more)


@pytest.mark.parametrize(
    ("parts", "needed", "direction"),
    [
        ([required(3.0)], None, "claimed"),
        ([required(-3.0)], None, "opposite"),
        ([required(1.5)], None, "neither"),
        # All must hold: one that does not is enough to withhold support.
        ([required(3.0), required(1.0)], None, "neither"),
        ([required(3.0), required(-3.0)], None, "opposite"),
        # Two of three must hold.
        ([required(3.0), required(3.0), required(-0.5)], 2, "claimed"),
        ([required(3.0), required(-3.0), required(0.5)], 2, "neither"),
        ([required(3.0), required(-3.0), required(-3.0)], 2, "opposite"),
        # Beyond chance and still too small to matter.
        ([required(0.03, 0.001, floor=0.05)], None, "short"),
        ([required(-0.03, 0.001, floor=0.05)], None, "short"),
        # Below the bound is what this one claims.
        ([required(0.1, 0.05, sign=-1, bound=0.4)], None, "claimed"),
        ([required(0.6, 0.05, sign=-1, bound=0.4)], None, "opposite"),
        ([required(np.nan)], None, "neither"),
        ([required(3.0, np.nan)], None, "neither"),
        ([], None, "neither"),
    ],
)
def test_parts_come_to_a_direction(parts, needed, direction):
    assert decide(parts, needed).direction == direction


def test_the_p_of_all_is_the_largest_and_of_some_is_adjusted():
    three = [required(2.5), required(3.0), required(4.0)]

    assert decide(three).p == pytest.approx(2 * stats.norm.sf(2.5))
    # Holm: the second smallest of three p-values counts twice.
    assert decide(three, 2).p == pytest.approx(2 * 2 * stats.norm.sf(3.0))


def test_adjusting_is_that_of_statsmodels(rng):
    p = np.append(rng.random(7) ** 3, np.nan)

    for method, theirs in (("holm", "holm"), ("bh", "fdr_bh")):
        found = adjust(p, method)
        np.testing.assert_allclose(found[:-1], multipletests(p[:-1], method=theirs)[1])
        assert np.isnan(found[-1])
    assert len(adjust([], "bh")) == 0


def test_a_rule_is_agreement_already(survey):
    concepts = dict(survey.codebook.concepts)
    concepts["eigen_marktwaarde"] = concepts["laag_opgeleid"]
    book = survey.codebook.model_copy(update={"concepts": concepts})
    held = Reader(replace(survey, codebook=book))

    np.testing.assert_array_equal(held.agrees("eigen_marktwaarde"), held.of("eigen_marktwaarde"))
