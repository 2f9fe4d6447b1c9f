"""What earlier releases showed, as rows of the present people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.fingerprint import (
    Fingerprints,
    fingerprint_groups,
    from_text,
    least_difference,
    person_keys,
)
from blijfwijzer.disclosure.ledger import Ledger, Release
from blijfwijzer.errors import LedgerError

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
    parts: dict[str, list[Fingerprints]]
    """Figure to the fingerprints of its parts, one table per release that showed it."""
    releases: int
    """Releases of this survey that were looked at."""

    def differs_by_few(self, figure: str, now: Fingerprints, minimum: int) -> bool:
        """Whether a figure was shown of people of whom only a few have joined or left since."""
        for before in self.parts.get(figure, []):
            if before.shape != now.shape:
                continue
            apart = [least_difference(*pair) for pair in zip(now, before, strict=True)]
            if any(0 < people < minimum for people in apart):
                return True
        return False


def read_earlier(
    ledger: Ledger,
    survey: str,
    wave: str,
    responses: pd.DataFrame,
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
    wave : its wave; people of another wave gave other answers
    responses : one row per response
    members_of : who fits a definition; None when columns are missing
    request : hash of all that the present release is made from; an earlier release of the very
        same is not held against it, so that a rerun shows the same

    Raises
    ------
    LedgerError
        Columns are missing by which the people of an earlier release would be known again.
    """
    releases = [
        release
        for release in ledger.releases
        if release.content["survey"] == survey and release.content["request"] != request
    ]
    parts: dict[str, list[Fingerprints]] = {}
    for release in releases:
        for name, texts in release.content.get("parts", {}).items():
            parts.setdefault(name, []).append(np.array([from_text(text) for text in texts]))
    same_rows, few_rows, same_names = [], [], []
    for columns, shown in _by_columns(releases, wave, responses).items():
        names, rows, prints = [], [], []
        for (name, text), definition in shown.items():
            inside = members_of(definition)
            if inside is not None and inside.any():
                names.append(name)
                rows.append(inside)
                prints.append(from_text(text))
        members = csr_array(np.array(rows, dtype=np.int8).reshape(len(rows), len(responses)))
        now = fingerprint_groups(person_keys(responses, columns), ledger.secret, members)
        apart = [least_difference(a, b) for a, b in zip(now, prints, strict=True)]
        for place, people in enumerate(apart):
            if people == 0:
                same_rows.append(members[[place]])
                same_names.append(names[place])
            elif people < minimum:
                few_rows.append(members[[place]])
    nobody = csr_array((0, len(responses)), dtype=np.int8)
    known, forbidden = (
        csr_array(vstack([nobody, *found], format="csr")) for found in (same_rows, few_rows)
    )
    return Earlier(known, tuple(same_names), forbidden, parts, len(releases))


def _by_columns(
    releases: list[Release], wave: str, responses: pd.DataFrame
) -> dict[tuple[str, ...], dict[tuple[str, str], Definition]]:
    """Take together the groups of releases that know people by the same columns."""
    shown: dict[tuple[str, ...], dict[tuple[str, str], Definition]] = {}
    for release in releases:
        if "columns" not in release.content:
            raise LedgerError(
                f"release {release.sequence}: was entered by another version, so it cannot be told "
                "who was in its groups. Nothing was shown. Give --ledger another folder if nothing "
                "of that release was published."
            )
        columns = tuple(release.content["columns"])
        missing = [name for name in columns if name not in responses]
        if missing and release.content["wave"] == wave:
            raise LedgerError(
                f"release {release.sequence} of wave {wave}: {len(missing)} columns by which its "
                f"people are known again are not in this survey: {', '.join(missing[:5])}. Nothing "
                "was shown, since it cannot be told who joined or left. Add these columns, or give "
                "the survey another --wave if it asked other people."
            )
        if not missing:
            groups = shown.setdefault(columns, {})
            for name, group in release.content["groups"].items():
                groups[name, group["fingerprint"]] = group["definition"]
    return shown


def release_content(
    survey: str,
    wave: str,
    dataset: str,
    kind: str,
    request: str,
    groups: dict[str, dict[str, Any]],
    outputs: dict[str, str],
    parts: dict[str, list[str]] | None = None,
    columns: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Say what a release shows, for the ledger: definitions and hashes.

    Parameters
    ----------
    request : hash of all that the release is made from
    groups : id to {definition, fingerprint, statistics}
    outputs : file to SHA-256
    parts : figure to the fingerprint of each part that it is a total over
    columns : those that fingerprints are made from
    """
    return {
        "survey": survey,
        "wave": wave,
        "dataset": dataset,
        "kind": kind,
        "request": request,
        "groups": groups,
        "parts": parts or {},
        "columns": list(columns),
        "outputs": outputs,
    }


def is_repeated(ledger: Ledger, content: dict[str, Any]) -> int:
    """Give the number of a release with the very same content, or 0."""
    for release in ledger.releases:
        if release.content == content:
            return release.sequence
    return 0
