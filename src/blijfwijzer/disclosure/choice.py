"""Which groups to withhold, so that nothing follows about few people and most people are shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.atoms import Integers, find_atoms
from blijfwijzer.disclosure.bounds import find_pinned
from blijfwijzer.disclosure.earlier import Earlier
from blijfwijzer.disclosure.rules import SHOWN, find_faults
from blijfwijzer.disclosure.span import combinations_of, dependencies_of, find_disclosed
from blijfwijzer.errors import DisclosureError
from blijfwijzer.settings import DisclosureSettings

_MOST_ROUNDS = 200
_PATIENCE = 3
"""Rounds in which bounds are broken at the least loss; after these the search must end."""


@dataclass(frozen=True)
class Choice:
    """What may be shown together."""

    shown: NDArray[np.bool_]
    """One per candidate group."""
    unavoidable: int
    """Small sets that follow from what was known before; no choice can undo that."""
    rounds: int


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


def choose_groups(
    members: csr_array,
    people: NDArray[np.float64],
    too_small: csr_array,
    values: dict[str, NDArray[np.float64]],
    weight: NDArray[np.float64],
    settings: DisclosureSettings,
    earlier: Earlier | None = None,
) -> GroupChoice:
    """Hold groups against the primary rules, and choose what to show of those that pass.

    Parameters
    ----------
    members : one row per group, everyone first; that there is a group of everyone is public
        whatever is chosen
    people : who work in each group; NaN when not known
    too_small : groups that rolled up, one row each
    values : outcome to its value per response
    earlier : what earlier releases showed; nothing when left out
    """
    total = members.shape[1]
    reasons = find_faults(members, people, values, weight, settings)
    everyone = np.asarray(members.sum(axis=1)).ravel() == total
    nobody = csr_array((0, total), dtype=np.int8)
    known, forbidden = nobody, nobody
    repeated = np.zeros(len(everyone), dtype=bool)
    is_told = bool((reasons[everyone] == SHOWN).all())
    is_public = True
    if earlier is not None:
        known, forbidden = earlier.known, earlier.forbidden
        # A group that an earlier release shows with the same people tells nothing new; but not if
        # yet another one showed it of nearly the same.
        repeated = earlier.repeated & ~earlier.changed
        is_public = not earlier.changed[everyone].any()
        is_public = is_public and not _follows(known, total, forbidden, settings.minimum)
    tells_everyone = is_told and is_public
    if is_public:
        known = csr_array(vstack([np.ones((1, total), dtype=np.int8), known], format="csr"))
    passed = ((reasons == SHOWN) & ~everyone).to_numpy()
    repeated &= passed
    fresh = np.flatnonzero(passed & ~repeated)
    hidden = [too_small, members[np.flatnonzero((reasons != SHOWN).to_numpy() & ~everyone)]]
    choice = choose_shown(
        members[fresh],
        known,
        forbidden,
        settings.minimum,
        csr_array(vstack(hidden, format="csr")),
        [np.nan_to_num(v) for v in values.values()],
        settings.protection,
        few=0 if earlier is None else earlier.few,
    )
    # The first group of everyone keeps its place, since its figures are hidden one by one; a unit
    # in which everyone works is shown with them or not at all.
    shown = repeated | (everyone & (tells_everyone | (np.cumsum(everyone) == 1)))
    shown[fresh[choice.shown]] = True
    reasons = reasons.mask(shown, SHOWN).mask((reasons == SHOWN) & ~shown, "derivable")
    return GroupChoice(shown, reasons, choice.unavoidable, tells_everyone, not is_public)


def _follows(known: csr_array, total: int, forbidden: csr_array, minimum: int) -> bool:
    """Whether a total of everyone, beside what is known, tells of few or of whom it may not."""
    everyone = csr_array(np.ones((1, total), dtype=np.int8))
    rows = _to_atoms(everyone, known, forbidden, None, [])
    return bool(list(_find_plain(rows, np.ones(1, dtype=bool), minimum, set())))


def choose_shown(
    candidates: csr_array,
    known: csr_array,
    forbidden: csr_array,
    minimum: int,
    hidden: csr_array | None = None,
    outcomes: list[NDArray[np.float64]] | None = None,
    protection: int = 3,
    worth: NDArray[np.floating[Any]] | None = None,
    few: int = 1,
) -> Choice:
    """Choose the groups to show, as many people as possible, so that no small set follows.

    Sets that follow from all candidates together are found first; each is a combination of some
    groups, of which at least one must be withheld. The cheapest way to break all combinations
    found so far is an integer programme (a hitting set); then the search is repeated on what is
    left, until nothing follows. As each combination is a necessary condition, the last solution
    is the best there is, and not only a good one, wherever the search is exact.

    Parameters
    ----------
    candidates : one row per group that passed the primary rules, one column per person
    known : groups that are public whatever is chosen: everyone, and earlier releases
    forbidden : groups of which an earlier release showed all but a few people, or a few more: as
        they are now they must not be shown nor follow, whatever their size; as they were they
        are known
    minimum : people that a set must have to be no disclosure (k)
    hidden : groups that are withheld already, whose counts must not be pinned by bounds
    outcomes : per outcome, 1 for each person who has it and 0 for others
    protection : values that a hidden count must be able to have
    worth : of showing each group; its number of people when left out
    few : people who joined or left a forbidden group, at most

    Raises
    ------
    DisclosureError
        The search did not end.
    """
    count = candidates.shape[0]
    rows = _to_atoms(candidates, known, forbidden, hidden, outcomes or [])
    value = np.asarray(candidates.sum(axis=1), dtype=float) if worth is None else worth
    barred = {row.tobytes() for row in rows.barred}
    # What was shown of such a group before, less what would be shown now, is about those few.
    cuts: dict[tuple[int, ...], None] = {
        (place,): None for place, row in enumerate(rows.offered) if row.tobytes() in barred
    }
    shown = _break_all(list(cuts), value)
    unavoidable: set[bytes] = set()
    of_changed: set[bytes] = set()
    fine: set[bytes] = set()
    for turn in range(1, _MOST_ROUNDS + 1):
        news = 0
        for found, passed_over in (
            (_find_plain(rows, shown, minimum, unavoidable), unavoidable),
            (_find_changed(rows, shown, minimum, few, of_changed), of_changed),
        ):
            for target, cut in list(found):
                if cut:
                    news += cut not in cuts
                    cuts[cut] = None
                else:
                    # The search goes on behind what follows whatever is chosen.
                    news += target.tobytes() not in passed_over
                    passed_over.add(target.tobytes())
        if not news:
            for cut in _find_pinning(rows, shown, protection, fine):
                # Bounds can be kept by many groups in turn; then the smallest one goes.
                one = (min(cut, key=lambda place: value[place]),) if turn > _PATIENCE else cut
                news += one not in cuts
                cuts[one] = None
        if not news:
            return Choice(shown, len(unavoidable), turn)
        shown = _break_all(list(cuts), value)
    raise DisclosureError(
        f"{count} groups: after {_MOST_ROUNDS} rounds small groups of people could still be "
        "derived, so nothing was shown. Ask for fewer groups."
    )


@dataclass(frozen=True)
class _Rows:
    """Groups in atoms: one row per group, one column per atom."""

    known: Integers
    offered: Integers
    barred: Integers
    """Groups that must not follow, as they are now."""
    hidden: csr_array
    """Those whose counts bounds must not pin."""
    sizes: Integers
    counts: list[NDArray[np.float64]]
    """Per outcome, people of each atom who have it."""


def _to_atoms(
    candidates: csr_array,
    known: csr_array,
    forbidden: csr_array,
    hidden: csr_array | None,
    outcomes: list[NDArray[np.float64]],
) -> _Rows:
    """Collapse people to atoms by all groups there are."""
    parts = [known, candidates, forbidden, *([] if hidden is None else [hidden])]
    atoms = find_atoms(csr_array(vstack(parts, format="csr")))
    ends = np.cumsum([part.shape[0] for part in parts[:3]])
    rows = atoms.rows[: ends[-1]].toarray()
    return _Rows(
        rows[: ends[0]],
        rows[ends[0] : ends[1]],
        rows[ends[1] :],
        atoms.rows[ends[-1] :],
        atoms.sizes,
        [np.bincount(atoms.atom_of, values).astype(float) for values in outcomes],
    )


_Found = Iterator[tuple[Integers, tuple[int, ...]]]
"""Atoms of a set that must not follow, and the offered groups that it follows from."""


def _find_plain(
    rows: _Rows, shown: NDArray[np.bool_], minimum: int, passed_over: set[bytes]
) -> _Found:
    """Find small sets and barred groups that follow from groups of the present people."""
    present = np.vstack([rows.known, rows.offered[shown]])
    small = find_disclosed(
        present, rows.sizes, minimum, lambda target: target.tobytes() in passed_over
    )
    barred = [np.flatnonzero(row) for row in rows.barred]
    return _tell_used(present, [*small, *barred], len(rows.known), shown)


def _find_changed(
    rows: _Rows, shown: NDArray[np.bool_], minimum: int, few: int, passed_over: set[bytes]
) -> _Found:
    """Find small sets that follow with barred groups as they were shown.

    Each was shown of the present people but for a few. Where several are used these may cancel, as
    those who left a unit left its sector too; so each is taken as if it held the present people.
    Where they do not cancel, a set is smaller by as many as have joined since.
    """
    if not len(rows.barred):
        return
    base = np.vstack([rows.known, rows.barred])
    present, places = np.vstack([base, rows.offered[shown]]), _places(len(base), shown)

    def is_past(used: NDArray[np.intp]) -> bool:
        return bool(((used >= len(rows.known)) & (used < len(base))).any())

    # What is offered now and followed from what was shown: one less the other is those few.
    for used in dependencies_of(present):
        if is_past(used) and _offered(places[used]):
            yield np.array([], dtype=np.int64), _offered(places[used])
    harmless = set(passed_over)
    is_found = False
    while not is_found and (
        found := find_disclosed(
            present, rows.sizes, minimum + few, lambda target: target.tobytes() in harmless
        )
    ):
        for target, combined in zip(found, combinations_of(present, found), strict=True):
            harmless.add(target.tobytes())
            if combined is None:
                continue
            if is_past(combined) or rows.sizes[target].sum() < minimum:
                is_found = True
                yield target, _offered(places[combined])


def _tell_used(
    present: Integers, targets: list[Integers], known: int, shown: NDArray[np.bool_]
) -> _Found:
    """Give the offered groups that each target follows from; pass over those that do not follow.

    Known rows come first, and so are used wherever they are enough.
    """
    places = _places(known, shown)
    made = combinations_of(present, targets) if targets else []
    for target, used in zip(targets, made, strict=True):
        if used is not None:
            yield target, _offered(places[used])


def _find_pinning(
    rows: _Rows, shown: NDArray[np.bool_], protection: int, fine: set[bytes]
) -> list[tuple[int, ...]]:
    """Find offered groups whose figures bound a hidden count too tightly.

    Barred groups count as known: a few people more or less hardly move a bound.
    """
    base = np.vstack([rows.known, rows.barred])
    present = csr_array(np.vstack([base, rows.offered[shown]]))
    places = _places(len(base), shown)
    barred = {row.tobytes() for row in rows.barred}
    withheld = [row for row in rows.offered[~shown] if row.tobytes() not in barred]
    of_offered = np.array(withheld, dtype=np.int64).reshape(len(withheld), len(rows.sizes))
    hidden = csr_array(vstack([rows.hidden, csr_array(of_offered)], format="csr"))
    found = [
        _offered(places[used])
        for counts in rows.counts
        for used in find_pinned(present, rows.sizes.astype(float), counts, hidden, protection, fine)
    ]
    return [cut for cut in found if cut]


def _places(known: int, shown: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Place of each row among the offered groups; -1 for known rows, which come first."""
    return np.concatenate([np.full(known, -1), np.flatnonzero(shown)])


def _offered(places: NDArray[np.intp]) -> tuple[int, ...]:
    return tuple(int(place) for place in np.sort(places) if place >= 0)


def _break_all(cuts: list[tuple[int, ...]], value: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Withhold at least one group of each combination, at the least loss of what is shown."""
    if not cuts:
        return np.ones(len(value), dtype=bool)
    rows = np.repeat(np.arange(len(cuts)), [len(cut) for cut in cuts])
    columns = np.concatenate([np.array(cut) for cut in cuts])
    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(cuts), len(value)))
    most = np.array([len(cut) - 1.0 for cut in cuts])
    # A little worth for each group as such, so that of two equal losses fewer groups are withheld.
    solution = milp(
        -(value + 1e-3 * value.max(initial=1.0)),
        integrality=np.ones(len(value)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, -np.inf, most),
    )
    if solution.x is None:
        raise DisclosureError(
            f"{len(cuts)} combinations of groups could not be broken ({solution.message}), so "
            "nothing was shown. Ask for fewer groups."
        )
    return np.asarray(solution.x > 0.5)
