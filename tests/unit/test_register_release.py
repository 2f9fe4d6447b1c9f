"""What a register changes of what may be told: what an outsider knows, and two weightings."""

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.disclosure.earlier import Earlier
from blijfwijzer.release.admission import _beside_register
from blijfwijzer.settings import DisclosureSettings

PEOPLE = 60


def nothing_before(known=()):
    """Nothing was shown before, or some groups."""
    rows = csr_array(np.array(list(known), dtype=np.int8).reshape(-1, PEOPLE))
    none = csr_array((0, PEOPLE), dtype=np.int8)
    return Earlier(rows, none, 0, np.zeros(3, bool), np.zeros(3, bool), (), 0, 0)


def people(*ranges):
    """One row per range of people."""
    place = np.arange(PEOPLE)
    return csr_array(np.array([(place >= a) & (place < b) for a, b in ranges], dtype=np.int8))


def known_of(*ranges):
    found = _beside_register(nothing_before(), people(*ranges), DisclosureSettings())
    return found.known.toarray().tolist()


def test_whoever_knows_a_register_knows_where_everybody_responded():
    assert known_of((0, 20), (20, 40)) == people((0, 20), (20, 40)).toarray().tolist()


def test_few_who_all_responded_stay_hidden_by_what_is_shown():
    # Were the four known, groups of which they are the difference could be shown.
    assert known_of((0, 4)) == []
    assert len(known_of((0, 20), (0, 24))) == 1


def test_nothing_is_known_without_a_register():
    before = nothing_before()

    assert _beside_register(before, None, DisclosureSettings()) is before
