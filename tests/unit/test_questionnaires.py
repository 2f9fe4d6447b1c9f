"""Forms as they are declared: nothing names what is not there, and nothing is told out of date."""

import re
import tomllib
from pathlib import Path

import pytest

from blijfwijzer.governance.answers import fill, settled_value
from blijfwijzer.governance.document import read_governance
from blijfwijzer.governance.figures import figure_specs
from blijfwijzer.governance.pack_checks import NORMS, QUESTIONS
from blijfwijzer.governance.questionnaire import (
    FORMS,
    LAW,
    gaps_of,
    law_dates,
    read_form,
    risks,
    settled_label,
    statements,
)
from blijfwijzer.governance.rereading import EvidenceRun, open_run, reread, says_value
from blijfwijzer.publish.language.numbers import KINDS, write_number
from blijfwijzer.publish.pack.pack_texts import write_answer, write_figure
from governed import SHIPPED
from made_runs import make_known

ROOT = Path(__file__).parents[2]
DATA = ROOT / "src/blijfwijzer/governance/forms"
ITEMS = [(form, item) for form in FORMS for item in read_form(form).items]
NAMES = [f"{form} {item.id}" for form, item in ITEMS]
OTHER_KINDS = {"share", "day", "hash", "tiny", "candidate", "words"}


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    return make_known(tmp_path_factory.mktemp("known"))


@pytest.fixture(scope="module")
def filled(known):
    return {form: fill(read_form(form), known) for form in FORMS}


def texts_of(item):
    return [text for text in (item.question, item.text, item.add) if text is not None]


def test_every_data_file_is_a_form_or_what_forms_refer_to():
    names = {path.stem for path in DATA.glob("*.toml")}

    assert names == {*FORMS, "figures", "statements", "settled", "law", "risks"}


def test_forms_have_as_many_questions_as_their_owners_ask():
    assert {form: len(read_form(form).items) for form in FORMS} == QUESTIONS
    assert tuple(item.id for item in read_form("norms").items) == NORMS
    assert len(NORMS) == 55


@pytest.mark.parametrize("form", FORMS)
def test_questions_of_a_form_stand_in_it_once(form):
    ids = [item.id for item in read_form(form).items]

    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("form", "item"), ITEMS, ids=NAMES)
def test_a_question_names_what_is_there(form, item):
    assert set(item.says) <= set(statements())
    assert all(settled_label(key) for key in item.settled)
    assert all(settled_value(read_governance(SHIPPED), key) for key in item.settled)


@pytest.mark.parametrize(("form", "item"), ITEMS, ids=NAMES)
def test_a_question_has_an_answer_or_says_why_not(form, item):
    answered = bool(item.says or item.settled or item.text or item.values)

    if item.is_empty or not item.is_covered:
        assert not (answered or item.add)
    else:
        assert answered or item.add


@pytest.mark.parametrize("name", statements())
def test_a_sentence_of_a_run_cites_a_figure_and_the_same_in_each_language(name):
    statement = statements()[name]

    assert statement.gaps
    assert set(statement.gaps) <= set(figure_specs())
    # A sentence is filled in the order of its own language, by the same figures.
    assert sorted(statement.gaps) == sorted(gaps_of(statement.text.en))
    assert len({figure_specs()[gap].of for gap in statement.gaps}) == 1


def test_every_sentence_and_every_figure_is_used():
    said = {name for _, item in ITEMS for name in item.says}
    cited = {gap for statement in statements().values() for gap in statement.gaps}

    assert said == set(statements())
    # The last are of the card of a model, which names them by itself.
    assert set(figure_specs()) - cited <= {"release_minimum"}
    assert {spec.kind for spec in figure_specs().values()} <= {*KINDS, *OTHER_KINDS}


@pytest.mark.parametrize("name", statements())
def test_what_not_every_run_says_is_named_where_it_lacks(name):
    statement = statements()[name]

    assert bool(statement.lacks.nl and statement.lacks.en) == statement.is_of_release


def test_what_the_product_says_of_itself_has_no_gaps_but_dates_of_law():
    gaps = {gap for _, item in ITEMS for t in texts_of(item) for gap in gaps_of(t.nl + t.en)}

    assert {gap.removeprefix(LAW) for gap in gaps} <= set(law_dates())


def test_at_least_thirty_norms_are_answered_by_evidence(filled):
    answers = filled["norms"].answers

    assert sum(answer.has_evidence for answer in answers) >= 30
    assert sum(not answer.item.is_covered for answer in answers) == 12


def test_what_is_to_be_weighed_is_empty_on_purpose(filled):
    weighed = {
        **{"dpia": {"14.1", "14.2", "17.3"}, "iama": {"1.2.1", "1.2.2", "5.A.1"}},
        **{"prescan": {"1.2.1", "3.1", "4.1"}, "classification": {"verdict"}},
    }

    for form, items in weighed.items():
        empty = {a.item.id for a in filled[form].answers if a.item.is_empty}
        assert empty == items


def test_every_answer_can_be_written_in_both_languages(filled):
    for form in filled.values():
        for answer in form.answers:
            for language in ("nl", "en"):
                for passage in write_answer(answer, language):
                    assert passage.text
                    assert "{" not in passage.text
                    for one in passage.figures:
                        told = passage.text[one.start : one.end]
                        assert told == write_figure(one.figure, language)


@pytest.mark.parametrize(
    ("language", "label", "meaning"),
    [
        ("nl", "'Wens om te vertrekken'", "“Wil binnen een jaar weg.”"),
        ("en", "'Wish to leave'", "“Wants to leave within a year.”"),
    ],
)
def test_a_works_council_reads_what_an_outcome_is_called_and_means(
    filled, language, label, meaning
):
    answers = filled["council"].answers

    told = " ".join(part.text for one in answers for part in write_answer(one, language))

    assert label in told
    assert meaning in told
    assert "'vertrek'" not in told
    assert not re.search(r"\b(model|onder|under) vertrek\b", told)


def test_figures_in_sentences_can_be_read_back(filled):
    for form in filled.values():
        for answer in form.answers:
            for language in ("nl", "en"):
                for passage in write_answer(answer, language):
                    for one in passage.figures:
                        spec = {"value": one.figure.value, "kind": one.figure.kind}
                        assert says_value(passage.text[one.start : one.end], spec)


@pytest.mark.parametrize(
    ("written", "value", "kind", "holds"),
    [
        ("0,81", 0.812, "ratio", True),
        ("0,82", 0.812, "ratio", False),
        ("1.234", 1234, "count", True),
        ("1,234", 1234, "count", True),
        ("1.235", 1234, "count", False),
        ("0,005", 0.005, "thousandths", True),
        ("0,000421", 0.00042132, "fine", True),
        ("0.006", 0.005, "thousandths", False),
        ("21\u00a0%", 0.212, "share", True),
        ("22%", 0.212, "share", False),
        ("€ 250.000", 250_000.0, "euro", True),
        ("€250,000", 250_001.0, "euro", False),
        ("niet getoond", None, "percent", True),
        ("12", None, "percent", False),
        ("niet getoond", 12, "percent", False),
        ("2026-01-02", "2026-01-02T03:04:05+00:00", "day", True),
        ("2026-01-03", "2026-01-02T03:04:05+00:00", "day", False),
        ("2026", "2026-01-02T03:04:05+00:00", "day", False),
        ("werk", "werk", "text", True),
        ("wer", "werk", "text", False),
        ("−0,12", -0.12, "ratio", True),
        ("niets", 3, "count", False),
        ("Wens", {"nl": "Wens", "en": "Wish"}, "words", True),
        ("vertrek", {"nl": "Wens", "en": "Wish"}, "words", False),
    ],
)
def test_a_figure_is_read_back_as_it_was_written(written, value, kind, holds):
    assert says_value(written, {"value": value, "kind": kind}) is holds


def test_evidence_that_is_nested_too_deeply_to_read_is_missing(tmp_path):
    (tmp_path / "run.json").write_text(100_000 * "[")
    run = EvidenceRun("out", "", tmp_path, "", {"run.json": "a"}, {})
    figure = {"name": "n", "run": "out", "file": "run.json", "sha256": "a", "path": [], "value": 1}

    assert "its evidence is missing" in open_run(tmp_path, "release", "out", "")
    assert list(reread(figure, {"out": run})) == [
        "n: its evidence is missing: out/run.json cannot be read there"
    ]


def test_dates_of_law_have_a_source_and_high_risk_begins_when_the_amended_act_says():
    dates = law_dates()

    assert all(
        one.source.nl and one.source.en and one.says.nl and one.says.en for one in dates.values()
    )
    assert dates["high_risk"].date.isoformat() == "2027-12-02"
    assert dates["legacy"].date.isoformat() == "2030-08-02"
    assert {one.link.partition("?")[0] for one in dates.values() if one.link} == {
        "https://eur-lex.europa.eu/legal-content/EN/TXT/HTML/"
    }


def test_a_small_price_of_simplicity_is_told_with_the_digits_that_decide():
    spec = figure_specs()["price"]

    assert spec.kind == "fine"
    assert write_number(0.00042132, spec.kind, "nl") == "0,000421"


def test_nothing_says_that_high_risk_begins_on_2_august_2026():
    wrong = re.compile(r"2 (augustus|August) 2026|2026-08-02|August 2, 2026")
    told = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.po"), *DATA.glob("*.toml")]

    found = [path.name for path in told if wrong.search(path.read_text(encoding="utf-8"))]
    assert found == ["law.toml"]
    general = tomllib.loads((DATA / "law.toml").read_text(encoding="utf-8"))["general"]
    assert "nog niet" in general["nl"]
    assert "not yet" in general["en"]


@pytest.mark.parametrize("risk", risks(), ids=lambda risk: risk.name)
def test_a_risk_has_a_test_that_exists(risk):
    assert risk.tests
    for test in risk.tests:
        file, _, name = test.partition("::")
        source = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", source, re.MULTILINE), test


def test_risks_that_the_product_is_known_for_are_registered():
    names = {risk.name for risk in risks()}

    assert names >= {
        *("appraisal", "missed", "causes", "disclosure", "drift", "automation", "small"),
    }


def test_the_register_of_algorithms_is_written_within_its_limits():
    items = {item.id: item for item in read_form("register").items}

    assert items["description_short"].most == 350
    assert len(items["description_short"].text.nl) <= 350
    assert items["name"].most == 100
    themes = {"Organisatie en bedrijfsvoering", "Werk"}
    assert set(items["category"].values) == themes
    assert items["status"].values[0] in ("In ontwikkeling", "In gebruik", "Buiten gebruik")
    categories = ("Hoog-risico AI-systeem", "Impactvolle algoritmes", "Overige algoritmes")
    assert items["publication_category"].values[0] in categories


def test_plain_pages_have_short_sentences():
    """B1 asks for about fifteen words a sentence; none may be long, and the mean is held."""
    lengths = []
    for form in ("council", "notice", "register"):
        for item in read_form(form).items:
            said = [statements()[name].text.nl for name in item.says]
            for text in (*(t.nl for t in texts_of(item)), *said):
                for sentence in re.split(r"(?<=[.?!:;])\s+", text):
                    lengths.append(len(sentence.split()))

    assert max(lengths) <= 36
    assert sum(lengths) / len(lengths) <= 13
