"""From answers to fitted models, once: label, features, folds, candidates."""

import time
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.estimation.means import estimate_mean
from blijfwijzer.progress import Tell, silent
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.risk.features import build_features, code_features, learn_schema
from blijfwijzer.risk.leaks import refuse_twins, screen_features
from blijfwijzer.risk.metrics import log_losses
from blijfwijzer.risk.outcomes import barred_columns, require_both_classes
from blijfwijzer.risk.selection import Selection, fit_whole, refit_model, select_model
from blijfwijzer.risk.splits import draw_whole_units, split_by_unit, units_apart
from blijfwijzer.risk.task import Task, Whole
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Codebook, Outcome
from blijfwijzer.survey.held import Responses, pick
from blijfwijzer.survey.rule_truth import label

_Rows = TypeVar("_Rows", pd.DataFrame, pd.Series)


@dataclass(frozen=True)
class TrainingSet:
    """What models of one outcome are made from: the responses of which it is known."""

    outcome: Outcome
    answers: Array
    """The outcome per response of the survey: 1, 0, or NaN where it is not known, or where a sample
    does not have the response."""
    units: pd.Series
    """Where each respondent of whom it is known works."""
    apart: str
    """Unit level of which folds and intervals keep units whole; `PERSON` where they keep none."""
    task: Task
    drawn: "DrawnFrom | None" = None
    """Where there are more than candidates are compared on."""

    @property
    def known(self) -> Mask:
        """Per response of the survey, whether its outcome is known; `task` has only these."""
        return ~np.isnan(self.answers)

    @property
    def fitted(self) -> Mask:
        """Per response of the survey, whether the champion is fitted on it."""
        return self.known if self.drawn is None else self.drawn.fitted

    @property
    def trained_units(self) -> pd.Series:
        """Where each respondent works whom the champion is fitted on."""
        return self.units if self.drawn is None else self.drawn.whole.units


@dataclass(frozen=True)
class DrawnFrom:
    """What a sample was drawn of, for candidates to be compared on: of others nothing is told."""

    whole: Whole
    fitted: Mask
    """Per response of the survey, whether the champion is fitted on it."""
    known: int
    """Responses of which the outcome is known: more than are fitted on, where there are so many."""
    is_whole: bool
    """Whether units are whole in it; else people were drawn in each."""
    told: Mask
    """Per response of the survey, whether something is told of it: it is in the sample, or in a
    unit of those and its outcome is not known."""
    beside: Mask
    """The same of those that the champion is fitted on: by these it is seen who joined or left."""


@dataclass(frozen=True)
class Fitted:
    """Models of one outcome, and what they were made from."""

    made_from: TrainingSet
    selection: Selection
    single: pd.Series = field(default_factory=pd.Series)
    """Per feature: how well it tells the outcome by itself (AUC)."""
    began: float = field(default=0.0, compare=False)
    """When it began, in seconds since 1970."""
    sampled: "Sampled | None" = None
    """Where candidates were compared on a sample."""

    @property
    def risk(self) -> Array:
        """Out of fold, of the model that was chosen."""
        if self.sampled is not None:
            return self.sampled.risk
        return self.selection.out_of_fold[self.selection.champion.kind]

    @property
    def predictions(self) -> Predictions:
        """Risks beside the answers."""
        task = self.made_from.task
        return Predictions(task.values, self.risk, task.design)


@dataclass(frozen=True)
class Sampled:
    """What comes of a sample and what it costs."""

    compared: Selection
    """With models that were fitted on the sample alone."""
    risk: Array
    """Of each response of the sample, by models of all responses without its unit."""
    cost: Estimate
    """How much higher the log loss of the champion is where it is fitted on the sample alone."""


def prepare(
    responses: Responses,
    scales: pd.DataFrame,
    codebook: Codebook,
    outcome: Outcome,
    settings: Settings,
) -> TrainingSet:
    """Label responses, keep those of which the outcome is known, and make features and folds.

    Parameters
    ----------
    responses, scales : one row per response, as intake and scales give them

    Raises
    ------
    TooFewResponsesError, OneClassError
        There is nothing to learn.
    """
    unit = pd.factorize(responses[codebook.units.cluster], use_na_sentinel=False)[0]
    labelled = label(responses, scales, codebook, outcome)
    require_both_classes(labelled, outcome, settings.intake.minimum_responses)
    answers = labelled.values.to_numpy(dtype=float)
    known = np.flatnonzero(~np.isnan(answers))
    # Who is drawn is told by where people work alone: of many all else is never held twice.
    placed = _take(responses[[n for n in codebook.units.levels if n in responses]], known)
    cluster = codebook.units.levels.index(codebook.units.cluster)
    apart = units_apart(placed, codebook.units.levels[cluster:], settings.model.folds)
    above = next((n for n in codebook.units.levels[:cluster] if n in placed), None)
    strata = pd.Series(0, apart.index) if above is None else placed[above]
    fitted, are_whole = _draw(apart, strata, settings.model.most_fitted, settings.seed)
    responses, scales = _answers(responses, known[fitted]), _take(scales, known[fitted])
    apart, strata = (_take(part, fitted) for part in (apart, strata))
    barred = barred_columns(codebook, outcome)
    schema = learn_schema(responses, scales, codebook, barred, settings.features)
    # By another seed, or the second would be drawn from where the first was.
    rows, is_whole = _draw(apart, strata, settings.model.most_compared, settings.seed + 1)
    is_drawn = len(rows) < len(apart)
    if is_drawn:
        columns = code_features(responses, scales, schema)
        frame = columns.take(rows)
    else:
        frame = build_features(responses, scales, schema).frame
    units, weight = responses[codebook.units.cluster], responses["weight"]
    values, own, of_rows = answers[known[fitted]], _take(apart, rows), _take(weight, rows)
    task = Task(
        target=outcome.name,
        thresholds=labelled.thresholds,
        frame=frame,
        schema=schema,
        values=values[rows],
        design=Design.of_units((of_rows / of_rows.mean()).to_numpy(), own),
        folds=split_by_unit(values[rows], own, settings.model.folds, settings.seed),
        settings=settings.model,
        seed=settings.seed,
    )
    told = np.full(len(answers), np.nan)
    told[known[fitted[rows]]] = task.values
    made_from = TrainingSet(outcome, told, _take(units, rows), str(apart.name), task)
    if not is_drawn:
        return made_from
    code, all_weights = pd.factorize(apart)[0], (weight / weight.mean()).to_numpy()
    whole = Whole(task, rows, columns, values, all_weights, units, code)
    is_known = ~np.isnan(answers)
    is_fitted, beside = _around(unit, is_known, known[fitted])
    _, is_told = _around(unit, is_known, known[fitted[rows]])
    drawn = DrawnFrom(whole, is_fitted, len(known), are_whole and is_whole, is_told, beside)
    return replace(made_from, drawn=drawn)


def _draw(units: pd.Series, strata: pd.Series, most: int, seed: int) -> tuple[Codes, bool]:
    """Give the places of all responses, or of a sample where there are more, and if it is whole."""
    if len(units) <= most:
        return np.arange(len(units), dtype=np.intp), True
    return draw_whole_units(units, strata, most, seed)


def _around(unit: Codes, is_known: Mask, drawn: Codes) -> tuple[Mask, Mask]:
    """Say who are drawn of those of whom the outcome is known, and who stand beside these.

    Others stay, or go with a unit of which nobody is drawn: one that is drawn as a whole has all
    people that it has in the survey.

    Parameters
    ----------
    unit : where each respondent of the survey works
    drawn : places
    """
    is_drawn = np.zeros(len(unit), dtype=bool)
    is_drawn[drawn] = True
    left_out = is_known & ~is_drawn
    is_gone = np.zeros(int(unit.max(initial=-1)) + 1, dtype=bool)
    is_gone[unit[left_out]] = True
    is_gone[unit[drawn]] = False
    return is_drawn, ~left_out & ~is_gone[unit]


def _answers(responses: Responses, rows: Codes) -> Responses:
    """Give some responses; all of them without a copy."""
    return responses if len(rows) == len(responses) else pick(responses, rows)


def _take(part: _Rows, rows: Codes) -> _Rows:
    """Give some rows by a new index; all of them without a copy."""
    kept = part if len(rows) == len(part) else part.iloc[rows]
    return kept.reset_index(drop=True)


def fit(made_from: TrainingSet, tell: Tell = silent) -> Fitted:
    """Fit all candidates and choose one, unless a feature is a twin of the outcome.

    Raises
    ------
    LeakError
    """
    began = time.time()
    single = refuse_leaks(made_from)
    return replace(fit_chosen(made_from, tell), single=single, began=began)


def fit_chosen(made_from: TrainingSet, tell: Tell = silent, kind: str = "") -> Fitted:
    """Fit all candidates and choose one, or fit that of a kind; on all responses where sampled."""
    task, drawn = made_from.task, made_from.drawn
    compared = refit_model(task, kind, tell) if kind else select_model(task, tell)
    if drawn is None:
        return Fitted(made_from, compared)
    selection, risk = fit_whole(compared, drawn.whole, tell)
    own = compared.out_of_fold[compared.champion.kind]
    more = log_losses(task.values, own) - log_losses(task.values, risk)
    cost = estimate_mean(more, task.design)
    return Fitted(made_from, selection, sampled=Sampled(compared, risk, cost))


def refuse_leaks(made_from: TrainingSet) -> pd.Series:
    """Give per feature how well it tells the outcome by itself (AUC), unless one is its twin.

    Raises
    ------
    LeakError
    """
    task = made_from.task
    single = screen_features(task.frame, task.schema, task.values, task.weight, task.folds)
    refuse_twins(single, task.target)
    return single
