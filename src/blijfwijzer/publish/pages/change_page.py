"""How drivers changed since another wave or model: in words, in tables and as a picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import FINE
from blijfwijzer.drivers.change import HEIGHT, DriverChange
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.files.training_files import table_files
from blijfwijzer.publish.language.numbers import Kind
from blijfwijzer.publish.pages.blocks import Block
from blijfwijzer.publish.pictures.canvas import (
    ABOVE,
    BLUE,
    GREY,
    ORANGE,
    Picture,
    Subject,
    wrap,
    wrap_with,
)
from blijfwijzer.survey.texts import Message, Quantity, Value, say

PICTURE = "change"
TABLES_OF_CHANGE = ("changed_sizes", "changed_means")
_LOOKS = {"answers": (BLUE, "plot.change_answers"), "model": (ORANGE, "plot.change_model")}
"""Colour of each part of a change, and what it is called."""


@dataclass(frozen=True)
class Changed:
    """How drivers changed, and since what."""

    against: Message
    """What is held against what."""
    found: DriverChange


def change_rows(changed: Changed, subject: Subject) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give the tables of the page, in words."""
    yield "changed_sizes", _in_words(changed.found.sizes, subject)
    yield "changed_means", _in_words(changed.found.means, subject)


def change_tables(changed: Changed, edge: Edge) -> dict[str, bytes]:
    """Write the same for programs, and of each scale."""
    found = changed.found
    return table_files(
        {
            "changed_sizes": found.sizes,
            "changed_means": found.means,
            "changed_scales": found.scales.rename_axis("name").reset_index(),
        },
        edge,
    )


def change_blocks(changed: Changed, subject: Subject) -> Iterator[Block]:
    """Say how the mean risk changed, which driver did most, and what the parts are."""
    risk, sizes = changed.found.risk, changed.found.sizes
    told = [changed.against, say("change.risk", **_told(risk, "tenths"))]
    if len(sizes):
        most = sizes.iloc[int(sizes["change"].abs().to_numpy().argmax())]
        name = _named(most["construct"], subject)
        told.append(say("change.most", name=name, **_told(most, "decimal")))
    yield Block(paragraphs=(*told, say("change.parts")))


def _told(row: pd.Series, level: Kind) -> dict[str, Value]:
    """Give numbers in percentage points: where it was and is, and the change with its parts."""
    moved = dict.fromkeys(("change", *_LOOKS), "points")
    kinds: dict[str, str] = {"then": level, "now": level, **moved}
    return {name: Quantity(100 * float(row[name]), kind) for name, kind in kinds.items()}


def draw_change(changed: Changed, subject: Subject) -> dict[str, Picture]:
    """Draw how much of the change of each construct's size is of either part, as tables tell it."""
    table = changed.found.sizes.iloc[::-1].round(FINE)
    names = [subject.in_words(_named(name, subject)) for name in table["construct"]]
    kinds = [
        f"({subject.say('plot.changeable' if is_changeable else 'plot.given')})"
        for is_changeable in table["is_changeable"]
    ]
    places = np.arange(len(table))
    with subject.canvas(9, 2.1 + 0.65 * len(table), "plot.change") as (figure, (axes,)):
        for shift, (part, (colour, name)) in zip((0.18, -0.18), _LOOKS.items(), strict=True):
            size = 100 * table[part].to_numpy()
            low, high = (100 * table[f"{part}_{end}"].to_numpy() for end in ("low", "high"))
            error = np.nan_to_num(np.stack([size - low, high - size]))
            look: dict[str, Any] = {"color": colour, "capsize": 3, "label": subject.say(name)}
            axes.barh(places + shift, size, 0.34, xerr=error, **look)
        whole = 100 * table["change"]
        axes.plot(whole, places, "D", color="black", label=subject.say("plot.change_whole"))
        axes.axvline(0, color=GREY, linewidth=0.8)
        ticks = [wrap_with(name, kind, 40) for name, kind in zip(names, kinds, strict=True)]
        axes.set_yticks(places, ticks, fontsize=9)
        then, now = map(subject.at_least, changed.found.people)
        people = subject.say("plot.then_now", then=then, now=now)
        axes.set_xlabel(f"{wrap(subject.say('plot.change_size'), 56)}\n{people}")
        axes.legend(**{**ABOVE, "ncols": 3, "fontsize": 8})
    sizes = [
        say("plot.change_of", name=f"{name} {kind}", change=Quantity(float(one), "points"))
        for name, kind, one in zip(names[::-1], kinds[::-1], whole[::-1], strict=True)
    ]
    return {PICTURE: Picture(figure, subject.say("plot.alt.change", sizes=tuple(sizes)))}


def _named(construct: str, subject: Subject) -> Value:
    if construct == HEIGHT.strip("|"):
        return say("change.height")
    return subject.codebook.constructs.get(construct, say("review.other_construct"))


def _in_words(rows: pd.DataFrame, subject: Subject) -> pd.DataFrame:
    named = list[Any](_named(name, subject) for name in rows["construct"])
    return rows.assign(construct=named)
