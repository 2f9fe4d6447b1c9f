"""What offices that never pool their files agree on, and the key that only they have."""

import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Annotated

from pydantic import Field

from blijfwijzer.errors import AgreementError, refuse_toml
from blijfwijzer.files import hash_bytes, read_json, to_json, write_beside
from blijfwijzer.section import Section

_KEY_BYTES = 32
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\n]*$")]


class OfficeAgreement(Section):
    """What is told, of whom, and who leaves numbers for it."""

    round: Name
    """Name of this round: a key is used once in each, since two masks that are the same would
    bare the difference."""
    wave: Name
    offices: Annotated[tuple[Name, ...], Field(min_length=1, max_length=100)]
    by: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Unit levels."""
    cross: tuple[Name, ...] = ()
    """Background variables to cross units with."""
    population: Path
    """Table of the units of all offices together, and how many people work in each."""

    @property
    def sha256(self) -> str:
        """Hash of all of it and of the table of units."""
        told = self.model_dump(mode="json", exclude={"population"})
        return hash_bytes(to_json({**told, "population": self.population_sha256}))

    @property
    def population_sha256(self) -> str:
        """Hash of the table of units."""
        return hash_bytes(self.population.read_bytes())


def read_agreement(path: Path) -> OfficeAgreement:
    """Read an agreement; a path in it is beside the file.

    Raises
    ------
    AgreementError
        It is not there, is no TOML, names an office twice, or lacks something.
    """
    try:
        with refuse_toml(path.name, AgreementError, "Mend these keys."):
            agreed = OfficeAgreement.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise AgreementError(f"{path}: cannot be read. Give the file that was agreed.") from error
    if len({*agreed.offices}) < len(agreed.offices):
        raise AgreementError(f"{path.name}: an office is named twice in `offices`. Name each once.")
    place = path.parent / agreed.population
    if not place.is_file():
        raise AgreementError(f"{path.name}: {place} (population) is not there. Put it there.")
    return agreed.model_copy(update={"population": place})


@dataclass(frozen=True)
class OfficeKey:
    """What only the offices know, and for what it was used here."""

    key: bytes
    rounds: Mapping[str, str]
    """Round to what was masked in it, as a keyed hash."""

    def derive(self, use: str) -> bytes:
        """Give a secret for one use, from which neither the key nor another one follows."""
        return digest(self.key, f"blijfwijzer {use}".encode(), sha256)

    def use(self, round_name: str, office: str, content: bytes) -> "OfficeKey":
        """Use it for what an office leaves in a round; a second time only for the very same.

        Raises
        ------
        AgreementError
            Something else was masked with it in this round.
        """
        name = digest(self.key, f"round {round_name} {office}".encode(), sha256).hex()
        told = digest(self.key, content, sha256).hex()
        if self.rounds.get(name, told) != told:
            raise AgreementError(
                f"round {round_name}: {office} left other numbers before in this round, and two "
                "parts with the same masks would bare how they differ. Nothing was written. Agree "
                "on another `round`, with all offices."
            )
        return OfficeKey(self.key, {**self.rounds, name: told})

    def keep(self, path: Path) -> None:
        """Write it, readable by its owner only."""
        with write_beside(path) as beside:
            beside.write_bytes(to_json({"key": self.key.hex(), "rounds": dict(self.rounds)}))


def make_key(path: Path) -> None:
    """Write a new key.

    Raises
    ------
    AgreementError
        There is a file here already.
    """
    if path.exists():
        raise AgreementError(f"{path}: is there already. Nothing was written; give another place.")
    OfficeKey(secrets.token_bytes(_KEY_BYTES), {}).keep(path)


def read_key(path: Path) -> OfficeKey:
    """Read the key that offices have together.

    Raises
    ------
    AgreementError
        It is not there, or no key.
    """
    try:
        raw = read_json(path)
        key, rounds = bytes.fromhex(raw["key"]), dict(raw["rounds"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AgreementError(
            f"{path}: cannot be read as a key of offices. Give the file that `blijfwijzer merge "
            "key` wrote, the same at each office."
        ) from error
    if len(key) != _KEY_BYTES:
        raise AgreementError(f"{path}: holds a key of {len(key)} bytes, not {_KEY_BYTES}.")
    return OfficeKey(key, rounds)
