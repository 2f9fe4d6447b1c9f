"""What other tools make of the same answers, to compare with."""

import importlib.util
import time
import warnings
from collections.abc import Callable
from dataclasses import replace

import lightgbm as lgb
import numpy as np

from blijfwijzer.risk.boosting import Boosting, tree_parameters
from blijfwijzer.risk.features import Schema
from blijfwijzer.risk.linear import fit_linear, linear_margin
from blijfwijzer.risk.metrics import log_losses
from blijfwijzer.risk.model import Calibrator, calibrate
from blijfwijzer.risk.task import Task
from blijfwijzer.survey.arrays import Array, Codes

Fit = Callable[[Task, Codes, Codes], Array]
"""Fits on the responses of the first places, and gives the risk of those of the second."""


def default_classifier() -> lgb.LGBMClassifier:
    """Give LightGBM's classifier with its defaults."""
    return lgb.LGBMClassifier(verbose=-1, random_state=0)


def bare_fit_seconds(task: Task, rounds: int, boosting: Boosting) -> float:
    """Time bare fits of LightGBM's classifier, one a fold, with a champion's parameters."""
    parameters = tree_parameters(boosting, task.weight, task.frame.shape[1])
    start = time.perf_counter()
    for fit, _ in task.folds:
        lgb.LGBMClassifier(n_estimators=rounds, **parameters).fit(
            task.frame.iloc[fit],
            task.values[fit],
            sample_weight=task.weight[fit],
            categorical_feature=[f.name for f in task.schema.features if f.is_nominal],
        )
    return time.perf_counter() - start


def tree_shap(trees: str, X: Array) -> Array:
    """Give contributions by shap's TreeExplainer."""
    import shap

    explainer = shap.TreeExplainer(lgb.Booster(model_str=trees))
    return np.asarray(explainer.shap_values(X))


def mean_loss(task: Task, risk: Array) -> float:
    """Weighted log loss of risks."""
    return float(np.average(log_losses(task.values, risk), weights=task.weight))


def cross(task: Task, fit: Fit) -> Array:
    """Out-of-fold probabilities of a peer."""
    risk = np.empty(len(task.values))
    for train, test in task.folds:
        risk[test] = fit(task, train, test)
    return risk


def peers() -> dict[str, Fit | None]:
    """Give the peers that are installed, with their own defaults."""

    def has(module: str) -> bool:
        return importlib.util.find_spec(module) is not None

    return {
        "logistic": _logistic,
        "LightGBM": _lightgbm,
        "CatBoost": _catboost if has("catboost") else None,
        "EBM": _ebm if has("interpret") else None,
    }


def _logistic(task: Task, train: Codes, test: Codes) -> Array:
    """Regress on one term per answer, with C = .001 on standardised terms."""
    levels = {
        f.name: replace(f, levels=tuple("x" * int(np.nanmax(task.frame[f.name]) + 1)))
        if task.frame[f.name].nunique() <= 12
        and task.frame[f.name].min() >= 0
        and (task.frame[f.name].dropna() % 1 == 0).all()
        else f
        for f in task.schema.features
        if f.kind != "scale"
    }
    schema = Schema(tuple(levels.values()))
    frame = task.frame[list(levels)]
    linear = fit_linear(
        frame.iloc[train], schema, list(levels), task.values[train], task.weight[train], 0.001
    )
    return calibrate(Calibrator(), linear_margin(linear, frame.iloc[test]))


def _lightgbm(task: Task, train: Codes, test: Codes) -> Array:
    return _fitted(default_classifier(), task, train, test)


def _fitted(model: lgb.LGBMClassifier, task: Task, train: Codes, test: Codes) -> Array:
    nominal = [f.name for f in task.schema.features if f.is_nominal]
    model.fit(
        task.frame.iloc[train],
        task.values[train],
        sample_weight=task.weight[train],
        categorical_feature=nominal,
    )
    return np.asarray(model.predict_proba(task.frame.iloc[test]))[:, 1]


def _catboost(task: Task, train: Codes, test: Codes) -> Array:
    from catboost import CatBoostClassifier

    nominal = [f.name for f in task.schema.features if f.is_nominal]
    frame = task.frame.assign(
        **{name: task.frame[name].fillna(-1).astype(int).astype("str") for name in nominal}
    )
    model = CatBoostClassifier(
        verbose=0, random_seed=0, cat_features=nominal, allow_writing_files=False
    )
    model.fit(frame.iloc[train], task.values[train], sample_weight=task.weight[train])
    return np.asarray(model.predict_proba(frame.iloc[test])[:, 1])


def _ebm(task: Task, train: Codes, test: Codes) -> Array:
    from interpret.glassbox import ExplainableBoostingClassifier

    kinds = ["nominal" if f.is_nominal else "continuous" for f in task.schema.features]
    model = ExplainableBoostingClassifier(random_state=0, n_jobs=-1, feature_types=kinds)
    with warnings.catch_warnings():
        # It warns that its own pictures do not show missing values.
        warnings.simplefilter("ignore")
        model.fit(task.frame.iloc[train], task.values[train], sample_weight=task.weight[train])
        return np.asarray(model.predict_proba(task.frame.iloc[test]))[:, 1]


def shallow(task: Task, train: Codes, test: Codes) -> Array:
    """Grow trees of depth 3, 200 of them."""
    model = lgb.LGBMClassifier(
        max_depth=3, num_leaves=8, n_estimators=200, learning_rate=0.05, verbose=-1, random_state=0
    )
    return _fitted(model, task, train, test)
