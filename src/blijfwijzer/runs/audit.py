"""The stories of those who must trust it: what follows from releases, and are they whole."""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.atoms import find_atoms
from blijfwijzer.disclosure.fingerprint import (
    fingerprint_groups,
    from_text,
    least_difference,
    view_keys,
)
from blijfwijzer.disclosure.ledger import FILE, Ledger, Release, open_ledger, verify
from blijfwijzer.disclosure.span import find_disclosed
from blijfwijzer.errors import DisclosureError, ReleaseError, counted
from blijfwijzer.groups.grouping import member_finder
from blijfwijzer.progress import show_progress
from blijfwijzer.release.admission import read_record, without_outcomes
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import Intake, read_survey

_TABLES: dict[str, dict[str, int]] = {
    "groups.parquet": {"_rate": 0, "_low": 0, "_high": 0},
    "climate.parquet": {"favourable": 0, "pooled": 1, "_mean": 1, "_difference": 1, "grade": 1},
}
"""Tables of groups in a release, and the decimals that columns with such an end may have."""


def audit(
    releases: list[Path], ledgers: Path, survey_file: Path | None, codebook_name: str | None
) -> None:
    """Work out what could be derived from releases together, and with the ledger.

    Without the survey: files are as they were entered in the ledger, the ledger is whole, rows are
    coarse and of enough people, and no group of one release differs by a few people from what
    another showed of it. With the survey also: its people are put in all groups that the ledger
    knows of it, and the elimination is done again.
    """
    for release in releases:
        run = read_record(release)
        folder = ledgers / str(run["survey"])
        entered = verify(folder)
        _hold_files(release, run, entered)
        minimum = max(int(line.content["minimum"]) for line in entered)
        groups = _hold_rows(release, minimum)
        few = _changed_by_few(entered, minimum)
        if few:
            raise DisclosureError(
                f"{folder}: {len(few)} groups were shown more than once while a few people joined "
                f"or left: {', '.join(few[:5])}. Publish only one of these releases."
            )
        derived = "not worked out again (give --survey and --codebook)"
        if survey_file is not None and codebook_name is not None:
            derived = _derive(run, ledgers, survey_file, load_codebook(codebook_name), minimum)
        print(
            f"{release}: {groups} groups shown, {run['counts']['withheld']} withheld; files and "
            f"rows "
            f"as they were entered; release {run['ledger']['sequence']} of {len(entered)} "
            f"in an unbroken ledger, head {entered[-1].hash}."
        )
        print(f"  what follows from all that was shown of this survey: {derived}")


def verify_ledgers(folder: Path) -> None:
    """Check a ledger line by line, or each ledger in a folder of them."""
    inside = sorted(path.parent for path in folder.glob(f"*/{FILE}"))
    for place in inside or [folder]:
        releases = verify(place)
        head = releases[-1].hash if releases else "none"
        print(f"{place}: {counted(len(releases), 'release')}, unbroken; head {head}.")


def _hold_files(release: Path, run: dict[str, Any], entered: list[Release]) -> None:
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


def _hold_rows(release: Path, minimum: int) -> int:
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


def _changed_by_few(entered: list[Release], minimum: int) -> list[str]:
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


def _derive(
    run: dict[str, Any], ledgers: Path, survey_file: Path, codebook: Codebook, minimum: int
) -> str:
    """Put the people of a survey in all groups that were shown of it, and eliminate again."""
    settings = Settings.model_validate(run["settings"])
    with show_progress() as tell:
        tell(f"read {survey_file.name}")
        intake = read_survey(survey_file, without_outcomes(codebook), settings.intake)
        if intake.sha256 != run["provenance"]["survey_sha256"]:
            raise ReleaseError(
                f"{survey_file.name}: is not the file that this release was made from. Give the "
                "right one; its SHA-256 stands in run.json."
            )
        tell("find what could be derived")
        with open_ledger(ledgers / str(run["survey"]), str(run["owner"])) as ledger:
            members, unlike = _members_of_all(intake, codebook, ledger)
        if unlike:
            raise ReleaseError(
                f"{survey_file.name}: {len(unlike)} groups hold other people than the ledger has "
                f"of them: {', '.join(unlike[:5])}. Give the codebook that the release was made "
                "with."
            )
        atoms = find_atoms(members)
        found = find_disclosed(atoms.rows.toarray(), atoms.sizes, minimum)
    if found:
        raise DisclosureError(
            f"{members.shape[0]} groups were shown of this survey, and from them {len(found)} "
            f"totals of fewer than {minimum} people follow. Do not publish this release."
        )
    return (
        f"nothing about fewer than {minimum} people, from {members.shape[0]} groups in "
        f"{len(atoms.sizes)} atoms"
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
