"""Features that know the answer, found before a model is fitted."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import LeakError
from blijfwijzer.risk.features import Schema
from blijfwijzer.risk.metrics import measure, rank
from blijfwijzer.risk.splits import Fold

HIGHEST_SINGLE_AUC = 0.9
"""No single answer predicts an intention this well unless it is the same question: with all
attitudes together the attainable AUC is about .82 (domain notes, B.5)."""


def screen_features(
    frame: pd.DataFrame,
    schema: Schema,
    values: NDArray[np.float64],
    weight: NDArray[np.float64],
    folds: list[Fold],
) -> pd.Series:
    """Weighted AUC of each feature alone, in whichever direction is better; in [.5, 1].

    The levels of a nominal column are ordered by their rate in the other folds, so that a column
    of many levels is not suspected for having many. Missing answers are a level of their own.
    """
    found = {}
    for feature in schema.features:
        column = frame[feature.name].to_numpy()
        if feature.is_nominal:
            score = _rates_elsewhere(column, values, weight, folds)
        else:
            score = np.where(np.isnan(column), np.nanmin(column) - 1.0, column)
        ranked = rank(values, score)
        auc = measure(ranked, weight[ranked.order], ("roc_auc",))["roc_auc"]
        found[feature.name] = max(auc, 1 - auc)
    return pd.Series(found, name="roc_auc").sort_values(ascending=False, kind="stable")


def refuse_twins(single: pd.Series, target: str) -> None:
    """Refuse features that predict the outcome alone.

    Raises
    ------
    LeakError
        Naming them.
    """
    twins = single[single > HIGHEST_SINGLE_AUC]
    if len(twins):
        told = ", ".join(f"{name} (AUC {auc:.3f})" for name, auc in twins.items())
        raise LeakError(
            f"{target}: {len(twins)} features alone predict it with an AUC above "
            f"{HIGHEST_SINGLE_AUC}: {told}. They ask the same thing or follow from it: add them to "
            f"outcomes.{target}.bars in the codebook."
        )


def _rates_elsewhere(
    column: NDArray[np.float64],
    values: NDArray[np.float64],
    weight: NDArray[np.float64],
    folds: list[Fold],
) -> NDArray[np.float64]:
    level = np.where(np.isnan(column), -1, column).astype(int) + 1
    rates = np.zeros(len(column))
    for fit, test in folds:
        total = np.bincount(level[fit], weights=weight[fit], minlength=level.max() + 1)
        positive = np.bincount(
            level[fit], weights=weight[fit] * values[fit], minlength=level.max() + 1
        )
        overall = positive.sum() / total.sum()
        # One pseudo-response at the overall rate, for levels that the other folds lack.
        rates[test] = ((positive + overall) / (total + 1))[level[test]]
    return rates
