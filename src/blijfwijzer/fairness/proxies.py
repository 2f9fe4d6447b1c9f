"""Whether the model's columns could rebuild an attribute that the model may not use."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.checks.register import limit_of
from blijfwijzer.fairness.conclusions import words_of
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Column
from blijfwijzer.survey.texts import Message

PROXY = limit_of("audit_proxy")
"""AUC from which the columns together count as a proxy."""
_PARTLY = 0.65
"""AUC from which they give away part of it; a convention of ours."""
_MOST_ROWS = 20_000
_FOLDS = 3
_FEWEST = 100


@dataclass(frozen=True)
class Proxy:
    """How well an attribute can be rebuilt."""

    attribute: str
    level: str
    """Level that was told apart from all others: the last one, e.g. the oldest."""
    auc: float
    """Out of fold, units kept apart; .5 is chance."""


def measure_proxies(
    frame: pd.DataFrame, attributes: dict[str, pd.Series], weight: Array, units: pd.Series
) -> list[Proxy]:
    """Try to rebuild each attribute from the model's columns with a logistic regression.

    A regression sees no more than straight lines, so the figure is a lower bound.

    Parameters
    ----------
    frame : one row per response, as `build_features` gives
    attributes : attribute to the group of each response
    units : where each works; no unit is in training and test

    Returns
    -------
    One per attribute of which a level has at least 100 respondents on both sides.
    """
    # Imported here: it takes a second, and most commands fit nothing.
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = np.unique(np.linspace(0, len(frame) - 1, min(len(frame), _MOST_ROWS)).astype(int))
    X = _columns(frame.iloc[rows])
    unit = pd.factorize(units.iloc[rows])[0]
    found = []
    for name, group in attributes.items():
        seen = group.iloc[rows]
        levels = [level for level, n in seen.value_counts(sort=False).items() if n >= _FEWEST]
        if not levels or len(np.unique(unit)) < _FOLDS:
            continue
        last = sorted(levels, key=str)[-1]
        y = (seen == last).to_numpy()
        if min(y.sum(), (~y).sum()) < _FEWEST:
            continue
        risk = np.empty(len(y))
        for train, test in GroupKFold(_FOLDS).split(X, y, unit):
            model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, C=0.1))
            model.fit(X[train], y[train], logisticregression__sample_weight=weight[rows][train])
            risk[test] = model.predict_proba(X[test])[:, 1]
        auc = float(roc_auc_score(y, risk, sample_weight=weight[rows]))
        found.append(Proxy(name, str(last), auc))
    return found


def tell_proxy(proxy: Proxy, column: Column | None) -> Message:
    """Say in one sentence what a proxy means."""
    values = {
        "attribute": column.label if column else proxy.attribute,
        "level": words_of(proxy.level, column),
        "auc": proxy.auc,
    }
    if proxy.auc >= PROXY:
        return Message("fairness.proxy.whole", values)
    if proxy.auc >= _PARTLY:
        return Message("fairness.proxy.partly", values)
    return Message("fairness.proxy.none", values)


def _columns(frame: pd.DataFrame) -> Array:
    """Columns with means in place of missing answers, and a mark where these were missing."""
    missing = frame.isna()
    filled = frame.fillna(frame.mean()).fillna(0.0).to_numpy(dtype=float)
    marks = missing.loc[:, missing.any()].to_numpy(dtype=float)
    return np.hstack([filled, marks])
