"""How far above the others a group must lie to stand out, where none does."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import ndtri

from blijfwijzer.groups.flags import Listed, Others, chances_above
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
    part of the normal distribution that brings as large an own rate so often. The others stay as
    they are, so it holds where none of them stands out.

    Parameters
    ----------
    pooled, areas : of all groups, as `estimates.estimate_groups` gives
    seed : of draws

    Returns
    -------
    One row per level of `_FEWEST` groups or more: place of one of them among all groups, and the
    difference of shares from the others that one of middling size (typical) and the largest one
    needs; NaN where no rate would be flagged.
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
    others = Others.of(pooled, areas, listed)
    usual = float(others.rate[row])
    low, high = usual, _HIGHEST

    def is_flagged(rate: float) -> bool:
        return _is_flagged(pooled, _with_rate(areas, place, rate), (listed, others), row, how)

    if not is_flagged(high):
        return float("nan")
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if is_flagged(middle):
            high = middle
        else:
            low = middle
    n = max(float(areas["effective_n"].to_numpy()[place]), 1.0)
    true = high + ndtri(POWER) * np.sqrt(high * (1 - high) / n)
    return float(true - usual) if true < 1 else float("nan")


def _is_flagged(
    pooled: PooledRates,
    areas: pd.DataFrame,
    against: tuple[Listed, Others],
    row: int,
    how: tuple[FlagSettings, int],
) -> bool:
    """Tell whether a group would be on the list by itself, had these been the own rates."""
    (listed, others), (settings, seed) = against, how
    parents = pd.Series(listed.reference)
    part = areas.iloc[listed.place].reset_index(drop=True)
    again = pool_rates(part, parents, pooled.draws.shape[1], seed)
    moved = _in_place(pooled, again, listed.place)
    chance = chances_above(moved, areas, listed, others, settings.margin, _AS_IT_IS)[row, 0]
    return bool(chance >= 1 - settings.false_discoveries)


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
