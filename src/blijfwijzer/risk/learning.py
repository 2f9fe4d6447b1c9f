"""Whether more responses would make a model better: its loss when fitted on fewer whole units."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from blijfwijzer.progress import Tell, silent
from blijfwijzer.risk.metrics import log_losses, to_margin
from blijfwijzer.risk.model import RiskModel, predict_risk
from blijfwijzer.risk.selection import Selection
from blijfwijzer.risk.task import Task
from blijfwijzer.survey.arrays import Array, Codes

SHARES = (0.25, 0.5, 1.0)
"""Of the units that each fold is fitted on."""
_FOLDS = 3
"""Folds that it is measured on at most: both sizes of a fold are held to the same responses, so few
folds tell a difference well."""


class Beyond(NamedTuple):
    """What is known of the champion fitted on more than the units that candidates had."""

    units: int
    rows: int
    risk: Array
    """Of each response of the task, by a model that was fitted without its unit."""


def learn_curve(
    selection: Selection, task: Task, tell: Tell = silent, beyond: Beyond | None = None
) -> pd.DataFrame:
    """Fit the champion as it was set on parts of the units, and measure its loss on the others.

    The calibrator is that of the champion throughout, and so is every setting.

    Parameters
    ----------
    beyond : one point more, where there is one

    Returns
    -------
    One row per share of the units: share, units, rows (means over folds), log_loss (weighted, on
    units of which none was fitted on), above (how much more than in the last row) and influence
    (what one response may change of that at most).
    """
    clusters = np.unique(task.design.cluster, return_inverse=True)[1]
    folds = task.folds[:_FOLDS]
    tested = np.concatenate([test for _, test in folds])
    weight = task.weight[tested] / task.weight[tested].sum()
    found, margins = [], []
    for share in SHARES:
        tell(f"{task.target}: learning curve, {share:.0%} of the units")
        parts = [
            _take_units(fit, clusters, share, np.random.default_rng([task.seed, fold]))
            for fold, (fit, _) in enumerate(folds)
        ]
        risks = [
            predict_risk(_fit(selection, part, fold, share), task.frame.iloc[test])
            for fold, (part, (_, test)) in enumerate(zip(parts, folds, strict=True))
        ]
        risk = np.concatenate(risks)
        margins.append(to_margin(risk))
        units = np.mean([len(np.unique(clusters[part])) for part in parts])
        rows = np.mean([len(part) for part in parts])
        found.append([share, units, rows, weight @ log_losses(task.values[tested], risk)])
    if beyond is not None:
        risk, most = beyond.risk[tested], found[-1][2]
        margins.append(to_margin(risk))
        loss = weight @ log_losses(task.values[tested], risk)
        found.append([beyond.rows / most, beyond.units, beyond.rows, loss])
    table = pd.DataFrame(found, columns=["share", "units", "rows", "log_loss"])
    # A loss changes by one at most where the margin does.
    influence = [float((weight * np.abs(one - margins[-1])).max()) for one in margins]
    return table.assign(above=table["log_loss"] - table["log_loss"].iloc[-1], influence=influence)


def _fit(selection: Selection, part: Codes, fold: int, share: float) -> RiskModel:
    """Fit the champion on a part of a fold; on all of it, that was done before."""
    if share == 1:
        return selection.fold_models[fold]
    return replace(selection.fit(part), calibrator=selection.champion.calibrator)


def _take_units(rows: Codes, clusters: Codes, share: float, rng: np.random.Generator) -> Codes:
    """Take all rows of a share of the units; the smaller share is part of the larger."""
    order = rng.permutation(np.unique(clusters[rows]))
    kept = order[: max(2, round(share * len(order)))]
    return rows[np.isin(clusters[rows], kept)]
