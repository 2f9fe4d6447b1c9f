"""True means of teams, and means of their halves."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from blijfwijzer.claims.findings import NotTestableError
from blijfwijzer.claims.reader import FEWEST_IN_HALF, FEWEST_TEAMS, Reader
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.fitting import some_at_a_time
from blijfwijzer.estimation.intraclass import sum_units
from blijfwijzer.estimation.moments import within
from blijfwijzer.estimation.pooling import pool_jointly
from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.estimation.variance import add_up
from blijfwijzer.survey.arrays import Array, Codes, Mask

FEWEST_ANSWERS = 10
"""Answers of a team, for it to be called good or poor (domain notes, C, H1)."""
_LEAST_SHARE = 0.005
"""Variance between teams, of that between people of one, below which half a team of usual size
tells next to nothing of the other half: of ten people 5 %. Ours."""
_NOTHING = 1e-9


class TrueTeams(NamedTuple):
    """What the true means of teams with enough answers may be."""

    draws: Array
    """Teams x dimensions x draws, each draw of all at once."""
    design: Design
    """Teams count alike, and lie in clusters as their members do."""


def draw_teams(reader: Reader, names: list[str]) -> TrueTeams:
    """Draw from what the true means of teams on some dimensions may jointly be.

    What people say of one dimension goes with what they say of another, by mood if by nothing else,
    and so do the errors of a team's means: shrunk means of the same people look alike also where
    teams do not. The draws know of it (`pool_jointly`).

    Raises
    ------
    NotTestableError
        There are too few teams, or answers that differ.
    """
    values = np.stack([reader.dimension(name) for name in names], axis=1)
    team = np.where(np.isnan(values).any(axis=1), -1, reader.team)
    size, total, inside = _spread_within(values, team)
    large = np.flatnonzero(size >= FEWEST_ANSWERS)
    if len(large) < FEWEST_TEAMS:
        raise _too_few(len(large))
    if np.linalg.eigvalsh(inside)[0] <= _NOTHING * np.trace(inside):
        raise NotTestableError("claim.reason.nothing_varies")
    first = _first_of(reader, large)
    above = reader.unit(reader.levels[max(len(reader.levels) - 2, 0)])[first]
    rng, times = np.random.default_rng([reader.seed, 4]), reader.bootstraps
    means = total[large] / size[large, None]
    draws = pool_jointly(means, inside, size[large], pd.Series(above), times, rng)
    return TrueTeams(draws, _design_of_teams(reader, large))


def foresee_teams(reader: Reader, columns: Array) -> Array:
    """Foresee for each response the true means of its team from the half of it that it is not in.

    A slope on the mean of half a team is the smaller the fewer people that is, as their mean is
    partly chance. What is foreseen from it of the whole is not (regression calibration; Carroll,
    Ruppert, Stefanski & Crainiceanu 2006, chapter 4); means that are told by the same people are
    foreseen together, as their errors go together.

    Parameters
    ----------
    columns : one row per response, one column per thing told

    Returns
    -------
    The same shape, less the mean of the sector, in standard deviations between the true means of
    its teams; NaN where the other half has too few answers, all NaN where teams do not differ.
    """
    centred = within(columns, reader.sector, reader.design.weight)
    team = np.where(np.isnan(centred).any(axis=1), -1, reader.team)
    size, total, inside = _spread_within(centred, team)
    between = _spread_between(size, total, inside)
    deviations = np.sqrt(np.diag(between))
    foreseen = np.full(columns.shape, np.nan)
    if not (deviations**2 > _LEAST_SHARE * np.diag(inside)).all():
        return foreseen
    other = np.stack([reader.other_half(np.where(team >= 0, c, np.nan)) for c in centred.T], axis=1)
    count = reader.others(team >= 0)
    for n in np.unique(count[~np.isnan(other).any(axis=1)]):
        rows = count == n
        foreseen[rows] = other[rows] @ np.linalg.solve(between + inside / n, between)
    return foreseen / deviations


class Halves(NamedTuple):
    """Teams that have enough answers in both halves."""

    first: Array
    """One row per team: means of one half of its members."""
    second: Array
    design: Design
    """Teams count alike, and lie in clusters as their members do."""
    draws: Draws
    """Of units, with the one that each team lies in."""


def halve_teams(reader: Reader, values: Array, halved: Mask) -> Halves:
    """Means of both halves of each team that has enough answers in both.

    Parameters
    ----------
    values : one row per response
    halved : in which half of their team people are
    """
    count = int(reader.team.max(initial=-1)) + 1
    made = []
    enough = np.ones(count, dtype=bool)
    for half in (False, True):
        team = np.where(halved == half, reader.team, -1)
        sums = [sum_units(column, team, count)[:2] for column in values.T]
        enough &= np.stack([size >= FEWEST_IN_HALF for size, _ in sums]).all(axis=0)
        made.append(np.stack([total / np.maximum(size, 1) for size, total in sums], axis=1))
    if enough.sum() < FEWEST_TEAMS:
        raise _too_few(int(enough.sum()))
    teams = np.flatnonzero(enough)
    draws = reader.draw_units().take(_first_of(reader, teams))
    first, second = (means[enough] for means in made)
    return Halves(first, second, _design_of_teams(reader, teams), draws)


def explained(covariance: Array, chosen: list[int]) -> float:
    """R2 of the first column on the chosen ones."""
    if not chosen or not covariance[0, 0] > 0:
        return 0.0
    with_outcome = covariance[chosen, 0]
    slopes = np.linalg.lstsq(covariance[np.ix_(chosen, chosen)], with_outcome, rcond=None)[0]
    return float(slopes @ with_outcome / covariance[0, 0])


def _design_of_teams(reader: Reader, teams: Codes) -> Design:
    """Teams count alike; they lie in clusters and strata as their members do.

    Replicate weights are left out: they say how people were drawn, and of a team only a few were.
    """
    first, design = _first_of(reader, teams), reader.design
    return Design(np.ones(len(teams)), design.cluster[first], design.stratum[first])


def _first_of(reader: Reader, teams: Codes) -> Codes:
    """Place of the first respondent of each team."""
    order = np.argsort(reader.team, kind="stable")
    return order[np.searchsorted(reader.team[order], teams)]


def _spread_within(values: Array, team: Codes) -> tuple[Array, Array, Array]:
    """Size and sums of each team, and the covariance between people of one team."""
    known = team >= 0
    count = int(team.max(initial=-1)) + 1
    size = np.bincount(team[known], minlength=count).astype(float)
    total = add_up(values[known], team[known], count)
    mean, products = total / np.maximum(size, 1)[:, None], np.zeros((values.shape[1],) * 2)
    for rows in some_at_a_time(len(team)):
        inside = known[rows]
        apart = values[rows][inside] - mean[team[rows][inside]]
        products += apart.T @ apart
    freedom = max(int(known.sum()) - int((size > 0).sum()), 1)
    return size, total, products / freedom


def _spread_between(size: Array, total: Array, inside: Array) -> Array:
    """Covariance between the true means of teams, by a one-way analysis of variance; none below 0.

    Searle, Casella & McCulloch (1992), section 3.6.
    """
    size, total = size[size > 0], total[size > 0]
    if len(size) < 2:
        return np.zeros_like(inside)
    n = size.sum()
    apart = total / size[:, None] - total.sum(axis=0) / n
    usual = (n - (size**2).sum() / n) / (len(size) - 1)
    between = ((apart * size[:, None]).T @ apart / (len(size) - 1) - inside) / usual
    roots, turn = np.linalg.eigh(between)
    return np.asarray((turn * np.maximum(roots, 0.0)) @ turn.T)


def _too_few(count: int) -> NotTestableError:
    return NotTestableError("claim.untestable.few_teams", teams=count, needed=FEWEST_TEAMS)
