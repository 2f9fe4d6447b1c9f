"""Cells that people of published groups can be in, by the labels of these groups alone.

Whoever works in a unit works in one of its published parts or in the rest of it; whoever answered a
question gave one of the published answers or another. A cell is one place and one answer to each
question, as far as published groups tell them apart; whether anybody is in it does not matter.
"""

from collections.abc import Mapping, Sequence
from itertools import product

Definition = Mapping[str, str]
"""Column to the code that all people of a group have."""
REST = ""
"""Place in a unit, or answer, that no published group names."""


def find_cells(definitions: Sequence[Definition], levels: Sequence[str]) -> list[tuple[int, ...]]:
    """Give all cells that can be, each as the groups that its people are in.

    Parameters
    ----------
    definitions : of the published groups; that of everyone is empty
    levels : unit levels, from the largest down

    Returns
    -------
    Places in `definitions`, in order; no two cells are the same.

    >>> find_cells([{}, {"unit": "a"}, {"unit": "b"}], ["unit"])
    [(0,), (0, 1), (0, 2)]
    """
    places = _places(definitions, levels)
    asked = sorted({name for group in definitions for name in group if name not in levels})
    answers = [
        sorted({group[name] for group in definitions if name in group} | {REST}) for name in asked
    ]
    by_definition: dict[frozenset[tuple[str, str]], list[int]] = {}
    for number, group in enumerate(definitions):
        by_definition.setdefault(frozenset(group.items()), []).append(number)
    crossings = _crossings(definitions, levels)
    cells = {
        _groups_of(place, dict(zip(asked, given, strict=True)), crossings, by_definition)
        for place in places
        for given in product(*answers)
    }
    return sorted(cells)


def _places(
    definitions: Sequence[Definition], levels: Sequence[str]
) -> list[tuple[tuple[str, str], ...]]:
    """Give each published unit, and the rest of it, as the units on the way to it."""
    units = {
        tuple((level, group[level]) for level in levels if level in group) for group in definitions
    }
    ways = {unit[:depth] for unit in units for depth in range(len(unit) + 1)}
    return sorted(ways | {()})


def _crossings(
    definitions: Sequence[Definition], levels: Sequence[str]
) -> list[tuple[int, tuple[str, ...]]]:
    """Give the kinds of groups there are: how deep the unit, and which questions."""
    return sorted(
        {
            (
                sum(level in group for level in levels),
                tuple(sorted(name for name in group if name not in levels)),
            )
            for group in definitions
        }
    )


def _groups_of(
    place: tuple[tuple[str, str], ...],
    answers: Definition,
    crossings: Sequence[tuple[int, tuple[str, ...]]],
    by_definition: Mapping[frozenset[tuple[str, str]], list[int]],
) -> tuple[int, ...]:
    found: list[int] = []
    for depth, names in crossings:
        if depth <= len(place):
            own = frozenset((*place[:depth], *((name, answers[name]) for name in names)))
            found += by_definition.get(own, [])
    return tuple(sorted(found))
