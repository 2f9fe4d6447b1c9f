"""The report as one page: eight sections, each picture with its table, no script.

It computes nothing; it chooses what is pictured and in which order things are told.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources

import jinja2
import pandas as pd

from blijfwijzer.publish.blocks import (
    OPEN_ROWS,
    Block,
    by_target,
    pairs,
    shown_table,
    tidy,
    titled,
    twin,
)
from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.cells import clean_text
from blijfwijzer.publish.messages import say
from blijfwijzer.publish.pictures import (
    PICTURED_ROWS,
    picture_alternatives,
    picture_drivers,
    picture_fairness,
    picture_flags,
    picture_rates,
)
from blijfwijzer.publish.report import Report, Told

PICTURED_GROUPS = 12
"""Groups whose drivers are drawn, over all risks together."""
MOST_DRIVERS = 1_000
"""Rows of the table of drivers of groups that have no picture."""

PURPOSE = (
    "purpose.groups",
    "purpose.association",
    "purpose.intention",
    "purpose.uncertainty",
    "purpose.punish",
    "purpose.offer",
    "purpose.firewall",
)
"""Sentences on what a release is, and what it is not."""


def render_report(report: Report) -> bytes:
    """Write the report as HTML; the same report gives the same bytes.

    The page needs no script and nothing from elsewhere, and is well-formed as XML too. Texts in
    tables are cut at 80 characters and tables at 2,000 rows (drivers of groups that have no
    picture: 1,000); the workbook has the whole.
    """
    stories = {
        "what": _what,
        "read": _read,
        "sectors": _sectors,
        "flagged": _flagged,
        "vouchers": _vouchers,
        "fairness": _fairness,
        "withheld": _withheld,
        "method": _method,
    }
    return render_sections(report, {name: list(story(report)) for name, story in stories.items()})


def render_sections(report: Told, sections: Mapping[str, Sequence[Block]]) -> bytes:
    """Write sections as one page; the notes of a section come before its blocks.

    Parameters
    ----------
    sections : name, which is also the name of its heading, to its blocks
    """
    text = (resources.files("blijfwijzer.publish") / "report.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    language = report.language
    page = environment.from_string(text).render(
        language=language,
        title=tidy(report.title),
        survey=tidy(report.survey),
        warnings=[clean_text(warning) for warning in report.warnings],
        sections=[
            (name, say(id_of("section", name), language), [*_notes(report, name), *blocks])
            for name, blocks in sections.items()
        ],
        skip=say("page.skip", language),
        contents=say("page.contents", language),
    )
    return page.encode()


def _notes(report: Told, section: str) -> Iterator[Block]:
    if section in report.notes:
        yield Block(paragraphs=_clean(report.notes[section]))


def _what(report: Report) -> Iterator[Block]:
    yield Block(points=tuple(say(name, report.language) for name in PURPOSE))


def _read(report: Report) -> Iterator[Block]:
    caption = say("caption.facts", report.language)
    yield Block(table=shown_table(report, "lottery", caption, pairs(report.facts)))
    yield titled(report, "rejected")
    yield titled(report, "wave")


def _sectors(report: Report) -> Iterator[Block]:
    language = report.language
    yield Block(paragraphs=(say("note.sectors", language),))
    for target, label, rates in by_target(report, report.rows("sectors")):
        caption = say("caption.sectors", language, target=label)
        yield Block(
            caption,
            picture=picture_rates(rates, caption, f"rates-{target}", language),
            caption=caption,
            table=twin(report, "sectors", caption, rates.drop(columns="target")),
        )
    yield titled(report, "groups", is_foldable=True)


def _flagged(report: Report) -> Iterator[Block]:
    language = report.language
    found = list(by_target(report, report.rows("flagged")))
    yield Block(paragraphs=(say("note.flagged" if found else "note.none_flagged", language),))
    for target, label, flagged in found:
        caption = say("caption.flagged", language, target=label)
        drawn = min(len(flagged), PICTURED_ROWS)
        cut = say("note.pictured", language, shown=drawn, all=len(flagged))
        yield Block(
            caption,
            (cut,) if drawn < len(flagged) else (),
            picture=picture_flags(flagged, caption, f"flags-{target}", language),
            caption=caption,
            table=twin(report, "flagged", caption, flagged.drop(columns="target")),
        )
        yield from _drivers(report, target, label, flagged, PICTURED_GROUPS // len(found))
    if len(report.segments):
        yield titled(report, "segments")


def _drivers(
    report: Report, target: str, label: str, flagged: pd.DataFrame, pictured: int
) -> Iterator[Block]:
    language = report.language
    drivers = report.rows("drivers")
    drivers = drivers[drivers["target"] == target].drop(columns="target")
    # What an employer can change comes first; otherwise the order given is kept.
    drivers = drivers.sort_values("is_changeable", ascending=False, kind="stable")
    groups = flagged[flagged["group"].isin(drivers["group"])].drop_duplicates("group")
    if groups.empty:
        return
    shown = groups.head(pictured)
    yield Block(paragraphs=(say("note.drivers", language, shown=len(shown), all=len(groups)),))
    for place, (group, name) in enumerate(zip(shown["group"], shown["label"], strict=True)):
        rows = drivers[drivers["group"] == group].drop(columns="label")
        caption = say("caption.drivers", language, target=label, group=tidy(name))
        yield Block(
            picture=picture_drivers(
                rows[rows["is_changeable"].astype(bool)],
                caption,
                f"drivers-{target}-{place}",
                language,
            ),
            caption=caption,
            table=twin(report, "drivers", caption, rows),
        )
    rest = drivers[~drivers["group"].isin(shown["group"])]
    if len(rest):
        caption = say("caption.other_drivers", language, target=label)
        in_order = rest.sort_values("group", kind="stable", key=_place_in(groups["group"]))
        yield Block(table=shown_table(report, "drivers", caption, in_order, most=MOST_DRIVERS))


def _place_in(order: "pd.Series[str]") -> "Callable[[pd.Series[str]], pd.Series[int]]":
    places = {group: place for place, group in enumerate(order)}
    return lambda groups: groups.map(places)


def _vouchers(report: Report) -> Iterator[Block]:
    language = report.language
    if report.vouchers is None:
        yield Block(paragraphs=(say("note.no_vouchers", language),))
        return
    given = report.rows("vouchers")
    some = given[pd.to_numeric(given["vouchers"], errors="coerce") > 0]
    caption = say("caption.vouchers", language)
    yield Block(caption, table=shown_table(report, "vouchers", caption, some, most=OPEN_ROWS))
    yield titled(report, "vouchers", is_foldable=True, caption="caption.all_vouchers")
    if report.alternatives is not None and len(report.alternatives):
        alternatives = report.rows("alternatives")
        caption = say("caption.alternatives", language)
        yield Block(
            caption,
            (say("note.alternatives", language),),
            picture=picture_alternatives(alternatives, caption, language),
            caption=caption,
            table=twin(report, "alternatives", caption, alternatives),
        )
    if report.lottery is not None:
        yield titled(report, "lottery")


def _fairness(report: Report) -> Iterator[Block]:
    language, conclusions = report.language, report.rows("conclusions")
    fairness = report.rows("fairness")
    is_empty = fairness.empty and conclusions.empty
    yield Block(paragraphs=(say("note.no_fairness" if is_empty else "note.fairness", language),))
    told = conclusions.groupby("attribute", sort=False)["conclusion"].agg(list).to_dict()
    for place, (attribute, rows) in enumerate(fairness.groupby("attribute", sort=False)):
        name = tidy(attribute)
        sentences = _clean(tuple(told.pop(attribute, [])))
        conclusion = sentences[0] if sentences else ""
        caption = say("caption.fairness", language, attribute=name)
        yield Block(
            caption,
            sentences,
            picture=picture_fairness(rows, caption, conclusion, f"fairness-{place}", language),
            caption=caption,
            table=twin(report, "fairness", caption, rows.drop(columns="attribute")),
        )
    if report.rows("gaps").shape[0]:
        yield titled(report, "gaps")
    rest = conclusions[conclusions["attribute"].isin(list(told))]
    if len(rest):
        caption = say("caption.conclusions", language)
        yield Block(table=shown_table(report, "conclusions", caption, rest))


def _withheld(report: Report) -> Iterator[Block]:
    yield Block(paragraphs=(say("note.withheld", report.language),))
    yield titled(report, "withheld")
    yield titled(report, "rolled_up", is_foldable=True)


def _method(report: Report) -> Iterator[Block]:
    yield Block(paragraphs=_clean(report.method))
    caption = say("caption.provenance", report.language)
    yield Block(table=shown_table(report, "lottery", caption, pairs(report.provenance)))


def _clean(paragraphs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(clean_text(paragraph) for paragraph in paragraphs)
