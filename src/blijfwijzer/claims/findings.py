"""What a claim's test found, and the one rule by which requirements come to a direction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Domain
from blijfwijzer.claims.thresholds import LEVEL
from blijfwijzer.estimation.intervals import Estimate, adjust, p_against
from blijfwijzer.survey.texts import Message, Value

Direction = Literal["claimed", "opposite", "short", "neither"]
"""As claimed; the reverse; surely less than what counts; or none of these can be said."""
Sign = Literal[1, -1]


class NotTestableError(Exception):
    """A survey has the concepts of a claim and still cannot test it; a sentence says why."""

    def __init__(self, sentence: str, **gaps: Value) -> None:
        self.reason = Message(sentence, gaps)
        super().__init__(self.reason)


class Effect(NamedTuple):
    """The number by which a finding is known."""

    size: Estimate
    label: Message


class BoundTest(NamedTuple):
    """Whether a number lies on one side of a bound."""

    estimate: Estimate
    sign: int
    """1 for above it, -1 for below."""
    bound: float

    @property
    def p(self) -> float:
        """Two-sided where it lies there, so that half of it is the chance of that; else 1."""
        if not self.sign * (self.estimate.value - self.bound) > 0:
            return 1.0
        p = p_against(self.estimate, self.bound)
        return 1.0 if np.isnan(p) else p


class Decision(NamedTuple):
    """Which way a finding points."""

    direction: Direction
    p: float = float("nan")
    """Of what decided, adjusted for what else could have."""
    by: BoundTest | None = None
    """What decided."""


@dataclass(frozen=True)
class ClaimFinding:
    """What the test of one claim found."""

    estimates: tuple[ClaimEstimate, ...]
    effect: Effect
    decision: Decision
    checks: tuple[ClaimEstimate, ...] = ()
    """The same question with other measures, halves or adjustments."""
    notes: tuple[Message, ...] = ()
    """What a reader must know to read the finding rightly."""
    domain: Domain | None = None
    """Whom all of it is about, where they are not everyone."""

    @property
    def direction(self) -> Direction:
        """Which way it points."""
        return self.decision.direction

    @property
    def p(self) -> float:
        """Two-sided, of what decided."""
        return self.decision.p

    @property
    def decisive(self) -> tuple[ClaimEstimate, ...]:
        """Estimates that it is known by: its effect, and what decided."""
        by = self.decision.by
        known_by = (self.effect.size, self.effect.size if by is None else by.estimate)
        made = (*self.estimates, *self.checks)
        return tuple(one for one in made if any(one.estimate is size for size in known_by))


@dataclass(frozen=True)
class Requirement:
    """Something that must hold for a claim to hold.

    A number that is to matter must lie beyond its floor, and so the floor is what it is tested
    against: that it is not zero says nothing of that (minimum-effect test; Murphy & Myors 1999).
    """

    estimate: Estimate
    sign: Sign = 1
    """Whether the claim puts it above or below the bound."""
    bound: float = 0.0
    floor: float = 0.0
    """Distance from the bound that matters in practice."""

    @property
    def claimed(self) -> BoundTest:
        """Whether it lies where the claim puts it, by more than the floor."""
        return BoundTest(self.estimate, self.sign, self.bound + self.sign * self.floor)

    @property
    def short(self) -> BoundTest:
        """Whether it does not reach the floor."""
        return BoundTest(self.estimate, -self.sign, self.bound + self.sign * self.floor)

    @property
    def opposite(self) -> BoundTest:
        """Whether it lies on the other side of the bound, by more than the floor."""
        return BoundTest(self.estimate, -self.sign, self.bound - self.sign * self.floor)


def of_each(
    found: Mapping[str, Estimate], signs: Mapping[str, Sign], bound: float = 0.0, floor: float = 0.0
) -> list[Requirement]:
    """Require of each estimate that it lies on its side of one bound."""
    return [Requirement(one, signs[name], bound, floor) for name, one in found.items()]


def decide(requirements: Sequence[Requirement], needed: int | None = None) -> Decision:
    """Say what requirements come to, and the p of that.

    When all must hold, the claim's p is the largest of theirs: an intersection-union test, which
    needs no adjustment (Berger 1982). When fewer must, p-values are adjusted (Holm 1979) and the
    one that completes the number counts. A claim is opposed when so many are opposite, beyond
    chance after adjustment, that too few are left; it falls short when so many surely do not reach
    their floor. All else is undecided: a wide interval speaks neither for a claim nor against it.

    Parameters
    ----------
    needed : how many must hold; None for all
    """
    if not requirements:
        return Decision("neither")
    needed = len(requirements) if needed is None else needed
    left = len(requirements) - needed
    every = left == 0
    claimed = _at([one.claimed for one in requirements], needed - 1, adjusted=not every)
    opposite = _at([one.opposite for one in requirements], left, adjusted=True)
    short = _at([one.short for one in requirements], left, adjusted=True)
    if claimed[0] <= LEVEL:
        return Decision("claimed", *claimed)
    if opposite[0] <= LEVEL:
        return Decision("opposite", *opposite)
    if short[0] <= LEVEL:
        return Decision("short", *short)
    return Decision("neither", *claimed)


def _at(tests: list[BoundTest], place: int, *, adjusted: bool) -> tuple[float, BoundTest]:
    """Give the p that so many others are below, and whose it is."""
    p = np.array([test.p for test in tests])
    p = adjust(p, "holm") if adjusted else p
    chosen = int(np.argsort(p, kind="stable")[place])
    return float(p[chosen]), tests[chosen]
