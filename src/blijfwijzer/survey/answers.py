"""One column of a file to numbers or categories, as its codebook entry says."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.survey.codebook import Column
from blijfwijzer.survey.files import Ranges, code_text
from blijfwijzer.survey.texts import as_seen


def read_answers(
    answers: pd.Series, column: Column, declared: Ranges
) -> tuple[pd.Series, NDArray[np.bool_]]:
    """Read one column: answers as numbers or categories, and where they are not allowed.

    Meanings (value labels) are understood as well as codes, as long as they differ; so is `01`
    where the codebook has `1`, and true and false for 1 and 0. A unit that the codebook does not
    know is one all the same: its codes only say what units are called.

    Parameters
    ----------
    answers : as in the file
    column : what it may hold
    declared : ranges of codes that the file itself declares user-missing
    """
    if column.type == "number":
        return _read_numbers(answers, column, declared)
    place, levels = pd.factorize(answers)
    texts = [code_text(level) for level in levels]
    if "True" not in column.codes and set(texts) <= {"True", "False"}:
        texts = [str(int(text == "True")) for text in texts]
    lost = [_is_declared(level, declared) for level in levels]
    told = column.codes | column.missing
    is_open = not column.codes or column.role == "unit"
    by_number = {number: code for code in told if (number := _number(code)) is not None}
    meaning = {
        text.strip().lower(): code
        for code, texts_ in column.codes.items()
        for text in (texts_.nl, texts_.en)
    }
    no_answer = {text.strip().lower() for t in column.missing.values() for text in (t.nl, t.en)}

    def code_of(text: str, is_lost: bool) -> str | None:
        """Code of a level; None when it is no answer, empty when it is not allowed."""
        number = _number(text)
        if text not in told and number in by_number:
            text = by_number[number]
        if is_lost or text == "" or text in column.missing:
            return None
        if text in column.codes or not column.codes:
            return text
        told_as = as_seen(text).strip().lower()
        return None if told_as in no_answer else meaning.get(told_as, text if is_open else "")

    codes = [code_of(text, is_lost) for text, is_lost in zip(texts, lost, strict=True)]
    # One entry more than there are levels: place -1 stands for an empty cell.
    refused = np.array([*(code == "" for code in codes), False])[place]
    if column.type == "nominal":
        order = sorted({code for code in codes if code}) if is_open else list(column.codes)
        level = np.array([*(order.index(code) if code else -1 for code in codes), -1])[place]
        kind = pd.CategoricalDtype(order)
        return pd.Series(pd.Categorical.from_codes(level, dtype=kind), index=answers.index), refused
    value = np.array([*(column.values[code] if code else np.nan for code in codes), np.nan])
    return pd.Series(value[place], index=answers.index), refused


def _read_numbers(
    answers: pd.Series, column: Column, declared: Ranges
) -> tuple[pd.Series, NDArray[np.bool_]]:
    if pd.api.types.is_numeric_dtype(answers):
        numbers = answers.astype("float64")
        is_text = np.zeros(len(answers), dtype=bool)
    else:
        texts = answers.astype("str").str.strip().str.replace(",", ".", regex=False)
        numbers = pd.to_numeric(texts, errors="coerce").astype("float64")
        is_missing_code = texts.isin(list(column.missing)) | texts.isin(["", "nan"])
        is_text = (numbers.isna() & answers.notna() & ~is_missing_code).to_numpy()
    lost = numbers.isin([n for code in column.missing if (n := _number(code)) is not None])
    for low, high in declared:
        if not isinstance(low, str) and not isinstance(high, str):
            lost |= numbers.between(low, high)
    numbers = numbers.mask(lost)
    low, high = column.range or (-np.inf, np.inf)
    outside = ((numbers < low) | (numbers > high)).to_numpy()
    return numbers.mask(outside), is_text | outside


def _number(code: str) -> float | None:
    """Give the number that a code stands for; infinity and `nan` are words."""
    try:
        number = float(code)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _is_declared(level: object, declared: Ranges) -> bool:
    for low, high in declared:
        if isinstance(low, str) or isinstance(high, str):
            if isinstance(level, str) and level.strip() == str(low).strip():
                return True
        elif isinstance(level, int | float | np.number) and low <= float(level) <= high:
            return True
    return False
