"""An SPSS file, read by a process of its own.

ReadStat is a parser in C that was not written for hostile files. It runs in a child that may use
so much memory and time and write no file, so that a crash or a bomb is an error and no more.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pandas as pd

SECONDS = 900
"""Longest that reading may take."""
_LEAST_MEMORY_BYTES = 4_000_000_000
_TOO_LARGE, _DAMAGED = 3, 4
_META = b"blijfwijzer"


class TooLarge(Exception):  # noqa: N818 - it says what the file is, and is caught next door
    """The file would unpack to more than the limit."""


class Damaged(Exception):  # noqa: N818 - as above
    """The file cannot be parsed."""


def read_spss(path: Path, maximum_bytes: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a .sav file with its user-missing codes as they stand.

    Returns
    -------
    Its answers, and under `labels`, `codes` and `missing` what it says of its columns.

    Raises
    ------
    TooLarge, Damaged
    """
    import pyarrow as pa

    command = [sys.executable, "-P", "-m", __name__, str(path), str(maximum_bytes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        timer = threading.Timer(SECONDS, child.kill)
        timer.start()
        table = None
        try:
            with pa.ipc.open_stream(child.stdout) as stream:
                table = stream.read_all()
        except pa.ArrowException:
            pass
        finally:
            timer.cancel()
            if table is None:
                child.terminate()
    # Told to end, a child that was still at work answers with a signal; that too is damage.
    if child.returncode == _TOO_LARGE:
        raise TooLarge
    if table is None or child.returncode != 0:
        raise Damaged
    meta = json.loads(table.schema.metadata[_META])
    return table.to_pandas(split_blocks=True, self_destruct=True), meta


def _parse(path: str, maximum_bytes: int) -> int:
    """Write a file's answers to standard output as an Arrow stream; give the exit code."""
    import pyarrow as pa
    import pyreadstat

    failures = (
        pyreadstat.ReadstatError,
        pyreadstat.PyreadstatError,
        ValueError,
        MemoryError,
        OverflowError,
    )
    limit_memory(maximum_bytes)
    try:
        size = pyreadstat.read_sav(path, metadataonly=True)[1]
        cells = max(size.number_rows or 0, 0) * max(size.number_columns or 0, 1)
        if cells * 8 > maximum_bytes:
            return _TOO_LARGE
        frame, meta = _read(path)
    except failures:
        return _DAMAGED
    if meta.number_rows is not None and 0 <= meta.number_rows != len(frame):
        return _DAMAGED
    told = json.dumps(
        {
            "labels": {name: text for name, text in meta.column_names_to_labels.items() if text},
            "codes": {
                name: [[code, str(text)] for code, text in codes.items()]
                for name, codes in meta.variable_value_labels.items()
            },
            "missing": {
                name: [[r["lo"], r["hi"]] for r in ranges]
                for name, ranges in meta.missing_ranges.items()
            },
        }
    )
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _META: told.encode()})
    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
        stream.write_table(table, max_chunksize=1 << 16)
    return 0


def _read(path: str) -> tuple[pd.DataFrame, Any]:
    """Read in the encoding that the file names, or else in that of Dutch Windows."""
    import pyreadstat

    frame: pd.DataFrame
    try:
        frame, meta = pyreadstat.read_sav(path, user_missing=True)
    except (UnicodeDecodeError, pyreadstat.ReadstatError):
        frame, meta = pyreadstat.read_sav(path, user_missing=True, encoding="WINDOWS-1252")
    return frame, meta


def limit_memory(maximum_bytes: int) -> None:
    """Bound what this process may use, where the system can."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time limit of the parent remains.
        return
    memory = max(4 * maximum_bytes, _LEAST_MEMORY_BYTES)
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    sys.exit(_parse(sys.argv[1], int(sys.argv[2])))
