"""Changes of groups between two releases, held against each other."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from blijfwijzer.disclosure.changes import (
    ChangedGroups,
    are_there,
    find_lost,
    find_telling,
    is_composed,
)
from blijfwijzer.disclosure.fingerprint import PRIME, SUMS, Sight, add_up, mark_people

MINIMUM = 10
SHARP = Sight(
    np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64), np.ones(1, bool), np.ones(1, bool)
)
WHOLE, A, B = {"sector": "x"}, {"sector": "x", "org": "a"}, {"sector": "x", "org": "b"}


def change(left=(), joined=()):
    """Sums of those who joined less those who left; each person has a sum of their own."""
    sums = np.zeros((1, SUMS), dtype=np.int64)
    for person in left:
        sums[0, person] -= 1000 + person
    for person in joined:
        sums[0, person] += 1000 + person
    return sums % PRIME


def telling(*groups, people=(500, 60, 40), told=None):
    definitions, changes = zip(*groups, strict=True)
    places = told or [list(range(len(groups)))]
    changed = ChangedGroups(definitions, np.array(changes), np.array(people[: len(groups)]), places)
    return find_telling(changed, MINIMUM, SHARP).tolist()


def test_of_a_unit_that_one_more_left_than_its_only_part_the_part_is_not_told():
    assert telling((WHOLE, change(range(21))), (A, change(range(20)))) == [1]


def test_of_a_unit_and_parts_that_nearly_all_left_the_smallest_part_is_not_told():
    groups = (WHOLE, change(range(41))), (A, change(range(20))), (B, change(range(20, 40)))

    assert telling(*groups) == [2]


def test_where_all_or_many_left_no_part_nothing_is_barred():
    parts = (A, change(range(20))), (B, change(range(20, 40)))

    assert telling((WHOLE, change(range(40))), *parts) == []
    assert telling((WHOLE, change(range(55))), *parts) == []


def test_parts_that_another_release_told_are_held_apart():
    groups = (WHOLE, change(range(41))), (A, change(range(20))), (B, change(range(20, 40)))

    assert telling(*groups, told=[[0, 1], [2]]) == []


def test_who_moved_left_one_and_joined_the_other():
    left, joined = change(left=range(20)), change(joined=range(21))

    assert telling(({"org": "a"}, left), ({"org": "b"}, joined)) == [0, 1]


@pytest.mark.parametrize("apart", [1, 9, 10])
def test_as_many_as_the_minimum_are_no_few(apart):
    found = telling((WHOLE, change(range(20 + apart))), (A, change(range(20))))

    assert found == ([1] if apart < MINIMUM else [])


@pytest.mark.parametrize("few, told", [(0, False), (1, True), (9, True), (10, False)])
def test_people_of_two_earlier_sets_or_of_one_less_another_are_composed(few, told):
    one, two, both = change((), range(20)), change((), range(20, 40)), change((), range(40))

    def is_near(now, *before):
        return is_composed(now, np.array(before), MINIMUM, SHARP)

    assert is_near(change((), range(40 + few)), one, two) == told
    assert is_near(change((), range(20 + few)), both, two) == told
    assert is_near(change((), range(20 + few)), two, both) == told
    assert not is_near(change((), range(20 + few)), two)


EVERYONE = {}


def lost(*groups, told=None):
    definitions, changes = zip(*groups, strict=True)
    places = told or [list(range(len(groups)))]
    there = np.ones((len(groups), 1), dtype=bool)
    return np.flatnonzero(find_lost(definitions, np.array(changes), there, places)).tolist()


def test_a_group_whose_people_are_still_there_and_not_in_it_is_lost():
    same, moved, gone = change(), change(range(20), range(20, 40)), change(range(20))

    assert lost((EVERYONE, same), (WHOLE, same), (A, moved), (B, gone)) == [2, 3]


def test_a_group_whose_people_left_is_not_lost():
    assert lost((EVERYONE, change(range(25))), (A, change(range(20)))) == []
    assert lost((EVERYONE, change(range(25))), (A, change(range(26)))) == [1]


def test_in_a_file_of_one_sector_its_groups_are_held_against_that():
    everyone, moved = change(range(SUMS)), change(range(20), range(20, 40))

    assert lost((EVERYONE, everyone), (A, moved)) == []
    assert lost((EVERYONE, everyone), (WHOLE, change()), (A, moved)) == [2]


def test_a_release_that_told_nothing_of_everyone_is_held_against_everyone_of_others():
    groups = (EVERYONE, change()), (A, change(range(20)))

    assert lost(*groups, told=[[0], [1]]) == [1]
    assert lost(groups[1]) == []


def lost_of(then, now, parts, key):
    """Everyone and four parts of equal size, by the numbers that their people's answers have."""
    sums = [
        add_up(
            mark_people([answers], key),
            csr_array(np.vstack([part >= 0, *(part == k for k in range(4))]).astype(np.int8)),
        )
        for answers, part in zip((then, now), parts, strict=True)
    ]
    changes = (sums[1] - sums[0]) % PRIME
    people = np.array([len(now), *np.bincount(parts[1], minlength=4)])
    there = are_there(sums[1], changes, people)
    groups = [EVERYONE, *({"org": str(part)} for part in range(4))]
    return np.flatnonzero(find_lost(groups, changes, there, [range(5)])).tolist()


@pytest.mark.parametrize("people", [12, 24, 40, 100, 1000])
def test_of_others_of_whom_some_answer_alike_no_group_is_lost(people, rng):
    """One in twelve answers as somebody of the wave before did, in another part."""
    then = rng.integers(2**63, size=people).astype(np.uint64)
    now = rng.integers(2**63, size=people).astype(np.uint64)
    now[: people // 12] = then[-(people // 12) :]
    parts = np.arange(people) * 4 // people

    found = [lost_of(then, now, (parts, parts), bytes([key])) for key in range(100)]

    assert found == [[]] * 100


@pytest.mark.parametrize("people, others", [(12, 1), (24, 3), (40, 10), (100, 30), (1000, 100)])
def test_parts_that_are_called_otherwise_are_lost_also_where_some_have_come_and_left(
    people, others, rng
):
    then = rng.integers(2**63, size=people).astype(np.uint64)
    now = then.copy()
    now[:others] = rng.integers(2**63, size=others)
    parts = np.arange(people) * 4 // people

    found = [lost_of(then, now, (parts, 3 - parts), bytes([key])) for key in range(100)]

    assert np.mean([len(one) == 4 for one in found]) > 0.9
