"""Stories of governance: a file is drafted and checked, and what runs is stopped and resumed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from blijfwijzer.disclosure.chain import FILE, Release, read_head, verify
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.disclosure.standing import RESUME, STOP, note, standing
from blijfwijzer.errors import GovernanceError, LedgerError, SettingsError
from blijfwijzer.files import write_beside
from blijfwijzer.governance.document import Governance, read_governance
from blijfwijzer.governance.draft import draft_governance
from blijfwijzer.records.model_choice import choose_models
from blijfwijzer.records.model_folder import read_model
from blijfwijzer.release.stops import EVERYTHING, stops_in
from blijfwijzer.release.thresholds import JUDGED, in_force, is_telling
from blijfwijzer.settings import PackSettings
from blijfwijzer.survey.codebook import load_codebook

_NOBODY = PackSettings()
_SOON = 60
"""Days before the end from which a check says that a file must be renewed."""


@dataclass(frozen=True)
class CheckedGovernance:
    """A governance file that was read, and what is still wrong with it."""

    governance: Governance
    faults: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 where nothing is wrong."""
        return GovernanceError.exit_code if self.faults else 0


def draft(codebook: str, output: Path | None) -> str:
    """Draft the governance file of a survey, on the screen or in a file that is not there yet."""
    text = draft_governance(load_codebook(codebook))
    if output is None:
        print(text, end="")
        return text
    if output.exists():
        raise GovernanceError(
            f"{output}: is there already, and a draft would take its place. Nothing was written. "
            "Give --output another place."
        )
    with write_beside(output) as beside:
        beside.write_text(text, encoding="utf-8")
    print(f"{output}: a draft. Decide each line marked `decide`, then `govern check` it.")
    return text


def check(file: Path, ledgers: Path) -> CheckedGovernance:
    """Read a governance file, and say all that is wrong with it beside its ledger.

    Raises
    ------
    GovernanceError
        It cannot be read, or lacks what it must have; all faults at once.
    """
    told = read_governance(file)
    place = ledgers / told.survey
    entered = verify(place) if (place / FILE).is_file() else []
    checked = CheckedGovernance(told, (*_dated(told), *_beside_ledger(told, entered)))
    for fault in checked.faults:
        print(f"{file.name}: {fault}")
    if not checked.faults:
        print(f"{file.name}: nothing is missing. Thresholds {told.acceptance.sha256[:12]}.")
    return checked


def _dated(told: Governance) -> Iterator[str]:
    """Say what is missing, and which dates cannot be."""
    today = date.today()
    yield from (f"{name}: is not there yet; pages say so" for name in told.unsettled)
    for name, settled in told.settlements.items():
        if settled is not None and settled.date > today:
            yield f"{name}: is dated {settled.date}, which is yet to come"
    if told.expiry < today:
        yield f"expiry: it ended on {told.expiry}, and nothing is made by it"
    elif (told.expiry - today).days < _SOON:
        yield f"expiry: it ends on {told.expiry}; renew it before"


def _beside_ledger(told: Governance, entered: Sequence[Release]) -> Iterator[str]:
    """Say what contradicts the order or the dates of results that were made."""
    telling = [line for line in standing(entered) if is_telling(line)]
    results = [line for line in telling if line.content["kind"] in JUDGED]
    if telling and not in_force(entered[: telling[0].sequence]):
        yield f"acceptance: result {telling[0].sequence} was made before there were thresholds"
    then = in_force(entered[: results[-1].sequence]) if results else ""
    if then not in ("", told.acceptance.sha256):
        yield (
            f"acceptance: result {results[-1].sequence} was made by other thresholds "
            f"({then[:12]}); these are for a wave and a model of which there is none yet"
        )
    shown = [line for line in results if line.content["kind"] != "train"]
    for name, settled in told.settlements.items():
        if shown and settled is not None and settled.date > date.fromisoformat(shown[0].time[:10]):
            yield (
                f"{name}: is dated {settled.date}, after result {shown[0].sequence} "
                f"({shown[0].time[:10]})"
            )


def stop(
    ledgers: Path, model: Path | None, reason: str, packs: PackSettings = _NOBODY
) -> list[str]:
    """Stop all that is made with a model, or all; what was made stays as it is.

    Parameters
    ----------
    model : folder of the model, its address in the registry, or a pack, of which each model is
        meant; everything is stopped when left out
    packs : whose packs are used here, so whose can be stopped

    Raises
    ------
    LedgerError, SettingsError
        Nothing was ever made here; or no reason is given.

    Returns
    -------
    The ledgers in which it stands.
    """
    why, found = _require(reason, "--reason"), []
    what = _read_stoppable(model, packs)
    for folder in _ledgers_of(ledgers, what):
        with open_ledger(folder, read_head(folder).owner) as ledger:
            for name, sha256 in what.models.items():
                ledger.append(note(STOP, folder.name, {"model": sha256, "reason": why}))
                print(f"{folder}: {name} is stopped: {why}. What was made before is kept.")
        found.append(str(folder))
    return found


def resume(
    ledgers: Path, model: Path | None, by: str, reason: str, packs: PackSettings = _NOBODY
) -> list[str]:
    """Resume what was stopped, on the word of somebody.

    Parameters
    ----------
    model, packs : as of `stop`

    Raises
    ------
    LedgerError, SettingsError
        Nothing was ever made here; or no name or reason is given.
    GovernanceError
        It was not stopped.

    Returns
    -------
    The ledgers in which it stands.
    """
    who, why, found = _require(by, "--by"), _require(reason, "--reason"), []
    what = _read_stoppable(model, packs)
    for folder in _ledgers_of(ledgers, what):
        with open_ledger(folder, read_head(folder).owner) as ledger:
            stopped = stops_in(ledger.releases)
            for name, sha256 in what.models.items():
                # An earlier version entered the keyed hash.
                for key in {sha256, ledger.identify(sha256)} & stopped.keys():
                    told = {"model": key, "by": who, "reason": why}
                    ledger.append(note(RESUME, folder.name, told))
                    found.append(str(folder))
                    print(f"{folder}: {name} is resumed by {who}: {why}.")
    if not found:
        names = ", ".join(what.models)
        raise GovernanceError(f"{ledgers}: {names} was not stopped. Nothing was changed.")
    return sorted(set(found))


@dataclass(frozen=True)
class _Stoppable:
    """What is stopped or resumed."""

    models: Mapping[str, str]
    """Name to hash of the manifest; "everything" to `EVERYTHING`."""
    survey: str = ""
    """That the models are of; every one here where all is meant."""


def _read_stoppable(model: Path | None, packs: PackSettings) -> _Stoppable:
    """Read which models are meant; of a folder with several models none is."""
    if model is None:
        return _Stoppable({"everything": EVERYTHING})
    if model.is_dir():
        stored = [read_model(model)]
    else:
        stored = [choice.stored for choice in choose_models(model, packs).values()]
    models = {one.folder.name: one.manifest.sha256 for one in stored}
    return _Stoppable(models, stored[0].codebook.survey.name)


def _ledgers_of(ledgers: Path, what: _Stoppable) -> list[Path]:
    """Give the ledgers of all surveys, or of that of some models."""
    places = [ledgers / what.survey] if what.survey else sorted(ledgers.glob("*"))
    found = [place for place in places if (place / FILE).is_file()]
    if not found:
        raise LedgerError(
            f"{ledgers}: nothing was ever made with a ledger here, so there is nothing to stop or "
            "resume. Give --ledger the folder of the ledgers."
        )
    return found


def _require(text: str, option: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise SettingsError(
            f"{option}: is empty. Nothing was changed. Say it, for who reads the ledger later."
        )
    return plain
