"""What is drawn beside the rows of tables on culture, each with its finding in words."""

import pandas as pd

from blijfwijzer.publish.language.numbers import number
from blijfwijzer.publish.pages.page_table import tidy
from blijfwijzer.publish.pictures.marks import Drawing, Mark, Shape
from blijfwijzer.publish.pictures.row_pictures import (
    Legend,
    Marks,
    Row,
    find_range,
    mark_of,
    records,
)
from blijfwijzer.survey.texts import Quantity, Value, say

_LEAST_POINTS = 1.0
"""Span of an axis of means, at least: they are told to a tenth, and on a shorter axis that rounding
would look like a difference."""
LEAST_PERCENT = 10.0
"""Span of an axis of shares, at least."""


def draw_dimension(units: pd.DataFrame, everyone: float | None, caption: Value) -> Drawing:
    """Draw the mean of each unit on one dimension beside that of all.

    Parameters
    ----------
    units : one row per unit: label, pooled, low, high
    """
    whole = () if everyone is None else (Mark(everyone, "tick"),)
    signs: Legend = (("dot", say("legend.mean")),)
    if whole:
        signs = (*signs, ("tick", say("legend.everyone")))
    return Drawing(
        find_range(units, "pooled", caption, "decimal"),
        say("unit.mean"),
        tuple((*whole, *mark_of(row, "pooled")) for row in records(units)),
        signs,
        has_zero=False,
        least=_LEAST_POINTS,
    )


def draw_profile(rows: pd.DataFrame, caption: Value) -> Drawing:
    """Draw the means of one unit, each beside that of everyone where that is told.

    Parameters
    ----------
    rows : one row per dimension: dimension, pooled, low, high, all_mean
    """
    named = rows.assign(label=rows["dimension"])
    return Drawing(
        find_range(named, "pooled", caption, "decimal"),
        say("unit.mean"),
        tuple(
            (*mark_of(row, "all_mean", "tick", has_ends=False), *mark_of(row, "pooled"))
            for row in records(named)
        ),
        (("dot", say("legend.mean")), ("tick", say("legend.everyone"))),
        has_zero=False,
        least=_LEAST_POINTS,
    )


def draw_reliability(scales: pd.DataFrame, caption: Value) -> Drawing:
    """Draw omega of each scale with its interval."""
    ends = ("omega_low", "omega_high")
    named = scales.assign(label=scales["scale"], low=scales[ends[0]], high=scales[ends[1]])
    return Drawing(
        find_range(named, "omega", caption, "ratio"),
        say("unit.reliability"),
        tuple(mark_of(row, "omega", ends=ends) for row in records(scales)),
        (("dot", say("legend.estimate")),),
    )


def draw_trend(changes: pd.DataFrame, caption: Value) -> Drawing:
    """Draw each scale's mean before and now.

    Parameters
    ----------
    changes : one row per scale: scale, before, now, net, mark
    """
    rows = tuple(_change(row) for row in records(changes))
    looks = [mark.shape for row in rows for mark in row]
    size = pd.to_numeric(changes["net"], errors="coerce").abs()
    top = changes.iloc[int(size.fillna(-1).argmax())]
    finding = say(
        "chart.alt.slope",
        caption=caption,
        better=looks.count("better"),
        worse=looks.count("worse"),
        all=len(looks),
        top=tidy(top["scale"]),
        change=Quantity(top["net"], "points"),
    )
    signs: Legend = (
        ("better", say("legend.became_better")),
        ("worse", say("legend.became_worse")),
        ("dot", say("legend.stayed")),
        ("ring", say("chart.then")),
    )
    axis = say("chart.from_to", before=say("chart.then"), after=say("chart.now"))
    return Drawing(finding, axis, rows, signs, has_zero=False, least=_LEAST_POINTS)


def _change(row: Row) -> Marks:
    before, now = number(row["before"]), number(row["now"])
    if before is None or now is None:
        return ()
    shapes: dict[str, Shape] = {"better": "better", "worse": "worse"}
    return (Mark(now, shapes.get(row["mark"], "plain"), before),)


def draw_worrying(rows: pd.DataFrame, drawn: pd.DataFrame, caption: Value) -> Drawing:
    """Draw the pair of dimensions of each unit on the list beside its reference.

    Parameters
    ----------
    rows : of `worrying`: group, dimension, pooled, low, high, reference
    drawn : those of them that were screened, as far as there is room
    """
    finding = say(
        "chart.alt.worrying",
        caption=caption,
        units=drawn["group"].nunique(),
        dimensions=drawn["dimension"].nunique(),
    )
    marks = tuple(
        (
            *mark_of(row, "reference", "tick", has_ends=False),
            *mark_of(row, "pooled", "diamond"),
        )
        if place in drawn.index
        else ()
        for place, row in zip(rows.index, records(rows), strict=True)
    )
    signs: Legend = (("diamond", say("legend.mean")), ("tick", say("legend.reference")))
    return Drawing(finding, say("unit.mean"), marks, signs, has_zero=False, least=_LEAST_POINTS)


def draw_shares(shares: pd.DataFrame, caption: Value) -> Drawing:
    """Draw how common each behaviour is.

    Parameters
    ----------
    shares : one row per behaviour: behaviour, share, low, high
    """
    named = shares.assign(label=shares["behaviour"])
    return Drawing(
        find_range(named, "share", caption),
        say("unit.percent"),
        tuple(mark_of(row, "share") for row in records(named)),
        (("dot", say("legend.estimate")),),
        least=LEAST_PERCENT,
    )
