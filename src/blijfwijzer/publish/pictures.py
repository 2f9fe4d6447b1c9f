"""Tables of the report as pictures, each with the finding that it shows in words."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from blijfwijzer.publish.blocks import tidy
from blijfwijzer.publish.charts import (
    BarRow,
    DotRow,
    Frame,
    Mark,
    Shape,
    bar_chart,
    interval_chart,
)
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.texts import Kind, number, show, show_interval
from blijfwijzer.survey.codebook import Language

PICTURED_ROWS = 40
"""Groups in one picture."""
PICTURED_BARS = 10
"""Drivers in one picture."""


def picture_rates(rates: pd.DataFrame, caption: str, key: str, language: Language) -> Markup:
    """Draw rates with their intervals.

    Parameters
    ----------
    rates : one row per sector: label, rate, low, high
    """
    finding = _range_of(rates, "rate", caption, language)
    return interval_chart(
        [
            DotRow(row["label"], _told(row, "rate", language), _marks(row, "dot"))
            for row in rates.to_dict("records")
        ],
        Frame(key, caption, finding, say("unit.percent", language), language),
        [("dot", say("legend.estimate", language))],
    )


def picture_flags(flagged: pd.DataFrame, caption: str, key: str, language: Language) -> Markup:
    """Draw the first groups that stand out, each beside its reference.

    Parameters
    ----------
    flagged : one row per group: label, rate, low, high, reference, verdict
    """
    drawn = flagged.head(PICTURED_ROWS)
    certain = int((drawn["verdict"] == "certain").sum())
    top = _extreme(drawn, "rate")
    finding = say("chart.alt.nothing", language, caption=caption)
    if top is not None:
        finding = say(
            "chart.alt.flagged",
            language,
            caption=caption,
            certain=certain,
            uncertain=len(drawn) - certain,
            top=tidy(top["label"]),
            top_rate=_told(top, "rate", language),
            reference=show(top["reference"], "percent", language),
        )
    legend: tuple[tuple[Shape, str], ...] = (
        ("diamond", "legend.certain"),
        ("ring", "legend.uncertain"),
        ("tick", "legend.reference"),
    )
    return interval_chart(
        [_flag_row(row, language) for row in drawn.to_dict("records")],
        Frame(key, caption, finding, say("unit.percent", language), language),
        [(shape, say(text, language)) for shape, text in legend],
    )


def picture_drivers(drivers: pd.DataFrame, caption: str, key: str, language: Language) -> Markup:
    """Draw what goes with the difference between a group and its reference.

    Parameters
    ----------
    drivers : one row per driver of one group, first ones are drawn: driver, is_changeable,
        contrast, low, high in percentage points
    """
    drawn = drivers.head(PICTURED_BARS)
    sizes = pd.to_numeric(drawn["contrast"], errors="coerce").abs()
    top = _extreme(drawn.assign(size=sizes), "size")
    finding = say("chart.alt.nothing", language, caption=caption)
    if top is not None:
        points = _told(top, "contrast", language, "points")
        finding = say(
            "chart.alt.drivers",
            language,
            caption=caption,
            driver=tidy(top["driver"]),
            points=points,
        )
    bars = [
        BarRow(
            row["driver"],
            _told(row, "contrast", language, "points"),
            number(row["contrast"]),
            number(row["low"]),
            number(row["high"]),
            is_hatched=not row["is_changeable"],
        )
        for row in drawn.to_dict("records")
    ]
    frame = Frame(key, caption, finding, say("unit.points", language), language)
    return bar_chart(bars, frame, say("legend.changeable", language), say("legend.fixed", language))


def picture_alternatives(alternatives: pd.DataFrame, caption: str, language: Language) -> Markup:
    """Draw what this allocation and others are expected to yield.

    Parameters
    ----------
    alternatives : one row per allocation: rule, is_plan, extra
    """
    is_plan = alternatives["is_plan"].astype(bool)
    plan, top = _extreme(alternatives[is_plan], "extra"), _extreme(alternatives[~is_plan], "extra")
    finding = say("chart.alt.nothing", language, caption=caption)
    if top is not None and plan is not None:
        finding = say(
            "chart.alt.bars",
            language,
            caption=caption,
            plan=show(plan["extra"], "decimal", language),
            top=tidy(top["rule"]),
            top_value=show(top["extra"], "decimal", language),
        )
    bars = [
        BarRow(
            row["rule"],
            show(row["extra"], "decimal", language),
            number(row["extra"]),
            is_hatched=not row["is_plan"],
        )
        for row in alternatives.to_dict("records")
    ]
    frame = Frame("alternatives", caption, finding, say("unit.extra", language), language)
    return bar_chart(bars, frame, say("legend.plan", language), say("legend.other", language))


def picture_fairness(
    fairness: pd.DataFrame, caption: str, conclusion: str, key: str, language: Language
) -> Markup:
    """Draw who is selected and who is missed, by the groups of one attribute.

    Parameters
    ----------
    fairness : one row per group: label, selection, missed, low, high; text where it is too small
    conclusion : the finding in one sentence, or empty
    """
    finding = f"{_range_of(fairness, 'missed', caption, language)} {conclusion}".strip()
    dots = []
    for row in fairness.to_dict("records"):
        selection = number(row["selection"])
        marks = () if selection is None else (Mark(selection, "ring"),)
        text = _told(row, "missed", language)
        dots.append(DotRow(row["label"], text, (*marks, *_marks(row, "diamond", "missed"))))
    return interval_chart(
        dots,
        Frame(key, caption, finding, say("unit.percent", language), language),
        [("ring", say("legend.selected", language)), ("diamond", say("legend.missed", language))],
    )


def _flag_row(row: dict[Any, Any], language: Language) -> DotRow:
    reference = number(row["reference"])
    marks = () if reference is None else (Mark(reference, "tick"),)
    shape: Shape = "diamond" if row["verdict"] == "certain" else "ring"
    return DotRow(row["label"], _told(row, "rate", language), (*marks, *_marks(row, shape)))


def _marks(row: dict[Any, Any], shape: Shape, name: str = "rate") -> tuple[Mark, ...]:
    value = number(row[name])
    return () if value is None else (Mark(value, shape, number(row["low"]), number(row["high"])),)


def _told(row: Any, name: str, language: Language, kind: Kind = "percent") -> str:
    return show_interval(row[name], row["low"], row["high"], kind, language)


def _range_of(rows: pd.DataFrame, name: str, caption: str, language: Language) -> str:
    top, bottom = _extreme(rows, name), _extreme(rows, name, is_highest=False)
    if top is None or bottom is None:
        return say("chart.alt.nothing", language, caption=caption)
    return say(
        "chart.alt.range",
        language,
        caption=caption,
        top=tidy(top["label"]),
        top_rate=_told(top, name, language),
        bottom=tidy(bottom["label"]),
        bottom_rate=_told(bottom, name, language),
    )


def _extreme(rows: pd.DataFrame, name: str, is_highest: bool = True) -> "pd.Series[Any] | None":
    """Give the highest or lowest row of those with a number; ties go to the first."""
    known = pd.Series([number(value) for value in rows[name]], dtype=float)
    if known.isna().all():
        return None
    return rows.iloc[int(known.argmax() if is_highest else known.argmin())]
