"""What a data scientist reviews: the page of a training, and of drivers in another wave."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.estimation.reliability import Reliability
from blijfwijzer.publish.canvas import Picture, note, to_bytes
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.facts import facts, shown_rejected
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.page import (
    Block,
    Chapter,
    facts_table,
    read_blocks,
    render_sections,
    titled,
)
from blijfwijzer.publish.tables.training import TABLES
from blijfwijzer.publish.texts import write
from blijfwijzer.risk.evaluation import Evaluation
from blijfwijzer.risk.selection import Selection
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, Language, Outcome
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.labels import group_label, scale_labels
from blijfwijzer.survey.texts import Message

_PERFORMANCE = ("calibration", "curves")
_DRIVER_TABLES = (
    *("top_scales", "constructs", "top_features", "interactions", "dependence", "stability"),
)
_MOST_DRIVERS, _MOST_PAIRS = 20, 10
"""Rows that the page has of what drives a risk; the files have all."""


@dataclass(frozen=True)
class Review:
    """What there is to review of a risk; how it was chosen is known of a training only."""

    codebook: Codebook
    outcome: Outcome
    intake: Intake
    drivers: Drivers
    pictures: Mapping[str, Picture]
    warnings: tuple[Message, ...]
    provenance: Mapping[str, str]
    settings: Settings
    evaluation: Evaluation | None = None
    """Missing where the outcome is not known."""
    selection: Selection | None = None
    reliability: Reliability | None = None

    @property
    def language(self) -> Language:
        """Of all texts."""
        return self.settings.language

    @property
    def labels(self) -> dict[str, str]:
        """Words for each scale and column."""
        columns = {n: c.label.in_(self.language) for n, c in self.codebook.columns.items()}
        return columns | scale_labels(self.codebook, self.language)


def render_review(review: Review) -> bytes:
    """Write the page: what was read, how the model was chosen, how good it is, what drives it."""
    chapter, language = review_chapter(review), review.language
    sections = {
        "what": [Block(points=tuple(_about(review)))],
        "read": [*read_blocks(chapter), *_titled(chapter, ["reliability"])],
    }
    if review.selection is not None:
        chosen = say(
            "review.chosen",
            language,
            champion=review.selection.champion.kind,
            price=review.selection.price,
        )
        sections["model"] = [Block(paragraphs=(chosen,)), *_titled(chapter, ["candidates"])]
    if review.evaluation is not None:
        sections["quality"] = [
            Block(paragraphs=(say("review.quality", language),)),
            *_pictures(review, _PERFORMANCE),
            *_titled(chapter, ["metrics", "groups_measured", "calibration"]),
        ]
    others = [name for name in review.pictures if name not in _PERFORMANCE]
    sections["contributions"] = [
        Block(paragraphs=(say("review.contributions", language),)),
        *_pictures(review, others),
        *_titled(chapter, _DRIVER_TABLES),
    ]
    sections["provenance"] = [
        Block(table=facts_table(chapter, "caption.provenance", chapter.provenance))
    ]
    return render_sections(chapter, sections)


def review_chapter(review: Review) -> Chapter:
    """Clear every table of the page and gather them."""
    language, label = review.language, review.outcome.label.in_(review.language)
    survey = review.codebook.survey.label.in_(language)
    what = survey if review.selection is not None else say("review.other_wave", language)
    intake = review.intake
    counts = {"forms": intake.rows, "accepted": len(intake.responses)}
    counts["refused"] = len(intake.rejected)
    return Chapter(
        language=language,
        title=f"{label}: {what}",
        survey=survey,
        facts=facts(counts, language),
        tables={
            "rejected": shown_rejected(intake.rejected, review.codebook, review.settings),
            **{name: TABLES[name].clear(rows) for name, rows in _driver_rows(review)},
            **_quality(review),
        },
        method=(),
        provenance=tuple(review.provenance.items()),
        warnings=tuple(write(warning, language) for warning in review.warnings),
    )


def _about(review: Review) -> Iterator[str]:
    """Say what the risk is, and what the page does not say."""
    yield note(review.outcome, review.language)
    yield review.outcome.meaning.in_(review.language)
    if review.selection is not None and review.evaluation is not None:
        rate, rows = 100 * review.evaluation.prevalence, review.evaluation.rows
        yield say("review.holds", review.language, rate=rate, rows=rows)


def _driver_rows(review: Review) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give what drives the risk, in words."""
    drivers, labels = review.drivers, review.labels
    named = {n: text.in_(review.language) for n, text in review.codebook.constructs.items()}
    other = say("review.other_construct", review.language)

    def in_words(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(construct=[named.get(name, other) for name in rows["construct"]])

    for name, table in (("top_scales", drivers.scales), ("top_features", drivers.features)):
        rows = table.head(_MOST_DRIVERS)
        yield name, in_words(rows.assign(label=[labels[str(feature)] for feature in rows.index]))
    yield "constructs", in_words(drivers.constructs)
    pairs = drivers.interactions.head(_MOST_PAIRS)
    of_pairs = {name: pairs[name].map(labels) for name in ("first", "second")}
    yield "interactions", pairs.assign(**of_pairs)
    dependence = drivers.dependence
    yield "dependence", dependence.assign(feature=dependence["feature"].map(labels))
    yield "stability", drivers.stability.groupby("comparison", sort=False).mean().reset_index()


def _quality(review: Review) -> dict[str, Cleared]:
    """Clear how the model was chosen, and how good it is."""
    tables: dict[str, Cleared] = {}
    language, labels = review.language, review.labels
    if review.reliability is not None:
        scales = review.reliability.scales
        tables["reliability"] = TABLES["reliability"].clear(
            scales.assign(scale=scales["scale"].map(labels))
        )
    if review.selection is not None:
        tables["candidates"] = TABLES["candidates"].clear(review.selection.scores.reset_index())
    if review.evaluation is not None:
        overall = review.evaluation.overall.rename_axis("metric").reset_index()
        words = [say(id_of("metric", name), language) for name in overall["metric"]]
        tables["metrics"] = TABLES["metrics"].clear(overall.assign(metric=words))
        if len(review.evaluation.by_group):
            tables["groups_measured"] = TABLES["groups_measured"].clear(_by_group(review))
        tables["calibration"] = TABLES["calibration"].clear(review.evaluation.calibration)
    return tables


def _by_group(review: Review) -> pd.DataFrame:
    """Give a row per group, with a column per measure."""
    assert review.evaluation is not None
    keys = ["attribute", "group", "n"]
    wide = review.evaluation.by_group.pivot_table("value", keys, "metric", sort=False)
    rows = wide.reset_index()
    of_each = list(zip(rows["attribute"], rows["group"], strict=True))
    return rows.assign(
        attribute=rows["attribute"].map(review.labels),
        group=[
            group_label(review.codebook, str(attribute), str(group), review.language)
            for attribute, group in of_each
        ],
    )


def _titled(chapter: Chapter, names: Iterable[str]) -> list[Block]:
    return [titled(chapter, name) for name in names if chapter.has(name)]


def _pictures(review: Review, names: Iterable[str]) -> list[Block]:
    """Show pictures, each with what it says in words."""
    blocks = []
    for name in names:
        if name in review.pictures:
            picture = review.pictures[name]
            png = base64.b64encode(to_bytes(picture.figure, "png")).decode()
            image = Markup('<img src="data:image/png;base64,{}" alt="{}"/>').format(
                png, picture.alt
            )
            blocks.append(Block(picture=image, caption=picture.alt))
    return blocks
