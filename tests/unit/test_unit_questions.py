"""Questions of each unit: they add up to their dimension, and tell no more of few than it does."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.culture.dimensions import find_dimensions
from blijfwijzer.culture.questions import answer_questions, find_questions, measure_questions
from blijfwijzer.disclosure.release import reopen
from blijfwijzer.errors import ReleaseError
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.grouping import make_groups
from blijfwijzer.publish.pages.culture_unit_page import (
    ReadClimate,
    read_climate_page,
    render_culture_unit,
)
from blijfwijzer.publish.pages.unit_questions import MOST_QUESTIONS, ReadQuestions
from blijfwijzer.release.culture import asked_by, culture_bases, question_bases, told_by
from blijfwijzer.release.rehearsal import rehearse
from blijfwijzer.release.request import Request
from blijfwijzer.release.verify import hold_rows
from blijfwijzer.runs import pages as story
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake
from blijfwijzer.survey.scales import score_scales

BOOK = load_codebook(Path(__file__).parents[1] / "assets" / "small.toml")
SCALE = "psychologische_veiligheid"
ITEMS = BOOK.scales[SCALE].items
CULTURE = Settings().culture.model_copy(update={"dimensions": (SCALE,)})
SETTINGS = Settings(culture=CULTURE)
PEOPLE = 400
RUN = {"wave": "2022", "survey": "small"}


@pytest.fixture
def intake(rng):
    """People of eight organisations, of whom some left questions open."""
    answers = {name: rng.permutation(4000)[:PEOPLE].astype(float) for name in BOOK.columns}
    items = {name: rng.integers(1, 6, PEOPLE).astype(float) for name in ITEMS}
    for name, values in items.items():
        values[rng.random(PEOPLE) < 0.1] = np.nan
        items[name] = values
    units = {
        "sector": np.char.mod("S%d", np.arange(PEOPLE) // 100),
        "organisatie": np.char.mod("O%d", np.arange(PEOPLE) // 50),
    }
    responses = pd.DataFrame({**answers, **items, **units, "weight": 1.0})
    return Intake(
        Held.of(responses), pd.DataFrame({"row": [], "reasons": []}), (), (), "sha", "w.csv"
    )


def asked_of(intake):
    responses = intake.responses
    scales, questions = score_scales(responses, BOOK), find_questions(responses, BOOK, CULTURE)
    return scales, questions, answer_questions(responses, scales, BOOK, questions)


def test_the_questions_of_a_dimension_add_up_to_it_whoever_left_one_open(intake):
    scales, questions, answers = asked_of(intake)

    turned = [
        one.turn(answers[one.name])
        for one in find_dimensions(questions.codebook, questions.settings)
    ]

    assert set(questions.dimension_of) == set(ITEMS)
    assert np.isnan(intake.responses[list(ITEMS)].to_numpy()).any()
    known = scales[SCALE].notna()
    assert (answers.frame().notna().all(axis=1) == known).all()
    dimension = find_dimensions(BOOK, CULTURE)[0]
    mean = np.mean([own[known] for own in turned], axis=0)
    np.testing.assert_allclose(mean, dimension.turn(scales[SCALE][known]), atol=1e-12)


def test_a_reversed_question_stands_as_it_was_asked_and_less_of_it_is_better(intake):
    _, questions, answers = asked_of(intake)
    (item,) = BOOK.scales[SCALE].reversed

    answered = intake.responses[item].notna()

    told = {one.name: one for one in find_dimensions(questions.codebook, questions.settings)}
    assert (answers[item] == intake.responses[item])[answered & answers[item].notna()].all()
    assert told[item].is_turned
    assert not any(told[name].is_turned for name in ITEMS if name != item)


def admitted(intake):
    """What groups are told by, with questions and without these."""
    scales, questions, answers = asked_of(intake)
    grouping = make_groups(intake.responses, BOOK, ("sector", "organisatie"), SETTINGS)
    bases = culture_bases(scales, BOOK, SETTINGS)
    more = question_bases(answers, questions, SETTINGS, np.ones(len(grouping.groups), dtype=bool))
    for own in (bases | more, bases):
        told = tuple(own)
        request = Request("climate", BOOK, SETTINGS, "1", told, {"survey_sha256": intake.sha256})
        yield rehearse(request).admit(intake, grouping, own)


def names_of(admission, figure):
    names = admission.grouping.groups.index
    return {str(name) for name in names[admission.tells(figure)]}


def test_a_unit_that_answered_one_question_alike_is_told_by_none_and_by_all_else(intake):
    alike = intake.responses.assign(
        **{ITEMS[0]: intake.responses[ITEMS[0]].mask(intake.responses["organisatie"] == "O3", 5.0)}
    )

    both, without = admitted(replace(intake, held=Held.of(alike)))

    group = next(name for name in both.names if "organisatie=O3" in name)
    assert group in names_of(both, told_by(SCALE))
    assert group not in names_of(both, asked_by(SCALE))
    assert len(names_of(both, asked_by(SCALE))) > 3
    # No group and no dimension is told of less for the questions.
    assert both.names == without.names
    assert names_of(both, told_by(SCALE)) == names_of(without, told_by(SCALE))


def test_questions_are_measured_as_dimensions_are(intake):
    _, questions, answers = asked_of(intake)
    grouping = make_groups(intake.responses, BOOK, ("sector", "organisatie"), SETTINGS)
    design = Design.of_units(np.ones(PEOPLE), intake.responses["organisatie"])

    table = measure_questions(answers, grouping, design, questions, seed=1)

    everyone = table[table["group"] == "all"].set_index("dimension")
    np.testing.assert_allclose(everyone["mean"], answers.frame().mean()[list(everyone.index)])
    assert set(table["of"]) == {SCALE}
    assert len(table) == len(ITEMS) * len(grouping.groups)


def question(name, group="o=1", **told):
    means = {f"{against}_mean": np.nan for against in ("sector", "all", "previous")}
    ends = {f"{a}_difference": np.nan for a in ("sector", "all", "previous")}
    marks = {f"{against}_mark": "" for against in ("sector", "all", "previous")}
    own = {"group": group, "question_label": name, "pooled": 3.4, "low": 3.1, "high": 3.7}
    return {**own, **means, **ends, **marks, **told}


def page_of(*rows, language="en"):
    climate = {
        **{"group": ["o=1"], "label": ["Works"], "sector": ["A"], "n_band": ["20–24"]},
        **{"dimension": ["s"], "dimension_label": ["Safety"], "pooled": [3.4], "low": [3.1]},
        **{"high": [3.7], "all_mean": [3.5]},
        **{f"{a}_mark": [""] for a in ("sector", "all", "previous")},
        **{
            f"{against}_{part}": [np.nan]
            for against in ("sector", "all", "previous")
            for part in ("difference", "low", "high")
        },
    }
    columns = list(question(""))
    told = ReadQuestions(reopen(pd.DataFrame(list(rows), columns=columns)))
    chapter = read_climate_page(RUN, Settings(language=language))
    release = ReadClimate(chapter, reopen(pd.DataFrame(climate)), told)
    return ElementTree.fromstring(render_culture_unit(release, "o=1"))


def section_of(page):
    return next(part for part in page.iter("section") if part.get("id") == "unit_questions")


def cells_of(page):
    return [["".join(cell.itertext()) for cell in row] for row in section_of(page).iter("tr")]


def test_what_stands_out_most_comes_first_beside_the_sector_and_before():
    beside = {"sector_mean": 3.5, "previous_mean": 3.3, "all_mean": 3.6}
    page = page_of(
        question("As others", **beside, sector_difference=-0.4),
        question("Nearly so", **beside, sector_difference=0.1),
        question(
            "Worse", **beside, sector_difference=-0.3, sector_mark="worse", previous_mark="better"
        ),
        question("Of another", "o=2", **beside),
    )

    heads, *rows = cells_of(page)

    assert heads == ["Question", "Here (95%)", "Own sector", "Wave before", "What stands out"]
    assert [row[0] for row in rows] == ["Worse", "As others", "Nearly so"]
    assert rows[0][1:] == [
        *("3.4 (3.1 to 3.7)", "3.5", "3.3", "worse than its sector, better than before"),
    ]
    assert rows[1][-1] == ""


def test_without_a_sector_or_a_wave_before_a_unit_stands_beside_everyone():
    heads, *rows = cells_of(page_of(question("One", all_mean=3.6, all_mark="better")))

    assert heads == ["Question", "Here (95%)", "Everyone", "What stands out"]
    assert rows == [["One", "3.4 (3.1 to 3.7)", "3.6", "better than everyone"]]


@pytest.mark.parametrize(
    ("language", "told"),
    [("nl", "Per vraag is hier niets te tonen"), ("en", "question by question")],
)
def test_a_unit_of_which_no_question_is_told_says_so_without_a_figure(language, told):
    page = page_of(question("Of another", "o=2"), language=language)

    text = "".join(section_of(page).itertext())

    assert told in text
    assert "Of another" not in text
    assert not any(letter.isdigit() for letter in text)


def test_a_long_survey_leaves_a_page_of_two_sheets():
    rows = [question(f"Question {n}", all_mean=3.6) for n in range(60)]

    shown = cells_of(page_of(*rows))

    assert len(shown) == 1 + MOST_QUESTIONS


def test_a_release_of_before_has_a_page_without_questions():
    release = page_of(question("One", all_mean=3.6))
    assert [part.get("id") for part in release.iter("section")].count("unit_questions") == 1

    chapter = read_climate_page(RUN, Settings(language="en"))
    rows = {"group": ["o=1"], "label": ["W"], "dimension_label": ["S"], "sector": [""]}
    rows |= {"dimension": ["s"], "n_band": ["20–24"], "pooled": [3.4], "low": [3.1], "high": [3.7]}
    rows |= {f"{a}_mark": [""] for a in ("sector", "all", "previous")}
    rows |= {"all_mean": [3.5], "all_difference": [np.nan]}
    old = ReadClimate(chapter, reopen(pd.DataFrame(rows)))

    page = ElementTree.fromstring(render_culture_unit(old, "o=1"))

    assert "unit_questions" not in [part.get("id") for part in page.iter("section")]


@pytest.mark.parametrize("is_same", [True, False])
def test_questions_stand_on_a_page_of_score_only_if_they_are_of_the_same_people(
    tmp_path, monkeypatch, is_same
):
    keys = {tmp_path / "score": "key", tmp_path / "climate": "key" if is_same else "other"}
    monkeypatch.setattr(
        story, "read_record", lambda at: {"provenance": {"survey_hmac_sha256": keys[at]}}
    )
    monkeypatch.setattr(story, "read_climate", lambda at: ({}, None))
    rows = reopen(pd.DataFrame([question("One")]))
    monkeypatch.setattr(story, "read_questions", lambda at: rows)

    def find():
        return story._questions_of(tmp_path / "score", tmp_path / "climate")

    if is_same:
        assert find().rows is rows
    else:
        with pytest.raises(ReleaseError, match="is of another file than"):
            find()


def told_in(folder, *, dimensions=("safety", "learning"), asked=None, mean=3.4):
    """A release of two teams with two dimensions of two questions each, as far as rows are held."""
    teams = ["team=1", "team=2"]
    climate = [
        {"group": t, "dimension": d, "n": 20, "pooled": 3.4} for t in teams for d in dimensions
    ]
    pairs = [(d, f"{d}_{n}") for d in ("safety", "learning") for n in (1, 2)]
    questions = [
        {"group": t, "dimension": d, "question": q, "n": 20, "pooled": mean, "sector_low": 3.1}
        for t in teams
        for d, q in pairs
        if (t, q) != asked
    ]
    pd.DataFrame(climate).to_parquet(folder / "climate.parquet")
    pd.DataFrame(questions).to_parquet(folder / "questions.parquet")
    return folder


def test_questions_with_their_dimensions_are_held(tmp_path):
    assert hold_rows(told_in(tmp_path), 10) == 2


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"asked": ("team=2", "safety_1")}, "0 groups of questions .* and 1 of a part"),
        ({"dimensions": ("safety",)}, "2 groups of questions without the dimension .* 0 of a part"),
        ({"mean": 3.41}, "8 figures are finer"),
    ],
)
def test_questions_from_which_one_would_follow_are_found_by_the_audit(tmp_path, fault, told):
    with pytest.raises(ReleaseError, match=told):
        hold_rows(told_in(tmp_path, **fault), 10)


def test_a_question_without_figures_makes_a_part_of_its_dimension_no_whole(tmp_path):
    told = told_in(tmp_path)
    questions = pd.read_parquet(told / "questions.parquet")
    questions.loc[0, "pooled"] = np.nan
    questions.to_parquet(told / "questions.parquet")

    with pytest.raises(ReleaseError, match="0 groups of questions .* and 1 of a part"):
        hold_rows(told, 10)


def test_questions_of_fewer_than_the_minimum_are_found_by_the_audit(tmp_path):
    with pytest.raises(ReleaseError, match="12 rows stand for fewer than 30"):
        hold_rows(told_in(tmp_path), 30)
