"""Folds that keep whole units apart."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import OneClassError, TooFewResponsesError

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Places of the rows to fit on, and of those to predict."""


def split_by_unit(
    values: NDArray[np.float64], units: pd.Series, folds: int, seed: int
) -> list[Fold]:
    """Part responses into folds; a unit is always in one fold as a whole.

    People who work together answer alike, so a model that has seen colleagues of those it
    predicts looks better than it is.

    Parameters
    ----------
    values : outcome of each response, 0 or 1
    units : where each respondent works

    Raises
    ------
    TooFewResponsesError
        There are fewer units than folds.
    OneClassError
        Some fold would hold one outcome only.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    count = units.nunique()
    if count < folds:
        raise TooFewResponsesError(
            f"{units.name}: {count} units for {folds} folds. Choose a smaller unit as `cluster` in "
            "the codebook, or fewer folds in the settings."
        )
    rarest = int(min(values.sum(), len(values) - values.sum()))
    if rarest < folds:
        raise OneClassError(
            f"{units.name}: only {rarest} responses have the rarer outcome, too few for {folds} "
            "folds. Check the rule of the outcome in the codebook."
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    parts = list(splitter.split(np.zeros(len(values)), values, pd.factorize(units)[0]))
    poor = sum(len(np.unique(values[rows])) < 2 for part in parts for rows in part)
    if poor:
        raise OneClassError(
            f"{units.name}: {poor} parts of {folds} folds hold one outcome only. Choose a smaller "
            "unit as `cluster` in the codebook, or fewer folds in the settings."
        )
    return parts
