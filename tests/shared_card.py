"""What tests of the self-check card's page share, read and in a browser."""

import numpy as np

from blijfwijzer.publish.pages.card_page import CardPage, render_card
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


def page_of(language="en", apart=None):
    chosen, outcome = ChosenCard(CARD, apart or judged()), CODEBOOK.outcomes["achterblijver"]
    return CardPage(chosen, CODEBOOK, outcome, Settings(language=language))


def page(language="en", apart=None):
    return render_card(page_of(language, apart)).decode()
