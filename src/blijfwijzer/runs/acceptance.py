"""What a release measures of the thresholds that were fixed before it, and what it says of that.

Each value is read from a table that passed the gate, or from a model's folder, so that page and
judgement cannot disagree.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from blijfwijzer.governance.acceptance import Accepted, Judgement, require_accepted
from blijfwijzer.governance.document import Acceptance
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pages.page_table import tidy
from blijfwijzer.records.model_choice import ModelChoice
from blijfwijzer.release.permit import Permit
from blijfwijzer.survey.texts import Message, Quantity, say
from blijfwijzer.vouchers.power import Power

_PERCENT = 100
Told = dict[str, Any]
"""What the record of a release tells of acceptance."""


def judge_scores(
    report: Chapter, models: Mapping[str, ModelChoice], permit: Permit
) -> tuple[Chapter, Told]:
    """Judge the models of a release, and say so in its report; nothing where nothing was settled.

    Parameters
    ----------
    models : outcome to its model
    """
    if permit.governance is None:
        return report, {}
    fixed = permit.governance.acceptance
    judged = [Judgement("order", "", float(not permit.is_in_time), 0.0)]
    for target, label in report.targets:
        slope = models[target].stored.metrics["overall"].get("calibration_slope", {}).get("value")
        off = None if slope is None or pd.isna(slope) else round(abs(float(slope) - 1), 2)
        judged.append(Judgement("calibration", report.in_words(label), off, fixed.slope_error))
    return _say(report, judged), {"acceptance": [one.told for one in judged]}


def judge_division(
    report: Chapter, power: Power | None, permit: Permit, accepted: Accepted
) -> tuple[Chapter, Told]:
    """Judge a division by the thresholds of its release, and say so first in its report.

    Parameters
    ----------
    report : with the division, and whom it helps and misses where that is known
    power : of its lottery, if there is one
    permit : of the release, with how its models were judged

    Raises
    ------
    AcceptanceError
        Thresholds are not met, and nobody accepts it.
    """
    if permit.governance is None:
        return report, {}
    fixed = permit.governance.acceptance
    judged = [
        *permit.judged,
        Judgement("power", "", None if power is None else power.power, fixed.power),
        Judgement("exclusion", "", _missed(report), fixed.exclusion),
        _judge_gaps(report, fixed),
    ]
    require_accepted(judged, accepted)
    report = _say(replace(report, marks=tuple(permit.marks)), judged)
    told: Told = {"acceptance": [one.told for one in judged]}
    if any(one.is_met is False for one in judged):
        by, why = tidy(accepted.by), tidy(accepted.why)
        report = replace(report, marks=(*report.marks, say("mark.accepted", by=by, why=why)))
        told["accepted"] = {"by": accepted.by, "why": accepted.why}
    return report, told


def _missed(report: Chapter) -> float | None:
    """Give the share of people in need who are offered nothing: as counted, or as estimated."""
    if report.has("reach"):
        rows = report.rows("reach")
        known = pd.to_numeric(rows["missed"], errors="coerce").iloc[:1].dropna()
    else:
        known = pd.to_numeric(report.rows("proposal")["exclusion"], errors="coerce").dropna()
    return None if known.empty else float(known.iloc[0]) / _PERCENT


def _judge_gaps(report: Chapter, fixed: Acceptance) -> Judgement:
    """Judge by how much people of an attribute differ: the attribute that differs most."""
    apart = _selected(report) if fixed.fairness == "selected" else _surely_missed(report)
    apart = apart.dropna().sort_values(ascending=False, kind="stable")
    about, value = ("", None) if apart.empty else (tidy(apart.index[0]), float(apart.iloc[0]))
    return Judgement(fixed.fairness, about, value, fixed.fairness_margin)


def _surely_missed(report: Chapter) -> "pd.Series[float]":
    """Give by attribute by how much some are surely missed more often: by offers, or by flags."""
    name = "reach_gaps" if report.has("reach_gaps") else "gaps"
    rows = report.rows(name) if report.has(name) else pd.DataFrame({"attribute": [], "low": []})
    low = pd.to_numeric(rows["low"], errors="coerce") / _PERCENT
    return low.set_axis(rows["attribute"])


def _selected(report: Chapter) -> "pd.Series[float]":
    """Give by attribute how far the shares of people who are offered something lie apart."""
    name = "reach" if report.has("reach") else "fairness"
    rows = report.rows(name) if report.has(name) else pd.DataFrame()
    if rows.empty:
        return pd.Series(dtype=float)
    share = pd.to_numeric(rows["selection"], errors="coerce") / _PERCENT
    by = share.groupby(rows["attribute"].to_numpy())
    return (by.max() - by.min())[by.count() > 1]


def _say(report: Chapter, judged: Sequence[Judgement]) -> Chapter:
    """Say first what is not met, and the rest where figures are explained."""
    unmet = tuple(_sentence(one) for one in judged if one.is_met is False)
    others = tuple(_others(judged))
    notes = {**report.notes, "method": others} if others else report.notes
    return replace(report, marks=(*report.marks, *unmet), notes=notes)


def _others(judged: Sequence[Judgement]) -> Iterator[Message]:
    for one in judged:
        if one.is_met is not False and one.criterion != "order":
            yield _sentence(one)


def _sentence(one: Judgement) -> Message:
    if one.criterion == "order":
        return say("acceptance.late")
    kind = "ratio" if one.criterion == "calibration" else "percent"
    scale = 1 if kind == "ratio" else _PERCENT
    side = "acceptance.least" if one.criterion == "power" else "acceptance.most"
    bound = say(side, bound=Quantity(one.bound * scale, kind))
    what = say(id_of("criterion", one.criterion), about=one.about or say("criterion.any"))
    if one.value is None:
        return say("acceptance.unknown", what=what, bound=bound)
    name = "acceptance.met" if one.is_met else "acceptance.unmet"
    return say(name, what=what, value=Quantity(one.value * scale, kind), bound=bound)
