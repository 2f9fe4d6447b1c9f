"""Sentences of a chapter on culture that depend on what was found."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.culture.dimensions import Dimension, find_dimensions
from blijfwijzer.publish.chapter import in_sentence
from blijfwijzer.publish.claim_words import in_words
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.texts import say, show
from blijfwijzer.settings import Culture as CultureSettings
from blijfwijzer.survey.codebook import Language

Array = NDArray[np.float64]

_MIX_GAP = 0.001
"""Difference of shares above which net changes are not net; see `Trend.largest_gap`."""


def climate_notes(findings: CultureFindings) -> dict[str, tuple[str, ...]]:
    """Give the sentences of each section, by the names that the page asks for."""
    language = findings.settings.language
    found = {
        "about_climate": (
            _about_climate(findings, language),
            say("s_rounded", language),
            *_about_gate(findings, language),
        ),
        "about_trend": _about_trend(findings, language),
        "about_worrying": _about_worrying(findings, language),
        "about_pairs": _about_pairs(findings, language),
    }
    if findings.conduct.reason is not None:
        found["about_conduct"] = (findings.conduct.reason.in_(language),)
    return {name: texts for name, texts in found.items() if texts}


def _about_climate(findings: CultureFindings, language: Language) -> str:
    """Tell what is favourable, in points of the scale; less is, where lower is better."""
    settings = findings.settings.culture
    dimensions = find_dimensions(findings.codebook, settings)
    turned = [d for d in dimensions if d.is_turned]

    def places(of: Sequence[Dimension]) -> str:
        cuts = sorted({round(float(d.turn(_cut(d, settings))), 2) for d in of})
        return " / ".join(show(cut, "decimal", language) for cut in cuts)

    low = ""
    if turned:
        labels = [findings.codebook.scales[d.name].label.in_(language).lower() for d in turned]
        low = say("s_low", language, names=", ".join(labels), places=places(turned))
    upright = [d for d in dimensions if not d.is_turned]
    return say("s_climate", language, favourable=places(upright or dimensions), low=low)


def _cut(dimension: Dimension, settings: CultureSettings) -> Array:
    """Give the score from which an answer is favourable, a higher one being better."""
    return np.asarray(dimension.low + settings.favourable * dimension.span)


def _about_gate(findings: CultureFindings, language: Language) -> tuple[str, ...]:
    """Name the dimensions by which largest units are not compared, or with a warning."""
    scales, columns = findings.codebook.scales, findings.codebook.columns
    names = {d.name for d in find_dimensions(findings.codebook, findings.settings.culture)}
    level = columns[findings.codebook.units.levels[0]].label.in_(language).lower()
    texts = []
    for judgement, text in (("not comparable", "s_barred"), ("with care", "s_warned")):
        told = [scales[n].label.in_(language) for n in findings.judged(judgement) if n in names]
        if told:
            texts.append(say(text, language, level=level, names=", ".join(told)))
    return tuple(texts)


def _about_trend(findings: CultureFindings, language: Language) -> tuple[str, ...]:
    if findings.trend is None:
        return ()
    columns = findings.codebook.columns
    names = list(dict.fromkeys(findings.trend.mix["column"]))
    labels = ", ".join(columns[name].label.in_(language) for name in names)
    texts = [say("s_trend", language, traits=labels or "–")]  # noqa: RUF001
    if findings.trend.largest_gap > _MIX_GAP:
        texts.append(say("s_trend_gap", language))
    return tuple(texts)


def _about_worrying(findings: CultureFindings, language: Language) -> tuple[str, ...]:
    """Tell what makes a unit worrying, once, as all levels are screened alike."""
    scales, settings = findings.codebook.scales, findings.settings.culture
    dimensions = {d.name: d for d in find_dimensions(findings.codebook, settings)}
    for screening in findings.screenings.values():
        if screening.pair:
            first, second = screening.pair
            floor = settings.floor * dimensions[first].span
            barred = sorted({first, second} & set(findings.judged("not comparable")))
            names = ", ".join(scales[name].label.in_(language) for name in barred)
            return (
                say(
                    "s_worrying",
                    language,
                    first=scales[first].label.in_(language).lower(),
                    second=scales[second].label.in_(language).lower(),
                    floor=show(floor, "decimal", language),
                    reference=say(
                        f"reference_{settings.reference}",
                        language,
                        level=in_sentence(findings.level_words(findings.codebook.units.levels[0])),
                    ),
                    false=round(100 * settings.false_share),
                ),
                *([say("s_screened_barred", language, names=names)] if barred else []),
            )
    return ()


def _about_pairs(findings: CultureFindings, language: Language) -> tuple[str, ...]:
    """Tell whether the pair is special here, or no better than one general factor."""
    texts = []
    for level, checks in findings.checks.items():
        label = findings.level_words(level)
        if checks.reason is not None:
            reason = in_words(checks.reason.in_(language), findings.codebook, language)
            texts.append(say("s_of_level", language, level=label, text=reason))
            continue
        own = checks.pairs[checks.pairs["is_screened"].astype(bool)]
        if own.empty:
            continue
        row = own.iloc[0]
        conclusion = "s_pair_same"
        if row["lead_high"] < 0:
            conclusion = "s_pair_less"
        elif row["lead_low"] > 0:
            conclusion = "s_pair_more"
        told = say(
            "s_pairs",
            language,
            rank=round(row["rank"]),
            all=len(checks.pairs),
            low=round(row["rank_low"]),
            high=round(row["rank_high"]),
            factor=show(row["factor_auc"], "ratio", language),
            auc=show(row["auc"], "ratio", language),
            conclusion=say(conclusion, language),
        )
        texts.append(say("s_of_level", language, level=label, text=told))
    return tuple(texts)
