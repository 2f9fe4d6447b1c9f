"""An append-only ledger: every change, loss and crowd is noticed."""

import hmac
from collections import Counter

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from blijfwijzer.disclosure.fingerprint import (
    Sight,
    _pairs,
    compare,
    differing_sums,
    digest_keys,
    fingerprint_groups,
    holds_all,
    view_keys,
)

SECRET = bytes(32)


def keys(count):
    return [np.arange(count, dtype=np.uint64)]


def one_group(people, count):
    inside = np.zeros((1, count), dtype=np.int8)
    inside[0, list(people)] = 1
    return csr_array(inside)


@given(st.sets(st.integers(0, 59), min_size=1), st.sets(st.integers(0, 59), min_size=1))
@settings(max_examples=60, deadline=None)
def test_the_bound_never_passes_the_true_difference(one, other):
    prints = [fingerprint_groups(keys(60), SECRET, one_group(g, 60))[0] for g in (one, other)]

    assert int(differing_sums(*prints)[0]) <= len(one ^ other)
    assert (int(differing_sums(*prints)[0]) == 0) == (one == other)


K = 10
NAMES = list("abcdef")


@st.composite
def surveys(draw):
    """A survey of few or many questions, its views, and a group in it."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    columns, levels = draw(st.integers(1, 6)), draw(st.integers(2, 5))
    answers = rng.integers(0, levels, (draw(st.integers(40, 80)), columns)).astype(float)
    names = NAMES[:columns]
    views = [tuple(names[start::3]) for start in range(3)] + [tuple(names)]
    frame = pd.DataFrame(answers, columns=names)
    return frame, list(dict.fromkeys(v for v in views if v)), rng


def fingerprint(frame, views, people):
    return fingerprint_groups(view_keys(frame, views), SECRET, one_group(people, len(frame)))


@given(surveys(), st.integers(1, 39))
@settings(max_examples=80, deadline=None)
def test_the_order_of_a_file_plays_no_part(survey, size):
    frame, views, rng = survey
    people, order = rng.permutation(len(frame))[:size], rng.permutation(len(frame))
    places = np.argsort(order)[people]

    moved = fingerprint(frame.iloc[order].reset_index(drop=True), views, places)

    assert (moved == fingerprint(frame, views, people)).all()


@given(surveys(), st.integers(0, K - 1), st.integers(0, K - 1))
@settings(max_examples=150, deadline=None)
def test_a_change_of_a_few_people_is_always_seen_unless_nothing_that_is_told_changes(
    survey, left, joined
):
    frame, views, rng = survey
    order = rng.permutation(len(frame))
    joined = min(joined, K - 1 - left)
    before = order[:25]
    now = [*before[left:], *order[25 : 25 + joined]]
    prints = [fingerprint(frame, views, group) for group in (now, before)]
    sight = Sight.of(view_keys(frame, views), holds_all(views))

    found = compare(*prints, K, sight)
    answers = [Counter(map(tuple, frame.iloc[group].to_numpy())) for group in (now, before)]

    assert found.is_near[0] == (answers[0] != answers[1])
    assert found.is_equal[0] == (answers[0] == answers[1])
    assert found.is_same[0] <= found.is_equal[0]
    if found.is_near[0]:
        assert 1 <= found.apart[0] < K


@given(surveys())
@settings(max_examples=60, deadline=None)
def test_parts_by_which_many_answer_alike_prove_nothing(survey):
    frame, _, rng = survey
    views = [("a",)]
    sight = Sight.of(view_keys(frame, views), np.array([False]))
    people = rng.permutation(len(frame))[:20]
    prints = fingerprint(frame, views, people)

    found = compare(prints, prints, K, sight)

    assert sight.is_blind
    assert (found.is_same[0], found.is_near[0]) == (False, True)


@st.composite
def prints(draw):
    """Fingerprints of sets that overlap, among them small ones and such as differ by a few."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    sets = []
    for size in rng.choice([0, 1, 5, 9, 12, 30], 12).tolist():
        people = rng.permutation(60)[:size]
        sets += [people, people[: max(0, size - int(rng.integers(0, 12)))]]
    inside = np.zeros((len(sets), 60), dtype=np.int8)
    for row, people in zip(inside, sets, strict=True):
        row[people] = 1
    # The second view tells half of the people from nobody else.
    own = keys(60)[0]
    return fingerprint_groups([own, np.tile(own[:30], 2)], SECRET, csr_array(inside)), rng


@given(prints(), st.integers(2, 12))
@settings(max_examples=100, deadline=None)
def test_pairs_of_near_sets_are_those_that_a_look_at_every_pair_finds(made, minimum):
    every, rng = made
    now, before = every[rng.random(len(every)) < 0.6], every[rng.random(len(every)) < 0.6]

    pairs = set(zip(*map(np.ndarray.tolist, _pairs(now, before, minimum)), strict=True))

    differ = differing_sums(now[:, None], before[None])
    near = np.nonzero((differ < minimum).any(axis=-1))
    assert pairs == set(zip(*map(np.ndarray.tolist, near), strict=True))


@given(st.lists(st.sampled_from([0.0, -0.0, 1.0, 2.5, 1e16, 1e-7, float("nan")]), min_size=1))
@settings(max_examples=60, deadline=None)
def test_people_are_known_by_the_very_text_of_their_answers(answers):
    frame = pd.DataFrame({"a": answers, "b": [str(a)[:3] for a in answers], "c": 1})
    plain = pd.util.hash_pandas_object(frame[["a", "b", "c"]].astype("str"), index=False)

    (keys,) = view_keys(frame, [("c", "b", "a")])
    assert keys.tolist() == plain.tolist()
    assert [row.tobytes() for row in digest_keys(keys, SECRET)] == [
        hmac.digest(SECRET, str(key).encode(), "sha256") for key in plain
    ]
