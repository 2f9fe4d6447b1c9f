"""What is proven of shown groups, held against trying everything."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from blijfwijzer.disclosure import growth
from blijfwijzer.disclosure.certificate import certify, may_follow
from blijfwijzer.disclosure.counts import Published, find_pinned
from blijfwijzer.disclosure.guard import Guard, Known
from blijfwijzer.disclosure.optimum import choose_best
from blijfwijzer.disclosure.rounding import percent_of
from blijfwijzer.disclosure.span import PRIME, Span, indicator, lift
from small_worlds import brute_force

sizes_of_atoms = st.lists(st.integers(1, 7), min_size=3, max_size=8)


@st.composite
def worlds_of_groups(draw):
    """Give people per atom, and up to eight groups of these atoms."""
    sizes = draw(sizes_of_atoms)
    atom = st.integers(0, len(sizes) - 1)
    rows = draw(st.lists(st.sets(atom, min_size=1), min_size=1, max_size=8))
    return sizes, [sorted(row) for row in rows]


def as_rows(groups, atoms):
    return np.array([[int(atom in group) for atom in range(atoms)] for group in groups])


@given(worlds_of_groups(), st.integers(4, 10), st.sampled_from([0, 2, 6]))
@settings(max_examples=300, deadline=None)
def test_a_row_is_taken_exactly_when_nothing_small_follows(world, minimum, nodes):
    # With few branches worlds of sizes and integer programmes must decide; these may only refuse
    # what they cannot decide.
    sizes, groups = world
    before = growth._FIRST_NODES
    growth._FIRST_NODES = max(nodes, 1)
    try:
        guard, taken = Guard(sizes, minimum, Known([])), []
        for name, group in enumerate(groups):
            refusal = guard.offer(name, indicator(group))
            leaks = brute_force(as_rows([*taken, group], len(sizes)), sizes, minimum)
            assert refusal is not None or not leaks
            assert leaks or refusal is None or not refusal.together
            if refusal is None:
                taken.append(group)
    finally:
        growth._FIRST_NODES = before


@given(worlds_of_groups())
@settings(max_examples=100, deadline=None)
def test_a_row_that_is_taken_back_leaves_no_trace(world):
    sizes, groups = world
    span = Span(sizes, 10, keeps_origin=True)
    for name, group in enumerate(groups[:-1]):
        span.push(name, indicator(group))

    def state():
        rows = {pivot: dict(row) for pivot, row in span.rows.items()}
        held = {atom: set(pivots) for atom, pivots in span.holders.items() if pivots}
        return rows, held, span.is_exact

    before = state()
    step = span.push(99, indicator(groups[-1]))
    if step is not None:
        span.undo(step)

    assert state() == before


@given(worlds_of_groups(), st.integers(4, 10))
@settings(max_examples=60, deadline=None)
def test_no_choice_shows_more_than_the_best(world, minimum):
    sizes, groups = world
    worth = [float(sum(sizes[atom] for atom in group)) for group in groups]
    rows = [indicator(group) for group in groups]

    best = choose_best(rows, worth, lambda: Guard(sizes, minimum, Known([])), 20)

    def is_safe(held):
        own = [group for group, is_held in zip(groups, held, strict=True) if is_held]
        return not own or not brute_force(as_rows(own, len(sizes)), sizes, minimum)

    assert is_safe(best.shown)
    if len(groups) <= 6:
        choices = [held for held in product((False, True), repeat=len(groups)) if is_safe(held)]
        most = max(sum(w for w, h in zip(worth, held, strict=True) if h) for held in choices)
        assert best.worth <= most + 1e-9 <= best.most + 2e-6
        assert best.gap > 0 or best.worth == most


@given(worlds_of_groups(), st.integers(4, 10))
@settings(max_examples=150, deadline=None)
def test_what_is_certified_tells_of_no_few(world, minimum):
    sizes, groups = world
    rows = csr_array(as_rows(groups, len(sizes)))

    proof = certify(rows, rows @ np.array(sizes), minimum)
    left = [c for c in proof.unserved if may_follow(rows, np.array(sizes), int(c), minimum)]

    # A cell that is certified empty holds nobody; here each atom holds somebody.
    assert not len(proof.empty)
    assert bool(left) == brute_force(rows.toarray(), sizes, minimum)
    for world_of_sizes in proof.worlds:
        made = rows @ world_of_sizes.numbers
        assert (made == rows @ np.array(sizes) * world_of_sizes.denominator).all()
        assert (world_of_sizes.numbers >= 0).all()


@given(
    worlds_of_groups().filter(lambda world: np.prod([size + 1 for size in world[0]]) < 5000),
    st.integers(2, 3),
    st.randoms(use_true_random=False),
)
@settings(max_examples=100, deadline=None)
def test_a_count_is_free_exactly_when_it_can_have_enough_values(world, need, random):
    sizes, groups = world
    rows = as_rows(groups, len(sizes))
    truth = np.array([random.randint(0, size) for size in sizes])
    target = np.array([random.randint(0, 1) for _ in sizes])
    target[0] = 1
    published = Published(csr_array(rows), np.array(sizes), truth)

    (pin,) = find_pinned(published, csr_array(target[None, :]), np.array([need]))

    people = rows @ np.array(sizes)
    shown = [percent_of(c, n) for c, n in zip(rows @ truth, people, strict=True)]
    values = {
        int(target @ np.array(counts))
        for counts in product(*(range(size + 1) for size in sizes))
        if [percent_of(c, n) for c, n in zip(rows @ np.array(counts), people, strict=True)] == shown
    }
    assert (pin is None) == (len(values) >= min(need, target @ np.array(sizes) + 1))


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**6))
def test_a_fraction_is_told_from_its_residue(above, below):
    residue = above * pow(below, -1, PRIME) % PRIME

    lifted = lift(residue)

    assert lifted is not None
    assert lifted.numerator * below == above * lifted.denominator
