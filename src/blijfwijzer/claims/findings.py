"""What a claim's test found, and the one rule by which parts of a finding become a direction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.estimation.influences import Estimate
from blijfwijzer.estimation.intervals import p_against
from blijfwijzer.survey.codebook import Text

Array = NDArray[np.float64]
Direction = Literal["claimed", "opposite", "neither"]

LEVEL = 0.05
FLOOR_SHARE = 0.02
"""Difference of shares below which it is none, whatever its p: with 40,000 respondents everything
is significant (domain notes, C, rule 4). Ours: a fifth of the smallest rate among the claims."""
FLOOR_D = 0.10
"""The same in standard deviations between people: half a small effect (Cohen 1988, p. 25)."""
FLOOR_R = 0.05
"""The same for slopes of standardised answers: half a small correlation (Cohen 1988, p. 79)."""
COLUMNS = ["name", "nl", "en", "value", "low", "high", "n", "fewest"]


@dataclass(frozen=True)
class Finding:
    """What the test of one claim found."""

    estimates: pd.DataFrame
    """One row per estimate: name, nl, en (what it is), value, low, high (95 %), n, fewest
    (respondents on the smaller side of a share or a difference)."""
    effect: Estimate
    effect_name: Text
    p: float
    """Two-sided, of the part that decided."""
    direction: Direction
    sensitivity: pd.DataFrame
    """Same columns: the same question with other measures, halves or adjustments."""
    note: Text | None = None
    """What a reader must know to read the finding rightly."""
    domains: Mapping[str, Sequence[NDArray[np.bool_]]] = field(default_factory=dict)
    """Parts of the respondents that single estimates are about, by the end of their name."""


@dataclass(frozen=True)
class Line:
    """One estimate with its name in both languages."""

    name: str
    nl: str
    en: str
    estimate: Estimate


@dataclass(frozen=True)
class Part:
    """Something that must hold for a claim to hold."""

    estimate: Estimate
    sign: Literal[1, -1] = 1
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


def decide(parts: Sequence[Part], needed: int | None = None) -> tuple[Direction, float]:
    """Say what parts of a finding come to, and the p of that.

    When all parts must hold, the claim's p is the largest of theirs: an intersection-union test,
    which needs no adjustment (Berger 1982). When fewer must, p-values are adjusted (Holm 1979) and
    the one that completes the number counts. A claim is opposed when so many parts are opposite,
    beyond chance after adjustment, that too few are left.

    Parameters
    ----------
    needed : parts that must hold; None for all
    """
    if not parts:
        return "neither", float("nan")
    needed = len(parts) if needed is None else needed
    claimed = np.array([part.p(part.sign) for part in parts])
    opposite = _holm(np.array([part.p(-part.sign) for part in parts]))
    every = needed == len(parts)
    p_claimed = float(claimed.max() if every else _holm(claimed)[needed - 1])
    p_opposite = float(opposite[len(parts) - needed])
    if p_claimed <= LEVEL:
        return "claimed", p_claimed
    if p_opposite <= LEVEL:
        return "opposite", p_opposite
    return "neither", p_claimed


def conclude(
    lines: Sequence[Line],
    parts: Sequence[Part],
    effect: tuple[Estimate | float, str, str],
    sensitivity: Sequence[Line] = (),
    needed: int | None = None,
    note: Text | None = None,
    domains: Mapping[str, Sequence[NDArray[np.bool_]]] | None = None,
) -> Finding:
    """Put a finding together.

    Parameters
    ----------
    effect : its size, and what it is in Dutch and English
    domains : parts of the respondents that single estimates are about, by the end of their name
    """
    direction, p = decide(parts, needed)
    size, nl, en = effect
    return Finding(
        tabulate(lines),
        size if isinstance(size, Estimate) else bare(size, 0),
        Text(nl=nl, en=en),
        p,
        direction,
        tabulate(sensitivity),
        note,
        domains or {},
    )


def with_direction(finding: Finding, direction: Direction, p: float = float("nan")) -> Finding:
    """Give a finding whose direction follows from something else than parts.

    Where a share of bootstraps decides, there is no p.
    """
    return replace(finding, direction=direction, p=p)


def tabulate(lines: Sequence[Line]) -> pd.DataFrame:
    """Give estimates as a table, one row each."""
    rows = [
        (line.name, line.nl, line.en, e.value, e.low, e.high, e.n, e.fewest)
        for line in lines
        for e in (line.estimate,)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _holm(p: Array) -> Array:
    """Give adjusted p-values in rising order (Holm 1979).

    As `adjust`, without its price: statsmodels collects garbage at each call, and a test of claims
    on many surveys makes thousands.
    """
    steps = np.sort(p) * np.arange(len(p), 0, -1)
    return np.minimum(np.maximum.accumulate(steps), 1.0)


def bare(value: float, n: int) -> Estimate:
    """Give a number that is told without an interval."""
    return Estimate(value, np.nan, np.nan, np.nan, np.nan, n)
