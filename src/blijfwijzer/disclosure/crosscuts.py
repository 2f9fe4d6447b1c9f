"""Which figures about parts that cut through groups may be shown beside those groups.

Women in need, or the best performers of a ministry, are no groups of the elimination in `span`:
with them nearly every person would be an atom. Most of it is settled by counting instead. A total
over few people leaves most others untouched, so if it used a part in a way that tells colleagues
of one atom apart, that use would vanish on any large set of people that lies beside those few.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.atoms import Atoms, Integers, find_atoms, members_of
from blijfwijzer.disclosure.guard import Guard, Known
from blijfwijzer.disclosure.residues import PRIME, eliminate
from blijfwijzer.disclosure.span import indicator

_AT_ONCE = 100_000
"""People whose places in parts are multiplied at a time: of a million they would be held thrice."""
_CHUNK = 8
"""People of one atom that stay together in a fold: differences between them are what it tests."""


@dataclass(frozen=True)
class CrossCuts:
    """Sets of people that figures are totals over."""

    members: csr_array
    """One row per part, one column per person; 1 where the person is in it."""
    figure: NDArray[np.intp]
    """Figure that each part belongs to: the parts of a figure are shown or withheld together."""


def choose_figures(
    parts: CrossCuts,
    known: csr_array,
    minimum: int,
    changed: csr_array | None = None,
    seed: int = 4,
) -> NDArray[np.bool_]:
    """Choose the figures to show, so that with the known groups no small set follows.

    People are put in `minimum` disjoint folds, colleagues of an atom together in each. A total of
    fewer than `minimum` people leaves one fold at least untouched, so the parts in it cancel
    within the atoms of that fold. Figures are taken one by one, the first first, and only if in
    every fold the parts keep the rank that they have over everybody: then what cancels within the
    atoms of one fold does so everywhere, and only totals that are the same for all people of an
    atom are left. These join the groups in the exact search of `span`, and a figure that takes
    part in a small set is withheld, the last first.

    That rank falls short does not prove that anything follows; the choice is on the safe side.

    Parameters
    ----------
    parts : of all figures, in order of importance
    known : groups that are shown, one row each
    minimum : people that a set must have to be no disclosure
    changed : groups that were shown of all but a few of these people, or a few more: with these
        they are known, and as they are now they must not follow

    Returns
    -------
    Whether to show it, per figure.
    """
    count = int(parts.figure.max(initial=-1)) + 1
    shown = np.ones(count, dtype=bool)
    if not count:
        return shown
    past = 0 if changed is None else changed.shape[0]
    groups = known if changed is None else csr_array(vstack([known, changed], format="csr"))
    atoms = find_atoms(groups)
    members = parts.members
    chunk, fold = _fold(atoms.atom_of, minimum, np.random.default_rng(seed))
    everybody = _differences(members, atoms.atom_of)
    folds = [_differences(members[:, fold == f], chunk[fold == f]) for f in range(minimum)]
    shown = _keep_rank(np.stack([everybody, *folds]), parts.figure, shown)
    # What is the same for all people of an atom can be told from one of them.
    one_each = members[:, np.unique(atoms.atom_of, return_index=True)[1]].astype(np.int64)
    while True:
        used = np.flatnonzero(shown[parts.figure])
        cancelling = _null_space(everybody[np.ix_(used, used)])
        totals = (one_each[used].T @ cancelling.T).T % PRIME
        involved = _tell_few(atoms, totals, cancelling != 0, minimum, past)
        if not len(involved):
            return shown
        shown[[parts.figure[used[places]].max() for places in involved]] = False


def _fold(
    atom_of: Integers, minimum: int, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Cut atoms in chunks of about eight people, and deal these out over the folds."""
    order = np.lexsort((rng.random(len(atom_of)), atom_of))
    sizes = np.bincount(atom_of)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    cuts = np.maximum(sizes // _CHUNK, 1)
    before = np.cumsum(cuts) - cuts
    own = atom_of[order]
    chunk = np.empty(len(order), dtype=np.intp)
    chunk[order] = before[own] + rank * cuts[own] // sizes[own]
    dealt = rng.permutation(int(cuts.sum())) % minimum
    return chunk, dealt[chunk]


def _differences(members: csr_array, part: Integers) -> Integers:
    """Inner products of parts after each atom's mean is taken off, times its size.

    A combination of parts is zero under these exactly when it is the same for all people of each
    atom. Integers throughout: sum over atoms of n X'X - (X'1)(X'1)'.
    """
    if not len(part):
        return np.zeros((members.shape[0],) * 2, dtype=np.int64)
    own, sizes = np.unique(part, return_inverse=True, return_counts=True)[1:]
    to_part = csr_array((np.ones(len(own), dtype=np.int64), (np.arange(len(own)), own)))
    sums, weight = members @ to_part, sizes[own]
    found: Integers = -(sums @ sums.T).toarray()
    for start in range(0, members.shape[1], _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        block = csr_array(members[:, some].astype(np.int64))
        found += (block * weight[some][None, :] @ block.T).toarray()
    return found


def _keep_rank(
    products: Integers, figure: NDArray[np.intp], shown: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Take parts in turn; one that is new over everybody must be new in each fold.

    Parameters
    ----------
    products : of everybody and then of each fold
    """
    work = products % PRIME
    shown = shown.copy()
    for place in range(work.shape[1]):
        own = work[:, place, place]
        if not shown[figure[place]] or not own[0]:
            continue
        if not own.all():
            shown[figure[place]] = False
            continue
        rest = work[:, place + 1 :, place].copy()
        inverse = np.array([pow(int(pivot), -1, PRIME) for pivot in own], dtype=np.int64)
        row = work[:, place, place + 1 :] * inverse[:, None] % PRIME
        for product, column, pivot in zip(work, rest, row, strict=True):
            touched, filled = np.flatnonzero(column), np.flatnonzero(pivot)
            area = np.ix_(touched + place + 1, filled + place + 1)
            product[area] = (product[area] - column[touched, None] * pivot[filled]) % PRIME
    return shown


def _null_space(products: Integers) -> Integers:
    """Give combinations of parts that are the same for all people of each atom, one per row."""
    echelon = eliminate(products, np.arange(len(products)))
    free = np.setdiff1d(np.arange(len(products)), echelon.pivots)
    space = np.zeros((len(free), len(products)), dtype=np.int64)
    space[np.arange(len(free)), free] = 1
    if len(echelon.pivots):
        space[:, echelon.pivots] = -echelon.rows[:, free].T % PRIME
    return space


def _tell_few(
    atoms: Atoms, totals: Integers, uses: NDArray[np.bool_], minimum: int, past: int
) -> list[NDArray[np.intp]]:
    """Give the parts that take part in each small set that follows from totals and groups.

    Parameters
    ----------
    totals : one row per combination of parts, one column per atom
    uses : which parts each combination takes
    past : of the groups, the last ones that were shown of nearly these people: a total that
        follows from these tells, less what was shown, of the few
    """
    telling = np.arange(len(totals))
    if not past:
        telling = np.flatnonzero((totals != totals[:, :1]).any(axis=1))
    rows = [indicator(own.tolist()) for own in members_of(atoms.rows)]
    first = len(rows) - past
    known = Known((), rows[first:], proven=rows[:first])
    guard = Guard(atoms.sizes.tolist(), minimum, known, prime=PRIME)
    involved = []
    for place in telling:
        held = np.flatnonzero(totals[place])
        row = dict(zip(held.tolist(), totals[place, held].tolist(), strict=True))
        refusal = guard.offer(int(place), row)
        if refusal is not None:
            together = sorted(refusal.together | {int(place)})
            involved.append(np.flatnonzero(uses[together].any(axis=0)))
    return involved
