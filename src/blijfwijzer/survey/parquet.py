"""Parquet to a table: one file, or a folder of several, as clusters write what is large."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from blijfwijzer.errors import PartsError, UnreadableColumnError, counted
from blijfwijzer.survey.stores import Place, open_place
from blijfwijzer.survey.table import CELL_BYTES, Table, corrupt, refuse_large, refuse_twins

SUFFIX = ".parquet"


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
    """Read a file, or the parts in a folder one after the other.

    Parts have the same columns of the same types, in whatever order; one may be without rows.

    Parameters
    ----------
    maximum : bytes that all of it may unpack to

    Raises
    ------
    CorruptFileError, FileTooLargeError, DuplicateColumnError, UnreadableColumnError
    PartsError
        A part has other columns or types than the first.
    """
    import pyarrow as pa

    parts = parts_of(path)
    if len(parts) == 1:
        return Table(_to_frame([next(_read_each(parts, maximum))]))
    tables: list[Any] = []
    for part, table in zip(parts, _read_each(parts, maximum), strict=True):
        own = _without_dictionaries(table)
        if tables:
            _refuse_other(part, own.schema, tables[0].schema)
            own = own.select(tables[0].schema.names)
        tables.append(own)
    joined = [pa.concat_tables(tables, promote_options="default")]
    tables.clear()
    return Table(_to_frame(joined))


def _to_frame(table: list[Any]) -> pd.DataFrame:
    """Give a table as a frame; it is taken out of the list, so that no column is held twice."""
    frame: pd.DataFrame = table.pop().to_pandas(
        ignore_metadata=True, split_blocks=True, self_destruct=True
    )
    return frame


def _read_each(parts: list[Place], maximum: int) -> Iterator[Any]:
    """Read parts, of which all together may not unpack to more than the limit."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    unpacked = 0
    for part in parts:
        try:
            with open_place(part) as content, pq.ParquetFile(content) as file:
                told = file.metadata
                groups = (told.row_group(group) for group in range(told.num_row_groups))
                # A column of one value packs to next to nothing, so the cells count as well.
                cells = told.num_rows * told.num_columns * CELL_BYTES
                unpacked += max(sum(group.total_byte_size for group in groups), cells)
                refuse_large(part, unpacked, maximum)
                refuse_twins(part, list(file.schema_arrow.names))
                _refuse_nested(part, file.schema_arrow)
                # What other programs noted is not used, and may be damaged as anything else.
                read = [file.read().replace_schema_metadata(None)]
                read[0].validate(full=True)
        except (pa.ArrowException, OSError, ValueError):
            raise corrupt(part) from None
        yield _as_text(part, read.pop())


def _without_dictionaries(table: Any) -> Any:
    """Give the answers for the numbers that stand for them, which are others in each part."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            plain = table.column(place).cast(field.type.value_type)
            table = table.set_column(place, field.name, plain)
    return table


def _refuse_other(part: Place, own: Any, first: Any) -> None:
    """Refuse a part of other columns or types; one without any answer in a column has no type."""
    import pyarrow as pa

    apart = sorted({*own.names} ^ {*first.names})
    if apart:
        raise PartsError(
            f"{part.name}: {counted(len(apart), 'column is', 'columns are')} in this part and not "
            f"in the first, or the other way round: {', '.join(apart[:10])}. Write all parts with "
            "the same columns."
        )
    kinds = {name: (own.field(name).type, first.field(name).type) for name in own.names}
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


def _as_text(path: Place, table: Any) -> Any:
    """Read bytes as text, as programs store it that do not say so; refuse what is none."""
    import pyarrow as pa

    unreadable = []
    for place, name in enumerate(table.schema.names):
        kind = table.schema.types[place]
        is_bytes = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        if not (is_bytes or pa.types.is_fixed_size_binary(kind)):
            continue
        try:
            text = table.column(place).cast(pa.large_binary()).cast(pa.large_string())
            table = table.set_column(place, name, text)
        except pa.ArrowInvalid:
            unreadable.append(name)
    if unreadable:
        raise UnreadableColumnError(
            f"{path.name}: {counted(len(unreadable), 'column holds', 'columns hold')} bytes that "
            f"are no text: {', '.join(unreadable)}. Export them as text in UTF-8, or remove them."
        )
    return table
