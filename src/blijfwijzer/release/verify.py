"""Whether a release is as the ledger has it, and what follows from all that was shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.atoms import find_atoms
from blijfwijzer.disclosure.certificate import certify, may_follow
from blijfwijzer.disclosure.chain import Release
from blijfwijzer.disclosure.fingerprint import (
    Fingerprints,
    Sight,
    compare,
    differing_sums,
    fingerprint_groups,
    from_text,
    holds_all,
    judge,
    view_keys,
)
from blijfwijzer.disclosure.ledger import Ledger, open_ledger
from blijfwijzer.disclosure.parts import Outsider
from blijfwijzer.disclosure.returning import find_others, hide_others
from blijfwijzer.disclosure.samples import define, is_of_people, within_samples
from blijfwijzer.disclosure.standing import lines_before, standing, withdrawn
from blijfwijzer.errors import DisclosureError, ReleaseError, counted
from blijfwijzer.groups.grouping import member_finder
from blijfwijzer.release.admission import known_by_register
from blijfwijzer.release.folder import CLIMATE, QUESTIONS, additions_of, hash_record, settings_of
from blijfwijzer.release.identity import SHARED
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake

REMADE = frozenset({"report.html", "explore.html", "report.json", "blijfwijzer.xlsx"})
"""Files of a release that are made anew when vouchers are added; all others stay as they were."""
_TABLES: dict[str, dict[str, int]] = {
    "groups.parquet": {"_rate": 0, "_low": 0, "_high": 0},
    CLIMATE: {"favourable": 0, "pooled": 1, "_mean": 1, "_difference": 1, "grade": 1},
    QUESTIONS: {"pooled": 1, "low": 1, "high": 1, "_mean": 1, "_difference": 1},
}
"""Tables of groups in a release, and the decimals that columns with such an end may have."""
_Named = tuple[str, str]
"""Id and fingerprint of a group."""


def hold_release(release: Path, run: dict[str, Any], entered: Sequence[Release]) -> Release:
    """Refuse a release that is not as it was entered in the ledger; give its own line.

    Its record and its files must be those of its last line. What was kept when something was added
    must be as in the line that made it, in each line that was ever added, so that nothing that was
    altered is taken for true because it was entered later.

    Parameters
    ----------
    run : its record, whose files were held against it
    entered : all lines of the ledger

    Raises
    ------
    ReleaseError
        It is altered, of another ledger, or was taken back.
    """
    own, last = _lines_of(release, run, entered)
    gone = withdrawn(entered).get(own.sequence)
    if gone is not None:
        raise ReleaseError(
            f"{release}: release {own.sequence} was taken back on {gone.time[:10]} "
            f"({gone.content['note']['reason']}). Do not publish it. Make it again."
        )
    # What a trial tells of it is entered after it too, and stands in a file elsewhere.
    added = [x for x in entered if x.content.get("release") == own.hash and x.content["record"]]
    wrong = _unlike(last.content["outputs"], run["files"], frozenset())
    for line in added:
        shared = {n: h for n, h in line.content["outputs"].items() if n in own.content["outputs"]}
        wrong |= _unlike(own.content["outputs"], shared, REMADE)
    if last.content["record"] != hash_record(run, last.content["kind"]):
        wrong.add("run.json")
    if wrong:
        raise ReleaseError(
            f"{release}: {len(wrong)} files are not as they were entered in the ledger: "
            f"{', '.join(sorted(wrong)[:5])}. Do not publish it. Make it again."
        )
    return own


def _lines_of(
    release: Path, run: dict[str, Any], entered: Sequence[Release]
) -> tuple[Release, Release]:
    """Give the own line of a release, and the last one that was added to it."""
    by_number = {one.sequence: one for one in entered}
    found = []
    for head in [run["ledger"], *(run[kind]["ledger"] for kind in additions_of(run))]:
        line = by_number.get(int(head["sequence"]))
        if line is None or line.hash != head["hash"] or "outputs" not in line.content:
            raise ReleaseError(
                f"{release}: release {head['sequence']} is not in this ledger. Do not publish it. "
                "Give the right ledger, or make it again."
            )
        found.append(line)
    own, *added = found
    if any(line.content["release"] != own.hash for line in added):
        raise ReleaseError(
            f"{release}: what was added to it was added to another release. Do not publish it. "
            "Make it again."
        )
    return own, found[-1]


def _unlike(one: dict[str, str], other: dict[str, str], apart: frozenset[str]) -> set[str]:
    """Name the files of which two lists have other hashes, or that only one has."""
    return {name for name in {*one, *other} - apart if one.get(name) != other.get(name)}


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
    _hold_questions(release)
    return len(groups)


def _hold_questions(release: Path) -> None:
    """Refuse questions of a group that is not told of their dimension, or not of all of them.

    A dimension is the mean of its questions: with all of them but one, that one would follow.
    """
    if not (release / QUESTIONS).is_file():
        return
    asked = ["group", "dimension"]
    # A row without figures tells nothing of its question, so that it makes a part no whole.
    questions = pd.read_parquet(release / QUESTIONS)
    count = questions.loc[questions["pooled"].notna()].groupby(asked).size()
    told = pd.read_parquet(release / CLIMATE)
    told = told.loc[told["pooled"].notna(), asked]
    untold = ~count.index.isin(pd.MultiIndex.from_frame(told))
    partly = count.to_numpy() < count.groupby("dimension").transform("max").to_numpy()
    if untold.any() or partly.any():
        raise ReleaseError(
            f"{release}: tells {int(untold.sum())} groups of questions without the dimension that "
            f"they are of, and {int(partly.sum())} of a part of the questions of one. Do not "
            "publish it. Make it again."
        )


def changed_by_few(entered: Sequence[Release]) -> list[str]:
    """Name the groups that releases showed although a few people had joined or left since.

    Each release is held against those before it as it was when it was made: by who is in its
    groups, whatever they are called, and not where an earlier one shows the very same people.
    """
    lines = standing(entered)
    found: set[str] = set()
    for line in lines:
        groups, content = line.content["groups"], line.content
        before = standing(lines_before(entered[: line.sequence], content))
        changed = _changed(content, [other.content for other in before])
        found |= {name for name, is_changed in zip(groups, changed, strict=True) if is_changed}
    return sorted(found)


def _changed(content: dict[str, Any], before: Iterable[dict[str, Any]]) -> list[bool]:
    """Tell of each group of a release whether one before showed nearly the same people."""
    texts = [group["fingerprint"] for group in content["groups"].values()]
    is_same, is_near = (np.zeros(len(texts), dtype=bool) for _ in range(2))
    views = list(map(tuple, content["columns"]))
    surveys: dict[tuple[str, tuple[tuple[str, ...], ...]], list[dict[str, Any]]] = {}
    for other in before:
        columns = tuple(map(tuple, other["columns"]))
        surveys.setdefault((other["dataset"], columns), []).append(other)
    for (_, columns), others in surveys.items():
        shared = [view for view in columns if view in views]
        shown = _told(others, "groups") + _told(others, "parts")
        if not (texts and shown and shared):
            continue
        own = [views.index(view) for view in shared]
        now = _read(texts, own)
        then = _read([text for _, text in shown], [columns.index(view) for view in shared])
        word = _sharp(len(own))
        is_sharp, is_whole = ~np.isin(own, content.get(SHARED, ())), holds_all(views)[own]
        sight = replace(word, is_sharp=is_sharp, is_whole=is_whole)
        then = _less_alike(content, now, (shown, then), sight)
        likeness = compare(now, then, int(content["minimum"]), word)
        is_same |= likeness.is_same
        is_near |= likeness.is_near
    return list(is_near & ~is_same)


def _told(lines: Sequence[dict[str, Any]], kind: Literal["groups", "parts"]) -> list[_Named]:
    """Give the fingerprints of groups, by their ids, or of parts, which have none."""
    if kind == "parts":
        return [("", x) for line in lines for texts in line["parts"].values() for x in texts]
    return [(name, own["fingerprint"]) for line in lines for name, own in line["groups"].items()]


def _less_alike(
    content: dict[str, Any],
    now: Fingerprints,
    before: tuple[list[_Named], Fingerprints],
    sight: Sight,
) -> Fingerprints:
    """Leave out views by which others look like the people of a survey, as `read_earlier` does."""
    place_of = {name: place for place, name in enumerate(content["groups"])}
    shown, then = before
    theirs = [place for place, (name, _) in enumerate(shown) if name in place_of]
    ours = [place_of[shown[place][0]] for place in theirs]
    is_all = [not group["definition"] for group in content["groups"].values()]
    others = find_others(now[ours], then[theirs], np.array(is_all)[ours], sight, untold=True)
    return hide_others(then, [[0]] * len(then), others[None])


def _read(texts: Sequence[str], views: list[int]) -> Fingerprints:
    return np.array([from_text(text)[views] for text in texts])


def _sharp(views: int) -> Sight:
    """Take each view at its word: how well it tells people apart is known with the survey only."""
    ones = np.ones(views, dtype=np.int64)
    return Sight(ones - 1, ones, ones > 0, ones > 0)


@dataclass(frozen=True)
class KnownRegister:
    """A register of personnel, as whoever works in HR knows it."""

    file: str
    sha256: str
    answered_by_all: csr_array
    """Units and codes of which everybody responded, as `RegisterWeights` has them."""


def derive_again(
    release: Path,
    run: dict[str, Any],
    ledgers: Path,
    intake: Intake,
    codebook: Codebook,
    register: KnownRegister | None = None,
) -> str:
    """Put the people of a survey in all groups that were shown of it, and prove it again.

    Beside these groups an outsider knows, where a register is given, the totals of which everybody
    responded; those from which few follow whatever is shown are left out, as when it was made.

    Parameters
    ----------
    run : record of the release
    register : that the release was made with

    Raises
    ------
    ReleaseError
        It was made from another file or register, or other people are in the groups than the ledger
        has of them.
    DisclosureError
        Something follows about fewer people than was promised.
    """
    with open_ledger(ledgers / str(run["survey"]), str(run["owner"])) as ledger:
        hold_origin(release, run, ledger, "survey", intake.sha256, intake.file)
        if register is not None:
            hold_origin(release, run, ledger, "register", register.sha256, register.file)
        dataset = run["provenance"]["survey_hmac_sha256"]
        lines = [line for line in ledger.standing if line.content["dataset"] == dataset]
        minimum = min((int(x.content["minimum"]) for x in lines if x.content["groups"]), default=0)
        members, unlike = _members_of_all(intake, codebook, ledger, lines)
    if unlike:
        raise ReleaseError(
            f"{intake.file}: {len(unlike)} groups hold other people than the ledger has "
            f"of them: {', '.join(unlike[:5])}. Give the codebook that the release was made "
            "with."
        )
    known, groups = known_by(register, run, members.shape[1]), members.shape[0]
    worlds, left = prove_again(csr_array(vstack([members, known], format="csr")), minimum)
    if left:
        raise DisclosureError(
            f"{groups} groups were shown of this survey, and from them totals of fewer "
            f"than {minimum} people may follow, of {left} parts that no group tells apart. Do "
            "not publish this release."
        )
    beside = f" and {counted(known.shape[0], 'total')} of a register" if register else ""
    drawn = sum(len(line.content["groups"]) for line in lines if is_of_people(line))
    beside += f", but for {counted(drawn, 'group')} of people who were drawn" if drawn else ""
    return (
        f"nothing about fewer than {minimum} people, from {groups} groups{beside}: proven by "
        f"{counted(worlds, 'invented population')}"
    )


def prove_again(known: csr_array, minimum: int) -> tuple[int, int]:
    """Prove that no total of 1 to `minimum` - 1 people follows from totals that are known.

    Other mathematics than the choice of what is shown, so that one blind spot is not two.

    Parameters
    ----------
    known : one row per total, one column per response

    Returns
    -------
    The populations that prove it, and of how many parts they do not.
    """
    atoms = find_atoms(known)
    proof = certify(atoms.rows, atoms.rows @ atoms.sizes, minimum)
    left = [c for c in proof.unserved if may_follow(atoms.rows, atoms.sizes, int(c), minimum)]
    return len(proof.worlds), len(left)


def known_by(register: KnownRegister | None, run: Mapping[str, Any], responses: int) -> csr_array:
    """Give the totals that whoever knows a register knows beside those that are shown."""
    nobody = csr_array((0, responses), dtype=np.int8)
    if register is None:
        return nobody
    outsider = Outsider(csr_array(np.ones((1, responses), dtype=np.int8)), nobody, 0)
    return known_by_register(register.answered_by_all, outsider, settings_of(run).disclosure)


def has_register(run: Mapping[str, Any]) -> bool:
    """Tell by its record whether a release has the margins of a register."""
    return "register_hmac_sha256" in run["provenance"]


def hold_origin(
    release: Path, run: Mapping[str, Any], ledger: Ledger, origin: str, sha256: str, name: str
) -> None:
    """Refuse a survey or model that is not the one that a release was made from.

    Parameters
    ----------
    run : record of the release
    origin : what it is, as the record calls it: survey, register, model_vertrekintentie ...
    sha256 : its own hash
    name : of its file or folder

    Raises
    ------
    ReleaseError
    """
    if ledger.identify(sha256) != run["provenance"].get(f"{origin}_hmac_sha256"):
        what = {"survey": "file", "register": "register"}.get(origin, "model")
        raise ReleaseError(
            f"{name}: is not the {what} that {release} was made from. Give the right one."
        )


def _members_of_all(
    intake: Intake, codebook: Codebook, ledger: Ledger, lines: Sequence[Release]
) -> tuple[csr_array, list[str]]:
    """Give all groups that were shown of a file, and those that cannot be right."""
    responses = intake.held
    parts, unlike = [csr_array((0, len(responses)), dtype=np.int8)], []
    find = within_samples(member_finder(responses, codebook), lines, ledger, responses)
    for columns, shown in _shown_of(lines).items():
        made = {known: find(definition) for known, definition in shown.items()}
        unlike += [name for (name, _), row in made.items() if row is None]
        formed = {known: row for known, row in made.items() if row is not None}
        rows = csr_array(np.array(list(formed.values()), dtype=np.int8))
        # In one pass: hashing everybody once for each group would take minutes.
        keys = view_keys(responses, columns)
        now = fingerprint_groups(keys, ledger.secret, rows)
        before = np.array([from_text(text) for _, text in formed])
        sight = Sight.of(keys, holds_all(columns))
        same = judge(differing_sums(now, before), 1, sight).is_equal
        unlike += [name for (name, _), is_same in zip(formed, same, strict=True) if not is_same]
        parts.append(rows)
    return csr_array(vstack(parts, format="csr")), unlike


def _shown_of(
    lines: Sequence[Release],
) -> dict[tuple[tuple[str, ...], ...], dict[tuple[str, str], dict[str, str]]]:
    """Give the groups that were shown of a file, by the columns that people are known by."""
    shown: dict[tuple[tuple[str, ...], ...], dict[tuple[str, str], dict[str, str]]] = {}
    for line in lines:
        if not line.content["groups"] or is_of_people(line):
            continue
        groups = shown.setdefault(tuple(map(tuple, line.content["columns"])), {})
        for name, group in line.content["groups"].items():
            groups[name, group["fingerprint"]] = define(line, group["definition"])
    return shown
