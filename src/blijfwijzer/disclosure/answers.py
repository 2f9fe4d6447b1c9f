"""Which groups may tell of each question: the rules hold for those who answered it.

A group may be large while few in it answered a question. A figure of that question is then about
those few, whatever is shown of the group itself. So all rules are applied once more, to the people
who answered, for each figure that groups are told by.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.choice import Candidates, GroupChoice, choose_groups
from blijfwijzer.disclosure.copies import Forms, count_forms, keep_first
from blijfwijzer.disclosure.earlier import Earlier
from blijfwijzer.disclosure.rules import COPIES, is_narrow
from blijfwijzer.settings import DisclosureSettings

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Basis:
    """What a figure of each group rests on, one value per response."""

    values: tuple[Array, ...] = ()
    """What is counted, or could be with other settings: each 1, 0, or NaN where not answered."""
    risk: Array | None = None
    """What a model expects of each, in [0, 1], where the figure rests on that too."""
    among: Mask | None = None
    """Per group, whether it may be told by the figure, where only some may. Then these are held
    against all rules and each other by themselves, and no other group is barred for what is in it
    that nobody is told."""

    barred: Mask | None = None
    """Per group, whether its mean risk is known to be that of nearly each in it, or its answers
    those of two, where people are known by less than their answers."""

    def answered(self, people: int) -> Mask:
        """Say of each response whether the figure rests on an answer of it."""
        if not self.values:
            return np.ones(people, dtype=bool)
        return np.asarray(~np.isnan(np.stack(self.values)).all(axis=0))


EarlierOf = Callable[[str], Earlier]
"""Gives the groups that earlier releases told by a figure."""


def choose_different(
    candidates: Candidates,
    values: Mapping[str, Array],
    forms: Forms,
    settings: DisclosureSettings,
    earlier: Earlier,
) -> GroupChoice:
    """Choose groups to show, of which the copies of a form count as one person.

    A department that was exported twice is no larger for it, and the mean of a dozen copies of a
    form is the figure of one. Where there are copies, groups are first held against the rules and
    each other with one of each, and only those that pass are offered.

    Parameters
    ----------
    values : outcome to its value per response: 1, 0, or NaN where not known
    forms : number of each response's form, as `number_forms` gives
    """
    every, everybody = np.arange(candidates.members.shape[0]), np.arange(len(forms))
    different = _are_different(candidates, forms, settings, earlier)
    groups = np.flatnonzero(different | (every == 0))
    offered = candidates.among(groups, everybody)
    choice = choose_groups(offered, values, settings, _among(earlier, groups, everybody))
    shown, reasons = np.zeros(len(every), dtype=bool), np.full(len(every), COPIES, dtype=object)
    shown[groups], reasons[groups] = choice.shown, choice.reasons
    tells = choice.tells_everyone and bool(different[0])
    named = pd.Series(reasons, dtype="str")
    return replace(choice, shown=shown, reasons=named, tells_everyone=tells)


def _are_different(
    candidates: Candidates, forms: Forms, settings: DisclosureSettings, earlier: Earlier
) -> Mask:
    """Say of each group whether enough different forms are in it, and in what follows from it."""
    every = np.arange(candidates.members.shape[0])
    first = np.flatnonzero(keep_first(candidates.members, forms))
    if len(first) == len(forms):
        return np.ones(len(every), dtype=bool)
    one = replace(candidates.among(every, first), people=np.full(len(every), np.nan))
    choice = choose_groups(one, {}, settings, _among(earlier, every, first))
    enough = count_forms(candidates.members, forms) >= settings.minimum
    # Groups that are too small with the copies too keep that for a reason.
    is_small = np.asarray(candidates.members.sum(axis=1)).ravel() < settings.minimum
    return np.asarray((choice.shown & enough) | is_small)


def choose_told(
    bases: Mapping[str, Basis],
    candidates: Candidates,
    shown: Mask,
    settings: DisclosureSettings,
    earlier_of: EarlierOf,
    repeated: Mask,
) -> dict[str, Mask]:
    """Choose for each figure the groups that are told by it.

    Parameters
    ----------
    bases : figure to what it rests on
    shown : whether each group may be shown, for what it is told by
    repeated : whether an earlier release shows the same people, by whatever figure: such groups are
        shown again whatever else follows from their answers to another question

    Returns
    -------
    Figure to whether each group is told by it. A group in which nobody answered is told what the
    model expects, and nothing where there is no model.
    """
    told = {}
    for name, basis in bases.items():
        asked = basis.answered(candidates.members.shape[1])
        wide = shown & _is_wide(candidates, basis, settings)
        if basis.among is not None:
            wide &= basis.among
        told[name] = wide
        is_part = not asked.all() or basis.among is not None
        if is_part or (basis.values and (repeated & wide).any()):
            earlier = earlier_of(name)
            if is_part or (repeated & wide & ~earlier.repeated).any():
                told[name] = _hold(candidates, wide, basis, asked, settings, earlier)
    return told


def _is_wide(candidates: Candidates, basis: Basis, settings: DisclosureSettings) -> Mask:
    """Say of each group whether its mean risk is not the risk of nearly each in it."""
    wide = np.ones(candidates.members.shape[0], dtype=bool)
    if basis.barred is not None:
        wide &= ~basis.barred
    if basis.risk is not None:
        own = candidates.weight, settings.unanimity
        wide &= ~is_narrow(candidates.members, basis.risk, *own)
    return wide


def _hold(
    candidates: Candidates,
    shown: Mask,
    basis: Basis,
    asked: Mask,
    settings: DisclosureSettings,
    earlier: Earlier,
) -> Mask:
    """Hold groups of those who answered against the rules and each other."""
    people = np.flatnonzero(asked)
    n = np.asarray(candidates.members[:, people].sum(axis=1)).ravel()
    told: Mask = shown & (n == 0) & (basis.risk is not None)
    if not len(people):
        return told
    groups = np.flatnonzero((shown & (n > 0)) | (np.arange(len(n)) == 0))
    own = candidates.among(groups, people)
    values = {str(place): answers[people] for place, answers in enumerate(basis.values)}
    choice = choose_groups(own, values, settings, _among(earlier, groups, people))
    told[groups] = shown[groups] & choice.shown
    told[n == len(people)] &= choice.tells_everyone
    return told


def _among(earlier: Earlier, groups: Places, people: Places) -> Earlier:
    """Give earlier groups as they are among some of the present people."""
    return replace(
        earlier,
        known=csr_array(earlier.known[:, people]),
        forbidden=csr_array(earlier.forbidden[:, people]),
        former=csr_array(earlier.former[:, people]),
        repeated=earlier.repeated[groups],
        changed=earlier.changed[groups],
    )
