"""A first codebook from what a file tells of itself, for a person to finish."""

import re
import textwrap
import unicodedata
from collections.abc import Iterator

from blijfwijzer.drafting.guesses import Guess, guess_columns
from blijfwijzer.drafting.proposals import propose_concepts, quote
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.table import Table

_Answers = tuple[dict[str, str], dict[str, str]]
"""Codes that are answers, and codes that are none."""


_LONGEST_NAME = 40
_MOST_BREAKS = 10
_RARE = "few gave some of these; join them with others, as many read a codebook"
_UNDECIDED = re.compile(r'#\s*decide\b|"decide: ')


def draft_codebook(table: Table, name: str, sheet: str = "") -> str:
    """Write a codebook that loads; what a person must decide is marked `decide`.

    Roles are guessed from names, answers from value labels or from the codes that occur, no-answer
    codes from labels such as "weet niet", and scales from items that share a stem (`veilig_1`,
    `veilig_2`) and their answers.

    Parameters
    ----------
    table : a file as read
    name : short name of the survey
    sheet : of a workbook, where one was asked for
    """
    return "\n".join(_lines(guess_columns(table), _plain(name), sheet)) + "\n"


def find_undecided(text: str) -> list[int]:
    """Find the lines of a codebook, from 1, that still carry the mark of a draft."""
    lines = enumerate(text.splitlines(), start=1)
    return [number for number, line in lines if _UNDECIDED.search(line)]


def _lines(guesses: list[Guess], name: str, sheet: str) -> Iterator[str]:
    sets = _answer_sets(guesses)
    yield "# A draft made from the file. Decide each line marked `decide`, then check it with"
    yield "# `blijfwijzer check SURVEY --codebook THIS`. docs/codebook.md explains every key."
    yield f"report_by = [{', '.join(map(quote, _breaks(guesses)))}]"
    yield ""
    yield "[survey]"
    yield f"name = {quote(name)}"
    year = re.search(r"(?<!\d)(19|20)\d\d(?!\d)", name)
    yield f"wave = {quote(year[0])}" if year else 'wave = "1"  # decide'
    yield f"label = {quote(name)}"
    yield 'population = "decide: who was asked"'
    yield 'purpose = "decide: what respondents were told it is for"'
    if sheet:
        yield f"sheet = {quote(sheet)}"
    yield ""
    for set_name, (codes, missing) in sets.items():
        yield f"[answers.{set_name}]"
        yield f"codes = {_table(codes)}"
        gap = any(g.has_gap for g in guesses if (g.codes, g.missing) == (codes, missing))
        yield from _missing_lines(missing, gap)
        yield ""
    yield "[constructs]"
    yield 'cultuur = { nl = "Cultuur", en = "Culture" }'
    yield ""
    for guess in guesses:
        yield from _column_lines(guess, sets)
    stems = _stems(guesses)
    if stems:
        yield "# decide: is each a scale, and of what? which of its items are reversed?"
    for stem, items in stems.items():
        yield f"[scales.{stem}]"
        yield f"label = {quote(stem.removeprefix('schaal_').replace('-', ' '))}"
        yield 'construct = "cultuur"'
        yield f"items = [{', '.join(map(quote, items))}]"
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


def _column_lines(guess: Guess, sets: dict[str, _Answers]) -> Iterator[str]:
    if guess.refused:
        yield f"# Remove this column from the export: {guess.refused}. It is refused as it is."
    yield f"[columns.{_key(guess.name)}]"
    yield f"label = {quote(guess.label)}"
    decide = f"  # decide: {guess.doubt}" if guess.doubt else ""
    yield f"role = {quote(guess.role)}{decide}"
    yield f"type = {quote(guess.type)}"
    shared = next((n for n, s in sets.items() if s == (guess.codes, guess.missing)), None)
    if shared is not None:
        yield f"answers = {quote(shared)}"
    else:
        decide = f"  # decide: {_RARE}" if guess.has_rare else ""
        yield from [f"codes = {_table(guess.codes)}{decide}"] if guess.codes else []
        yield from _missing_lines(guess.missing, guess.has_gap)
    if guess.span is not None:
        yield f"range = [{guess.span[0]:.0f}, {guess.span[1]:.0f}]  # decide"
    yield ""


def _missing_lines(missing: dict[str, str], has_gap: bool) -> Iterator[str]:
    if missing:
        decide = "  # decide: some only stand apart; are they no answers?" if has_gap else ""
        yield f"missing = {_table(missing)}{decide}"


def _unit_lines(guesses: list[Guess]) -> Iterator[str]:
    units = [guess.name for guess in guesses if guess.role == "unit"]
    weights = [guess.name for guess in guesses if guess.role == "weight"]
    if not units:
        yield "# decide: give the column of the organisation or team the role `unit`, then add it;"
        yield "# where there is none, leave [units] out"
    yield "[units]"
    decide = "  # decide: from large to small; cluster is the organisation" if units[1:] else ""
    yield f"levels = [{', '.join(map(quote, units))}]{decide}"
    yield f"cluster = {quote(units[min(1, len(units) - 1)] if units else '')}"
    if weights:
        yield ""
        yield "[weight]"
        yield f"column = {quote(weights[0])}"


def _concept_lines(guesses: list[Guess]) -> Iterator[str]:
    """Propose what measures what claims speak of; nothing of it is active, as names can mislead."""
    yield "# decide: what measures what claims speak of; docs/codebook.md, part 7, explains it."
    yield "# These guesses go by names alone: take the # from those of which the question asks just"
    yield "# that, and from [concepts]; add what is not found."
    yield "# [concepts]"
    found = propose_concepts(guesses, _stems(guesses))
    yield from (f"# {name} = {source}" for name, source in found.items())
    lacking = ", ".join(name for name in CONCEPTS if name not in found)
    yield from (f"# {line}" for line in textwrap.wrap(f"Not found by name: {lacking}", 98))


def _answer_sets(guesses: list[Guess]) -> dict[str, _Answers]:
    """Answers that two columns or more share."""
    all_sets = [(guess.codes, guess.missing) for guess in guesses if guess.codes]
    shared = []
    for answers in all_sets:
        if all_sets.count(answers) > 1 and answers not in shared:
            shared.append(answers)
    return {f"set_{number}": answers for number, answers in enumerate(shared, start=1)}


def _stems(guesses: list[Guess]) -> dict[str, list[str]]:
    """Items that share a stem and their answers, by the name of a scale."""
    stems: dict[str, list[Guess]] = {}
    for guess in guesses:
        stem = _stem(guess.name)
        if guess.role == "item" and guess.type == "ordinal" and stem:
            stems.setdefault(f"schaal_{_plain(stem)[:_LONGEST_NAME].strip('-_')}", []).append(guess)
    taken = {guess.name for guess in guesses}
    return {
        stem: [guess.name for guess in items]
        for stem, items in stems.items()
        if len(items) >= 2 and stem not in taken and all(i.codes == items[0].codes for i in items)
    }


def _stem(name: str) -> str:
    """Give what a question and its neighbours share: `veilig_1`, `Q1[SQ001]`, `Eens? - Fouten`."""
    for pattern in (r"(.*\S)\s*\[.*\]", r"(.*\S)\s+-\s+\S.*", r"(.*?\D)_?\d+[a-z]?"):
        found = re.fullmatch(pattern, name, re.DOTALL)
        if found:
            return found[1]
    return ""


def _breaks(guesses: list[Guess]) -> list[str]:
    """Name what results may be broken down by: what people are and do, in few codes."""
    return [
        guess.name
        for guess in guesses
        if guess.role in ("audit", "career")
        and not guess.doubt
        and 2 <= len(guess.codes) <= _MOST_BREAKS
    ]


def _plain(name: str) -> str:
    """Write a name with the signs that a folder may have."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", ascii_name).strip("-_")
    return plain if plain[:1].isalpha() else f"survey-{plain}".rstrip("-")


def _table(texts: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{_key(code)} = {quote(text)}" for code, text in texts.items()) + " }"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quote(name)
