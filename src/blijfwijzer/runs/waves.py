"""What `climate` and `claims` share: two waves read, and a release written."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.culture.waves import common_items
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.errors import SameWaveError
from blijfwijzer.files import hash_bytes, hash_files, to_json, write_files, write_folder_beside
from blijfwijzer.groups.grouping import Grouping, make_groups
from blijfwijzer.progress import Tell
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.records.provenance import provenance
from blijfwijzer.records.tracking import (
    Released,
    expect_tracking,
    is_tracked,
    track_release,
    tracking_uri,
)
from blijfwijzer.release.admission import (
    RECORD,
    Admission,
    Figures,
    banded,
    enter_release,
    refuse_copies,
    wave_of,
)
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake, read_survey, require_enough

Array = NDArray[np.float64]


Entered = list[tuple[Admission, Figures, Intake]]


def read_waves(
    survey_file: Path,
    previous_file: Path | None,
    codebook: Codebook,
    settings: Settings,
    tell: Tell,
) -> tuple[Intake, Intake | None]:
    """Read both waves; no two waves, or two without a common item, are refused at once."""
    expect_tracking(settings.tracking)
    read = []
    for file in (survey_file, previous_file):
        if file is not None:
            tell(f"read {file.name}")
            read.append(read_survey(file, codebook, settings.intake))
            require_enough(read[-1], settings.intake)
    if previous_file is None:
        return read[0], None
    if read[0].sha256 == read[1].sha256:
        raise SameWaveError(
            f"{previous_file.name}: is the same file as {survey_file.name}, so nothing can have "
            "changed. Give --previous the wave before, or leave it out."
        )
    common_items(read[0].responses, read[1].responses, codebook)
    refuse_copies(read[0].responses, read[1].responses, codebook, previous_file)
    return read[0], read[1]


def group(
    responses: pd.DataFrame, codebook: Codebook, levels: list[str], settings: Settings
) -> Grouping:
    """Group a wave by some unit levels, crossed with nothing."""
    minimum = settings.disclosure.minimum
    return make_groups(
        responses, codebook, levels, [], None, settings.groups, minimum, settings.language
    )


def origin_of(
    intake: Intake,
    before: Intake | None,
    codebook: Codebook,
    settings: Settings,
    stored: Stored | None,
) -> dict[str, str]:
    """Give all that a release is made from."""
    origin = provenance(intake.sha256, codebook, settings)
    if before is not None:
        origin["previous_sha256"] = before.sha256
    if stored is not None:
        manifest = (stored.folder / "manifest.json").read_bytes()
        origin |= {"model": stored.folder.name, "model_sha256": hash_bytes(manifest)}
    return origin


def record_of(
    origin: Mapping[str, str],
    settings: Settings,
    codebook: Codebook,
    owner: str,
    wave: str,
    counts: dict[str, int],
    files: Mapping[str, bytes],
) -> Callable[[dict[str, Any]], bytes]:
    """Prepare what a release tells of itself, which lacks its place in the ledger yet."""

    def make(head: dict[str, Any]) -> bytes:
        return to_json(
            {
                "provenance": dict(origin),
                "settings": settings.model_dump(mode="json"),
                "survey": codebook.survey.name,
                "owner": owner,
                "wave": wave,
                "counts": banded(counts),
                "files": hash_files(files),
                "ledger": head,
            }
        )

    return make


def write_release(
    output: Path,
    files: dict[str, bytes],
    record: Callable[[dict[str, Any]], bytes],
    ledger: Ledger,
    entered: Entered,
    kind: str,
    statistics: list[str],
    codebook: Codebook,
) -> None:
    """Enter what is shown of each wave in the ledger, then put the files in their place."""
    with write_folder_beside(output, RECORD) as beside:
        head: dict[str, Any] = {}
        for admission, figures, intake in entered:
            head = enter_release(
                ledger, admission, figures, kind, statistics, codebook, intake.sha256, files
            )
        write_files(beside, {**files, RECORD: record(head)})


def asked_of(settings: Settings, previous_file: Path | None, **asked: str) -> dict[str, Any]:
    """Give what a run was asked, for the tracked run."""
    chosen = settings.model_dump(mode="json")
    return {
        "language": settings.language,
        "seed": settings.seed,
        "previous": "" if previous_file is None else wave_of(previous_file),
        **asked,
        **{
            f"{section}.{name}": value
            for section in ("culture", "disclosure")
            for name, value in chosen[section].items()
        },
    }


def track(
    kind: str,
    wave: str,
    output: Path,
    origin: dict[str, str],
    params: dict[str, Any],
    metrics: dict[str, float],
    settings: Settings,
    ledgers: Path,
) -> None:
    """Log a release in MLflow, if runs are tracked."""
    if not is_tracked(settings.tracking):
        return
    store = ledgers.parent / "mlruns"
    released = Released(
        f"{kind}-{wave}", output, params, {**origin, "blijfwijzer.kind": kind}, metrics
    )
    run = track_release(released, settings.tracking.experiment, store)
    print(f"  MLflow run {run} in {tracking_uri(store)}")
