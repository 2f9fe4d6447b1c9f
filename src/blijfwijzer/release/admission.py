"""What every story that shows something goes through: earlier releases, the choice, the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.choice import GroupChoice, choose_groups
from blijfwijzer.disclosure.crosscuts import Parts, choose_figures
from blijfwijzer.disclosure.earlier import Earlier, is_repeated, read_earlier, release_content
from blijfwijzer.disclosure.fingerprint import (
    Fingerprints,
    Views,
    fingerprint_groups,
    share_of_copies,
    to_text,
    view_keys,
)
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.release import reopen
from blijfwijzer.disclosure.rounding import band
from blijfwijzer.errors import NotWritableError, ReleaseError, SameWaveError, SettingsError
from blijfwijzer.files import (
    hash_bytes,
    hash_files,
    read_json,
    refuse_strange,
    restore_folder,
)
from blijfwijzer.groups.grouping import Grouping, define, member_finder
from blijfwijzer.publish.release_files import report_from_json
from blijfwijzer.publish.report import Report
from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.survey.codebook import Codebook

Figures = dict[str, csr_array]
"""Figures about parts that cut through groups: id to its parts, one row each."""


@dataclass(frozen=True)
class Admission:
    """What may be shown of some groups, and what the ledger must know of them."""

    grouping: Grouping
    choice: GroupChoice
    earlier: Earlier
    columns: tuple[tuple[str, ...], ...]
    """Those by whose answers a response is known again, in views."""
    keys: Views
    wave: str
    request: str
    """Hash of all that the release is made from."""
    minimum: int

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Whether each group may be shown."""
        return self.choice.shown

    @property
    def told(self) -> NDArray[np.bool_]:
        """Whether figures of each group may be shown: everyone has a place even when not."""
        is_everyone = self.grouping.groups["kind"].eq("all").to_numpy()
        return np.asarray(self.shown & (self.choice.tells_everyone | ~is_everyone))

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
        grouping.members,
        member_finder(responses, codebook),
        settings.minimum,
        request,
    )
    if settings.minimum < earlier.minimum:
        raise SettingsError(
            f"[disclosure] minimum: is {settings.minimum}, and earlier releases of this survey "
            f"promised {earlier.minimum}. Together they would tell of fewer. Set it to "
            f"{earlier.minimum} or more."
        )
    choice = choose_groups(
        grouping.members,
        grouping.groups["people"].to_numpy(dtype=float),
        grouping.too_small,
        dict(values),
        responses["weight"].to_numpy(dtype=float),
        settings,
        earlier,
    )
    return Admission(
        grouping,
        choice,
        earlier,
        columns,
        view_keys(responses, columns),
        wave,
        request,
        settings.minimum,
    )


_VIEWS = 3


def key_columns(codebook: Codebook) -> tuple[tuple[str, ...], ...]:
    """Columns by whose answers a response is known again, dealt over three views.

    Only columns that no file of the survey may lack, and no units, since these are renamed.
    """
    used = codebook.with_role("item", "career", "audit")
    names = sorted(column.name for column in used if column.absent == "reject")
    views = tuple(tuple(names[start::_VIEWS]) for start in range(_VIEWS))
    return tuple(view for view in views if view) or (tuple(codebook.units.levels),)


def admit_figures(
    figures: Mapping[str, csr_array],
    admission: Admission,
    ledger: Ledger,
    minimum: int,
    rounded: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """Choose the figures about parts that cut through groups to show beside the groups.

    A part of nearly the same people as a group or part that was shown before, under whatever name,
    is withheld: one less the other would tell of the few who are in one of them only.

    Parameters
    ----------
    figures : id to the parts that it is a total over, one row each, one column per response; the
        most important first
    minimum : people that anything shown may tell something about
    rounded : ids of figures over so many people that rounding alone leaves each count several
        values; nothing follows from them exactly

    Returns
    -------
    Ids of the figures that may be shown.
    """
    if not figures:
        return frozenset()
    likeness = admission.earlier.compare_parts(_stack(figures.values()), ledger.secret, minimum)
    near = _name_figures(figures, likeness.is_near, np.logical_or)
    # What was shown before is known whatever is chosen now, so it comes first.
    same = _name_figures(figures, likeness.is_same, np.logical_and)
    safe = rounded & set(figures) - near
    news = [name for name in figures if name not in near | safe]
    news.sort(key=lambda name: name not in same)
    if not news:
        return safe
    sizes = [figures[name].shape[0] for name in news]
    chosen = choose_figures(
        Parts(_stack(figures[name] for name in news), np.repeat(np.arange(len(news)), sizes)),
        _known_beside(admission),
        minimum + admission.earlier.few,
        admission.earlier.forbidden,
    )
    return safe | {name for name, is_shown in zip(news, chosen, strict=True) if is_shown}


def _stack(figures: Iterable[csr_array]) -> csr_array:
    return csr_array(vstack(list(figures), format="csr"))


def _name_figures(
    figures: Mapping[str, csr_array], of_parts: NDArray[np.bool_], together: np.ufunc
) -> frozenset[str]:
    """Name the figures of which any part, or all parts, are so."""
    ends = np.cumsum([members.shape[0] for members in figures.values()])
    return frozenset(
        name
        for name, own in zip(figures, np.split(of_parts, ends[:-1]), strict=True)
        if together.reduce(own)
    )


def _known_beside(admission: Admission) -> csr_array:
    """Give the groups that are known beside the figures of a release."""
    told = admission.grouping.members[np.flatnonzero(admission.told)]
    everyone = np.ones((0 if admission.choice.bars_everyone else 1, told.shape[1]), dtype=np.int8)
    return _stack([csr_array(everyone), told, admission.earlier.known])


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
    places = np.flatnonzero(admission.told)
    members = admission.grouping.members[places]
    prints = fingerprint_groups(admission.keys, ledger.secret, members)
    groups: dict[str, dict[str, Any]] = {
        name: {"definition": define(name), "fingerprint": to_text(own), "statistics": statistics}
        for name, own in zip(admission.grouping.groups.index[places], prints, strict=True)
    }
    parts = {
        name: [to_text(own) for own in prints]
        for name, prints in sorted(_fingerprint_parts(figures, admission, ledger).items())
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
        admission.minimum,
    )
    return head_of(ledger, is_repeated(ledger, content) or ledger.append(content).sequence)


def _fingerprint_parts(
    figures: Mapping[str, csr_array], admission: Admission, ledger: Ledger
) -> dict[str, Fingerprints]:
    """Fingerprint the parts of all figures in one pass over the people."""
    if not figures:
        return {}
    prints = fingerprint_groups(admission.keys, ledger.secret, _stack(figures.values()))
    ends = np.cumsum([members.shape[0] for members in figures.values()])
    return dict(zip(figures, np.split(prints, ends[:-1]), strict=True))


def head_of(ledger: Ledger, sequence: int) -> dict[str, Any]:
    """Give what a release tells of its place in the ledger."""
    return {"sequence": sequence, "hash": ledger.releases[sequence - 1].hash}


def anchor_of(release: Path) -> tuple[int, str] | None:
    """Give the place in the ledger that an earlier output in this place tells of."""
    try:
        head = read_json(release / RECORD)["ledger"]
        return int(head["sequence"]), str(head["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


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


_MOST_COPIES = 0.25
"""Share of the smaller of two waves that may be in the other one. Few answer a whole form twice
the same way: those who stayed change an answer, a year of age or of service. A file that was
altered a little holds nearly all of them."""


def refuse_one_name(wave: str, previous_file: Path | None) -> None:
    """Refuse two waves that the ledger could not tell apart by name.

    Raises
    ------
    SameWaveError
        The wave before is called as this one.
    """
    if previous_file is not None and wave_of(previous_file) == wave:
        raise SameWaveError(
            f"{previous_file.name}: both waves would be called {wave} in the ledger. Give this one "
            "another name with --wave, e.g. its year."
        )


def refuse_copies(
    now: pd.DataFrame, before: pd.DataFrame, codebook: Codebook, previous_file: Path
) -> None:
    """Refuse a wave before that holds the answers of this one.

    Both are told of at once, so one less the other would tell of those who are in one only.

    Parameters
    ----------
    now, before : one row per response

    Raises
    ------
    SameWaveError
        More people gave the very same answers in both than can be.
    """
    asked = codebook.with_role("item", "career", "audit", "claim", "outcome", "unit")
    columns = [c.name for c in asked if c.name in now and c.name in before]
    if columns and share_of_copies(now[columns], before[columns]) > _MOST_COPIES:
        raise SameWaveError(
            f"{previous_file.name}: more than {_MOST_COPIES:.0%} of the respondents gave the very "
            "same answers in this survey, so it is the same wave and no other. Give --previous a "
            "wave of other answers, or leave it out."
        )


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


def read_release(folder: Path) -> tuple[dict[str, Any], pd.DataFrame, Report]:
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


def wave_of(survey_file: Path) -> str:
    """Name a wave after its file, where nobody named it."""
    return survey_file.name.split(".")[0]


def ledger_folder(root: Path, codebook: Codebook) -> Path:
    """Give the folder of a survey's own ledger: releases of other surveys ask other people."""
    return root / codebook.survey.name


def without_outcomes(codebook: Codebook) -> Codebook:
    """Let a new wave lack the answers that outcomes are made of."""
    columns = {
        name: c.model_copy(update={"absent": "missing"}) if c.role == "outcome" else c
        for name, c in codebook.columns.items()
    }
    return codebook.model_copy(update={"columns": columns})


def banded(counts: dict[str, int]) -> dict[str, int]:
    """Give counts of respondents as the lowest of their band; those of groups stay exact."""
    of_people = ("forms", "accepted", "refused")
    return {n: band(c)[0] if n in of_people else c for n, c in counts.items()}
