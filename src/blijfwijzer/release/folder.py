"""A release as a folder on disk: where it may stand, and whether it is as it was written."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.disclosure.release import Cleared, reopen
from blijfwijzer.errors import NotWritableError, ReleaseError, SettingsError, counted
from blijfwijzer.files import find_strange, hash_bytes, read_json, refuse_strange, restore_folder
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.files.release_files import report_from_json
from blijfwijzer.release.stops import refuse_begun
from blijfwijzer.settings import Settings

RECORD = "run.json"
"""What a release tells of itself; by this file a folder is known as a release."""
LOTTERY = "lottery.json"
CLIMATE = "climate.parquet"
QUESTIONS = "questions.parquet"
_OF_GROUPS = (
    *("group", "label", "level", "kind", "sector_label"),
    *("n", "people", "own_n", "own_people"),
)
"""Columns of groups.parquet that what comes after a release asks for."""


def refuse_place(
    output: Path, inputs: Sequence[Path | None], ledgers: Path, *, keeps_draw: bool = False
) -> None:
    """Refuse an output that would take the place of something else, before any work is done.

    Parameters
    ----------
    ledgers : folder of the ledgers; an output there could be taken for one, or lock one
    keeps_draw : whether a sealed lottery in it is drawn again as it was, or refused as another

    Raises
    ------
    NotWritableError
        Another folder or file is there, an input lies inside it, or it lies among the ledgers.
    ReleaseError
        A sealed lottery is there.
    StoppedError
        Everything is stopped.
    """
    refuse_begun(ledgers)
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
    if (output / LOTTERY).exists() and not keeps_draw:
        raise ReleaseError(
            f"{output}: holds a sealed lottery ({LOTTERY}), which tells whom it is compared with "
            "next year. Score into another folder."
        )
    refuse_strange(output, RECORD, {LOTTERY})


def anchor_of(release: Path) -> tuple[int, str] | None:
    """Give the place in the ledger that an earlier output in this place tells of."""
    try:
        head = read_json(release / RECORD)["ledger"]
        return int(head["sequence"]), str(head["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def additions_of(run: Mapping[str, Any]) -> list[str]:
    """Name what was added to a release after it was made, such as vouchers; the last one last."""
    return [name for name, told in run.items() if isinstance(told, dict) and "ledger" in told]


def hash_record(run: Mapping[str, Any], added: str = "") -> str:
    """Hash what a release tells of itself, less its place in the ledger, which follows from it.

    Parameters
    ----------
    added : what was added last, if anything was
    """
    bare = dict(run)
    if isinstance(run.get(added), dict):
        bare[added] = {name: told for name, told in run[added].items() if name != "ledger"}
    else:
        bare.pop("ledger", None)
    return hash_bytes(json.dumps(bare, sort_keys=True, allow_nan=False).encode())


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
        heads = [run["ledger"], *(run[kind]["ledger"] for kind in additions_of(run))]
        numbers = [int(head["sequence"]) for head in heads]
        texts = [run["survey"], run["owner"], run["wave"], *(head["hash"] for head in heads)]
        texts.append(run["provenance"]["survey_hmac_sha256"])
        known = numbers and all(isinstance(text, str) for text in texts)
        known = known and isinstance(run["settings"], dict) and isinstance(run["counts"], dict)
        if not known:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReleaseError(
            f"{folder}: is no release: its run.json is missing or unreadable. Give a folder that "
            "`blijfwijzer score`, `climate` or `claims` made."
        ) from error
    faults = find_strange(folder, hashes, {RECORD, LOTTERY})
    if faults.wrong:
        raise ReleaseError(
            f"{folder}: {len(faults.wrong)} files are missing or altered: "
            f"{', '.join(faults.wrong[:5])}. Make the release again."
        )
    if faults.strange:
        raise ReleaseError(
            f"{folder}: holds {len(faults.strange)} files that are no part of the release: "
            f"{', '.join(faults.strange[:5])}. Move them elsewhere before you publish or go on."
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
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            f"{folder}: groups.parquet or report.json cannot be read as those of a release "
            f"({type(error).__name__}). Score the survey again."
        ) from error
    require_columns(groups, _OF_GROUPS)
    return run, groups, report


def read_climate(folder: Path) -> tuple[dict[str, Any], Cleared]:
    """Read what `climate` wrote, after checking the hash of every file.

    Returns
    -------
    The run's record, and one row per group and dimension, as in climate.parquet.

    Raises
    ------
    ReleaseError
        It is no release of `climate`, or a file is missing or altered.
    """
    run = read_record(folder)
    try:
        return run, reopen(pd.read_parquet(folder / CLIMATE))
    except (OSError, ValueError) as error:
        raise ReleaseError(
            f"{folder}: {CLIMATE} cannot be read as that of a release ({type(error).__name__}). "
            "Measure the climate again."
        ) from error


def read_questions(folder: Path) -> Cleared | None:
    """Read what groups answered to each question in a release that was checked.

    Returns
    -------
    One row per group and question, as in questions.parquet; None where it has no file of them, as
    one of an earlier version.
    """
    if not (folder / QUESTIONS).exists():
        return None
    return reopen(pd.read_parquet(folder / QUESTIONS))


def require_columns(groups: pd.DataFrame, names: Iterable[str]) -> None:
    """Refuse groups of another version, which lack a column.

    Parameters
    ----------
    groups : as in groups.parquet

    Raises
    ------
    ReleaseError
    """
    lacking = [name for name in names if name not in groups]
    if lacking:
        raise ReleaseError(
            f"groups.parquet: lacks {counted(len(lacking), 'column')}: {', '.join(lacking)}. It is "
            "of another version. Score the survey again."
        )


def settings_of(run: Mapping[str, Any]) -> Settings:
    """Give the settings that a release was made with.

    Raises
    ------
    SettingsError
        They are of another version.
    """
    try:
        return Settings.model_validate(run["settings"])
    except ValueError as error:
        raise SettingsError(
            "run.json: its settings are of another version. Make the release again."
        ) from error


def read_segments(folder: Path) -> pd.DataFrame:
    """Read the readable profiles of a release that was checked; none where it has no file of them.

    Returns
    -------
    One row per profile, as in segments.parquet.
    """
    columns = ["target", "label", "n", "rate", "low", "high"]
    if not (folder / "segments.parquet").exists():
        return pd.DataFrame(columns=columns)
    return reopen(pd.read_parquet(folder / "segments.parquet")).frame.reindex(columns=columns)
