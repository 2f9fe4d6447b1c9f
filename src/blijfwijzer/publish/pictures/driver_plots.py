"""The pictures that data scientists review. Each drawn mark stands for ten people or more.

The library shap draws a dot for each person, which is why these are drawn here, from tables that
hold bins only.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import FINE
from blijfwijzer.disclosure.rounding import band_middle
from blijfwijzer.drivers.dependence import LEVEL, NO_ANSWER
from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.publish.pictures.canvas import (
    ABOVE,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Picture,
    Subject,
    wrap,
    wrap_with,
)
from blijfwijzer.survey.codebook import Column
from blijfwijzer.survey.texts import Message, Quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ACROSS = 3
"""Panels beside each other, which have one scale."""
_MOST_UPRIGHT = 5
"""Bars of which the labels fit beside each other."""
_MOST_ANSWERS = 16
"""Answers of one question that are drawn; how many there are beside them is told."""
_MOST_GROUPS = 40
"""Rows of the picture of groups; how many there are beside them is told."""


_TOLD = (
    *("features", "scales", "constructs", "dependence"),
    *("interactions", "cohorts", "stability"),
)
"""What of drivers stands in tables too; contributions in `spread` are the middles of bins."""


def draw_drivers(drivers: Drivers, subject: Subject) -> dict[str, Picture]:
    """Draw what drives a risk, as tables tell it: coordinates of a picture have six digits.

    Returns
    -------
    Name of the file, without suffix, to the picture.
    """
    told = {name: getattr(drivers, name).round(FINE) for name in _TOLD}
    drivers = replace(drivers, **told)
    pictures = {
        "summary": _summary(drivers, subject),
        "constructs": _constructs(drivers, subject),
        "dependence": _dependence(drivers, subject),
        "interactions": _interactions(drivers, subject),
        "stability": _stability(drivers, subject),
    }
    if len(drivers.cohorts):
        pictures["cohorts"] = _cohorts(drivers, subject)
    return pictures


def _summary(drivers: Drivers, subject: Subject) -> Picture:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.patches import Patch

    labels, spread = subject.labels, drivers.spread
    names = list(dict.fromkeys(spread["feature"]))
    colours, scale = colormaps["cividis"], Normalize(0, 1)
    looks: dict[str, dict[str, Any]] = {
        LEVEL: {"facecolor": GREEN, "edgecolor": GREEN},
        NO_ANSWER: {"facecolor": "white", "edgecolor": ORANGE, "hatch": "xxxx"},
    }
    # As tables tell them: the height of a bar would tell the count more finely than its band.
    spread = spread.assign(n=band_middle(spread["n"].to_numpy(dtype=float)))
    highest = spread["n"].max()
    steps = np.diff(np.unique(spread["contribution"]))
    width = steps.min() if len(steps) else 1.0
    with subject.canvas(10, 1.8 + 0.48 * len(names), "plot.summary") as (figure, (axes,)):
        for place, name in enumerate(names[::-1]):
            part = spread[spread["feature"] == name]
            shares = part["kind"].nunique()
            for kind, own in part.groupby("kind"):
                # Who did not answer lie below those who did, where there are both.
                middle = place + (0 if shares == 1 else -0.28 if kind == NO_ANSWER else 0.14)
                height = (0.08 + 0.76 * np.sqrt(own["n"] / highest)) * (1 if shares == 1 else 0.6)
                look = looks.get(str(kind)) or {"color": colours(scale(own["value"]))}
                axes.bar(
                    own["contribution"] * 100,
                    height,
                    width * 100,
                    middle - height / 2,
                    linewidth=0.3,
                    label=f"{name}:{kind}",
                    **look,
                )
        axes.axvline(0, color=GREY, linewidth=0.8)
        told = drivers.spread.groupby("feature")["n"].sum()
        axes.set_yticks(
            range(len(names)),
            [wrap_with(labels[n], f"({subject.at_least(told[n])})", 44) for n in names[::-1]],
            fontsize=8,
        )
        axes.set_ylim(-0.7, len(names) - 0.3)
        axes.set_xlabel(subject.say("plot.contribution"))
        bar = figure.colorbar(ScalarMappable(scale, colours), ax=axes, fraction=0.025, pad=0.02)
        bar.set_ticks([0, 1], labels=[subject.say("plot.low"), subject.say("plot.high")])
        bar.set_label(subject.say("plot.answer"))
        said = {LEVEL: "plot.level", NO_ANSWER: "plot.no_answer"}
        marks = [
            Patch(**look, label=subject.say(said[kind]))
            for kind, look in looks.items()
            if (spread["kind"] == kind).any()
        ]
        if marks:
            axes.legend(handles=marks, **ABOVE)
    alt = subject.say("plot.alt.summary", names=tuple(labels[name] for name in names[:5]))
    return Picture(figure, alt)


def _people(drivers: Drivers) -> float:
    """Give how many people all is about."""
    return float(drivers.features["n"].max())


def _constructs(drivers: Drivers, subject: Subject) -> Picture:
    from matplotlib.patches import Patch

    table = drivers.constructs.iloc[::-1]
    named = subject.codebook.constructs
    names = [
        subject.in_words(named[c]) if c in named else subject.say("plot.other")
        for c in table["construct"]
    ]
    kinds = [
        subject.say("plot.changeable") if c else subject.say("plot.given")
        for c in table["is_changeable"]
    ]
    height, n = 2.1 + 0.55 * len(table), _people(drivers)
    with subject.canvas(9, height, "plot.constructs", n=n) as (figure, (axes,)):
        size = table["mean_abs"] * 100
        error = np.abs(np.stack([table["low"] * 100 - size, table["high"] * 100 - size]))
        bars = axes.barh(
            range(len(table)),
            size,
            xerr=error,
            capsize=3,
            edgecolor="black",
            linewidth=0.6,
            color=[BLUE if c else "white" for c in table["is_changeable"]],
        )
        for bar, is_changeable in zip(bars, table["is_changeable"], strict=True):
            bar.set_hatch("" if is_changeable else "///")
        axes.set_yticks(
            range(len(table)),
            [wrap_with(one, f"({kind})", 40) for one, kind in zip(names, kinds, strict=True)],
        )
        axes.set_xlabel(wrap(subject.say("plot.mean_size"), 56))
        axes.legend(
            handles=[
                Patch(facecolor=BLUE, edgecolor="black", label=subject.say("plot.employer")),
                Patch(
                    facecolor="white",
                    edgecolor="black",
                    hatch="///",
                    label=subject.say("plot.given"),
                ),
            ],
            **ABOVE,
        )
    sizes = [
        Message("plot.size", {"name": f"{name}, {kind}", "points": float(points)})
        for name, kind, points in zip(names[::-1], kinds[::-1], size[::-1], strict=True)
    ]
    return Picture(figure, subject.say("plot.alt.constructs", sizes=tuple(sizes)))


def _dependence(drivers: Drivers, subject: Subject) -> Picture:
    labels = subject.labels
    parts = {str(name): part for name, part in drivers.dependence.groupby("feature", sort=False)}
    names = list(parts)
    rows = [names[start : start + _ACROSS] for start in range(0, len(names), _ACROSS)]
    worded = {name: _column_in_words(name, subject) for name in names}
    leaning = sum(any(worded[n] and len(parts[n]) > _MOST_UPRIGHT for n in row) for row in rows)
    height = 1.1 + 3.9 * len(rows) + 1.2 * leaning
    canvas = subject.canvas(13, height, "plot.dependence", len(rows), _ACROSS)
    with canvas as (figure, axes):
        for axis, name in zip(axes, names, strict=False):
            part, column = parts[name], worded[name]
            title = wrap_with(labels[name], f"({subject.at_least(part['n'].sum())})", 46)
            if column is None:
                _draw_numbers(axis, part, subject)
            elif left := _draw_codes(axis, part, column, subject):
                cut = Message("plot.answers_left", {"shown": _MOST_ANSWERS}, left)
                title += f"\n{subject.in_words(cut)}"
            axis.axhline(0, color=GREY, linewidth=0.8)
            axis.set_title(title, fontsize=10)
            axis.set_xlabel(subject.say("plot.answer"), fontsize=8)
            axis.set_ylabel(subject.say("plot.adds"), fontsize=8)
        for start in range(0, len(names), _ACROSS):
            _share_scale(axes[start : min(start + _ACROSS, len(names))])
        for axis in axes[len(names) :]:
            axis.set_visible(False)
    alt = subject.say("plot.alt.dependence", names=tuple(labels[name] for name in names))
    return Picture(figure, alt)


def _column_in_words(name: str, subject: Subject) -> Column | None:
    """Give a column whose answers have words or no order, so that no line can lead through them."""
    column = subject.codebook.columns.get(name)
    is_worded = column is not None and (column.codes or column.type == "nominal")
    return column if is_worded else None


def _share_scale(axes: "Sequence[Axes]") -> None:
    """Give panels beside each other one scale."""
    ends = [axis.get_ylim() for axis in axes]
    for axis in axes:
        axis.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))


def _draw_codes(axis: "Axes", part: pd.DataFrame, column: Column, subject: Subject) -> int:
    """Draw a bar per answer that has words, and one of those who gave none.

    Returns
    -------
    How many answers there is no room for: those that fewest gave.
    """
    known = part.dropna(subset="value")
    drawn = known.nlargest(_MOST_ANSWERS, "n").sort_values("value")
    left, part = len(known) - len(drawn), pd.concat([drawn, part[part["value"].isna()]])
    is_known = part["value"].notna().to_numpy()
    said = [tell_answer(row, column, subject) for row in part.to_dict("records")]
    told = [subject.at_least(n) for n in part["n"]]
    height = part["contribution"].to_numpy() * 100
    error = np.abs(np.stack([part["low"] * 100 - height, part["high"] * 100 - height]))
    bars = axis.bar(range(len(part)), height, yerr=error, color=BLUE, edgecolor=BLUE, capsize=2)
    for bar, is_answer in zip(bars, is_known, strict=True):
        if not is_answer:
            bar.set(facecolor="white", edgecolor=ORANGE, hatch="xxxx")
    is_many = len(part) > _MOST_UPRIGHT
    ticks = [
        f"{wrap(one, 26, 1)}, {n}" if is_many else f"{wrap(one, 12, 3)}\n{n}"
        for one, n in zip(said, told, strict=True)
    ]
    axis.set_xticks(range(len(part)), ticks, fontsize=7)
    if is_many:
        # Upright they would lie over each other.
        for label in axis.get_xticklabels():
            label.set(rotation=55, horizontalalignment="right", rotation_mode="anchor")
    return left


def _draw_numbers(axis: "Axes", part: pd.DataFrame, subject: Subject) -> None:
    """Draw numbers as a line, and those who gave none apart from it."""
    known = part.dropna(subset="value").sort_values("value")
    axis.fill_between(
        known["value"], known["low"] * 100, known["high"] * 100, color=BLUE, alpha=0.18
    )
    axis.plot(known["value"], known["contribution"] * 100, "o-", color=BLUE, markersize=4)
    # Beyond the answers stand those who gave none: there is no number to read there.
    ticks, (low, high) = axis.get_xticks(), axis.get_xlim()
    axis.set_xticks([tick for tick in ticks if low <= tick <= high])
    for row in part[part["value"].isna()].to_dict("records"):
        last, first = known["value"].max(), known["value"].min()
        where = last + 0.12 * (last - first) if len(known) > 1 else 0.0
        height = row["contribution"] * 100
        label = f"{subject.say('plot.no_answer')} ({subject.at_least(row['n'])})"
        error = [[height - row["low"] * 100], [row["high"] * 100 - height]]
        axis.errorbar(where, height, error, fmt="X", color=ORANGE, capsize=3, label=label)
        axis.legend(frameon=False, fontsize=8)


def tell_answer(row: Mapping[Hashable, Any], column: Column, subject: Subject) -> str:
    """Give the words of the answers in a bin.

    Parameters
    ----------
    row : of `Drivers.dependence`, of a column with codes
    """
    if np.isnan(row["value"]):
        # A level of too few counts as none to a model.
        return subject.say("plot.no_level" if column.type == "nominal" else "plot.no_answer")
    values = column.values
    inside = [code for code, value in values.items() if row["first"] <= value <= row["last"]]
    codes = [row["code"]] if row["code"] else inside
    words = [
        subject.in_words(column.codes.get(code, code)) for code in (codes[:1] + codes[1:][-1:])
    ]
    return " – ".join(words) or subject.in_words(Quantity(row["value"], "plain"))


def _interactions(drivers: Drivers, subject: Subject) -> Picture:
    labels = subject.labels
    table = drivers.interactions.head(10).iloc[::-1]
    pairs = [
        f"{wrap(labels[a], 46, 1)}\n× {wrap(labels[b], 46, 1)}"
        for a, b in zip(table["first"], table["second"], strict=True)
    ]
    low, high = (100 * rise for rise in drivers.bend)
    bend = subject.say("plot.bend", low=low, high=high)
    none = subject.say("plot.no_interactions")
    height, n = 2.2 + 0.52 * max(len(table), 1), _people(drivers)
    with subject.canvas(10, height, "plot.interactions", n=n) as (figure, (axes,)):
        axes.barh(
            range(len(table)), table["strength"], color=ORANGE, edgecolor="black", linewidth=0.6
        )
        axes.set_yticks(range(len(table)), pairs, fontsize=8)
        axes.set_xlabel(f"{subject.say('plot.strength')}\n{wrap(bend, 84, 3)}")
        if not pairs:
            axes.text(0.5, 0.5, wrap(none, 70, 3), ha="center", va="center")
            axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[])
    strongest = (
        subject.say("plot.alt.interactions", pair=pairs[-1].replace("\n", " ")) if pairs else none
    )
    return Picture(figure, f"{strongest} {bend}")


def _cohorts(drivers: Drivers, subject: Subject) -> Picture:
    """Heat map of groups by drivers, each cell with its number."""
    labels = subject.labels
    table = drivers.cohorts.set_index(["attribute", "group"])
    n = table["n"].groupby(level=[0, 1], sort=False).first()
    names = list(dict.fromkeys(table["scale"]))[:8]
    grid = table.pivot_table("difference", ["attribute", "group"], "scale")
    grid = grid.loc[list(n.index), names] * 100
    apart = grid.abs().max(axis=1).nlargest(_MOST_GROUPS).index
    grid = grid[grid.index.isin(apart)]
    rows = [
        wrap_with(
            f"{wrap(labels[a], 40, 1)}: {wrap(subject.group(a, g), 56, 1)}",
            f"({subject.at_least(n[a, g])})",
            60,
        )
        for a, g in grid.index
    ]
    limit = float(grid.abs().max().max()) or 1.0
    with subject.canvas(12, 2.6 + 0.36 * len(grid), "plot.cohorts") as (figure, (axes,)):
        axes.imshow(grid, cmap="PuOr_r", vmin=-limit, vmax=limit, aspect="auto")
        cells = grid.to_numpy(dtype=float)
        for y, x in np.ndindex(grid.shape):
            value = float(cells[y, x])
            shade = "white" if abs(value) > 0.65 * limit else "black"
            axes.text(
                x,
                y,
                subject.in_words(Quantity(value, "points")),
                ha="center",
                va="center",
                fontsize=8,
                color=shade,
            )
        axes.set_xticks(range(len(names)), [wrap(labels[n], 15, 3) for n in names], fontsize=8)
        axes.set_yticks(range(len(grid)), rows, fontsize=8)
        scales = int((drivers.scales["mean_abs"] > 0).sum())
        cuts = [
            Message("plot.groups_left", {"shown": len(grid)}, len(n) - len(grid)),
            Message("plot.drivers_left", {"shown": len(names)}, scales - len(names)),
        ]
        told = [subject.in_words(cut) for cut in cuts if cut.count and cut.count > 0]
        axes.set_title("\n".join([subject.say("plot.difference"), *told]))
    return Picture(figure, subject.say("plot.alt.cohorts", groups=len(grid)))


def _stability(drivers: Drivers, subject: Subject) -> Picture:
    table = drivers.stability
    known = table.dropna(subset=["rank_correlation"])
    of_samples = known["comparison"] == "bootstrap"
    made = {"plot.folds": known[~of_samples], "plot.samples": known[of_samples]}
    # An explanation fits no model again.
    kinds = {subject.say(name): part for name, part in made.items() if len(part)}
    with subject.canvas(8, 2.6, "plot.stability", n=_people(drivers)) as (figure, (axes,)):
        middles = {}
        for place, (kind, part) in enumerate(kinds.items()):
            told = part["rank_correlation"]
            middles[kind] = float(told.median())
            axes.hlines(place, told.min(), told.max(), color=BLUE, linewidth=6, alpha=0.35)
            axes.plot(told.median(), place, "D", color=BLUE)
            axes.annotate(
                subject.in_words(Quantity(told.median(), "ratio")),
                (told.median(), place + 0.18),
                ha="center",
            )
        axes.set_yticks(range(len(kinds)), [wrap(kind, 26) for kind in kinds])
        axes.set(xlim=(0, 1.02), ylim=(-0.6, len(kinds) - 0.4))
        axes.set_xlabel(subject.say("plot.agreement"))
    parts = [
        Message("plot.middle", {"kind": kind, "middle": middle}) for kind, middle in middles.items()
    ]
    return Picture(figure, subject.say("plot.alt.stability", parts=tuple(parts)))
