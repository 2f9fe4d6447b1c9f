"""Surveys for `claim_edges`: who answers them, where, in which mood and on which scale.

What a test of a claim must withstand: answers that are skewed and stop at the end of their scale,
few organisations, teams of unequal size, a mood that colours all that one person says, and people
who answer the less the worse their mood is. None of it makes a claim true.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from blijfwijzer.claims.evidence import Evidence, halve
from blijfwijzer.estimation.design import Design
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array, Codes
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.concepts import PAIR
from blijfwijzer.synthetic.survey import CODEBOOK

_DRAWS = 100
DIMENSIONS = (
    *PAIR,
    *("samenwerking", "leervermogen", "externe_orientatie", "missiegedrevenheid"),
)
_SHARE = 0.12
"""Of variance between teams, in answers about culture."""


@dataclass(frozen=True)
class ClaimWorld:
    """What is hard about a simulated survey."""

    clusters: int = 60
    teams: int = 240
    usual: int = 16
    """Respondents per team, where these are alike."""
    mood: float = 0.6
    """Correlation of what one person says with their mood."""
    is_skewed: bool = False
    is_unequal: bool = False
    answers_by_mood: bool = False


WORLDS = {
    "as it comes": ClaimWorld(),
    "skewed, at the ceiling": ClaimWorld(is_skewed=True),
    "8 clusters": ClaimWorld(clusters=8),
    "teams of 3 to 120": ClaimWorld(is_unequal=True),
    "all mood": ClaimWorld(mood=0.9),
    "answers by mood": ClaimWorld(answers_by_mood=True),
}


@dataclass(frozen=True)
class People:
    """Who answers, where, and in which mood."""

    world: ClaimWorld
    cluster: Codes
    team: Codes
    mood: Array
    rng: np.random.Generator

    def teams(self, share: float = 0.3) -> Array:
        """Give teams a true mean, of which a part is their organisation's; mean 0, sd 1."""
        count = int(self.team.max()) + 1
        place = np.zeros(count, dtype=np.intp)
        place[self.team] = self.cluster
        above = self.rng.standard_normal(self.world.clusters)[place]
        own = self.rng.standard_normal(count)
        return np.asarray(np.sqrt(share) * above + np.sqrt(1 - share) * own)

    def say(self, of_team: Array, share: float = _SHARE) -> Array:
        """Let people say something of their team, by what it is and by their mood."""
        return self.blur(self.think(of_team, share))

    def think(self, of_team: Array, share: float = _SHARE) -> Array:
        """Let people think something of their team; mean 0, sd 1."""
        own = self.rng.standard_normal(len(self.team))
        person = self.world.mood * self.mood + np.sqrt(1 - self.world.mood**2) * own
        return np.asarray(np.sqrt(share) * of_team[self.team] + np.sqrt(1 - share) * person)

    def blur(self, said: Array) -> Array:
        """Turn what people think into what a scale of 1 to 5 holds of it."""
        if self.world.is_skewed:
            said = 4.9 - 0.8 * np.exp(-0.7 * said)
            return np.asarray(np.clip(np.round(4 * said) / 4, 1, 5))
        return said

    def chance(self, chance: Array | float) -> Array:
        """Let so many do something, in some organisations more than in others; 0 or 1 each."""
        apart = 0.03 * self.rng.standard_normal(self.world.clusters)
        return (self.rng.random(len(self.team)) < chance + apart[self.cluster]).astype(float)

    def noise(self) -> Array:
        """Give something normal that goes with nothing."""
        return self.rng.standard_normal(len(self.team))


Plan = Callable[[People], dict[str, Array]]
"""Columns of a survey: dimensions of culture where they are named so, else concepts."""


def gather_people(world: ClaimWorld, rng: np.random.Generator) -> People:
    """Draw who answers."""
    size = np.full(world.teams, world.usual)
    if world.is_unequal:
        size = np.clip(rng.lognormal(np.log(world.usual) - 0.4, 0.9, world.teams), 3, 120)
    team = np.repeat(np.arange(world.teams), size.astype(int))
    mood = rng.standard_normal(len(team))
    if world.answers_by_mood:
        answers = rng.random(len(team)) < 1 / (1 + np.exp(-0.4 - mood))
        team, mood = team[answers], mood[answers]
        mood = (mood - mood.mean()) / mood.std()
    team = np.unique(team, return_inverse=True)[1]
    return People(world, team % world.clusters, team, mood, rng)


def survey_of(people: People, plan: Plan, previous: Evidence | None = None) -> Evidence:
    """Make the survey of these people, of which a plan may hold the risk by a model too."""
    columns = plan(people)
    risk = columns.pop("risk", None)
    table, book = pd.DataFrame(columns), _codebook()
    audit = [column.name for column in book.with_role("audit") if column.name in table]
    names = [name for name in DIMENSIONS if name in columns]
    units = pd.DataFrame({"organisatie": people.cluster, "team": people.team})
    units = units.assign(sector=0)[["sector", "organisatie", "team"]]
    told = [name for name in table if name in book.columns]
    size, seed = len(table), int(people.rng.integers(1 << 30))
    return Evidence(
        concepts=table,
        dimensions=table[names],
        culture=tuple(names),
        groups=table[audit].astype(int).astype("str"),
        units=units,
        design=Design(np.ones(size), people.cluster, np.zeros(size, dtype=np.intp)),
        half=halve(units, seed),
        responses=pd.concat([units.astype("str"), table[told]], axis=1).assign(weight=1.0),
        scales=table[[name for name in table if name in book.scales]],
        codebook=book,
        settings=CultureSettings(bootstraps=_DRAWS),
        seed=seed,
        previous=previous,
        risk=risk,
    )


@lru_cache
def _codebook() -> Codebook:
    return load_codebook(CODEBOOK)
