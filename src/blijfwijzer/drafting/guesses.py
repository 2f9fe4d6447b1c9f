"""What each column of a file seems to be, by its name, labels and answers."""

import math
import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from blijfwijzer.drafting.words import (
    ATTRIBUTES,
    CAREER,
    TOOL_COLUMNS,
    TOOL_IDS,
    UNITS,
    are_sexes,
    rank_words,
    words_of,
)
from blijfwijzer.survey.cells import as_key, code_text, plain_text, read_numbers
from blijfwijzer.survey.gaps import gap_codes, gap_numbers
from blijfwijzer.survey.identifiers import find_identifiers
from blijfwijzer.survey.labels import is_no_answer
from blijfwijzer.survey.table import Ranges, Table

_WEIGHT = re.compile(r"weeg|gewicht|weight|wgt|wt$", re.IGNORECASE)
_ID = re.compile(r"^(respondent|resp_?(id|nr|num)|id(_|\d|$)|nummer|case_?id)", re.IGNORECASE)
# A name that is nothing but a unit's; `tevreden_team` and `team_3` may be questions about it.
_A_UNIT = re.compile(
    rf"(({'|'.join(sorted(UNITS))})(s|naam|nummer|nr|code|id)?[ _-]?)"
    r"(id|code|nr|nummer|number|naam|name)?|level[ _]?\d",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]{1,200}>")
_CODE_NAME = re.compile(r"[A-Za-z_]{0,4}\d+([._][\dA-Za-z]+)*|.*\[.*\]", re.DOTALL)
"""A name that says nothing, as `Q12_3`: what the column is stands in its label."""
_MOST_CODES = 20
_MOST_WORDS = 4
"""Words up to which a name is one and no question; convention of ours."""
_FEWEST_UNITS = 5
_FEW = 10
"""People of whom a codebook should not tell that there are any with an answer."""
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([ T].*)?|\d\d?[-/.]\d\d?[-/.]\d{2,4}( .*)?")
_AMOUNT = re.compile(r"(€|\$|£|EUR)\s?-?[\d.,]+(,-)?|-?[\d.,]+\s?(€|%|EUR|euro)", re.IGNORECASE)
_SCALE = 3
_SHARED = 3
"""Questions with the same codes that make these an answer scale; convention of ours."""
_OF_ONE = 0.05
"""How far from 1 the mean of what may be a weight lies; convention of ours."""


@dataclass(frozen=True)
class Guess:
    """What a column seems to be."""

    name: str
    label: str
    role: str
    type: str
    codes: dict[str, str]
    missing: dict[str, str]
    span: tuple[float, float] | None
    refused: str = ""
    """Why the column may not be in the file at all; empty when it may."""
    doubt: str = ""
    """What a person must look at before the role stands."""
    has_gap: bool = False
    """Whether codes are taken for no answer only because they stand apart."""
    has_rare: bool = False
    """Whether few gave some of the codes, which are known from the answers alone."""


def guess_columns(table: Table) -> list[Guess]:
    """Guess what each column of a file is, in the order of the file."""
    refused = find_identifiers(table.frame)
    return _share_answers(
        [
            Guess(column, column, "ignore", "nominal", {}, {}, None, refused[column])
            if column in refused
            else _guess(column, table)
            for column in map(str, table.frame.columns)
        ]
    )


def _share_answers(guesses: list[Guess]) -> list[Guess]:
    """Give columns the answers of another one that has all of theirs, chosen by somebody or not."""
    scales = [g for g in guesses if g.type == "ordinal" and len(g.codes) >= _SCALE and not g.span]
    largest = sorted(scales, key=lambda guess: -len(guess.codes))
    donor: dict[str, Guess] = {}
    for guess in scales:
        donor[guess.name] = next(g for g in largest if guess.codes.items() <= g.codes.items())
    missing: dict[str, dict[str, str]] = {}
    for name, other in donor.items():
        own = next(guess for guess in scales if guess.name == name)
        if not own.has_gap:
            missing.setdefault(other.name, {}).update(own.missing)
    shared = [
        replace(g, codes=donor[g.name].codes, missing=missing[donor[g.name].name])
        if g.name in donor and not g.has_gap
        else g
        for g in guesses
    ]
    return _one_each([_in_doubt(guess, shared) for guess in shared])


def _in_doubt(guess: Guess, guesses: list[Guess]) -> Guess:
    """Take codes such as A1-A5 for an order only where several questions share them."""
    if guess.role != "item" or not _lettered(list(guess.codes)) or _ranks(guess.codes, False):
        return guess
    if sum(other.codes == guess.codes for other in guesses) >= _SHARED:
        return guess
    return replace(guess, role="career", type="nominal", doubt="may it predict? else audit")


def _guess(name: str, table: Table) -> Guess:
    answers = _as_numbers(table.frame[name])
    label = plain_text(_TAG.sub(" ", table.labels.get(name, name))) or name
    is_number = pd.api.types.is_numeric_dtype(answers)
    present = sorted({code_text(value) for value in answers.dropna().unique()} - {""}, key=_order)
    labels = table.codes.get(name, {})
    declared = table.missing.get(name, [])
    codes, missing, has_gap, is_coded = _codes(present, labels, declared, is_number=is_number)
    role, doubt = _named_role(name, label, codes if is_coded else {})
    unread = _unread(present)
    if role is None and not labels and unread:
        return Guess(name, label, "ignore", "nominal", {}, {}, None, doubt=unread)
    if role in ("unit", "id", "weight"):
        kind = "number" if role == "weight" else "nominal"
        return Guess(name, label, role, kind, {}, {}, None, doubt=doubt)
    if role is None and not labels and not declared and _is_different_for_all(answers):
        doubt = "it differs for all"
        return Guess(name, label, "id", "nominal", {}, {}, None, doubt=doubt)
    if role == "ignore":
        return Guess(name, label, "ignore", "nominal", {}, {}, None)
    if codes and is_coded:
        ranks = _ranks(codes)
        codes = {code: codes[code] for code in ranks} if ranks else codes
        kind = "ordinal" if ranks or all(_is_number(code) for code in codes) else "nominal"
        if role is None:
            is_item = kind == "ordinal" and len(codes) >= 4
            role, doubt = ("item", "") if is_item else ("career", "may it predict? else audit")
        found = Guess(name, label, role, kind, codes, missing, None, doubt=doubt, has_gap=has_gap)
        # The steps of a scale are known without anybody who gave them.
        is_known = bool(labels) or (is_number and _is_scale(list(codes)))
        return replace(found, has_rare=not is_known and _are_rare(answers, codes))
    if is_number:
        span = _span(answers, missing)
        doubt = doubt if role else _doubt_number(answers)
        role = role or ("ignore" if "weight" in doubt else "career")
        return Guess(name, label, role, "number", {}, missing, span, doubt=doubt, has_gap=has_gap)
    doubt = doubt or ("text that is no code" if present and not role else "")
    return Guess(name, label, role or "ignore", "nominal", {}, {}, None, doubt=doubt)


def _are_rare(answers: pd.Series, codes: dict[str, str]) -> bool:
    """Whether any of some codes was given by few."""
    given = answers.dropna().map(code_text).value_counts()
    return bool((given.reindex(list(codes)) < _FEW).any())


def _as_numbers(answers: pd.Series) -> pd.Series:
    """Give texts that are all numbers as such: `1.50`, `3 447`."""
    if pd.api.types.is_numeric_dtype(answers):
        return answers
    levels = pd.Series(answers.dropna().unique()).map(code_text)
    numbers, _ = read_numbers([plain_text(level) for level in levels])
    if not len(levels) or np.isnan(numbers).any() or levels.str.match(r"0\d").any():
        return answers
    place, _ = pd.factorize(answers)
    return pd.Series(np.append(numbers, np.nan)[place], index=answers.index)


def _codes(
    present: list[str], labels: dict[str, str], declared: Ranges, *, is_number: bool
) -> tuple[dict[str, str], dict[str, str], bool, bool]:
    """Codes that are answers, those that are none, if some only stand apart, and if any are codes.

    A number may have labels for a few of its values only: 0 = none, 98 = do not know.
    """
    is_labelled = bool(labels) and (not is_number or set(present) <= set(labels))
    is_whole = not is_number or all("." not in code for code in present)
    is_coded = is_labelled or (len(present) <= _MOST_CODES and is_whole)
    codes = {code: labels.get(code, code) for code in sorted({*labels, *present}, key=_order)}
    codes = codes if is_coded else labels
    missing = {
        code: text
        for code, text in codes.items()
        if is_no_answer(text) or any(_is_in(code, low, high) for low, high in declared)
    }
    gaps = _gaps([code for code in present if code not in missing], labels, is_coded)
    missing |= {code: code for code in gaps}
    codes = {code: text for code, text in codes.items() if code not in missing}
    return codes, missing, bool(gaps), is_coded


def _named_role(name: str, label: str, codes: dict[str, str]) -> tuple[str | None, str]:
    """Guess a role by name and what to look at, unless the answers are those of a question."""
    key = as_key(name)
    is_scale = _is_scale(list(codes)) or len(_ranks(codes)) >= 4
    if key in TOOL_IDS:
        return "id", ""
    if key in TOOL_COLUMNS:
        return "ignore", ""
    if are_sexes(list(codes.values())):
        return "audit", ""
    if _A_UNIT.fullmatch(name) and len(_ranks(codes, False)) < 4:
        return "unit", ""
    told = label if _CODE_NAME.fullmatch(name) else name
    words = words_of(told)
    if is_scale and len(words) > 2:
        return None, ""
    if not is_scale and len(words) <= _MOST_WORDS:
        if _WEIGHT.search(told):
            return "weight", ""
        if _ID.search(told):
            return "id", ""
    if ATTRIBUTES & set(words) and (label != name or len(words) <= 2 * _MOST_WORDS):
        return "audit", "" if not is_scale else "is it an attribute, or a question about one?"
    is_named = UNITS & set(words) and len(words) <= 2 * _MOST_WORDS and not is_scale
    if is_named and (not codes or len(codes) >= _FEWEST_UNITS):
        return "unit", "does it say where someone works?"
    if CAREER & set(words) and len(words) <= 2 * _MOST_WORDS and len(_ranks(codes, False)) < 4:
        return "career", ""
    return None, ""


def _doubt_number(answers: pd.Series) -> str:
    known = answers.dropna()
    if (known % 1 == 0).all():
        return ""
    if (known > 0).all() and abs(known.mean() - 1) < _OF_ONE and known.nunique() > _MOST_CODES:
        return "is it a weight? its mean is 1"
    few = known.nunique() <= _MOST_CODES
    return "is it the mean of other columns? then ignore it" if few else ""


def _unread(present: list[str]) -> str:
    """Say why texts are not read, where they look like something."""
    if present and all(map(_DATE.fullmatch, present)):
        return "dates are not read; give years as a number"
    if present and all(map(_AMOUNT.fullmatch, present)):
        return "amounts with a sign are not read; export plain numbers"
    return ""


def _is_scale(present: list[str]) -> bool:
    """Whether codes are steps of an answer scale: an unbroken run within 0-10, of four or more."""
    if not present or not all(re.fullmatch(r"-?\d+", code) for code in present):
        return False
    numbers = {int(code) for code in present}
    steps = numbers - set(gap_codes(numbers))
    low, high = min(steps), max(steps)
    return 0 <= low <= 2 and high <= 10 and len(steps) == high - low + 1 >= 4


def _is_different_for_all(answers: pd.Series) -> bool:
    """Whether each response has a code of its own; amounts with decimals mostly differ too."""
    if pd.api.types.is_float_dtype(answers) and (answers.dropna() % 1 != 0).any():
        return False
    return len(answers) > _MOST_CODES and bool(answers.notna().all()) and answers.is_unique


def _gaps(present: list[str], labels: dict[str, str], is_coded: bool) -> list[str]:
    """Codes without a meaning of their own that stand apart from the others."""
    numbers = [float(code) for code in present if _is_number(code)]
    if len(numbers) < len(present):
        return []
    apart = gap_codes(numbers) if is_coded else gap_numbers(numbers)
    return [code for code in map(str, apart) if code in present and labels.get(code, code) == code]


def _ranks(codes: dict[str, str], with_letters: bool = True) -> list[str]:
    """Codes of which the words have a known order, in that order; none when they have not."""
    steps = rank_words(list(codes.values()))
    if len(steps) == len(codes):
        return sorted(codes, key=lambda code: steps[codes[code]])
    return _lettered(list(codes)) if with_letters else []


def _lettered(codes: list[str]) -> list[str]:
    """Codes of one letter or two and a number, as LimeSurvey gives answers, by that number."""
    found = {code: re.fullmatch(r"([A-Z]{1,2})(\d{1,3})", code) for code in codes}
    if len(codes) < 2 or len({match[1] if match else None for match in found.values()}) != 1:
        return []
    numbers = {code: int(match[2]) for code, match in found.items() if match}
    return sorted(numbers, key=lambda code: numbers[code])


def _span(answers: pd.Series, missing: dict[str, str]) -> tuple[float, float] | None:
    """Whole bounds, a little wide: the exact extremes belong to single respondents."""
    known = answers[~answers.isin([float(code) for code in missing if _is_number(code)])]
    low, high = float(known.min()), float(known.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    return math.floor(low / 10) * 10.0, math.floor(high / 10) * 10.0 + 10


def _one_each(guesses: list[Guess]) -> list[Guess]:
    """Leave the roles of which there can be one to the first that seems to have it."""
    kept, seen = [], set()
    for guess in guesses:
        if guess.role in ("id", "weight") and guess.role in seen:
            guess = replace(guess, role="ignore")
        seen.add(guess.role)
        kept.append(guess)
    return kept


def _order(code: str) -> tuple[bool, float, str]:
    return (False, float(code), "") if _is_number(code) else (True, 0.0, code)


def _is_in(code: str, low: float | str, high: float | str) -> bool:
    """Whether a code is within a range of numbers, or is the text that a range of texts names."""
    if isinstance(low, str) or isinstance(high, str):
        return code == low
    return _is_number(code) and low <= float(code) <= high


def _is_number(code: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", code) is not None
