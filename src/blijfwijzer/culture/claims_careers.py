"""Claims about careers, training and performance (H7, H8, H8b, H9, H10, H13, H14)."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.culture.decomposition import explain_gap, split_gap
from blijfwijzer.culture.estimation import (
    Estimate,
    combine,
    difference,
    estimate_mean,
)
from blijfwijzer.culture.evidence import Evidence, NotTestableError, from_draws, linearise
from blijfwijzer.culture.findings import (
    FLOOR_D,
    FLOOR_SHARE,
    Finding,
    Line,
    Part,
    bare,
    conclude,
)
from blijfwijzer.survey.codebook import Text
from blijfwijzer.survey.concepts import CONCEPTS

Array = NDArray[np.float64]

GAP = 0.05
"""Difference of shares that counts as a gap between groups of employees: 5 points."""
MOST = 0.5
AGREES = 4.0
"""Answer from which someone agrees, on a scale of 1-5."""
STRONG_RELATION = 0.4
"""Correlation of statement and behaviour above which behaviour shows it (domain notes, C, H10)."""
LARGE_DIFFERENCE = 0.2
"""Standard deviations that count as a difference between groups (domain notes, E.3)."""
_FEWEST_IN_GROUP = 50
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
    missing = [name for name in _TRAINING if name not in names]
    note = None
    if missing:
        told = ", ".join(missing)
        note = Text(nl=f"Niet gevraagd: {told}.", en=f"Not asked: {told}.")
    effect = (
        max(p.estimate.value for p in parts),
        "verschil in aandeel, het kleinste",
        "difference of shares, the smallest",
    )
    return conclude(lines, parts, effect, sensitivity, note=note)


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
                estimate_mean(evidence.of("moedigt_aan"), design),
            ),
            Line(
                "employees",
                "Medewerkers die zeggen aangemoedigd te zijn",
                "Employees who say that they are encouraged",
                estimate_mean(_of_employees(evidence, "aangemoedigd"), design),
            ),
        ]
    effect = (found.value, "verschil in aandeel", "difference of shares")
    return conclude(lines, [Part(found, -1, floor=GAP)], effect, sensitivity)


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
                f"{method}: deel door {name}",
                f"{method}: part by {name}",
                bare(value, n),
            )
            for name, value in parts.items()
        ]
    effect = (share.value, "deel van de kloof door aanbod", "part of the gap by offers")
    return conclude(lines, [Part(share, 1, bound=MOST)], effect, sensitivity)


def best_chances(evidence: Evidence) -> Finding:
    """H9: the young, the recently hired and the highly educated have the best chances.

    Each by itself is what the claim says; what each adds to the others is told beside it.
    """
    chances = evidence.z("inzetbaarheid")
    signs = {"leeftijd": -1, "dienstjaren": -1, "opleiding": 1}
    names = [name for name in signs if evidence.has(name)]
    if len(names) < 2:
        raise NotTestableError(
            Text(
                nl="van leeftijd, dienstjaren en opleiding zijn er minder dan twee",
                en="fewer than two of age, tenure and education are there",
            )
        )
    columns = {name: evidence.z(name) for name in names}
    lines, parts = [], []
    for name in names:
        found = combine(evidence.fit(chances, {name: columns[name]}), {name: 1.0})
        lines.append(
            Line(
                name,
                f"Inzetbaarheid per sd: {CONCEPTS[name].nl}",
                f"Employability per sd: {CONCEPTS[name].en}",
                found,
            )
        )
        parts.append(Part(found, 1 if signs[name] > 0 else -1))
    together = evidence.fit(chances, columns)
    profile = combine(together, {name: 2.0 * signs[name] for name in names})
    lines.append(
        Line(
            "profile",
            "Gunstig profiel (elk 1 sd) min ongunstig",
            "Favourable profile (each 1 sd) less unfavourable",
            profile,
        )
    )
    parts.append(Part(profile, 1, floor=LARGE_DIFFERENCE))
    sensitivity = [
        Line(
            f"joint_{name}",
            f"Bij gelijke andere kenmerken: {CONCEPTS[name].nl}",
            f"Others held equal: {CONCEPTS[name].en}",
            combine(together, {name: 1.0}),
        )
        for name in names
    ]
    if {"dienstjaren", "opleiding"} <= set(names):
        crossed = {**columns, "product": columns["dienstjaren"] * columns["opleiding"]}
        sensitivity.append(
            Line(
                "product",
                "Dienstjaren x opleiding",
                "Tenure x education",
                combine(evidence.fit(chances, crossed), {"product": 1.0}),
            )
        )
    effect = (profile.value, "sd tussen profielen", "sd between profiles")
    return conclude(lines, parts, effect, sensitivity)


def words_not_deeds(evidence: Evidence) -> Finding:
    """H10: people say that their market value is their own affair, and do not act on it."""
    says, acts = evidence.of("eigen_marktwaarde"), _acts(evidence)
    both = ~np.isnan(says) & ~np.isnan(acts)
    agrees = np.where(both, says >= AGREES, np.nan)
    # Acting is doing at least half of what was asked about.
    does = np.where(both, acts >= MOST, np.nan)
    design = evidence.design
    share = estimate_mean(agrees, design)
    apart = estimate_mean(agrees - does, design)
    relation = _correlation(evidence, np.where(both, says, np.nan), np.where(both, acts, np.nan))
    lines = [
        Line("agrees", "Zegt zelf verantwoordelijk te zijn", "Says to be responsible", share),
        Line(
            "acts",
            "Doet ten minste de helft van wat kan",
            "Does at least half of what one can",
            estimate_mean(does, design),
        ),
        Line(
            "apart", "Verschil tussen zeggen en doen", "Difference between saying and doing", apart
        ),
        Line(
            "relation",
            "Samenhang van zeggen en doen (r)",
            "Correlation of saying and doing (r)",
            relation,
        ),
    ]
    words_only = np.where(both, (agrees == 1) & (does == 0), np.nan)
    sensitivity = [
        Line(
            "words_only",
            "Zegt het en doet het niet",
            "Says so and does not",
            estimate_mean(words_only, design),
        ),
    ]
    for name in _deeds(evidence):
        r = _correlation(evidence, says, evidence.of(name))
        sensitivity.append(
            Line(
                f"relation_{name}",
                f"Samenhang met: {CONCEPTS[name].nl}",
                f"Correlation with: {CONCEPTS[name].en}",
                r,
            )
        )
    parts = [
        Part(share, 1, bound=MOST),
        Part(apart, 1, floor=GAP),
        Part(relation, -1, bound=STRONG_RELATION),
    ]
    effect = (relation.value, "correlatie van zeggen en doen", "correlation of saying and doing")
    return conclude(lines, parts, effect, sensitivity)


def reorganising_harms(evidence: Evidence) -> Finding:
    """H13: reorganisations harm wellbeing and performance.

    Differences within organisations, in standard deviations: each organisation has a level of its
    own, so that poor organisations that also reorganise do not count as harm.
    """
    exposed = evidence.of("reorganisatie")
    signs = {
        "bevlogenheid": -1,
        "tevredenheid": -1,
        "prestatie_leiding": -1,
        "prestatie_eigen": -1,
        "vertrekintentie": 1,
    }
    names = [name for name in signs if evidence.has(name)]
    if evidence.has("prestatie_leiding"):
        names = [name for name in names if name != "prestatie_eigen"]
    if not names:
        raise NotTestableError(
            Text(
                nl="de enquête meet geen welzijn of prestatie",
                en="the survey measures no wellbeing or performance",
            )
        )
    lines, parts, sensitivity = [], [], []
    for name in names:
        found = _within_units(evidence, evidence.z(name), exposed)
        lines.append(
            Line(
                name,
                f"Verschil na reorganisatie (sd): {CONCEPTS[name].nl}",
                f"Difference after reorganisation (sd): {CONCEPTS[name].en}",
                found,
            )
        )
        parts.append(Part(found, 1 if signs[name] > 0 else -1, floor=FLOOR_D))
        plain = combine(evidence.fit(evidence.z(name), {"exposed": exposed}), {"exposed": 1.0})
        sensitivity.append(
            Line(
                f"plain_{name}",
                f"Zonder niveau per organisatie: {CONCEPTS[name].nl}",
                f"Without levels of organisations: {CONCEPTS[name].en}",
                plain,
            )
        )
    needed = len(names) // 2 + 1
    median = float(np.median([abs(p.estimate.value) for p in parts]))
    note = Text(
        nl="Eén meting: wie zich slecht voelt, kan een reorganisatie ook eerder noemen.",
        en="One wave: those who feel bad may also sooner report a reorganisation.",
    )
    return conclude(lines, parts, (median, "sd, mediaan", "sd, median"), sensitivity, needed, note)


def reward_wanted(evidence: Evidence) -> Finding:
    """H14: underperformers are not corrected, those who excel get more work, reward is wanted."""
    design = evidence.design
    lines, parts, sensitivity = [], [], []
    for name, sign in (
        ("onder_aangesproken", -1),
        ("uitblinken_meer_werk", 1),
        ("prestatie_belonen", 1),
    ):
        if not evidence.has(name):
            continue
        agrees = _agrees(evidence, name)
        found = estimate_mean(agrees, design)
        lines.append(
            Line(name, f"Eens: {CONCEPTS[name].nl}", f"Agrees: {CONCEPTS[name].en}", found)
        )
        parts.append(Part(found, 1 if sign > 0 else -1, bound=MOST, floor=FLOOR_SHARE))
        if evidence.has("leidinggevende"):
            manages = evidence.of("leidinggevende")
            sensitivity.append(
                Line(
                    f"managers_{name}",
                    f"Leidinggevenden min medewerkers: {CONCEPTS[name].nl}",
                    f"Managers less employees: {CONCEPTS[name].en}",
                    difference(agrees, manages == 1, manages == 0, design),
                )
            )
        sensitivity += _by_performance(evidence, name, agrees)
    effect = (lines[-1].estimate.value, "aandeel voor belonen", "share in favour of reward")
    return conclude(lines, parts, effect, sensitivity)


def _low_and_long(evidence: Evidence) -> Array:
    """1 for the low educated with long service, 0 for others, NaN where either is unknown."""
    low, long = evidence.of("laag_opgeleid"), evidence.of("lang_in_dienst")
    group = np.where(np.isnan(low) | np.isnan(long), np.nan, (low == 1) & (long == 1))
    if (group == 1).sum() < _FEWEST_IN_GROUP:
        raise NotTestableError(
            Text(
                nl=f"{int((group == 1).sum())} respondenten zijn laag opgeleid en lang in dienst; "
                f"nodig zijn er {_FEWEST_IN_GROUP}",
                en=f"{int((group == 1).sum())} respondents are low educated and long-serving; "
                f"{_FEWEST_IN_GROUP} are needed",
            )
        )
    return group


def _gap(evidence: Evidence, name: str, group: Array) -> tuple[Estimate, list[Line]]:
    """Difference of shares within sectors, and what education and tenure each add, in points.

    A linear regression of a yes-no answer gives the mean difference (Angrist & Pischke 2009,
    section 3.4.2).
    """
    outcome = evidence.of(name)
    found = combine(evidence.fit(outcome, {"group": group}), {"group": 1.0})
    low, long = evidence.of("laag_opgeleid"), evidence.of("lang_in_dienst")
    crossed = evidence.fit(outcome, {"low": low, "long": long, "both": low * long})
    label = CONCEPTS[name]
    texts = {
        "low": ("laag opgeleid", "low educated"),
        "long": ("lang in dienst", "long-serving"),
        "both": ("beide samen, extra", "both together, in addition"),
    }
    lines = [
        Line(
            f"{part}_{name}",
            f"{label.nl}: {nl}",
            f"{label.en}: {en}",
            combine(crossed, {part: 1.0}),
        )
        for part, (nl, en) in texts.items()
    ]
    return found, lines


def _of_employees(evidence: Evidence, name: str) -> Array:
    if not evidence.has("leidinggevende"):
        return evidence.of(name)
    return np.where(evidence.of("leidinggevende") == 0, evidence.of(name), np.nan)


def _deeds(evidence: Evidence) -> list[str]:
    names = ("scholing", "zoekt_werk", "ontwikkelafspraak", "interne_stap")
    return [name for name in names if evidence.has(name)]


def _acts(evidence: Evidence) -> Array:
    """Share of the deeds that were asked about which someone did."""
    names = _deeds(evidence)
    if len(names) < 2:
        raise NotTestableError(
            Text(
                nl="van scholing, zoeken, afspraak en stap zijn er minder dan twee gevraagd",
                en="fewer than two of training, search, agreement and move were asked",
            )
        )
    return np.asarray(np.mean([evidence.of(name) for name in names], axis=0))


def _correlation(evidence: Evidence, first: Array, second: Array) -> Estimate:
    """Weighted Pearson correlation with its influence (Fuller 2009, section 1.3)."""
    known = ~np.isnan(first) & ~np.isnan(second)
    pair = [evidence.standardise(np.where(known, values, np.nan)) for values in (first, second)]
    weight = np.where(known, evidence.design.weight, 0.0)
    x, y = (np.where(known, values, 0.0) for values in pair)
    r = float((weight * x * y).sum() / weight.sum())
    influence = weight * (x * y - r * (x**2 + y**2) / 2) / weight.sum()
    return linearise(r, influence, evidence.design, int(known.sum()))


def _within_units(evidence: Evidence, outcome: Array, exposed: Array) -> Estimate:
    """Coefficient of exposure with a level for each cluster (the within estimator)."""
    known = ~np.isnan(outcome) & ~np.isnan(exposed)
    weight = np.where(known, evidence.design.weight, 0.0)
    cluster = np.unique(evidence.design.cluster, return_inverse=True)[1]
    total = np.maximum(np.bincount(cluster, weight), 1e-12)

    def centred(values: Array) -> Array:
        held = np.where(known, values, 0.0)
        return np.asarray(held - (np.bincount(cluster, weight * held) / total)[cluster])

    x, y = centred(exposed), centred(outcome)
    spread = float((weight * x**2).sum())
    if not spread > 0:
        return bare(np.nan, int(known.sum()))
    slope = float((weight * x * y).sum() / spread)
    influence = weight * x * (y - slope * x) / spread
    return linearise(slope, influence, evidence.design, int(known.sum()))


def _agrees(evidence: Evidence, name: str) -> Array:
    values = evidence.of(name)
    return np.where(np.isnan(values), np.nan, values >= AGREES)


def _by_performance(evidence: Evidence, name: str, agrees: Array) -> list[Line]:
    """Share that agrees in the lowest and highest fifth of performance."""
    rated = next((n for n in ("prestatie_leiding", "prestatie_eigen") if evidence.has(n)), None)
    if rated is None:
        return []
    place = np.asarray(pd.Series(evidence.of(rated)).rank(pct=True), dtype=np.float64)
    chosen: dict[str, tuple[str, str, Callable[[Array], NDArray[np.bool_]]]] = {
        "low": ("zwakste vijfde", "lowest fifth", lambda p: p <= 0.2),
        "high": ("sterkste vijfde", "highest fifth", lambda p: p > 0.8),
    }
    return [
        Line(
            f"{end}_{name}",
            f"Eens, {nl} in prestatie: {CONCEPTS[name].nl}",
            f"Agrees, {en} of performance: {CONCEPTS[name].en}",
            estimate_mean(np.where(inside(place), agrees, np.nan), evidence.design),
        )
        for end, (nl, en, inside) in chosen.items()
    ]
