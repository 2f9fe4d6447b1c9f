"""Items held against the others of their scale: who answers differently with the same score.

Two people who are alike in what a scale measures should answer an item alike, whatever group they
belong to. Where they do not, the item functions differently (DIF). The test is an ordinal logistic
regression of the item on the other items and the group (Zumbo 1999), cluster-aware. Each group is
held against all others taken together (Ellis & Kimmel 1992), so that a group that differs is told
apart from those that do not, however many there are. Others among which one is odd are taken at
their median, as that one would make all the rest look different.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from blijfwijzer.culture.item_answers import ItemAnswers
from blijfwijzer.culture.item_tests import (
    SIGNIFICANT,
    ItemFinding,
    ItemTable,
    covariance_of_moves,
    hold_item,
    tabulate_item,
)
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import adjust
from blijfwijzer.survey.arrays import Array


@dataclass(frozen=True)
class Shifts:
    """By how much the people of each group answer higher than those of a typical other group."""

    items: tuple[str, ...]
    groups: tuple[str, ...]
    size: Array
    """One row per group, one column per item, on the item's own scale; above zero is higher."""
    covariance: Array
    """Of the shifts of each group: groups x items x items."""
    freedom: int

    def add_up(self, group: str, items: set[str]) -> tuple[float, float]:
        """Give the sum of some items' shifts, with its standard error."""
        row, columns = self.groups.index(group), [item in items for item in self.items]
        error = float(np.sqrt(max(self.covariance[row][np.ix_(columns, columns)].sum(), 0.0)))
        return float(self.size[row, columns].sum()), error


def purify(answers: ItemAnswers, floor: float) -> tuple[list[dict[str, Any]], Shifts]:
    """Hold each group against all others taken together, item by item.

    All items are tested again each time that the most different one left the rest score:
    purification (Clauser, Mazor & Hambleton 1993), one item at a time, as in a short scale one
    item that is different makes others look so. Each group keeps its own rest score: what one
    group reads otherwise is no worse an anchor for the others.

    Returns
    -------
    One row per item and group, as `Invariance.items`, p not adjusted yet; and what they add up to.
    """

    @cache
    def tabulate(item: int, out: frozenset[int]) -> ItemTable:
        return tabulate_item(answers, item, out)

    count, groups = len(answers.items), len(answers.names)
    found = [_purify_group(tabulate, count, answers, group, floor) for group in range(groups)]
    shifts = Shifts(
        answers.items,
        tuple(answers.names),
        np.array([[one.shift for one in of_group] for of_group in found]),
        np.array([_covariance(of_group, answers.design) for of_group in found]),
        found[0][0].freedom,
    )
    return [one.row for of_group in found for one in of_group], shifts


def _covariance(found: list[ItemFinding], design: Design) -> Array:
    return covariance_of_moves(np.column_stack([one.moved for one in found]), design)


def _purify_group(
    tabulate: Callable[[int, frozenset[int]], ItemTable],
    count: int,
    answers: ItemAnswers,
    group: int,
    floor: float,
) -> list[ItemFinding]:
    out: frozenset[int] = frozenset()
    while True:
        found = [
            hold_item(tabulate(item, out - {item}), answers, item, group, floor)
            for item in range(count)
        ]
        p = adjust(np.array([one.row["p"] for one in found]), "bh")
        different = [
            place
            for place, one in enumerate(found)
            if one.row["is_different"] and p[place] < SIGNIFICANT and place not in out
        ]
        # The last two in the rest score must stay: each is what the other is held against.
        if not different or count - len(out) <= 2:
            return found
        out |= {max(different, key=lambda place: float(found[place].row["gap"]))}
