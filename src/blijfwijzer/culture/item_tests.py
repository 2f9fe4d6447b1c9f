"""Whether people of one group answer one item otherwise than all others with the same score.

Others' scores are no perfect match: of two people with one score, the one from the higher group
will truly be higher. That looks like DIF on every item of a short scale. So people are matched on
what their rest score says of them given their group (Kelley 1923), as SIBTEST does (Shealy & Stout
1993).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.special import fdtrc, stdtrit

from blijfwijzer.culture.item_answers import ItemAnswers
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.ordinal import OrdinalFit, fit_ordinal, nagelkerke
from blijfwijzer.estimation.reliability import omega_of
from blijfwijzer.estimation.variance import add_up, covariance_of_totals
from blijfwijzer.survey.arrays import Array, Codes

CLASSES = (0.035, 0.07)
"""Change in Nagelkerke's R2 from which DIF is moderate (B) and large (C; Jodoin & Gierl 2001)."""
SIGNIFICANT = 0.05
_SINGULAR = 1e-8


@dataclass(frozen=True)
class ItemTable:
    """Answers to one item by rest score and group: people with the same ones count together."""

    levels: Array
    counts: Array
    """Weight of each row and answer."""
    group: Codes
    """Of each row."""
    matched: Array
    """Of each row: what its rest score says of people of its group."""
    answered: csr_array
    """Weight of each answer, one column per row and answer, in each unit; or by how much each
    replicate weight shifts it."""
    alike: OrdinalFit
    """Without groups."""
    skew: Array
    """Of each group: by how much all others together answer higher than the median of them."""


@dataclass(frozen=True)
class ItemFinding:
    """What was found of one item in one group."""

    row: dict[str, Any]
    shift: float
    moved: Array
    freedom: int


def tabulate_item(answers: ItemAnswers, item: int, out: frozenset[int]) -> ItemTable:
    """Count answers to one item by the rest score of the items that are not `out`."""
    rest = [place for place in range(len(answers.items)) if place != item and place not in out]
    levels, answer = np.unique(answers.values[:, item], return_inverse=True)
    score, group, groups = answers.values[:, rest].sum(axis=1), answers.group, len(answers.names)
    scores, of_score = np.unique(score.round(9), return_inverse=True)
    row, place = np.unique(of_score * groups + group, return_inverse=True)
    w = answers.design.weight / answers.design.weight.mean()
    counts = np.zeros((len(row), len(levels)))
    np.add.at(counts, (place, answer), w)
    matched = _match(answers, rest, scores[row // groups], row % groups, score, w)
    answered = _place_answers(place * np.intp(len(levels)) + answer, counts.size, answers.design)
    alike = fit_ordinal(counts, matched[:, None])
    size = counts.sum(axis=1)
    apart = (counts @ levels - size * (alike.chances @ levels))[:, None]
    skew = _skew(add_up(apart, row % groups)[:, 0], add_up(size[:, None], row % groups)[:, 0])
    return ItemTable(levels, counts, row % groups, matched, answered, alike, skew)


def _place_answers(place: Codes, places: int, design: Design) -> csr_array:
    """Add up weights by answer, since answers that differ are few."""
    weight = design.weight / design.weight.mean()
    if design.shifts is not None:
        return csr_array(add_up(design.shifts * weight[:, None], place, places).T)
    shape = (len(design.units.stratum), places)
    return csr_array((weight, (design.units.of_response, place)), shape=shape)


def _skew(above: Array, size: Array) -> Array:
    """By how much the mean of all other groups exceeds their median; with one other, by nothing.

    Parameters
    ----------
    above : by how much the people of each group together answer higher than people in general
    size : people of each group
    """
    others = [np.arange(len(size)) != group for group in range(len(size))]
    return np.array(
        [above[o].sum() / size[o].sum() - np.median(above[o] / size[o]) for o in others]
    )


def hold_item(
    table: ItemTable, answers: ItemAnswers, item: int, group: int, floor: float
) -> ItemFinding:
    """Test whether one group answers an item otherwise than all others with the same score."""
    is_member = (table.group == group).astype(float)
    columns = np.column_stack([table.matched, is_member, is_member * table.matched])
    uniform = fit_ordinal(table.counts, columns[:, :2], table.alike)
    crossed = fit_ordinal(table.counts, columns, uniform)
    first, groups = len(table.levels), len(answers.names)
    own = _known(uniform, table.answered, answers.design)
    both = _known(crossed, table.answered, answers.design)
    of_most = [nagelkerke(fit.log_likelihood, table.counts) for fit in (crossed, table.alike)]
    change = of_most[0] - of_most[1]
    kind = "ABC"[int(np.searchsorted(CLASSES, change, side="right"))]
    shift, gap, gradient = _gap(table, crossed, group)
    error = float(np.sqrt((gradient[None] @ both.covariance @ gradient).clip(min=0.0)[0]))
    # A gap of the largest of many groups is partly luck, so it must exceed its own error too.
    sure = gap > stdtrit(max(own.freedom, 1), 1 - SIGNIFICANT / 2 / groups) * error
    row = {
        "item": answers.items[item],
        "group": answers.names[group],
        "p_uniform": _p_value(own, first, 1),
        "p_nonuniform": _p_value(both, first + 1, 1),
        "p": _p_value(both, first, 2),
        "r2_change": change,
        "class": kind,
        "gap": gap,
        "is_different": bool(sure and (kind != "A" or gap >= floor * answers.span)),
    }
    return ItemFinding(row, shift, both.moves @ gradient, own.freedom)


def _gap(table: ItemTable, crossed: OrdinalFit, group: int) -> tuple[float, float, Array]:
    """By how much a group answers higher than a typical other group with the same score.

    Then: by how much it answers otherwise, higher or lower; and how that moves with the
    parameters of the model with the group. The model without groups is far surer, and counts as
    known.
    """
    inside = table.group == group
    size = table.counts.sum(axis=1)
    # People in general are in part the group itself.
    from_others = size.sum() / size[~inside].sum()
    size = size[inside] / size[inside].sum()
    apart = (crossed.chances[inside] - table.alike.chances[inside]) @ table.levels
    apart = apart * from_others + table.skew[group]
    slopes = np.einsum(
        "rk,rkp,k->rp", crossed.chances[inside], crossed.scores[inside], table.levels
    )
    return float(size @ apart), float(size @ np.abs(apart)), np.asarray(from_others * size @ slopes)


def _match(
    answers: ItemAnswers, rest: list[int], scores: Array, of_row: Codes, score: Array, w: Array
) -> Array:
    """Give what a rest score says of people given their group: the mean, and what is reliable.

    Reliability is omega of the items in the rest score.
    """
    reliability = float(omega_of(answers.loadings[rest], answers.unique[rest]))
    mean = np.bincount(answers.group, w * score) / np.bincount(answers.group, w)
    matched = mean[of_row] + reliability * (scores - mean[of_row])
    centre, spread = np.average(score, weights=w), score.std()
    return np.asarray((matched - centre) / spread)


@dataclass(frozen=True)
class _Known:
    """Parameters of a fit and how well they are known, given whole units."""

    estimates: Array
    covariance: Array
    moves: Array
    """One row per unit or replicate weight, one column per parameter: what it adds to the error."""
    freedom: int


def _known(fit: OrdinalFit, answered: csr_array, design: Design) -> _Known:
    moved = fit.scores.reshape(-1, fit.scores.shape[2]) @ fit.inverse
    estimates = np.concatenate([fit.borders, fit.coefficients])
    moves = np.asarray(answered @ moved)
    freedom = len(design.units.stratum) - len(design.units.sizes)
    if design.shifts is not None:
        freedom = int(design.replicate_freedom)
    return _Known(estimates, covariance_of_moves(moves, design), moves, freedom)


def covariance_of_moves(moves: Array, design: Design) -> Array:
    """Give the covariance of parameters from what each unit or replicate weight moves them by."""
    if design.shifts is not None:
        return np.asarray(design.replicate_scale * moves.T @ moves)
    return covariance_of_totals(moves, design.units)


def _p_value(known: _Known, first: int, count: int) -> float:
    """P-value of some parameters together (Wald's F; Korn & Graubard 1990).

    NaN where there are too few units for so many parameters.
    """
    terms = slice(first, first + count)
    covariance, errors = known.covariance[terms, terms], np.sqrt(np.diag(known.covariance)[terms])
    freedom = known.freedom - count + 1
    if freedom < 1 or not (errors > 0).all():
        return float("nan")
    ratio, correlation = known.estimates[terms] / errors, covariance / np.outer(errors, errors)
    if np.linalg.eigvalsh(correlation).min() < _SINGULAR:
        return float("nan")
    statistic = float(ratio @ np.linalg.solve(correlation, ratio))
    return float(fdtrc(count, freedom, statistic * freedom / (known.freedom * count)))
