"""What wished outputs cost each other, before the first of them is made.

What is shown first is never taken back, and what comes later may not tell of few people beside it.
So the order counts, and an output that nobody needs can cost one that is wanted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.errors import SettingsError
from blijfwijzer.progress import Tell
from blijfwijzer.release.preview import Preview, Wish, borrow, foretell_beside

Order = tuple[int, ...]
"""Places of wishes, the one that is made first in front."""
_ALL_ORDERS = 3
"""Wishes of which all orders are tried; of more, the one that is given and each put first in it."""


@dataclass(frozen=True)
class Plan:
    """How much wished outputs would show, in several orders."""

    names: tuple[str, ...]
    """What is wished, in words."""
    first: tuple[Preview, ...]
    """What each would show if it were made first."""
    orders: dict[Order, tuple[Preview, ...]]
    """What each would show in an order, in that order; the one that was given in front."""
    without: dict[int, tuple[Preview, ...]]
    """What the others would show in the order given, without one of them."""

    @property
    def given(self) -> Order:
        """The order in which they were given."""
        return tuple(range(len(self.names)))

    @property
    def best(self) -> Order:
        """The order that keeps most; the one that was given where no other keeps more."""
        return max(self.orders, key=lambda order: self._worth(order, self.orders[order]))

    @property
    def dearest(self) -> int | None:
        """The output without which the others keep most; None where they keep no more without."""
        gains = {place: self._gain(place) for place in self.without}
        dearest = max(gains, key=lambda place: gains[place], default=None)
        return None if dearest is None or gains[dearest] <= (0, 0.0) else dearest

    def _worth(self, order: Order, shown: Sequence[Preview]) -> tuple[int, float]:
        """Count outputs that tell of everyone; give the mean share that each keeps of its most."""
        firsts = [max(self.first[place].told, 1) for place in order]
        shares = [own.told / most for own, most in zip(shown, firsts, strict=True)]
        return sum(own.tells_everyone for own in shown), float(np.mean(shares))

    def _gain(self, place: int) -> tuple[int, float]:
        others = tuple(other for other in self.given if other != place)
        beside = [self.orders[self.given][other] for other in others]
        before, after = self._worth(others, beside), self._worth(others, self.without[place])
        return after[0] - before[0], after[1] - before[1]

    def as_json(self) -> dict[str, Any]:
        """Tell a program the same; outputs by their place, the first being 1."""
        return {
            "wishes": list(self.names),
            "first": [one.as_json() for one in self.first],
            "orders": [
                {"order": [place + 1 for place in order], "shown": [one.as_json() for one in shown]}
                for order, shown in self.orders.items()
            ],
            "best": [place + 1 for place in self.best],
            "dearest": None if self.dearest is None else self.dearest + 1,
        }

    def __str__(self) -> str:
        """Say it as the command line does."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield "Groups and figures that each would show; nothing was written or entered."
        yield f"{'':<48}{'made first':>12}{'in this order':>15}"
        for place, shown in enumerate(self.orders[self.given]):
            name = f"{place + 1}. {self.names[place]}"
            told = "" if shown.tells_everyone else "   without figures of everyone"
            yield f"{name:<48}{self.first[place].told:>12}{shown.told:>15}{told}"
        best = self.orders[self.best]
        if self.best == self.given:
            yield "No order that was tried keeps more than this one."
        else:
            yield f"Most is kept in the order {_in_words(self.best, best)}."
        if self.dearest is not None:
            others = tuple(place for place in self.given if place != self.dearest)
            told = _in_words(others, self.without[self.dearest])
            yield f"Without {self.dearest + 1} the others keep most, in this order: {told}."


def _in_words(order: Order, shown: Sequence[Preview]) -> str:
    pairs = zip(order, shown, strict=True)
    return ", ".join(f"{place + 1} ({preview.told})" for place, preview in pairs)


def make_plan(wishes: Sequence[tuple[str, Wish]], ledgers: Path, tell: Tell) -> Plan:
    """Tell what outputs would show, in several orders, by the code that makes them.

    Parameters
    ----------
    wishes : each with its name, in the order in which they would be made
    ledgers : folder of the ledgers of all surveys; nothing is entered

    Raises
    ------
    SettingsError
        They are of surveys that have ledgers of their own.
    BusyError, LedgerError, ModelFolderError
        As a release would be refused.
    """
    surveys = sorted({wish.request.survey for _, wish in wishes})
    if len(surveys) != 1:
        raise SettingsError(
            f"{len(surveys)} surveys: {', '.join(surveys)}. Each has a ledger of its own, so that "
            "they cost each other nothing. Plan one at a time."
        )
    tried = _Rehearsed([wish for _, wish in wishes], borrow(wishes[0][1].request, ledgers), tell)
    given = tuple(range(len(wishes)))
    fronts = [(place, *(x for x in given if x != place)) for place in given]
    orders = list(permutations(given)) if len(given) <= _ALL_ORDERS else [given, *fronts[1:]]
    left = {place: tuple(x for x in given if x != place) for place in given if len(given) > 1}
    return Plan(
        tuple(name for name, _ in wishes),
        tuple(tried.shown((place,))[0] for place in given),
        {order: tried.shown(order) for order in orders},
        {place: tried.shown(others) for place, others in left.items()},
    )


class _Rehearsed:
    """Outputs made after each other in ledgers that are not kept; each beginning is made once."""

    def __init__(self, wishes: Sequence[Wish], ledger: Ledger, tell: Tell) -> None:
        self._wishes = wishes
        self._ledger = ledger
        self._tell = tell
        self._made: dict[Order, tuple[Preview, Ledger]] = {}

    def shown(self, order: Order) -> tuple[Preview, ...]:
        """Give what each output of an order would show, after those before it."""
        return tuple(self._make(order[: end + 1])[0] for end in range(len(order)))

    def _make(self, order: Order) -> tuple[Preview, Ledger]:
        if order not in self._made:
            before = self._make(order[:-1])[1] if order[:-1] else self._ledger
            ledger = replace(before, releases=list(before.releases))
            self._tell(f"try the order {', '.join(str(place + 1) for place in order)}")
            preview, release = foretell_beside(self._wishes[order[-1]], ledger)
            release.remember()
            self._made[order] = preview, ledger
        return self._made[order]
