"""What earlier releases showed, as rows of the present people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.fingerprint import fingerprint_groups, from_text, least_difference
from blijfwijzer.disclosure.ledger import Ledger

Definition = dict[str, str]
"""Column to the code or band that all people of a group have."""


@dataclass(frozen=True)
class Earlier:
    """Earlier groups, read on the present responses."""

    known: csr_array
    """Groups that hold the same people as when they were shown."""
    known_ids: tuple[str, ...]
    forbidden: csr_array
    """Groups that a few people have joined or left since: to show what such a group holds now
    would tell of those few by subtraction."""
    releases: int
    """Releases of this survey that were looked at."""


def read_earlier(
    ledger: Ledger,
    survey: str,
    keys: list[bytes],
    members_of: Callable[[Definition], NDArray[np.bool_] | None],
    minimum: int,
    request: str = "",
) -> Earlier:
    """Hold the groups of earlier releases against the present people.

    A group of which at least `minimum` people joined or left is another group: subtracting it
    tells of that many. A group that cannot be formed from the present columns is left out.

    Parameters
    ----------
    survey : name of the survey; releases of other surveys ask other people
    keys : one per response, by which it is known again
    members_of : who fits a definition; None when columns are missing
    request : hash of all that the present release is made from; an earlier release of the very
        same is not held against it, so that a rerun shows the same
    """
    shown: dict[tuple[str, str], tuple[str, Definition]] = {}
    releases = [
        release
        for release in ledger.releases
        if release.content["survey"] == survey and release.content["request"] != request
    ]
    for release in releases:
        for name, group in release.content["groups"].items():
            shown[name, group["fingerprint"]] = (name, group["definition"])
    names, rows, prints = [], [], []
    for (_, text), (name, definition) in shown.items():
        inside = members_of(definition)
        if inside is not None and inside.any():
            names.append(name)
            rows.append(inside)
            prints.append(from_text(text))
    members = csr_array(np.array(rows, dtype=np.int8).reshape(len(rows), len(keys)))
    now = fingerprint_groups(keys, ledger.secret, members)
    apart = np.array([least_difference(a, b) for a, b in zip(now, prints, strict=True)], dtype=int)
    same, few = np.flatnonzero(apart == 0), np.flatnonzero((apart > 0) & (apart < minimum))
    return Earlier(
        members[same], tuple(names[place] for place in same), members[few], len(releases)
    )


def release_content(
    survey: str,
    wave: str,
    dataset: str,
    kind: str,
    request: str,
    groups: dict[str, dict[str, Any]],
    outputs: dict[str, str],
) -> dict[str, Any]:
    """Say what a release shows, for the ledger: definitions and hashes.

    Parameters
    ----------
    request : hash of all that the release is made from
    groups : id to {definition, fingerprint, statistics}
    outputs : file to SHA-256
    """
    return {
        "survey": survey,
        "wave": wave,
        "dataset": dataset,
        "kind": kind,
        "request": request,
        "groups": groups,
        "outputs": outputs,
    }


def is_repeated(ledger: Ledger, content: dict[str, Any]) -> int:
    """Give the number of a release with the very same content, or 0."""
    for release in ledger.releases:
        if release.content == content:
            return release.sequence
    return 0
