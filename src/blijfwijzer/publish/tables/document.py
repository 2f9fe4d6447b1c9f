"""The page of `docs/` on tables; run as a module, this prints it."""

from collections.abc import Iterator
from types import MappingProxyType

from blijfwijzer.disclosure.release import ColumnKind
from blijfwijzer.publish.language.catalogue import template
from blijfwijzer.publish.tables.register import STORIES
from blijfwijzer.publish.tables.spec import ShownTable

_INTRODUCTION = """# Tables

Every table that a page, a workbook or a file shows, as it is declared in
`src/blijfwijzer/publish/tables/`; `python -m blijfwijzer.publish.tables.document` writes this page.
All numbers passed the gate: counts of people are bands, and what may not be shown is missing.
`{target}` stands for the name of each outcome.
"""
_HOLDS: MappingProxyType[ColumnKind, str] = MappingProxyType(
    {
        "text": "text",
        "count": "people: the lowest of a band, and the band in `{name}_band`",
        "band": "people, as a band",
        "share": "percentage, whole",
        "observed": "percentage of own answers, whole",
        "points": "percentage points, one decimal",
        "mean": "number, one decimal",
        "metric": "number, two decimals",
        "fine": "number, four decimals",
        "whole": "whole number",
        "flag": "true or false",
    }
)


def describe_tables() -> str:
    """Write the page."""
    return "\n".join([_INTRODUCTION, *_stories()])


def _stories() -> Iterator[str]:
    for story, tables in STORIES.items():
        yield f"## {story}\n"
        for table in tables:
            yield from _table(table)


def _table(table: ShownTable) -> Iterator[str]:
    place = ", ".join(f"`{file}`" for file in table.files)
    if not table.is_for_programs:
        place = f"the page; {place}" if place else "the page"
    yield f"### {table.name}\n\nA row is {table.row}. Stands in {place}.\n"
    heads = ["column", "holds", "as"]
    if not table.is_for_programs:
        heads.insert(1, "heading")
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}"
    for column in table.columns:
        cells = [", ".join(f"`{part}`" for part in column.parts)]
        if not table.is_for_programs:
            cells.append("" if column.is_key else template(column.message, "en"))
        cells += [column.meaning, _HOLDS[column.kind].format(name=column.name)]
        yield f"| {' | '.join(cells)} |"
    yield ""


if __name__ == "__main__":
    print(describe_tables(), end="")
