"""The page to explore a release: the rows of its tables, and a script that knows nothing else."""

import re
from base64 import b64decode
from hashlib import sha256
from importlib import resources
from xml.etree import ElementTree

import pandas as pd
import pytest

from blijfwijzer.publish.pages.explore_page import EXPLORED, render_explorer
from blijfwijzer.publish.pages.page_table import shown_table
from reports import changed, make_report

MOST_BYTES = 1_500_000


def tables_of(page):
    """Name of each table of a page that has rows, to its rows of cells."""
    root = ElementTree.fromstring(page)
    return {
        table.get("id"): [["".join(c.itertext()) for c in row] for row in table.iter("tr")]
        for table in root.iter("table")
        if table.get("id") != "compared"
    }


def figures(text):
    return set(re.findall(r"\d+(?:\.\d+)?", text))


def in_front(cells, place):
    """Put what a row is about before the rest of it."""
    cells = list(cells)
    return [cells.pop(place), *cells]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_each_cell_is_one_of_the_same_table_of_the_report(language):
    report = make_report(language)

    found = tables_of(render_explorer(report))

    assert set(found) == set(EXPLORED)
    for name, (header, *rows) in found.items():
        told = report.rows(name)
        shown = shown_table(report, name, "", told)
        place = [text for text, _ in shown.header].index(header[0])
        assert header == in_front([text for text, _ in shown.header], place)
        assert rows == [in_front(row, place) for row in shown.rows]
        assert len(rows) == len(told)


def test_each_figure_is_in_the_tables_of_the_release():
    report = make_report("en")
    known = set()
    for table in report.tables.values():
        for cell in table.frame.to_numpy(dtype=object).flat:
            known |= figures(str(cell))
            known |= {f"{abs(cell):.1f}", f"{abs(cell):.0f}"} if isinstance(cell, float) else set()

    rows = [row for table in tables_of(render_explorer(report)).values() for row in table[1:]]
    found = {figure for row in rows for cell in row for figure in figures(cell)}

    assert len(found) > 50
    assert found <= known


def with_ids(report):
    """Tell of each group by which id other tables have it."""
    groups = report.rows("groups")
    return changed(
        report, groups=groups.assign(group=[f"afdeling={n}" for n in range(len(groups))])
    )


def test_the_rows_are_the_only_data():
    page = render_explorer(with_ids(make_report())).decode()
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    own = (resources.files("blijfwijzer.publish.pages") / "explore.js").read_text(encoding="utf-8")

    attributes = set(re.findall(r" (data-[a-z]+)=", re.sub(r'<div id="tools".*?>', "", page)))

    assert own in script
    assert len(script) - len(own) < 40
    assert attributes == {"data-g", "data-number", "data-pick"}
    assert page.count("Afdeling 0039") == len(re.findall(r"<th[^>]*>Afdeling 0039</th>", page))


def test_its_policy_lets_in_its_own_script_and_style_and_nothing_else():
    page = render_explorer(make_report(label="</script><script>alert(1)</script>")).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)

    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        (told,) = re.findall(rf"{tag}-src &#39;sha256-([^&]*)&#39;", policy) or re.findall(
            rf"{tag}-src 'sha256-([^']*)'", policy
        )
        assert b64decode(told) == sha256(text.encode()).digest()
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert page.count("<script") == 1


def test_two_thousand_groups_make_a_page_of_a_megabyte_and_a_half_at_most():
    name = "Gemeente Langewoudijk, Openbare Ruimte en Groen"

    report = make_report(groups=2_000, flagged=200, label=name)
    drivers = pd.concat([report.rows("drivers")] * 9, ignore_index=True)

    page = render_explorer(changed(report, drivers=drivers))

    assert 500_000 < len(page) <= MOST_BYTES
    assert page.count(b"<tr") > 2 * 2_000


def test_drivers_of_groups_that_stand_out_come_first_where_there_is_no_room_for_all():
    report = make_report("en", groups=400, flagged=40)
    own = report.rows("drivers")
    others = [own.assign(group=f"afdeling={100 + n}", label="Other") for n in range(9)]
    drivers = pd.concat([*others, own], ignore_index=True)

    page = render_explorer(changed(report, drivers=drivers))

    _, *rows = tables_of(page)["drivers"]
    assert len(rows) == 2_000 < len(drivers)
    assert sum(row[0] != "Other" for row in rows) == len(own)
    assert b"The first 2,000 of 4,000 rows" in page


def test_what_is_about_a_group_can_be_found_by_it():
    page = ElementTree.fromstring(render_explorer(with_ids(make_report())))

    places = {
        table.get("id"): [row.get("data-g") for row in table.find("tbody")]
        for table in page.iter("table")
    }
    assert places["groups"] == [str(place) for place in range(40)]
    assert set(places["flagged"]) == set(places["drivers"]) == {str(place) for place in range(8)}
    # Of a division of before nothing says which group it is of.
    assert set(places["vouchers"]) == {None}


def test_a_release_without_ids_of_groups_can_be_searched_too():
    report = make_report()

    page = render_explorer(report)

    assert "group" not in report.rows("groups")
    assert b"data-g" not in page
    assert tables_of(page)["groups"]
