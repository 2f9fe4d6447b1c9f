"""What an office could tell of the people of others: it reads the release, and knows its own.

Of 40 people in a unit of whom an office asked 37, the rate of all tells it of three. So each office
is taken for somebody who knows all its people, and what is shown must tell of no few of the others.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.choice import choose_shown
from blijfwijzer.disclosure.parts import Outsider
from blijfwijzer.runs.merge_crowd import People
from blijfwijzer.runs.score_targets import is_asked
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.arrays import Mask


def safe_from_offices(
    people: People, target: str, groups: csr_array, settings: DisclosureSettings
) -> Mask:
    """Say of each group whether no office learns by its rate, and those of others, of few people.

    Parameters
    ----------
    groups : that are told of an outcome: one row per group, one column per place

    Returns
    -------
    One per group. Whatever is told of some of the safe ones is safe, since less follows from fewer.
    """
    is_known = is_asked(int(people.numbers.known(target)[1].sum()), int(people.counts.sum()))
    by_office = people.numbers.by_office(target if is_known else "")
    everyone = by_office.sum(axis=1)
    safe = [_is_safe(groups, everyone - own, settings) for own in by_office.T]
    return np.asarray(np.logical_and.reduce(safe))


def _is_safe(groups: csr_array, others: NDArray[np.int64], settings: DisclosureSettings) -> Mask:
    """Say of each group whether it may be told to who knows all but these others."""
    n, everyone = np.asarray(groups @ others), int(others.sum())
    safe = n == 0
    offered = np.flatnonzero(n >= settings.minimum)
    if len(offered):
        members = csr_array(groups[:, np.repeat(np.arange(len(others)), others)])
        nobody = csr_array((0, everyone), dtype=np.int8)
        safe[offered] = choose_shown(members[offered], Outsider(nobody, nobody), settings).shown
    return np.asarray(safe)
