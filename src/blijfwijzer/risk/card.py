"""A self-check of a few questions with whole points, that people fill in for themselves.

Scores that are added by hand keep most of what a model knows (Dawes 1979; Sullivan, Massaro &
D'Agostino 2004 for points from a regression; Ustun & Rudin 2019 for few questions and whole
points).
Questions are taken one by one, each time the one that tells most beside those that were taken (a
score test of its bands of answers), and their number is what whole units that were kept apart ask
for. A card tells of no group, and whoever fills it in keeps it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from blijfwijzer.risk.metrics import measure, rank
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Column

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


@dataclass(frozen=True)
class Band:
    """Answers to a question that give the same points."""

    low: float
    """Lowest answer, as the codebook counts it; minus infinity in the first band."""
    high: float
    """Answers from this on are in the next band."""
    points: int


@dataclass(frozen=True)
class Question:
    """One question of a card."""

    column: str
    bands: tuple[Band, ...]
    unanswered: int
    """Points of no answer: those of the mean answer."""


@dataclass(frozen=True)
class Card:
    """Questions with points, and from how many a voucher may be for someone."""

    questions: tuple[Question, ...]
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
class Answers:
    """What a card is chosen from: one row per response of whom it is known."""

    frame: pd.DataFrame
    """Numbers as the codebook counts them; other columns are not looked at."""
    values: Array
    """1 in need, 0 not."""
    weight: Array
    folds: Codes
    """Whole units are in one."""

    def take(self, rows: Mask) -> "Answers":
        """Give some of the responses."""
        return Answers(
            self.frame[rows].reset_index(drop=True),
            self.values[rows],
            self.weight[rows],
            self.folds[rows],
        )


def choose_card(answers: Answers, columns: Sequence[Column], minimum: int) -> Card:
    """Choose the questions and points of a card.

    Seven or eight questions: the eighth only where cards of as many, chosen without a fold of whole
    units, rank the people of that fold better.

    Parameters
    ----------
    columns : those that may be asked: answered by oneself, no audit attributes, and not what the
        need is made of
    minimum : respondents of each band, of those in need as well as of others, so that no points
        tell of few people
    """
    kept = {
        count: np.mean(
            [
                _auc(
                    _card_of(answers.take(answers.folds != fold), columns, minimum, count),
                    answers.take(answers.folds == fold),
                )
                for fold in np.unique(answers.folds)
            ]
        )
        for count in (_FEWEST, _MOST)
    }
    count = _MOST if kept[_MOST] > kept[_FEWEST] else _FEWEST
    return _card_of(answers, columns, minimum, count)


def _auc(card: Card, answers: Answers) -> float:
    ranked = rank(answers.values, card.points(answers.frame).astype(np.float64))
    return measure(ranked, answers.weight, ("roc_auc",))["roc_auc"]


def _card_of(answers: Answers, columns: Sequence[Column], minimum: int, count: int) -> Card:
    asked = {c.name: _edges(c, answers, minimum) for c in columns if c.name in answers.frame}
    codes = {
        name: _codes(answers.frame[name].to_numpy(dtype=np.float64), edges)
        for name, edges in asked.items()
        if len(edges) > 2
    }
    chosen: list[str] = []
    risk = np.full(len(answers.values), np.average(answers.values, weights=answers.weight))
    worth: list[Array] = []
    for _ in range(min(count, len(codes))):
        left = [name for name in codes if name not in chosen]
        chosen.append(max(left, key=lambda name: _told(codes[name], answers, risk)))
        worth, risk = _fit([codes[name] for name in chosen], answers)
    step = max(float(np.ptp(own[1:])) for own in worth) / _MOST_POINTS
    questions = [
        _question(name, asked[name], own, codes[name], answers.weight, step)
        for name, own in zip(chosen, worth, strict=True)
    ]
    card = Card(tuple(questions), 0)
    return Card(card.questions, _cut(card.points(answers.frame), answers.weight))


def _edges(column: Column, answers: Answers, minimum: int) -> Array:
    """Cut answers in a few bands with enough people in need and others in each."""
    given = answers.frame[column.name].to_numpy(dtype=np.float64)
    known = ~np.isnan(given)
    if not known.any() or (column.type == "nominal" and len(np.unique(given[known])) > 2):
        return np.array([-np.inf, np.inf])
    cuts = np.unique(np.quantile(given[known], np.arange(1, _BANDS) / _BANDS))
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


def _codes(given: Array, edges: Array) -> Codes:
    """Give the band of each answer, from 1; 0 is no answer."""
    return np.where(np.isnan(given), 0, np.digitize(given, edges[1:-1]) + 1)


def _told(code: Codes, answers: Answers, risk: Array) -> float:
    """Score test of the bands of a question, beside what is known already (Rao 1948)."""
    own = answers.weight * (answers.values - risk)
    spread = np.bincount(code, weights=answers.weight**2 * risk * (1 - risk))
    return float((np.bincount(code, weights=own) ** 2 / np.maximum(spread, 1e-12)).sum())


def _fit(codes: list[Codes], answers: Answers) -> tuple[list[Array], Array]:
    """Fit a logistic regression on bands; give the worth of each band, and the risks."""
    tables = [np.eye(int(code.max()) + 1)[code] for code in codes]
    terms = np.hstack(tables)
    model = LogisticRegression(C=_STRENGTH, max_iter=200)
    model.fit(terms, answers.values, sample_weight=answers.weight)
    ends = np.cumsum([table.shape[1] for table in tables])
    worth = [np.asarray(part, dtype=np.float64) for part in np.split(model.coef_[0], ends[:-1])]
    return worth, np.asarray(model.predict_proba(terms)[:, 1], dtype=np.float64)


def _question(
    name: str, edges: Array, worth: Array, code: Codes, weight: Array, step: float
) -> Question:
    told = np.rint((worth[1:] - worth[1:].min()) / step).astype(int)
    bands: list[Band] = []
    for low, high, points in zip(edges[:-1], edges[1:], told, strict=True):
        if bands and bands[-1].points == points:
            bands[-1] = Band(bands[-1].low, float(high), int(points))
        else:
            bands.append(Band(float(low), float(high), int(points)))
    answered = code > 0
    mean = float(np.average(told[code[answered] - 1], weights=weight[answered]))
    return Question(name, tuple(bands), round(mean))


def _cut(points: Codes, weight: Array) -> int:
    """Give the points from which about a fifth of people lie."""
    reached = np.array([weight[points >= cut].sum() for cut in range(int(points.max()) + 2)])
    return int(np.abs(reached / weight.sum() - _SHARE).argmin())
