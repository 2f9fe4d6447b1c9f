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

from blijfwijzer.disclosure.atoms import Atoms, find_atoms, members_of
from blijfwijzer.disclosure.counts import Pin, Pool, Published, find_pinned
from blijfwijzer.disclosure.earlier import Earlier
from blijfwijzer.disclosure.guard import Guard, Known
from blijfwijzer.disclosure.optimum import choose_best
from blijfwijzer.disclosure.rules import SHOWN, find_faults
from blijfwijzer.disclosure.span import Row, indicator
from blijfwijzer.settings import DisclosureSettings

_NARROW = 600
"""People below which a percentage is one of few counts, so that groups hang together by it."""
_MOST_TRIED = 12_000
"""Groups by turns in which those withheld for counts are tried again: all counts are held anew."""
_OF_A_CELL = 2
"""Values that the count in a cell must be able to have: both answers of each stay possible."""


@dataclass(frozen=True)
class Outsider:
    """What an outsider knows whatever is shown."""

    known: csr_array
    """Groups that are public: everyone, and earlier releases; one column per person."""
    forbidden: csr_array
    """Groups of which an earlier release showed all but a few people, or a few more: as they are
    now they must not be shown nor follow, whatever their size; as they were they are known."""
    few: int = 0
    """People who joined or left such a group, at most."""
    former: csr_array | None = None
    """What is left of such groups that were told, as these were shown; none when left out."""


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
    parts = _Parts(everyone, replace(outsider, few=0))
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
    parts = _Parts(candidates, outsider, None if hidden is None else hidden.groups)
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


class _Parts:
    """Groups in atoms: what is known, offered, barred and hidden."""

    def __init__(
        self, candidates: csr_array, outsider: Outsider, hidden: csr_array | None = None
    ) -> None:
        nobody = csr_array((0, candidates.shape[1]), dtype=np.int8)
        former = nobody if outsider.former is None else outsider.former
        parts = [outsider.known, candidates, outsider.forbidden, former]
        parts += [] if hidden is None else [hidden]
        self.atoms: Atoms = find_atoms(csr_array(vstack(parts, format="csr")))
        ends = np.cumsum([0, *(part.shape[0] for part in parts)])
        own = [self.atoms.rows[start:end] for start, end in zip(ends, ends[1:], strict=False)]
        self.known, self.of_offered, self.barred, self.former = own[:4]
        self.hidden = own[4] if hidden is not None else self.barred[:0]
        self.offered = to_rows(self.of_offered)
        self._outsider = Known(to_rows(self.known), to_rows(self.barred), outsider.few)
        self._sizes = self.atoms.sizes.tolist()

    def guard(self, minimum: int, taken: Sequence[Row] = ()) -> Guard:
        """Give a guard that holds what is known, and groups that were chosen before."""
        known = self._outsider
        guard = Guard(self._sizes, minimum, replace(known, proven=(*known.proven, *taken)))
        # What follows from what is known is counted once; no choice can undo it.
        self._outsider = replace(known, rows=(), proven=(*known.rows, *known.proven))
        return guard


def to_rows(groups: csr_array) -> list[Row]:
    """Write groups in atoms as rows of a span; a group of nobody has no row."""
    return [indicator(own.tolist()) for own in members_of(groups)]


def _leave_free(
    parts: _Parts,
    shown: NDArray[np.bool_],
    people: NDArray[np.floating[Any]],
    hidden: Hidden,
    minimum: int,
) -> NDArray[np.bool_]:
    """Withhold groups until no hidden count is pinned, and show again what that did not need."""
    outcomes = [_Counts(parts, values, hidden, minimum) for values in hidden.outcomes]
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
    parts: _Parts, gone: NDArray[np.intp], people: NDArray[np.floating[Any]]
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


class _Counts:
    """Those of one outcome that percentages must not pin.

    Fewer groups can only leave more possible, so that what was found free stays so.
    """

    def __init__(
        self, parts: _Parts, values: NDArray[np.float64], hidden: Hidden, minimum: int
    ) -> None:
        self._parts = parts
        is_known = ~np.isnan(values)
        count = len(parts.atoms.sizes)
        self._sizes = np.bincount(parts.atoms.atom_of, is_known, count).astype(np.int64)
        has_it = np.bincount(parts.atoms.atom_of, np.nan_to_num(values), count)
        self._counts = has_it.round().astype(np.int64)
        # Of whom few answered, no percentage is shown (see `answers`).
        self._is_told = np.asarray(parts.of_offered @ self._sizes) >= minimum
        is_cell = (self._sizes > 0) & (self._sizes < minimum)
        is_cell |= (self._counts == 0) | (self._counts == self._sizes)
        cells = _one_each(np.flatnonzero(is_cell & (self._sizes > 0)), count)
        barred = {row.tobytes() for row in members_of(parts.barred)}
        self._is_barred = np.array(
            [r.tobytes() in barred for r in members_of(parts.of_offered)], bool
        )
        self._targets = csr_array(vstack([cells, parts.hidden, parts.of_offered], format="csr"))
        self._pool = Pool(count, self._targets.shape[0])
        self._first_offered = self._targets.shape[0] - len(parts.offered)
        self._need = np.full(self._targets.shape[0], hidden.protection, dtype=np.int64)
        self._need[: cells.shape[0]] = _OF_A_CELL
        self._cells = cells.shape[0]
        self._is_free = np.zeros(self._targets.shape[0], dtype=bool)
        self._is_hopeless = self._is_free.copy()
        """Pinned by what is known, so that no choice can free it."""
        # What a group told before a few left it stays as it was, whatever others answered, as long
        # as the count among those who are left does.
        self._beside = csr_array(vstack([parts.former, parts.known], format="csr"))

    def find_pinning(
        self, shown: NDArray[np.bool_], tried: Sequence[int] = ()
    ) -> list[NDArray[np.intp]]:
        """Give, per pinned count, the shown groups that hold people of it.

        Parameters
        ----------
        tried : groups that were added since, so that what was free may be so no more; the first
            pinned count tells enough where one group was
        """
        if len(tried):
            self._is_free = self._is_hopeless.copy()
        told = np.flatnonzero(shown & self._is_told)
        is_open = ~self._is_free
        is_open[self._first_offered :] &= ~shown & ~self._is_barred
        pinning: list[NDArray[np.intp]] = []
        for place, pin in self._pins(np.flatnonzero(is_open), self._beside, told):
            if pin is None:
                self._is_free[place] = True
                continue
            touching, near = (own[own >= 0] for own in (pin.touching, pin.near))
            if len(near):
                pinning.append(touching if len(touching) else near)
            else:
                self._give_up(place, pin.values)
            if pinning and len(tried) == 1:
                break
        return pinning

    def _pins(
        self, places: NDArray[np.intp], beside: csr_array, told: NDArray[np.intp]
    ) -> Iterator[tuple[int, Pin | None]]:
        """Give what pins each of some counts, by place among the offered; -1 is known anyway.

        Parameters
        ----------
        beside : groups whose percentages are known whatever is shown
        told : those that are shown
        """
        rows = csr_array(vstack([beside, self._parts.of_offered[told]], format="csr"))
        exact = self._parts.former.shape[0] if beside is self._beside else 0
        published = Published(rows, self._sizes, self._counts, exact)
        offered = np.concatenate([np.full(beside.shape[0], -1), told])
        targets = csr_array(self._targets[places])
        found = find_pinned(published, targets, self._need[places], self._pool)
        for place, pin in zip(places.tolist(), found, strict=False):
            if pin is not None:
                pin = replace(pin, touching=offered[pin.touching], near=offered[pin.near])
            yield place, pin

    def _give_up(self, place: int, values: int) -> None:
        """Ask no more of a count than what was told before leaves it.

        That takes the answers of those who left as known, which they are not. So the answer of a
        person is given up only where it follows without that: else nothing near it is shown.
        """
        if place >= self._cells:
            self._need[place] = values
            is_lost = values == 1
        else:
            nothing = np.array([], dtype=np.intp)
            found = self._pins(np.array([place]), self._parts.known, nothing)
            is_lost = next(found)[1] is not None
        self._is_free[place] = self._is_hopeless[place] = is_lost


def _one_each(cells: NDArray[np.intp], count: int) -> csr_array:
    ones = np.ones(len(cells), dtype=np.int64)
    return csr_array((ones, (np.arange(len(cells)), cells)), shape=(len(cells), count))


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
