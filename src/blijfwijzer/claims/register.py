"""The policy paper's claims, and what each needs to be tested."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from blijfwijzer.claims import (
    calibration,
    commitment,
    conditions,
    conduct,
    employability,
    leaving,
    market_value,
    measures,
    motives,
    offers,
    pairs,
    performance,
    reorganisation,
    satisfaction,
    scores,
    teams,
    training,
)
from blijfwijzer.claims.findings import ClaimFinding
from blijfwijzer.claims.reader import Reader
from blijfwijzer.errors import CultureError
from blijfwijzer.survey.concepts import PAIR

ClaimFamily = Literal["teams", "leaving", "careers", "conduct", "scores"]


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
    is_of_teams: bool
    """Whether it is about people who work together: of larger units that is said."""
    test: Callable[[Reader], ClaimFinding]


def _claim(
    number: str,
    family: ClaimFamily,
    test: Callable[[Reader], ClaimFinding],
    needs: str = "",
    speaks_of: str = "",
    is_of_teams: bool = False,
) -> Claim:
    others = tuple(tuple(name.split("|")) for name in speaks_of.split())
    return Claim(number, family, tuple(needs.split()), others, is_of_teams, test)


def _of_teams(
    number: str, test: Callable[[Reader], ClaimFinding], needs: str = "", speaks_of: str = ""
) -> Claim:
    return _claim(number, "teams", test, needs, speaks_of, is_of_teams=True)


_PAIR = " ".join(PAIR)
_GROUP = "laag_opgeleid lang_in_dienst"
_RATED = "prestatie_leiding|prestatie_eigen"
_CONDUCT = "extern_agressie extern_intimidatie intern_agressie intern_intimidatie"
_MOTIVES = "motief_anders_werk motief_cultuur motief_loopbaan"
_CONTENT = "tevreden_baan tevreden_team tevreden_organisatie"
_DEVELOPED = "ontwikkelafspraak interne_stap"
_OFFERED = "scholing scholing_aangeboden wil_scholing"
_TRAITS = "leeftijd dienstjaren opleiding"
_HARMED = f"bevlogenheid|tevredenheid {_RATED}"
_SEEN = "onder_aangesproken uitblinken_meer_werk"
_ROOM = "regeldruk ruimte_professional betrokkenheid"

CLAIMS: tuple[Claim, ...] = (
    _of_teams("H1", pairs.good_together, _PAIR),
    _of_teams("H1b", pairs.special_pair, _PAIR),
    _of_teams("H2", commitment.brave_teams, f"{_PAIR} betrokkenheid", _RATED),
    _of_teams("H3", commitment.room_matters, _ROOM, _RATED),
    _of_teams("H4", conditions.each_condition, "betrokkenheid", " ".join(conditions.CONDITIONS)),
    _of_teams("H17", teams.example_over_rules, f"{PAIR[0]} voorbeeldgedrag omgangsbeleid"),
    _of_teams("H18", teams.hidden_variation),
    _claim("H5", "leaving", motives.second_motive, f"vertrekintentie {_MOTIVES}"),
    _claim("H6", "leaving", leaving.productive_leave, "zoekt_werk tevredenheid"),
    _claim("H15", "leaving", measures.measures_need_culture, "hr_instrument vertrekintentie"),
    _claim("H16", "leaving", satisfaction.satisfaction_order, _CONTENT),
    _claim("H7", "careers", training.fewer_chances, f"{_GROUP} scholing", _DEVELOPED),
    _claim("H8", "careers", training.less_encouraged, f"{_GROUP} aangemoedigd"),
    _claim("H8b", "careers", offers.opportunity_not_will, f"{_GROUP} {_OFFERED}"),
    _claim("H9", "careers", employability.best_chances, "inzetbaarheid", _TRAITS),
    _claim("H10", "careers", market_value.words_not_deeds, "eigen_marktwaarde"),
    _claim("H13", "careers", reorganisation.reorganising_harms, "reorganisatie", _HARMED),
    _claim("H14", "careers", performance.reward_wanted, "prestatie_belonen", _SEEN),
    _claim("H11", "conduct", conduct.outside_over_inside, _CONDUCT),
    _claim("H12", "conduct", conduct.changed_conduct, "discriminatie integriteit_gezien"),
    _claim("H19", "scores", scores.culture_beyond_career, "vertrekintentie"),
    _claim("H20", "scores", calibration.fair_enough, "achterblijver"),
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
