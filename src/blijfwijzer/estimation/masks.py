"""Sums that leave an office: masked, so that only the sum over all offices tells anything.

For each pair of offices 128 bits per number follow from a key that both have: the first adds them,
the second takes them off, both modulo 2^128. What one office gives away is then as good as random,
and in the sum over all of them every mask cancels, to the last bit, since fixed-point sums are
whole numbers (Bonawitz et al. 2017, doi:10.1145/3133956.3133982, where nobody drops out). Bits are
those of SHAKE-256 (FIPS 202) of the key and of what names the number.
"""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.errors import SumRangeError
from blijfwijzer.estimation.fixed_point import FixedSums

_BYTES = 16
_MOST = 2**62
"""What sums of all offices together must stay below: masked ones wrap, and nobody would see it."""

Words = NDArray[np.uint64]


def mask(sums: FixedSums, office: str, offices: Sequence[str], secret: bytes) -> FixedSums:
    """Mask the sums of one office.

    Parameters
    ----------
    sums : one row per part of the people, one column per number
    office : one of `offices`
    offices : all whose sums will be added, each once
    secret : what only these know, and is used for these numbers alone

    Raises
    ------
    SumRangeError
        Sums are so large that those of all offices together may leave their range.
    """
    if (np.abs(sums.to_float()) >= _MOST / len(offices)).any():
        raise SumRangeError(
            f"a weighted sum is larger than {_MOST / len(offices):.2g}, so that those of "
            f"{len(offices)} offices may leave the range of 128 bits. Nothing was written. Scale "
            "the weights of the survey down: only how they compare matters."
        )
    masked = sums
    for other in offices:
        if other != office:
            first, second = sorted((office, other))
            bits = _bits(secret, f"{first}\n{second}", sums.high.shape)
            masked = _add(masked, bits if office == first else _negative(bits))
    return masked


def unmask(parts: Iterable[FixedSums]) -> FixedSums:
    """Add the masked sums of all offices, in whatever order: masks cancel.

    Parameters
    ----------
    parts : of one shape, one or more
    """
    first, *others = parts
    for other in others:
        first = _add(first, other)
    return first


def _bits(secret: bytes, name: str, shape: tuple[int, ...]) -> FixedSums:
    """Give 128 bits per number of a pair of offices."""
    rows, columns = shape
    words = np.empty((columns, rows, 2), dtype=np.uint64)
    for column in range(columns):
        stream = hashlib.shake_256(secret + f"{name}\n{column}".encode())
        bits = np.frombuffer(stream.digest(_BYTES * rows), dtype="<u8")
        words[column] = bits.reshape(rows, 2)
    return FixedSums(words[..., 0].T.view(np.int64), words[..., 1].T)


def _add(one: FixedSums, other: FixedSums) -> FixedSums:
    """Add modulo 2^128."""
    with np.errstate(over="ignore"):
        low: Words = np.asarray(one.low + other.low)
        high = one.high.view(np.uint64) + other.high.view(np.uint64) + (low < one.low)
    return FixedSums(high.view(np.int64), low)


def _negative(sums: FixedSums) -> FixedSums:
    """Give what adds up to zero with some numbers, modulo 2^128."""
    with np.errstate(over="ignore"):
        low: Words = np.asarray(~sums.low + np.uint64(1))
        high = ~sums.high.view(np.uint64) + (low == 0)
    return FixedSums(high.view(np.int64), low)
