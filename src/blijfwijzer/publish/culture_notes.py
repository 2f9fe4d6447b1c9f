"""Sentences of a chapter on culture that depend on what was found."""

from collections.abc import Sequence

import numpy as np

from blijfwijzer.culture.dimensions import Dimension, find_dimensions
from blijfwijzer.culture.waves import FEWEST
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.texts import in_sentence, show, write
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Language

WHY_EMPTY = "why_empty"
"""Name of the sentence that says why figures of everyone are absent, if they are."""
_NAMED = 5
"""Units that a sentence names; more are counted, and the table names them."""


def climate_notes(findings: CultureFindings) -> dict[str, tuple[str, ...]]:
    """Give the sentences of each section, by the names that the page asks for."""
    language = findings.language
    found = {
        "about_climate": (
            _about_climate(findings, language),
            say("note.rounded", language),
            *_about_gate(findings, language),
            *_about_previous(findings, language),
        ),
        "about_trend": _about_trend(findings, language),
        "about_mix": _about_mix(findings, language),
        "about_worrying": _about_worrying(findings, language),
        "about_pairs": _about_pairs(findings, language),
    }
    if findings.conduct.reason is not None:
        found["about_conduct"] = (write(findings.conduct.reason, language),)
    if not findings.permission.tells_everyone:
        found[WHY_EMPTY] = (say("warning.everyone", language),)
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
        low = say("note.low", language, names=", ".join(labels), places=places(turned))
    upright = [d for d in dimensions if not d.is_turned]
    return say("note.climate", language, favourable=places(upright or dimensions), low=low)


def _cut(dimension: Dimension, settings: CultureSettings) -> Array:
    """Give the score from which an answer is favourable, a higher one being better."""
    return np.asarray(dimension.low + settings.favourable * dimension.span)


def _about_gate(findings: CultureFindings, language: Language) -> tuple[str, ...]:
    """Name the dimensions by which largest units are not compared, or with a warning."""
    scales = findings.codebook.scales
    dimensions = find_dimensions(findings.codebook, findings.settings.culture)
    level = _level(findings, language)
    if not findings.judgements:
        return (say("note.untested", language, level=level),)
    texts = []
    for judgement, text in (("not comparable", "note.barred"), ("with care", "note.warned")):
        told: dict[str, list[str]] = {}
        for dimension in dimensions:
            units = _judged(findings, judgement, dimension.name, language)
            if units:
                told.setdefault(units, []).append(scales[dimension.name].label.in_(language))
        names = "; ".join(f"{', '.join(labels)} ({units})" for units, labels in told.items())
        if told:
            texts.append(say(text, language, level=level, names=names))
    return tuple(texts)


def _about_previous(findings: CultureFindings, language: Language) -> tuple[str, ...]:
    """Tell how a unit's change is net of who responded in it."""
    if findings.trend is None:
        return ()
    return (say("note.previous", language, level=_level(findings, language), fewest=FEWEST),)


def _level(findings: CultureFindings, language: Language) -> str:
    columns = findings.codebook.columns
    return columns[findings.largest].label.in_(language).lower()


def _judged(findings: CultureFindings, judgement: str, dimension: str, language: Language) -> str:
    """Name the largest units that are shown and judged so, or count them where they are many."""
    groups = findings.groups
    groups = groups[groups["level"] == findings.largest]
    labels = [
        str(label)
        for group, label in groups["label"].items()
        if findings.judge(str(group), dimension) == judgement
    ]
    if len(labels) > _NAMED:
        return say("note.count", language, count=len(labels), all=len(groups))
    return ", ".join(labels)


def _about_trend(findings: CultureFindings, language: Language) -> tuple[str, ...]:
    if findings.trend is None:
        return ()
    columns = findings.codebook.columns
    names = list(dict.fromkeys(findings.trend.mix["column"]))
    labels = ", ".join(columns[name].label.in_(language) for name in names)
    texts = [say("note.trend", language, traits=labels or "–")]
    if not findings.trend.changes["is_net"].all():
        texts.append(say("note.trend_gap", language))
    return tuple(texts)


def _about_mix(findings: CultureFindings, language: Language) -> tuple[str, ...]:
    """Tell what raking did to the later wave."""
    if findings.trend is None or not findings.permission.mix:
        return ()
    return (say("note.mix", language, kept=round(100 * findings.trend.kept)),)


def _about_worrying(findings: CultureFindings, language: Language) -> tuple[str, ...]:
    """Tell what makes a unit worrying, once, as all levels are screened alike."""
    scales, settings = findings.codebook.scales, findings.settings.culture
    dimensions = {d.name: d for d in find_dimensions(findings.codebook, settings)}
    level = _level(findings, language)
    for screening in findings.screenings.values():
        if screening.pair:
            first, second = screening.pair
            floor = settings.floor * dimensions[first].span
            judged = [n for (_, n), told in findings.judgements.items() if told == "not comparable"]
            barred = sorted({first, second} & set(judged))
            names = ", ".join(scales[name].label.in_(language) for name in barred)
            is_told = bool(barred) and settings.reference == "all"
            return (
                say(
                    "note.worrying",
                    language,
                    first=scales[first].label.in_(language).lower(),
                    second=scales[second].label.in_(language).lower(),
                    floor=show(floor, "decimal", language),
                    reference=say(
                        id_of("screening.reference", settings.reference),
                        language,
                        level=in_sentence(findings.level_words(findings.largest)),
                    ),
                    false=round(100 * settings.false_share),
                ),
                *(
                    [say("note.screened_barred", language, level=level, names=names)]
                    if is_told
                    else []
                ),
            )
    return ()


def _about_pairs(findings: CultureFindings, language: Language) -> tuple[str, ...]:
    """Tell whether the pair is special here, or no better than one general factor."""
    texts = []
    for level, checks in findings.checks.items():
        label = findings.level_words(level)
        if checks.reason is not None:
            texts.append(say("note.of_level", language, level=label, text=checks.reason))
            continue
        own = checks.pairs[checks.pairs["is_screened"].astype(bool)]
        if own.empty:
            continue
        row = own.iloc[0]
        conclusion = "note.pair_same"
        if row["lead_high"] < 0:
            conclusion = "note.pair_less"
        elif row["lead_low"] > 0:
            conclusion = "note.pair_more"
        told = say(
            "note.pairs",
            language,
            rank=round(row["rank"]),
            all=len(checks.pairs),
            low=round(row["rank_low"]),
            high=round(row["rank_high"]),
            factor=show(row["factor_auc"], "ratio", language),
            auc=show(row["auc"], "ratio", language),
            conclusion=say(conclusion, language),
        )
        texts.append(say("note.of_level", language, level=label, text=told))
    return tuple(texts)
