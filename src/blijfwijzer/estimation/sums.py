"""What leaves a batch of rows: counts and weighted sums that merge exactly.

In whichever batches rows are added, and in whichever order these are merged: the same rows give the
same bytes. So one process, sixteen, or a cluster of which machines die tell the same.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.errors import SumRangeError
from blijfwijzer.estimation.fixed_point import FixedSums
from blijfwijzer.survey.arrays import Array, Codes

T = TypeVar("T")
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GroupSums:
    """Weighted sums by group; of groups without a row nothing is held."""

    groups: Codes
    """Numbers of those that have one, in order."""
    sums: FixedSums
    """One row per such group."""

    @classmethod
    def of(cls, terms: Array, members: csr_array) -> "GroupSums":
        """Add up terms by group.

        Parameters
        ----------
        terms : one row per response
        members : one row per group, one column per response
        """
        groups = np.flatnonzero(np.diff(members.indptr))
        return cls(groups, FixedSums.of(terms, csr_array(members[groups])))

    def __add__(self, other: "GroupSums") -> "GroupSums":
        """Add the sums of other rows, of perhaps other groups."""
        groups = np.union1d(self.groups, other.groups)
        one, more = (
            own.sums.spread(np.searchsorted(groups, own.groups), len(groups))
            for own in (self, other)
        )
        return GroupSums(groups, one + more)

    def tobytes(self) -> bytes:
        """Give all of it as bytes."""
        return self.groups.astype("<i8").tobytes() + self.sums.tobytes()


@dataclass(frozen=True, eq=False)
class Sums:
    """Named counts and weighted sums of some rows; what is not there is zero."""

    counts: Mapping[str, Counts] = field(default_factory=dict)
    """In 64 bits."""
    totals: Mapping[str, FixedSums] = field(default_factory=dict)
    by_group: Mapping[str, GroupSums] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> "Sums":
        """Give the sums of no rows."""
        return cls()

    def merge(self, other: "Sums") -> "Sums":
        """Add the sums of other rows.

        Raises
        ------
        SumRangeError
            A sum leaves its range.
        """
        return Sums(
            _join(self.counts, other.counts, _add_counts),
            _join(self.totals, other.totals, operator.add),
            _join(self.by_group, other.by_group, operator.add),
        )

    def add(self, name: str, terms: Array, members: csr_array | None = None) -> "Sums":
        """Add up terms of more rows, such as weighted answers, risks or contributions.

        Parameters
        ----------
        terms : one row per response
        members : one row per group, one column per response; everyone when left out
        """
        if members is None:
            return self.merge(Sums(totals={name: FixedSums.of(terms)}))
        return self.merge(Sums(by_group={name: GroupSums.of(terms, members)}))

    def count(self, name: str, numbers: Counts | NDArray[np.bool_]) -> "Sums":
        """Add up whole numbers of more rows: one row per response."""
        return self.merge(Sums({name: np.asarray(numbers.sum(axis=0, dtype=np.int64))}))

    def total(self, name: str) -> Array:
        """Give sums of everyone as doubles."""
        return self.totals[name].to_float()

    def of_groups(self, name: str, count: int) -> Array:
        """Give sums as doubles, one row per group; zero where a group has no row.

        Parameters
        ----------
        count : of groups
        """
        found = self.by_group[name]
        return found.sums.spread(found.groups, count).to_float()

    def tobytes(self) -> bytes:
        """Give all of it as bytes, equal where all sums are."""
        kinds: tuple[Mapping[str, Any], ...] = (self.counts, self.totals, self.by_group)
        return b"|".join(
            name.encode() + kind[name].tobytes() for kind in kinds for name in sorted(kind)
        )


def merge_all(parts: Iterable[Sums]) -> Sums:
    """Merge the sums of several parts of the rows."""
    merged = Sums.empty()
    for part in parts:
        merged = merged.merge(part)
    return merged


def _join(one: Mapping[str, T], other: Mapping[str, T], both: Callable[[T, T], T]) -> dict[str, T]:
    joined = dict(one)
    for name, more in other.items():
        joined[name] = both(joined[name], more) if name in joined else more
    return joined


def _add_counts(one: Counts, other: Counts) -> Counts:
    found = one + other
    if (((one ^ found) & (other ^ found)) < 0).any():
        raise SumRangeError("a count is larger than 64 bits hold, so the input is damaged.")
    return found
