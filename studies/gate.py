"""Whether anything about fewer than ten people follows from what the gate shows.

Random organisations are judged by code of its own: shown groups are reduced in fractions, and an
integer programme looks for a set of one to nine people among all of them. What it cannot decide
counts as a leak. Where answers are told too, a twin is constructed for each person (`twins`).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from hashlib import sha256
from math import lcm
from pathlib import Path

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

import blijfwijzer.disclosure
from blijfwijzer.disclosure.choice import Hidden, choose_shown
from blijfwijzer.disclosure.parts import Outsider
from blijfwijzer.progress import Tell
from blijfwijzer.settings import DisclosureSettings
from studies.organisations import SHAPES, Groups, K, draw_organisation, offered_of
from studies.twins import find_twins

SEED = 3_300_117
_NODES = 20_000
_CHANGED = 9
"""People who joined or left before the second of two releases, at most."""
_JOINED = 0.5
"""Share of these who joined."""
_SEEN = 0.5
"""Share of second releases in which who joined is told from who was there; where two who joined
add to one sum of a fingerprint, that is not seen."""
_GATE = (
    *("atoms", "choice", "counts", "growth", "guard", "hidden_counts", "optimum", "parts"),
    *("programmes", "rounding", "span", "walks", "windows", "worlds"),
)
"""Modules that what is shown here follows from."""
_KINDS = ("sizes", "an outcome", "two outcomes", "two releases")


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


def choose(groups: Groups, outsider: Outsider, values: Groups) -> Groups:
    """Show what the gate lets through of some groups."""
    people = groups.shape[1]
    hidden = Hidden(_sparse(groups[:0], people), [row.astype(float) for row in values], 3)
    settings = DisclosureSettings(minimum=K)
    return groups[choose_shown(_sparse(groups, people), outsider, settings, hidden).shown]


def release_once(groups: Groups, values: Groups) -> Groups:
    """Show groups; give all that is shown, everyone first."""
    people = groups.shape[1]
    everyone = np.ones((1, people), dtype=bool)
    outsider = Outsider(_sparse(everyone, people), _sparse(everyone[:0], people))
    return np.vstack([everyone, choose(offered_of(groups), outsider, values)])


def release_twice(rng: np.random.Generator, groups: Groups, values: Groups) -> Groups:
    """Show groups, lose or find a few people, show them again; give all that was shown."""
    people = groups.shape[1]
    changed = rng.choice(people, int(rng.integers(1, _CHANGED + 1)), replace=False)
    joined = rng.random(len(changed)) < _JOINED
    was, now = np.ones(people, dtype=bool), np.ones(people, dtype=bool)
    was[changed[joined]], now[changed[~joined]] = False, False
    before = _among_all(release_once(groups[:, was], values[:, was]), was)
    # As their definitions hold the present people.
    every = np.vstack([np.ones((1, people), dtype=bool), groups])
    formed = np.array([every[((every & was) == own).all(axis=1)][0] for own in before]) & now
    is_same = (formed == before).all(axis=1)
    offered = offered_of(groups[:, now])
    apart = np.array([(before ^ own).sum(axis=1) for own in _among_all(offered, now)])
    is_near = ((apart > 0) & (apart < K)).reshape(len(offered), -1).any(axis=1)
    count = int(now.sum())
    former = before if rng.random() < _SEEN else formed
    outsider = Outsider(
        _sparse(formed[is_same][:, now], count),
        _sparse(np.vstack([formed[~is_same][:, now], offered[is_near]]), count),
        _CHANGED,
        _sparse(former[~is_same][:, now], count),
    )
    after = choose(offered[~is_near], outsider, values[:, now])
    return np.vstack([before, _among_all(after, now)])


def _among_all(groups: Groups, present: Groups) -> Groups:
    """Give groups of the people who are present, one column for each person there is."""
    among = np.zeros((len(groups), len(present)), dtype=bool)
    among[:, present] = groups
    return among


@dataclass(frozen=True)
class Trial:
    """What was found of one organisation."""

    number: int
    shape: str
    kind: str
    people: int
    offered: int
    shown: int
    is_leak: bool
    exchanged: int = 0
    constructed: int = 0
    missing: int = 0
    """Of people and outcomes, those of whom no twin was found."""


def try_gate(seed: int, number: int) -> Trial:
    """Draw an organisation, show what the gate lets through, and judge it.

    Parameters
    ----------
    number : of the organisation; its shape and what is shown of it follow from this
    """
    shape, kind = list(SHAPES)[number % len(SHAPES)], _KINDS[number // len(SHAPES) % len(_KINDS)]
    rng = np.random.default_rng([seed, number])
    drawn = draw_organisation(rng, shape, _KINDS.index(kind) % 3 if kind != _KINDS[3] else 1)
    offered = offered_of(drawn.groups)
    people = drawn.groups.shape[1]
    if kind == "two releases":
        rows = release_twice(rng, drawn.groups, drawn.answers)
    else:
        rows = release_once(drawn.groups, drawn.answers)
    twins = [find_twins(rows, answers) for answers in drawn.answers]
    return Trial(
        number,
        shape,
        kind,
        people,
        len(offered),
        len(rows) - 1,
        tells_of_few(rows),
        sum(own.exchanged for own in twins),
        sum(own.constructed for own in twins),
        sum(own.missing for own in twins),
    )


def gate_text(organisations: int, tell: Tell, record: Path, seed: int = SEED) -> str:
    """Say of how many organisations anything about fewer than ten people follows.

    Parameters
    ----------
    record : a file with a line per organisation that was tried; those of the same seed and code
        are not tried again
    """
    trials = list(_try_all(organisations, tell, record, seed))
    leaks = sum(trial.is_leak for trial in trials)
    people = sum(trial.exchanged + trial.constructed + trial.missing for trial in trials)
    missing = sum(trial.missing for trial in trials)
    least, most = min(t.offered for t in trials), max(t.offered for t in trials)
    fewest, largest = min(t.people for t in trials), max(t.people for t in trials)
    return (
        f"## What can be derived\n\n{organisations} random organisations of {fewest}-{largest} "
        f"people and {least}-{most} groups of six shapes, k = {K}, seed {seed}; of each shape a "
        "quarter tells sizes only, a quarter the percentages of one outcome too, a quarter those "
        f"of two, and a quarter a second release after one to {_CHANGED} people joined or left "
        "(shown are the groups of both). The judge shares no code with the gate, and what it "
        "cannot decide counts as a leak.\n\n"
        f"**{leaks} of {organisations} tell of fewer than ten people.**\n\n"
        "| shape | organisations | tell of fewer than ten | groups offered | shown |\n"
        "|---|---|---|---|---|\n" + "".join(_rows(trials, "shape")) + "\n"
        "| what is told | organisations | tell of fewer than ten | groups offered | shown |\n"
        "|---|---|---|---|---|\n" + "".join(_rows(trials, "kind")) + "\n"
        "### Twins\n\nFor each person and outcome another population is made that gives the same "
        "release (all sizes and all percentages, added again in whole numbers) and in which this "
        "person answered the opposite. Of people in the same shown groups who answered "
        "differently two change places; where all of these answered alike, answers of others "
        "change too.\n\n"
        f"**{missing} of {people} have no twin.**\n\n"
        "| what is told | people and outcomes | change places | constructed | no twin |\n"
        "|---|---|---|---|---|\n" + "".join(_twin_rows(trials))
    )


def _try_all(organisations: int, tell: Tell, record: Path, seed: int) -> Iterator[Trial]:
    done = {}
    state = _state_of_code()
    if record.exists():
        lines = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
        own = [line["trial"] for line in lines if (line["seed"], line["code"]) == (seed, state)]
        done = {line["number"]: Trial(**line) for line in own}
    leaks = missing = 0
    for number in range(organisations):
        tell(f"gate: {number} of {organisations} tried, {leaks} leak, {missing} have no twin")
        trial = done.get(number)
        if trial is None:
            trial = try_gate(seed, number)
            line = {"seed": seed, "code": state, "trial": asdict(trial)}
            record.parent.mkdir(parents=True, exist_ok=True)
            with record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        leaks, missing = leaks + trial.is_leak, missing + trial.missing
        yield trial


def _state_of_code() -> str:
    """Give a hash of the gate and of this study: what other code let through proves nothing."""
    gate, own = Path(blijfwijzer.disclosure.__file__).parent, Path(__file__).parent
    files = [gate / f"{name}.py" for name in _GATE]
    files += [own / name for name in ("gate.py", "organisations.py", "twins.py")]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _rows(trials: list[Trial], by: str) -> Iterator[str]:
    for name in SHAPES if by == "shape" else _KINDS:
        own = [trial for trial in trials if getattr(trial, by) == name]
        sums = [sum(getattr(t, of) for t in own) for of in ("is_leak", "offered", "shown")]
        yield f"| {name} | {len(own)} | {' | '.join(map(str, sums))} |\n"


def _twin_rows(trials: list[Trial]) -> Iterator[str]:
    for kind in _KINDS[1:]:
        own = [trial for trial in trials if trial.kind == kind]
        sums = [sum(getattr(t, of) for t in own) for of in ("exchanged", "constructed", "missing")]
        yield f"| {kind} | {sum(sums)} | {' | '.join(map(str, sums))} |\n"
