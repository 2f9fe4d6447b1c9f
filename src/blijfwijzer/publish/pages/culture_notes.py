"""Sentences of a chapter on culture that depend on what was found."""

from collections.abc import Sequence

import numpy as np

from blijfwijzer.culture.dimensions import Dimension, find_dimensions
from blijfwijzer.culture.waves import FEWEST
from blijfwijzer.publish.culture_findings import CultureFindings
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.tables.benchmark_tables import say_others
from blijfwijzer.publish.tables.register_tables import say_register
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.texts import Message, Quantity, Value, say

WHY_EMPTY = "why_empty"
"""Name of the sentence that says why figures of everyone are absent, if they are."""
_NAMED = 5
"""Units that a sentence names; more are counted, and the table names them."""
Notes = tuple[Value, ...]


def climate_notes(findings: CultureFindings) -> dict[str, Notes]:
    """Give the sentences of each section, by the names that the page asks for."""
    found: dict[str, Notes] = {
        "about_climate": (
            _about_climate(findings),
            say("note.rounded"),
            *_about_gate(findings),
            *_about_previous(findings),
        ),
        "about_trend": _about_trend(findings),
        "about_mix": _about_mix(findings),
        "about_worrying": _about_worrying(findings),
        "about_pairs": _about_pairs(findings),
        "register": _about_register(findings),
    }
    if findings.conduct.reason is not None:
        found["about_conduct"] = (findings.conduct.reason,)
    if findings.beside is not None:
        found["beside"] = (say_others(findings.beside),)
    if not findings.permission.tells_everyone:
        found[WHY_EMPTY] = (say("warning.everyone"),)
    return {name: texts for name, texts in found.items() if texts}


def _about_climate(findings: CultureFindings) -> Message:
    """Tell what is favourable, in points of the scale; less is, where lower is better."""
    settings = findings.settings.culture
    dimensions = find_dimensions(findings.codebook, settings)
    turned = [d for d in dimensions if d.is_turned]
    upright = [d for d in dimensions if not d.is_turned]
    low: Value = ""
    if turned:
        names = tuple(findings.labels[d.name] for d in turned)
        low = say("note.low", names=names, places=_cuts(turned, settings))
    return say("note.climate", favourable=_cuts(upright or dimensions, settings), low=low)


def _cuts(dimensions: Sequence[Dimension], settings: CultureSettings) -> tuple[Quantity, ...]:
    """Give the scores from which answers are favourable, as people gave them."""
    cuts = sorted({round(float(d.turn(_cut(d, settings))), 2) for d in dimensions})
    return tuple(Quantity(cut, "decimal") for cut in cuts)


def _cut(dimension: Dimension, settings: CultureSettings) -> Array:
    """Give the score from which an answer is favourable, a higher one being better."""
    return np.asarray(dimension.low + settings.favourable * dimension.span)


def _about_gate(findings: CultureFindings) -> Notes:
    """Name the dimensions by which largest units are not compared, or with a warning."""
    dimensions = find_dimensions(findings.codebook, findings.settings.culture)
    level = findings.level_words(findings.largest)
    if not findings.judgements:
        return (say("note.untested", level=level),)
    texts = []
    for judgement, text in (("not comparable", "note.barred"), ("with care", "note.warned")):
        told: dict[Value, list[Value]] = {}
        for dimension in dimensions:
            units = _judged(findings, judgement, dimension.name)
            if units:
                told.setdefault(units, []).append(findings.labels[dimension.name])
        names = tuple(say("note.of_units", names=tuple(n), units=u) for u, n in told.items())
        if told:
            texts.append(Message(text, {"level": level, "names": names}))
    return tuple(texts)


def _judged(findings: CultureFindings, judgement: str, dimension: str) -> Value:
    """Name the largest units that are shown and judged so, or count them where they are many."""
    groups = findings.groups
    groups = groups[groups["level"] == findings.largest]
    labels = tuple(
        label
        for group, label in groups["label"].items()
        if findings.judge(str(group), dimension) == judgement
    )
    if len(labels) > _NAMED:
        return say("note.count", count=len(labels), all=len(groups))
    return labels


def _about_previous(findings: CultureFindings) -> Notes:
    """Tell how a unit's change is net of who responded in it."""
    if findings.trend is None:
        return ()
    return (say("note.previous", level=findings.level_words(findings.largest), fewest=FEWEST),)


def _about_trend(findings: CultureFindings) -> Notes:
    if findings.trend is None:
        return ()
    names = dict.fromkeys(findings.trend.mix["column"])
    traits = tuple(findings.labels[name] for name in names)
    gap = () if findings.trend.changes["is_net"].all() else (say("note.trend_gap"),)
    return (say("note.trend", traits=traits or "–"), *gap)


def _about_mix(findings: CultureFindings) -> Notes:
    """Tell what raking did to the later wave."""
    if findings.trend is None or not findings.permission.mix:
        return ()
    return (say("note.mix", kept=round(100 * findings.trend.kept)),)


def _about_register(findings: CultureFindings) -> Notes:
    """Tell who responded by a register, where figures of everyone are told."""
    if not findings.permission.tells_everyone:
        return ()
    return tuple(say_register(findings.register, findings.settings.margins.largest_factor))


def _about_worrying(findings: CultureFindings) -> Notes:
    """Tell what makes a unit worrying, once, as all levels are screened alike."""
    pairs = [screening.pair for screening in findings.screenings.values() if screening.pair]
    if not pairs:
        return ()
    settings, (first, second) = findings.settings.culture, pairs[0]
    dimensions = {d.name: d for d in find_dimensions(findings.codebook, settings)}
    level = findings.level_words(findings.largest)
    told = say(
        "note.worrying",
        first=findings.labels[first],
        second=findings.labels[second],
        floor=settings.floor * dimensions[first].span,
        reference=say(id_of("screening.reference", settings.reference), level=level),
        false=round(100 * settings.false_share),
    )
    judged = [name for (_, name), it in findings.judgements.items() if it == "not comparable"]
    barred = tuple(findings.labels[name] for name in sorted({first, second} & set(judged)))
    if not barred or settings.reference != "all":
        return (told,)
    return (told, say("note.screened_barred", level=level, names=barred))


def _about_pairs(findings: CultureFindings) -> Notes:
    """Tell whether the pair is special here, or no better than one general factor."""
    texts: list[Value] = []
    for level, checks in findings.checks.items():
        label = findings.level_words(level)
        if checks.reason is not None:
            texts.append(say("note.of_level", level=label, text=checks.reason))
            continue
        own = checks.pairs[checks.pairs["is_screened"].astype(bool)]
        if own.empty:
            continue
        row = own.iloc[0]
        conclusion = say("note.pair_same")
        if row["lead_high"] < 0:
            conclusion = say("note.pair_less")
        elif row["lead_low"] > 0:
            conclusion = say("note.pair_more")
        told = say(
            "note.pairs",
            rank=round(row["rank"]),
            all=len(checks.pairs),
            low=round(row["rank_low"]),
            high=round(row["rank_high"]),
            factor=float(row["factor_auc"]),
            auc=float(row["auc"]),
            conclusion=conclusion,
        )
        texts.append(say("note.of_level", level=label, text=told))
    return tuple(texts)
