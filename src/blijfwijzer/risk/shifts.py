"""By how much the risks of groups are too low or too high in another wave, and who remembers it.

Answers of one organisation are alike in what the model does not know, and other organisations
answer in another wave, or answer otherwise. So an organisation counts as one draw, however many
people it has.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.estimation.intervals import Z
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.survey.arrays import Array, Codes

_SPREADS = np.linspace(0.0, 0.6, 121)
"""Standard deviations between groups that are weighed, in log odds."""
_USUAL_SPREAD = 0.1
"""Of the prior of these, half-normal: a convention of ours. Where more than a few tenths were left
between groups, a model would have failed at its training."""


def estimate_shifts(predictions: Predictions, group: Codes, count: int) -> pd.DataFrame:
    """Estimate by how much log odds are higher in each group than its risks say.

    One step of Newton's method per organisation in a group, whose effects are pooled as those of
    studies are (DerSimonian & Laird 1986; of calibration Snell, Ensor, Debray et al. 2018): the
    variance between organisations is that of all groups together, and an organisation weighs by
    what is known of it and not by its people.

    Parameters
    ----------
    group : per response, from 0; below 0 for none
    count : groups there are

    Returns
    -------
    One row per group: value in log odds, se, df; NaN where nobody is in it.
    """
    rows = group >= 0
    part, units = predictions.take(rows), int(predictions.design.cluster.max(initial=-1)) + 1
    weight, spread = part.design.weight, part.risk * (1 - part.risk)
    cell, place = np.unique(group[rows] * units + part.design.cluster, return_inverse=True)
    score, information, noise = (
        np.asarray(np.bincount(place, values, len(cell)), dtype=float)
        for values in (
            weight * (part.values - part.risk),
            weight * spread,
            weight**2 * spread,
        )
    )
    of = np.asarray(cell // max(units, 1), dtype=np.intp)
    between = _variance_between(score, information, noise, of, count)
    share = 1 / (noise / information**2 + between)
    total = np.bincount(of, share, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.bincount(of, share * score / information, count) / total
        se = np.sqrt(1 / total)
    df = max(len(cell) - len(np.unique(of)), 0)
    known = total > 0
    return pd.DataFrame(
        {
            "value": np.where(known, value, np.nan),
            "se": np.where(known, se, np.nan),
            "df": float(df),
        }
    )


def _variance_between(
    score: Array, information: Array, noise: Array, of: Codes, count: int
) -> float:
    """Variance of organisations' effects within groups, by moments; not below none.

    The squares of what organisations differ by from their group are held against what they would
    be if only chance made them differ. Both sums leave out what the group's own mean takes.
    """
    size = np.bincount(of, information, count)
    size = np.where(size > 0, size, 1.0)
    mean = np.bincount(of, score, count) / size
    squares = float(((score - information * mean[of]) ** 2).sum())
    lever = np.bincount(of, information**2, count) / size**2

    def expected(variance: Array) -> float:
        taken = 2 * np.bincount(of, information * variance, count) / size
        return float((np.bincount(of, variance, count) * (1 + lever) - taken).sum())

    of_effects = expected(information**2)
    return max(0.0, (squares - expected(noise)) / of_effects) if of_effects > 0 else 0.0


@dataclass(frozen=True)
class Remembered:
    """What a training says of the shift that groups had then, in log odds."""

    value: Array
    se: Array


def remember(value: Array, low: Array, high: Array) -> Remembered:
    """Weigh what a training measured of each group against how much its groups differ.

    What it measured is partly chance, which another wave does not repeat. How far groups are truly
    apart is not known either, so it is averaged over (Rubin 1981; Gelman 2006).

    Parameters
    ----------
    value, low, high : measured shift of each group, with its 95 % interval; all NaN where it was
        not measured, of which only the others tell
    """
    se = (high - low) / (2 * Z)
    known = ~np.isnan(value) & (se > 0)
    noise = np.where(known, se, np.inf)[:, None] ** 2
    told = np.where(known, value, 0.0)[:, None]
    total = noise + _SPREADS**2
    fit = np.where(known[:, None], np.log(total) + told**2 / total, 0.0).sum(axis=0)
    chance = np.exp(-0.5 * (fit - fit.min()) - 0.5 * (_SPREADS / _USUAL_SPREAD) ** 2)
    chance /= chance.sum()
    kept = _SPREADS**2 / total
    means = kept * told
    mean = means @ chance
    variance = (_SPREADS**2 * (1 - kept) + (means - mean[:, None]) ** 2) @ chance
    return Remembered(np.asarray(mean), np.sqrt(variance))
