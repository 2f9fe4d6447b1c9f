"""Whether anything about fewer than ten people follows from what the gate shows.

Random organisations of six shapes are judged by code of its own: shown groups are reduced in
fractions, and an integer programme looks for a set of one to nine people among all of them. What it
cannot decide counts as a leak.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from blijfwijzer.disclosure.choice import Hidden, Outsider, choose_shown
from blijfwijzer.progress import Tell
from blijfwijzer.settings import DisclosureSettings

Groups = NDArray[np.bool_]
"""One row per group, one column per person."""
K = 10
SEED = 61_000
_NODES = 20_000
_LEFT = 3
"""People who left before the second of two releases, at most."""


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


def offered_of(groups: Groups, most: int = 120) -> Groups:
    """Give the groups of ten or more whose complement has ten or more, each once."""
    n, people = groups.sum(axis=1), groups.shape[1]
    passed = groups[(n >= K) & (people - n >= K)]
    return np.unique(passed, axis=0)[:most] if len(passed) else passed


def tells_of_few(rows: Groups, few: int = K) -> bool:
    """Whether the total of one to nine people follows, by code that shares none with the gate."""
    cells, sizes = np.unique(rows.T, axis=0, return_counts=True)
    held = cells.any(axis=1)
    cells, sizes = cells[held], sizes[held].astype(float)
    unmoved = _null_space([[Fraction(int(value)) for value in row] for row in cells.T])
    if not unmoved:
        return bool((sizes < few).any())
    solution = milp(
        np.zeros(len(sizes)),
        integrality=np.ones(len(sizes)),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(np.array(unmoved, dtype=float), 0, 0),
            LinearConstraint(sizes[None, :], 1, few - 1),
        ],
        options={"node_limit": _NODES},
    )
    return bool(solution.status != 2)


def _null_space(matrix: list[list[Fraction]]) -> list[list[int]]:
    """Give whole numbers that are orthogonal to all rows, by elimination in fractions."""
    width, pivots = len(matrix[0]), list[int]()
    for column in range(width):
        found = next((i for i in range(len(pivots), len(matrix)) if matrix[i][column]), None)
        if found is None:
            continue
        top = len(pivots)
        matrix[top], matrix[found] = matrix[found], matrix[top]
        matrix[top] = [value / matrix[top][column] for value in matrix[top]]
        for i, row in enumerate(matrix):
            if i != top and row[column]:
                by = row[column]
                matrix[i] = [a - by * b if b else a for a, b in zip(row, matrix[top], strict=True)]
        pivots.append(column)
    found_all = []
    for free in set(range(width)) - set(pivots):
        vector = [Fraction(0)] * width
        vector[free] = Fraction(1)
        for row, pivot in zip(matrix, pivots, strict=False):
            vector[pivot] = -row[free]
        whole = lcm(*(value.denominator for value in vector))
        found_all.append([int(value * whole) for value in vector])
    return found_all


def _sparse(rows: Groups, people: int) -> csr_array:
    return csr_array(rows.reshape(-1, people).astype(np.int8))


def choose(groups: Groups, known: Groups, changed: Groups, few: int, values: Groups) -> Groups:
    """Show what the gate lets through of some groups."""
    people = groups.shape[1]
    outsider = Outsider(_sparse(known, people), _sparse(changed, people), few)
    hidden = Hidden(_sparse(groups[:0], people), [row.astype(float) for row in values], 3)
    settings = DisclosureSettings(minimum=K)
    return groups[choose_shown(_sparse(groups, people), outsider, settings, hidden).shown]


def release_twice(rng: np.random.Generator, groups: Groups, values: Groups) -> Groups:
    """Show groups, lose a few people, show them again; give all that was shown, of all people."""
    people = groups.shape[1]
    everyone, nobody = np.ones((1, people), dtype=bool), np.zeros((0, people), dtype=bool)
    first = choose(offered_of(groups), everyone, nobody, 0, values)
    before = np.vstack([everyone, first])
    stayed = np.ones(people, dtype=bool)
    stayed[rng.choice(people, int(rng.integers(1, _LEFT + 1)), replace=False)] = False
    lost = before[:, ~stayed].sum(axis=1)
    now = offered_of(groups[:, stayed])
    old = before[:, stayed]
    apart = np.array([(old ^ group).sum(axis=1)[:, None] + lost[:, None] for group in now])
    near = ((apart > 0) & (apart < K)).any(axis=(1, 2)) if len(now) else np.zeros(0, dtype=bool)
    barred = np.vstack([old[lost > 0], now[near]])
    second = choose(now[~near], old[lost == 0], barred, _LEFT, values[:, stayed])
    again = np.zeros((len(second), people), dtype=bool)
    again[:, stayed] = second
    return np.vstack([before, again])


@dataclass
class _Tally:
    """What was found of the organisations of one shape."""

    leaks: int = 0
    twice: int = 0
    offered: int = 0
    shown: int = 0
    told: int = 0


def _try(tally: _Tally, rng: np.random.Generator, draw: Shape, is_twice: bool) -> None:
    people = int(rng.integers(100, 301))
    groups = draw(rng, people)
    values = rng.random((1, people)) < rng.uniform(0.1, 0.5)
    if is_twice:
        tally.twice += tells_of_few(release_twice(rng, groups, values))
        return
    passed, everyone = offered_of(groups), np.ones((1, people), dtype=bool)
    plain = choose(passed, everyone, everyone[:0], 0, values[:0])
    told = choose(passed, everyone, everyone[:0], 0, values)
    tally.leaks += tells_of_few(np.vstack([everyone, plain]))
    tally.leaks += tells_of_few(np.vstack([everyone, told]))
    tally.offered += len(passed)
    tally.shown += len(plain)
    tally.told += len(told)


def gate_text(organisations: int, tell: Tell) -> str:
    """Say of how many organisations of each shape anything about fewer than ten people follows."""
    lines = []
    for number, (name, draw) in enumerate(SHAPES.items()):
        tell(f"gate: {name}")
        tally = _Tally()
        for place in range(organisations):
            rng = np.random.default_rng(SEED + 10_000 * number + place)
            _try(tally, rng, draw, place % 4 == 3)
        counts = (tally.leaks, tally.twice, tally.offered, tally.shown, tally.told)
        lines.append(f"| {name} | {' | '.join(map(str, counts))} |\n")
    return (
        f"## What can be derived\n\n{organisations} random organisations of 100-300 people of each "
        f"shape, k = {K}; three of four with one release, with and without an outcome whose counts "
        "must not be pinned, and one of four with a second release after one to "
        f"{_LEFT} people left. The judge shares no code with the gate, and what it cannot decide "
        "counts as a leak.\n\n"
        "| shape | tell of fewer than ten | two releases do | groups offered | shown | shown by an "
        "outcome |\n|---|---|---|---|---|---|\n" + "".join(lines)
    )
