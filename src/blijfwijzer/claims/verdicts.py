"""What a survey says of the claims: one of five verdicts each.

Each claim has a criterion that no survey can move, and a test. A verdict is about this survey at
one moment: associations, never causes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

import numpy as np

from blijfwijzer.claims.estimates import Number
from blijfwijzer.claims.evidence import Evidence
from blijfwijzer.claims.findings import ClaimFinding, Direction, NotTestableError
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.register import CLAIMS, Claim, ClaimFamily
from blijfwijzer.claims.thresholds import LEVEL
from blijfwijzer.estimation.intervals import Estimate, adjust
from blijfwijzer.progress import Tell, silent
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.texts import Message, Quantity, Value

Ruling = Literal["supported", "not supported", "contradicted", "undecided", "not testable"]

VERDICTS: tuple[Ruling, ...] = get_args(Ruling)
LARGEST_TEAM = 50
"""Respondents above which a unit is no team of people who work together. Ours."""
_RULINGS: dict[Direction, Ruling] = {
    "claimed": "supported",
    "opposite": "contradicted",
    "short": "not supported",
    "neither": "undecided",
}
_REASONS = {
    "supported": "claim.reason.supported",
    "contradicted": "claim.reason.contradicted",
    "not supported": "claim.reason.not_supported",
    "undecided": "claim.reason.undecided",
}
_FEWEST_TOLD = 50
"""On the smaller side of a share, for it to be told again in the reason. Ours."""
_PARTS_OF_ALL = ("percent", "points")
"""Numbers that are told in hundredths of all."""
_STEP = 0.01
"""To what p is told, as all that is told of claims."""


@dataclass(frozen=True)
class Verdict:
    """What a survey says of a claim."""

    claim: Claim
    verdict: Ruling
    reason: tuple[Message, ...]
    p: float = float("nan")
    """Adjusted for the number of claims of the family that were tested (Holm 1979); NaN where
    nothing was tested."""
    finding: ClaimFinding | None = None
    missing: tuple[str, ...] = ()
    """Concepts that the survey lacks."""
    read: frozenset[str] = frozenset()
    """Concepts that its figures may be about."""
    read_before: frozenset[str] = frozenset()
    """The same of the wave before, where it looks at that."""


class Adjusted(NamedTuple):
    """A p-value, adjusted for a number of claims."""

    p: float
    claims: int


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
    raw = np.array([f.p if isinstance(f, ClaimFinding) else np.nan for *_, f in tested])
    p, count = adjust(raw, "holm"), int((~np.isnan(raw)).sum())
    return [
        found
        if isinstance(found, Verdict)
        else _judge(claim, found, Adjusted(float(adjusted), count), reader)
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


def _judge(claim: Claim, finding: ClaimFinding, adjusted: Adjusted, reader: Reader) -> Verdict:
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
    ruling = _RULINGS[finding.direction] if adjusted.p <= LEVEL else "undecided"
    untested = tuple(names[0] for names in claim.speaks_of if not reader.present(names))
    shown = write_size(finding.effect.size, _number_of(finding.effect.size, finding))
    size = {"effect": finding.effect.label, "size": shown}
    reason = [Message(_REASONS[ruling], size), *_decided(finding, adjusted)]
    if untested:
        names = tuple(CONCEPTS[name] for name in untested)
        reason.append(Message("claim.note.in_part", {"concepts": names}))
    reason += [*finding.notes, *_caveats(claim, finding, reader)]
    return replace(judged, verdict=ruling, reason=tuple(reason), p=adjusted.p, missing=untested)


def _number_of(size: Estimate, finding: ClaimFinding) -> Number:
    """Say how a reader is told a number: as the table of estimates does, where it stands there."""
    of = [one for one in (*finding.estimates, *finding.checks) if one.estimate is size]
    return of[0].measure.number if of else "ratio"


def write_size(size: Estimate, number: Number) -> Value:
    """Give a number and, where it is known, what it may be as well: 0.12 (0.08 to 0.16)."""
    if number in _PARTS_OF_ALL:
        ends = None if np.isnan(size.low) else (_percent(size.low), _percent(size.high))
        return _told(Quantity(_percent(size.value), number, ends), number)
    known = {"value": float(size.value)}
    if np.isnan(size.low):
        return Message("claim.size.bare", known)
    return Message(
        "claim.size.interval", {**known, "low": float(size.low), "high": float(size.high)}
    )


def _percent(share: float) -> float:
    """Give a share in hundredths, to which all that is told of claims is rounded."""
    return round(100 * float(share) + 0.0)


def write_bound(bound: float, number: Number) -> Value:
    """Give what a number is held against, in the same form, with the digits that it has."""
    told = float(f"{bound:.2g}")
    if number not in _PARTS_OF_ALL:
        return Quantity(told, "plain")
    hundredths = round(100 * told, 2) + 0.0
    if number == "points":
        return _told(Quantity(hundredths, "plain"), number)
    return Quantity(hundredths, "percent" if hundredths.is_integer() else "tenths")


def _told(size: Quantity, number: Number) -> Value:
    return Message("claim.size.points", {"size": size}) if number == "points" else size


def _decided(finding: ClaimFinding, adjusted: Adjusted) -> Iterator[Message]:
    """Say which number decided, what it was held against, and its p.

    A number that is about some people only is told among the estimates, where that may be, and not
    here.
    """
    test = finding.decision.by
    if test is None or np.isnan(adjusted.p):
        return
    side = Message("claim.side.above" if test.sign > 0 else "claim.side.below")
    number = _number_of(test.estimate, finding)
    against: dict[str, Value] = {"side": side, "bound": write_bound(test.bound, number)}
    of_it = {**against, "p": tell_p(adjusted.p), "claims": adjusted.claims}
    named = [
        one.label for one in finding.estimates if one.estimate is test.estimate and one.part is None
    ]
    if named and not test.estimate.fewest < _FEWEST_TOLD:
        size = write_size(test.estimate, number)
        yield Message("claim.note.decided", {"what": named[0], "size": size, **of_it})
    else:
        yield Message("claim.note.decided_bare", of_it)


def tell_p(p: float) -> Message:
    """Write p in two decimals, and on which side of the level it lies where these are the same."""
    if p < _STEP:
        return Message("claim.p.below", {"bound": _STEP})
    if abs(p - LEVEL) < _STEP / 2:
        side = "claim.p.just_below" if p <= LEVEL else "claim.p.just_above"
        return Message(side, {"bound": LEVEL})
    return Message("claim.p.is", {"p": p})


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
