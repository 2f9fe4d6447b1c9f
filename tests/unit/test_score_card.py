"""Whom a card reaches in a new wave, or why that is not told."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.publish.language.texts import write
from blijfwijzer.risk.card import Band, Card, CardQuestion, Judged
from blijfwijzer.runs.scoring.card import judge_card
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import VoucherUse, load_codebook

CODEBOOK = load_codebook("werkonderzoek-2019")
CARD = Card((CardQuestion("opleiding", (Band(-np.inf, 2, 2), Band(2, np.inf, 0)), 1),), 2)
ROWS = 400


def judge_wave(**changed):
    rng = np.random.default_rng(5)
    education = rng.integers(1, 4, ROWS).astype(float)
    values = (rng.random(ROWS) < np.where(education == 1, 0.6, 0.2)).astype(float)
    values[:50] = np.nan
    made = {
        "card": CARD,
        "values": values,
        "responses": pd.DataFrame({"opleiding": education}),
        "tells_everyone": True,
        "codebook": CODEBOOK,
        "trained_on": "other",
    } | changed
    stored = SimpleNamespace(
        card=made["card"],
        model=SimpleNamespace(target="achterblijver"),
        manifest=SimpleNamespace(survey_hmac_sha256=made["trained_on"]),
    )
    wave = SimpleNamespace(
        codebook=made["codebook"],
        responses=made["responses"],
        weight=np.ones(ROWS),
        settings=Settings(),
    )
    return judge_card(
        SimpleNamespace(stored=stored, values=made["values"]),
        wave,
        SimpleNamespace(origin={"survey_hmac_sha256": "this"}),
        SimpleNamespace(choice=SimpleNamespace(tells_everyone=made["tells_everyone"])),
    )


def test_those_of_whom_the_need_is_known_are_judged():
    found = judge_wave()

    assert isinstance(found, Judged)
    assert len(found.values) == ROWS - 50
    assert found.in_need(found.reached) == pytest.approx(0.6, abs=0.1)
    assert found.in_need(~found.reached) == pytest.approx(0.2, abs=0.1)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"card": None}, "the training made none."),
        ({"values": None}, "this wave does not ask who is in need."),
        ({"trained_on": "this"}, "it was chosen from this wave."),
        ({"responses": pd.DataFrame({"a": np.ones(ROWS)})}, "lacks some of its questions: Educat"),
        ({"tells_everyone": False}, "that would tell something about few people."),
        ({"values": np.ones(ROWS)}, "that would tell something about few people."),
        (
            {"responses": pd.DataFrame({"opleiding": np.r_[np.ones(55), np.full(ROWS - 55, 3.0)]})},
            "that would tell something about few people.",
        ),
    ],
)
def test_a_card_that_cannot_be_judged_says_why(changed, why):
    assert why in write(judge_wave(**changed), "en")


def test_no_card_is_judged_of_a_need_that_vouchers_are_not_for():
    other = CODEBOOK.model_copy(update={"vouchers": VoucherUse(outcome="other")})

    assert judge_wave(codebook=other) is None
