"""A page in one language, from the first heading to the last remark."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_browser import browser, violations

from blijfwijzer.survey.codebook import load_codebook
from command_line import call
from languages import OTHER, texts, words_of_the_other

__all__ = ["browser"]

BOOK = "werkonderzoek-2019"
QUICK = """
language = "{language}"
[evaluation]
bootstraps = 50
[drivers]
bootstraps = 50
[flags]
bootstraps = 50
[culture]
bootstraps = 50
splits = 10
draws = 200
[model]
candidates = ["prevalence", "logistic"]
[tracking]
enabled = false
"""


@pytest.fixture(scope="module", params=sorted(OTHER))
def pages(request, tmp_path_factory):
    """The language, and the page of each command on a survey with much to remark on."""
    place, language = tmp_path_factory.mktemp("languages"), request.param
    settings = place / "settings.toml"
    settings.write_text(QUICK.format(language=language))
    survey, previous = place / "2022.parquet", place / "2019.parquet"
    for path in (survey, previous):
        made = ("synthesise", "--respondents", 1500, "--wave", path.stem, "--seed", 3)
        assert not call(*made, "--output", path)
    answers = pd.read_parquet(survey)
    rng = np.random.default_rng(1)
    answers["opleiding"] = answers["opleiding"].mask(rng.random(len(answers)) < 0.3)
    answers.to_parquet(survey)
    models = ("--models", place / "models")
    common = ("--settings", settings, "--ledger", place / "ledger")
    both = ("--previous", previous, "--codebook", BOOK)
    need = ("--target", "achterblijver", *models)
    assert not call("train", survey, "--codebook", BOOK, *need, "--settings", settings)
    score = ("--by", "organisatie", "--and", "opleiding", *models)
    assert not call("score", survey, *score, "--output", place / "score", *common)
    assert not call("vouchers", place / "score", "--budget", 60000, "--cost", 1000, *common)
    for command in ("climate", "claims"):
        assert not call(command, survey, *both, "--output", place / command, *common)
    found = [*place.glob("*/report.html"), *place.glob("models/*/review.html")]
    return language, found


def test_a_page_is_in_the_language_of_the_settings_alone(pages):
    language, paths = pages
    codebook = load_codebook(BOOK)
    data = codebook.survey.population

    assert len(paths) == 4
    assert {path: foreign(path, language, data) for path in paths} == dict.fromkeys(paths, [])
    assert [path for path in paths if REMARK[language] not in path.read_text()] == []


def test_axe_finds_no_violation_on_the_page_of_any_command(browser, pages):
    _, paths = pages
    found = {}

    for path in paths:
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto(path.as_uri())
        found[path.parent.name] = violations(page)
        page.close()

    assert found == {name: [] for name in found}


def test_a_page_calls_no_sector_by_its_name_in_another_language(pages):
    language, paths = pages
    codes = load_codebook(BOOK).columns["sector"].codes
    others = {text.in_(OTHER[language]).lower() for text in codes.values()}
    others = {*others, *(codes if language == "en" else ())}
    others -= {text.in_(language).lower() for text in codes.values()}

    said = {path: " ".join(texts(path.read_bytes())).lower() for path in paths}

    found = {name for name in others for page in said.values() if re.search(rf"\b{name}\b", page)}
    assert found == set()
    assert (
        codes["rijk"].in_(language).lower() in said[next(p for p in paths if "climate" in str(p))]
    )


REMARK = {
    "nl": "In 1 kolom ontbreekt meer dan 20 % van de antwoorden: Opleiding [opleiding] (",
    "en": "1 column lacks more than 20 % of answers: Education [opleiding] (",
}


def foreign(path: Path, language: str, data: str) -> list[str]:
    """Texts in the other language but for what the codebook says in one language only."""
    return words_of_the_other(path.read_text().replace(data, "").encode(), language)


def test_words_of_another_language_are_found():
    page = (
        b"<html><body><p>Meer dan de helft.</p><p>More than half of the people.</p></body></html>"
    )

    assert words_of_the_other(page, "nl") == ["More than half of the people."]
    assert words_of_the_other(page, "en") == ["Meer dan de helft."]
