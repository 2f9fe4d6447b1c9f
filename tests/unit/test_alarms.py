"""Whether a model still holds: what alarms, what is expected, and what is advised."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss, roc_auc_score

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.reliability import estimate_item_rest
from blijfwijzer.publish.pages.monitor_page import order_groups, shift_by_rate
from blijfwijzer.risk.evaluation import TOO_SMALL, Predictions
from blijfwijzer.risk.metrics import measure, rank
from blijfwijzer.risk.monitoring import (
    COLUMNS,
    DIVIDED,
    FALSE_ALARMS,
    Groups,
    advise,
    expect,
    remain,
    sound,
    take_groups,
    turned_items,
    watch_calibration,
)
from blijfwijzer.risk.shifts import estimate_shifts, remember
from blijfwijzer.risk.waves import give_back_mix
from blijfwijzer.survey.codebook import load_codebook


def wave(rng, shift=0.0, between=0.0, units=60, people=100):
    """Answers of people in units; those of the second half of the units are higher by a shift."""
    unit = np.repeat(np.arange(units), people)
    margin = -1.2 + rng.standard_normal(len(unit))
    half = (unit >= units // 2).astype(np.intp)
    truth = margin + between * rng.standard_normal(units)[unit] + shift * half
    values = (rng.random(len(unit)) < expit(truth)).astype(float)
    design = Design.of_units(np.ones(len(unit)), pd.Series(unit))
    return Predictions(values, expit(margin), design), half


def looked_at(**rows):
    """Rows as `watch_calibration` and `watch_item` give them."""
    made = pd.DataFrame([{"part": name.rstrip("_"), **row} for name, row in rows.items()])
    return made.reindex(columns=COLUMNS)


def test_a_shift_of_half_the_units_is_found_where_it_is(rng):
    predictions, half = wave(rng, shift=0.5, between=0.2)

    found = estimate_shifts(predictions, half, 2)

    apart = (found["value"] - [0.0, 0.5]) / found["se"]
    assert (apart.abs() < 3).all()
    assert (found["se"] < 0.1).all()


def test_units_that_differ_make_a_shift_less_sure(rng):
    alike, half = wave(rng)
    apart, _ = wave(rng, between=0.5)

    few, many = (estimate_shifts(one, half, 2)["se"].mean() for one in (alike, apart))

    # 30 units of a group with a standard deviation of .5 leave .5 / sqrt(30) beside chance.
    assert many == pytest.approx(np.hypot(few, 0.5 / np.sqrt(30)), rel=0.2)


def test_weights_twice_as_large_change_no_shift(rng):
    predictions, half = wave(rng, between=0.2)
    heavy = replace(predictions.design, weight=2 * predictions.design.weight)

    twice = estimate_shifts(replace(predictions, design=heavy), half, 2)

    assert np.allclose(twice, estimate_shifts(predictions, half, 2))


def test_a_group_without_people_is_not_known(rng):
    predictions, half = wave(rng)

    assert estimate_shifts(predictions, half, 3)["value"].isna().tolist() == [False, False, True]


def test_what_a_training_measured_is_kept_as_far_as_it_was_no_chance():
    value = np.array([0.5, -0.5, 0.4, -0.4, 0.5, -0.5])

    sure = remember(value, value - 0.02, value + 0.02)
    chance = remember(value / 10, value / 10 - 0.5, value / 10 + 0.5)

    assert np.allclose(sure.value, value, atol=0.01)
    assert np.abs(chance.value).max() < 0.01
    assert (sure.se < 0.02).all() and (chance.se > sure.se).all()


def test_of_a_group_that_was_not_measured_the_others_tell():
    apart = np.array([0.5, -0.5, 0.5, -0.5, np.nan])
    alike = np.array([0.0, 0.0, 0.0, 0.0, np.nan])

    far, near = (remember(v, v - 0.05, v + 0.05) for v in (apart, alike))

    assert far.value[4] == near.value[4] == 0
    assert far.se[4] > 2 * near.se[4]


def test_expected_measures_are_those_of_risks_that_are_right(rng):
    predictions, _ = wave(rng, people=400)
    both = expect(predictions)

    ranked = rank(both.values, both.risk)
    found = measure(ranked, both.design.weight[ranked.order], ("log_loss", "roc_auc"))

    risk = predictions.risk
    entropy = -(risk * np.log(risk) + (1 - risk) * np.log(1 - risk)).mean()
    assert found["log_loss"] == pytest.approx(entropy)
    assert found["log_loss"] == pytest.approx(log_loss(predictions.values, risk), abs=0.02)
    assert found["roc_auc"] == pytest.approx(roc_auc_score(predictions.values, risk), abs=0.02)


def test_a_correlation_with_the_rest_has_the_error_of_whole_units(rng):
    unit = np.repeat(np.arange(80), 25)
    common = rng.standard_normal(80)[unit] + rng.standard_normal(len(unit))
    answers = common[:, None] + rng.standard_normal((len(unit), 3))
    answers[:40, 1] = np.nan
    design = Design.of_units(np.ones(len(unit)), pd.Series(unit))

    found = estimate_item_rest(answers, 0, design)

    kept = ~np.isnan(answers).any(axis=1)
    own, rest = answers[kept, 0], answers[kept, 1:].sum(axis=1)
    assert found.value == pytest.approx(np.corrcoef(own, rest)[0, 1])
    without = [
        np.corrcoef(own[unit[kept] != one], rest[unit[kept] != one])[0, 1]
        for one in np.unique(unit[kept])
    ]
    jackknife = np.sqrt((len(without) - 1) * np.var(without))
    assert found.se == pytest.approx(jackknife, rel=0.05)


def metrics(*groups):
    told = {"value": 0.0, "low": -0.05, "high": 0.05}
    rows = [{"attribute": "sector", "metric": "calibration_intercept", "group": g} for g in groups]
    slope = {"value": 1.0, "low": 0.95, "high": 1.05}
    return {
        "overall": {"calibration_slope": slope, "calibration_intercept": told},
        "by_group": [row | told for row in rows],
    }


@pytest.mark.parametrize(("shift", "alarms"), [(0.0, set()), (0.9, {"level", "group"})])
def test_what_is_planted_gives_an_alarm_and_nothing_gives_none(rng, shift, alarms):
    predictions, half = wave(rng, shift=shift, between=0.1)
    groups = [Groups("sector", ("a", "b"), half)]

    tests = sound(watch_calibration(predictions, groups, metrics("a", "b")))

    assert set(tests["part"][tests["is_alarm"]]) == alarms
    assert "a" not in set(tests["group"][tests["is_alarm"]])
    # What half of the units differ in, one calibration for everyone leaves.
    assert remain(predictions, groups, tests, FALSE_ALARMS) == bool(alarms)


def test_what_the_training_does_not_tell_of_gives_no_alarm(rng):
    predictions, half = wave(rng, shift=2.0)
    groups = [Groups("sector", ("a", "b"), half)]

    tests = sound(watch_calibration(predictions, groups, {"overall": {}, "by_group": []}))

    assert tests["p"].isna().all()
    assert not tests["is_alarm"].any()


def test_groups_that_are_only_told_of_give_no_alarm(rng):
    predictions, half = wave(rng, shift=2.0)
    groups = [Groups("sector", ("a", "b"), half, is_watched=False)]

    tests = sound(watch_calibration(predictions, groups, metrics("a", "b")))

    assert set(tests["part"]) == {"slope", "level", "beside"}
    assert not tests["is_alarm"][tests["part"] == "beside"].any()


def test_the_chance_of_false_alarms_is_divided_and_none_is_left():
    assert sum(DIVIDED.values()) == pytest.approx(FALSE_ALARMS)


def test_an_item_gives_an_alarm_only_where_it_fell_far_enough():
    fell = {"then": 0.5, "p": 1e-9, "attribute": "s"}

    tests = sound(looked_at(item=fell | {"now": 0.31}, item_=fell | {"now": 0.29}))

    assert tests["is_alarm"].tolist() == [False, True]


def test_of_a_scale_only_the_item_that_fell_most_is_named():
    rows = [("a", "s", 0.2), ("b", "s", -0.5), ("c", "t", 0.1)]
    told = {"part": "item", "then": 0.5, "is_alarm": True}
    items = pd.DataFrame([{**told, "group": g, "attribute": s, "now": n} for g, s, n in rows])

    assert turned_items(items)["group"].tolist() == ["b", "c"]


ALARM = {"is_alarm": True}


@pytest.mark.parametrize(
    ("alarms", "known", "drifted", "is_left", "word", "reason"),
    [
        ({"item": ALARM, "slope": ALARM}, True, 0, False, "retrain", "item"),
        ({"group": ALARM}, True, 0, True, "retrain", "group"),
        ({"group": ALARM, "level": ALARM}, True, 0, False, "recalibrate", "overall"),
        ({"slope": ALARM}, True, 3, False, "recalibrate", "overall"),
        ({"slope": {"is_alarm": False}}, True, 0, False, "keep", "held"),
        ({"slope": {"is_alarm": False}}, True, 3, False, "keep", "drift_held"),
        ({"item": {"is_alarm": False}}, False, 3, False, "keep", "drift_unknown"),
        ({"item": {"is_alarm": False}}, False, 0, False, "keep", "unknown"),
    ],
)
def test_the_word_follows_from_what_alarms(alarms, known, drifted, is_left, word, reason):
    advice = advise(looked_at(**alarms), known, drifted, is_left)

    assert (advice.word, advice.reason) == (word, reason)


def test_small_groups_and_those_that_may_not_be_told_of_are_in_none():
    groups = take_groups("sector", pd.Series(["a", None, "b", TOO_SMALL]), True)

    assert groups.names == ("a", "b")
    assert groups.of_response.tolist() == [0, -1, 1, -1]


def test_a_wave_gets_the_mix_of_the_training():
    sex = pd.Series(["1"] * 60 + ["2"] * 40)
    before = [{"attribute": "sex", "group": g, "n": n} for g, n in (("1", 300), ("2", 700))]

    weight = give_back_mix(np.ones(100), {"sex": sex, "age": pd.Series(["x"] * 100)}, before)

    assert weight[:60].sum() / weight.sum() == pytest.approx(0.3)
    assert np.allclose(give_back_mix(np.ones(100), {"sex": sex}, []), 1)


def test_groups_by_bands_stand_from_low_to_high_on_the_page():
    ages, schooling = ["35-44", "45-54", "55+", "<35"], ["hoog", "laag", "midden"]
    rows = [("leeftijd", one) for one in ages] + [("opleiding", one) for one in schooling]
    book = load_codebook(Path(__file__).parents[1] / "assets" / "small.toml")

    told = order_groups(pd.DataFrame(rows, columns=["attribute", "group"]), book)

    assert told["group"].tolist() == ["<35", "35-44", "45-54", "55+", "laag", "midden", "hoog"]


def test_by_a_model_without_answers_a_shift_tells_no_more_than_a_percentage():
    rows = {"observed": [0.2, 0.2033], "predicted": 0.2, "then": 0.0, "now": [0.0, 0.02]}

    shown = shift_by_rate(pd.DataFrame(rows).assign(low=-0.3, high=0.3))

    assert shown["now"].tolist() == shown["change"].tolist() == [0, 0]
    assert shown[["low", "high"]].isna().all(axis=None)
