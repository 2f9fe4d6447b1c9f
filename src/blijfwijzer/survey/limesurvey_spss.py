"""A LimeSurvey export for SPSS: a table without names, and the syntax that says what it holds.

LimeSurvey writes `survey_1_SPSS_data_file.dat` and `survey_1_SPSS_syntax_file.sps`
(application/controllers/admin/Export.php and helpers/export_helper.php of its sources). The syntax
is read as text, and never run.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from blijfwijzer.errors import CorruptFileError, SurveyNotFoundError
from blijfwijzer.survey.cells import number_of
from blijfwijzer.survey.delimited import decode, rows_of
from blijfwijzer.survey.headings import Heading, Row, lay_out
from blijfwijzer.survey.table import Table, refuse_large

_DATA, _SYNTAX = "_SPSS_data_file.dat", "_SPSS_syntax_file.sps"
_LONGEST = 1 << 24
# Each is sought from one place, and to the end of its line or command, so that a syntax file takes
# no longer than it is long.
_BEGIN = "/VARIABLES="
_VARIABLES = re.compile(r"\s*((?:\S+[ \t]+[A-Z]+[\d.]*\s*)+)")
_VARIABLE = re.compile(r"(\S+)[ \t]+([A-Z]+)[\d.]*")
_LABEL = re.compile(
    r'^VARIABLE LABELS (\S+) "((?:(?!\nVARIABLE LABELS ).)*?)"\.$', re.MULTILINE | re.DOTALL
)
_BROKEN = re.compile(r'"\+\s*"')
"""A text that goes on in the next line."""
_MEANINGS = re.compile(r"^VALUE LABELS\s+(\S+)\n((?: .*\n?)+)", re.MULTILINE)
# A mark within a meaning is not doubled, so that it ends where its line does.
_MEANING = re.compile(r' (?:"(.*?)"|(\S+)) "(.*)"\.?')
_OTHER = re.compile(r'^RECODE (\S+) \("(-oth-)"', re.MULTILINE)
_NAME = re.compile(r"^RENAME VARIABLES? \( (\S+) = (\S+) \)\.$", re.MULTILINE)


def syntax_of(path: Path) -> Path:
    """Path of the syntax that comes with a table."""
    return path.with_name(path.name.replace(_DATA, _SYNTAX)).with_suffix(".sps")


def read_pair(path: Path, maximum: int) -> Table:
    """Read a table by the names, labels and kinds of number that its syntax gives.

    Raises
    ------
    SurveyNotFoundError
        The syntax does not stand beside the table.
    CorruptFileError
        The syntax names no variables, or rows have another number of cells.
    WrongFormatError, FileTooLargeError, DuplicateColumnError
    """
    script = syntax_of(path)
    if not script.is_file():
        raise SurveyNotFoundError(
            f"{path.name}: 1 file is missing: {script.name}, which says what its columns are. "
            "Put the syntax file that the tool exported beside it."
        )
    refuse_large(script, script.stat().st_size, _LONGEST)
    text = decode(script, script.read_bytes())
    found = _VARIABLES.match(text.partition(_BEGIN)[2])
    if found is None:
        raise CorruptFileError(
            f"{script.name}: names no variables after /VARIABLES=. Export the syntax file again; "
            "nothing was read."
        )
    kinds = dict(_VARIABLE.findall(found[1]))
    names = {variable: variable for variable in kinds} | dict(_NAME.findall(text))
    labels = {names[v]: _whole(told) for v, told in _LABEL.findall(text) if v in kinds}
    rows = _typed(rows_of(path, decode(path, path.read_bytes()), ",", "'"), list(kinds.values()))
    heading = Heading([names[v] for v in kinds], {n: t for n, t in labels.items() if t != n}, 0)
    table = lay_out(path, rows, is_padded=False, maximum=maximum, heading=heading)
    codes = {names[v]: of for v, of in _meanings(text).items() if v in kinds}
    return Table(table.frame, table.labels, codes, rows=table.rows, empty=table.empty)


def _whole(told: str) -> str:
    return _BROKEN.sub("", told).replace('""', '"')


def _meanings(text: str) -> dict[str, dict[str, str]]:
    told = {
        variable: {
            meaning[1] or meaning[2]: meaning[3]
            for line in lines.split("\n")
            if line.endswith(('"', '".')) and (meaning := _MEANING.fullmatch(line))
        }
        for variable, lines in _MEANINGS.findall(text)
    }
    for variable, code in _OTHER.findall(text):
        told.setdefault(variable, {})[code] = "other"
    return told


def _typed(rows: Iterator[list[str]], kinds: list[str]) -> Iterator[Row]:
    """Make numbers of what the syntax calls numbers; what is none stays text."""
    for row in rows:
        yield [
            cell if kind != "F" or (number := number_of(cell)) is None else number
            for cell, kind in zip(row, [*kinds, *[""] * len(row)], strict=False)
        ]
