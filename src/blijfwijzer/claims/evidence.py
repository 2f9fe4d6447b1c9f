"""What a claim may look at: answers by concept, where people work, and random halves of teams.

Most answers are given by one person at one moment, who may be in a good mood for all of them
(common-method bias; Podsakoff, MacKenzie, Lee & Podsakoff 2003). So where teams exist, a claim
about culture predicts the answers of one half of a team from what the other half says of it.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.estimation.design import Design, draw_wholes
from blijfwijzer.estimation.influences import Family, Regression, regress
from blijfwijzer.estimation.moments import within
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.breakdown import break_down_people
from blijfwijzer.survey.codebook import Codebook, Column, Scale, Text
from blijfwijzer.survey.concept_scores import read_concepts
from blijfwijzer.survey.concepts import CONCEPTS, PAIR

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

FEWEST_TEAMS = 30
"""Teams of which halves can be compared, for a claim about teams to be tested on them; below it
the normal approximation of means of teams is poor."""
_MOST_SECTORS = 60
"""Largest units above which they are no sectors, each with a level of its own. Ours."""
FEWEST_IN_HALF = 3
"""Answers in half a team, for their mean to stand for the team."""


class NotTestableError(Exception):
    """A survey has the concepts of a claim and still cannot test it; the text says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True)
class Evidence:
    """A survey as claims see it."""

    concepts: pd.DataFrame
    """One row per response; one column per concept that the survey has."""
    dimensions: pd.DataFrame
    """Same rows; one column per culture dimension, higher being better."""
    groups: pd.DataFrame
    """Same rows; audit attributes and education in bands, as text."""
    units: pd.DataFrame
    """Same rows; code of each unit level from large to small, -1 where unknown."""
    design: Design
    half: NDArray[np.bool_]
    """Random halves of each team."""
    responses: pd.DataFrame
    scales: pd.DataFrame
    codebook: Codebook
    draws: int
    seed: int
    previous: "Evidence | None" = None
    """The wave before, when there is one."""
    risk: Array | None = None
    """Risk of falling behind by a model that did not see the respondent, where there is one."""
    read: set[str] = field(default_factory=set, compare=False)
    """Concepts that were read: what any figure may be about."""
    settings: CultureSettings = CultureSettings()
    """By what waves are weighed, for claims about change."""

    def has(self, name: str) -> bool:
        """Whether the survey has a concept."""
        return name in self.concepts

    def of(self, name: str) -> Array:
        """Give the answers on a concept, NaN where unknown."""
        self.read.add(name)
        return self.concepts[name].to_numpy(dtype=float)

    def label(self, name: str) -> Text:
        """Name a concept, a scale, or a unit level in words."""
        if name in CONCEPTS:
            return CONCEPTS[name]
        known = self.codebook.scales.get(name) or self.codebook.columns.get(name)
        return known.label if known is not None else Text(nl=name, en=name)

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

    def standardise(self, values: Array) -> Array:
        """Give values in standard deviations from their mean, both weighted."""
        known = ~np.isnan(values)
        weight = self.design.weight
        if not known.any():
            return values
        mean = np.average(values[known], weights=weight[known])
        spread = np.sqrt(np.average((values[known] - mean) ** 2, weights=weight[known]))
        return np.asarray((values - mean) / (spread if spread > 0 else np.nan))

    @cached_property
    def team(self) -> Codes:
        """Smallest unit of each response, -1 where unknown."""
        return self.units.iloc[:, -1].to_numpy(dtype=np.intp)

    @cached_property
    def usual_team(self) -> float:
        """Respondents of the team that half of all teams are smaller than."""
        members = np.bincount(self.team[self.team >= 0])
        return float(np.median(members[members > 0])) if len(members) else 0.0

    @cached_property
    def has_teams(self) -> bool:
        """Whether enough units can be halved."""
        if not len(self.units.columns):
            return False
        members = np.bincount(self.team[self.team >= 0])
        return int((members >= 2 * FEWEST_IN_HALF).sum()) >= FEWEST_TEAMS

    def other_half(self, values: Array) -> Array:
        """Give for each response the mean of the half of its team that it is not in."""
        return self._mean_of_half(values, ~self.half)

    def own_half(self, values: Array) -> Array:
        """Give for each response the mean of the half of its team that it is in."""
        return self._mean_of_half(values, self.half)

    def _mean_of_half(self, values: Array, wanted: NDArray[np.bool_]) -> Array:
        count = int(self.team.max(initial=-1)) + 1
        known = ~np.isnan(values) & (self.team >= 0)
        cell = self.team * 2 + self.half
        size = np.bincount(cell[known], minlength=2 * count)
        total = np.bincount(cell[known], values[known], minlength=2 * count)
        mean = np.where(size >= FEWEST_IN_HALF, total / np.maximum(size, 1), np.nan)
        return np.where(self.team >= 0, mean[np.maximum(self.team * 2 + wanted, 0)], np.nan)

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
        return regress(outcome, pd.DataFrame({**columns, **self.levels()}), self.design, family)

    def levels(self) -> dict[str, Array]:
        """Give a column for each largest unit but the first."""
        return {f"sector_{s}": (self.sector == s).astype(float) for s in np.unique(self.sector)[1:]}

    @cached_property
    def sector(self) -> Codes:
        """Largest unit of each response, -1 where unknown; zeros where these are too many."""
        if not len(self.units.columns) or self.units.iloc[:, 0].nunique() > _MOST_SECTORS:
            return np.zeros(len(self.concepts), dtype=np.intp)
        return self.units.iloc[:, 0].to_numpy(dtype=np.intp)

    def halved_again(self, times: int) -> "Evidence":
        """Give the same survey with teams halved anew; as they are for 0."""
        return replace(self, half=_halve(self.units, self.seed, times)) if times else self

    def draw(self) -> tuple[Codes, Array]:
        """Draw whole units with replacement, or as replicate weights say; as `draw_wholes`."""
        return draw_wholes(self.design, self.draws, self.seed)

    def draw_units(self) -> tuple[Codes, Array]:
        """As `draw`, for claims about teams: replicate weights say how people were drawn."""
        return draw_wholes(replace(self.design, replicates=None), self.draws, self.seed)


def gather(
    responses: pd.DataFrame,
    scales: pd.DataFrame,
    codebook: Codebook,
    design: Design,
    draws: int = 400,
    seed: int = 0,
    previous: "Evidence | None" = None,
    risk: Array | None = None,
    settings: CultureSettings | None = None,
) -> Evidence:
    """Gather what claims may look at from a survey that was read.

    Parameters
    ----------
    responses : one row per response, with the column `weight`
    scales : same rows, one column per scale
    draws : bootstraps of whole units, for statistics without a formula
    previous : the same of the wave before, for claims about change
    risk : risk of falling behind per response, by a model that did not see it; where there is
        none, a regression with the same features stands in
    settings : by what waves are weighed
    """
    units = _nest([responses[name] for name in codebook.units.levels if name in responses])
    concepts = read_concepts(responses, scales, codebook)
    return Evidence(
        concepts=concepts,
        dimensions=_dimensions(concepts, scales, codebook),
        groups=_groups(responses, codebook),
        units=units,
        design=design,
        half=_halve(units, seed),
        responses=responses,
        scales=scales,
        codebook=codebook,
        draws=draws,
        seed=seed,
        previous=previous,
        risk=risk,
        settings=settings or CultureSettings(),
    )


def _dimensions(concepts: pd.DataFrame, scales: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Culture dimensions: scales of the construct of the pair, less red tape and room.

    Red tape and room are conditions that the policy paper keeps beside its dimensions.
    """
    beside = {
        codebook.concepts[name].scale
        for name in ("regeldruk", "ruimte_professional")
        if name in codebook.concepts
    }
    of_pair = {codebook.concepts[n].scale: n for n in PAIR if n in codebook.concepts}
    constructs = {codebook.scales[s].in_construct for s in of_pair if s is not None}
    found = {name: concepts[name].to_numpy() for name in PAIR if name in concepts}
    for scale in codebook.scales.values():
        wanted = scale.in_construct in constructs and scale.name not in {*beside, *of_pair}
        if wanted and scale.name in scales and scales[scale.name].notna().any():
            found[scale.name] = _better_high(scales[scale.name].to_numpy(dtype=float), scale)
    return pd.DataFrame(found, index=concepts.index)


def _better_high(values: Array, scale: Scale) -> Array:
    return values if scale.higher_is == "better" else -values


def _groups(responses: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    wanted = {column.name for column in codebook.with_role("audit")}
    education = codebook.concepts.get("opleiding")
    if education is not None and education.column is not None:
        wanted.add(education.column)
    broken = break_down_people(responses, codebook)
    return pd.DataFrame(
        {
            name: _as_codes(values, codebook.columns[name])
            for name, values in broken.items()
            if name in wanted
        },
        index=responses.index,
    )


def _as_codes(groups: pd.Series, column: Column) -> pd.Series:
    """Bands keep their name; answers get the code of the codebook."""
    if column.bands or column.type == "nominal":
        return groups.astype("object")
    codes = {value: code for code, value in column.values.items()}
    return groups.astype(float).map(codes).astype("object")


def _nest(levels: list[pd.Series]) -> pd.DataFrame:
    """Codes of units by level, -1 where unknown; a name used in two units above means two units.

    A unit whose own name is known and that of a unit above is not belongs to an unknown one there.
    """
    codes: dict[str, Codes] = {}
    path: Codes | None = None
    for level in levels:
        own, size = pd.factorize(level)[0].astype(np.intp), level.nunique() + 1
        pair = own if path is None else np.where(own < 0, -1, (path + 1) * size + own)
        path = pd.factorize(np.where(pair < 0, np.nan, pair))[0].astype(np.intp)
        codes[str(level.name)] = path
    index = levels[0].index if levels else None
    return pd.DataFrame(codes, index=index)


def _halve(units: pd.DataFrame, seed: int, times: int = 0) -> NDArray[np.bool_]:
    """Part each team at random in halves that differ by one at most."""
    rng = np.random.default_rng([seed, 2, times] if times else [seed, 2])
    if not len(units.columns):
        return rng.random(len(units)) < 0.5
    team = units.iloc[:, -1].to_numpy()
    order = np.lexsort((rng.random(len(team)), team))
    start = np.searchsorted(team[order], team[order])
    place = np.empty(len(team), dtype=np.intp)
    place[order] = np.arange(len(team)) - start
    # Which half gets the odd one out is chance too.
    flip = rng.random(int(team.max(initial=-1)) + 2) < 0.5
    return np.asarray((place % 2 == 0) ^ flip[team], dtype=bool)
