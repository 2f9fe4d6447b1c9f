"""What checks find in a training: each gets what it looks at from the rooms that know it."""

from collections.abc import Iterator, Mapping

import numpy as np

from blijfwijzer.checks.models import (
    find_collinear,
    find_drift,
    find_few_units,
    find_grid_edge,
    find_leaks,
    find_proxy,
    find_rare,
    find_simpler,
    find_slope,
    find_too_good,
    find_unearned,
    find_unstable_champion,
    find_unstable_drivers,
    find_useless,
)
from blijfwijzer.checks.register import check_of
from blijfwijzer.checks.surveys import find_items_against, find_lost, find_low_reliability
from blijfwijzer.drivers.importance import TOP
from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.estimation.reliability import Reliability
from blijfwijzer.fairness.conclusions import words_of
from blijfwijzer.fairness.proxies import measure_proxies
from blijfwijzer.publish.language.catalogue import PARTS, id_of
from blijfwijzer.publish.tables.review_tables import setting_of
from blijfwijzer.risk.evaluation import Evaluation
from blijfwijzer.risk.metrics import log_losses
from blijfwijzer.risk.selection import Selection, choose_without
from blijfwijzer.risk.task import Task
from blijfwijzer.risk.training import Fitted
from blijfwijzer.risk.waves import SAME, WaveComparison
from blijfwijzer.survey.breakdown import break_down_people
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses, pick
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.labels import called
from blijfwijzer.survey.texts import Message, Value, say

_NAMES: dict[str, Value] = {kind: say(id_of("candidate", kind)) for kind in PARTS["candidate"]}


def check_model(
    fitted: Fitted,
    evaluation: Evaluation,
    drivers: Drivers,
    responses: Responses,
    book: Codebook,
) -> Iterator[Message]:
    """Check a model that was trained.

    Parameters
    ----------
    responses : of the survey, with and without a known outcome
    evaluation, drivers : as they may be shown, since what is found names figures of them
    """
    made_from, outcome = fitted.made_from, fitted.made_from.outcome
    auc = float(evaluation.overall["value"].loc["roc_auc"])
    names = called(book)
    yield from find_leaks(fitted.single, outcome.ceiling, outcome.name, names)
    yield from find_too_good(auc, outcome.ceiling, fitted.single, outcome.name, names)
    if fitted.selection.champion.kind != "prevalence":
        # Risks of everyone alike have no slope but that of what folds differ in.
        yield from check_slope(evaluation)
    yield from find_few_units(evaluation.units)
    yield from find_rare(made_from.task.values, outcome.label)
    yield from _check_choice(fitted.selection, made_from.task)
    yield from _check_drivers(drivers, made_from.task, fitted.selection.champion.kind, names)
    yield from _check_proxies(fitted, pick(responses, made_from.known), book)


def check_slope(evaluation: Evaluation) -> Iterator[Message]:
    """Check whether risks are as far apart as they should be."""
    ends = evaluation.overall.loc[["calibration_slope"], ["value", "low", "high"]]
    slope, low, high = map(float, ends.to_numpy(dtype=float)[0])
    yield from find_slope(slope, (low, high), evaluation.verdict)


def check_drift(comparison: WaveComparison, codebook: Codebook) -> Iterator[Message]:
    """Check whether a wave answers as the survey did that a model was trained on."""
    table = comparison.table
    differing = table["feature"][table["verdict"] != SAME]
    yield from find_drift([str(name) for name in differing], len(table), called(codebook))


def check_survey(intake: Intake) -> Iterator[Message]:
    """Check a survey by what may be shown of it.

    Notes of its intake are left out, as they hold exact counts.
    """
    yield from find_lost(intake.account)
    yield from (told for told in intake.remarks if check_of(told).level == "warning")


def check_scales(reliability: Reliability, codebook: Codebook) -> Iterator[Message]:
    """Check how well scales measure."""
    names = called(codebook)
    yield from find_low_reliability(reliability, names)
    yield from find_items_against(reliability.items, names)


def _check_choice(selection: Selection, task: Task) -> Iterator[Message]:
    """Check how the champion was chosen."""
    kind, scores = selection.champion.kind, selection.scores
    yield from find_simpler(_losses(selection, task), kind, _NAMES)
    chosen = choose_without(selection.out_of_fold, task)
    yield from find_unstable_champion(chosen, kind, _NAMES)
    variant = setting_of(kind, float(scores["setting"].loc[kind]))
    yield from find_grid_edge(bool(scores["is_at_edge"].loc[kind]), _NAMES[kind], variant)


def _losses(selection: Selection, task: Task) -> dict[str, float]:
    """Log loss of each candidate, and of giving everyone the same risk where that was not tried."""
    share = float(np.average(task.values, weights=task.weight))
    alike = np.full(len(task.values), share)
    same = float(np.average(log_losses(task.values, alike), weights=task.weight))
    tried = {str(name): float(loss) for name, loss in selection.scores["log_loss"].items()}
    return {"prevalence": same, **tried}


def _check_drivers(
    drivers: Drivers, task: Task, champion: str, names: Mapping[str, Value]
) -> Iterator[Message]:
    """Check what drives a model; nothing does where everyone has the same risk."""
    if champion != "prevalence":
        between = drivers.stability[drivers.stability["first"].notna()]
        if len(between):
            common = float(between["top_ten"].mean())
            yield from find_unstable_drivers(common, TOP, len(drivers.features))
        yield from find_useless(drivers.scales["mean_abs"], names)
        if drivers.earned is not None:
            earned = drivers.earned.scales["low"]
            yield from find_unearned(drivers.scales["mean_abs"], earned, names)
    numbers = [feature for feature in task.schema.features if not feature.is_nominal]
    frame = task.frame[[feature.name for feature in numbers]]
    yield from find_collinear(frame, [feature.scale for feature in numbers], task.weight, names)


def _check_proxies(fitted: Fitted, responses: Responses, book: Codebook) -> Iterator[Message]:
    """Check which audit attributes the features give away, of those that the model may not use."""
    task, units = fitted.made_from.task, fitted.made_from.units.reset_index(drop=True)
    audit = {column.name for column in book.with_role("audit")} - set(task.schema.names)
    people = break_down_people(responses, book)
    of_each = {name: group for name, group in people.items() if name in audit}
    for proxy in measure_proxies(task.frame, of_each, task.weight, units):
        column = book.columns[proxy.attribute]
        yield from find_proxy(column.label, words_of(proxy.level, column), proxy.auc)
