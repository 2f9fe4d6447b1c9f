"""A first codebook from what a file tells of itself, for a person to finish."""

import json
import math
import re
import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from blijfwijzer.survey.concepts import CONCEPTS, YES_OR_NO
from blijfwijzer.survey.files import Table, code_text
from blijfwijzer.survey.gaps import gap_codes, gap_numbers
from blijfwijzer.survey.identifiers import find_identifiers
from blijfwijzer.survey.labels import is_no, is_no_answer

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
    refused: str = ""
    """Why the column may not be in the file at all; empty when it may."""
    doubt: str = ""
    """What a person must look at before the role stands."""
    has_gap: bool = False
    """Whether codes are taken for no answer only because they stand apart."""


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
    refused = find_identifiers(table.frame)
    guesses = [
        _Guess(column, column, "ignore", "nominal", {}, {}, None, refused[column])
        if column in refused
        else _guess(column, table)
        for column in map(str, table.frame.columns)
    ]
    return "\n".join(_lines(_one_each(guesses), _plain(name))) + "\n"


def _guess(name: str, table: Table) -> _Guess:
    answers = table.frame[name]
    label = table.labels.get(name, name)
    is_number = pd.api.types.is_numeric_dtype(answers)
    present = sorted({code_text(value) for value in answers.dropna().unique()} - {""}, key=_order)
    labels = table.codes.get(name, {})
    declared = table.missing.get(name, [])
    role = _named_role(name, present)
    if role in ("unit", "id", "weight"):
        return _Guess(name, label, role, "number" if role == "weight" else "nominal", {}, {}, None)
    if role is None and not labels and not declared and _is_different_for_all(answers):
        doubt = "it differs for all"
        return _Guess(name, label, "id", "nominal", {}, {}, None, doubt=doubt)
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
        return _Guess(name, label, likely, kind, codes, missing, None, has_gap=has_gap)
    if is_number:
        span = _span(answers, missing)
        likely = role or "career"
        return _Guess(name, label, likely, "number", {}, missing, span, has_gap=has_gap)
    return _Guess(name, label, role or "ignore", "nominal", {}, {}, None)


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


def _one_each(guesses: list[_Guess]) -> list[_Guess]:
    """Leave the roles of which there can be one to the first that seems to have it."""
    kept, seen = [], set()
    for guess in guesses:
        if guess.role in ("id", "weight") and guess.role in seen:
            guess = replace(guess, role="ignore")
        seen.add(guess.role)
        kept.append(guess)
    return kept


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
        gap = any(g.has_gap for g in guesses if (g.codes, g.missing) == (codes, missing))
        yield from _missing_lines(missing, gap)
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
    yield from _concept_lines(guesses)
    yield ""
    yield from _unit_lines(guesses)


def _column_lines(guess: _Guess, sets: dict[str, _Answers]) -> Iterator[str]:
    if guess.refused:
        yield f"# Remove this column from the export: {guess.refused}. It is refused as it is."
    yield f"[columns.{_key(guess.name)}]"
    yield f"label = {_quote(guess.label)}"
    decide = "" if guess.role in ("unit", "weight", "id") else "  # decide"
    decide = f"  # decide: {guess.doubt}" if guess.doubt else decide
    yield f"role = {_quote(guess.role)}{decide}"
    yield f"type = {_quote(guess.type)}"
    shared = next((n for n, s in sets.items() if s == (guess.codes, guess.missing)), None)
    if shared is not None:
        yield f"answers = {_quote(shared)}"
    else:
        yield from [f"codes = {_table(guess.codes)}"] if guess.codes else []
        yield from _missing_lines(guess.missing, guess.has_gap)
    if guess.span is not None:
        yield f"range = [{guess.span[0]:.0f}, {guess.span[1]:.0f}]  # decide"
    yield ""


def _missing_lines(missing: dict[str, str], has_gap: bool) -> Iterator[str]:
    if missing:
        decide = "  # decide: some only stand apart; are they no answers?" if has_gap else ""
        yield f"missing = {_table(missing)}{decide}"


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


def _concept_lines(guesses: list[_Guess]) -> Iterator[str]:
    """Propose what measures what claims speak of; nothing of it is active, as names can mislead."""
    yield "# decide: what measures what claims speak of; docs/codebook.md, part 7, explains it."
    yield "# These guesses go by names alone: take the # from those of which the question asks just"
    yield "# that, and from [concepts]; add what is not found."
    yield "# [concepts]"
    found = _sources(guesses)
    yield from (f"# {name} = {source}" for name, source in found.items())
    lacking = ", ".join(name for name in CONCEPTS if name not in found)
    yield from (f"# {line}" for line in textwrap.wrap(f"Not found by name: {lacking}", 98))


def _sources(guesses: list[_Guess]) -> dict[str, str]:
    """Find what may measure each concept, as a codebook writes it.

    A column or scale that has the very name of a concept is proposed for no other one.
    """
    scales = {stem: {_words(stem.removeprefix("schaal_"))} for stem in _stems(guesses)}
    columns = {
        guess.name: guess
        for guess in guesses
        if guess.role in ("item", "career", "audit") and not guess.refused
    }
    named = {name for name in CONCEPTS if name in {n.lower() for n in columns}}
    found = {}
    for name in CONCEPTS:
        scale = next((s for s, told in scales.items() if _is_like(name, told)), None)
        if scale is not None and name not in YES_OR_NO:
            found[name] = f'{{ scale = "{scale}" }}'
            continue
        likely = [
            guess
            for column, guess in columns.items()
            if (column.lower() == name)
            or (name not in named and column.lower() not in named and _names(guess, name))
        ]
        told = next(filter(None, (_source(name, guess) for guess in likely)), None)
        if told is not None:
            found[name] = told
    return found


def _is_like(concept: str, stems: set[str]) -> bool:
    """Whether the stem of a scale is a concept's name, or the beginning of a word of it."""
    words = concept.split("_")
    return any(
        stem == _words(concept) or (len(stem) >= 5 and any(word.startswith(stem) for word in words))
        for stem in stems
    )


def _names(guess: _Guess, concept: str) -> bool:
    """Whether a column's name or label has the name or meaning of a concept in it."""
    meaning = CONCEPTS[concept]
    wanted = {_words(concept), _words(meaning.nl), _words(meaning.en)}
    return any(
        f" {one} " in f" {_words(text)} " for one in wanted for text in (guess.name, guess.label)
    )


def _source(concept: str, guess: _Guess) -> str | None:
    """Write how a column measures a concept; nothing when its answers cannot."""
    column, codes = f"column = {_quote(guess.name)}", list(guess.codes)
    if concept not in YES_OR_NO:
        return None if guess.type == "nominal" else f"{{ {column} }}"
    if guess.type == "number":
        return f"{{ rule = {{ {column}, at_least = 1 }} }}  # from where is it yes?"
    if len(codes) < 2:
        return None
    if guess.type == "ordinal" and len(codes) == 2:
        if is_no(guess.codes[codes[1]]):
            return f"{{ {column}, reversed = true }}"
        is_known = is_no(guess.codes[codes[0]])
        ask = "" if is_known else f"  # is {codes[1]} yes? Else add: reversed = true"
        return f"{{ {column} }}{ask}"
    yes = next((c for c in reversed(codes) if not is_no(guess.codes[c])), codes[-1])
    return f"{{ rule = {{ {column}, in = [{_quote(yes)}] }} }}  # which are yes?"


def _words(text: str) -> str:
    """Write a text as small words with one space between."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def _answer_sets(guesses: list[_Guess]) -> dict[str, _Answers]:
    """Answers that two columns or more share."""
    all_sets = [(guess.codes, guess.missing) for guess in guesses if guess.codes]
    shared = []
    for answers in all_sets:
        if all_sets.count(answers) > 1 and answers not in shared:
            shared.append(answers)
    return {f"set_{number}": answers for number, answers in enumerate(shared, start=1)}


def _stems(guesses: list[_Guess]) -> dict[str, list[str]]:
    """Items that share a stem and their answers, by the name of a scale."""
    stems: dict[str, list[_Guess]] = {}
    for guess in guesses:
        match = re.fullmatch(r"(.*?\D)_?\d+[a-z]?", guess.name)
        if guess.role == "item" and guess.type == "ordinal" and match:
            stems.setdefault(f"schaal_{_plain(match[1])}", []).append(guess)
    taken = {guess.name for guess in guesses}
    return {
        stem: [guess.name for guess in items]
        for stem, items in stems.items()
        if len(items) >= 2 and stem not in taken and all(i.codes == items[0].codes for i in items)
    }


def _plain(name: str) -> str:
    """Write a name with the signs that a folder may have."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", ascii_name).strip("-_")
    return plain if plain[:1].isalpha() else f"survey-{plain}".rstrip("-")


def _table(texts: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{_key(code)} = {_quote(text)}" for code, text in texts.items()) + " }"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quote(name)


def _quote(text: str) -> str:
    """Write a string as TOML: as JSON does it, and DEL escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _order(code: str) -> tuple[bool, float, str]:
    return (False, float(code), "") if _is_number(code) else (True, 0.0, code)


def _is_in(code: str, low: float | str, high: float | str) -> bool:
    """Whether a code is within a range of numbers, or is the text that a range of texts names."""
    if isinstance(low, str) or isinstance(high, str):
        return code == low
    return _is_number(code) and low <= float(code) <= high


def _is_number(code: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", code) is not None
