"""What an outsider knows of the groups of a release, and the proof that nothing of few follows."""

from collections.abc import Collection, Mapping
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
    earlier = _told_before(set(names), intake, admission, request, ledger)
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
    now: Collection[str], intake: Intake, admission: Admission, request: Request, ledger: Ledger
) -> dict[str, NDArray[np.bool_]]:
    """Give more groups that earlier releases told of, if they hold the same people still."""
    find, told = member_finder(intake.responses, request.codebook), dict[str, NDArray[np.bool_]]()
    for release in ledger.releases:
        content: dict[str, Any] = release.content
        if (content["survey"], content["request"]) == (request.survey, request.sha256):
            break
        if content["dataset"] != admission.dataset or content["columns"] != _plain(admission):
            continue
        # Groups that are told again are left out first: to form thousands takes memory.
        shown = {name: own for name, own in content["groups"].items() if name not in now}
        made = {name: find(group["definition"]) for name, group in shown.items()}
        formed = {name: own for name, own in made.items() if own is not None}
        prints = np.array([from_text(shown[name]["fingerprint"]) for name in formed])
        if formed:
            rows = csr_array(np.array(list(formed.values()), dtype=np.int8))
            present = fingerprint_groups(admission.keys, ledger.secret, rows)
            is_same = least_difference(present, prints) == 0
            told |= {name: formed[name] for name, same in zip(formed, is_same, strict=True) if same}
    return told


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
    asked = {told.get("sha256") for told in run.get("proofs", [])}
    kept = sorted(proof_of(ledger, 1).parent.glob("*.json"))
    return [path for path in kept if hash_bytes(path.read_bytes()) in asked]
