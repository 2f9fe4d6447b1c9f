"""Whether a release is as the ledger has it, and what follows from all that was shown."""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.atoms import find_atoms
from blijfwijzer.disclosure.certificate import certify, may_follow
from blijfwijzer.disclosure.fingerprint import (
    fingerprint_groups,
    from_text,
    least_difference,
    view_keys,
)
from blijfwijzer.disclosure.ledger import Ledger, Release, open_ledger
from blijfwijzer.errors import DisclosureError, ReleaseError
from blijfwijzer.groups.grouping import member_finder
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake

_TABLES: dict[str, dict[str, int]] = {
    "groups.parquet": {"_rate": 0, "_low": 0, "_high": 0},
    "climate.parquet": {"favourable": 0, "pooled": 1, "_mean": 1, "_difference": 1, "grade": 1},
}
"""Tables of groups in a release, and the decimals that columns with such an end may have."""


def hold_files(release: Path, run: dict[str, Any], entered: list[Release]) -> None:
    """Refuse a release whose files are not as they were entered in the ledger.

    Raises
    ------
    ReleaseError
    """
    by_number = {one.sequence: one for one in entered}
    outputs: dict[str, str] = {}
    for head in [run["ledger"], *([run["vouchers"]["ledger"]] if "vouchers" in run else [])]:
        line = by_number.get(int(head["sequence"]))
        if line is None or line.hash != head["hash"]:
            raise ReleaseError(
                f"{release}: release {head['sequence']} is not in this ledger. Do not publish it. "
                "Give the right ledger, or make it again."
            )
        outputs = line.content["outputs"]
    wrong = sorted(
        name
        for name in set(outputs) | set(run["files"])
        if outputs.get(name) != run["files"].get(name)
    )
    if wrong:
        raise ReleaseError(
            f"{release}: {len(wrong)} files are not as they were entered in the ledger: "
            f"{', '.join(wrong[:5])}. Do not publish it. Make it again."
        )


def hold_rows(release: Path, minimum: int) -> int:
    """Refuse rows of few people or of figures that are too fine; give the groups that are told."""
    groups, few, fine = set[str](), 0, 0
    for name, coarse in _TABLES.items():
        if not (release / name).is_file():
            continue
        table = pd.read_parquet(release / name)
        groups |= set(table["group"].astype("str"))
        few += int((table["n"] < minimum).sum())
        for ending, decimals in coarse.items():
            told = [column for column in table if str(column).endswith(ending)]
            figures = table[told].to_numpy(dtype=float)
            figures = figures[~np.isnan(figures)]
            fine += int((np.abs(figures - figures.round(decimals)) > 1e-9).sum())
    if few or fine:
        raise ReleaseError(
            f"{release}: {few} rows stand for fewer than {minimum} respondents, {fine} figures are "
            "finer than may be shown. Do not publish it. Make it again."
        )
    return len(groups)


def changed_by_few(entered: list[Release], minimum: int) -> list[str]:
    """Name the groups that releases showed of people that differ by fewer than the minimum."""
    shown: dict[tuple[str, str], set[str]] = {}
    for release in entered:
        columns = str(release.content["columns"])
        for name, group in release.content["groups"].items():
            shown.setdefault((name, columns), set()).add(group["fingerprint"])
    return sorted(
        {
            name
            for (name, _), prints in shown.items()
            for one, other in combinations(map(from_text, sorted(prints)), 2)
            if int(least_difference(one, other)) < minimum
        }
    )


def derive_again(
    run: dict[str, Any], ledgers: Path, intake: Intake, codebook: Codebook, minimum: int
) -> str:
    """Put the people of a survey in all groups that were shown of it, and prove it again.

    Raises
    ------
    ReleaseError
        Other people are in the groups than the ledger has of them.
    DisclosureError
        Something about fewer than `minimum` people follows.
    """
    with open_ledger(ledgers / str(run["survey"]), str(run["owner"])) as ledger:
        members, unlike = _members_of_all(intake, codebook, ledger)
    if unlike:
        raise ReleaseError(
            f"{intake.file}: {len(unlike)} groups hold other people than the ledger has "
            f"of them: {', '.join(unlike[:5])}. Give the codebook that the release was made "
            "with."
        )
    atoms = find_atoms(members)
    # Other mathematics than the choice of what is shown, so that one blind spot is not two.
    proof = certify(atoms.rows, atoms.rows @ atoms.sizes, minimum)
    left = [c for c in proof.unserved if may_follow(atoms.rows, atoms.sizes, int(c), minimum)]
    if left:
        raise DisclosureError(
            f"{members.shape[0]} groups were shown of this survey, and from them totals of fewer "
            f"than {minimum} people may follow, of {len(left)} parts that no group tells apart. Do "
            "not publish this release."
        )
    return (
        f"nothing about fewer than {minimum} people, from {members.shape[0]} groups: proven by "
        f"{len(proof.worlds)} invented populations"
    )


def _members_of_all(
    intake: Intake, codebook: Codebook, ledger: Ledger
) -> tuple[csr_array, list[str]]:
    """Give all groups that were shown of a file, and those that cannot be right."""
    responses = intake.responses
    parts, unlike = [csr_array((0, len(responses)), dtype=np.int8)], []
    find = member_finder(responses, codebook)
    for columns, shown in _shown_of(intake.sha256, ledger).items():
        made = {known: find(definition) for known, definition in shown.items()}
        unlike += [name for (name, _), row in made.items() if row is None]
        formed = {known: row for known, row in made.items() if row is not None}
        rows = csr_array(np.array(list(formed.values()), dtype=np.int8))
        # In one pass: hashing everybody once for each group would take minutes.
        now = fingerprint_groups(view_keys(responses, columns), ledger.secret, rows)
        before = np.array([from_text(text) for _, text in formed])
        apart = least_difference(now, before)
        unlike += [name for (name, _), people in zip(formed, apart, strict=True) if people > 0]
        parts.append(rows)
    return csr_array(vstack(parts, format="csr")), unlike


def _shown_of(
    dataset: str, ledger: Ledger
) -> dict[tuple[tuple[str, ...], ...], dict[tuple[str, str], dict[str, str]]]:
    """Give the groups that were shown of a file, by the columns that people are known by."""
    shown: dict[tuple[tuple[str, ...], ...], dict[tuple[str, str], dict[str, str]]] = {}
    for release in ledger.releases:
        if release.content["dataset"] != dataset or not release.content["groups"]:
            continue
        groups = shown.setdefault(tuple(map(tuple, release.content["columns"])), {})
        for name, group in release.content["groups"].items():
            groups[name, group["fingerprint"]] = group["definition"]
    return shown
