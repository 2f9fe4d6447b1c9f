"""The stories of `pack`: a key, one file of models for others, and what such a file holds."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.errors import PackError, counted
from blijfwijzer.groups.benchmarks import FEWEST_EMPLOYERS
from blijfwijzer.records import signing
from blijfwijzer.records.model_choice import choose_models
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.records.pack import Pack, PackMade, read_pack, write_pack
from blijfwijzer.release.origin import unknown_models
from blijfwijzer.release.publication import known_ledger
from blijfwijzer.release.request import Request
from blijfwijzer.release.stops import refuse_stopped
from blijfwijzer.release.trainings import enter_handed_on, is_near_another
from blijfwijzer.settings import Settings, load_settings


@dataclass(frozen=True)
class PackRequest:
    """What is asked of a pack."""

    models: Path
    """Folder of models, of which those that `score` would use are taken."""
    name: str
    """What its receivers see that it is called."""
    keys: tuple[Path, ...]
    """Private keys that it is signed with: one, or the old and the new one."""
    until: str = ""
    """Last day on which it may be used, as 2027-12-31; none when empty."""


def pack(asked: PackRequest, output: Path, ledgers: Path | None) -> PackMade:
    """Write a pack of the models in use, each of which the ledger knows as it was trained.

    What a model brings along passed the gate when it was trained, and the ledger has its hash: what
    was changed since, or came from elsewhere, is not handed on.

    Parameters
    ----------
    ledgers : folder of the ledgers; beside the folder of models when None

    Raises
    ------
    PackError
        A model is not known to the ledger, was trained on too few organisations, or on nearly the
        same people as one before it.
    StoppedError
        A model was stopped here, or everything was: who receives it would not know.
    """
    chosen = choose_models(asked.models)
    models = [choice.stored for choice in chosen.values()]
    _refuse_few(models)
    place = ledgers or models[0].ledgers
    _refuse_by_ledger(models, place)
    enter = partial(_enter, models, place, asked.name.strip())
    made = write_pack(output, asked.name, models, asked.keys, asked.until, enter)
    print(f"{made.path}: pack {made.name}, signed with {counted(len(made.signed_by), 'key')}:")
    for key in made.signed_by:
        print(f"  {key}")
    for choice in chosen.values():
        print(f"  {choice}")
    print("Tell its receivers the public key by another way than the pack itself.")
    return made


def inspect_pack(path: Path, settings: Settings | Path | None) -> Pack:
    """Check a pack as `score` does, and tell what is in it."""
    found = read_pack(path, load_settings(settings).packs)
    print(f"{path}: pack {found.name}, signed by {found.signer}, made {found.made[:10]}.")
    print(f"  may be used until: {found.until or 'no date'}; SHA-256 {found.sha256}")
    for target, stored in found.models.items():
        print(f"  {target}: model {stored.folder.name}, made {stored.manifest.made[:10]}")
        print(f"    SHA-256 {stored.manifest.sha256}")
    return found


def make_key(path: Path) -> str:
    """Write a new private key, and tell its public one."""
    public = signing.make_key(path)
    print(f"{path}: the private key. Keep it secret, and keep a copy in a safe.")
    print(f"The public key, for the settings of whoever uses your packs:\n  {public}")
    return public


def tell_made(made: PackMade) -> dict[str, Any]:
    """Tell a program of a pack that was written."""
    told = {"pack": str(made.path), "signed_by": list(made.signed_by)}
    return {**told, "name": made.name, "sha256": made.sha256, "models": _as_json(made.models)}


def tell_checked(path: Path, found: Pack) -> dict[str, Any]:
    """Tell a program of a pack that was checked."""
    told = {"pack": str(path), "signer": found.signer, "made": found.made, "until": found.until}
    return {**told, "name": found.name, "sha256": found.sha256, "models": _as_json(found.models)}


def _refuse_few(models: list[Stored]) -> None:
    least = FEWEST_EMPLOYERS
    few = [m.folder.name for m in models if len(m.trained.get("units", ())) < least]
    if few:
        raise PackError(
            f"{', '.join(few)}: trained on fewer than {least} organisations. Whoever is one of "
            "them could tell the others from it. Nothing was written."
        )


@contextmanager
def _ledger_of(stored: Stored, ledgers: Path) -> Iterator[Ledger]:
    """Open the ledger that knows a model, or refuse where there is none."""
    survey = stored.codebook.survey.name
    owner = stored.settings.disclosure.owner or survey
    with known_ledger(survey, owner, ledgers) as ledger:
        if ledger is None:
            raise PackError(
                f"{ledgers}: has no ledger of {survey}, so it is not known whether these models "
                "are as they were trained. Give the right one with --ledger."
            )
        yield ledger


def _refuse_by_ledger(models: list[Stored], ledgers: Path) -> None:
    """Refuse models of which the ledger says, or cannot say, that they tell of few people."""
    unknown, near = list[str](), list[str]()
    for stored in models:
        settings, survey = stored.settings, stored.codebook.survey
        request = Request("pack", stored.codebook, settings, survey.wave, origin=stored.origin)
        with _ledger_of(stored, ledgers) as ledger:
            sha256 = ledger.identify(stored.manifest.sha256)
            refuse_stopped(ledger, {stored.folder.name: sha256})
            unknown += unknown_models(request, ledger)
            if is_near_another(ledger, stored.manifest.sha256):
                near.append(stored.folder.name)
    if unknown:
        raise PackError(
            f"{ledgers}: {len(unknown)} models were not trained with this ledger, or were altered "
            f"since: {', '.join(unknown)}. What they tell did not pass its gate. Nothing was "
            "written. Train them here, or give the right ledger."
        )
    if near:
        raise PackError(
            f"{ledgers}: nearly the people of {counted(len(near), 'model')} were trained on, or "
            f"told of, before: {', '.join(near)}. Whoever has both would know what the few "
            "answered who are in one of them only. Nothing was written. Hand on the one before; "
            "or take back what nobody was given (blijfwijzer disclosure withdraw), the last first, "
            "and train again."
        )


def _enter(models: list[Stored], ledgers: Path, name: str) -> None:
    """Note that models are given away, so that none of them can be taken back."""
    for stored in models:
        with _ledger_of(stored, ledgers) as ledger:
            enter_handed_on(ledger, stored.codebook.survey.name, stored.manifest.sha256, name)


def _as_json(models: Mapping[str, Stored]) -> list[dict[str, str]]:
    return [
        {"target": target, "folder": stored.folder.name, "sha256": stored.manifest.sha256}
        for target, stored in models.items()
    ]
