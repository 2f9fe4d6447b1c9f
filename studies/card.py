"""How much of the model a self-check keeps: `python -m studies.card [public surveys]`."""

import sys
import tempfile
from pathlib import Path

import numpy as np

from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.risk.card import Judged, answers_of, askable, choose_card, judge
from blijfwijzer.risk.features import build_features
from blijfwijzer.risk.metrics import measure, rank
from blijfwijzer.risk.model import predict_risk
from blijfwijzer.risk.training import TrainingSet, fit, prepare
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import Intake, read_survey
from blijfwijzer.survey.rule_truth import label
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey

_TARGET = "achterblijver"
_MINIMUM = 10
_ROWS = 4_000
"""Respondents of each built-in wave."""
_SETTINGS = Settings()
_QUICK = _SETTINGS.model_copy(
    update={"model": _SETTINGS.model.model_copy(update={"candidates": ("prevalence", "logistic")})}
)
"""A regression over all items, one of the candidates of `train`, and the fastest."""


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
        "those from the cut on, and of all. Goal: an AUC at most .03 below the model's.\n\n"
        "| survey | AUC of the model | of the card | difference | from the cut on | in need |\n"
        "|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _built_in(tell: Tell) -> str:
    codebook = load_codebook(CODEBOOK)
    tell("card: built-in survey")
    first, later = (_read_built_in(codebook, wave) for wave in (2019, 2022))
    made_from = _prepare(first, codebook)
    champion = fit(made_from, tell).selection.champion
    chosen = choose_card(answers_of(made_from), askable(made_from, codebook), _MINIMUM)
    scales = score_scales(later.responses, codebook)
    frame = build_features(later.responses, scales, made_from.task.schema).frame
    outcome = codebook.outcomes[_TARGET]
    told = label(later.responses, scales, codebook, outcome, made_from.task.thresholds)
    known = told.values.notna().to_numpy()
    values = told.values.to_numpy(dtype=float)[known]
    weight = later.responses["weight"].to_numpy(dtype=float)[known]
    if chosen is None:
        return "| built-in 2022 | too few questions | | | | |"
    points = chosen.card.points(frame)[known]
    judged = judge(points, points >= chosen.card.cut, values, weight)
    return _row("built-in 2022", predict_risk(champion, frame)[known], judged)


def _piaac(file: Path, tell: Tell) -> str:
    codebook = load_codebook("piaac")
    tell("card: PIAAC")
    made_from = _prepare(read_survey(file, codebook, _SETTINGS.intake), codebook)
    risk = fit(made_from, tell).risk
    chosen = choose_card(answers_of(made_from), askable(made_from, codebook), _MINIMUM)
    if chosen is None:
        return "| PIAAC | too few questions | | | | |"
    return _row("PIAAC, countries apart", risk, chosen.apart)


def _row(survey: str, risk: Array, judged: Judged) -> str:
    ranked = rank(judged.values, risk)
    model = measure(ranked, judged.weight[ranked.order], ("roc_auc",))["roc_auc"]
    share = np.average(judged.reached, weights=judged.weight)
    in_need, all_in_need = judged.in_need(judged.reached), judged.in_need(judged.everyone)
    return (
        f"| {survey} | {model:.3f} | {judged.auc:.3f} | {model - judged.auc:.3f} | {share:.0%} | "
        f"{in_need:.0%} of {all_in_need:.0%} |"
    )


def _prepare(intake: Intake, codebook: Codebook) -> TrainingSet:
    scales = score_scales(intake.responses, codebook)
    outcome = codebook.outcomes[_TARGET]
    return prepare(intake.responses, scales, codebook, outcome, _QUICK)


def _read_built_in(codebook: Codebook, wave: int) -> Intake:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wave.parquet"
        write_survey(make_survey(_ROWS, 2019, wave).responses, codebook, path)
        return read_survey(path, codebook, _SETTINGS.intake)


if __name__ == "__main__":
    with show_progress() as tell:
        text = card_text(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"), tell)
    print(text)
