"""The stories of those who must trust it: what follows from releases, and are they whole."""

from pathlib import Path
from typing import Any

from blijfwijzer.disclosure.ledger import FILE, verify
from blijfwijzer.errors import DisclosureError, ReleaseError, counted
from blijfwijzer.progress import show_progress
from blijfwijzer.release import verifier
from blijfwijzer.release.folder import read_record
from blijfwijzer.release.proofs import proofs_of
from blijfwijzer.release.verify import changed_by_few, derive_again, hold_files, hold_rows
from blijfwijzer.runs.waves import without_outcomes
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import read_survey


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
        hold_files(release, run, entered)
        minimum = max(int(line.content["minimum"]) for line in entered)
        groups = hold_rows(release, minimum)
        few = changed_by_few(entered, minimum)
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
            f"rows as they were entered; release {run['ledger']['sequence']} of {len(entered)} "
            f"in an unbroken ledger, head {entered[-1].hash}."
        )
        print(f"  what follows from all that was shown of this survey: {derived}")


def check_proof(release: Path, ledgers: Path, proofs: list[Path]) -> None:
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
    """
    run = read_record(release)
    ledger = ledgers / str(run["survey"])
    found = verifier.verify(release, proofs or proofs_of(run, ledger), ledger)
    print(f"{found}\n\n{verifier.CANNOT}")
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


def verify_ledgers(folder: Path) -> None:
    """Check a ledger line by line, or each ledger in a folder of them."""
    inside = sorted(path.parent for path in folder.glob(f"*/{FILE}"))
    for place in inside or [folder]:
        releases = verify(place)
        head = releases[-1].hash if releases else "none"
        print(f"{place}: {counted(len(releases), 'release')}, unbroken; head {head}.")


def _derive(
    run: dict[str, Any], ledgers: Path, survey_file: Path, codebook: Codebook, minimum: int
) -> str:
    """Read the survey that a release was made from, and derive again."""
    settings, codebook = Settings.model_validate(run["settings"]), without_outcomes(codebook)
    with show_progress() as tell:
        tell(f"read {survey_file.name}")
        intake = read_survey(survey_file, codebook, settings.intake)
        if intake.sha256 != run["provenance"]["survey_sha256"]:
            raise ReleaseError(
                f"{survey_file.name}: is not the file that this release was made from. Give the "
                "right one; its SHA-256 stands in run.json."
            )
        tell("find what could be derived")
        return derive_again(run, ledgers, intake, codebook, minimum)
