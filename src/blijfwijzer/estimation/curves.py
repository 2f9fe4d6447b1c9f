"""Areas under the curve: of one score with its error, and of many draws at once."""

import numpy as np

from blijfwijzer.estimation.variance import add_up
from blijfwijzer.survey.arrays import Array, Codes, Mask


def area_under_curve(outcome: Array, risk: Array, weight: Array) -> tuple[float, Array]:
    """Weighted area under the curve, and the influence of each response on it.

    The influence of a positive is how much more than the area it stands above the negatives, and
    of a negative how much it stands below the positives (DeLong, DeLong & Clarke-Pearson 1988);
    summed over units they give the error of clustered data (Obuchowski 1997).
    """
    known = ~np.isnan(outcome) & ~np.isnan(risk)
    level = np.unique(risk[known], return_inverse=True)[1]
    is_one, w = outcome[known] == 1, weight[known]
    ones = np.bincount(level[is_one], w[is_one], level.max(initial=0) + 1)
    zeros = np.bincount(level[~is_one], w[~is_one], level.max(initial=0) + 1)
    below = (np.cumsum(zeros) - zeros / 2) / zeros.sum()
    above = 1 - (np.cumsum(ones) - ones / 2) / ones.sum()
    area = float(ones @ below / ones.sum())
    influence = np.zeros(len(outcome))
    influence[known] = np.where(
        is_one, w / ones.sum() * (below[level] - area), w / zeros.sum() * (above[level] - area)
    )
    return area, influence


def areas_under_curve(is_case: Mask, score: Array, weights: Array) -> Array:
    """Chance that a case has a higher score than another, ties counting half; NaN without both.

    Parameters
    ----------
    weights : one row per set of weights, one column per unit

    Returns
    -------
    One per set of weights.
    """
    order = np.argsort(score, kind="stable")
    ties = np.flatnonzero(np.append(True, np.diff(score[order]) != 0))
    sorted_weights, case = weights[:, order], is_case[order]
    cases = np.add.reduceat(sorted_weights * case, ties, axis=1)
    others = np.add.reduceat(sorted_weights * ~case, ties, axis=1)
    total = cases.sum(axis=1) * others.sum(axis=1)
    above = (cases * (np.cumsum(others, axis=1) - others / 2)).sum(axis=1)
    return np.asarray(above / np.where(total > 0, total, np.nan))


def areas_by_draw(is_case: Mask, score: Array, place: Codes, picks: Array) -> Array:
    """As `areas_under_curve`, where draws are of wholes that hold several of those ranked.

    Pairs are counted once by the wholes that they lie in, whatever the number of draws; where
    draws are fewer than wholes, in each draw.

    Parameters
    ----------
    place : whole that each lies in
    picks : one row per whole, one column per draw: how often it counts
    """
    used, place = np.unique(place, return_inverse=True)
    picks = picks[used]
    if picks.shape[1] < len(used):
        return _areas_in_each(is_case, score, picks[place])
    apart = score[is_case][:, None] - score[~is_case][None, :]
    above = (apart > 0) + 0.5 * (apart == 0)
    count = len(used)
    by_case = add_up(above, place[is_case], count)
    above = add_up(by_case.T, place[~is_case], count).T
    cases, others = (np.bincount(place[part], minlength=count) for part in (is_case, ~is_case))
    total = (cases @ picks) * (others @ picks)
    found = (picks * (above @ picks)).sum(axis=0)
    return np.asarray(found / np.where(total > 0, total, np.nan))


def _areas_in_each(is_case: Mask, score: Array, weights: Array) -> Array:
    """As `areas_under_curve`, of weights with one row per unit and one column per draw."""
    others = np.flatnonzero(~is_case)
    others = others[np.argsort(score[others])]
    before = np.vstack([np.zeros(weights.shape[1]), np.cumsum(weights[others], axis=0)])
    sides = [np.searchsorted(score[others], score[is_case], side) for side in ("left", "right")]
    below = (weights[is_case] * sum(before[side] for side in sides) / 2).sum(axis=0)
    total = weights[is_case].sum(axis=0) * before[-1]
    return np.asarray(below / np.where(total > 0, total, np.nan))
