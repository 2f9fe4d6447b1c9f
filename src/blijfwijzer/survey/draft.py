"""A first codebook from what a file tells of itself, for a person to finish."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from blijfwijzer.survey.files import Table, code_text
from blijfwijzer.survey.labels import is_no_answer

_ROLES = {
    role: re.compile(words, re.IGNORECASE)
    for role, words in {
        "weight": r"weeg|gewicht|weight|wgt|wt$",
        "id": r"^(respondent|resp_?id|id|nummer|caseid)",
        "unit": r"sector|organi[sz]ati|afdeling|team|unit|agency|department|country|cntry|level\d",
        "audit": r"leeftijd|^age|geslacht|gender|^sex|herkomst|origin|minority",
    }.items()
}
_MOST_CODES = 20

_Answers = tuple[dict[str, str], dict[str, str]]
"""Codes that are answers, and codes that are none."""


@dataclass(frozen=True)
class _Guess:
    """What a column seems to be."""

    name: str
    label: str
    role: str
    type: str
    codes: dict[str, str]
    missing: dict[str, str]
    span: tuple[float, float] | None


def draft_codebook(table: Table, name: str) -> str:
    """Write a codebook that loads; what a person must decide is marked `decide`.

    Roles are guessed from names, answers from value labels or from the codes that occur, no-answer
    codes from labels such as "weet niet", and scales from items that share a stem (`veilig_1`,
    `veilig_2`) and their answers.

    Parameters
    ----------
    table : a file as read
    name : short name of the survey
    """
    guesses = [_guess(str(column), table) for column in table.frame.columns]
    return "\n".join(_lines(guesses, re.sub(r"\W+", "-", name).strip("-") or "survey")) + "\n"


def _guess(name: str, table: Table) -> _Guess:
    answers = table.frame[name]
    label = table.labels.get(name, name)
    role = next((role for role, words in _ROLES.items() if words.search(name)), None)
    labels = table.codes.get(name, {})
    distinct = sorted({code_text(value) for value in answers.dropna().unique()[:200]}, key=_order)
    is_coded = bool(labels) or len(distinct) <= _MOST_CODES
    is_number = pd.api.types.is_numeric_dtype(answers)
    codes = labels or ({code: code for code in distinct} if is_coded else {})
    declared = table.missing.get(name, [])
    missing = {
        code: text
        for code, text in codes.items()
        if is_no_answer(text) or any(_is_in(code, low, high) for low, high in declared)
    }
    codes = {code: text for code, text in codes.items() if code not in missing}
    if role in ("unit", "id", "weight"):
        kind = "number" if role == "weight" else "nominal"
        return _Guess(name, label, str(role), kind, {}, {}, None)
    if codes and is_coded:
        kind = "ordinal" if all(_is_number(code) for code in codes) else "nominal"
        likely = role or ("item" if kind == "ordinal" and len(codes) >= 4 else "career")
        return _Guess(name, label, likely, kind, codes, missing, None)
    if is_number and answers.notna().any():
        # Whole bounds, a little wide: the exact extremes belong to single respondents.
        span = (float(answers.min() // 10 * 10), float(-(-answers.max() // 10) * 10 + 10))
        return _Guess(name, label, role or "career", "number", {}, missing, span)
    return _Guess(name, label, "ignore", "nominal", {}, {}, None)


def _lines(guesses: list[_Guess], name: str) -> Iterator[str]:
    sets = _answer_sets(guesses)
    yield "# A draft made from the file. Decide each line marked `decide`, then check it with"
    yield "# `blijfwijzer check SURVEY --codebook THIS`. docs/codebook.md explains every key."
    yield 'report_by = []  # decide: columns to break results down by, e.g. ["opleiding"]'
    yield ""
    yield "[survey]"
    yield f"name = {_quote(name)}"
    yield 'wave = "1"  # decide'
    yield f"label = {_quote(name)}"
    yield 'population = "decide: who was asked"'
    yield 'purpose = "decide: what respondents were told it is for"'
    yield ""
    for set_name, (codes, missing) in sets.items():
        yield f"[answers.{set_name}]"
        yield f"codes = {_table(codes)}"
        yield from [f"missing = {_table(missing)}"] if missing else []
        yield ""
    yield "[constructs]"
    yield 'cultuur = { nl = "Cultuur", en = "Culture" }  # decide: more, such as loopbaan'
    yield ""
    for guess in guesses:
        yield from _column_lines(guess, sets)
    for stem, items in _stems(guesses).items():
        yield f"[scales.{stem}]  # decide: is it one? which items are reversed?"
        yield f"label = {_quote(stem)}"
        yield 'construct = "cultuur"'
        yield f"items = [{', '.join(map(_quote, items))}]"
        yield "reversed = []"
        yield ""
    yield "# decide: what to predict, for example"
    yield "# [outcomes.vertrekintentie]"
    yield '# label = "Vertrekintentie"'
    yield '# meaning = "Wil binnen een jaar weg."'
    yield '# kind = "intention"'
    yield '# rule = { column = "vertrek", at_least = 4 }'
    yield "# bars = []  # twins of it, such as looking for work"
    yield ""
    yield from _unit_lines(guesses)


def _column_lines(
    guess: _Guess, sets: dict[str, tuple[dict[str, str], dict[str, str]]]
) -> Iterator[str]:
    yield f"[columns.{_key(guess.name)}]"
    yield f"label = {_quote(guess.label)}"
    decide = "" if guess.role in ("unit", "weight", "id") else "  # decide"
    yield f"role = {_quote(guess.role)}{decide}"
    yield f"type = {_quote(guess.type)}"
    shared = next((n for n, s in sets.items() if s == (guess.codes, guess.missing)), None)
    if shared is not None:
        yield f"answers = {_quote(shared)}"
    else:
        yield from [f"codes = {_table(guess.codes)}"] if guess.codes else []
        yield from [f"missing = {_table(guess.missing)}"] if guess.missing else []
    if guess.span is not None:
        yield f"range = [{guess.span[0]:g}, {guess.span[1]:g}]  # decide"
    yield ""


def _unit_lines(guesses: list[_Guess]) -> Iterator[str]:
    units = [guess.name for guess in guesses if guess.role == "unit"]
    weights = [guess.name for guess in guesses if guess.role == "weight"]
    if not units:
        yield "# decide: give the column of the organisation or team the role `unit`, then add it"
    yield "[units]"
    yield f"levels = [{', '.join(map(_quote, units))}]  # decide: from large to small"
    yield f"cluster = {_quote(units[min(1, len(units) - 1)] if units else '')}  # decide"
    if weights:
        yield ""
        yield "[weight]"
        yield f"column = {_quote(weights[0])}"


def _answer_sets(guesses: list[_Guess]) -> dict[str, _Answers]:
    """Answers that two columns or more share."""
    all_sets = [(guess.codes, guess.missing) for guess in guesses if guess.codes]
    shared = []
    for answers in all_sets:
        if all_sets.count(answers) > 1 and answers not in shared:
            shared.append(answers)
    return {f"set_{number}": answers for number, answers in enumerate(shared, start=1)}


def _stems(guesses: list[_Guess]) -> dict[str, list[str]]:
    stems: dict[str, list[_Guess]] = {}
    for guess in guesses:
        match = re.fullmatch(r"([A-Za-z]\w*?)_?\d+", guess.name)
        if guess.role == "item" and match:
            stems.setdefault(f"schaal_{match[1]}", []).append(guess)
    return {
        stem: [guess.name for guess in items]
        for stem, items in stems.items()
        if len(items) >= 2 and all(i.codes == items[0].codes for i in items)
    }


def _table(texts: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{_key(code)} = {_quote(text)}" for code, text in texts.items()) + " }"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quote(name)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", " ", escaped) + '"'


def _order(code: str) -> tuple[bool, float, str]:
    return (False, float(code), "") if _is_number(code) else (True, 0.0, code)


def _is_in(code: str, low: float | str, high: float | str) -> bool:
    """Whether a code is within a range of numbers, or is the text that a range of texts names."""
    if isinstance(low, str) or isinstance(high, str):
        return code == low
    return _is_number(code) and low <= float(code) <= high


def _is_number(code: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", code) is not None
