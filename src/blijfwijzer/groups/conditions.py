"""What an answer must be to lie in a segment, and how that reads."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.survey.codebook import Column, Text

Array = NDArray[np.float64]

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
class Condition:
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

    def holds(self) -> NDArray[np.bool_]:
        """Say of each response whether its answer is allowed."""
        answers = self.question.answers
        known = ~np.isnan(answers)
        place = np.where(known, answers, UNANSWERED)
        inside = ~known | ((answers >= self.low) & (answers < self.high))
        return np.asarray(inside & ~np.isin(place, list(self.barred)))

    def below(self, cut: float, with_unanswered: bool) -> "Condition":
        """Allow only what is under `cut`."""
        return replace(self, high=min(self.high, cut))._keep(with_unanswered)

    def from_(self, cut: float, with_unanswered: bool) -> "Condition":
        """Allow only `cut` and above."""
        return replace(self, low=max(self.low, cut))._keep(with_unanswered)

    def only(self, place: int) -> "Condition":
        """Allow one place of a nominal column."""
        others = set(range(UNANSWERED, len(self.question.codes))) - {place}
        return replace(self, barred=self.barred | others)

    def without(self, place: int) -> "Condition":
        """Bar one place of a nominal column."""
        return replace(self, barred=self.barred | {place})

    def _keep(self, with_unanswered: bool) -> "Condition":
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


def describe(condition: Condition) -> Text:
    """Put a condition into words, with the codebook's labels."""
    question = condition.question
    words = _describe_codes(condition) if question.codes else _describe_number(condition)
    with_open = question.has_unanswered and condition.allows_unanswered
    if words is None:
        words = Text(nl=": niet beantwoord", en=": not answered")
    elif not words.nl:
        words = Text(nl=": beantwoord", en=": answered")
    elif with_open:
        words = Text(nl=f"{words.nl} of niet beantwoord", en=f"{words.en} or not answered")
    label = question.column.label
    return Text(nl=label.nl + words.nl, en=label.en + words.en)


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


def _describe_codes(condition: Condition) -> Text | None:
    """Give the words for codes; None when only no answer is allowed, empty when all are."""
    codes, column = condition.question.codes, condition.question.column
    allowed = [
        place
        for place in range(len(codes))
        if condition.low <= place < condition.high and place not in condition.barred
    ]
    if not allowed:
        return None
    if len(allowed) == len(codes):
        return Text(nl="", en="")
    labels = [column.codes.get(code, Text(nl=code, en=code)) for code in codes]
    chosen = [labels[place] for place in allowed]
    others = [label for place, label in enumerate(labels) if place not in allowed]
    if len(chosen) <= 2:
        return _list(": ", chosen, "of", "or")
    if condition.question.is_nominal:
        if len(others) < len(chosen):
            return _list(": ", others, "of", "or", negated=True)
        return _list(": ", chosen, "of", "or")
    first, last = chosen[0], chosen[-1]
    if allowed[0] == 0:
        return Text(nl=f": hoogstens {last.nl}", en=f": at most {last.en}")
    if allowed[-1] == len(codes) - 1:
        return Text(nl=f": minstens {first.nl}", en=f": at least {first.en}")
    return Text(nl=f": van {first.nl} tot en met {last.nl}", en=f": from {first.en} to {last.en}")


def _list(start: str, labels: list[Text], nl: str, en: str, negated: bool = False) -> Text:
    dutch, english = ("niet ", "not ") if negated else ("", "")
    return Text(
        nl=start + dutch + f" {nl} ".join(label.nl for label in labels),
        en=start + english + f" {en} ".join(label.en for label in labels),
    )


def _describe_number(condition: Condition) -> Text | None:
    """Give the words for a range; None when only no answer is allowed, empty when all are."""
    question = condition.question
    known = question.answers[~np.isnan(question.answers)]
    first, last = float(known.min()), float(known.max())
    low, high = max(condition.low, first), min(condition.high, last + 1)
    if low >= high:
        return None
    if low == first and high == last + 1:
        return Text(nl="", en="")
    if question.is_whole and high - low == 1:
        return _number(" = {}", question, low)
    if question.is_whole and low > first and high <= last:
        return _number(" {} – {}", question, low, high - 1)
    parts = []
    if low > first:
        parts.append(_number(" ≥ {}", question, low))
    if high <= last and question.is_whole:
        parts.append(_number(" ≤ {}", question, high - 1))
    elif high <= last:
        parts.append(_number(" < {}", question, high))
    return Text(nl=" en".join(p.nl for p in parts), en=" and".join(p.en for p in parts))


def _number(form: str, question: Question, *steps: float) -> Text:
    texts = [f"{round(step * question.step, 9):.10g}" for step in steps]
    return Text(nl=form.format(*(text.replace(".", ",") for text in texts)), en=form.format(*texts))
