"""A release as a folder on disk: where it may stand, and whether it is as it was written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.release import reopen
from blijfwijzer.errors import NotWritableError, ReleaseError
from blijfwijzer.files import hash_bytes, read_json, refuse_strange, restore_folder
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.release_files import report_from_json

RECORD = "run.json"
"""What a release tells of itself; by this file a folder is known as a release."""
LOTTERY = "lottery.json"


def refuse_place(output: Path, inputs: Sequence[Path | None], ledgers: Path) -> None:
    """Refuse an output that would take the place of something else, before any work is done.

    Parameters
    ----------
    ledgers : folder of the ledgers; an output there could be taken for one, or lock one

    Raises
    ------
    NotWritableError
        Another folder or file is there, an input lies inside it, or it lies among the ledgers.
    ReleaseError
        A sealed lottery is there.
    """
    place = output.resolve()
    inside = [path for path in inputs if path is not None and path.resolve().is_relative_to(place)]
    if inside:
        raise NotWritableError(
            f"{output}: {len(inside)} inputs lie inside this folder, which would be replaced: "
            f"{', '.join(path.name for path in inside)}. Give --output another place."
        )
    if place.is_relative_to(ledgers.resolve()):
        raise NotWritableError(
            f"{output}: lies among the ledgers of releases ({ledgers}). Give --output another "
            "place."
        )
    restore_folder(output)
    refuse_strange(output, RECORD)
    if (output / LOTTERY).exists():
        raise ReleaseError(
            f"{output}: holds a sealed lottery ({LOTTERY}), and writing here again would undo its "
            "draw. Score into another folder; or, if nobody was told of the draw, remove the file."
        )


def anchor_of(release: Path) -> tuple[int, str] | None:
    """Give the place in the ledger that an earlier output in this place tells of."""
    try:
        head = read_json(release / RECORD)["ledger"]
        return int(head["sequence"]), str(head["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_record(folder: Path) -> dict[str, Any]:
    """Read what a release tells of itself, after checking the hash of every file.

    Raises
    ------
    ReleaseError
        It is no release, or a file is missing or altered.
    """
    restore_folder(folder)
    try:
        run: dict[str, Any] = read_json(folder / RECORD)
        hashes = dict(run["files"])
        heads = [run["ledger"], *([run["vouchers"]["ledger"]] if "vouchers" in run else [])]
        numbers = [int(head["sequence"]) for head in heads]
        texts = [run["survey"], run["owner"], run["wave"], *(head["hash"] for head in heads)]
        texts.append(run["provenance"]["survey_sha256"])
        known = numbers and all(isinstance(text, str) for text in texts)
        known = known and isinstance(run["settings"], dict) and isinstance(run["counts"], dict)
        if not known:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            f"{folder}: is no release: its run.json is missing or unreadable. Give a folder that "
            "`blijfwijzer score`, `climate` or `claims` made."
        ) from error
    wrong = [
        name
        for name, digest in hashes.items()
        if not (folder / name).is_file() or hash_bytes((folder / name).read_bytes()) != digest
    ]
    if wrong:
        raise ReleaseError(
            f"{folder}: {len(wrong)} files are missing or altered: {', '.join(wrong[:5])}. Make "
            "the release again."
        )
    strange = sorted(
        path.name
        for path in folder.iterdir()
        if path.name not in {*hashes, RECORD, LOTTERY} or not path.is_file()
    )
    if strange:
        raise ReleaseError(
            f"{folder}: holds {len(strange)} files that are no part of the release: "
            f"{', '.join(strange[:5])}. Move them elsewhere before you publish or go on."
        )
    return run


def read_release(folder: Path) -> tuple[dict[str, Any], pd.DataFrame, Chapter]:
    """Read what `score` wrote, after checking the hash of every file.

    Returns
    -------
    The run's record, its groups (one row each, as in groups.parquet) and its report.

    Raises
    ------
    ReleaseError
        It is no release of `score`, or a file is missing or altered.
    """
    run = read_record(folder)
    try:
        groups = reopen(pd.read_parquet(folder / "groups.parquet")).frame
        report = report_from_json((folder / "report.json").read_bytes())
        groups[["group", "label", "level", "kind", "n", "own_n", "own_people"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ReleaseError(
            f"{folder}: groups.parquet or report.json cannot be read as those of a release "
            f"({type(error).__name__}). Score the survey again."
        ) from error
    return run, groups, report
