"""What an office could tell of the people of others: it reads the release, and knows its own.

Of 40 people in a unit of whom an office asked 37, the rate of all tells it of three. So each office
is taken for somebody who knows all its people, and what is shown must tell of no few of the others,
also beside what was shown of the same people before. How many of the others came or left between
two releases is not known, so that of a wave whose people changed nothing new is told. Nor is a rate
told from which an office would know that nearly all of the others have the outcome, wherever that
could be.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.choice import choose_shown
from blijfwijzer.disclosure.fingerprint import add_up, from_text
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.parts import Outsider
from blijfwijzer.disclosure.returning import share_again
from blijfwijzer.disclosure.standing import lines_before, standing
from blijfwijzer.release.admission import Admission, Crowd
from blijfwijzer.release.request import Request
from blijfwijzer.runs.merging.crowd import People
from blijfwijzer.runs.scoring.targets import is_asked
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.arrays import Mask

_MOST_AGAIN = 0.25
"""Share of the people of a merge by which they are here again, as of two waves in one run: by
answers that tell people apart hardly anybody of others looks like one of them."""


def safe_from_offices(
    people: People,
    target: str,
    groups: tuple[csr_array, csr_array],
    settings: DisclosureSettings,
) -> Mask:
    """Say of each group whether no office learns by its rate, and those of others, of few people.

    Parameters
    ----------
    groups : that are told of an outcome, one row per group, one column per place; and those of the
        same people that earlier releases told of it

    Returns
    -------
    One per group. Whatever is told of some of the safe ones is safe, since less follows from fewer.
    """
    hits, known = people.numbers.known(target)
    is_known = is_asked(int(known.sum()), int(people.counts.sum()))
    by_office = people.numbers.by_office(target if is_known else "")
    everyone = by_office.sum(axis=1)
    hits = hits if is_known else np.zeros_like(hits)
    safe = [
        _is_safe(*groups, everyone - own, settings)
        & ~_may_be_alike(groups[0], hits, everyone - own, settings.unanimity)
        for own in by_office.T
    ]
    return np.asarray(np.logical_and.reduce(safe))


def _may_be_alike(
    groups: csr_array, hits: NDArray[np.int64], others: NDArray[np.int64], unanimity: float
) -> Mask:
    """Say of each group whether nearly all its others may have the outcome.

    Who merges does not know how many of an office do. Where a place is of one office that follows,
    and where it is of several, it is asked whether they could.

    Parameters
    ----------
    hits : people of each place with the outcome
    """
    n, most = (np.asarray(groups @ counts) for counts in (others, np.minimum(hits, others)))
    return np.asarray((n > 0) & (most >= unanimity * n))


def _is_safe(
    groups: csr_array, before: csr_array, others: NDArray[np.int64], settings: DisclosureSettings
) -> Mask:
    """Say of each group whether it may be told to who knows all but these others."""
    n, everyone = np.asarray(groups @ others), int(others.sum())
    safe = n == 0
    offered = np.flatnonzero(n >= settings.minimum)
    if len(offered):
        place = np.repeat(np.arange(len(others)), others)
        members, known = csr_array(groups[:, place]), csr_array(before[:, place])
        nobody = csr_array((0, everyone), dtype=np.int8)
        safe[offered] = choose_shown(members[offered], Outsider(known, nobody), settings).shown
    return np.asarray(safe)


def is_of_others(crowd: Crowd, admission: Admission, request: Request, ledger: Ledger) -> bool:
    """Tell whether a wave was told of before, by whatever name, while other people were in it."""
    asked = {"survey": request.survey, "request": request.sha256}
    before = standing(lines_before(ledger.releases, asked))
    is_known = any(line.content["wave"] == request.wave for line in before)
    is_known |= any(_are_here(crowd, admission, line) for line in before)
    earlier, everyone = admission.earlier, 0
    return bool(earlier.changed.any() or (is_known and not earlier.repeated[everyone]))


def _are_here(crowd: Crowd, admission: Admission, line: Release) -> bool:
    """Tell whether people of whom a merge told are here again, in the groups that it told of."""
    told = list(line.content["groups"].values())
    if crowd.columns != tuple(map(tuple, line.content["columns"])) or not told:
        return False
    own = [group["definition"] for group in told]
    formed, row_of, rows = crowd.present.form(own, crowd.present.members_of)
    now = add_up(admission.people.marks, rows)[row_of]
    then = np.array([from_text(told[place]["fingerprint"]) for place in formed])
    share = share_again(now, then.reshape(now.shape))[admission.people.sight.is_sharp]
    return bool((share >= _MOST_AGAIN).any())
