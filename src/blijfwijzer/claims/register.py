"""The policy paper's claims, tested on a survey.

Each claim has a criterion that no survey can move, a test, and one of four verdicts. A verdict is
about this survey at one moment: associations, never causes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from blijfwijzer.claims import (
    careers,
    commitment,
    conduct,
    leaving,
    measures,
    scores,
    teams,
    training,
)
from blijfwijzer.claims.evidence import Evidence
from blijfwijzer.claims.findings import LEVEL, ClaimFinding, NotTestableError
from blijfwijzer.claims.reader import Reader
from blijfwijzer.errors import CultureError
from blijfwijzer.estimation.intervals import adjust
from blijfwijzer.progress import Tell, silent
from blijfwijzer.survey.concepts import CONCEPTS, PAIR
from blijfwijzer.survey.texts import Message

ClaimFamily = Literal["teams", "leaving", "careers", "conduct", "scores"]
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
class Claim:
    """Something that the policy paper says.

    What counts for and against it is the same for every survey, so that nobody's own answers can
    move it. It is that of the project's domain notes (C); where these name no number it is ours.
    docs/decisions/culture.md says which criteria were put otherwise after public surveys were seen.
    """

    id: str
    family: ClaimFamily
    """Claims of a family are tested together, so their p-values are adjusted together."""
    needs: tuple[str, ...]
    """Concepts without which it cannot be tested."""
    speaks_of: tuple[tuple[str, ...], ...]
    """Other concepts that it speaks of, each with those that can stand for it: where a survey lacks
    them, a part of the claim is tested, and that is said."""
    test: Callable[[Reader], ClaimFinding]


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


def _claim(
    number: str,
    family: ClaimFamily,
    test: Callable[[Reader], ClaimFinding],
    needs: str,
    speaks_of: str = "",
) -> Claim:
    others = tuple(tuple(name.split("|")) for name in speaks_of.split())
    return Claim(number, family, tuple(needs.split()), others, test)


_PAIR = " ".join(PAIR)
_LOW_AND_LONG = "laag_opgeleid lang_in_dienst"
_RATED = "prestatie_leiding|prestatie_eigen"
_OUTSIDE_AND_INSIDE = "extern_agressie extern_intimidatie intern_agressie intern_intimidatie"

CLAIMS: tuple[Claim, ...] = (
    _claim("H1", "teams", teams.good_together, _PAIR),
    _claim("H1b", "teams", teams.special_pair, _PAIR),
    _claim("H2", "teams", commitment.brave_teams, f"{_PAIR} betrokkenheid", _RATED),
    _claim(
        "H3",
        "teams",
        commitment.room_matters,
        "regeldruk ruimte_professional betrokkenheid",
        _RATED,
    ),
    _claim(
        "H4",
        "teams",
        commitment.each_condition,
        "betrokkenheid",
        " ".join(commitment.CONDITIONS),
    ),
    _claim("H17", "teams", teams.example_over_rules, f"{PAIR[0]} voorbeeldgedrag omgangsbeleid"),
    _claim("H18", "teams", teams.hidden_variation, ""),
    _claim(
        "H5",
        "leaving",
        leaving.second_motive,
        "vertrekintentie motief_anders_werk motief_cultuur motief_loopbaan",
    ),
    _claim("H6", "leaving", leaving.productive_leave, "zoekt_werk tevredenheid"),
    _claim("H15", "leaving", measures.measures_need_culture, "hr_instrument vertrekintentie"),
    _claim(
        "H16",
        "leaving",
        leaving.satisfaction_order,
        "tevreden_baan tevreden_team tevreden_organisatie",
    ),
    _claim(
        "H7",
        "careers",
        training.fewer_chances,
        f"{_LOW_AND_LONG} scholing",
        "ontwikkelafspraak interne_stap",
    ),
    _claim("H8", "careers", training.less_encouraged, f"{_LOW_AND_LONG} aangemoedigd"),
    _claim(
        "H8b",
        "careers",
        training.opportunity_not_will,
        f"{_LOW_AND_LONG} scholing scholing_aangeboden wil_scholing",
    ),
    _claim(
        "H9", "careers", careers.best_chances, "inzetbaarheid", "leeftijd dienstjaren opleiding"
    ),
    _claim("H10", "careers", careers.words_not_deeds, "eigen_marktwaarde"),
    _claim(
        "H13",
        "careers",
        careers.reorganising_harms,
        "reorganisatie",
        f"bevlogenheid|tevredenheid {_RATED}",
    ),
    _claim(
        "H14",
        "careers",
        careers.reward_wanted,
        "prestatie_belonen",
        "onder_aangesproken uitblinken_meer_werk",
    ),
    _claim("H11", "conduct", conduct.outside_over_inside, _OUTSIDE_AND_INSIDE),
    _claim("H12", "conduct", conduct.changed_conduct, "discriminatie integriteit_gezien"),
    _claim("H19", "scores", scores.culture_beyond_career, "vertrekintentie"),
    _claim("H20", "scores", scores.fair_enough, "achterblijver"),
)


def find_claims(ids: Sequence[str]) -> tuple[Claim, ...]:
    """Find claims by their numbers, in capitals or not, each once; all when none is given.

    Raises
    ------
    CultureError
        A number is no claim's.
    """
    known = {claim.id.lower(): claim for claim in CLAIMS}
    unknown = [one for one in ids if one.lower() not in known]
    if unknown:
        raise CultureError(
            f"claim: {len(unknown)} unknown: {', '.join(unknown)}. Choose from "
            f"{', '.join(claim.id for claim in CLAIMS)}."
        )
    return tuple(dict.fromkeys(known[one.lower()] for one in ids)) or CLAIMS


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
    families = {claim.family for claim in claims}
    verdicts: dict[str, Verdict] = {}
    for family in dict.fromkeys(claim.family for claim in CLAIMS):
        if family in families:
            verdicts |= {v.claim.id: v for v in _run_family(evidence, family, tell)}
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
    untested = tuple(
        names[0] for names in claim.speaks_of if not any(reader.has(name) for name in names)
    )
    size = Message(_REASONS[ruling], _size(finding))
    reason = (size, *_in_part(untested), *finding.notes, *_caveats(claim, finding, reader))
    return replace(judged, verdict=ruling, reason=reason, p=p, missing=untested)


def _size(finding: ClaimFinding) -> dict[str, Message]:
    """Give the effect and, where it is known, what it may be as well: 0.12 (0.08 to 0.16)."""
    size = finding.effect.size
    known = {"value": float(size.value)}
    written = Message("claim.size.bare", known)
    if not np.isnan(size.low):
        ends = {**known, "low": float(size.low), "high": float(size.high)}
        written = Message("claim.size.interval", ends)
    return {"effect": finding.effect.label, "size": written}


def _in_part(untested: tuple[str, ...]) -> tuple[Message, ...]:
    names = tuple(CONCEPTS[name] for name in untested)
    return (Message("claim.note.in_part", {"concepts": names}),) if names else ()


def _caveats(claim: Claim, finding: ClaimFinding, reader: Reader) -> tuple[Message, ...]:
    """Say what was measured instead, and that the smallest unit is larger than a team."""
    concepts = reader.codebook.concepts
    names = dict.fromkeys([*claim.needs, *(one.name for one in finding.estimates)])
    stand_ins = [concepts[name].substitute for name in names if name in concepts]
    said = [Message("claim.note.stand_in", {"text": s}) for s in stand_ins if s is not None]
    if claim.family == "teams" and reader.usual_team > LARGEST_TEAM:
        unit = reader.label(reader.levels[-1])
        said.append(Message("claim.note.large_teams", {"unit": unit, "largest": LARGEST_TEAM}))
    return tuple(said)
