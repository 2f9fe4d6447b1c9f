"""Evaluation: intervals of whole units, small groups never alone."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from blijfwijzer.errors import OneClassError, TooFewResponsesError
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import wilson
from blijfwijzer.risk.evaluation import TOO_SMALL, Predictions, evaluate, pool_small, to_metrics
from blijfwijzer.risk.splits import PERSON, split_by_unit, units_apart
from blijfwijzer.runs.training import review as train_review
from blijfwijzer.settings import EvaluationSettings, Settings

QUICK = EvaluationSettings(bootstraps=60)


@pytest.fixture
def survey(rng):
    rows = 1500
    risk = rng.beta(2, 6, rows)
    return {
        "values": (rng.random(rows) < risk).astype(float),
        "risk": risk,
        "weight": rng.uniform(0.5, 2, rows),
        "units": pd.Series(rng.integers(0, 30, rows).astype(str), name="unit"),
        "groups": {"age": pd.Series(rng.choice(["a", "b", "c"], rows, p=[0.6, 0.395, 0.005]))},
    }


def evaluated(survey, seed=0, settings=QUICK):
    design = Design.of_units(survey["weight"], survey["units"])
    predictions = Predictions(survey["values"], survey["risk"], design)
    return evaluate(predictions, survey["units"], survey["groups"], settings, seed)


def test_intervals_hold_the_value(survey):
    overall = evaluated(survey).overall.drop(index="ece")

    assert (overall["low"] <= overall["value"]).all()
    assert (overall["value"] <= overall["high"]).all()


def test_the_same_seed_gives_the_same_intervals(survey):
    first = evaluated(survey, 3).overall
    again = evaluated(survey, 3).overall

    pd.testing.assert_frame_equal(first, again)


def test_intervals_of_alike_colleagues_are_wider(rng):
    units = pd.Series(np.repeat(np.arange(40), 30).astype(str), name="unit")
    rate = np.repeat(rng.beta(1, 1, 40), 30)
    values = (rng.random(1200) < rate).astype(float)
    risk, weight = np.full(1200, 0.5), np.ones(1200)
    alone = pd.Series(np.arange(1200).astype(str), name="unit")
    whole = {"values": values, "risk": risk, "weight": weight, "groups": {}}

    def width(by):
        row = evaluated(whole | {"units": by}).overall.loc["calibration_intercept"]
        return row["high"] - row["low"]

    assert width(units) > 1.5 * width(alone)


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ({"a": 50, "b": 10}, {"a", "b"}),
        ({"a": 50, "b": 9}, {TOO_SMALL}),
        ({"a": 50, "b": 20, "c": 9}, {"a", TOO_SMALL}),
        ({"a": 50, "b": 6, "c": 6}, {"a", TOO_SMALL}),
    ],
)
def test_a_small_group_is_never_alone(sizes, shown):
    group = pd.Series([name for name, size in sizes.items() for _ in range(size)])

    pooled = pool_small(group, 10)

    assert set(pooled) == shown
    assert pooled.value_counts().min() >= 10


def test_no_table_holds_fewer_than_ten(survey):
    found = evaluated(survey)

    assert found.by_group["n"].min() >= 10
    assert found.by_unit["n"].min() >= 10
    assert found.calibration["n"].min() >= 10
    assert len(found.curves) <= 110


def test_curves_of_two_trainings_are_ten_people_apart(survey):
    """By steps of 10 and of 11 people one knew what the eleventh had, and by 5 what five had."""
    few = {name: own[:495] for name, own in survey.items() if name != "groups"}
    few |= {"weight": np.ones(495), "risk": few["risk"].round(2), "groups": {}}
    curves = [
        evaluated(few, settings=EvaluationSettings(bootstraps=50, minimum_group=least)).curves
        for least in (5, 7, 10, 11, 13, 17, 30)
    ]

    places = {int(round(495 * share)) for curve in curves for share in curve["selected"]}

    assert np.diff(sorted(places)).min() >= 10
    assert len(places) > 20


def test_an_error_of_calibration_has_no_interval(survey):
    assert evaluated(survey).overall.loc["ece", ["low", "high"]].isna().all()


def test_a_slope_is_judged_by_the_interval_that_is_told(survey):
    """Risks that are drawn apart are off; those that chance alone moves are not."""
    margin = np.log(survey["risk"] / (1 - survey["risk"]))
    extreme = survey | {"risk": 1 / (1 + np.exp(-2 * margin))}

    off, good = evaluated(extreme), evaluated(survey)

    assert (off.verdict, good.verdict) == ("off", "")
    assert off.overall.loc["calibration_slope", "high"] < 1
    assert good.overall.loc["calibration_slope", "low"] < 1


def test_whole_units_are_counted(survey):
    survey["units"] = pd.Series(np.arange(1500) % 19, name="unit")

    assert evaluated(survey).units == 19


def test_few_units_give_no_interval(survey):
    survey["units"] = pd.Series(["a", "b"] * 750, name="unit")

    assert evaluated(survey).overall["low"].isna().all()


def test_the_interval_of_a_rate_is_wilsons():
    low, high = wilson(np.array([0.2]), np.array([50.0]))

    assert (low[0], high[0]) == pytest.approx(proportion_confint(10, 50, method="wilson"))


def test_metrics_are_plain_and_complete(survey):
    metrics = to_metrics(evaluated(survey))

    assert set(metrics["overall"]["log_loss"]) == {"value", "low", "high"}
    assert metrics["rows"] == 1500
    assert metrics["by_group"][0].keys() >= {"attribute", "group", "metric", "n", "effective_n"}


def test_no_unit_is_in_two_parts(survey):
    for train, test in split_by_unit(survey["values"], survey["units"], 5, 0):
        assert not set(survey["units"].iloc[train]) & set(survey["units"].iloc[test])


def test_another_seed_gives_other_folds_about_as_large_and_as_often_positive(survey):
    values, units = survey["values"], survey["units"]
    first, other = (split_by_unit(values, units, 5, seed) for seed in (0, 1))

    together = [
        set(map(frozenset, (units.iloc[test] for _, test in one))) for one in (first, other)
    ]
    assert len(together[0] & together[1]) <= 1
    for _, test in (*first, *other):
        assert len(test) == pytest.approx(300, rel=0.25)
        assert values[test].mean() == pytest.approx(values.mean(), abs=0.05)


def test_too_few_units_are_refused(survey):
    with pytest.raises(TooFewResponsesError, match="2 units for 5 folds"):
        split_by_unit(survey["values"], pd.Series(["a", "b"] * 750, name="unit"), 5, 0)


def test_a_fold_of_one_outcome_is_refused():
    values = np.repeat([1.0, 0.0], [8, 92])
    units = pd.Series(np.repeat(np.arange(10), 10).astype(str), name="unit")

    with pytest.raises(OneClassError, match="one outcome only"):
        split_by_unit(values, units, 5, 0)
    with pytest.raises(OneClassError, match="only 2 responses"):
        split_by_unit(np.repeat([1.0, 0.0], [2, 98]), units, 5, 0)


def test_where_all_work_in_one_organisation_folds_keep_smaller_units_whole(rng):
    responses = pd.DataFrame(
        {
            "organisatie": "A",
            "afdeling": rng.choice(["x", "y"], 600),
            "team": rng.choice(["1", "2", "3", None], 600),
        }
    )
    levels = ("organisatie", "afdeling", "team")

    units = units_apart(responses, levels, 5)

    assert units.name == "team"
    assert units.nunique() == 8
    of_path = responses.fillna("?").agg("/".join, axis=1)
    assert of_path.groupby(units).nunique().max() == 1
    values = rng.integers(0, 2, 600).astype(float)
    for fit, predict in split_by_unit(values, units, 5, 0):
        assert not set(units[fit]) & set(units[predict])
    assert units_apart(responses, levels, 2).name == "afdeling"


def test_folds_keep_people_apart_only_where_there_are_no_units(rng):
    responses = pd.DataFrame({"organisatie": "A", "afdeling": rng.choice(["x", "y"], 100)})

    people = units_apart(responses, ("organisatie", "afdeling"), 5)

    assert people.name == PERSON
    assert people.is_unique
    few = responses.assign(organisatie=rng.choice(["A", "B", "C"], 100))
    assert units_apart(few, ("organisatie", "afdeling"), 5).name == "organisatie"


def test_a_training_measures_groups_of_no_fewer_than_are_promised(monkeypatch):
    """A curve by steps of five told how many of the five most at risk want to leave."""
    seen = list[EvaluationSettings]()
    monkeypatch.setattr(train_review, "evaluate", lambda *asked: seen.append(asked[3]))
    monkeypatch.setattr(train_review, "protect_evaluation", lambda *_, **_more: None)
    monkeypatch.setattr(train_review, "is_constant", lambda _: False)
    settings = Settings(evaluation=EvaluationSettings(minimum_group=5))
    fitted = SimpleNamespace(
        made_from=SimpleNamespace(units=None, known=None),
        predictions=None,
        selection=SimpleNamespace(champion=None),
    )
    breakdown = SimpleNamespace(among=lambda _: {}, units=frozenset())

    train_review.evaluate_fitted(fitted, breakdown, settings)

    assert [told.minimum_group for told in seen] == [settings.disclosure.minimum] == [10]
