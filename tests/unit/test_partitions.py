"""A survey in several Parquet files reads as it would in one."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blijfwijzer.errors import CorruptFileError, FileTooLargeError, PartsError, WrongFormatError
from blijfwijzer.survey.files import hash_file, read_table

ANSWERS = pd.DataFrame(
    {
        "a": [1.0, 2.0, None, 4.0, 5.0, 6.0],
        "b": ["x", "y", None, "z", "x", "x"],
        "c": pd.Series(["p", "q", "p", "p", "q", "p"], dtype="category"),
        "whole": [1, 2, 3, 4, 5, 6],
    }
)


@pytest.fixture
def folder(tmp_path):
    """Three parts of which the second has no row, with what a cluster leaves beside them."""
    made = tmp_path / "wave.parquet"
    made.mkdir()
    for name, rows in {"part-0": slice(0, 2), "part-1": slice(0, 0), "part-2": slice(2, 6)}.items():
        ANSWERS.iloc[rows].to_parquet(made / f"{name}.parquet")
    for name in ("_SUCCESS", ".part-0.parquet.crc"):
        (made / name).write_bytes(b"")
    return made


def write_part(folder, name, **columns):
    changed = ANSWERS.iloc[:1].assign(**columns)
    changed.to_parquet(folder / f"{name}.parquet")


def test_parts_read_as_one_file_does(folder, tmp_path):
    ANSWERS.to_parquet(tmp_path / "one.parquet")

    one, several = read_table(tmp_path / "one.parquet"), read_table(folder)

    pd.testing.assert_frame_equal(one.frame, several.frame, check_dtype=False)
    assert several.places.tolist() == [1, 2, 3, 4, 5, 6]


def test_the_order_of_columns_and_a_column_without_answers_part_nothing(folder):
    turned = ANSWERS.iloc[:1][["whole", "c", "b", "a"]]
    pq.write_table(
        pa.table({**{n: pa.array(turned[n]) for n in ("whole", "c", "a")}, "b": pa.nulls(1)}),
        folder / "part-3.parquet",
    )

    found = read_table(folder).frame

    assert found["b"].isna().tolist() == [False, False, True, False, False, False, True]
    assert found["whole"].tolist() == [1, 2, 3, 4, 5, 6, 1]


def test_a_part_with_other_columns_is_refused_by_name(folder):
    write_part(folder, "part-3", remark="secret answer")

    with pytest.raises(PartsError, match="part-3.parquet: 1 column is in this part") as told:
        read_table(folder)
    assert told.value.exit_code == 82
    assert "secret" not in str(told.value)


def test_a_part_with_other_types_is_refused_by_name(folder):
    write_part(folder, "part-3", whole="secret")

    with pytest.raises(PartsError, match=r"1 column has another type .* whole \(") as told:
        read_table(folder)
    assert "secret" not in str(told.value)


def test_a_damaged_row_group_names_its_part(folder):
    part = folder / "part-2.parquet"
    content = bytearray(part.read_bytes())
    content[4:200] = bytes(196)
    part.write_bytes(bytes(content))

    with pytest.raises(CorruptFileError, match="part-2.parquet: is truncated or damaged"):
        read_table(folder)


@pytest.mark.parametrize(
    ("content", "error"), [(b"", CorruptFileError), (b"no such thing", WrongFormatError)]
)
def test_a_part_that_is_no_parquet_names_itself(folder, content, error):
    (folder / "part-3.parquet").write_bytes(content)

    with pytest.raises(error, match="part-3.parquet"):
        read_table(folder)


@pytest.mark.parametrize("name", ["notes.txt", "year=2022"])
def test_a_folder_that_holds_something_else_is_refused(folder, name):
    (folder / name).mkdir()

    with pytest.raises(PartsError, match=f"1 of the 4 entries .*: {name}"):
        read_table(folder)


def test_a_folder_without_parts_is_refused(tmp_path):
    with pytest.raises(PartsError, match="0 of the 0 entries"):
        read_table(tmp_path)


def test_the_limit_is_on_all_parts_together(folder):
    largest = max(part.stat().st_size for part in folder.glob("*.parquet"))

    with pytest.raises(FileTooLargeError):
        read_table(folder, largest + 1)


def test_parts_are_known_again_by_what_is_in_them_and_their_order(folder):
    before = hash_file(folder)
    (folder / "part-0.parquet").rename(folder / "part-00.parquet")
    assert hash_file(folder) == before

    (folder / "part-00.parquet").rename(folder / "part-9.parquet")
    assert hash_file(folder) != before
