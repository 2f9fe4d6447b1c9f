"""Whether a rule of the codebook holds for each response, and outcomes read by one."""

from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.survey.codebook import Codebook, Outcome
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.rules import AllOf, AnyOf, Condition, Count, Rule

Truth = NDArray[np.float64]
"""1 true, 0 false, NaN not known."""


@dataclass(frozen=True)
class Label:
    """An outcome read from answers."""

    values: pd.Series
    """One per response: 1, 0, or NaN where the answers do not decide it."""
    thresholds: dict[str, float]
    """Cut of each share in the rule, by source; a new wave is labelled with the same cuts."""


def label(
    responses: Responses,
    scales: Responses,
    codebook: Codebook,
    outcome: Outcome,
    thresholds: dict[str, float] | None = None,
) -> Label:
    """Read an outcome from answers, by the codebook's rule.

    Missing answers are carried by Kleene's three-valued logic (1952, section 64): an outcome is
    known as soon as the known answers decide it, and missing otherwise.

    Parameters
    ----------
    responses : one row per response, with the column `weight`
    scales : same rows, one column per scale
    thresholds : cuts learnt before, by source; learnt here where absent

    Returns
    -------
    The outcome of each response and the cuts that were used.
    """
    thresholds = dict(thresholds or {})
    values = _truth(outcome.rule, responses, scales, codebook, thresholds)
    return Label(pd.Series(values, index=responses.index, name=outcome.name), thresholds)


def holds(rule: Rule, responses: Responses, scales: Responses, codebook: Codebook) -> Truth:
    """Say for each response whether a rule of the codebook holds: 1, 0, or NaN."""
    return _truth(rule, responses, scales, codebook, {})


def _truth(
    rule: Rule,
    responses: Responses,
    scales: Responses,
    codebook: Codebook,
    thresholds: dict[str, float],
) -> Truth:
    """Truth of a rule for each response; learns thresholds that are not there yet."""

    def of(part: Rule) -> Truth:
        return _truth(part, responses, scales, codebook, thresholds)

    match rule:
        case Condition():
            return _condition(rule, responses, scales, codebook, thresholds)
        case AllOf(all=parts):
            return reduce(_both, [of(part) for part in parts])
        case AnyOf(any=parts):
            return 1 - reduce(_both, [1 - of(part) for part in parts])
        case Count(at_least=needed, of=parts):
            truths = np.stack([of(part) for part in parts])
            surely, perhaps = np.nansum(truths, axis=0), np.isnan(truths).sum(axis=0)
            decided = (surely >= needed) | (surely + perhaps < needed)
            return np.where(decided, (surely >= needed).astype(float), np.nan)


def _condition(
    condition: Condition,
    responses: Responses,
    scales: Responses,
    codebook: Codebook,
    thresholds: dict[str, float],
) -> Truth:
    if condition.one_of is not None:
        return _is_one_of(condition.one_of, condition.source, responses, codebook)
    source = responses if condition.column is not None else scales
    values = source[condition.source].to_numpy(dtype=float)
    if condition.at_least is not None:
        return _known(values, values >= condition.at_least)
    if condition.at_most is not None:
        return _known(values, values <= condition.at_most)
    if condition.lowest_share is not None:
        cut = thresholds.setdefault(
            f"{condition.source}.lowest",
            share_cut(values, responses["weight"].to_numpy(), condition.lowest_share),
        )
        return _known(values, values <= cut)
    cut = thresholds.setdefault(
        f"{condition.source}.highest",
        -share_cut(-values, responses["weight"].to_numpy(), condition.highest_share or 0),
    )
    return _known(values, values >= cut)


def share_cut(values: NDArray[np.float64], weight: NDArray[np.float64], share: float) -> float:
    """Value at or below which the weighted share of answers is nearest to `share`.

    Scores are tied (a mean of few items has few values), so the share can seldom be met exactly;
    of two cuts equally near the lower is taken. NaN when nobody answered.

    >>> share_cut(np.array([1.0, 2, 2, 3]), np.ones(4), 1 / 3)
    1.0
    """
    known = ~np.isnan(values)
    if not known.any():
        return float("nan")
    levels, level = np.unique(values[known], return_inverse=True)
    shares = np.cumsum(np.bincount(level, weights=weight[known]))
    return float(levels[np.argmin(np.abs(shares / shares[-1] - share).round(12))])


def _is_one_of(
    codes: tuple[str, ...], name: str, responses: Responses, codebook: Codebook
) -> Truth:
    answers, column = responses[name], codebook.columns[name]
    if column.type == "nominal":
        return _known(np.where(answers.isna(), np.nan, 0.0), answers.isin(list(codes)).to_numpy())
    wanted = [column.values[code] for code in codes]
    values = answers.to_numpy(dtype=float)
    return _known(values, np.isin(values, wanted))


def _known(values: NDArray[np.float64], truth: NDArray[np.bool_]) -> Truth:
    return np.where(np.isnan(values), np.nan, truth.astype(float))


def _both(left: Truth, right: Truth) -> Truth:
    """Kleene's conjunction: false when either is, else missing when either is, else true."""
    return np.where((left == 0) | (right == 0), 0.0, left * right)
