"""The story of `monitor`: whether a stored model still holds in another wave."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.checks.findings import find
from blijfwijzer.checks.waves import (
    find_moved_groups,
    find_moved_level,
    find_moved_slope,
    find_turned_items,
)
from blijfwijzer.errors import PackError
from blijfwijzer.estimation.intervals import ends_of
from blijfwijzer.estimation.means import estimate_mean
from blijfwijzer.estimation.reliability import estimate_item_rest
from blijfwijzer.files import plain_rows, refuse_strange
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.monitor_page import Watch, render_watch, watch_chapter, watch_json
from blijfwijzer.publish.pictures.canvas import Subject
from blijfwijzer.publish.screen import SCREEN
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.records.model_choice import choose_models
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.release.breakdown import Breakdown, may_measure
from blijfwijzer.release.folder import RECORD
from blijfwijzer.release.overlap import Overlap, find_overlap
from blijfwijzer.release.publication import Publication, publication
from blijfwijzer.release.shown import Shown
from blijfwijzer.risk.evaluation import Predictions, loss_steps, measure_by_unit
from blijfwijzer.risk.model import is_constant
from blijfwijzer.risk.monitoring import (
    COLUMNS,
    FALSE_ALARMS,
    Groups,
    advise,
    expect,
    remain,
    sound,
    take_groups,
    turned_items,
    watch_calibration,
    watch_item,
)
from blijfwijzer.risk.protection import tell_measures
from blijfwijzer.risk.waves import SAME, WaveComparison, compare_wave, give_back_mix
from blijfwijzer.runs.models.explained import Explained, ExplainRequest, contribute_wave, count_told
from blijfwijzer.runs.tracked import track_watched
from blijfwijzer.runs.training.checks import check_drift, check_survey
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.breakdown import break_down
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.labels import group_label, labels_of
from blijfwijzer.survey.scales import recode_items
from blijfwijzer.survey.texts import Message, Value, say

PAGE, FILE = "report.html", "monitor.json"
_MEASURES = ("log_loss", "brier", "roc_auc", "average_precision")
_SLOTS = ("then", "expected", "measured")


@dataclass(frozen=True)
class Monitored:
    """What a stored model makes of another wave, held against its training; in memory only."""

    explained: Explained
    comparison: WaveComparison
    """Of columns as they were answered."""
    net: WaveComparison
    """The same net of who responded."""
    items: pd.DataFrame
    """One row per item, as `watch_item` gives."""
    drivers: pd.DataFrame
    """One row per construct, as the page has it."""

    @property
    def stored(self) -> Stored:
        """The model that is watched."""
        return self.explained.stored

    @property
    def target(self) -> str:
        """Its outcome."""
        return self.stored.model.target

    @cached_property
    def known(self) -> Mask:
        """Whether the outcome of each response is known."""
        return ~np.isnan(self.explained.answers)


def monitor(request: ExplainRequest, output: Path, ledgers: Path | None) -> list[Shown]:
    """Say of each model of a survey whether it still holds, in a folder by outcome.

    Parameters
    ----------
    request : of each outcome that there is a model of when it names none
    ledgers : folder of the ledgers; beside the folder of models when None
    """
    targets = targets_of(request)
    for target in targets:
        refuse_strange(output / target, RECORD)
    told = []
    for target in targets:
        with show_progress() as tell:
            found = watch_wave(replace(request, target=target), tell)
            own = ledgers or found.stored.ledgers
            shown = publish_watch(found, output / target, own, tell)
        print(shown)
        told.append(shown)
    return told


def targets_of(request: ExplainRequest) -> list[str]:
    """Give the outcomes that are watched.

    Raises
    ------
    PackError
        The models are those of somebody else, in one file.
    """
    if request.model.is_file():
        raise PackError(
            f"{request.model.name}: a model is monitored with the tables of its training, by "
            "whoever trained it. Give its folder."
        )
    return [request.target] if request.target else list(choose_models(request.model))


def watch_wave(request: ExplainRequest, tell: Tell) -> Monitored:
    """Read a wave, and hold it against what the model folder tells of the training.

    Raises
    ------
    WaveTooDifferentError
        As `score`: too many columns differ for the model to read the wave.
    """
    explained = contribute_wave(request, tell)
    tell("compare")
    comparison = _compare(explained, explained.weight)
    return Monitored(
        explained,
        comparison,
        _compare(explained, _net_weight(explained)),
        _watch_items(explained),
        _watch_drivers(explained),
    )


def publish_watch(found: Monitored, output: Path, ledgers: Path, tell: Tell) -> Shown:
    """Write whether a model still holds, by what may be shown."""
    explained, stored, intake = found.explained, found.stored, found.explained.intake
    with publication(output, explained.request("monitor"), ledgers) as release:
        breakdown = explained.break_down(release)
        tell("measure")
        watch = _watch(found, breakdown, release)
        chapter = watch_chapter(watch)
        tell(f"write {output}")
        files = {
            PAGE: render_watch(chapter, watch),
            FILE: watch_json(chapter, watch, release.origin),
        }
        release.publish(files, count_told(breakdown, intake), advice=watch.advice.word)
    tracked = track_watched(release, stored, intake, _metrics_of(chapter))
    first = f"{output / PAGE}: {found.target}: {write(watch.told, SCREEN)}"
    return Shown.of(chapter, output, [first, *release.said, *tracked])


def _metrics_of(chapter: Chapter) -> dict[str, float]:
    """Give measures for MLflow, as they are shown: expected, and measured where they are."""
    table = chapter.rows("monitor_performance")
    return {
        f"{slot}.{metric}": float(value)
        for slot in ("expected", "measured")
        for metric, value in zip(_MEASURES, table[slot], strict=True)
        if np.isfinite(value)
    }


def _compare(explained: Explained, weight: Array) -> WaveComparison:
    reference = explained.stored.reference
    return compare_wave(explained.built, reference, weight, explained.settings.wave, len(weight))


def _net_weight(explained: Explained) -> Array:
    """Weigh a wave so that it is no matter of who responded.

    Weights that a survey brings do that. Without these it gets the mix of the training.
    """
    codebook, responses = explained.stored.codebook, explained.intake.held
    if codebook.weight is not None:
        return explained.weight
    before = explained.stored.metrics.get("by_group", [])
    return give_back_mix(explained.weight, break_down(responses, codebook), before)


def _units(explained: Explained) -> float:
    """How many times as many organisations answer now as at the training."""
    then = float(explained.stored.metrics.get("units", np.nan))
    return len(np.unique(explained.predictions.design.cluster)) / then


def _table_then(explained: Explained, name: str) -> pd.DataFrame:
    """Read a table of the training from the model folder; empty where it has none."""
    file, stored = TABLES[name].files[0], explained.stored
    columns = TABLES[name].names
    if file not in stored.manifest.files:
        return pd.DataFrame(columns=columns)
    return pd.read_csv(stored.folder / file)


def _watch_items(explained: Explained) -> pd.DataFrame:
    """Hold each item of a scale that the model reads against what it was at the training."""
    codebook, design = explained.stored.codebook, explained.predictions.design
    table = _table_then(explained, "reliability_items")
    then = dict(zip(table["item"], table["item_rest"].astype(float), strict=True))
    read = {feature.scale for feature in explained.stored.model.schema.features}
    rows, units = [], _units(explained)
    for scale in codebook.scales.values():
        if scale.name not in read or len(scale.items) < 2:
            continue
        answers = recode_items(explained.intake.held, scale, codebook).to_numpy()
        for place, item in enumerate(scale.items):
            now = estimate_item_rest(answers, place, design)
            rows.append(watch_item(item, scale.name, now, then.get(item, np.nan), units))
    return pd.DataFrame(rows, columns=COLUMNS)


def _watch_drivers(explained: Explained) -> pd.DataFrame:
    """Hold the mean contribution of each construct against that of the training.

    How well it was known then follows from how well it is known now, as of items.
    """
    table = _table_then(explained, "constructs")
    then = {
        (row["construct"], bool(row["is_changeable"])): float(row["mean"])
        for row in plain_rows(table)
    }
    rows, more = [], np.sqrt(1 + _units(explained))
    by_construct = explained.contributed.by_construct
    for name in by_construct:
        construct, _, kind = str(name).partition("|")
        now = estimate_mean(by_construct[name].to_numpy(), explained.predictions.design)
        before = then.get((construct, kind == "changeable"), np.nan)
        change = now.value - before
        low, high = ends_of(change, now.se * more, now.df)
        is_changeable = kind == "changeable"
        ends = (float(low), float(high))
        rows.append((construct, is_changeable, before, now.value, change, *ends))
    columns = ["construct", "is_changeable", "then", "now", "change", "low", "high"]
    return pd.DataFrame(rows, columns=columns).sort_values("change", key=lambda c: -c.abs())


def _watch(found: Monitored, breakdown: Breakdown, release: Publication) -> Watch:
    """Measure what is known of a model in a wave, and say what to do."""
    explained, codebook = found.explained, found.stored.codebook
    settings, metrics = explained.settings, found.stored.metrics
    overlap = find_overlap(release, found.stored, explained.units)
    subject = Subject(codebook, codebook.outcomes[found.target], settings.language)
    known = found.known if _can_measure(found, overlap) else np.zeros_like(found.known)
    predictions = explained.predictions.take(known)
    groups, rates = _groups_of(found, breakdown, known)
    tests = [found.items]
    if known.any():
        tests.insert(0, watch_calibration(predictions, groups, metrics))
    sounded = sound(pd.concat([table for table in tests if len(table)] or tests))
    sounded = sounded.reset_index(drop=True)
    drifted = int((found.net.table["verdict"] != SAME).sum())
    is_left = remain(predictions, groups, sounded, FALSE_ALARMS) if known.any() else False
    apart = _measured_rows(found, overlap, known)
    if 0 < apart.sum() < known.sum() and not may_measure(release, breakdown.admission, apart):
        apart = np.zeros_like(known)
    told = [*_check_tests(sounded, rates, predictions, codebook), *check_drift(found.net, codebook)]
    return Watch(
        subject=subject,
        intake=explained.intake,
        settings=settings,
        wave=release.request.wave,
        advice=advise(sounded, bool(known.any()), drifted, is_left),
        findings=find([*told, *check_survey(explained.intake)], settings.checks.silenced),
        performance=_performance(found, apart),
        tests=sounded,
        rates=rates,
        drivers=found.drivers,
        columns=_columns_of(found),
        is_constant=is_constant(found.stored.model),
        measured_on=_measured_on(overlap, known, apart),
        net_of=say("monitor.net_weights" if codebook.weight is not None else "monitor.net_mix"),
        warnings=release.remarks,
        provenance=release.origin,
    )


def _columns_of(found: Monitored) -> pd.DataFrame:
    """Give how columns drifted, and net of who responded where that is another thing."""
    table, net = found.comparison.table, found.net.table
    if found.stored.codebook.weight is not None:
        return table
    return table.assign(drift_net=net["drift"], verdict=net["verdict"])


def _can_measure(found: Monitored, overlap: Overlap) -> bool:
    """Say whether the wave tells of calibration: outcomes of people enough, and not the training.

    Organisations that were trained on count: people of these answer anew, and whether they answer
    otherwise at equal risk is what is asked.
    """
    answers = found.explained.answers[found.known]
    is_enough = len(answers) >= found.explained.settings.intake.minimum_responses
    return overlap.kind != "file" and is_enough and len(np.unique(answers)) == 2


def _measured_rows(found: Monitored, overlap: Overlap, known: Mask) -> Mask:
    """Give the responses that performance is measured on: of organisations not trained on.

    Where some were, those that are left out must be people enough too, or the rest would be told by
    the difference; where all were, all are taken, and the page says so.
    """
    if overlap.kind != "part":
        return known
    settings, apart = found.explained.settings, known & overlap.apart
    left_out = int((known & ~overlap.apart).sum())
    is_enough = apart.sum() >= settings.intake.minimum_responses
    both = len(np.unique(found.explained.answers[apart])) == 2
    is_told = is_enough and both and left_out >= settings.disclosure.minimum
    return apart if is_told else np.zeros_like(known)


def _measured_on(overlap: Overlap, known: Mask, measured: Mask) -> Message:
    if overlap.kind == "file":
        return say("monitor.same_file")
    if not known.any():
        return say("monitor.no_outcomes")
    if overlap.kind == "part" and not measured.any():
        return say("monitor.few_apart")
    return overlap.message if overlap.kind != "units" else say("monitor.same_units")


def _groups_of(
    found: Monitored, breakdown: Breakdown, known: Mask
) -> tuple[list[Groups], pd.DataFrame]:
    """Give the groups that may be told of, among responses of which the outcome is known.

    Left out are those that are small, or in which as good as all answered alike. Units give alarms;
    where no units are told, all attributes do.
    """
    explained = found.explained
    values, weight = explained.answers[known], explained.weight[known]
    risk = explained.contributions.risk[known]
    columns, settings = found.stored.codebook.columns, explained.settings
    told_of = settings.evaluation.at_least(settings.disclosure.minimum, "minimum_group")
    rows, groups = [], {}
    for attribute, group in breakdown.among(known).items():
        own = take_groups(attribute, group, columns[attribute].role == "unit")
        kept = []
        for place, name in enumerate(own.names):
            inside = own.of_response == place
            if inside.sum() < told_of.minimum_group:
                continue
            told = {
                "n": int(inside.sum()),
                "predicted": float(np.average(risk[inside], weights=weight[inside])),
                "observed": float(np.average(values[inside], weights=weight[inside])),
            }
            if 0 < told["observed"] < settings.disclosure.unanimity:
                kept.append(name)
                rows.append({"attribute": attribute, "group": name, **told})
        groups[attribute] = take_groups(
            attribute, group.where(group.astype("str").isin(kept)), own.is_watched
        )
    watched = [own for own in groups.values() if own.names]
    if not any(own.is_watched for own in watched):
        watched = [replace(own, is_watched=True) for own in watched]
    return watched, pd.DataFrame(rows, columns=["attribute", "group", "n", "predicted", "observed"])


def _performance(found: Monitored, measured: Mask) -> pd.DataFrame:
    """Give measures at the training, as this wave lets expect, and as measured where it can be."""
    explained, settings = found.explained, found.explained.settings
    everyone = explained.predictions
    overall = found.stored.metrics["overall"]
    table = pd.DataFrame({"metric": _MEASURES})
    for end, name in (("", "value"), ("_low", "low"), ("_high", "high")):
        table[f"then{end}"] = [overall.get(m, {}).get(name) for m in _MEASURES]
    parts: list[tuple[str, Predictions]] = [("expected", expect(everyone))]
    if measured.any():
        parts.append(("measured", everyone.take(measured)))
    for slot, part in parts:
        rng = np.random.default_rng(settings.seed)
        rows = measure_by_unit(part, _MEASURES, settings.evaluation.bootstraps, rng)
        steps = loss_steps(part.risk, part.design.weight)
        rows = tell_measures(rows, steps, len(part.values))
        for end, name in (("", "value"), ("_low", "low"), ("_high", "high")):
            table[f"{slot}{end}"] = rows[name].to_numpy()
    names = ["metric", *(f"{slot}{end}" for slot in _SLOTS for end in ("", "_low", "_high"))]
    return table.reindex(columns=names).astype(dict.fromkeys(names[1:], float))


def _check_tests(
    tests: pd.DataFrame, rates: pd.DataFrame, predictions: Predictions, codebook: Codebook
) -> Iterator[Message]:
    """Say what gave an alarm."""
    labels, weight = labels_of(codebook), predictions.design.weight
    for row in plain_rows(tests[tests["part"].isin(["slope", "level"])]):
        if row["part"] == "slope":
            yield from find_moved_slope(row)
        else:
            shares = (np.average(v, weights=weight) for v in (predictions.risk, predictions.values))
            yield from find_moved_level(row, *map(float, shares))
    alarmed = tests[(tests["part"] == "group") & tests["is_alarm"].astype(bool)]
    named: list[Value] = [
        say(
            "remark.moved.one_group",
            group=group_label(codebook, row["attribute"], row["group"]),
            predicted=round(100 * row["predicted"]),
            observed=round(100 * row["observed"]),
        )
        for row in plain_rows(alarmed.merge(rates, on=["attribute", "group"]))
    ]
    yield from find_moved_groups(named)
    items: list[dict[str, Any]] = [
        {"item": labels.get(row["group"], row["group"]), "then": row["then"], "now": row["now"]}
        for row in plain_rows(turned_items(tests))
    ]
    yield from find_turned_items(items)
