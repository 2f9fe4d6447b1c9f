"""A climate to search, filter and compare: a row for each unit, with its mean on each dimension."""

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.pages.culture_page import CULTURE_NOTHING
from blijfwijzer.publish.pages.explore_page import ExploredTable, explore
from blijfwijzer.publish.pages.page_table import shown_table
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.texts import say

_NONE = "–"
"""Stands where a dimension is not told of a unit."""
_Dimension = tuple[str, int]
"""What it is called, and how many of a unit before it are called the same."""


def render_culture_explorer(chapter: Chapter) -> bytes:
    """Write a climate as a page to explore; each cell is one of the chapter's tables."""
    worrying = [_worrying(chapter)] if chapter.has("worrying") else []
    return explore(chapter, [_units(chapter), *worrying], CULTURE_NOTHING)


def _units(chapter: Chapter) -> ExploredTable:
    """Put the means of a unit in one row, so that two units can be read beside each other."""
    names, header, rows = _written(chapter, "climate")
    about = [names.index(name) for name in ("label", "level", "sector") if name in names]
    told = names.index("dimension"), names.index("pooled")
    means: dict[str, dict[_Dimension, str]] = {}
    units: dict[str, tuple[str, ...]] = {}
    for group, row in zip(chapter.rows("climate")["group"], rows, strict=True):
        units.setdefault(group, tuple(row[place] for place in about))
        own, label = means.setdefault(group, {}), row[told[0]]
        own[label, sum(name == label for name, _ in own)] = row[told[1]]
    dimensions = list(dict.fromkeys(one for own in means.values() for one in own))
    heads = tuple((header[place][0], False, place != about[0]) for place in about)
    return ExploredTable(
        "climate",
        say(TABLES["climate"].sheet),
        (*heads, *((label, True, False) for label, _ in dimensions)),
        tuple(
            (place, (*units[group], *(means[group].get(d, _NONE) for d in dimensions)))
            for place, group in enumerate(units)
        ),
        say("explore.means"),
    )


def _worrying(chapter: Chapter) -> ExploredTable:
    """Take the units that worry as they stand on the page, each with its place among all units."""
    names, header, rows = _written(chapter, "worrying")
    units = list(dict.fromkeys(chapter.rows("climate")["group"]))
    place = {group: number for number, group in enumerate(units)}
    order = sorted(range(len(names)), key=lambda at: names[at] != "label")
    return ExploredTable(
        "flagged",
        say(TABLES["worrying"].sheet),
        tuple((*header[at], names[at] == "dimension") for at in order),
        tuple(
            (place.get(group), tuple(row[at] for at in order))
            for group, row in zip(chapter.rows("worrying")["group"], rows, strict=True)
        ),
        "",
    )


def _written(
    chapter: Chapter, name: str
) -> tuple[list[str], tuple[tuple[str, bool], ...], tuple[tuple[str, ...], ...]]:
    """Give names, headings (and whether numbers stand there) and cells of a whole table."""
    rows = chapter.rows(name)
    table = shown_table(chapter, name, say(TABLES[name].sheet), rows, most=len(rows))
    names = [column.name for column in chapter.table(name).present(rows)]
    return names, table.header, table.rows
