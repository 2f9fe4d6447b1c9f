"""Items to scale scores."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook, Scale
from blijfwijzer.survey.held import Held, Responses, pack, pick

_ROWS_AT_ONCE = 2**16
"""Responses of which the items of a scale are numbers at a time."""


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
    for own, scale in zip(scores, codebook.scales.values(), strict=True):
        own[:] = _score(responses, scale, codebook)
    return pd.DataFrame(scores.T, index=responses.index, columns=list(codebook.scales), copy=False)


def hold_scales(responses: Responses, codebook: Codebook) -> Held:
    """Score each scale, and hold the scores in a byte or two each."""
    scales = codebook.scales.values()
    scores = {scale.name: pack(_score(responses, scale, codebook)) for scale in scales}
    return Held(scores, len(responses))


def recode_in_parts(
    responses: Responses, scale: Scale, codebook: Codebook
) -> Iterator[tuple[slice, pd.DataFrame]]:
    """Give some responses at a time, and their items as `recode_items` has them."""
    asked = [item for item in scale.items if item in responses]
    own = responses.only(asked) if isinstance(responses, Held) else responses[asked]
    for start in range(0, max(len(own), 1), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        yield rows, recode_items(pick(own, rows), scale, codebook)


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


def _score(responses: Responses, scale: Scale, codebook: Codebook) -> Array:
    scores = np.empty(len(responses))
    # 2 of 3 items must meet a share of 2/3, whatever floating point makes of it.
    needed = np.ceil(scale.minimum_share * len(scale.items) - 1e-9)
    for rows, items in recode_in_parts(responses, scale, codebook):
        scores[rows] = items.mean(axis=1).where(items.notna().sum(axis=1) >= needed)
    return scores
