"""The pictures that data scientists review. Each drawn mark stands for ten people or more.

The library shap draws a dot for each person, which is why these are drawn here, from tables that
hold bins only.
"""

from typing import TYPE_CHECKING

import numpy as np

from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.publish.canvas import BLUE, GREY, ORANGE, Picture, Subject, wrap
from blijfwijzer.survey.texts import Message, Quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_drivers(drivers: Drivers, subject: Subject) -> dict[str, Picture]:
    """Draw what drives a risk.

    Returns
    -------
    Name of the file, without suffix, to the picture.
    """
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

    labels = subject.labels
    names = list(dict.fromkeys(drivers.spread["feature"]))
    colours, scale = colormaps["cividis"], Normalize(0, 1)
    highest = drivers.spread["n"].max()
    steps = np.diff(np.unique(drivers.spread["contribution"]))
    width = steps.min() if len(steps) else 1.0
    with subject.canvas(10, 1.8 + 0.42 * len(names), "plot.summary") as (figure, (axes,)):
        for place, name in enumerate(names[::-1]):
            part = drivers.spread[drivers.spread["feature"] == name]
            height = 0.12 + 0.76 * np.sqrt(part["n"] / highest)
            fill = [GREY if np.isnan(v) else colours(scale(v)) for v in part["value"]]
            axes.bar(
                part["contribution"] * 100, height, width * 100, place - height / 2, color=fill
            )
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_yticks(range(len(names)), [wrap(labels[n], 44) for n in names[::-1]], fontsize=8)
        axes.set_ylim(-0.7, len(names) - 0.3)
        axes.set_xlabel(subject.say("plot.contribution"))
        bar = figure.colorbar(ScalarMappable(scale, colours), ax=axes, fraction=0.025, pad=0.02)
        bar.set_ticks([0, 1], labels=[subject.say("plot.low"), subject.say("plot.high")])
        bar.set_label(subject.say("plot.answer"))
    alt = subject.say("plot.alt.summary", names=tuple(labels[name] for name in names[:5]))
    return Picture(figure, alt)


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
    with subject.canvas(9, 1.9 + 0.55 * len(table), "plot.constructs") as (figure, (axes,)):
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
            range(len(table)), [f"{n} ({k})" for n, k in zip(names, kinds, strict=True)]
        )
        axes.set_xlabel(subject.say("plot.mean_size"))
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
            frameon=False,
            loc="lower right",
        )
    sizes = [
        Message("plot.size", {"name": f"{name}, {kind}", "points": float(points)})
        for name, kind, points in zip(names[::-1], kinds[::-1], size[::-1], strict=True)
    ]
    return Picture(figure, subject.say("plot.alt.constructs", sizes=tuple(sizes)))


def _dependence(drivers: Drivers, subject: Subject) -> Picture:
    labels = subject.labels
    names = list(dict.fromkeys(drivers.dependence["feature"]))
    rows = -(-len(names) // 3)
    with subject.canvas(12, 0.9 + 3.4 * rows, "plot.dependence", rows, 3) as (figure, axes):
        for axis, name in zip(axes, names, strict=False):
            part = drivers.dependence[drivers.dependence["feature"] == name]
            known = part.dropna(subset="value").sort_values("value")
            axis.fill_between(
                known["value"], known["low"] * 100, known["high"] * 100, color=BLUE, alpha=0.18
            )
            axis.plot(known["value"], known["contribution"] * 100, "o-", color=BLUE, markersize=4)
            axis.axhline(0, color=GREY, linewidth=0.8)
            axis.set_title(wrap(labels[name], 40), fontsize=10)
            _name_codes(axis, name, subject)
            axis.set_ylabel(subject.say("unit.percentage_points"), fontsize=8)
        for axis in axes[len(names) :]:
            axis.set_visible(False)
    alt = subject.say("plot.alt.dependence", names=tuple(labels[name] for name in names))
    return Picture(figure, alt)


def _name_codes(axis: "Axes", name: str, subject: Subject) -> None:
    """Write the first and last answer's meaning under the axis where there are few."""
    column = subject.codebook.columns.get(name)
    if column is None or column.type != "ordinal" or not 2 <= len(column.codes) <= 7:
        return
    ends = list(column.values.items())
    told = {ends[0][1]: ends[0][0], ends[-1][1]: ends[-1][0]}
    ticks = sorted(set(column.values.values()))
    axis.set_xticks(
        ticks,
        [
            wrap(subject.in_words(column.codes[told[t]]), 14)
            if t in told
            else subject.in_words(Quantity(t, "plain"))
            for t in ticks
        ],
        fontsize=8,
    )


def _interactions(drivers: Drivers, subject: Subject) -> Picture:
    labels = subject.labels
    table = drivers.interactions.head(10).iloc[::-1]
    pairs = [
        f"{wrap(labels[a], 46, 1)}\n× {wrap(labels[b], 46, 1)}"
        for a, b in zip(table["first"], table["second"], strict=True)
    ]
    with subject.canvas(10, 1.6 + 0.52 * len(table), "plot.interactions") as (figure, (axes,)):
        axes.barh(
            range(len(table)),
            table["strength"] * 100,
            color=ORANGE,
            edgecolor="black",
            linewidth=0.6,
        )
        axes.set_yticks(range(len(table)), pairs, fontsize=8)
        axes.set_xlabel(subject.say("plot.strength"))
    first = pairs[-1].replace("\n", " ") if pairs else "-"
    return Picture(figure, subject.say("plot.alt.interactions", pair=first))


def _cohorts(drivers: Drivers, subject: Subject) -> Picture:
    """Heat map of groups by drivers, each cell with its number."""
    labels = subject.labels
    table = drivers.cohorts.copy()
    table["row"] = [
        f"{labels[a]}: {subject.group(a, g)}"
        for a, g in zip(table["attribute"], table["group"], strict=True)
    ]
    rows = list(dict.fromkeys(table["row"]))
    names = list(dict.fromkeys(table["scale"]))[:8]
    grid = table.pivot_table("difference", "row", "scale").loc[rows, names] * 100
    rows = [row for row, size in grid.abs().max(axis=1).nlargest(24).items()]
    grid = grid.loc[[r for r in grid.index if r in rows]]
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
        axes.set_yticks(range(len(grid)), [wrap(str(r), 52, 1) for r in grid.index], fontsize=8)
        axes.set_title(subject.say("plot.difference"))
    return Picture(figure, subject.say("plot.alt.cohorts", groups=len(grid)))


def _stability(drivers: Drivers, subject: Subject) -> Picture:
    table = drivers.stability
    kinds = {
        subject.say("plot.folds"): table[table["comparison"] != "bootstrap"],
        subject.say("plot.samples"): table[table["comparison"] == "bootstrap"],
    }
    with subject.canvas(8, 2.6, "plot.stability") as (figure, (axes,)):
        middles = {}
        for place, (kind, part) in enumerate(kinds.items()):
            told = part["rank_correlation"].dropna()
            if len(told):
                middles[kind] = float(told.median())
                axes.hlines(place, told.min(), told.max(), color=BLUE, linewidth=6, alpha=0.35)
                axes.plot(told.median(), place, "D", color=BLUE)
                axes.annotate(
                    subject.in_words(Quantity(told.median(), "ratio")),
                    (told.median(), place + 0.18),
                    ha="center",
                )
        axes.set_yticks(range(2), [wrap(kind, 26) for kind in kinds])
        axes.set(xlim=(0, 1.02), ylim=(-0.6, 1.6))
        axes.set_xlabel(subject.say("plot.agreement"))
    parts = [
        Message("plot.middle", {"kind": kind, "middle": middle}) for kind, middle in middles.items()
    ]
    return Picture(figure, subject.say("plot.alt.stability", parts=tuple(parts)))
