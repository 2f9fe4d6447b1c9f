"""Tables on culture as pictures, each with the finding that it shows in words."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from blijfwijzer.publish.blocks import tidy
from blijfwijzer.publish.charts import DotRow, Frame, Mark, Shape, interval_chart
from blijfwijzer.publish.grids import Cell, Line, Look, heat_map, slope_chart
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.texts import Kind, number, show, show_interval
from blijfwijzer.survey.codebook import Language

PICTURED_ROWS = 40
"""Units in one picture."""
SIGNS = {"with care": "!", "not comparable": "≠"}
"""Judgement of a comparison to what stands in the cell; those that need none are not here."""
_SIGN_TEXTS = {"with care": "legend.care", "not comparable": "legend.own"}
_LEAST_POINTS = 1.0
"""Span of an axis of means, at least: they are told to a tenth, and on a shorter axis that rounding
would look like a difference."""
_LEAST_SPAN = {"percent": 10.0, "points": 10.0}
"""Span of an axis of estimates, at least, by how they are written; a tenth for others."""


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


def picture_heat(
    cells: pd.DataFrame,
    units: Sequence[tuple[str, str]],
    dimensions: Sequence[str],
    caption: str,
    key: str,
    language: Language,
) -> Markup:
    """Draw units by dimensions; a cell of which nothing is shown says so.

    Parameters
    ----------
    cells : rows of `climate`: group, dimension, pooled, all_mark, judgement
    units : id and label, in order; one that has no row in `cells` is withheld
    """
    told = {(row["group"], row["dimension"]): row for row in cells.to_dict("records")}
    rows = [
        (label, [_cell(told.get((group, name)), language) for name in dimensions])
        for group, label in units
    ]
    looks = [cell.look for _, row in rows for cell in row]
    signs = [cell.sign for _, row in rows for cell in row]
    finding = say(
        "chart.alt.heat",
        language,
        caption=caption,
        rows=len(rows),
        columns=len(dimensions),
        better=looks.count("better"),
        worse=looks.count("worse"),
        hidden=looks.count("hatched"),
        care=signs.count(SIGNS["with care"]),
    )
    legend: tuple[tuple[Look, str], ...] = (
        ("better", "legend.better"),
        ("worse", "legend.worse"),
        ("plain", "legend.same"),
        ("hatched", "legend.hidden"),
    )
    return heat_map(
        rows,
        dimensions,
        Frame(key, caption, finding, "", language),
        [(look, say(text, language)) for look, text in legend if look in looks],
        [(s, say(_SIGN_TEXTS[name], language)) for name, s in SIGNS.items() if s in signs],
    )


def picture_dimension(
    units: pd.DataFrame, everyone: float | None, caption: str, key: str, language: Language
) -> Markup:
    """Draw the mean of each unit on one dimension beside that of all.

    Parameters
    ----------
    units : one row per unit: label, pooled, low, high
    """
    rows = []
    for row in units.to_dict("records"):
        marks = () if everyone is None else (Mark(everyone, "tick"),)
        rows.append(DotRow(row["label"], _told(row, "pooled", language), (*marks, *_dot(row))))
    legend: list[tuple[Shape, str]] = [("dot", say("legend.mean", language))]
    if everyone is not None:
        legend.append(("tick", say("legend.everyone", language)))
    frame = Frame(
        key,
        caption,
        _range(units, "pooled", caption, language),
        say("unit.mean", language),
        language,
    )
    return interval_chart(rows, frame, legend, has_zero=False, least=_LEAST_POINTS, lines=2)


def picture_reliability(scales: pd.DataFrame, caption: str, language: Language) -> Markup:
    """Draw omega of each scale with its interval."""
    rows = []
    for row in scales.to_dict("records"):
        value, low, high = (number(row[f"omega{end}"]) for end in ("", "_low", "_high"))
        marks = () if value is None else (Mark(value, "dot", low, high),)
        text = show_interval(row["omega"], row["omega_low"], row["omega_high"], "ratio", language)
        rows.append(DotRow(row["scale"], text if marks else row["note"] or text, marks))
    named = scales.assign(label=scales["scale"], low=scales["omega_low"], high=scales["omega_high"])
    finding = _range(named, "omega", caption, language, "ratio")
    frame = Frame("reliability", caption, finding, say("unit.reliability", language), language)
    return interval_chart(rows, frame, [("dot", say("legend.estimate", language))], lines=2)


def picture_trend(changes: pd.DataFrame, caption: str, language: Language) -> Markup:
    """Draw each scale's mean before and now.

    Parameters
    ----------
    changes : one row per scale: scale, before, now, net, mark
    """
    lines = [
        Line(
            row["scale"],
            float(row["before"]),
            float(row["now"]),
            show(row["before"], "decimal", language),
            show(row["now"], "decimal", language),
            row["mark"] if row["mark"] in ("better", "worse") else "plain",
        )
        for row in changes.to_dict("records")
        if number(row["before"]) is not None and number(row["now"]) is not None
    ]
    size = pd.to_numeric(changes["net"], errors="coerce").abs()
    top = changes.iloc[int(size.fillna(-1).argmax())]
    finding = say(
        "chart.alt.slope",
        language,
        caption=caption,
        better=sum(line.look == "better" for line in lines),
        worse=sum(line.look == "worse" for line in lines),
        all=len(lines),
        top=tidy(top["scale"]),
        change=show(top["net"], "points", language),
    )
    legend = [
        (look, say(text, language))
        for look, text in (
            ("better", "legend.became_better"),
            ("worse", "legend.became_worse"),
            ("plain", "legend.stayed"),
        )
    ]
    ends = say("chart.then", language), say("chart.now", language)
    return slope_chart(lines, Frame("trend", caption, finding, "", language), ends, legend)  # type: ignore[arg-type]


def picture_worrying(rows: pd.DataFrame, caption: str, key: str, language: Language) -> Markup:
    """Draw the pair of dimensions of each unit on the list beside its reference.

    Parameters
    ----------
    rows : of `worrying`, those that were screened: label, dimension, pooled, low, high, reference
    """
    dots = []
    for row in rows.to_dict("records"):
        reference = number(row["reference"])
        marks = () if reference is None else (Mark(reference, "tick"),)
        label = f"{tidy(row['label'])}: {row['dimension']}"
        dots.append(DotRow(label, _told(row, "pooled", language), (*marks, *_dot(row, "diamond"))))
    finding = say(
        "chart.alt.worrying",
        language,
        caption=caption,
        units=rows["group"].nunique(),
        dimensions=rows["dimension"].nunique(),
    )
    frame = Frame(key, caption, finding, say("unit.mean", language), language)
    legend: list[tuple[Shape, str]] = [
        ("diamond", say("legend.mean", language)),
        ("tick", say("legend.reference", language)),
    ]
    return interval_chart(dots, frame, legend, has_zero=False, least=_LEAST_POINTS, lines=2)


def picture_shares(shares: pd.DataFrame, caption: str, language: Language) -> Markup:
    """Draw how common each behaviour is.

    Parameters
    ----------
    shares : one row per behaviour: behaviour, share, low, high
    """
    named = shares.assign(label=shares["behaviour"])
    rows = [
        DotRow(
            row["label"],
            show_interval(row["share"], row["low"], row["high"], "percent", language),
            _dot(row, "dot", "share"),
        )
        for row in named.to_dict("records")
    ]
    finding = _range(named, "share", caption, language, "percent")
    frame = Frame("conduct", caption, finding, say("unit.percent", language), language)
    legend: list[tuple[Shape, str]] = [("dot", say("legend.estimate", language))]
    return interval_chart(rows, frame, legend, least=_LEAST_SPAN["percent"], lines=2)


def picture_estimates(
    estimates: pd.DataFrame, main: str, caption: str, key: str, language: Language
) -> Markup:
    """Draw the estimates of one claim: diamonds for those that decide, rings for other ways.

    Parameters
    ----------
    estimates : one row per estimate, all of one kind: name, sort, value, low, high, measure (what
        it is a number of, in words), key (the same for programs) and kind (how it is written)
    main : `sort` of those that decide
    """
    rows = []
    first = estimates.iloc[0]
    for row in estimates.to_dict("records"):
        shape: Shape = "diamond" if row["sort"] == main else "ring"
        text = show_interval(row["value"], row["low"], row["high"], row["kind"], language)
        rows.append(DotRow(row["name"], text, _dot(row, shape, "value")))
    named = estimates.assign(label=estimates["name"])
    finding = _range(named, "value", caption, language, first["kind"])
    frame = Frame(key, caption, finding, first["measure"], language)
    present = set(estimates["sort"])
    legend: list[tuple[Shape, str]] = [("diamond", say("legend.main", language))]
    if present - {main}:
        legend.append(("ring", say("legend.check", language)))
    # Places on a scale, and areas under a curve, have no zero to reach to.
    has_zero = first["key"] not in ("mean", "area")
    least = _LEAST_SPAN.get(first["kind"], 0.1)
    return interval_chart(rows, frame, legend, has_zero, least, is_wide=True, lines=2)


def _cell(row: "dict[Any, Any] | None", language: Language) -> Cell:
    if row is None or number(row["pooled"]) is None:
        return Cell(say("value.not_shown", language), "hatched")
    looks: dict[str, Look] = {"better": "better", "worse": "worse"}
    look, sign = looks.get(row["all_mark"], "plain"), SIGNS.get(row["judgement"], "")
    return Cell(show(row["pooled"], "decimal", language), look, sign)


def _dot(row: dict[Any, Any], shape: Shape = "dot", name: str = "pooled") -> tuple[Mark, ...]:
    value = number(row[name])
    return () if value is None else (Mark(value, shape, number(row["low"]), number(row["high"])),)


def _told(row: dict[Any, Any], name: str, language: Language) -> str:
    return show_interval(row[name], row["low"], row["high"], "decimal", language)


def _range(
    rows: pd.DataFrame, name: str, caption: str, language: Language, kind: Kind = "decimal"
) -> str:
    """Say which row is highest and which lowest, or that all are alike as they are shown."""
    known = pd.Series([number(value) for value in rows[name]], dtype=float)
    if known.isna().all():
        return say("chart.alt.nothing", language, caption=caption)
    if known.notna().sum() == 1:
        row = rows.iloc[int(known.argmax())]
        rate = show_interval(row[name], row["low"], row["high"], kind, language)
        return say("chart.alt.one", language, caption=caption, name=tidy(row["label"]), rate=rate)
    if known.max() == known.min():
        alike = show(known.dropna().iloc[0], kind, language)
        return say("chart.alt.alike", language, caption=caption, rate=alike)
    ends = {}
    for end, place in (("top", int(known.argmax())), ("bottom", int(known.argmin()))):
        row = rows.iloc[place]
        ends[end] = tidy(row["label"])
        ends[f"{end}_rate"] = show_interval(row[name], row["low"], row["high"], kind, language)
    return say("chart.alt.range", language, caption=caption, **ends)
