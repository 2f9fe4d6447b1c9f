"""Pictures of how good a risk is: calibration, ROC, precision and lift."""

import numpy as np

from blijfwijzer.drivers.canvas import BLUE, GREY, ORANGE, Picture, canvas, note
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
    is_dutch = language == "nl"
    what = "komen voorspelling en antwoord overeen?" if is_dutch else "do risks match answers?"
    title = f"{outcome.label.in_(language)}: {what}"
    with canvas(6.5, 6.2, title, note(outcome, language)) as (figure, (axes,)):
        top = min(1.0, 1.1 * float(max(bins["high"].max(), bins["predicted"].max())))
        axes.plot([0, top], [0, top], "--", color=GREY, linewidth=1)
        error = np.abs(np.stack([bins["low"] - bins["observed"], bins["high"] - bins["observed"]]))
        axes.errorbar(
            bins["predicted"], bins["observed"], yerr=error, fmt="o", color=BLUE, capsize=3
        )
        axes.set(xlim=(0, top), ylim=(0, top), aspect="equal")
        axes.set_xlabel("voorspeld aandeel" if is_dutch else "predicted share")
        axes.set_ylabel("aandeel in de antwoorden" if is_dutch else "share in the answers")
        slope = evaluation.overall.loc["calibration_slope"]
        told = "helling" if is_dutch else "slope"
        axes.text(
            0.04 * top,
            0.93 * top,
            f"{told} {slope['value']:.2f} ({slope['low']:.2f}-{slope['high']:.2f})\n"
            f"ECE {evaluation.overall['value'].loc['ece']:.3f}",
            va="top",
        )
    alt = (
        f"{len(bins)} punten; helling {slope['value']:.2f}, een volmaakt model heeft 1."
        if is_dutch
        else f"{len(bins)} points; slope {slope['value']:.2f}, a perfect model has 1."
    )
    return Picture(figure, alt)


def _curves(evaluation: Evaluation, outcome: Outcome, language: Language) -> Picture:
    curves, overall = evaluation.curves, evaluation.overall["value"]
    is_dutch = language == "nl"
    what = "wie wordt gevonden?" if is_dutch else "who is found?"
    title = f"{outcome.label.in_(language)}: {what}"
    with canvas(13, 4.6, title, note(outcome, language), 1, 3) as (figure, axes):
        roc, precision, lift = axes
        roc.plot(curves["false_alarms"], curves["recall"], color=BLUE)
        roc.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1)
        roc.set_title(f"ROC (AUC {overall['roc_auc']:.3f})")
        roc.set_xlabel("vals alarm" if is_dutch else "false alarms")
        roc.set_ylabel("gevonden" if is_dutch else "recall")
        told = curves[curves["selected"] > 0]
        precision.plot(told["recall"], told["precision"], color=BLUE)
        precision.axhline(evaluation.prevalence, linestyle="--", color=GREY, linewidth=1)
        name = "precisie" if is_dutch else "precision"
        precision.set_title(f"{name.capitalize()} (AP {overall['average_precision']:.3f})")
        precision.set(xlabel="gevonden" if is_dutch else "recall", ylabel=name, ylim=(0, 1.02))
        lift.plot(told["selected"], told["recall"] / told["selected"], color=ORANGE)
        lift.axhline(1, linestyle="--", color=GREY, linewidth=1)
        lift.set_title(f"Lift ({overall['lift_at_10']:.1f} {'bij' if is_dutch else 'at'} 10 %)")
        lift.set_xlabel("aandeel mensen gekozen" if is_dutch else "share of people selected")
        lift.set_ylabel("maal zo vaak als gemiddeld" if is_dutch else "times the average rate")
        lift.set_ylim(bottom=0)
    alt = (
        f"AUC {overall['roc_auc']:.3f}, gemiddelde precisie {overall['average_precision']:.3f}, "
        f"lift {overall['lift_at_10']:.1f} bij 10 %."
    )
    return Picture(figure, alt)
