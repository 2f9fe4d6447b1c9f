"""A climate to explore, and an employer's culture beside that of others: only what may be told."""

from dataclasses import replace
from xml.etree import ElementTree

import pandas as pd
import pytest

from blijfwijzer.disclosure.release import reopen
from blijfwijzer.groups.benchmarks import Benchmark
from blijfwijzer.publish.chapter import Chapter
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.findings import BesideOthers
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages.climate_sections import climate_blocks
from blijfwijzer.publish.pages.culture_explorer import render_culture_explorer
from blijfwijzer.publish.pages.culture_page import render_climate
from blijfwijzer.publish.tables.benchmark_tables import clear_means, say_others
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.runs.culture.benchmark import keep_measured_alike
from blijfwijzer.survey.texts import say
from made_climate import climate_chapter, climate_table
from shared_rivals import BOOK


@pytest.fixture
def chapter():
    return climate_chapter()


def tables_of(page):
    root = ElementTree.fromstring(page)
    return {
        table.get("id"): [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]
        for table in root.iter("table")
    }


def test_a_unit_is_a_row_with_its_mean_on_each_dimension(chapter):
    heads, *rows = tables_of(render_culture_explorer(chapter))["climate"]

    assert heads[-2:] == ["Safety", "Learning"]
    told = {row[0]: row[-2:] for row in rows}
    assert told == {
        "Everyone": ["4.1 (3.9 to 4.3)", "2.2 (2.0 to 2.4)"],
        "Town Hall": ["2.8 (2.6 to 3.0)", "3.3 (3.1 to 3.5)"],
        "Works": ["–", "1.9 (1.7 to 2.1)"],
    }


def test_a_page_on_culture_says_nothing_of_vouchers(chapter):
    page = render_culture_explorer(chapter).decode()

    assert "voucher" not in page
    assert write(say("purpose.culture_punish"), "en") in page


def test_units_with_a_worrying_culture_are_those_that_stand_out(chapter):
    listed = {
        **{name: [""] for name in TABLES["worrying"].names},
        **{"group": ["o=1"], "label": ["Town Hall"], "level": ["organisatie"], "n": ["20-24"]},
        **{"dimension": ["Safety"], "is_screened": [True], "pooled": [2.8], "low": [2.6]},
        **{"high": [3.0], "reference": [4.1], "difference": [-1.3], "probability": [0.99]},
    }
    tables = {**chapter.tables, "worrying": reopen(pd.DataFrame(listed))}
    page = render_culture_explorer(Chapter("en", "", "", (), tables, (), ()))

    row = next(e for e in ElementTree.fromstring(page).iter("table") if e.get("id") == "flagged")
    # Town Hall is the second of all units, and that is how the script knows it again.
    assert [tr.get("data-g") for tr in row.iter("tr")][1:] == ["1"]


def test_the_page_on_culture_leads_to_the_page_to_explore(chapter):
    links = [link for block in climate_blocks(chapter) for link in block.links]

    assert [to for to, _ in links] == ["explore.html"]


HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "the end of a script": "]]></script><img src=x onerror=alert(1)>",
    "quotes": '"\'`&quot; onfocus=alert(1) x="',
    "a right-to-left mark": "Dienst \u202ekcirt\u202c \u200f",
    "a null and an escape": "Dienst\x00\x1b[31m",
    "three hundred characters": "Dienst " + "x" * 300,
    "a gap": "{names} {shown} {{ chapter }}",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_name_of_a_unit_is_text_and_nothing_else(chapter, name):
    table = climate_table().assign(
        label=["Everyone", "Everyone", name, name, name], level=["Everyone"] * 2 + [name] * 3
    )
    page = render_culture_explorer(
        Chapter("en", "", "", (), {**chapter.tables, "climate": reopen(table)}, (), ())
    )

    root = ElementTree.fromstring(page)
    plain = ElementTree.fromstring(render_culture_explorer(chapter))
    assert [e.tag for e in root.iter()] == [e.tag for e in plain.iter()]
    assert {key for e in root.iter() for key in e.keys()} == {  # noqa: SIM118
        key
        for e in plain.iter()
        for key in e.keys()  # noqa: SIM118
    }
    # Units of one name in two organisations are two rows, each with its own means.
    _, _, town, works = tables_of(page)["climate"]
    assert (town[-2:], works[-2:]) == (
        ["2.8 (2.6 to 3.0)", "3.3 (3.1 to 3.5)"],
        ["–", "1.9 (1.7 to 2.1)"],
    )
    assert not set("\u202e\x00\x1b") & set("".join(root.itertext()))


def test_two_dimensions_of_one_name_are_two_columns(chapter):
    table = climate_table().assign(dimension="Safety")
    tables = {**chapter.tables, "climate": reopen(table)}

    heads, everyone, *_ = tables_of(
        render_culture_explorer(Chapter("en", "", "", (), tables, (), ()))
    )["climate"]

    assert heads[-2:] == ["Safety", "Safety"]
    assert everyone[-2:] == ["4.1 (3.9 to 4.3)", "2.2 (2.0 to 2.4)"]


def test_nothing_of_a_withheld_unit_is_in_the_page(chapter):
    hidden = pd.DataFrame(
        {"group": ["o=9"], "label": ["Secret Service"], "level": ["organisatie"], "sector": ["S"]}
    )
    with_it = {**chapter.tables, "hidden": reopen(hidden)}

    page = render_culture_explorer(replace(chapter, tables=with_it))

    assert page == render_culture_explorer(chapter)
    places = [e.get("data-g") for e in ElementTree.fromstring(page).iter("tr")]
    assert [place for place in places if place is not None] == ["0", "1", "2"]


def test_two_thousand_units_make_a_page_of_a_megabyte_and_a_half_at_most(chapter):
    one = climate_table().iloc[[2]]
    units = pd.concat([one] * 18_000, ignore_index=True)
    place = pd.Series(range(len(units)))
    name = "Gemeente Langewoudijk, Openbare Ruimte en Groen "
    units = units.assign(
        group="o=" + (place // 9).astype(str),
        label=name + (place // 9).astype(str),
        dimension="Dimension " + (place % 9).astype(str),
        sector="Municipalities",
    )
    listed = {
        **{name: [""] * 1_800 for name in TABLES["worrying"].names},
        **{"group": units["group"].head(1_800), "label": units["label"].head(1_800)},
        **{"level": ["organisatie"] * 1_800, "n": ["20-24"] * 1_800},
        **{"dimension": units["dimension"].head(1_800), "is_screened": [True] * 1_800},
        **{key: [2.8] * 1_800 for key in ("pooled", "low", "high", "reference", "difference")},
        "probability": [0.99] * 1_800,
    }
    tables = {"climate": reopen(units), "worrying": reopen(pd.DataFrame(listed))}

    page = render_culture_explorer(Chapter("en", "", "", (), {**chapter.tables, **tables}, (), ()))

    assert 500_000 < len(page) <= 1_500_000


def test_a_scale_that_two_codebooks_measure_otherwise_stands_beside_no_other():
    names = list(BOOK.scales)
    figures = {"value": 3.0, "low": 2.9, "high": 3.1}
    rows = [{"group": "all", "name": name, **figures} for name in names]
    rates = pd.DataFrame([{"group": "all", "organisations": 5, **figures}])
    means = pd.DataFrame(rows)
    there = Benchmark.of(rates, means, means.head(0))
    scale = BOOK.scales[names[0]]
    fewer = scale.model_copy(update={"items": scale.items[1:]})
    other = BOOK.model_copy(update={"scales": {**BOOK.scales, names[0]: fewer}})

    assert keep_measured_alike(there, BOOK, BOOK).means["name"].tolist() == names
    assert keep_measured_alike(there, other, BOOK).means["name"].tolist() == names[1:]


def beside():
    name = next(iter(BOOK.scales))
    figures = {"value": 3.1, "low": 2.9, "high": 3.3, "there": 3.6, "there_low": 3.5}
    gap = {"there_high": 3.7, "difference": -0.5, "difference_low": -0.7, "difference_high": -0.3}
    means = pd.DataFrame([{"name": name, **figures, **gap, "is_sure": True}])
    none = pd.DataFrame()
    return BesideOthers("Towns", 15, "National survey", none, means, none)


def test_the_culture_of_an_employer_stands_beside_that_of_others(chapter):
    found = beside()
    tables = {**chapter.tables, "beside_means": clear_means(found, BOOK, Edge("en", 10))}
    notes = {"beside": (say_others(found),)}
    page = render_climate(Chapter("en", "", "", (), tables, (), (), notes=notes)).decode()

    assert "15 organisations" in page
    assert "−0.5 (−0.7 to −0.3)" in page
    assert "Less good here than there" in page


def test_without_others_nothing_is_said_of_them(chapter):
    assert clear_means(None, BOOK, Edge("en", 10)).frame.empty
    assert 'id="beside"' not in render_climate(chapter).decode()


def lone(chapter, labels):
    """The chapter with a sector of one, and departments."""
    table = climate_table()
    table = table.assign(
        level=["Everyone", "Everyone", "Sector", "Sector", "Department"],
        label=["Everyone", "Everyone", *labels],
    )
    tables = {**chapter.tables, "climate": reopen(table)}
    return Chapter("en", "", "", (), tables, (), (), levels=("Sector", "Department"))


def test_a_level_of_one_unit_is_told_in_a_sentence_and_not_drawn(chapter):
    blocks = list(climate_blocks(lone(chapter, ["Towns", "Towns", "Works"])))

    said = [write(text, "en") for block in blocks for text in block.paragraphs]
    drawn = [write(block.caption, "en") for block in blocks if block.caption]
    assert any(text.startswith("Of sector there is one, with the people") for text in said)
    assert any("Department" in text for text in drawn)
    assert not any("Sector" in text or "sector" in text for text in drawn)
