"""What every story that shows something goes through: earlier releases, the choice, the ledger."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.choice import GroupChoice, choose_groups
from blijfwijzer.disclosure.earlier import Earlier, is_repeated, read_earlier, release_content
from blijfwijzer.disclosure.fingerprint import fingerprint_groups, person_keys, to_text
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.parts import Parts, choose_figures
from blijfwijzer.disclosure.release import reopen
from blijfwijzer.errors import ReleaseError
from blijfwijzer.files import hash_bytes, hash_files
from blijfwijzer.groups.grouping import Grouping, define, find_members
from blijfwijzer.publish.release_files import report_from_json
from blijfwijzer.publish.report import Report
from blijfwijzer.settings import Disclosure as DisclosureSettings
from blijfwijzer.survey.codebook import Codebook


@dataclass(frozen=True)
class Admission:
    """What may be shown of some groups, and what the ledger must know of them."""

    grouping: Grouping
    choice: GroupChoice
    earlier: Earlier
    columns: tuple[str, ...]
    """Those by whose answers a response is known again."""
    keys: list[bytes]
    """Per response: those answers, hashed."""
    wave: str
    request: str
    """Hash of all that the release is made from."""

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Whether each group may be shown."""
        return self.choice.shown

    @property
    def names(self) -> list[str]:
        """Ids of the groups that may be shown."""
        return [str(name) for name in self.grouping.groups.index[self.shown]]


def admit_groups(
    responses: pd.DataFrame,
    grouping: Grouping,
    values: Mapping[str, NDArray[np.float64]],
    codebook: Codebook,
    wave: str,
    ledger: Ledger,
    request: str,
    settings: DisclosureSettings,
) -> Admission:
    """Choose the groups to show, given all that was shown before.

    Parameters
    ----------
    responses : one row per response, the columns of `grouping.members`
    values : outcome to its value per response: 1, 0, or NaN where not known
    request : hash of all that the release is made from; the same request again shows the same
    """
    columns = key_columns(codebook)
    earlier = read_earlier(
        ledger,
        codebook.survey.name,
        wave,
        responses,
        lambda definition: find_members(responses, codebook, definition),
        settings.minimum,
        request,
    )
    choice = choose_groups(
        grouping.members,
        grouping.groups["people"].to_numpy(dtype=float),
        grouping.too_small,
        dict(values),
        responses["weight"].to_numpy(dtype=float),
        settings,
        earlier,
        grouping.groups.index,
    )
    return Admission(
        grouping, choice, earlier, columns, person_keys(responses, columns), wave, request
    )


def key_columns(codebook: Codebook) -> tuple[str, ...]:
    """Columns by whose answers a response is known again: those that no file of it may lack."""
    used = codebook.with_role("unit", "item", "career", "audit")
    return tuple(sorted(column.name for column in used if column.absent == "reject"))


def admit_figures(
    figures: Mapping[str, csr_array], admission: Admission, ledger: Ledger, minimum: int
) -> frozenset[str]:
    """Choose the figures about parts that cut through groups to show beside the groups.

    Parameters
    ----------
    figures : id to the parts that it is a total over, one row each, one column per response; the
        most important first
    minimum : people that anything shown may tell something about

    Returns
    -------
    Ids of the figures that may be shown.
    """
    news = {
        name: members
        for name, members in figures.items()
        if not admission.earlier.differs_by_few(
            name, fingerprint_groups(admission.keys, ledger.secret, members), minimum
        )
    }
    if not news:
        return frozenset()
    owner = np.repeat(np.arange(len(news)), [members.shape[0] for members in news.values()])
    shown = admission.grouping.members[np.flatnonzero(admission.shown)]
    everyone = np.ones((1, shown.shape[1]), dtype=np.int8)
    known = csr_array(vstack([everyone, shown, admission.earlier.known], format="csr"))
    parts = Parts(csr_array(vstack(list(news.values()), format="csr")), owner)
    chosen = choose_figures(parts, known, minimum)
    return frozenset(name for name, is_shown in zip(news, chosen, strict=True) if is_shown)


def enter_release(
    ledger: Ledger,
    admission: Admission,
    figures: Mapping[str, csr_array],
    kind: str,
    statistics: list[str],
    codebook: Codebook,
    survey_sha256: str,
    files: Mapping[str, bytes],
) -> dict[str, Any]:
    """Enter a release in the ledger, once however often it is made; give its number and hash.

    Call it when all files are made and none is in its place yet: an interruption after the ledger
    leaves a release that nobody saw; the other way round something could be seen that the ledger
    does not know.

    Parameters
    ----------
    figures : those that are shown, as in `admit_figures`
    kind : what made it: score, train, climate ...
    statistics : what is told of each group
    """
    places = np.flatnonzero(admission.shown)
    members = admission.grouping.members[places]
    prints = fingerprint_groups(admission.keys, ledger.secret, members)
    groups: dict[str, dict[str, Any]] = {
        name: {"definition": define(name), "fingerprint": to_text(own), "statistics": statistics}
        for name, own in zip(admission.names, prints, strict=True)
    }
    parts = {
        name: [to_text(own) for own in fingerprint_groups(admission.keys, ledger.secret, rows)]
        for name, rows in sorted(figures.items())
    }
    content = release_content(
        codebook.survey.name,
        admission.wave,
        survey_sha256,
        kind,
        admission.request,
        groups,
        hash_files(files),
        parts,
        admission.columns,
    )
    return head_of(ledger, is_repeated(ledger, content) or ledger.append(content).sequence)


def head_of(ledger: Ledger, sequence: int) -> dict[str, Any]:
    """Give what a release tells of its place in the ledger."""
    return {"sequence": sequence, "hash": ledger.releases[sequence - 1].hash}


def anchor_of(release: Path) -> tuple[int, str] | None:
    """Give the place in the ledger that an earlier output in this place tells of."""
    try:
        head = json.loads((release / "run.json").read_text(encoding="utf-8"))["ledger"]
        return int(head["sequence"]), str(head["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_release(folder: Path) -> tuple[dict[str, Any], pd.DataFrame, Report]:
    """Read what `score` wrote, after checking the hash of every file.

    Returns
    -------
    The run's record, its groups (one row each, as in groups.parquet) and its report.

    Raises
    ------
    ReleaseError
        It is no release, or a file is missing or altered.
    """
    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        hashes = dict(run["files"])
        int(run["ledger"]["sequence"])
        str(run["survey"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            f"{folder}: is no release: its run.json is missing or unreadable. Give a folder that "
            "`blijfwijzer score` made."
        ) from error
    wrong = [
        name
        for name, digest in hashes.items()
        if not (folder / name).is_file() or hash_bytes((folder / name).read_bytes()) != digest
    ]
    if wrong:
        raise ReleaseError(
            f"{folder}: {len(wrong)} files are missing or altered: {', '.join(wrong[:5])}. Score "
            "the survey again."
        )
    groups = reopen(pd.read_parquet(folder / "groups.parquet")).frame
    return run, groups, report_from_json((folder / "report.json").read_bytes())


def wave_of(survey_file: Path) -> str:
    """Name a wave after its file, where nobody named it."""
    return survey_file.name.split(".")[0]


def ledger_folder(root: Path, codebook: Codebook) -> Path:
    """Give the folder of a survey's own ledger: releases of other surveys ask other people."""
    return root / codebook.survey.name
