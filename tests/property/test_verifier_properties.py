"""What passes the verifier tells of nobody, and a proof knows no more than what is published."""

import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.disclosure.cells import find_cells
from blijfwijzer.disclosure.proof import Told, prove
from blijfwijzer.release import verifier
from shared_proof import LEVELS, K, choose, draw_groups, prove_groups, tell, verdict_of
from small_worlds import brute_force

SEEDS = st.integers(0, 2**32 - 1)


def worst(findings):
    return max(kind for kind, _ in findings)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(SEEDS, st.integers(60, 300))
def test_what_is_chosen_is_certified_or_its_unserved_cells_are_named(seed, people):
    shown = choose(draw_groups(np.random.default_rng(seed), people))

    proof = prove_groups(shown)
    found = verdict_of(proof)

    assert worst(found) == (verifier.OPEN if proof["unserved"] else verifier.HOLDS)
    named = [text for kind, text in found if kind == verifier.OPEN]
    assert len(named) == bool(proof["unserved"])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS, st.integers(40, 90), st.integers(3, 9))
def test_what_passes_tells_of_nobody(seed, people, count):
    """Groups that nobody chose: most tell of few, by brute force over all cells of labels."""
    rng = np.random.default_rng(seed)
    groups = draw_groups(rng, people)
    taken = rng.permutation(list(groups)[1:])[:count]
    groups = {"all": groups["all"], **{str(name): groups[str(name)] for name in taken}}
    proof, true = prove_groups(groups), true_people(groups)
    cells = [tuple(cell) for cell in proof["cells"]]
    rows = [[int(place in cell) for cell in cells] for place in range(len(groups))]
    leaks = brute_force(rows, np.array([true.get(cell, 0) for cell in cells]), K)

    found = verdict_of(proof)

    assert worst(found) != verifier.FAILS
    assert not (leaks and worst(found) == verifier.HOLDS)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(SEEDS, st.integers(20, 80), st.integers(1, 9))
def test_a_unit_less_all_but_a_few_of_it_never_passes(seed, part, few):
    people = np.arange(part + few + 60)
    groups = {
        **draw_groups(np.random.default_rng(seed), len(people)),
        "sector=9": people < part + few,
        "sector=9/unit=9": people < part,
    }
    groups = {name: groups[name] for name in ("all", "sector=9", "sector=9/unit=9", "all&sex=0")}

    assert worst(verdict_of(prove_groups(groups))) == verifier.OPEN


@settings(max_examples=15, deadline=None, derandomize=True)
@given(SEEDS)
def test_cells_are_those_of_the_product_by_other_code(seed):
    rng = np.random.default_rng(seed)
    groups = draw_groups(rng, 200)
    names = ["all", *map(str, rng.permutation(list(groups)[1:])[: int(rng.integers(1, 25))])]
    told = tell({name: groups[name] for name in names})

    derived = verifier.derive_cells([verifier.read_label(name) for name in names])

    assert derived == set(find_cells(list(told.definitions.values()), LEVELS)) - {()}


@pytest.mark.parametrize("seed", range(6))
def test_other_people_with_the_same_sizes_give_the_same_proof_to_the_byte(seed):
    """A vote over the worlds of a proof can tell nothing that the published sizes do not."""
    shown = choose(draw_groups(np.random.default_rng(seed), 240))
    proof = prove_groups(shown)
    one, other = (true_people(shown), some_other_people(proof))
    inside = np.repeat(np.arange(len(proof["cells"])), other)
    twins = {
        name: np.array([at in proof["cells"][cell] for cell in inside])
        for at, name in enumerate(shown)
    }

    assert {n: int(o.sum()) for n, o in twins.items()} == {
        n: int(o.sum()) for n, o in shown.items()
    }
    assert true_people(twins) != one
    assert prove_groups(twins) == proof


def true_people(groups):
    """Count who are in each cell, by the groups that they are in."""
    inside = np.array(list(groups.values())).T
    cells, counts = np.unique(inside, axis=0, return_counts=True)
    return {tuple(np.flatnonzero(c).tolist()): int(n) for c, n in zip(cells, counts, strict=True)}


def some_other_people(proof):
    """Give a world of whole people: it is as possible as the true one."""
    world = next(world for world in proof["worlds"] if world["parts"] == 1)
    return [world["people"].get(str(cell), 0) for cell in range(len(proof["cells"]))]


def test_voting_over_worlds_guesses_cells_no_better_than_published_figures_do():
    """Fitting cells to sizes in turn (Deming & Stephan 1940) takes no proof; a vote is no nearer."""
    voted, fitted = 0.0, 0.0
    for seed in range(10):
        shown = choose(draw_groups(np.random.default_rng(500 + seed), 240))
        proof = prove_groups(shown)
        cells = [tuple(cell) for cell in proof["cells"]]
        truth = true_people(shown)
        true = np.array([truth.get(cell, 0) for cell in cells])
        worlds = np.array(
            [
                [world["people"].get(str(c), 0) / world["parts"] for c in range(len(cells))]
                for world in proof["worlds"]
            ]
        )
        voted += float(np.abs(worlds.mean(axis=0) - true).sum())
        fitted += float(np.abs(fit_to_sizes(cells, proof) - true).sum())

    assert voted > fitted


def fit_to_sizes(cells, proof):
    sizes = [group["n"] for group in proof["groups"].values()]
    held = np.array([[at in cell for cell in cells] for at in range(len(sizes))])
    people = np.ones(len(cells))
    for _ in range(200):
        for own, n in zip(held, sizes, strict=True):
            people[own] *= n / max(people[own].sum(), 1e-12)
    return people


def test_thousands_of_groups_are_checked_in_seconds():
    definitions = {"all": {}}
    sizes = {"all": 0}
    for unit in range(1_400):
        for level in (1, 2, 3):
            definitions[f"sector={unit}&level={level}"] = {"sector": str(unit), "level": str(level)}
            sizes[f"sector={unit}&level={level}"] = 20
        definitions[f"sector={unit}"] = {"sector": str(unit)}
        sizes[f"sector={unit}"] = 75
        sizes["all"] += 75
    told = Told(definitions, [sizes[name] for name in definitions])
    proof = json.loads(prove(told, ["sector"], minimum=K, wave="1").content)

    start = time.process_time()
    found = verdict_of(proof)

    assert len(definitions) > 5_600
    assert worst(found) == verifier.HOLDS
    assert time.process_time() - start < 5
