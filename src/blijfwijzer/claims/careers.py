"""Claims about chances, responsibility, reorganisation and performance (H9, H10, H13, H14)."""

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.claims.evidence import Evidence, NotTestableError
from blijfwijzer.claims.findings import (
    FLOOR_D,
    FLOOR_SHARE,
    Finding,
    Line,
    Part,
    bare,
    conclude,
)
from blijfwijzer.claims.training import GAP, MOST
from blijfwijzer.estimation.factors import polychoric
from blijfwijzer.estimation.influences import (
    Estimate,
    combine,
    difference,
    estimate_mean,
    estimate_share,
)
from blijfwijzer.estimation.intervals import from_draws, linearise
from blijfwijzer.survey.codebook import Text
from blijfwijzer.survey.concepts import CONCEPTS

Array = NDArray[np.float64]

STRONG_RELATION = 0.4
"""Correlation of statement and behaviour above which behaviour shows it (domain notes, C, H10)."""
LARGE_DIFFERENCE = 0.2
"""Standard deviations that count as a difference between groups (domain notes, E.3)."""

_OPINIONS = {"onder_aangesproken": -1, "uitblinken_meer_werk": 1, "prestatie_belonen": 1}
"""What H14 says that most see (1) or do not see (-1)."""


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
    for one, other in combinations(names, 2):
        crossed = {**columns, "product": columns[one] * columns[other]}
        sensitivity.append(
            Line(
                f"{one}_x_{other}",
                f"Wisselwerking: {CONCEPTS[one].nl} x {CONCEPTS[other].nl}",
                f"Interaction: {CONCEPTS[one].en} x {CONCEPTS[other].en}",
                combine(evidence.fit(chances, crossed), {"product": 1.0}),
            )
        )
    effect = (
        profile,
        "verschil tussen het gunstige en het ongunstige profiel, in sd",
        "difference between the favourable and the unfavourable profile, in sd",
    )
    return conclude(lines, parts, effect, sensitivity)


def words_not_deeds(evidence: Evidence) -> Finding:
    """H10: people say that their market value is their own affair, and do not act on it.

    Saying and doing are few ordered answers, so their relation is that of what lies behind them
    (polychoric; Olsson 1979), with a bootstrap of whole units.
    """
    says, acts = evidence.of("eigen_marktwaarde"), _acts(evidence)
    both = ~np.isnan(says) & ~np.isnan(acts)
    says, acts = np.where(both, says, np.nan), np.where(both, acts, np.nan)
    agrees = np.where(both, evidence.agrees("eigen_marktwaarde"), np.nan)
    # Acting is doing at least half of what was asked about.
    does = np.where(both, acts >= MOST, np.nan)
    design = evidence.design
    share = estimate_share(agrees, design)
    apart = estimate_mean(agrees - does, design)
    relation = _latent_correlation(evidence, says, acts)
    lines = [
        Line("agrees", "Zegt zelf verantwoordelijk te zijn", "Says to be responsible", share),
        Line(
            "acts",
            "Doet ten minste de helft van wat kan",
            "Does at least half of what one can",
            estimate_share(does, design),
        ),
        Line(
            "apart", "Verschil tussen zeggen en doen", "Difference between saying and doing", apart
        ),
        Line(
            "relation",
            "Samenhang van zeggen en doen (polychorische r)",
            "Correlation of saying and doing (polychoric r)",
            relation,
        ),
    ]
    low, high = np.nanmin(says), np.nanmax(says)
    words_only = np.where(both, (agrees == 1) & (does == 0), np.nan)
    sensitivity = [
        Line(
            "words_only",
            "Zegt het en doet het niet",
            "Says so and does not",
            estimate_share(words_only, design),
        ),
        Line(
            "discrepancy",
            "Zeggen min doen, per persoon, elk van 0 tot 1",
            "Saying less doing, per person, each from 0 to 1",
            estimate_mean((says - low) / max(high - low, 1e-12) - acts, design),
        ),
        Line(
            "pearson",
            "Samenhang van de antwoorden zelf (r)",
            "Correlation of the answers as they are (r)",
            _correlation(evidence, says, acts),
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
    effect = (relation, "correlatie van zeggen en doen", "correlation of saying and doing")
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
    return conclude(
        lines,
        parts,
        (median, "mediaan van de verschillen, in sd", "median of the differences, in sd"),
        sensitivity,
        needed,
        note,
    )


def reward_wanted(evidence: Evidence) -> Finding:
    """H14: underperformers are not corrected, those who excel get more work, reward is wanted."""
    design = evidence.design
    lines, parts, sensitivity = [], [], []
    for name, sign in _OPINIONS.items():
        if not evidence.has(name):
            continue
        agrees = evidence.agrees(name)
        found = estimate_share(agrees, design)
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
    effect = (
        lines[-1].estimate,
        "aandeel dat prestatie wil belonen",
        "share that wants to reward performance",
    )
    return conclude(lines, parts, effect, sensitivity, domains=_fifths(evidence))


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


def _latent_correlation(evidence: Evidence, first: Array, second: Array) -> Estimate:
    """Polychoric correlation of two ordered answers, with draws of whole units."""
    known = ~np.isnan(first) & ~np.isnan(second)
    codes = [np.unique(values[known], return_inverse=True)[1] for values in (first, second)]
    rows, columns = (int(code.max(initial=0)) + 1 for code in codes)
    if min(rows, columns) < 2:
        return bare(np.nan, int(known.sum()))
    place, picks = evidence.draw()
    cell = codes[0] * columns + codes[1]
    weight = evidence.design.weight[known]
    sums = [
        np.bincount(place[known][cell == c], weight[cell == c], len(picks))
        for c in range(rows * columns)
    ]
    held = np.stack(sums, axis=1)
    tables = np.vstack([held.sum(axis=0), picks.T @ held])
    tables = tables / tables.sum(axis=1, keepdims=True)
    found = polychoric(tables.reshape(-1, rows, columns))
    return from_draws(float(found[0]), found[1:], int(known.sum()))


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


def _place_in_performance(evidence: Evidence) -> Array | None:
    """Share of people that is rated at most as high; None where nobody was rated."""
    rated = next((n for n in ("prestatie_leiding", "prestatie_eigen") if evidence.has(n)), None)
    if rated is None:
        return None
    return np.asarray(pd.Series(evidence.of(rated)).rank(pct=True), dtype=np.float64)


def _fifths(evidence: Evidence) -> dict[str, list[NDArray[np.bool_]]]:
    """Give those of the lowest and of the highest fifth of performance, ties left out."""
    place = _place_in_performance(evidence)
    if place is None:
        return {}
    fifths = {"low": place <= 0.2, "high": place > 0.8}
    return {f"{end}_{name}": [inside] for end, inside in fifths.items() for name in _OPINIONS}


def _by_performance(evidence: Evidence, name: str, agrees: Array) -> list[Line]:
    """Share that agrees in the lowest and highest fifth of performance."""
    texts = {
        "low": ("zwakste vijfde", "lowest fifth"),
        "high": ("sterkste vijfde", "highest fifth"),
    }
    fifths = _fifths(evidence)
    return [
        Line(
            f"{end}_{name}",
            f"Eens, {nl} in prestatie: {CONCEPTS[name].nl}",
            f"Agrees, {en} of performance: {CONCEPTS[name].en}",
            estimate_share(np.where(fifths[f"{end}_{name}"][0], agrees, np.nan), evidence.design),
        )
        for end, (nl, en) in texts.items()
        if fifths
    ]
