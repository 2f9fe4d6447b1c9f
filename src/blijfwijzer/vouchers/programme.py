"""The integer programme: whole vouchers where they are worth most, and a draw among equals."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from blijfwijzer.vouchers.limits import Integers, Limit, Mask, bounds_of, refuse_conflict, rows_of

STEP = 1e-4
"""Robust rates are compared in steps of a hundredth of a percentage point. Smaller differences
are far below any standard error, and whole steps keep the programme exact: equal is equal."""

Numbers = NDArray[np.float64]


def divide(
    most: Integers, steps: Integers, draw: Numbers, total: int, limits: list[Limit]
) -> tuple[Integers, Mask]:
    """Solve the integer programme, and among its equal best answers the one the draw prefers.

    Parameters
    ----------
    most : most vouchers of each group
    steps : value of a voucher in each group, in whole steps
    draw : in [0, 1); the sum of vouchers x draw is the second objective
    total : vouchers

    Returns
    -------
    Vouchers per group, and whether a group could have had another number in an equally good
    answer.

    Raises
    ------
    InfeasibleError
    """
    refuse_conflict(limits, most, total)
    low, high = bounds_of(limits)
    rows = csr_array(np.vstack([np.ones(len(most)), rows_of(limits, len(most))]))
    low = np.concatenate([[-np.inf], low])
    high = np.concatenate([[min(total, int(most.sum()))], high])
    value: Numbers = np.asarray(steps * STEP, dtype=np.float64)

    best = _solve(value, most, rows, low, high)
    open_ = _may_differ(value, most, rows, low, high, float(value @ best))
    if open_.any():
        # Only groups that an equally good answer may serve otherwise are decided again: HiGHS
        # needs seconds for the whole second programme and milliseconds for this part.
        served = rows[:, ~open_] @ best[~open_]
        kept = np.vstack([rows[:, open_].toarray(), value[open_]])
        worth = float(value[open_] @ best[open_])
        best[open_] = _solve(
            # A draw of zero must still be worth serving.
            draw[open_] + STEP,
            most[open_],
            csr_array(kept),
            np.append(low - served, worth),
            np.append(high - served, np.inf),
        )
    return best, open_


def steps_of(rates: Numbers) -> Integers:
    """Express rates in whole steps, in which equal rates are equal."""
    return np.rint(rates / STEP).astype(np.int64)


def _solve(
    value: Numbers,
    most: Integers,
    rows: csr_array,
    low: Numbers,
    high: Numbers,
) -> Integers:
    answer = milp(
        -value,
        integrality=np.ones(len(most)),
        bounds=Bounds(0, most),
        constraints=LinearConstraint(rows, low, high),
        options={"mip_rel_gap": 0.0},
    )
    if answer.status != 0:
        raise RuntimeError(f"HiGHS: {answer.message}")
    return np.asarray(np.rint(answer.x), dtype=np.int64)


def _may_differ(
    value: Numbers,
    most: Integers,
    rows: csr_array,
    low: Numbers,
    high: Numbers,
    best: float,
) -> Mask:
    """Find the groups that are not the same in all best answers, or cannot be ruled out to be.

    Reduced cost fixing: when moving a group by one voucher costs the relaxed programme more than
    the gap between it and the best whole answer, no best answer moves it.
    """
    upper, lower = np.isfinite(high), np.isfinite(low)
    relaxed = linprog(
        -value,
        A_ub=csr_array(np.vstack([rows.toarray()[upper], -rows.toarray()[lower]])),
        b_ub=np.concatenate([high[upper], -low[lower]]),
        bounds=np.column_stack([np.zeros(len(most)), most]),
        method="highs",
    )
    price = np.abs(relaxed.lower.marginals + relaxed.upper.marginals)
    return np.asarray((price <= max(-relaxed.fun - best, 0.0) + STEP / 10) & (most > 0))
