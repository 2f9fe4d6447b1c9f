"""From answers to fitted models, once: label, features, folds, candidates."""

import time
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from blijfwijzer.estimation.design import Design
from blijfwijzer.progress import Tell, silent
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.risk.features import build_features, learn_schema
from blijfwijzer.risk.leaks import refuse_twins, screen_features
from blijfwijzer.risk.outcomes import barred_columns, require_both_classes
from blijfwijzer.risk.selection import Selection, Task, select_model
from blijfwijzer.risk.splits import split_by_unit, units_apart
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.codebook import Codebook, Outcome
from blijfwijzer.survey.rule_truth import label


@dataclass(frozen=True)
class TrainingSet:
    """What models of one outcome are made from: the responses of which it is known."""

    outcome: Outcome
    answers: Array
    """The outcome per response of the survey: 1, 0, or NaN where it is not known."""
    units: pd.Series
    """Where each respondent of whom it is known works."""
    apart: str
    """Unit level of which folds and intervals keep units whole; `PERSON` where they keep none."""
    task: Task

    @property
    def known(self) -> Mask:
        """Per response of the survey, whether its outcome is known; `task` has only these."""
        return ~np.isnan(self.answers)


@dataclass(frozen=True)
class Fitted:
    """Models of one outcome, and what they were made from."""

    made_from: TrainingSet
    selection: Selection
    single: pd.Series
    """Per feature: how well it tells the outcome by itself (AUC)."""
    began: float = field(default=0.0, compare=False)
    """When it began, in seconds since 1970."""

    @property
    def risk(self) -> Array:
        """Out of fold, of the model that was chosen."""
        return self.selection.out_of_fold[self.selection.champion.kind]

    @property
    def predictions(self) -> Predictions:
        """Risks beside the answers."""
        task = self.made_from.task
        return Predictions(task.values, self.risk, task.design)


def prepare(
    responses: pd.DataFrame,
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
    labelled = label(responses, scales, codebook, outcome)
    require_both_classes(labelled, outcome, settings.intake.minimum_responses)
    answers = labelled.values.to_numpy(dtype=float)
    known = ~np.isnan(answers)
    responses, scales = (part[known].reset_index(drop=True) for part in (responses, scales))
    barred = barred_columns(codebook, outcome)
    schema = learn_schema(responses, scales, codebook, barred, settings.features)
    units = responses[codebook.units.cluster]
    levels = codebook.units.levels[codebook.units.levels.index(codebook.units.cluster) :]
    apart = units_apart(responses, levels, settings.model.folds)
    weight = (responses["weight"] / responses["weight"].mean()).to_numpy()
    task = Task(
        target=outcome.name,
        thresholds=labelled.thresholds,
        frame=build_features(responses, scales, schema).frame,
        schema=schema,
        values=answers[known],
        design=Design.of_units(weight, apart),
        folds=split_by_unit(answers[known], apart, settings.model.folds, settings.seed),
        settings=settings.model,
        seed=settings.seed,
    )
    return TrainingSet(outcome, answers, units, str(apart.name), task)


def fit(made_from: TrainingSet, tell: Tell = silent) -> Fitted:
    """Fit all candidates and choose one, unless a feature is a twin of the outcome.

    Raises
    ------
    LeakError
    """
    began = time.time()
    single = refuse_leaks(made_from)
    return Fitted(made_from, select_model(made_from.task, tell), single, began)


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
