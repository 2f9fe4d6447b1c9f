"""What offices leave adds up to the same bytes, in however many parts, and masks tell nothing."""

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from blijfwijzer.disclosure.fingerprint import mark_people
from blijfwijzer.errors import SumRangeError
from blijfwijzer.estimation.fixed_point import FixedSums
from blijfwijzer.estimation.masks import mask, unmask
from blijfwijzer.runs.merging.numbers import Numbers, OutcomeAnswers, gather_numbers, name_numbers

PLACES = 4
PERSON = st.tuples(
    st.sampled_from([0.0, 1.0, np.nan]),
    st.floats(0, 1),
    st.floats(0.01, 100),
    st.integers(0, PLACES - 1),
)
PEOPLE = st.lists(PERSON, min_size=1, max_size=30)
SECRET = b"k" * 32


def numbers_of(people, is_own=(True,)):
    values, risk, weight, place = (np.array(own) for own in zip(*people, strict=True))
    shape = (PLACES, len(people))
    members = csr_array((np.ones(len(people)), (place, np.arange(len(people)))), shape=shape)
    keys = [np.array([crc32(repr(person).encode()) for person in people], dtype=np.uint64)]
    return gather_numbers(
        {"x": OutcomeAnswers(values, risk)}, mark_people(keys, SECRET), weight, members, is_own
    )


@settings(deadline=None)
@given(st.data())
def test_any_partition_over_offices_gives_the_bytes_of_one(data):
    people = data.draw(PEOPLE)
    offices = [f"office {n}" for n in range(data.draw(st.integers(1, 5)))]
    at = [data.draw(st.sampled_from(offices)) for _ in people]
    parts = []
    for office in offices:
        own = [person for person, where in zip(people, at, strict=True) if where == office]
        is_own = [name == office for name in offices]
        empty = FixedSums(*(np.zeros_like(x) for x in vars(numbers_of(people, is_own)).values()))
        sums = numbers_of(own, is_own) if own else empty
        sums.high[:, 0] = 1
        parts.append(mask(sums, office, offices, SECRET))

    whole = Numbers(numbers_of(data.draw(st.permutations(people))), ("x",), 1, 1)
    merged = Numbers(unmask(data.draw(st.permutations(parts))), ("x",), 1, len(offices))

    assert merged.told.tobytes() == whole.told.tobytes()
    assert (merged.offices == len(offices)).all()
    assert merged.by_office().sum(axis=0).tolist() == [at.count(name) for name in offices]
    assert merged.are_of([at.count(name) for name in offices])
    assert not merged.are_of([at.count(name) + 1 for name in offices])


@settings(deadline=None)
@given(PEOPLE)
def test_groups_of_places_have_the_sums_of_their_people(people):
    numbers = Numbers(numbers_of(people), ("x",), 1, 1)

    everyone = numbers.rates("x", "rates", csr_array(np.ones((1, PLACES), dtype=np.int8)))[0]

    values, _, weight, place = (np.array(own) for own in zip(*people, strict=True))
    assert everyone[8] == (~np.isnan(values)).sum()
    assert everyone[5] == pytest.approx(weight.sum())
    assert numbers.people.tolist() == np.bincount(place, minlength=PLACES).tolist()
    assert numbers.risks("x").sum() == len(people)
    assert numbers.sums.high.shape[1] == len(name_numbers(["x"], 1, 1))


def test_what_one_of_three_offices_leaves_looks_like_any_bits(rng):
    sums = FixedSums.of(np.ones((200, 40)), csr_array(np.eye(200, dtype=np.int8)))

    left = mask(sums, "b", ["a", "b", "c"], SECRET)

    bits = np.unpackbits(np.frombuffer(left.tobytes(), dtype=np.uint8))
    assert abs(bits.mean() - 0.5) < 0.005
    assert left.tobytes() != mask(sums, "b", ["a", "b", "c"], b"j" * 32).tobytes()


def test_the_masks_of_fewer_offices_do_not_cancel():
    sums = FixedSums.of(np.ones((3, 2)), csr_array(np.eye(3, dtype=np.int8)))
    parts = [mask(sums, office, "abc", SECRET) for office in "abc"]

    assert (unmask(parts).to_float() == 3).all()
    assert not (unmask(parts[:2]).to_float() == 2).any()


def test_a_sum_that_could_wrap_once_it_is_masked_is_refused():
    large = FixedSums(np.array([[2**61]]), np.array([[0]], dtype=np.uint64))

    with pytest.raises(SumRangeError, match="may leave the range"):
        mask(large, "a", ["a", "b", "c"], SECRET)


def test_sums_of_groups_that_leave_their_range_are_refused():
    large = FixedSums(np.array([2**61, 2**61]), np.array([0, 0], dtype=np.uint64))

    with pytest.raises(SumRangeError, match="too large"):
        large.of_groups(csr_array(np.ones((1, 2), dtype=np.int8)))
