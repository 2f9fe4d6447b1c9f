"""Claims about who gets training, and why (H7, H8, H8b)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.claims.evidence import Evidence, NotTestableError
from blijfwijzer.claims.findings import (
    Finding,
    Line,
    Part,
    bare,
    conclude,
)
from blijfwijzer.estimation.decomposition import explain_gap, split_gap
from blijfwijzer.estimation.influences import (
    Estimate,
    combine,
    difference,
    estimate_share,
    marginal_difference,
)
from blijfwijzer.estimation.intervals import from_draws
from blijfwijzer.survey.codebook import Text
from blijfwijzer.survey.concepts import CONCEPTS

Array = NDArray[np.float64]

GAP = 0.05
"""Difference of shares that counts as a gap between groups of employees: 5 points."""
MOST = 0.5
_FEWEST_IN_GROUP = 50
_FEWEST_MANAGERS = 3
"""Managers of a unit for their report to stand for it. Ours."""
_TRAINING = ("scholing", "ontwikkelafspraak", "interne_stap")


def fewer_chances(evidence: Evidence) -> Finding:
    """H7: low educated and long-serving, so fewer agreements, less training, fewer moves."""
    group = _low_and_long(evidence)
    names = [name for name in _TRAINING if evidence.has(name)]
    lines, parts, sensitivity = [], [], []
    for name in names:
        found, more = _gap(evidence, name, group)
        parts.append(Part(found, -1, floor=GAP))
        lines.append(
            Line(
                name,
                f"{CONCEPTS[name].nl}: verschil met anderen",
                f"{CONCEPTS[name].en}: difference with others",
                found,
            )
        )
        sensitivity += more
    effect = (
        max((p.estimate for p in parts), key=lambda estimate: estimate.value),
        "het kleinste verschil in aandeel met anderen",
        "the smallest difference in share with others",
    )
    return conclude(lines, parts, effect, sensitivity, domains={"": [group == 1]})


def less_encouraged(evidence: Evidence) -> Finding:
    """H8: the same group is less encouraged by managers to learn."""
    group = _low_and_long(evidence)
    found, sensitivity = _gap(evidence, "aangemoedigd", group)
    lines = [
        Line(
            "aangemoedigd",
            "Aangemoedigd om te leren: verschil met anderen",
            "Encouraged to learn: difference with others",
            found,
        )
    ]
    if evidence.has("moedigt_aan"):
        design = evidence.design
        sensitivity += [
            Line(
                "managers",
                "Leidinggevenden die zeggen aan te moedigen",
                "Managers who say that they encourage",
                estimate_share(evidence.of("moedigt_aan"), design),
            ),
            Line(
                "employees",
                "Medewerkers die zeggen aangemoedigd te zijn",
                "Employees who say that they are encouraged",
                estimate_share(_of_employees(evidence, "aangemoedigd"), design),
            ),
        ]
        sensitivity += _where_managers_encourage(evidence, group)
    effect = (
        found,
        "verschil in aandeel aangemoedigd met anderen",
        "difference with others in the share encouraged",
    )
    parts = [Part(found, -1, floor=GAP)]
    return conclude(lines, parts, effect, sensitivity, domains={"": [group == 1]})


def opportunity_not_will(evidence: Evidence) -> Finding:
    """H8b: the gap in training comes from what is offered, not from who takes it up.

    The gap is split exactly into offers, take-up of an offer and training without one (Kitagawa
    1955). Beside it, a linear decomposition into offers, wanting and encouragement (Oaxaca 1973;
    Blinder 1973; pooled coefficients, Jann 2008) and Fairlie's for a yes-no outcome (1999).
    """
    group = _low_and_long(evidence)
    trained, offered = evidence.of("scholing"), evidence.of("scholing_aangeboden")
    place, picks = evidence.draw()
    found, drawn, n = split_gap(trained, offered, group, evidence.design.weight, place, picks)
    gap = from_draws(found["gap"], drawn["gap"], n)
    if not gap.high < 0:
        raise NotTestableError(
            Text(
                nl="er is geen kloof in scholing om te verdelen",
                en="there is no gap in training to divide",
            )
        )
    share = from_draws(found["offer"] / found["gap"], drawn["offer"] / drawn["gap"], n)
    texts = {
        "gap": ("Kloof in scholing met anderen", "Gap in training with others"),
        "offer": ("waarvan door minder aanbod", "of which by fewer offers"),
        "take_up": ("waarvan door minder ingaan op aanbod", "of which by taking up offers less"),
        "own": ("waarvan zonder aanbod", "of which without an offer"),
    }
    lines = [
        Line(name, nl, en, from_draws(found[name], drawn[name], n))
        for name, (nl, en) in texts.items()
    ]
    lines.append(Line("share", "Deel van de kloof door aanbod", "Part of the gap by offers", share))
    wants = evidence.of("wil_scholing")
    sensitivity = [
        Line(
            "wants",
            "Wil scholing: verschil met anderen",
            "Wants training: difference with others",
            difference(wants, group == 1, group == 0, evidence.design),
        ),
    ]
    columns = {
        name: evidence.of(name)
        for name in ("scholing_aangeboden", "wil_scholing", "aangemoedigd")
        if evidence.has(name)
    }
    for method, parts in explain_gap(trained, columns, group, evidence.design.weight).items():
        sensitivity += [
            Line(
                f"{method}_{name}",
                f"Ontleding ({method.title()}): {_part_name(name).nl}",
                f"Decomposition ({method.title()}): {_part_name(name).en}",
                bare(value, n),
            )
            for name, value in parts.items()
        ]
    effect = (share, "deel van de kloof door minder aanbod", "part of the gap by fewer offers")
    decides = [Part(share, 1, bound=MOST)]
    return conclude(lines, decides, effect, sensitivity, domains={"": [group == 1]})


def _part_name(name: str) -> Text:
    """Name a part of a decomposition."""
    if name in CONCEPTS:
        label = CONCEPTS[name]
        return Text(nl=f"deel door: {label.nl}", en=f"part by: {label.en}")
    return Text(nl="deel dat niet verklaard is", en="part that is not explained")


def _low_and_long(evidence: Evidence) -> Array:
    """1 for the low educated with long service, 0 for others, NaN where either is unknown."""
    low, long = evidence.of("laag_opgeleid"), evidence.of("lang_in_dienst")
    group = np.where(np.isnan(low) | np.isnan(long), np.nan, (low == 1) & (long == 1))
    if (group == 1).sum() < _FEWEST_IN_GROUP:
        raise NotTestableError(
            Text(
                nl=f"minder dan {_FEWEST_IN_GROUP} respondenten zijn laag opgeleid en lang in "
                "dienst",
                en=f"fewer than {_FEWEST_IN_GROUP} respondents are low educated and long-serving",
            )
        )
    return group


def _gap(evidence: Evidence, name: str, group: Array) -> tuple[Estimate, list[Line]]:
    """Difference of shares at equal sector, and what education and tenure each add.

    Marginal means of logistic regressions: with the group as one, with both and their interaction,
    and at equal age.
    """
    found = _marginal(evidence, name, {"group": group}, {"group": group * 0})
    low, long = evidence.of("laag_opgeleid"), evidence.of("lang_in_dienst")
    nobody = {"low": group * 0, "long": group * 0, "both": group * 0}
    label = CONCEPTS[name]
    texts = {
        "low": ("alleen laag opgeleid", "low educated only"),
        "long": ("alleen lang in dienst", "long-serving only"),
        "both": ("beide, tegen geen van beide", "both, against neither"),
    }
    settings = {"low": (1, 0, 0), "long": (0, 1, 0), "both": (1, 1, 1)}
    crossed = {"low": low, "long": long, "both": low * long}
    lines = [
        Line(
            f"{part}_{name}",
            f"{label.nl}: {nl}",
            f"{label.en}: {en}",
            _marginal(
                evidence,
                name,
                crossed,
                nobody,
                {column: group * 0 + on for column, on in zip(nobody, settings[part], strict=True)},
            ),
        )
        for part, (nl, en) in texts.items()
    ]
    fitted = evidence.fit(evidence.of(name), crossed, "logistic")
    lines.append(
        Line(
            f"interaction_{name}",
            f"{label.nl}: wisselwerking (logodds)",
            f"{label.en}: interaction (log odds)",
            combine(fitted, {"both": 1.0}),
        )
    )
    if evidence.has("leeftijd"):
        age = {"age": evidence.z("leeftijd")}
        at_equal = _marginal(evidence, name, {"group": group, **age}, {"group": group * 0, **age})
        lines.append(
            Line(
                f"age_{name}",
                f"{label.nl}: bij gelijke leeftijd",
                f"{label.en}: at equal age",
                at_equal,
            )
        )
    return found, lines


def _marginal(
    evidence: Evidence,
    name: str,
    columns: dict[str, Array],
    zero: dict[str, Array],
    one: dict[str, Array] | None = None,
) -> Estimate:
    """Difference in probability between two settings of columns, at the sectors that people have.

    Parameters
    ----------
    one : the first setting; the first column at 1 and others as they are when left out
    """
    fitted = evidence.fit(evidence.of(name), columns, "logistic")
    if one is None:
        first = next(iter(columns))
        one = {**columns, first: columns[first] * 0 + 1}
    order = list(fitted.table.index[1:])
    one_frame, zero_frame = (
        pd.DataFrame({**setting, **evidence.levels()})[order] for setting in (one, zero)
    )
    return marginal_difference(fitted, one_frame, zero_frame, evidence.design)


def _where_managers_encourage(evidence: Evidence, group: Array) -> list[Line]:
    """Link the gap to what managers of the same unit report.

    Units are those that answer as a whole, such as organisations.
    """
    says = evidence.of("moedigt_aan")
    unit = np.unique(evidence.design.cluster, return_inverse=True)[1]
    known = ~np.isnan(says)
    size = np.bincount(unit[known], minlength=unit.max() + 1)
    total = np.bincount(unit[known], says[known], minlength=unit.max() + 1)
    report = np.where(size >= _FEWEST_MANAGERS, total / np.maximum(size, 1), np.nan)[unit]
    report = evidence.standardise(report)
    employees = _of_employees(evidence, "aangemoedigd")
    columns = {"group": group, "report": report, "product": group * report}
    fitted = evidence.fit(employees, columns)
    return [
        Line(
            "report",
            "Medewerkers aangemoedigd, per sd van wat leidinggevenden van hun eenheid zeggen",
            "Employees encouraged, per sd of what managers of their unit say",
            combine(fitted, {"report": 1.0}),
        ),
        Line(
            "gap_by_report",
            "Verschil in de kloof per sd van wat leidinggevenden zeggen",
            "Difference in the gap per sd of what managers say",
            combine(fitted, {"product": 1.0}),
        ),
    ]


def _of_employees(evidence: Evidence, name: str) -> Array:
    if not evidence.has("leidinggevende"):
        return evidence.of(name)
    return np.where(evidence.of("leidinggevende") == 0, evidence.of(name), np.nan)
