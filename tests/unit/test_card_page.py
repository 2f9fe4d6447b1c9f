"""The self-check card as people get it."""

import re

import pytest

from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.pages.card_page import card_files
from blijfwijzer.publish.tables.card_tables import clear_apart, clear_questions
from blijfwijzer.settings import Settings
from shared_card import CARD, CODEBOOK, judged, page, page_of


def test_each_answer_stands_under_the_points_that_it_gives():
    rows = clear_questions(CARD, CODEBOOK, Edge("en")).frame

    told = rows.set_index("question")
    assert told.loc["Education", "points_4"] == "low (up to lower secondary)"
    assert told.loc["Years of service", "points_1"] == "10 or more, but less than 20"
    assert told.loc["Years of service", "points_2"] == "20 or more"
    assert told.loc["I am immersed in my work", "points_1"] == "Never to Sometimes"
    assert rows["points_1"].iloc[3] == "Strongly disagree or Strongly agree"
    assert rows["unanswered"].tolist() == [1, 1, 0, 0]
    assert "points_3" not in rows


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", ["6 punten of meer", "wordt bewaard of verstuurd", "geen oordeel", "HR-adviseur"]),
        ("en", ["6 points or more", "is stored or sent", "no verdict", "HR adviser"]),
    ],
)
def test_a_card_tells_its_cut_what_then_that_nothing_is_stored_and_whom_to_ask(language, said):
    text = page(language)

    assert f'lang="{language}"' in text
    assert all(sentence in text for sentence in said)
    assert "<script" not in text
    assert "<form" not in text


@pytest.mark.parametrize(("own", "other"), [("nl", "en"), ("en", "nl")])
def test_a_card_is_there_in_every_language(own, other):
    files = card_files(page_of(own))

    spoken = {name: re.search(r'lang="(\w+)"', text.decode())[1] for name, text in files.items()}
    assert spoken == {"card.html": own, f"card.{other}.html": other}


def test_a_card_tells_how_often_it_is_right_as_the_gate_has_it():
    assert "held for 40% of people with enough points, and for 18% of all people" in page()


@pytest.mark.parametrize(
    "apart", [judged(reached=9, needy=4), judged(needy=400), judged(needy=0), judged(others=0)]
)
def test_a_card_tells_no_shares_of_few_people_or_of_those_who_are_all_alike(apart):
    assert len(clear_apart(apart, Settings())) == 0
    assert not re.search(r"held for \d", page(apart=apart))
