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
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

SUMS = 64
PRIME = 2**61 - 1

Fingerprints = NDArray[np.int64]


def person_keys(responses: pd.DataFrame, columns: Sequence[str]) -> list[bytes]:
    """Give the bytes of each response by which the same response is known again.

    Parameters
    ----------
    responses : one row per response
    columns : whose answers make a response; columns that a later file may lack, or that change
        with others (a weight), are not among them
    """
    answers = responses[sorted(columns)]
    hashed = pd.util.hash_pandas_object(answers.astype("str"), index=False)
    # Two people who answered alike are two people: their copies are numbered.
    copy = hashed.groupby(hashed).cumcount()
    return [f"{key}:{number}".encode() for key, number in zip(hashed, copy, strict=True)]


def fingerprint_groups(keys: Sequence[bytes], secret: bytes, members: csr_array) -> Fingerprints:
    """Fingerprint each group.

    Parameters
    ----------
    keys : one per response
    members : one row per group, one column per response

    Returns
    -------
    One row per group, 64 sums modulo 2^61 - 1.
    """
    digests = [hmac.digest(secret, key, hashlib.sha256) for key in keys]
    bucket = np.array([digest[0] % SUMS for digest in digests], dtype=np.int64)
    number = np.array([int.from_bytes(d[1:9], "big") % PRIME for d in digests], dtype=np.int64)
    sums = np.zeros((members.shape[0], SUMS), dtype=np.int64)
    for group, (start, end) in enumerate(zip(members.indptr, members.indptr[1:], strict=False)):
        people = members.indices[start:end]
        # Halves of 31 bits: bincount adds in doubles, which are exact up to 2^53, so sums of up to
        # 2^22 people (four million) in a group are.
        high = np.bincount(bucket[people], weights=number[people] >> 31, minlength=SUMS)
        low = np.bincount(bucket[people], weights=number[people] & (2**31 - 1), minlength=SUMS)
        sums[group] = [
            (int(upper) * 2**31 + int(lower)) % PRIME
            for upper, lower in zip(high, low, strict=True)
        ]
    return sums


def subtract(whole: Fingerprints, parts: Fingerprints) -> Fingerprints:
    """Fingerprint what is left of a whole without its parts (one row per part)."""
    rest: Any = whole.astype(object) - parts.astype(object).sum(axis=0)
    return np.asarray(rest % PRIME, dtype=np.int64)


def least_difference(one: Fingerprints, other: Fingerprints) -> int:
    """Fewest people by which two sets can differ; 0 means that they are the same.

    >>> least_difference(np.zeros(64, dtype=np.int64), np.zeros(64, dtype=np.int64))
    0
    """
    return int((one != other).sum())


def to_text(fingerprint: Fingerprints) -> str:
    """Write a fingerprint as hexadecimal digits."""
    return fingerprint.astype(">i8").tobytes().hex()


def from_text(text: str) -> Fingerprints:
    """Read what `to_text` wrote."""
    return np.frombuffer(bytes.fromhex(text), dtype=">i8").astype(np.int64)
