"""The policy paper's claims, tested on a survey.

Each claim has its criterion fixed beforehand, a test, and one of four verdicts. A verdict is about
this survey at one moment: associations, never causes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from blijfwijzer.culture import (
    claims_careers,
    claims_commitment,
    claims_conduct,
    claims_leaving,
    claims_teams,
)
from blijfwijzer.culture.estimation import adjust
from blijfwijzer.culture.evidence import Evidence, NotTestableError
from blijfwijzer.culture.findings import LEVEL, Finding
from blijfwijzer.errors import CultureError
from blijfwijzer.progress import Tell, silent
from blijfwijzer.survey.codebook import Language, Text
from blijfwijzer.survey.concepts import CONCEPTS

Family = Literal["teams", "leaving", "careers", "conduct"]
Outcome = Literal["supported", "not supported", "contradicted", "not testable"]

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
    """When it is supported and when contradicted; fixed before any survey was looked at."""
    needs: tuple[str, ...]
    """Concepts without which it cannot be tested."""
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


def _claim(
    id: str,  # noqa: A002
    family: Family,
    statement: tuple[str, str],
    criterion: tuple[str, str],
    needs: str,
    test: Callable[[Evidence], Finding],
) -> Claim:
    said, fixed = (Text(nl=nl, en=en) for nl, en in (statement, criterion))
    return Claim(id, family, said, fixed, tuple(needs.split()), test)


CLAIMS: tuple[Claim, ...] = (
    _claim(
        "H1",
        "teams",
        (
            "Teams die goed scoren op psychologische veiligheid én prestatiegerichtheid scoren goed "
            "op alles, en omgekeerd.",
            "Teams that do well on psychological safety and performance orientation do well on "
            "everything, and the converse.",
        ),
        (
            "Steun als meer dan de helft van de teams die op beide uiterst zijn op alle andere "
            "dimensies aan dezelfde kant van de mediaan ligt; tegengesproken als het minder is. Of "
            "het paar bijzonder is, zegt H1b.",
            "Supported if more than half of the teams that are extreme on both lie on the same side "
            "of the median on all other dimensions; contradicted if fewer do. Whether the pair is "
            "special is for H1b.",
        ),
        "psychologische_veiligheid prestatiegerichtheid",
        claims_teams.good_together,
    ),
    _claim(
        "H1b",
        "teams",
        (
            "Juist dit paar vindt zorgelijke teams, niet zomaar twee dimensies.",
            "It is this pair that finds worrying teams, not just any two dimensions.",
        ),
        (
            "Steun als de AUC van het paar 0,05 of meer boven het gemiddelde van de andere paren ligt "
            "en het bij de beste 5 van 21 hoort (of naar rato); tegengesproken als het verschil "
            "zeker kleiner is dan 0,05.",
            "Supported if the AUC of the pair is 0.05 or more above the mean of the other pairs and "
            "among the best 5 of 21 (or in proportion); contradicted if the difference is surely "
            "smaller than 0.05.",
        ),
        "psychologische_veiligheid prestatiegerichtheid",
        claims_teams.special_pair,
    ),
    _claim(
        "H2",
        "teams",
        (
            "Veiligheid en prestatiegerichtheid samen gaan met grote betrokkenheid en prestatie.",
            "Safety and performance orientation together go with high commitment and performance.",
        ),
        (
            "Steun als de som van beide met betrokkenheid samenhangt (andere helft van het team), ook "
            "met hun wisselwerking erbij, en het paar met prestatie waar die gemeten is; "
            "tegengesproken als een daarvan omgekeerd is.",
            "Supported if their sum goes with commitment (other half of the team), with their "
            "interaction too, and the pair with performance where that is measured; contradicted if "
            "one of these is reversed.",
        ),
        "psychologische_veiligheid prestatiegerichtheid betrokkenheid",
        claims_commitment.brave_teams,
    ),
    _claim(
        "H3",
        "teams",
        (
            "Gebrek aan ruimte door regeldruk verlaagt betrokkenheid en prestatie.",
            "Lack of room through red tape lowers commitment and performance.",
        ),
        (
            "Steun als regeldruk met minder ruimte samengaat en ruimte, bij gelijke regeldruk, met "
            "meer betrokkenheid en prestatie; tegengesproken als een daarvan omgekeerd is.",
            "Supported if red tape goes with less room, and room at equal red tape with more "
            "commitment and performance; contradicted if one of these is reversed.",
        ),
        "regeldruk ruimte_professional betrokkenheid",
        claims_commitment.room_matters,
    ),
    _claim(
        "H4",
        "teams",
        (
            "Onduidelijke missie, weinig openheid, angst voor fouten, slechte samenwerking, weinig "
            "blik naar buiten en weinig leren verlagen elk de betrokkenheid.",
            "An unclear mission, little openness, fear of errors, poor cooperation, poor external "
            "orientation and weak learning each lower commitment.",
        ),
        (
            "Steun als meer dan de helft van deze voorwaarden, elk apart, met betrokkenheid "
            "samenhangt; tegengesproken als dat door omgekeerde verbanden niet kan.",
            "Supported if more than half of these conditions, each singly, go with commitment; "
            "contradicted if reversed relations make that impossible.",
        ),
        "betrokkenheid",
        claims_commitment.each_condition,
    ),
    _claim(
        "H17",
        "teams",
        (
            "Voorbeeldgedrag van leidinggevenden is de beslissende hefboom voor veiligheid.",
            "Managers' example is the decisive lever for safety.",
        ),
        (
            "Steun als voorbeeldgedrag meer van de veiligheid tussen teams verklaart dan regels en "
            "beleid; tegengesproken als regels en beleid meer verklaren.",
            "Supported if example explains more of safety between teams than rules and policy; "
            "contradicted if rules and policy explain more.",
        ),
        "psychologische_veiligheid voorbeeldgedrag omgangsbeleid",
        claims_teams.example_over_rules,
    ),
    _claim(
        "H18",
        "teams",
        (
            "Achter de gemiddelden gaat grote variatie schuil.",
            "Large variation hides behind the averages.",
        ),
        (
            "Steun als op enig niveau meer dan 3 % van de variantie in cultuur tussen eenheden ligt; "
            "tegengesproken als het overal minder is.",
            "Supported if on some level more than 3 % of the variance in culture lies between units; "
            "contradicted if it is less on all.",
        ),
        "",
        claims_teams.hidden_variation,
    ),
    _claim(
        "H5",
        "leaving",
        (
            "Onvrede met de cultuur is het tweede vertrekmotief, na iets anders willen.",
            "Discontent with the culture is the second motive to leave, after wanting something else.",
        ),
        (
            "Steun als cultuur in 80 % van de trekkingen tweede is, na iets anders willen; "
            "tegengesproken als dat in hoogstens 20 % zo is.",
            "Supported if culture is second, after wanting something else, in 80 % of draws; "
            "contradicted if it is so in at most 20 %.",
        ),
        "vertrekintentie motief_anders_werk motief_cultuur motief_loopbaan",
        claims_leaving.second_motive,
    ),
    _claim(
        "H6",
        "leaving",
        (
            "De productiefste medewerkers zoeken het vaakst ander werk.",
            "The most productive employees look for other work most often.",
        ),
        (
            "Steun als wie beter presteert vaker zoekt, zonder correctie; tegengesproken als die "
            "minder vaak zoekt (een punt of meer per 2 sd). Het gecorrigeerde verband staat erbij.",
            "Supported if those who perform better look more often, unadjusted; contradicted if they "
            "look less often (a point or more per 2 sd). The adjusted relation is told beside it.",
        ),
        "zoekt_werk tevredenheid",
        claims_leaving.productive_leave,
    ),
    _claim(
        "H15",
        "leaving",
        (
            "Hr-instrumenten doen weinig zolang de cultuur niet verandert.",
            "HR measures do little unless the culture changes.",
        ),
        (
            "Steun als het instrument in een goede cultuur (+1 sd) met minder vertrekintentie samengaat "
            "en dat verband zwakker is naarmate de cultuur slechter is; tegengesproken als het sterker "
            "wordt.",
            "Supported if in a good culture (+1 sd) the measure goes with less intention to leave and "
            "that relation is weaker the poorer the culture; contradicted if it gets stronger.",
        ),
        "hr_instrument vertrekintentie",
        claims_leaving.measures_need_culture,
    ),
    _claim(
        "H16",
        "leaving",
        (
            "Men is tevreden over baan en team, minder over de organisatie.",
            "People are satisfied with job and team, less with the organisation.",
        ),
        (
            "Steun als baan en team elk hoger scoren dan de organisatie (0,1 sd of meer); "
            "tegengesproken als een ervan lager scoort.",
            "Supported if job and team each score higher than the organisation (0.1 sd or more); "
            "contradicted if one scores lower.",
        ),
        "tevreden_baan tevreden_organisatie",
        claims_leaving.satisfaction_order,
    ),
    _claim(
        "H19",
        "leaving",
        (
            "Cultuur voorspelt vertrekintentie bovenop loopbaankenmerken.",
            "Culture predicts the intention to leave beyond career variables.",
        ),
        (
            "Steun als de AUC op ongeziene organisaties stijgt door cultuur; tegengesproken als die "
            "daalt.",
            "Supported if culture raises the AUC in organisations not seen; contradicted if it lowers "
            "it.",
        ),
        "vertrekintentie",
        claims_leaving.culture_beyond_career,
    ),
    _claim(
        "H7",
        "careers",
        (
            "Laag opgeleiden met een lang dienstverband hebben minder afspraken, scholing en "
            "interne stappen.",
            "The low educated with long service have fewer agreements, less training and fewer "
            "internal moves.",
        ),
        (
            "Steun als zij op elk 5 punten of meer lager scoren, bij gelijke sector; tegengesproken "
            "als zij op een ervan 5 punten of meer hoger scoren.",
            "Supported if they are 5 points or more lower on each, at equal sector; contradicted if "
            "they are 5 points or more higher on one.",
        ),
        "laag_opgeleid lang_in_dienst scholing",
        claims_careers.fewer_chances,
    ),
    _claim(
        "H8",
        "careers",
        (
            "Zij worden ook minder aangemoedigd door hun leidinggevende.",
            "They are also less encouraged by their manager.",
        ),
        (
            "Steun als zij 5 punten of meer minder aangemoedigd worden, bij gelijke sector; "
            "tegengesproken als het 5 punten of meer is de andere kant op.",
            "Supported if they are encouraged less by 5 points or more, at equal sector; contradicted "
            "if it is 5 points or more the other way.",
        ),
        "laag_opgeleid lang_in_dienst aangemoedigd",
        claims_careers.less_encouraged,
    ),
    _claim(
        "H8b",
        "careers",
        (
            "Het verschil in scholing komt van kansen, niet van de wil.",
            "The gap in training comes from opportunity, not from will.",
        ),
        (
            "Steun als meer dan de helft van de kloof door minder aanbod komt; tegengesproken als het "
            "minder is.",
            "Supported if more than half of the gap comes from fewer offers; contradicted if it is "
            "less.",
        ),
        "laag_opgeleid lang_in_dienst scholing scholing_aangeboden wil_scholing",
        claims_careers.opportunity_not_will,
    ),
    _claim(
        "H9",
        "careers",
        (
            "Jong, kort in dienst en hoog opgeleid geeft de beste kansen.",
            "The young, recently hired and highly educated have the best chances.",
        ),
        (
            "Steun als inzetbaarheid daalt met leeftijd en diensttijd en stijgt met opleiding, elk "
            "apart, en het gunstige profiel 0,2 sd of meer voorligt; tegengesproken als een ervan "
            "omgekeerd is.",
            "Supported if employability falls with age and tenure and rises with education, each "
            "singly, and the favourable profile is 0.2 sd or more ahead; contradicted if one of these "
            "is reversed.",
        ),
        "inzetbaarheid",
        claims_careers.best_chances,
    ),
    _claim(
        "H10",
        "careers",
        (
            "Medewerkers noemen hun marktwaarde een eigen verantwoordelijkheid, hun gedrag laat het "
            "niet zien.",
            "Employees call their market value their own responsibility; their behaviour does not "
            "show it.",
        ),
        (
            "Steun als de meerderheid het zegt, 5 punten of meer minder mensen ernaar doen, en zeggen "
            "en doen met minder dan 0,4 samenhangen; tegengesproken als een ervan omgekeerd is.",
            "Supported if the majority says so, fewer act on it by 5 points or more, and saying and "
            "doing correlate less than 0.4; contradicted if one of these is reversed.",
        ),
        "eigen_marktwaarde",
        claims_careers.words_not_deeds,
    ),
    _claim(
        "H13",
        "careers",
        (
            "Reorganisaties schaden welzijn en prestatie.",
            "Reorganisations harm wellbeing and performance.",
        ),
        (
            "Steun als meer dan de helft van de uitkomsten 0,1 sd of meer slechter is, binnen "
            "organisaties; tegengesproken als dat door betere uitkomsten niet kan.",
            "Supported if more than half of the outcomes are 0.1 sd or more worse, within "
            "organisations; contradicted if better outcomes make that impossible.",
        ),
        "reorganisatie",
        claims_careers.reorganising_harms,
    ),
    _claim(
        "H14",
        "careers",
        (
            "Wie onder de maat presteert wordt niet aangesproken, wie uitblinkt krijgt alleen meer "
            "werk, en er is breed draagvlak om prestatie te belonen.",
            "Underperformers are not corrected, those who excel only get more work, and there is "
            "broad support for rewarding performance.",
        ),
        (
            "Steun als minder dan de helft het eerste ziet en meer dan de helft het met de andere twee "
            "eens is; tegengesproken als een ervan omgekeerd is.",
            "Supported if less than half see the first and more than half agree with the other two; "
            "contradicted if one of these is reversed.",
        ),
        "prestatie_belonen",
        claims_careers.reward_wanted,
    ),
    _claim(
        "H11",
        "conduct",
        (
            "Ongewenst gedrag komt vaker van buiten dan van binnen; ruim 1 op de 5 is geïntimideerd.",
            "Unwanted behaviour comes more from outside than inside; over 1 in 5 is intimidated.",
        ),
        (
            "Steun als meer mensen het van buiten dan van binnen meemaken (2 punten of meer) en "
            "intimidatie van buiten tussen 18 en 26 % ligt; tegengesproken als een ervan omgekeerd is.",
            "Supported if more people meet it from outside than inside (2 points or more) and "
            "intimidation from outside is between 18 and 26 %; contradicted if one is reversed.",
        ),
        "extern_agressie extern_intimidatie intern_agressie intern_intimidatie",
        claims_conduct.outside_over_inside,
    ),
    _claim(
        "H12",
        "conduct",
        (
            "Discriminatie nam toe, integriteitsschendingen namen af.",
            "Discrimination rose, integrity violations fell.",
        ),
        (
            "Steun als beide sinds de vorige meting een punt of meer zo veranderden; tegengesproken "
            "als een ervan omgekeerd veranderde.",
            "Supported if both changed so by a point or more since the wave before; contradicted if "
            "one changed the other way.",
        ),
        "discriminatie integriteit_gezien",
        claims_conduct.changed_conduct,
    ),
    _claim(
        "H20",
        "conduct",
        (
            "De score is eerlijk genoeg voor een aanbod van vouchers.",
            "The score is fair enough to base offers of vouchers on.",
        ),
        (
            "Steun als de calibratie van elke groep naar leeftijd, geslacht en opleiding minder dan 5 "
            "punten van die van allen verschilt; tegengesproken als een groep meer verschilt.",
            "Supported if the calibration of each group by age, sex and education differs less than 5 "
            "points from that of all; contradicted if a group differs more.",
        ),
        "achterblijver",
        claims_conduct.fair_enough,
    ),
)


def find_claims(ids: Sequence[str]) -> tuple[Claim, ...]:
    """Find claims by their numbers; all when none is given.

    Raises
    ------
    CultureError
        A number is no claim's.
    """
    known = {claim.id: claim for claim in CLAIMS}
    unknown = [one for one in ids if one not in known]
    if unknown:
        raise CultureError(
            f"claim: {len(unknown)} are unknown: {', '.join(unknown)}. Choose from "
            f"{', '.join(known)}."
        )
    return tuple(known[one] for one in ids) or CLAIMS


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


def _run_family(evidence: Evidence, family: Family, tell: Tell) -> list[Verdict]:
    tested: list[tuple[Claim, Finding | Verdict]] = []
    for claim in CLAIMS:
        if claim.family == family:
            tell(f"claim {claim.id}")
            tested.append((claim, _test(claim, evidence)))
    p = adjust([f.p if isinstance(f, Finding) else np.nan for _, f in tested], "holm")
    return [
        found if isinstance(found, Verdict) else _judge(claim, found, float(adjusted), evidence)
        for (claim, found), adjusted in zip(tested, p, strict=True)
    ]


def _test(claim: Claim, evidence: Evidence) -> Finding | Verdict:
    missing = tuple(name for name in claim.needs if not evidence.has(name))
    if missing:
        names = {
            language: ", ".join(f"{name} ({CONCEPTS[name].in_(language)})" for name in missing)
            for language in ("nl", "en")
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
    holds = np.isnan(p) or p <= LEVEL
    outcome: Outcome = "not supported"
    if holds and finding.direction == "claimed":
        outcome = "supported"
    elif holds and finding.direction == "opposite":
        outcome = "contradicted"
    return Verdict(claim, outcome, _reason(claim, finding, outcome, evidence), p, finding)


def _reason(claim: Claim, finding: Finding, outcome: Outcome, evidence: Evidence) -> Text:
    why = {
        "supported": ("Het criterium is gehaald", "The criterion is met"),
        "contradicted": ("Het tegendeel is gevonden", "The opposite was found"),
        "not supported": (
            "Het criterium is niet gehaald en het tegendeel is niet aangetoond",
            "The criterion is not met and the opposite is not shown",
        ),
    }[outcome]
    stand_ins = [
        concept.substitute
        for name in claim.needs
        if (concept := evidence.codebook.concepts.get(name)) and concept.substitute is not None
    ]
    texts = []
    both: tuple[tuple[Language, str], ...] = (("nl", why[0]), ("en", why[1]))
    for language, told in both:
        size = f"{finding.effect_size:.3g}"
        size = size.replace(".", ",") if language == "nl" else size
        parts = [f"{told}: {finding.effect_name.in_(language)} {size}."]
        parts += [text.in_(language) for text in ([finding.note] if finding.note else [])]
        parts += [_sentence(text.in_(language)) for text in stand_ins]
        texts.append(" ".join(parts))
    return Text(nl=texts[0], en=texts[1])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
