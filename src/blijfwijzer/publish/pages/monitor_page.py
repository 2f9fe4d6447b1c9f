"""The page of `monitor`: whether a model still holds in another wave, in a word and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.checks.findings import Finding
from blijfwijzer.declared import languages
from blijfwijzer.disclosure.rounding import whole_percent
from blijfwijzer.files import plain_rows, to_json
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.check_texts import check_blocks, check_json, warn_of
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.facts import facts, origin_facts, shown_rejected, survey_title
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.blocks import Block, paragraph, present, read_blocks
from blijfwijzer.publish.pages.page import render_sections
from blijfwijzer.publish.pages.page_table import facts_table
from blijfwijzer.publish.pictures.canvas import Subject
from blijfwijzer.publish.tables.order import in_codebook_order
from blijfwijzer.risk.metrics import to_margin
from blijfwijzer.risk.monitoring import FALSE_ALARMS, Advice
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.texts import Message, Value, say

_MONITOR_TABLES = (
    *("monitor_performance", "monitor_overall", "monitor_groups", "monitor_items"),
    *("monitor_drivers", "monitor_columns"),
)


@dataclass(frozen=True)
class Watch:
    """What was found of a model in another wave, by what may be shown."""

    subject: Subject
    intake: Intake
    settings: Settings
    wave: str
    advice: Advice
    findings: tuple[Finding, ...]
    performance: pd.DataFrame
    """One row per measure: then, expected and measured, each with low and high."""
    tests: pd.DataFrame
    """All that was looked at, as `risk.monitoring.sound` gives."""
    rates: pd.DataFrame
    """One row per attribute and group: n, mean risk, share in the answers."""
    drivers: pd.DataFrame
    """One row per construct: then, now, change, low, high."""
    columns: pd.DataFrame
    """One row per feature, as `WaveComparison` has it, and perhaps `drift_net`."""
    is_constant: bool
    """Whether the model looks at no answer, so that how far off it is in a group tells its rate."""
    measured_on: Message
    """Of whom measured figures are, or why there are none."""
    net_of: Message
    """How it was taken into account who responded."""
    warnings: tuple[Message, ...]
    provenance: dict[str, str]

    @property
    def told(self) -> Message:
        """The word, and the reason in a sentence."""
        reason = say(id_of("advice_reason", self.advice.reason))
        return say("monitor.told", word=say(id_of("advice", self.advice.word)), reason=reason)


def watch_chapter(watch: Watch) -> Chapter:
    """Clear every table of the page and gather them."""
    subject, intake = watch.subject, watch.intake
    edge = Edge.of(watch.settings)
    learnt = write(subject.codebook.survey.label, subject.language)
    counts = {"forms": intake.rows, "accepted": len(intake.held)}
    counts["refused"] = len(intake.rejected)
    rejected = shown_rejected(intake.rejected, subject.codebook, edge)
    return Chapter(
        language=subject.language,
        title=say("title.monitor", outcome=subject.outcome.label),
        survey=survey_title(watch.wave, subject.codebook),
        facts=((say("fact.learnt_on"), learnt), *facts(counts)),
        tables={
            "rejected": rejected,
            **{name: edge.clear(name, rows) for name, rows in _rows(watch)},
        },
        method=(),
        provenance=origin_facts(watch.provenance),
        warnings=(*watch.warnings, *warn_of(watch.findings)),
    )


def render_watch(chapter: Chapter, watch: Watch) -> bytes:
    """Write the page."""
    rule = say("monitor.rule", chance=round(100 * FALSE_ALARMS))
    about = (watch.subject.note, watch.subject.outcome.meaning, say("purpose.monitor"))
    sections: dict[str, list[Block]] = {
        "what": [Block(points=about)],
        "advice": [Block(paragraphs=(watch.told, rule))],
        "checks": list(check_blocks(watch.findings)),
        "quality": [
            Block(paragraphs=(watch.measured_on, say("monitor.expected"))),
            *present(chapter, "monitor_performance"),
        ],
        "calibrated": [
            paragraph("monitor.calibrated"),
            *present(chapter, "monitor_overall", "monitor_groups"),
        ],
        "contributions": [paragraph("monitor.drivers"), *present(chapter, "monitor_drivers")],
        "drift": [
            Block(paragraphs=(watch.net_of,)),
            *present(chapter, "monitor_columns", "monitor_items"),
        ],
        "read": list(read_blocks(chapter)),
        "provenance": [Block(table=facts_table(chapter, "caption.provenance", chapter.provenance))],
    }
    return render_sections(chapter, sections)


def watch_json(chapter: Chapter, watch: Watch, origin: dict[str, str]) -> bytes:
    """Write the same for programs: the word, the findings, and all tables as they are shown."""
    told: dict[str, Any] = {
        "target": watch.subject.outcome.name,
        "wave": watch.wave,
        "advice": watch.advice.word,
        "reason": {
            name: write(say(id_of("advice_reason", watch.advice.reason)), name)
            for name in languages()
        },
        "false_alarms": FALSE_ALARMS,
        "findings": check_json(watch.findings),
        "tables": {
            name: plain_rows(chapter.rows(name)) for name in _MONITOR_TABLES if chapter.has(name)
        },
        "provenance": origin,
    }
    return to_json(told)


def _rows(watch: Watch) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give each table in words."""
    labels, subject, tests = watch.subject.labels, watch.subject, watch.tests
    constructs, other = subject.codebook.constructs, say("review.other_construct")
    tests = tests.assign(change=tests["now"] - tests["then"])
    performance = watch.performance
    measured = _all(map(_metric, performance["metric"]))
    yield "monitor_performance", performance.assign(metric=measured)
    overall = tests[tests["part"].isin(["slope", "level"]) & tests["now"].notna()]
    measures = [_metric(f"calibration_{_NAMES[part]}") for part in overall["part"]]
    yield "monitor_overall", overall.assign(what=_all(measures))
    groups = tests[tests["part"].isin(["group", "beside"])]
    groups = groups.merge(watch.rates, on=["attribute", "group"])
    if watch.is_constant:
        groups = shift_by_rate(groups)
    groups = order_groups(groups, subject.codebook)
    of_each = list(zip(groups["attribute"], groups["group"], strict=True))
    yield (
        "monitor_groups",
        groups.assign(
            label=_all(subject.group(attribute, group) for attribute, group in of_each),
            attribute=groups["attribute"].map(labels),
            is_alarm=groups["is_alarm"].astype("object").where(groups["part"] == "group", None),
        ),
    )
    items = tests[(tests["part"] == "item") & tests["now"].notna()]
    yield (
        "monitor_items",
        items.assign(
            scale=_all(labels.get(name, name) for name in items["attribute"]),
            item=_all(labels.get(name, name) for name in items["group"]),
        ),
    )
    themes = [constructs.get(name, other) for name in watch.drivers["construct"]]
    yield "monitor_drivers", watch.drivers.assign(construct=_all(themes))
    columns = watch.columns
    named = _all(labels.get(name, name) for name in columns["feature"])
    yield "monitor_columns", columns.assign(label=named)


def shift_by_rate(groups: pd.DataFrame) -> pd.DataFrame:
    """Give by how much log odds lie above the risk by whole percentages of both, as are told.

    Of a model that looks at no answer two decimals of it would tell a rate more finely. There is
    no interval then, and no change but between what is told.
    """
    rate, risk = (whole_percent(groups[n]).to_numpy() / 100 for n in ("observed", "predicted"))
    now = to_margin(rate) - to_margin(risk)
    return groups.assign(now=now, change=now - groups["then"], low=np.nan, high=np.nan)


def order_groups(groups: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Put the groups of each attribute in the order of the codebook, bands from low to high.

    Parameters
    ----------
    groups : one row per attribute and group
    """
    answers = list(zip(groups["attribute"].astype(str), groups["group"].astype(str), strict=True))
    places = in_codebook_order([attribute for attribute, _ in answers], answers, codebook)
    return groups.iloc[places].reset_index(drop=True)


_NAMES = {"slope": "slope", "level": "intercept"}


def _metric(name: str) -> Value:
    return say(id_of("metric", name))


def _all(values: Iterable[Value]) -> list[Any]:
    """Give texts as a column takes them: a list of anything."""
    return list(values)
