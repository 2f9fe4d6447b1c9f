"""Weighted percentages of small groups: those of a known weight must be able to have another count."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from blijfwijzer.disclosure.weighing import MANY, find_weighed


def drawn(n, counts, weights):
    """Give answers and weights of people of some weights, so many of each with the outcome."""
    values = [
        np.repeat([1.0, 0.0], [count, own - count]) for own, count in zip(n, counts, strict=True)
    ]
    return np.concatenate(values), np.repeat(weights, n)


def told(n, counts, weights):
    return round(100 * np.dot(counts, weights) / np.dot(n, weights))


def whole(people):
    return csr_array(np.ones((1, people), dtype=np.int8))


classes = st.lists(
    st.tuples(st.integers(1, 12), st.sampled_from([0.4, 0.81, 1.0, 1.7, 2.67, 4.1])),
    min_size=2,
    max_size=3,
    unique_by=lambda own: own[1],
)


@settings(max_examples=150, deadline=None)
@given(classes, st.data())
def test_it_finds_whatever_trying_all_counts_finds(own, data):
    n, weights = np.array([size for size, _ in own]), np.array([weight for _, weight in own])
    counts = np.array([data.draw(st.integers(0, int(size))) for size in n])
    share = 100 * np.dot(counts, weights) / np.dot(n, weights)
    assume(abs(share % 1 - 0.5) > 1e-6)

    found = find_weighed(whole(int(n.sum())), *drawn(n, counts, weights), minimum=10)[0]

    same = [
        other
        for other in product(*(range(size + 1) for size in n))
        if told(n, other, weights) == told(n, counts, weights)
    ]
    possible = [{other[place] for other in same} for place in range(len(n))]
    assert found == any(
        len(values) == 1 for values, size in zip(possible, n, strict=True) if size < 10
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_from_a_hundred_people_on_those_of_any_weight_can_have_another_count(seed):
    """Weights as a register gives them, two classes of few among them; nothing is unanimous."""
    rng = np.random.default_rng(seed)
    n = np.array([MANY, *rng.integers(1, 10, 2)])
    weights = np.array([1.0, *rng.uniform(0.3, 5.0, 2).round(2)])
    rate = rng.uniform(0.1, 0.9)
    counts = rng.binomial(n, rate)
    total, room = n @ weights, 0.5 / 100 * (n @ weights)
    middle = told(n, counts, weights) / 100 * total

    for place in (1, 2):
        others = [
            (mine, common)
            for mine in range(n[place] + 1)
            for common in range(n[0] + 1)
            if mine != counts[place]
            and abs(
                mine * weights[place] + common + counts[3 - place] * weights[3 - place] - middle
            )
            < room
        ]
        assert others


def test_where_all_weigh_the_same_or_all_have_a_weight_of_many_nothing_is_found():
    values = np.repeat([1.0, 0.0], [5, 20])

    assert not find_weighed(whole(25), values, np.full(25, 2.0), 10).any()
    assert not find_weighed(whole(25), values, np.repeat([1.0, 1.5], [10, 15]), 10).any()


def test_of_two_groups_that_hold_the_few_the_smaller_is_not_told():
    values, weight = drawn([22, 3], [5, 0], [0.81, 2.67])
    values, weight = np.r_[values, [1, 0] * 20], np.r_[weight, [0.81] * 40]
    inside = np.zeros((2, 65), dtype=np.int8)
    inside[0, :25] = inside[1] = 1

    assert find_weighed(csr_array(inside), values, weight, 10).tolist() == [True, False]


@pytest.mark.parametrize("unknown", [0, 40])
def test_who_did_not_answer_plays_no_part(unknown):
    values, weight = drawn([22, 3], [5, 0], [0.81, 2.67])
    values, weight = np.r_[values, [np.nan] * unknown], np.r_[weight, [7.0] * unknown]

    assert find_weighed(whole(25 + unknown), values, weight, 10).all()
