"""What each column of a file seems to be, by its name, labels and answers."""

import math
import re
from dataclasses import dataclass, replace

import pandas as pd

from blijfwijzer.survey.files import Table, code_text
from blijfwijzer.survey.gaps import gap_codes, gap_numbers
from blijfwijzer.survey.identifiers import find_identifiers
from blijfwijzer.survey.labels import is_no_answer

_ROLES = {
    role: re.compile(words, re.IGNORECASE)
    for role, words in {
        "weight": r"weeg|gewicht|weight|wgt|wt$",
        "id": r"^(respondent|resp_?(id|nr|num)|id(_|\d|$)|nummer|case_?id)",
        "unit": r"sector|(?<!re)organi[sz]ati|afdeling|team|unit|agency|department|country|cntry|"
        r"level\d",
        "audit": r"leeftijd|^age(_|\d|$)|geslacht|gender|^sex|herkomst|origin|minority",
    }.items()
}
# A name that is nothing but a unit's; `tevreden_team` and `team_3` may be questions about it.
_A_UNIT = re.compile(
    rf"(({_ROLES['unit'].pattern})[a-z]*)[ _-]?(id|code|nr|nummer|number|naam|name)?", re.IGNORECASE
)
_MOST_CODES = 20
# Answers in words, from low to high, that survey tools export without their codes.
_ORDERS = tuple(
    {text: rank for rank, texts in enumerate(order.split(";")) for text in texts.split("|")}
    for order in (
        "helemaal mee oneens|helemaal oneens|zeer mee oneens|zeer oneens;mee oneens|oneens;"
        "neutraal|niet mee eens, niet mee oneens|niet mee eens / niet mee oneens|niet eens, niet "
        "oneens;mee eens|eens;helemaal mee eens|helemaal eens|zeer mee eens|zeer eens",
        "strongly disagree;disagree;neutral|neither agree nor disagree;agree;strongly agree",
        "zeer ontevreden;ontevreden;neutraal|niet tevreden, niet ontevreden;tevreden;zeer tevreden",
        "very dissatisfied;dissatisfied;neutral|neither satisfied nor dissatisfied;satisfied;"
        "very satisfied",
        "nooit;zelden|bijna nooit;soms;vaak|regelmatig;altijd|zeer vaak",
        "never;rarely|seldom;sometimes;often;always",
        "laag;midden|middelbaar;hoog",
        "low;middle|medium;high",
    )
)


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


def guess_columns(table: Table) -> list[Guess]:
    """Guess what each column of a file is, in the order of the file."""
    refused = find_identifiers(table.frame)
    return _one_each(
        [
            Guess(column, column, "ignore", "nominal", {}, {}, None, refused[column])
            if column in refused
            else _guess(column, table)
            for column in map(str, table.frame.columns)
        ]
    )


def _guess(name: str, table: Table) -> Guess:
    answers = table.frame[name]
    label = table.labels.get(name, name)
    is_number = pd.api.types.is_numeric_dtype(answers)
    present = sorted({code_text(value) for value in answers.dropna().unique()} - {""}, key=_order)
    labels = table.codes.get(name, {})
    declared = table.missing.get(name, [])
    role = _named_role(name, present)
    if role in ("unit", "id", "weight"):
        return Guess(name, label, role, "number" if role == "weight" else "nominal", {}, {}, None)
    if role is None and not labels and not declared and _is_different_for_all(answers):
        doubt = "it differs for all"
        return Guess(name, label, "id", "nominal", {}, {}, None, doubt=doubt)
    # A number may have labels for a few of its values only: 0 = none, 98 = do not know.
    is_labelled = bool(labels) and (not is_number or set(present) <= set(labels))
    is_coded = is_labelled or len(present) <= _MOST_CODES
    codes = {code: labels.get(code, code) for code in sorted({*labels, *present}, key=_order)}
    codes = codes if is_coded else labels
    missing = {
        code: text
        for code, text in codes.items()
        if is_no_answer(text) or any(_is_in(code, low, high) for low, high in declared)
    }
    gaps = _gaps([code for code in present if code not in missing], labels, is_coded)
    missing |= {code: code for code in gaps}
    has_gap = bool(gaps)
    codes = {code: text for code, text in codes.items() if code not in missing}
    if codes and is_coded:
        ranks = _ranks(codes)
        codes = {code: codes[code] for code in ranks} if ranks else codes
        kind = "ordinal" if ranks or all(_is_number(code) for code in codes) else "nominal"
        likely = role or ("item" if kind == "ordinal" and len(codes) >= 4 else "career")
        return Guess(name, label, likely, kind, codes, missing, None, has_gap=has_gap)
    if is_number:
        span = _span(answers, missing)
        likely = role or "career"
        return Guess(name, label, likely, "number", {}, missing, span, has_gap=has_gap)
    return Guess(name, label, role or "ignore", "nominal", {}, {}, None)


def _named_role(name: str, present: list[str]) -> str | None:
    """Guess a role by name, unless the answers are those of a question about it."""
    role = next((role for role, words in _ROLES.items() if words.search(name)), None)
    is_question = role in ("unit", "id", "weight") and _is_scale(present)
    return None if is_question and not _A_UNIT.fullmatch(name) else role


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


def _ranks(codes: dict[str, str]) -> list[str]:
    """Codes that are words of a known order, in that order; none when they are not."""
    for order in _ORDERS:
        known = {code: order[code.lower()] for code in codes if code.lower() in order}
        if len(known) == len(codes) == len(set(known.values())) > 1:
            return sorted(known, key=lambda code: known[code])
    return []


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
