"""A pack: one file of models, what they bring along, and their codebook, signed by its maker.

    pack.json         what is in it: name, time, outcome to model, file to SHA-256
    signatures.json   public key to signature of the bytes of pack.json
    codebook.toml     that all its models were trained with
    models/...        the folder of each model, as its training wrote it

A receiver believes pack.json for its signature, and the rest for its hashes; models are then read,
and looked at by the linter, as those of one's own are.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from blijfwijzer import __version__
from blijfwijzer.errors import (
    BlijfwijzerError,
    PackError,
    SettingsError,
    WithdrawnPackError,
    counted,
)
from blijfwijzer.files import hash_bytes, hash_files, to_json, write_files
from blijfwijzer.records.archive import Archive, open_archive, write_archive
from blijfwijzer.records.lint import SMALLEST_LEAF, find_disclosures
from blijfwijzer.records.model_folder import MANIFEST, Signed, Stored, moment, read_model
from blijfwijzer.records.signing import sign, signer_of
from blijfwijzer.settings import PackSettings

_ABOUT, _SIGNATURES, _CODEBOOK = "pack.json", "signatures.json", "codebook.toml"
_MODELS = "models"
_MOST_ABOUT = 2_000_000
"""Bytes of what is read before a signature is checked."""


class _About(BaseModel):
    """What a pack says of itself."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    format: Literal[1] = 1
    name: str
    made: str
    made_with: str
    until: str = ""
    """Last day on which it may be used, as ISO 8601; empty: as long as its key is trusted."""
    survey: str
    models: dict[str, str]
    """Outcome to the name of its model's folder."""
    files: dict[str, str]
    """File to its SHA-256."""


_SIGNED = TypeAdapter(dict[str, str])


@dataclass(frozen=True)
class Pack:
    """A pack that was checked and read."""

    name: str
    made: str
    """When, as ISO 8601 in UTC."""
    until: str
    """Last day on which it may be used; "" where it has none."""
    sha256: str
    """Of what it says of itself, and by that of all in it."""
    signer: str
    """Who signed it, by what its receiver calls them."""
    models: Mapping[str, Stored] = field(default_factory=dict)
    """Outcome to its model."""
    codebook: bytes = b""


@dataclass(frozen=True)
class PackMade:
    """A pack that was written."""

    path: Path
    name: str
    sha256: str
    signed_by: tuple[str, ...]
    """Public keys."""
    models: Mapping[str, Stored]


def write_pack(
    path: Path,
    name: str,
    models: Sequence[Stored],
    keys: tuple[Path, ...],
    until: str = "",
    enter: Callable[[], None] = lambda: None,
) -> PackMade:
    """Write a pack of models, signed with each of some private keys.

    Parameters
    ----------
    until : last day on which it may be used, as ISO 8601; "" for as long as its key is trusted
    enter : notes that it is made; nothing is written before, and nothing can be refused after

    Raises
    ------
    PackError
        The models are of several codebooks, or one would tell of few people.
    SettingsError
        It has no name or no key, or a key cannot be read.
    """
    if not name.strip() or not keys:
        raise SettingsError(
            f"{path.name}: a pack needs a name, and the key of whoever makes it: --name and --key."
        )
    files: dict[str, bytes] = {}
    for stored in models:
        _refuse_telling(path.name, stored)
        for file in (MANIFEST, *stored.manifest.files):
            files[f"{_MODELS}/{stored.folder.name}/{file}"] = (stored.folder / file).read_bytes()
        files[_CODEBOOK] = (stored.folder / _CODEBOOK).read_bytes()
    _refuse_several(path.name, [stored.manifest.codebook_sha256 for stored in models])
    about = _About(
        name=name.strip(),
        made=moment(),
        made_with=f"blijfwijzer {__version__}",
        until=_day(path.name, until),
        survey=models[0].manifest.survey,
        models={stored.manifest.target: stored.folder.name for stored in models},
        files=hash_files(files),
    )
    told = to_json(about.model_dump())
    signatures = sign(told, keys)
    enter()
    write_archive(path, {**files, _ABOUT: told, _SIGNATURES: to_json(signatures)})
    by_target = {stored.manifest.target: stored for stored in models}
    return PackMade(path, about.name, hash_bytes(told), tuple(signatures), by_target)


def read_pack(path: Path, packs: PackSettings) -> Pack:
    """Read a pack, after checking who signed it and that it is what they signed.

    Its models are read as if they lay in the folder `models`.

    Parameters
    ----------
    packs : whose are used, and which are no longer

    Raises
    ------
    PackError
        It is no pack, damaged, or holds something else than it says.
    TrustError
        It was signed by nobody who is trusted, or altered since.
    WithdrawnPackError
        Its date has passed, or it, a key that signed it or a model in it was revoked.
    """
    with open_archive(path) as archive:
        told = _read_short(archive, _ABOUT)
        try:
            signatures = _SIGNED.validate_json(_read_short(archive, _SIGNATURES), strict=True)
        except ValidationError as error:
            raise PackError(f"{path.name}: its signatures cannot be read. Get it again.") from error
        kept = {name: key for name, key in packs.trusted.items() if key not in packs.revoked}
        _refuse_revoked(path.name, {hash_bytes(told)} & {*packs.revoked})
        if not {*signatures} & {*kept.values()}:
            _refuse_revoked(path.name, {*signatures} & {*packs.revoked})
        signer = signer_of(told, signatures, kept, path.name)
        about = _read_about(path.name, told)
        _refuse_old(path.name, about)
        files = _read_signed(archive, about)
    signed = Signed(about.name, signer, about.made, hash_bytes(told))
    models = {
        t: replace(s, signed=signed) for t, s in _read_models(path.name, about, files).items()
    }
    hashes = {stored.manifest.sha256 for stored in models.values()}
    _refuse_revoked(path.name, hashes & {*packs.revoked})
    told_of = (about.name, about.made, about.until, signed.sha256, signer)
    return Pack(*told_of, models, files[_CODEBOOK])


def _read_short(archive: Archive, name: str) -> bytes:
    """Read what is read before it is known who made it."""
    if archive.sizes.get(name, 0) > _MOST_ABOUT:
        raise PackError(f"{archive.name}: its {name} is too large to be one. Nothing was used.")
    return archive.read(name)


def _day(name: str, until: str) -> str:
    try:
        return until and date.fromisoformat(until).isoformat()
    except ValueError:
        raise SettingsError(f"{name}: 1 date is none: write --until as 2027-12-31.") from None


def _refuse_revoked(name: str, revoked: set[str]) -> None:
    if revoked:
        raise WithdrawnPackError(
            f"{name}: {counted(len(revoked), 'hash or key', 'hashes or keys')} of it stand in your "
            f"settings under packs.revoked: {', '.join(sorted(revoked))}. Nothing in it was used. "
            "Ask its maker for another one."
        )


def _refuse_old(name: str, about: _About) -> None:
    if about.until and moment()[:10] > about.until:
        raise WithdrawnPackError(
            f"{name}: pack {about.name} may be used until {about.until}, and no longer. Nothing in "
            "it was used. Ask its maker for a newer one."
        )


def _read_about(name: str, told: bytes) -> _About:
    try:
        return _About.model_validate_json(told)
    except ValidationError as error:
        raise PackError(
            f"{name}: is of another version, and its {_ABOUT} cannot be read. Update blijfwijzer, "
            "or ask its maker for a pack of this version."
        ) from error


def _read_signed(archive: Archive, about: _About) -> dict[str, bytes]:
    """Read all files, which are those that were signed and no others."""
    there = set(archive.sizes) - {_ABOUT, _SIGNATURES}
    files = {}
    for name in sorted(there & set(about.files)):
        content = archive.read(name)
        if hash_bytes(content) == about.files[name]:
            files[name] = content
    wrong = sorted((there | set(about.files)) - set(files))
    if wrong or _CODEBOOK not in files:
        raise PackError(
            f"{archive.name}: {len(wrong)} files are not those that were signed. Nothing in it was "
            "used. Get it again from whoever made it, and tell them."
        )
    return files


def _read_models(name: str, about: _About, files: Mapping[str, bytes]) -> dict[str, Stored]:
    """Read the models of files that were checked."""
    folders = {PurePosixPath(f).parts[1] for f in files if f.startswith(f"{_MODELS}/")}
    if folders != set(about.models.values()) or not folders:
        raise PackError(f"{name}: names other models than it holds. Ask its maker for another.")
    found = {}
    with tempfile.TemporaryDirectory(prefix="blijfwijzer-") as place:
        for target, folder in sorted(about.models.items()):
            own = {f: c for f, c in files.items() if f.startswith(f"{_MODELS}/{folder}/")}
            write_files(Path(place), own)
            try:
                stored = read_model(Path(place, _MODELS, folder))
            except BlijfwijzerError as error:
                raise PackError(f"{name}: {str(error).replace(f'{place}/', '')}") from error
            _refuse_telling(name, stored)
            if stored.manifest.target != target:
                raise PackError(f"{name}: its model of {target} is of another outcome.")
            lying = replace(stored.manifest, folder=Path(_MODELS, folder))
            found[target] = replace(stored, manifest=lying)
    _refuse_several(name, [stored.manifest.codebook_sha256 for stored in found.values()])
    return found


def _refuse_several(name: str, codebooks: Sequence[str]) -> None:
    if len(set(codebooks)) != 1:
        raise PackError(
            f"{name}: its models are of {len(set(codebooks))} codebooks, and a survey is read with "
            "one. Make a pack of the models of each codebook."
        )


def _refuse_telling(name: str, stored: Stored) -> None:
    """Refuse a model of which the text tells of few people, whoever signed it."""
    faults = find_disclosures(stored.model, SMALLEST_LEAF)
    if faults:
        raise PackError(
            f"{name}: the text of model {stored.folder.name} would tell about few people: "
            f"{'; '.join(faults)}. Nothing in it was used. Tell its maker."
        )
