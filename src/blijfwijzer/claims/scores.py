"""Claims about what a score tells, and whether it is fair (H19, H20)."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.claims.evidence import Evidence, NotTestableError
from blijfwijzer.claims.findings import (
    LEVEL,
    Direction,
    Finding,
    Line,
    Part,
    conclude,
    with_direction,
)
from blijfwijzer.claims.prediction import out_of_fold
from blijfwijzer.estimation.curves import area_under_curve
from blijfwijzer.estimation.influences import (
    Estimate,
    difference,
    estimate_mean,
    estimate_share,
)
from blijfwijzer.estimation.intervals import linearise, p_against
from blijfwijzer.risk.outcomes import barred_columns
from blijfwijzer.survey.codebook import Text

Array = NDArray[np.float64]

GAIN = 0.01
"""Gain in area under the curve below which it is none: a fiftieth of what parts chance from
certainty. Ours."""
_CHANCE = 0.5
CALIBRATION = 0.05
"""Difference of calibration between groups above which offers are unfair (domain notes, C, H20)."""
FEWEST_IN_GROUP = 400
"""Members below which a calibration is known to 4 points at best (at a share of .2): too little to
show that it is within the margin."""
SELECTED = 0.20
"""Share with the highest scores that an offer would reach."""


def culture_beyond_career(evidence: Evidence) -> Finding:
    """H19: culture tells who intends to leave, beyond what careers tell.

    Two penalised logistic regressions, each predicting organisations that it did not see; the
    difference of their weighted areas under the curve, with an error that knows of units
    (Obuchowski 1997).
    """
    outcome = evidence.of("vertrekintentie")
    culture = [str(name) for name in evidence.scales if _is_culture(evidence, str(name))]
    if not culture:
        raise NotTestableError(
            Text(nl="de enquête heeft geen cultuurschalen", en="the survey has no culture scales")
        )
    concept = evidence.codebook.concepts["vertrekintentie"]
    barred = frozenset({concept.column or ""})
    if concept.outcome is not None:
        barred = barred_columns(evidence.codebook, evidence.codebook.outcomes[concept.outcome])
    risks = out_of_fold(evidence, outcome, barred, (False, True), culture)
    known = ~np.isnan(outcome)
    areas, influences = zip(
        *(area_under_curve(outcome, risk, evidence.design.weight) for risk in risks), strict=True
    )
    n = int(known.sum())
    made = [linearise(a, i, evidence.design, n) for a, i in zip(areas, influences, strict=True)]
    # Career variables that tell nothing can rank worse than chance, which is no gain of culture's.
    is_ranking = areas[0] > _CHANCE
    gain = linearise(
        areas[1] - max(areas[0], _CHANCE),
        influences[1] - influences[0] * is_ranking,
        evidence.design,
        n,
    )
    lines = [
        Line("career", "AUC met loopbaankenmerken", "AUC with career variables", made[0]),
        Line("with_culture", "AUC met ook cultuur", "AUC with culture as well", made[1]),
        Line("gain", "Winst door cultuur", "Gain from culture", gain),
    ]
    effect = (gain, "winst in AUC", "gain in AUC")
    finding = conclude(lines, [Part(gain, 1, floor=GAIN)], effect)
    if finding.direction == "claimed":
        return finding
    # Knowing more cannot harm; that it helps less than counts is what speaks against the claim.
    is_less = gain.high < GAIN
    return with_direction(
        finding, "opposite" if is_less else "neither", p_against(gain, GAIN) if is_less else 1.0
    )


def fair_enough(evidence: Evidence) -> Finding:
    """H20: the score of falling behind is fair enough to base offers on.

    Calibration of a group is its observed less its expected share, by a model that did not see the
    respondents. Groups of one attribute are held against each other, two by two. Fair is a
    statement of equality, so it needs the 90 % interval of each difference inside the margin (two
    one-sided tests; Schuirmann 1987).
    """
    outcome = evidence.of("achterblijver")
    concept = evidence.codebook.concepts["achterblijver"]
    if concept.outcome is None:
        raise NotTestableError(
            Text(
                nl="achterblijver is geen uitkomst van het codeboek",
                en="falling behind is no outcome of the codebook",
            )
        )
    risk = evidence.risk
    if risk is None:
        barred = barred_columns(evidence.codebook, evidence.codebook.outcomes[concept.outcome])
        risk = out_of_fold(evidence, outcome, barred, (True,))[0]
    known = ~np.isnan(risk) & ~np.isnan(outcome)
    weight = evidence.design.weight
    cut = _highest(risk[known], weight[known])
    residual = np.where(known, outcome - risk, np.nan)
    lines, sensitivity, parts = [], [], []
    domains: dict[str, list[NDArray[np.bool_]]] = {}
    for attribute, groups in evidence.groups.items():
        large = {
            str(group): (groups == group).to_numpy() & known
            for group in sorted(groups.dropna().unique())
            if ((groups == group).to_numpy() & known).sum() >= FEWEST_IN_GROUP
        }
        for group, members in large.items():
            label, name = _label(evidence, str(attribute), group), f"{attribute}={group}"
            chosen = np.where(members, risk >= cut, np.nan)
            domains[name] = [members, members & (outcome == 1)]
            lines.append(
                Line(
                    name,
                    f"Waargenomen min voorspeld, {label.nl}",
                    f"Observed less predicted, {label.en}",
                    estimate_mean(np.where(members, residual, np.nan), evidence.design),
                )
            )
            sensitivity += [
                Line(
                    f"selected_{name}",
                    f"Aandeel met een aanbod, {label.nl}",
                    f"Share with an offer, {label.en}",
                    estimate_share(chosen, evidence.design),
                ),
                Line(
                    f"recall_{name}",
                    f"Aandeel bereikt van wie achterblijft, {label.nl}",
                    f"Share reached of those falling behind, {label.en}",
                    estimate_share(np.where(outcome == 1, chosen, np.nan), evidence.design),
                ),
            ]
        parts += [
            difference(residual, large[one], large[other], evidence.design)
            for one, other in combinations(large, 2)
        ]
    if not parts:
        raise NotTestableError(
            Text(
                nl="naar leeftijd, geslacht en opleiding zijn er geen twee groepen van "
                f"{FEWEST_IN_GROUP} leden",
                en="by age, sex and education there are no two groups of "
                f"{FEWEST_IN_GROUP} members",
            )
        )
    largest = max(parts, key=lambda part: abs(part.value))
    finding = conclude(
        lines,
        [],
        (
            largest.value,
            "grootste verschil in ijking tussen twee groepen",
            "largest difference of calibration between two groups",
        ),
        sensitivity,
        note=_about_risk(evidence),
        domains=domains,
    )
    return with_direction(finding, *_equivalent(parts))


def _about_risk(evidence: Evidence) -> Text:
    """Say whose score was judged, and that small groups were not."""
    small = Text(
        nl=f"Groepen van minder dan {FEWEST_IN_GROUP} mensen zijn niet beoordeeld",
        en=f"Groups of fewer than {FEWEST_IN_GROUP} people were not judged",
    )
    if evidence.risk is not None:
        return small
    return Text(
        nl="Gemeten op een regressie met dezelfde kenmerken als het model, niet op het model. "
        f"{small.nl}",
        en=f"Measured on a regression with the model's own features, not on the model. {small.en}",
    )


def _is_culture(evidence: Evidence, name: str) -> bool:
    if name in evidence.dimensions:
        return True
    mapped = {
        evidence.codebook.concepts[c].scale
        for c in (
            "psychologische_veiligheid",
            "prestatiegerichtheid",
            "regeldruk",
            "ruimte_professional",
        )
        if c in evidence.codebook.concepts
    }
    return name in mapped


def _label(evidence: Evidence, attribute: str, group: str) -> Text:
    column = evidence.codebook.columns[attribute]
    code = column.codes.get(group, Text(nl=group, en=group))
    return Text(nl=f"{column.label.nl}: {code.nl}", en=f"{column.label.en}: {code.en}")


def _highest(risk: Array, weight: Array) -> float:
    order = np.argsort(-risk, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    return float(risk[order][np.searchsorted(share, SELECTED)])


def _equivalent(parts: list[Estimate]) -> tuple[Direction, float]:
    """Whether all lie within the margin, some beyond it, or neither can be said."""
    inside = max(
        max(_one_sided(part, CALIBRATION), _one_sided(part, -CALIBRATION)) for part in parts
    )
    if inside <= LEVEL:
        return "claimed", inside
    beyond = [
        p_against(part, np.sign(part.value) * CALIBRATION)
        for part in parts
        if abs(part.value) > CALIBRATION
    ]
    # Any one pair is enough, so the smallest p counts, adjusted for the number of pairs.
    opposite = min([1.0, *(p * len(parts) for p in beyond)])
    return ("opposite", opposite) if opposite <= LEVEL else ("neither", inside)


def _one_sided(part: Estimate, bound: float) -> float:
    """P that it lies on the side of zero from `bound`."""
    if (part.value - bound) * np.sign(bound) >= 0:
        return 1.0
    return p_against(part, bound) / 2
