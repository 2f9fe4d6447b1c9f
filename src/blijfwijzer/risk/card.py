"""A self-check of a few questions with whole points, that people fill in for themselves.

Scores that are added by hand keep most of what a model knows (Dawes 1979; Sullivan, Massaro &
D'Agostino 2004 for points from a regression; Ustun & Rudin 2019 for few questions and whole
points).
Questions are taken one by one, each time the one that tells most beside those that were taken (a
score test of its bands of answers), and their number is what whole units that were kept apart ask
for. A card tells of no group, and whoever fills it in keeps it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.risk.metrics import measure, rank
from blijfwijzer.risk.training import TrainingSet
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Codebook, Column

_BANDS = 4
"""Bands of answers of a question, at most: more asks for reading, not for thinking."""
_MOST_POINTS = 4
"""Points of one answer, at most, so that nobody needs a calculator."""
_FEWEST = 7
_MOST = 8
"""Questions of a card."""
_SHARE = 0.2
"""Share of people that the cut asks to consider a voucher."""
_STRENGTH = 1.0
_FEWEST_PEOPLE = 10
"""In need, and not, who a band of answers stands for, at least (CBS and ACRO ask ten)."""


@dataclass(frozen=True)
class Band:
    """Answers to a question that give the same points."""

    low: float
    """Lowest answer, as the codebook counts it; minus infinity in the first band."""
    high: float
    """Answers from this on are in the next band."""
    points: int


@dataclass(frozen=True)
class CardQuestion:
    """One question of a card."""

    column: str
    bands: tuple[Band, ...]
    unanswered: int
    """Points of no answer: as its people turned out to be in need, where these are enough; else
    those of the mean answer. A question can be left out for a reason that tells of need, as by
    people whom it does not apply to."""


@dataclass(frozen=True)
class Card:
    """Questions with points, and from how many a voucher may be for someone."""

    questions: tuple[CardQuestion, ...]
    cut: int

    def points(self, answers: pd.DataFrame) -> Codes:
        """Add the points of each response.

        Parameters
        ----------
        answers : one row per response, numbers as the codebook counts them; NaN is no answer
        """
        total = np.zeros(len(answers), dtype=np.intp)
        for question in self.questions:
            given = answers[question.column].to_numpy(dtype=np.float64)
            worth = np.full(len(given), question.unanswered)
            for band in question.bands:
                worth[(given >= band.low) & (given < band.high)] = band.points
            total += worth
        return total


@dataclass(frozen=True)
class CardAnswers:
    """What a card is chosen from: one row per response of whom it is known."""

    frame: pd.DataFrame
    """Numbers as the codebook counts them; other columns are not looked at."""
    values: Array
    """1 in need, 0 not."""
    weight: Array
    folds: Codes
    """Whole units are in one."""

    def take(self, rows: Mask) -> "CardAnswers":
        """Give some of the responses."""
        return CardAnswers(
            self.frame[rows].reset_index(drop=True),
            self.values[rows],
            self.weight[rows],
            self.folds[rows],
        )


@dataclass(frozen=True)
class Judged:
    """Whom a card asks to consider a voucher, of those of whom the need is known."""

    auc: float
    """Of its points; NaN where all are in need, or none."""
    values: Array
    """1 in need, 0 not."""
    reached: Mask
    """Whether each has the points that the cut asks."""
    weight: Array

    def in_need(self, who: Mask) -> float:
        """Give the share of some of them that is in need; NaN of nobody."""
        weight = self.weight[who]
        return float(self.values[who] @ weight / weight.sum()) if weight.sum() else math.nan

    def is_tellable(self, minimum: int, unanimity: float) -> bool:
        """Say whether those whom it reaches, and the others, are enough and not all alike.

        Parameters
        ----------
        minimum : respondents
        unanimity : share of one answer from which it is everyone's
        """
        parts = (self.reached, ~self.reached)
        shares = [self.in_need(who) for who in parts]
        is_alike = any(not 1 - unanimity < share < unanimity for share in shares)
        return min(int(who.sum()) for who in parts) >= minimum and not is_alike

    @property
    def everyone(self) -> Mask:
        """All of whom it is known."""
        return np.ones(len(self.values), dtype=bool)


@dataclass(frozen=True)
class ChosenCard:
    """A card, and how well cards that are chosen so do on units that were kept apart."""

    card: Card
    apart: Judged


def judge(points: Codes, reached: Mask, values: Array, weight: Array) -> Judged:
    """Hold points against the need.

    Parameters
    ----------
    points, reached, values, weight : one per response; values 1 in need, 0 not
    """
    ranked = rank(values, points.astype(np.float64))
    auc = measure(ranked, weight[ranked.order], ("roc_auc",))["roc_auc"]
    return Judged(auc, values, reached, weight)


def answers_of(made_from: TrainingSet) -> CardAnswers:
    """Give what a card is chosen from: the responses of a training, its weights and its folds."""
    task = made_from.task
    folds: Codes = np.zeros(len(task.values), dtype=np.intp)
    for number, fold in enumerate(task.folds):
        folds[fold[1]] = number
    return CardAnswers(task.frame, task.values, task.weight, folds)


def askable(made_from: TrainingSet, codebook: Codebook) -> list[Column]:
    """Give the questions that people can be asked about themselves.

    These are the questions behind the features of a model, which the need is not made of. Audit
    attributes are none of them, even where a model may use them; nor what somebody else judges (the
    column of performance), nor answers that have no order.
    """
    names = {feature.name for feature in made_from.task.schema.features}
    return [
        column
        for column in codebook.with_role("item", "career")
        if column.name in names and column.name != codebook.performance and column.type != "nominal"
    ]


def choose_card(answers: CardAnswers, columns: Sequence[Column], minimum: int) -> ChosenCard | None:
    """Choose the questions and points of a card; None where there are too few to choose from.

    Seven or eight questions: the eighth only where cards of as many, chosen without a fold of whole
    units, rank people of the folds that were kept apart better. A question of which no answer gives
    points beside the others is left out, as it is a question for nothing.

    Parameters
    ----------
    columns : those that may be asked: answered by oneself, no audit attributes, and not what the
        need is made of
    minimum : respondents of each band, of those in need as well as of others, so that no points
        tell of few people
    """
    minimum = max(minimum, _FEWEST_PEOPLE)
    cards = _cards_of(answers, columns, minimum)
    made = [
        (fold, _cards_of(answers.take(answers.folds != fold), columns, minimum))
        for fold in np.unique(answers.folds)
    ]
    apart = {
        count: _judge_apart(answers, [(fold, own[count]) for fold, own in made])
        for count in cards
        if all(count in own for _, own in made)
    }
    if not apart:
        return None
    count = max(apart, key=lambda count: (apart[count].auc, -count))
    return ChosenCard(cards[count], apart[count])


def _judge_apart(answers: CardAnswers, made: Sequence[tuple[int, Card]]) -> Judged:
    """Judge cards, each by the people of the fold that it was chosen without."""
    points = np.zeros(len(answers.values), dtype=np.intp)
    reached = np.zeros(len(points), dtype=bool)
    for fold, card in made:
        own = answers.folds == fold
        points[own] = card.points(answers.frame[own])
        reached[own] = points[own] >= card.cut
    return judge(points, reached, answers.values, answers.weight)


def _cards_of(answers: CardAnswers, columns: Sequence[Column], minimum: int) -> dict[int, Card]:
    """Give a card of each number of questions for which there are enough."""
    asked = {c.name: _edges(c, answers, minimum) for c in columns if c.name in answers.frame}
    codes = {
        name: _codes(answers.frame[name].to_numpy(dtype=np.float64), edges)
        for name, edges in asked.items()
        if len(edges) > 2
    }
    chosen: list[str] = []
    cards: dict[int, Card] = {}
    risk = np.full(len(answers.values), np.average(answers.values, weights=answers.weight))
    for count in range(1, min(_MOST, len(codes)) + 1):
        left = [name for name in codes if name not in chosen]
        chosen.append(max(left, key=lambda name: _told(codes[name], answers, risk)))
        fitted, risk = _fit([codes[name] for name in chosen], answers)
        if count >= _FEWEST:
            worth = [
                _with_silence(own, codes[name], answers, minimum)
                for name, own in zip(chosen, fitted, strict=True)
            ]
            step = max(float(np.ptp(own)) for own in worth) / _MOST_POINTS
            questions = [
                _question(name, asked[name], own, step)
                for name, own in zip(chosen, worth, strict=True)
            ]
            told = Card(tuple(q for q in questions if len(q.bands) > 1), 0)
            cut = _cut(told.points(answers.frame), answers.weight)
            cards[count] = Card(told.questions, cut)
    return cards


def _edges(column: Column, answers: CardAnswers, minimum: int) -> Array:
    """Cut answers in a few bands with enough people in need and others in each."""
    given = answers.frame[column.name].to_numpy(dtype=np.float64)
    known = ~np.isnan(given)
    if not known.any():
        return np.array([-np.inf, np.inf])
    cuts = _round_cuts(given[known])
    if column.codes:
        cuts = np.unique(given[known])[1:]
    edges = [-np.inf, *(cut for cut in cuts if cut > given[known].min()), np.inf]
    while len(edges) > 2:
        place = np.digitize(given[known], edges[1:-1])
        sizes = np.stack(
            [
                np.bincount(place[answers.values[known] == own], minlength=len(edges) - 1)
                for own in (0, 1)
            ]
        ).min(axis=0)
        small = int(sizes.argmin())
        if sizes[small] >= minimum and len(edges) - 1 <= _BANDS:
            break
        # The smallest band joins the smaller of its neighbours.
        beside = [i for i in (small - 1, small + 1) if 0 <= i < len(sizes)]
        other = min(beside, key=lambda i: sizes[i])
        del edges[max(small, other)]
    return np.asarray(edges, dtype=np.float64)


def _round_cuts(given: Array) -> Array:
    """Cut numbers where about as many lie between, at numbers that tell of nobody by themselves."""
    cuts = np.quantile(given, np.arange(1, _BANDS) / _BANDS)
    span = float(np.ptp(given))
    if span == 0:
        return np.array([])
    step = 10.0 ** math.floor(math.log10(span / _BANDS))
    if (given == np.rint(given)).all():
        step = max(step, 1.0)
    return np.unique(np.rint(cuts / step) * step)


def _codes(given: Array, edges: Array) -> Codes:
    """Give the band of each answer, from 1; 0 is no answer."""
    return np.where(np.isnan(given), 0, np.digitize(given, edges[1:-1]) + 1)


def _told(code: Codes, answers: CardAnswers, risk: Array) -> float:
    """Score test of the bands of a question, beside what is known already (Rao 1948)."""
    own = answers.weight * (answers.values - risk)
    spread = np.bincount(code, weights=answers.weight**2 * risk * (1 - risk))
    return float((np.bincount(code, weights=own) ** 2 / np.maximum(spread, 1e-12)).sum())


def _fit(codes: list[Codes], answers: CardAnswers) -> tuple[list[Array], Array]:
    """Fit a logistic regression on bands; give the worth of each band, and the risks."""
    # Imported here: it takes a second, and most commands fit nothing.
    from sklearn.linear_model import LogisticRegression

    tables = [np.eye(int(code.max()) + 1)[code] for code in codes]
    terms = np.hstack(tables)
    model = LogisticRegression(C=_STRENGTH, max_iter=200)
    model.fit(terms, answers.values, sample_weight=answers.weight)
    ends = np.cumsum([table.shape[1] for table in tables])
    worth = [np.asarray(part, dtype=np.float64) for part in np.split(model.coef_[0], ends[:-1])]
    return worth, np.asarray(model.predict_proba(terms)[:, 1], dtype=np.float64)


def _with_silence(worth: Array, code: Codes, answers: CardAnswers, minimum: int) -> Array:
    """Give no answer the worth of the mean answer, where too few gave none to know its own."""
    given = code > 0
    silent = answers.values[~given]
    if min((silent == 1).sum(), (silent == 0).sum()) >= minimum:
        return worth
    mean = np.average(worth[code[given]], weights=answers.weight[given])
    return np.array([mean, *worth[1:]])


def _question(name: str, edges: Array, worth: Array, step: float) -> CardQuestion:
    unanswered, *told = np.rint((worth - worth.min()) / step).astype(int)
    bands: list[Band] = []
    for low, high, points in zip(edges[:-1], edges[1:], told, strict=True):
        if bands and bands[-1].points == points:
            bands[-1] = Band(bands[-1].low, float(high), int(points))
        else:
            bands.append(Band(float(low), float(high), int(points)))
    return CardQuestion(name, tuple(bands), int(unanswered))


def _cut(points: Codes, weight: Array) -> int:
    """Give the points from which about a fifth of people lie."""
    reached = np.array([weight[points >= cut].sum() for cut in range(int(points.max()) + 2)])
    return int(np.abs(reached / weight.sum() - _SHARE).argmin())


def card_to_json(card: Card) -> dict[str, Any]:
    """Give a card as plain values; a band without an end has none."""
    return {
        "cut": card.cut,
        "questions": [
            {
                "column": question.column,
                "unanswered": question.unanswered,
                "bands": [
                    {"low": _end(band.low), "high": _end(band.high), "points": band.points}
                    for band in question.bands
                ],
            }
            for question in card.questions
        ],
    }


def _end(end: float) -> float | None:
    return end if math.isfinite(end) else None


def card_from_json(raw: Mapping[str, Any]) -> Card:
    """Read what `card_to_json` gave."""
    questions = tuple(
        CardQuestion(str(told["column"]), tuple(_bands(told["bands"])), int(told["unanswered"]))
        for told in raw["questions"]
    )
    return Card(questions, int(raw["cut"]))


def _bands(raw: Sequence[Mapping[str, Any]]) -> Iterator[Band]:
    for told in raw:
        low = -math.inf if told["low"] is None else float(told["low"])
        high = math.inf if told["high"] is None else float(told["high"])
        yield Band(low, high, int(told["points"]))
