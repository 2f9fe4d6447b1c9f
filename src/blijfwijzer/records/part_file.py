"""What an office leaves: a file of masked numbers, whole or refused.

A line with the hash of all that follows, a line of JSON that tells by what it was made, then the
numbers (the high halves of all, then the low ones, little-endian) and the marks of people. Nothing
in it is code.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from blijfwijzer.errors import DamagedPartError
from blijfwijzer.estimation.fixed_point import FixedSums
from blijfwijzer.files import hash_bytes, write_beside

FORMAT = 1
_LONGEST_HEAD = 10_000_000


class _MadeBy(BaseModel):
    """What is read of that by which a part was made; the rest is only held against others."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    columns: list[list[str]]
    key: str


class _Head(BaseModel):
    """What a part tells of itself."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    format: int
    office: str
    made_by: _MadeBy
    shape: tuple[NonNegativeInt, NonNegativeInt]
    people: list[NonNegativeInt]
    is_counted: bool

    def holds(self, size: int) -> bool:
        """Tell whether it fits with itself, and with as many bytes of numbers and marks."""
        rows, columns = self.shape
        views = len(self.made_by.columns)
        is_even = len(self.people) == views and len({*self.people}) == 1
        body = 16 * rows * columns + 8 * sum(self.people)
        return self.format == FORMAT and is_even and size == body


@dataclass(frozen=True)
class OfficePart:
    """What an office left."""

    office: str
    made_by: Mapping[str, Any]
    """By what it was made: what must be the same of all parts."""
    numbers: FixedSums
    """Masked: one row per place, one column per number."""
    marks: tuple[NDArray[np.uint64], ...]
    """Per view of the answers, a keyed mark per person, in order of size: the same where all these
    answers are."""
    is_counted: bool
    """Whether everybody weighs one."""


def write_part(path: Path, part: OfficePart) -> None:
    """Write a part, as a whole or not at all."""
    head = {
        "format": FORMAT,
        "office": part.office,
        "made_by": dict(part.made_by),
        "shape": list(part.numbers.high.shape),
        "people": [len(own) for own in part.marks],
        "is_counted": part.is_counted,
    }
    told = json.dumps(head, sort_keys=True).encode() + b"\n"
    marks = [own.astype("<u8").tobytes() for own in part.marks]
    content = b"".join([told, part.numbers.tobytes(), *marks])
    with write_beside(path) as beside:
        beside.write_bytes(hash_bytes(content).encode() + b"\n" + content)


def read_part(path: Path) -> OfficePart:
    """Read what an office left.

    Raises
    ------
    DamagedPartError
        It is not there, is no part, of another format, truncated or altered.
    """
    try:
        with path.open("rb") as file:
            told, rest = file.readline(100).strip().decode("ascii"), file.read()
    except (OSError, UnicodeDecodeError):
        raise _damaged(path) from None
    line, _, _ = rest[:_LONGEST_HEAD].partition(b"\n")
    if hash_bytes(rest) != told:
        raise _damaged(path)
    try:
        head = _Head.model_validate_json(line)
    except ValidationError:
        raise _damaged(path) from None
    body = memoryview(rest)[len(line) + 1 :]
    if not head.holds(len(body)):
        raise _damaged(path)
    numbers, marks = _read_body(body, head.shape, head.people)
    return OfficePart(head.office, head.made_by.model_dump(), numbers, marks, head.is_counted)


def _read_body(
    body: memoryview, shape: tuple[int, int], people: Sequence[int]
) -> tuple[FixedSums, tuple[NDArray[np.uint64], ...]]:
    count = shape[0] * shape[1]
    high = np.frombuffer(body, "<i8", count).reshape(shape)
    low = np.frombuffer(body, "<u8", count, 8 * count).reshape(shape)
    marks = np.frombuffer(body, "<u8", offset=16 * count)
    parted = np.split(marks.astype(np.uint64), np.cumsum(people)[:-1])
    return FixedSums(high.astype(np.int64), low.astype(np.uint64)), tuple(parted)


def _damaged(path: Path) -> DamagedPartError:
    return DamagedPartError(
        f"{path}: is no part that `blijfwijzer merge part` wrote, or is truncated or altered. "
        "Nothing was written. Have the office send it again."
    )
