"""What would change if the model used an attribute that it may not use."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit

from blijfwijzer.fairness.cells import cut_cells
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Column
from blijfwijzer.survey.texts import Message

_FOLDS = 3
_FEWEST = 200
"""Responses with a known outcome, below which a refit says nothing."""
_CLIP = 1e-6


@dataclass(frozen=True)
class Ablation:
    """A model refitted with an attribute, beside the one without it."""

    attribute: str
    risk: Array
    """Per response: what the risk would be with the attribute."""
    without: Array
    """Per response: the same refit without it, so that only the attribute makes a difference; the
    same for all attributes."""
    auc: float
    """Of `risk`, out of fold."""
    auc_without: float


def refit_with_attributes(
    risk: Array, values: Array, weight: Array, units: pd.Series, attributes: Mapping[str, pd.Series]
) -> list[Ablation]:
    """Add each attribute to the model, and fit it again out of fold.

    The model's log odds is one column and each level of the attribute another; a logistic
    regression weighs them on two thirds of the units and predicts the last third. What the
    attribute could add to a model that starts from all other answers is thereby in.

    Parameters
    ----------
    risk : probability per response, in (0, 1)
    values : outcome per response: 1, 0, or NaN where not known
    units : where each respondent works; never in both parts

    Returns
    -------
    One per attribute; none when the outcome is known of fewer than 200 or units are fewer than 3.
    """
    # Imported here: it takes a second, and most commands fit nothing.
    from sklearn.metrics import roc_auc_score

    known = ~np.isnan(values)
    unit = pd.factorize(units)[0]
    both = len(np.unique(values[known])) == 2
    if known.sum() < _FEWEST or len(np.unique(unit[known])) < _FOLDS or not both:
        return []
    margin = logit(np.clip(risk, _CLIP, 1 - _CLIP))[:, None]
    without = _refit(margin, values, weight, unit, known)
    found = []
    for name, cells in cut_cells(attributes)[0].items():
        levels = cells.code[:, None] == np.arange(len(cells.names))
        made = _refit(np.hstack([margin, levels]), values, weight, unit, known)
        auc, before = (
            float(roc_auc_score(values[known], r[known], sample_weight=weight[known]))
            for r in (made, without)
        )
        found.append(Ablation(name, made, without, auc, before))
    return found


def tell_ablation(
    ablation: Ablation, largest_shift: float, changed: int, flagged: int, column: Column | None
) -> Message:
    """Say in one sentence what using an attribute would change.

    Parameters
    ----------
    largest_shift : largest change of a shown group's mean risk, in [0, 1]
    changed : flags that would come or go
    flagged : flags as they are
    """
    return Message(
        "fairness.ablation",
        {
            "attribute": column.label if column else ablation.attribute,
            "points": round(100 * largest_shift),
            "flagged": flagged,
            "changed": changed,
            "gain": ablation.auc - ablation.auc_without,
        },
    )


def _refit(columns: Array, values: Array, weight: Array, unit: Codes, known: Mask) -> Array:
    # Imported here: it takes a second, and most commands fit nothing.
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    risk = np.empty(len(values))
    for train, test in GroupKFold(_FOLDS).split(columns, groups=unit):
        rows = train[known[train]]
        # Hardly any penalty: levels of few people must not blow up, all else is left free.
        model = LogisticRegression(C=100.0, max_iter=500)
        model.fit(columns[rows], values[rows], sample_weight=weight[rows] / weight[rows].mean())
        risk[test] = model.predict_proba(columns[test])[:, 1]
    return risk
