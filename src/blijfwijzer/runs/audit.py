"""The stories of those who must trust it: what follows from releases, and are they whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from blijfwijzer.disclosure.chain import FILE, Release, common_lines, out_of_time, verify
from blijfwijzer.disclosure.standing import LOWER, withdrawn
from blijfwijzer.errors import DisclosureError, LedgerError, ReleaseError, counted
from blijfwijzer.progress import show_progress
from blijfwijzer.release import verifier
from blijfwijzer.release.draws import tell_draws
from blijfwijzer.release.folder import read_record, settings_of
from blijfwijzer.release.promise import hold_seal
from blijfwijzer.release.proofs import proofs_of
from blijfwijzer.release.verify import (
    KnownRegister,
    changed_by_few,
    derive_again,
    has_register,
    hold_release,
    hold_rows,
)
from blijfwijzer.runs.people import read_people
from blijfwijzer.runs.waves import without_outcomes
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey


@dataclass(frozen=True)
class _Sources:
    """What releases were made from, to derive again what follows."""

    survey: Path
    codebook: str
    register: Path | None = None
    """Margins or cells of a register of personnel, which whoever works in HR knows."""


def audit(
    releases: list[Path],
    ledgers: Path,
    survey_file: Path | None,
    codebook_name: str | None,
    register: Path | None = None,
) -> list[dict[str, Any]]:
    """Work out what could be derived from releases together, and with the ledger.

    Without the survey: files and records are as they were entered in the ledger, in every line that
    tells of them, the ledger is whole, rows are coarse and of enough people, and no group of one
    release differs by a few people from what another showed before. With the survey also: its
    people are put in all groups that the ledger knows of it, and the elimination is done again;
    with a register, beside the totals that whoever knows it knows.

    Returns
    -------
    Of each release what is said of it too.
    """
    told = list[dict[str, Any]]()
    made_from: _Sources | None = None
    if survey_file is not None and codebook_name is not None:
        made_from = _Sources(survey_file, codebook_name, register)
    for release in releases:
        run = read_record(release)
        folder = ledgers / str(run["survey"])
        entered = verify(folder)
        own = hold_release(release, run, entered)
        hold_seal(release, run)
        groups = hold_rows(release, int(own.content["minimum"]))
        _refuse_changed(folder, entered)
        derived = ""
        if made_from is not None:
            derived = _derive(release, run, ledgers, made_from)
        row = {
            "folder": str(release),
            "shown": groups,
            "withheld": run["counts"].get("withheld", 0),
            "release": run["ledger"]["sequence"],
            "releases": len(entered),
            "head": entered[-1].hash,
            "derived": derived,
            "remarks": [
                *_told_of(entered),
                *tell_draws(run, entered),
                *_told_of_register(run, made_from),
            ],
        }
        _say_audited(row)
        told.append(row)
    return told


def _say_audited(told: dict[str, Any]) -> None:
    derived = told["derived"] or "not worked out again (give --survey and --codebook)"
    print(
        f"{told['folder']}: {told['shown']} groups shown, {told['withheld']} withheld; files and "
        f"rows as they were entered; release {told['release']} of {told['releases']} in an "
        f"unbroken ledger, head {told['head']}."
    )
    print(f"  what follows from all that was shown of this survey: {derived}")
    for line in told["remarks"]:
        print(f"  {line}")


def check_proof(release: Path, ledgers: Path, proofs: list[Path]) -> list[str]:
    """Check that nothing about few people follows from a release, by code that trusts nobody.

    Parameters
    ----------
    proofs : one per wave; those beside the ledger when none are given

    Raises
    ------
    ReleaseError
        Something is not as it must be.
    DisclosureError
        Of some people it is not proven that nothing follows, or something could not be checked.

    Returns
    -------
    What was checked and holds.
    """
    run = read_record(release)
    ledger = ledgers / str(run["survey"])
    found = verifier.verify(release, proofs or proofs_of(run, ledger), ledger)
    print(f"{found}\n\n{verifier.CANNOT}")
    if has_register(run):
        print(
            "- and this release has the margins of a register: how many responded where everybody "
            "did\n  is in no proof (`disclosure audit --survey --population`)."
        )
    worst = max(kind for kind, _ in found)
    if worst == verifier.FAILS:
        raise ReleaseError(
            f"{release}: does not hold, as the lines above say. Do not publish it. Make it again."
        )
    if worst == verifier.OPEN:
        raise DisclosureError(
            f"{release}: not all is proven, as the lines above say. Check the rest with "
            "`blijfwijzer disclosure audit --survey`, or show fewer groups."
        )
    return [what for _, what in found]


def _told_of_register(run: Mapping[str, Any], made_from: _Sources | None) -> Iterator[str]:
    """Tell that a release has margins of a register, and what that tells was not looked at."""
    if has_register(run) and (made_from is None or made_from.register is None):
        yield (
            "its figures have the margins of a register, and what follows for whoever knows that "
            "was not worked out (give --population)"
        )


def _refuse_changed(folder: Path, entered: list[Release]) -> None:
    few = changed_by_few(entered)
    if few:
        raise DisclosureError(
            f"{folder}: {counted(len(few), 'group was', 'groups were')} shown more than once while "
            f"a few people joined or left: {', '.join(few[:5])}. Publish only one of these "
            "releases."
        )


def _told_of(entered: Sequence[Release]) -> Iterator[str]:
    """Tell what whoever trusts a ledger should know of it, a line each."""
    for number, line in withdrawn(entered).items():
        reason = line.content["note"]["reason"]
        yield f"release {number} was taken back on {line.time[:10]}: {reason}"
    for line in entered:
        if line.content["kind"] == LOWER:
            told = line.content["note"]
            yield (
                f"the minimum was lowered from {told['before']} to {told['minimum']} on "
                f"{line.time[:10]}: {told['reason']}"
            )
    for number in out_of_time(entered):
        yield (
            f"line {number} is dated before line {number - 1}: a clock was set back, or lines were "
            "entered on machines whose clocks differ"
        )


def verify_ledgers(folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Check ledgers line by line, each that is in a folder, and whether two parted ways.

    Raises
    ------
    LedgerError
        One is lost or altered, or two began as one and each have releases that the other lacks.

    Returns
    -------
    Of each its `folder`, number of `releases`, `head` and `remarks`.
    """
    places = [place for folder in folders for place in _ledgers_in(folder)]
    found = {place: verify(place) for place in places}
    told: list[dict[str, Any]] = [
        {
            "folder": str(place),
            "releases": len(releases),
            "head": releases[-1].hash if releases else "none",
            "remarks": list(_told_of(releases)),
        }
        for place, releases in found.items()
    ]
    for row in told:
        print(
            f"{row['folder']}: {counted(row['releases'], 'release')}, unbroken; head {row['head']}."
        )
        for line in row["remarks"]:
            print(f"  {line}")
    for (one, first), (other, second) in combinations(found.items(), 2):
        _tell_fork((one, first), (other, second))
    return told


def _ledgers_in(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.rglob(FILE)) or [folder]


def _tell_fork(one: tuple[Path, list[Release]], other: tuple[Path, list[Release]]) -> None:
    """Tell of two ledgers that began as one; those that parted ways are refused."""
    short, long = sorted((one, other), key=lambda pair: len(pair[1]))
    common = common_lines(short[1], long[1])
    if common == 0:
        return
    if common < len(short[1]):
        raise LedgerError(
            f"{one[0]} and {other[0]}: are one ledger up to release {common} and parted ways then, "
            "so that neither knows what the other showed. Publish nothing more of these surveys "
            "until it is known which releases were handed out; keep both."
        )
    print(f"{short[0]}: is an older copy of {long[0]}, up to release {common}.")


def _derive(release: Path, run: dict[str, Any], ledgers: Path, made_from: _Sources) -> str:
    """Read the survey that a release was made from, and derive again."""
    settings, codebook = settings_of(run), without_outcomes(load_codebook(made_from.codebook))
    with show_progress() as tell:
        tell(f"read {made_from.survey.name}")
        intake = read_survey(made_from.survey, codebook, settings.intake)
        register, file = None, made_from.register
        if file is not None:
            people = read_people((file,), (), intake.held, codebook, settings)
            weights, sha256 = people.weights, people.sha256["register_sha256"]
            if weights is not None:
                register = KnownRegister(file.name, sha256, weights.answered_by_all)
        tell("find what could be derived")
        return derive_again(release, run, ledgers, intake, codebook, register)
