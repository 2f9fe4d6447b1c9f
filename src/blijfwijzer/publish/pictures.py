"""What is drawn beside the rows of the report's tables, each with its finding in words."""

from typing import Any

import pandas as pd

from blijfwijzer.publish.marks import Drawing, Mark, Shape
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.page import tidy
from blijfwijzer.publish.texts import Kind, number, show, show_interval
from blijfwijzer.survey.codebook import Language

PICTURED_ROWS = 40
"""Rows of one table that are drawn."""
Row = dict[Any, Any]
Legend = tuple[tuple[Shape, str], ...]


def draw_rates(rates: pd.DataFrame, caption: str, language: Language) -> Drawing:
    """Draw rates with their intervals.

    Parameters
    ----------
    rates : one row per sector: label, rate, low, high
    """
    return Drawing(
        find_range(rates, "rate", caption, language),
        say("unit.percent", language),
        tuple(mark_of(row, "rate") for row in rates.to_dict("records")),
        (("dot", say("legend.estimate", language)),),
    )


def draw_flags(flagged: pd.DataFrame, caption: str, language: Language) -> Drawing:
    """Draw the first groups that stand out, each beside its reference.

    Parameters
    ----------
    flagged : one row per group: label, rate, low, high, reference, verdict
    """
    drawn = flagged.head(PICTURED_ROWS)
    certain = int((drawn["verdict"] == "certain").sum())
    top = find_extreme(drawn, "rate")
    finding = say("chart.alt.nothing", language, caption=caption)
    if top is not None:
        finding = say(
            "chart.alt.flagged",
            language,
            caption=caption,
            certain=certain,
            uncertain=len(drawn) - certain,
            top=tidy(top["label"]),
            top_rate=written(top, "rate", "percent", language),
            reference=show(top["reference"], "percent", language),
        )
    legend: Legend = (
        ("diamond", say("legend.certain", language)),
        ("ring", say("legend.uncertain", language)),
        ("tick", say("legend.reference", language)),
    )
    rows = tuple(
        (
            *mark_of(row, "reference", "tick", has_ends=False),
            *mark_of(row, "rate", "diamond" if row["verdict"] == "certain" else "ring"),
        )
        for row in drawn.to_dict("records")
    )
    return Drawing(finding, say("unit.percent", language), rows, legend)


def draw_drivers(drivers: pd.DataFrame, caption: str, language: Language) -> Drawing:
    """Draw what goes with the difference between a group and its reference.

    Parameters
    ----------
    drivers : one row per driver of one group: driver, is_changeable, contrast, low, high in
        percentage points
    """
    # The finding is about what an employer can change.
    changeable = drivers[drivers["is_changeable"].astype(bool)]
    sizes = pd.to_numeric(changeable["contrast"], errors="coerce").abs()
    top = find_extreme(changeable.assign(size=sizes), "size")
    finding = say("chart.alt.nothing", language, caption=caption)
    if top is not None:
        points = written(top, "contrast", "points", language)
        finding = say(
            "chart.alt.drivers",
            language,
            caption=caption,
            driver=tidy(top["driver"]),
            points=points,
        )
    rows = tuple(
        mark_of(row, "contrast", "bar" if row["is_changeable"] else "hatched")
        for row in drivers.to_dict("records")
    )
    legend: Legend = (
        ("bar", say("legend.changeable", language)),
        ("hatched", say("legend.fixed", language)),
    )
    return Drawing(finding, say("unit.points", language), rows, _drawn(legend, rows))


def draw_alternatives(alternatives: pd.DataFrame, caption: str, language: Language) -> Drawing:
    """Draw what this allocation and others are expected to yield.

    Parameters
    ----------
    alternatives : one row per allocation: rule, is_plan, extra
    """
    is_plan = alternatives["is_plan"].astype(bool)
    plan = find_extreme(alternatives[is_plan], "extra")
    top = find_extreme(alternatives[~is_plan], "extra")
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
    rows = tuple(
        mark_of(row, "extra", "bar" if row["is_plan"] else "hatched", has_ends=False)
        for row in alternatives.to_dict("records")
    )
    legend: Legend = (
        ("bar", say("legend.plan", language)),
        ("hatched", say("legend.other", language)),
    )
    return Drawing(finding, say("unit.extra", language), rows, _drawn(legend, rows))


def draw_fairness(
    fairness: pd.DataFrame, caption: str, conclusion: str, language: Language
) -> Drawing:
    """Draw who is selected and who is missed, by the groups of one attribute.

    Parameters
    ----------
    fairness : one row per group: label, selection, missed, low, high; text where it is too small
    conclusion : the finding in one sentence, or empty
    """
    finding = f"{find_range(fairness, 'missed', caption, language)} {conclusion}".strip()
    rows = tuple(
        (
            *mark_of(row, "selection", "ring", has_ends=False),
            *mark_of(row, "missed", "diamond"),
        )
        for row in fairness.to_dict("records")
    )
    legend: Legend = (
        ("ring", say("legend.selected", language)),
        ("diamond", say("legend.missed", language)),
    )
    return Drawing(finding, say("unit.percent", language), rows, legend)


def mark_of(
    row: Row,
    name: str,
    shape: Shape = "dot",
    ends: tuple[str, str] = ("low", "high"),
    has_ends: bool = True,
) -> tuple[Mark, ...]:
    """Draw a value with its interval; nothing where it is not known."""
    value = number(row[name])
    if value is None:
        return ()
    low, high = (number(row[end]) if has_ends else None for end in ends)
    return (Mark(value, shape, low, high),)


def written(row: Any, name: str, kind: Kind, language: Language) -> str:
    """Write a value with its interval."""
    return show_interval(row[name], row["low"], row["high"], kind, language)


def find_extreme(rows: pd.DataFrame, name: str, is_highest: bool = True) -> "pd.Series[Any] | None":
    """Give the highest or lowest row of those with a number; ties go to the first."""
    known = pd.Series([number(value) for value in rows[name]], dtype=float)
    if known.isna().all():
        return None
    return rows.iloc[int(known.argmax() if is_highest else known.argmin())]


def find_range(
    rows: pd.DataFrame, name: str, caption: str, language: Language, kind: Kind = "percent"
) -> str:
    """Say which row is highest and which lowest, or that all are alike as they are shown."""
    known = pd.Series([number(value) for value in rows[name]], dtype=float)
    top, bottom = find_extreme(rows, name), find_extreme(rows, name, is_highest=False)
    if top is None or bottom is None:
        return say("chart.alt.nothing", language, caption=caption)
    rate = written(top, name, kind, language)
    if known.notna().sum() == 1:
        return say("chart.alt.one", language, caption=caption, name=tidy(top["label"]), rate=rate)
    if known.max() == known.min():
        alike = show(known.dropna().iloc[0], kind, language)
        return say("chart.alt.alike", language, caption=caption, rate=alike)
    return say(
        "chart.alt.range",
        language,
        caption=caption,
        top=tidy(top["label"]),
        top_rate=rate,
        bottom=tidy(bottom["label"]),
        bottom_rate=written(bottom, name, kind, language),
    )


def _drawn(legend: Legend, rows: tuple[tuple[Mark, ...], ...]) -> Legend:
    """Keep of a legend what is drawn."""
    shapes = {mark.shape for row in rows for mark in row}
    return tuple((shape, text) for shape, text in legend if shape in shapes)
