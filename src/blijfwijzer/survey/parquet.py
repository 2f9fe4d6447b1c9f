"""Parquet to a table: one file, or a folder of several, as clusters write what is large."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.errors import PartsError, UnreadableColumnError, counted
from blijfwijzer.survey.levels import Levels
from blijfwijzer.survey.stores import Place, open_place
from blijfwijzer.survey.table import CELL_BYTES, Table, corrupt, refuse_large, refuse_twins

SUFFIX = ".parquet"
_BATCH = 2**14
"""Rows that are held as they stand in the file."""


def is_parts(path: Path) -> bool:
    """Tell whether this is a folder of parts of a survey.

    >>> is_parts(Path("wave.parquet"))
    False
    """
    return path.is_dir() and any(path.glob(f"*{SUFFIX}"))


def parts_of(path: Place) -> list[Place]:
    """Give the files that are one survey together, in order of name; a file is its only part.

    What begins with a dot or an underscore is no part, as where Spark or Dask wrote it.

    Raises
    ------
    PartsError
        There is nothing in the folder, or something else, so that it is not plain what is meant.
    """
    if not path.is_dir():
        return [path]
    entries: list[Any] = [entry for entry in path.iterdir() if entry.name[0] not in "._"]
    seen: list[Place] = sorted(entries)
    strange = [entry.name for entry in seen if entry.suffix != SUFFIX or not entry.is_file()]
    if strange or not seen:
        names = f": {', '.join(strange[:5])}" if strange else ""
        raise PartsError(
            f"{path}: {len(strange)} of the {len(seen)} entries in this folder are no {SUFFIX} "
            f"files{names}. Give a folder that holds the parts of one survey and nothing else, and "
            "no folders such as year=2022."
        )
    return seen


def read_parquet(path: Place, maximum: int) -> Table:
    """Read a file, or the parts in a folder one after the other, some rows at a time.

    How a file is parted in groups of rows changes nothing. Parts have the same columns of the same
    types, in whatever order; one may be without rows.

    Parameters
    ----------
    maximum : bytes that all of it may unpack to

    Raises
    ------
    CorruptFileError, FileTooLargeError, DuplicateColumnError, UnreadableColumnError
    PartsError
        A part has other columns or types than the first.
    """
    columns: dict[str, Levels] = {}
    kinds: dict[str, Any] = {}
    unpacked = 0
    for part in parts_of(path):
        with _open_parquet(part) as file:
            unpacked += _unpacked(file.metadata)
            refuse_large(part, unpacked, maximum)
            _refuse_schema(part, file.schema_arrow, kinds)
            columns = columns or {name: Levels() for name in kinds}
            _fold(part, file, columns)
    # Column by column, so that none is held twice.
    return Table(pd.DataFrame({n: columns.pop(n).series() for n in list(columns)}, copy=False))


@contextmanager
def _open_parquet(part: Place) -> Iterator[Any]:
    """Open a file; what is damaged in it is said without what stands there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open_place(part) as content, pq.ParquetFile(content) as file:
            yield file
    except (pa.ArrowException, OSError, ValueError):
        raise corrupt(part) from None


def _unpacked(told: Any) -> int:
    """Say how many bytes a file unpacks to, as it tells itself."""
    groups = (told.row_group(group) for group in range(told.num_row_groups))
    # A column of one value packs to next to nothing, so the cells count as well.
    cells: int = told.num_rows * told.num_columns * CELL_BYTES
    return max(sum(int(group.total_byte_size) for group in groups), cells)


def _refuse_schema(part: Place, own: Any, kinds: dict[str, Any]) -> None:
    """Refuse columns that cannot be read, or are others than in the parts before.

    Parameters
    ----------
    kinds : type of each column in the parts before, to which those of this one are added
    """
    import pyarrow as pa

    refuse_twins(part, list(own.names))
    _refuse_nested(part, own)
    types = {field.name: _plain(field.type) for field in own}
    if kinds:
        _refuse_other(part, types, kinds)
    # A column without any answer has no type, until a part has one.
    known = {name: kind for name, kind in types.items() if not pa.types.is_null(kind)}
    kinds.update({**types, **kinds, **known})


def _fold(part: Place, file: Any, columns: dict[str, Levels]) -> None:
    """Add the rows of a file to columns, batch by batch."""
    import pyarrow as pa

    unreadable = set()
    for column in columns.values():
        column.begin(file.metadata.num_rows)
    for batch in file.iter_batches(_BATCH):
        batch.validate(full=True)
        for name, column in columns.items():
            answers = batch.column(name)
            if pa.types.is_dictionary(answers.type):
                # The numbers that stand for answers are others in each part.
                answers = answers.cast(answers.type.value_type)
            if pa.types.is_float16(answers.type):
                # Of these Arrow cannot say which occur.
                answers = answers.cast(pa.float32())
            if _is_bytes(answers.type):
                try:
                    answers = answers.cast(pa.large_binary()).cast(pa.large_string())
                except pa.ArrowInvalid:
                    unreadable.add(name)
                    continue
            column.add(answers)
    if unreadable:
        raise UnreadableColumnError(
            f"{part.name}: {counted(len(unreadable), 'column holds', 'columns hold')} bytes that "
            f"are no text: {', '.join(n for n in columns if n in unreadable)}. Export them as text "
            "in UTF-8, or remove them."
        )


def _plain(kind: Any) -> Any:
    """Give the type that a column is read as; bytes are text of programs that do not say so."""
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.large_string() if _is_bytes(kind) else kind


def _is_bytes(kind: Any) -> bool:
    import pyarrow as pa

    of = pa.types
    return any(is_it(kind) for is_it in (of.is_binary, of.is_large_binary, of.is_fixed_size_binary))


def _refuse_other(part: Place, own: Mapping[str, Any], first: Mapping[str, Any]) -> None:
    """Refuse a part of other columns or types; one without any answer in a column has no type."""
    import pyarrow as pa

    apart = sorted({*own} ^ {*first})
    if apart:
        raise PartsError(
            f"{part.name}: {counted(len(apart), 'column is', 'columns are')} in this part and not "
            f"in the first, or the other way round: {', '.join(apart[:10])}. Write all parts with "
            "the same columns."
        )
    kinds = {name: (kind, first[name]) for name, kind in own.items()}
    other = [f"{n} ({a}, {b})" for n, (a, b) in kinds.items() if a != b and pa.null() not in (a, b)]
    if other:
        raise PartsError(
            f"{part.name}: {counted(len(other), 'column has', 'columns have')} another type than "
            f"in the first part: {', '.join(other[:10])}. Write all parts with the same types."
        )


def _refuse_nested(path: Place, schema: Any) -> None:
    import pyarrow as pa

    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        raise UnreadableColumnError(
            f"{path.name}: {counted(len(nested), 'column holds', 'columns hold')} lists or records "
            f"in a cell: {', '.join(nested)}. Give each answer a column of its own, or remove them."
        )
