"""The stories of what is undone: an output that was taken back, a promise that was lowered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from blijfwijzer.disclosure.chain import FILE, Release, read_head, verify
from blijfwijzer.disclosure.ledger import open_ledger, proof_of
from blijfwijzer.disclosure.standing import (
    HAND_ON,
    LOWER,
    WITHDRAW,
    belongs_to,
    note,
    promised,
    standing,
)
from blijfwijzer.errors import LedgerError, ReleaseError, SettingsError, counted
from blijfwijzer.files import hash_bytes
from blijfwijzer.records.model_folder import MANIFEST, read_model
from blijfwijzer.release.folder import LOTTERY, RECORD, read_record
from blijfwijzer.release.promise import hold_seal
from blijfwijzer.release.verify import hold_release
from blijfwijzer.settings import DisclosureSettings


def withdraw(release: Path, ledgers: Path, sha256: str, reason: str) -> list[int]:
    """Take back an output that was never handed out, so that later ones need not reckon with it.

    Its lines stay in the ledger, with one that says that it was taken back and why. Only the last
    output can be: what came later was chosen beside it. Its proof goes: it tells exact sizes, and
    nothing is left that it proves; its hash stays in the lines.

    Parameters
    ----------
    release : its folder, or that of a model
    sha256 : of the output's record, as a sign that this very output is meant

    Raises
    ------
    ReleaseError
        It is altered, another one is meant, others came later, or a draw was sealed in it.
    ModelFolderError
        It is the folder of a model that is altered or incomplete.
    SettingsError
        No reason is given.

    Returns
    -------
    Its lines in the ledger.
    """
    meant = _read_model(release) if (release / MANIFEST).exists() else _read_output(release)
    why = _require(reason)
    digest = hash_bytes(meant.record.read_bytes())
    if sha256.lower() != digest:
        raise ReleaseError(
            f"{release}: {'another output is meant' if sha256 else 'nothing was taken back yet'}. "
            "If nobody was ever given any file of it, say so with --sha256 and the SHA-256 of its "
            f"{meant.record.name} (sha256sum {meant.record})."
        )
    if (release / LOTTERY).exists():
        raise ReleaseError(
            f"{release}: holds a sealed lottery ({LOTTERY}), which would be undone with it. "
            "Nothing was taken back. Score into another folder, which is held against this one; a "
            "second draw among its people needs a reason (vouchers --again)."
        )
    with open_ledger(ledgers / meant.survey, meant.owner) as ledger:
        own = meant.find(ledger.releases)
        lines = _lines_to_withdraw(release, own, ledger.standing)
        told = {"lines": lines, "reason": why, "proofs": "removed"}
        ledger.append(note(WITHDRAW, meant.survey, told))
        # After the line: a proof that is left by an end half-way tells nobody anything.
        for number in lines:
            proof_of(ledger.folder, number).unlink(missing_ok=True)
    print(
        f"{release}: taken back; {counted(len(lines), 'line stays', 'lines stay')} in the ledger, "
        "marked so, without its proof. Its files are still there, and where it was tracked a copy "
        "of each in MLflow: delete all of these, or make it again."
    )
    return lines


@dataclass(frozen=True)
class _Meant:
    """What is to be taken back."""

    survey: str
    owner: str
    record: Path
    """What it tells of itself, by whose hash it is asked for."""
    find: Callable[[Sequence[Release]], Release]
    """Finds its line in a ledger, as it was entered, or refuses."""


def _read_output(release: Path) -> _Meant:
    run = read_record(release)
    hold_seal(release, run)
    find = partial(hold_release, release, run)
    return _Meant(str(run["survey"]), str(run["owner"]), release / RECORD, find)


def _read_model(folder: Path) -> _Meant:
    stored = read_model(folder)
    survey = stored.codebook.survey.name

    def find(entered: Sequence[Release]) -> Release:
        own = stored.manifest.sha256
        lines = [line for line in standing(entered) if line.content.get("model") == own]
        if not lines:
            raise ReleaseError(
                f"{folder}: this model is not in this ledger, or was taken back. Nothing was "
                "changed. Give the right ledger."
            )
        _refuse_handed_on(folder, own, entered)
        return lines[-1]

    owner = stored.settings.disclosure.owner or survey
    return _Meant(survey, owner, folder / MANIFEST, find)


def _refuse_handed_on(folder: Path, model: str, entered: Sequence[Release]) -> None:
    for line in entered:
        if line.content["kind"] == HAND_ON and line.content["note"]["model"] == model:
            raise ReleaseError(
                f"{folder}: was given away in the pack {line.content['note']['pack']} on "
                f"{line.time[:10]}. Nothing was taken back. If nobody is to use it any more, stop "
                "it (blijfwijzer govern stop), and tell its receivers to revoke it."
            )


def _lines_to_withdraw(release: Path, own: Release, stand: Sequence[Release]) -> list[int]:
    """Give the lines of an output, if no other came after the first of them."""
    lines = [line.sequence for line in stand if belongs_to(line, own)]
    later = [x for x in stand if x.sequence > lines[0] and x.sequence not in lines]
    if later:
        raise ReleaseError(
            f"{release}: {counted(len(later), 'later output was', 'later outputs were')} chosen "
            f"beside it, the last of kind {later[-1].content['kind']}. Nothing was taken back. "
            "Take back the last one first."
        )
    return lines


def lower(ledger: Path, minimum: int, reason: str) -> int:
    """Lower the fewest people that releases of a survey promise to tell of, in so many words.

    What was shown before stays as coarse as it was; what is shown from now on tells of fewer, also
    together with that.

    Parameters
    ----------
    ledger : folder of one ledger

    Raises
    ------
    LedgerError
        There is none, or it is broken.
    SettingsError
        It is no lower, lower than may be, or no reason is given.

    Returns
    -------
    The minimum that was promised before.
    """
    why, entered = _require(reason), verify(ledger)
    surveys = {str(line.content["survey"]) for line in standing(entered)}
    if len(surveys) != 1:
        raise LedgerError(f"{ledger / FILE}: nothing was promised here. There is nothing to lower.")
    (survey,) = surveys
    _refuse_few(minimum)
    with open_ledger(ledger, read_head(ledger).owner) as opened:
        before = promised(opened.releases, survey)
        if minimum >= before:
            raise SettingsError(
                f"{minimum}: is no lower than {before}, which was promised. Nothing was changed."
            )
        told = {"minimum": minimum, "before": before, "reason": why}
        opened.append(note(LOWER, survey, told))
    print(f"{ledger}: the minimum is {minimum} from now on; it was {before}. This stays on record.")
    return before


def _require(reason: str) -> str:
    if not reason.strip():
        raise SettingsError("--reason: is empty. Nothing was changed. Say why, for who reads it.")
    return reason.strip()


def _refuse_few(minimum: int) -> None:
    try:
        DisclosureSettings(minimum=minimum)
    except ValidationError as error:
        raise SettingsError(
            f"--minimum: {minimum} is fewer than may ever be told of. Nothing was changed."
        ) from error
