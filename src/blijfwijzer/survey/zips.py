"""Zip files that others made: whatever is wrong with one is told as one error."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from blijfwijzer.errors import BlijfwijzerError

_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, OSError, RuntimeError, ValueError),
)
"""What `zipfile` raises of a damaged file, or of one locked or packed in a way it does not know."""


@contextmanager
def damage_told_as(error: BlijfwijzerError) -> Iterator[None]:
    """Raise an error for whatever `zipfile` makes of a damaged file, and nothing of its words.

    These may hold what is in the file.
    """
    try:
        yield
    except _FAULTS:
        raise error from None
