"""Claims about leaving: why, who, and how content people are (H5, H6, H16)."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.claims.evidence import Evidence, NotTestableError
from blijfwijzer.claims.findings import (
    FLOOR_D,
    FLOOR_SHARE,
    Direction,
    Finding,
    Line,
    Part,
    bare,
    conclude,
    with_direction,
)
from blijfwijzer.estimation.influences import (
    Estimate,
    Regression,
    combine,
    difference,
    estimate_mean,
    estimate_share,
    regress,
)
from blijfwijzer.estimation.intervals import from_draws, linearise
from blijfwijzer.survey.codebook import Text
from blijfwijzer.survey.concepts import CONCEPTS, MOTIVES

Array = NDArray[np.float64]

RANK_CERTAINTY = 0.80
"""Share of bootstraps in which a motive must hold its rank (domain notes, C, H5)."""
_FEWEST_LEAVERS = 100
_MOST_STEPS = 10
_BEST = 0.8
"""Place in performance above which someone is among the most productive: the highest fifth."""


def second_motive(evidence: Evidence) -> Finding:
    """H5: discontent with the culture is the second motive to leave, after wanting something else.

    Shares of motives among those who intend to leave, in public administration where the survey
    says who works there; ranks with a bootstrap of whole units.
    """
    leaves = evidence.of("vertrekintentie") == 1
    inside = leaves & (evidence.of("openbaar_bestuur") == 1 if _knows_sector(evidence) else True)
    names = [name for name in MOTIVES if evidence.has(name)]
    shares, drawn, n = _shares(evidence, names, inside)
    if n < _FEWEST_LEAVERS:
        raise NotTestableError(
            Text(
                nl=f"minder dan {_FEWEST_LEAVERS} mensen willen weg en noemden motieven",
                en=f"fewer than {_FEWEST_LEAVERS} people intend to leave and gave motives",
            )
        )
    culture, other = names.index("motief_cultuur"), names.index("motief_anders_werk")
    certain = _holds_rank(drawn, culture, other)
    lines = [
        Line(name, CONCEPTS[name].nl, CONCEPTS[name].en, from_draws(shares[at], drawn[:, at], n))
        for at, name in enumerate(names)
    ]
    ranks = (drawn > drawn[:, [culture]]).sum(axis=1) + 1.0
    lines += [
        Line(
            "rank",
            "Plaats van cultuur onder de motieven",
            "Rank of culture among the motives",
            from_draws(float((shares > shares[culture]).sum() + 1), ranks, n),
        ),
        Line(
            "certainty",
            "Aandeel trekkingen met cultuur tweede, na iets anders willen",
            "Share of draws with culture second, after wanting something else",
            bare(certain, n),
        ),
    ]
    rivals = np.delete(drawn, [culture, other], axis=1)
    ahead = from_draws(
        float(shares[culture] - np.delete(shares, [culture, other]).max()),
        drawn[:, culture] - rivals.max(axis=1),
        n,
    )
    finding = conclude(
        lines,
        [],
        (ahead, "aandeel vóór het volgende motief", "share ahead of the next motive"),
        _other_groupings(evidence, names, leaves, inside),
        note=None
        if _knows_sector(evidence)
        else Text(
            nl="De enquête zegt niet wie in het openbaar bestuur werkt: dit gaat over iedereen.",
            en="The survey does not say who works in public administration: this is about all.",
        ),
        domains={"": [inside], **{name: [inside & (evidence.of(name) == 1)] for name in names}},
    )
    # Not second in most draws and not second as found: another motive is.
    is_second = certain >= RANK_CERTAINTY
    is_other = certain <= 1 - RANK_CERTAINTY
    direction: Direction = "claimed" if is_second else "opposite" if is_other else "neither"
    return with_direction(finding, direction)


def productive_leave(evidence: Evidence) -> Finding:
    """H6: the most productive look for another job most often.

    The claim is about the highest fifth of performance against all others, unadjusted. Beside it
    stand the plain relation over all, the one that holds sector, satisfaction, age and education
    equal, and the reversal between them: meta-analyses find the first negative and the second
    positive (Zimmerman & Darnold 2009).
    """
    rated = [n for n in ("prestatie_leiding", "prestatie_eigen") if evidence.has(n)]
    if not rated:
        raise NotTestableError(
            Text(nl="de enquête meet geen prestatie", en="the survey measures no performance")
        )
    looks = evidence.of("zoekt_werk")
    place = _place(evidence.of(rated[0]))
    best = difference(looks, place > _BEST, place <= _BEST, evidence.design)
    lines = [
        Line(
            "best",
            f"Zoekt werk, best beoordeelden min de anderen: {CONCEPTS[rated[0]].nl}",
            f"Looks for work, best rated less the others: {CONCEPTS[rated[0]].en}",
            best,
        )
    ]
    relations = {name: _relations(evidence, name, looks) for name in rated}
    lines += relations[rated[0]]
    sensitivity = [line for name in rated[1:] for line in relations[name]]
    for name in rated:
        sensitivity += [
            Line(
                step.name,
                f"Zoekt werk, {step.label.nl}: {CONCEPTS[name].nl}",
                f"Looks for work, {step.label.en}: {CONCEPTS[name].en}",
                estimate_share(np.where(step.inside, looks, np.nan), evidence.design),
            )
            for step in _steps(evidence, name)
        ]
    plain, adjusted, shift = (line.estimate for line in relations[rated[0]])
    effect = (
        best,
        "verschil in aandeel dat zoekt, best beoordeelden (hooguit een vijfde) min de anderen",
        "difference in share that looks, best rated (a fifth at most) less the others",
    )
    # The share that looks is about one in seven, so that a point is a fourteenth of it.
    parts = [Part(best, 1, floor=FLOOR_SHARE / 2)]
    steps = {step.name: [step.inside] for name in rated for step in _steps(evidence, name)}
    note = _reversal(plain, adjusted, shift)
    domains = {"best": [place > _BEST], **steps}
    return conclude(lines, parts, effect, sensitivity, note=note, domains=domains)


def _relations(evidence: Evidence, name: str, looks: Array) -> list[Line]:
    """Relation of looking for work with a rating: plain, with others held equal, the shift."""
    rating = evidence.z(name)
    adjusters = {
        n: evidence.z(n) for n in ("tevredenheid", "leeftijd", "opleiding") if evidence.has(n)
    }
    known = ~np.isnan(np.column_stack([rating, *adjusters.values()])).any(axis=1)
    outcome = np.where(known, looks, np.nan)
    alone = regress(outcome, pd.DataFrame({"rating": rating}), evidence.design)
    at_equal = evidence.fit(outcome, {"rating": rating, **adjusters})
    return [
        Line(
            f"plain_{name}",
            f"Zoekt werk, 2 sd hoger op: {CONCEPTS[name].nl}",
            f"Looks for work, 2 sd higher on: {CONCEPTS[name].en}",
            combine(alone, {"rating": 2.0}),
        ),
        Line(
            f"adjusted_{name}",
            "Hetzelfde bij gelijke sector, tevredenheid, leeftijd en opleiding",
            "The same at equal sector, satisfaction, age and education",
            combine(at_equal, {"rating": 2.0}),
        ),
        Line(
            f"reversal_{name}",
            "Verschuiving door gelijk te stellen",
            "Shift from holding these equal",
            _shift(alone, at_equal, "rating", 2.0, evidence),
        ),
    ]


def satisfaction_order(evidence: Evidence) -> Finding:
    """H16: people are satisfied with job and team, less with the organisation.

    Paired differences of means, in points of the answers' own scale.
    """
    whole, design = evidence.of("tevreden_organisatie"), evidence.design
    names = ("tevreden_baan", "tevreden_team")
    known = ~np.isnan(whole)
    mean = np.average(whole[known], weights=design.weight[known])
    spread = float(np.sqrt(np.average((whole[known] - mean) ** 2, weights=design.weight[known])))
    lines, parts = [], []
    for name in names:
        apart = estimate_mean(evidence.of(name) - whole, design)
        lines.append(
            Line(
                name,
                f"{CONCEPTS[name].nl}, min de organisatie",
                f"{CONCEPTS[name].en}, less the organisation",
                apart,
            )
        )
        parts.append(Part(apart, 1, floor=FLOOR_D * spread))
    sensitivity = [
        Line(
            f"mean_{name}",
            f"Gemiddelde: {CONCEPTS[name].nl}",
            f"Mean: {CONCEPTS[name].en}",
            estimate_mean(evidence.of(name), design),
        )
        for name in (*names, "tevreden_organisatie")
    ]
    effect = (
        min((p.estimate for p in parts), key=lambda estimate: estimate.value),
        "het kleinste verschil met de organisatie, in punten van de antwoorden",
        "the smallest difference with the organisation, in points of the answers",
    )
    return conclude(lines, parts, effect, sensitivity)


def _knows_sector(evidence: Evidence) -> bool:
    return evidence.has("openbaar_bestuur")


def _shares(
    evidence: Evidence, names: list[str], inside: NDArray[np.bool_]
) -> tuple[Array, Array, int]:
    """Weighted shares of motives, as found and per draw of units."""
    answers = np.stack([evidence.of(name) for name in names], axis=1)
    rows = inside & ~np.isnan(answers).any(axis=1)
    place, picks = evidence.draw()
    weight = evidence.design.weight[rows]
    columns = np.column_stack([np.ones(rows.sum()), answers[rows]]) * weight[:, None]
    sums = np.stack([np.bincount(place[rows], c, len(picks)) for c in columns.T], axis=1)
    whole, drawn = sums.sum(axis=0), picks.T @ sums
    total = np.where(drawn[:, :1] > 0, drawn[:, :1], np.nan)
    found = whole[1:] / whole[0] if whole[0] > 0 else np.full(len(names), np.nan)
    return found, np.asarray(drawn[:, 1:] / total), int(rows.sum())


def _holds_rank(drawn: Array, culture: int, other: int) -> float:
    """Share of draws in which wanting something else is first and culture second."""
    rest = np.delete(drawn, [culture, other], axis=1).max(axis=1)
    return float(((drawn[:, other] > drawn[:, culture]) & (drawn[:, culture] > rest)).mean())


def _other_groupings(
    evidence: Evidence,
    names: list[str],
    leaves: NDArray[np.bool_],
    inside: NDArray[np.bool_],
) -> list[Line]:
    """Give the certainty when managers are part of the culture, and over all sectors."""
    lines = []
    culture, other = names.index("motief_cultuur"), names.index("motief_anders_werk")
    if "motief_leiding" in names:
        merged = np.fmax(evidence.of("motief_cultuur"), evidence.of("motief_leiding"))
        concepts = evidence.concepts.assign(motief_cultuur=merged)
        rest = [name for name in names if name != "motief_leiding"]
        apart = replace(evidence, concepts=concepts)
        _, drawn, n = _shares(apart, rest, inside)
        lines.append(
            Line(
                "with_manager",
                "Zekerheid als de leidinggevende bij cultuur telt",
                "Certainty when the manager counts as culture",
                bare(
                    _holds_rank(
                        drawn, rest.index("motief_cultuur"), rest.index("motief_anders_werk")
                    ),
                    n,
                ),
            )
        )
    _, drawn, n = _shares(evidence, names, leaves)
    lines.append(
        Line(
            "all_sectors",
            "Zekerheid over alle sectoren",
            "Certainty over all sectors",
            bare(_holds_rank(drawn, culture, other), n),
        )
    )
    return lines


def _place(rating: Array) -> Array:
    """Share of people that is rated at most as high, ties counting half; NaN where not rated."""
    return np.asarray(pd.Series(rating).rank(pct=True, method="average"), dtype=np.float64)


class _Step(NamedTuple):
    """Those who are rated alike."""

    name: str
    label: Text
    inside: NDArray[np.bool_]


def _steps(evidence: Evidence, name: str) -> list[_Step]:
    """Part people by the rating itself, or in fifths where it has many values."""
    rating = evidence.of(name)
    found = np.unique(rating[~np.isnan(rating)])
    if len(found) <= _MOST_STEPS:
        return [
            _Step(
                f"rating_{value:g}_{name}",
                Text(nl=f"oordeel {value:g}".replace(".", ","), en=f"rating {value:g}"),
                rating == value,
            )
            for value in found
        ]
    fifth = np.ceil(_place(rating) * 5)
    return [
        _Step(
            f"fifth_{one}_{name}",
            Text(nl=f"vijfde {one} van 5", en=f"fifth {one} of 5"),
            fifth == one,
        )
        for one in range(1, 6)
        if (fifth == one).any()
    ]


def _shift(
    before: Regression, after: Regression, name: str, times: float, evidence: Evidence
) -> Estimate:
    """Difference of a coefficient between two regressions on the same responses."""
    place = list(before.table.index).index(name), list(after.table.index).index(name)
    value = float(after.coefficients[place[1]] - before.coefficients[place[0]])
    influence = after.influence[:, place[1]] - before.influence[:, place[0]]
    return linearise(value * times, influence * times, evidence.design, before.n)


def _reversal(plain: Estimate, adjusted: Estimate, shift: Estimate) -> Text:
    """Say whether the relation reverses, moves or stays when satisfaction is held equal."""
    if plain.high < 0 < adjusted.low or adjusted.high < 0 < plain.low:
        return Text(
            nl="Bij gelijke tevredenheid, leeftijd en opleiding keert het verband om",
            en="At equal satisfaction, age and education the relation reverses",
        )
    if shift.low > 0 or shift.high < 0:
        way = ("naar boven", "up") if shift.value > 0 else ("naar beneden", "down")
        return Text(
            nl=f"Bij gelijke tevredenheid, leeftijd en opleiding schuift het verband {way[0]}, "
            "zonder dat een omkering is aangetoond",
            en=f"At equal satisfaction, age and education the relation moves {way[1]}, but a "
            "reversal is not shown",
        )
    return Text(
        nl="Gelijke tevredenheid, leeftijd en opleiding veranderen het verband niet aantoonbaar",
        en="Equal satisfaction, age and education do not change the relation demonstrably",
    )
