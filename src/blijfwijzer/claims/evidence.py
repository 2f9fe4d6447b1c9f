"""A survey as claims need it: answers by concept, where people work, and random halves of teams.

Most answers are given by one person at one moment, who may be in a good mood for all of them
(common-method bias; Podsakoff, MacKenzie, Lee & Podsakoff 2003). So where teams exist, a claim
about culture predicts the answers of one half of a team from what the other half says of it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.culture.dimensions import dimensions_only, find_dimensions, read_scores
from blijfwijzer.estimation.design import Design
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.breakdown import break_down_people
from blijfwijzer.survey.codebook import Codebook, Column
from blijfwijzer.survey.concept_scores import read_concepts
from blijfwijzer.survey.concepts import PAIR
from blijfwijzer.survey.held import Held, Responses, pack


@dataclass(frozen=True)
class Evidence:
    """A survey that claims are put to; a claim reads it through a `Reader` of its own."""

    concepts: Responses
    """One row per response; one column per concept that the survey has."""
    dimensions: Responses
    """Same rows; one column per culture dimension, higher being better."""
    culture: tuple[str, ...]
    """Scales of culture that were answered, red tape and room among them."""
    groups: Responses
    """Same rows; audit attributes and education in bands, as text."""
    units: pd.DataFrame
    """Same rows; code of each unit level from large to small, -1 where unknown."""
    design: Design
    half: Mask
    """Random halves of each team."""
    responses: Responses
    scales: Responses
    codebook: Codebook
    settings: CultureSettings
    """By what waves are weighed, and how often whole units are drawn where there is no formula."""
    seed: int
    previous: "Evidence | None" = None
    """The wave before, when there is one."""
    risk: Array | None = None
    """Risk of falling behind by a model that did not see the respondent; where there is none, a
    regression with the same features stands in."""


def gather(
    responses: Responses,
    scales: Responses,
    codebook: Codebook,
    design: Design,
    settings: CultureSettings | None = None,
    seed: int = 0,
) -> Evidence:
    """Gather what claims may look at from a survey that was read, without a wave before it."""
    settings = settings or CultureSettings()
    units = nest_levels([responses[name] for name in codebook.units.levels if name in responses])
    concepts = read_concepts(responses, scales, codebook)
    return Evidence(
        concepts=concepts,
        dimensions=_dimensions(concepts, scales, codebook, settings),
        culture=_culture(scales, codebook, settings),
        groups=_groups(responses, codebook),
        units=units,
        design=design,
        half=halve(units, seed),
        responses=responses,
        scales=scales,
        codebook=codebook,
        settings=settings,
        seed=seed,
    )


def _dimensions(
    concepts: Held, scales: Responses, codebook: Codebook, settings: CultureSettings
) -> Held:
    """Culture dimensions, those of the pair by the name of their concept."""
    of_pair = {codebook.concepts[n].scale for n in PAIR if n in codebook.concepts}
    found = {name: concepts.columns[name] for name in PAIR if name in concepts}
    asked = {*_culture(scales, codebook, settings)} - of_pair
    for dimension in dimensions_only(find_dimensions(codebook, settings)):
        if dimension.name in asked:
            found[dimension.name] = pack(dimension.turn(read_scores(scales, dimension)))
    return Held(found, len(concepts))


def _culture(scales: Responses, codebook: Codebook, settings: CultureSettings) -> tuple[str, ...]:
    return tuple(
        dimension.name
        for dimension in find_dimensions(codebook, settings)
        if dimension.kind != "other" and not np.isnan(read_scores(scales, dimension)).all()
    )


def _groups(responses: Responses, codebook: Codebook) -> Held:
    wanted = {column.name for column in codebook.with_role("audit")}
    education = codebook.concepts.get("opleiding")
    if education is not None and education.column is not None:
        wanted.add(education.column)
    broken = break_down_people(responses, codebook)
    codes = {
        name: _as_codes(values, codebook.columns[name]).astype("category")
        for name, values in broken.items()
        if name in wanted
    }
    return Held(codes, len(responses))


def _as_codes(groups: pd.Series, column: Column) -> pd.Series:
    """Bands keep their name; answers get the code of the codebook."""
    if column.bands or column.type == "nominal":
        return groups.astype("object")
    codes = {value: code for code, value in column.values.items()}
    return groups.astype(float).map(codes).astype("object")


def nest_levels(levels: list[pd.Series]) -> pd.DataFrame:
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


def halve(units: pd.DataFrame, seed: int, times: int = 0) -> Mask:
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
