"""Responses in few bytes are those of the file, whatever is asked of them and in which parts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal

from blijfwijzer.disclosure import copies, fingerprint
from blijfwijzer.survey.answers import Answers
from blijfwijzer.survey.held import Held, pick, tables

_NUMBERS = st.sampled_from([1.0, 2.0, 5.0, -0.0, 3.5, np.nan])


@st.composite
def answered(draw):
    """Give responses as held by the reader of files, and the table that they are."""
    rows = draw(st.integers(0, 30))
    levels = np.array([1.0, 2.0, 3.5, np.nan])
    places = np.array(draw(st.lists(st.integers(-1, 3), min_size=rows, max_size=rows)), np.int8)
    numbers = draw(st.lists(_NUMBERS, min_size=rows, max_size=rows))
    kinds = pd.Categorical.from_codes([0, 1, -1], categories=["a", "b"])
    became = np.zeros(4, dtype=np.int8)
    columns = {
        "item": Answers(places, levels, became),
        "unit": Answers(places % 3, kinds, became[:3]),
        "number": pd.Series(numbers, dtype=float),
    }
    table = pd.DataFrame(
        {
            "item": pd.Series(levels[places], dtype=float),
            "unit": pd.Series(kinds[places % 3]),
            "number": pd.Series(numbers, dtype=float),
        }
    )
    return Held(columns, rows), table


@given(answered(), st.data())
def test_parts_of_held_responses_are_parts_of_their_table(both, data):
    held, table = both
    names = data.draw(st.lists(st.sampled_from(list(table)), min_size=1, max_size=2, unique=True))
    rows = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(table), max_size=len(table))), dtype=bool
    )

    assert_frame_equal(held.frame(), table)
    assert (len(held), list(held)) == (len(table), list(table))
    assert_frame_equal(held[names], table[names])
    assert_series_equal(held[names[0]], table[names[0]])
    assert_frame_equal(held.only(names).frame(), table[names])
    assert_frame_equal(held.without(names).frame(), table.drop(columns=names))
    kept = table[rows].reset_index(drop=True)
    assert_frame_equal(held.take(rows).frame(), kept)
    assert_frame_equal(pick(held, np.flatnonzero(rows)).frame(), kept)
    assert_frame_equal(pick(table, np.flatnonzero(rows)), kept)
    assert_frame_equal(Held.of(table[rows]).frame(), kept)


@given(answered(), st.integers(1, 40))
def test_responses_some_at_a_time_are_all_of_them(both, size):
    held, table = both
    for responses in (held, table):
        parts = list(tables(responses, ["number", "unit"], size))
        assert [len(part) for part in parts[:-1]] == [size] * (len(parts) - 1)
        joined = pd.concat([table[["number", "unit"]].iloc[:0], *parts], ignore_index=True)
        assert_frame_equal(joined, table[["number", "unit"]])


@given(answered(), st.integers(1, 40))
def test_forms_are_the_same_in_whichever_parts_they_are_numbered(both, size):
    held, table = both
    whole = copies.number_forms(table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint, "_ROWS_AT_ONCE", size)
        assert np.array_equal(copies.number_forms(held), whole)


@given(answered())
def test_other_weights_leave_the_responses_that_were_held(both):
    held, table = both
    again = held.replace({"number": pd.Series(2.0, index=held.index)})

    assert (again["number"] == 2.0).all()
    assert_frame_equal(held.frame(), table)
    assert_frame_equal(again.without(["number"]).frame(), table.drop(columns="number"))
    assert list(again) == list(held)
