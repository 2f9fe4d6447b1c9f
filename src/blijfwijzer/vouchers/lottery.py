"""A lottery for part of the vouchers, so that next year their effect can be known.

Groups around the cut differ little in need: for them a fair draw does no wrong, and makes the
groups that are offered vouchers and those that are not comparable. A mix of vouchers by risk, at
random and by signals of people who know the work also shows what the ranking by risk misses
(2:1:1: Dutch municipal audit guidance on profiling). The draw is sealed before anything is known
of its outcome.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import InfeasibleError, TrialError, VoucherError
from blijfwijzer.files import write_beside
from blijfwijzer.settings import VoucherSettings
from blijfwijzer.vouchers.allocation import Allocation, Needs, draw_numbers, robust_rates
from blijfwijzer.vouchers.alternatives import apportion, serve
from blijfwijzer.vouchers.limits import Integers, Mask, read_limits
from blijfwijzer.vouchers.programme import divide, steps_of

FORMAT = 1
FEWEST = 4
"""Groups of a stratum below which it is pooled with others: two in each arm (Bruhn & McKenzie
2009 warn of strata that leave an arm with one unit when some drop out)."""
OFFERED, NOT_OFFERED, OUTSIDE = "offered", "not offered", ""
_COLUMNS = ["vouchers", "by_risk", "by_lot", "by_signal", "stratum", "arm"]


@dataclass(frozen=True)
class Lottery:
    """Who is offered vouchers, why, and who is compared with whom."""

    table: pd.DataFrame
    """One row per group, sorted by id: `vouchers` (int, the sum of the next three), `by_risk`,
    `by_lot`, `by_signal`, `stratum` of the comparison (text, empty outside it), `arm`:
    "offered", "not offered", or empty outside the comparison."""
    quotas: dict[str, int]
    """Vouchers meant for each part: risk, cut (drawn around the cut), random, signal."""
    mix: tuple[int, int, int]
    share: float
    """Of the vouchers, drawn around the cut."""
    seed: int

    @property
    def unused(self) -> int:
        """Vouchers that no part could use, as caps or too few groups stood in the way."""
        return sum(self.quotas.values()) - int(self.table["vouchers"].sum())

    @property
    def compared(self) -> pd.DataFrame:
        """The rows that the comparison is about."""
        return self.table[self.table["arm"] != OUTSIDE]

    @property
    def sha256(self) -> str:
        """Hash of the canonical content; publish it, so that nobody can change the draw later."""
        return hashlib.sha256(_canonical(_content(self)).encode()).hexdigest()


def draw_lottery(
    allocation: Allocation,
    needs: Needs,
    settings: VoucherSettings,
    seed: int,
    stratify: str = "sector",
) -> Lottery:
    """Divide the vouchers of an allocation anew, with a draw for part of them.

    The vouchers are split exactly by `settings.mix`, by largest remainder. Of all vouchers a share
    `settings.lottery` is taken from the risk part and drawn around the cut. Then, in this order:

    1. signal: over `settings.signals` in proportion to their need;
    2. risk: by the same programme, floors and caps as the allocation, as shares of this part;
    3. cut: among the groups next in line, as many as need twice the vouchers there are;
    4. random: among all other groups that have nothing yet.

    In 3 and 4 the number of groups to offer is fixed beforehand per stratum (`stratify` within
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
    total = allocation.vouchers
    parts = apportion(
        np.asarray(settings.mix, dtype=np.float64), np.full(3, total), total, np.zeros(3)
    )
    cut = int(np.floor(settings.lottery * total + 0.5))
    quotas = {
        "risk": int(parts[0]) - cut,
        "cut": cut,
        "random": int(parts[1]),
        "signal": int(parts[2]),
    }
    _refuse_quotas(quotas, settings, total)

    most = needs.most
    by_signal = _serve_signals(needs, settings, quotas["signal"], seed)
    by_risk = _serve_risk(needs, settings, allocation, most - by_signal, quotas["risk"])

    line = np.argsort(allocation.table["order"].to_numpy())
    sector = _sector_of(needs, stratify)
    free: Mask = (by_signal + by_risk == 0) & (most > 0)
    by_lot = np.zeros_like(by_risk)
    stratum, arm = np.full((2, len(most)), "", dtype=object)
    for part in ("cut", "random"):
        if quotas[part]:
            pool = line[free[line]]
            if part == "cut":
                pool = _around_the_cut(pool, most, quotas[part])
            by_lot[pool], stratum[pool], arm[pool] = _draw(
                part, pool, needs.groups, most[pool], sector[pool], quotas[part], seed
            )
            free[pool] = False
            if part == "cut":
                left = quotas["cut"] - int(by_lot.sum())
                by_risk = by_risk + serve(line, np.where(free, most, 0), left)
                free &= by_risk == 0
    table = pd.DataFrame(
        {
            "vouchers": by_risk + by_lot + by_signal,
            "by_risk": by_risk,
            "by_lot": by_lot,
            "by_signal": by_signal,
            "stratum": stratum.astype(str),
            "arm": arm.astype(str),
        },
        index=needs.groups.astype(str).rename("group"),
    )
    return Lottery(
        table=table.sort_index(),
        quotas=quotas,
        mix=settings.mix,
        share=settings.lottery,
        seed=seed,
    )


def seal(lottery: Lottery, path: Path) -> str:
    """Write a lottery with the hash of its content, whole or not at all, and give that hash.

    Raises
    ------
    NotWritableError, DiskFullError
    """
    with write_beside(path) as beside:
        beside.write_text(_file_text(_content(lottery)), encoding="utf-8", newline="\n")
    return lottery.sha256


def open_sealed(path: Path, sha256: str = "") -> Lottery:
    """Read a sealed lottery; not one byte may differ.

    Parameters
    ----------
    sha256 : the hash that was published; without it only damage is found, as whoever alters the
        file can also write a new hash into it

    Raises
    ------
    TrialError
        The file is missing, no sealed lottery, of a newer format, or was altered.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        content = json.loads(text)["content"]
        known = content["format"] == FORMAT
    except OSError as error:
        raise TrialError(f"{path}: cannot be read. Give the file of a sealed lottery.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TrialError(
            f"{path.name}: no sealed lottery, or damaged. Restore the file that the draw wrote."
        ) from error
    if not known:
        raise TrialError(
            f"{path.name}: a lottery of another format than {FORMAT}. Use the version of "
            "blijfwijzer that wrote it."
        )
    if text != _file_text(content):
        raise TrialError(f"{path.name}: altered after it was sealed. Restore the file.")
    try:
        lottery = _from_content(content)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise TrialError(
            f"{path.name}: parts of the lottery are missing. Restore the file that the draw wrote."
        ) from error
    if sha256 and lottery.sha256 != sha256.lower():
        raise TrialError(
            f"{path.name}: another lottery than the one with the hash that was published. Restore "
            "the file of that draw."
        )
    return lottery


def _refuse_quotas(quotas: dict[str, int], settings: VoucherSettings, total: int) -> None:
    if quotas["risk"] < 0:
        raise InfeasibleError(
            f"lottery: {quotas['cut']} of {total} vouchers would be drawn around the cut, more "
            f"than the {quotas['risk'] + quotas['cut']} that mix gives to risk. Lower lottery."
        )
    if settings.lottery == 0 and settings.mix[1] == 0 and settings.mix[2] == 0:
        raise TrialError(
            "lottery: nothing to draw, as lottery is 0 and mix has a risk part only. Set one of "
            "them in the settings."
        )


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


def _sector_of(needs: Needs, stratify: str) -> NDArray[np.str_]:
    if stratify not in needs.strata:
        return np.full(len(needs.groups), "all")
    return needs.strata[stratify].fillna("").astype(str).to_numpy(dtype=np.str_)


def _around_the_cut(line: Integers, most: Integers, quota: int) -> Integers:
    """Give the groups next in line that need at least twice the vouchers, so that half can win."""
    needed = int(np.searchsorted(np.cumsum(most[line]), 2 * quota)) + 1
    return line[: max(needed, FEWEST)]


def _draw(
    part: str,
    pool: Integers,
    groups: pd.Index,
    room: Integers,
    sector: NDArray[np.str_],
    quota: int,
    seed: int,
) -> tuple[Integers, NDArray[np.str_], NDArray[np.str_]]:
    """Draw winners within strata: vouchers, stratum and arm of each group of `pool`."""
    if len(pool) < FEWEST or room.sum() <= quota or quota < 2:
        raise TrialError(
            f"lottery ({part}): {quota} vouchers among {len(pool)} groups that need "
            f"{room.sum()} is nothing to draw. Draw fewer vouchers among more groups, at least "
            f"2 among {FEWEST}."
        )
    draw = draw_numbers(seed, groups[pool], part)
    wanted = int(np.clip(np.rint(quota / room.mean()), 2, min(quota, len(pool) - 2)))
    stratum = _pooled(sector)
    if len(np.unique(stratum)) > wanted / 2:
        stratum = np.full(len(pool), "pooled")
    names, sizes = np.unique(stratum, return_counts=True)
    numbers = apportion(
        sizes.astype(np.float64), sizes - 1, wanted, draw_numbers(seed, names, part)
    )
    # A small stratum may round to no winner, and would tell nothing.
    numbers = np.maximum(numbers, 1)
    while numbers.sum() > quota:
        numbers[numbers.argmax()] -= 1

    wins = np.zeros(len(pool), dtype=bool)
    for name, number in zip(names, numbers, strict=True):
        inside = np.flatnonzero(stratum == name)
        wins[inside[np.argsort(-draw[inside], kind="stable")[:number]]] = True
    given = _share_out(np.where(wins, room, 0), quota, draw)
    spare = _spare(stratum, wins, room, quota - int(given.sum()), draw)
    arm = np.where(wins, OFFERED, np.where(spare > 0, OUTSIDE, NOT_OFFERED))
    compared = np.where(arm == OUTSIDE, "", np.char.add(f"{part}:", stratum))
    return given + spare, compared, arm


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
    """Give what winners cannot use to losers, but leave two in each stratum to compare with."""
    spare = np.zeros(len(room), dtype=np.int64)
    losers = {name: int((~wins & (stratum == name)).sum()) for name in np.unique(stratum)}
    for group in np.argsort(-draw, kind="stable"):
        if left > 0 and not wins[group] and losers[stratum[group]] > 2:
            spare[group] = min(left, room[group])
            left -= int(spare[group])
            losers[stratum[group]] -= 1
    return spare


def _content(lottery: Lottery) -> dict[str, Any]:
    rows = lottery.table.reset_index().to_dict("records")
    return {
        "format": FORMAT,
        "seed": lottery.seed,
        "mix": list(lottery.mix),
        "share": lottery.share,
        "quotas": lottery.quotas,
        "groups": rows,
    }


def _from_content(content: dict[str, Any]) -> Lottery:
    table = pd.DataFrame(content["groups"]).set_index("group")[_COLUMNS]
    return Lottery(
        table=table,
        quotas=content["quotas"],
        mix=(content["mix"][0], content["mix"][1], content["mix"][2]),
        share=content["share"],
        seed=content["seed"],
    )


def _canonical(content: dict[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _file_text(content: dict[str, Any]) -> str:
    digest = hashlib.sha256(_canonical(content).encode()).hexdigest()
    sealed = {"content": content, "sha256": digest}
    return json.dumps(sealed, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
