"""What everyone answered to a question is told only where one person cannot follow from it."""

from types import SimpleNamespace

import numpy as np
import pytest

from blijfwijzer.runs.scoring.questions import tell_questions
from blijfwijzer.settings import Settings
from questionnaires import small_survey
from shared_rivals import BOOK

QUESTION = "veilig_1"


def questions_of(rng, answered, rows=500):
    """Tell of a survey in which so many answered a question, and all the others."""
    responses = small_survey(rng, rows).assign(weight=1.0)
    responses[QUESTION] = np.where(np.arange(rows) < answered, rng.integers(1, 6, rows), np.nan)
    wave = SimpleNamespace(
        codebook=BOOK, responses=responses, weight=np.ones(rows), settings=Settings()
    )
    everyone = SimpleNamespace(choice=SimpleNamespace(tells_everyone=True))
    return tell_questions(wave, everyone).set_index("question")


@pytest.mark.parametrize(
    ("answered", "is_told"),
    [(12, False), (299, False), (300, True), (490, True), (491, False), (500, True)],
)
def test_a_question_is_told_only_of_so_many_that_rounding_hides_each(rng, answered, is_told):
    """Of 12 who answered, a mean to one decimal gives the sum of their answers, and beside a
    release in which 13 did the answer of one.
    """
    told = questions_of(rng, answered)

    assert (QUESTION in told.index) == is_told
    assert "veilig_2" in told.index


def test_a_question_that_everyone_answered_is_told_as_everyone_is(rng):
    told = questions_of(rng, answered=250, rows=250)

    assert QUESTION in told.index
