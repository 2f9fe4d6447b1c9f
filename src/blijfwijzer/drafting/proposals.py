"""What may measure the things that claims speak of, guessed by names."""

import json
import re
import unicodedata
from collections.abc import Iterable

from blijfwijzer.drafting.guesses import Guess
from blijfwijzer.survey.concepts import CONCEPTS, YES_OR_NO
from blijfwijzer.survey.labels import is_no


def propose_concepts(guesses: list[Guess], scales: Iterable[str]) -> dict[str, str]:
    """Find what may measure each concept, as a codebook writes it.

    A column that has the very name of a concept is proposed for no other one.

    Parameters
    ----------
    scales : names of the scales of the draft, each made of the stem of its items

    Returns
    -------
    Name of a concept to its entry in TOML; without those that no name is like.
    """
    columns = {
        guess.name: guess
        for guess in guesses
        if guess.role in ("item", "career", "audit") and not guess.refused
    }
    named = {name for name in CONCEPTS if name in {n.lower() for n in columns}}
    found = {}
    for name in CONCEPTS:
        scale = next((scale for scale in scales if _is_like(name, scale)), None)
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


def _is_like(concept: str, scale: str) -> bool:
    """Whether the stem of a scale is a concept's name, or the beginning of a word of it."""
    stem = _words(scale.removeprefix("schaal_"))
    is_begin = any(word.startswith(stem) for word in concept.split("_"))
    return stem == _words(concept) or (len(stem) >= 5 and is_begin)


def _names(guess: Guess, concept: str) -> bool:
    """Whether a column's name or label has the name or meaning of a concept in it."""
    meaning = CONCEPTS[concept]
    wanted = {_words(concept), _words(meaning.nl), _words(meaning.en)}
    return any(
        f" {one} " in f" {_words(text)} " for one in wanted for text in (guess.name, guess.label)
    )


def _source(concept: str, guess: Guess) -> str | None:
    """Write how a column measures a concept; nothing when its answers cannot."""
    column, codes = f"column = {quote(guess.name)}", list(guess.codes)
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
    return f"{{ rule = {{ {column}, in = [{quote(yes)}] }} }}  # which are yes?"


def _words(text: str) -> str:
    """Write a text as small words with one space between."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def quote(text: str) -> str:
    """Write a string as TOML: as JSON does it, and DEL escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
