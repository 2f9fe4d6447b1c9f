"""Identifiers: what names a person is refused by column; what only resembles it may stay."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.survey.identifiers import find_identifiers, passes_eleven_test, refuse_identifiers

WORDS = ["werk", "druk", "team", "leuk", "soms", "vaak", "rust", "loon", "baas", "tijd", "veel"]


def sentences(rng, count, words):
    return [" ".join(rng.choice(WORDS, words)) + f" {i}" for i in range(count)]


def bsn(count):
    numbers = (n for n in range(123_456_782, 900_000_000, 101) if passes_eleven_test(n))
    return [next(numbers) for _ in range(count)]


@pytest.mark.parametrize(
    "answers",
    [
        bsn(200),
        [float(n) for n in bsn(200)],
        [f"{n // 1_000_000}.{n // 1000 % 1000:03d}.{n % 1000:03d}" for n in bsn(200)],
        [f" {n} " for n in bsn(200)],
        [*bsn(60), *range(100, 140)],
    ],
    ids=["whole", "decimal", "with points", "with spaces", "among others"],
)
def test_a_bsn_is_known_however_it_is_written(answers):
    assert "BSN" in find_identifiers(pd.DataFrame({"kolom": answers}))["kolom"]


def test_random_numbers_of_nine_digits_are_no_bsn(rng):
    numbers = rng.integers(100_000_000, 999_999_999, 2000)

    assert find_identifiers(pd.DataFrame({"respondent": numbers})) == {}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([f"06-{i:08d}" for i in range(100)], "telephone"),
        ([f"+31 6 {i:08d}" for i in range(100)], "telephone"),
        ([f"{1000 + i} AB" for i in range(100)], "postcodes"),
        ([f"NL91 ABNA 04{i:08d}" for i in range(100)], "account numbers"),
        ([None] * 290 + [f"a{i}@b.nl" for i in range(10)], "e-mail"),
    ],
)
def test_numbers_and_addresses_of_a_person_are_known(answers, reason):
    assert reason in find_identifiers(pd.DataFrame({"kolom": answers}))["kolom"]


def test_free_text_is_known_even_when_few_wrote_any(rng):
    few = [None] * 290 + sentences(rng, 10, 8)
    names = [f"{a} {b}" for a in WORDS for b in WORDS]

    assert find_identifiers(pd.DataFrame({"q9": few})) == {"q9": "free text"}
    assert find_identifiers(pd.DataFrame({"wie": names})) == {"wie": "free text"}


def test_labels_of_a_closed_question_are_no_free_text(rng):
    labels = sentences(rng, 40, 6)
    frame = pd.DataFrame({"beroep": rng.choice(labels, 2000), "team": rng.choice(labels[:5], 2000)})

    assert find_identifiers(frame) == {}


@pytest.mark.parametrize(
    "name",
    ["naam", "Name", "VOORNAAM", "achternaam_medewerker", "e-mail", "E_mail_adres", "Date of birth",
     "personeelsnummer", "Telefoon", "naam medewerker", "geboorteDatum", "BSN", "employee_id"],
)  # fmt: skip
def test_a_name_like_column_is_refused_by_its_name(name):
    frame = pd.DataFrame({name: ["x", "y", "z"]})

    assert find_identifiers(frame) == {name: "named as one"}


@pytest.mark.parametrize(
    "name",
    ["organisatienaam", "naam_organisatie", "team name", "functienaam", "geboortejaar", "mailing",
     "maildruk", "adressering", "nameting", "Q1", "employer_name"],
)  # fmt: skip
def test_a_column_whose_name_only_resembles_one_may_stay(name):
    assert find_identifiers(pd.DataFrame({name: ["x", "y", "z"]})) == {}


def test_a_question_about_mail_or_mobile_work_may_stay(rng):
    codes = rng.integers(1, 6, 300)

    assert find_identifiers(pd.DataFrame({"mobiel_werken": codes, "mail_thuis": codes})) == {}


def test_the_refusal_names_columns_and_no_answer(rng):
    secret = "Jan de Geheime woont hier"
    texts = [f"{secret} {text}" for text in sentences(rng, 50, 3)]
    frame = pd.DataFrame({"opmerking": texts, "team": "a"})

    message = str(refuse_identifiers("s.sav", frame))

    assert "1 column may identify a person: opmerking (free text)" in message
    assert "Remove them from the export" in message
    assert "Geheime" not in message
    assert refuse_identifiers("s.sav", frame[["team"]]) is None


@pytest.mark.parametrize("answers", [[None, None], [np.nan, 1.5], [True, False], [pd.Timestamp(0)]])
def test_columns_of_any_kind_are_looked_at_without_failing(answers):
    assert find_identifiers(pd.DataFrame({"x": answers})) == {}
