"""How much of the model a self-check keeps; alone: `python -m studies.card [public surveys]`."""

import sys
import tempfile
from pathlib import Path

import numpy as np

from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.risk.card import Answers, Card, choose_card
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.metrics import measure, rank
from blijfwijzer.risk.model import predict_risk
from blijfwijzer.risk.training import TrainingSet, fit, prepare
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Codebook, Column, load_codebook
from blijfwijzer.survey.intake import Intake, read_survey
from blijfwijzer.survey.rule_truth import label
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey

_TARGET = "achterblijver"
_MINIMUM = 10
_SETTINGS = Settings()
_QUICK = _SETTINGS.model_copy(
    update={"model": _SETTINGS.model.model_copy(update={"candidates": ("prevalence", "logistic")})}
)
"""A regression over all items: fast, and within .01 of the AUC of what `train` chooses."""


def card_text(data: Path, tell: Tell) -> str:
    """Choose a card on one wave or on some countries, and judge it on others.

    Parameters
    ----------
    data : folder with the public surveys; PIAAC is left out, and said, when absent
    """
    rows = [_built_in(tell)]
    file = data / "piaac_public_employees.csv.gz"
    rows.append(_piaac(file, tell) if file.exists() else "| PIAAC | absent | | | | |")
    return (
        "## Self-check card\n\nSeven or eight questions with whole points; in need: the share of "
        "those from the cut on. Goal: an AUC at most .03 below the model's.\n\n"
        "| survey | AUC of the model | of the card | difference | from the cut on | in need |\n"
        "|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _built_in(tell: Tell) -> str:
    codebook = load_codebook(CODEBOOK)
    tell("card: built-in survey")
    first, later = (_read_built_in(codebook, wave) for wave in (2019, 2022))
    made_from = _prepare(first, codebook)
    champion = fit(made_from, tell).selection.champion
    card = choose_card(answers_of(made_from), _askable(made_from, codebook), _MINIMUM)
    scales = score_scales(later.responses, codebook)
    frame = build_features(later.responses, scales, made_from.task.schema).frame
    outcome = codebook.outcomes[_TARGET]
    told = label(later.responses, scales, codebook, outcome, made_from.task.thresholds)
    known = told.values.notna().to_numpy()
    values = told.values.to_numpy(dtype=float)[known]
    weight = later.responses["weight"].to_numpy(dtype=float)[known]
    points = card.points(frame)[known]
    risk = predict_risk(champion, frame)[known]
    return _row(
        "built-in 2022", (risk, points.astype(np.float64)), points >= card.cut, values, weight
    )


def _piaac(file: Path, tell: Tell) -> str:
    codebook = load_codebook("piaac")
    tell("card: PIAAC")
    made_from = _prepare(read_survey(file, codebook, _SETTINGS.intake), codebook)
    risk, task = fit(made_from, tell).risk, made_from.task
    answers, asked = answers_of(made_from), _askable(made_from, codebook)
    points, reached = np.zeros(len(task.values)), np.zeros(len(task.values), dtype=bool)
    for fold in np.unique(answers.folds):
        out = answers.folds == fold
        card: Card = choose_card(answers.take(~out), asked, _MINIMUM)
        points[out] = card.points(task.frame)[out]
        reached[out] = points[out] >= card.cut
    return _row("PIAAC, countries apart", (risk, points), reached, task.values, task.weight)


def _row(
    survey: str, scores: tuple[Array, Array], reached: Mask, values: Array, weight: Array
) -> str:
    model, card = (
        measure(rank(values, np.asarray(score, dtype=np.float64)), weight, ("roc_auc",))["roc_auc"]
        for score in scores
    )
    share = np.average(reached, weights=weight)
    in_need = np.average(values[reached], weights=weight[reached])
    gap = model - card
    return f"| {survey} | {model:.3f} | {card:.3f} | {gap:.3f} | {share:.0%} | {in_need:.0%} |"


def answers_of(made_from: TrainingSet) -> Answers:
    """Give what a card is chosen from: the responses of a training, its folds of whole units."""
    task = made_from.task
    folds: Codes = np.zeros(len(task.values), dtype=np.intp)
    for number, fold in enumerate(task.folds):
        folds[fold[1]] = number
    return Answers(task.frame, task.values, task.weight, folds)


def _askable(made_from: TrainingSet, codebook: Codebook) -> list[Column]:
    names = [feature.name for feature in made_from.task.schema.features]
    return [codebook.columns[name] for name in names if name in codebook.columns]


def _prepare(intake: Intake, codebook: Codebook) -> TrainingSet:
    scales = score_scales(intake.responses, codebook)
    outcome = codebook.outcomes[_TARGET]
    return prepare(intake.responses, scales, codebook, outcome, _QUICK)


def _read_built_in(codebook: Codebook, wave: int) -> Intake:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wave.parquet"
        write_survey(make_survey(40_000, 2019, wave).responses, codebook, path)
        return read_survey(path, codebook, _SETTINGS.intake)


if __name__ == "__main__":
    with show_progress() as tell:
        text = card_text(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"), tell)
    print(text)
