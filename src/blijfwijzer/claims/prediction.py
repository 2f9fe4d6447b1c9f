"""Risks predicted for units that a regression did not see, and how well they rank."""

import numpy as np
import pandas as pd
from scipy.special import expit

from blijfwijzer.claims.findings import NotTestableError
from blijfwijzer.claims.reader import Reader
from blijfwijzer.errors import BlijfwijzerError
from blijfwijzer.risk.features import Schema, build_features, learn_schema
from blijfwijzer.risk.splits import split_by_unit
from blijfwijzer.settings import FeatureSettings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook, Column

FOLDS = 5
_FEWEST_LEVEL = 10
_PENALTY = 1.0
"""Of the sum of squared coefficients of standardised terms, halved: enough for stability only."""
_STEPS = 25


def out_of_fold(
    reader: Reader,
    outcome: Array,
    barred: frozenset[str],
    with_scales: tuple[bool, ...],
    scales: list[str] | None = None,
) -> list[Array]:
    """Predict an outcome for units that the regression did not see.

    Parameters
    ----------
    outcome : 0, 1 or NaN per response
    barred : columns and scales that may not predict it
    with_scales : for each prediction, whether scales are read besides career variables
    scales : which scales; None for all that are not barred

    Returns
    -------
    For each, one risk per response; NaN where the outcome is unknown.

    Raises
    ------
    NotTestableError
        There are too few units, answers or people with the outcome.
    """
    known = np.flatnonzero(~np.isnan(outcome))
    free = [name for name in (reader.scales if scales is None else scales) if name not in barred]
    career = [column.name for column in reader.codebook.with_role("career")]
    responses, scores = (
        read.iloc[known].reset_index(drop=True)
        for read in (
            reader.answers(name for name in career if name not in barred),
            reader.scores(free),
        )
    )
    responses, book = _readable(responses, scores, reader.codebook)
    try:
        read = FeatureSettings(items=False, minimum_level=_FEWEST_LEVEL)
        schema = learn_schema(responses, scores, book, barred, read)
        frame = build_features(responses, scores, schema).frame
        unit = pd.Series(reader.design.cluster[known], name="cluster")
        folds = split_by_unit(outcome[known], unit, FOLDS, reader.seed)
    except BlijfwijzerError as error:
        raise NotTestableError("claim.untestable.fault", text=str(error)) from error
    weight = reader.design.weight[known] / reader.design.weight[known].mean()
    risks = []
    for reads_scales in with_scales:
        names = [f.name for f in schema.features if reads_scales or f.kind != "scale"]
        X = _terms(frame, schema, names, weight)
        risk = np.full(len(outcome), np.nan)
        for fit, predict in folds:
            slopes = fit_logistic(X[fit], outcome[known][fit], weight[fit])
            risk[known[predict]] = expit(X[predict] @ slopes)
        risks.append(risk)
    return risks


def _readable(
    responses: pd.DataFrame, scores: pd.DataFrame, codebook: Codebook
) -> tuple[pd.DataFrame, Codebook]:
    """Leave out what hardly anybody answered, and give each ordered answer a level of its own.

    A straight line through three levels of education would misjudge each of them.
    """
    kept = {
        name: scale
        for name, scale in codebook.scales.items()
        if name in scores and scores[name].notna().sum() >= _FEWEST_LEVEL
    }
    columns = {
        name: column
        for name, column in codebook.columns.items()
        if column.role != "career"
        or (name in responses and responses[name].notna().sum() >= _FEWEST_LEVEL)
    }
    few = [c for c in columns.values() if c.role == "career" and c.type == "ordinal"]
    columns |= {c.name: c.model_copy(update={"type": "nominal"}) for c in few}
    coded = responses.assign(**{c.name: _as_codes(responses[c.name], c) for c in few})
    return coded, codebook.model_copy(update={"scales": kept, "columns": columns})


def _as_codes(answers: pd.Series, column: Column) -> pd.Series:
    codes = {value: code for code, value in column.values.items()}
    return answers.astype(float).map(codes)


def _terms(frame: pd.DataFrame, schema: Schema, names: list[str], weight: Array) -> Array:
    """Standardised columns of a regression: numbers, levels, and being missing where anyone is."""
    columns = [np.ones(len(frame))]
    # Questions that were skipped together tell it once.
    skipped: set[bytes] = set()
    for name in names:
        values = frame[name].to_numpy(dtype=float)
        missing = np.isnan(values)
        if schema[name].is_nominal:
            # The first level is what the others are compared with.
            levels = range(1, len(schema[name].levels))
            made = [(values == level).astype(float) for level in levels]
        else:
            known = np.where(missing, 0.0, values)
            mean = weight @ known / np.maximum(weight @ ~missing, 1e-12)
            made = [np.where(missing, mean, values)]
        columns += made
        if missing.sum() >= _FEWEST_LEVEL and missing.tobytes() not in skipped:
            skipped.add(missing.tobytes())
            columns.append(missing.astype(float))
    X = np.column_stack(columns)
    mean = weight @ X / weight.sum()
    spread = np.sqrt(np.maximum(weight @ (X - mean) ** 2 / weight.sum(), 0))
    X[:, 1:] = (X[:, 1:] - mean[1:]) / np.where(spread[1:] > 0, spread[1:], 1.0)
    return np.asarray(X)


def fit_logistic(X: Array, y: Array, weight: Array) -> Array:
    """Fit a logistic regression with a slight ridge penalty by Newton's method."""
    penalty = np.full(X.shape[1], _PENALTY)
    penalty[0] = 0.0
    slopes = np.zeros(X.shape[1])
    share = np.clip(np.average(y, weights=weight), 1e-6, 1 - 1e-6)
    slopes[0] = np.log(share / (1 - share))
    for _ in range(_STEPS):
        risk = expit(X @ slopes)
        gradient = X.T @ (weight * (y - risk)) - penalty * slopes
        curvature = (X * (weight * risk * (1 - risk))[:, None]).T @ X + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        slopes = slopes + step
        if np.abs(step).max() < 1e-6:
            break
    return slopes
