"""Checks of a model in another wave: what gave an alarm, as `risk.monitoring` has it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blijfwijzer.survey.remarks import shortened
from blijfwijzer.survey.texts import Message, Quantity, Value, say


def find_moved_slope(row: Mapping[str, Any]) -> Iterator[Message]:
    """Say that risks are too far apart, or too near to each other, and were not at the training.

    Parameters
    ----------
    row : `then`, `now` and `is_alarm`
    """
    if row["is_alarm"]:
        then, now = (Quantity(row[name], "thousandths") for name in ("then", "now"))
        is_less = row["now"] < row["then"]
        yield say("remark.moved.extreme" if is_less else "remark.moved.tame", then=then, now=now)


def find_moved_level(
    row: Mapping[str, Any], predicted: float, observed: float
) -> Iterator[Message]:
    """Say that risks of everyone are too low or too high.

    Parameters
    ----------
    predicted, observed : mean risk, and share in the answers
    """
    if row["is_alarm"]:
        shares = {"predicted": round(100 * predicted), "observed": round(100 * observed)}
        yield say("remark.moved.level", **shares)


def find_moved_groups(names: Sequence[Value]) -> Iterator[Message]:
    """Name groups whose risks are too low or too high, and were not at the training."""
    if names:
        yield Message("remark.moved.group", {"names": shortened(list(names))}, len(names))


def find_turned_items(items: Sequence[Mapping[str, Any]]) -> Iterator[Message]:
    """Name items that say something else of their scale than they did.

    Parameters
    ----------
    items : `item`, its label; `then` and `now`, its correlation with the rest of its scale
    """
    told: list[Value] = [
        say(
            "remark.moved.one_item",
            item=row["item"],
            then=Quantity(row["then"], "ratio"),
            now=Quantity(row["now"], "ratio"),
        )
        for row in items
    ]
    if told:
        yield Message("remark.moved.item", {"names": shortened(told)}, len(told))
