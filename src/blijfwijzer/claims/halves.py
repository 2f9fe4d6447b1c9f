"""Means of teams and of their halves, and how much of what people say lies between units."""

from typing import NamedTuple

import numpy as np

from blijfwijzer.claims.findings import NotTestableError
from blijfwijzer.claims.reader import FEWEST_IN_HALF, FEWEST_TEAMS, Reader
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.survey.arrays import Array, Codes, Mask

FEWEST_ANSWERS = 10
"""Answers of a team, for it to be called good or poor (domain notes, C, H1)."""


def shrink_teams(reader: Reader, names: list[str]) -> tuple[Array, Design]:
    """Means of teams with enough answers, shrunk; one row per team, and where teams belong."""
    count = int(reader.team.max(initial=-1)) + 1
    means, sizes = np.empty((count, len(names))), np.empty((count, len(names)))
    for place, name in enumerate(names):
        size, total, squares = sum_teams(reader.dimension(name), reader.team, count)
        icc, centre = intraclass(size, total, squares), total.sum() / max(size.sum(), 1.0)
        reliability = size * icc / (1 + (size - 1) * icc)
        means[:, place] = centre + reliability * (total / np.maximum(size, 1) - centre)
        sizes[:, place] = size
    large = (sizes >= FEWEST_ANSWERS).all(axis=1)
    if large.sum() < FEWEST_TEAMS:
        raise _too_few(int(large.sum()))
    return means[large], _design_of_teams(reader, np.flatnonzero(large))


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
        sums = [sum_teams(column, team, count)[:2] for column in values.T]
        enough &= np.stack([size >= FEWEST_IN_HALF for size, _ in sums]).all(axis=0)
        made.append(np.stack([total / np.maximum(size, 1) for size, total in sums], axis=1))
    if enough.sum() < FEWEST_TEAMS:
        raise _too_few(int(enough.sum()))
    teams = np.flatnonzero(enough)
    draws = reader.draw_units().take(_first_of(reader, teams))
    first, second = (means[enough] for means in made)
    return Halves(first, second, _design_of_teams(reader, teams), draws)


def share_between(values: Array, unit: Codes, draws: Draws) -> tuple[float, Array]:
    """Share of variance between units: ICC(1) by one-way analysis of variance.

    Shrout & Fleiss (1979), for units of unequal size. Bootstraps draw whole clusters; of a unit
    that spreads over clusters only parts would be drawn, so it has none (NaN).

    Parameters
    ----------
    unit : code of the unit of each response, -1 where unknown
    draws : of clusters

    Returns
    -------
    The share, and that of each draw.
    """
    known = ~np.isnan(values) & (unit >= 0)
    count = int(unit.max(initial=-1)) + 1
    size, total, squares = sum_teams(values, unit, count)
    parts = _parts(size, total, squares)
    share = _share_of(parts.sum(axis=0))
    cluster = np.zeros(count, dtype=np.intp)
    cluster[unit[known]] = draws.place[known]
    if (cluster[unit[known]] != draws.place[known]).any():
        return share, np.full(draws.times.shape[1], np.nan)
    of_units = Draws(cluster[size > 0], draws.times)
    drawn = of_units.finish(of_units.gather(parts))[1:]
    return share, np.array([_share_of(row) for row in drawn])


def explained(covariance: Array, chosen: list[int]) -> float:
    """R2 of the first column on the chosen ones."""
    if not chosen or not covariance[0, 0] > 0:
        return 0.0
    with_outcome = covariance[chosen, 0]
    slopes = np.linalg.lstsq(covariance[np.ix_(chosen, chosen)], with_outcome, rcond=None)[0]
    return float(slopes @ with_outcome / covariance[0, 0])


def sum_teams(values: Array, team: Codes, count: int) -> tuple[Array, Array, Array]:
    """Size, sum and sum of squares of each team, over answers that are known."""
    known = ~np.isnan(values) & (team >= 0)
    size = np.bincount(team[known], minlength=count).astype(float)
    total, squares = (
        np.bincount(team[known], column[known], minlength=count).astype(float)
        for column in (values, values**2)
    )
    return size, total, squares


def intraclass(size: Array, total: Array, squares: Array) -> float:
    """ICC(1) of teams of unequal size, at least 0; 0 when nothing varies."""
    share = _share_of(_parts(size, total, squares).sum(axis=0))
    return 0.0 if np.isnan(share) else max(share, 0.0)


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


def _parts(size: Array, total: Array, squares: Array) -> Array:
    """Give what a one-way analysis of variance adds up; one row per team with answers."""
    size, total, squares = (column[size > 0] for column in (size, total, squares))
    by_mean = total**2 / size
    return np.stack([size, total, by_mean, squares - by_mean, size**2, np.ones(len(size))], axis=1)


def _share_of(sums: Array) -> float:
    n, total, between_sum, within_sum, squares, groups = sums
    if groups < 2 or n <= groups:
        return float("nan")
    between = (between_sum - total**2 / n) / (groups - 1)
    within = within_sum / (n - groups)
    usual = (n - squares / n) / (groups - 1)
    whole = between + (usual - 1) * within
    return float((between - within) / whole) if whole > 0 else float("nan")


def _too_few(count: int) -> NotTestableError:
    return NotTestableError("claim.untestable.few_teams", teams=count, needed=FEWEST_TEAMS)
