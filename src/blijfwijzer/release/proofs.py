"""What an outsider knows of the groups of a release, and the proof that nothing of few follows."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.fingerprint import add_up, differing_sums, from_text, judge
from blijfwijzer.disclosure.ledger import Ledger, proof_of
from blijfwijzer.disclosure.proof import Told
from blijfwijzer.disclosure.standing import lines_before, standing
from blijfwijzer.files import hash_bytes
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.release.admission import Admission, Crowd
from blijfwijzer.release.request import Request

_RATE = "rate:"
"""What figures are called that are shares of who answered, before the outcome."""


def gather_told(
    crowd: Crowd,
    admission: Admission,
    bases: Mapping[str, Basis],
    request: Request,
    ledger: Ledger,
) -> Told:
    """Gather the groups that are told, and those that were told before of the same people.

    Parameters
    ----------
    bases : what groups are told by, such as "rate:vertrekintentie", to what that rests on
    """
    grouping = admission.grouping
    is_everyone = grouping.groups["kind"].eq("all").to_numpy()
    # How many answered in all is public, also where their figures are withheld.
    is_known = admission.told | (is_everyone & (not admission.choice.bars_everyone))
    places = np.flatnonzero(is_known)
    names = [str(name) for name in grouping.groups.index[places]]
    earlier = _told_before(set(names), crowd, admission, request, ledger)
    rows = [csr_array(own[None, :].astype(np.int8)) for own in earlier.values()]
    members = csr_array(vstack([grouping.members[places], *rows], format="csr")).astype(np.int64)
    names += earlier
    # Where answers weigh, a share is of no count.
    return Told(
        {name: GroupPath.parse(name).definition for name in names},
        members.sum(axis=1).tolist(),
        list(earlier),
        _answered(admission, bases, places, len(earlier)) if crowd.is_counted else {},
    )


def _told_before(
    now: Collection[str], crowd: Crowd, admission: Admission, request: Request, ledger: Ledger
) -> dict[str, NDArray[np.bool_]]:
    """Give more groups that earlier releases told of, if they hold the same people still."""
    find, told = crowd.present.members_of, dict[str, NDArray[np.bool_]]()
    people = admission.people
    for release in _of_these_people(admission, request, ledger):
        # Groups that are told again are left out first: to form thousands takes memory.
        shown = {name: own for name, own in release.content["groups"].items() if name not in now}
        made = {name: find(group["definition"]) for name, group in shown.items()}
        formed = {name: own for name, own in made.items() if own is not None}
        if formed:
            rows = csr_array(np.array(list(formed.values()), dtype=np.int8))
            present = add_up(people.marks, rows)
            before = np.array([from_text(shown[name]["fingerprint"]) for name in formed])
            alike = judge(differing_sums(present, before), admission.minimum, people.sight)
            both = zip(formed, alike.is_equal, strict=True)
            told |= {name: formed[name] for name, is_equal in both if is_equal}
    return told


def _of_these_people(admission: Admission, request: Request, ledger: Ledger) -> list[Release]:
    """Give the releases of this very file before this one, which know people by the same columns.

    Those that were taken back were given to nobody, so nobody knows of them.
    """
    dataset, columns = ledger.identify(admission.dataset), list(map(list, admission.columns))
    asked = {"survey": request.survey, "request": request.sha256}
    return [
        line
        for line in standing(lines_before(ledger.releases, asked))
        if (line.content["dataset"], line.content["columns"]) == (dataset, columns)
    ]


def _answered(
    admission: Admission, bases: Mapping[str, Basis], places: NDArray[np.intp], earlier: int
) -> dict[str, list[int | None]]:
    """Count per outcome who answered in each group that is told its share; none of another."""
    members = admission.grouping.members[places].astype(np.int64)
    counted: dict[str, list[int | None]] = {}
    for figure, basis in bases.items():
        if not figure.startswith(_RATE) or len(basis.values) != 1:
            continue
        n = (members @ (~np.isnan(basis.values[0])).astype(np.int64)).tolist()
        pairs = zip(n, admission.tells(figure)[places], strict=True)
        own = [count if is_told else None for count, is_told in pairs]
        counted[figure.removeprefix(_RATE)] = own + [None] * earlier
    return counted


def proofs_of(run: Mapping[str, Any], ledger: Path) -> list[Path]:
    """Give the proofs of a release that are kept beside its ledger, known by their hash."""
    asked = {told.get("sha256") for told in run.get("proofs", [])}
    kept = sorted(proof_of(ledger, 1).parent.glob("*.json"))
    return [path for path in kept if hash_bytes(path.read_bytes()) in asked]
