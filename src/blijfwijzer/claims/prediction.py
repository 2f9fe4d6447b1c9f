"""Risks predicted for units that a regression did not see, and how well they rank."""

import numpy as np
import pandas as pd
from scipy.special import expit

from blijfwijzer.claims.findings import NotTestableError
from blijfwijzer.claims.reader import Reader
from blijfwijzer.errors import BlijfwijzerError
from blijfwijzer.estimation.fitting import gather_products, some_at_a_time
from blijfwijzer.risk.coded import Coded
from blijfwijzer.risk.features import Schema, code_features, learn_schema
from blijfwijzer.risk.splits import split_by_unit
from blijfwijzer.settings import FeatureSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask
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
    try:
        columns, schema = _code(reader, known, barred, free)
        unit = pd.Series(reader.design.cluster[known], name="cluster")
        folds = split_by_unit(outcome[known], unit, FOLDS, reader.seed)
    except BlijfwijzerError as error:
        raise NotTestableError("claim.untestable.fault", text=str(error)) from error
    weight = reader.design.weight[known] / reader.design.weight[known].mean()
    risks = []
    for reads_scales in with_scales:
        names = [f.name for f in schema.features if reads_scales or f.kind != "scale"]
        X = _terms(columns, schema, names, weight)
        risk = np.full(len(outcome), np.nan)
        for fit, predict in folds:
            slopes = fit_logistic(X, outcome[known], weight, fit)
            risk[known[predict]] = expit(X[predict] @ slopes)
        risks.append(risk)
    return risks


def _code(
    reader: Reader, known: Codes, barred: frozenset[str], scales: list[str]
) -> tuple[Coded, Schema]:
    """Make features of the responses that are known, and hold them in a byte or two each."""
    career = [column.name for column in reader.codebook.with_role("career")]
    responses, scores = (
        read.iloc[known].reset_index(drop=True)
        for read in (
            reader.answers(name for name in career if name not in barred),
            reader.scores(scales),
        )
    )
    responses, book = _readable(responses, scores, reader.codebook)
    read = FeatureSettings(items=False, minimum_level=_FEWEST_LEVEL)
    schema = learn_schema(responses, scores, book, barred, read)
    return code_features(responses, scores, schema), schema


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


def _terms(coded: Coded, schema: Schema, names: list[str], weight: Array) -> Array:
    """Standardised columns of a regression: numbers, levels, and being missing where anyone is."""
    columns: list[Array | Mask] = [np.ones(len(coded))]
    # Questions that were skipped together tell it once.
    skipped: set[bytes] = set()
    for name in names:
        answers, code = coded.column(name)
        values = answers[code]
        missing = np.isnan(values)
        if schema[name].is_nominal:
            # The first level is what the others are compared with.
            levels = range(1, len(schema[name].levels))
            made = [values == level for level in levels]
        else:
            known = np.where(missing, 0.0, values)
            mean = weight @ known / np.maximum(weight @ ~missing, 1e-12)
            made = [np.where(missing, mean, values)]
        columns += made
        if missing.sum() >= _FEWEST_LEVEL and missing.tobytes() not in skipped:
            skipped.add(missing.tobytes())
            columns.append(missing)
    X: Array = np.column_stack(columns).astype(np.float64, copy=False)
    X[:, 1:] -= weight @ X[:, 1:] / weight.sum()
    squares = sum(weight[rows] @ X[rows, 1:] ** 2 for rows in some_at_a_time(len(X)))
    spread = np.sqrt(squares / weight.sum())
    X[:, 1:] /= np.where(spread > 0, spread, 1.0)
    return np.asarray(X)


def fit_logistic(X: Array, y: Array, weight: Array, rows: Codes | None = None) -> Array:
    """Fit a logistic regression with a slight ridge penalty by Newton's method.

    Parameters
    ----------
    rows : that it is fitted on; all when left out
    """
    rows = np.arange(len(y)) if rows is None else rows
    parts = [rows[part] for part in some_at_a_time(len(rows))]
    penalty = np.full(X.shape[1], _PENALTY)
    penalty[0] = 0.0
    slopes = np.zeros(X.shape[1])
    share = np.clip(np.average(y[rows], weights=weight[rows]), 1e-6, 1 - 1e-6)
    slopes[0] = np.log(share / (1 - share))
    for _ in range(_STEPS):
        sums = np.zeros((len(slopes), len(slopes) + 1))
        for own in parts:
            sums += gather_products(X[own], y[own], weight[own], slopes, "logistic")
        step = np.linalg.solve(sums[:, :-1] + np.diag(penalty), sums[:, -1] - penalty * slopes)
        slopes = slopes + step
        if np.abs(step).max() < 1e-6:
            break
    return slopes
