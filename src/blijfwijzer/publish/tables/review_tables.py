"""What a data scientist reviews of a risk, and its tables: each goes through the gate here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.checks.findings import Finding
from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.estimation.reliability import Reliability
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.check_texts import warn_of
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.facts import facts, origin_facts, shown_rejected, survey_title
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.change_page import Changed, change_rows
from blijfwijzer.publish.pages.driver_sections import section_rows
from blijfwijzer.publish.pictures.canvas import Picture, Subject
from blijfwijzer.publish.pictures.driver_plots import tell_answer
from blijfwijzer.publish.tables.card_tables import clear_apart
from blijfwijzer.risk.card import ChosenCard
from blijfwijzer.risk.evaluation import Evaluation
from blijfwijzer.risk.selection import Selection
from blijfwijzer.settings import Settings
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.texts import Message, Quantity, Value, say

_MOST_DRIVERS, _MOST_PAIRS = 20, 10
"""Rows that the page has of what drives a risk; the files have all."""
_OF_TREES = ("additive", "trees")
"""Candidates of which the number of trees is set."""


@dataclass(frozen=True)
class Review:
    """What there is to review of a risk; how it was chosen is known of a training only."""

    subject: Subject
    intake: Intake
    drivers: Drivers
    pictures: Mapping[str, Picture]
    warnings: tuple[Message, ...]
    findings: tuple[Finding, ...]
    """What checks found."""
    provenance: Mapping[str, str]
    settings: Settings
    evaluation: Evaluation | None = None
    """Missing where the outcome is not known, or the model knows all organisations."""
    measured_on: Message | None = Message("review.quality")
    """What the figures of quality are of, or why there are none; None where nothing is said."""
    measures: pd.DataFrame | None = None
    """Those of the training, where this is its survey: one row per measure."""
    selection: Selection | None = None
    reliability: Reliability | None = None
    wave: str = ""
    """What the wave is called that is explained; empty of a training."""
    card: ChosenCard | None = None
    """By which people check themselves; of a training for a need."""
    changed: Changed | None = None
    """How drivers changed since another wave or model; of an explanation against it."""
    learning: pd.DataFrame | None = None
    """Whether more responses would help, as `learn_curve` gives it; of a training."""
    sampled: Message | None = None
    """What sample candidates were compared on, and what it costs; of a training that had one."""

    @property
    def edge(self) -> Edge:
        """Who reads of it."""
        return Edge.of(self.settings)


def review_chapter(review: Review) -> Chapter:
    """Clear every table of the page and gather them."""
    subject, intake, edge = review.subject, review.intake, review.edge
    learnt: Value = subject.codebook.survey.label
    survey, what, about = learnt, learnt, list[tuple[Value, str]]()
    if review.wave:
        survey, what = survey_title(review.wave, subject.codebook), say("review.other_wave")
        about.append((say("fact.learnt_on"), write(learnt, subject.language)))
    counts = {"forms": intake.rows, "accepted": len(intake.held)}
    counts["refused"] = len(intake.rejected)
    rows = {**dict(_driver_rows(review)), **dict(_quality_rows(review))}
    rows |= dict(section_rows(review.drivers, subject))
    if review.changed is not None:
        rows |= dict(change_rows(review.changed, subject))
    card = review.card
    of_card = {} if card is None else {"card_apart": clear_apart(card.apart, review.settings)}
    return Chapter(
        language=subject.language,
        title=say("title.review", outcome=subject.outcome.label, what=what),
        survey=survey,
        facts=(*about, *facts(counts)),
        tables={
            "rejected": shown_rejected(intake.rejected, subject.codebook, edge),
            **{name: edge.clear(name, own) for name, own in rows.items()},
            **of_card,
        },
        method=(),
        provenance=origin_facts(review.provenance),
        warnings=(*review.warnings, *warn_of(review.findings)),
    )


def _driver_rows(review: Review) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give what drives the risk, in words."""
    drivers, labels = review.drivers, review.subject.labels
    named: Mapping[str, Value] = review.subject.codebook.constructs
    other = say("review.other_construct")

    def in_words(rows: pd.DataFrame) -> pd.DataFrame:
        told = list[Any](named.get(name, other) for name in rows["construct"])
        # Of a model that was not fitted again there are no ranks.
        empty = [name for name in ("rank_low", "rank_high") if rows[name].isna().all()]
        return rows.assign(construct=told).drop(columns=empty)

    for name, table in (("top_scales", drivers.scales), ("top_features", drivers.features)):
        rows = table[table["mean_abs"] > 0].head(_MOST_DRIVERS)
        yield name, in_words(rows.assign(label=[labels[str(feature)] for feature in rows.index]))
    yield "constructs", in_words(drivers.constructs)
    pairs = drivers.interactions.head(_MOST_PAIRS)
    of_pairs = {name: pairs[name].map(labels) for name in ("first", "second")}
    yield "interactions", pairs.assign(**of_pairs)
    yield "dependence", _told_dependence(review)
    stability = drivers.stability.groupby("comparison", sort=False).mean().reset_index()
    yield "stability", stability.assign(comparison=_told_comparisons(stability))


def _told_dependence(review: Review) -> pd.DataFrame:
    """Give the mean contribution of each answer, in words where it has them."""
    rows, columns = review.drivers.dependence, review.subject.codebook.columns
    answers = [
        tell_answer(row, columns[row["feature"]], review.subject)
        if row["feature"] in columns and columns[row["feature"]].codes
        else Quantity(row["value"], "fine")
        if row["value"] == row["value"]
        else say("plot.no_answer")
        for row in rows.to_dict("records")
    ]
    told = pd.Series(answers, rows.index, dtype="object")
    return rows.assign(feature=rows["feature"].map(review.subject.labels), answer=told)


def _told_comparisons(stability: pd.DataFrame) -> pd.Series:
    """Say which refits are compared."""
    folds = [
        say("stability.samples")
        if np.isnan(first)
        else say("stability.folds", first=int(first), second=int(second))
        for first, second in zip(stability["first"], stability["second"], strict=True)
    ]
    return pd.Series(folds, stability.index, dtype="object")


def _quality_rows(review: Review) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give how the model was chosen, and how good it is."""
    if review.reliability is not None:
        scales = review.reliability.scales
        yield "reliability", scales.assign(scale=scales["scale"].map(review.subject.labels))
    if review.selection is not None:
        yield "candidates", tell_candidates(review.selection.scores)
        yield "tuning", tell_tuning(review.selection.tuning)
    if review.learning is not None:
        yield "learning", review.learning
    measures = review.measures if review.evaluation is None else review.evaluation.overall
    if measures is not None:
        overall = measures.rename_axis("metric").reset_index()
        words = list[Any](say(id_of("metric", name)) for name in overall["metric"])
        yield "metrics", overall.assign(metric=words)
    if review.evaluation is not None:
        if len(review.evaluation.by_group):
            yield "groups_measured", _by_group(review.evaluation, review.subject)
        yield "calibration", review.evaluation.calibration


def tell_candidates(scores: pd.DataFrame) -> pd.DataFrame:
    """Name what was tried, and how each was set."""
    kinds = scores.index.astype("str")
    names = list[Any](say(id_of("candidate", kind)) for kind in kinds)
    pairs = zip(kinds, scores["setting"], strict=True)
    settings = list[Any](setting_of(kind, setting) for kind, setting in pairs)
    return scores.reset_index().assign(candidate=names, variant=settings)


def tell_tuning(tuning: pd.DataFrame) -> pd.DataFrame:
    """Name each setting that was tried."""
    names = list[Any](say(id_of("candidate", str(kind))) for kind in tuning["candidate"])
    pairs = zip(tuning["candidate"], tuning["setting"], strict=True)
    settings = list[Any](setting_of(str(kind), float(setting)) for kind, setting in pairs)
    return tuning.assign(candidate=names, variant=settings)


def setting_of(kind: str, setting: float) -> Message:
    """Say how a candidate was set: its trees, or the strength of a regression."""
    if np.isnan(setting):
        return say("setting.none")
    if kind in _OF_TREES:
        return Message("setting.trees", count=int(setting))
    return say("setting.strength", strength=setting)


def _by_group(evaluation: Evaluation, subject: Subject) -> pd.DataFrame:
    """Give a row per group, with a column per measure."""
    keys = ["attribute", "group", "n"]
    rows = evaluation.by_group.pivot_table("value", keys, "metric", sort=False).reset_index()
    of_each = zip(rows["attribute"], rows["group"], strict=True)
    return rows.assign(
        attribute=rows["attribute"].map(subject.labels),
        group=[subject.group(str(attribute), str(group)) for attribute, group in of_each],
    )
