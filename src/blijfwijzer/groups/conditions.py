"""What an answer must be to lie in a segment, and how that reads."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.codebook import Column
from blijfwijzer.survey.texts import Message, Value

UNANSWERED = -1
_FEWEST_STEPS = 5
_MOST_STEPS = 100


@dataclass(frozen=True)
class Question:
    """One column, with its answers put on a grid that people can read."""

    column: Column
    answers: Array
    """Per response. A number: which step of the grid it lies in. Else: place of the code in
    the codebook's order. NaN is no answer."""
    codes: tuple[str, ...]
    """Empty for a number."""
    step: float
    """Width of the grid of a number."""
    is_whole: bool
    """Whether every number is a multiple of the step."""

    @property
    def is_nominal(self) -> bool:
        """Whether its codes have no order."""
        return self.column.type == "nominal"

    @property
    def has_unanswered(self) -> bool:
        """Whether anybody left it open."""
        return bool(np.isnan(self.answers).any())


@dataclass(frozen=True)
class Allowed:
    """Answers to one question that are allowed."""

    question: Question
    low: float = -np.inf
    """Lowest step or place."""
    high: float = np.inf
    """The step or place from which answers are too high."""
    barred: frozenset[int] = frozenset()
    """Places of a nominal column; `UNANSWERED` is no answer."""

    @property
    def allows_unanswered(self) -> bool:
        """Whether no answer is allowed too."""
        return UNANSWERED not in self.barred

    @property
    def is_open(self) -> bool:
        """Whether it allows every answer."""
        return self.low == -np.inf and self.high == np.inf and not self.barred

    def holds(self) -> Mask:
        """Say of each response whether its answer is allowed."""
        answers = self.question.answers
        known = ~np.isnan(answers)
        place = np.where(known, answers, UNANSWERED)
        inside = ~known | ((answers >= self.low) & (answers < self.high))
        return np.asarray(inside & ~np.isin(place, list(self.barred)))

    def below(self, cut: float, with_unanswered: bool) -> "Allowed":
        """Allow only what is under `cut`."""
        return replace(self, high=min(self.high, cut))._keep(with_unanswered)

    def from_(self, cut: float, with_unanswered: bool) -> "Allowed":
        """Allow only `cut` and above."""
        return replace(self, low=max(self.low, cut))._keep(with_unanswered)

    def only(self, place: int) -> "Allowed":
        """Allow one place of a nominal column."""
        others = set(range(UNANSWERED, len(self.question.codes))) - {place}
        return replace(self, barred=self.barred | others)

    def without(self, place: int) -> "Allowed":
        """Bar one place of a nominal column."""
        return replace(self, barred=self.barred | {place})

    def _keep(self, with_unanswered: bool) -> "Allowed":
        return self if with_unanswered else self.without(UNANSWERED)


def read_question(column: Column, answers: pd.Series) -> Question | None:
    """Put the answers to one column on a grid; None when they do not differ.

    Numbers are cut at whole values, at tenths or less where they span less than five, and at
    tens or more where they span thousands.
    """
    if column.type == "number":
        numbers = answers.to_numpy(dtype=np.float64, na_value=np.nan)
        step = _step(numbers)
        steps = numbers / step
        known = steps[~np.isnan(steps)]
        is_whole = bool(np.allclose(known, np.round(known)))
        # A multiple of a tenth is seldom exact in binary; without this it falls a step too low.
        found = Question(column, np.floor(steps + 1e-9), (), step, is_whole)
    else:
        codes, places = _places(column, answers)
        found = Question(column, places, codes, 1.0, True)
    distinct = np.unique(np.nan_to_num(found.answers, nan=UNANSWERED - 1.0))
    return found if len(distinct) > 1 else None


def describe(condition: Allowed) -> Message:
    """Put a condition into words, with the codebook's labels."""
    question = condition.question
    about = {"question": question.column.label}
    if _allows_none(condition):
        return Message("condition.unanswered", about)
    said = _describe_codes(condition) if question.codes else _describe_number(condition)
    if said is None:
        return Message("condition.answered", about)
    if question.has_unanswered and condition.allows_unanswered:
        return Message("condition.or_unanswered", {"condition": said})
    return said


def _step(numbers: Array) -> float:
    known = numbers[~np.isnan(numbers)]
    span = float(np.ptp(known)) if len(known) else 0.0
    if span == 0:
        return 1.0
    if span < _FEWEST_STEPS:
        return float(10.0 ** math.floor(math.log10(span / _FEWEST_STEPS)))
    return float(max(1.0, 10.0 ** math.floor(math.log10(span / _MOST_STEPS))))


def _places(column: Column, answers: pd.Series) -> tuple[tuple[str, ...], Array]:
    if column.type == "ordinal":
        codes = tuple(column.codes)
        places = {column.values[code]: float(place) for place, code in enumerate(codes)}
        placed: Array = np.asarray(answers.astype("float64").map(places), dtype=np.float64)
        return codes, placed
    texts = answers.astype("str").where(answers.notna())
    codes = tuple(column.codes) or tuple(sorted(texts.dropna().unique()))
    nominal = {code: float(place) for place, code in enumerate(codes)}
    numbered: Array = np.asarray(texts.map(nominal), dtype=np.float64)
    return codes, numbered


def _allowed(condition: Allowed) -> list[int]:
    """Places of the codes that are allowed."""
    return [
        place
        for place in range(len(condition.question.codes))
        if condition.low <= place < condition.high and place not in condition.barred
    ]


def _allows_none(condition: Allowed) -> bool:
    """Tell whether only people who did not answer are meant."""
    if condition.question.codes:
        return not _allowed(condition)
    low, high, _, _ = _range(condition)
    return low >= high


def _describe_codes(condition: Allowed) -> Message | None:
    """Say which codes; None when all are."""
    question, allowed = condition.question, _allowed(condition)
    labels = [question.column.codes.get(code, code) for code in question.codes]
    if len(allowed) == len(labels):
        return None
    about = question.column.label
    chosen = [labels[place] for place in allowed]
    others = [label for place, label in enumerate(labels) if place not in allowed]
    if question.is_nominal and len(others) < len(chosen) > 2:
        return Message("condition.none_of", {"question": about, "answers": tuple(others)})
    if question.is_nominal or len(chosen) <= 2:
        return Message("condition.one_of", {"question": about, "answers": tuple(chosen)})
    first, last = chosen[0], chosen[-1]
    if allowed[0] == 0:
        return Message("condition.at_most", {"question": about, "last": last})
    if allowed[-1] == len(labels) - 1:
        return Message("condition.at_least", {"question": about, "first": first})
    return Message("condition.between", {"question": about, "first": first, "last": last})


def _range(condition: Allowed) -> tuple[float, float, float, float]:
    """Give the steps that are allowed, and the first and the last that there are."""
    answers = condition.question.answers
    known = answers[~np.isnan(answers)]
    first, last = float(known.min()), float(known.max())
    return max(condition.low, first), min(condition.high, last + 1), first, last


def _describe_number(condition: Allowed) -> Message | None:
    """Say which range; None when all is."""
    question = condition.question
    low, high, first, last = _range(condition)
    if low == first and high > last:
        return None
    # Of whole steps the highest allowed is told; between steps there is none.
    top = high - 1 if question.is_whole else high
    values: dict[str, Value] = {
        "question": question.column.label,
        "low": round(low * question.step, 9),
        "high": round(top * question.step, 9),
    }
    if question.is_whole and high - low == 1:
        return Message("condition.equal", values)
    if high > last:
        return Message("condition.from", values)
    if question.is_whole:
        return Message("condition.range" if low > first else "condition.to", values)
    return Message("condition.from_below" if low > first else "condition.below", values)
