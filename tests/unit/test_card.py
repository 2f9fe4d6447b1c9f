import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.risk.card import (
    Band,
    Card,
    CardAnswers,
    CardQuestion,
    askable,
    card_from_json,
    card_to_json,
    choose_card,
    judge,
)
from blijfwijzer.survey.codebook import Column, load_codebook

NAMES = [f"q{i}" for i in range(12)]


def columns_of(names=NAMES):
    codes = {str(code): f"answer {code}" for code in range(1, 6)}
    return [
        Column(name=name, label=name, role="item", type="ordinal", codes=codes) for name in names
    ]


@pytest.fixture
def answers(rng) -> CardAnswers:
    """Need that follows the first four questions, the first twice as much as the others."""
    frame = pd.DataFrame(rng.integers(1, 6, (6000, 12)).astype(float), columns=NAMES)
    strong, weak = frame["q0"].to_numpy(), frame[["q1", "q2", "q3"]].to_numpy().sum(axis=1)
    margin = 1.2 * (3 - strong) + 0.6 * (9 - weak) - 2
    values = (rng.random(6000) < 1 / (1 + np.exp(-margin))).astype(float)
    frame.loc[rng.random(6000) < 0.05, "q1"] = np.nan
    return CardAnswers(frame, values, np.ones(6000), np.repeat(np.arange(5), 1200))


def test_points_are_added_by_band_and_no_answer_counts_as_the_mean_one():
    question = CardQuestion("q0", (Band(-np.inf, 3, 2), Band(3, np.inf, 0)), 1)
    other = CardQuestion("q1", (Band(-np.inf, 2, 0), Band(2, np.inf, 4)), 3)
    given = pd.DataFrame({"q0": [1, 3, np.nan], "q1": [2, 1, np.nan]})

    assert Card((question, other), 5).points(given).tolist() == [6, 0, 4]


def test_questions_that_tell_of_need_are_chosen_first_and_the_strongest_gives_most_points(answers):
    card = choose_card(answers, columns_of(), 10).card

    chosen = [question.column for question in card.questions]
    most = [max(band.points for band in question.bands) for question in card.questions]
    assert set(chosen[:4]) == {"q0", "q1", "q2", "q3"}
    assert chosen[0] == "q0"
    assert len(chosen) <= 8
    assert most[0] == 4
    assert 1 <= max(most[1:4]) <= 3
    assert all(points == 1 for points in most[4:])
    points = [band.points for band in card.questions[0].bands]
    assert points == sorted(points, reverse=True)


def test_the_cut_asks_about_a_fifth_of_people_who_are_more_often_in_need(answers):
    card = choose_card(answers, columns_of(), 10).card

    reached = card.points(answers.frame) >= card.cut

    assert reached.mean() == pytest.approx(0.2, abs=0.08)
    assert answers.values[reached].mean() > 2 * answers.values.mean()


def test_no_points_tell_of_few_people(answers):
    frame = answers.frame.assign(q0=np.where(answers.values == 1, 5.0, 1.0))
    few = np.flatnonzero(answers.values == 1)[:5]
    frame.loc[few, "q0"] = 1.0

    changed = CardAnswers(frame, answers.values, answers.weight, answers.folds)
    card = choose_card(changed, columns_of(), 10).card

    # Below 5 hardly anybody is in need, and above nobody is not: as few as that are told of nobody.
    assert "q0" not in [question.column for question in card.questions]


def test_who_leaves_out_what_need_leaves_out_gets_points_for_it_where_these_are_many(answers, rng):
    need, others = (np.flatnonzero(answers.values == value) for value in (1, 0))
    frame, few = answers.frame.copy(), answers.frame.copy()
    silent = [rng.choice(need, len(need) // 2, replace=False), rng.choice(others, 100)]
    frame.loc[np.concatenate(silent), "q0"] = np.nan
    few.loc[[*silent[0], *silent[1][:9]], "q0"] = np.nan

    paid, mean = (
        next(q for q in choose_card(changed, columns_of(), 10).card.questions if q.column == "q0")
        for changed in (
            CardAnswers(own, answers.values, answers.weight, answers.folds) for own in (frame, few)
        )
    )

    assert paid.unanswered > max(band.points for band in paid.bands)
    assert mean.unanswered < max(band.points for band in mean.bands)


def test_every_band_holds_enough_people_in_need_and_others(answers):
    card = choose_card(answers, columns_of(), 300).card

    for question in card.questions:
        given = answers.frame[question.column]
        for band in question.bands:
            inside = (given >= band.low) & (given < band.high)
            assert min((answers.values[inside] == v).sum() for v in (0, 1)) >= 300


def test_fewer_than_ten_people_are_never_enough_for_a_band(answers):
    frame = answers.frame.copy()
    need = np.flatnonzero(answers.values == 1)
    frame.loc[need, "q0"] = 5.0
    frame.loc[need[:9], "q0"] = 1.0

    changed = CardAnswers(frame, answers.values, answers.weight, answers.folds)

    assert "q0" not in [q.column for q in choose_card(changed, columns_of(), 5).card.questions]


def test_cuts_of_numbers_are_round(answers, rng):
    pay = rng.normal(3217.3, 400, 6000)
    values = (rng.random(6000) < 1 / (1 + np.exp((pay - 3000) / 150))).astype(float)
    asked = [*columns_of(), Column(name="pay", label="pay", role="career")]
    changed = CardAnswers(answers.frame.assign(pay=pay), values, answers.weight, answers.folds)

    card = choose_card(changed, asked, 10).card

    bands = next(q.bands for q in card.questions if q.column == "pay")
    assert all(band.high % 100 == 0 for band in bands[:-1])
    assert len(bands) > 1


def test_too_few_questions_make_no_card(answers):
    assert choose_card(answers, columns_of(NAMES[:6]), 10) is None


def test_no_question_is_asked_for_nothing(answers):
    card = choose_card(answers, columns_of(), 10).card

    assert all(len({band.points for band in q.bands}) > 1 for q in card.questions)


def test_a_card_is_judged_by_folds_that_it_was_not_chosen_from(answers, rng):
    noise = rng.permutation(answers.values)

    chosen = choose_card(
        CardAnswers(answers.frame, noise, answers.weight, answers.folds), columns_of(), 10
    )

    assert chosen.apart.auc == pytest.approx(0.5, abs=0.03)
    assert 0.7 < choose_card(answers, columns_of(), 10).apart.auc < 0.9


def test_a_weight_of_two_counts_as_two_people(rng):
    points, values = rng.integers(0, 9, 200), (rng.random(200) < 0.4).astype(float)
    weight = rng.integers(1, 4, 200)
    again = np.repeat(np.arange(200), weight)

    weighed = judge(points, points > 5, values, weight.astype(float))
    copied = judge(points[again], points[again] > 5, values[again], np.ones(len(again)))

    assert weighed.auc == pytest.approx(copied.auc)
    assert weighed.in_need(weighed.reached) == pytest.approx(copied.in_need(copied.reached))


def test_a_card_reads_back_as_it_was_written(answers):
    card = choose_card(answers, columns_of(), 10).card

    assert card_from_json(json.loads(json.dumps(card_to_json(card)))) == card


def test_only_what_people_know_of_themselves_is_asked():
    codebook = load_codebook("werkonderzoek-2019")
    features = [SimpleNamespace(name=name) for name in codebook.columns]
    made_from = SimpleNamespace(task=SimpleNamespace(schema=SimpleNamespace(features=features)))

    asked = {column.name for column in askable(made_from, codebook)}

    assert {"opleiding", "dienstjaren", "psy_1"} <= asked
    assert not asked & {"leeftijd", "geslacht", "prestatie_leiding", "contract", "sector"}
