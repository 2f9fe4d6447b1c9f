"""A regularised logistic regression that is written as plain numbers."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.estimation.fitting import gather_products
from blijfwijzer.risk.coded import Coded, parts_of
from blijfwijzer.risk.features import Schema
from blijfwijzer.survey.arrays import Array

_WEAK = 0.01
"""Inverse of a penalty from which few heavy steps (Newton's method) are quicker: on PIAAC."""

_FEWEST_MISSING = 10
"""Of whom a term for being missing tells, as a leaf of a tree does. Of one person its mean would
say that it is one, and the sign of its coefficient whether that person has the outcome."""

_Said = tuple[str, float | None]
"""A feature, and which level of it a term reads."""
_ROUNDS, _NEAR = 50, 1e-8
"""Steps of Newton's method at most, and how far the last one goes at most."""


@dataclass(frozen=True)
class Term:
    """One number that the regression reads: a feature's value, absence, or level."""

    feature: str
    level: float | None
    """Level of a nominal feature; None for the value itself, NaN for being missing."""
    mean: float
    """Weighted mean in training, or near it; a missing value counts as it."""
    coefficient: float
    """Per unit, on the scale of log odds."""


@dataclass(frozen=True)
class Linear:
    """Margin = intercept + sum of coefficient x (value - mean)."""

    intercept: float
    """Margin of a response with mean values."""
    terms: tuple[Term, ...]


def fit_linear(
    frame: pd.DataFrame,
    schema: Schema,
    names: list[str],
    values: Array,
    weight: Array,
    strength: float,
) -> Linear:
    """Fit a logistic regression with an L2 penalty on standardised terms.

    A number gives one term and, where it is missing of ten or more, one for being missing; a
    nominal column one term per level.

    Parameters
    ----------
    frame : one row per response, as `build_features` gives
    names : features to use
    values : 0 or 1
    weight : per response, mean about 1
    strength : inverse of the penalty, `C` of scikit-learn
    """
    # Imported here: it takes a second, and most commands fit nothing.
    from sklearn.linear_model import LogisticRegression

    missing = frame[names].isna().sum()
    plan = [term for name in names for term in _plan(int(missing[name]), schema, name)]
    total = weight.sum()
    prior = float(weight @ values / total)
    if not plan:
        return Linear(float(np.log(prior / (1 - prior))), ())
    X = np.stack([read_term(frame[name].to_numpy(), level) for name, level in plan], axis=1)
    # The mean over known values stands in for missing ones, so a missing value adds nothing.
    known = ~np.isnan(X)
    means = (weight @ np.where(known, X, 0)) / np.maximum(weight @ known, 1e-12)
    X = np.where(known, X - means, 0.0)
    spread = np.sqrt(weight @ X**2 / total)
    X /= np.where(spread > 0, spread, 1.0)
    # Of the two the quicker: many light steps go far with a strong penalty only.
    solver = "newton-cholesky" if strength >= _WEAK else "lbfgs"
    regression = LogisticRegression(C=strength, max_iter=1000, tol=1e-6, solver=solver)
    regression.fit(X, values, sample_weight=weight)
    slopes = regression.coef_[0] / np.where(spread > 0, spread, 1.0)
    terms = (
        Term(name, level, float(mean), float(slope))
        for (name, level), mean, slope in zip(plan, means, slopes, strict=True)
    )
    return Linear(float(regression.intercept_[0]), tuple(terms))


def fit_linear_by_codes(
    columns: Coded,
    schema: Schema,
    names: list[str],
    values: Array,
    weight: Array,
    strength: float,
) -> Linear:
    """Fit what `fit_linear` fits, without a number per response and term.

    What a term says of a response follows from its code. Cross products are added up over some
    responses at a time, and each round of Newton's method takes one step by them.

    Parameters
    ----------
    columns : features of the responses
    values, weight : per response, as `fit_linear` takes them
    """
    plans, tables = list[list[_Said]](), list[_Table]()
    for name in names:
        answers, code = columns.column(name)
        own = _plan(int(np.isnan(answers)[code].sum()), schema, name)
        said = np.stack([read_term(answers, level) for _, level in own], axis=1)
        tables.append(_standardise(said, code, weight))
        plans.append(own)
    total, width = float(weight.sum()), 1 + sum(map(len, plans))
    prior = float(weight @ values) / total
    at = np.append(np.log(prior / (1 - prior)), np.zeros(width - 1))
    penalty = np.append(0.0, np.full(width - 1, 1 / strength))
    for _ in range(_ROUNDS):
        sums = np.zeros((width, width + 1))
        for part in parts_of(len(columns)):
            x = np.column_stack([np.ones(part.stop - part.start), *(t.of(part) for t in tables)])
            sums += gather_products(x, values[part], weight[part], at, "logistic")
        step = np.linalg.solve(sums[:, :-1] + np.diag(penalty), sums[:, -1] - penalty * at)
        at = at + step
        if np.abs(step).max() < _NEAR:
            break
    slopes, terms = iter(at[1:].tolist()), list[Term]()
    for own, table in zip(plans, tables, strict=True):
        told = zip(own, table.mean.tolist(), table.spread.tolist(), strict=True)
        terms += [Term(*said, mean, next(slopes) / spread) for said, mean, spread in told]
    return Linear(float(at[0]), tuple(terms))


class _Table(NamedTuple):
    """What standardised terms of a column say of each of its codes."""

    values: Array
    """One row per code, one column per term."""
    code: NDArray[np.unsignedinteger]
    """Of each response."""
    mean: Array
    spread: Array

    def of(self, part: slice) -> Array:
        """Give the terms of some responses."""
        return np.asarray(self.values[self.code[part]])


def _standardise(said: Array, code: NDArray[np.unsignedinteger], weight: Array) -> _Table:
    """Standardise terms as `fit_linear` does: a missing value counts as the mean of the others."""
    count, known = np.bincount(code, weight, len(said)), ~np.isnan(said)
    mean = (count @ np.where(known, said, 0)) / np.maximum(count @ known, 1e-12)
    centred = np.where(known, said - mean, 0.0)
    spread = np.sqrt(count @ centred**2 / weight.sum())
    spread = np.where(spread > 0, spread, 1.0)
    return _Table(centred / spread, code, mean, spread)


def move_means(linear: Linear, means: Iterable[float]) -> Linear:
    """Let terms start at other means; of what is known no margin changes.

    Parameters
    ----------
    means : one per term
    """
    terms = tuple(replace(term, mean=mean) for term, mean in zip(linear.terms, means, strict=True))
    moved = sum(t.coefficient * (t.mean - o.mean) for t, o in zip(terms, linear.terms, strict=True))
    return Linear(linear.intercept + moved, terms)


def round_linear(linear: Linear, digits: int) -> Linear:
    """Keep some digits of what a regression multiplies by, and decimals of where it starts.

    Parameters
    ----------
    digits : of each coefficient that count, and decimals of the intercept, on the log odds
    """
    terms = tuple(
        replace(t, coefficient=float(f"{t.coefficient:.{digits}g}")) for t in linear.terms
    )
    return Linear(round(linear.intercept, digits), terms)


def shrink(linear: Linear, share: float) -> Linear:
    """Scale a regression's margin towards zero, for trees to start from."""
    terms = (Term(t.feature, t.level, t.mean, t.coefficient * share) for t in linear.terms)
    return Linear(linear.intercept * share, tuple(terms))


def linear_contributions(linear: Linear, frame: pd.DataFrame) -> Array:
    """Give what each feature adds to the margin of each response, relative to the mean.

    Returns
    -------
    One row per response, one column per column of `frame`; with `linear.intercept` they add up
    to the margin.
    """
    found = np.zeros(frame.shape)
    for term in linear.terms:
        value = read_term(frame[term.feature].to_numpy(), term.level)
        place = frame.columns.get_loc(term.feature)
        found[:, place] += np.where(np.isnan(value), 0.0, value - term.mean) * term.coefficient
    return found


def linear_margin(linear: Linear, frame: pd.DataFrame) -> Array:
    """Log odds of each response."""
    return np.asarray(linear.intercept + linear_contributions(linear, frame).sum(axis=1))


def linear_to_json(linear: Linear) -> dict[str, Any]:
    """Write a regression as plain values; JSON has no NaN, so that level is a word."""
    return {
        "intercept": linear.intercept,
        "terms": [{**vars(t), "level": _level_to_json(t.level)} for t in linear.terms],
    }


def linear_from_json(raw: dict[str, Any]) -> Linear:
    """Read what `linear_to_json` wrote."""
    terms = (Term(**{**t, "level": _level_from_json(t["level"])}) for t in raw["terms"])
    return Linear(raw["intercept"], tuple(terms))


def _plan(missing: int, schema: Schema, name: str) -> list[_Said]:
    absent: list[_Said] = [(name, float("nan"))] if missing >= _FEWEST_MISSING else []
    if schema[name].is_nominal:
        return [(name, float(level)) for level in range(len(schema[name].levels))] + absent
    return [(name, None), *absent]


def read_term(column: Array, level: float | None) -> Array:
    """Give what a term reads of a feature: its values, whether they are missing, or of a level."""
    if level is None:
        return column
    if np.isnan(level):
        return np.asarray(np.isnan(column), dtype=np.float64)
    return np.asarray(column == level, dtype=np.float64)


def _level_to_json(level: float | None) -> float | str | None:
    return "missing" if level is not None and np.isnan(level) else level


def _level_from_json(level: float | str | None) -> float | None:
    return float("nan") if level == "missing" else level  # type: ignore[return-value]
