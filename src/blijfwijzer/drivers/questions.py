"""The questions that trees ask, each put once to all responses."""

from collections.abc import Iterable
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.drivers.trees import SplitQuestion
from blijfwijzer.survey.arrays import Array, Mask

Answered = NDArray[np.int16]
"""One row per question, one column per response: 1 where it goes left, else 0."""


class Questions:
    """Different questions, in order; a forest asks each of them in many of its trees."""

    def __init__(self, asked: Iterable[SplitQuestion]) -> None:
        self._asked = sorted(set(asked), key=_in_order)
        self.places = {question: place for place, question in enumerate(self._asked)}

    def answer(self, X: Array) -> Answered:
        """Put all questions to some responses, one row each, as `tree_contributions` takes them."""
        found = np.empty((len(self._asked), len(X)), dtype=np.int16)
        start = 0
        for _, same in groupby(self._asked, _reads):
            part = list(same)
            rows = slice(start, start + len(part))
            values, first = X[:, part[0].feature], part[0]
            if first.left_levels is not None:
                found[rows] = _is_left_level(values, first.left_levels)
            else:
                found[rows] = _is_up_to(values, part)
            start += len(part)
        return found


def _in_order(question: SplitQuestion) -> tuple[object, ...]:
    """Put those together that read a number alike, from the lowest threshold on."""
    return *_reads(question)[:-1], sorted(question.left_levels or ()), question.threshold


def _reads(question: SplitQuestion) -> tuple[object, ...]:
    """Tell apart which questions of numbers may be put together; each question of levels is one."""
    levels = question.left_levels
    is_of_levels = levels is not None
    missing = question.missing_goes_left, question.missing_is_zero
    return question.feature, is_of_levels, *missing, levels


def _is_up_to(values: Array, asked: list[SplitQuestion]) -> Mask:
    """Compare numbers with thresholds in order: small integers compare many times faster."""
    cuts, missing = np.array([question.threshold for question in asked]), np.isnan(values)
    place = np.searchsorted(cuts, np.where(missing, 0.0, values)).astype(np.uint16)
    if not asked[0].missing_is_zero:
        place[missing] = 0 if asked[0].missing_goes_left else len(cuts)
    return np.asarray(place <= np.arange(len(cuts), dtype=np.uint16)[:, None])


def _is_left_level(values: Array, left: frozenset[int]) -> Mask:
    # A missing level goes right, as does any that training did not see.
    known = np.where(np.isnan(values), -1.0, values)
    return np.isin(known.astype(int), list(left))
