"""How far above the others a group must lie to stand out, where none does."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import ndtri

from blijfwijzer.groups.flags import Listed, chances_above
from blijfwijzer.groups.rates import PooledRates, pool_rates
from blijfwijzer.settings import FlagSettings
from blijfwijzer.survey.arrays import Codes

POWER = 0.8
"""Chance with which a difference is to be seen, for it to count as one that could have been; the
convention of Cohen (1988, p. 56)."""
_FEWEST = 3
"""Groups of a level that are compared: fewer give no idea of how groups differ (`pool_rates`)."""
_STEPS = 9
"""Halvings of the range of rates: to a fifth of a percentage point."""
_HIGHEST = 0.99
_AS_IT_IS = np.zeros(1)


def find_detectable(
    pooled: PooledRates, areas: pd.DataFrame, listed: Listed, settings: FlagSettings, seed: int
) -> pd.DataFrame:
    """Find the difference that one group must have to be flagged with a chance of `POWER`.

    In the place of the group's own rate another is put, and all is learnt and pooled again: the
    lowest with which it is flagged is found by halving. Its true rate must lie above that by the
    part of the normal distribution that brings as large an own rate so often. The reference, of
    which the group is a part, moves with it. Others stay as they are, so it holds where none of
    them stands out.

    Parameters
    ----------
    pooled, areas : of all groups, as `estimates.estimate_groups` gives
    seed : of draws

    Returns
    -------
    One row per level of `_FEWEST` groups or more: place of one of them among all groups, and the
    difference of shares that one of middling size (typical) and the largest one needs; NaN where no
    rate would be flagged.
    """
    rows: list[dict[str, float]] = []
    answered = areas["direct"].notna().to_numpy()[listed.place]
    for level in np.unique(listed.level[answered]):
        own = np.flatnonzero(answered & (listed.level == level))
        if len(own) < _FEWEST:
            continue
        sizes = areas["effective_n"].to_numpy()[listed.place[own]]
        order = own[np.argsort(sizes, kind="stable")]
        part, how = listed.among(own), (settings, seed)
        ats = (int(np.flatnonzero(own == row)[0]) for row in (order[len(order) // 2], order[-1]))
        typical, largest = (_apart(pooled, areas, part, at, how) for at in ats)
        told = {"place": int(part.place[0]), "typical": typical, "largest": largest}
        rows.append(told)
    return pd.DataFrame(rows, columns=["place", "typical", "largest"])


def _apart(
    pooled: PooledRates,
    areas: pd.DataFrame,
    listed: Listed,
    row: int,
    how: tuple[FlagSettings, int],
) -> float:
    """Find by how much one group of a level must differ."""
    place = int(listed.place[row])
    reference = float(pooled.table["rate"].to_numpy()[listed.reference[row]])
    low, high = reference, _HIGHEST
    if not _is_flagged(pooled, _with_rate(areas, place, high), listed, row, how):
        return float("nan")
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _is_flagged(pooled, _with_rate(areas, place, middle), listed, row, how):
            high = middle
        else:
            low = middle
    n = max(float(areas["effective_n"].to_numpy()[place]), 1.0)
    true = high + ndtri(POWER) * np.sqrt(high * (1 - high) / n)
    return float(true - reference) if true < 1 else float("nan")


def _is_flagged(
    pooled: PooledRates,
    areas: pd.DataFrame,
    listed: Listed,
    row: int,
    how: tuple[FlagSettings, int],
) -> bool:
    """Tell whether a group would be on the list by itself, had these been the own rates."""
    settings, seed = how
    parents = pd.Series(listed.reference)
    part = areas.iloc[listed.place].reset_index(drop=True)
    again = pool_rates(part, parents, pooled.draws.shape[1], seed)
    moved = _in_place(pooled, again, listed.place)
    moved = _with_reference(moved, pooled, areas, (int(listed.place[row]), listed.reference[row]))
    chance = chances_above(moved, areas, listed, settings.margin, _AS_IT_IS)[row, 0]
    return bool(chance >= 1 - settings.false_discoveries)


def _with_reference(
    moved: PooledRates, pooled: PooledRates, areas: pd.DataFrame, at: tuple[int, int]
) -> PooledRates:
    """Move a reference by the part of it that a group is.

    Parameters
    ----------
    areas : with the group's other rate
    at : places of the group and of its reference
    """
    place, reference = at
    n = areas["n"].to_numpy(dtype=float)
    part = min(n[place] / max(n[reference], 1.0), 1.0)
    rate = pooled.table["rate"].to_numpy().copy()
    further = areas["direct"].to_numpy(dtype=float)[place] - rate[place]
    column = moved.table["rate"].to_numpy().copy()
    column[reference] = rate[reference] + part * further
    return replace(moved, table=moved.table.assign(rate=column))


def _in_place(pooled: PooledRates, again: PooledRates, place: Codes) -> PooledRates:
    table, draws = pooled.table.copy(), pooled.draws.copy()
    for name in again.table:
        column = table[name].to_numpy().copy()
        column[place] = again.table[name].to_numpy()
        table[name] = column
    draws[place] = again.draws
    return replace(pooled, table=table, draws=draws)


def _with_rate(areas: pd.DataFrame, place: int, rate: float) -> pd.DataFrame:
    direct = areas["direct"].to_numpy(dtype=float).copy()
    direct[place] = rate
    return areas.assign(direct=direct)
