"""Exports of survey tools with faults in them: each is refused, or each cell is what it says.

Known here, and to be found out by the reader, are the signs that part cells, the rows of headings
and the place of each column. By these each cell of a changed file is read once more, in a few
lines that share nothing with the reader but Python's csv.
"""

import csv
import gzip
import io
import resource
import struct
import sys
import tempfile
import time
import traceback
import unicodedata
import warnings
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from blijfwijzer.drafting.draft import draft_codebook
from blijfwijzer.errors import BlijfwijzerError
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.intake import check_survey
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey
from exports import TOOLS, Size, limesurvey_for_spss, qualtrics, surveymonkey

SMALL = Size(1, 4, 20)
HEADINGS = {qualtrics: 3, surveymonkey: 2, limesurvey_for_spss: 0}
SEPARATOR = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".dat": ",", "castor": ";"}
SIGNS = [*";,\t|'\"\n\r .9-é0", "\u00a0", "\u200b", "\x00", "#N/A", "\ufeff", "sep=;\n"]
EDITS = ("cut", "drop", "double", "insert", "swap", "replace")
CELLS = ["", "NA", "#N/B", "3", "03", "3.0", "3,0", "1.096", "99", "-1", "nvt", "True", "waar"]
CELLS += ["2026-03-02", "=1+1", "\u00a0Mee eens", "mee  eens", "AGREE", 'a "b" c', "a,b;c", "1e3"]
CELLS += ["e\u0301", "\u200b4", "４", "x" * 3000, "nan", "inf", "Team 1", "team 1", "5 "]
ROWS = ("same", "blank", "lost", "twice", "moved", "column", "order")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
BINARY = (".xlsx", ".sav", ".zsav", ".parquet", ".csv.gz")
UNSEEN = "".join(map(chr, (0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD)))
MANY = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
MISSING, ERRORS = {"NA", "NaN", "NULL"}, {"#N/A", "#N/B"}


@dataclass(frozen=True)
class Export:
    """A file as a tool writes it, and how it is to be read."""

    name: str
    path: Path
    suffix: str
    book: object
    headings: int
    """Rows of headings."""
    separator: str
    mark: str
    rows: tuple
    """Cells of all rows, of the headings too."""
    places: dict
    """Column of the codebook to its place in a row."""


@cache
def exports():
    """Those of all tools in two languages, and the built-in survey in all formats."""
    made = []
    for write, as_text in TOOLS:
        for language in ("nl", "en"):
            path = write(Path(tempfile.mkdtemp()), language, as_text, SMALL)
            draft = path.with_name("draft.toml")
            draft.write_text(draft_codebook(read_table(path), "fuzz"), encoding="utf-8")
            name = write.__name__
            made.append(_export(name, path, load_codebook(draft), HEADINGS.get(write, 1)))
    book = load_codebook(CODEBOOK)
    made_up = make_survey(300, 7, 2019).responses.head(SMALL.people)
    for suffix in (".csv", ".csv.gz", ".tsv", ".xlsx", ".sav", ".zsav", ".parquet"):
        path = Path(tempfile.mkdtemp()) / f"built-in{suffix}"
        write_survey(made_up, book, path)
        made.append(_export("built-in", path, book, 1))
    return tuple(made)


def _export(name, path, book, headings):
    suffix = "".join(path.suffixes[-2:]) if path.name.endswith(".gz") else path.suffix
    table = read_table(path)
    columns = list(table.frame.columns)
    separator = SEPARATOR.get(name, SEPARATOR.get(suffix, ","))
    mark = "'" if suffix == ".dat" else '"'
    if suffix in SEPARATOR:
        content = path.read_bytes()
        content = gzip.decompress(content) if suffix == ".csv.gz" else content
        rows = parse(content.decode("utf-8-sig"), separator, mark)
    else:
        whole = table.frame.astype(object).where(table.frame.notna(), None)
        rows = [columns, *whole.to_numpy().tolist()]
    in_file = {
        column.name: next((n for n in (column.name, *column.aliases) if n in columns), None)
        for column in book.columns.values()
        if column.role not in ("ignore", "id")
    }
    places = {name: columns.index(own) for name, own in in_file.items() if own is not None}
    told = (name, path, suffix, book, headings, separator, mark)
    return Export(*told, tuple(map(tuple, rows)), places)


def parse(text, separator, mark):
    """Cells of each row, by signs that are known; raises csv.Error."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = io.StringIO(text, newline="")
    return list(
        csv.reader(lines, delimiter=separator, quotechar=mark, strict=True, skipinitialspace=True)
    )


# What is changed.


@st.composite
def changes(draw):
    """An export, and what is done to it."""
    count = len(exports())
    # Each file of SPSS starts a process that takes as long as ten others.
    order = [k for k in range(count) if exports()[k].suffix not in (".sav", ".zsav")]
    rare = draw(st.integers(0, 19)) == 0
    export = exports()[draw(st.sampled_from(range(count) if rare else order))]
    return (
        export,
        draw(st.sampled_from(ROWS)),
        draw(st.lists(st.tuples(_far(), _far(), st.sampled_from(CELLS)), max_size=3)),
        draw(
            st.lists(st.tuples(st.sampled_from(EDITS), _far(), st.sampled_from(SIGNS)), max_size=2)
        ),
        draw(st.sampled_from(ENCODINGS)),
        draw(st.lists(st.tuples(_far(), st.integers(0, 255)), max_size=2)),
        draw(st.integers(0, 9)) == 0,
    )


def _far():
    return st.integers(0, 1 << 20)


def change_rows(export, kind, cells):
    """Rows with other cells in them, or in another order; and where columns stand then."""
    top, body = list(export.rows[: export.headings]), [*map(list, export.rows[export.headings :])]
    places = dict(export.places)
    told = sorted(places.values())
    for row, column, cell in cells:
        body[row % len(body)][told[column % len(told)]] = cell
    at = sum(row + column for row, column, _ in cells) % len(body)
    if kind == "blank":
        body.insert(at, [""] * len(body[0]))
    elif kind == "lost":
        del body[at]
    elif kind == "twice":
        body.insert(at, body[at])
    elif kind == "moved":
        body.append(body.pop(at))
    elif kind == "column" and export.headings == 1:
        top = [(*top[0], "zelf_gemaakt")]
        body = [[*row, str(place)] for place, row in enumerate(body)]
    elif kind == "order" and export.headings:
        new = np.random.default_rng(at).permutation(len(body[0])).tolist()
        # The first columns tell SurveyMonkey's files, and a question stands above its first part.
        new = sorted(new) if export.headings == 2 else new
        top = [tuple(row[k] for k in new) for row in top]
        body = [[row[k] for k in new] for row in body]
        places = {name: new.index(place) for name, place in places.items()}
    return [*top, *map(tuple, body)], places


def edit(text, kind, place, sign):
    """Change one sign of a text."""
    place %= len(text) or 1
    after = {
        "cut": "",
        "drop": text[place + 1 :],
        "double": text[place : place + 1] + text[place:],
        "insert": sign + text[place:],
        "replace": sign + text[place + 1 :],
        "swap": text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :],
    }
    return text[:place] + after[kind]


def as_text(export, rows):
    """Write rows as the tool does."""
    out = io.StringIO()
    quoting = csv.QUOTE_MINIMAL
    writer = csv.writer(
        out, delimiter=export.separator, quotechar=export.mark, quoting=quoting, lineterminator="\n"
    )
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return out.getvalue()


def write_typed(export, rows, path):
    """Write rows to a format that has types; what cannot be written so is left out."""
    if export.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([cell if cell != "" else None for cell in row])
        book.save(path)
        return
    frame = pd.DataFrame(list(rows[1:]), columns=list(rows[0]))
    frame = pd.DataFrame({name: _one_type(cells) for name, cells in frame.items()})
    if export.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        pyreadstat.write_sav(frame, str(path), compress=export.suffix == ".zsav")


def _one_type(cells):
    kinds = {type(cell) for cell in cells if cell is not None and cell == cell}  # noqa: PLR0124
    if kinds <= {int, float}:
        return cells.astype("float64")
    return cells.map(lambda cell: "" if cell is None or cell != cell else write_cell(cell))


def write_cell(cell):
    """Write a cell as a text without types does."""
    if isinstance(cell, float) and cell.is_integer():
        return f"{cell:.0f}"
    return "" if cell is None or (isinstance(cell, float) and np.isnan(cell)) else str(cell)


# What each cell says.


def plain(text):
    text = unicodedata.normalize("NFC", "".join(sign for sign in text if sign not in UNSEEN))
    return " ".join(text.replace("\x00", "").split())


def number(text):
    try:
        return None if text.endswith((",", ".")) else float(text.replace(",", "."))
    except ValueError:
        return None


def says(cell, column):
    """Give the code or text that a cell is by the codebook; None: it is no answer."""
    text = plain(write_cell(cell))
    # In a column of words that nobody listed, such as names of units, NA may be a name.
    if text in ("", *ERRORS) or (text in MISSING and column.codes and column.role != "unit"):
        return None
    known = column.codes | column.missing
    code = text if text in known else None
    if code is None and number(text) is not None:
        code = next((c for c in known if number(c) == number(text)), None)
    if code is None:
        words = {plain(w).lower(): c for c, both in known.items() for w in (both.nl, both.en)}
        code = words.get(text.lower())
    if code is not None:
        return None if code in column.missing else code
    return text if not column.codes or column.role == "unit" else None


def is_read(value, cell, column):
    """Whether what was read is what a cell says."""
    if column.type == "number":
        told = number(plain(write_cell(cell)))
        if pd.isna(value):
            low, high = column.range or (-np.inf, np.inf)
            return told is None or not low <= told <= high or write_cell(cell) in ("1.096", "nan")
        return told == value
    told = says(cell, column)
    if told is None or pd.isna(value):
        return told is None and bool(pd.isna(value))
    if column.type == "ordinal":
        return column.values[told] == value
    return str(value) == told or (number(told) is not None and number(str(value)) == number(told))


def judge(export, path, rows, whole, places):
    """Say what became of a file; fails where a cell is another than the file says.

    Parameters
    ----------
    rows : of the file, of its headings too, by signs that are known; None: nobody can part them
    whole : rows before signs in them were changed
    """
    try:
        intake = check_survey(path, export.book, Settings().intake)
    except BlijfwijzerError as error:
        assert "\n" not in str(error)
        return "refused"
    if intake.errors:
        return "faults told"
    assert rows is not None, "a file that nobody can part was read"
    headings = whole[: export.headings]
    answers = set(whole[export.headings :])
    filled = [row for row in rows if any(plain(write_cell(cell)) for cell in row)]
    above = len(filled) - intake.rows
    is_changed = [tuple(row) for row in filled[: export.headings]] != list(headings)
    assert above == export.headings or is_changed, f"{above} rows were taken for headings"
    eaten = [row for row in filled[export.headings : above] if tuple(row) in answers]
    assert not eaten, f"{len(eaten)} rows of answers were taken for headings"
    body = filled[above:]
    refused = set(intake.rejected["row"])
    numbers = [place for place, row in enumerate(_numbered(rows, above), start=1) if row]
    accepted = [row for row, place in zip(body, numbers, strict=True) if place not in refused]
    assert len(accepted) == len(intake.responses)
    wrong = []
    for name, place in places.items():
        column = export.book.columns[name]
        own = "weight" if column.role == "weight" else name
        if own not in intake.responses:
            told = " ".join(str(remark) for remark in intake.remarks)
            assert name in told, f"{name} is lost without a word"
            continue
        if column.role == "weight":
            continue
        cells = [row[place] if place < len(row) else None for row in accepted]
        values = intake.responses[own].tolist()
        wrong += [
            (name, cell, value)
            for cell, value in zip(cells, values, strict=True)
            if not is_read(value, cell, column)
        ]
    assert not wrong, wrong[:3]
    return "with rows refused" if refused else "read"


def _numbered(rows, above):
    """Whether each row below the headings is filled; blank ones have a number too."""
    filled = [any(plain(write_cell(cell)) for cell in row) for row in rows]
    first = np.flatnonzero(filled)[above - 1] + 1 if above else 0
    return filled[first:]


# One file, and many.


def fuzz_one(change):
    """Make one file with faults in it, and judge how it is read."""
    export, kind, cells, edits, encoding, flips, is_cut = change
    folder = Path(tempfile.mkdtemp())
    path = folder / export.path.name
    for other in export.path.parent.iterdir():
        if other.suffix in (".sps", ".R"):
            (folder / other.name).write_bytes(other.read_bytes())
    if export.suffix in BINARY and (flips or is_cut):
        return _judge_damaged(export, path, flips, is_cut)
    rows, places = change_rows(export, kind, cells)
    if export.suffix not in SEPARATOR:
        write_typed(export, rows, path)
        return judge(export, path, rows, rows, places)
    text, whole = as_text(export, rows), rows
    for kind_of_edit, place, sign in edits:
        text = edit(text, kind_of_edit, place, sign)
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        content = text.encode("utf-8")
    path.write_bytes(gzip.compress(content) if export.suffix == ".csv.gz" else content)
    try:
        rows = parse(text.removeprefix("\ufeff"), export.separator, export.mark)
    except csv.Error:
        rows = None
    return judge(export, path, rows, whole, places)


def _judge_damaged(export, path, flips, is_cut):
    """Bytes are others, or the end is gone: refused, or every cell as it was.

    Formats without a sum of their bytes cannot tell a digit that became another one. In SPSS's the
    one cell is another; in Parquet's a page of words may be, so that only tracebacks are sought.
    """
    content = bytearray(export.path.read_bytes())
    for place, value in flips:
        content[place % len(content)] = value
    if is_cut:
        del content[flips[0][0] % len(content) if flips else len(content) // 2 :]
    path.write_bytes(bytes(content))
    if export.suffix == ".parquet" and not is_cut:
        try:
            check_survey(path, export.book, Settings().intake)
        except BlijfwijzerError:
            return "refused"
        return "of unknown cells"
    rows = export.rows
    if export.suffix == ".sav":
        rows = None if is_cut else [rows[0], *_rows_of_spss(export, bytes(content))]
    return judge(export, path, rows, export.rows, export.places)


def _rows_of_spss(export, content):
    """Take cells from the bytes at the end of a file of SPSS that packs none of them."""
    meta = pyreadstat.read_sav(str(export.path), metadataonly=True)[1]
    kinds = [
        "<d" if meta.readstat_variable_types[name] == "double" else f"{-(-width // 8) * 8}s"
        for name, width in meta.variable_storage_width.items()
    ]
    size = sum(map(struct.calcsize, kinds))
    start = len(content) - size * meta.number_rows
    for row in range(meta.number_rows):
        at, cells = start + row * size, []
        for kind in kinds:
            cells.append(struct.unpack_from(kind, content, at)[0])
            at += struct.calcsize(kind)
        yield [_of_spss(cell) for cell in cells]


def _of_spss(cell):
    if isinstance(cell, bytes):
        return cell.decode("utf-8", errors="replace").rstrip(" ")
    return None if cell == -sys.float_info.max else cell


# Many files.


def main(files, start=0):
    """Fuzz so many files, and print what became of them and the time it took."""
    told, wrong = Counter(), []

    @seed(start)
    @settings(MANY, max_examples=files, phases=[Phase.generate])
    @given(changes())
    def fuzz(change):
        try:
            told[f"{change[0].name}{change[0].suffix}: {fuzz_one(change)}"] += 1
        except Exception:
            told[f"{change[0].name}{change[0].suffix}: WRONG"] += 1
            wrong.append(f"{change[0].path} {change[1:]}\n{traceback.format_exc()[-1500:]}")

    began = time.time()
    fuzz()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(one.ru_utime + one.ru_stime for one in used)
    for name, count in sorted(told.items()):
        print(f"{count:6}  {name}")  # noqa: T201
    print(*wrong[:20], sep="\n\n")  # noqa: T201
    print(
        f"{told.total():,} files, {len(wrong)} wrong; {seconds:,.0f} s of CPU, {time.time() - began:,.0f} s"
    )  # noqa: T201
    return bool(wrong)


if __name__ == "__main__":
    warnings.simplefilter("error")
    sys.exit(main(*map(int, sys.argv[1:])))
