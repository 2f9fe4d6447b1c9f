"""The policy paper's claims, tested on a survey.

Each claim has a criterion that no survey can move, a test, and one of four verdicts. A verdict is
about this survey at one moment: associations, never causes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

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
from blijfwijzer.claims.evidence import Evidence, NotTestableError
from blijfwijzer.claims.findings import COLUMNS, LEVEL, Finding
from blijfwijzer.claims.statements import STATEMENTS
from blijfwijzer.errors import CultureError
from blijfwijzer.estimation.influences import Estimate, adjust
from blijfwijzer.progress import Tell, silent
from blijfwijzer.survey.codebook import Language, Text
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.texts import LANGUAGES

Family = Literal["teams", "leaving", "careers", "conduct", "scores"]
Outcome = Literal["supported", "not supported", "contradicted", "not testable"]

LARGEST_TEAM = 50
"""Respondents above which a unit is no team of people who work together. Ours."""
_NOTHING_VARIES = Text(
    nl="De antwoorden verschillen te weinig om er iets uit te schatten.",
    en="Answers differ too little to estimate anything.",
)
CHANGE = "H12"
"""The claim that holds two waves against each other."""
VERDICTS: dict[Outcome, Text] = {
    "supported": Text(nl="steun", en="supported"),
    "not supported": Text(nl="geen steun", en="not supported"),
    "contradicted": Text(nl="tegengesproken", en="contradicted"),
    "not testable": Text(nl="niet te toetsen", en="not testable"),
}


@dataclass(frozen=True)
class Claim:
    """Something that the policy paper says, and what would count against it."""

    id: str
    family: Family
    """Claims of a family are tested together, so their p-values are adjusted together."""
    statement: Text
    criterion: Text
    """When it is supported and when contradicted; the same for every survey."""
    needs: tuple[str, ...]
    """Concepts without which it cannot be tested."""
    speaks_of: tuple[tuple[str, ...], ...]
    """Other concepts that it speaks of, each with those that can stand for it: where a survey lacks
    them, a part of the claim is tested, and that is told."""
    test: Callable[[Evidence], Finding]


@dataclass(frozen=True)
class Verdict:
    """What a survey says of a claim."""

    claim: Claim
    verdict: Outcome
    reason: Text
    p: float
    """Adjusted for the number of claims of the family that were tested (Holm 1979); NaN where a
    bootstrap decides, or nothing was tested."""
    finding: Finding | None
    missing: tuple[str, ...] = ()
    """Concepts that the survey lacks."""
    read: frozenset[str] = frozenset()
    """Concepts that its figures may be about."""


def _claim(
    number: str,
    family: Family,
    needs: str,
    test: Callable[[Evidence], Finding],
    speaks_of: str = "",
) -> Claim:
    statement = STATEMENTS[number]
    others = tuple(tuple(name.split("|")) for name in speaks_of.split())
    return Claim(
        number, family, statement.says, statement.criterion, tuple(needs.split()), others, test
    )


CLAIMS: tuple[Claim, ...] = (
    _claim("H1", "teams", "psychologische_veiligheid prestatiegerichtheid", teams.good_together),
    _claim("H1b", "teams", "psychologische_veiligheid prestatiegerichtheid", teams.special_pair),
    _claim(
        "H2",
        "teams",
        "psychologische_veiligheid prestatiegerichtheid betrokkenheid",
        commitment.brave_teams,
        "prestatie_leiding|prestatie_eigen",
    ),
    _claim(
        "H3",
        "teams",
        "regeldruk ruimte_professional betrokkenheid",
        commitment.room_matters,
        "prestatie_leiding|prestatie_eigen",
    ),
    _claim(
        "H4",
        "teams",
        "betrokkenheid",
        commitment.each_condition,
        " ".join(commitment.CONDITIONS),
    ),
    _claim(
        "H17",
        "teams",
        "psychologische_veiligheid voorbeeldgedrag omgangsbeleid",
        teams.example_over_rules,
    ),
    _claim("H18", "teams", "", teams.hidden_variation),
    _claim(
        "H5",
        "leaving",
        "vertrekintentie motief_anders_werk motief_cultuur motief_loopbaan",
        leaving.second_motive,
    ),
    _claim("H6", "leaving", "zoekt_werk tevredenheid", leaving.productive_leave),
    _claim("H15", "leaving", "hr_instrument vertrekintentie", measures.measures_need_culture),
    _claim(
        "H16",
        "leaving",
        "tevreden_baan tevreden_team tevreden_organisatie",
        leaving.satisfaction_order,
    ),
    _claim(
        "H7",
        "careers",
        "laag_opgeleid lang_in_dienst scholing",
        training.fewer_chances,
        "ontwikkelafspraak interne_stap",
    ),
    _claim(
        "H8",
        "careers",
        "laag_opgeleid lang_in_dienst aangemoedigd",
        training.less_encouraged,
    ),
    _claim(
        "H8b",
        "careers",
        "laag_opgeleid lang_in_dienst scholing scholing_aangeboden wil_scholing",
        training.opportunity_not_will,
    ),
    _claim(
        "H9",
        "careers",
        "inzetbaarheid",
        careers.best_chances,
        "leeftijd dienstjaren opleiding",
    ),
    _claim("H10", "careers", "eigen_marktwaarde", careers.words_not_deeds),
    _claim(
        "H13",
        "careers",
        "reorganisatie",
        careers.reorganising_harms,
        "bevlogenheid|tevredenheid prestatie_leiding|prestatie_eigen",
    ),
    _claim(
        "H14",
        "careers",
        "prestatie_belonen",
        careers.reward_wanted,
        "onder_aangesproken uitblinken_meer_werk",
    ),
    _claim(
        "H11",
        "conduct",
        "extern_agressie extern_intimidatie intern_agressie intern_intimidatie",
        conduct.outside_over_inside,
    ),
    _claim(CHANGE, "conduct", "discriminatie integriteit_gezien", conduct.changed_conduct),
    _claim("H19", "scores", "vertrekintentie", scores.culture_beyond_career),
    _claim("H20", "scores", "achterblijver", scores.fair_enough),
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


def tabulate_verdicts(verdicts: Sequence[Verdict]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give verdicts as tables to publish.

    Returns
    -------
    One row per claim: claim, family, verdict (the English word), p, effect_size, and in both
    languages statement, criterion, reason and effect; `missing`, names with spaces between.
    One row per estimate: claim, `is_sensitivity`, name, nl, en, value, low, high, n.
    """
    rows, estimates = [], []
    for verdict in verdicts:
        claim, finding = verdict.claim, verdict.finding
        texts = {"statement": claim.statement, "criterion": claim.criterion}
        texts |= {"reason": verdict.reason, "verdict": VERDICTS[verdict.verdict]}
        texts |= {"effect": finding.effect_name if finding else Text(nl="", en="")}
        rows.append(
            {
                "claim": claim.id,
                "family": claim.family,
                "verdict": verdict.verdict,
                "p": verdict.p,
                "effect_size": finding.effect.value if finding else np.nan,
                **{f"{name}_nl": text.nl for name, text in texts.items()},
                **{f"{name}_en": text.en for name, text in texts.items()},
                "missing": " ".join(verdict.missing),
            }
        )
        for is_sensitivity, table in enumerate(
            (finding.estimates, finding.sensitivity) if finding else ()
        ):
            estimates.append(table.assign(claim=claim.id, is_sensitivity=bool(is_sensitivity)))
    columns = ["claim", "is_sensitivity", *COLUMNS]
    held = [table for table in estimates if len(table)]
    whole = pd.concat(held, ignore_index=True) if held else pd.DataFrame(columns=columns)
    return pd.DataFrame(rows), whole[columns]


def _run_family(evidence: Evidence, family: Family, tell: Tell) -> list[Verdict]:
    tested: list[tuple[Claim, Finding | Verdict, frozenset[str]]] = []
    for claim in CLAIMS:
        if claim.family == family:
            tell(f"claim {claim.id}")
            evidence.read.clear()
            found = _test(claim, evidence)
            tested.append((claim, found, frozenset(evidence.read)))
    p = adjust([f.p if isinstance(f, Finding) else np.nan for _, f, _ in tested], "holm")
    return [
        found
        if isinstance(found, Verdict)
        else replace(_judge(claim, found, float(adjusted), evidence), read=read)
        for (claim, found, read), adjusted in zip(tested, p, strict=True)
    ]


def _test(claim: Claim, evidence: Evidence) -> Finding | Verdict:
    missing = tuple(name for name in claim.needs if not evidence.has(name))
    if missing:
        names = {
            language: ", ".join(f"{name} ({CONCEPTS[name].in_(language)})" for name in missing)
            for language in LANGUAGES
        }
        reason = Text(nl=f"De enquête mist: {names['nl']}.", en=f"The survey lacks: {names['en']}.")
        return Verdict(claim, "not testable", reason, float("nan"), None, missing)
    try:
        return claim.test(evidence)
    except NotTestableError as error:
        return Verdict(
            claim,
            "not testable",
            Text(nl=_sentence(error.reason.nl), en=_sentence(error.reason.en)),
            float("nan"),
            None,
        )


def _judge(claim: Claim, finding: Finding, p: float, evidence: Evidence) -> Verdict:
    """Give the verdict: a direction counts only if it holds after adjustment."""
    if np.isnan(finding.effect.value):
        return Verdict(claim, "not testable", _NOTHING_VARIES, float("nan"), finding)
    holds = np.isnan(p) or p <= LEVEL
    outcome: Outcome = "not supported"
    if holds and finding.direction == "claimed":
        outcome = "supported"
    elif holds and finding.direction == "opposite":
        outcome = "contradicted"
    untested = tuple(
        names[0] for names in claim.speaks_of if not any(evidence.has(name) for name in names)
    )
    reason = _reason(claim, finding, outcome, untested, evidence)
    return Verdict(claim, outcome, reason, p, finding, untested)


def _reason(
    claim: Claim,
    finding: Finding,
    outcome: Outcome,
    untested: tuple[str, ...],
    evidence: Evidence,
) -> Text:
    why = {
        "supported": ("Het criterium is gehaald", "The criterion is met"),
        "contradicted": ("Het tegendeel is gevonden", "The opposite was found"),
        "not supported": (
            "Het criterium is niet gehaald en het tegendeel is niet aangetoond",
            "The criterion is not met and the opposite is not shown",
        ),
    }[outcome]
    told_too = [
        _in_part(untested),
        finding.note,
        *_stand_ins(claim, finding, evidence),
        _about_teams(claim, evidence),
    ]
    texts = []
    both: tuple[tuple[Language, str], ...] = (("nl", why[0]), ("en", why[1]))
    for language, told in both:
        size = _with_interval(finding.effect, language)
        parts = [f"{told}: {finding.effect_name.in_(language)} {size}."]
        parts += [_sentence(text.in_(language)) for text in told_too if text is not None]
        texts.append(" ".join(parts))
    return Text(nl=texts[0], en=texts[1])


def _with_interval(effect: Estimate, language: Language) -> str:
    """Give a number and, where it is known, what it may be as well: 0,12 (0,08 tot 0,16)."""
    value, low, high = (f"{round(x, 2) + 0.0:.2f}" for x in (effect.value, effect.low, effect.high))
    between = {"nl": "tot", "en": "to"}[language]
    told = value if np.isnan(effect.low) else f"{value} ({low} {between} {high})"
    told = told.replace("-", "\N{MINUS SIGN}")
    return told.replace(".", ",") if language == "nl" else told


def _in_part(untested: tuple[str, ...]) -> Text | None:
    if not untested:
        return None
    names = {x: ", ".join(CONCEPTS[n].in_(x) for n in untested) for x in LANGUAGES}
    return Text(
        nl=f"Dit gaat over een deel van de stelling; niet gevraagd is: {names['nl']}",
        en=f"This is about a part of the claim; not asked was: {names['en']}",
    )


def _stand_ins(claim: Claim, finding: Finding, evidence: Evidence) -> list[Text | None]:
    """Say what was measured instead, of all that the claim needs and the finding tells."""
    concepts = evidence.codebook.concepts
    names = dict.fromkeys([*claim.needs, *map(str, finding.estimates["name"])])
    return [concepts[name].substitute for name in names if name in concepts]


def _about_teams(claim: Claim, evidence: Evidence) -> Text | None:
    """Say so when the smallest unit of a survey is larger than a team."""
    if claim.family != "teams" or evidence.usual_team <= LARGEST_TEAM:
        return None
    unit = evidence.label(str(evidence.units.columns[-1]))
    return Text(
        nl=f"De kleinste eenheid is hier {unit.nl}, met gewoonlijk meer dan {LARGEST_TEAM} "
        "respondenten: lees die voor team",
        en=f"The smallest unit here is {unit.en}, usually of more than {LARGEST_TEAM} respondents: "
        "read it for team",
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
