"""Answers: codes are understood as they are written, and only those that are allowed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.survey.answers import read_answers
from blijfwijzer.survey.codebook import Column, load_codebook

BOOK = load_codebook(Path(__file__).parents[1] / "assets" / "small.toml")


def column(**changes):
    return Column.model_validate({"name": "x", "label": "x", "role": "career", **changes})


YES_NO = {"type": "ordinal", "codes": {"0": "nee", "1": "ja"}, "missing": {"-1": "weet niet"}}


@pytest.mark.parametrize(
    "answers",
    [[1, 0, -1], [1.0, 0.0, -1.0], ["1", "0", "-1"], ["01", "00", "-1"], ["1.0", "0.0", "-1.0"],
     ["ja", "Nee", "weet niet"], [True, False, None], [" 1", "0 ", ""]],
)  # fmt: skip
def test_a_code_is_understood_however_it_is_written(answers):
    read = read_answers(pd.Series(answers), column(**YES_NO), [])

    np.testing.assert_array_equal(read.values, [1, 0, np.nan])
    assert not read.is_stray.any()


def test_marks_that_are_not_seen_make_no_other_answer():
    marked = column(type="ordinal", codes={"0": "nee\u200b", "1": "ja"}, missing={"8": "wn\u200e"})

    read = read_answers(pd.Series(["nee\u200b", "nee", "ja\ufeff", "wn"]), marked, [])

    np.testing.assert_array_equal(read.values, [0, 0, 1, np.nan])
    assert not read.is_stray.any()


def test_a_unit_is_read_by_its_name_and_is_one_if_the_codebook_does_not_know_it():
    sector = column(role="unit", type="nominal", codes={"rijk": "Rijksoverheid", "zorg": "Zorg"})

    read = read_answers(pd.Series(["Rijksoverheid", "rijk", "aap", ""]), sector, [])

    assert read.values.tolist() == ["rijk", "rijk", "aap", np.nan]
    assert read.values.cat.categories.tolist() == ["aap", "rijk"]
    assert not read.is_stray.any()


def test_a_padded_code_of_the_codebook_is_met_by_its_number():
    padded = column(type="nominal", codes={"01": "noord", "02": "zuid"})

    read = read_answers(pd.Series([1, 2, 3]), padded, [])

    assert read.values.tolist() == ["01", "02", np.nan]
    assert read.is_stray.tolist() == [False, False, True]


def test_a_negative_code_of_a_number_is_missing_and_no_number():
    number = column(type="number", missing={"-9": "geweigerd", "999": "weet niet"})

    read = read_answers(pd.Series([-9, 3, 999, -8]), number, [])

    np.testing.assert_array_equal(read.values, [np.nan, 3, np.nan, -8])
    assert not read.is_stray.any()


def test_codes_that_the_file_declares_missing_are_missing():
    item = BOOK.columns["veilig_1"]
    open_text = column(type="nominal")

    read = read_answers(pd.Series([1.0, 6.0, 7.0, 5.0]), item, [(6.0, 7.0)])
    texts = read_answers(pd.Series(["a", "X"]), open_text, [("X       ", "X       ")])

    np.testing.assert_array_equal(read.values, [1, np.nan, np.nan, 5])
    assert not read.is_stray.any()
    assert texts.values.tolist() == ["a", np.nan]


def test_a_decimal_comma_is_a_number_and_a_word_is_refused():
    number = column(type="number", range=[0, 60])

    read = read_answers(pd.Series(["1,5", "lang", "", "61"]), number, [])

    np.testing.assert_array_equal(read.values, [1.5, np.nan, np.nan, np.nan])
    assert read.is_stray.tolist() == [False, True, False, True]
