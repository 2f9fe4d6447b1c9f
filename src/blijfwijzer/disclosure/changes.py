"""Groups that many left, of whom all but a few left another group too.

A group that ten people left may be told anew: less what it was it tells of these ten. If the same
ten and one more left the larger unit around it, the two differences together tell of that one,
though no group was left by one. Fingerprints add up, so a difference of a group between then and
now has 64 sums itself, and two such differences are held against each other as sets of people are.

Where nobody of all people came or left, a group that has changed holds others by the same name: its
code was renamed, its bands were moved, or its column is gone. In a sum of everyone that is as it
was all people are still there, so a group of which this sum has changed has lost sight of some.
By part of the answers a person of another wave may stand where one stood before, whoever gives the
same answer to all of it; of a small unit, of which a sum is one person, that happens by chance. So
a unit is still there where people enough are in sums that are as they were.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.disclosure.fingerprint import (
    PRIME,
    Fingerprints,
    Likeness,
    Sight,
    compare,
    differing_sums,
    judge,
)

Places = NDArray[np.intp]

_PROOF = 10
"""People in sums that are as they were, who are no others that answer alike by chance. Convention
of ours: where one in ten answers as somebody else does, the most of a view that knows people again,
ten do so together once in ten thousand million times."""


@dataclass(frozen=True)
class ChangedGroups:
    """Groups that many joined or left since they were told."""

    definitions: Sequence[Mapping[str, str]]
    changes: Fingerprints
    """Sums of each now, less those of then."""
    people: NDArray[np.int64]
    """Who are in each now."""
    told: Sequence[Sequence[int]]
    """Per release the places of those that it told."""


def find_telling(groups: ChangedGroups, minimum: int, sight: Sight) -> Places:
    """Give groups of which the change tells of a few beside the changes of others.

    The broadest are kept: a group is held against those that are defined by less, and against
    others as broad as itself. Of a group and all of its parts that one release told, by one column,
    the smallest part goes.

    Parameters
    ----------
    minimum : people by whom changes must differ to be others

    Returns
    -------
    Places of those that must not be told anew.
    """
    changes, kept = groups.changes, np.ones(len(groups.changes), dtype=bool)
    for whole, parts in _parts(groups):
        left = [place for place in parts if kept[place]]
        rest = (changes[whole] - changes[left].sum(axis=0)) % PRIME
        if left and judge(np.count_nonzero(rest, axis=-1)[None], minimum, sight).is_near[0]:
            kept[min(left, key=lambda place: groups.people[place])] = False
    breadth = np.array([len(one) for one in groups.definitions], dtype=np.intp)
    for width in np.unique(breadth).tolist():
        own = np.flatnonzero((breadth == width) & kept)
        wider = np.flatnonzero((breadth <= width) & kept)
        # Who moved from one group to another left the one and joined the other.
        both = np.concatenate([changes[wider], -changes[wider] % PRIME])
        kept[own[compare(changes[own], both, minimum, sight).is_near]] = False
    return np.flatnonzero(~kept)


def find_composed(
    own: NDArray[np.intp],
    sums: tuple[Fingerprints, Fingerprints],
    minimum: int,
    sight: Sight,
) -> NDArray[np.intp]:
    """Give groups that nearly hold the people of two earlier ones of their name, or one less one.

    Of 90 people, then of 45 of these, and then of the other 45 and one more, no two differ by few.

    Parameters
    ----------
    own : group of each time that one was told
    sums : of each time those of the group now, and of then

    Returns
    -------
    Groups, each once.
    """
    now, before = sums
    order = np.argsort(own, kind="stable")
    times = np.split(order, np.flatnonzero(np.diff(own[order])) + 1)
    several = [of for of in times if len(of) > 1]
    near = [of for of in several if is_composed(now[of[0]], before[of], minimum, sight)]
    return np.array([own[of[0]] for of in near], dtype=np.intp)


def is_composed(now: Fingerprints, before: Fingerprints, minimum: int, sight: Sight) -> bool:
    """Tell whether a set holds nearly the people of two earlier ones, or of one less another.

    Parameters
    ----------
    now : views x 64
    before : sets x views x 64
    sight : views by which many answer alike tell of nobody, as of two sets more are alike by chance
    """
    for place, one in enumerate(before):
        others = np.delete(before, place, axis=0)
        two = np.concatenate([one + others[place:], one - others]) % PRIME
        apart = differing_sums(now, two)[:, sight.is_sharp]
        if ((apart > 0) & (apart < minimum)).any():
            return True
    return False


def near_changed(
    prints: Fingerprints, groups: Likeness, others: Fingerprints, minimum: int, sight: Sight
) -> NDArray[np.bool_]:
    """Say of each present group whether it is near one that is not as it was.

    A part of a group that holds nearly all of it is near that one also where nobody came or left.

    Parameters
    ----------
    prints : of the present groups, and of more
    groups : how the present ones compare with all that were told
    others : those that are not as they were
    """
    near = groups.is_near.copy()
    near[near] = compare(prints[np.flatnonzero(near)], others, minimum, sight).is_near
    return near


def find_lost(
    definitions: Sequence[Mapping[str, str]],
    changes: Fingerprints,
    is_there: NDArray[np.bool_],
    told: Sequence[Sequence[int]],
) -> NDArray[np.bool_]:
    """Say of each group that was told whether people of it are still there, and not in it.

    They are still there where the sums of a broader group are as they were: of everyone, or, in a
    file of one sector, of that.

    Parameters
    ----------
    changes : sums of each by its definition now, of nobody where that fits nobody, less those of
        then; of views by which few answer alike
    is_there : as `are_there` gives it
    told : per release the places of those that it told; one that did not tell of everyone is held
        against everyone of all others
    """
    has_changed = changes != 0
    # Of a group that nobody proves to be there, sums that are as they were say nothing.
    unproven = has_changed | ~is_there[..., None]
    every = [place for place, one in enumerate(definitions) if not one]
    anybody = unproven[every].any(axis=0) if every else np.ones_like(unproven[:1]).any(axis=0)
    lost = np.zeros(len(changes), dtype=bool)
    for places in told:
        named = {frozenset(definitions[place].items()): place for place in places}
        for place in places:
            broader = [unproven[named[one]] for one in _broader(definitions[place]) if one in named]
            sums = broader if frozenset() in named else [*broader, anybody]
            lost[place] |= any((has_changed[place] & ~own).any() for own in sums)
    return lost


def are_there(
    now: Fingerprints, changes: Fingerprints, people: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Say of each group and view whether it is proven that people of it are still in it.

    So many are in sums that are as they were that they are no others who answer alike: ten, or half
    of a group of fewer than twenty. A sum is taken to hold as many people as any other that holds
    some.

    Parameters
    ----------
    now, changes : groups x views x 64 sums of each now, and these less those of then
    people : who are in each now

    Returns
    -------
    Groups x views.
    """
    is_held = now != 0
    is_kept = is_held & (changes == 0)
    share = is_kept.sum(axis=-1) / np.maximum(1, is_held.sum(axis=-1))
    enough = np.minimum(_PROOF, people / 2)[:, None]
    return np.asarray((share > 0) & (share * people[:, None] >= enough))


def _broader(definition: Mapping[str, str]) -> Iterator[frozenset[tuple[str, str]]]:
    for size in range(len(definition)):
        yield from map(frozenset, combinations(definition.items(), size))


def _parts(groups: ChangedGroups) -> Iterator[tuple[int, list[int]]]:
    """Give each group with the parts that one column makes of it, per release and column."""
    for told in groups.told:
        places = {frozenset(groups.definitions[place].items()): place for place in told}
        found: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for one, place in places.items():
            for column, code in one:
                whole = places.get(one - {(column, code)})
                if whole is not None:
                    found[whole, column].append(place)
        for (whole, _), parts in found.items():
            if len(parts) > 1:
                yield whole, parts
