"""What is drawn beside the rows of tables on culture, each with its finding in words."""

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from blijfwijzer.publish.marks import Drawing, Mark, Shape
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.page import PageTable, tidy
from blijfwijzer.publish.pictures import PICTURED_ROWS, find_range, mark_of
from blijfwijzer.publish.texts import number, say_verdict, show
from blijfwijzer.survey.codebook import Language

SIGNS = {"with care": "!", "not comparable": "≠"}
"""Judgement of a comparison to what stands in the cell; those that need none are not here."""
_SIGN_TEXTS = {"with care": "legend.care", "not comparable": "legend.own"}
_LOOK_TEXTS = {
    **{"better": "legend.better", "worse": "legend.worse"},
    **{"plain": "legend.same", "uncompared": "legend.uncompared", "hatched": "legend.hidden"},
}
_LEAST_POINTS = 1.0
"""Span of an axis of means, at least: they are told to a tenth, and on a shorter axis that rounding
would look like a difference."""
_LEAST_SPAN = {"percent": 10.0, "points": 10.0}
"""Span of an axis of estimates, at least, by how they are written; a tenth for others."""
HeatCell = dict[Hashable, Any] | None
"""A row of `climate`; None where nothing is shown."""


def choose_units(cells: pd.DataFrame, hidden: pd.DataFrame) -> list[tuple[str, str]]:
    """Choose the units of one level to draw: all, or those with most marks, in order of name.

    Where there is no room for all, those that are withheld are not drawn: there is nothing to see
    of them.

    Parameters
    ----------
    cells : rows of `climate` of that level; hidden : rows of `hidden` of that level

    Returns
    -------
    Id and label of each.
    """
    marks = cells["all_mark"].isin(["better", "worse"]).groupby(cells["group"], sort=False).sum()
    names = dict(zip(cells["group"], cells["label"], strict=True))
    hidden_names = dict(zip(hidden["group"], hidden["label"], strict=True))
    most = marks.sort_values(ascending=False, kind="stable").index[:PICTURED_ROWS]
    chosen = {group: names[group] for group in most}
    if len(names) + len(hidden_names) <= PICTURED_ROWS:
        chosen |= hidden_names
    return sorted(chosen.items(), key=lambda item: (str(item[1]), str(item[0])))


def show_heat(
    rows: Sequence[tuple[str, Sequence[HeatCell]]],
    header: Sequence[str],
    caption: str,
    language: Language,
) -> PageTable:
    """Show units by dimensions as cells with their means; marks and warnings stand in words too.

    Parameters
    ----------
    rows : label of the unit, and a row of `climate` for each dimension: pooled, all_mark, judgement
    header : what stands above the labels, and the dimensions
    """
    cells = [cell for _, row in rows for cell in row]
    looks = [_look(cell) for cell in cells]
    judged = [str(cell["judgement"]) for cell in cells if cell is not None]
    finding = say(
        "chart.alt.heat",
        language,
        caption=caption,
        rows=len(rows),
        columns=len(header) - 1,
        better=looks.count("better"),
        worse=looks.count("worse"),
        hidden=looks.count("hatched"),
        care=judged.count("with care"),
    )
    signs = [(_sign(look), text) for look, text in _LOOK_TEXTS.items() if look in looks]
    signs += [
        (_sign("", SIGNS[name]), text) for name, text in _SIGN_TEXTS.items() if name in judged
    ]
    return PageTable(
        finding,
        tuple((tidy(text), place > 0) for place, text in enumerate(header)),
        tuple((tidy(label), *(_heat_cell(cell, language) for cell in row)) for label, row in rows),
        widths=("", *("upright" for _ in header[1:])),
        legend=tuple((sign, say(text, language)) for sign, text in signs),
    )


def _look(cell: HeatCell) -> str:
    if cell is None or number(cell["pooled"]) is None:
        return "hatched"
    if cell["all_mark"] == "" and cell["judgement"] != "not comparable":
        # What it would be held against may not be told: that is no difference of nothing.
        return "uncompared"
    return str(cell["all_mark"]) if cell["all_mark"] in ("better", "worse") else "plain"


def _heat_cell(cell: HeatCell, language: Language) -> Markup:
    look = _look(cell)
    if cell is None or look == "hatched":
        hidden = say("value.not_shown", language)
        return Markup('<span class="cell hatched">{}</span>').format(hidden)
    judgement = cell["judgement"] if cell["judgement"] in SIGNS else ""
    mean = f"{show(cell['pooled'], 'decimal', language)} {SIGNS.get(judgement, '')}".strip()
    told = [name for name in (look, judgement) if name not in ("plain", "uncompared", "")]
    words = "".join(f", {say_verdict(name, language)}" for name in told)
    words += f", {say('legend.uncompared', language)}" if look == "uncompared" else ""
    aside = Markup('<span class="hidden">{}</span>').format(words) if words else ""
    return Markup('<span class="cell {}">{}{}</span>').format(look, mean, aside)


def _sign(look: str, text: str = "\u00a0") -> Markup:
    """Give a cell for the legend."""
    return Markup('<span class="cell {}">{}</span>').format(look, text)


def draw_dimension(
    units: pd.DataFrame, everyone: float | None, caption: str, language: Language
) -> Drawing:
    """Draw the mean of each unit on one dimension beside that of all.

    Parameters
    ----------
    units : one row per unit: label, pooled, low, high
    """
    whole = () if everyone is None else (Mark(everyone, "tick"),)
    legend: list[tuple[Shape, str]] = [("dot", say("legend.mean", language))]
    legend += [("tick", say("legend.everyone", language)) for _ in whole]
    return Drawing(
        find_range(units, "pooled", caption, language, "decimal"),
        say("unit.mean", language),
        tuple((*whole, *mark_of(row, "pooled")) for row in units.to_dict("records")),
        tuple(legend),
        has_zero=False,
        least=_LEAST_POINTS,
    )


def draw_reliability(scales: pd.DataFrame, caption: str, language: Language) -> Drawing:
    """Draw omega of each scale with its interval."""
    ends = ("omega_low", "omega_high")
    named = scales.assign(label=scales["scale"], low=scales[ends[0]], high=scales[ends[1]])
    return Drawing(
        find_range(named, "omega", caption, language, "ratio"),
        say("unit.reliability", language),
        tuple(mark_of(row, "omega", ends=ends) for row in scales.to_dict("records")),
        (("dot", say("legend.estimate", language)),),
    )


def draw_trend(changes: pd.DataFrame, caption: str, language: Language) -> Drawing:
    """Draw each scale's mean before and now.

    Parameters
    ----------
    changes : one row per scale: scale, before, now, net, mark
    """
    rows = tuple(_change(row) for row in changes.to_dict("records"))
    looks = [mark.shape for row in rows for mark in row]
    size = pd.to_numeric(changes["net"], errors="coerce").abs()
    top = changes.iloc[int(size.fillna(-1).argmax())]
    finding = say(
        "chart.alt.slope",
        language,
        caption=caption,
        better=looks.count("better"),
        worse=looks.count("worse"),
        all=len(looks),
        top=tidy(top["scale"]),
        change=show(top["net"], "points", language),
    )
    legend: tuple[tuple[Shape, str], ...] = (
        ("better", say("legend.became_better", language)),
        ("worse", say("legend.became_worse", language)),
        ("dot", say("legend.stayed", language)),
        ("ring", say("chart.then", language)),
    )
    axis = f"{say('chart.then', language)} → {say('chart.now', language)}"
    return Drawing(finding, axis, rows, legend, has_zero=False, least=_LEAST_POINTS)


def _change(row: dict[Hashable, Any]) -> tuple[Mark, ...]:
    before, now = number(row["before"]), number(row["now"])
    if before is None or now is None:
        return ()
    shapes: dict[str, Shape] = {"better": "better", "worse": "worse"}
    return (Mark(now, shapes.get(row["mark"], "plain"), before),)


def draw_worrying(
    rows: pd.DataFrame, drawn: pd.DataFrame, caption: str, language: Language
) -> Drawing:
    """Draw the pair of dimensions of each unit on the list beside its reference.

    Parameters
    ----------
    rows : of `worrying`: group, dimension, pooled, low, high, reference
    drawn : those of them that were screened, as far as there is room
    """
    finding = say(
        "chart.alt.worrying",
        language,
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
        for place, row in zip(rows.index, rows.to_dict("records"), strict=True)
    )
    legend: tuple[tuple[Shape, str], ...] = (
        ("diamond", say("legend.mean", language)),
        ("tick", say("legend.reference", language)),
    )
    axis = say("unit.mean", language)
    return Drawing(finding, axis, marks, legend, has_zero=False, least=_LEAST_POINTS)


def draw_shares(shares: pd.DataFrame, caption: str, language: Language) -> Drawing:
    """Draw how common each behaviour is.

    Parameters
    ----------
    shares : one row per behaviour: behaviour, share, low, high
    """
    named = shares.assign(label=shares["behaviour"])
    return Drawing(
        find_range(named, "share", caption, language),
        say("unit.percent", language),
        tuple(mark_of(row, "share") for row in named.to_dict("records")),
        (("dot", say("legend.estimate", language)),),
        least=_LEAST_SPAN["percent"],
    )


def draw_estimates(
    estimates: pd.DataFrame, drawn: pd.DataFrame, main: str, caption: str, language: Language
) -> Drawing:
    """Draw the estimates of one claim: diamonds for those that decide, rings for other ways.

    Parameters
    ----------
    estimates : one row per estimate: name, sort, value, low, high, measure (what it is a number
        of, in words), key (the same for programs) and kind (how it is written)
    drawn : those that are drawn, all of one kind
    main : `sort` of those that decide
    """
    first = drawn.iloc[0]
    rows = tuple(
        mark_of(row, "value", "diamond" if row["sort"] == main else "ring")
        if place in drawn.index
        else ()
        for place, row in zip(estimates.index, estimates.to_dict("records"), strict=True)
    )
    legend: list[tuple[Shape, str]] = [("diamond", say("legend.main", language))]
    if set(drawn["sort"]) - {main}:
        legend.append(("ring", say("legend.check", language)))
    named = drawn.assign(label=drawn["name"])
    return Drawing(
        find_range(named, "value", caption, language, first["kind"]),
        first["measure"],
        rows,
        tuple(legend),
        # Places on a scale, and areas under a curve, have no zero to reach to.
        has_zero=first["key"] not in ("mean", "area"),
        least=_LEAST_SPAN.get(first["kind"], 0.1),
    )
