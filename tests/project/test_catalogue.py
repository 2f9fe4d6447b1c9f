"""The sentences of the program: each that is used is in each language, and each is used."""

import ast
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import blijfwijzer
from blijfwijzer import declared
from blijfwijzer.errors import SettingsError
from blijfwijzer.publish.language import catalogue
from blijfwijzer.publish.language.catalogue import PARTS, ids, template
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pages import claims_page, culture_page, score_page
from blijfwijzer.publish.pages.score_page import render_report
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.settings import Settings, load_settings
from blijfwijzer.survey.texts import say
from reports import make_report

SOURCE = Path(blijfwijzer.__file__).parent
SPEAKERS = {
    *("say", "paragraph", "template", "plural", "Message", "about", "by_concept", "stated"),
    "NotTestableError",
}
"""Functions, and a type, that have the id of a sentence first."""
LANGUAGES = declared.languages()


def first_arguments() -> Iterator[tuple[str, ast.expr]]:
    """Where it stands and what it is, of each call that takes an id."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in SPEAKERS:
                    yield f"{path.name}:{node.lineno}", node.args[0]


def constants() -> set[str]:
    """Texts in the code."""
    return {
        node.value
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def of_parts() -> set[str]:
    return {f"{family}.{part}" for family, parts in PARTS.items() for part in parts}


def of_tables() -> set[str]:
    """Headings of all columns that a reader is shown, and what sheets are called and hold."""
    shown = [table for table in TABLES.values() if not table.is_for_programs]
    sheets = [
        TABLES[name] for page in (score_page, culture_page, claims_page) for name in page.SHEETS
    ]
    return {column.message for t in shown for column in t.columns if not column.is_key} | {
        name for table in sheets for name in (table.sheet, table.caption)
    }


def test_each_sheet_of_a_workbook_says_which_question_it_answers():
    sheets = {name for page in (score_page, culture_page, claims_page) for name in page.SHEETS}

    assert {f"sheet.asks.{name}" for name in sheets} <= of_parts()


def gaps(text: str) -> set[str]:
    """Gaps of a sentence, each with the way in which its number is written."""
    return set(re.findall(r"{([^}]*)}", text))


def written(argument: ast.expr) -> list[str]:
    """Ids that stand as they are in an argument."""
    if isinstance(argument, ast.IfExp):
        return written(argument.body) + written(argument.orelse)
    return [argument.value] if isinstance(argument, ast.Constant) else []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_id_that_the_code_names_has_a_sentence(language):
    named = [(where, name) for where, argument in first_arguments() for name in written(argument)]

    assert len(named) > 100
    assert [(where, name) for where, name in named if name not in ids(language)] == []
    assert (of_parts() | of_tables()) - ids(language) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_sentence_is_used(language):
    captions = {table.caption for table in TABLES.values()}
    assert ids(language) - constants() - of_parts() - of_tables() - captions == set()


def test_an_id_is_written_out_or_one_of_the_listed_parts():
    built = [
        where
        for where, argument in first_arguments()
        if isinstance(argument, ast.JoinedStr | ast.BinOp)
    ]

    assert built == []
    with pytest.raises(KeyError, match=r"estimate\.other"):
        catalogue.id_of("estimate", "other")
    with pytest.raises(KeyError, match=r"estimate\.other"):
        template("estimate.other", "nl")


def test_ids_are_the_same_in_each_language_and_say_what_they_are_of():
    assert all(ids(language) == ids("en") for language in LANGUAGES)
    assert [name for name in ids("en") if not re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", name)] == []


def test_sentences_have_the_same_gaps_and_plurals_in_each_language():
    def entries(language):
        with declared.catalogue_file(language).open("rb") as file:
            return {
                entry.id: (entry.string,) if isinstance(entry.string, str) else entry.string
                for entry in read_po(file)
                if entry.id
            }

    english = entries("en")
    for language in LANGUAGES:
        told = entries(language)
        assert told.keys() == english.keys()
        assert all(told[name] and all(told[name]) for name in told)
        assert [n for n in told if gaps(told[n][-1]) != gaps(english[n][-1])] == []


@pytest.fixture
def french(tmp_path, monkeypatch):
    """A third language: a file beside the others."""
    folder = tmp_path / "locale"
    shutil.copytree(SOURCE / "publish" / "locale", folder)
    text = (folder / "en.po").read_text(encoding="utf-8")
    text = text.replace("Language: en", "Language: fr").replace("n != 1", "n > 1")
    text = text.replace('msgstr "Everyone"', 'msgstr "Tout le monde"')
    (folder / "fr.po").write_text(text, encoding="utf-8")
    monkeypatch.setattr(declared, "LOCALE", folder)
    yield "fr"
    for read in (catalogue.ids, catalogue.read_catalogue):
        read.cache_clear()


def test_a_third_language_is_a_file(french):
    page = render_report(replace(make_report("en"), language=french)).decode()

    assert write(say("group.everyone"), french) == "Tout le monde"
    assert '<html lang="fr">' in page
    assert "What this is, and what it is not" in page
    assert Settings(language=french).language == "fr"


def test_a_language_without_a_file_is_refused_with_those_that_have_one(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text('language = "fr"\n')

    with pytest.raises(SettingsError, match="language: .*no catalogue of fr, only of en, nl"):
        load_settings(file)
