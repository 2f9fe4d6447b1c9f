"""The story of `claims`: the policy's claims, put to a survey."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.claims.evidence import Evidence
from blijfwijzer.claims.evidence import gather as gather_evidence
from blijfwijzer.claims.register import CLAIMS, Claim, find_claims
from blijfwijzer.claims.verdicts import Verdict, run_claims
from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.errors import ModelFolderError, counted
from blijfwijzer.estimation.design import read_design
from blijfwijzer.groups.grouping import everyone_alone
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.claim_findings import WITHHELD, ClaimFindings, ShownClaims
from blijfwijzer.publish.findings import RegisterFindings
from blijfwijzer.publish.pages.claims_page import (
    claims_chapter,
    render_claims,
    write_claims_workbook,
)
from blijfwijzer.publish.tables.claim_tables import claims_json, clear_verdicts
from blijfwijzer.records.model_choice import foresee
from blijfwijzer.release.admission import Admission
from blijfwijzer.release.claims import admit_claims
from blijfwijzer.release.folder import refuse_place
from blijfwijzer.release.margins import offer_margins, told_margins
from blijfwijzer.release.overlap import is_of_file
from blijfwijzer.release.preview import Found, Tally, Wish
from blijfwijzer.release.publication import publication
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.release.request import Request
from blijfwijzer.release.shown import Shown
from blijfwijzer.runs.waves import (
    ReadWave,
    Waves,
    WavesRequest,
    know_people,
    paths_of,
    read_waves,
    track_waves,
)


@dataclass(frozen=True)
class ClaimsTested:
    """The policy's claims, tested on a survey; what may be told of them is not chosen yet."""

    waves: Waves
    chosen: tuple[Claim, ...]
    """Those that were asked."""
    evidence: Evidence
    verdicts: tuple[Verdict, ...]
    """Of all, whatever was asked: what may be told of one depends on what is told of others."""
    plain: Mapping[str, str] = field(default_factory=dict)
    """Claim to its verdict with the weights that the survey had, where others are used."""

    @property
    def asked(self) -> list[str]:
        """Ids of the claims that were asked."""
        return [claim.id for claim in self.chosen]


def claims(asked: WavesRequest, output: Path, ledgers: Path) -> Shown:
    """Test the policy's claims on a survey, and write the verdicts with what they rest on."""
    refuse_place(output, [*paths_of(asked), ledgers], ledgers)
    with show_progress() as tell:
        tested = put_claims(asked, tell)
        shown = publish_claims(tested, output, ledgers, tell)
    print(shown)
    return shown


def put_claims(asked: WavesRequest, tell: Tell) -> ClaimsTested:
    """Read a survey, perhaps with the wave before, and test the claims on it."""
    chosen = tuple(find_claims(asked.only))
    waves = know_people(read_waves(asked, "achterblijver", tell, is_test=True), asked)
    earlier = None if waves.before is None else evidence_of(waves.before, waves)
    risk = None
    if waves.choice is not None:
        risk = foresee(waves.choice.stored, waves.now.intake, waves.settings, tell)
    evidence = evidence_of(waves.now, waves, earlier, risk)
    verdicts, plain = run_claims(evidence, CLAIMS, tell), dict[str, str]()
    if waves.unweighed is not None:
        tell("claims with the weights of the survey")
        without = run_claims(evidence_of(waves.unweighed, waves, earlier, risk), CLAIMS, tell)
        plain = {verdict.claim.id: verdict.verdict for verdict in without}
    return ClaimsTested(waves, chosen, evidence, verdicts, plain)


def publish_claims(tested: ClaimsTested, output: Path, ledgers: Path, tell: Tell) -> Shown:
    """Choose the claims and estimates that may be told, and write them."""
    waves, request = tested.waves, _request(tested)
    tell(f"write {output}")
    with publication(output, request, ledgers) as release:
        findings = _find_claims(tested, release)
        chapter = claims_chapter(findings, release.origin, request.wave)
        chapter = release.warned(chapter.warned(waves.left_out))
        release.publish(_files(findings, chapter), findings.counts())
    named = " ".join(tested.asked)
    tracked = track_waves(waves, release, _metrics(findings), ledgers, claims=named)
    return Shown.of(chapter, output, [*_say(output, findings, waves), *release.said, *tracked])


def wish_claims(tested: ClaimsTested, tell: Tell) -> Wish:
    """Give what would be told of the claims, to foretell how much may be."""
    tell("find what could be derived")
    request = _request(tested)

    def find(release: Rehearsal) -> Found:
        counts = _find_claims(tested, release).counts()
        told = len(tested.chosen) - counts[WITHHELD]
        return Found(counts, (Tally(request.wave, "claims", told, counts[WITHHELD], None),))

    return Wish(request, find)


def _find_claims(tested: ClaimsTested, release: Rehearsal) -> ClaimFindings:
    """Choose the claims and estimates that may be told."""
    waves = tested.waves
    _refuse_own_survey(release, waves)
    before = None if waves.before is None else _admit(release, waves.before)
    now = _admit(release, waves.now)
    shown, weights = ShownClaims(), waves.now.people.weights
    tells = all(a.choice.tells_everyone for a in (before, now) if a is not None)
    if tells:
        beside = {} if weights is None else offer_margins(weights, now.minimum)
        shown = admit_claims(tested.verdicts, tested.evidence, now, release, beside)
    verdicts = tuple(v for v in tested.verdicts if v.claim in tested.chosen)
    register = None
    if tells and weights is not None:
        nothing = pd.DataFrame(columns=["target", "place", "rate", "moved"])
        register = RegisterFindings(weights, told_margins(weights, shown.beside), nothing)
    return ClaimFindings(
        verdicts,
        shown,
        waves.codebook,
        waves.settings,
        waves.now.intake,
        now.earlier.releases,
        register,
        tested.plain,
        waves.remarks,
    )


def _refuse_own_survey(release: Rehearsal, waves: Waves) -> None:
    """Refuse a model that was trained on the very respondents who judge it."""
    if waves.choice is not None and is_of_file(release, waves.choice.stored):
        raise ModelFolderError(
            f"{waves.choice.stored.folder.name}: was trained on this very survey, and what it "
            "foresees of those who trained it says nothing. Give a model of an earlier wave, or "
            "leave --models out."
        )


def _request(tested: ClaimsTested) -> Request:
    statistics = tuple(f"claim:{claim.id}" for claim in tested.chosen)
    return tested.waves.request("claims", statistics, claims=tested.asked)


def _admit(release: Rehearsal, wave: ReadWave) -> Admission:
    # Claims are told by parts; the one group that there is stands for no answers by itself.
    bases = dict.fromkeys(release.request.statistics, Basis())
    grouping = wave.people.mark(everyone_alone(wave.responses))
    return release.admit(wave.intake, grouping, bases, wave.name)


def _metrics(findings: ClaimFindings) -> dict[str, float]:
    metrics = {n: float(c) for n, c in findings.counts().items() if n not in _OF_PEOPLE}
    sizes = clear_verdicts(findings).frame.set_index("claim")["effect_size"].dropna()
    return metrics | {f"effect.{claim}": float(size) for claim, size in sizes.items()}


def _files(findings: ClaimFindings, chapter: Chapter) -> dict[str, bytes]:
    return {
        "claims.json": claims_json(findings),
        "claims.xlsx": write_claims_workbook(chapter),
        "report.html": render_claims(chapter),
    }


_OF_PEOPLE = ("forms", "accepted", "refused")


def evidence_of(
    wave: ReadWave,
    waves: Waves,
    previous: Evidence | None = None,
    risk: NDArray[np.float64] | None = None,
) -> Evidence:
    """Gather what claims may look at of a wave that was read."""
    settings = waves.settings
    evidence = gather_evidence(
        wave.responses,
        wave.scales,
        waves.codebook,
        read_design(wave.responses, waves.codebook),
        settings.culture,
        settings.seed,
    )
    return replace(evidence, previous=previous, risk=risk)


def _say(output: Path, findings: ClaimFindings, waves: Waves) -> Iterator[str]:
    counts = findings.counts()
    releases = counted(counts.pop("earlier_releases"), "earlier release")
    told = [f"{c} {n.replace('_', ' ')}" for n, c in counts.items() if n not in _OF_PEOPLE]
    yield f"{output}: {', '.join([releases, *told])}."
    if waves.choice is not None:
        yield f"  {waves.choice}"
    yield f"  look at {output / 'report.html'}"
