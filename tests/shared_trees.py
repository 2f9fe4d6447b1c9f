"""What tests of examples and of properties share: trees."""

import lightgbm as lgb
import numpy as np


def grow(rng, rows=600, columns=5, trees=15, depth=4, nominal=(), missing=0.1, **parameters):
    X = rng.integers(1, 6, (rows, columns)).astype(float)
    for column in nominal:
        X[:, column] = rng.integers(0, 40, rows)
    X[rng.random(X.shape) < missing] = np.nan
    margin = np.nan_to_num(X[:, 0]) - 3 + np.nan_to_num(X[:, 1] * X[:, -1]) / 10
    y = (rng.random(rows) < 1 / (1 + np.exp(-margin))).astype(float)
    settings_ = {
        "objective": "binary",
        "verbose": -1,
        "max_depth": depth,
        "num_leaves": 2**depth,
        "min_data_in_leaf": 5,
        "min_data_per_group": 5,
        "feature_fraction": 0.7,
        **parameters,
    }
    data = lgb.Dataset(X, y, categorical_feature=list(nominal))
    return lgb.train(settings_, data, trees), X
