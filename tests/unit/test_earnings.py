"""What drivers earn out of fold, by which game they are told, and what lies behind gaps."""

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.drivers.contributions import Contributed, contribute
from blijfwijzer.drivers.earnings import LossGame, drawn_rounds, exact_rounds, measure_earnings
from blijfwijzer.drivers.games import compare_games
from blijfwijzer.drivers.gaps import ALL, explain_gaps
from blijfwijzer.drivers.importance import refit_importance
from blijfwijzer.estimation.design import Design
from blijfwijzer.risk.selection import select_model
from blijfwijzer.risk.splits import split_by_unit
from blijfwijzer.risk.task import Task
from blijfwijzer.settings import DriverSettings, ModelSettings
from shared_models import SCHEMA, make_survey

QUICK = DriverSettings(bootstraps=50)


@pytest.fixture(scope="module")
def trained():
    """Responses of whom three features are known to tell, and trees that were fitted on them."""
    frame, values, weight, units = make_survey(np.random.default_rng(3), 900)
    design, folds = Design.of_units(weight, units), split_by_unit(values, units, 3, 0)
    settings = ModelSettings(candidates=("trees",))
    task = Task("leaving", {}, frame, SCHEMA, values, design, folds, settings)
    return task, select_model(task)


def losses(margin, values):
    return np.logaddexp(0, margin) - values * margin


def known_game(rng, rows=400):
    """A sum of three drivers, of which the third is noise that people do not follow."""
    covariance = np.eye(3) * 0.5 + 0.3
    added = rng.multivariate_normal(np.zeros(3), covariance, rows) * [1.0, 0.6, 0.3]
    start = np.full(rows, -1.0)
    truth = start + added[:, 0] + added[:, 1]
    values = (rng.random(rows) < 1 / (1 + np.exp(-truth))).astype(float)
    return LossGame(added, start, values, np.cov(added.T, ddof=0))


def test_earnings_equal_those_of_all_sets_with_means_over_all_people(rng):
    game = known_game(rng)

    def worth(members):
        rest = [one for one in range(3) if one not in members]
        of_rest = game.added[:, rest].sum(axis=1)
        margin = game.start + game.added[:, list(members)].sum(axis=1)
        risk = (1 / (1 + np.exp(-(margin[:, None] + of_rest[None, :])))).mean(axis=1)
        return -losses(np.log(risk / (1 - risk)), game.values).mean()

    expected = np.zeros(3)
    for driver in range(3):
        others = [one for one in range(3) if one != driver]
        for size in range(3):
            for members in combinations(others, size):
                share = factorial(size) * factorial(2 - size) / factorial(3)
                expected[driver] += share * (worth((*members, driver)) - worth(members))

    (found,) = (one.mean(axis=0) for one in exact_rounds(game))

    np.testing.assert_allclose(found, expected, atol=0.0015)
    assert found[2] < 0.002


def test_drawn_orders_agree_with_all_sets_and_add_up_as_they_do(rng):
    game = known_game(rng)

    exact = next(exact_rounds(game)).mean(axis=0)
    drawn = np.mean([one.mean(axis=0) for one in drawn_rounds(game, rng)], axis=0)

    np.testing.assert_allclose(drawn, exact, atol=0.001)
    none, whole = (game.losses(np.full(3, known)).mean() for known in (0.0, 1.0))
    assert exact.sum() == pytest.approx(none - whole)
    assert drawn.sum() == pytest.approx(none - whole)


def test_what_is_earned_adds_up_to_what_the_models_foresee_out_of_fold(trained):
    task, selection = trained
    refits = refit_importance(
        selection.fold_models, task.frame, task.schema, task.weight, task.folds
    )

    found = measure_earnings(refits, task, 50, 0)

    risk = selection.out_of_fold["trees"]
    loss = np.average(losses(np.log(risk / (1 - risk)), task.values), weights=task.weight)
    share = np.average(task.values, weights=task.weight)
    skill = -(share * np.log(share) + (1 - share) * np.log(1 - share)) - loss
    assert found.scales["earned"].sum() == pytest.approx(skill, abs=0.012)
    assert found.scales["share"].sum() == pytest.approx(1)
    assert found.scales.loc["mean", "low"] > 0
    assert found.scales.loc["sort", "low"] <= 0


def test_two_games_differ_by_trees_alone_and_share_out_the_same(trained):
    task, selection = trained

    found = compare_games(selection.champion, task.frame, task.schema, task.weight)

    assert found.agreement > 0.7
    assert list(found.scales["path_rank"]) == [1, 2, 3, 4]
    np.testing.assert_allclose(found.scales["other"], found.scales["path"], atol=0.02)


def test_a_gap_is_the_sum_of_the_contributions_behind_it(trained):
    task, selection = trained
    found = contribute(selection.champion, task.frame)
    contributed = Contributed(found, task.frame, task.schema)
    group = pd.Series(np.where(task.frame["mean"] > 3, "glad", "not"))
    few = pd.Series(np.where(np.arange(len(group)) < 5, "few", "most"))

    gaps = explain_gaps(contributed, {"mood": group, "rare": few}, task.design, QUICK, 0)

    assert set(gaps.scales["attribute"]) == {"mood"}
    rows = gaps.scales.set_index("name")
    assert set(rows["highest"]) == {"not"}
    own, weight = (group == "not").to_numpy(), task.weight
    means = [np.average(found.risk[side], weights=weight[side]) for side in (own, ~own)]
    assert rows.loc[ALL, "difference"] == pytest.approx(means[0] - means[1])
    assert rows["difference"].drop(ALL).sum() == pytest.approx(rows.loc[ALL, "difference"])
    assert rows.loc["mean", "low"] > 0


def test_groups_that_are_numbers_are_told_as_those_that_are_words(trained):
    task, selection = trained
    contributed = Contributed(contribute(selection.champion, task.frame), task.frame, task.schema)
    code = pd.Series(np.where(task.frame["mean"] > 3, 1.0, 2.0)).where(np.arange(900) > 50)
    words = code.map({1.0: "1.0", 2.0: "2.0"})

    by_code, by_word = (
        explain_gaps(contributed, {"mood": group}, task.design, QUICK, 0).scales
        for group in (code, words)
    )

    pd.testing.assert_frame_equal(by_code, by_word)
    assert by_code["n"].min() >= 10
