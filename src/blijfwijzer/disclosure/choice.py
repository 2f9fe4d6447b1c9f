"""Which groups to withhold, so that nothing follows about few people and most people are shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.atoms import find_atoms
from blijfwijzer.disclosure.bounds import find_pinned
from blijfwijzer.disclosure.earlier import Earlier
from blijfwijzer.disclosure.rules import SHOWN, find_faults
from blijfwijzer.disclosure.span import combinations_of, find_disclosed
from blijfwijzer.errors import DisclosureError
from blijfwijzer.settings import Disclosure as DisclosureSettings

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
    """Whether figures of everyone may be shown: not when all answered alike, nor when only a few
    people joined or left since an earlier release."""


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
    members : one row per group; that there is a group of everyone is public whatever is chosen
    people : who work in each group; NaN when not known
    too_small : groups that rolled up, one row each
    values : outcome to its value per response
    earlier : what earlier releases showed; nothing when left out
    """
    total = members.shape[1]
    reasons = find_faults(members, people, values, weight, settings)
    everyone = np.asarray(members.sum(axis=1)).ravel() == total
    tells_everyone = bool((reasons[everyone] == SHOWN).all())
    reasons = reasons.mask(everyone, SHOWN)
    passed = ((reasons == SHOWN) & ~everyone).to_numpy()
    repeated = np.zeros(len(passed), dtype=bool)
    nobody = csr_array((0, total), dtype=np.int8)
    known, forbidden = [csr_array(np.ones((1, total), dtype=np.int8))], nobody
    if earlier is not None:
        # A group that an earlier release shows with the same people tells nothing new.
        repeated = passed & earlier.repeated
        known, forbidden = [*known, earlier.known], earlier.forbidden
        tells_everyone &= total not in np.asarray(forbidden.sum(axis=1)).ravel()
    fresh = np.flatnonzero(passed & ~repeated)
    hidden = [too_small, members[np.flatnonzero((reasons != SHOWN).to_numpy())]]
    choice = choose_shown(
        members[fresh],
        csr_array(vstack(known, format="csr")),
        forbidden,
        settings.minimum,
        csr_array(vstack(hidden, format="csr")),
        [np.nan_to_num(v) for v in values.values()],
        settings.protection,
    )
    shown = everyone | repeated
    shown[fresh[choice.shown]] = True
    reasons = reasons.mask((reasons == SHOWN) & ~shown, "derivable")
    return GroupChoice(shown, reasons, choice.unavoidable, tells_everyone)


def choose_shown(
    candidates: csr_array,
    known: csr_array,
    forbidden: csr_array,
    minimum: int,
    hidden: csr_array | None = None,
    outcomes: list[NDArray[np.float64]] | None = None,
    protection: int = 3,
    worth: NDArray[np.floating[Any]] | None = None,
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
    forbidden : groups that must not follow either, whatever their size, e.g. those of an earlier
        release that has lost a few people since
    minimum : people that a set must have to be no disclosure (k)
    hidden : groups that are withheld already, whose counts must not be pinned by bounds
    outcomes : per outcome, 1 for each person who has it and 0 for others
    protection : values that a hidden count must be able to have
    worth : of showing each group; its number of people when left out

    Raises
    ------
    DisclosureError
        The search did not end.
    """
    count = candidates.shape[0]
    parts = [known, candidates, forbidden, *([] if hidden is None else [hidden])]
    atoms = find_atoms(csr_array(vstack(parts, format="csr")))
    of_hidden = atoms.rows[known.shape[0] + count + forbidden.shape[0] :]
    counts = [np.bincount(atoms.atom_of, weights=values).astype(float) for values in outcomes or []]
    rows = atoms.rows[: known.shape[0] + count + forbidden.shape[0]].toarray()
    base, offered = rows[: known.shape[0]], rows[known.shape[0] : known.shape[0] + count]
    barred = [np.flatnonzero(row) for row in rows[known.shape[0] + count :]]
    value = np.asarray(candidates.sum(axis=1), dtype=float) if worth is None else worth
    shown = np.ones(count, dtype=bool)
    cuts: dict[tuple[int, ...], None] = {}
    unavoidable: set[bytes] = set()
    fine: set[bytes] = set()
    for turn in range(1, _MOST_ROUNDS + 1):
        present = np.vstack([base, offered[shown]])
        places = np.concatenate([np.full(len(base), -1), np.flatnonzero(shown)])
        sets = find_disclosed(present, atoms.sizes, minimum)
        news = 0
        targets = [*sets, *barred]
        made = combinations_of(present, targets) if targets else []
        for target, used in zip(targets, made, strict=True):
            if used is None:
                continue
            cut = tuple(int(place) for place in np.sort(places[used]) if place >= 0)
            if cut:
                news += cut not in cuts
                cuts[cut] = None
            else:
                unavoidable.add(target.tobytes())
        if not news and counts:
            withheld = csr_array(vstack([of_hidden, csr_array(offered[~shown])], format="csr"))
            for values in counts:
                for used in find_pinned(
                    csr_array(present),
                    atoms.sizes.astype(float),
                    values,
                    withheld,
                    protection,
                    fine,
                ):
                    cut = tuple(int(place) for place in np.sort(places[used]) if place >= 0)
                    if turn > _PATIENCE and cut:
                        # Bounds can be kept by many groups in turn; then the smallest one goes.
                        cut = (min(cut, key=lambda place: value[place]),)
                    news += bool(cut) and cut not in cuts
                    cuts |= {cut: None} if cut else {}
        if not news:
            return Choice(shown, len(unavoidable), turn)
        shown = _break_all(list(cuts), value)
    raise DisclosureError(
        f"{count} groups: after {_MOST_ROUNDS} rounds small groups of people could still be "
        "derived, so nothing was shown. Ask for fewer groups."
    )


def _break_all(cuts: list[tuple[int, ...]], value: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Withhold at least one group of each combination, at the least loss of what is shown."""
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
