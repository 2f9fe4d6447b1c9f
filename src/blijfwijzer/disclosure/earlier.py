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
    view_keys,
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
    forbidden: csr_array
    """Groups that a few people have joined or left since: to show what such a group holds now
    would tell of those few by subtraction."""
    repeated: NDArray[np.bool_]
    """Per present group: whether an earlier release shows the very same people."""
    parts: dict[str, list[Fingerprints]]
    """Figure to the fingerprints of its parts, one table per release that showed it."""
    releases: int
    """Releases of this survey that were looked at."""
    minimum: int
    """Largest minimum that these promised; 0 when there are none."""

    def differs_by_few(self, figure: str, now: Fingerprints, minimum: int) -> bool:
        """Whether a figure was shown of people of whom only a few have joined or left since."""
        for before in self.parts.get(figure, []):
            if before.shape == now.shape:
                apart = least_difference(now, before)
                if ((apart > 0) & (apart < minimum)).any():
                    return True
        return False


def read_earlier(
    ledger: Ledger,
    survey: str,
    wave: str,
    responses: pd.DataFrame,
    groups: csr_array,
    members_of: Callable[[Definition], NDArray[np.bool_] | None],
    minimum: int,
    request: str = "",
) -> Earlier:
    """Hold the groups of earlier releases against the present people.

    Present groups are held against all earlier ones by who is in them, whatever they are called;
    earlier groups are also formed anew by their definition. A group of which at least `minimum`
    people joined or left is another group: subtracting it tells of that many.

    Parameters
    ----------
    survey : name of the survey; releases of other surveys ask other people
    wave : its wave; people of another wave gave other answers
    responses : one row per response
    groups : present groups, one row each
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
    repeated = np.zeros(groups.shape[0], dtype=bool)
    nobody = csr_array((0, len(responses)), dtype=np.int8)
    same, few = [nobody], [nobody]
    for views, shown in _by_columns(releases, wave, responses).items():
        usable = [v for v, columns in enumerate(views) if set(columns) <= set(responses)]
        before = np.array([from_text(text)[usable] for _, text in shown])
        made = [members_of(definition) for definition in shown.values()]
        formed = np.flatnonzero([row is not None and bool(row.any()) for row in made])
        rows = csr_array(
            np.array([made[place] for place in formed], dtype=np.int8).reshape(
                len(formed), len(responses)
            )
        )
        keys = view_keys(responses, [views[v] for v in usable])
        now = fingerprint_groups(keys, ledger.secret, groups)
        # By who is in them: each present group against the earlier one that is nearest.
        for place, own in enumerate(now):
            apart = least_difference(own[None], before)
            repeated[place] |= bool((apart == 0).any())
            if ((apart > 0) & (apart < minimum)).any():
                few.append(groups[[place]])
        # By what they are called.
        apart = least_difference(fingerprint_groups(keys, ledger.secret, rows), before[formed])
        same.append(rows[np.flatnonzero(apart == 0)])
        few.append(rows[np.flatnonzero((apart > 0) & (apart < minimum))])
    same.append(groups[np.flatnonzero(repeated)])
    return Earlier(
        _distinct(csr_array(vstack(same, format="csr"))),
        _distinct(csr_array(vstack(few, format="csr"))),
        repeated,
        _parts(releases),
        len(releases),
        max((int(release.content["minimum"]) for release in releases), default=0),
    )


def _distinct(groups: csr_array) -> csr_array:
    """Keep each set of people once, however many releases showed it and under whatever name."""
    groups.sort_indices()
    first: dict[bytes, int] = {}
    for place, (start, end) in enumerate(zip(groups.indptr, groups.indptr[1:], strict=False)):
        first.setdefault(groups.indices[start:end].tobytes(), place)
    return groups[np.array(sorted(first.values()), dtype=np.intp)]


def _parts(releases: list[Release]) -> dict[str, list[Fingerprints]]:
    parts: dict[str, list[Fingerprints]] = {}
    for release in releases:
        for name, texts in release.content["parts"].items():
            parts.setdefault(name, []).append(np.array([from_text(text) for text in texts]))
    return parts


def _by_columns(
    releases: list[Release], wave: str, responses: pd.DataFrame
) -> dict[tuple[tuple[str, ...], ...], dict[tuple[str, str], Definition]]:
    """Take together the groups of releases that know people by the same columns."""
    shown: dict[tuple[tuple[str, ...], ...], dict[tuple[str, str], Definition]] = {}
    for release in releases:
        content = release.content
        if not content["groups"]:
            continue
        views = tuple(tuple(columns) for columns in content["columns"])
        missing = sorted({n for columns in views for n in columns} - set(responses))
        if all(set(columns) & set(missing) for columns in views):
            if content["wave"] != wave:
                continue
            raise LedgerError(
                f"release {release.sequence} of wave {wave}: {len(missing)} columns by which its "
                f"people are known again are not in this survey: {', '.join(missing[:5])}. Nothing "
                "was shown, since it cannot be told who joined or left. Add these columns, or give "
                "the survey another --wave if it asked other people."
            )
        groups = shown.setdefault(views, {})
        for name, group in content["groups"].items():
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
    columns: tuple[tuple[str, ...], ...] = (),
    minimum: int = 0,
) -> dict[str, Any]:
    """Say what a release shows, for the ledger: definitions and hashes.

    Parameters
    ----------
    request : hash of all that the release is made from
    groups : id to {definition, fingerprint, statistics}
    outputs : file to SHA-256
    parts : figure to the fingerprint of each part that it is a total over
    columns : per view of a fingerprint, those that it is made from
    minimum : fewest people that anything shown tells something about
    """
    return {
        "survey": survey,
        "wave": wave,
        "dataset": dataset,
        "kind": kind,
        "request": request,
        "groups": groups,
        "parts": parts or {},
        "columns": [list(view) for view in columns],
        "minimum": minimum,
        "outputs": outputs,
    }


def is_repeated(ledger: Ledger, content: dict[str, Any]) -> int:
    """Give the number of a release with the very same content, or 0."""
    for release in ledger.releases:
        if release.content == content:
            return release.sequence
    return 0
