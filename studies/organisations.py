"""Random organisations of six shapes, and what a gate is offered of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Groups = NDArray[np.bool_]
"""One row per group, one column per person."""
K = 10
_SHARES = 0.03, 0.5
"""Of people who have an outcome, fewest and most."""
_FEWEST, _MOST = 14, 120
"""Groups that are offered."""
_PEOPLE = (100, 400)
"""Fewest and most of nearly all."""
_MANY_PEOPLE = (400, 1500)
_SHARE_OF_LARGE = 0.02
"""Share of organisations with many people, where a percentage of 600 and more allows many counts;
few, since to judge one takes as long as twenty others."""


def _by(*keys: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    codes = np.unique(np.stack(keys), axis=1, return_inverse=True)[1].ravel()
    return [codes == code for code in np.unique(codes)]


def _tree(rng: np.random.Generator, people: int, parts: int, depth: int) -> list[NDArray[np.int64]]:
    """Give the unit of each person on each level, each unit parted in about `parts`."""
    levels = [np.zeros(people, dtype=np.int64)]
    for _ in range(depth):
        share = rng.dirichlet(np.full(parts, 2.0))
        levels.append(levels[-1] * parts + rng.choice(parts, people, p=share))
    return levels[1:]


def _answers(rng: np.random.Generator, people: int, count: int) -> list[NDArray[np.int64]]:
    kinds = rng.integers(2, 5, count)
    return [rng.choice(kind, people, p=rng.dirichlet(np.full(kind, 2.0))) for kind in kinds]


def hierarchy(rng: np.random.Generator, people: int) -> Groups:
    """Sector, organisation, department and team."""
    return np.array([group for level in _tree(rng, people, 3, 4) for group in _by(level)])


def crossed(rng: np.random.Generator, people: int) -> Groups:
    """Three levels of units, each crossed with an answer."""
    levels, (answer,) = _tree(rng, people, 3, 3), _answers(rng, people, 1)
    groups = [g for level in levels for g in (*_by(level), *_by(level, answer))]
    return np.array([*groups, *_by(answer)])


def overlapping(rng: np.random.Generator, people: int) -> Groups:
    """Answers to five questions, and pairs of them."""
    answers = _answers(rng, people, 5)
    pairs = [g for i, a in enumerate(answers) for b in answers[i + 1 :] for g in _by(a, b)]
    return np.array([*(g for a in answers for g in _by(a)), *pairs])


def nearly_equal(rng: np.random.Generator, people: int) -> Groups:
    """Units, and the same units less a few people each."""
    units = _by(*_tree(rng, people, 3, 2)[1:])
    less = [unit & (rng.random(people) > rng.uniform(0.02, 0.25)) for unit in units for _ in "ab"]
    return np.array([*units, *less, *(a | b for a, b in zip(less, units[1:], strict=False))])


def teams(rng: np.random.Generator, people: int) -> Groups:
    """Teams of 8 to 25 in departments, crossed with an answer."""
    sizes = rng.integers(8, 26, people)
    team = np.repeat(np.arange(people), sizes)[:people]
    department, (answer,) = team // 4, _answers(rng, people, 1)
    crossings = [*_by(department, answer), *_by(answer), *_by(team, answer)]
    return np.array([*_by(team), *_by(department), *crossings])


def mixed(rng: np.random.Generator, people: int) -> Groups:
    """Units and three answers, of all pairs a handful."""
    levels, answers = _tree(rng, people, 3, 3), _answers(rng, people, 3)
    groups = [g for key in (*levels, *answers) for g in _by(key)]
    pairs = [g for level in levels for answer in answers for g in _by(level, answer)]
    keep = rng.random(len(pairs)) < rng.uniform(0.2, 0.9)
    return np.array([*groups, *(g for g, kept in zip(pairs, keep, strict=True) if kept)])


Shape = Callable[[np.random.Generator, int], Groups]
SHAPES: dict[str, Shape] = {
    "hierarchy of four levels": hierarchy,
    "units crossed with an answer": crossed,
    "overlapping answers": overlapping,
    "nearly equal groups": nearly_equal,
    "teams of 8-25": teams,
    "units and answers, some pairs": mixed,
}


def offered_of(groups: Groups) -> Groups:
    """Give the groups of ten or more whose complement has ten or more, each once."""
    n, people = groups.sum(axis=1), groups.shape[1]
    passed = groups[(n >= K) & (people - n >= K)]
    return np.unique(passed, axis=0)[:_MOST] if len(passed) else passed


@dataclass(frozen=True)
class Organisation:
    """Its groups, and what its people answered."""

    groups: Groups
    answers: Groups
    """One row per outcome."""


def draw_organisation(rng: np.random.Generator, shape: str, outcomes: int) -> Organisation:
    """Draw one of which 14 groups or more can be offered."""
    while True:
        sizes = _MANY_PEOPLE if rng.random() < _SHARE_OF_LARGE else _PEOPLE
        people = int(rng.integers(*sizes, endpoint=True))
        groups = SHAPES[shape](rng, people)
        if len(offered_of(groups)) >= _FEWEST:
            break
    share = rng.uniform(*_SHARES, (outcomes, 1))
    return Organisation(groups, rng.random((outcomes, people)) < share)
