"""A release to search, filter and compare: its tables on one offline page with a script of its own.

The rows of the tables are all that the script knows. Without it the page is these tables.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import jinja2
import pandas as pd
from markupsafe import Markup

from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.pages.first_page import NEVER
from blijfwijzer.publish.pages.page import written
from blijfwijzer.publish.pages.page_table import MOST_ROWS, shown_table, tidy
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.texts import Message, Value, say

EXPLORED: Mapping[str, tuple[str, ...]] = {
    "groups": ("level", "sector"),
    "flagged": ("target",),
    "drivers": ("target", "is_changeable"),
    "vouchers": (),
}
"""Tables to explore, that of all groups first, to the columns that a reader may pick a value of."""
_GAPS: Mapping[str, tuple[str, ...]] = {
    **{"chosen": ("names",), "rows": ("shown", "all"), "sorted": ("column",)},
    **dict.fromkeys(("all", "choose", "download", "none", "what"), ()),
}
"""What the script says, to the gaps that it fills."""


@dataclass(frozen=True)
class ExploredTable:
    """A table whose rows the script sorts and filters."""

    name: str
    caption: Value
    header: tuple[tuple[str, bool, bool], ...]
    """Heading, whether numbers stand below it, and whether a reader may pick one of its values."""
    rows: tuple[tuple[int | None, tuple[str, ...]], ...]
    """Place of the row's group among all groups, None where it has none; and its cells."""
    note: Value
    """Says how many rows are left out, if any are."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """Columns of numbers, counted from one."""
        return tuple(n for n, (_, is_number, _) in enumerate(self.header, start=1) if is_number)


def render_explorer(report: Chapter) -> bytes:
    """Write the report of `score`, perhaps with vouchers, as a page to explore."""
    return explore(report, [_explored(report, name) for name in EXPLORED if report.has(name)])


def explore(
    report: Chapter, tables: Sequence[ExploredTable], never: Sequence[str] = NEVER
) -> bytes:
    """Write tables as a page to explore.

    It asks for nothing from elsewhere. Its policy lets in one script and one style, by their
    hashes (CSP level 3, 2.3.1), and so none that stands in the name of a group.

    Parameters
    ----------
    tables : that of all groups first, by whose rows the others are chosen
    never : what it is never meant for, as ids of sentences
    """
    page = _template().render(
        chapter=report,
        title=tidy(report.in_words(say("explore.title"))),
        survey=tidy(report.in_words(report.survey)),
        intro=(say("explore.intro"), *report.notes.get("contact", ())),
        how=say("explore.how"),
        ask_never=say("short.ask.never"),
        never=tuple(map(say, never)),
        skip=say("page.skip"),
        noscript=say("explore.noscript"),
        search=say("explore.search"),
        only=say("explore.only"),
        clear=say("explore.clear"),
        compare=say("explore.compare"),
        words=_words(report),
        tables=tables,
        script=_script(),
    )
    return page.encode()


def _words(report: Chapter) -> dict[str, str]:
    """Give what the script says, and by which sign it reads numbers, in the page's language."""
    told = {
        word: Message(id_of("explore.word", word), {gap: f"{{{gap}}}" for gap in gaps})
        for word, gaps in _GAPS.items()
    }
    words = {word: report.in_words(message) for word, message in told.items()}
    return {**words, "decimal": report.show(0.5, "decimal").strip("05")}


def _explored(report: Chapter, name: str) -> ExploredTable:
    rows, caption = report.rows(name), say(TABLES[name].sheet)
    if name == "drivers" and len(rows) > MOST_ROWS:
        rows = _foremost(report, rows)
    most = MOST_ROWS if name == "drivers" else len(rows)
    table = shown_table(report, name, caption, rows, most=most)
    columns = report.table(name).present(rows)
    # A row is headed by the group that it is about.
    order = sorted(range(len(columns)), key=lambda place: columns[place].name != "label")
    header = ((*table.header[place], columns[place].name in EXPLORED[name]) for place in order)
    cells = (tuple(row[place] for place in order) for row in table.rows)
    return ExploredTable(
        name,
        caption,
        tuple(header),
        tuple(zip(_places(report, rows.head(most)), cells, strict=True)),
        table.note,
    )


def _foremost(report: Chapter, drivers: pd.DataFrame) -> pd.DataFrame:
    """Put what goes with risk in groups that stand out before that in others, and what is sure.

    All groups of a large employer have some: nine rows of each would be most of the page.
    """
    is_flagged = drivers["group"].isin(report.rows("flagged")["group"])
    place = 2 * ~is_flagged + ~drivers["is_sure"].astype(bool)
    return drivers.loc[place.sort_values(kind="stable").index]


def _places(report: Chapter, rows: pd.DataFrame) -> list[int | None]:
    """Give the place of the group of each row among all groups; a release of before has none."""
    groups = report.rows("groups")
    if "group" not in groups or "group" not in rows:
        return [None] * len(rows)
    place = {group: n for n, group in enumerate(groups["group"])}
    return [place.get(group) for group in rows["group"]]


@cache
def _script() -> Markup:
    """Give the script as it stands on the page, which is well-formed as XML too."""
    text = (resources.files(__package__) / "explore.js").read_text(encoding="utf-8")
    return Markup(f"/*<![CDATA[*/\n{text}/*]]>*/")


def _hashed(text: str) -> str:
    """Give the hash by which a policy lets a script or style in.

    >>> _hashed("alert(1)")
    'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='
    """
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _template() -> jinja2.Template:
    text = (resources.files(__package__) / "explore.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"written": written, "hashed": _hashed}
    return environment.from_string(text)
