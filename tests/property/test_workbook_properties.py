""""""

import csv
import io

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.publish.files.cells import safe_text, to_csv
from shared_workbook import FORMULAS

TEXTS = st.text(max_size=40) | st.sampled_from(FORMULAS)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_no_cell_of_a_csv_starts_a_formula_with_any_separator(text):
    line = to_csv(pd.DataFrame({"label": [text], "n": [5]})).decode("utf-8-sig")

    for separator in ";,\t":
        for row in csv.reader(io.StringIO(line, newline=""), delimiter=separator):
            assert not [cell for cell in row if cell.lstrip('" ').startswith(tuple("=+-@"))]


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_pandas_reads_a_csv_as_it_was_written(texts):
    packed = to_csv(pd.DataFrame({"label": texts, "share": [1234.5] * len(texts)}))

    told = pd.read_csv(
        io.BytesIO(packed), sep=";", decimal=",", keep_default_na=False, dtype={"label": str}
    )

    # A carriage return or line feed inside quotes is one cell of one row still.
    assert told["share"].tolist() == [1234.5] * len(texts)
    assert told["label"].tolist() == [safe_text(text) for text in texts]
