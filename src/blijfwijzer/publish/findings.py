"""What a new wave tells, before the gate."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.fairness.targeting import Targeting
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.groups.register_weights import RegisterWeights
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.facts import count_groups
from blijfwijzer.risk.card import Judged
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.texts import Message, Value


@dataclass(frozen=True)
class GroupEstimates:
    """What is known of each group; every table has the rows of `grouping.groups`."""

    grouping: Grouping
    shown: NDArray[np.bool_]
    rates: dict[str, pd.DataFrame]
    """Outcome to one row per group: rate, low, high, source, nonresponse_low, nonresponse_high."""
    flags: dict[str, pd.DataFrame]
    own: pd.DataFrame
    """Per shown unit with people of its own: own_n, own_people."""
    talent: pd.DataFrame | None
    """Per group: best, rest (rates of leaving); NaN where they may not be shown."""
    remainders: dict[str, pd.DataFrame] = field(default_factory=dict)
    """Need to one row per group: rate, low, high of those who are in no shown group below it; NaN
    where all or none are, or where they may not be shown."""


@dataclass(frozen=True)
class NeedFindings:
    """What is told of a need alone: where it is large, and whom the flags help and miss."""

    segments: pd.DataFrame
    """Segments that may be shown, as in `Segments.table`."""
    targeting: Targeting | None
    hidden: frozenset[tuple[str, str]]
    """Attribute and group of cells that may not be shown though they are large enough."""
    sentences: tuple[tuple[str, Message], ...]
    """Attribute and what a model that may not use it does with it."""


@dataclass(frozen=True)
class RegisterFindings:
    """What a register tells of who responded, and how far its margins moved figures."""

    weights: RegisterWeights
    told: NDArray[np.bool_]
    """Per row of their `response`, whether it may be shown."""
    moved: pd.DataFrame
    """One row per risk or dimension and group of which it may be shown: target, place among the
    groups, rate (or share that is favourable), and moved, that less what it is with the weights
    that the survey had."""


@dataclass(frozen=True)
class BesideOthers:
    """Everyone of an employer beside others of its kind.

    Every table has value, low, high (here), there, there_low, there_high, difference,
    difference_low, difference_high and is_sure.
    """

    label: Value
    """What the others are called; empty where they are everyone."""
    organisations: int
    """That these work in."""
    survey: Value
    """What the survey that they answered is called."""
    rates: pd.DataFrame
    """One row per risk (name)."""
    means: pd.DataFrame
    """One row per dimension (name), where it may be told."""
    drivers: pd.DataFrame
    """One row per risk (name) and driver."""


@dataclass(frozen=True)
class Findings:
    """What a new wave tells, before the gate; nothing of it is written as it is."""

    codebook: Codebook
    settings: Settings
    intake: Intake
    estimates: GroupEstimates
    reasons: pd.Series
    """Per group: "" or why it is withheld."""
    drivers: dict[str, pd.DataFrame]
    waves: dict[str, pd.DataFrame]
    needs: dict[str, NeedFindings]
    """Outcome that is a need to what is told of it alone."""
    constant: tuple[str, ...]
    """Outcomes of which the model looks at no answer."""
    earlier: Mapping[str, int]
    """Counts of what was weighed of earlier releases."""
    cards: dict[str, Judged | Message] = field(default_factory=dict)
    """Need that vouchers are for to whom its self-check card reaches, or why that is not told."""
    register: RegisterFindings | None = None
    questions: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What everyone answered, one row per question that may be told."""
    detectable: dict[str, pd.DataFrame] = field(default_factory=dict)
    """Risk in which no group stands out to one row per level: level, and how far above the others a
    group of middling size (typical) and the largest would have to lie; NaN where none would."""
    unjudged: dict[str, int] = field(default_factory=dict)
    """Risk to the units that are told of it and not held against any rate, as that is withheld."""
    beside: BesideOthers | None = None
    """Everyone beside others of their kind, where the training tells of these."""

    @property
    def edge(self) -> Edge:
        """Who reads of it."""
        return Edge.of(self.settings)

    def counts(self) -> dict[str, int]:
        """Count what was read and shown, for the run's record."""
        of_groups = count_groups(self.intake, self.estimates.grouping, self.estimates.shown)
        return {**of_groups, **self.earlier}
