"""The built-in survey: a believable WERKonderzoek whose truth is known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import SettingsError
from blijfwijzer.progress import Tell, silent
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.synthetic.figures import load_figures
from blijfwijzer.synthetic.forms import SATISFIED_WITH, fill_in, happens
from blijfwijzer.synthetic.questions import ask, reorganise
from blijfwijzer.synthetic.truth import (
    EMPLOYABILITY_MEAN,
    EMPLOYABILITY_NOISE,
    EMPLOYABILITY_SPREAD,
    employability_mean,
    falling_behind,
    ingredient_margins,
    leaving_margin,
    low_employability,
    solve_shift,
)
from blijfwijzer.synthetic.workforce import SECTORS, Workforce, invite

Array = NDArray[np.floating[Any]]

CODEBOOK = "werkonderzoek-2019"
WAVES = (2019, 2022)

# Latent correlations (notes, B.5): chosen inside published meta-analyses; the attitudes come
# first because response depends on satisfaction.
_LATENTS = (
    "tevredenheid",
    "betrokkenheid",
    "bevlogenheid",
    "psychologische_veiligheid",
    "open_en_mensgericht",
    "prestatiegerichtheid",
    "leervermogen",
    "samenwerking",
    "externe_orientatie",
    "missiegedrevenheid",
    "ruimte_professional",
    "regeldruk",
    "prestatie",
)
_CORRELATIONS = """
.62
.58 .58
.48 .42 .36
.50 .46 .36 .68
.36 .38 .32 .45 .55
.42 .42 .36 .65 .60 .52
.40 .40 .34 .58 .58 .50 .58
.30 .32 .28 .42 .48 .52 .52 .50
.36 .42 .38 .48 .52 .55 .52 .50 .55
.42 .36 .40 .50 .50 .40 .48 .42 .40 .42
-.30 -.24 -.20 -.28 -.32 -.22 -.28 -.26 -.20 -.22 -.35
.25 .22 .33 .12 .10 .18 .12 .10 .10 .14 .16 -.05
"""
_ORGANISATION_SHARE, _TEAM_SHARE = 0.05, 0.12
_ORGANISATION_EFFECT = 0.12
"""Standard deviation of what an organisation adds to the log odds of each outcome."""
_BATCH = 200_000
_CLAIMS = 20
"""Marks the seed of the questions that only the claims need."""
# "Something else" first, discontent with the culture second (claim H5; levels assumed).
_MOTIVES = {
    "anders_werk": 0.36,
    "cultuur": 0.29,
    "loopbaan": 0.24,
    "leiding": 0.18,
    "werkdruk": 0.17,
    "salaris": 0.15,
}


@dataclass(frozen=True)
class Synthetic:
    """A survey as a file would hold it, and what is true of it."""

    responses: pd.DataFrame
    """One row per filled-in form; codes as in the codebook, NaN where nothing was filled in."""
    truth: pd.DataFrame
    """One row per respondent: the true probability of each outcome."""
    units: pd.DataFrame
    """One row per team: its sector, organisation, department and how many were invited."""

    @property
    def population(self) -> pd.DataFrame:
        """One row per team, named as in the survey, and `people`: all of whom are invited."""
        return pd.DataFrame({**_unit_names(self.units), "people": self.units["invited"]})


def make_survey(
    respondents: int = 40_000,
    seed: int = 2019,
    wave: int = 2019,
    figures: Path | None = None,
    tell: Tell = silent,
) -> Synthetic:
    """Make a survey; the same arguments always give the same survey.

    The true probability of each outcome is a known function of the answers (`truth`) plus an
    effect of the organisation with a standard deviation of .12 on the log odds.

    Parameters
    ----------
    respondents : people who respond; a few fill in the form twice
    wave : 2019, or 2022 with drifted margins and one renamed item
    figures : your own table of figures, see `load_figures`

    Raises
    ------
    SettingsError
        There is no such wave, or the table of figures cannot be used.
    """
    if wave not in WAVES:
        raise SettingsError(f"wave {wave}: there is none. Choose {' or '.join(map(str, WAVES))}.")
    rng = np.random.default_rng([seed, wave])
    codebook = load_codebook(CODEBOOK)
    figure = _drift(load_figures(figures)["value"], wave)
    tell("invite people and let them respond")
    invited = round(respondents * figure["invited"] / figure["respondents"])
    workforce = invite(respondents, invited, figure["mean_age"], figure["share_women"], rng)
    places = _draw_places(workforce, rng)
    # Drawn apart, so that the questions of the claims change no other answer.
    rng_of_claims = np.random.default_rng([seed, wave, _CLAIMS])
    reorganised = reorganise(int(workforce.units["department"].max()) + 1, rng_of_claims)
    answers, truth = [], []
    for start in range(0, respondents, _BATCH):
        tell(f"fill in forms: {start:,} of {respondents:,}")
        people = workforce.people.iloc[start : start + _BATCH]
        latents = _draw_latents(people, places, rng)
        forms, seen = fill_in(people, latents, figure, codebook, rng)
        forms, probabilities = _decide(forms, seen, people, places, figure, rng)
        spoilt = _spoil(forms, figure, codebook, rng)
        answers.append(ask(spoilt, people, reorganised, figure, codebook, rng_of_claims))
        truth.append(probabilities)
    responses = pd.concat(answers, ignore_index=True)
    responses.insert(0, "respondent", np.arange(1, respondents + 1, dtype=float))
    known = pd.concat(truth, ignore_index=True)
    known.insert(0, "respondent", responses["respondent"])
    units = load_codebook(CODEBOOK).units.levels
    known = known.assign(**{level: responses[level].to_numpy() for level in units})
    responses = _hand_in_twice(responses, figure["duplicates"], rng)
    if wave == 2022:
        responses = responses.rename(columns={"sam_2": "samenwerking_2"})
    return Synthetic(responses[_in_order(responses, codebook)], known, workforce.units)


@dataclass(frozen=True)
class _Places:
    """What units add to those who work there."""

    organisation: Array
    """One row per organisation, one column per latent."""
    team: Array
    effects: Array
    """One row per organisation: what it adds to the log odds of leaving, agreement, training
    and moves."""


def _drift(figure: pd.Series, wave: int) -> pd.Series:
    """Margins of 2022: more moves, more external unwanted behaviour, a tighter labour market."""
    if wave == 2019:
        return figure
    changes = {
        "internal_move_5_years": 0.05,
        "external_aggression": 0.04,
        "external_intimidation": 0.03,
        "intends_to_leave": 0.03,
        "mean_age": -0.7,
        "training_2_years": 0.02,
        "mean_prestatiegerichtheid": -0.06,
        "mean_open_en_mensgericht": 0.05,
        "satisfied_organisatie": -0.03,
    }
    return figure.add(pd.Series(changes), fill_value=0.0)


def _draw_places(workforce: Workforce, rng: np.random.Generator) -> _Places:
    root = _root()
    organisations = int(workforce.units["organisation"].max()) + 1
    teams = int(workforce.units["team"].max()) + 1
    of_organisation = rng.standard_normal((organisations, len(_LATENTS))) @ root.T
    of_team = rng.standard_normal((teams, len(_LATENTS))) @ root.T
    return _Places(
        of_organisation * np.sqrt(_ORGANISATION_SHARE),
        of_team * np.sqrt(_TEAM_SHARE),
        rng.normal(0.0, _ORGANISATION_EFFECT, (organisations, 4)),
    )


def _root() -> Array:
    """Cholesky root of the latents' correlations."""
    correlation = np.eye(len(_LATENTS))
    for row, line in enumerate(_CORRELATIONS.split("\n")[1:-1], start=1):
        correlation[row, :row] = [float(value) for value in line.split()]
    correlation = np.tril(correlation) + np.tril(correlation, -1).T
    return np.linalg.cholesky(correlation)


def _draw_latents(
    people: pd.DataFrame, places: _Places, rng: np.random.Generator
) -> dict[str, Array]:
    """Draw what people think, part theirs, part their team's and organisation's."""
    own = rng.standard_normal((len(people), len(_LATENTS)))
    # Satisfaction is the one that response depended on; the others follow from it.
    own[:, 0] = people["satisfaction"]
    share = 1 - _ORGANISATION_SHARE - _TEAM_SHARE
    latents = np.sqrt(share) * own @ _root().T
    latents += places.organisation[people["organisation"]] + places.team[people["team"]]
    return dict(zip(_LATENTS, latents.T, strict=True))


def _decide(
    forms: pd.DataFrame,
    seen: pd.DataFrame,
    people: pd.DataFrame,
    places: _Places,
    figure: pd.Series,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw what the outcomes are made of; give the forms and the true probabilities."""
    weight, size = people["weight"].to_numpy(), len(people)
    effects = places.effects[people["organisation"]]
    mean = employability_mean(seen)
    # A higher mean makes a low total rarer, so the shift that is solved for is its opposite.
    expected = employability_mean(seen)
    # A higher mean makes a low total rarer, so the shift that is solved for is its opposite.
    mean = expected - solve_shift(
        lambda shift: float(np.average(low_employability(expected - shift), weights=weight)), 1 / 3
    )
    made = ingredient_margins(seen)
    rates = {
        "ontwikkelafspraak": figure["agreement"],
        "scholing": figure["training_2_years"],
        "interne_stappen": figure["internal_move_5_years"],
    }
    drawn = {
        name: happens(made[name] + effects[:, place], rate, weight, rng)
        for place, (name, rate) in enumerate(rates.items(), start=1)
    }
    noise = EMPLOYABILITY_NOISE * rng.standard_normal(size)
    total = np.round(EMPLOYABILITY_MEAN + EMPLOYABILITY_SPREAD * (mean + noise)).clip(4, 20)
    seen = seen.assign(inzetbaarheid=total / 4)
    rate = figure["intends_to_leave"]
    leaves, leaving = happens(leaving_margin(seen) + effects[:, 0], rate, weight, rng)
    moves = drawn["interne_stappen"][0] * (1 + rng.binomial(2, 0.15, size))
    filled = forms.assign(
        **_employability_items(total, rng),
        ontwikkelafspraak=drawn["ontwikkelafspraak"][0],
        scholing=drawn["scholing"][0],
        interne_stappen=moves,
        functies=np.minimum(1 + moves + rng.poisson(seen["dienstjaren"] / 12), 20),
        **_intention(leaves, rng),
        **_unit_names(people),
        gewicht=weight,
    )
    low = low_employability(mean)
    behind = falling_behind(low, *(chance for _, chance in drawn.values()))
    return filled, pd.DataFrame({"p_vertrekintentie": leaving, "p_achterblijver": behind})


def _employability_items(total: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Four answers of 1-5 that add up to the total; now and then all are left out."""
    size = len(total)
    items = np.repeat((total // 4)[:, None], 4, axis=1)
    order = rng.random((size, 4)).argsort(axis=1)
    items += order < (total % 4)[:, None]
    # Half move a point from one answer to another, where both stay within 1-5.
    give, take = (rng.integers(0, 4, size) for _ in range(2))
    rows = np.arange(size)
    can = (items[rows, give] > 1) & (items[rows, take] < 5) & (give != take)
    can &= rng.random(size) < 0.5
    items[rows[can], give[can]] -= 1
    items[rows[can], take[can]] += 1
    items[rng.random(size) < 0.01] = 8.0
    return {f"inz_{number}": items[:, number - 1] for number in range(1, 5)}


def _intention(leaves: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Answers about leaving: the intention itself, looking for work, and motives."""
    size, is_leaver = len(leaves), leaves == 1

    def answer(leaver: list[float], other: list[float]) -> Array:
        draw = rng.random(size)
        of = [1.0 + np.digitize(draw, np.cumsum(shares)[:-1]) for shares in (leaver, other)]
        return np.where(is_leaver, of[0], of[1])

    said = answer([0, 0, 0, 0.6, 0.4], [0.45, 0.35, 0.2, 0, 0])
    said[rng.random(size) < 0.01] = 8.0
    motives = {
        f"motief_{name}": (rng.random(size) < share * np.where(is_leaver, 1.0, 0.3)).astype(float)
        for name, share in _MOTIVES.items()
    }
    looks = answer([0.02, 0.1, 0.15, 0.4, 0.33], [0.5, 0.28, 0.14, 0.06, 0.02])
    return {"vertrek": said, "zoekt": looks, **motives}


def _unit_names(people: pd.DataFrame) -> dict[str, pd.Series]:
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


def _spoil(
    forms: pd.DataFrame, figure: pd.Series, codebook: Codebook, rng: np.random.Generator
) -> pd.DataFrame:
    """Let some tick one answer all the way down."""
    lazy = np.flatnonzero(rng.random(len(forms)) < figure["straight_lining"])
    agree = codebook.columns["psy_1"].codes
    items = [c.name for c in codebook.with_role("item") if c.codes == agree]
    ticked = rng.choice([1.0, 2.0, 3.0, 4.0, 5.0], len(lazy), p=[0.05, 0.1, 0.45, 0.3, 0.1])
    # Satisfaction has the same five places on the form, so the line runs through it too.
    items += [f"tev_{level}" for level in SATISFIED_WITH]
    forms = forms.copy()
    forms.loc[lazy, items] = np.repeat(ticked[:, None], len(items), axis=1)
    return forms


def _hand_in_twice(responses: pd.DataFrame, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """Append a second form, with the same number, of some respondents."""
    count = round(len(responses) * share)
    again = rng.choice(len(responses), count, replace=False)
    return pd.concat([responses, responses.iloc[np.sort(again)]], ignore_index=True)


def _in_order(responses: pd.DataFrame, codebook: Codebook) -> list[str]:
    """Columns as in the codebook, by whichever name this wave has."""
    names = [(c.name, *c.aliases) for c in codebook.columns.values()]
    return [next(n for n in options if n in responses) for options in names]
