"""Columns that name a person: refused before anything else is read."""

import re
from collections.abc import Iterator

import pandas as pd

from blijfwijzer.errors import IdentifierError

# Whole words of a column's name, in Dutch and English. `organisatienaam` is no person's name.
_NAME_WORDS = frozenset(
    {
        "naam",
        "voornaam",
        "achternaam",
        "voorletters",
        "tussenvoegsel",
        "roepnaam",
        "geboortedatum",
        "geboortenaam",
        "personeelsnummer",
        "personeelsnr",
        "medewerkernummer",
        "bsn",
        "sofinummer",
        "burgerservicenummer",
        "telefoon",
        "telefoonnummer",
        "mobiel",
        "adres",
        "huisnummer",
        "email",
        "emailadres",
        "mail",
        "ipadres",
        "iban",
        "rekeningnummer",
        "name",
        "firstname",
        "lastname",
        "surname",
        "fullname",
        "forename",
        "birthdate",
        "dateofbirth",
        "dob",
        "ssn",
        "phone",
        "telephone",
        "address",
        "employeenumber",
        "employeeid",
        "ipaddress",
    }
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z]{4}\d{10}")
# Shares and counts above which a column is taken for what it looks like; conventions of ours.
_MOST = 0.9
_SOME = 0.02
_ENOUGH_DISTINCT = 20
_WORDS_IN_FREE_TEXT = 4


def find_identifiers(frame: pd.DataFrame) -> dict[str, str]:
    """Find the columns that identify a person or hold free text, and say why.

    A BSN is known by its check digit: of random nine-digit numbers one in eleven passes, so a
    column in which nine of ten do holds BSNs.

    >>> find_identifiers(pd.DataFrame({"e_mail": ["a"], "team": ["b"]}))
    {'e_mail': 'named as one'}
    """
    return {
        str(name): reason
        for name in frame.columns
        if (reason := next(_reasons(str(name), frame[name]), None)) is not None
    }


def refuse_identifiers(file: str, frame: pd.DataFrame) -> IdentifierError | None:
    """Give the error for a table with identifiers, or nothing."""
    found = find_identifiers(frame)
    if not found:
        return None
    told = ", ".join(f"{name} ({reason})" for name, reason in found.items())
    return IdentifierError(
        f"{file}: {len(found)} columns may identify a person: {told}. Remove them from the "
        "export; a respondent number that means nothing elsewhere may stay."
    )


def passes_eleven_test(number: int) -> bool:
    """Whether a number is a valid BSN: its weighted digits are divisible by eleven.

    The weights are 9, 8, ..., 2 and -1 (Logisch Ontwerp BSN, annex on the elfproef).

    >>> passes_eleven_test(111222333), passes_eleven_test(111222334)
    (True, False)
    """
    digits = [int(digit) for digit in f"{number:09d}"]
    weights = [9, 8, 7, 6, 5, 4, 3, 2, -1]
    return number > 0 and sum(w * d for w, d in zip(weights, digits, strict=True)) % 11 == 0


def _reasons(name: str, answers: pd.Series) -> Iterator[str]:
    words = [word for word in re.split(r"[^a-z]+", _spaced(name).lower()) if word]
    if {*words, "".join(words)} & _NAME_WORDS:
        yield "named as one"
    distinct = pd.Series(answers.dropna().unique())
    if pd.api.types.is_numeric_dtype(distinct):
        if _look_like_bsn(distinct):
            yield "BSN by its check digit"
        return
    texts = distinct.astype("str").str.strip()
    if _share(texts.str.fullmatch(_EMAIL)) > _SOME:
        yield "e-mail addresses"
    if _share(texts.str.replace(" ", "").str.fullmatch(_IBAN)) > _SOME:
        yield "account numbers"
    is_number = texts.str.fullmatch(r"\d{8,9}")
    if _share(is_number) > _MOST and _look_like_bsn(texts[is_number].astype("int64")):
        yield "BSN by its check digit"
    wordy = texts.str.count(r"\S+") >= _WORDS_IN_FREE_TEXT
    if int(wordy.sum()) >= _ENOUGH_DISTINCT:
        yield "free text"


def _spaced(name: str) -> str:
    """Part the words of a camelCase name."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def _look_like_bsn(numbers: pd.Series) -> bool:
    if len(numbers) < _ENOUGH_DISTINCT:
        return False
    in_range = numbers.between(10_000_000, 999_999_999) & (numbers % 1 == 0)
    if _share(in_range) < _MOST:
        return False
    passing = numbers[in_range].astype("int64").map(passes_eleven_test)
    return _share(passing) > _MOST


def _share(truth: pd.Series) -> float:
    return float(truth.astype(float).mean()) if len(truth) else 0.0
