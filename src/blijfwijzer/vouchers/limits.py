"""Floors and caps on the vouchers of a stratum, and which of them contradict each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from blijfwijzer.errors import InfeasibleError, VoucherError
from blijfwijzer.settings import VoucherSettings

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Limit:
    """A floor or a cap on the vouchers of one stratum."""

    name: str
    """`level=name`, as in the settings."""
    kind: Literal["floor", "cap"]
    share: float
    asked: int
    """Vouchers, rounded so that the share holds: up for a floor, down for a cap."""
    need: int
    """Most vouchers that the groups of the stratum can use."""
    members: Mask
    """One per group."""

    @property
    def bound(self) -> int:
        """Vouchers that the programme holds to: a limit ends where everybody has one."""
        return min(self.asked, self.need)


def read_limits(
    settings: VoucherSettings, strata: pd.DataFrame, most: Integers, total: int
) -> list[Limit]:
    """Turn shares of the settings into whole vouchers, floors first.

    Parameters
    ----------
    strata : one row per group, a column per level, a text label in each
    most : most vouchers that each group can use
    total : vouchers that the budget buys; a share is a share of these, not of what is given in
        the end, so that a limit of one stratum does not move with the need of another

    Raises
    ------
    VoucherError
        A key that is no `level=name`, or a stratum that no group is in.
    InfeasibleError
        A floor promises a stratum more vouchers than it has people, while elsewhere people go
        without.
    """
    limits = [
        *(
            _read(name, "floor", share, strata, most, total)
            for name, share in _sorted(settings, "floors")
        ),
        *(
            _read(name, "cap", share, strata, most, total)
            for name, share in _sorted(settings, "caps")
        ),
    ]
    broken = [limit for limit in limits if limit.kind == "floor" and limit.asked > limit.need]
    if broken and total < most.sum():
        named = "; ".join(
            f"{limit.name} promises {limit.asked} vouchers to {limit.need} people"
            for limit in broken
        )
        raise InfeasibleError(
            f"floors: {len(broken)} of {len(settings.floors)} ask for more than there are "
            f"people with {total} vouchers: {named}. Lower these floors."
        )
    return limits


def rows_of(limits: Sequence[Limit], groups: int) -> NDArray[np.float64]:
    """Give one row of ones and zeros for each limit, over the groups."""
    members = [limit.members for limit in limits]
    return np.asarray(members, dtype=np.float64).reshape(len(limits), groups)


def bounds_of(limits: Sequence[Limit]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the least and the most vouchers of each limit's stratum."""
    low = [limit.bound if limit.kind == "floor" else -np.inf for limit in limits]
    high = [limit.bound if limit.kind == "cap" else np.inf for limit in limits]
    return np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)


def refuse_conflict(limits: Sequence[Limit], most: Integers, total: int) -> None:
    """Do nothing when the limits can all hold; else name those that contradict each other.

    The named limits are an irreducible infeasible set: without any one of them the others can
    hold. It is found with a deletion filter; how far they are apart is the smallest total
    slack of an elastic programme (Chinneck 2008, Feasibility and Infeasibility in Optimization,
    ch. 6). Groups in the same strata are one variable here, so this takes no longer with many
    groups.

    Raises
    ------
    InfeasibleError
    """
    short = _shortfall(limits, most, total)
    if short == 0:
        return
    clashing = list(limits)
    for limit in limits:
        without = [other for other in clashing if other is not limit]
        if _shortfall(without, most, total) > 0:
            clashing = without
    named = "; ".join(
        f"{limit.name} {'at least' if limit.kind == 'floor' else 'at most'} {limit.bound}"
        for limit in clashing
    )
    raise InfeasibleError(
        f"floors and caps: {len(clashing)} of {len(limits)} contradict each other with {total} "
        f"vouchers: {named}. They are {short} vouchers apart: lower a floor or raise a cap."
    )


def _sorted(settings: VoucherSettings, kind: Literal["floors", "caps"]) -> list[tuple[str, float]]:
    return sorted(getattr(settings, kind).items())


def _read(
    name: str,
    kind: Literal["floor", "cap"],
    share: float,
    strata: pd.DataFrame,
    most: Integers,
    total: int,
) -> Limit:
    level, separator, label = name.partition("=")
    if not separator or level not in strata.columns:
        raise VoucherError(
            f"{kind} {name[:80]!r}: there is no level {level[:80]!r}. Write level=name with one of "
            f"{', '.join(map(str, strata.columns)) or 'no levels'}."
        )
    # Group ids are "level=name" themselves; both ways of writing the label are understood.
    members = strata[level].isin([label, name]).to_numpy(dtype=bool)
    if not members.any():
        raise VoucherError(
            f"{kind} {name[:80]}: none of the {len(strata)} groups is in it. Mend the name, or "
            "leave it out."
        )
    part = Fraction(str(share)) * total
    asked = -(-part.numerator // part.denominator) if kind == "floor" else int(part)
    return Limit(name, kind, share, asked, int(most[members].sum()), members)


def _shortfall(limits: Sequence[Limit], most: Integers, total: int) -> int:
    """Count the vouchers by which limits must give way, all together, so that all can hold."""
    if not limits:
        return 0
    cells, cell = np.unique(rows_of(limits, len(most)).astype(np.int8), axis=1, return_inverse=True)
    room = np.bincount(cell.ravel(), weights=most, minlength=cells.shape[1])
    low, high = bounds_of(limits)
    give: NDArray[Any] = np.diag([1.0 if limit.kind == "floor" else -1.0 for limit in limits])
    budget = np.concatenate([np.ones(cells.shape[1]), np.zeros(len(limits))])
    answer = milp(
        np.concatenate([np.zeros(cells.shape[1]), np.ones(len(limits))]),
        integrality=np.ones(cells.shape[1] + len(limits)),
        bounds=Bounds(0, np.concatenate([room, np.full(len(limits), np.inf)])),
        constraints=[
            LinearConstraint(np.hstack([cells, give]), low, high),
            LinearConstraint(budget[np.newaxis], -np.inf, min(total, int(most.sum()))),
        ],
        options={"mip_rel_gap": 0.0},
    )
    return int(round(answer.fun))
