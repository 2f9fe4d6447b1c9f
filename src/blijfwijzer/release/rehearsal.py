"""The rite of what may be shown up to the ledger: what is admitted, and how it is entered.

A preview ends here: it is the same code, beside a ledger that is borrowed.
"""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.disclosure.entry import Entry, is_repeated
from blijfwijzer.disclosure.figures import FigureId, FigureKind, Figures
from blijfwijzer.disclosure.fingerprint import add_up, to_text
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.disclosure.proof import Proof, Told
from blijfwijzer.disclosure.rounding import band
from blijfwijzer.files import hash_files
from blijfwijzer.groups.grouping import Grouping, everyone_alone
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.screen import SCREEN
from blijfwijzer.release.admission import (
    Admission,
    Crowd,
    admit_figures,
    admit_groups,
    fingerprint_figures,
)
from blijfwijzer.release.decisions import remark_followed
from blijfwijzer.release.identity import shared_in
from blijfwijzer.release.origin import (
    keyed_origin,
    models_in,
    register_in,
    remark_models,
    remark_withdrawn,
)
from blijfwijzer.release.permit import Permit, begin
from blijfwijzer.release.promise import promise_in
from blijfwijzer.release.proofs import gather_told
from blijfwijzer.release.request import Request
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.texts import Message

Head = dict[str, Any]
"""What a release tells of its place in the ledger: sequence and hash."""


@dataclass(frozen=True)
class Rehearsal:
    """What may be shown of what is asked, beside a ledger; nothing of it can be written."""

    request: Request
    ledger: Ledger
    admitted: dict[str, tuple[Admission, Figures]] = field(default_factory=dict)
    """Wave to what may be shown of it, in the order in which it is entered; the release's own
    wave last."""
    offered: dict[str, Counter[FigureKind]] = field(default_factory=dict)
    """Wave to how many figures of each kind were offered to be shown."""
    told: dict[str, Told] = field(default_factory=dict)
    """Wave to the groups of which an outsider will know the size."""
    permit: Permit = Permit(None)
    """What was settled about it."""

    @cached_property
    def origin(self) -> dict[str, str]:
        """All that it is made from, as it may be shown: what tells of people by keyed hashes."""
        return keyed_origin(self.request.origin, self.ledger)

    @cached_property
    def marks(self) -> tuple[Message, ...]:
        """What each of its pages and sheets says first."""
        return tuple(self.permit.marks)

    @cached_property
    def remarks(self) -> tuple[Message, ...]:
        """What to know of it before all else, once all is admitted: of the ledger and the rules."""
        known = remark_models(self.request, self.ledger)
        gone, followed = remark_withdrawn(self.ledger), remark_followed(self.ledger)
        earlier = [admission.earlier for admission, _ in self.admitted.values()]
        counts = {
            "warning.lost": sum(own.lost for own in earlier),
            "warning.changed": sum(own.changed_since for own in earlier if not own.lost),
        }
        beside = [Message(name, {}, count) for name, count in counts.items() if count]
        return (*self.marks, *self.permit.remarks, *known, *gone, *followed, *beside)

    def warned(self, chapter: Chapter) -> Chapter:
        """Give a chapter with what is to be known before all else, at its top."""
        return chapter.warned(self.remarks[len(self.marks) :], self.marks)

    @property
    def said(self) -> list[str]:
        """The same for a screen, a line each."""
        return [f"  warning: {write(remark, SCREEN)}" for remark in self.remarks]

    def admit(
        self,
        intake: Intake,
        grouping: Grouping,
        bases: Mapping[str, Basis],
        wave: str | None = None,
    ) -> Admission:
        """Choose the groups to show, and what each is told by, given all that was shown before.

        Parameters
        ----------
        grouping : of the responses of `intake`
        bases : what groups are told by, such as "rate:vertrekintentie", to what that rests on
        wave : of another name than the one that is asked about
        """
        crowd = Crowd.of(intake, grouping.members, self.request.codebook)
        return self.admit_crowd(crowd, grouping, bases, wave)

    def admit_crowd(
        self,
        crowd: Crowd,
        grouping: Grouping,
        bases: Mapping[str, Basis],
        wave: str | None = None,
    ) -> Admission:
        """Choose as `admit` does, of people who may be known by less than their answers."""
        name = self.request.wave if wave is None else wave
        admission = admit_groups(crowd, grouping, bases, self.request, self.ledger, name)
        self.admitted[name] = admission, {}
        self.offered[name] = Counter()
        self.told[name] = gather_told(crowd, admission, bases, self.request, self.ledger)
        return admission

    def hold_everyone(self, intake: Intake) -> Admission:
        """Hold all people of a survey against what was told before; nothing is entered of them."""
        grouping, request = everyone_alone(intake.held), self.request
        crowd = Crowd.of(intake, grouping.members, request.codebook)
        return admit_groups(crowd, grouping, {}, request, self.ledger, request.wave)

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
        names = admit_figures(offered, admission, rounded)
        chosen = {name: offered[name] for name in sorted(names, key=str)}
        self.admitted[admission.wave][1].update(chosen)
        self.offered[admission.wave].update(figure.kind for figure in offered)
        return chosen

    def remember(self) -> None:
        """Enter all that was admitted in a ledger that is not kept, to see what it costs others."""
        self._enter({}, dict.fromkeys(self.told, Proof(b"")))

    def _enter(
        self,
        files: Mapping[str, bytes],
        proofs: Mapping[str, Proof],
        record: str = "",
        model: str = "",
        **more: Any,
    ) -> Head:
        """Enter each wave, once however often it is made; give the place of the last."""
        head: Head = {}
        for admission, figures in self.admitted.values():
            proof = proofs[admission.wave]
            entry = Entry(
                survey=self.request.survey,
                wave=admission.wave,
                dataset=self.ledger.identify(admission.dataset),
                kind=self.request.kind,
                request=self.request.sha256,
                groups=self._groups(admission),
                outputs=hash_files(files),
                parts=fingerprint_figures(figures, admission),
                columns=admission.columns,
                minimum=admission.minimum,
                record=record,
                model=model,
                proof=proof.sha256,
            )
            head = append_once(
                self.ledger,
                entry,
                defined=self.request.defined,
                **promise_in(self.request),
                **register_in(self.request, self.ledger, admission.wave),
                **models_in(self.request, self.ledger),
                **shared_in(admission.people.sight),
                **more,
            )
            if proof.content:
                self.ledger.keep_proof(int(head["sequence"]), proof.content)
        return head

    def _groups(self, admission: Admission) -> dict[str, dict[str, Any]]:
        """Give definition, fingerprint and statistics of each group of which figures are told."""
        places = np.flatnonzero(admission.told)
        members = admission.grouping.members[places]
        prints = add_up(admission.people.marks, members)
        figures = {name: admission.tells(name) for name in self.request.statistics}
        return {
            name: {
                "definition": GroupPath.parse(name).definition,
                "fingerprint": to_text(own),
                "statistics": [figure for figure, told in figures.items() if told[place]],
            }
            for place, name, own in zip(
                places, admission.grouping.groups.index[places], prints, strict=True
            )
        }


def rehearse(request: Request, ledger: Ledger | None = None) -> Rehearsal:
    """Admit as for a release of which nothing is kept.

    What is answered beside no ledger is safe by itself; a ledger of one's own would make answers
    depend on what others asked before.

    Parameters
    ----------
    ledger : borrowed, with what was shown before; nothing was when left out
    """
    if ledger is None:
        ledger = Ledger(Path(), request.owner, secrets.token_bytes(32), is_kept=False)
    return Rehearsal(request, ledger, permit=begin(request, ledger))


def banded(counts: Mapping[str, int]) -> dict[str, int]:
    """Give counts of respondents as the lowest of their band; those of groups stay exact."""
    of_people = ("forms", "accepted", "refused")
    return {n: band(c)[0] if n in of_people else c for n, c in counts.items()}


def append_once(ledger: Ledger, entry: Entry, **more: Any) -> Head:
    """Enter a release, once however often it is made; give its place."""
    content = {**entry.content, **more}
    sequence = is_repeated(ledger, content) or ledger.append(content).sequence
    return {"sequence": sequence, "hash": ledger.releases[sequence - 1].hash}
