"""Tables of a self-check card: its questions, and whom it reaches; each goes through the gate."""

import math
from collections.abc import Iterator

import pandas as pd

from blijfwijzer.disclosure.release import Cleared
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.findings import Findings
from blijfwijzer.risk.card import Band, Card, Judged
from blijfwijzer.risk.evaluation import decimals_of
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, Column
from blijfwijzer.survey.texts import Message, Value, say

_SEVERAL = 3
"""Codes in a row from which only the first and the last are named."""


def clear_questions(card: Card, codebook: Codebook, edge: Edge) -> Cleared:
    """Put the questions in words: a row each, and its answers by the points that they give."""
    rows: list[dict[str, Value]] = []
    for question in card.questions:
        column = codebook.columns[question.column]
        answers: dict[int, list[Value]] = {}
        for band in question.bands:
            answers.setdefault(band.points, []).append(_in_words(band, column))
        rows.append(
            {
                "question": column.label,
                **{
                    f"points_{p}": say("card.answers", answers=tuple(a)) for p, a in answers.items()
                },
                "unanswered": question.unanswered,
                "own": say("card.own"),
            }
        )
    return edge.clear("card_questions", pd.DataFrame(rows))


def _in_words(band: Band, column: Column) -> Value:
    """Say which answers are in a band, by their codes or as numbers."""
    if not column.codes:
        return _numbers(band)
    inside: list[Value] = [
        text for code, text in column.codes.items() if band.low <= column.values[code] < band.high
    ]
    if len(inside) < _SEVERAL:
        return say("card.codes", codes=tuple(inside))
    return say("card.from_to", first=inside[0], last=inside[-1])


def _numbers(band: Band) -> Message:
    if math.isinf(band.low):
        return say("card.less", high=band.high)
    if math.isinf(band.high):
        return say("card.more", low=band.low)
    return say("card.between", low=band.low, high=band.high)


def clear_apart(judged: Judged, settings: Settings) -> Cleared:
    """Clear whom a card reaches, in units that were kept apart; no rows where few or alike."""
    edge, disclosure = Edge.of(settings), settings.disclosure
    is_told = judged.is_tellable(disclosure.minimum, disclosure.unanimity)
    return edge.clear("card_apart", list(reached_rows(judged)) if is_told else [])


def clear_cards(findings: Findings) -> Cleared:
    """Clear whom the card of each need reaches in a new wave."""
    judged = {n: card for n, card in findings.cards.items() if isinstance(card, Judged)}
    rows = [{"target": name, **row} for name, own in judged.items() for row in reached_rows(own)]
    return findings.edge.clear("card", rows)


def say_cards(findings: Findings) -> Iterator[Message]:
    """Say how well each card ranks people in a new wave, or why that is not told."""
    for name, card in findings.cards.items():
        need = findings.codebook.outcomes[name].label
        if isinstance(card, Judged):
            auc = round(card.auc, decimals_of(len(card.values)))
            yield say("card.judged", need=need, auc=auc)
        else:
            yield say("card.unjudged", need=need, why=card)


def reached_rows(judged: Judged) -> Iterator[dict[str, Value]]:
    """Give how many of everyone, and of those whom a card reaches, are in need."""
    parts = (("card.everyone", judged.everyone), ("card.reached", judged.reached))
    for name, who in parts:
        in_need = judged.in_need(who)
        told: dict[str, Value] = {"who": say(name), "n": int(who.sum())}
        yield {**told, "in_need": in_need, "inclusion": 1 - in_need}
