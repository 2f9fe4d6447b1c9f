"""Answers to the items of one scale, and how much of each item is common."""

from dataclasses import dataclass

import numpy as np

from blijfwijzer.estimation.correlations import is_singular
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.factors import load_items
from blijfwijzer.survey.arrays import Array, Codes


@dataclass(frozen=True)
class ItemAnswers:
    """Complete answers to the items of one scale, of groups that are large enough."""

    items: tuple[str, ...]
    values: Array
    group: Codes
    names: list[str]
    design: Design
    loadings: Array
    """Of each item on what the items have in common within groups, in the items' own units."""
    unique: Array
    """Variance of each item that is its own."""
    span: float


def prepare(
    items: tuple[str, ...],
    answers: Array,
    group: Codes,
    names: list[str],
    design: Design,
    span: float,
) -> ItemAnswers:
    """Find how much of each item is common, from what varies within groups.

    Parameters
    ----------
    answers : one row per response, one column per item; no item may follow from the others
    """
    correlation, spread = _correlate_within(answers, group, design.weight)
    # Of two items what is bounded is their correlation, the square of a loading.
    ends = np.array([0.05, 0.999]) ** (1.0 if len(items) > 2 else 0.5)
    loadings = np.clip(load_items(correlation), *ends)
    unique = (1 - loadings**2) * spread**2
    return ItemAnswers(items, answers, group, names, design, loadings * spread, unique, span)


def are_alike(answers: Array, group: Codes, weight: Array) -> bool:
    """Tell whether an item follows from the others within groups, as a copy or mirror image does.

    Its answer is then known from theirs whatever the group, or the rest score is the same for
    everybody, so that there is nothing left to compare.
    """
    return is_singular(_correlate_within(answers, group, weight)[0])


def _correlate_within(answers: Array, group: Codes, weight: Array) -> tuple[Array, Array]:
    """Correlate items around the means of groups; give the deviations around these as well."""
    w = weight / weight.sum()
    total = np.bincount(group, w)
    means = np.stack([np.bincount(group, w * item) / total for item in answers.T], axis=1)
    within = answers - means[group]
    covariance = (within * w[:, None]).T @ within
    spread = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    correlation = covariance / np.outer(spread, spread)
    np.fill_diagonal(correlation, 1.0)
    return correlation, spread
