"""What other tools make of the same answers, to compare with."""

import time

import lightgbm as lgb
import numpy as np

from blijfwijzer.risk.boosting import Boosting, tree_parameters
from blijfwijzer.risk.selection import Task
from blijfwijzer.survey.arrays import Array


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
