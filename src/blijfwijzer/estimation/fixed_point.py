"""Sums in 128 bits: of the same terms the same bytes, in any order and in any parts.

Sums of floating-point numbers depend on their order (Demmel & Nguyen 2015, IEEE Transactions on
Computers 64, p. 2060), so machines that share the work give another last digit than one. Here each
term is rounded once, to a whole number of steps of 2^-64, and whole numbers are added: exactly
associative and commutative. A double of 2^-12 or more is such a whole number itself, and loses
nothing. What does not fit is refused, and never wraps.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.errors import SumRangeError
from blijfwijzer.survey.arrays import Array, Codes

LARGEST_SUM = 2.0**62
"""What the largest term times their number must stay below. Sums must lie in [-2^63, 2^63)."""
_LIMB = 2.0**32
_MOST_ROWS = 2**31
"""Terms added at once: as many of 2^32 still fit in 64 bits."""
_LOW = np.int64(2**32 - 1)


@dataclass(frozen=True, eq=False)
class FixedSums:
    """An array of numbers, each high + low / 2^64."""

    high: NDArray[np.int64]
    low: NDArray[np.uint64]

    @classmethod
    def of(cls, terms: Array, members: csr_array | None = None) -> "FixedSums":
        """Add up the rows of terms.

        Parameters
        ----------
        terms : one row per response; the largest of them so often within `LARGEST_SUM`
        members : one row per group of 0 and 1, one column per response; everyone when left out

        Returns
        -------
        One row per group of sums; without groups the sums alone.

        Raises
        ------
        SumRangeError
            A term is too large, or no number.
        """
        _refuse_terms(terms)
        adder = None if members is None else members.astype(np.int64)
        # One column at a time: three whole numbers of each term take three times as much.
        columns = terms.reshape(len(terms), prod(terms.shape[1:]))
        rows = 1 if adder is None else adder.shape[0]
        sums = np.empty((3, rows, columns.shape[1]), dtype=np.int64)
        for column, own in enumerate(columns.T):
            for place, limb in enumerate(_split(own)):
                sums[place, :, column] = limb.sum() if adder is None else adder @ limb
        shape = terms.shape[1:] if adder is None else (rows, *terms.shape[1:])
        return _carry(*sums.reshape(3, *shape))

    def __add__(self, other: "FixedSums") -> "FixedSums":
        """Add sums to each other.

        Raises
        ------
        SumRangeError
            One leaves the range.
        """
        with np.errstate(over="ignore"):
            low = np.asarray(self.low + other.low)
            high = np.asarray(self.high + other.high + (low < self.low))
        # Both had one sign and the sum has the other, in two's complement.
        if (((self.high ^ high) & (other.high ^ high)) < 0).any():
            raise SumRangeError(
                "a weighted sum leaves the range of 128 bits at steps of 2^-64 (9.2e18), and "
                "nothing was written. Scale the weights of the survey down: only how they compare "
                "matters."
            )
        return FixedSums(high, low)

    def spread(self, places: Codes, count: int) -> "FixedSums":
        """Put rows at places among `count` rows; the others are zero."""
        high, low = (
            np.zeros((count, *part.shape[1:]), dtype=part.dtype) for part in (self.high, self.low)
        )
        high[places], low[places] = self.high, self.low
        return FixedSums(high, low)

    def of_groups(self, members: csr_array) -> "FixedSums":
        """Add up rows by group.

        Parameters
        ----------
        members : one row per group of 0 and 1, one column per row of these

        Raises
        ------
        SumRangeError
            A sum leaves the range.
        """
        adder = members.astype(np.int64)
        largest = adder @ (np.abs(self.high.astype(float)) + 1)
        if (largest >= LARGEST_SUM).any():
            raise SumRangeError(
                "weighted sums of parts of the people are too large to add up exactly. Scale the "
                "weights of the survey down: only how they compare matters."
            )
        middle, last = (self.low >> np.uint64(32), self.low & np.uint64(_LOW))
        return _carry(*(adder @ limb.astype(np.int64) for limb in (self.high, middle, last)))

    def to_float(self) -> Array:
        """Give the doubles next to these numbers; small ones below zero keep their digits."""
        is_negative = self.high < 0
        with np.errstate(over="ignore"):
            low = np.where(is_negative, ~self.low + np.uint64(1), self.low)
            high = np.where(is_negative, ~self.high + (self.low == 0), self.high)
        # The smallest of all has no positive twin in 64 bits.
        size = np.where(high < 0, 2.0**63, high.astype(float)) + low.astype(float) * 2.0**-64
        return np.where(is_negative, -size, size)

    def tobytes(self) -> bytes:
        """Give the bytes of all numbers: equal where these are equal, on any machine."""
        return self.high.astype("<i8").tobytes() + self.low.astype("<u8").tobytes()


def _refuse_terms(terms: Array) -> None:
    if len(terms) >= _MOST_ROWS:
        raise SumRangeError(
            f"{len(terms):,} rows are added up at once, and {_MOST_ROWS:,} may be. Use smaller "
            "batches."
        )
    # Not the other way round, so that what is no number is refused too.
    largest = LARGEST_SUM / max(len(terms), 1)
    wrong = int((~(np.abs(terms) < largest)).sum())
    if wrong:
        raise SumRangeError(
            f"{wrong} terms of a weighted sum are no numbers below {largest:.2g}, which is the "
            f"largest that is added up exactly of {len(terms):,}. Look at the weights of the "
            "survey: only how they compare matters, so they can be scaled down."
        )


def _split(terms: Array) -> tuple[NDArray[np.int64], ...]:
    """Write terms as three whole numbers each, of 1, 2^-32 and 2^-64; the last one is rounded."""
    whole = np.trunc(terms)
    rest = (terms - whole) * _LIMB
    middle = np.trunc(rest)
    last = np.rint((rest - middle) * _LIMB)
    return whole.astype(np.int64), middle.astype(np.int64), last.astype(np.int64)


def _carry(whole: Any, middle: Any, last: Any) -> FixedSums:
    """Write three sums as one number each, in the one way that there is."""
    middle = middle + (last >> 32)
    high = whole + (middle >> 32)
    low = ((middle & _LOW) << 32) | (last & _LOW)
    return FixedSums(np.asarray(high, dtype=np.int64), np.asarray(low).astype(np.uint64))
