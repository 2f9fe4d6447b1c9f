"""What a claim's test estimates: a number of what, in which unit, and about whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.survey.arrays import Mask
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.texts import Message, Text, Value

Number = Literal["percent", "points", "ratio", "decimal"]
"""How a reader is told a number; points: percentage points."""


class Measure(StrEnum):
    """What an estimate is a number of, and how that is told."""

    number: Number

    SHARE = "share", "percent"
    DIFFERENCE = "difference", "points"
    """Of shares."""
    VARIANCE = "variance", "percent"
    """Share of it."""
    CHANCE = "chance", "percent"
    AREA = "area", "ratio"
    """Under a curve."""
    GAIN = "gain", "ratio"
    """Difference of areas."""
    CORRELATION = "correlation", "ratio"
    LOG_ODDS = "log_odds", "ratio"
    DEVIATION = "deviation", "ratio"
    """Standard deviations."""
    SCALE = "scale", "ratio"
    """Difference in points of a scale."""
    MEAN = "mean", "ratio"
    """Place on a scale."""
    RANK = "rank", "decimal"

    def __new__(cls, name: str, number: Number) -> "Measure":
        """Make a member of its name for programs and the number that it is."""
        made = str.__new__(cls, name)
        made._value_, made.number = name, number
        return made


@dataclass(frozen=True, eq=False)
class Domain:
    """Some of the respondents: those whom an estimate is about."""

    name: str
    """Id among the domains of a claim; empty for that of the whole claim."""
    members: tuple[Mask, ...]
    """Whoever is told of, set by set: where one of these is of few, nothing of it is told."""
    answer: tuple[str, str] | None = None
    """Column and code, or band, that they have in common."""


@dataclass(frozen=True)
class ClaimEstimate:
    """One number that a claim's test found."""

    name: str
    """Id among the estimates of its claim, for programs."""
    measure: Measure
    estimate: Estimate
    label: Message | Text
    part: Domain | None = None
    """Whom it is about, where they are not all whom the claim is about."""
    concept: str | None = None
    """Which one it is of, where it is of one and named after it."""


def stated(sentence: str, measure: Measure, estimate: Estimate, **gaps: Value) -> ClaimEstimate:
    """Give an estimate that is named as its sentence is, after the last dot of that one's id."""
    return ClaimEstimate(sentence.rpartition(".")[2], measure, estimate, Message(sentence, gaps))


def about(sentence: str, concept: str) -> Message:
    """Give a sentence that names a concept."""
    return Message(sentence, {"concept": CONCEPTS[concept]})


def by_concept(
    label: str, measure: Measure, found: Mapping[str, Estimate], prefix: str = ""
) -> tuple[ClaimEstimate, ...]:
    """Give an estimate of each concept.

    Parameters
    ----------
    label : id of the sentence that says what each is of a concept
    prefix : what the name of each begins with, before that of the concept
    """
    return tuple(
        ClaimEstimate(f"{prefix}{name}", measure, estimate, about(label, name), concept=name)
        for name, estimate in found.items()
    )
