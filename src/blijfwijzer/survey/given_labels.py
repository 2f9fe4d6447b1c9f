"""Labels that a user gives in a table: what codes are called where the codebook does not say."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from blijfwijzer.errors import CodebookError, counted
from blijfwijzer.files import hash_bytes
from blijfwijzer.survey.cells import code_text
from blijfwijzer.survey.codebook import Codebook, Column
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.texts import LANGUAGES, Text, as_seen

_NEEDED = ("column", "code", "label")
_LANGUAGE = "language"
_LONGEST = 60
"""Characters of a strange name that a message repeats."""
_LONGEST_LABEL = 200
"""Signs of a label, at most: it stands in cells, charts and headings; convention of ours."""


@dataclass(frozen=True)
class GivenLabels:
    """What codes are called, by column and code."""

    texts: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    sha256: str = ""
    """Of the file's bytes; "" where none was given."""

    @property
    def origin(self) -> dict[str, str]:
        """What a result tells of them."""
        return {"labels_sha256": self.sha256} if self.sha256 else {}

    def apply(self, intake: Intake, codebook: Codebook) -> tuple[Intake, Codebook]:
        """Call units as they say rather than the survey's file, and answers that are bare.

        What the codebook says of a code comes first; a text that only repeats the code says
        nothing.
        """
        units = {
            level: {**intake.units.get(level, {}), **self.texts.get(level, {})}
            for level in codebook.units.levels
        }
        columns = {name: self._completed(column) for name, column in codebook.columns.items()}
        named = codebook.model_copy(update={"columns": columns})
        return replace(intake, units=units), named

    def _completed(self, column: Column) -> Column:
        own = self.texts.get(column.name, {})
        bare = {
            code: own[code]
            for code, text in column.codes.items()
            if code in own and text.repeats(code)
        }
        return column.model_copy(update={"codes": {**column.codes, **bare}}) if bare else column


NO_LABELS = GivenLabels()
_FIRST = 2
"""Row of a file in which answers begin, below the heading."""


def read_labels(path: Path | None, codebook: Codebook) -> GivenLabels:
    """Read a table of labels: a row for each code, with `column`, `code`, `label`.

    A fourth column, `language` (nl or en), serves a code that is called otherwise in each; where it
    is left out or empty, a label serves for both. `column` is a name in the codebook or an alias.

    Raises
    ------
    CodebookError
        A column of the table is missing, or it names something that the codebook does not, or one
        code twice, or rows have a label without a code or one that is too long.
    """
    if path is None:
        return NO_LABELS
    rows = _read_rows(path)
    told = pd.DataFrame(
        {
            "column": _columns(rows, path, codebook),
            "code": rows["code"].map(code_text),
            "language": _languages(rows, path),
            "label": rows["label"].map(lambda cell: as_seen(str(cell)).strip()),
        }
    )
    twice = told.duplicated(["column", "code", "language"])
    _refuse(path, twice, "about a code that has a label already", "Keep one of each")
    long = told["label"].astype("str").str.len() > _LONGEST_LABEL
    _refuse(path, long, f"with a label of more than {_LONGEST_LABEL} signs", "Shorten them")
    texts = {
        str(column): {str(code): _text(own) for code, own in of_column.groupby("code")}
        for column, of_column in told.groupby("column")
    }
    return GivenLabels(texts, hash_bytes(path.read_bytes()))


def _read_rows(path: Path) -> pd.DataFrame:
    """Read the rows that have a label, each at its place in the table."""
    rows = read_table(path).frame.rename(columns=lambda name: str(name).strip().lower())
    lacking = [name for name in _NEEDED if name not in rows]
    if lacking:
        raise CodebookError(
            f"{path.name}: {counted(len(lacking), 'column is', 'columns are')} missing: "
            f"{', '.join(lacking)}. A table of labels has {', '.join(_NEEDED)} and, if you like, "
            f"{_LANGUAGE}."
        )
    rows = rows.dropna(subset=["label"])
    bare = rows[["column", "code"]].isna().any(axis=1)
    _refuse(path, bare, "with a label and no column or code", "Fill in of what it is the label")
    return rows


def _refuse(path: Path, rows: pd.Series, what: str, remedy: str) -> None:
    """Refuse a table of which some rows are odd, and say how many and where the first is."""
    places = rows.index[rows].to_numpy(dtype=int) + _FIRST
    if len(places):
        raise CodebookError(
            f"{path.name}: {counted(len(places), 'row')} {what}, the first in row {places[0]}. "
            f"{remedy}."
        )


def _columns(rows: pd.DataFrame, path: Path, codebook: Codebook) -> pd.Series:
    """Give the name in the codebook of the column that each label is about."""
    names = {alias: c.name for c in codebook.columns.values() for alias in (c.name, *c.aliases)}
    given = rows["column"].map(lambda cell: str(cell).strip())
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise CodebookError(
            f"{path.name}: {counted(len(unknown), 'column')} that codebook {codebook.survey.name} "
            f"does not have: {', '.join(name[:_LONGEST] for name in unknown[:5])}. Use its names."
        )
    return given.map(names)


def _languages(rows: pd.DataFrame, path: Path) -> pd.Series:
    """Give the language of each label, "" where it serves for all."""
    if _LANGUAGE not in rows:
        return pd.Series("", index=rows.index)
    found = rows[_LANGUAGE].fillna("").map(lambda cell: str(cell).strip().lower())
    strange = ~found.isin(["", *LANGUAGES])
    if strange.any():
        raise CodebookError(
            f"{path.name}: {counted(int(strange.sum()), 'label')} in another language than "
            f"{' or '.join(LANGUAGES)}. Leave {_LANGUAGE} empty for a label that serves for all."
        )
    return found


def _text(rows: pd.DataFrame) -> Text:
    """Give a label in each language: its own, else that which serves for all, else any."""
    own = dict(zip(rows["language"], rows["label"], strict=True))
    other = own.get("") or next(iter(own.values()))
    return Text.model_validate({language: own.get(language, other) for language in LANGUAGES})
