"""Exports of survey tools with faults in them are refused, or each cell is what it says.

`make fuzz` does this for ten thousand files.
"""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

import fuzz_exports
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import check_survey
from fuzz_exports import MANY, changes, exports, fuzz_one, judge, number, says

AS_IT_COMES = ("same", [], [], "utf-8", [], False)


@given(changes())
@settings(MANY, max_examples=60)
def test_no_cell_of_a_changed_export_changes_unseen(change):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fuzz_one(change)


@pytest.mark.parametrize("export", exports(), ids=lambda e: f"{e.name}{e.suffix}")
def test_an_export_as_it_comes_is_read_whole(export):
    assert fuzz_one((export, *AS_IT_COMES)) == "read"


def one_of(name):
    return next(export for export in exports() if export.name == name)


def read_wrongly(monkeypatch, change):
    """Let the reader give other responses than it read."""

    def read(*asked):
        intake = check_survey(*asked)
        return replace(intake, held=Held.of(change(intake.responses)))

    monkeypatch.setattr(fuzz_exports, "check_survey", read)


def shift(responses):
    items = [name for name in responses if name.startswith("Q1_")]
    moved = responses[[*items[1:], items[0]]].set_axis(items, axis=1)
    return responses.assign(**{name: moved[name] for name in items})


@pytest.mark.parametrize(
    "change",
    [
        shift,
        lambda responses: responses.iloc[::-1].reset_index(drop=True),
        lambda responses: responses.assign(Q1_3=np.nan),
        lambda responses: responses.assign(Q1_3=6 - responses["Q1_3"]),
        lambda responses: responses.drop(columns="Q1_3"),
    ],
)
def test_a_reader_that_misreads_is_found_out(monkeypatch, change):
    read_wrongly(monkeypatch, change)

    with pytest.raises(AssertionError):
        fuzz_one((one_of("qualtrics"), *AS_IT_COMES))


def test_a_row_that_is_lost_is_found_out(monkeypatch):
    export = one_of("limesurvey")

    with pytest.raises(AssertionError, match="2 rows were taken for headings"):
        judge(export, export.path, [*export.rows, export.rows[-1]], export.rows, export.places)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("4", "4"),
        ("4.0", "4"),
        ("04", "4"),
        ("agree", "4"),
        ("\u00a0Agree ", "4"),
        ("NA", None),
        ("nonsense", None),
        ("9", None),
    ],
)
def test_a_cell_says_the_code_that_a_reader_sees(cell, told):
    column = next(
        column
        for export in exports()
        if export.name == "agency"
        for column in export.book.with_role("item")
        if any(text.en == "Agree" for text in column.codes.values())
    )

    assert says(cell, column) == told
    assert number("1,5") == 1.5
