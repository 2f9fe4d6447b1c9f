"""Labels of a LimeSurvey export for R, from the script that comes with its table.

LimeSurvey writes a pair: `survey_1_R_data_file.csv` holds codes, and `survey_1_R_syntax_file.R`
what they mean. The script is read as text, and never run.
"""

import re
from dataclasses import replace
from pathlib import Path

from blijfwijzer.survey.cells import plain_text
from blijfwijzer.survey.table import Table

_DATA, _SYNTAX = "_R_data_file.csv", "_R_syntax_file.R"
_STRING = r'"((?:[^"\\]|\\.)*)"'
_LABEL = re.compile(rf"variable\.labels\[(\d+)\] <- {_STRING}")
_CODE = rf"(?:{_STRING}|(-?\d[\d.]*))"
# Of whole strings and numbers alone, none of them tried in parts, so that a script takes no longer
# than it is long.
_LIST = r'c\(((?:(?:"(?:[^"\\]|\\.)*+"|-?\d[\d.]*+)[,\s]*+)*+)\)'
_CODES = re.compile(rf"data\[, (\d+)\] <- factor\(data\[, \d+\], levels={_LIST},\s*labels={_LIST}")
_LONGEST = 1 << 24


def add_labels(path: Path, table: Table) -> Table:
    """Add what the script beside a table says of its columns; the table itself without one.

    Parameters
    ----------
    path : the table; the script is told by its name
    table : as read
    """
    script = path.with_name(path.name.replace(_DATA, _SYNTAX))
    if not path.name.endswith(_DATA) or not script.is_file():
        return table
    if script.stat().st_size > _LONGEST:
        return table
    text = script.read_text(encoding="utf-8-sig", errors="replace")
    columns = [str(name) for name in table.frame.columns]
    place = {number: columns[int(number) - 1] for number in map(str, range(1, len(columns) + 1))}
    # Codes are told by place and the names by which R knows columns differ in signs only.
    labels = {place[n]: _plain(told) for n, told in _LABEL.findall(text) if n in place}
    codes = {
        place[number]: dict(zip(_strings(levels), _strings(meanings), strict=False))
        for number, levels, meanings in _CODES.findall(text)
        if number in place
    }
    return replace(table, labels={n: t for n, t in labels.items() if t != n}, codes=codes)


def _strings(text: str) -> list[str]:
    return [_plain(written or number) for written, number in re.findall(_CODE, text)]


def _plain(text: str) -> str:
    return plain_text(re.sub(r"\\(.)", r"\1", text))
