"""Items held against the others of their scale: who answers differently with the same score.

Two people who are alike in what a scale measures should answer an item alike, whatever group they
belong to. Where they do not, the item functions differently (DIF). The test is an ordinal logistic
regression of the item on the other items and the group (Zumbo 1999), cluster-aware.

Others' scores are no perfect match: of two people with one score, the one from the higher group
will truly be higher. That looks like DIF on every item of a short scale. So people are matched on
what their rest score says of them given their group (Kelley 1923), as SIBTEST does (Shealy & Stout
1993).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import f, t

from blijfwijzer.culture.design import Design, add_up, covariance_of_totals
from blijfwijzer.culture.estimation import adjust
from blijfwijzer.culture.factors import is_singular, most_likely_loadings
from blijfwijzer.culture.ordinal import OrdinalFit, fit_ordinal, nagelkerke

Array = NDArray[np.float64]

CLASSES = (0.035, 0.07)
"""Change in Nagelkerke's R2 from which DIF is moderate (B) and large (C; Jodoin & Gierl 2001)."""
SIGNIFICANT = 0.05
_SINGULAR = 1e-8


@dataclass(frozen=True)
class Answers:
    """Complete answers to the items of one scale, of groups that are large enough."""

    items: tuple[str, ...]
    values: Array
    group: NDArray[np.intp]
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
    group: NDArray[np.intp],
    names: list[str],
    design: Design,
    span: float,
) -> Answers:
    """Find how much of each item is common, from what varies within groups.

    Parameters
    ----------
    answers : one row per response, one column per item; no item may follow from the others
    """
    correlation, spread = _correlate_within(answers, group, design.weight)
    if len(items) > 2:
        loadings = np.clip(most_likely_loadings(correlation), 0.05, 0.999)
    else:
        loadings = np.full(2, np.sqrt(np.clip(correlation[0, 1], 0.05, 0.999)))
    unique = (1 - loadings**2) * spread**2
    return Answers(items, answers, group, names, design, loadings * spread, unique, span)


def are_alike(answers: Array, group: NDArray[np.intp], weight: Array) -> bool:
    """Tell whether an item follows from the others within groups, as a copy or mirror image does.

    Its answer is then known from theirs whatever the group, or the rest score is the same for
    everybody, so that there is nothing left to compare.
    """
    return is_singular(_correlate_within(answers, group, weight)[0])


def _correlate_within(
    answers: Array, group: NDArray[np.intp], weight: Array
) -> tuple[Array, Array]:
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


def purify(answers: Answers, floor: float) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """Test all items again each time that the most different one left the rest score.

    Purification (Clauser, Mazor & Hambleton 1993), one item at a time: in a short scale one item
    that is different makes others look so.

    Returns
    -------
    One row per item, as `Invariance.items`, p not adjusted yet; and one row per group, one column
    per item: by how much its people answer higher than people in general with the same score.
    """
    count = len(answers.items)
    out: list[int] = []
    while True:
        found = [_test_item(answers, item, out, floor) for item in range(count)]
        p = adjust(np.array([row["p"] for row, _ in found]), "bh")
        different = [
            place
            for place, (row, _) in enumerate(found)
            if row["is_different"] and p[place] < SIGNIFICANT and place not in out
        ]
        # The last two in the rest score must stay: each is what the other is held against.
        if not different or count - len(out) <= 2:
            break
        out.append(max(different, key=lambda place: found[place][0]["gap"]))
    shifts = pd.DataFrame(
        {item: shift for item, (_, shift) in zip(answers.items, found, strict=True)},
        index=answers.names,
    )
    return [row for row, _ in found], shifts


def _test_item(
    answers: Answers, item: int, out: list[int], floor: float
) -> tuple[dict[str, Any], Array]:
    """Test one item against the rest score of the items that are not `out`."""
    rest = [place for place in range(len(answers.items)) if place not in (item, *out)]
    levels, answer = np.unique(answers.values[:, item], return_inverse=True)
    score, group, groups = answers.values[:, rest].sum(axis=1), answers.group, len(answers.names)
    scores, of_score = np.unique(score.round(9), return_inverse=True)
    row, place = np.unique(of_score * groups + group, return_inverse=True)
    w = answers.design.weight / answers.design.weight.mean()
    counts = np.zeros((len(row), len(levels)))
    np.add.at(counts, (place, answer), w)
    matched = _match(answers, rest, scores[row // groups], row % groups, score, w)
    of_group = (row % groups)[:, None] == np.arange(1, groups)
    columns = np.column_stack([matched, of_group, of_group * matched[:, None]])
    alike = fit_ordinal(counts, columns[:, :1])
    uniform = fit_ordinal(counts, columns[:, :groups], alike)
    crossed = fit_ordinal(counts, columns, uniform)
    answered = place * np.intp(len(levels)) + answer
    first = len(levels)
    own = _known(uniform, answered, answers.design)
    both = _known(crossed, answered, answers.design)
    change = nagelkerke(crossed.log_likelihood, counts) - nagelkerke(alike.log_likelihood, counts)
    kind = "ABC"[int(np.searchsorted(CLASSES, change, side="right"))]
    shift, gap, error = _gaps(alike, crossed, levels, counts, row % groups, both.covariance)
    # A gap of the largest of many groups is partly luck, so it must exceed its own error too.
    sure = gap > t.ppf(1 - SIGNIFICANT / 2 / groups, max(own.freedom, 1)) * error
    told = {
        "item": answers.items[item],
        "p_uniform": _p_value(own, first, groups - 1),
        "p_nonuniform": _p_value(both, first + groups - 1, groups - 1),
        "p": _p_value(both, first, 2 * (groups - 1)),
        "r2_change": change,
        "class": kind,
        "gap": float(gap.max()),
        "group": answers.names[int(gap.argmax())],
        "is_different": bool(kind != "A" or gap[sure].max(initial=0.0) >= floor * answers.span),
    }
    return told, shift


def _gaps(
    alike: OrdinalFit,
    crossed: OrdinalFit,
    levels: Array,
    counts: Array,
    of_row: NDArray[np.intp],
    covariance: Array,
) -> tuple[Array, Array, Array]:
    """By how much each group answers higher than people in general with the same score.

    Then: by how much it answers differently, higher or lower, from the other groups; and the error
    of that by the delta method, with the model without groups as known, which is far surer.
    """
    size = counts.sum(axis=1)
    n = np.bincount(of_row, size)
    from_others = n.sum() / (n.sum() - n)
    apart = (crossed.chances - alike.chances) @ levels
    slopes = np.einsum("rk,rkp,k->rp", crossed.chances, crossed.scores, levels)
    gradient = add_up(slopes * size[:, None], of_row) / n[:, None]
    variance = np.einsum("gp,pq,gq->g", gradient, covariance, gradient)
    shift, unsigned = (np.bincount(of_row, size * a) / n for a in (apart, np.abs(apart)))
    return shift, unsigned * from_others, np.sqrt(np.maximum(variance, 0.0)) * from_others


def _match(
    answers: Answers,
    rest: list[int],
    scores: Array,
    of_row: NDArray[np.intp],
    score: Array,
    w: Array,
) -> Array:
    """Give what a rest score says of people given their group: the mean, and what is reliable.

    Reliability is omega of the items in the rest score (McDonald 1999, eq. 6.20b).
    """
    common = answers.loadings[rest].sum() ** 2
    reliability = common / (common + answers.unique[rest].sum())
    mean = np.bincount(answers.group, w * score) / np.bincount(answers.group, w)
    matched = mean[of_row] + reliability * (scores - mean[of_row])
    centre, spread = np.average(score, weights=w), score.std()
    return np.asarray((matched - centre) / spread)


@dataclass(frozen=True)
class _Known:
    """Parameters of a fit and how well they are known, given whole units."""

    estimates: Array
    covariance: Array
    freedom: int


def _known(fit: OrdinalFit, answered: NDArray[np.intp], design: Design) -> _Known:
    units, weight = design.units, design.weight / design.weight.mean()
    moved = fit.scores.reshape(-1, fit.scores.shape[2]) @ fit.inverse
    estimates = np.concatenate([fit.borders, fit.coefficients])
    if design.shifts is not None:
        # Linearised replicates, added up by answer first: answers that differ are few.
        shifted = add_up(design.shifts * weight[:, None], answered, len(moved))
        apart = shifted.T @ moved
        covariance = design.replicate_scale * apart.T @ apart
        return _Known(estimates, covariance, int(design.replicate_freedom))
    shape = (len(units.stratum), len(moved))
    answers_of_units = csr_array((weight, (units.of_response, answered)), shape=shape)
    covariance = covariance_of_totals(np.asarray(answers_of_units @ moved), design)
    return _Known(estimates, covariance, len(units.stratum) - len(units.sizes))


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
    return float(f.sf(statistic * freedom / (known.freedom * count), count, freedom))
