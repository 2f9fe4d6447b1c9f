"""Files of offices that somebody made by hand: refused, whatever stands in them."""

import json

import numpy as np
import pytest

from blijfwijzer.errors import DamagedPartError
from blijfwijzer.estimation.fixed_point import FixedSums
from blijfwijzer.files import hash_bytes
from blijfwijzer.records.part_file import OfficePart, read_part, write_part

HEAD = {
    "format": 1,
    "office": "north",
    "made_by": {"columns": [["a"], ["a", "b"]], "key": "k"},
    "shape": [2, 3],
    "people": [4, 4],
    "is_counted": True,
}
BODY = bytes(16 * 2 * 3 + 8 * 8)


def forged(path, head, body=BODY):
    """Write a part with the hash that it must have."""
    content = (head if isinstance(head, bytes) else json.dumps(head).encode()) + b"\n" + body
    path.write_bytes(hash_bytes(content).encode() + b"\n" + content)
    return path


def test_a_part_is_read_as_it_was_written(tmp_path):
    numbers = FixedSums(np.array([[1, -2]]), np.array([[3, 4]], dtype=np.uint64))
    marks = (np.array([1, 2**63], dtype=np.uint64),)
    made_by = {"columns": [["x"]], "key": "k"}
    write_part(tmp_path / "a.part", OfficePart("a", made_by, numbers, marks, True))

    read = read_part(tmp_path / "a.part")

    assert read.numbers.tobytes() == numbers.tobytes()
    assert [own.tolist() for own in read.marks] == [[1, 2**63]]


def test_a_forged_part_that_fits_is_read(tmp_path):
    assert read_part(forged(tmp_path / "a.part", HEAD)).office == "north"


@pytest.mark.parametrize(
    "changed",
    [
        {"shape": [-2, -3]},
        {"shape": [-1, 3], "people": [13, 13]},
        {"shape": [1e400, 1]},
        {"shape": [float("nan"), 1]},
        {"shape": [2.5, 3]},
        {"people": [-4, 12]},
        {"people": [3, 5]},
        {"people": []},
        {"people": [8]},
        {"made_by": {"columns": 5}},
        {"made_by": {"columns": "ab"}},
        {"made_by": {"columns": [["a"], [["b"]]]}},
        {"made_by": {"columns": [["a"], ["b"]], "key": {}}},
        {"made_by": {"key": "k"}},
        {"made_by": [1]},
        {"office": ["north"]},
        {"is_counted": "no"},
        {"format": True},
    ],
)
def test_a_part_with_a_head_that_cannot_be_is_refused(tmp_path, changed):
    with pytest.raises(DamagedPartError, match="no part"):
        read_part(forged(tmp_path / "a.part", {**HEAD, **changed}))


@pytest.mark.parametrize("head", [b"[" * 200_000, b"\xff\xfe", b"[]", b"1", b"", b'"a"', b"null"])
def test_a_part_with_a_head_that_is_none_is_refused(tmp_path, head):
    with pytest.raises(DamagedPartError, match="no part"):
        read_part(forged(tmp_path / "a.part", head))


def test_a_folder_is_no_part(tmp_path):
    with pytest.raises(DamagedPartError, match="no part"):
        read_part(tmp_path)
