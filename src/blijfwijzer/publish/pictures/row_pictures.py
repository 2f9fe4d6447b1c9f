"""What is drawn beside the rows of the report's tables, each with its finding in words."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import pandas as pd

from blijfwijzer.publish.language.numbers import Kind, number
from blijfwijzer.publish.pages.page_table import tidy
from blijfwijzer.publish.pictures.marks import Drawing, Mark, Shape
from blijfwijzer.survey.texts import Quantity, Value, say

PICTURED_ROWS = 40
"""Rows of one table that are drawn."""
Row = dict[Hashable, Any]
Marks = tuple[Mark, ...]
Legend = tuple[tuple[Shape, Value], ...]


_SHAPES: tuple[Shape, ...] = ("dot", "diamond", "ring")
"""Of the rates of each risk of a unit."""


def draw_risks(
    rates: pd.DataFrame, targets: Sequence[tuple[str, Value]], caption: Value
) -> Drawing:
    """Draw the rates of each risk of units with their intervals, below each other.

    Parameters
    ----------
    rates : one row per unit: label and, of each risk that is there, its rate and interval
    targets : id and label of each risk
    """
    here = [one for one in targets if f"{one[0]}_rate" in rates][: len(_SHAPES)]
    shapes = dict(zip((target for target, _ in here), _SHAPES, strict=False))
    findings: Value = say("chart.alt.nothing", caption=caption)
    for place, (target, label) in enumerate(here):
        ends = {"rate": f"{target}_rate", "low": f"{target}_low", "high": f"{target}_high"}
        own = pd.DataFrame({name: rates.get(column) for name, column in ends.items()})
        found = find_range(own.assign(label=rates["label"]), "rate", label)
        told = say("chart.alt.concluded", finding=findings, conclusion=found)
        findings = told if place else found
    rows = tuple(
        tuple(
            mark
            for target, shape in shapes.items()
            for mark in mark_of(row, f"{target}_rate", shape, (f"{target}_low", f"{target}_high"))
        )
        for row in records(rates)
    )
    signs = tuple((shapes[target], say("legend.risk", target=label)) for target, label in here)
    return Drawing(findings, say("unit.percent"), rows, signs)


def draw_flags(flagged: pd.DataFrame, caption: Value) -> Drawing:
    """Draw the first groups that stand out, each beside its reference.

    Parameters
    ----------
    flagged : one row per group: label, rate, low, high, reference
    """
    drawn = flagged.head(PICTURED_ROWS)
    top = find_extreme(drawn, "rate")
    finding = say("chart.alt.nothing", caption=caption)
    if top is not None:
        finding = say(
            "chart.alt.flagged",
            caption=caption,
            count=len(drawn),
            top=tidy(top["label"]),
            top_rate=interval_of(top, "rate", "percent"),
            reference=Quantity(top["reference"], "percent"),
        )
    rows = tuple(
        (
            *mark_of(row, "reference", "tick", has_ends=False),
            *mark_of(row, "rate", "diamond"),
        )
        for row in records(drawn)
    )
    signs: Legend = (
        ("diamond", say("legend.flagged")),
        ("tick", say("legend.reference")),
    )
    return Drawing(finding, say("unit.percent"), rows, signs)


def draw_drivers(drivers: pd.DataFrame, caption: Value) -> Drawing:
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
    finding = say("chart.alt.nothing", caption=caption)
    if top is not None:
        points = interval_of(top, "contrast", "points")
        driver = tidy(top["driver"])
        finding = say("chart.alt.drivers", caption=caption, driver=driver, points=points)
    rows = tuple(
        mark_of(row, "contrast", "bar" if row["is_changeable"] else "hatched")
        for row in records(drivers)
    )
    signs: Legend = (("bar", say("legend.changeable")), ("hatched", say("legend.fixed")))
    return Drawing(finding, say("unit.points"), rows, _drawn(signs, rows))


def draw_alternatives(alternatives: pd.DataFrame, caption: Value) -> Drawing:
    """Draw what this allocation and others are expected to yield.

    Parameters
    ----------
    alternatives : one row per allocation: rule, is_plan, extra
    """
    is_plan = alternatives["is_plan"].astype(bool)
    plan = find_extreme(alternatives[is_plan], "extra")
    top = find_extreme(alternatives[~is_plan], "extra")
    finding = say("chart.alt.nothing", caption=caption)
    if top is not None and plan is not None:
        finding = say(
            "chart.alt.bars",
            caption=caption,
            plan=Quantity(plan["extra"], "decimal"),
            top=tidy(top["rule"]),
            top_value=Quantity(top["extra"], "decimal"),
        )
    rows = tuple(
        mark_of(row, "extra", "bar" if row["is_plan"] else "hatched", ("extra_low", "extra_high"))
        for row in records(alternatives)
    )
    signs: Legend = (("bar", say("legend.plan")), ("hatched", say("legend.other")))
    return Drawing(finding, say("unit.extra"), rows, _drawn(signs, rows))


def draw_fairness(
    fairness: pd.DataFrame, caption: Value, conclusion: str, selected: Value
) -> Drawing:
    """Draw who is selected and who is missed, by the groups of one attribute.

    Parameters
    ----------
    fairness : one row per group: label, selection, missed, low, high; text where it is too small
    conclusion : the finding in one sentence, or empty
    selected : what the share that is selected is called
    """
    finding = find_range(fairness, "missed", caption)
    if conclusion:
        finding = say("chart.alt.concluded", finding=finding, conclusion=conclusion)
    rows = tuple(
        (
            *mark_of(row, "selection", "ring", has_ends=False),
            *mark_of(row, "missed", "diamond"),
        )
        for row in records(fairness)
    )
    signs: Legend = (("ring", selected), ("diamond", say("legend.missed")))
    return Drawing(finding, say("unit.percent"), rows, signs)


def records(rows: pd.DataFrame) -> Iterable[Row]:
    """Give each row by the names of its columns."""
    return rows.to_dict("records")


def mark_of(
    row: Row,
    name: str,
    shape: Shape = "dot",
    ends: tuple[str, str] = ("low", "high"),
    has_ends: bool = True,
) -> Marks:
    """Draw a value with its interval; nothing where it is not known."""
    value = number(row[name])
    if value is None:
        return ()
    low, high = (number(row[end]) if has_ends else None for end in ends)
    return (Mark(value, shape, low, high),)


def interval_of(row: Any, name: str, kind: Kind) -> Quantity:
    """Give a value of a row with its interval."""
    return Quantity(row[name], kind, (row["low"], row["high"]))


def find_extreme(rows: pd.DataFrame, name: str, is_highest: bool = True) -> "pd.Series[Any] | None":
    """Give the highest or lowest row of those with a number; ties go to the first."""
    known = pd.Series([number(value) for value in rows[name]], dtype=float)
    if known.isna().all():
        return None
    return rows.iloc[int(known.argmax() if is_highest else known.argmin())]


def find_range(rows: pd.DataFrame, name: str, caption: Value, kind: Kind = "percent") -> Value:
    """Say which row is highest and which lowest, or that all are alike as they are shown."""
    known = pd.Series([number(value) for value in rows[name]], dtype=float)
    top, bottom = find_extreme(rows, name), find_extreme(rows, name, is_highest=False)
    if top is None or bottom is None:
        return say("chart.alt.nothing", caption=caption)
    rate, label = interval_of(top, name, kind), tidy(top["label"])
    if known.notna().sum() == 1:
        return say("chart.alt.one", caption=caption, name=label, rate=rate)
    if known.max() == known.min():
        alike = Quantity(known.dropna().iloc[0], kind)
        return say("chart.alt.alike", caption=caption, rate=alike)
    return say(
        "chart.alt.range",
        caption=caption,
        top=label,
        top_rate=rate,
        bottom=tidy(bottom["label"]),
        bottom_rate=interval_of(bottom, name, kind),
    )


def _drawn(signs: Legend, rows: tuple[Marks, ...]) -> Legend:
    """Keep of a legend what is drawn."""
    shapes = {mark.shape for row in rows for mark in row}
    return tuple((shape, text) for shape, text in signs if shape in shapes)
