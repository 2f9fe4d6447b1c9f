"""What an outsider knows of the groups of a release, and the proof that nothing of few follows."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.fingerprint import fingerprint_groups, from_text, least_difference
from blijfwijzer.disclosure.ledger import Ledger, proof_of
from blijfwijzer.disclosure.proof import Told
from blijfwijzer.files import hash_bytes
from blijfwijzer.groups.grouping import member_finder
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.request import Request
from blijfwijzer.survey.intake import Intake

Values = Mapping[str, NDArray[np.float64]]


def gather_told(
    intake: Intake, admission: Admission, values: Values, request: Request, ledger: Ledger
) -> Told:
    """Gather the groups that are told, and those that were told before of the same people.

    Parameters
    ----------
    values : outcome to its value per response: 1, 0, or NaN where not known
    """
    grouping = admission.grouping
    is_everyone = grouping.groups["kind"].eq("all").to_numpy()
    # How many answered in all is public, also where their figures are withheld.
    is_known = admission.told | (is_everyone & (not admission.choice.bars_everyone))
    places = np.flatnonzero(is_known)
    names = [str(name) for name in grouping.groups.index[places]]
    earlier = dict(_told_before(intake, admission, request, ledger))
    for name in names:
        earlier.pop(name, None)
    rows = [csr_array(own[None, :].astype(np.int8)) for own in earlier.values()]
    members = csr_array(vstack([grouping.members[places], *rows], format="csr")).astype(np.int64)
    names += earlier
    return Told(
        {name: GroupPath.parse(name).definition for name in names},
        members.sum(axis=1).tolist(),
        list(earlier),
        _answered(members, values, intake.responses["weight"].to_numpy(dtype=float)),
    )


def _told_before(
    intake: Intake, admission: Admission, request: Request, ledger: Ledger
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Give groups that earlier releases told of, with their people, if these are still the same."""
    find = member_finder(intake.responses, request.codebook)
    for release in ledger.releases:
        content: dict[str, Any] = release.content
        if (content["survey"], content["request"]) == (request.survey, request.sha256):
            return
        if content["dataset"] != admission.dataset or content["columns"] != _plain(admission):
            continue
        made = {name: find(group["definition"]) for name, group in content["groups"].items()}
        formed = {name: own for name, own in made.items() if own is not None}
        if not formed:
            continue
        rows = csr_array(np.array(list(formed.values()), dtype=np.int8))
        now = fingerprint_groups(admission.keys, ledger.secret, rows)
        before = np.array([from_text(content["groups"][name]["fingerprint"]) for name in formed])
        apart = least_difference(now, before)
        yield from (
            (name, own) for (name, own), by in zip(formed.items(), apart, strict=True) if not by
        )


def _plain(admission: Admission) -> list[list[str]]:
    return [list(view) for view in admission.columns]


def _answered(
    members: csr_array, values: Values, weight: NDArray[np.float64]
) -> dict[str, list[int]]:
    """Count who answered in each group; of no outcome where answers weigh: no count is told."""
    if (weight != weight[:1]).any():
        return {}
    return {
        name: (members @ (~np.isnan(own)).astype(np.int64)).tolist() for name, own in values.items()
    }


def proofs_of(run: Mapping[str, Any], ledger: Path) -> list[Path]:
    """Give the proofs of a release that are kept beside its ledger, known by their hash."""
    asked = {told.get("sha256") for told in run.get("proofs", {}).values()}
    kept = sorted(proof_of(ledger, 1).parent.glob("*.json"))
    return [path for path in kept if hash_bytes(path.read_bytes()) in asked]
