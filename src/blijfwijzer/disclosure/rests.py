"""Groups that many left, of whom all but a few left another group too.

A group that ten people left may be told anew: less what it was it tells of these ten. If the same
ten and one more left the larger unit around it, the two differences together tell of that one,
though no group was left by one. Fingerprints add up, so a difference of a group between then and
now has 64 sums itself, and two such differences are held against each other as sets of people are.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.disclosure.fingerprint import PRIME, Fingerprints, Sight, compare

Places = NDArray[np.intp]


def find_telling(
    definitions: Sequence[Mapping[str, str]],
    changes: Fingerprints,
    minimum: int,
    sight: Sight,
) -> Places:
    """Give groups of which the change tells of a few beside the changes of others.

    The broadest are kept: a group is held against those that are defined by less, and against
    others as broad as itself. A group is also held against all of its parts by one column.

    Parameters
    ----------
    definitions : of groups that many joined or left
    changes : sums of each now less those of then
    minimum : people by whom changes must differ to be others

    Returns
    -------
    Places of those that must not be told anew.
    """
    breadth = np.array([len(one) for one in definitions], dtype=np.intp)
    kept = ~_beside_parts(definitions, changes, minimum, sight)
    for width in np.unique(breadth).tolist():
        own = np.flatnonzero((breadth == width) & kept)
        wider = np.flatnonzero((breadth <= width) & kept)
        # Who moved from one group to another left the one and joined the other.
        both = np.concatenate([changes[wider], -changes[wider] % PRIME])
        near = compare(changes[own], both, minimum, sight).is_near
        kept[own[near]] = False
    return np.flatnonzero(~kept)


def _beside_parts(
    definitions: Sequence[Mapping[str, str]], changes: Fingerprints, minimum: int, sight: Sight
) -> NDArray[np.bool_]:
    """Say of each group whether nearly all who joined or left it did so in parts that are told."""
    found = np.zeros(len(definitions), dtype=bool)
    for whole, parts in _parts(definitions):
        rest = changes[parts].sum(axis=0) % PRIME
        found[whole] |= bool(compare(changes[[whole]], rest[None], minimum, sight).is_near.any())
    return found


def _parts(definitions: Sequence[Mapping[str, str]]) -> Iterator[tuple[int, list[int]]]:
    """Give each group with two parts or more that one column makes of it, per such column."""
    places: dict[frozenset[tuple[str, str]], int] = {}
    for place, one in enumerate(definitions):
        places.setdefault(frozenset(one.items()), place)
    found: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for one, place in places.items():
        for column, code in one:
            whole = places.get(one - {(column, code)})
            if whole is not None:
                found[whole, column].append(place)
    for (whole, _), parts in found.items():
        if len(parts) > 1:
            yield whole, parts
