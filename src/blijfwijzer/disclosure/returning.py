"""Whether people of an earlier release are here again, by answers that many share.

By a part of the answers by which many answer alike others look the same: of two waves of a short
form, in which many gave one answer to all, a small group then and the group of that name now may
have most sums of a part in common, though hardly anybody answered the same to everything. Where
people did not answer anew, but a column was coded anew or is gone, nearly all of them are in their
groups by the other parts. So such a part tells of a release only where most of its people are.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.disclosure.fingerprint import SUMS, Fingerprints, Sight, differing_sums

_MOST = 0.6
"""Share of the people of a release, in its groups, by which they are here again. Convention of
ours, between what was seen of forms of 12 and 14 questions: .89 and more where columns were coded
anew and up to half of the forms came or went, .48 and less of others, and of people who answered
anew, of whom a third gave one answer to all."""
_MOST_APART = 2 * SUMS
"""People who came or left, above which hardly any sum is as it was, so that no number is told."""


def find_others(
    now: Fingerprints,
    before: Fingerprints,
    everyone: NDArray[np.bool_],
    sight: Sight,
    *,
    untold: bool = False,
) -> NDArray[np.bool_]:
    """Say of each view whether it only makes others look like the people of a survey.

    Parameters
    ----------
    now, before : groups x views x 64; sums of groups that were told of it, as they are and were
    everyone : which of these are everyone, who are found again also where groups swapped names
    untold : what to say where no group tells it
    """
    share = share_again(now, before)
    are_few = np.where(np.isnan(share), untold, share < _MOST)
    are_all = share_again(now[everyone], before[everyone]) >= _MOST
    return np.asarray(are_few & ~are_all & ~sight.is_sharp & ~sight.is_whole)


def share_again(now: Fingerprints, before: Fingerprints) -> NDArray[np.float64]:
    """Estimate per view which share of the smaller of each two sets of people is in both.

    Of so many people who each fall in one of 64 sums by chance a share of exp(-people / 64) of the
    sums holds none, so that as many people are told by the sums that hold some; and those who are
    in one set only by the sums that differ.

    Parameters
    ----------
    now, before : groups x views x 64

    Returns
    -------
    NaN where too many came or left to tell it.
    """
    ours, theirs = (_count(np.count_nonzero(sums, axis=-1)) for sums in (now, before))
    apart = _count(differing_sums(now, before))
    is_told = apart <= _MOST_APART
    both = np.where(is_told, (ours + theirs - apart) / 2, 0).sum(axis=0)
    least = np.where(is_told, np.minimum(ours, theirs), 0).sum(axis=0)
    found = np.divide(both, least, out=np.full(len(both), np.nan), where=least > 0)
    return np.asarray(found, dtype=np.float64)


def hide_others(
    sets: Fingerprints, tellers: Sequence[list[int]], others: NDArray[np.bool_]
) -> Fingerprints:
    """Give sets that are like none by the views by which all of whom they were told are others.

    Parameters
    ----------
    sets : sets x views x 64
    tellers : per set the surveys of which it was told; of none where that is not known
    others : surveys x views
    """
    hidden = np.array([others[own].all(axis=0) & bool(own) for own in tellers], dtype=bool)
    # No sum is below 0, and no two sets have the same.
    nobody = -1 - np.arange(len(sets))[:, None, None]
    return np.where(hidden.reshape(*sets.shape[:2], 1), nobody, sets) if len(sets) else sets


def _count(sums: NDArray[np.int64]) -> NDArray[np.float64]:
    """Estimate how many people fall in so many sums."""
    return -SUMS * np.log1p(-np.minimum(sums, SUMS - 0.5) / SUMS)
