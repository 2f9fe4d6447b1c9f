"""What was measured of culture and which of it may be shown, before it is told."""

from dataclasses import dataclass

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
from blijfwijzer.groups.grouping import EVERYONE, Grouping
from blijfwijzer.publish.texts import say
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake


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
    figures: frozenset[str]
    """About parts that cut through groups, by their names in the ledger."""
    conduct: frozenset[tuple[str, str, str]]
    """Behaviour, what it is broken down by, and category."""
    releases: int
    """Earlier releases that were weighed."""


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

    @property
    def groups(self) -> pd.DataFrame:
        """Groups that may be shown."""
        return self.grouping.groups[self.permission.shown]

    def judged(self, judgement: str) -> tuple[str, ...]:
        """Give the scales by which largest units may be compared, or not, as the gate says."""
        table = self.invariance.scales
        largest = self.codebook.units.levels[0]
        here = (table["attribute"] == largest) & (table["judgement"] == judgement)
        return tuple(str(name) for name in table.loc[here, "scale"])

    def level_words(self, level: str) -> str:
        """Give what a level of units is called, as a heading."""
        language = self.settings.language
        if level == EVERYONE:
            return say("everyone", language)
        return self.codebook.columns[level].label.in_(language)

    def counts(self) -> dict[str, int]:
        """Count what was read and shown, for the run's record."""
        shown = self.permission.shown
        return {
            "forms": self.intake.rows,
            "accepted": len(self.intake.responses),
            "refused": len(self.intake.rejected),
            "groups": len(shown),
            "shown": int(shown.sum()),
            "withheld": int((~shown).sum()),
            "rolled_up": int(self.grouping.rolled_up["groups"].sum()),
            "earlier_releases": self.permission.releases,
        }


def level_figure(attribute: str, level: str) -> str:
    """Name the figure of people with one background, set beside units."""
    return f"culture:{attribute}:{level}"


def link_figure(behaviour: str) -> str:
    """Name the figure of those to whom something happened."""
    return f"happened:{behaviour}"
