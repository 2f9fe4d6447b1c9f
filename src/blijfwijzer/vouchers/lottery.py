"""A lottery for part of the vouchers, so that next year their effect can be known.

Groups around the cut differ little in need: for them a fair draw does no wrong, and makes the
groups that are offered vouchers and those that are not comparable. A mix of vouchers by risk, at
random and by signals of people who know the work also shows what the ranking by risk misses
(2:1:1: Dutch municipal audit guidance on profiling).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import InfeasibleError, TrialError, VoucherError
from blijfwijzer.settings import VoucherSettings
from blijfwijzer.vouchers.allocation import Allocation, draw_numbers, robust_rates
from blijfwijzer.vouchers.alternatives import apportion, serve
from blijfwijzer.vouchers.limits import Integers, Mask, read_limits
from blijfwijzer.vouchers.needs import Needs
from blijfwijzer.vouchers.programme import divide, steps_of
from blijfwijzer.vouchers.seal import COLUMNS, NOT_OFFERED, OFFERED, OUTSIDE, Lottery, Origin

_ARM = 3
"""Groups that a draw leaves in each arm: of fewer, `trial` tells nothing."""
FEWEST = 2 * _ARM
"""Groups of a stratum below which it is pooled with others (Bruhn & McKenzie 2009 warn of strata
that leave an arm with one unit when some drop out)."""
STRATIFY = "sector"
"""Within its levels the arms are drawn."""


@dataclass(frozen=True)
class _Pool:
    """Groups that vouchers are drawn among, one place each."""

    part: str
    groups: pd.Index
    room: Integers
    """Most vouchers that each can use."""
    sector: NDArray[np.str_]
    quota: int
    """Vouchers to draw."""
    seed: int

    @property
    def draw(self) -> NDArray[np.float64]:
        """A number of each; the highest win."""
        return draw_numbers(self.seed, self.groups, self.part)


def draw_lottery(
    allocation: Allocation, needs: Needs, settings: VoucherSettings, *, origin: Origin
) -> Lottery:
    """Divide the vouchers of an allocation anew, with a draw for part of them.

    The vouchers are split exactly by `settings.mix`, by largest remainder. Of all vouchers a share
    `settings.lottery` is taken from the risk part and drawn around the cut. Then, in this order:

    1. signal: over `settings.signals` in proportion to their need;
    2. risk: by the same programme, floors and caps as the allocation, as shares of this part;
    3. cut: among the groups next in line, as many as need twice the vouchers there are;
    4. random: among all other groups that have nothing yet.

    In 3 and 4 the number of groups to offer is fixed beforehand per stratum (`STRATIFY` within
    cut and random), about what the vouchers can serve, and the highest draws win; so every group
    of a stratum has the same chance, whatever its size. Winners that together need more than there
    is get it in proportion, at least one each. What they cannot use goes to the losers with the
    highest draws, who are then left out of the comparison, and after a draw around the cut to the
    groups that are next in line. Strata with fewer than `FEWEST` groups are pooled.

    Raises
    ------
    VoucherError
        Signals name groups that do not exist, or none while the mix has a signal part.
    InfeasibleError
        A part is larger than what its groups can use.
    TrialError
        There is nothing to draw, or too few groups to draw among.
    """
    quotas = _quotas(allocation.vouchers, settings)
    most = needs.most
    by_signal = _serve_signals(needs, settings, quotas["signal"], origin.seed)
    by_risk = _serve_risk(needs, settings, allocation, most - by_signal, quotas["risk"])

    line = np.argsort(allocation.table["order"].to_numpy())
    sector = _sector_of(needs)
    free: Mask = (by_signal + by_risk == 0) & (needs.in_need > 0)
    by_lot = np.zeros_like(by_risk)
    stratum, arm = np.full((2, len(most)), "", dtype=object)
    for part, is_asked in (("cut", settings.lottery > 0), ("random", settings.mix[1] > 0)):
        if not is_asked:
            continue
        # Around the cut among as many groups as can be: for offers to as many as are in need.
        most = needs.in_need if part == "cut" else needs.most
        own = line[free[line]]
        if part == "cut":
            own = _around_the_cut(own, most, quotas[part])
        pool = _Pool(part, needs.groups[own], most[own], sector[own], quotas[part], origin.seed)
        by_lot[own], stratum[own], arm[own] = _draw(pool)
        free[own] = False
        if part == "cut":
            left = quotas["cut"] - int(by_lot.sum())
            by_risk = by_risk + serve(line, np.where(free, needs.most, 0), left)
            free &= by_risk == 0
    parts = [by_risk + by_lot + by_signal, by_risk, by_lot, by_signal]
    columns = [*parts, stratum.astype(str), arm.astype(str)]
    table = pd.DataFrame(
        dict(zip(COLUMNS, columns, strict=True)), index=needs.groups.astype(str).rename("group")
    )
    return Lottery(table.sort_index(), quotas, origin)


def expected_offers(lottery: Lottery, needs: Needs) -> pd.Series:
    """Give the offers that each group could expect before the draw.

    What a part of the lottery drew is shared out over all groups that it drew among, by the most
    that each could use: of a stratum all have the same chance to win, and winners get what they can
    use or that in proportion.

    Returns
    -------
    One per group, in the order of the needs; of vouchers by risk and by signal, what was given.
    """
    table = lottery.table.reindex(needs.groups.astype(str))
    drawn, stratum = table["by_lot"].to_numpy(dtype=np.float64), table["stratum"]
    # Losers that were given what winners could not use are left out of the comparison.
    left_out = "cut" if lottery.quotas["cut"] else "random"
    part = stratum.str.partition(":")[0].mask((stratum == "") & (drawn > 0), left_out).to_numpy()
    expected = (table["by_risk"] + table["by_signal"]).to_numpy(dtype=np.float64)
    for name, most in (("cut", needs.in_need), ("random", needs.most)):
        room = np.where(part == name, most, 0)
        expected = expected + drawn[part == name].sum() * room / max(room.sum(), 1)
    return pd.Series(expected, index=needs.groups)


def _quotas(total: int, settings: VoucherSettings) -> dict[str, int]:
    """Part the vouchers exactly, by largest remainder; the cut is taken from the risk part."""
    mix = np.asarray(settings.mix, dtype=np.float64)
    risk, by_lot, signal = map(int, apportion(mix, np.full(3, total), total, np.zeros(3)))
    cut = int(np.floor(settings.lottery * total + 0.5))
    if cut > risk:
        raise InfeasibleError(
            f"lottery: {cut} of {total} vouchers would be drawn around the cut, more than the "
            f"{risk} that mix gives to risk. Lower lottery."
        )
    if settings.lottery == 0 and not any(settings.mix[1:]):
        raise TrialError(
            "lottery: nothing to draw, as lottery is 0 and mix has a risk part only. Set one of "
            "them in the settings."
        )
    return {"risk": risk - cut, "cut": cut, "random": by_lot, "signal": signal}


def _serve_signals(needs: Needs, settings: VoucherSettings, quota: int, seed: int) -> Integers:
    named = needs.groups.isin(list(settings.signals))
    unknown = len(set(settings.signals)) - int(named.sum())
    if unknown or (quota and not settings.signals):
        raise VoucherError(
            f"signals: {unknown} of {len(settings.signals)} groups that were put forward do not "
            "exist. Give ids of groups that vouchers are divided over."
        )
    room = np.where(named, needs.most, 0)
    if room.sum() < quota:
        raise InfeasibleError(
            f"signals: {named.sum()} groups have {room.sum()} people in need and mix gives them "
            f"{quota} vouchers. Put forward more groups, or lower the signal part."
        )
    draw = draw_numbers(seed, needs.groups, "signal")
    return apportion(room.astype(np.float64), room, quota, draw)


def _serve_risk(
    needs: Needs, settings: VoucherSettings, allocation: Allocation, room: Integers, quota: int
) -> Integers:
    if quota == 0:
        return np.zeros(len(room), dtype=np.int64)
    limits = read_limits(settings, needs.strata, room, quota)
    draw = allocation.table["draw"].to_numpy(dtype=np.float64)
    return divide(room, steps_of(robust_rates(needs, settings)), draw, quota, limits)[0]


def _sector_of(needs: Needs) -> NDArray[np.str_]:
    if STRATIFY not in needs.strata:
        return np.full(len(needs.groups), "all")
    return needs.strata[STRATIFY].fillna("").astype(str).to_numpy(dtype=np.str_)


def _around_the_cut(line: Integers, most: Integers, quota: int) -> Integers:
    """Give the groups next in line that need at least twice the vouchers, so that half can win."""
    needed = int(np.searchsorted(np.cumsum(most[line]), 2 * quota)) + 1
    return line[: max(needed, FEWEST)]


def _draw(pool: _Pool) -> tuple[Integers, NDArray[np.str_], NDArray[np.str_]]:
    """Draw winners within strata: vouchers, stratum and arm of each group."""
    room, quota, draw = pool.room, pool.quota, pool.draw
    if len(room) < FEWEST or room.sum() <= quota or quota < _ARM:
        raise TrialError(
            f"lottery ({pool.part}): {quota} vouchers among {len(room)} groups that need "
            f"{room.sum()} is nothing to draw. Draw fewer vouchers among more groups, at least "
            f"{_ARM} among {FEWEST}."
        )
    wanted = int(np.clip(np.rint(quota / room.mean()), _ARM, min(quota, len(room) - _ARM)))
    stratum = _pooled(pool.sector)
    if len(np.unique(stratum)) > wanted / _ARM:
        stratum = np.full(len(room), "pooled")
    wins = _winners(pool, stratum, wanted)
    given = _share_out(np.where(wins, room, 0), quota, draw)
    spare = _spare(stratum, wins, room, quota - int(given.sum()), draw)
    arm = np.where(wins, OFFERED, np.where(spare > 0, OUTSIDE, NOT_OFFERED))
    compared = np.where(arm == OUTSIDE, "", np.char.add(f"{pool.part}:", stratum))
    return given + spare, compared, arm


def _winners(pool: _Pool, stratum: NDArray[np.str_], wanted: int) -> Mask:
    """Let the highest draws of each stratum win, as many as is fixed beforehand for it."""
    names, sizes = np.unique(stratum, return_counts=True)
    equals = draw_numbers(pool.seed, names, pool.part)
    numbers = apportion(sizes.astype(np.float64), sizes - 1, wanted, equals)
    # A small stratum may round to no winner, and would tell nothing.
    numbers = np.maximum(numbers, 1)
    while numbers.sum() > pool.quota:
        numbers[numbers.argmax()] -= 1
    wins, draw = np.zeros(len(stratum), dtype=bool), pool.draw
    for name, number in zip(names, numbers, strict=True):
        inside = np.flatnonzero(stratum == name)
        wins[inside[np.argsort(-draw[inside], kind="stable")[:number]]] = True
    return wins


def _pooled(sector: NDArray[np.str_]) -> NDArray[np.str_]:
    """Pool strata that are too small, with the smallest that is not if need be."""
    names, sizes = np.unique(sector, return_counts=True)
    small = np.isin(sector, names[sizes < FEWEST])
    if not small.any():
        return sector
    if small.sum() < FEWEST and (sizes >= FEWEST).any():
        small |= sector == names[np.where(sizes >= FEWEST, sizes, len(sector) + 1).argmin()]
    return np.where(small, "pooled", sector)


def _share_out(room: Integers, quota: int, draw: NDArray[np.float64]) -> Integers:
    """Give winners what they need, or in proportion, at least one each."""
    first = np.minimum(room, 1)
    if first.sum() > quota:
        return apportion(first.astype(np.float64), first, quota, draw)
    rest = room - first
    return first + apportion(rest.astype(np.float64), rest, quota - int(first.sum()), draw)


def _spare(
    stratum: NDArray[np.str_], wins: Mask, room: Integers, left: int, draw: NDArray[np.float64]
) -> Integers:
    """Give what winners cannot use to losers, but leave some in each stratum to compare with."""
    spare = np.zeros(len(room), dtype=np.int64)
    losers = {name: int((~wins & (stratum == name)).sum()) for name in np.unique(stratum)}
    for group in np.argsort(-draw, kind="stable"):
        if left > 0 and not wins[group] and losers[stratum[group]] > _ARM:
            spare[group] = min(left, room[group])
            left -= int(spare[group])
            losers[stratum[group]] -= 1
    return spare
