"""Claims about conduct and about the fairness of a score (H11, H12, H20)."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from blijfwijzer.culture.estimation import Estimate, difference, estimate_mean
from blijfwijzer.culture.evidence import Evidence, NotTestableError, p_against
from blijfwijzer.culture.findings import (
    FLOOR_SHARE,
    LEVEL,
    Direction,
    Finding,
    Line,
    Part,
    conclude,
    with_direction,
)
from blijfwijzer.culture.prediction import out_of_fold
from blijfwijzer.risk.outcomes import barred_columns
from blijfwijzer.survey.codebook import Text
from blijfwijzer.survey.concepts import CONCEPTS, INSIDE, OUTSIDE

Array = NDArray[np.float64]

INTIMIDATED = (0.18, 0.26)
"""Within which "more than 1 in 5" must lie (domain notes, C, H11)."""
CALIBRATION = 0.05
"""Difference of calibration between groups above which offers are unfair (domain notes, C, H20)."""
FEWEST_IN_GROUP = 100
SELECTED = 0.20
"""Share with the highest scores that an offer would reach."""


def outside_over_inside(evidence: Evidence) -> Finding:
    """H11: unwanted behaviour comes more from outside than inside; over 1 in 5 is intimidated.

    Within people: the share with any from outside less that with any from inside, which McNemar's
    test (1947) compares too; here with an error that knows of units.
    """
    design = evidence.design
    outside = _any(evidence, OUTSIDE)
    inside = _any(evidence, [name for name in INSIDE if name != "intern_pesten"])
    apart = estimate_mean(outside - inside, design)
    intimidated = estimate_mean(evidence.of("extern_intimidatie"), design)
    lines = [
        Line("apart", "Van buiten min van binnen", "From outside less from inside", apart),
        Line(
            "intimidated",
            CONCEPTS["extern_intimidatie"].nl,
            CONCEPTS["extern_intimidatie"].en,
            intimidated,
        ),
    ]
    sensitivity = [
        Line(name, CONCEPTS[name].nl, CONCEPTS[name].en, estimate_mean(evidence.of(name), design))
        for name in (*OUTSIDE, *INSIDE)
        if evidence.has(name)
    ]
    if evidence.has("klantcontact"):
        contact = evidence.of("klantcontact")
        most, least = np.nanmax(contact), np.nanmin(contact)
        sensitivity += [
            Line(
                f"contact_{name}",
                f"Meeste min minste klantcontact: {nl}",
                f"Most less least client contact: {en}",
                difference(values, contact == most, contact == least, design),
            )
            for name, nl, en, values in (
                ("outside", "van buiten", "from outside", outside),
                ("inside", "van binnen", "from inside", inside),
            )
        ]
    parts = [
        Part(apart, 1, floor=FLOOR_SHARE),
        Part(intimidated, 1, bound=INTIMIDATED[0]),
        Part(intimidated, -1, bound=INTIMIDATED[1]),
    ]
    effect = (apart.value, "verschil in aandeel", "difference of shares")
    return conclude(lines, parts, effect, sensitivity)


def changed_conduct(evidence: Evidence) -> Finding:
    """H12: discrimination rose and integrity violations fell since the wave before."""
    before = evidence.previous
    if before is None:
        raise NotTestableError(
            Text(
                nl="er is één meting; geef de vorige met --previous",
                en="there is one wave; give the one before with --previous",
            )
        )
    lines, parts = [], []
    for name, sign in (("discriminatie", 1), ("integriteit_gezien", -1)):
        if not before.has(name):
            raise NotTestableError(
                Text(nl=f"de vorige meting mist {name}", en=f"the wave before lacks {name}")
            )
        change = _change(
            estimate_mean(evidence.of(name), evidence.design),
            estimate_mean(before.of(name), before.design),
        )
        lines.append(
            Line(name, f"Verandering: {CONCEPTS[name].nl}", f"Change: {CONCEPTS[name].en}", change)
        )
        parts.append(Part(change, 1 if sign > 0 else -1, floor=FLOOR_SHARE / 2))
    effect = (
        parts[0].estimate.value,
        "verandering in aandeel gediscrimineerd",
        "change in the share discriminated against",
    )
    note = Text(
        nl="Een andere opzet of vraagstelling verandert zulke aandelen ook: een verschil tussen "
        "metingen is nog geen verandering in het werk.",
        en="Another design or wording changes such shares too: a difference between waves is not "
        "yet a change at work.",
    )
    return conclude(lines, parts, effect, note=note)


def fair_enough(evidence: Evidence) -> Finding:
    """H20: the score of falling behind is fair enough to base offers on.

    Calibration of each group: observed less expected share, predicted by a regression that did not
    see the organisation, less the same for everybody. Fair is a statement of equality, so it needs
    each group's 90 % interval inside the margin (two one-sided tests; Schuirmann 1987).
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
    lines, sensitivity, parts = [], [], []
    residual = outcome - risk
    for attribute, groups in evidence.groups.items():
        for group in sorted(groups.dropna().unique()):
            members = (groups == group).to_numpy() & known
            if members.sum() < FEWEST_IN_GROUP:
                continue
            apart = difference(residual, members, known, evidence.design)
            parts.append(apart)
            label = _label(evidence, str(attribute), str(group))
            name = f"{attribute}={group}"
            chosen = np.where(members, risk >= cut, np.nan)
            in_need = np.where(members & (outcome == 1), risk >= cut, np.nan)
            lines.append(
                Line(
                    name,
                    f"Waargenomen min voorspeld, {label.nl}",
                    f"Observed less predicted, {label.en}",
                    apart,
                )
            )
            sensitivity += [
                Line(
                    f"selected_{name}",
                    f"Aandeel met een aanbod, {label.nl}",
                    f"Share with an offer, {label.en}",
                    estimate_mean(chosen, evidence.design),
                ),
                Line(
                    f"recall_{name}",
                    f"Aandeel bereikt van wie achterblijft, {label.nl}",
                    f"Share reached of those falling behind, {label.en}",
                    estimate_mean(in_need, evidence.design),
                ),
            ]
    if not parts:
        raise NotTestableError(
            Text(
                nl=f"geen groep naar leeftijd, geslacht of opleiding heeft {FEWEST_IN_GROUP} leden",
                en=f"no group by age, sex or education has {FEWEST_IN_GROUP} members",
            )
        )
    largest = max(parts, key=lambda part: abs(part.value))
    finding = conclude(
        lines,
        [],
        (largest.value, "grootste verschil in calibratie", "largest difference of calibration"),
        sensitivity,
        note=None
        if evidence.risk is not None
        else Text(
            nl="Gemeten op een regressie met dezelfde kenmerken als het model, niet op het model.",
            en="Measured on a regression with the model's own features, not on the model.",
        ),
    )
    return with_direction(finding, *_equivalent(parts))


def _label(evidence: Evidence, attribute: str, group: str) -> Text:
    column = evidence.codebook.columns[attribute]
    code = column.codes.get(group, Text(nl=group, en=group))
    return Text(nl=f"{column.label.nl}: {code.nl}", en=f"{column.label.en}: {code.en}")


def _any(evidence: Evidence, names: list[str] | tuple[str, ...]) -> Array:
    """1 where any of these happened, 0 where none did, NaN where that is not known."""
    held = np.stack([evidence.of(name) for name in names if evidence.has(name)])
    happened = (held == 1).any(axis=0)
    return np.where(happened, 1.0, np.where(np.isnan(held).any(axis=0), np.nan, 0.0))


def _change(now: Estimate, before: Estimate) -> Estimate:
    """Difference of two independent estimates (Welch-Satterthwaite degrees of freedom)."""
    variance = now.se**2 + before.se**2
    value, se = now.value - before.value, float(np.sqrt(variance))
    half = float(norm.ppf(0.975)) * se
    return Estimate(value, se, value - half, value + half, np.inf, now.n + before.n)


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
    # Any one group is enough, so the smallest p counts, adjusted for the number of groups.
    opposite = min([1.0, *(p * len(parts) for p in beyond)])
    return ("opposite", opposite) if opposite <= LEVEL else ("neither", inside)


def _one_sided(part: Estimate, bound: float) -> float:
    """P that it lies on the side of zero from `bound`."""
    if (part.value - bound) * np.sign(bound) >= 0:
        return 1.0
    return p_against(part, bound) / 2
