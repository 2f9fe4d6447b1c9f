"""Folds that keep whole units apart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import OneClassError, TooFewResponsesError
from blijfwijzer.survey.held import Responses

FEWEST_DRAWN, _MOST_OFF = 30, 0.25
"""Whole units of a sample, at least, and by which share its responses may be more or fewer than
asked; conventions of ours."""
PERSON = "person"
"""What folds keep apart where they keep no units whole."""
Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Places of the rows to fit on, and of those to predict."""


def units_apart(responses: Responses, levels: Sequence[str], folds: int) -> pd.Series:
    """Give the units that folds keep whole.

    Those of the first level; where all responses are of one of these, those of the first level
    below that has enough units; else each person is one. Few organisations are no single one: how
    they are to be parted is for the codebook to say.

    Parameters
    ----------
    responses : one row per response
    levels : unit levels, from the one that is to be kept whole down
    folds : fewest units

    Returns
    -------
    One code per response, named after the level or `PERSON`. Those of whom a smaller unit is not
    known are one unit together.
    """
    whole = responses[levels[0]]
    if len(whole.unique()) != 1:
        return whole
    present = [level for level in levels[1:] if level in responses]
    for depth in range(1, len(present) + 1):
        path = present[:depth]
        units = responses[path].groupby(path, dropna=False, observed=True).ngroup().rename(path[-1])
        if units.nunique() >= folds:
            return units
    return pd.Series(np.arange(len(responses)), index=responses.index, name=PERSON)


def draw_whole_units(
    units: pd.Series, strata: pd.Series, rows: int, seed: int
) -> tuple[NDArray[np.intp], bool]:
    """Draw a sample of about so many responses: whole units, of each stratum and size their share.

    Units are put in order of stratum and size, and every so many-th is drawn from a start of chance
    (systematic sampling: Cochran 1977, chapter 8), so each is as likely to be drawn. Where units
    are so few or large that `FEWEST_DRAWN` are not drawn, or too many or too few responses with
    them, people are drawn in each unit instead.

    Parameters
    ----------
    units : where each respondent works
    strata : units above; each unit lies in that of its first response
    rows : responses, fewer than there are

    Returns
    -------
    Places of the responses, ascending, and whether units are whole.
    """
    rng = np.random.default_rng(seed)
    code, share = pd.factorize(units, use_na_sentinel=False)[0], rows / len(units)
    first = np.unique(code, return_index=True)[1]
    above = pd.factorize(strata, use_na_sentinel=False)[0]
    drawn = _draw_every(np.bincount(code), above[first], share, rng)
    chosen = np.flatnonzero(drawn[code])
    if drawn.sum() >= FEWEST_DRAWN and abs(len(chosen) / rows - 1) <= _MOST_OFF:
        return chosen, True
    alike = np.zeros(len(code), dtype=np.intp)
    return np.flatnonzero(_draw_every(alike, code, share, rng)), False


def _draw_every(
    size: NDArray[np.intp], stratum: NDArray[np.intp], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Say which are drawn: a share, spread evenly over strata and sizes."""
    order = np.lexsort((rng.random(len(size)), size, stratum))
    steps = np.floor(np.arange(len(size) + 1) * share + rng.random())
    drawn = np.zeros(len(size), dtype=bool)
    drawn[order] = np.diff(steps) > 0
    return drawn


def split_by_unit(
    values: NDArray[np.float64], units: pd.Series, folds: int, seed: int
) -> list[Fold]:
    """Part responses into folds; a unit is always in one fold as a whole.

    People who work together answer alike, so a model that has seen colleagues of those it
    predicts looks better than it is. Folds are about equally large and have the outcome about
    equally often, and which units come together is drawn.

    Parameters
    ----------
    values : outcome of each response, 0 or 1
    units : where each respondent works
    seed : another one gives other folds

    Raises
    ------
    TooFewResponsesError
        There are fewer units than folds.
    OneClassError
        Some fold would hold one outcome only.
    """
    count = units.nunique()
    if count < folds:
        raise TooFewResponsesError(
            f"{units.name}: {count} units for {folds} folds. Choose a smaller unit as `cluster` in "
            "the codebook, or fewer folds in the settings."
        )
    rarest = int(min(values.sum(), len(values) - values.sum()))
    if rarest < folds:
        raise OneClassError(
            f"{units.name}: only {rarest} responses have the rarer outcome, too few for {folds} "
            "folds. Check the rule of the outcome in the codebook."
        )
    fold = _deal(
        values, pd.factorize(units, use_na_sentinel=False)[0], folds, np.random.default_rng(seed)
    )
    parts = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(folds)]
    poor = sum(len(np.unique(values[rows])) < 2 for part in parts for rows in part)
    if poor:
        raise OneClassError(
            f"{units.name}: {poor} parts of {folds} folds hold one outcome only. Choose a smaller "
            "unit as `cluster` in the codebook, or fewer folds in the settings."
        )
    return parts


def _deal(
    values: NDArray[np.float64], unit: NDArray[np.intp], folds: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Give the fold of each response.

    Units are dealt one by one, each to the fold that has least of what it brings, of the rarer
    answer as of the other. Large ones come first, so that small ones can even out what they leave;
    units of about the same size (within e, as one standard deviation) come in an order of chance,
    where scikit-learn's StratifiedGroupKFold takes the same one whatever its seed.
    """
    count = int(unit.max()) + 1
    brought = np.column_stack(
        [np.bincount(unit, weights=side, minlength=count) for side in (values, 1 - values)]
    )
    size = brought.sum(axis=1)
    share = brought / brought.sum(axis=0)
    dealt = np.zeros((folds, 2))
    found = np.zeros(count, dtype=np.intp)
    for one in np.argsort(-(np.log(size) + rng.normal(size=count)), kind="stable"):
        tried = (dealt + share[one] - 1 / folds) ** 2 - (dealt - 1 / folds) ** 2
        found[one] = np.argmin(tried.sum(axis=1))
        dealt[found[one]] += share[one]
    return found[unit]
