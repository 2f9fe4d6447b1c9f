"""Sums of rows are the same bytes, in whatever order and parts they are added."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from blijfwijzer.errors import SumRangeError
from blijfwijzer.estimation.fixed_point import LARGEST_SUM, FixedSums
from blijfwijzer.estimation.sums import Sums, merge_all

TERMS = st.floats(-(2.0**50), 2.0**50)
ROWS = st.lists(st.tuples(TERMS, st.integers(0, 2), st.integers(0, 10**6)), min_size=1, max_size=40)
STEP = Fraction(1, 2**64)


def rows_to_sums(rows):
    """Add up everything that a batch of rows can be added up to."""
    terms = np.array([term for term, _, _ in rows])
    group = np.array([group for _, group, _ in rows])
    members = csr_array((group[None, :] == np.arange(3)[:, None]).astype(float))
    columns = np.stack([np.ones(len(rows)), group, np.ones(len(rows))], axis=1)
    return (
        Sums.empty()
        .add("by group", np.stack([terms, terms / 3], axis=1), members)
        .count("number", np.array([number for _, _, number in rows]))
        .add("products", terms[:, None, None] / 8 * columns[:, :, None] * columns[:, None, :])
    )


@given(st.data())
def test_any_order_and_any_partition_give_the_same_bytes(data):
    rows = data.draw(ROWS)
    shuffled = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(rows) - 1)), max_size=8)))
    ends = [0, *cuts, len(rows)]
    parts = [shuffled[i:j] for i, j in zip(ends, ends[1:], strict=False) if i < j]
    order = data.draw(st.permutations(parts))
    split = data.draw(st.integers(0, len(order)))

    whole = rows_to_sums(rows).tobytes()
    sums = [rows_to_sums(part) for part in order]
    halves = merge_all(sums[:split]).merge(merge_all(sums[split:]))

    assert halves.tobytes() == whole
    assert merge_all(sums[::-1]).tobytes() == whole


@given(st.lists(TERMS, min_size=1, max_size=30))
def test_a_sum_is_that_of_its_terms_each_rounded_to_a_step(terms):
    found = FixedSums.of(np.array(terms))

    exact = int(found.high) * 2**64 + int(found.low)
    assert abs(exact * STEP - sum(map(Fraction, terms))) <= len(terms) * STEP / 2
    assert float(found.to_float()) == pytest.approx(float(exact * STEP), rel=1e-15, abs=0)


@given(st.lists(TERMS.filter(lambda x: x == 0 or abs(x) >= 2**-12), min_size=1, max_size=30))
def test_terms_of_a_usual_size_lose_nothing(terms):
    found = FixedSums.of(np.array(terms))

    assert (int(found.high) * 2**64 + int(found.low)) * STEP == sum(map(Fraction, terms))


@pytest.mark.parametrize("term", [LARGEST_SUM / 2, -LARGEST_SUM / 2, np.inf, np.nan])
def test_a_term_that_cannot_be_added_exactly_is_refused(term):
    with pytest.raises(SumRangeError, match="1 terms of a weighted sum"):
        FixedSums.of(np.array([0.5, term]))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_that_leaves_its_range_is_refused_and_never_wraps(sign):
    largest = FixedSums(np.array([sign * (2**62)]), np.array([0], dtype=np.uint64))

    assert (largest + FixedSums.of(np.array([[0.5]]))).to_float()[0] == sign * 2.0**62
    with pytest.raises(SumRangeError, match="leaves the range"):
        (largest + largest) + (largest if sign < 0 else FixedSums.of(np.array([[0.0]])))


def test_a_count_that_leaves_its_range_is_refused():
    most = Sums({"n": np.array([2**63 - 1])})

    with pytest.raises(SumRangeError, match="a count"):
        most.merge(Sums({"n": np.array([1])}))


def test_sums_of_groups_are_held_of_those_that_have_a_row(rng):
    terms = rng.normal(size=(50, 2))
    group = rng.integers(0, 5, 50) * 200
    members = csr_array((np.ones(50), (group, np.arange(50))), shape=(1000, 50))
    halves = [csr_array(members[:, own]) for own in (slice(0, 20), slice(20, 50))]

    left = [
        Sums.empty().add("x", part, own)
        for part, own in zip((terms[:20], terms[20:]), halves, strict=True)
    ]
    merged = merge_all(left)

    assert len(merged.by_group["x"].groups) == 5
    np.testing.assert_allclose(merged.of_groups("x", 1000), members @ terms, atol=1e-12)
    assert merged.tobytes() == Sums.empty().add("x", terms, members).tobytes()
