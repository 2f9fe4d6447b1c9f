"""The people of all offices together, as far as it is known of them what may be shown.

Who merges has no answer of anybody: there are as many people in each place as there are, and of
these as many with an outcome, or a risk in some part of [0, 1], as there are in that place. Which
of them is which is not known, and plays no part: whatever follows from figures of groups is about
all of a place, since no group parts it.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, hstack, vstack

from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.disclosure.copies import Forms
from blijfwijzer.disclosure.entry import Columns
from blijfwijzer.disclosure.fingerprint import PRIME, SUMS, Marks, Sight, holds_all
from blijfwijzer.disclosure.present import Present, Seen
from blijfwijzer.disclosure.weighing import MANY
from blijfwijzer.errors import DisclosureError
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.estimates import Between
from blijfwijzer.groups.frame import Frame
from blijfwijzer.groups.grouping import Grouping, member_finder
from blijfwijzer.groups.rates import RateTerm, rest_on_own
from blijfwijzer.release.admission import Crowd
from blijfwijzer.runs.merging.numbers import BINS, Numbers
from blijfwijzer.runs.scoring.targets import is_asked
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Codebook

_NEAR = 0.01
"""Within this of a mean, a risk is that mean to a reader of percentages (`disclosure.rules`)."""
_SQUARES_OF = {
    RateTerm.WEIGHT: RateTerm.SQUARES,
    RateTerm.KNOWN_WEIGHT: RateTerm.KNOWN_SQUARES,
}
"""Where the squares of some weights stand."""


@dataclass(frozen=True)
class People:
    """Everybody of whom numbers were left."""

    numbers: Numbers
    marks: tuple[NDArray[np.uint64], ...]
    """Per view, a keyed mark per person."""
    columns: Columns
    """Per view, those whose answers marks and fingerprints are of."""
    key: str
    """By which key, so that nobody is taken for another who is known by another one."""
    frame: Frame

    @property
    def counts(self) -> Codes:
        """How many there are in each place."""
        return self.numbers.people

    @property
    def place(self) -> Codes:
        """Place of each person."""
        return np.repeat(np.arange(self.frame.places), self.counts)

    @property
    def views(self) -> Columns:
        """What the ledger calls the columns by which they are known again: no survey has these."""
        return tuple((f"merged {self.key[:16]} {n}",) for n in range(len(self.columns)))

    def responses(self) -> pd.DataFrame:
        """Give one row per person, with what groups are made of."""
        people = self.frame.people(self.counts).assign(weight=1.0)
        return people.assign(**{name: np.int8(0) for (name,) in self.views})

    def seen(self) -> Seen:
        """Give how they are known again, and what each adds to fingerprints.

        Of a place only sums are known. Each of these stands with one person of it, and nothing with
        the others, so that the fingerprint of a group of whole places is what it is.
        """
        sight = Sight.of(list(self.marks), holds_all(self.columns))
        marks: Marks = []
        for view in range(len(self.columns)):
            sums = self.numbers.fingerprints(view)
            place, bucket = np.nonzero(sums)
            row = self._firsts[place] + _ranks(place)
            # What is zero modulo the prime, and the mark of nobody who joined or left.
            number = np.full(len(self.place), PRIME, dtype=np.int64)
            column = np.zeros(len(self.place), dtype=np.int64)
            number[row], column[row] = sums[place, bucket], bucket
            shape = (len(number), SUMS)
            marks.append(csr_array((number, (np.arange(len(number)), column)), shape=shape))
        return Seen(list(range(len(self.columns))), sight, marks)

    def forms(self) -> Forms:
        """Give each person the number of a form, the same for all who share one or for more.

        Where nobody answered as somebody else, each has an own form. Else there are as many in a
        place as sums of its fingerprint that somebody is in, which is as many or fewer.
        """
        whole = int(np.argmax(holds_all(self.columns)))
        if len(np.unique(self.marks[whole])) == len(self.marks[whole]):
            return np.arange(len(self.place), dtype=np.intp)
        place, bucket = np.nonzero(self.numbers.fingerprints(whole))
        first = np.full(self.frame.places, 0, dtype=np.intp)
        first[place[::-1]] = bucket[::-1]
        forms = first[self.place]
        forms[self._firsts[place] + _ranks(place)] = bucket
        return forms

    @property
    def _firsts(self) -> Codes:
        return np.asarray(np.cumsum(self.counts) - self.counts, dtype=np.intp)

    def outcome(self, target: str) -> Array:
        """Give as many people of each place an outcome as have it: 1, 0 or NaN each."""
        hits, known = self.numbers.known(target)
        parts = np.column_stack([hits, known - hits, self.counts - known])
        return np.repeat(np.tile([1.0, 0.0, np.nan], len(parts)), parts.ravel())

    def risk(self, target: str) -> Array:
        """Give as many people of each place a risk as have it, to its part of [0, 1]."""
        bins = self.numbers.risks(target)
        middles = (np.arange(BINS) + 0.5) / BINS
        return np.repeat(np.tile(middles, len(bins)), bins.ravel())

    def parts_of(self, members: csr_array) -> csr_array:
        """Give the places of which groups are made: one row per group, one column per place."""
        held = np.flatnonzero(self.counts > 0)
        one = csr_array(members[:, self._firsts[held]].astype(np.int8))
        shape = len(held), self.frame.places
        to_place = csr_array(
            (np.ones(len(held), dtype=np.int8), (np.arange(len(held)), held)), shape
        )
        return csr_array(one @ to_place)


def crowd_of(
    people: People, grouping: Grouping, codebook: Codebook, *, dataset: str, is_counted: bool
) -> Crowd:
    """Give the people of whom groups are told.

    Parameters
    ----------
    dataset : hash of all that was left of them
    is_counted : whether everybody weighs one
    """
    responses = people.responses()
    present = Present(responses, grouping.members, member_finder(responses, codebook))
    present.know(people.views, people.seen())
    weight = np.ones(len(responses))
    return Crowd(present, people.views, weight, people.forms(), dataset, is_counted)


def basis_of(
    people: People,
    target: str,
    groups: csr_array,
    settings: DisclosureSettings,
    *,
    is_constant: bool,
    weighed: pd.Series | None,
) -> Basis:
    """Give what rates of an outcome rest on, and which groups may not be told of it.

    Parameters
    ----------
    groups : one row per group, one column per place
    is_constant : whether the model looks at no answer
    weighed : level of each group where not everybody weighs the same: a small one that is told by
        its own answers may then tell those of people of one weight, and what each weighs was left
        at the offices
    """
    numbers = people.numbers
    sums = numbers.rates(target, "rates", groups)
    values, risk = people.outcome(target), people.risk(target)
    known = int((~np.isnan(values)).sum())
    is_large = sums[:, RateTerm.KNOWN] >= settings.minimum
    barred = is_large & _is_lopsided(sums, RateTerm.KNOWN_WEIGHT, settings)
    if weighed is not None:
        barred |= are_weighed(weighed, sums[:, RateTerm.KNOWN], ~barred)
    if not is_asked(known, len(values)):
        return Basis((), risk, barred=_is_narrow(numbers.risks(target), sums, groups, settings))
    if is_constant:
        return Basis((values,), None, barred=barred)
    return Basis(
        (values,), risk, barred=barred | _is_narrow(numbers.risks(target), sums, groups, settings)
    )


def are_weighed(levels: pd.Series, asked: Array | Codes, told: Mask) -> Mask:
    """Say of each group whether its rate may tell of people of one weight: too few are pooled.

    Parameters
    ----------
    levels : of each group
    asked : of how many people in it the outcome is known
    told : whether it is told
    """
    return rest_on_own(levels, told & (asked > 0)) & (asked < MANY)


def between_units(people: People, target: str, groups: csr_array, cluster: str) -> Between:
    """Give what tells how whole units differ: those of each place with the outcome, and without.

    Parameters
    ----------
    groups : one row per group, one column per place
    cluster : unit level that was drawn as a whole
    """
    held = np.flatnonzero(people.counts > 0)
    alone = csr_array(eye_array(people.frame.places, format="csr")[held])
    sums = people.numbers.rates(target, "rates", alone)
    known, hits = sums[:, RateTerm.KNOWN_WEIGHT], sums[:, RateTerm.WITH]
    weight = np.concatenate([hits, known - hits])
    values = np.repeat([1.0, 0.0], len(held))
    unit = people.frame.units[cluster].iloc[np.unravel_index(held, people.frame.shape)[0]]
    code = np.tile(pd.factorize(unit)[0], 2).astype(np.intp)
    design = Design(np.maximum(weight, 0.0), code, np.zeros_like(code))
    # Nobody is in a row that weighs nothing, though somebody of the unit is in the group.
    values[weight <= 0] = np.nan
    own = csr_array(groups[:, held])
    return Between(values, design, csr_array(hstack([own, own], format="csr")))


def hide_lopsided(grouping: Grouping, sums: Array, settings: DisclosureSettings) -> Grouping:
    """Withhold groups in which two people may carry most of the weight, and all that tells of them.

    Parameters
    ----------
    sums : what rates are made of, one row per group

    Raises
    ------
    DisclosureError
        Two people may carry most of the weight of everyone.
    """
    lopsided = _is_lopsided(sums, RateTerm.WEIGHT, settings)
    if lopsided[0]:
        raise DisclosureError(
            "by the squares of weights two people may carry most of the weight of everyone, so "
            "nothing can be told. Nothing was shown. Cut off the largest weights."
        )
    kept, hidden = np.flatnonzero(~lopsided), np.flatnonzero(lopsided)
    small = csr_array(vstack([grouping.too_small, grouping.members[hidden]], format="csr"))
    return replace(
        grouping,
        groups=grouping.groups.iloc[kept],
        members=csr_array(grouping.members[kept]),
        too_small=small,
    )


def _is_lopsided(sums: Array, weight: RateTerm, settings: DisclosureSettings) -> Mask:
    """Say of each group whether its two heaviest may carry `dominance` of its weight.

    The two heaviest carry no more than the root of twice the sum of all squared weights
    (Cauchy-Schwarz), which is all that is known of single weights.

    Parameters
    ----------
    weight : of all people, or of those of whom the outcome is known
    """
    squares = sums[:, _SQUARES_OF[weight]]
    return np.asarray(np.sqrt(2 * squares) >= settings.dominance * sums[:, weight])


def _is_narrow(
    bins: NDArray[np.int64], sums: Array, groups: csr_array, settings: DisclosureSettings
) -> Mask:
    """Say of each group whether its mean risk may be the risk of nearly each in it.

    All of a part of [0, 1] that reaches to within `_NEAR` of the mean count as near to it.
    """
    counts = groups.astype(np.int64) @ bins
    mean = sums[:, RateTerm.RISK] / np.maximum(sums[:, RateTerm.WEIGHT], 1e-300)
    low = np.floor((mean - _NEAR) * BINS)[:, None]
    high = np.floor((mean + _NEAR) * BINS)[:, None]
    number = np.arange(BINS)
    near = (counts * ((number >= low) & (number <= high))).sum(axis=1)
    n = counts.sum(axis=1)
    return np.asarray((n > 0) & (near >= settings.unanimity * n))


def _ranks(place: Codes) -> Codes:
    """Give the rank of each entry among those of its place, of places in order."""
    starts = np.flatnonzero(np.r_[True, place[1:] != place[:-1]]) if len(place) else place
    return np.asarray(np.arange(len(place)) - np.repeat(starts, np.diff(np.r_[starts, len(place)])))
