"""Claims about conduct (H11, H12)."""

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.claims.evidence import Evidence, NotTestableError
from blijfwijzer.claims.findings import (
    FLOOR_SHARE,
    Finding,
    Line,
    Part,
    conclude,
)
from blijfwijzer.culture.waves import measure_change, pair_waves
from blijfwijzer.estimation.influences import (
    difference,
    estimate_mean,
    estimate_share,
)
from blijfwijzer.survey.codebook import Text
from blijfwijzer.survey.concepts import CONCEPTS, INSIDE, OUTSIDE

Array = NDArray[np.float64]

INTIMIDATED = (0.18, 0.26)
"""Within which "more than 1 in 5" must lie (domain notes, C, H11)."""


def outside_over_inside(evidence: Evidence) -> Finding:
    """H11: unwanted behaviour comes more from outside than inside; over 1 in 5 is intimidated.

    Within people: the share with any from outside less that with any from inside, which McNemar's
    test (1947) compares too; here with an error that knows of units. Of both sides the same kinds
    of behaviour count: bullying was asked of the inside only, and stands beside it.
    """
    design = evidence.design
    outside = _any(evidence, OUTSIDE)
    inside = _any(evidence, [name for name in INSIDE if name != "intern_pesten"])
    apart = estimate_mean(outside - inside, design)
    intimidated = estimate_share(evidence.of("extern_intimidatie"), design)
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
        Line(name, CONCEPTS[name].nl, CONCEPTS[name].en, estimate_share(evidence.of(name), design))
        for name in (*OUTSIDE, *INSIDE)
        if evidence.has(name) and name != "extern_intimidatie"
    ]
    if evidence.has("intern_pesten"):
        bullied = estimate_mean(outside - _any(evidence, INSIDE), design)
        sensitivity.append(
            Line(
                "with_bullying",
                "Van buiten min van binnen, pesten meegeteld",
                "From outside less from inside, bullying counted",
                bullied,
            )
        )
    domains = {}
    if evidence.has("klantcontact"):
        contact = evidence.of("klantcontact")
        most, least = np.nanmax(contact), np.nanmin(contact)
        ends = [contact == most, contact == least]
        domains = {"contact_outside": ends, "contact_inside": ends}
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
    effect = (
        apart,
        "verschil in aandeel, van buiten min van binnen",
        "difference of shares, outside less inside",
    )
    return conclude(lines, parts, effect, sensitivity, domains=domains)


def changed_conduct(evidence: Evidence) -> Finding:
    """H12: discrimination rose and integrity violations fell since the wave before.

    The claim is about the shares themselves, so their change as it is decides; what is left of it
    net of who responded is told beside it. Both are those of the chapter on conduct.
    """
    before = evidence.previous
    if before is None:
        raise NotTestableError(
            Text(
                nl="er is één meting; geef de vorige met --previous",
                en="there is one wave; give the one before with --previous",
            )
        )
    waves = pair_waves(before.responses, evidence.responses, evidence.codebook, evidence.settings)
    lines, parts, sensitivity = [], [], []
    for name, sign in (("discriminatie", 1), ("integriteit_gezien", -1)):
        if not before.has(name):
            raise NotTestableError(
                Text(
                    nl=f"de vorige meting mist {name} ({CONCEPTS[name].nl})",
                    en=f"the wave before lacks {name} ({CONCEPTS[name].en})",
                )
            )
        change = measure_change(np.concatenate([before.of(name), evidence.of(name)]), waves)
        nl, en = CONCEPTS[name].nl, CONCEPTS[name].en
        lines.append(Line(name, f"Verandering: {nl}", f"Change: {en}", change.raw))
        net = f"Verandering, netto van wie antwoordde: {nl}", f"Change, net of who responded: {en}"
        sensitivity.append(Line(f"{name}_net", *net, change.net))
        parts.append(Part(change.raw, 1 if sign > 0 else -1, floor=FLOOR_SHARE / 2))
    effect = (
        parts[0].estimate,
        "verandering in aandeel gediscrimineerd",
        "change in the share discriminated against",
    )
    note = Text(
        nl="Een andere opzet of vraagstelling verandert zulke aandelen ook: een verschil tussen "
        "metingen is nog geen verandering in het werk.",
        en="Another design or wording changes such shares too: a difference between waves is not "
        "yet a change at work.",
    )
    return conclude(lines, parts, effect, sensitivity, note=note)


def _any(evidence: Evidence, names: list[str] | tuple[str, ...]) -> Array:
    """1 where any of these happened, 0 where none did, NaN where that is not known."""
    held = np.stack([evidence.of(name) for name in names if evidence.has(name)])
    happened = (held == 1).any(axis=0)
    return np.where(happened, 1.0, np.where(np.isnan(held).any(axis=0), np.nan, 0.0))
