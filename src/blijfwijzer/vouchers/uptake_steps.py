"""In which steps shares of uptake are told: so that none gives away how many people did something.

With who accepted and who completed beside each other, whole percentages of 10-49 people mostly give
the counts of both, and so how many accepted and did not complete, who are few.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.disclosure.rounding import band
from blijfwijzer.settings import DisclosureSettings

STEPS = (0.01, 0.05, 0.1, 0.25)
_FEWEST = 2
"""Values that a count must be able to have, for who knows how many were offered something."""
_TRIED = 200
"""Counts of a step that are tried, at most; more would only be found."""
_EDGE = 1e-9

Ends = tuple[float, float]


def step_of(n: float, least: int = 0) -> float:
    """Give the step in which shares of some people are told, by the band of how many they are.

    More than two people lie in each, so whatever the count is another one is told as the same.

    Parameters
    ----------
    least : place in `STEPS` of the finest that may be

    >>> [step_of(n) for n in (10, 25, 45, 300)]
    [0.25, 0.1, 0.05, 0.01]
    """
    lowest = band(n)[0]
    return next((s for s in STEPS[least:] if s * lowest > _FEWEST + _EDGE), STEPS[-1])


def is_free(n: float, counts: tuple[float, float], rules: DisclosureSettings, least: int) -> bool:
    """Tell whether others than some counts would be told as the same, of each kind of people.

    Others are those of which something would be told (`uptake.tell_uptake`). They follow from the
    shares as told, so that what is told here tells nothing more.

    Parameters
    ----------
    n : people who were offered something
    counts : of those who accepted and who completed, NaN where that is not told
    """
    few, many = (1 - rules.unanimity) * n, rules.unanimity * n
    kinds = [_within(window(count / n, n, step_of(n, least))) for count in counts]
    told = [np.isnan(c) | (own > few) & (own < many) for c, own in zip(counts, kinds, strict=True)]
    accepted, completed = (own[is_told] for own, is_told in zip(kinds, told, strict=True))
    if np.isnan(counts[1]):
        return len(accepted) >= _FEWEST
    both = np.stack(np.meshgrid(accepted[accepted >= rules.minimum], completed)).reshape(2, -1)
    share = both[1] / both[0]
    both = both[:, (share > 1 - rules.unanimity) & (share < rules.unanimity)]
    return min(len(np.unique(own)) for own in (*both, both[0] - both[1])) >= _FEWEST


def window(share: float, n: float, step: float) -> Ends:
    """Give the least and the most people of whom a share is told as this one."""
    if np.isnan(share):
        return 0.0, n
    middle = np.round(share / step)
    near = [np.floor((middle + side) * step * n) for side in (-0.5, 0.5)]
    tried = np.add.outer(near, (-1.0, 0.0, 1.0, 2.0)).ravel()
    told = tried[np.round(tried / n / step) == middle]
    return float(max(told.min(), 0)), float(min(told.max(), n))


def coarsen(rows: pd.DataFrame, names: tuple[str, ...], least: int) -> pd.DataFrame:
    """Round shares to the steps of their groups."""
    step = rows["n"].map(lambda n: step_of(n, least)).to_numpy(dtype=float)
    return rows.assign(**{name: np.round(rows[name] / step) * step for name in names})


def are_free_together(rows: pd.DataFrame, name: str, everyone: float, least: int) -> bool:
    """Tell whether each count keeps two values, given what all attributes tell of everyone.

    All attributes count the same people, so what the groups of one can be together bounds those of
    another. Who is in no group that is told of may have done it or not.

    Parameters
    ----------
    rows : one row per group that is told of: attribute, n and shares of n, NaN where one is hidden
    everyone : people who were offered something
    """
    own, sums = [], []
    for _, part in rows.groupby("attribute"):
        told = zip(part[name], part["n"], strict=True)
        ends = np.array([window(share, n, step_of(n, least)) for share, n in told])
        own.append(ends)
        sums.append(ends.sum(axis=0) + (0, everyone - part["n"].sum()))
    low, high = max((s[0] for s in sums), default=0), min((s[1] for s in sums), default=0)
    for ends, total in zip(own, sums, strict=True):
        fewest = np.maximum(ends[:, 0], low - (total[1] - ends[:, 1]))
        most = np.minimum(ends[:, 1], high - (total[0] - ends[:, 0]))
        if (most - fewest + 1 < _FEWEST).any():
            return False
    return True


def _within(ends: Ends) -> NDArray[np.float64]:
    """Give whole numbers, all or some of them."""
    count = min(int(ends[1] - ends[0]) + 1, _TRIED)
    return np.unique(np.round(np.linspace(*ends, count)))
