"""Claims about leaving: why, who, and what helps (H5, H6, H15, H16)."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.culture.estimation import (
    Estimate,
    Regression,
    combine,
    estimate_mean,
    marginal_difference,
)
from blijfwijzer.culture.evidence import Evidence, NotTestableError, from_draws, linearise
from blijfwijzer.culture.findings import (
    FLOOR_SHARE,
    Direction,
    Finding,
    Line,
    Part,
    bare,
    conclude,
    with_direction,
)
from blijfwijzer.survey.codebook import Text
from blijfwijzer.survey.concepts import CONCEPTS, MOTIVES

Array = NDArray[np.float64]

RANK_CERTAINTY = 0.80
"""Share of bootstraps in which a motive must hold its rank (domain notes, C, H5)."""
_FEWEST_LEAVERS = 100


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
                nl=f"{n} mensen willen weg en noemden motieven; nodig zijn er {_FEWEST_LEAVERS}",
                en=f"{n} people intend to leave and gave motives; {_FEWEST_LEAVERS} are needed",
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
        (ahead.value, "aandeel vóór het volgende motief", "share ahead of the next motive"),
        _other_groupings(evidence, names, leaves, inside),
        note=None
        if _knows_sector(evidence)
        else Text(
            nl="De enquête zegt niet wie in het openbaar bestuur werkt: dit gaat over iedereen.",
            en="The survey does not say who works in public administration: this is about all.",
        ),
    )
    # Not second in most draws and not second as found: another motive is.
    is_second = certain >= RANK_CERTAINTY
    is_other = certain <= 1 - RANK_CERTAINTY
    direction: Direction = "claimed" if is_second else "opposite" if is_other else "neither"
    return with_direction(finding, direction)


def productive_leave(evidence: Evidence) -> Finding:
    """H6: the most productive look for another job most often.

    The plain relation is the claim; the adjusted one holds satisfaction, age and education equal.
    Meta-analyses find the first negative and the second positive (Zimmerman & Darnold 2009), so
    both are told, and the reversal between them.
    """
    rated = [n for n in ("prestatie_leiding", "prestatie_eigen") if evidence.has(n)]
    if not rated:
        raise NotTestableError(
            Text(nl="de enquête meet geen prestatie", en="the survey measures no performance")
        )
    looks = evidence.of("zoekt_werk")
    lines, sensitivity, parts = [], [], []
    for place, name in enumerate(rated):
        rating = evidence.z(name)
        adjusters = {
            n: evidence.z(n) for n in ("tevredenheid", "leeftijd", "opleiding") if evidence.has(n)
        }
        known = ~np.isnan(np.column_stack([rating, *adjusters.values()])).any(axis=1)
        outcome = np.where(known, looks, np.nan)
        plain = evidence.fit(outcome, {"rating": rating})
        adjusted = evidence.fit(outcome, {"rating": rating, **adjusters})
        found = combine(plain, {"rating": 2.0})
        told = [
            Line(
                f"plain_{name}",
                f"Zoekt werk, 2 sd hoger op: {CONCEPTS[name].nl}",
                f"Looks for work, 2 sd higher on: {CONCEPTS[name].en}",
                found,
            ),
            Line(
                f"adjusted_{name}",
                "Hetzelfde bij gelijke tevredenheid, leeftijd en opleiding",
                "The same at equal satisfaction, age and education",
                combine(adjusted, {"rating": 2.0}),
            ),
            Line(
                f"reversal_{name}",
                "Verschuiving door gelijk te stellen",
                "Shift from holding these equal",
                _shift(plain, adjusted, "rating", 2.0, evidence),
            ),
        ]
        lines += told if place == 0 else []
        sensitivity += told if place else []
        sensitivity += _fifths(evidence, name, looks)
        if place == 0:
            parts.append(Part(found, 1, floor=FLOOR_SHARE / 2))
    plain_value, adjusted_value = lines[0].estimate.value, lines[1].estimate.value
    reverses = plain_value < 0 < adjusted_value
    note = Text(
        nl="Zonder correctie zoeken sterke presteerders "
        + ("minder" if plain_value < 0 else "meer")
        + ", bij gelijke tevredenheid "
        + ("meer: het verband keert om." if reverses else "niet het omgekeerde."),
        en="Plainly, strong performers look "
        + ("less" if plain_value < 0 else "more")
        + ", at equal satisfaction "
        + ("more: the relation reverses." if reverses else "not the opposite."),
    )
    effect = (
        plain_value,
        "verschil in aandeel dat zoekt, per 2 sd prestatie",
        "difference in share that looks, per 2 sd of performance",
    )
    return conclude(lines, parts, effect, sensitivity, note=note)


def measures_need_culture(evidence: Evidence) -> Finding:
    """H15: an HR measure does little where the culture is poor.

    Logistic regression of the intention to leave on the measure, culture and their product; the
    product is tested on log odds, since the same odds ratio gives a larger difference of shares
    where more want to leave. The measure's difference is also told at -1 and +1 sd of culture.
    """
    culture = evidence.standardise(_general(evidence))
    used, leaves = evidence.of("hr_instrument"), evidence.of("vertrekintentie")
    columns = _interaction(used, culture)
    fitted = evidence.fit(leaves, columns, "logistic")
    product = combine(fitted, {"product": 1.0})
    poor = combine(fitted, {"used": 1.0, "product": -1.0})
    good = combine(fitted, {"used": 1.0, "product": 1.0})
    lines = [
        Line(
            "product",
            "Verschil in effect per sd cultuur (logodds)",
            "Difference in effect per sd of culture (log odds)",
            product,
        ),
        Line(
            "poor",
            "Instrument bij cultuur -1 sd (logodds vertrekintentie)",
            "Measure at culture -1 sd (log odds of intending to leave)",
            poor,
        ),
        Line("good", "Instrument bij cultuur +1 sd", "Measure at culture +1 sd", good),
    ]
    sensitivity = [
        Line(
            f"share_{name}",
            f"Verschil in aandeel bij cultuur {sign} sd",
            f"Difference of shares at culture {sign} sd",
            _at_culture(fitted, evidence, at, leaves, used, culture),
        )
        for name, sign, at in (("poor", "-1", -1.0), ("good", "+1", 1.0))
    ]
    if evidence.has("inzetbaarheid"):
        other = evidence.fit(evidence.z("inzetbaarheid"), columns)
        sensitivity.append(
            Line(
                "employability",
                "Inzetbaarheid: verschil in effect per sd cultuur",
                "Employability: difference in effect per sd of culture",
                combine(other, {"product": 1.0}),
            )
        )
    if evidence.has_teams:
        told = evidence.standardise(evidence.other_half(culture))
        by_others = evidence.fit(leaves, _interaction(used, told), "logistic")
        sensitivity.append(
            Line(
                "other_half",
                "Met de cultuur zoals de andere helft van het team die ziet",
                "With culture as the other half of the team sees it",
                combine(by_others, {"product": 1.0}),
            )
        )
    effect = (product.value, "logodds per sd cultuur", "log odds per sd of culture")
    note = Text(
        nl="Samenhang: wie een instrument gebruikt, kan al anders zijn.",
        en="Association: those who use a measure may already differ.",
    )
    return conclude(lines, [Part(product, -1), Part(good, -1)], effect, sensitivity, note=note)


def satisfaction_order(evidence: Evidence) -> Finding:
    """H16: people are satisfied with job and team, less with the organisation.

    Paired differences of means, in points of the answers' own scale.
    """
    whole = evidence.of("tevreden_organisatie")
    lines, parts, sensitivity = [], [], []
    for name in ("tevreden_baan", "tevreden_team"):
        if not evidence.has(name):
            continue
        apart = estimate_mean(evidence.of(name) - whole, evidence.design)
        spread = float(np.nanstd(evidence.of(name) - whole))
        lines.append(
            Line(
                name,
                f"{CONCEPTS[name].nl}, min de organisatie",
                f"{CONCEPTS[name].en}, less the organisation",
                apart,
            )
        )
        parts.append(Part(apart, 1, floor=0.1 * spread))
    for name in ("tevreden_baan", "tevreden_team", "tevreden_organisatie"):
        if evidence.has(name):
            sensitivity.append(
                Line(
                    f"mean_{name}",
                    f"Gemiddelde: {CONCEPTS[name].nl}",
                    f"Mean: {CONCEPTS[name].en}",
                    estimate_mean(evidence.of(name), evidence.design),
                )
            )
    effect = (
        min(p.estimate.value for p in parts),
        "punten, het kleinste verschil",
        "points, the smallest difference",
    )
    note = None
    if not evidence.has("tevreden_team"):
        note = Text(nl="Over het team is niet gevraagd.", en="The team was not asked about.")
    return conclude(lines, parts, effect, sensitivity, note=note)


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


def _fifths(evidence: Evidence, name: str, looks: Array) -> list[Line]:
    """Share that looks, in each fifth of performance; ties stay together."""
    rating = evidence.of(name)
    order = pd.Series(rating).rank(pct=True, method="average").to_numpy()
    fifth = np.ceil(order * 5)
    return [
        Line(
            f"fifth_{int(one)}_{name}",
            f"Zoekt werk, prestatie {int(one)} van 5 ({name})",
            f"Looks for work, performance {int(one)} of 5 ({name})",
            estimate_mean(np.where(fifth == one, looks, np.nan), evidence.design),
        )
        for one in np.unique(fifth[~np.isnan(fifth)])
    ]


def _shift(
    before: Regression, after: Regression, name: str, times: float, evidence: Evidence
) -> Estimate:
    """Difference of a coefficient between two regressions on the same responses."""
    place = list(before.table.index).index(name), list(after.table.index).index(name)
    value = float(after.coefficients[place[1]] - before.coefficients[place[0]])
    influence = after.influence[:, place[1]] - before.influence[:, place[0]]
    return linearise(value * times, influence * times, evidence.design, before.n)


def _general(evidence: Evidence) -> Array:
    """Mean of the standardised culture dimensions."""
    columns = [evidence.standardise(values.to_numpy()) for _, values in evidence.dimensions.items()]
    if not columns:
        raise NotTestableError(
            Text(nl="de enquête heeft geen cultuurdimensies", en="the survey has no culture scales")
        )
    held = np.column_stack(columns)
    known = ~np.isnan(held)
    total = np.where(known, held, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _interaction(used: Array, culture: Array) -> dict[str, Array]:
    return {
        "used": used,
        "culture": culture,
        "culture_squared": culture**2,
        "product": used * culture,
    }


def _at_culture(
    fitted: Regression, evidence: Evidence, at: float, leaves: Array, used: Array, culture: Array
) -> Estimate:
    """Difference in probability between using a measure or not, were culture at `at`."""
    inside = ~np.isnan(leaves) & ~np.isnan(used) & ~np.isnan(culture)
    size = np.where(inside, 1.0, np.nan)
    held = {"culture": at * size, "culture_squared": at**2 * size}
    one = pd.DataFrame({"used": size, **held, "product": at * size, **evidence.levels()})
    one = one[list(fitted.table.index[1:])]
    zero = one.assign(used=one["used"] * 0, product=one["product"] * 0)
    return marginal_difference(fitted, one, zero, evidence.design)
