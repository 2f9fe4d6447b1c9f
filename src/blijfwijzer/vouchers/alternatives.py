"""What the same number of vouchers would do if they were divided by another rule.

For a rule that gives `v` vouchers to a group with `people`, of whom a share `rate` is in need
(estimated, or true where that is known), summed over groups:

    vouchers         = sum v
    expected_trained = sum v x take_up
    expected_extra   = sum v x rate x take_up x (1 - deadweight)
    cost_per_extra   = cost x expected_trained / expected_extra
    need_reached     = sum v x rate / sum people x rate
    inclusion_error  = 1 - sum v x rate / sum v
    exclusion_error  = 1 - need_reached
    regret           = 1 - expected_extra / expected_extra of the optimum, at equal guidance

Only people in need count as extra: with everybody in need, Hidalgo, Oosterbeek & Webbink (2014)
have 1,000 euro / (1 - 0.6) = 2,500 euro per extra person trained. What guidance itself costs (a
manager's hour, protected time) is not in these figures. Inclusion and exclusion error are those
of targeting social programmes (Cornia & Stewart 1993), here of offers.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import VoucherError
from blijfwijzer.settings import GuidanceSettings, VoucherSettings
from blijfwijzer.vouchers.allocation import Allocation, draw_numbers
from blijfwijzer.vouchers.limits import Integers
from blijfwijzer.vouchers.needs import Needs

DRAWS = 200
"""Random orders of the groups that are averaged; the standard error of that mean is then 7 % of
the spread between orders."""

Numbers = NDArray[np.float64]


def compare(
    needs: Needs,
    allocation: Allocation,
    settings: VoucherSettings,
    simple_share: pd.Series | None = None,
    true_rate: pd.Series | None = None,
) -> pd.DataFrame:
    """Set an allocation beside other rules that give as many vouchers.

    Floors and caps bind the plan only. Draws follow from the allocation's seed.

    Parameters
    ----------
    needs, allocation : the plan, and what it was made from
    simple_share : one per group; share of its people that fit the profile of the policy paper, low
        education and long tenure. Left out: no such row
    true_rate : one per group; the share of people in need, where that is known. All outcomes are
        then computed with it

    Returns
    -------
    One row per rule, indexed by `rule`, with `guidance` and the figures above; `cost_per_extra` is
    missing where nobody extra is expected, `regret` is there only with `true_rate`:

    - `plan`: this allocation; `plan_none`, `plan_talk`, `plan_time`: with each kind of guidance
    - `simple`: groups with the largest `simple_share` first, each as many vouchers as it has
      people who fit; what is then left goes to the other people of these groups, in that order
    - `random`: groups in random order, each as many as the plan would at most give; mean of draws
    - `people`: in proportion to the people of each group; `equal`: the same for each group; both
      at most one for each person, in whole vouchers by largest remainder
    - `optimum`: groups with the highest true rate first, without floors and caps; its regret is 0,
      and that of the plan is what estimating and limits cost together. A group can then use as
      many vouchers as it has people truly in need, or as the plan thought it had, so that no
      plan within its estimated needs is better.

    Raises
    ------
    VoucherError
        Shares or rates of other groups, missing or outside [0, 1].
    """
    total = allocation.vouchers
    rate = _rate_of(needs, true_rate, "true_rate") if true_rate is not None else needs.rate
    most, people = needs.most, np.floor(needs.people.to_numpy() + 1e-9).astype(np.int64)
    draw = draw_numbers(allocation.seed, needs.groups, "alternatives")
    plan = allocation.table["vouchers"].to_numpy(dtype=np.float64)

    given: dict[str, Numbers] = {"plan": plan}
    if simple_share is not None:
        share = _rate_of(needs, simple_share, "simple_share")
        given["simple"] = _serve_by_profile(share.to_numpy(), people, draw, total)
    given["random"] = _serve_at_random(most, total, allocation.seed)
    given["people"] = apportion(people.astype(np.float64), people, total, draw).astype(np.float64)
    given["equal"] = apportion(np.ones(len(people)), people, total, draw).astype(np.float64)
    if true_rate is not None:
        truly = np.floor((rate * needs.people).to_numpy() + 1e-9).astype(np.int64)
        order = np.argsort(-rate.to_numpy(), kind="stable")
        given["optimum"] = serve(order, np.maximum(most, truly), total).astype(np.float64)

    chosen = GuidanceSettings(take_up=allocation.take_up, deadweight=allocation.deadweight)
    rows = {
        rule: {
            "guidance": allocation.guidance,
            **_outcomes(vouchers, rate, needs.people, allocation.cost, chosen),
        }
        for rule, vouchers in given.items()
    }
    for guidance in ("none", "talk", "time"):
        effect: GuidanceSettings = getattr(settings, guidance)
        rows[f"plan_{guidance}"] = {
            "guidance": guidance,
            **_outcomes(plan, rate, needs.people, allocation.cost, effect),
        }
    rules = pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")
    if true_rate is not None:
        reached = rules["need_reached"].astype(float)
        best = float(reached["optimum"])
        rules["regret"] = 1 - reached / best if best > 0 else 0.0
    return rules


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


def _serve_by_profile(share: Numbers, people: Integers, draw: Numbers, total: int) -> Numbers:
    order = np.lexsort([-draw, -share])
    fits = np.floor(share * people + 1e-9).astype(np.int64)
    given = serve(order, fits, total)
    return (given + serve(order, people - given, total - int(given.sum()))).astype(np.float64)


def _serve_at_random(most: Integers, total: int, seed: int) -> Numbers:
    rng = np.random.default_rng([seed, len(most)])
    draws = [serve(rng.permutation(len(most)), most, total) for _ in range(DRAWS)]
    return np.asarray(np.mean(draws, axis=0), dtype=np.float64)


def _outcomes(
    vouchers: Numbers, rate: pd.Series, people: pd.Series, cost: float, effect: GuidanceSettings
) -> dict[str, float]:
    total, reached = float(vouchers.sum()), float(vouchers @ rate.to_numpy())
    in_need = float((rate * people).sum())
    trained = total * effect.take_up
    extra = reached * effect.take_up * (1 - effect.deadweight)
    need_reached = reached / in_need if in_need > 0 else float("nan")
    return {
        "vouchers": round(total, 6),
        "expected_trained": trained,
        "expected_extra": extra,
        "cost_per_extra": cost * trained / extra if extra > 0 else float("nan"),
        "need_reached": need_reached,
        "inclusion_error": 1 - reached / total if total > 0 else float("nan"),
        "exclusion_error": 1 - need_reached,
    }
