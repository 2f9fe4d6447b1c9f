"""Pictures of how good a risk is: calibration, ROC, precision and lift."""

import numpy as np
import pandas as pd

from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pictures.canvas import BLUE, GREY, ORANGE, Picture, Subject
from blijfwijzer.risk.evaluation import Evaluation

TUNING = "tuning"
_LINES = ("o-", "s--", "^-.", "v:", "x-")


def draw_performance(evaluation: Evaluation, subject: Subject) -> dict[str, Picture]:
    """Draw calibration and the curves of discrimination, from binned tables.

    Returns
    -------
    Name of the file, without suffix, to the picture.
    """
    return {
        "calibration": _calibration(evaluation, subject),
        "curves": _curves(evaluation, subject),
    }


def draw_tuning(
    tuning: pd.DataFrame, learning: pd.DataFrame | None, subject: Subject
) -> dict[str, Picture]:
    """Draw how candidates did as they were set, and whether more responses would help.

    Parameters
    ----------
    tuning, learning : as they may be shown
    """
    tried = {str(name): rows for name, rows in tuning.groupby("candidate", sort=False)}
    several = {name: rows for name, rows in tried.items() if len(rows) > 1}
    with subject.canvas(11, 4.4, "plot.tuning", 1, 2) as (figure, (left, right)):
        for (name, rows), look in zip(several.items(), _LINES, strict=False):
            label = subject.say(id_of("candidate", name))
            places = np.arange(1, len(rows) + 1)
            left.plot(places, rows["log_loss"], look, label=label)
            chosen = rows["is_chosen"].to_numpy()
            left.plot(places[chosen], rows["log_loss"][chosen], "kD", markersize=7, zorder=0)
        left.set_xticks(range(1, max((len(rows) for rows in several.values()), default=1) + 1))
        left.set_xlabel(subject.say("plot.settings"))
        left.set_ylabel(subject.say("plot.log_loss"))
        left.set_title(subject.say("plot.tried"))
        if several:
            left.legend(frameon=False, fontsize=8)
        right.set_visible(learning is not None)
        if learning is not None:
            right.plot(learning["rows"], learning["log_loss"], "o-", color=BLUE)
            right.set(xlim=(0, None))
            right.set_xlabel(subject.say("plot.learnt_on"))
            right.set_ylabel(subject.say("plot.log_loss"))
            right.set_title(subject.say("plot.learning"))
            ends = [side.get_ylim() for side in (left, right) if side.lines]
            for side in (left, right):
                side.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))
    return {TUNING: Picture(figure, _say_learning(learning, subject))}


def _say_learning(learning: pd.DataFrame | None, subject: Subject) -> str:
    if learning is None:
        return subject.say("plot.alt.tuning")
    above = learning.set_index("share")["above"]
    return subject.say("plot.alt.learning", above=float(above[0.5] - above[1.0]))


def _calibration(evaluation: Evaluation, subject: Subject) -> Picture:
    bins = evaluation.calibration
    with subject.canvas(6.5, 6.2, "plot.calibration", n=evaluation.rows) as (figure, (axes,)):
        top = min(1.0, 1.1 * float(max(bins["high"].max(), bins["predicted"].max())))
        axes.plot([0, top], [0, top], "--", color=GREY, linewidth=1)
        error = np.abs(np.stack([bins["low"] - bins["observed"], bins["high"] - bins["observed"]]))
        axes.errorbar(
            bins["predicted"], bins["observed"], yerr=error, fmt="o", color=BLUE, capsize=3
        )
        axes.set(xlim=(0, top), ylim=(0, top), aspect="equal")
        axes.set_xlabel(subject.say("plot.predicted_share"))
        axes.set_ylabel(subject.say("plot.observed_share"))
        ends = evaluation.overall.loc[["calibration_slope"], ["value", "low", "high"]]
        slope, low, high = map(float, ends.to_numpy(dtype=float)[0])
        ece = evaluation.overall["value"].to_dict()["ece"]
        told = subject.say("plot.calibrated", value=slope, low=low, high=high, ece=ece)
        axes.text(0.04 * top, 0.93 * top, told, va="top")
    alt = subject.say("plot.alt.calibration", points=len(bins), slope=slope)
    return Picture(figure, alt)


def _curves(evaluation: Evaluation, subject: Subject) -> Picture:
    curves, overall = evaluation.curves, evaluation.overall["value"]
    auc, precise, lifted = (
        float(overall[name]) for name in ("roc_auc", "average_precision", "lift_at_10")
    )
    canvas = subject.canvas(13, 4.6, "plot.curves", 1, 3, n=evaluation.rows)
    with canvas as (figure, axes):
        roc, precision, lift = axes
        roc.plot(curves["false_alarms"], curves["recall"], color=BLUE)
        roc.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1)
        roc.set_title(subject.say("plot.roc", auc=auc))
        roc.set_xlabel(subject.say("plot.false_alarms"))
        roc.set_ylabel(subject.say("plot.recall"))
        told = curves[curves["selected"] > 0]
        precision.plot(told["recall"], told["precision"], color=BLUE)
        precision.axhline(evaluation.prevalence, linestyle="--", color=GREY, linewidth=1)
        precision.set_title(subject.say("plot.average_precision", average=precise))
        precision.set_xlabel(subject.say("plot.recall"))
        precision.set(ylabel=subject.say("plot.precision"), ylim=(0, 1.02))
        # Shares are rounded: two points of one share would be drawn as a jump.
        found = told.groupby("selected")["recall"].mean()
        lift.plot(found.index, found / found.index, color=ORANGE)
        lift.axhline(1, linestyle="--", color=GREY, linewidth=1)
        lift.set_title(subject.say("plot.lift", lift=lifted))
        lift.set_xlabel(subject.say("plot.selected"))
        lift.set_ylabel(subject.say("plot.times"))
        lift.set_ylim(bottom=0)
    alt = subject.say("plot.alt.curves", auc=auc, average=precise, lift=lifted)
    return Picture(figure, alt)
