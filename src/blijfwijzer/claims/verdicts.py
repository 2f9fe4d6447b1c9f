"""What a survey says of the claims: one of four verdicts each.

Each claim has a criterion that no survey can move, and a test. A verdict is about this survey at
one moment: associations, never causes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from blijfwijzer.claims.evidence import Evidence
from blijfwijzer.claims.findings import ClaimFinding, NotTestableError
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.register import CLAIMS, Claim, ClaimFamily
from blijfwijzer.claims.thresholds import LEVEL
from blijfwijzer.estimation.intervals import adjust
from blijfwijzer.progress import Tell, silent
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.texts import Message

Ruling = Literal["supported", "not supported", "contradicted", "not testable"]

VERDICTS: tuple[Ruling, ...] = get_args(Ruling)
LARGEST_TEAM = 50
"""Respondents above which a unit is no team of people who work together. Ours."""
_REASONS = {
    "supported": "claim.reason.supported",
    "contradicted": "claim.reason.contradicted",
    "not supported": "claim.reason.not_supported",
}


@dataclass(frozen=True)
class Verdict:
    """What a survey says of a claim."""

    claim: Claim
    verdict: Ruling
    reason: tuple[Message, ...]
    p: float = float("nan")
    """Adjusted for the number of claims of the family that were tested (Holm 1979); NaN where a
    bootstrap decides, or nothing was tested."""
    finding: ClaimFinding | None = None
    missing: tuple[str, ...] = ()
    """Concepts that the survey lacks."""
    read: frozenset[str] = frozenset()
    """Concepts that its figures may be about."""
    read_before: frozenset[str] = frozenset()
    """The same of the wave before, where it looks at that."""


def run_claims(
    evidence: Evidence, claims: Sequence[Claim] = CLAIMS, tell: Tell = silent
) -> tuple[Verdict, ...]:
    """Test claims on a survey.

    The whole family of each claim is tested, so that asking for one alone does not escape the
    adjustment for their number.

    Returns
    -------
    One verdict per claim, in the order given.
    """
    asked = {claim.family for claim in claims}
    families = [f for f in dict.fromkeys(claim.family for claim in CLAIMS) if f in asked]
    verdicts = {v.claim.id: v for f in families for v in _run_family(evidence, f, tell)}
    return tuple(verdicts[claim.id] for claim in claims)


def _run_family(evidence: Evidence, family: ClaimFamily, tell: Tell) -> list[Verdict]:
    tested: list[tuple[Claim, Reader, ClaimFinding | Verdict]] = []
    for claim in CLAIMS:
        if claim.family == family:
            tell(f"claim {claim.id}")
            reader = Reader(evidence)
            tested.append((claim, reader, _test(claim, reader)))
    p = adjust([f.p if isinstance(f, ClaimFinding) else np.nan for *_, f in tested], "holm")
    return [
        found if isinstance(found, Verdict) else _judge(claim, found, float(adjusted), reader)
        for (claim, reader, found), adjusted in zip(tested, p, strict=True)
    ]


def _test(claim: Claim, reader: Reader) -> ClaimFinding | Verdict:
    missing = tuple(name for name in claim.needs if not reader.has(name))
    if missing:
        names = tuple(CONCEPTS[name] for name in missing)
        reason = Message("claim.reason.lacks", {"concepts": names})
        return Verdict(claim, "not testable", (reason,), missing=missing)
    try:
        return claim.test(reader)
    except NotTestableError as error:
        return Verdict(claim, "not testable", (error.reason,))


def _judge(claim: Claim, finding: ClaimFinding, p: float, reader: Reader) -> Verdict:
    """Give the verdict: a direction counts only if it holds after adjustment."""
    before = reader.before
    judged = Verdict(
        claim,
        "not testable",
        (Message("claim.reason.nothing_varies"),),
        finding=finding,
        read=reader.read,
        read_before=frozenset() if before is None else before.read,
    )
    if np.isnan(finding.effect.size.value):
        return judged
    holds = np.isnan(p) or p <= LEVEL
    ruling: Ruling = "not supported"
    if holds and finding.direction == "claimed":
        ruling = "supported"
    elif holds and finding.direction == "opposite":
        ruling = "contradicted"
    untested = tuple(names[0] for names in claim.speaks_of if not reader.present(names))
    reason = [Message(_REASONS[ruling], _size(finding))]
    if untested:
        names = tuple(CONCEPTS[name] for name in untested)
        reason.append(Message("claim.note.in_part", {"concepts": names}))
    reason += [*finding.notes, *_caveats(claim, finding, reader)]
    return replace(judged, verdict=ruling, reason=tuple(reason), p=p, missing=untested)


def _size(finding: ClaimFinding) -> dict[str, Message]:
    """Give the effect and, where it is known, what it may be as well: 0.12 (0.08 to 0.16)."""
    size = finding.effect.size
    known = {"value": float(size.value)}
    written = Message("claim.size.bare", known)
    if not np.isnan(size.low):
        ends = {**known, "low": float(size.low), "high": float(size.high)}
        written = Message("claim.size.interval", ends)
    return {"effect": finding.effect.label, "size": written}


def _caveats(claim: Claim, finding: ClaimFinding, reader: Reader) -> tuple[Message, ...]:
    """Say what was measured instead, and that the smallest unit is larger than a team."""
    concepts = reader.codebook.concepts
    names = dict.fromkeys([*claim.needs, *(one.concept for one in finding.estimates)])
    stand_ins = [concepts[name].substitute for name in names if name in concepts]
    said = [Message("claim.note.stand_in", {"text": s}) for s in stand_ins if s is not None]
    if claim.is_of_teams and reader.usual_team > LARGEST_TEAM:
        unit = reader.label(reader.levels[-1])
        said.append(Message("claim.note.large_teams", {"unit": unit, "largest": LARGEST_TEAM}))
    return tuple(said)
