"""What a training tells: how good its model is, what drives it, and what it leaves to users."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.checks.findings import Finding, find
from blijfwijzer.disclosure.rounding import band
from blijfwijzer.drivers.contributions import Contributed, Contributions
from blijfwijzer.drivers.earnings import measure_earnings
from blijfwijzer.drivers.games import compare_games
from blijfwijzer.drivers.gaps import explain_gaps
from blijfwijzer.drivers.importance import refit_importance
from blijfwijzer.drivers.profiles import Drivers, profile
from blijfwijzer.estimation.reliability import Reliability
from blijfwijzer.files import plain, plain_rows
from blijfwijzer.progress import Tell
from blijfwijzer.publish.check_texts import check_json
from blijfwijzer.publish.files.training_files import (
    curve_tables,
    driver_tables,
    picture_files,
    training_tables,
)
from blijfwijzer.publish.pages.card_page import CardPage, card_files
from blijfwijzer.publish.pages.driver_sections import section_files
from blijfwijzer.publish.pages.review_page import draw_review, render_review
from blijfwijzer.publish.pictures.canvas import Subject
from blijfwijzer.publish.pictures.performance_plots import draw_tuning
from blijfwijzer.publish.tables.review_tables import Review
from blijfwijzer.records.model_folder import Learnt
from blijfwijzer.release.breakdown import Breakdown, learn_unit_effects
from blijfwijzer.risk.card import ChosenCard, answers_of, askable, choose_card
from blijfwijzer.risk.evaluation import Evaluation, evaluate, to_metrics
from blijfwijzer.risk.learning import Beyond, learn_curve
from blijfwijzer.risk.model import is_constant
from blijfwijzer.risk.protection import protect_cost, protect_curve, protect_evaluation
from blijfwijzer.risk.rivals import Rivals, measure_skill
from blijfwijzer.risk.selection import Selection
from blijfwijzer.risk.splits import PERSON
from blijfwijzer.risk.training import Fitted
from blijfwijzer.risk.waves import learn_reference
from blijfwijzer.runs.training.checks import check_model, check_scales, check_survey
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, Outcome
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.texts import Message

_ROUNDING = 1e-14
"""Gaps below this are rounding of doubles, which differs with where an array lies in memory; told
as they are they would make two trainings differ."""


@dataclass(frozen=True)
class TrainingSurvey:
    """A survey that was read, with all that a training needs of it."""

    intake: Intake
    reliability: Reliability
    codebook: Codebook
    codebook_text: str
    settings: Settings
    outcomes: tuple[Outcome, ...]
    """Those that are asked."""

    @property
    def scales(self) -> pd.DataFrame:
        """One row per response and one column per scale, made anew: of many they take much."""
        return score_scales(self.intake.held, self.codebook)


@dataclass(frozen=True)
class TrainingReview:
    """What may be told of a training, and what it was made from."""

    outcome: Outcome
    selection: Selection
    evaluation: Evaluation
    drivers: Drivers
    warnings: tuple[Message, ...]
    findings: tuple[Finding, ...]
    origin: dict[str, str]
    card: ChosenCard | None = None
    """By which people check themselves, where vouchers are for the outcome."""
    measured_on: Message = Message("review.quality")
    """What its figures of quality are of."""
    learning: pd.DataFrame | None = None
    """As `learn_curve` gives, as it may be shown; None where nothing is learnt."""
    sampled: Message | None = None
    """What sample candidates were compared on, and what it costs; None where there is none."""


def told_of(survey: TrainingSurvey, fitted: Fitted) -> tuple[TrainingSurvey, Fitted]:
    """Give a survey and models with the responses of which something is told: those of a sample."""
    made_from, drawn = fitted.made_from, fitted.made_from.drawn
    if drawn is None:
        return survey, fitted
    told = replace(made_from, answers=made_from.answers[drawn.told])
    intake = survey.intake.among(drawn.told)
    return replace(survey, intake=intake), replace(fitted, made_from=told)


def find_card(survey: TrainingSurvey, fitted: Fitted) -> ChosenCard | None:
    """Choose a card by which people check themselves, where vouchers are for the outcome."""
    made_from, codebook = fitted.made_from, survey.codebook
    if not codebook.offers_vouchers_for(made_from.outcome):
        return None
    minimum = survey.settings.disclosure.minimum
    return choose_card(answers_of(made_from), askable(made_from, codebook), minimum)


def evaluate_fitted(fitted: Fitted, breakdown: Breakdown, settings: Settings) -> Evaluation:
    """Measure how good a model is, by what may be shown."""
    made_from = fitted.made_from
    evaluation = evaluate(
        fitted.predictions,
        made_from.units,
        breakdown.among(made_from.known),
        settings.evaluation.at_least(settings.disclosure.minimum, "minimum_group"),
        settings.seed,
    )
    unanimity, constant = settings.disclosure.unanimity, is_constant(fitted.selection.champion)
    return protect_evaluation(evaluation, breakdown.units, unanimity, is_constant=constant)


def explain_fitted(
    fitted: Fitted, contributions: Contributions, breakdown: Breakdown, survey: TrainingSurvey
) -> Drivers:
    """Summarise what drives a model, by what may be shown."""
    task, made_from = fitted.made_from.task, fitted.made_from
    settings, codebook = survey.settings, survey.codebook
    about = task.frame, task.schema, task.weight, task.folds
    refits = refit_importance(fitted.selection.fold_models, *about)
    # Models of all differ by a fold of the sample only, which tells too little of other draws.
    sampled = fitted.sampled
    apart = refits if sampled is None else refit_importance(sampled.compared.fold_models, *about)
    champion, design, seed = fitted.selection.champion, fitted.predictions.design, settings.seed
    own = settings.drivers.at_least(settings.disclosure.minimum, "minimum_mark")
    groups = breakdown.among(made_from.known)
    contributed = Contributed(contributions, task.frame, task.schema, champion.trees)
    return replace(
        profile(contributed, design, groups, own, seed, apart),
        gaps=explain_gaps(contributed, audited(groups, codebook), design, own, seed),
        earned=measure_earnings(refits, task, own.bootstraps, seed),
        games=compare_games(champion, task.frame, task.schema, task.weight),
        withheld=breakdown.withheld,
    )


def audited(groups: dict[str, pd.Series], codebook: Codebook) -> dict[str, pd.Series]:
    """Give those of groups that are of audit attributes."""
    audit = {column.name for column in codebook.with_role("audit")}
    return {name: group for name, group in groups.items() if name in audit}


def learn_fitted(fitted: Fitted, evaluation: Evaluation, tell: Tell) -> pd.DataFrame | None:
    """Tell whether more responses would help, by what may be shown; not of the same risk for all.

    Parameters
    ----------
    evaluation : which says in which step a loss may be told
    """
    selection, task, beyond = fitted.selection, fitted.made_from.task, None
    if is_constant(selection.champion):
        return None
    drawn, sampled = fitted.made_from.drawn, fitted.sampled
    if drawn is not None and sampled is not None:
        # All points have the calibrator that is in use.
        selection = replace(sampled.compared, champion=selection.champion)
        rows = np.mean([len(drawn.whole.without(test)) for _, test in task.folds])
        units = len(np.unique(drawn.whole.apart))
        beyond = Beyond(units, int(rows), sampled.risk)
    curve = learn_curve(selection, task, tell, beyond)
    return protect_curve(curve, curve["log_loss"].iloc[-1], evaluation.loss_steps["log_loss"])


def tell_sample(fitted: Fitted) -> Message | None:
    """Say what sample candidates were compared on, and what it costs; None where there is none."""
    task, drawn, sampled = fitted.made_from.task, fitted.made_from.drawn, fitted.sampled
    if drawn is None or sampled is None:
        return None
    own = sampled.compared.out_of_fold[sampled.compared.champion.kind]
    rivals = Rivals(task.values, sampled.risk, own, task.design)
    cost = protect_cost(sampled.cost, rivals)
    rows = {"compared": task.values, "fitted": drawn.whole.values}
    return Message(
        "review.sampled" if drawn.is_whole else "review.sampled_persons",
        {
            **{name: band(len(own))[0] for name, own in rows.items()},
            "known": band(drawn.known)[0],
            "units": len(np.unique(task.design.cluster)),
            "cost": cost.value,
            "low": cost.low,
            "high": cost.high,
        },
    )


def curve_points(review: TrainingReview) -> pd.DataFrame:
    """Give tuning and learning as points of curves: name, step and value."""
    tuning = review.selection.tuning
    place = tuning.groupby("candidate").cumcount()
    names = "tuning." + tuning["candidate"].astype("str") + ".log_loss"
    points = [pd.DataFrame({"name": names, "step": place, "value": tuning["log_loss"]})]
    if review.learning is not None:
        told = {"step": review.learning["rows"], "value": review.learning["log_loss"]}
        points.append(pd.DataFrame(told).assign(name="learning.log_loss"))
    return pd.concat(points, ignore_index=True)


def tell_apart(fitted: Fitted, codebook: Codebook) -> Message:
    """Say what figures of quality are of: which units, or people, were not trained on."""
    apart = fitted.made_from.apart
    if apart == codebook.units.cluster:
        return Message("review.quality")
    if apart == PERSON:
        return Message("review.quality_persons")
    return Message("review.quality_below", {"level": codebook.columns[apart].label})


def findings_of_training(
    survey: TrainingSurvey, fitted: Fitted, evaluation: Evaluation, drivers: Drivers
) -> tuple[Finding, ...]:
    """Check a model and its survey: what a reviewer must know before anything else."""
    told = tell_apart(fitted, survey.codebook)
    found = [
        *([] if told == Message("review.quality") else [told]),
        *check_model(fitted, evaluation, drivers, survey.intake.held, survey.codebook),
        *check_scales(survey.reliability, survey.codebook),
        *check_survey(survey.intake),
    ]
    return find(found, survey.settings.checks.silenced)


def review_page(survey: TrainingSurvey, review: TrainingReview) -> Review:
    """Draw what drives a risk, and gather what the page of a training tells."""
    subject = Subject(survey.codebook, review.outcome, survey.settings.language)
    return Review(
        subject=subject,
        intake=survey.intake,
        drivers=review.drivers,
        pictures={
            **draw_review(review.drivers, review.evaluation, subject),
            **draw_tuning(review.selection.tuning, review.learning, subject),
        },
        warnings=review.warnings,
        findings=review.findings,
        provenance=review.origin,
        settings=survey.settings,
        evaluation=review.evaluation,
        selection=review.selection,
        reliability=survey.reliability,
        card=review.card,
        measured_on=review.measured_on,
        learning=review.learning,
        sampled=review.sampled,
    )


def review_files(survey: TrainingSurvey, review: TrainingReview, page: Review) -> dict[str, bytes]:
    """Give the pictures, tables and page of a training."""
    edge, card = page.edge, review.card
    of_card: dict[str, bytes] = {}
    if card is not None:
        about = CardPage(card, survey.codebook, review.outcome, survey.settings)
        of_card = card_files(about)
    return {
        **of_card,
        **picture_files(page.pictures),
        **driver_tables(page.drivers, edge),
        **section_files(page.drivers, edge),
        **training_tables(review.selection, review.evaluation, survey.reliability, edge),
        **curve_tables(review.selection, review.learning, edge),
        "review.html": render_review(page),
    }


def skill_of(fitted: Fitted, settings: Settings) -> dict[str, float | None]:
    """Give which share of the log loss of the share of everyone a model takes away."""
    draws, folds = settings.evaluation.bootstraps, fitted.made_from.task.folds
    skill = measure_skill(fitted.predictions, folds, draws, settings.seed)
    return {name: plain(value) for name, value in skill.items()}


def metrics_of(
    selection: Selection,
    evaluation: Evaluation,
    contributions: Contributions,
    skill: dict[str, float | None],
    sampled: Message | None,
) -> dict[str, Any]:
    """Give the measures of a training as plain values; of a sample too, where there was one."""
    return {
        **({} if sampled is None else {"sample": {k: plain(v) for k, v in sampled.values.items()}}),
        **to_metrics(evaluation),
        "skill": skill,
        "candidates": dict(zip(selection.scores.index, plain_rows(selection.scores), strict=True)),
        "champion": selection.champion.kind,
        "price_of_simplicity": selection.price,
        "calibration": {
            "is_calibrated": bool(selection.scores["is_calibrated"].loc[selection.champion.kind]),
            "verdict": evaluation.verdict or "holds",
        },
        "contributions": {"largest_gap": max(contributions.largest_gap, _ROUNDING)},
    }


def learn(
    survey: TrainingSurvey,
    fitted: Fitted,
    breakdown: Breakdown,
    metrics: dict[str, Any],
    identified: tuple[str, dict[str, Any]],
    review: TrainingReview,
) -> Learnt:
    """Gather what a training leaves for those who use its model.

    Parameters
    ----------
    identified : keyed hash of the survey, and those of its organisations
    """
    settings, task = survey.settings, fitted.made_from.task
    return Learnt(
        fitted.selection.champion,
        survey.codebook,
        survey.codebook_text,
        settings,
        metrics,
        learn_reference(task.frame, task.schema, task.weight, settings.features.minimum_level),
        learn_unit_effects(breakdown, fitted, settings),
        identified[0],
        None if review.card is None else review.card.card,
        identified[1],
        fitted.made_from.apart,
        check_json(review.findings),
    )
