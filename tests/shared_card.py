"""What tests of the self-check card's page share, read and in a browser."""

import numpy as np

from blijfwijzer.publish.card_page import CardPage, render_card
from blijfwijzer.risk.card import Band, Card, CardQuestion, ChosenCard, Judged
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook

CODEBOOK = load_codebook("werkonderzoek-2019")
INF = float("inf")
CARD = Card(
    (
        CardQuestion("opleiding", (Band(-INF, 2, 4), Band(2, 3, 2), Band(3, INF, 0)), 1),
        CardQuestion("dienstjaren", (Band(-INF, 10, 0), Band(10, 20, 1), Band(20, INF, 2)), 1),
        CardQuestion("bev_3", (Band(-INF, 4, 1), Band(4, INF, 0)), 0),
        CardQuestion("pre_3", (Band(-INF, 2, 1), Band(2, 5, 0), Band(5, INF, 1)), 0),
    ),
    6,
)


def judged(reached=400, needy=160, others=200, rows=2000):
    """So many reached, of whom some are in need, and some of those who are not reached."""
    values = np.zeros(rows)
    values[:needy] = 1
    values[reached : reached + others] = 1
    return Judged(0.74, values, np.arange(rows) < reached, np.ones(rows))


def page(language="en", apart=None):
    settings = Settings(language=language)
    outcome = CODEBOOK.outcomes["achterblijver"]
    chosen = ChosenCard(CARD, apart or judged())
    return render_card(CardPage(chosen, CODEBOOK, outcome, settings)).decode()
