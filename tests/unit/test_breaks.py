"""A question that was asked otherwise before is not held against the wave before."""

import pandas as pd
import pytest

from blijfwijzer.culture.waves import common_items
from blijfwijzer.runs.waves import ReadWave, without_breaks
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import Intake


@pytest.fixture(scope="module")
def book():
    return load_codebook("werkonderzoek-2019")


def test_a_question_with_a_break_is_left_out_of_changes(book):
    scale = next(s for s in book.scales.values() if len(s.items) > 2)
    first, *others = scale.items
    broken = book.columns[first].model_copy(update={"new_since": "other wording"})
    changed = book.model_copy(update={"columns": {**book.columns, first: broken}})
    wave = pd.DataFrame({item: [1.0, 2, 3] for item in scale.items})
    read = ReadWave("2019", Intake(wave, pd.DataFrame(), (), (), "", "x.csv"), pd.DataFrame())

    before = without_breaks(read, changed)

    kept = common_items(wave, before.responses, changed).scales[scale.name]
    assert kept.items == tuple(others)
    assert first not in before.responses
    assert common_items(wave, without_breaks(read, book).responses, book).scales[
        scale.name
    ].items == tuple(scale.items)


def test_a_break_stands_in_the_codebook_under_its_own_name(book):
    name = next(iter(book.columns))
    column = book.columns[name].model_dump(by_alias=True) | {"break": "since 2022"}

    assert type(book.columns[name]).model_validate(column).new_since == "since 2022"
