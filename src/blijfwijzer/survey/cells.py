"""What a cell says: the one place where a file's cells become numbers, dates, codes or missing.

A program that writes a table chooses signs for decimals and thousands, and words for what is not
there. Every format passes here, so that the same answers read alike from each; docs/codebook.md,
part 10, tells the rules to those who make the file.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.survey.texts import as_seen

Mark = Literal[",", "."]
"""The sign before decimals."""

Places = NDArray[np.integer[Any]]
"""Which level of a column each row has, counted from 0; -1 where a cell is empty."""

# What R, pandas and SQL write in an empty cell. In a column of words such a word may be a name.
_MISSING_WORDS = frozenset({"NA", "NaN", "NULL"})
# What Excel and LibreOffice leave where a formula fails, in English and in Dutch; no answer ever.
_ERROR = re.compile(
    r"#(N/A|N/B|NULL!|LEEG!|DIV/0!|DEEL/0!|REF!|VERW!|VALUE!|WAARDE!|NAME\?|NAAM\?|NUM!|GETAL!|"
    r"SPILL!|OVERLOOP!|CALC!|BEREKENEN!|CONNECT!|BLOCKED!|FIELD!|UNKNOWN!|GETTING_DATA)"
)
_TRUTHS = {"true": "True", "waar": "True", "false": "False", "onwaar": "False"}
_OTHER: dict[Mark, str] = {",": ".", ".": ","}
_NUMBER: dict[Mark, re.Pattern[str]] = {
    mark: re.compile(
        r"(?=[+-]?[.,]?\d)[+-]?"
        rf"(?:[1-9]\d{{0,2}}(?:([{re.escape(other)}' ])\d{{3}})(?:\1\d{{3}})*|\d*)"
        rf"(?:{re.escape(mark)}\d+)?(?:[eE][+-]?\d{{1,3}})?"
    )
    for mark, other in _OTHER.items()
}
_MOST_DIGITS = 15
"""Whole numbers of more digits are no longer told apart by a float of 64 bits: they stay text."""
_MOST_WHOLE = 2**24
"""Whole numbers below this are told apart, and written, by a float of 32 bits as by one of 64."""
_MOST_SIGNS = 400
"""More digits than a float of 64 bits can have; Python makes no number of several thousand."""


def code_text(value: Any) -> str:
    """Write a code as a codebook does: whole numbers without a decimal point.

    >>> [code_text(code) for code in (1.0, "1.0", -0.0, 2.5, " ja ")]
    ['1', '1', '0', '2.5', 'ja']
    """
    text = str(value).strip()
    whole = re.fullmatch(rf"(-?\d{{1,{_MOST_SIGNS}}})\.0", text)
    return str(int(whole[1])) if whole else text


def plain_text(text: str) -> str:
    r"""Write a text as it is read: accents in one sign, one space between words, no unseen marks.

    >>> plain_text("Mee\u00a0 eens \u200b"), plain_text("reorganise\u0301")
    ('Mee eens', 'reorganisé')
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(as_seen(unicodedata.normalize("NFC", text)).split())


def is_missing_word(text: str) -> bool:
    """Whether a text is what programs write in an empty cell.

    >>> [is_missing_word(text) for text in ("NA", "#N/B", "n.v.t.")]
    [True, True, False]
    """
    return text in _MISSING_WORDS or _ERROR.fullmatch(text) is not None


def read_numbers(
    texts: Iterable[str], mark: Mark | None = None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read texts of one column as numbers.

    A sign that parts thousands is left out. Of `1.096` alone nobody can say whether it is a good
    one or more than a thousand: that is decided by the others of the column if all of these that
    have such a sign use one for decimals (`0.5`, `1.096.000`), else it is in doubt.

    Parameters
    ----------
    mark : the sign before decimals, where it is known; nothing else is a number then

    Returns
    -------
    Numbers, NaN where there is none; and which are in doubt, which have none either.

    >>> read_numbers(["1.096", "451"])[1].tolist(), read_numbers(["1.096", "0.5"])[0].tolist()
    ([True, False], [1.096, 0.5])
    >>> read_numbers(["1.096", "€ 5"], ",")[0].tolist()
    [1096.0, nan]
    """
    readings = [{m: n for m in _OTHER if (n := _as_number(text, m)) is not None} for text in texts]
    told = {m for one in readings if len(one) == 1 for m in one}
    usual = told.pop() if len(told) == 1 else None
    numbers = np.full(len(readings), np.nan)
    doubtful = np.zeros(len(readings), dtype=bool)
    for place, one in enumerate(readings):
        if mark is not None:
            numbers[place] = one.get(mark, np.nan)
        elif len(set(one.values())) == 1:
            numbers[place] = next(iter(one.values()))
        elif usual is not None:
            numbers[place] = one.get(usual, np.nan)
        else:
            doubtful[place] = len(one) == 2
    return numbers, doubtful


def number_of(text: str) -> float | None:
    """Give the number that a text is, if it can be only one; infinity and `nan` are words.

    >>> number_of("01"), number_of("1,5"), number_of("1.096"), number_of("nan")
    (1.0, 1.5, None, None)
    """
    found = {number for mark in _OTHER if (number := _as_number(text, mark)) is not None}
    return found.pop() if len(found) == 1 else None


def numbers_in(cells: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read a column of a table that no codebook describes as numbers.

    Returns
    -------
    As `read_numbers` does; a cell with nothing in it is no number, and in no doubt.

    >>> numbers_in(pd.Series(["1 096", "451", "veel", None]))[0].tolist()
    [1096.0, 451.0, nan, nan]
    """
    if pd.api.types.is_numeric_dtype(cells):
        return cells.to_numpy(dtype="float64", na_value=np.nan), np.zeros(len(cells), dtype=bool)
    return read_numbers("" if pd.isna(cell) else plain_text(code_text(cell)) for cell in cells)


def _as_number(text: str, mark: Mark) -> float | None:
    found = _NUMBER[mark].fullmatch(text)
    if found is None:
        return None
    plain = text.replace(found[1], "") if found[1] else text
    number = float(plain.replace(mark, "."))
    return number if np.isfinite(number) else None


def settle(answers: pd.Series) -> pd.Series:
    """Make a column of a file numbers if it holds nothing else, and text if it does not.

    A text becomes a number where nothing of its writing is lost (`01`, `1.50` and numbers of more
    than fifteen digits stay text, to be read as a number where the codebook says it is one) and
    none is in doubt. Dates become text as in `2024-05-01`, truths `True` and `False`; words of
    programs for an empty cell are empty among numbers, errors of a spreadsheet everywhere.
    """
    if is_number(answers.dtype):
        return _of_numbers(answers)
    places, levels = settle_apart(answers)
    return pd.Series(levels.array.take(places), index=answers.index)


def part(answers: pd.Series) -> tuple[Places, pd.Series]:
    """Part a column into the places of rows among its levels, -1 where empty, and these."""
    if not isinstance(answers.dtype, pd.CategoricalDtype):
        found, different = pd.factorize(answers)
        return found, pd.Series(different)
    places: Places = answers.cat.codes.to_numpy()
    levels = answers.cat.categories
    is_used = np.zeros(len(levels) + 1, dtype=bool)
    is_used[places] = True
    if not is_used[:-1].all():
        return part(answers.cat.remove_unused_categories())
    return places, pd.Series(levels)


def settle_apart(answers: pd.Series) -> tuple[Places, pd.Series]:
    """Settle what occurs in a column, as `settle` does the column.

    Returns
    -------
    The place of each row among the levels, and these, of which there is one that is missing, the
    last, where a cell is empty; its place is -1.
    """
    places, levels = part(answers)
    if (places < 0).any():
        levels = levels.reindex(range(len(levels) + 1))
    if is_number(levels.dtype):
        return places, _of_numbers(levels)
    cells = settle_levels(list(levels))
    if any(isinstance(cell, str) for cell in cells):
        return places, pd.Series(cells, dtype="str")
    return places, _of_numbers(pd.Series(cells, dtype="float64"))


def is_number(kind: Any) -> bool:
    """Whether a column of this type holds numbers, which truths are not."""
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def is_numeral(text: str) -> bool:
    """Whether a text is a number, in whichever way it is written.

    >>> is_numeral("-1.000,5"), is_numeral("q1"), is_numeral("")
    (True, False, False)
    """
    return text.replace(",", "").replace(".", "").strip("-").isdigit()


def compact(answers: pd.Series) -> pd.Series:
    """Hold whole numbers in as few bytes as they need; nothing of a number is lost.

    >>> compact(pd.Series([1, 5])).dtype, compact(pd.Series([1.0, np.nan])).dtype
    (dtype('int8'), dtype('float32'))
    >>> compact(pd.Series([0.5])).dtype
    dtype('float64')
    """
    if pd.api.types.is_integer_dtype(answers.dtype):
        return pd.to_numeric(answers, downcast="integer")
    if answers.dtype != np.float64:
        return answers
    known = answers.to_numpy()[answers.notna().to_numpy()]
    is_small = bool((np.abs(known) < _MOST_WHOLE).all()) and bool((known % 1 == 0).all())
    return answers.astype(np.float32) if is_small else answers


def settle_levels(levels: Sequence[Any]) -> list[Any]:
    """Settle the different cells of a column: all numbers, or all text; None where missing."""
    cells = [_cell(level) for level in levels]
    texts = [c for c in cells if isinstance(c, str) and c not in _MISSING_WORDS]
    numbers = _plain_numbers(texts)
    if numbers is not None and (texts or any(isinstance(cell, float) for cell in cells)):
        of = dict(zip(texts, numbers, strict=True))
        return [of.get(cell) if isinstance(cell, str) else cell for cell in cells]
    written = [None if cell is None else code_text(cell) for cell in cells]
    if {text.lower() for text in written if text is not None} <= set(_TRUTHS):
        return [None if text is None else _TRUTHS[text.lower()] for text in written]
    return _without_midnight(written)


def _cell(level: Any) -> str | float | None:
    """Give a cell as a text or a number; None where it is empty."""
    if level is None or level is pd.NA or level is pd.NaT:
        return None
    if isinstance(level, bool | np.bool_):
        return str(bool(level))
    if isinstance(level, int | float | Decimal | np.number):
        number = float(level)
        if np.isnan(number):
            return None
        is_exact = abs(number) < 10**_MOST_DIGITS or number % 1 != 0
        return number if is_exact or np.isinf(number) else f"{int(level)}"
    if isinstance(level, dt.datetime):
        return level.isoformat(" ")
    text = level.isoformat() if isinstance(level, dt.date | dt.time) else plain_text(str(level))
    return None if text == "" or _ERROR.fullmatch(text) else text


def _plain_numbers(texts: list[str]) -> list[float] | None:
    """Texts as numbers, if each is written as that number is."""
    numbers, _ = read_numbers(texts)
    plain = all(
        not np.isnan(number) and _is_plain(text, float(number))
        for text, number in zip(texts, numbers, strict=True)
    )
    return numbers.tolist() if plain else None


def _is_plain(text: str, number: float) -> bool:
    if text.lstrip("-").isdigit():
        return f"{number:.0f}" == text and len(text.lstrip("-")) <= _MOST_DIGITS
    return repr(number) == text.replace(",", ".")


def _without_midnight(cells: list[str | None]) -> list[Any]:
    """Leave out the time of dates that have none but midnight."""
    texts = [cell for cell in cells if cell is not None]
    if not texts or not all(re.fullmatch(r"\d{4}-\d\d-\d\d 00:00:00", text) for text in texts):
        return cells
    return [None if cell is None else cell[:10] for cell in cells]


def _of_numbers(answers: pd.Series) -> pd.Series:
    """Numbers as a file without types gives them: whole ones as such where none is missing."""
    if pd.api.types.is_integer_dtype(answers.dtype) and _is_beyond(answers):
        return answers.map(str, na_action="ignore").astype("str")
    numbers = answers.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    is_whole = bool(np.isfinite(numbers).all() and (numbers % 1 == 0).all())
    whole = is_whole and not (np.abs(numbers) >= 10**_MOST_DIGITS).any()
    return pd.Series(numbers.astype("int64") if whole else numbers, index=answers.index)


def _is_beyond(answers: pd.Series) -> bool:
    known = answers.dropna()
    return len(known) > 0 and bool(max(abs(int(known.min())), int(known.max())) >= 10**_MOST_DIGITS)


def as_key(value: Hashable) -> str:
    """Write a text for comparing: as it is read, in small letters."""
    return plain_text(str(value)).lower()
