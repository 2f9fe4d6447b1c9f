"""Where in rows of cells the names of columns stand, and how their answers become columns.

A spreadsheet may begin with a title; survey tools write two or three rows of headings.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.errors import CorruptFileError, counted
from blijfwijzer.survey.cells import is_numeral, plain_text
from blijfwijzer.survey.table import CELL_BYTES, Table, refuse_large, refuse_twins

Cell = str | float | None
"""As it is read: a text, a number of a format that has numbers, or nothing."""
Row = Sequence[Cell]

_LOOKED_AT = 200
"""Rows by which headings are known from answers; convention of ours."""
_MOST_TITLES = 20
"""Rows within which the headings begin; convention of ours."""
_CHUNK = 10_000
_IMPORT_ID = '{"ImportId"'
"""What each cell of the third row of a Qualtrics export begins with."""
_NO_PART = {"response", "open-ended response", "antwoord", "reactie", "open antwoord", "respons"}
"""What SurveyMonkey writes below a question that has no parts."""
_RESPONDENT = {"respondent id", "respondentid", "respondent-id", "respondent_id"}
"""What the first column of its export is called."""


@dataclass(frozen=True)
class Heading:
    """Names of columns, and what they say."""

    names: list[str]
    labels: dict[str, str]
    first: int
    """Place of the first row of answers."""


def lay_out(
    path: Path,
    rows: Iterator[Row],
    *,
    is_padded: bool,
    maximum: int,
    heading: Heading | None = None,
) -> Table:
    """Make a table of rows of cells.

    Parameters
    ----------
    rows : from the top of the file
    is_padded : whether empty cells at the end of a row need not be there, as in a workbook
    heading : where it is known, and stands in another file; else found in the first rows

    Raises
    ------
    CorruptFileError
        Rows have other numbers of cells than the headings have names.
    DuplicateColumnError, FileTooLargeError
    """
    top = [list(row) for row in islice(rows, _LOOKED_AT)]
    heading = heading or find_heading(top)
    if heading is None:
        return Table(pd.DataFrame())
    refuse_twins(path, [name for name in heading.names if name])
    if is_padded:
        # Answers without a name above them are kept, and told as columns that no codebook has.
        widest = max(len(row) for row in top)
        heading.names.extend([""] * (widest - len(heading.names)))
    body = chain(top[heading.first :], rows)
    gathered = _Gathered(path, len(heading.names), is_padded, maximum)
    return gathered.of(body, heading)


def find_heading(top: Sequence[Row]) -> Heading | None:
    """Find the headings in the first rows of a file; nothing where no cell is filled.

    >>> find_heading([["Title"], ["a", "b", "c"], [1.0, 2.0, 3.0]])
    Heading(names=['a', 'b', 'c'], labels={}, first=2)
    >>> find_heading([["id", "Fair?", ""], ["", "boss", "team"], [1.0, 2.0, 3.0]]).names
    ['id', 'Fair? - boss', 'Fair? - team']
    """
    texts = [[_text(cell) for cell in row] for row in top]
    if not any(map(any, texts)):
        return None
    for place, row in enumerate(texts[:_MOST_TITLES]):
        told = [cell.startswith(_IMPORT_ID) for cell in row if cell]
        if place and told and 2 * sum(told) > len(told):
            names = texts[max(place - 2, 0)]
            return _heading(names, texts[place - 1] if place > 1 else [], place + 1)
    first = _first_heading(texts)
    above = texts[first - 1] if first else []
    above = above if sum(map(bool, above)) > 2 else []
    if _is_filled_by(texts[first], above):
        return _merged(above, texts[first], first + 1)
    below = texts[first + 1] if first + 1 < len(texts) else []
    if _are_parts(texts[first], below, top[first + 1 :]):
        return _merged(texts[first], below, first + 2)
    return _heading(texts[first], _labels(above, texts[first]), first + 1)


def _first_heading(texts: list[list[str]]) -> int:
    """Place of the first row that is at least half as full as the fullest one.

    It is the first of the file that holds anything, unless it reads as names do.
    """
    filled = [sum(map(bool, row)) for row in texts[:_MOST_TITLES]]
    first = next(place for place, count in enumerate(filled) if 2 * count >= max(filled))
    names = [cell for cell in texts[first] if cell]
    if len(set(names)) == len(names) and not any(map(is_numeral, names)):
        return first
    return next(place for place, count in enumerate(filled) if count)


def _is_filled_by(row: list[str], other: list[str]) -> bool:
    """Whether each cell that is empty in a row, up to its end, is filled in the other one."""
    gaps = [place for place, cell in enumerate(row) if not cell]
    return bool(gaps) and all(place < len(other) and other[place] for place in gaps)


def _are_parts(names: list[str], below: list[str], answers: Sequence[Row]) -> bool:
    """Whether the row below the names says which parts of a question columns are.

    It fills what is empty among the names, and holds words that are no answers in the same columns.
    """
    filled = [cell for cell in below if cell]
    if filled and all(cell.lower() in _NO_PART for cell in filled):
        return True
    gaps = [place for place, cell in enumerate(names) if not cell and place]
    if not gaps or not all(place < len(below) and below[place] for place in gaps):
        return False
    if any(isinstance(cell, float) or is_numeral(str(cell)) for cell in answers[0] if cell):
        return False
    # A box that was ticked in SurveyMonkey repeats its heading, so its files are known by a name.
    if names[0].lower() in _RESPONDENT:
        return True
    again = [
        any(_text(row[place]) == cell for row in answers[1:] if place < len(row))
        for place, cell in enumerate(below)
        if cell
    ]
    return 2 * sum(again) < len(filled)


def _merged(questions: list[str], parts: list[str], first: int) -> Heading:
    """Name columns by a question and its part; an empty question is that of the column before."""
    if all(parts) and len(set(parts)) == len(parts) >= len(questions):
        return _heading(parts, _labels(questions, parts), first)
    width = max(len(questions), len(parts))
    names, question = [], ""
    for place in range(width):
        own = questions[place] if place < len(questions) else ""
        part = parts[place] if place < len(parts) else ""
        question = own or question
        is_whole = part == "" or part.lower() in _NO_PART
        names.append((own if part == "" else question) if is_whole else f"{question} - {part}")
    return _heading(names, [], first)


def _labels(groups: list[str], parts: list[str]) -> list[str]:
    """Say of each column its group and its own name; nothing where there are no groups."""
    if not any(groups):
        return []
    told, group = [], ""
    for place, part in enumerate(parts):
        group = (groups[place] if place < len(groups) else "") or group
        told.append(f"{group} - {part}" if group and part else part)
    return told


def _heading(names: list[str], labels: list[str], first: int) -> Heading:
    told = {n: t for n, t in zip(names, labels, strict=False) if n and t and t != n}
    return Heading(list(names), told, first)


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return plain_text(cell) if isinstance(cell, str) else f"{cell:g}"


class _Gathered:
    """Answers by column as they come, each different cell once."""

    def __init__(self, path: Path, width: int, is_padded: bool, maximum: int) -> None:
        self.path, self.width, self.is_padded, self.maximum = path, width, is_padded, maximum
        self.levels: list[dict[Cell, int]] = [{} for _ in range(width)]
        self.places = [array("l") for _ in range(width)]
        self.kept = array("l")
        self.empty = 0
        self.wrong: list[int] = []
        self.last_short = 0

    def of(self, rows: Iterator[Row], heading: Heading) -> Table:
        """Gather all rows below the headings."""
        number = 0
        while chunk := list(islice(rows, _CHUNK)):
            self._add(chunk, number)
            number += len(chunk)
            refuse_large(self.path, number * self.width * CELL_BYTES, self.maximum)
        if self.wrong:
            raise self._ragged(heading.first, number)
        columns, taken = dict[str, pd.Series](), set(heading.names)
        for place, name in enumerate(heading.names):
            levels = list(self.levels[place])
            if not name and not any(level not in (None, "") for level in levels):
                continue
            codes = np.array(self.places[place], dtype=np.int64)
            own = name or f"column_{place + 1}"
            while not name and own in taken:
                own += "_"
            taken.add(own)
            columns[own] = _categorical(codes, levels)
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(self.kept)))
        return Table(frame, heading.labels, rows=np.array(self.kept), empty=self.empty)

    def _add(self, chunk: list[Row], before: int) -> None:
        full = []
        for number, row in enumerate(chunk, start=before + 1):
            if all(cell is None or cell == "" or str(cell).isspace() for cell in row):
                self.empty += bool(row)
                continue
            more = row[self.width :]
            if any(cell not in (None, "") for cell in more) or (
                len(row) < self.width and not self.is_padded
            ):
                self.wrong.append(number)
                self.last_short = number if len(row) < self.width else self.last_short
                continue
            full.append([*row[: self.width], *[None] * (self.width - len(row))])
            self.kept.append(number)
        for place, column in enumerate(zip(*full, strict=True)):
            seen = self.levels[place]
            self.places[place].extend([seen.setdefault(cell, len(seen)) for cell in column])

    def _ragged(self, first: int, rows: int) -> CorruptFileError:
        is_cut = self.wrong == [rows] == [self.last_short]
        told = counted(len(self.wrong), "row has", "rows have")
        more = "The file is truncated. " if is_cut else ""
        return CorruptFileError(
            f"{self.path.name}: {told} another number of cells than the {self.width} names of the "
            f"header (the first is row {self.wrong[0] + first}), so that answers would stand under "
            f"other questions. {more}Look there for a separator too many or too few, or export it "
            "again; nothing was read."
        )


def _categorical(codes: np.ndarray, levels: list[Cell]) -> pd.Series:
    """Answers as categories in the order of their coming; texts and numbers may stand together."""
    used = [place for place, level in enumerate(levels) if level is not None]
    place_of = np.full(len(levels) + 1, -1, dtype=np.int64)
    place_of[used] = np.arange(len(used))
    index = pd.Index([levels[place] for place in used], dtype=object)
    return pd.Series(pd.Categorical.from_codes(place_of[codes], categories=index))
