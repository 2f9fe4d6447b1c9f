"""A regularised logistic regression that is written as plain numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.risk.features import Schema
from blijfwijzer.survey.arrays import Array

_WEAK = 0.01
"""Inverse of a penalty from which few heavy steps (Newton's method) are quicker: on PIAAC."""


@dataclass(frozen=True)
class Term:
    """One number that the regression reads: a feature's value, absence, or level."""

    feature: str
    level: float | None
    """Level of a nominal feature; None for the value itself, NaN for being missing."""
    mean: float
    """Weighted mean in training; a missing value counts as it."""
    coefficient: float
    """Per unit, on the scale of log odds."""


@dataclass(frozen=True)
class Linear:
    """Margin = intercept + sum of coefficient x (value - mean)."""

    intercept: float
    """Margin of a response with mean values, so also the mean margin."""
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

    A number gives one term and, where it is ever missing, one for being missing; a nominal
    column one term per level.

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

    plan = [term for name in names for term in _plan(frame[name].to_numpy(), schema, name)]
    total = weight.sum()
    prior = float(weight @ values / total)
    if not plan:
        return Linear(float(np.log(prior / (1 - prior))), ())
    X = np.stack([_read(frame[name].to_numpy(), level) for name, level in plan], axis=1)
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
        value = _read(frame[term.feature].to_numpy(), term.level)
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


def _plan(column: Array, schema: Schema, name: str) -> list[tuple[str, float | None]]:
    missing: list[tuple[str, float | None]] = []
    if np.isnan(column).any():
        missing = [(name, float("nan"))]
    if schema[name].is_nominal:
        return [(name, float(level)) for level in range(len(schema[name].levels))] + missing
    return [(name, None), *missing]


def _read(column: Array, level: float | None) -> Array:
    if level is None:
        return column
    if np.isnan(level):
        return np.asarray(np.isnan(column), dtype=np.float64)
    return np.asarray(column == level, dtype=np.float64)


def _level_to_json(level: float | None) -> float | str | None:
    return "missing" if level is not None and np.isnan(level) else level


def _level_from_json(level: float | str | None) -> float | None:
    return float("nan") if level == "missing" else level  # type: ignore[return-value]
