"""Models: one weight through every step, the same bytes each time, nothing pickled."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from blijfwijzer.checks.models import find_too_good
from blijfwijzer.drivers.contributions import centre, contribute, refuse_gap, roll_up
from blijfwijzer.errors import ContributionGapError, LeakError
from blijfwijzer.estimation.design import Design
from blijfwijzer.publish.language.catalogue import PARTS
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.tables.review_tables import tell_candidates
from blijfwijzer.risk.boosting import Boosting, first_trees, grow_trees, tree_margin
from blijfwijzer.risk.calibration import estimate_slope, fit_calibrator, judge_slope
from blijfwijzer.risk.coded import Coded
from blijfwijzer.risk.evaluation import finest_step
from blijfwijzer.risk.features import Schema
from blijfwijzer.risk.leaks import refuse_twins, screen_features
from blijfwijzer.risk.linear import (
    fit_linear,
    fit_linear_by_codes,
    linear_contributions,
    linear_from_json,
    linear_margin,
    linear_to_json,
)
from blijfwijzer.risk.metrics import recalibrate
from blijfwijzer.risk.model import (
    Calibrator,
    calibrate,
    model_from_json,
    model_to_json,
    predict_risk,
)
from blijfwijzer.risk.protection import protect_means, protect_selection
from blijfwijzer.risk.selection import choose_without
from blijfwijzer.risk.splits import split_by_unit
from blijfwijzer.risk.task import Task
from blijfwijzer.settings import ModelSettings
from shared_models import SCHEMA, make_survey, select

NAMES = SCHEMA.names
# Without drawing rows and with leaves that weights can fill, weights and copies are one.
EXACT = Boosting(row_share=1.0, minimum_leaf=1, column_share=1.0, node_share=1.0)


@pytest.fixture
def survey(rng):
    return make_survey(rng, 1200)


def copies(frame, values, weight):
    """Rows repeated as often as they weigh."""
    order = np.repeat(np.arange(len(frame)), weight.astype(int))
    return frame.iloc[order].reset_index(drop=True), values[order], np.ones(len(order))


def test_the_linear_part_equals_scikit_learn(survey):
    frame, values, weight, _ = survey
    linear = fit_linear(frame, SCHEMA, ["mean", "b"], values, weight, 0.1)
    X = frame[["mean", "b"]].to_numpy()
    mean = np.average(X, axis=0, weights=weight)
    spread = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weight))
    reference = LogisticRegression(C=0.1, tol=1e-8).fit((X - mean) / spread, values, weight)

    margin = linear_margin(linear, frame)

    np.testing.assert_allclose(margin, reference.decision_function((X - mean) / spread), atol=1e-4)


def test_linear_contributions_add_up_and_average_to_nothing(survey):
    frame, values, weight, _ = survey
    linear = fit_linear(frame, SCHEMA, NAMES, values, weight, 0.1)

    parts = linear_contributions(linear, frame)

    np.testing.assert_allclose(parts.sum(axis=1) + linear.intercept, linear_margin(linear, frame))
    np.testing.assert_allclose(np.average(parts, axis=0, weights=weight), 0, atol=1e-9)


def test_a_linear_part_survives_json(survey):
    frame, values, weight, _ = survey
    linear = fit_linear(frame, SCHEMA, NAMES, values, weight, 0.1)

    again = linear_from_json(json.loads(json.dumps(linear_to_json(linear), allow_nan=False)))

    np.testing.assert_array_equal(linear_margin(linear, frame), linear_margin(again, frame))


@pytest.mark.parametrize(("people", "told"), [(9, False), (10, True)])
def test_no_term_tells_of_fewer_than_ten_who_did_not_answer(survey, people, told):
    frame, values, weight, _ = survey
    frame = frame.assign(mean=np.where(np.arange(len(frame)) < people, np.nan, 3.0 + values))

    terms = fit_linear(frame, SCHEMA, ["mean"], values, weight, 0.1).terms
    columns = Coded.of((name, frame[name].to_numpy()) for name in frame)
    by_codes = fit_linear_by_codes(columns, SCHEMA, ["mean"], values, weight, 0.1).terms

    assert [repr(t.level) for t in terms] == ["None", "nan"][: 1 + told]
    assert [repr(t.level) for t in by_codes] == ["None", "nan"][: 1 + told]


def test_a_model_of_one_person_less_tells_nothing_that_this_person_answered(survey):
    """By n x mean less (n - 1) x mean, which was the answer itself."""
    frame, values, _, _ = survey
    champion, ones = select(survey, candidates=("logistic",)).champion, np.ones(len(values))

    def means(rows):
        own = frame.iloc[rows], values[rows], ones[rows]
        linear = fit_linear(own[0], SCHEMA, NAMES, own[1], own[2], 0.1)
        return linear, protect_means(replace(champion, linear=linear), own[0], own[2]).linear

    everyone = np.arange(len(frame))
    linear, told = means(everyone)
    others = [means(np.delete(everyone, one))[1] for one in range(40)]

    known = frame.notna().all(axis=1)
    assert known.sum() > 100
    np.testing.assert_allclose(
        linear_margin(told, frame)[known], linear_margin(linear, frame)[known], atol=1e-9
    )
    differ = [
        one.mean != other.mean
        for less in others
        for one, other in zip(told.terms, less.terms, strict=True)
    ]
    assert np.mean(differ) < 0.1


def test_copies_equal_weights_in_the_linear_part(survey):
    frame, values, weight, _ = survey
    weighed = fit_linear(frame, SCHEMA, NAMES, values, weight, 0.1)
    copied = fit_linear(*copies_of(frame, values, weight), 0.1)
    plain = fit_linear(frame, SCHEMA, NAMES, values, np.ones(len(values)), 0.1)

    np.testing.assert_allclose(
        linear_margin(weighed, frame), linear_margin(copied, frame), atol=1e-4
    )
    assert np.abs(linear_margin(weighed, frame) - linear_margin(plain, frame)).max() > 1e-3


def copies_of(frame, values, weight):
    more, outcomes, ones = copies(frame, values, weight)
    return more, SCHEMA, NAMES, outcomes, ones


def test_copies_equal_weights_in_trees(survey):
    frame, values, weight, _ = survey
    numbers = Schema(SCHEMA.features[:3])
    more, outcomes, ones = copies(frame[numbers.names], values, weight)
    frame = frame[numbers.names]

    weighed = grow_trees(frame, numbers, values, weight, None, 30, EXACT)
    copied = grow_trees(more, numbers, outcomes, ones, None, 30, EXACT)
    plain = grow_trees(frame, numbers, values, np.ones(len(values)), None, 30, EXACT)

    np.testing.assert_allclose(tree_margin(weighed, frame), tree_margin(copied, frame), atol=1e-6)
    assert np.abs(tree_margin(weighed, frame) - tree_margin(plain, frame)).max() > 1e-3


def test_a_few_heavy_responses_do_not_make_a_leaf(survey):
    frame, values, weight, _ = survey
    heavy = np.where(np.arange(len(weight)) % 40 == 0, 30.0, 0.2)
    whole = Boosting(column_share=1.0, node_share=1.0)
    trees = grow_trees(frame, SCHEMA, values, heavy, None, 60, whole)

    counts = [int(n) for line in re.findall(r"leaf_count=(.*)", trees) for n in line.split()]

    assert len(counts) > 100
    assert min(counts) >= 10


def test_copies_equal_weights_in_calibration(survey):
    frame, values, weight, _ = survey
    margin = -(frame["mean"].to_numpy() - 2)
    more, outcomes, ones = copies(frame.assign(margin=margin), values, weight)

    weighed = fit_calibrator(values, margin, weight)
    copied = fit_calibrator(outcomes, more["margin"].to_numpy(), ones)
    plain = fit_calibrator(values, margin, np.ones(len(values)))

    assert weighed.slope == pytest.approx(copied.slope)
    assert weighed.intercept == pytest.approx(copied.intercept)
    assert weighed != plain


def test_dropping_the_weights_changes_every_candidate(survey):
    frame, values, weight, units = survey
    weighed = select(survey)
    plain = select((frame, values, np.ones(len(values)), units))

    for name in weighed.out_of_fold:
        assert np.abs(weighed.out_of_fold[name] - plain.out_of_fold[name]).max() > 1e-4, name


def test_the_same_input_gives_the_same_bytes_on_one_thread_or_two(survey):
    one, two = select(survey, threads=1).champion, select(survey, threads=2).champion

    assert one.trees == two.trees
    assert json.dumps(model_to_json(one)) == json.dumps(model_to_json(two))


def test_a_model_survives_being_written_to_the_bit(survey):
    frame = survey[0]
    model = select(survey, candidates=("trees",)).champion

    again = model_from_json(json.loads(json.dumps(model_to_json(model))), model.trees)

    np.testing.assert_array_equal(predict_risk(model, frame), predict_risk(again, frame))


def test_the_champion_is_the_simplest_within_one_standard_error(survey):
    scores = select(survey).scores

    good = scores["above_best"] <= scores["standard_error"]
    assert scores["is_champion"].tolist().index(True) == good.tolist().index(True)
    assert scores["is_champion"].sum() == 1
    assert list(scores.index) == ["prevalence", "logistic", "additive", "trees"]


def with_scale(survey):
    """The survey, with an item `a` that is said to be part of the scale `mean`."""
    features = [replace(f, scale="mean") if f.name == "a" else f for f in SCHEMA.features]
    return survey, Schema(tuple(features))


def test_the_regression_sees_each_item_that_no_scale_stands_for(survey, rng):
    frame, values, weight, units = survey
    of_b = (frame["b"].to_numpy() > 3) == (rng.random(len(values)) < 0.8)
    scores = select((frame, of_b.astype(float), weight, units)).scores

    assert scores["log_loss"]["logistic"] < scores["log_loss"]["prevalence"] - 0.05


def test_a_regression_on_all_items_is_a_rival_where_a_scale_stands_for_some(survey):
    own, schema = with_scale(survey)

    for name, seen in (("logistic", {"mean", "b", "sort"}), ("items", {"a", "b", "sort"})):
        champion = select(own, schema=schema, candidates=(name,)).champion
        assert {term.feature for term in champion.linear.terms} == seen
    assert "items" not in select(own, candidates=("logistic", "items")).scores.index


def test_a_best_setting_at_the_edge_of_what_was_tried_is_told(survey, rng):
    frame, _, weight, units = survey
    noise = rng.integers(0, 2, len(frame)).astype(float)
    scores = select((frame, noise, weight, units), candidates=("logistic",)).scores

    assert scores.loc["logistic", "variant"] == "C=1e-05"
    assert scores.loc["logistic", "setting"] == 1e-05
    assert scores.loc["logistic", "is_at_edge"]


def test_a_weaker_penalty_is_tried_only_where_the_weakest_was_best(survey, rng):
    frame, _, weight, units = survey
    clear = (frame.iloc[:, 0] > frame.iloc[:, 0].median()).to_numpy(dtype=float)
    noise = rng.integers(0, 2, len(frame)).astype(float)

    of_clear, of_noise = (
        select((frame, values, weight, units), candidates=("logistic",)).tuning
        for values in (clear, noise)
    )

    assert of_clear["setting"].max() == 1.0
    assert of_clear.loc[of_clear["is_chosen"], "setting"].tolist() == [1.0]
    assert of_noise["setting"].max() == 0.1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "nl",
            [
                ("voor iedereen hetzelfde risico", "niets in te stellen"),
                ("regressie op schalen", "C = 0,00001"),
                ("een som van bomen, elk op één vraag", "100 bomen"),
            ],
        ),
        (
            "en",
            [
                ("the same risk for everyone", "nothing to set"),
                ("regression on scales", "C = 0.00001"),
                ("a sum of trees, each on one question", "100 trees"),
            ],
        ),
    ],
)
def test_candidates_and_their_settings_are_named_in_the_language_of_the_page(language, words):
    kinds = {"prevalence": np.nan, "logistic": 1e-05, "additive": 100.0}

    told = tell_candidates(pd.DataFrame({"setting": kinds}).rename_axis("candidate"))

    pairs = zip(told["candidate"], told["variant"], strict=True)
    assert [(write(kind, language), write(how, language)) for kind, how in pairs] == words


def test_each_candidate_has_a_name():
    assert set(PARTS["candidate"]) == set(ModelSettings().candidates)


def test_a_margin_three_times_as_large_has_a_third_of_the_slope_and_is_off(survey):
    frame, values, weight, units = survey
    design = Design.of_units(weight, units)
    margin = -0.8 * (frame["mean"].to_numpy() - 3) - 1
    near, far = (estimate_slope(values, part * margin, design) for part in (1.0, 3.0))

    assert judge_slope(far) == "off"
    assert far.high < 1
    assert far.value == pytest.approx(near.value / 3)


def test_the_error_of_a_slope_is_that_of_leaving_out_each_unit(survey):
    frame, values, weight, units = survey
    margin = -0.8 * (frame["mean"].to_numpy() - 3) - 1
    slopes = np.array(
        [
            recalibrate(values[rest], margin[rest], weight[rest])[1]
            for rest in ((units != unit).to_numpy() for unit in units.unique())
        ]
    )
    by_hand = np.sqrt((len(slopes) - 1) / len(slopes) * ((slopes - slopes.mean()) ** 2).sum())

    found = estimate_slope(values, margin, Design.of_units(weight, units))

    assert found.se == pytest.approx(by_hand, rel=0.02)


def test_what_decides_between_candidates_is_told_and_adds_up(survey):
    """Two decimals told a price of .0045 as nothing."""
    selection, weight = select(survey), survey[2]

    told = protect_selection(selection, weight)

    exact, scores = selection.scores, told.scores
    apart = exact["above_best"] > 0
    assert (scores["standard_error"][apart] > 0).all()
    gap = (scores["above_best"] - exact["above_best"]).abs()
    assert (gap <= exact["standard_error"].clip(lower=0.002)).all()
    champion = selection.champion.kind
    assert told.price == scores["above_best"][champion]
    np.testing.assert_allclose(
        scores["log_loss"] - scores["log_loss"][champion],
        scores["above_best"] - scores["above_best"][champion],
        atol=1e-8,
    )


def test_one_response_hardly_moves_what_is_told():
    """Whatever it answered: a step is twice what it can add."""
    for influence in (0.00013, 0.0012, 0.0049):
        assert 2 * influence <= finest_step(influence) <= 5 * influence
    assert finest_step(1e-9, 0.0034) == 0.001


def test_a_shuffled_label_is_predicted_no_better_than_by_its_rate(survey, rng):
    frame, values, weight, units = survey
    gains = []
    for _ in range(4):
        scores = select((frame, rng.permutation(values), weight, units)).scores["log_loss"]
        gains.append(scores["prevalence"] - scores.drop("prevalence"))

    # One shuffle can be lucky; their mean must not be. The true label gains more than .05.
    assert (pd.concat(gains, axis=1).mean(axis=1) < 0.002).all()
    true = select(survey).scores["log_loss"]
    assert true["prevalence"] - true["trees"] > 0.05


def test_the_additive_candidate_is_a_sum_of_curves(survey):
    frame = survey[0]
    model = select(survey, candidates=("additive",)).champion
    margins = contribute(replace(model, calibrator=Calibrator(0.0, 1e-6)), frame).values * 4e6

    for level in range(1, 6):
        same = (frame["b"] == level).to_numpy()
        assert np.ptp(margins["b"][same]) < 1e-3


def test_contributions_add_up_to_the_calibrated_risk(survey):
    frame = survey[0]
    champion = select(survey, candidates=("trees",)).champion
    model = replace(champion, calibrator=Calibrator(-0.3, 1.4))

    found = contribute(model, frame)

    np.testing.assert_allclose(
        found.base + found.values.sum(axis=1), predict_risk(model, frame), atol=1e-12
    )
    assert found.largest_gap < 1e-12
    rolled = roll_up(found.values, SCHEMA, "construct")
    np.testing.assert_allclose(rolled["cultuur"], found.risk - found.base, atol=1e-12)


def test_a_response_like_the_average_has_no_contributions(survey):
    frame, values, weight, _ = survey
    linear = fit_linear(frame, SCHEMA, ["mean"], values, weight, 0.1)
    model = replace(select(survey, candidates=("logistic",)).champion, linear=linear, trees="")
    average = frame.iloc[:1].assign(mean=linear.terms[0].mean)

    assert contribute(model, average).values.abs().to_numpy().max() < 1e-12


@pytest.mark.parametrize("candidate", ["logistic", "trees"])
def test_contributions_start_at_the_weighted_mean_risk(survey, candidate):
    """So that those of the average response are none, of each feature and of all together."""
    frame, _, weight, _ = survey
    champion = select(survey, candidates=(candidate,)).champion
    plain = contribute(champion, frame)

    found = contribute(centre(champion, frame, weight), frame)

    risk = predict_risk(champion, frame)
    assert found.base == pytest.approx(np.average(risk, weights=weight), abs=1e-12)
    assert abs(found.base - plain.base) > 1e-4
    np.testing.assert_allclose(np.average(found.values, axis=0, weights=weight), 0, atol=1e-12)
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), risk, rtol=0, atol=1e-9)
    # What tells responses apart stays as it was.
    np.testing.assert_allclose(found.values.diff()[1:], plain.values.diff()[1:], atol=1e-12)


def test_a_centred_model_is_written_and_read_with_its_start(survey):
    frame, _, weight, _ = survey
    model = centre(select(survey, candidates=("trees",)).champion, frame, weight)

    written = json.loads(json.dumps(model_to_json(model)))
    assert model_from_json(written, model.trees).centre == model.centre != {}


def test_a_gap_stops_the_run(survey):
    found = contribute(select(survey, candidates=("logistic",)).champion, survey[0])

    with pytest.raises(ContributionGapError, match="do not explain"):
        refuse_gap(replace(found, largest_gap=2e-5), 1e-5, "leaving")


def test_calibration_keeps_probabilities_inside_their_bounds():
    risk = calibrate(Calibrator(0.0, 1.0), np.array([-1e6, 0.0, 1e6]))

    assert risk.tolist()[1] == 0.5
    assert (risk > 0).all()
    assert (risk <= 1).all()


def test_fewer_rounds_are_the_first_trees(survey):
    frame, values, weight, _ = survey
    trees = grow_trees(frame, SCHEMA, values, weight, None, 20, Boosting())

    np.testing.assert_array_equal(
        tree_margin(trees, frame, 7), tree_margin(first_trees(trees, 7), frame)
    )


def test_a_planted_twin_is_refused_by_name(survey):
    frame, values, weight, units = survey
    twin = frame.assign(b=np.where(values == 1, 4.0, 2.0))
    folds = split_by_unit(values, units, 5, 0)

    single = screen_features(twin, SCHEMA, values, weight, folds)

    with pytest.raises(LeakError, match=r"b \(AUC 1.000"):
        refuse_twins(single, "leaving")


def test_a_nominal_twin_is_refused_too(survey):
    frame, values, weight, units = survey
    twin = frame.assign(sort=values)

    single = screen_features(twin, SCHEMA, values, weight, split_by_unit(values, units, 5, 0))

    with pytest.raises(LeakError, match="sort"):
        refuse_twins(single, "leaving")


def test_the_champion_is_chosen_again_without_each_fold(rng):
    survey = make_survey(rng, 1200)
    frame, values, weight, units = survey
    folds = split_by_unit(values, units, 5, 0)
    design, settings = Design.of_units(weight, units), ModelSettings()
    task = Task("leaving", {}, frame, SCHEMA, values, design, folds, settings)
    p, worst = np.where(values == 1, 0.6, 0.2), np.full(len(values), 0.5)
    # The second is best but for one fold, on which it is much worse than the first.
    second = p.copy()
    second[folds[2][1]] = 1 - p[folds[2][1]]
    risks = {"first": np.clip(p + 0.15 * (1 - 2 * values), 0, 1), "second": second, "third": worst}

    chosen = choose_without(risks, task)

    def again(kept):
        """The simplest within one standard error of the best, by a frame of losses by fold."""
        tests = [folds[place][1] for place in kept]
        rows = np.concatenate(tests)
        loss = {n: -np.log(np.where(values == 1, r, 1 - r)) for n, r in risks.items()}
        mean = {n: np.average(one[rows], weights=weight[rows]) for n, one in loss.items()}
        best = min(mean, key=mean.get)
        for name, one in loss.items():
            gap = one - loss[best]
            by_fold = [np.average(gap[t], weights=weight[t]) for t in tests]
            if mean[name] - mean[best] <= np.std(by_fold, ddof=1) / np.sqrt(len(tests)):
                return name
        raise AssertionError("the best is within its own error")

    assert chosen == tuple(again([i for i in range(5) if i != out]) for out in range(5))
    assert len(set(chosen)) == 2
    assert choose_without(risks, replace(task, folds=folds[:2])) == ()


def test_a_model_that_is_too_good_names_its_strongest_features(survey):
    frame, values, weight, units = survey
    single = screen_features(frame, SCHEMA, values, weight, split_by_unit(values, units, 5, 0))

    refuse_twins(single, "leaving")
    assert list(find_too_good(0.85, 0.85, single, "leaving", {})) == []
    (told,) = find_too_good(0.86, 0.85, single, "leaving", {})
    text = write(told, "en")
    assert "leaving: an AUC of 0.860 is above the plausible ceiling of 0.85" in text
    assert "mean (" in text
