"""Fingerprints of sets of people: whether two sets are the same, and by how many they differ.

A ledger must know whether a group of an earlier release still holds the same people, and must not
hold people. A fingerprint is 64 sums: each person's keyed hash chooses a sum and a number that is
added to it. Equal sums mean equal sets (but for a chance of 2^-61 per sum); each sum that differs
takes at least one person who joined or left, so the number of differing sums is a lower bound on
how many did. Fingerprints add up: that of a rest is that of the whole less those of its parts.

With the key and a guess of a whole group somebody could confirm the guess; that is why the key
stays beside the ledger, readable by its owner only. Without it the sums are random numbers.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

SUMS = 64
PRIME = 2**61 - 1

Fingerprints = NDArray[np.int64]
Views = list[list[bytes]]


def view_keys(responses: pd.DataFrame, views: Sequence[Sequence[str]]) -> Views:
    """Give the bytes of each response by which the same response is known again.

    Parameters
    ----------
    responses : one row per response
    views : parts of the columns; in each a response is known by its answers there, so that a column
        that is lost or coded anew leaves the other views as they were
    """
    found = []
    for columns in views:
        hashed = pd.util.hash_pandas_object(
            responses[sorted(columns)].astype("str"), index=False
        ).reset_index(drop=True)
        # Two people who answered alike are two people: their copies are numbered.
        copy = hashed.groupby(hashed).cumcount()
        found.append([f"{key}:{n}".encode() for key, n in zip(hashed, copy, strict=True)])
    return found


def share_of_copies(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Share of the smaller of two waves that is in the other one, beyond what chance would bring.

    Where a form has few questions, people answer alike who never met. How many do is told by the
    two halves of each wave, taken in turn: these hold different people. Twice as many people find
    each other twice as often; what is left above that is taken as share of those whom chance
    leaves.

    Parameters
    ----------
    one, other : one row per response, the columns that both waves asked

    Returns
    -------
    Share in [0, 1]; 0 where people cannot be told apart.

    >>> answers = pd.DataFrame({"a": range(40), "b": range(40)})
    >>> share_of_copies(answers, answers.iloc[1:]), share_of_copies(answers, answers + 40)
    (1.0, 0.0)
    """
    chance = 2 * max(_share_in_common(wave.iloc[::2], wave.iloc[1::2]) for wave in (one, other))
    if chance >= 1:
        return 0.0
    return max(0.0, (_share_in_common(one, other) - chance) / (1 - chance))


def _share_in_common(one: pd.DataFrame, other: pd.DataFrame) -> float:
    keys = [set(view_keys(answers, [list(answers.columns)])[0]) for answers in (one, other)]
    return len(keys[0] & keys[1]) / max(1, min(map(len, keys)))


def fingerprint_groups(views: Views, secret: bytes, members: csr_array) -> Fingerprints:
    """Fingerprint each group.

    Parameters
    ----------
    views : per view one key per response
    members : one row per group, one column per response

    Returns
    -------
    Groups x views x 64 sums modulo 2^61 - 1.
    """
    sums = np.zeros((members.shape[0], len(views), SUMS), dtype=np.int64)
    for place, keys in enumerate(views):
        sums[:, place] = _sum_up(keys, secret, members)
    return sums


def _sum_up(keys: Sequence[bytes], secret: bytes, members: csr_array) -> Fingerprints:
    digests = [hmac.digest(secret, key, hashlib.sha256) for key in keys]
    bucket = np.array([digest[0] % SUMS for digest in digests], dtype=np.int64)
    number = np.array([int.from_bytes(d[1:9], "big") % PRIME for d in digests], dtype=np.int64)
    # Halves of 31 bits, added up in 64: exact for groups of up to 2^32 people.
    to_bucket = csr_array(
        (np.ones(len(keys), dtype=np.int64), (np.arange(len(keys)), bucket)),
        shape=(len(keys), SUMS),
    )
    whole = members.astype(np.int64)
    upper, lower = (
        (whole @ to_bucket.multiply(half[:, None]).tocsr()).toarray()
        for half in (number >> 31, number & (2**31 - 1))
    )
    shifted = (upper.astype(object) * 2**31 + lower.astype(object)) % PRIME
    return np.asarray(shifted, dtype=np.int64)


def least_difference(one: Fingerprints, other: Fingerprints) -> NDArray[np.int64]:
    """Fewest people by which sets can differ, by the view in which they differ least; 0: the same.

    Parameters
    ----------
    one, other : ... x views x 64; broadcast against each other

    >>> int(least_difference(np.zeros((1, 64), dtype=np.int64), np.zeros((1, 64), dtype=np.int64)))
    0
    """
    return np.asarray((one != other).sum(axis=-1).min(axis=-1))


@dataclass(frozen=True)
class Likeness:
    """How sets compare with earlier ones: one of each per set."""

    is_same: NDArray[np.bool_]
    """An earlier set holds the very same people."""
    is_near: NDArray[np.bool_]
    """An earlier set holds nearly the same: a few have joined or left."""
    apart: NDArray[np.int64]
    """People by whom near ones differ, at most, as far as sums tell; 0 where none is near."""


def compare(now: Fingerprints, before: Fingerprints, minimum: int) -> Likeness:
    """Hold each set against all earlier ones.

    Parameters
    ----------
    now, before : sets x views x 64
    minimum : people by whom sets must differ to be others
    """
    is_same, is_near = (np.zeros(len(now), dtype=bool) for _ in range(2))
    apart = np.zeros(len(now), dtype=np.int64)
    for place, own in enumerate(now):
        # Sets that differ in so many of the first sums differ in as many of all.
        first = least_difference(own[None, :, : 2 * minimum], before[:, :, : 2 * minimum])
        alike = before[first < minimum]
        sums = (own[None] != alike).sum(axis=-1)
        least = sums.min(axis=-1)
        near = (least > 0) & (least < minimum)
        is_same[place], is_near[place] = (least == 0).any(), near.any()
        # Of two people in one sum one view may tell one, and another view both.
        apart[place] = np.minimum(sums[near].max(initial=0), minimum - 1)
    return Likeness(is_same, is_near, apart)


def to_text(fingerprint: Fingerprints) -> str:
    """Write a fingerprint as hexadecimal digits."""
    return fingerprint.astype(">i8").tobytes().hex()


def from_text(text: str) -> Fingerprints:
    """Read what `to_text` wrote: views x 64."""
    return np.frombuffer(bytes.fromhex(text), dtype=">i8").astype(np.int64).reshape(-1, SUMS)
