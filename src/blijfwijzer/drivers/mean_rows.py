"""Contributions of groups and cells of people: means that add up to the mean risk of each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.drivers.contributions import Contributed
from blijfwijzer.errors import ContributionGapError
from blijfwijzer.risk.features import Feature
from blijfwijzer.survey.arrays import Array

STEP = 1e-4
"""Of what is told of contributions, in probability, as of every contribution that is shown."""
_LARGEST_GAP = 1e-9


@dataclass(frozen=True)
class MeanRows:
    """What a model says of some groups of people; one row per group, one column per feature."""

    contributions: pd.DataFrame
    """Weighted means, in probability, of whole steps of `STEP`; with the base they add up to the
    mean risk to half a step."""
    answers: pd.DataFrame
    """Means of numbers, and the place of the most common level; NaN where most did not answer,
    none is most common, or it would tell the answer of nearly each."""
    base: float
    """Mean probability of the training, from which contributions start."""


def mean_rows(
    contributed: Contributed,
    weight: Array,
    members: csr_array,
    minimum: int,
    telling: dict[str, float],
) -> MeanRows:
    """Tell what a model says of groups of people.

    Parameters
    ----------
    members : one row per group, one column per response
    minimum : answers that a mean of answers rests on; where fewer in a group gave one and most
        did, those who did not count as the mean of all
    telling : feature to the share of one answer from which a group's answer is everyone's

    Raises
    ------
    ContributionGapError
        A row misses the mean risk of its people by more than 1e-9 before it is rounded.
    """
    found = contributed.contributions
    own = csr_array(members.astype(float) * weight[None, :])
    total = np.asarray(own.sum(axis=1)).ravel()
    own = csr_array(own.multiply(1 / total[:, None]))
    means, risk = own @ found.values.to_numpy(), own @ found.risk
    gap = float(np.abs(found.base + means.sum(axis=1) - risk).max(initial=0.0))
    if not gap <= _LARGEST_GAP:
        raise ContributionGapError(
            f"rows of people miss their mean risk by up to {gap:.1e}, more than {_LARGEST_GAP}, so "
            "they do not explain it. This is a fault of the software: report it with the model."
        )
    names = found.values.columns
    answers = {
        name: _answers(
            contributed.frame[name].to_numpy(),
            contributed.schema[name],
            csr_array(members),
            own,
            minimum,
            telling[name],
        )
        for name in names
    }
    return MeanRows(
        pd.DataFrame(round_rows(means, risk - found.base), columns=names),
        pd.DataFrame(answers, columns=names),
        found.base,
    )


def round_rows(values: Array, sums: Array) -> Array:
    """Round to whole steps, so that each row adds up to its rounded sum.

    What lies furthest above its step is rounded up (the method of largest remainders), so each
    value moves by less than a step.

    >>> round_rows(np.array([[0.00014, 0.00014, 0.00002]]), np.array([0.0003])).round(4).tolist()
    [[0.0002, 0.0001, 0.0]]
    """
    steps = np.floor(values / STEP)
    missing = np.rint(sums / STEP).astype(int) - steps.sum(axis=1).astype(int)
    rank = np.argsort(np.argsort(steps - values / STEP, axis=1, kind="stable"), axis=1)
    return np.asarray((steps + (rank < missing[:, None])) * STEP) + 0.0


def _answers(
    column: Array,
    feature: Feature,
    members: csr_array,
    own: csr_array,
    minimum: int,
    telling: float,
) -> Array:
    """Give what groups answered to one question, where that tells of enough people."""
    known = ~np.isnan(column)
    n, people = members @ known.astype(float), np.diff(members.indptr)
    most = _most_common(column, known, members) if known.any() else n * 0
    with np.errstate(invalid="ignore", divide="ignore"):
        if feature.is_nominal:
            told = _common_level(column, len(feature.levels), own)
        else:
            everyone = float(column[known].mean()) if known.any() else np.nan
            of_known = (own @ np.where(known, column, 0.0)) / (own @ known.astype(float))
            filled = own @ np.where(known, column, everyone)
            told = np.round(np.where(n >= minimum, of_known, filled), 1) + 0.0
        hidden = (n < minimum) & (2 * n <= people) | (most >= telling * n)
    return np.where(hidden, np.nan, told)


def _most_common(column: Array, known: np.ndarray, members: csr_array) -> Array:
    """Count per group those who gave its most common answer."""
    codes = np.unique(column[known], return_inverse=True)[1]
    places = np.flatnonzero(known)
    ones = np.ones(len(places))
    to_code = csr_array((ones, (places, codes)), shape=(len(column), int(codes.max()) + 1))
    return np.asarray((members.astype(float) @ to_code).max(axis=1).toarray()).ravel()


def _common_level(column: Array, levels: int, own: csr_array) -> Array:
    """Give the level that most of a group's weight has, NaN where none has more than half."""
    shares = np.stack([own @ (column == level).astype(float) for level in range(levels)], axis=1)
    return np.where(shares.max(axis=1) > 0.5, shares.argmax(axis=1).astype(float), np.nan)
