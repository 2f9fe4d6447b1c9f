"""A text file with separators to rows of cells."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from blijfwijzer.errors import CorruptFileError, WrongFormatError
from blijfwijzer.survey.headings import lay_out
from blijfwijzer.survey.table import Table, corrupt, refuse_large

_CHUNK = 1 << 20
_SEPARATORS = ";,\t|"
_SEP_LINE = re.compile(r'"?sep=(.)"?[\t;,|]*\n', re.IGNORECASE)
"""What Excel takes the separator from, where a file begins with it."""
_LOOKED_AT = 50
_SLACK = 0.2
"""Share of lines that may be of another width where a sign parts them; convention of ours."""
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_LONGEST_CELL = 1 << 24


def read_delimited(path: Path, maximum: int, is_packed: bool) -> Table:
    """Read a text file; its encoding, separator and line ends are seen from the file itself.

    Raises
    ------
    CorruptFileError, WrongFormatError, FileTooLargeError, DuplicateColumnError
    """
    text = decode(path, _unpack(path, maximum) if is_packed else path.read_bytes())
    named = _SEP_LINE.match(text)
    if named is not None:
        text = text[named.end() :]
    separator = named[1] if named is not None else _find_separator(text)
    return lay_out(path, rows_of(path, text, separator), is_padded=False, maximum=maximum)


def rows_of(path: Path, text: str, separator: str, mark: str = '"') -> Iterator[list[str]]:
    """Give the cells of each row of a text.

    Parameters
    ----------
    path : for messages
    mark : what stands around a cell with separators in it, and twice in one for itself

    Raises
    ------
    CorruptFileError
    """
    number = 0
    try:
        for number, row in enumerate(_cells(text, separator, mark), start=1):  # noqa: B007
            yield row
    except csv.Error:
        raise CorruptFileError(
            f"{path.name}: a quotation mark in row {number + 1} does not stand around a whole "
            "cell, so that nobody can say what belongs to which cell. Export it again; nothing "
            "was read."
        ) from None


def _cells(text: str, separator: str, mark: str = '"') -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    lines = io.StringIO(text, newline="")
    yield from csv.reader(
        lines, delimiter=separator, quotechar=mark, skipinitialspace=True, strict=True
    )


def _find_separator(text: str) -> str:
    r"""Find the sign by which most of the first lines have as many cells, and then the most cells.

    >>> _find_separator("a;b, or c;d\n1;2;3\n")
    ';'
    """

    def judge(separator: str) -> tuple[bool, float, int]:
        widths = []
        try:
            for row in islice(_cells(text, separator), _LOOKED_AT):
                filled = [place for place, cell in enumerate(row, start=1) if cell]
                widths += filled[-1:]
        except csv.Error:
            pass
        usual = max(widths, key=widths.count, default=1)
        # By the decimals of answers a comma may part all lines alike, but for the headings.
        return widths[:1] == [usual] and usual > 1, widths.count(usual) / max(len(widths), 1), usual

    judged = {sign: judge(sign) for sign in _SEPARATORS if sign in text}
    parting = {sign: found for sign, found in judged.items() if found[2] > 1}
    if not parting:
        return ","
    is_first, fit, _ = max(parting.values())
    even = [
        sign
        for sign, (first, share, _) in parting.items()
        if (first, share) >= (is_first, fit - _SLACK)
    ]
    return max(even, key=lambda sign: parting[sign][2])


def _unpack(path: Path, maximum: int) -> bytes:
    unpacked = bytearray()
    try:
        with gzip.open(path) as file:
            while chunk := file.read(_CHUNK):
                unpacked += chunk
                refuse_large(path, len(unpacked), maximum)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise corrupt(path) from None
    return bytes(unpacked)


def decode(path: Path, content: bytes) -> str:
    """Read bytes as the text they are, with one kind of line ends.

    Raises
    ------
    WrongFormatError
    """
    told = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
    for encoding in (told,) if told else (*_without_mark(content), "utf-8", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise WrongFormatError(
        f"{path.name}: is no text in UTF-8, UTF-16 or cp1252. Give it the suffix of what it is, or "
        "export it as UTF-8."
    )


def _without_mark(content: bytes) -> tuple[str, ...]:
    """UTF-16 without its mark: every other byte of a Western text is zero."""
    start = content[:4096]
    half = len(start) // 2
    for name, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if half and zeros.count(0) > 0.7 * half:
            return (name,)
    return ()
