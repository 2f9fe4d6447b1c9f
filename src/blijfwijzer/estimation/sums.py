"""What leaves a batch of rows: counts and weighted sums that merge exactly.

In whichever batches rows are added, and in whichever order these are merged: the same rows give the
same bytes. So one process, sixteen, or a cluster of which machines die tell the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.errors import SumRangeError
from blijfwijzer.estimation.fixed_point import FixedSums
from blijfwijzer.survey.arrays import Array, Codes

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sums:
    """Named counts and weighted sums of some rows; what is not there is zero."""

    counts: Mapping[str, Counts] = field(default_factory=dict)
    """In 64 bits."""
    totals: Mapping[str, FixedSums] = field(default_factory=dict)

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
        counts, totals = dict(self.counts), dict(self.totals)
        for name, more in other.counts.items():
            counts[name] = _add_counts(counts[name], more) if name in counts else more
        for name, sums in other.totals.items():
            totals[name] = totals[name] + sums if name in totals else sums
        return Sums(counts, totals)

    def add(self, name: str, terms: Array, members: csr_array | None = None) -> "Sums":
        """Add up terms of more rows, such as weighted answers, risks or contributions.

        Parameters
        ----------
        terms : one row per response
        members : one row per group, one column per response; everyone when left out
        """
        return self.merge(Sums(totals={name: FixedSums.of(terms, members)}))

    def count(self, name: str, numbers: Counts | NDArray[np.bool_]) -> "Sums":
        """Add up whole numbers of more rows: one row per response."""
        return self.merge(Sums({name: np.asarray(numbers.sum(axis=0, dtype=np.int64))}))

    def count_bins(self, name: str, bins: Codes, size: int) -> "Sums":
        """Count the rows in each bin of a histogram; -1 is in none."""
        found = np.bincount(bins[bins >= 0], minlength=size).astype(np.int64)
        return self.merge(Sums({name: found}))

    def add_products(self, name: str, columns: Array, weight: Array) -> "Sums":
        """Add to a Gram matrix: of all pairs of columns the sums of their weighted products."""
        products = weight[:, None, None] * columns[:, :, None] * columns[:, None, :]
        return self.add(name, products)

    def total(self, name: str) -> Array:
        """Give sums as doubles."""
        return self.totals[name].to_float()

    def tobytes(self) -> bytes:
        """Give all of it as bytes, equal where all sums are."""
        counts = (name.encode() + self.counts[name].tobytes() for name in sorted(self.counts))
        totals = (name.encode() + self.totals[name].tobytes() for name in sorted(self.totals))
        return b"".join([*counts, b"|", *totals])


def merge_all(parts: Iterable[Sums]) -> Sums:
    """Merge the sums of several parts of the rows."""
    merged = Sums.empty()
    for part in parts:
        merged = merged.merge(part)
    return merged


def _add_counts(one: Counts, other: Counts) -> Counts:
    found = one + other
    if (((one ^ found) & (other ^ found)) < 0).any():
        raise SumRangeError("a count is larger than 64 bits hold, so the input is damaged.")
    return found
