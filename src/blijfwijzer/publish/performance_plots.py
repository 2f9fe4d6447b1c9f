"""Pictures of how good a risk is: calibration, ROC, precision and lift."""

import numpy as np

from blijfwijzer.publish.canvas import BLUE, GREY, ORANGE, Picture, canvas, note, titled
from blijfwijzer.publish.messages import say
from blijfwijzer.risk.evaluation import Evaluation
from blijfwijzer.survey.codebook import Language, Outcome


def draw_performance(
    evaluation: Evaluation, outcome: Outcome, language: Language
) -> dict[str, Picture]:
    """Draw calibration and the curves of discrimination, from binned tables.

    Returns
    -------
    Name of the file, without suffix, to the picture.
    """
    return {
        "calibration": _calibration(evaluation, outcome, language),
        "curves": _curves(evaluation, outcome, language),
    }


def _calibration(evaluation: Evaluation, outcome: Outcome, language: Language) -> Picture:
    bins = evaluation.calibration
    title = titled(say("plot.calibration", language), outcome, language)
    with canvas(6.5, 6.2, title, note(outcome, language)) as (figure, (axes,)):
        top = min(1.0, 1.1 * float(max(bins["high"].max(), bins["predicted"].max())))
        axes.plot([0, top], [0, top], "--", color=GREY, linewidth=1)
        error = np.abs(np.stack([bins["low"] - bins["observed"], bins["high"] - bins["observed"]]))
        axes.errorbar(
            bins["predicted"], bins["observed"], yerr=error, fmt="o", color=BLUE, capsize=3
        )
        axes.set(xlim=(0, top), ylim=(0, top), aspect="equal")
        axes.set_xlabel(say("plot.predicted_share", language))
        axes.set_ylabel(say("plot.observed_share", language))
        ends = evaluation.overall.loc[["calibration_slope"], ["value", "low", "high"]]
        slope, low, high = map(float, ends.to_numpy(dtype=float)[0])
        ece = evaluation.overall["value"].to_dict()["ece"]
        told = say("plot.calibrated", language, value=slope, low=low, high=high, ece=ece)
        axes.text(0.04 * top, 0.93 * top, told, va="top")
    alt = say("plot.alt.calibration", language, points=len(bins), slope=slope)
    return Picture(figure, alt)


def _curves(evaluation: Evaluation, outcome: Outcome, language: Language) -> Picture:
    curves, overall = evaluation.curves, evaluation.overall["value"]
    auc, precise, lifted = (
        float(overall[name]) for name in ("roc_auc", "average_precision", "lift_at_10")
    )
    title = titled(say("plot.curves", language), outcome, language)
    with canvas(13, 4.6, title, note(outcome, language), 1, 3) as (figure, axes):
        roc, precision, lift = axes
        roc.plot(curves["false_alarms"], curves["recall"], color=BLUE)
        roc.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1)
        roc.set_title(say("plot.roc", language, auc=auc))
        roc.set_xlabel(say("plot.false_alarms", language))
        roc.set_ylabel(say("plot.recall", language))
        told = curves[curves["selected"] > 0]
        precision.plot(told["recall"], told["precision"], color=BLUE)
        precision.axhline(evaluation.prevalence, linestyle="--", color=GREY, linewidth=1)
        precision.set_title(say("plot.average_precision", language, average=precise))
        precision.set_xlabel(say("plot.recall", language))
        precision.set(ylabel=say("plot.precision", language), ylim=(0, 1.02))
        lift.plot(told["selected"], told["recall"] / told["selected"], color=ORANGE)
        lift.axhline(1, linestyle="--", color=GREY, linewidth=1)
        lift.set_title(say("plot.lift", language, lift=lifted))
        lift.set_xlabel(say("plot.selected", language))
        lift.set_ylabel(say("plot.times", language))
        lift.set_ylim(bottom=0)
    alt = say("plot.alt.curves", language, auc=auc, average=precise, lift=lifted)
    return Picture(figure, alt)
