"""Who is invited and who responds: units, careers and response of the built-in survey."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from blijfwijzer.survey.arrays import Array

# Sector: people in thousands (A.2 of the notes: fte of 2019 as persons; education is recall),
# share of respondents (Rijk is found, the others are assumed), low and high educated (assumed).
SECTORS: dict[str, tuple[float, float, float, float]] = {
    "rijk": (125, 0.16, 0.06, 0.66),
    "gemeenten": (165, 0.14, 0.13, 0.52),
    "provincies": (11, 0.07, 0.07, 0.64),
    "waterschappen": (11, 0.07, 0.13, 0.46),
    "gemeenschappelijke_regelingen": (46, 0.08, 0.16, 0.40),
    "rechterlijke_macht": (3.6, 0.03, 0.02, 0.90),
    "defensie": (62, 0.08, 0.17, 0.28),
    "politie": (66, 0.09, 0.12, 0.33),
    "primair_onderwijs": (175, 0.09, 0.09, 0.70),
    "voortgezet_onderwijs": (105, 0.08, 0.08, 0.73),
    "mbo": (55, 0.06, 0.09, 0.68),
    "hoger_onderwijs": (105, 0.05, 0.04, 0.80),
}

_ORGANISATION, _DEPARTMENT, _TEAM = 110.0, 28.0, 9.0
"""Usual number of respondents; sizes are log-normal around it, as those of organisations are."""


@dataclass(frozen=True)
class Workforce:
    """Respondents and where they work; numbers of units count over the whole survey."""

    people: pd.DataFrame
    """One row per respondent: sector, organisation, department, team (numbers), age, sex, weight,
    satisfaction."""
    units: pd.DataFrame
    """One row per team: its sector, organisation, department and how many were invited."""
    away: pd.DataFrame
    """As `people`, without weight: those who were invited and did not respond."""


def invite(
    respondents: int, invited: int, mean_age: float, share_women: float, rng: np.random.Generator
) -> Workforce:
    """Draw an invited sample of each sector and let people respond, the satisfied more often.

    Returns
    -------
    Exactly `respondents` people, in order of unit, with weights that restore the sectors' size
    and, within a sector, the invited's mix of age and sex.
    """
    shares = np.array([sector[1] for sector in SECTORS.values()])
    wanted = np.floor(shares * respondents).astype(int)
    wanted[0] += respondents - wanted.sum()
    asked = np.maximum(np.round(shares * invited).astype(int), wanted)
    sector = np.repeat(np.arange(len(SECTORS)), asked)
    place = _places(asked, respondents / invited, rng)
    age = np.clip(np.round(rng.normal(mean_age, 11.5, len(sector))), 18, 69).astype(np.int16)
    women = share_women + np.array([0, 0, -4, -14, 2, 8, -32, -14, 30, 4, 2, 0])[sector] / 100
    sex = np.where(rng.random(len(sector)) < women, 2, 1).astype(np.int8)
    sex[rng.random(len(sector)) < 0.003] = 3
    satisfaction = rng.standard_normal(len(sector), dtype=np.float32)
    # Who is content responds more often; the young less (assumption).
    inclination = 0.30 * satisfaction + 0.01 * (age - mean_age)
    chosen = _choose(inclination, sector, wanted, rng)
    people = pd.DataFrame(
        {"sector": sector, **place, "age": age, "sex": sex, "satisfaction": satisfaction}
    )
    units = (
        people.groupby(["sector", "organisation", "department", "team"])
        .size()
        .rename("invited")
        .reset_index()
    )
    weight = _weights(people, chosen)
    responded = people[chosen].reset_index(drop=True).assign(weight=weight)
    return Workforce(responded, units, people[~chosen].reset_index(drop=True))


def careers(people: pd.DataFrame, climate: Array, rng: np.random.Generator) -> pd.DataFrame:
    """Draw career variables: education, tenure, contract, hours, pay scale, jobs held.

    Parameters
    ----------
    people : as in `Workforce`
    climate : standardised openness of the place where each works; it makes encouragement likelier
    """
    size = len(people)
    low, high = (np.array([s[i] for s in SECTORS.values()])[people["sector"]] for i in (2, 3))
    age = people["age"].to_numpy()
    # The old had less schooling: the share of high falls by .5 point a year around the mean.
    draw, tilt = rng.random(size), 0.005 * (age - 46)
    education = np.where(draw < low + 0.3 * tilt, 1, np.where(draw < 1 - high + tilt, 2, 3))
    tenure = np.floor((age - 18) * rng.beta(1.0, 1.35, size)).clip(0, 50)
    temporary = expit(-3.6 + 2.3 * (tenure < 2) + 1.0 * (age < 30))
    contract = np.where(rng.random(size) < temporary, 2, 1)
    contract[rng.random(size) < 0.012] = 3
    part_time = rng.random(size) < np.where(people["sex"] == 2, 0.62, 0.20)
    hours = np.where(part_time, rng.choice([16, 20, 24, 28, 32], size), rng.choice([36, 40], size))
    manager = rng.random(size) < expit(-2.9 + 0.7 * (education == 3) + 0.03 * (tenure - 12))
    scale = np.round(
        4.2 + 2.2 * (education - 1) + 0.09 * tenure + 1.6 * manager + rng.normal(0, 1.2, size)
    ).clip(1, 18)
    encouraged = expit(-0.18 + 0.45 * climate - 0.35 * (education == 1) - 0.02 * (tenure - 12))
    return pd.DataFrame(
        {
            "opleiding": education,
            "dienstjaren": tenure,
            "contract": contract,
            "uren": hours,
            "leidinggevende": manager.astype(int),
            "schaal": scale,
            "aangemoedigd": (rng.random(size) < encouraged).astype(int),
        }
    )


def unit_names(people: pd.DataFrame) -> dict[str, pd.Series]:
    """Codes of units: a sector's name, and numbers with a letter for the level."""
    names = np.array(list(SECTORS))

    def code(letter: str, column: str) -> pd.Series:
        numbers = people[column].astype("str").str.zfill(5).reset_index(drop=True)
        return letter + numbers

    return {
        "sector": pd.Series(names[people["sector"]], dtype="str"),
        "organisatie": code("O", "organisation"),
        "afdeling": code("A", "department"),
        "team": code("T", "team"),
    }


def _places(
    asked: NDArray[np.intp], response: float, rng: np.random.Generator
) -> dict[str, NDArray[np.int32]]:
    """Give each invited person an organisation, department and team of skewed sizes."""
    total, levels = int(asked.sum()), {}
    parent, count = np.repeat(np.arange(len(asked)), asked), len(asked)
    for name, usual, fewest in (
        ("organisation", _ORGANISATION, 4),
        ("department", _DEPARTMENT, 1),
        ("team", _TEAM, 1),
    ):
        sizes = np.bincount(parent, minlength=count)
        children = np.maximum(fewest, np.round(sizes * response / usual)).astype(int)
        attraction = rng.lognormal(0.0, 0.6, children.sum())
        owner = np.repeat(np.arange(len(sizes)), children)
        share = np.cumsum(attraction)
        start = share[np.cumsum(children) - 1] - np.bincount(owner, weights=attraction)
        within = np.bincount(owner, weights=attraction)
        # Each person picks a child of its parent with chance in proportion to its attraction.
        point = start[parent] + rng.random(total) * within[parent]
        count = int(children.sum())
        parent = np.minimum(np.searchsorted(share, point), count - 1)
        levels[name] = parent.astype(np.int32)
    return levels


def _choose(
    inclination: Array, sector: NDArray[np.intp], wanted: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Let the wanted number of each sector respond, in proportion to exp(inclination).

    Adding Gumbel noise and taking the largest draws without replacement (Yellott 1977).
    """
    keys = inclination + rng.gumbel(size=len(inclination))
    chosen = np.zeros(len(keys), dtype=bool)
    for number, count in enumerate(wanted):
        rows = np.flatnonzero(sector == number)
        chosen[rows[np.argpartition(-keys[rows], count - 1)[:count]]] = True
    return chosen


def _weights(people: pd.DataFrame, chosen: NDArray[np.bool_]) -> Array:
    """People that each respondent stands for, by sector, age band and sex."""
    band = np.digitize(people["age"], [35, 45, 55])
    cell = people["sector"] * 8 + band * 2 + (people["sex"] == 2)
    invited = np.bincount(cell, minlength=8 * len(SECTORS)).astype(float)
    answered = np.bincount(cell[chosen], minlength=8 * len(SECTORS))
    size = np.array([s[0] * 1000 for s in SECTORS.values()])
    invited *= (size / invited.reshape(len(SECTORS), 8).sum(axis=1)).repeat(8)
    weight: Array = (invited / np.maximum(answered, 1))[cell[chosen].to_numpy()]
    # Trimmed at five times the median of the sector, as usual for calibration weights.
    sector = people["sector"][chosen].to_numpy()
    median = np.array([np.median(weight[sector == number]) for number in range(len(SECTORS))])
    return np.asarray(np.minimum(weight, 5 * median[sector]))
