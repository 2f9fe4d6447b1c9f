"""The pictures that data scientists review. Each drawn mark stands for ten people or more.

The library shap draws a dot for each person, which is why these are drawn here, from tables that
hold bins only.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from blijfwijzer.drivers.canvas import BLUE, GREY, ORANGE, Picture, canvas, note, wrap
from blijfwijzer.drivers.profiles import Drivers
from blijfwijzer.survey.codebook import Codebook, Language, Outcome
from blijfwijzer.survey.labels import group_label

Speak = Callable[[str, str], str]


def draw_drivers(
    drivers: Drivers, codebook: Codebook, outcome: Outcome, language: Language
) -> dict[str, Picture]:
    """Draw what drives a risk.

    Returns
    -------
    Name of the file, without suffix, to the picture.
    """

    def speak(nl: str, en: str) -> str:
        return nl if language == "nl" else en

    labels = _labels(codebook, language)
    title = outcome.label.in_(language)
    foot = note(outcome, language)
    pictures = {
        "summary": _summary(drivers, labels, title, foot, speak),
        "constructs": _constructs(drivers, codebook, title, foot, language, speak),
        "dependence": _dependence(drivers, codebook, labels, title, foot, language, speak),
        "interactions": _interactions(drivers, labels, title, foot, speak),
        "stability": _stability(drivers, title, foot, speak),
    }
    if len(drivers.cohorts):
        pictures["cohorts"] = _cohorts(drivers, codebook, labels, title, foot, language, speak)
    return pictures


def _labels(codebook: Codebook, language: Language) -> dict[str, str]:
    columns = {name: column.label.in_(language) for name, column in codebook.columns.items()}
    return columns | {name: scale.label.in_(language) for name, scale in codebook.scales.items()}


def _summary(
    drivers: Drivers, labels: dict[str, str], title: str, foot: str, speak: Speak
) -> Picture:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    names = list(dict.fromkeys(drivers.spread["feature"]))
    colours, scale = colormaps["cividis"], Normalize(0, 1)
    highest = drivers.spread["n"].max()
    steps = np.diff(np.unique(drivers.spread["contribution"]))
    width = steps.min() if len(steps) else 1.0
    what = speak("wat elk antwoord bijdraagt", "what each answer contributes")
    with canvas(10, 1.8 + 0.42 * len(names), f"{title}: {what}", foot) as (figure, (axes,)):
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
        axes.set_xlabel(
            speak(
                "bijdrage aan het risico (procentpunten); hoogte: aantal mensen",
                "contribution to the risk (percentage points); height: people",
            )
        )
        bar = figure.colorbar(ScalarMappable(scale, colours), ax=axes, fraction=0.025, pad=0.02)
        bar.set_ticks([0, 1], labels=[speak("laag", "low"), speak("hoog", "high")])
        bar.set_label(speak("antwoord", "answer"))
    alt = speak(
        f"Verdeling van bijdragen; de belangrijkste zijn {_list(names[:5], labels)}.",
        f"Distribution of contributions; the most important are {_list(names[:5], labels)}.",
    )
    return Picture(figure, alt)


def _constructs(
    drivers: Drivers,
    codebook: Codebook,
    title: str,
    foot: str,
    language: Language,
    speak: Speak,
) -> Picture:
    from matplotlib.patches import Patch

    table = drivers.constructs.iloc[::-1]
    named = codebook.constructs
    names = [
        named[c].in_(language) if c in named else speak("Overig", "Other")
        for c in table["construct"]
    ]
    kinds = [
        speak("te veranderen", "changeable") if c else speak("gegeven", "given")
        for c in table["is_changeable"]
    ]
    what = speak("cultuur, loopbaan en de rest", "culture, career and the rest")
    with canvas(9, 1.9 + 0.55 * len(table), f"{title}: {what}", foot) as (figure, (axes,)):
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
        axes.set_xlabel(
            speak(
                "gemiddelde grootte van de bijdrage (procentpunten), met 95 %-interval",
                "mean size of the contribution (percentage points), with 95 % interval",
            )
        )
        axes.legend(
            handles=[
                Patch(
                    facecolor=BLUE,
                    edgecolor="black",
                    label=speak("werkgever kan het veranderen", "employer can change it"),
                ),
                Patch(
                    facecolor="white",
                    edgecolor="black",
                    hatch="///",
                    label=speak("gegeven", "given"),
                ),
            ],
            frameon=False,
            loc="lower right",
        )
    order = ", ".join(f"{n} ({v:.1f})" for n, v in zip(names[::-1], size[::-1], strict=True))
    return Picture(
        figure,
        speak(
            f"Bijdrage per construct: {order} procentpunten.",
            f"Contribution by construct: {order} percentage points.",
        ),
    )


def _dependence(
    drivers: Drivers,
    codebook: Codebook,
    labels: dict[str, str],
    title: str,
    foot: str,
    language: Language,
    speak: Speak,
) -> Picture:
    names = list(dict.fromkeys(drivers.dependence["feature"]))
    what = speak(
        "bijdrage bij elk antwoord (band: spreiding)", "contribution by answer (band: spread)"
    )
    rows = -(-len(names) // 3)
    with canvas(12, 0.9 + 3.4 * rows, f"{title}: {what}", foot, rows, 3) as (figure, axes):
        for axis, name in zip(axes, names, strict=False):
            part = drivers.dependence[drivers.dependence["feature"] == name]
            known = part.dropna(subset="value").sort_values("value")
            axis.fill_between(
                known["value"], known["low"] * 100, known["high"] * 100, color=BLUE, alpha=0.18
            )
            axis.plot(known["value"], known["contribution"] * 100, "o-", color=BLUE, markersize=4)
            axis.axhline(0, color=GREY, linewidth=0.8)
            axis.set_title(wrap(labels[name], 40), fontsize=10)
            _name_codes(axis, name, codebook, known["value"], language)
            axis.set_ylabel(speak("procentpunten", "percentage points"), fontsize=8)
        for axis in axes[len(names) :]:
            axis.set_visible(False)
    alt = speak(
        f"Verloop van de bijdrage bij {_list(names, labels)}; de band is de spreiding.",
        f"Course of the contribution of {_list(names, labels)}; the band is the spread.",
    )
    return Picture(figure, alt)


def _name_codes(
    axis: object, name: str, codebook: Codebook, values: pd.Series, language: Language
) -> None:
    """Write the first and last answer's meaning under the axis where there are few."""
    column = codebook.columns.get(name)
    if column is None or column.type != "ordinal" or not 2 <= len(column.codes) <= 7:
        return
    ends = list(column.values.items())
    told = {ends[0][1]: ends[0][0], ends[-1][1]: ends[-1][0]}
    ticks = sorted(set(column.values.values()))
    axis.set_xticks(  # type: ignore[attr-defined]
        ticks,
        [wrap(column.codes[told[t]].in_(language), 14) if t in told else f"{t:g}" for t in ticks],
        fontsize=8,
    )


def _interactions(
    drivers: Drivers, labels: dict[str, str], title: str, foot: str, speak: Speak
) -> Picture:
    table = drivers.interactions.head(10).iloc[::-1]
    what = speak("welke antwoorden op elkaar inwerken", "which answers interact")
    pairs = [
        f"{wrap(labels[a], 46, 1)}\n× {wrap(labels[b], 46, 1)}"
        for a, b in zip(table["first"], table["second"], strict=True)
    ]
    with canvas(10, 1.6 + 0.52 * len(table), f"{title}: {what}", foot) as (figure, (axes,)):
        axes.barh(
            range(len(table)),
            table["strength"] * 100,
            color=ORANGE,
            edgecolor="black",
            linewidth=0.6,
        )
        axes.set_yticks(range(len(table)), pairs, fontsize=8)
        axes.set_xlabel(
            speak(
                "sterkte van de wisselwerking (procentpunten)",
                "strength of the interaction (percentage points)",
            )
        )
    first = pairs[-1].replace("\n", " ") if pairs else "-"
    return Picture(
        figure, speak(f"Sterkste wisselwerking: {first}.", f"Strongest interaction: {first}.")
    )


def _cohorts(
    drivers: Drivers,
    codebook: Codebook,
    labels: dict[str, str],
    title: str,
    foot: str,
    language: Language,
    speak: Speak,
) -> Picture:
    """Heat map of groups by drivers, each cell with its number."""
    table = drivers.cohorts.copy()
    table["row"] = [
        f"{labels[a]}: {group_label(codebook, a, g, language)}"
        for a, g in zip(table["attribute"], table["group"], strict=True)
    ]
    rows = list(dict.fromkeys(table["row"]))
    names = list(dict.fromkeys(table["scale"]))[:8]
    grid = table.pivot_table("difference", "row", "scale").loc[rows, names] * 100
    rows = [row for row, size in grid.abs().max(axis=1).nlargest(24).items()]
    grid = grid.loc[[r for r in grid.index if r in rows]]
    limit = float(grid.abs().max().max()) or 1.0
    what = speak("groepen tegenover de rest", "groups against the rest")
    with canvas(12, 2.6 + 0.36 * len(grid), f"{title}: {what}", foot) as (figure, (axes,)):
        axes.imshow(grid, cmap="PuOr_r", vmin=-limit, vmax=limit, aspect="auto")
        cells = grid.to_numpy(dtype=float)
        for y, x in np.ndindex(grid.shape):
            value = float(cells[y, x])
            shade = "white" if abs(value) > 0.65 * limit else "black"
            axes.text(
                x,
                y,
                f"{round(value, 1) + 0.0:+.1f}",
                ha="center",
                va="center",
                fontsize=8,
                color=shade,
            )
        axes.set_xticks(range(len(names)), [wrap(labels[n], 15, 3) for n in names], fontsize=8)
        axes.set_yticks(range(len(grid)), [wrap(str(r), 52, 1) for r in grid.index], fontsize=8)
        axes.set_title(
            speak(
                "verschil in bijdrage met alle anderen (procentpunten)",
                "difference in contribution from all others (percentage points)",
            )
        )
    alt = speak(
        f"Verschil van {len(grid)} groepen met de rest, per oorzaakcomplex.",
        f"Difference of {len(grid)} groups from the rest, by driver.",
    )
    return Picture(figure, alt.replace("oorzaakcomplex", "onderwerp"))


def _stability(drivers: Drivers, title: str, foot: str, speak: Speak) -> Picture:
    what = speak("zou een ander model hetzelfde zeggen?", "would another model say the same?")
    table = drivers.stability
    kinds = {
        speak("modellen van verschillende delen", "models of different folds"): table[
            table["comparison"] != "bootstrap"
        ],
        speak("andere steekproef van organisaties", "other samples of organisations"): table[
            table["comparison"] == "bootstrap"
        ],
    }
    with canvas(8, 2.6, f"{title}: {what}", foot) as (figure, (axes,)):
        for place, part in enumerate(kinds.values()):
            told = part["rank_correlation"].dropna()
            if len(told):
                axes.hlines(place, told.min(), told.max(), color=BLUE, linewidth=6, alpha=0.35)
                axes.plot(told.median(), place, "D", color=BLUE)
                axes.annotate(f"{told.median():.2f}", (told.median(), place + 0.18), ha="center")
        axes.set_yticks(range(2), [wrap(kind, 26) for kind in kinds])
        axes.set(xlim=(0, 1.02), ylim=(-0.6, 1.6))
        axes.set_xlabel(
            speak(
                "overeenkomst in volgorde van de onderwerpen (Spearman)",
                "agreement in the order of drivers (Spearman)",
            )
        )
    middle = table["rank_correlation"].median()
    return Picture(
        figure,
        speak(f"Mediane rangcorrelatie {middle:.2f}.", f"Median rank correlation {middle:.2f}."),
    )


def _list(names: list[str], labels: dict[str, str]) -> str:
    return ", ".join(labels[name] for name in names)
