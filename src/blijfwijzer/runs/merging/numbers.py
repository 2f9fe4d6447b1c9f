"""The numbers that an office leaves of its people: per place, never per person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.fingerprint import PRIME, SUMS, Marks
from blijfwijzer.estimation.fixed_point import FixedSums
from blijfwijzer.groups.rates import RateTerm, rate_terms
from blijfwijzer.survey.arrays import Array, Codes

BINS = 100
"""Equal parts of [0, 1] in which risks are counted, each as wide as two groups of people must
differ for whole percentages to tell it."""
_ONE, _OWN = "offices", "office "
_KINDS = {"rates": len(RateTerm), "plain": len(RateTerm), "risks": BINS}
"""Of each outcome: what rates are made of, the same where everybody weighs one, and how many people
have which risk."""


@dataclass(frozen=True)
class OutcomeAnswers:
    """What rates of one outcome are made of."""

    values: Array
    """Outcome per response: 1, 0 or NaN."""
    risk: Array
    """What the model expects of each, in [0, 1]."""


def name_numbers(targets: Sequence[str], views: int, offices: int) -> list[str]:
    """Name the numbers in order: one, people of each office, of each outcome, and of each view.

    People of an office come twice and more: all, and those of whom an outcome is known.

    >>> len(name_numbers(["vertrekintentie"], 4, 2))
    385
    """
    named = [_ONE]
    named += [f"{_OWN}{of} {n}" for of in ("", *targets) for n in range(offices)]
    for target in targets:
        named += [f"{target} {kind} {n}" for kind, size in _KINDS.items() for n in range(size)]
    return named + [f"view {view} {n}" for view in range(views) for n in range(SUMS)]


def gather_numbers(
    answered: Mapping[str, OutcomeAnswers],
    marks: Marks,
    weight: Array,
    members: csr_array,
    is_own: Sequence[bool],
) -> FixedSums:
    """Add up everything that leaves an office.

    Parameters
    ----------
    marks : per view, what each person adds to fingerprints
    weight : per response, as in the file
    members : one row per place, one column per response
    is_own : of each office that agreed, whether it is the one whose people these are

    Returns
    -------
    One row per place, columns as `name_numbers` names them.
    """
    once = np.zeros((members.shape[0], 1), dtype=np.int64)
    found = [FixedSums(once + 1, once.astype(np.uint64))]
    for terms in (*_own_terms(answered, len(weight), is_own), *_terms(answered, weight)):
        found.append(FixedSums.of(terms, members))
    found += [FixedSums.of(own.toarray().astype(np.float64), members) for own in marks]
    return FixedSums(np.hstack([own.high for own in found]), np.hstack([own.low for own in found]))


def _own_terms(
    answered: Mapping[str, OutcomeAnswers], people: int, is_own: Sequence[bool]
) -> Iterator[Array]:
    own = np.asarray(is_own, dtype=float)
    yield np.tile(own, (people, 1))
    for outcome in answered.values():
        yield np.outer(~np.isnan(outcome.values), own)


def _terms(answered: Mapping[str, OutcomeAnswers], weight: Array) -> Iterator[Array]:
    for own in answered.values():
        yield rate_terms(own.values, own.risk, weight)
        yield rate_terms(own.values, own.risk, np.ones(len(weight)))
        bins = np.minimum((own.risk * BINS).astype(np.intp), BINS - 1)
        yield (bins[:, None] == np.arange(BINS)).astype(np.float64)


@dataclass(frozen=True)
class Numbers:
    """The numbers of all offices together, without masks."""

    sums: FixedSums
    """One row per place."""
    targets: tuple[str, ...]
    views: int
    agreed: int
    """Offices that agreed."""

    @property
    def told(self) -> FixedSums:
        """Those that are the same in however many parts people were."""
        own = np.s_[:, 1 + self.agreed * (1 + len(self.targets)) :]
        return FixedSums(self.sums.high[own], self.sums.low[own])

    def are_of(self, people: Sequence[int]) -> bool:
        """Tell whether they can be numbers of people, of as many in each office."""
        own = self.by_office()
        counts = [own, *(self.risks(name) for name in self.targets)]
        if (self.sums.high < 0).any() or (np.hstack(counts) > sum(people)).any():
            return False
        is_whole = all((count.sum(axis=1) == self.people).all() for count in counts)
        return is_whole and (own.sum(axis=0) == people).all() and all(map(self._fits, self.targets))

    def _fits(self, target: str) -> bool:
        (hits, known), own = self.known(target), self.by_office(target)
        is_whole = (own <= self.by_office()).all() and (own.sum(axis=1) == known).all()
        if not is_whole or (hits > known).any():
            return False
        kinds = [
            self._of(f"{target} {kind}", len(RateTerm)).to_float() for kind in ("rates", "plain")
        ]
        # Outcomes and risks are in [0, 1], so that sums of them are no more than those of weights.
        return bool(
            all((s[:, 1:5] <= s[:, :1]).all() and (s[:, 6:8] <= s[:, 5:6]).all() for s in kinds)
            and (kinds[1][:, [0, 5]] == np.column_stack([known, self.people])).all()
        )

    def by_office(self, target: str = "") -> NDArray[np.int64]:
        """Count the people of each office in each place: one column per office.

        Parameters
        ----------
        target : of whom this outcome is known; all where left out
        """
        return self._whole(f"{_OWN}{target}", self.agreed)

    @property
    def offices(self) -> NDArray[np.int64]:
        """Of how many offices numbers were added, per place; any other where masks are left."""
        return np.asarray(np.where(self.sums.low[:, 0] == 0, self.sums.high[:, 0], -1))

    @property
    def people(self) -> Codes:
        """How many people there are in each place."""
        plain = self._whole(f"{self.targets[0]} plain", len(RateTerm))
        return plain[:, RateTerm.PEOPLE].astype(np.intp)

    def known(self, target: str) -> tuple[Codes, Codes]:
        """Give of each place how many have an outcome, and of how many it is known."""
        plain = self._whole(f"{target} plain", len(RateTerm))
        return plain[:, RateTerm.WITH].astype(np.intp), plain[:, RateTerm.KNOWN].astype(np.intp)

    def rates(self, target: str, kind: str, groups: csr_array) -> Array:
        """Give what rates of groups are made of, as `gather_rates` does.

        Parameters
        ----------
        kind : "rates", or "plain" where everybody weighs one
        groups : one row per group, one column per place
        """
        return self._of(f"{target} {kind}", len(RateTerm)).of_groups(groups).to_float()

    def risks(self, target: str) -> NDArray[np.int64]:
        """Count the people of each place by their risk: one column per part of [0, 1]."""
        return self._whole(f"{target} risks", BINS)

    def fingerprints(self, view: int) -> NDArray[np.int64]:
        """Give the fingerprint of each place: 64 sums."""
        return self._whole(f"view {view}", SUMS) % PRIME

    def _whole(self, name: str, size: int) -> NDArray[np.int64]:
        return self._of(name, size).high

    def _of(self, name: str, size: int) -> FixedSums:
        start = name_numbers(self.targets, self.views, self.agreed).index(f"{name} 0")
        own = np.s_[:, start : start + size]
        return FixedSums(self.sums.high[own], self.sums.low[own])
