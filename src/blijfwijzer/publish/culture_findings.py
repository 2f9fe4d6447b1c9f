"""What was measured of culture and which of it may be shown, before it is told."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.culture.climate import Climate
from blijfwijzer.culture.conduct import Conduct
from blijfwijzer.culture.instrument import Instrument
from blijfwijzer.culture.invariance import Invariance
from blijfwijzer.culture.screening import Screening
from blijfwijzer.culture.screening_checks import ScreeningChecks
from blijfwijzer.culture.trend import Trend
from blijfwijzer.disclosure.figures import FigureId
from blijfwijzer.groups.grouping import EVERYONE, Grouping
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.facts import count_groups
from blijfwijzer.publish.findings import BesideOthers, RegisterFindings
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Mask
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.labels import labels_of
from blijfwijzer.survey.texts import Message, Text, Value, say

NOT_TESTED = "not tested"
"""Judgement where largest units were not held against each other: there is one, or too many."""

Cell = tuple[str, str, str]
"""What is told, by what people are parted for it, and the category."""
Pairs = frozenset[tuple[str, str]]
"""Groups and dimensions."""


@dataclass(frozen=True)
class Permission:
    """Which groups and figures may be shown."""

    shown: NDArray[np.bool_]
    """One per group."""
    reasons: pd.Series
    """One per group: why it is withheld, or ""."""
    tells_everyone: bool
    before: frozenset[str]
    """Groups that may also be told of the wave before."""
    tells_before: bool
    """Whether figures of everyone in the wave before may be told."""
    figures: frozenset[FigureId]
    """About parts that cut through groups."""
    answers: Pairs
    """Groups and dimensions, or questions, that may not be told: few answered, or few are left of
    the unit above once they are taken from it, or nearly all answered alike."""
    answers_before: Pairs
    """The same in the wave before."""
    conduct: frozenset[Cell]
    """Behaviour, what it is broken down by, and category."""
    compared: frozenset[Cell]
    """Scale, background or level of units, and group that is told to differ by it."""
    mix: frozenset[tuple[str, str]]
    """Trait and category of which the shares in both waves may be told."""
    releases: int
    """Earlier releases that were weighed."""

    def hides(self, rows: pd.DataFrame, groups: NDArray[Any] | None = None) -> Mask:
        """Say of each row whether the dimension may not be told of its group, or of another."""
        return _are_in(rows if groups is None else rows.assign(group=groups), self.answers)

    def hid_before(self, rows: pd.DataFrame) -> Mask:
        """Say of each row whether the dimension may not be told of its group in the wave before."""
        return _are_in(rows, self.answers_before)


def _are_in(rows: pd.DataFrame, pairs: Pairs) -> Mask:
    return np.asarray(pd.MultiIndex.from_frame(rows[["group", "dimension"]]).isin(list(pairs)))


@dataclass(frozen=True)
class CultureFindings:
    """All that `climate` measured."""

    codebook: Codebook
    settings: Settings
    intake: Intake
    grouping: Grouping
    permission: Permission
    instrument: Instrument
    invariance: Invariance
    climate: Climate
    questions: pd.DataFrame
    """As `culture.questions.measure_questions` gives."""
    trend: Trend | None
    screenings: dict[str, Screening]
    """Unit level to the screening of its units that may be shown."""
    checks: dict[str, ScreeningChecks]
    """Unit level to how well its screening works."""
    conduct: Conduct
    drivers: pd.DataFrame | None
    """Of listed units, where a model was given: group, driver, contrast, low, high."""
    unasked: tuple[str, ...]
    """Dimensions that nobody answered."""
    register: RegisterFindings | None = None
    """What a register tells of its people, where there is one."""
    warned: tuple[Message, ...] = ()
    """What to know of both waves before all else."""
    beside: BesideOthers | None = None
    """Everyone beside others of their kind, in means alone, where a model tells of these."""

    @property
    def edge(self) -> Edge:
        """Who reads of it."""
        return Edge.of(self.settings)

    @property
    def largest(self) -> str:
        """Level of the largest units."""
        return self.codebook.units.levels[0]

    @cached_property
    def labels(self) -> dict[str, Text]:
        """Words for each column and scale."""
        return labels_of(self.codebook)

    @cached_property
    def unit_names(self) -> pd.Series:
        """What each group is called, by its id, as rows are put in order by it."""
        return self.grouping.groups["label"].map(self.edge.in_words)

    def largest_units(self, among: Collection[str] | None = None) -> dict[str, Value]:
        """Give the labels of largest units that may be shown, by their codes.

        Parameters
        ----------
        among : ids of groups; all that may be shown when left out
        """
        groups = self.groups.loc[self.groups["level"] == self.largest, "label"]
        return {
            GroupPath.parse(group).code(self.largest): label
            for group, label in groups.items()
            if among is None or group in among
        }

    @cached_property
    def ids_of_largest(self) -> dict[str, str]:
        """Give the ids of everyone and of each largest unit, by its code."""
        groups = self.grouping.groups
        largest = groups.index[groups["level"] == self.largest]
        ids = {GroupPath.parse(group).code(self.largest): str(group) for group in largest}
        return {**ids, EVERYONE: EVERYONE}

    @property
    def groups(self) -> pd.DataFrame:
        """Groups that may be shown."""
        return self.grouping.groups[self.permission.shown]

    @cached_property
    def judgements(self) -> dict[tuple[str, str], str]:
        """Give the gate's judgement of each largest unit, by its code, and scale."""
        table = self.invariance.groups
        if table.empty:
            return {}
        table = table[table["attribute"] == self.largest]
        keys = zip(table["group"].astype("str"), table["scale"], strict=True)
        return dict(zip(keys, table["judgement"], strict=True))

    def judge(self, group: str, scale: str) -> str:
        """Say whether a group may be compared with those in other largest units by a scale.

        Nothing is said of everyone, who are what others are compared with.
        """
        if group == EVERYONE:
            return ""
        code = GroupPath.parse(group).code(self.largest)
        return self.judgements.get((code, scale), NOT_TESTED)

    def level_words(self, level: str) -> Value:
        """Give what a level of units is called, as a heading."""
        return say("group.everyone") if level == EVERYONE else self.labels[level]

    def counts(self) -> dict[str, int]:
        """Count what was read and shown, for the run's record."""
        of_groups = count_groups(self.intake, self.grouping, self.permission.shown)
        return {**of_groups, "earlier_releases": self.permission.releases}


def level_figure(attribute: str, level: str) -> FigureId:
    """Name the figure of people with one background, set beside units."""
    return FigureId("culture", (attribute, level))


def link_figure(behaviour: str) -> FigureId:
    """Name the figure of those to whom something happened."""
    return FigureId("happened", (behaviour,))
