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

from blijfwijzer.errors import DamagedPartError
from blijfwijzer.estimation.fixed_point import FixedSums
from blijfwijzer.files import hash_bytes, parse_json, write_beside

FORMAT = 1
_LONGEST_HEAD = 10_000_000


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
        head = parse_json(line)
        rows, columns = (int(size) for size in head["shape"])
        people = [int(count) for count in head["people"]]
        is_known, office = head["format"] == FORMAT, str(head["office"])
        made_by, is_counted = dict(head["made_by"]), bool(head["is_counted"])
    except (ValueError, KeyError, TypeError):
        raise _damaged(path) from None
    body = memoryview(rest)[len(line) + 1 :]
    if not is_known or len(body) != 16 * rows * columns + 8 * sum(people):
        raise _damaged(path)
    return OfficePart(office, made_by, *_read_body(body, (rows, columns), people), is_counted)


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
