"""A survey as one claim reads it."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from blijfwijzer.claims.evidence import Evidence, halve
from blijfwijzer.culture.raking import RakedWaves, pair_waves
from blijfwijzer.culture.traits import find_traits
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.fitting import Family
from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.estimation.means import deviation, difference, estimate_mean, estimate_share
from blijfwijzer.estimation.moments import within
from blijfwijzer.estimation.regression import Regression, regress
from blijfwijzer.estimation.resampling import Draws, draw_wholes
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.texts import Text

RATINGS = ("prestatie_leiding", "prestatie_eigen")
"""Concepts that rate how someone performs, the surer one first."""
FEWEST_TEAMS = 30
"""Teams of which halves can be compared, for a claim about teams to be tested on them; below it
the normal approximation of means of teams is poor."""
FEWEST_IN_HALF = 3
"""Answers in half a team, for their mean to stand for the team."""
_MOST_SECTORS = 60
"""Largest units above which they are no sectors, each with a level of its own. Ours."""


class Reader:
    """Hands a claim what it asks for of a survey, and records which concepts that measures.

    What may be told of a claim depends on what it read. So there is one reader for each claim, and
    no other way to what people answered; where they work is no answer.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._read: set[str] = set()

    @property
    def read(self) -> frozenset[str]:
        """Concepts that were read: what any figure may be about."""
        return frozenset(self._read)

    def has(self, name: str) -> bool:
        """Whether the survey has a concept."""
        return name in self._evidence.concepts

    def present(self, names: Iterable[str]) -> list[str]:
        """Give those of these concepts that the survey has."""
        return [name for name in names if self.has(name)]

    def of(self, name: str) -> Array:
        """Give the answers on a concept, NaN where unknown."""
        self._read.add(name)
        return self._evidence.concepts[name].to_numpy(dtype=float)

    def z(self, name: str) -> Array:
        """Give the answers on a concept, standardised over people."""
        return self.standardise(self.of(name))

    def agrees(self, name: str) -> Array:
        """Whether each agrees: 1 from three quarters of the answers' span, 4 on 1-5; else 0.

        What a codebook gives as a rule is agreement already.
        """
        concept = self.codebook.concepts[name]
        if concept.rule is not None or concept.outcome is not None:
            return self.of(name)
        item = concept.column or self.codebook.scales[concept.scale or ""].items[0]
        low, high = self.codebook.columns[item].span or (1.0, 5.0)
        values = self.of(name)
        return np.where(np.isnan(values), np.nan, values >= low + 0.75 * (high - low) - 1e-9)

    @property
    def culture(self) -> tuple[str, ...]:
        """Names of the scales of culture, red tape and room among them."""
        return self._evidence.culture

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the culture dimensions."""
        return tuple(map(str, self._evidence.dimensions))

    def dimension(self, name: str) -> Array:
        """Give the scores on a culture dimension, higher being better."""
        self._record([name])
        return self._evidence.dimensions[name].to_numpy(dtype=float)

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of what people differ by: audit attributes and education."""
        return tuple(map(str, self._evidence.groups))

    def group(self, attribute: str) -> pd.Series:
        """Give the group of each response by an attribute, as text."""
        self._record([attribute])
        return self._evidence.groups[attribute].astype("object")

    def answers(self, columns: Iterable[str]) -> pd.DataFrame:
        """Give the answers in those of these columns that the survey has."""
        return self._taken(self._evidence.responses, columns)

    @property
    def scales(self) -> tuple[str, ...]:
        """Names of all scales."""
        return tuple(map(str, self._evidence.scales))

    def scores(self, scales: Iterable[str]) -> pd.DataFrame:
        """Give the scores on those of these scales that the survey has."""
        return self._taken(self._evidence.scales, scales)

    @property
    def risk(self) -> Array | None:
        """Risk of falling behind by a model, where there is one."""
        if self._evidence.risk is not None:
            self._read.add("achterblijver")
        return self._evidence.risk

    @cached_property
    def before(self) -> "Reader | None":
        """The wave before, where there is one, read by the same claim."""
        previous = self._evidence.previous
        return None if previous is None else Reader(previous)

    def pair_waves(self) -> RakedWaves:
        """Put the wave before and this one below each other, weighed to the same mix."""
        before, now = self.before, self._evidence
        if before is None:
            raise LookupError("there is no wave before")
        waves = before._evidence.responses, now.responses
        traits = find_traits(list(waves), now.codebook, now.settings)
        for reader in (self, before):
            reader._record(traits)
        return pair_waves(*waves, now.codebook, now.settings)

    def _taken(self, frame: Responses, names: Iterable[str]) -> pd.DataFrame:
        held = [name for name in names if name in frame]
        self._record(held)
        return frame[held]

    def _record(self, sources: Iterable[str]) -> None:
        """Record the concepts that columns and scales measure."""
        wanted = set(sources)
        self._read |= {
            name
            for name, concept in self.codebook.concepts.items()
            if wanted & {name, concept.column, concept.scale}
        }

    @property
    def codebook(self) -> Codebook:
        """What columns mean."""
        return self._evidence.codebook

    def label(self, name: str) -> Text:
        """Name a concept, a scale, or a unit level in words."""
        if name in CONCEPTS:
            return CONCEPTS[name]
        known = self.codebook.scales.get(name) or self.codebook.columns.get(name)
        return known.label if known is not None else Text(nl=name, en=name)

    @property
    def design(self) -> Design:
        """How people were asked."""
        return self._evidence.design

    @property
    def seed(self) -> int:
        """Of whatever is drawn."""
        return self._evidence.seed

    @property
    def bootstraps(self) -> int:
        """How often whatever is drawn is drawn."""
        return self._evidence.settings.bootstraps

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the unit levels, from large to small."""
        return tuple(map(str, self._evidence.units))

    def unit(self, level: str) -> Codes:
        """Give the unit of each response on a level, -1 where unknown."""
        return self._evidence.units[level].to_numpy(dtype=np.intp)

    @cached_property
    def team(self) -> Codes:
        """Smallest unit of each response, -1 where unknown."""
        return self.unit(self.levels[-1])

    @cached_property
    def sector(self) -> Codes:
        """Largest unit of each response, -1 where unknown; zeros where these are too many."""
        units = self._evidence.units
        if not self.levels or units.iloc[:, 0].nunique() > _MOST_SECTORS:
            return np.zeros(len(units), dtype=np.intp)
        return self.unit(self.levels[0])

    @cached_property
    def usual_team(self) -> float:
        """Respondents of the team that half of all teams are smaller than."""
        members = np.bincount(self.team[self.team >= 0])
        return float(np.median(members[members > 0])) if len(members) else 0.0

    @cached_property
    def has_teams(self) -> bool:
        """Whether enough units can be halved."""
        if not self.levels:
            return False
        members = np.bincount(self.team[self.team >= 0])
        return int((members >= 2 * FEWEST_IN_HALF).sum()) >= FEWEST_TEAMS

    @property
    def half(self) -> Mask:
        """In which half of their team people are."""
        return self._evidence.half

    def halved_again(self, times: int) -> Mask:
        """Give other halves of teams; those of this survey for 0."""
        return halve(self._evidence.units, self.seed, times) if times else self.half

    def other_half(self, values: Array) -> Array:
        """Give for each response the mean of the half of its team that it is not in."""
        return self._mean_of_half(values, ~self.half)

    def others(self, inside: Mask) -> Codes:
        """Count for each response those of `inside` in the half of its team that it is not in."""
        cell = self.team * 2 + self.half
        known = inside & (self.team >= 0)
        size = np.bincount(cell[known], minlength=2 * (int(self.team.max(initial=-1)) + 1))
        return np.where(self.team >= 0, size[np.maximum(self.team * 2 + ~self.half, 0)], 0)

    def own_half(self, values: Array) -> Array:
        """Give for each response the mean of the half of its team that it is in."""
        return self._mean_of_half(values, self.half)

    def _mean_of_half(self, values: Array, wanted: Mask) -> Array:
        count = int(self.team.max(initial=-1)) + 1
        known = ~np.isnan(values) & (self.team >= 0)
        cell = self.team * 2 + self.half
        size = np.bincount(cell[known], minlength=2 * count)
        total = np.bincount(cell[known], values[known], minlength=2 * count)
        mean = np.where(size >= FEWEST_IN_HALF, total / np.maximum(size, 1), np.nan)
        return np.where(self.team >= 0, mean[np.maximum(self.team * 2 + wanted, 0)], np.nan)

    def standardise(self, values: Array) -> Array:
        """Give values in standard deviations from their mean, both weighted."""
        known = ~np.isnan(values)
        weight = self.design.weight
        if not known.any():
            return values
        mean = np.average(values[known], weights=weight[known])
        spread = deviation(values, weight)
        return np.asarray((values - mean) / (spread if spread > 0 else np.nan))

    def fit(
        self, outcome: Array, columns: dict[str, Array], family: Family = "linear"
    ) -> Regression:
        """Regress an outcome on columns, with a level of its own for each largest unit (sector).

        In a linear regression the levels are taken out beforehand, which gives the same
        coefficients (Frisch & Waugh 1933; Lovell 1963); in a logistic one they are columns
        `sector_1`, `sector_2` and so on.
        """
        if family == "linear":
            held = np.column_stack([outcome, *columns.values()])
            centred = within(held, self.sector, self.design.weight)
            X = pd.DataFrame(centred[:, 1:], columns=pd.Index(columns))
            return regress(centred[:, 0], X, self.design)
        X = pd.DataFrame({**columns, **self.sector_columns()})
        return regress(outcome, X, self.design, family)

    def slope(self, outcome: Array, values: Array) -> Estimate:
        """Give by how much an outcome rises with a column, as `fit` has it."""
        return self.fit(outcome, {"values": values}).slope("values")

    def share(self, values: Array) -> Estimate:
        """Give a share, as `estimate_share`."""
        return estimate_share(values, self.design)

    def mean(self, values: Array) -> Estimate:
        """Give a mean, as `estimate_mean`."""
        return estimate_mean(values, self.design)

    def difference(self, values: Array, is_first: Mask, is_second: Mask) -> Estimate:
        """Give a difference of means, as `difference`."""
        return difference(values, is_first, is_second, self.design)

    def sector_columns(self) -> dict[str, Mask]:
        """Give a column for each largest unit but the first."""
        return {f"sector_{s}": self.sector == s for s in np.unique(self.sector)[1:]}

    def draw(self) -> Draws:
        """Draw whole units with replacement, or as replicate weights say; as `draw_wholes`."""
        return draw_wholes(self.design, self.bootstraps, self.seed)

    def draw_units(self) -> Draws:
        """As `draw`, for claims about teams: replicate weights say how people were drawn."""
        design = replace(self.design, replicates=None)
        return draw_wholes(design, self.bootstraps, self.seed)
