"""Columns that name a person: refused before anything else is read."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import IdentifierError, counted
from blijfwijzer.survey.cells import part

# Whole words of a column's name, in Dutch and English. `organisatienaam` is no person's name.
_NAME_WORDS = frozenset(
    """
    voornaam voornamen achternaam voorletters initialen tussenvoegsel roepnaam geboortenaam
    meisjesnaam geboortedatum geboortedag bsn sofinummer burgerservicenummer personeelsnummer
    personeelsnr personeelnummer medewerkernummer medewerkernr werknemernummer telefoonnummer
    telefoonnr mobielnummer huisnummer woonadres emailadres mailadres ipadres iban rekeningnummer
    firstname lastname surname fullname forename birthdate dateofbirth birthday dob ssn
    phonenumber mobilenumber emailaddress employeenumber employeeid staffnumber ipaddress
    """.split()
)
# Words that name a person's data unless the answers are few codes, as those to "I often e-mail".
_SOFT_WORDS = frozenset(
    """
    naam name email mail telefoon mobiel phone telephone mobile adres address
    """.split()
)
# A name of one of these is not that of a person: `naam_organisatie`, `team name`.
_NAMED_THINGS = frozenset(
    """
    organisatie sector afdeling team dienst directie ministerie gemeente provincie school locatie
    regio functie unit cluster onderdeel bedrijf werkgever land
    organisation organization agency department division company employer employers country region
    location job function
    """.split()
)
_NOBODY = frozenset({"anonymous", "anoniem", "Anonymous", "Anoniem"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z]{4}\d{10}")
_MOBILE = re.compile(r"(?:\+31|0031|0)\(?0?\)?6\d{8}")
_POSTCODE = re.compile(r"[1-9]\d{3}[A-Z]{2}")
# Shares and counts above which a column is taken for what it looks like; conventions of ours.
_HALF = 0.5
_SOME = 0.02
_ENOUGH_DISTINCT = 20
_FEW_CODES = 20
# A sentence is telling already in a few cells; two words, as of a first and last name, in many.
_FREE_TEXT = ((4, 5), (2, _ENOUGH_DISTINCT))


def find_identifiers(frame: pd.DataFrame) -> dict[str, str]:
    """Find the columns that identify a person or hold free text, and say why.

    A BSN is known by its check digit: of random nine-digit numbers one in eleven passes, so a
    column in which half of them do holds BSNs. Free text is known by cells of several words that
    seldom occur twice.

    >>> find_identifiers(pd.DataFrame({"e_mail": ["a"], "team": ["b"], "naam_team": ["c"]}))
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
        f"{file}: {counted(len(found), 'column')} may identify a person: {told}. Remove them "
        "from the export; a respondent number that means nothing elsewhere may stay."
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
    places, distinct = part(answers)
    if all(str(answer) in _NOBODY for answer in distinct):
        # Survey tools have a column of names also where nobody gave one.
        return
    if _is_named_as_one(name, distinct):
        yield "named as one"
    if pd.api.types.is_numeric_dtype(distinct):
        if _look_like_bsn(distinct):
            yield "BSN by its check digit"
        return
    texts = distinct.astype("str").str.strip()
    tight = texts.str.replace(r"[\s.()-]", "", regex=True)
    if _share(texts.str.fullmatch(_EMAIL)) > _SOME:
        yield "e-mail addresses"
    if _share(tight.str.fullmatch(_IBAN)) > _SOME:
        yield "account numbers"
    if _share(tight.str.fullmatch(_MOBILE)) > _SOME and len(texts) >= _ENOUGH_DISTINCT:
        yield "telephone numbers"
    if _share(tight.str.fullmatch(_POSTCODE)) > _HALF and len(texts) >= _ENOUGH_DISTINCT:
        yield "postcodes of six positions; four are allowed"
    is_number = tight.str.fullmatch(r"\d{8,9}")
    if _share(is_number) > _HALF and _look_like_bsn(tight[is_number].astype("int64")):
        yield "BSN by its check digit"
    if _is_free_text(distinct, np.bincount(places[places >= 0], minlength=len(distinct))):
        yield "free text"


def _is_named_as_one(name: str, distinct: pd.Series) -> bool:
    words = {word for word in re.split(r"[^a-z]+", _spaced(name).lower()) if word}
    joined = "".join(re.findall(r"[a-z]+", name.lower()))
    if {*words, joined} & _NAME_WORDS:
        return True
    is_coded = pd.api.types.is_numeric_dtype(distinct) and len(distinct) <= _FEW_CODES
    return bool({*words, joined} & _SOFT_WORDS) and not is_coded and not words & _NAMED_THINGS


def _is_free_text(levels: pd.Series, often: NDArray[np.intp]) -> bool:
    """Whether most cells of several words differ; the labels of a closed question repeat.

    Parameters
    ----------
    often : cells of each level
    """
    # Numbers in words' clothing, such as dates with a time, are no text; nor are codes of letters
    # and digits mixed, such as a survey tool gives to each form.
    words = levels.astype("str").str.count(r"(?<![^\W_])[^\W\d_]{2,}(?![^\W_])").to_numpy()
    for fewest_words, fewest_distinct in _FREE_TEXT:
        distinct = int((words >= fewest_words).sum())
        if distinct >= fewest_distinct and distinct > _HALF * often[words >= fewest_words].sum():
            return True
    return False


def _spaced(name: str) -> str:
    """Part the words of a camelCase name."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def _look_like_bsn(numbers: pd.Series) -> bool:
    if len(numbers) < _ENOUGH_DISTINCT:
        return False
    in_range = numbers.between(10_000_000, 999_999_999) & (numbers % 1 == 0)
    if _share(in_range) < _HALF or int(in_range.sum()) < _ENOUGH_DISTINCT:
        return False
    passing = numbers[in_range].astype("int64").map(passes_eleven_test)
    return _share(passing) > _HALF


def _share(truth: pd.Series) -> float:
    return float(truth.astype(float).mean()) if len(truth) else 0.0
