"""Contributions of trees equal LightGBM's own and shap's, whatever the trees look like."""

import numpy as np
import pytest
import shap

from blijfwijzer.drivers.path_tables import path_tables
from blijfwijzer.drivers.questions import Questions
from blijfwijzer.drivers.tree_contributions import tree_contributions
from blijfwijzer.drivers.trees import read_trees
from blijfwijzer.errors import ModelFolderError
from shared_trees import grow


# shap tells each time that its own output became an array.
@pytest.mark.filterwarnings("ignore:LightGBM binary classifier:UserWarning")
def test_contributions_equal_those_of_shap(rng):
    booster, X = grow(rng, trees=40)

    found, _ = tree_contributions(booster.model_to_string(), X)

    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    np.testing.assert_allclose(found, explainer.shap_values(X), atol=1e-9)


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier:UserWarning")
def test_contributions_beside_others_equal_those_of_shap(rng):
    booster, X = grow(rng, trees=40)
    others = X[:70]

    found, expected = tree_contributions(booster.model_to_string(), X, others)

    explainer = shap.TreeExplainer(booster, others, feature_perturbation="interventional")
    np.testing.assert_allclose(found[:200], explainer.shap_values(X[:200]), atol=1e-6)
    margin = booster.predict(X, raw_score=True)
    np.testing.assert_allclose(found.sum(axis=1) + expected, margin, atol=1e-9)
    assert expected == pytest.approx(margin[:70].mean())


def test_contributions_beside_others_take_levels(rng):
    booster, X = grow(rng, nominal=(2,))

    found, expected = tree_contributions(booster.model_to_string(), X, X[:50])

    np.testing.assert_allclose(
        found.sum(axis=1) + expected, booster.predict(X, raw_score=True), atol=1e-9
    )


def test_a_row_adds_up_to_its_margin(rng):
    booster, X = grow(rng)

    found, expected = tree_contributions(booster.model_to_string(), X)

    np.testing.assert_allclose(
        found.sum(axis=1) + expected, booster.predict(X, raw_score=True), atol=1e-9
    )


def test_one_feature_gets_all_of_its_tree(rng):
    booster, X = grow(rng, interaction_constraints=[[0], [1], [2], [3], [4]])

    found, _ = tree_contributions(booster.model_to_string(), X)

    assert found.shape == X.shape
    # An additive model gives equal answers equal contributions.
    for column in range(5):
        for level in (1, 2, 3, 4, 5):
            assert np.ptp(found[X[:, column] == level, column]) < 1e-9


def test_trees_without_a_split_contribute_nothing(rng):
    booster, X = grow(rng, rows=60, min_data_in_leaf=50)

    found, expected = tree_contributions(booster.model_to_string(), X)

    assert not found.any()
    assert expected == pytest.approx(booster.predict(X, raw_score=True)[0])


def test_zero_for_missing_is_refused(rng):
    booster, X = grow(rng, zero_as_missing=True)

    with pytest.raises(ModelFolderError, match="zero for missing"):
        tree_contributions(booster.model_to_string(), X)


def test_the_number_of_rows_at_once_changes_nothing(rng):
    booster, X = grow(rng, rows=9000, trees=5)
    text = booster.model_to_string()

    whole, _ = tree_contributions(text, X)
    part, _ = tree_contributions(text, X[8000:8500])

    np.testing.assert_array_equal(whole[8000:8500], part)


def test_batches_of_one_survey_look_up_the_same_tables(rng):
    booster, X = grow(rng, trees=3)
    text = booster.model_to_string()

    tree_contributions(text, X[:300])
    kept = path_tables(text, 1)
    tree_contributions(text, X[300:])

    assert path_tables(text, 1) is kept


def test_many_trees_ask_few_questions(rng):
    booster, X = grow(rng, trees=60, missing=0.0)
    forest = read_trees(booster.model_to_string())
    asked = [split.question for tree in forest for split in tree.splits]

    questions = Questions(asked)

    answers = questions.answer(X)
    # Five answers to five questions: four thresholds each.
    assert len(answers) == len(set(asked)) <= 20 < len(asked)
    for question, place in questions.places.items():
        np.testing.assert_array_equal(answers[place], X[:, question.feature] <= question.threshold)
