"""The rite of everything that is shown, once: admit, enter in the ledger, write, record, track.

Nobody else opens a ledger to show something, or puts a folder of results in its place. All files
are made before anything is entered, and none is in its place before it is: an interruption after
the ledger leaves a release that nobody saw; the other way round something could be seen that the
ledger does not know.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from blijfwijzer.disclosure.chain import FILE as LINES
from blijfwijzer.disclosure.chain import Release as LedgerLine
from blijfwijzer.disclosure.entry import Entry
from blijfwijzer.disclosure.ledger import Ledger, open_ledger
from blijfwijzer.disclosure.proof import Proof, prove
from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.errors import BusyError, ReleaseError
from blijfwijzer.files import (
    hash_bytes,
    hash_files,
    to_json,
    write_beside,
    write_files,
    write_folder_beside,
)
from blijfwijzer.publish.files.release_files import csv_file
from blijfwijzer.records.model_folder import MANIFEST
from blijfwijzer.records.store import tracking_uri
from blijfwijzer.records.tracking import (
    Released,
    Training,
    is_tracked,
    track_release,
    track_training,
)
from blijfwijzer.release.admission import fingerprint_figures
from blijfwijzer.release.folder import (
    LOTTERY,
    RECORD,
    anchor_of,
    hash_record,
    read_record,
    settings_of,
)
from blijfwijzer.release.origin import unknown_models
from blijfwijzer.release.permit import Permit, begin, hold_again
from blijfwijzer.release.rehearsal import Head, Rehearsal, append_once, banded
from blijfwijzer.release.request import Request
from blijfwijzer.release.trainings import FittedPeople
from blijfwijzer.release.verify import REMADE, hold_release
from blijfwijzer.survey.codebook import Codebook


@dataclass(frozen=True)
class Showing(Rehearsal):
    """Something to be shown at once; its ledger is locked until the `with` block ends."""

    def enter(self, shown: Mapping[str, bytes]) -> Head:
        """Enter all that was admitted; only then it may leave.

        Parameters
        ----------
        shown : what is shown, cleared; no file is kept of it, and the ledger has its hash
        """
        return self._enter(shown, self._prove())

    def _prove(self) -> dict[str, Proof]:
        """Prove of each wave that nothing about few people follows from the sizes of its groups."""
        levels = self.request.codebook.units.levels
        return {
            wave: prove(told, levels, minimum=self.admitted[wave][0].minimum, wave=wave)
            for wave, told in self.told.items()
        }


@dataclass(frozen=True)
class Publication(Showing):
    """A release in the making; its ledger is locked until the `with` block ends."""

    output: Path = field(kw_only=True)

    def publish(self, files: dict[str, bytes], counts: Mapping[str, int], **told: Any) -> Head:
        """Enter all that was admitted, and put files in their place with a record of the run.

        Parameters
        ----------
        files : what is shown, cleared
        counts : of forms and groups, as the findings count them
        told : more for the record
        """
        with write_folder_beside(self.output, RECORD) as beside:
            proofs = self._prove()
            record = {
                "kind": self.request.kind,
                "provenance": self.origin,
                "settings": self.request.settings.model_dump(mode="json"),
                "survey": self.request.survey,
                "owner": self.request.owner,
                "wave": self.request.wave,
                "counts": banded(counts),
                "unknown_models": unknown_models(self.request, self.ledger),
                "governance": self.permit.told,
                "proofs": [{"wave": wave, **proof.told} for wave, proof in proofs.items()],
                **told,
                "files": hash_files(files),
            }
            head = self._enter(files, proofs, record=hash_record(record))
            write_files(beside, {**files, RECORD: to_json({**record, "ledger": head})})
        return head

    def publish_model(
        self,
        files: dict[str, bytes],
        model: Mapping[str, bytes],
        people: FittedPeople,
        **told: Any,
    ) -> Head:
        """Enter all that was admitted and a model, and put the model's folder in its place.

        Parameters
        ----------
        files : what is shown, cleared
        model : files beside it, of which the ledger knows the manifest, and by that all
        people : that it is fitted on
        told : more for the ledger, of whom it tells
        """
        with write_folder_beside(self.output, MANIFEST) as beside:
            known = hash_bytes(model[MANIFEST])
            head = self._enter(files, self._prove(), model=known, **people.entered, **told)
            write_files(beside, {**files, **model})
        return head


@contextmanager
def publication(output: Path, request: Request, ledgers: Path) -> Iterator[Publication]:
    """Open the ledger for one release; nobody else can until the block ends.

    An earlier output in the same place tells of a line that the ledger must have.

    Parameters
    ----------
    output : folder that what is shown will be in
    ledgers : folder of the ledgers of all surveys

    Raises
    ------
    BusyError, LedgerError, NotWritableError
        As `open_ledger`.
    StoppedError, GovernanceError, ModelFolderError, DisclosureError
        As `begin`.
    """
    place = ledgers / request.survey
    with open_ledger(place, request.owner, anchor_of(output)) as ledger:
        yield Publication(request, ledger, permit=begin(request, ledger), output=output)


@contextmanager
def showing(request: Request, ledgers: Path) -> Iterator[Showing]:
    """Open the ledger for what a call gives back and no file keeps.

    Raises
    ------
    BusyError, LedgerError, NotWritableError, StoppedError, GovernanceError, ModelFolderError
        As `publication`.
    """
    with open_ledger(ledgers / request.survey, request.owner) as ledger:
        yield Showing(request, ledger, permit=begin(request, ledger))


def identify_survey(request: Request, ledgers: Path) -> str:
    """Give the hash of the survey that something is made from as it may be shown."""
    with open_ledger(ledgers / request.survey, request.owner) as ledger:
        return ledger.identify(request.origin["survey_sha256"])


@dataclass(frozen=True)
class Addition:
    """More in a release: what follows from what it tells, and what its people are asked anew."""

    kind: str
    """What is added, such as vouchers."""
    told: Mapping[str, Any]
    """What the record tells of it."""
    draw: Mapping[str, Any]
    """What the ledger keeps of how it came about."""
    hold: Callable[[Sequence[LedgerLine]], None]
    """Refuses it if the ledger has changed since it was made."""
    codebook: Codebook | None = None
    """Of its survey, where that is read again to tell more of its people."""
    unlisted: Mapping[str, bytes] = field(default_factory=dict)
    """Files that the record need not know: their content follows from the rest."""
    permit: Permit | None = None
    """What was settled, where that is needed for it."""


@dataclass(frozen=True)
class Adding:
    """An addition in the making; the ledger is locked until the `with` block ends."""

    folder: Path
    run: Mapping[str, Any]
    added: Addition
    ledger: Ledger
    own: LedgerLine
    """That the release was entered with."""

    @cached_property
    def rehearsal(self) -> Rehearsal:
        """Where more of its people is admitted, beside all that was shown."""
        if self.added.codebook is None:
            raise ValueError(f"{self.folder}: its survey is not read again.")
        settings = settings_of(self.run)
        asked, wave = self._asked, str(self.run["wave"])
        return Rehearsal(
            Request(self.added.kind, self.added.codebook, settings, wave, asked=asked), self.ledger
        )

    def publish(self, files: dict[str, bytes], **more: Any) -> None:
        """Enter it, and write all files that are shown, those of before among them.

        Parameters
        ----------
        more : for the record, of what was found since it was begun
        """
        kind, told = self.added.kind, {**self.added.told, **more}
        # What was added last stands last, also where it was added to before.
        run = {name: own for name, own in self.run.items() if name != kind}
        record = {**run, "files": hash_files(files), kind: told}
        entry = Entry(
            survey=self.run["survey"],
            wave=self.run["wave"],
            dataset=self.run["provenance"]["survey_hmac_sha256"],
            kind=kind,
            request=hash_bytes(to_json(self._asked)),
            groups={},
            outputs=hash_files(files),
            record=hash_record(record, kind),
            release=self.own.hash,
            **self._told_of_people(),
        )
        _refuse_altered(self.folder, self.own, entry)
        told["ledger"] = append_once(self.ledger, entry, draw=dict(self.added.draw))
        with write_folder_beside(self.folder, RECORD, {LOTTERY}) as beside:
            write_files(beside, {**files, **self.added.unlisted, RECORD: to_json(record)})

    @property
    def _asked(self) -> dict[str, Any]:
        return {**self.added.told, "release": self.run["ledger"]}

    def _told_of_people(self) -> dict[str, Any]:
        """Give what the ledger keeps of figures of people who were asked anew."""
        if self.added.codebook is None or not self.rehearsal.admitted:
            return {}
        ((admission, figures),) = self.rehearsal.admitted.values()
        return {
            "parts": fingerprint_figures(figures, admission),
            "columns": admission.columns,
            "minimum": admission.minimum,
        }


@contextmanager
def addition(
    folder: Path, run: Mapping[str, Any], ledgers: Path, added: Addition
) -> Iterator[Adding]:
    """Open the ledger to add more to a release; nobody else can until the block ends.

    Parameters
    ----------
    run : its record, as it was when the work began

    Raises
    ------
    BusyError
        Another run has written here meanwhile.
    ReleaseError
        It is not as it was entered in the ledger.
    StoppedError, GovernanceError
        It was stopped, or is not allowed.
    """
    with open_ledger(ledgers / run["survey"], run["owner"], anchor_of(folder)) as ledger:
        if read_record(folder) != run:
            raise BusyError(
                f"{folder}: another run has written here meanwhile. Nothing was changed. "
                "Divide again."
            )
        added.hold(ledger.releases)
        own = hold_release(folder, dict(run), ledger.releases)
        hold_again(added.permit, added.kind, run, ledger)
        yield Adding(folder, run, added, ledger, own)


@contextmanager
def known_ledger(survey: str, owner: str, ledgers: Path) -> Iterator[Ledger | None]:
    """Open the ledger of a survey for one run if there is one, and make none."""
    is_name = bool(survey) and Path(survey).name == survey
    if not (is_name and (ledgers / survey / LINES).is_file()):
        yield None
        return
    with open_ledger(ledgers / survey, owner) as ledger:
        yield ledger


def add_to_ledger(
    ledger: Ledger, number: int, kind: str, *, dataset: str, files: dict[str, bytes], **draw: Any
) -> Head:
    """Enter what is told of a release after it, in files of its own.

    Parameters
    ----------
    number : of the release in the ledger
    dataset : keyed hash of what it is made from
    draw : what the ledger keeps of how it came about
    """
    line = ledger.releases[number - 1]
    entry = Entry(
        survey=line.content["survey"],
        wave=line.content["wave"],
        dataset=dataset,
        kind=kind,
        request=hash_bytes(to_json({"dataset": dataset, "release": line.hash, **draw})),
        groups={},
        outputs=hash_files(files),
        release=line.hash,
    )
    return append_once(ledger, entry, draw=draw)


def write_beside_it(path: Path, content: bytes) -> None:
    """Write a file that stands in the ledger, as a whole or not at all."""
    with write_beside(path) as beside:
        beside.write_bytes(content)


def _refuse_altered(folder: Path, own: LedgerLine, entry: Entry) -> None:
    """Refuse files that were kept and are not those that the release was entered with."""
    made = own.content["outputs"]
    wrong = [n for n, h in entry.outputs.items() if n not in REMADE and made.get(n, h) != h]
    if wrong:
        raise ReleaseError(
            f"{folder}: {len(wrong)} files are not as they were entered in the ledger: "
            f"{', '.join(sorted(wrong)[:5])}. Nothing was changed. Make the release again."
        )


def write_apart(path: Path, table: Cleared) -> None:
    """Write a cleared table that tells of no groups by itself, as a whole or not at all."""
    with write_beside(path) as beside:
        beside.write_bytes(csv_file(table))


def track(run: Training | Released, request: Request, store: Path) -> list[str]:
    """Log what was published in MLflow, if runs are tracked; give a line that says where.

    Parameters
    ----------
    store : folder of the SQLite database; MLFLOW_TRACKING_URI wins
    """
    settings = request.settings.tracking
    if not is_tracked(settings):
        return []
    if isinstance(run, Training):
        name = track_training(run, settings.experiment, store)
    else:
        name = track_release(run, settings.experiment, store)
    return [f"  MLflow run {name} in {tracking_uri(store)}"]
