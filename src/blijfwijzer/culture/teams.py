"""Means of teams and of their halves, and how much of what people say lies between units."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.culture.design import Design
from blijfwijzer.culture.evidence import FEWEST_IN_HALF, FEWEST_TEAMS, Evidence, NotTestableError
from blijfwijzer.survey.codebook import Text

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

FEWEST_ANSWERS = 10
"""Answers of a team, for it to be called good or poor (domain notes, C, H1)."""


def shrink_teams(evidence: Evidence, names: list[str]) -> tuple[Array, Design]:
    """Means of teams with enough answers, shrunk; one row per team, and where teams belong."""
    count = int(evidence.team.max(initial=-1)) + 1
    means, sizes = np.empty((count, len(names))), np.empty((count, len(names)))
    for place, name in enumerate(names):
        values = evidence.dimensions[name].to_numpy(dtype=float)
        size, total, squares = sum_teams(values, evidence.team, count)
        icc, centre = intraclass(size, total, squares), total.sum() / max(size.sum(), 1.0)
        reliability = size * icc / (1 + (size - 1) * icc)
        means[:, place] = centre + reliability * (total / np.maximum(size, 1) - centre)
        sizes[:, place] = size
    large = (sizes >= FEWEST_ANSWERS).all(axis=1)
    if large.sum() < FEWEST_TEAMS:
        raise _too_few(int(large.sum()))
    return means[large], _design_of_teams(evidence, np.flatnonzero(large))


def halve_teams(
    evidence: Evidence, values: Array
) -> tuple[tuple[Array, Array], NDArray[np.intp], Array]:
    """Means of both halves of each team that has enough answers in both.

    Returns
    -------
    One frame per half with a row per team; the unit of each team; draws of units.
    """
    count = int(evidence.team.max(initial=-1)) + 1
    made = []
    enough = np.ones(count, dtype=bool)
    for half in (False, True):
        team = np.where(evidence.half == half, evidence.team, -1)
        sums = [sum_teams(column, team, count)[:2] for column in values.T]
        enough &= np.stack([size >= FEWEST_IN_HALF for size, _ in sums]).all(axis=0)
        made.append(np.stack([total / np.maximum(size, 1) for size, total in sums], axis=1))
    if enough.sum() < FEWEST_TEAMS:
        raise _too_few(int(enough.sum()))
    order = np.argsort(evidence.team, kind="stable")
    first = order[np.searchsorted(evidence.team[order], np.flatnonzero(enough))]
    place, picks = evidence.draw()
    return (made[0][enough], made[1][enough]), place[first], picks


def share_between(
    values: Array, unit: NDArray[np.intp], place: NDArray[np.intp], picks: Array
) -> tuple[float, Array]:
    """ICC(1) as found and per draw, from sums over the units of each cluster."""
    known = ~np.isnan(values) & (unit >= 0)
    pair = pd.factorize(unit[known] * np.int64(len(picks)) + place[known])[0]
    size, total, squares = sum_teams(values[known], pair, int(pair.max(initial=-1)) + 1)
    cluster = np.zeros(len(size), dtype=np.intp)
    cluster[pair] = place[known]
    # Of a unit that spreads over clusters only its parts are drawn, so no interval is told.
    is_nested = len(size) == len(np.unique(unit[known]))
    parts = np.stack(
        [size, total, total**2 / size, squares - total**2 / size, size**2, np.ones(len(size))], 1
    )
    if not is_nested:
        merged = [
            s[np.bincount(unit[known]) > 0]
            for s in sum_teams(values[known], unit[known], int(unit.max()) + 1)
        ]
        return intraclass(*merged), np.full(picks.shape[1], np.nan)
    sums = np.stack([np.bincount(cluster, column, len(picks)) for column in parts.T], axis=1)
    drawn = picks.T @ sums
    return _share_of(sums.sum(axis=0)), np.array([_share_of(row) for row in drawn])


def explained(covariance: Array, chosen: list[int]) -> float:
    """R2 of the first column on the chosen ones."""
    if not chosen or not covariance[0, 0] > 0:
        return 0.0
    with_outcome = covariance[chosen, 0]
    slopes = np.linalg.lstsq(covariance[np.ix_(chosen, chosen)], with_outcome, rcond=None)[0]
    return float(slopes @ with_outcome / covariance[0, 0])


def sum_teams(values: Array, team: NDArray[np.intp], count: int) -> tuple[Array, Array, Array]:
    """Size, sum and sum of squares of each team, over answers that are known."""
    known = ~np.isnan(values) & (team >= 0)
    size = np.bincount(team[known], minlength=count).astype(float)
    total = np.bincount(team[known], values[known], minlength=count)
    return size, total, np.bincount(team[known], values[known] ** 2, minlength=count)


def intraclass(size: Array, total: Array, squares: Array) -> float:
    kept = size > 0
    size, total, squares = size[kept], total[kept], squares[kept]
    n, groups = size.sum(), len(size)
    between = ((total**2 / size).sum() - total.sum() ** 2 / n) / (groups - 1)
    within = (squares - total**2 / size).sum() / (n - groups)
    usual = (n - (size**2).sum() / n) / (groups - 1)
    return float(np.clip((between - within) / (between + (usual - 1) * within), 0.0, 1.0))


def _design_of_teams(evidence: Evidence, teams: NDArray[np.intp]) -> Design:
    """Teams count alike; they lie in clusters and strata as their members do."""
    order = np.argsort(evidence.team, kind="stable")
    first = order[np.searchsorted(evidence.team[order], teams)]
    design = evidence.design
    return Design(np.ones(len(teams)), design.cluster[first], design.stratum[first])


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
    return NotTestableError(
        Text(
            nl=f"{count} teams zijn groot genoeg; nodig zijn er {FEWEST_TEAMS}",
            en=f"{count} teams are large enough; {FEWEST_TEAMS} are needed",
        )
    )
