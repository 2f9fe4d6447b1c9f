"""Rates of those of a unit who work in none of its parts that are shown."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.figures import FigureId, Figures, part_answered
from blijfwijzer.disclosure.rules import is_narrow
from blijfwijzer.groups.remainders import pool_remainders
from blijfwijzer.release.admission import Admission
from blijfwijzer.runs.scoring.targets import NewWave, Target
from blijfwijzer.survey.arrays import Mask

PARTS = ("rate", "low", "high")


def offer_remainders(need: Target, wave: NewWave, admission: Admission, left: csr_array) -> Figures:
    """Offer the rates of those who are left, where they do not tell what each of them answered.

    Parameters
    ----------
    left : as `find_remainders` gives
    """
    rules, risk = wave.settings.disclosure, need.scored.risk
    answered = np.ones(len(risk), dtype=bool) if need.values is None else ~np.isnan(need.values)
    enough = (left @ answered.astype(np.int64)) >= rules.minimum
    enough &= ~is_narrow(left, risk, wave.weight, rules.unanimity)
    offered: Figures = {}
    for place in np.flatnonzero(enough):
        inside = left[[place]].toarray()[0] > 0
        offered[remainder_figure(need, admission, int(place))] = part_answered(inside, answered)
    return offered


def remainder_figure(need: Target, admission: Admission, place: int) -> FigureId:
    """Name the rate of those who are left of a group."""
    name = str(admission.grouping.groups.index[place])
    return FigureId("rest", (name, need.stored.model.target))


def told_remainders(
    need: Target, admission: Admission, left: csr_array, told: frozenset[FigureId]
) -> Mask:
    """Say of each group whether those who are left of it may be told, or all of it if none are."""
    has_left = np.asarray(left.sum(axis=1)).ravel() > 0
    names = (remainder_figure(need, admission, place) for place in range(len(has_left)))
    of_left = np.array([name in told for name in names], dtype=bool)
    return np.where(has_left, of_left, admission.tells(f"rate:{need.stored.model.target}"))


def rates_of_remainders(need: Target, wave: NewWave, left: csr_array, told: Mask) -> pd.DataFrame:
    """Pool those who are left of each group as a group of its level, in its place.

    Parameters
    ----------
    told : as `told_remainders` gives

    Returns
    -------
    One row per group, with `PARTS`; missing where nobody is left or all are, or it is not told.
    """
    predictions = wave.predictions(need.values, need.scored.risk)
    about = need.stored.effects, wave.settings.rates, wave.settings.seed
    return pool_remainders(wave.grouping, predictions, left, told, about)[list(PARTS)]
