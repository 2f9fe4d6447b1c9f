"""Which groups to withhold, so that nothing follows about few people and most people are shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import connected_components

from blijfwijzer.disclosure.earlier import Earlier
from blijfwijzer.disclosure.hidden_counts import HiddenCounts
from blijfwijzer.disclosure.optimum import choose_best
from blijfwijzer.disclosure.parts import Outsider, Parts
from blijfwijzer.disclosure.rules import SHOWN, find_faults
from blijfwijzer.settings import DisclosureSettings

_NARROW = 600
"""People below which a percentage is one of few counts, so that groups hang together by it."""
_MOST_TRIED = 12_000
"""Groups by turns in which those withheld for counts are tried again: all counts are held anew."""


@dataclass(frozen=True)
class Hidden:
    """Counts that shown percentages must not pin."""

    groups: csr_array
    """Groups that are withheld already, one row each."""
    outcomes: Sequence[NDArray[np.float64]]
    """Per outcome its value per person: 1, 0, or NaN where not known."""
    protection: int
    """Values that the count in a withheld group must be able to have."""


@dataclass(frozen=True)
class Choice:
    """What may be shown together."""

    shown: NDArray[np.bool_]
    """One per candidate group."""
    unavoidable: int
    """Small sets that follow from what was known before; no choice can undo that."""
    gap: float = 0.0
    """Share of what could be shown at most, people by groups, that is not; in [0, 1]."""
    pinning: int = 0
    """Groups withheld because their percentages pin a hidden count."""


@dataclass(frozen=True)
class GroupChoice:
    """What of some groups may be shown, and why not the others."""

    shown: NDArray[np.bool_]
    reasons: pd.Series
    """Per group: "" or why it is withheld."""
    unavoidable: int
    tells_everyone: bool
    """Whether figures of everyone may be shown: not when all answered alike, when only a few
    people joined or left since an earlier release, nor when these few follow from what that
    release showed of others."""
    bars_everyone: bool = False
    """Whether a total of everyone must not follow from other figures either."""
    gap: float = 0.0
    """Share of what could be shown at most, people by groups, that is not; in [0, 1]."""
    pinning: int = 0
    """Groups withheld because their percentages pin a hidden count."""


@dataclass(frozen=True)
class Candidates:
    """Groups of which those that may be shown are chosen."""

    members: csr_array
    """One row per group, everyone first, one column per response; that there is a group of everyone
    is public whatever is chosen."""
    people: NDArray[np.float64]
    """Who work in each; NaN when not known."""
    too_small: csr_array
    """Groups that are hidden whatever is chosen, one row each."""
    weight: NDArray[np.float64]
    """Per response."""
    rank: NDArray[np.int64] | None = None
    """Of each group: those of a lower rank are chosen first; all together when left out."""
    telling: NDArray[np.bool_] | None = None
    """Whether that a group is shown tells what each of a larger one answered; none if left out."""

    def among(self, groups: NDArray[np.intp], people: NDArray[np.intp]) -> "Candidates":
        """Give some of the groups, as they are among some of the people; the others are hidden."""
        others = np.setdiff1d(np.arange(self.members.shape[0]), groups)
        hidden = csr_array(vstack([self.too_small, self.members[others]], format="csr"))
        return replace(
            self,
            members=csr_array(self.members[groups][:, people]),
            people=self.people[groups],
            too_small=csr_array(hidden[:, people]),
            weight=self.weight[people],
            rank=None if self.rank is None else self.rank[groups],
            telling=None if self.telling is None else self.telling[groups],
        )


def choose_groups(
    candidates: Candidates,
    values: Mapping[str, NDArray[np.float64]],
    settings: DisclosureSettings,
    earlier: Earlier | None = None,
) -> GroupChoice:
    """Hold groups against the primary rules, and choose what to show of those that pass.

    Parameters
    ----------
    values : outcome to its value per response
    earlier : what earlier releases showed; nothing when left out
    """
    members, total = candidates.members, candidates.members.shape[1]
    reasons = find_faults(members, candidates.people, dict(values), candidates.weight, settings)
    everyone = np.asarray(members.sum(axis=1)).ravel() == total
    nobody = csr_array((0, total), dtype=np.int8)
    outsider = Outsider(nobody, nobody)
    repeated = np.zeros(len(everyone), dtype=bool)
    is_told = bool((reasons[everyone] == SHOWN).all())
    is_public = True
    if earlier is not None:
        outsider = Outsider(earlier.known, earlier.forbidden, earlier.few, earlier.former)
        # A group that an earlier release shows with the same people tells nothing new; but not if
        # yet another one showed it of nearly the same.
        repeated = earlier.repeated & ~earlier.changed
        is_public = not earlier.changed[everyone].any()
        is_public = is_public and not _follows(outsider, settings.minimum)
    tells_everyone = is_told and is_public
    if is_public:
        every = np.ones((1, total), dtype=np.int8)
        outsider = replace(outsider, known=csr_array(vstack([every, outsider.known], format="csr")))
    hidden = [
        candidates.too_small,
        members[np.flatnonzero((reasons != SHOWN).to_numpy() & ~everyone)],
    ]
    if candidates.telling is not None:
        # Its counts are those of the larger group, and no secret.
        reasons[candidates.telling & (reasons == SHOWN)] = "alike"
    passed = ((reasons == SHOWN) & ~everyone).to_numpy()
    repeated &= passed
    fresh = np.flatnonzero(passed & ~repeated)
    choice = choose_shown(
        members[fresh],
        outsider,
        settings,
        Hidden(
            csr_array(vstack(hidden, format="csr")),
            list(values.values()),
            settings.protection,
        ),
        None if candidates.rank is None else candidates.rank[fresh],
    )
    # The first group of everyone keeps its place, since its figures are hidden one by one; a unit
    # in which everyone works is shown with them or not at all.
    shown = repeated | (everyone & (tells_everyone | (np.cumsum(everyone) == 1)))
    shown[fresh[choice.shown]] = True
    reasons = reasons.mask(shown, SHOWN).mask((reasons == SHOWN) & ~shown, "derivable")
    return GroupChoice(
        shown,
        reasons,
        choice.unavoidable,
        tells_everyone,
        not is_public,
        choice.gap,
        choice.pinning,
    )


def _follows(outsider: Outsider, minimum: int) -> bool:
    """Whether a total of everyone, beside what is known, tells of few or of whom it may not."""
    everyone = csr_array(np.ones((1, outsider.known.shape[1]), dtype=np.int8))
    parts = Parts(everyone, replace(outsider, few=0))
    return parts.guard(minimum).offer(0, parts.offered[0]) is not None


def choose_shown(
    candidates: csr_array,
    outsider: Outsider,
    settings: DisclosureSettings,
    hidden: Hidden | None = None,
    rank: NDArray[np.int64] | None = None,
) -> Choice:
    """Choose the groups to show, as many people as possible, so that no small set follows.

    Groups are taken one by one, each only when it is proven that no set of 1 to k - 1 people
    follows from it and all others; then the order is improved to the best choice there is, as far
    as the stated rounds go. Last, groups are withheld whose percentages pin a hidden count.

    Parameters
    ----------
    candidates : one row per group that passed the primary rules, one column per person
    hidden : counts to protect; none when left out
    rank : of each group: those of a lower rank are chosen first, as if there were no others
    """
    people = np.asarray(candidates.sum(axis=1), dtype=float)
    parts = Parts(candidates, outsider, None if hidden is None else hidden.groups)
    # A little worth for each group as such, so that of two equal losses fewer are withheld.
    worth = people + 1e-3 * people.max(initial=1.0)
    shown = np.zeros(len(people), dtype=bool)
    most, unavoidable = 0.0, 0
    for own in _by_rank(len(people), rank):
        taken = [parts.offered[name] for name in np.flatnonzero(shown)]
        best = choose_best(
            [parts.offered[name] for name in own],
            worth[own].tolist(),
            lambda taken=taken: parts.guard(settings.minimum, taken),  # type: ignore[misc]
            settings.rounds,
        )
        shown[own] = best.shown
        most += best.most
        unavoidable = max(unavoidable, best.unavoidable)
    gap = 1 - float(worth[shown].sum()) / most if most else 0.0
    free = shown
    if hidden is not None:
        free = _leave_free(parts, shown, people, hidden, settings.minimum)
    return Choice(free, unavoidable, max(0.0, gap), int(shown.sum() - free.sum()))


def _by_rank(count: int, rank: NDArray[np.int64] | None) -> list[NDArray[np.intp]]:
    if rank is None:
        return [np.arange(count)]
    return [np.flatnonzero(rank == own) for own in np.unique(rank)]


def _leave_free(
    parts: Parts,
    shown: NDArray[np.bool_],
    people: NDArray[np.floating[Any]],
    hidden: Hidden,
    minimum: int,
) -> NDArray[np.bool_]:
    """Withhold groups until no hidden count is pinned, and show again what that did not need."""
    outcomes = [
        HiddenCounts(parts, values, hidden.protection, minimum) for values in hidden.outcomes
    ]
    free = shown.copy()
    # What is withheld for one outcome is a hidden count of all others.
    while found := [pinning for counts in outcomes for pinning in counts.find_pinning(free)]:
        free[_cover(found, people)] = False
    for tried in _one_of_each(parts, np.flatnonzero(shown & ~free), people):
        free[tried] = True
        for counts in outcomes:
            while free[tried].any() and (found := counts.find_pinning(free, tried)):
                pinned = set(np.concatenate(found).tolist())
                bad = [place for place in tried if free[place] and place in pinned]
                # What is pinned from afar is freed by whatever was tried.
                free[bad or tried] = False
    return free


def _one_of_each(
    parts: Parts, gone: NDArray[np.intp], people: NDArray[np.floating[Any]]
) -> Iterator[list[int]]:
    """Deal out withheld groups, the largest first, of those that hang together one at a time."""
    narrow = parts.of_offered[np.flatnonzero(people < _NARROW)]
    joined = connected_components(csr_array(narrow.T @ narrow), directed=False)[1]
    queues: dict[int, list[int]] = {}
    firsts = parts.of_offered.indices[parts.of_offered.indptr[:-1]]
    for place in gone[np.argsort(-people[gone], kind="stable")]:
        queues.setdefault(int(joined[firsts[place]]), []).append(int(place))
    turns = _MOST_TRIED // max(1, len(parts.offered))
    for turn in range(min(turns, max(map(len, queues.values()), default=0))):
        yield [queue[turn] for queue in queues.values() if turn < len(queue)]


def _cover(found: list[NDArray[np.intp]], people: NDArray[np.floating[Any]]) -> list[int]:
    """Name groups of which each pinned count has one, those first that free most at least loss."""
    holds: dict[int, list[int]] = {}
    for number, places in enumerate(found):
        for place in set(places.tolist()):
            holds.setdefault(place, []).append(number)
    is_left = [True] * len(found)
    queue = [(-len(own) / people[place], place) for place, own in holds.items()]
    heapify(queue)
    gone: list[int] = []
    while queue:
        told, place = heappop(queue)
        now = sum(is_left[number] for number in holds[place]) / people[place]
        if now and now == -told:
            gone.append(place)
            for number in holds[place]:
                is_left[number] = False
        elif now:
            heappush(queue, (-now, place))
    return gone
