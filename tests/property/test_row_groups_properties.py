"""How a survey of Parquet is parted in files, groups of rows and batches changes nothing of it."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.survey import levels, parquet
from blijfwijzer.survey.cells import settle
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.intake import check_survey
from shared_intake import BOOK, INTAKE, make_survey

ROWS = 120
CELLS = {
    "numbers": st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.0, 1.5, 1e15, float("nan")])),
    "whole": st.one_of(st.none(), st.sampled_from([1, 2, 300, 10**15, 2**60, 2**60 + 1])),
    "words": st.one_of(st.none(), st.sampled_from(["1", "1.0", " 1", "NA", "ja", "", "#N/A"])),
    "figures": st.one_of(st.none(), st.sampled_from(["1", "1 ", "2,5", "1.096", "NA"])),
    "truths": st.one_of(st.none(), st.booleans()),
    "days": st.one_of(st.none(), st.sampled_from([dt.date(2024, 5, 1), dt.date(2023, 1, 1)])),
    "money": st.one_of(st.none(), st.sampled_from([Decimal("1.00"), Decimal("2.50")])),
    "bytes": st.one_of(st.none(), st.sampled_from([b"ja", b"nee"])),
}


def spoilt(seed):
    """A survey with answers that are not allowed, forms handed in twice, and texts for numbers."""
    rng = np.random.default_rng(seed)
    frame = make_survey(ROWS, seed)
    for column in rng.choice(frame.columns[4:10], 3):
        frame.loc[rng.integers(0, ROWS, 5), column] = rng.choice([0, 6, 9, -1], 5)
    frame.loc[rng.integers(0, ROWS, 4), "id"] = frame["id"].iloc[0]
    if rng.random() < 0.5:
        frame["dienstjaren"] = frame["dienstjaren"].astype("Int64").astype("str")
    return pa.Table.from_pandas(frame, preserve_index=False)


def write(folder, table, ends, is_folder):
    """Write rows in as many parts, each a file of a folder or a group of rows of one file."""
    parts = [table.slice(a, b - a) for a, b in zip([0, *ends], [*ends, len(table)], strict=True)]
    path = folder / "survey.parquet"
    if is_folder:
        path.mkdir()
        for number, part in enumerate(parts):
            pq.write_table(part, path / f"part-{number:03}.parquet")
        return path
    with pq.ParquetWriter(path, table.schema) as file:
        for part in parts:
            file.write_table(part)
    return path


def told(intake):
    faults = [(type(error), str(error)) for error in intake.errors]
    given = None if intake.given_weight is None else intake.given_weight.tobytes()
    return intake.remarks, faults, intake.account, intake.units, given


@given(
    st.integers(0, 10_000),
    st.lists(st.integers(0, ROWS), max_size=5).map(sorted),
    st.booleans(),
    st.sampled_from([1, 7, 64]),
)
@settings(max_examples=25, deadline=None)
def test_any_parts_are_read_as_one(tmp_path_factory, seed, ends, is_folder, batch):
    table = spoilt(seed)
    folder = tmp_path_factory.mktemp("parts")
    once = check_survey(write(tmp_path_factory.mktemp("one"), table, [], False), BOOK, INTAKE)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "_BATCH", batch)
        intake = check_survey(write(folder, table, ends, is_folder), BOOK, INTAKE)

    pd.testing.assert_frame_equal(intake.responses, once.responses, check_exact=True)
    pd.testing.assert_frame_equal(intake.rejected, once.rejected)
    assert told(intake) == told(once)


@given(st.data(), st.sampled_from(sorted(CELLS)), st.lists(st.integers(0, 30), max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_column_is_settled_on_all_of_its_parts(tmp_path_factory, data, kind, ends):
    cells = data.draw(st.lists(CELLS[kind], min_size=30, max_size=30))
    table = pa.table({"row": range(30), kind: pa.array(cells)})
    text = table.column(kind).cast(pa.string()) if kind == "bytes" else table.column(kind)
    at_once = settle(pa.table({kind: text}).to_pandas()[kind])

    path = write(tmp_path_factory.mktemp("column"), table, sorted(ends), False)
    read = read_table(path).frame[kind]

    pd.testing.assert_series_equal(read, at_once, check_exact=True, check_names=False)


@given(st.lists(st.integers(0, 60), max_size=4).map(sorted), st.booleans())
@settings(max_examples=25, deadline=None)
def test_numbers_of_persons_are_held_as_they_are(tmp_path_factory, ends, is_text):
    # Text of nothing but numbers is numbers, when all of it is read.
    numbers = np.random.default_rng(1).permutation(60)
    ids = numbers.astype(str).astype(object) if is_text else numbers.astype(float)
    table = pa.table({"row": range(60), "id": pa.array([*ids[:55], None, *ids[:4]])})
    path = write(tmp_path_factory.mktemp("ids"), table, ends, False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(levels, "_MOST", 8)
        held = read_table(path, hold=levels.hold).frame["id"]

    assert held.dtype == np.float32
    assert held.isna().tolist() == [False] * 55 + [True] + [False] * 4
    assert held.astype(float).dropna().tolist() == [*numbers[:55], *numbers[:4]]
