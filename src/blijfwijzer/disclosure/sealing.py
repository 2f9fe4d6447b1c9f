"""What a line of a ledger tells of people, as it is on disk: of no use to who has not its key.

A fingerprint is sums of what each person adds. In a group of twelve most sums are what one person
adds, and so is what a part of those who were bullied has in common with it: who reads both, and
has no key, sees how many of the group were. So what goes to disk is added to a pad that nobody can
make without the key. The pad follows from the fingerprint itself, so that equal people have equal
texts in one ledger, and a run that is made again is the line that it was (as in Rogaway & Shrimpton
2006, doi:10.1007/11761679_23). All sums are written, also those that are 0: how many are tells how
many people are in a small group.

The hash of a request covers that of the survey's file, and else what a release tells of itself: who
knew all answers but one found that one in a few tries. It is sealed in the same way.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

FITTED = "fitted"
"""What a line of a training calls the fingerprint of the people that its model is fitted on."""
_SEALED = "."
"""What a sealed text begins with; it is no letter of base 64 or 85, and begins no open one."""
_BITS = 31
"""Of a sum, which is below 2^31: of a million groups the other bits would take 24 MB."""
_MARK = 16
"""Bytes of the mark that a pad follows from: two fingerprints have one by a chance of 2^-128."""


def seal(content: Mapping[str, Any], secret: bytes) -> dict[str, Any]:
    """Give the content of a line as it goes to disk.

    Parameters
    ----------
    secret : the ledger's
    """
    told = _each_text(content, lambda text: _seal(text, secret))
    if "request" in told:
        told["request"] = _to_sealed(str(told["request"]).encode(), secret)
    return told


def unseal(content: Mapping[str, Any], secret: bytes) -> dict[str, Any]:
    """Give the content of a line as it was before it was sealed; one that never was, as it is."""
    told = _each_text(content, lambda text: _unseal(text, secret))
    if str(told.get("request", "")).startswith(_SEALED):
        told["request"] = _from_sealed(told["request"], secret).decode()
    return told


def _each_text(content: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Change each fingerprint: of groups, of parts of figures, of whom a model is fitted on."""
    told = dict(content)
    if "groups" in told:
        told["groups"] = {
            name: {key: change(own) if key == "fingerprint" else own for key, own in group.items()}
            for name, group in told["groups"].items()
        }
    if "parts" in told:
        told["parts"] = {name: list(map(change, texts)) for name, texts in told["parts"].items()}
    if FITTED in told:
        told[FITTED] = change(told[FITTED])
    return told


def _seal(text: str, secret: bytes) -> str:
    bits = np.unpackbits(np.frombuffer(base64.b64decode(text), dtype=np.uint8)).reshape(-1, 32)
    return _to_sealed(np.packbits(bits[:, -_BITS:]).tobytes(), secret)


def _unseal(text: str, secret: bytes) -> str:
    if not text.startswith(_SEALED):
        return text
    bits = np.unpackbits(np.frombuffer(_from_sealed(text, secret), dtype=np.uint8))
    sums = bits[: len(bits) // _BITS * _BITS].reshape(-1, _BITS)
    return base64.b64encode(np.packbits(np.pad(sums, ((0, 0), (32 - _BITS, 0)))).tobytes()).decode()


def _to_sealed(told: bytes, secret: bytes) -> str:
    mark = hmac.digest(secret, b"seal" + told, hashlib.sha256)[:_MARK]
    return _SEALED + base64.b64encode(mark + _padded(told, mark, secret)).decode()


def _from_sealed(text: str, secret: bytes) -> bytes:
    raw = base64.b64decode(text.removeprefix(_SEALED))
    return _padded(raw[_MARK:], raw[:_MARK], secret)


def _padded(told: bytes, mark: bytes, secret: bytes) -> bytes:
    """Put the pad of a mark over something, or take it off."""
    pad = hashlib.shake_256(b"pad" + secret + mark).digest(len(told))
    return bytes(np.frombuffer(told, dtype=np.uint8) ^ np.frombuffer(pad, dtype=np.uint8))
