"""Units by dimensions as a table of cells, whose colours words tell too."""

from collections.abc import Iterator, Sequence

import pandas as pd
from markupsafe import Markup

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.numbers import number
from blijfwijzer.publish.language.texts import verdict
from blijfwijzer.publish.pages.page_table import PageTable, tidy
from blijfwijzer.publish.pictures.row_pictures import PICTURED_ROWS, Row, records
from blijfwijzer.survey.texts import Quantity, Value, say

SIGNS = {"with care": "!", "not comparable": "≠"}
"""Judgement of a comparison to what stands in the cell; those that need none are not here."""
_SIGN_TEXTS = {"with care": "legend.care", "not comparable": "legend.own"}
_LOOK_TEXTS = {
    **{"better": "legend.better", "worse": "legend.worse"},
    **{"plain": "legend.same", "uncompared": "legend.uncompared", "hatched": "legend.hidden"},
}
Cell = Row | None
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


def heat_table(
    chapter: Chapter, cells: pd.DataFrame, units: list[tuple[str, str]], caption: Value
) -> PageTable:
    """Show units by dimensions.

    Parameters
    ----------
    cells : rows of `climate`: group, dimension, pooled, all_mark, judgement
    units : id and label, in order; one that has no row in `cells` is withheld
    """
    dimensions = list(dict.fromkeys(chapter.rows("climate")["dimension"]))
    known = {(row["group"], row["dimension"]): row for row in records(cells)}
    rows = [
        (name, [known.get((group, dimension)) for dimension in dimensions]) for group, name in units
    ]
    label = next(c for c in chapter.table("climate").columns if c.name == "label")
    return show_heat(rows, [chapter.heading(label), *dimensions], caption, chapter)


def show_heat(
    rows: Sequence[tuple[str, Sequence[Cell]]],
    header: Sequence[str],
    caption: Value,
    chapter: Chapter,
) -> PageTable:
    """Show cells with their means; marks and warnings stand in words too.

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
        caption=caption,
        rows=len(rows),
        columns=len(header) - 1,
        better=looks.count("better"),
        worse=looks.count("worse"),
        hidden=looks.count("hatched"),
        care=judged.count("with care"),
    )
    return PageTable(
        finding,
        tuple((tidy(text), place > 0) for place, text in enumerate(header)),
        tuple((tidy(name), *(_written(cell, chapter) for cell in row)) for name, row in rows),
        widths=("", *("upright" for _ in header[1:])),
        legend=tuple(_legend(looks, judged)),
    )


def _legend(looks: Sequence[str], judged: Sequence[str]) -> Iterator[tuple[Markup, Value]]:
    for look, text in _LOOK_TEXTS.items():
        if look in looks:
            yield _sign(look), say(text)
    for name, text in _SIGN_TEXTS.items():
        if name in judged:
            yield _sign("", SIGNS[name]), say(text)


def _look(cell: Cell) -> str:
    if cell is None or number(cell["pooled"]) is None:
        return "hatched"
    if cell["all_mark"] == "" and cell["judgement"] != "not comparable":
        # What it would be held against may not be told: that is no difference of nothing.
        return "uncompared"
    return str(cell["all_mark"]) if cell["all_mark"] in ("better", "worse") else "plain"


def _written(cell: Cell, chapter: Chapter) -> Markup:
    look = _look(cell)
    if cell is None or look == "hatched":
        hidden = chapter.in_words(say("value.not_shown"))
        return Markup('<span class="cell hatched">{}</span>').format(hidden)
    judgement = cell["judgement"] if cell["judgement"] in SIGNS else ""
    mean = chapter.in_words(Quantity(cell["pooled"], "decimal"))
    told = [name for name in (look, judgement) if name not in ("plain", "uncompared", "")]
    said = [*map(verdict, told), *([say("legend.uncompared")] if look == "uncompared" else [])]
    words = "".join(f", {chapter.in_words(one)}" for one in said)
    aside = Markup('<span class="hidden">{}</span>').format(words) if words else ""
    shown = f"{mean} {SIGNS.get(judgement, '')}".strip()
    return Markup('<span class="cell {}">{}{}</span>').format(look, shown, aside)


def _sign(look: str, text: str = "\u00a0") -> Markup:
    """Give a cell for the legend."""
    return Markup('<span class="cell {}">{}</span>').format(look, text)
