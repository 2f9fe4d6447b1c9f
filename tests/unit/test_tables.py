"""Tables that are shown are declared once, and all else follows from the declaration."""

import io
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pandas as pd
import pytest

from blijfwijzer.disclosure.release import DisclosureError, reopen
from blijfwijzer.publish.files.release_files import csv_file
from blijfwijzer.publish.language.numbers import KINDS, write_number
from blijfwijzer.publish.pages.page_table import shown_table
from blijfwijzer.publish.pages.score_page import write_workbook
from blijfwijzer.publish.tables import columns
from blijfwijzer.publish.tables.columns import ShownColumn
from blijfwijzer.publish.tables.document import describe_tables
from blijfwijzer.publish.tables.register import STORIES, TABLES
from blijfwijzer.publish.tables.spec import ShownTable
from reports import changed, make_report

DOCS = Path(__file__).parents[2] / "docs"
UNITS = ShownTable(
    "units",
    "a unit",
    (
        ShownColumn("label", "its name", "text"),
        ShownColumn("n", "respondents", "band"),
        ShownColumn("rate", "share", "observed", ends=("rate_low", "rate_high")),
    ),
    counted_by="n",
)


def units(*rows):
    return pd.DataFrame(rows, columns=["label", "n", "rate", "rate_low", "rate_high"])


def test_the_page_on_tables_is_that_of_the_declarations():
    assert (DOCS / "tables.md").read_text(encoding="utf-8") == describe_tables()


def test_each_table_has_a_name_of_its_own():
    assert len(TABLES) == sum(len(tables) for tables in STORIES.values())
    assert all(name == table.name for name, table in TABLES.items())


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_a_row_of_a_page_is_headed_by_what_it_is_about(table):
    shown = [column for column in table.columns if not column.is_key]
    # Of these a row is a bin, or all there is.
    if not table.is_for_programs and table.name not in ("calibration", "learning", "proposal"):
        assert shown[0].kind == "text"


def test_each_column_says_what_it_holds():
    assert [c for table in TABLES.values() for c in table.columns if not c.meaning] == []
    for table in TABLES.values():
        parts = [part for column in table.columns for part in column.parts]
        assert len(parts) == len(set(parts)), table.name
        assert table.counted_by in ("", *parts)


def test_a_table_is_cleared_as_it_is_declared_and_what_is_not_declared_is_left_out():
    rows = units(("a", 430, 0.214, 0.1, 0.3)).assign(name="Jan")

    cleared = UNITS.clear(rows, 10)

    assert list(cleared.frame) == ["label", "n", "rate", "rate_low", "rate_high"]
    assert cleared.frame.loc[0].tolist() == ["a", "400–449", 21, 10, 30]


def test_a_row_of_too_few_people_is_refused():
    with pytest.raises(DisclosureError, match="fewer than 10"):
        UNITS.clear(units(("a", 43, 0.2, 0.1, 0.3), ("b", 9, 0.2, 0.1, 0.3)), 10)


def test_a_table_that_lacks_a_column_is_refused():
    with pytest.raises(ValueError, match=r"missing columns \['rate_low'\]"):
        UNITS.clear(units(("a", 43, 0.2, 0.1, 0.3)).drop(columns="rate_low"), 10)


def test_rows_that_hold_other_numbers_are_cleared_each_as_it_is_written():
    checks = pd.DataFrame(
        {
            "level": "team",
            "measure": ["auc", "precision", "auc"],
            "kind": ["ratio", "percent", "ratio"],
            "value": [0.7349, 0.7349, 0.5],
            "low": [0.7, 0.7, 0.4],
            "high": [0.8, 0.8, 0.6],
        }
    )

    cleared = TABLES["checks"].clear(checks).frame

    assert cleared["measure"].tolist() == ["auc", "precision", "auc"]
    assert cleared["value"].tolist() == [0.73, 73.0, 0.5]


def test_columns_of_each_risk_stand_where_they_are_declared():
    table = TABLES["groups"].of_targets([("weg", "Weg"), ("achter", "Achter")])

    rates = [name for name in table.names if name.endswith(("rate", "_low", "_high"))]
    assert rates[:3] == ["weg_rate", "weg_low", "weg_high"]
    targets = [column.target for column in table.columns if column.target]
    assert [target for target, _ in groupby(targets)] == ["Weg", "Achter"]
    assert table.names.index("people") < table.names.index("weg_rate")
    assert table.names[-1] == "talent_rest"


def test_a_column_that_is_declared_stands_in_page_workbook_and_file(monkeypatch):
    """What `docs/architecture.md` promises of adding one: a change in one place."""
    report, table = make_report("en"), TABLES["withheld"]
    added = ShownColumn("units", "units that they are in", "whole")
    grown = {**TABLES, "withheld": replace(table, columns=(*table.columns, added))}
    for module in ("chapter", "files.workbook"):
        monkeypatch.setattr(f"blijfwijzer.publish.{module}.TABLES", grown)
    rows = report.rows("withheld").assign(units=7)

    report = changed(report, withheld=grown["withheld"].clear(rows.assign(people=60)))

    page = shown_table(report, "withheld", "caption", report.rows("withheld"))
    assert page.header[-1][0] == "Units"
    assert page.rows[0][-1] == "7"
    sheet = pd.read_excel(io.BytesIO(write_workbook(report)), sheet_name="Withheld")
    assert sheet["Units"].tolist() == [7]
    assert csv_file(report.tables["withheld"]).decode().splitlines()[1].endswith(";7")


def test_numbers_of_one_column_have_as_many_decimals():
    rows = pd.DataFrame(
        {
            "metric": ["auc", "slope", "share"],
            "value": [0.835, 1.2, 0.0],
            "low": [0.8316, 1.1, float("nan")],
            "high": [0.8389, 1.31, float("nan")],
        }
    )
    cleared = TABLES["metrics"].clear(rows)
    report = make_report("nl")
    report = replace(report, tables={**report.tables, "metrics": cleared})

    page = shown_table(report, "metrics", "caption", cleared.frame)

    assert [row[1] for row in page.rows] == [
        *("0,8350 (0,8316 tot 0,8389)", "1,2000 (1,1000 tot 1,3100)", "0,0000")
    ]


def test_a_declaration_knows_how_a_reader_sees_its_numbers():
    kinds = {c.kind: columns._WRITTEN[c.kind] for table in TABLES.values() for c in table.columns}

    assert kinds["share"] == "percent"
    assert kinds["band"] == kinds["count"] == "text"
    assert reopen(TABLES["hidden"].empty().frame).frame.empty


def test_a_counted_table_needs_a_minimum():
    with pytest.raises(ValueError, match="say how many they need"):
        UNITS.clear(units(["a", 40, 0.5, 0.4, 0.6]))


def test_each_column_is_written_in_a_way_that_readers_know():
    written = {c.name: c.shown for table in TABLES.values() for c in table.columns}

    assert {name: kind for name, kind in written.items() if kind not in KINDS} == {}


def test_a_reader_sees_contributions_in_percentage_points_as_pictures_have_them():
    told = {
        (table.name, column.name): column.shown
        for table in TABLES.values()
        if not table.is_for_programs
        for column in table.columns
        if "contribution" in column.meaning and column.kind != "text"
    }

    assert len(told) > 10
    assert not {
        column: how for column, how in told.items() if how not in ("contribution", "points")
    }
    assert write_number(0.06474, "contribution", "nl") == "6,47"
    assert write_number(-0.0031, "contribution", "nl") == "−0,31"
