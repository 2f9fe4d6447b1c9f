"""Contributions of trees equal LightGBM's own and shap's, whatever the trees look like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.drivers.tree_contributions import tree_contributions
from shared_trees import grow


def spoil(X, rng):
    X = X.copy()
    X[rng.random(X.shape) < 0.1] = np.nan
    X[:20] = rng.normal(0, 50, (20, X.shape[1])).round()
    return X


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 6),
    st.sampled_from([(), (1,), (0, 2)]),
    st.sampled_from([0.0, 0.15]),
)
@settings(max_examples=25, deadline=None)
def test_contributions_equal_those_of_lightgbm(seed, depth, nominal, missing):
    rng = np.random.default_rng(seed)
    booster, X = grow(rng, depth=depth, nominal=nominal, missing=missing)
    other = spoil(X, rng)

    found, expected = tree_contributions(booster.model_to_string(), other)

    reference = booster.predict(other, pred_contrib=True)
    np.testing.assert_allclose(found, reference[:, :-1], atol=1e-9)
    assert expected == pytest.approx(reference[0, -1], abs=1e-9)
