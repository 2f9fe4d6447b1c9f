"""What the same money would do if it were divided by another rule, or over other groups.

For a rule that gives `v` vouchers to a group with `people`, of whom a share `rate` is in need
(estimated, or true where that is known), summed over groups:

    vouchers         = sum v
    expected_trained = sum v x take_up
    expected_extra   = sum v x rate x take_up x (1 - deadweight)
    spending         = sum v x (take_up x cost + guidance)
    cost_per_extra   = spending / expected_extra
    need_reached     = sum v x rate / people in need
    inclusion_error  = 1 - sum v x rate / sum v
    exclusion_error  = 1 - need_reached
    regret           = 1 - expected_extra / expected_extra of the bound, over the same groups

Only people in need count as extra: with everybody in need, Hidalgo, Oosterbeek & Webbink (2014)
have 1,000 euro / (1 - 0.6) = 2,500 euro per extra person trained. Inclusion and exclusion error
are those of targeting social programmes (Cornia & Stewart 1993), here of offers.

A rule of thumb is valued by whom it reaches: vouchers to all who fit it reach people of whom the
share in need is that of those who fit, wherever they work.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import VoucherError
from blijfwijzer.settings import VoucherSettings
from blijfwijzer.vouchers.allocation import Allocation, allocate_vouchers, draw_numbers
from blijfwijzer.vouchers.limits import Integers
from blijfwijzer.vouchers.needs import Needs, Partition
from blijfwijzer.vouchers.offers import Offers, offers_of

DRAWS = 200
"""Random orders of the groups that are averaged; the standard error of that mean is then 7 % of
the spread between orders."""

Numbers = NDArray[np.float64]
_GUIDANCE = ("none", "talk", "time")


@dataclass(frozen=True)
class Planned:
    """A way to part everyone, and the whole budget divided over it by need."""

    partition: Partition
    allocation: Allocation
    after_draw: float | None = None
    """Extra people to expect where a part of it is drawn anew, whoever wins; None: nothing is."""
    ratio: float = np.inf
    """Extra people to expect of what is given by need, over those of the simple rule for as much
    money; without end where there is no such rule."""

    @property
    def expected_extra(self) -> float:
        """Extra people who are expected to train by it."""
        return self.allocation.expected_extra if self.after_draw is None else self.after_draw


def choose_partition(planned: Sequence[Planned]) -> Planned:
    """Choose the groups over which the same money is expected to train most extra people.

    Only of those by which need is served no worse than by the simple rule, or where there are none
    of those by which it is served best. The first of equals; of two that spend the same, the one
    with more extra is the one with more per euro.
    """
    least = min(1.0, max(one.ratio for one in planned))
    return max((one for one in planned if one.ratio >= least), key=lambda one: one.expected_extra)


def compare(
    chosen: Planned,
    settings: VoucherSettings,
    *,
    drawn: Allocation | None = None,
    others: Sequence[Planned] = (),
    by_rule: Partition | None = None,
) -> pd.DataFrame:
    """Set a plan beside other rules that are expected to spend as much.

    Floors and caps bind plans by need only. Draws follow from the allocation's seed.

    Parameters
    ----------
    chosen : the groups that are proposed, and the whole budget divided over them by need
    settings : of the division
    drawn : the proposal as a lottery gave it, where there is one
    others : the budget divided over other groups
    by_rule : those who fit the simple rule and those who do not, everywhere together, in that
        order. Left out: no such row

    Returns
    -------
    One row per rule, indexed by `rule`, with `over` (groups that it divides over), `guidance` and
    the figures above, `extra_low` and `extra_high` (95 %, over rates, take-up and deadweight);
    `cost_per_extra` is missing where nobody extra is expected. Where true rates are known of all
    groups of a row its figures are computed with these, and `regret` is there.

    - `plan`: the proposal
    - `need`: all of it by need, nothing drawn, where something is
    - `by_groups`: by need over other groups
    - `simple`: offers to all who fit the simple rule, wherever they work; what is then left goes to
      others
    - `random`: groups in random order, each as many as the plan would at most give; mean of draws
    - `people`: in proportion to the people of each group; `equal`: the same for each group; both
      at most one for each person, in whole vouchers by largest remainder
    - `optimum`: groups with the highest true rate first, without floors and caps: the bound of what
      a division over these groups can bring, however well their need is known. Its regret is 0,
      and that of the plan is what estimating and limits cost together. A group can then use as
      many vouchers as it has people truly in need, or as the plan thought it had. Groups that are
      parted otherwise can do better than this bound
    - `plan_none`, `plan_talk`, `plan_time`: by need with each kind of guidance, for as much money

    Raises
    ------
    VoucherError
        True rates of other groups, missing or outside [0, 1].
    """
    plan = drawn or chosen.allocation
    money = plan.offers.spending(plan.table["vouchers"].to_numpy())
    rows = [_row("plan", chosen.partition, plan)]
    if drawn is not None:
        rows.append(_row("need", chosen.partition, chosen.allocation))
    rows += [_row("by_groups", other.partition, other.allocation) for other in others]
    if by_rule is not None:
        rows.append(_simple(by_rule, plan, settings, money))
    rows += _of_groups(chosen.partition, plan, money)
    rows += _of_guidance(chosen.partition, plan, settings)
    rules = pd.DataFrame(rows).set_index("rule")
    known = chosen.partition.true_rate is not None
    if known:
        reached = rules["expected_extra"] / rules["spending"]
        best = float(reached["optimum"])
        own = (rules["over"] == chosen.partition.name) & (rules["guidance"] == plan.guidance)
        regret = 1 - reached / best if best > 0 else 0.0 * reached
        rules["regret"] = regret.where(own)
    return rules


def ratio_to_rule(
    partition: Partition, given: Numbers, by_rule: Partition, offers: Offers, rule: Offers
) -> float:
    """Hold what is given by need against the simple rule, at equal spending.

    Parameters
    ----------
    given : vouchers of each group that were given by need, none that were drawn
    offers, rule : what offers cost and bring, over the groups of each

    Returns
    -------
    Extra people over extra people, by true rates where these are known; above 1 the plan is better.
    """
    extra = float(offers.extra(given, _rates(partition)).sum())
    served = _serve_rule(by_rule, rule, offers.spending(given))
    return extra / float(rule.extra(served, _rates(by_rule)).sum())


def _row(rule: str, partition: Partition, allocation: Allocation) -> dict[str, float | str]:
    given = allocation.table["vouchers"].to_numpy(dtype=np.float64)
    told = _outcomes(partition, given, allocation.offers, allocation.seed)
    return {"rule": rule, "over": partition.name, "guidance": allocation.guidance, **told}


def _simple(
    by_rule: Partition, plan: Allocation, settings: VoucherSettings, money: float
) -> dict[str, float | str]:
    offers = offers_of(by_rule.needs, plan.cost, settings)
    given = _serve_rule(by_rule, offers, money)
    told = _outcomes(by_rule, given, offers, plan.seed)
    return {"rule": "simple", "over": by_rule.name, "guidance": plan.guidance, **told}


def _serve_rule(by_rule: Partition, offers: Offers, money: float) -> Numbers:
    """Offer to all who fit, then to others, until as much is spent."""
    left, given = money, np.zeros(len(offers.price))
    for place, (price, people) in enumerate(zip(offers.price, by_rule.needs.people, strict=True)):
        given[place] = min(left / price, people)
        left -= given[place] * price
    return given


def _of_groups(
    partition: Partition, plan: Allocation, money: float
) -> Iterator[dict[str, float | str]]:
    needs, offers, total = partition.needs, plan.offers, plan.vouchers
    most, people = needs.most, np.floor(needs.people.to_numpy() + 1e-9).astype(np.int64)
    draw = draw_numbers(plan.seed, needs.groups, "alternatives")
    rules: dict[str, Callable[[int], Numbers]] = {
        "random": lambda n: _serve_at_random(most, n, plan.seed),
        "people": lambda n: apportion(people.astype(np.float64), people, n, draw).astype(float),
        "equal": lambda n: apportion(np.ones(len(people)), people, n, draw).astype(float),
    }
    if partition.true_rate is not None:
        rate = _rates(partition)
        truly = np.floor(rate * needs.people.to_numpy() + 1e-9).astype(np.int64)
        order = np.argsort(-rate * offers.worth, kind="stable")
        best = np.maximum(most, truly)
        rules["optimum"] = lambda n: serve(order, best, n).astype(np.float64)
    for rule, give in rules.items():
        given = give(total)
        # Groups that use more of their offers cost more: as many as spend the same.
        given = give(int(total * money / max(offers.spending(given), 1e-9) + 0.5))
        told = _outcomes(partition, given, offers, plan.seed)
        yield {"rule": rule, "over": partition.name, "guidance": plan.guidance, **told}


def _of_guidance(
    partition: Partition, plan: Allocation, settings: VoucherSettings
) -> Iterator[dict[str, float | str]]:
    for guidance in _GUIDANCE:
        other = settings.model_copy(update={"guidance": guidance})
        made = allocate_vouchers(partition.needs, plan.budget, plan.cost, other, plan.seed)
        yield _row(f"plan_{guidance}", partition, made)


def apportion(weights: Numbers, caps: Integers, total: int, draw: Numbers) -> Integers:
    """Divide whole vouchers in proportion to weights, with a most for each, by largest remainder.

    Parameters
    ----------
    weights : >= 0; without weight a group gets nothing
    caps : most for each
    total : to divide; the caps of groups with weight are the most that is given
    draw : decides between equal remainders, the higher first

    >>> apportion(np.array([5.0, 3.0, 2.0]), np.array([9, 9, 9]), 7, np.zeros(3)).tolist()
    [4, 2, 1]
    """
    caps = np.where(weights > 0, caps, 0)
    total = min(total, int(caps.sum()))
    shares = np.zeros(len(weights))
    full = caps == 0
    while not full.all():
        left = total - caps[full].sum()
        shares = np.where(full, caps, weights * (left / weights[~full].sum()))
        over = ~full & (shares > caps)
        if not over.any():
            break
        full |= over
    shares = np.where(full, caps, shares)
    whole = np.floor(shares + 1e-9).astype(np.int64)
    # Remainders that differ by rounding error only are equal.
    remainder = np.asarray(np.round(np.where(whole < caps, shares - whole, -1), 9), np.float64)
    order = np.lexsort([-draw, -remainder])
    whole[order[: total - int(whole.sum())]] += 1
    return whole


def serve(order: Integers, most: Integers, total: int) -> Integers:
    """Serve groups in an order, each as much as it can use, until nothing is left."""
    queue = most[order]
    before = np.cumsum(queue) - queue
    given = np.empty_like(most)
    given[order] = np.clip(total - before, 0, queue)
    return given


def _rates(partition: Partition) -> Numbers:
    """Give the true share in need of each group where that is known, and else the estimate."""
    if partition.true_rate is None:
        return partition.needs.rate.to_numpy(dtype=np.float64)
    return _rate_of(partition.needs, partition.true_rate, "true_rate").to_numpy(dtype=np.float64)


def _rate_of(needs: Needs, shares: pd.Series, name: str) -> pd.Series:
    if set(shares.index) != set(needs.groups) or len(shares) != len(needs.groups):
        raise VoucherError(f"{name}: of other groups than the needs. Give one share per group.")
    aligned = shares.reindex(needs.groups).astype(float)
    wrong = int((~aligned.between(0, 1)).sum())
    if wrong:
        raise VoucherError(
            f"{name}: {wrong} of {len(aligned)} groups have a share that is missing or outside "
            "0-1. Mend these."
        )
    return aligned


def _serve_at_random(most: Integers, total: int, seed: int) -> Numbers:
    rng = np.random.default_rng([seed, len(most)])
    draws = [serve(rng.permutation(len(most)), most, total) for _ in range(DRAWS)]
    return np.asarray(np.mean(draws, axis=0), dtype=np.float64)


def _outcomes(
    partition: Partition, given: Numbers, offers: Offers, seed: int
) -> dict[str, float | str]:
    rate, people = _rates(partition), partition.needs.people.to_numpy(dtype=np.float64)
    se = partition.needs.se.to_numpy() * (partition.true_rate is None)
    total, reached = float(given.sum()), float(given @ rate)
    in_need = float(rate @ people)
    extra, spending = float(offers.extra(given, rate).sum()), offers.spending(given)
    low, high = offers.extra_interval(given, rate, se, seed)
    need_reached = reached / in_need if in_need > 0 else float("nan")
    return {
        "vouchers": round(total, 6),
        "expected_trained": float(given @ offers.take_up),
        "expected_extra": extra,
        "extra_low": low,
        "extra_high": high,
        "spending": spending,
        "cost_per_extra": spending / extra if extra > 0 else float("nan"),
        "need_reached": need_reached,
        "inclusion_error": 1 - reached / total if total > 0 else float("nan"),
        "exclusion_error": 1 - need_reached,
    }
