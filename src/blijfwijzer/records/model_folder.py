"""A model on disk: text and JSON, with a hash of every file; loading runs no code."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from blijfwijzer import __version__
from blijfwijzer.checks.findings import Finding, from_json
from blijfwijzer.errors import CodebookError, ModelFolderError, SettingsError
from blijfwijzer.files import hash_bytes, hash_files, read_json, to_json
from blijfwijzer.groups.benchmarks import Benchmark
from blijfwijzer.records.lint import refuse_disclosure
from blijfwijzer.risk.card import Card, card_from_json, card_to_json
from blijfwijzer.risk.model import FORMAT, RiskModel, model_from_json, model_to_json
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.codebook import Codebook, load_codebook

MANIFEST = "manifest.json"
_CARD = "card.json"
_TRAINED = "trained.json"
_CHECKS = "checks.json"
_BENCHMARK = tuple(f"tables/benchmark_{name}.csv" for name in ("rates", "means", "drivers"))
_NEEDED = (
    *("model.txt", "model.json", "codebook.toml", "settings.toml", "metrics.json"),
    *("reference.json", "effects.json"),
)


@dataclass(frozen=True)
class Manifest:
    """What a model folder says of itself; its name is for people only."""

    folder: Path
    target: str
    """The outcome that its model is of."""
    survey: str
    survey_hmac_sha256: str
    """Of the file that it was trained on, with the key of the ledger: of no use without that."""
    codebook_sha256: str
    made: str
    """When, as ISO 8601 in UTC, so that texts order as times do."""
    files: dict[str, str]
    """File to its SHA-256."""
    sha256: str
    """Of all this, the time too: by that the newest of several models is used."""


@dataclass(frozen=True)
class Signed:
    """That a model came in a pack that somebody signed who is trusted."""

    pack: str
    """Its name."""
    by: str
    """Who signed it, by what whoever trusts them calls them."""
    made: str
    """When, as ISO 8601 in UTC."""
    sha256: str
    """Of what the pack says of itself."""

    @property
    def origin(self) -> dict[str, str]:
        """What a release that uses such a model tells of the pack."""
        told = {"": self.pack, "_signed_by": self.by, "_made": self.made, "_sha256": self.sha256}
        return {f"pack{name}": value for name, value in told.items()}


@dataclass(frozen=True)
class Stored:
    """What a model folder holds, read."""

    manifest: Manifest
    model: RiskModel
    codebook: Codebook
    settings: Settings
    metrics: dict[str, Any]
    reference: dict[str, Any]
    """How answers were distributed, to hold a new wave against."""
    effects: pd.DataFrame
    """What groups added to the model, for a wave without outcomes."""
    card: Card | None = None
    """By which people check themselves; of a need that vouchers are for."""
    trained: dict[str, Any] = field(default_factory=dict)
    """Keyed hashes of the organisations that it was trained on; empty where it does not say."""
    findings: tuple[Finding, ...] | None = None
    """What checks found when it was trained; None where it does not say."""
    benchmark: Benchmark | None = None
    """What its training tells of other employers; None where it tells nothing."""
    signed: Signed | None = None
    """In which pack it came; None where it came in none."""

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.manifest.folder

    @property
    def ledgers(self) -> Path:
        """Folder of the ledgers beside the folder of models."""
        return self.folder.parent.parent / "ledger"

    @property
    def origin(self) -> dict[str, str]:
        """What a release that uses it tells of it."""
        own = {"model": self.folder.name, "model_sha256": self.manifest.sha256}
        return own if self.signed is None else {**own, **self.signed.origin}

    @property
    def vouched(self) -> frozenset[str]:
        """Its own hash, where somebody who is trusted vouches for it by a signature."""
        return frozenset() if self.signed is None else frozenset({self.manifest.sha256})


def folder_name(target: str, codebook: Codebook, survey_hmac: str, settings: Settings) -> str:
    """Name a model folder after its outcome, its survey and all that it was made from.

    The same survey, codebook and settings give the same name, and the same content, with one
    ledger: the name is shown, and is made from a keyed hash of the survey.
    """
    made_from = [survey_hmac, codebook.model_dump_json(), settings.model_dump_json(), __version__]
    digest = hash_bytes("\n".join(made_from).encode())
    return f"{target}-{codebook.survey.name}-{codebook.survey.wave}-{digest[:8]}"


@dataclass(frozen=True)
class Learnt:
    """What a training leaves for those who use its model."""

    model: RiskModel
    codebook: Codebook
    codebook_text: str
    """The codebook's file as it was read."""
    settings: Settings
    metrics: dict[str, Any]
    """Plain values."""
    reference: dict[str, Any]
    """How answers were distributed, as `learn_reference` gives."""
    effects: pd.DataFrame
    """What groups add to the model, as `learn_group_effects` gives."""
    survey_hmac_sha256: str
    """Of the file that it was trained on, keyed."""
    card: Card | None = None
    trained: dict[str, Any] = field(default_factory=dict)
    """Keyed hashes of the organisations that it was trained on."""
    apart: str = ""
    """Unit level of which whole units were kept out of what it was measured on; or people."""
    findings: Sequence[Mapping[str, Any]] = ()
    """What checks found, as `findings.as_json` gives."""


def model_files(learnt: Learnt, shown: Mapping[str, bytes], folder: Path) -> dict[str, bytes]:
    """Give the files of a model folder, beside those that are shown.

    The manifest holds the time, which `SOURCE_DATE_EPOCH` sets. A model that is made again in the
    place of its equal keeps the time of that, so that it is no newer and not one byte differs.

    Parameters
    ----------
    shown : files (plots, tables, page) by their path in the folder, which the manifest covers too
    folder : where they will stand

    Raises
    ------
    ModelDisclosureError
        The model's text would tell something about fewer than ten people.
    """
    refuse_disclosure(learnt.model)
    contents = {
        "model.txt": learnt.model.trees.encode(),
        "model.json": to_json(model_to_json(learnt.model)),
        "codebook.toml": learnt.codebook_text.encode(),
        "settings.toml": tomli_w.dumps(learnt.settings.model_dump(mode="json")).encode(),
        "metrics.json": to_json(learnt.metrics),
        "reference.json": to_json(learnt.reference),
        "effects.json": to_json(learnt.effects.to_dict("index")),
        _TRAINED: to_json(learnt.trained),
        _CHECKS: to_json(list(learnt.findings)),
    }
    if learnt.card is not None:
        contents[_CARD] = to_json(card_to_json(learnt.card))
    about = {
        "format": FORMAT,
        "made_with": f"blijfwijzer {__version__}",
        "target": learnt.model.target,
        "survey": learnt.codebook.survey.name,
        "wave": learnt.codebook.survey.wave,
        "survey_hmac_sha256": learnt.survey_hmac_sha256,
        "codebook_sha256": hash_bytes(learnt.codebook.model_dump_json().encode()),
        "measured_apart": learnt.apart,
        "sha256": hash_files({**contents, **shown}),
    }
    manifest = {**about, "made": _made_before(folder, about) or moment()}
    return {**contents, MANIFEST: to_json(manifest)}


def moment() -> str:
    """Give the time; that of the source, where whoever builds again says so."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)
    return moment.isoformat(timespec="seconds")


def _made_before(folder: Path, about: dict[str, Any]) -> str | None:
    """Give the time of an equal model in this place."""
    try:
        before = read_manifest(folder)
    except ModelFolderError:
        return None
    same = hash_bytes(to_json({**about, "made": before.made}))
    return before.made if before.sha256 == same else None


def read_manifest(folder: Path) -> Manifest:
    """Read what a model folder says of itself; its files are not looked at.

    Raises
    ------
    ModelFolderError
        It says nothing, or is of another format.
    """
    try:
        raw = read_json(folder / MANIFEST)
        files, form = dict(raw["sha256"]), int(raw["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFolderError(
            f"{folder}: is no model folder: its {MANIFEST} is missing or unreadable. Give the "
            "path of a folder that `blijfwijzer train` made."
        ) from error
    if form > FORMAT:
        raise ModelFolderError(f"{folder}: is of a newer format. Update blijfwijzer to read it.")
    if form < FORMAT:
        raise ModelFolderError(
            f"{folder}: is of format {form}, which does not say where contributions start; this "
            f"version reads format {FORMAT}. Train the model again."
        )
    names = ("target", "survey", "survey_hmac_sha256", "codebook_sha256", "made")
    unsaid = [name for name in names if not isinstance(raw.get(name), str)]
    if unsaid:
        raise ModelFolderError(
            f"{folder}: was made by an earlier version, and its {MANIFEST} does not say: "
            f"{', '.join(unsaid)}. Train the model again."
        )
    told = {name: str(raw[name]) for name in names}
    return Manifest(folder, files=files, sha256=hash_bytes(to_json(raw)), **told)


def read_model(folder: Path) -> Stored:
    """Read a model folder after checking the hash of every file.

    Raises
    ------
    ModelFolderError
        It is incomplete, altered, holds files that it should not, or is of another format.
    """
    manifest = read_manifest(folder)
    _verify(manifest)
    try:
        model = model_from_json(
            read_json(folder / "model.json"), (folder / "model.txt").read_text(encoding="utf-8")
        )
        return Stored(
            manifest,
            model,
            load_codebook(folder / "codebook.toml"),
            load_settings(folder / "settings.toml"),
            read_json(folder / "metrics.json"),
            read_json(folder / "reference.json"),
            _read_effects(folder / "effects.json"),
            card_from_json(read_json(folder / _CARD)) if _CARD in manifest.files else None,
            read_json(folder / _TRAINED) if _TRAINED in manifest.files else {},
            _read_findings(folder / _CHECKS) if _CHECKS in manifest.files else None,
            _read_benchmark(manifest),
        )
    except (KeyError, TypeError, ValueError, CodebookError, SettingsError) as error:
        raise ModelFolderError(
            f"{folder}: was made by another version and cannot be read ({type(error).__name__}). "
            "Train the model again."
        ) from error


def _read_effects(path: Path) -> pd.DataFrame:
    rows, columns = read_json(path), ["effect", "se", "between"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=float)


def _read_findings(path: Path) -> tuple[Finding, ...]:
    return tuple(map(from_json, read_json(path)))


def _read_benchmark(manifest: Manifest) -> Benchmark | None:
    """Read what a training tells of other employers, where it does."""
    if not set(_BENCHMARK) <= set(manifest.files):
        return None
    texts = {"group": str, "name": str}
    read = [
        pd.read_csv(manifest.folder / f, dtype=texts, keep_default_na=False) for f in _BENCHMARK
    ]
    numbers = [table.columns.drop(list(texts), errors="ignore") for table in read]
    tables = [
        table.assign(**{name: pd.to_numeric(table[name]) for name in own})
        for table, own in zip(read, numbers, strict=True)
    ]
    if tables[0].empty:
        return None
    shares = {end: tables[0][end] / 100 for end in ("value", "low", "high")}
    return Benchmark.of(tables[0].assign(**shares), *tables[1:])


def _verify(manifest: Manifest) -> None:
    folder, recorded = manifest.folder, manifest.files
    present = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {MANIFEST}
    # Only files that are there are opened, so a name in the manifest cannot lead outside.
    altered = sorted(
        name
        for name in present & set(recorded)
        if hash_bytes((folder / name).read_bytes()) != recorded[name]
    )
    missing = sorted((set(recorded) | set(_NEEDED)) - present)
    strange = sorted(present - set(recorded))
    faults = [
        f"{len(names)} {what}: {', '.join(names[:5])}"
        for what, names in (("altered", altered), ("missing", missing), ("added", strange))
        if names
    ]
    if faults:
        raise ModelFolderError(
            f"{folder}: is not as it was written; files are {'; '.join(faults)}. Restore it from "
            "a copy, or train the model again."
        )
