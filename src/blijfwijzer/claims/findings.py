"""What a claim's test found, and the one rule by which requirements come to a direction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Domain
from blijfwijzer.claims.thresholds import LEVEL
from blijfwijzer.estimation.intervals import Estimate, adjust, p_against
from blijfwijzer.survey.texts import Message, Value

Direction = Literal["claimed", "opposite", "neither"]
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


class Decision(NamedTuple):
    """Which way a finding points."""

    direction: Direction
    p: float = float("nan")
    """Two-sided, of what decided; NaN where a share of bootstraps did."""


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


@dataclass(frozen=True)
class Requirement:
    """Something that must hold for a claim to hold."""

    estimate: Estimate
    sign: Sign = 1
    """Whether the claim puts it above or below the bound."""
    bound: float = 0.0
    floor: float = 0.0
    """Distance from the bound that matters in practice."""

    def p(self, sign: int) -> float:
        """Two-sided p where it lies on this side by the floor or more; else 1."""
        apart = sign * (self.estimate.value - self.bound)
        if not apart > 0 or apart < self.floor:
            return 1.0
        p = p_against(self.estimate, self.bound)
        return 1.0 if np.isnan(p) else p


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
    chance after adjustment, that too few are left.

    Parameters
    ----------
    needed : how many must hold; None for all
    """
    if not requirements:
        return Decision("neither")
    needed = len(requirements) if needed is None else needed
    claimed = np.array([one.p(one.sign) for one in requirements])
    opposite = np.sort(adjust([one.p(-one.sign) for one in requirements], "holm"))
    every = needed == len(requirements)
    p_claimed = float(claimed.max() if every else np.sort(adjust(claimed, "holm"))[needed - 1])
    p_opposite = float(opposite[len(requirements) - needed])
    if p_claimed <= LEVEL:
        return Decision("claimed", p_claimed)
    if p_opposite <= LEVEL:
        return Decision("opposite", p_opposite)
    return Decision("neither", p_claimed)
