"""A budget divided over groups: an integer programme that serves need, and need only.

What a voucher does, for a group of which a share `rate` is in need: a voucher offered in it
reaches somebody in need with probability `rate`, is used with probability `take_up`, and a user
would have trained anyway with probability `deadweight`. So `v` vouchers give

    expected extra = v x rate x take_up x (1 - deadweight)

people who train and would not have (Hidalgo, Oosterbeek & Webbink 2014 for take-up and deadweight
of Dutch training vouchers). Offers are to a group, so whom they reach inside it is as good as
random; nobody is picked from survey answers. An offer costs what it is expected to cost, so more
are made than the budget would buy if all were used (`offers`).
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import VoucherError
from blijfwijzer.settings import VoucherSettings
from blijfwijzer.vouchers.limits import Integers, Limit, Mask, read_limits
from blijfwijzer.vouchers.needs import Needs
from blijfwijzer.vouchers.offers import Offers, count_offers, least_money, offers_of
from blijfwijzer.vouchers.programme import divide, steps_of

Reason = Literal["", "need", "caps"]


@dataclass(frozen=True)
class Allocation:
    """Vouchers per group, and what they are expected to do."""

    table: pd.DataFrame
    """One row per group, in the order of the needs: `vouchers` (int), `need` (people),
    `most` (vouchers it could use), `rate`, `se`, `robust_rate`, `people`, `expected_extra`
    (people, at the rate itself), `draw` (in [0, 1), higher goes first among equals), `order` (1 is
    served first when no limit stands in the way), `tied` (the draw decided)."""
    limits: pd.DataFrame
    """One row per floor and cap: `name`, `kind`, `share`, `asked`, `given`, `binding`."""
    budget: float
    """Euro."""
    cost: float
    """Euro per voucher."""
    bought: int
    """Offers that the budget less the reserve bears."""
    reserve: float
    """Euro kept for late applicants."""
    left: float
    """Euro beside the reserve that offers are expected to leave: kept in case more are used."""
    overspent: float
    """Chance that offers cost more than the budget less the reserve."""
    why_left: Reason
    """Why offers were left over: everybody has one, or caps stand in the way."""
    offers: Offers
    guidance: str
    seed: int

    @property
    def vouchers(self) -> int:
        """Vouchers given."""
        return int(self.table["vouchers"].sum())

    @property
    def expected_extra(self) -> float:
        """People who are expected to train and would not have."""
        return float(self.table["expected_extra"].sum())

    @property
    def expected_spending(self) -> float:
        """Euro: the cost of the vouchers that are expected to be used."""
        expected = self.offers.spending(self.table["vouchers"].to_numpy())
        return min(expected, self.budget - self.reserve)

    def given_as(self, given: Integers) -> "Allocation":
        """Give the allocation with other vouchers, as a draw gave them."""
        rate = self.table["rate"].to_numpy(dtype=np.float64)
        extra = self.offers.extra(given, rate)
        table = self.table.assign(vouchers=given, expected_extra=extra)
        money = self.budget - self.reserve
        left = money - min(self.offers.spending(given), money)
        over = self.offers.chance_overspent(given, money)
        return replace(self, table=table, left=left, overspent=over)


def allocate_vouchers(
    needs: Needs,
    budget: float,
    cost: float,
    settings: VoucherSettings,
    seed: int,
    at_most: int | None = None,
) -> Allocation:
    """Divide a budget over groups so that most extra people are expected to train.

    Maximises the sum of vouchers x robust rate x take-up x (1 - deadweight) per euro, in whole
    vouchers, with at most one for each person, within floors and caps, and with as many
    offers as the budget less the reserve bears (`count_offers`). Where every offer is worth the
    same per euro that is the order of the rates.

    The robust rate is `max(0, rate - robustness x se)`. By default it is the rate itself, the
    posterior mean: what vouchers bring is linear in it, so a second penalty on what is not well
    known only takes from small groups (Manski 2004; Dehejia 2005). A setting above zero takes each
    rate at its own pessimistic value (Soyster 1973); the budget of uncertainty of Bertsimas & Sim
    (2004) would make what one group gets depend on how sure we are of the others. Either way
    raising a group's rate never lowers its vouchers.

    Groups with the same robust rate, in steps of `STEP`, are equal: a number that is drawn from the
    seed and the group's id alone decides, so that nobody can steer it by adding other groups.

    Parameters
    ----------
    budget : euro
    cost : euro per voucher that is used
    at_most : offers, where the budget would bear more

    Raises
    ------
    VoucherError
        A budget or cost that is no positive number, a budget that does not buy one voucher, or
        floors and caps that do not exist.
    InfeasibleError
        Floors and caps contradict each other; the message names those that do.
    """
    count_vouchers(budget, cost, settings.reserve)
    kept = Fraction(str(budget)) * Fraction(str(settings.reserve))
    money = float(Fraction(str(budget)) - kept)
    offers, robust = offers_of(needs, cost, settings), robust_rates(needs, settings)
    steps = steps_of(robust * offers.worth)
    draw = draw_numbers(seed, needs.groups, "allocation")
    order = _order(steps, draw)
    bought = count_offers(offers, needs.most, np.argsort(order), money, settings)
    bought = bought if at_most is None else min(bought, at_most)
    given, open_ = _divide(needs, steps, draw, bought, settings)
    while settings.spend == "offers" and offers.chance_overspent(given, money) > settings.overspend:
        # Limits sent offers to groups that use more of them than those first in order.
        bought -= max(bought // 200, 1)
        given, open_ = _divide(needs, steps, draw, bought, settings)
    table = pd.DataFrame(
        {
            "vouchers": given,
            "need": needs.rate * needs.people,
            "most": needs.most,
            "rate": needs.rate,
            "se": needs.se,
            "robust_rate": robust,
            "people": needs.people,
            "expected_extra": 0.0,
            "draw": draw,
            "order": order,
            "tied": _is_tied(steps, given, needs.most, open_),
        },
        index=needs.groups,
    )
    limits = read_limits(settings, needs.strata, needs.most, bought)
    return Allocation(
        table=table,
        limits=_limits_table(limits, given),
        budget=float(budget),
        cost=float(cost),
        bought=bought,
        reserve=float(kept),
        left=0.0,
        overspent=0.0,
        why_left=_why_left(given, needs.most, bought),
        offers=offers,
        guidance=settings.guidance,
        seed=seed,
    ).given_as(given)


def refuse_nothing(allocation: Allocation, settings: VoucherSettings) -> None:
    """Refuse a budget that bears not one offer, and say what it would take.

    Raises
    ------
    VoucherError
        Guidance and a voucher cost more than there is.
    """
    if allocation.bought:
        return
    first = int(allocation.table["order"].to_numpy().argmin())
    money = Fraction(str(least_money(allocation.offers, first, settings)))
    least = math.ceil(money / (1 - Fraction(str(settings.reserve))))
    guidance = allocation.offers.guidance.cost
    raise VoucherError(
        f"budget: {allocation.budget:,.0f} euro, of which {allocation.reserve:,.0f} is kept as a "
        f"reserve, bears not one offer: each costs {guidance:,.0f} euro of guidance "
        f"(`vouchers.{allocation.guidance}.cost`), used or not, and {allocation.cost:,.0f} euro "
        f"more when it is used. At least {least:,} euro is needed. Raise the budget, or choose "
        "guidance that costs less (`vouchers.guidance`)."
    )


def _divide(
    needs: Needs, steps: Integers, draw: NDArray[np.float64], total: int, settings: VoucherSettings
) -> tuple[Integers, Mask]:
    limits = read_limits(settings, needs.strata, needs.most, total)
    return divide(needs.most, steps, draw, total, limits)


def count_vouchers(budget: float, cost: float, reserve: float) -> int:
    """Count the whole vouchers that a budget buys once the reserve is set apart.

    >>> count_vouchers(100_000, 1_000, 0.05)
    95

    Raises
    ------
    VoucherError
    """
    for name, euro in (("budget", budget), ("cost of a voucher", cost)):
        if not (math.isfinite(euro) and euro > 0):
            raise VoucherError(f"{name}: {euro} euro. Give an amount above zero.")
    # Exact decimals: in floating point 95 vouchers of 0.1 can cost more than 9.5 euro.
    usable = Fraction(str(budget)) * (1 - Fraction(str(reserve)))
    bought = int(usable / Fraction(str(cost)))
    if bought == 0:
        raise VoucherError(
            f"budget: {budget} euro, of which {float(usable):.2f} after the reserve of "
            f"{reserve:.0%}, does not buy one voucher of {cost} euro. Raise the budget, or lower "
            "the cost or the reserve."
        )
    return bought


def robust_rates(needs: Needs, settings: VoucherSettings) -> NDArray[np.float64]:
    """Lower each rate by `robustness` standard errors, to zero at least."""
    lowered = needs.rate - settings.robustness * needs.se
    return np.asarray(lowered.clip(lower=0.0), dtype=np.float64)


def draw_numbers(seed: int, names: Iterable[object], purpose: str) -> NDArray[np.float64]:
    """Draw a number in [0, 1) for each name, from the seed, the purpose and the name alone.

    The first 53 bits of SHA-256 over `seed/purpose/name`: anyone can redo the draw without this
    software, and a name's number does not change when others come or go.

    >>> bool((draw_numbers(1, ["a", "b"], "x") == draw_numbers(1, ["b", "a"], "x")[::-1]).all())
    True
    """
    digests = [hashlib.sha256(f"{seed}/{purpose}/{name}".encode()).digest() for name in names]
    return np.asarray([(int.from_bytes(d[:8]) >> 11) / 2**53 for d in digests], dtype=np.float64)


def _order(steps: Integers, draw: NDArray[np.float64]) -> Integers:
    order = np.empty(len(steps), dtype=np.int64)
    order[np.lexsort([-draw, -steps])] = np.arange(1, len(steps) + 1)
    return order


def _is_tied(steps: Integers, given: Integers, most: Integers, open_: Mask) -> Mask:
    """Say where the draw decided: equals that together got something, but not all they need."""
    equals = pd.DataFrame({"steps": steps, "given": given, "most": most})[open_].groupby("steps")
    tied = np.zeros(len(steps), dtype=bool)
    sums = equals.transform("sum")
    tied[open_] = (
        (equals["given"].transform("size") > 1)
        & (sums["given"] > 0)
        & (sums["given"] < sums["most"])
    )
    return tied


def _limits_table(limits: list[Limit], given: Integers) -> pd.DataFrame:
    rows = [
        {
            "name": limit.name,
            "kind": limit.kind,
            "share": limit.share,
            "asked": limit.asked,
            "given": int(given[limit.members].sum()),
            "binding": int(given[limit.members].sum()) == limit.asked,
        }
        for limit in limits
    ]
    return pd.DataFrame(rows, columns=["name", "kind", "share", "asked", "given", "binding"])


def _why_left(given: Integers, most: Integers, bought: int) -> Reason:
    if given.sum() == bought:
        return ""
    return "need" if given.sum() == most.sum() else "caps"
