"""The rite of everything that is shown, once: admit, enter in the ledger, write, record, track.

Nobody else opens a ledger to show something, or puts a folder of results in its place. All files
are made before anything is entered, and none is in its place before it is: an interruption after
the ledger leaves a release that nobody saw; the other way round something could be seen that the
ledger does not know.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.disclosure.earlier import Entry, is_repeated
from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.disclosure.fingerprint import fingerprint_groups, to_text
from blijfwijzer.disclosure.ledger import Ledger, open_ledger
from blijfwijzer.disclosure.proof import Proof, Told, prove
from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.disclosure.rounding import band
from blijfwijzer.errors import BusyError
from blijfwijzer.files import (
    hash_bytes,
    hash_files,
    to_json,
    write_beside,
    write_files,
    write_folder_beside,
)
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.publish.release_files import csv_file
from blijfwijzer.records.tracking import (
    Released,
    Training,
    is_tracked,
    track_release,
    track_training,
    tracking_uri,
)
from blijfwijzer.release.admission import (
    Admission,
    admit_figures,
    admit_groups,
    fingerprint_figures,
)
from blijfwijzer.release.folder import RECORD, anchor_of, read_record
from blijfwijzer.release.proofs import gather_told
from blijfwijzer.release.request import Request
from blijfwijzer.survey.intake import Intake

Head = dict[str, Any]
"""What a release tells of its place in the ledger: sequence and hash."""


@dataclass(frozen=True)
class Publication:
    """A release in the making; its ledger is locked until the `with` block ends."""

    request: Request
    output: Path
    ledger: Ledger
    admitted: dict[str, tuple[Admission, Figures]] = field(default_factory=dict)
    """Wave to what may be shown of it, in the order in which it is entered; the release's own
    wave last."""
    told: dict[str, Told] = field(default_factory=dict)
    """Wave to the groups of which an outsider will know the size."""

    def admit(
        self,
        intake: Intake,
        grouping: Grouping,
        values: Mapping[str, NDArray[np.float64]],
        wave: str | None = None,
    ) -> Admission:
        """Choose the groups to show, given all that was shown before.

        Parameters
        ----------
        grouping : of the responses of `intake`
        values : outcome to its value per response: 1, 0, or NaN where not known
        wave : of another name than the one that is asked about
        """
        name = self.request.wave if wave is None else wave
        admission = admit_groups(intake, grouping, values, self.request, self.ledger, name)
        self.admitted[name] = admission, {}
        self.told[name] = gather_told(intake, admission, values, self.request, self.ledger)
        return admission

    def figures(
        self,
        admission: Admission,
        offered: Figures,
        rounded: frozenset[FigureId] = frozenset(),
    ) -> Figures:
        """Choose the figures to show beside groups that were admitted, as `admit_figures` does.

        Returns
        -------
        Those that may be shown, in order of name.
        """
        names = admit_figures(offered, admission, self.ledger, rounded)
        chosen = {name: offered[name] for name in sorted(names, key=str)}
        self.admitted[admission.wave][1].update(chosen)
        return chosen

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
            head = self._enter(files, proofs)
            record = {
                "provenance": dict(self.request.origin),
                "settings": self.request.settings.model_dump(mode="json"),
                "survey": self.request.survey,
                "owner": self.request.owner,
                "wave": self.request.wave,
                "counts": _banded(counts),
                "proofs": [{"wave": wave, **proof.told} for wave, proof in proofs.items()],
                **told,
                "files": hash_files(files),
                "ledger": head,
            }
            write_files(beside, {**files, RECORD: to_json(record)})
        return head

    def publish_bare(
        self, files: dict[str, bytes], mark: str, unlisted: Mapping[str, bytes] | None = None
    ) -> Head:
        """Enter all that was admitted, and put files in their place without a record.

        Parameters
        ----------
        files : what is shown, cleared
        mark : file by which an earlier output in this place is known
        unlisted : files beside it that the ledger need not know
        """
        with write_folder_beside(self.output, mark) as beside:
            head = self._enter(files, self._prove())
            write_files(beside, {**files, **(unlisted or {})})
        return head

    def _prove(self) -> dict[str, Proof]:
        """Prove of each wave that nothing about few people follows from the sizes of its groups."""
        levels = self.request.codebook.units.levels
        return {
            wave: prove(told, levels, minimum=self.admitted[wave][0].minimum, wave=wave)
            for wave, told in self.told.items()
        }

    def _enter(self, files: Mapping[str, bytes], proofs: Mapping[str, Proof]) -> Head:
        """Enter each wave, once however often it is made; give the place of the last."""
        head: Head = {}
        for admission, figures in self.admitted.values():
            entry = Entry(
                self.request.survey,
                admission.wave,
                admission.dataset,
                self.request.kind,
                self.request.sha256,
                self._groups(admission),
                hash_files(files),
                fingerprint_figures(figures, admission, self.ledger),
                admission.columns,
                admission.minimum,
                proofs[admission.wave].sha256,
            )
            head = _append(self.ledger, entry)
            if content := proofs[admission.wave].content:
                self.ledger.keep_proof(int(head["sequence"]), content)
        return head

    def _groups(self, admission: Admission) -> dict[str, dict[str, Any]]:
        """Give definition, fingerprint and statistics of each group of which figures are told."""
        places = np.flatnonzero(admission.told)
        members = admission.grouping.members[places]
        prints = fingerprint_groups(admission.keys, self.ledger.secret, members)
        return {
            name: {
                "definition": GroupPath.parse(name).definition,
                "fingerprint": to_text(own),
                "statistics": list(self.request.statistics),
            }
            for name, own in zip(admission.grouping.groups.index[places], prints, strict=True)
        }


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
    """
    place = ledgers / request.survey
    with open_ledger(place, request.owner, anchor_of(output)) as ledger:
        yield Publication(request, output, ledger)


@contextmanager
def rehearsal(request: Request) -> Iterator[Publication]:
    """Admit as for a release, with a ledger that is thrown away.

    What is answered so is safe by itself; a ledger of one's own would make answers depend on what
    others asked before.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with publication(place / "output", request, place / "ledger") as release:
            yield release


def add_to_release(
    folder: Path,
    run: Mapping[str, Any],
    ledgers: Path,
    added: tuple[str, Mapping[str, Any]],
    files: dict[str, bytes],
    finish: Callable[[Path], None],
) -> None:
    """Write more in a release that tells no more of people than it did.

    Parameters
    ----------
    run : its record, as it was when the work began
    added : what is added, such as vouchers, and what the record tells of it
    files : all files that are shown, those of before among them
    finish : writes what the ledger need not know into the folder, before it takes its place

    Raises
    ------
    BusyError
        Another run has written here meanwhile.
    """
    kind, told = added
    with open_ledger(ledgers / run["survey"], run["owner"], anchor_of(folder)) as ledger:
        if read_record(folder) != run:
            raise BusyError(
                f"{folder}: another run has written here meanwhile. Nothing was changed. "
                "Divide again."
            )
        entry = Entry(
            run["survey"],
            run["wave"],
            run["provenance"]["survey_sha256"],
            kind,
            hash_bytes(to_json({**told, "release": run["ledger"]})),
            {},
            hash_files(files),
        )
        head = _append(ledger, entry)
        record = {**run, "files": hash_files(files), kind: {**told, "ledger": head}}
        with write_folder_beside(folder, RECORD) as beside:
            write_files(beside, {**files, RECORD: to_json(record)})
            finish(beside)


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


def _append(ledger: Ledger, entry: Entry) -> Head:
    content = entry.content
    sequence = is_repeated(ledger, content) or ledger.append(content).sequence
    return {"sequence": sequence, "hash": ledger.releases[sequence - 1].hash}


def _banded(counts: Mapping[str, int]) -> dict[str, int]:
    """Give counts of respondents as the lowest of their band; those of groups stay exact."""
    of_people = ("forms", "accepted", "refused")
    return {n: band(c)[0] if n in of_people else c for n, c in counts.items()}
