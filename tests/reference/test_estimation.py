"""Estimates and their errors, held against svy, statsmodels, closed forms and simulated truth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from blijfwijzer.errors import WeightError
from blijfwijzer.estimation.design import Design, read_design
from blijfwijzer.estimation.intervals import adjust
from blijfwijzer.estimation.means import difference, estimate_mean, estimate_means, estimate_share
from blijfwijzer.estimation.regression import combine, marginal_difference, regress
from blijfwijzer.estimation.resampling import draw_wholes
from blijfwijzer.estimation.variance import covariance_of
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from questionnaires import small_survey
from reports import said

SMALL = load_codebook(Path(__file__).parents[1] / "assets" / "small.toml")
# Figures of svy 0.35.0; svy_fevs2018.py, beside it, made them.
SVY = pd.read_csv(Path(__file__).parent / "svy_fevs2018.csv")


@pytest.fixture
def design(rng):
    """Sixty units in six strata."""
    cluster = rng.integers(0, 60, 3000)
    return Design(rng.uniform(0.5, 2, 3000), cluster, cluster % 6)


@pytest.fixture
def answers(rng, design):
    unit = rng.normal(0, 0.5, 60)[design.cluster]
    x = rng.standard_normal(3000) + unit
    return pd.DataFrame(
        {
            "x": x,
            "z": rng.standard_normal(3000),
            "y": 0.5 * x + unit + rng.standard_normal(3000),
            "group": rng.integers(0, 3, 3000),
        }
    )


def jackknifed(design):
    """Leave out each unit in turn, within strata of ten units."""
    pairs = sorted(set(zip(design.cluster, design.stratum, strict=True)))
    replicates = [
        design.weight
        * np.where(design.cluster == unit, 0, np.where(design.stratum == stratum, 10 / 9, 1))
        for unit, stratum in pairs
    ]
    return Design(design.weight, design.cluster, design.stratum, np.stack(replicates, 1), 9 / 10)


@pytest.fixture(scope="module")
def fevs():
    path = Path(__file__).parents[3] / "shared" / "data" / "fevs2018.csv.gz"
    if not path.exists():
        pytest.skip("the public survey FEVS 2018 is not beside this checkout (../shared/data)")
    columns = ["AGENCY", "LEVEL1", "POSTWT", "DEDUC", "Q17", "Q48", "Q69", "my_leaving"]
    return pd.read_csv(path, usecols=columns)


def fevs_design(fevs, kind):
    weight = fevs["POSTWT"].to_numpy()
    cluster = pd.factorize(fevs["LEVEL1"], sort=True)[0].astype(np.intp)
    none = np.zeros_like(cluster)
    if kind == "plain":
        return Design(weight, cluster, none)
    if kind == "strata":
        return Design(weight, cluster, pd.factorize(fevs["AGENCY"])[0])
    left_out = (cluster % 80)[:, None] == np.arange(80)
    return Design(weight, cluster, none, np.where(left_out, 0, weight[:, None] * 80 / 79), 79 / 80)


@pytest.mark.parametrize("kind", ["plain", "strata", "replicates"])
def test_estimates_on_a_real_survey_equal_those_of_svy(fevs, kind):
    design = fevs_design(fevs, kind)
    leaves = (fevs["my_leaving"] == "yes").to_numpy(dtype=float)
    low = (fevs["DEDUC"] == "Less than a Bachelor's Degree").to_numpy()
    X = fevs[["Q17", "Q48"]].assign(low=low.astype(float))
    expected = SVY[SVY["design"] == kind].set_index("estimate")

    means = {
        "mean_Q17": estimate_mean(fevs["Q17"], design),
        "mean_Q17_low": estimate_mean(np.where(low, fevs["Q17"], np.nan), design),
        "share_leaves": estimate_share(leaves, design),
    }
    fitted = {
        "gaussian": regress(fevs["Q69"], X, design),
        "binomial": regress(leaves, X, design, "logistic"),
    }

    for name, found in means.items():
        row = expected.loc[name]
        assert (found.value, found.se, found.df) == pytest.approx(
            (row["value"], row["se"], row["df"]), rel=1e-8
        )
        assert (found.low, found.high) == pytest.approx((row["low"], row["high"]), rel=1e-4)
    for family, regression in fitted.items():
        table = regression.table.rename(index={"const": "intercept"})
        svy = expected.loc[[f"{family}_{name}" for name in table.index]]
        assert regression.df == svy["df"].iloc[0]
        # svy centres replicates of regressions on their mean, which makes errors a trifle smaller.
        near = 1e-4 if kind == "replicates" else 1e-6
        for ours, theirs in (("estimate", "value"), ("se", "se"), ("low", "low"), ("high", "high")):
            assert table[ours].to_numpy() == pytest.approx(svy[theirs].to_numpy(), rel=near)


@pytest.mark.parametrize("family", ["linear", "logistic"])
def test_errors_without_strata_equal_the_cluster_errors_of_statsmodels(design, answers, family):
    # statsmodels has no such errors for weighted logistic regressions, so weights are copies here.
    copies = 1 + (answers["group"] == 1)
    again = answers.loc[answers.index.repeat(copies)]
    X = answers[["x", "z"]]
    y, y_again = answers["y"], again["y"]
    if family == "logistic":
        y, y_again = (y > 0).astype(float), (y_again > 0).astype(float)
    model = {"linear": sm.OLS, "logistic": sm.Logit}[family]
    clusters = {"groups": design.cluster[again.index]}

    theirs = model(y_again, sm.add_constant(again[["x", "z"]])).fit(
        cov_type="cluster", cov_kwds=clusters, **({"disp": False} if family == "logistic" else {})
    )
    one_stratum = Design(copies.to_numpy(dtype=float), design.cluster, design.stratum * 0)
    ours = regress(y, X, one_stratum, family)

    n, k = len(again), 3
    assert ours.table["estimate"].to_numpy() == pytest.approx(theirs.params.to_numpy())
    expected = theirs.cov_params().to_numpy() * (n - k) / (n - 1)
    assert ours.covariance.to_numpy() == pytest.approx(expected)


def test_a_difference_is_the_coefficient_of_a_regression_on_the_group(design, answers):
    first, second = (answers["group"] == 0).to_numpy(), (answers["group"] == 1).to_numpy()
    outcome = np.where(first | second, answers["y"], np.nan)

    found = difference(answers["y"], first, second, design)
    fitted = regress(outcome, pd.DataFrame({"first": first.astype(float)}), design)

    assert found.value == pytest.approx(fitted.table.loc["first", "estimate"])
    assert found.se == pytest.approx(fitted.table.loc["first", "se"])
    assert found.n == (first | second).sum()


def test_means_of_groups_equal_those_of_each_domain(design, answers):
    table = estimate_means(answers["y"], answers["group"], design)

    for group, row in table.iterrows():
        alone = estimate_mean(np.where(answers["group"] == group, answers["y"], np.nan), design)
        assert (alone.value, alone.se, alone.low, alone.df, alone.n) == pytest.approx(
            tuple(row[["estimate", "se", "low", "df", "n"]])
        )


def test_a_jackknife_agrees_with_linearisation(design, answers):
    X, y = answers[["x", "z"]], (answers["y"] > 0).astype(float)
    one, zero = X.assign(x=1.0), X.assign(x=0.0)
    is_first, is_second = (answers["group"] == 0).to_numpy(), (answers["group"] == 1).to_numpy()
    found = []

    for kind in (design, jackknifed(design)):
        fitted = regress(y, X, kind, "logistic")
        found.append(
            [
                estimate_mean(answers["y"], kind),
                difference(answers["y"], is_first, is_second, kind),
                marginal_difference(fitted, one, zero, kind),
                combine(fitted, {"x": 1.0, "z": -2.0}),
            ]
        )

    for plain, replicated in zip(*found, strict=True):
        assert replicated.value == pytest.approx(plain.value)
        assert replicated.se == pytest.approx(plain.se, rel=0.02)
        assert replicated.df == plain.df


def test_replicates_are_linearised_where_a_statistic_is_not_worked_out_anew(design, answers):
    kind, y = jackknifed(design), answers["y"].to_numpy()
    mean = np.average(y, weights=design.weight)
    influence = design.weight * (y - mean) / design.weight.sum()
    everyone = np.ones(len(y), dtype=bool)

    covariance, df = covariance_of(np.array([mean]), influence[:, None], everyone, kind)

    assert np.sqrt(covariance[0, 0]) == pytest.approx(estimate_mean(y, kind).se, rel=0.01)
    assert df == estimate_mean(y, kind).df


def drawn_of(design, draws, seed):
    place, times = draw_wholes(design, draws, seed)
    return times[place]


def test_draws_of_replicate_weights_give_the_error_of_replicate_weights(design, answers):
    kind = jackknifed(design)
    drawn = drawn_of(kind, 800, 1)

    means = [np.average(answers["y"], weights=kind.weight * draw) for draw in drawn.T]

    assert drawn.mean() == pytest.approx(1, abs=0.01)
    assert np.std(means) == pytest.approx(estimate_mean(answers["y"], kind).se, rel=0.08)


def test_bootstrapped_units_give_the_error_of_linearisation(design, answers):
    drawn = drawn_of(design, 800, 1)

    means = [np.average(answers["y"], weights=design.weight * draw) for draw in drawn.T]

    assert drawn.mean() == pytest.approx(1, abs=0.01)
    assert np.std(means) == pytest.approx(estimate_mean(answers["y"], design).se, rel=0.08)


def test_a_marginal_difference_equals_that_of_statsmodels(design, answers):
    X = pd.DataFrame({"d": (answers["group"] == 0).astype(float), "x": answers["x"]})
    y = (answers["y"] > 0).astype(float)
    alike = Design(np.ones(3000), np.arange(3000), np.zeros(3000, dtype=np.intp))

    found = marginal_difference(
        regress(y, X, alike, "logistic"), X.assign(d=1.0), X.assign(d=0.0), alike
    )

    theirs = sm.Logit(y, sm.add_constant(X)).fit(disp=False, cov_type="HC0").get_margeff(dummy=True)
    assert found.value == pytest.approx(theirs.margeff[0], rel=1e-6)
    # Theirs takes the people asked as given; the part that adds is small.
    assert found.se == pytest.approx(theirs.margeff_se[0], rel=0.01)
    assert found.se >= theirs.margeff_se[0]


def test_intervals_cover_the_truth_where_units_differ(rng):
    covered = 0
    for _ in range(400):
        cluster = np.repeat(np.arange(24), 10)
        unit = rng.normal(0, 0.6, 24)
        y = unit[cluster] + rng.standard_normal(240)
        found = estimate_mean(y, Design(np.ones(240), cluster, cluster % 3))
        covered += found.low <= 0 <= found.high

    assert 0.92 <= covered / 400 <= 0.98


def test_weights_count_like_copies(design, answers):
    doubled = Design(np.where(answers["group"] == 0, 2.0, 1.0), design.cluster, design.stratum)
    again = np.concatenate([np.arange(3000), np.flatnonzero(answers["group"] == 0)])
    copied = Design(np.ones(len(again)), design.cluster[again], design.stratum[again])

    weighted = estimate_mean(answers["y"], doubled)
    repeated = estimate_mean(answers["y"].iloc[again], copied)

    assert (weighted.value, weighted.se) == pytest.approx((repeated.value, repeated.se))


def test_the_scale_of_weights_changes_nothing(design, answers):
    larger = Design(design.weight * 1e4, design.cluster, design.stratum)
    X = answers[["x"]]

    pairs = [
        (estimate_mean(answers["y"], d), regress(answers["y"] > 0, X, d, "logistic"))
        for d in (design, larger)
    ]

    assert pairs[0][0].se == pytest.approx(pairs[1][0].se)
    assert pairs[0][1].covariance.to_numpy() == pytest.approx(pairs[1][1].covariance.to_numpy())


def test_a_group_within_one_unit_is_known_from_its_respondents(design, answers):
    inside = design.cluster == 7
    values = np.where(inside, answers["y"], np.nan)

    found = estimate_mean(values, design)
    in_table = estimate_means(values, pd.Series(0.0, index=answers.index), design).iloc[0]

    w, y = design.weight[inside], answers["y"][inside]
    mean = np.average(y, weights=w)
    n = inside.sum()
    expected = np.sqrt(n / (n - 1) * ((w * (y - mean) / w.sum()) ** 2).sum())
    assert found.se == pytest.approx(expected)
    assert found.df == n - 1
    assert in_table["se"] == pytest.approx(expected)
    other = values + np.where(answers["group"] == 0, 1.0, 0.0)
    apart = difference(
        other, (answers["group"] == 0).to_numpy(), (answers["group"] == 1).to_numpy(), design
    )
    assert apart.df == apart.n - 1
    assert apart.se > 0


@pytest.mark.parametrize(("value", "low", "high"), [(0.0, 0.0, 0.1158), (1.0, 0.8842, 1.0)])
def test_the_interval_of_a_share_has_a_width_where_all_are_alike(value, low, high):
    # Clopper-Pearson of 0 and 30 out of 30: [0, .1157] and [.8843, 1].
    alike = Design(np.ones(30), np.arange(30) // 3, np.zeros(30, dtype=np.intp))

    found = estimate_share(np.full(30, value), alike)

    assert (found.low, found.high) == pytest.approx((low, high), abs=2e-4)


def test_a_share_keeps_to_its_bounds_and_to_missing_answers(design, answers):
    rare = np.where(answers["y"] > 3.2, 1.0, 0.0)
    rare[answers["group"] == 2] = np.nan

    found = estimate_share(rare, design)

    assert 0 < found.low < found.value < found.high < 0.1
    assert found.n == (answers["group"] != 2).sum()


def test_nobody_and_one_respondent_are_no_estimate(design):
    nobody, one = np.full(3000, np.nan), np.full(3000, np.nan)
    one[3] = 4.0

    assert np.isnan(estimate_mean(nobody, design).value)
    assert estimate_mean(nobody, design).n == 0
    assert estimate_mean(one, design).value == 4
    assert np.isnan(estimate_mean(one, design).se)
    assert np.isnan(estimate_share(one, design).low)
    assert np.isnan(difference(one, ~np.isnan(one), np.isnan(one), design).value)


def test_one_unit_per_stratum_gives_an_error_but_no_interval(rng):
    lonely = Design(np.ones(400), np.repeat(np.arange(4), 100), np.repeat(np.arange(4), 100))

    found = estimate_mean(rng.standard_normal(400), lonely)

    assert found.se > 0
    assert found.df == 0
    assert np.isnan(found.low)
    assert np.isnan(found.p)


def test_a_column_that_others_determine_is_left_out(design, answers):
    X = answers[["x", "z"]]
    twice = X.assign(same=2 * X["x"] - X["z"] + 1, constant=3.0)

    plain, fitted = regress(answers["y"], X, design), regress(answers["y"], twice, design)

    assert fitted.table.loc[["same", "constant"], "estimate"].isna().all()
    assert fitted.table.loc["x"].tolist() == pytest.approx(plain.table.loc["x"].tolist())
    assert fitted.predict(twice) == pytest.approx(plain.predict(X))
    assert np.isnan(combine(fitted, {"same": 1.0}).value)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (lambda a: (a["x"] > 0).astype(float), "separated"),
        (lambda a: pd.Series(1.0, index=a.index), "one answer"),
        (lambda a: a["y"].where(a.index < 2), "too few"),
        (lambda a: a["y"] * np.nan, "too few"),
    ],
)
def test_a_regression_that_cannot_be_says_why(design, answers, outcome, reason):
    X = answers[["x", "z"]]

    fitted = regress(outcome(answers), X, design, "logistic")

    assert fitted.reason == reason
    assert fitted.table.isna().all(axis=None)
    assert np.isnan(fitted.predict(X)).all()
    assert np.isnan(marginal_difference(fitted, X, X, design).value)
    assert np.isnan(combine(fitted, {"x": 1.0}).value)


def test_missing_answers_are_outside_the_regression(design, answers):
    holed = answers["x"].mask(answers["group"] == 1)
    outcome = answers["y"].mask(answers["group"] == 2)

    fitted = regress(outcome, pd.DataFrame({"x": holed}), design)
    alone = regress(
        answers["y"].where(answers["group"] == 0), pd.DataFrame({"x": answers["x"]}), design
    )

    assert fitted.n == (answers["group"] == 0).sum()
    assert fitted.table.to_numpy() == pytest.approx(alone.table.to_numpy())


def test_a_coefficient_that_is_not_there_cannot_be_combined(design, answers):
    with pytest.raises(KeyError, match="no coefficients of leeftijd"):
        combine(regress(answers["y"], answers[["x"]], design), {"leeftijd": 1.0})


def test_adjusted_p_values_equal_hand_computed_ones():
    p = [0.01, np.nan, 0.02, 0.04]

    assert adjust(p, "holm") == pytest.approx([0.03, np.nan, 0.04, 0.04], nan_ok=True)
    assert adjust(p, "bh") == pytest.approx([0.03, np.nan, 0.03, 0.04], nan_ok=True)
    assert np.isnan(adjust([np.nan], "bh")).all()


def responses(units, sectors, size=4):
    return pd.DataFrame(
        {
            "sector": pd.Categorical(np.repeat(sectors, size)),
            "organisatie": pd.Categorical(np.repeat(units, size)),
            "weight": 1.0,
        }
    )


def test_a_design_takes_units_and_strata_from_the_codebook():
    units = [f"O{i}" for i in range(6)]

    found = read_design(responses(units, ["rijk", "rijk", "rijk", "gem", "gem", "gem"]), SMALL)

    assert len(np.unique(found.cluster)) == 6
    assert len(np.unique(found.stratum)) == 2


def test_a_code_that_two_sectors_use_means_two_units():
    found = read_design(responses(["O1", "O2", "O3"] * 2, ["a"] * 3 + ["b"] * 3), SMALL)

    assert len(np.unique(found.cluster)) == 6


def test_a_response_without_sector_belongs_to_that_of_its_colleagues():
    frame = responses([f"O{i}" for i in range(6)], ["a"] * 3 + ["b"] * 3)
    frame.loc[0, "sector"] = np.nan

    found = read_design(frame, SMALL)

    assert found.stratum[0] == found.stratum[1]
    assert found.cluster[0] == found.cluster[1]


def test_a_survey_of_one_unit_is_one_of_its_respondents():
    found = read_design(responses(["O1"], ["a"], size=50), SMALL)

    assert len(np.unique(found.cluster)) == 50


def test_a_bootstrap_of_one_unit_draws_respondents(rng):
    alone = Design(np.ones(50), np.zeros(50, dtype=np.intp), np.zeros(50, dtype=np.intp))

    drawn = drawn_of(alone, 100, 1)

    assert drawn.std(axis=1).min() > 0
    assert drawn.mean() == pytest.approx(1)


def test_units_that_are_alone_in_their_stratum_are_drawn_together():
    unit = np.repeat(np.arange(4), 5)

    drawn = drawn_of(Design(np.ones(20), unit, unit), 200, 1)

    assert drawn[::5].std(axis=1).min() > 0
    assert drawn.sum(axis=0) == pytest.approx(20)


def test_a_part_of_a_design_keeps_its_replicates(design):
    whole = jackknifed(design)

    part = whole.take(np.arange(3000) % 2 == 0)

    assert part.replicates.shape == (1500, 60)
    assert part.weight.tolist() == whole.weight[::2].tolist()


def test_a_file_with_replicate_weights_tells_its_own_error(tmp_path, rng):
    weighted = (Path(__file__).parents[1] / "assets" / "small.toml").read_text()
    (tmp_path / "s.toml").write_text(
        weighted + 'equalise = "sector"\nreplicates = "jk"\nreplicate_scale = 0.9875\n'
    )
    codebook = load_codebook(tmp_path / "s.toml")
    frame = survey_file(rng)
    frame.to_csv(tmp_path / "s.csv", index=False)

    intake = read_survey(tmp_path / "s.csv", codebook, Settings().intake)
    design = read_design(intake.responses, codebook)

    # By hand: each replicate gives both sectors the same total, as the weight does.
    def mean(weight):
        sectors = frame.assign(w=weight, wy=weight * frame["veilig_1"]).groupby("sector")
        return (sectors["wy"].sum() / sectors["w"].sum()).mean()

    shifts = [mean(frame[f"jk{r}"]) - mean(frame["gewicht"]) for r in range(1, 81)]
    found = estimate_mean(intake.responses["veilig_1"], design)
    assert found.value == pytest.approx(mean(frame["gewicht"]))
    assert found.se == pytest.approx(np.sqrt(0.9875 * np.square(shifts).sum()))
    assert found.df == 79
    assert not [text for text in said(intake.remarks) if "not in the codebook" in text]


def test_a_file_without_the_replicate_weights_of_its_codebook_is_told(tmp_path, rng):
    weighted = (Path(__file__).parents[1] / "assets" / "small.toml").read_text()
    (tmp_path / "s.toml").write_text(weighted + 'replicates = "jk"\n')
    survey_file(rng).filter(regex="^(?!jk)").to_csv(tmp_path / "s.csv", index=False)
    codebook = load_codebook(tmp_path / "s.toml")

    intake = read_survey(tmp_path / "s.csv", codebook, Settings().intake)

    assert read_design(intake.responses, codebook).replicates is None
    assert [text for text in said(intake.remarks) if "no replicate weights (jk1" in text]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda f: f.drop(columns=[f"jk{r}" for r in range(2, 81)]),
            "1 replicate weight, named jk1; there must be two or more, or none",
        ),
        (lambda f: f.assign(jk7=0.0), "1 of 80 replicate weights add up to nothing"),
    ],
)
def test_replicate_weights_that_cannot_be_used_are_refused(tmp_path, rng, spoil, message):
    weighted = (Path(__file__).parents[1] / "assets" / "small.toml").read_text()
    (tmp_path / "s.toml").write_text(weighted + 'replicates = "jk"\n')
    spoil(survey_file(rng)).to_csv(tmp_path / "s.csv", index=False)

    with pytest.raises(WeightError, match=message):
        read_survey(tmp_path / "s.csv", load_codebook(tmp_path / "s.toml"), Settings().intake)


def survey_file(rng, rows=400):
    """A file with a jackknife of 80 groups of people."""
    frame = small_survey(rng, rows)
    part = rng.permutation(rows) % 80 + 1
    weight = frame["gewicht"].to_numpy()
    replicates = {f"jk{r}": np.where(part == r, 0, weight * 80 / 79) for r in range(1, 81)}
    return pd.concat([frame, pd.DataFrame(replicates)], axis=1)


def test_a_unit_that_outweighs_all_others_makes_way_for_its_parts(rng):
    place = rng.integers(0, 12, 600)
    responses = pd.DataFrame(
        {
            "sector": "rijk",
            "organisatie": np.char.add("O", place.astype(str)),
            "weight": np.where(place == 0, 200.0, 1.0),
        }
    )

    heavy = read_design(responses, SMALL)
    even = read_design(responses.assign(weight=1.0), SMALL)

    assert len(np.unique(even.cluster)) == 12
    assert len(np.unique(heavy.cluster)) == 600
