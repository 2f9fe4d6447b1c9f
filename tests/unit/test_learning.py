"""Whether more responses would help, how settings did, and both as they may be shown."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.estimation.design import Design
from blijfwijzer.risk.evaluation import finest_step
from blijfwijzer.risk.learning import SHARES, learn_curve
from blijfwijzer.risk.metrics import log_losses
from blijfwijzer.risk.protection import protect_curve, protect_selection
from blijfwijzer.risk.selection import select_model
from blijfwijzer.risk.splits import split_by_unit
from blijfwijzer.risk.task import Task
from blijfwijzer.settings import ModelSettings
from shared_models import SCHEMA, make_survey


@pytest.fixture(scope="module")
def trained():
    frame, values, weight, units = make_survey(np.random.default_rng(5), 900)
    design, folds = Design.of_units(weight, units), split_by_unit(values, units, 3, 0)
    settings = ModelSettings(candidates=("prevalence", "logistic"))
    task = Task("leaving", {}, frame, SCHEMA, values, design, folds, settings)
    return task, select_model(task)


def test_a_model_of_more_units_does_better_and_one_of_all_is_that_of_the_folds(trained):
    task, selection = trained

    curve = learn_curve(selection, task)

    assert list(curve["share"]) == list(SHARES)
    assert curve["rows"].is_monotonic_increasing
    assert curve["units"].iloc[-1] == pytest.approx(25 * 2 / 3, abs=0.5)
    assert curve["above"].iloc[0] > curve["above"].iloc[-1] == 0
    risk = selection.out_of_fold["logistic"]
    whole = np.average(log_losses(task.values, risk), weights=task.weight)
    assert curve["log_loss"].iloc[-1] == pytest.approx(whole, abs=0.01)


def test_a_half_is_made_of_whole_units_and_holds_the_quarter(trained):
    task, selection = trained
    fitted = []

    class Watched:
        """A selection that tells what it fits."""

        champion, fold_models = selection.champion, selection.fold_models

        @staticmethod
        def fit(rows):
            fitted.append(rows)
            return selection.fit(rows)

    learn_curve(Watched, task)

    quarters, halves = fitted[:3], fitted[3:]
    unit = np.asarray(task.design.cluster)
    for quarter, half, (fit, _) in zip(quarters, halves, task.folds, strict=True):
        assert set(quarter) < set(half) < set(fit)
        others = np.setdiff1d(fit, half)
        assert not set(unit[half]) & set(unit[others])


def test_each_setting_is_told_beside_the_chosen_one(trained):
    task, selection = trained

    tuning = protect_selection(selection, task.weight).tuning

    regression = tuning[tuning["candidate"] == "logistic"]
    assert regression["is_chosen"].sum() == 1
    assert (regression["above"] >= 0).all()
    assert regression["above"][regression["is_chosen"]].item() == 0
    assert "influence" not in tuning


def test_a_loss_is_told_in_steps_that_nobody_moves():
    curve = pd.DataFrame(
        {"log_loss": [0.41234, 0.40001], "above": [0.01233, 0.0], "influence": [0.002, 0.0]}
    )

    told = protect_curve(curve.assign(rows=[123, 456]), 0.40001, 0.01)

    assert told["above"].tolist() == [pytest.approx(0.01), 0.0]
    assert finest_step(0.002) == 0.005
    assert told["log_loss"].tolist() == [pytest.approx(0.41), pytest.approx(0.4)]
    assert told["rows"].tolist() == [120, 450]
