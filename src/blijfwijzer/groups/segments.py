"""Segments of people that can be read as a sentence, estimated where they were not found.

A shallow tree over career variables is grown on one half of the organisations; the rates of its
leaves come from the other half (honest estimation; Athey & Imbens 2016, PNAS 113(27)). Audit
attributes never take part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import stdtrit

from blijfwijzer.errors import SettingsError
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import Z, wilson
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.estimation.variance import add_up
from blijfwijzer.groups.conditions import UNANSWERED, Allowed, Question, describe, read_question
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.settings import SegmentSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask, effective_n
from blijfwijzer.survey.codebook import Column
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.texts import Message

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeRegressor

_FEWEST_UNITS = 5
_FOLDS = 3
_PRUNINGS = 6


@dataclass(frozen=True)
class Segments:
    """Who falls behind most, in words; every response is in one segment, or there are none."""

    table: pd.DataFrame
    """One row per segment, highest rate first, indexed "segment=1" and on: rule, n
    (respondents), n_estimated and units (those the rate rests on), share (of all weight), rate,
    low, high (95 %), difference from all with its interval, risk (mean of the model), source
    ("answers", or "model" where the wave has no outcomes)."""
    members: csr_array
    """Segments x responses, in the order of `table`: who is in it."""
    is_estimated: Mask
    """Per response: whether rates may rest on it; the others chose the segments."""


def find_segments(
    responses: Responses,
    predictions: Predictions,
    columns: Sequence[Column],
    settings: SegmentSettings,
    seed: int,
    barred: frozenset[str] = frozenset(),
) -> Segments:
    """Find segments on half of the organisations and estimate them on the other half.

    There are no segments when nothing that splits people on one part of the first half also
    does so on the other parts, or when there are fewer than ten organisations.

    Parameters
    ----------
    responses : one row per response
    predictions : of the same rows; where hardly any outcome is known, the model's risk takes its
        place; a cluster (organisation) is never in both halves
    columns : those that may be used, all with the role career
    barred : columns that the outcome is made of; left out

    Raises
    ------
    SettingsError
        A column is no career variable (an audit attribute never is), or one that the settings
        ask for is barred or absent.
    """
    questions = _questions(responses, columns, settings.columns, barred)
    known = ~np.isnan(predictions.values)
    source = "answers" if known.sum() >= 4 * settings.minimum else "model"
    values = predictions.values if source == "answers" else predictions.risk
    design = predictions.design
    unit, weight = design.cluster, design.weight
    usable = ~np.isnan(values) & (weight > 0)
    rng = np.random.default_rng(seed)
    is_estimated = _halve(unit, rng)
    leaves: list[list[Allowed]] = []
    if questions and len(np.unique(unit)) >= 2 * _FEWEST_UNITS:
        half = usable & ~is_estimated
        tree = _grow(questions, values[half], design.take(half), half, settings, rng)
        leaves = _leaves(tree, questions, usable & is_estimated, unit, settings.minimum)
    inside = np.array([_inside(leaf, len(responses)) for leaf in leaves])
    inside = inside.reshape(len(leaves), len(responses))
    table = estimate_rates(inside, values, design, usable & is_estimated).assign(
        rule=pd.Series([_rule(leaf) for leaf in leaves], dtype="object"),
        n=inside.sum(axis=1),
        share=inside @ weight / weight.sum(),
        risk=[float(np.average(predictions.risk[row], weights=weight[row])) for row in inside],
        source=source,
    )
    order = np.argsort(-table["rate"].to_numpy(dtype=np.float64), kind="stable")
    table = table.iloc[order]
    table.index = pd.Index([f"segment={k}" for k in range(1, len(table) + 1)], name="segment")
    return Segments(table[_COLUMNS], csr_array(inside[order]), is_estimated)


_COLUMNS = [
    *("rule", "n", "n_estimated", "units", "share", "rate", "low", "high"),
    *("difference", "difference_low", "difference_high", "risk", "source"),
]
_RATES = [
    *("n_estimated", "units", "rate", "low", "high"),
    *("difference", "difference_low", "difference_high"),
]


def estimate_rates(inside: Array, values: Array, design: Design, usable: Mask) -> pd.DataFrame:
    """Estimate the weighted rate of each segment, and its difference from everybody.

    Variances are linearised and add up whole units; Wilson's interval takes the effective number
    of respondents that this gives, never more than the weights allow, lowered for few units
    (Korn & Graubard 1998).

    Parameters
    ----------
    inside : one row per segment, one column per response
    values : per response, in [0, 1]
    usable : responses that the estimates may rest on
    """
    weight = design.weight
    everyone = _mean(usable, values, weight)
    of_everyone = _influence(usable, everyone, values, weight)
    rows = []
    for segment in inside:
        mine = segment & usable
        rate = _mean(mine, values, weight)
        own = _influence(mine, rate, values, weight)
        error, units = _error(own, design.cluster, mine)
        spread = float(stdtrit(max(units - 1, 1), ENDS[1]))
        n = effective_n(weight[mine])
        if error > 0:
            n = min(n, rate * (1 - rate) / error**2)
        low, high = wilson(np.array(rate), np.array(n * (Z / spread) ** 2))
        apart, _ = _error(own - of_everyone, design.cluster, usable)
        rows.append(
            {
                "n_estimated": int(mine.sum()),
                "units": units,
                "rate": rate,
                "low": float(low),
                "high": float(high),
                "difference": rate - everyone,
                "difference_low": rate - everyone - spread * apart,
                "difference_high": rate - everyone + spread * apart,
            }
        )
    return pd.DataFrame(rows, columns=_RATES)


def _questions(
    responses: Responses,
    columns: Sequence[Column],
    asked: tuple[str, ...],
    barred: frozenset[str],
) -> list[Question]:
    career = {column.name: column for column in columns if column.role == "career"}
    strange = [column.name for column in columns if column.role != "career"]
    strange += [name for name in asked if name not in career and name not in strange]
    if strange:
        raise SettingsError(
            f"segments.columns: {len(strange)} are no career variables of the codebook: "
            f"{', '.join(strange)}. Age, sex and origin can never make a segment; leave them out."
        )
    lost = [name for name in asked if name in barred or name not in responses]
    if lost:
        raise SettingsError(
            f"segments.columns: {len(lost)} cannot be used: {', '.join(lost)}. The outcome is made "
            "of them, or the survey does not hold them; leave them out."
        )
    names = asked or tuple(n for n in career if n not in barred and n in responses)
    read = (read_question(career[name], responses[name]) for name in dict.fromkeys(names))
    return [question for question in read if question is not None]


def _halve(unit: Codes, rng: np.random.Generator) -> Mask:
    """Draw half of the units, one of each two of about the same size."""
    sizes = np.bincount(unit)
    shuffled = rng.permutation(len(sizes))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    coin = rng.integers(0, 2, size=(len(order) + 1) // 2)
    side = np.stack([coin, 1 - coin], axis=1).ravel()[: len(order)]
    chosen = np.zeros(len(sizes), dtype=bool)
    chosen[order] = side == 1
    return np.asarray(chosen[unit])


def _grow(
    questions: list[Question],
    y: Array,
    design: Design,
    rows: Mask,
    settings: SegmentSettings,
    rng: np.random.Generator,
) -> "DecisionTreeRegressor":
    """Grow a tree, pruned as far as parts of its half that it did not see allow.

    The simplest tree is taken whose squared error is within one standard error of the best, the
    error being that of their difference over units (Breiman et al. 1984, section 3.4.3).

    Parameters
    ----------
    y, design : of the half that is grown on
    rows : which responses these are
    """
    # Imported here: it takes a second, and most commands fit nothing.
    from sklearn.tree import DecisionTreeRegressor

    X = np.stack([term for q in questions for _, term in _terms(q)], axis=1)[rows]
    w, places = design.weight, design.units.of_response
    count = int(places.max(initial=-1)) + 1
    fold = rng.permutation(np.arange(count) % _FOLDS)[places]
    seed = int(rng.integers(2**31))

    def fit(chosen: Mask, pruning: float, minimum: int) -> DecisionTreeRegressor:
        tree = DecisionTreeRegressor(
            max_depth=settings.depth,
            min_samples_leaf=minimum,
            ccp_alpha=pruning,
            random_state=seed,
        )
        return tree.fit(X[chosen], y[chosen], sample_weight=w[chosen])

    everyone = np.ones(len(y), dtype=bool)
    prunings = _prunings(fit(everyone, 0.0, settings.minimum), X, y, w)
    loss = np.zeros((len(prunings), len(y)))
    part = max(settings.minimum * (_FOLDS - 1) // _FOLDS, 1)
    for number in range(_FOLDS if count >= _FOLDS else 0):
        test = fold == number
        for place, pruning in enumerate(prunings):
            predicted = fit(~test, pruning, part).predict(X[test])
            loss[place, test] = w[test] * (y[test] - predicted) ** 2
    by_unit = add_up(loss.T, places, count).T
    worse = by_unit - by_unit[np.argmin(by_unit.sum(axis=1))]
    is_good = worse.sum(axis=1) <= worse.std(axis=1) * np.sqrt(count)
    return fit(everyone, prunings[int(np.flatnonzero(is_good)[-1])], settings.minimum)


def _prunings(tree: "DecisionTreeRegressor", X: Array, y: Array, weight: Array) -> list[float]:
    """Give a few strengths, from no pruning to a tree without splits."""
    path = np.unique(tree.cost_complexity_pruning_path(X, y, sample_weight=weight).ccp_alphas)
    between = [0.0, *np.sqrt(path[1:-1] * path[2:]), float(path[-1]) * 1.001 + 1e-12]
    places = np.unique(np.linspace(0, len(between) - 1, _PRUNINGS).round().astype(int))
    return [float(between[place]) for place in places]


def _terms(question: Question) -> list[tuple[int | None, Array]]:
    """Columns that the tree reads: one for an order, one per code where there is none."""
    if not question.is_nominal:
        return [(None, question.answers)]
    place = np.nan_to_num(question.answers, nan=UNANSWERED)
    first = UNANSWERED if question.has_unanswered else 0
    return [
        (level, np.asarray(place == level, dtype=np.float64))
        for level in range(first, len(question.codes))
    ]


def _leaves(
    tree: "DecisionTreeRegressor",
    questions: list[Question],
    usable: Mask,
    unit: Codes,
    minimum: int,
) -> list[list[Allowed]]:
    """Give the conditions of each leaf; a split that leaves a side too few is undone."""
    terms = [(place, level) for place, q in enumerate(questions) for level, _ in _terms(q)]
    nodes = tree.tree_

    def visit(node: int, leaf: list[Allowed]) -> list[list[Allowed]]:
        left, right = int(nodes.children_left[node]), int(nodes.children_right[node])
        if left < 0:
            return [leaf]
        place, level = terms[int(nodes.feature[node])]
        threshold, missing_left = float(nodes.threshold[node]), bool(nodes.missing_go_to_left[node])
        old = leaf[place]
        if level is not None:
            new = old.without(level), old.only(level)
        else:
            cut = np.floor(threshold) + 1
            new = old.below(cut, missing_left), old.from_(cut, not missing_left)
        sides = [[*leaf[:place], condition, *leaf[place + 1 :]] for condition in new]
        if any(_is_small(side, usable, unit, minimum) for side in sides):
            return [leaf]
        return visit(left, sides[0]) + visit(right, sides[1])

    found = visit(0, [Allowed(question) for question in questions])
    return found if len(found) > 1 else []


def _is_small(leaf: list[Allowed], usable: Mask, unit: Codes, minimum: int) -> bool:
    mine = _inside(leaf, len(usable)) & usable
    return bool(mine.sum() < minimum or len(np.unique(unit[mine])) < _FEWEST_UNITS)


def _inside(leaf: list[Allowed], rows: int) -> Mask:
    found = np.ones(rows, dtype=bool)
    for condition in leaf:
        if not condition.is_open:
            found &= condition.holds()
    return found


def _rule(leaf: list[Allowed]) -> Message:
    parts = tuple(describe(c) for c in leaf if not c.holds().all())
    return Message("condition.all", {"conditions": parts})


def _mean(rows: Mask, values: Array, weight: Array) -> float:
    return float(np.average(values[rows], weights=weight[rows])) if rows.any() else float("nan")


def _influence(rows: Mask, rate: float, values: Array, weight: Array) -> Array:
    """Give what each response adds to a weighted rate, to first order."""
    added = np.zeros(len(values))
    added[rows] = weight[rows] * (values[rows] - rate) / weight[rows].sum()
    return added


def _error(influence: Array, unit: Codes, rows: Mask) -> tuple[float, int]:
    """Give the standard error over whole units, and how many units there are."""
    units = len(np.unique(unit[rows]))
    by_unit = np.bincount(unit, weights=influence)
    return float(np.sqrt((by_unit @ by_unit) * units / max(units - 1, 1))), units
