"""Items to scale scores."""

import numpy as np
import pandas as pd

from blijfwijzer.survey.codebook import Codebook, Scale
from blijfwijzer.survey.held import Responses, pick

_ROWS_AT_ONCE = 500_000
"""Responses of which the items of a scale are numbers at a time: some 30 MB."""


def score_scales(responses: Responses, codebook: Codebook) -> pd.DataFrame:
    """Score each scale as the mean of its answered items.

    Reversed items are recoded first, to low + high - answer. A response has a score when it
    answers at least the scale's minimum share of items; user-missing answers are missing, never
    a number.

    Parameters
    ----------
    responses : one row per response

    Returns
    -------
    Same rows; one column per scale, in the unit of its items.
    """
    scores = np.empty((len(codebook.scales), len(responses)))
    parts = np.array_split(np.arange(len(responses)), len(responses) // _ROWS_AT_ONCE + 1)
    for rows in parts:
        own = responses if len(parts) == 1 else pick(responses, rows)
        for place, scale in enumerate(codebook.scales.values()):
            items = recode_items(own, scale, codebook)
            scores[place, rows] = _score(items, scale.minimum_share)
    return pd.DataFrame(scores.T, index=responses.index, columns=list(codebook.scales), copy=False)


def recode_items(responses: Responses, scale: Scale, codebook: Codebook) -> pd.DataFrame:
    """Give the items of a scale with the reversed ones turned round.

    An item that the survey lacks is missing for everybody.
    """
    asked = [item for item in scale.items if item in responses]
    items = responses[asked].reindex(columns=list(scale.items)).astype(float)
    for item in scale.reversed:
        low, high = codebook.columns[item].span or (np.nan, np.nan)
        items[item] = low + high - items[item]
    return items


def _score(items: pd.DataFrame, minimum_share: float) -> pd.Series:
    # 2 of 3 items must meet a share of 2/3, whatever floating point makes of it.
    needed = np.ceil(minimum_share * items.shape[1] - 1e-9)
    return items.mean(axis=1).where(items.notna().sum(axis=1) >= needed)
