"""An append-only ledger: every change, loss and crowd is noticed."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from blijfwijzer.disclosure.fingerprint import differing_sums, fingerprint_groups

SECRET = bytes(32)


def keys(count):
    return [[f"person {number}".encode() for number in range(count)]]


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
