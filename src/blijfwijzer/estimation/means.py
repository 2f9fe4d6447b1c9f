"""Means and shares that know their own error, given how people were asked.

Respondents stand for people by a weight and answer as members of a unit, so that neither their
number nor a plain standard error says how much is known.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betaincinv, stdtrit

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import Estimate, estimate_of, table_of
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.estimation.variance import GroupTotals, add_up, covariance_of, variance_of_groups
from blijfwijzer.survey.arrays import Array, Codes, Mask, effective_ns


@dataclass(frozen=True)
class MeanSums:
    """Sums of the answers of each group in each unit: all that a mean and its error need."""

    groups: int
    cell: Codes
    """Group x units + unit of each row, rising."""
    sums: Array
    """One row per cell: respondents, their answers, weight, weighted answers, and of squared
    weights: their sum, weighted answers, and weighted squared answers."""
    replicates: Array | None
    """Groups x replicate weights x (their sum, weighted answers)."""

    def merge(self, other: "MeanSums") -> "MeanSums":
        """Add the sums of other responses of the same survey."""
        cell, place = np.unique(np.append(self.cell, other.cell), return_inverse=True)
        replicates = None
        if self.replicates is not None and other.replicates is not None:
            replicates = self.replicates + other.replicates
        sums = add_up(np.vstack([self.sums, other.sums]), place)
        return MeanSums(self.groups, cell, sums, replicates)


def gather_means(values: Array, group: Codes, count: int, design: Design) -> MeanSums:
    """Add up what means of groups are made of.

    Parameters
    ----------
    values : one per response; NaN outside the domain
    group : group of each response, -1 for none; there are `count`
    """
    inside = ~np.isnan(values) & (group >= 0)
    y, w, code = values[inside], design.weight[inside], group[inside]
    units = design.units
    cell, place = np.unique(
        code * np.intp(len(units.stratum)) + units.of_response[inside], return_inverse=True
    )
    columns = np.column_stack([np.ones(len(y)), y, w, w * y, w**2, w**2 * y, w**2 * y**2])
    replicates = None
    if design.replicates is not None:
        r = design.replicates[inside]
        replicates = np.stack([add_up(r, code, count), add_up(r * y[:, None], code, count)], axis=2)
    return MeanSums(count, cell, add_up(columns, place, len(cell)), replicates)


def finish_means(found: MeanSums, design: Design) -> pd.DataFrame:
    """Turn sums into means.

    A group that lies within one unit tells nothing of other units: its interval is about that
    unit, and its respondents count as drawn one by one.

    Returns
    -------
    One row per group: estimate, se, low, high (95 %), df, n, hits (sum of the answers) and
    effective_n (Kish 1965).
    """
    units, count = design.units, found.groups
    of_cell = found.cell // np.intp(len(units.stratum))
    n, hits, w, wy, ww, wwy, wwyy = add_up(found.sums, of_cell, count).T
    total = np.maximum(w, 1e-300)
    mean = wy / total
    if found.replicates is None:
        apart = found.sums[:, 3] - mean[of_cell] * found.sums[:, 2]
        squares = np.maximum(wwyy - 2 * mean * wwy + mean**2 * ww, 0.0)
        totals = GroupTotals(found.cell, apart / total[of_cell], squares / total / total, n)
        variance, df = variance_of_groups(totals, units)
    else:
        sizes, made = found.replicates[..., 0], found.replicates[..., 1]
        shift = made / np.where(sizes > 0, sizes, np.nan) - mean[:, None]
        variance = design.replicate_scale * np.nansum(shift**2, axis=1)
        df = np.full(count, design.replicate_freedom)
    se = np.sqrt(np.where(n > 1, variance, np.nan))
    told = {"df": df, "n": n.astype(int), "hits": hits, "effective_n": effective_ns(w, ww)}
    return table_of(mean, se, df).assign(**told)


def estimate_mean(values: ArrayLike, design: Design) -> Estimate:
    """Estimate the mean of a domain.

    Parameters
    ----------
    values : one per response; NaN outside the domain
    """
    return _one(_all_together(values, design))


def estimate_share(
    values: ArrayLike, design: Design, told: Callable[[Array], Array] | None = None
) -> Estimate:
    """Estimate a share, with an interval that stays within [0, 1] and never has width zero.

    The interval is that of Clopper & Pearson (1934) at the effective number of respondents, with
    the degrees of freedom of the design (Korn & Graubard 1998; `svyciprop(method="beta")` in R).
    When all answers are alike the effective number is Kish's.

    Parameters
    ----------
    values : 0 or 1 per response; NaN outside the domain
    told : gives the factor by which a variance is that of as many people as are told. Then the
        interval is that of the share in whole percentages too, so that it tells no more than these
        do of how many there are, and how many of them; of both as they are when left out
    """
    row = _all_together(values, design)
    found = replace(_one(row), fewest=float(min(row["hits"], row["n"] - row["hits"])))
    if found.n < 2 or np.isnan(found.se) or not found.df > 0:
        return found
    share, effective = min(max(found.value, 0.0), 1.0), float(row["effective_n"])
    if found.se > 0 and 0 < share < 1:
        effective = share * (1 - share) / found.se**2
        ratio = stdtrit(found.n - 1, ENDS[1]) / stdtrit(found.df, ENDS[1])
        effective = min(effective * ratio**2, float(found.n))
    if told is not None:
        share = float(np.round(100 * share)) / 100
        middle = found.n / float(told(np.array([float(found.n)]))[0])
        # People who were drawn one by one are worth one less than there are, unless all are alike.
        alone = 1 if found.se > 0 else 0
        effective *= (middle - alone) / (found.n - alone)
    hits, misses = share * effective, (1 - share) * effective
    low = betaincinv(hits, misses + 1, ENDS[0]) if hits > 0 else 0.0
    high = betaincinv(hits + 1, misses, ENDS[1]) if misses > 0 else 1.0
    return replace(found, low=float(low), high=float(high))


def deviation(values: Array, weight: Array) -> float:
    """Give the weighted standard deviation of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    if not known.any():
        return float("nan")
    mean = np.average(values[known], weights=weight[known])
    return float(np.sqrt(np.average((values[known] - mean) ** 2, weights=weight[known])))


def estimate_means(values: ArrayLike, groups: pd.Series, design: Design) -> pd.DataFrame:
    """Estimate the mean of each group.

    Parameters
    ----------
    values : one per response; NaN outside the domain
    groups : group of each response; missing for none

    Returns
    -------
    One row per group that has members, as `finish_means` gives.
    """
    code, names = pd.factorize(groups, sort=True)
    answers = np.asarray(values, dtype=float)
    table = finish_means(gather_means(answers, code, len(names), design), design)
    return table.set_axis(pd.Index(names, name=groups.name))[table["n"].to_numpy() > 0]


def difference(values: ArrayLike, is_first: Mask, is_second: Mask, design: Design) -> Estimate:
    """Estimate the mean of the first domain less that of the second, which may share units.

    Of a share its `fewest` are those in either domain who are what it is about, or are not: with
    the share of everyone, that of a domain follows from the difference.
    """
    known = np.asarray(values, dtype=float)
    inside = ~np.isnan(known)
    answers = np.where(inside, known, 0.0)
    parts = np.asarray(is_first) & inside, np.asarray(is_second) & inside
    n = int((parts[0] | parts[1]).sum())
    if not all(part.any() for part in parts):
        return Estimate.bare(n=n)

    def contrast(weight: Array) -> float:
        means = [np.average(answers[part], weights=weight[part]) for part in parts]
        return float(means[0] - means[1])

    influence = np.zeros(len(known))
    for sign, part in zip((1, -1), parts, strict=True):
        mean = np.average(answers[part], weights=design.weight[part])
        share = design.weight[part] / design.weight[part].sum()
        influence[part] += sign * share * (answers[part] - mean)
    replicates = None
    # A replicate that leaves nobody of a domain has no difference; then influences tell of all.
    if design.replicates is not None and all(
        (design.replicates[part].sum(axis=0) > 0).all() for part in parts
    ):
        replicates = np.array([[contrast(r)] for r in design.replicates.T])
    value = contrast(design.weight)
    covariance, df = covariance_of(
        np.array([value]), influence[:, None], parts[0] | parts[1], design, replicates
    )
    found = estimate_of(value, float(covariance[0, 0]), df, n)
    return replace(found, fewest=fewest_in(known, *parts))


def fewest_in(values: Array, *parts: Mask) -> float:
    """Count the answers that the mean of any part rests on; of a share those on its smaller side.

    Parameters
    ----------
    values : one per response; NaN where not known
    """
    known = [values[part & ~np.isnan(values)] for part in parts]
    is_share = all(np.isin(own, (0.0, 1.0)).all() for own in known)
    counts = [[(own == 1).sum(), (own == 0).sum()] if is_share else [len(own)] for own in known]
    return float(np.min(counts))


def _all_together(values: ArrayLike, design: Design) -> pd.Series:
    answers = np.asarray(values, dtype=float)
    everyone = np.zeros(len(answers), dtype=np.intp)
    return finish_means(gather_means(answers, everyone, 1, design), design).iloc[0]


def _one(row: pd.Series) -> Estimate:
    if not row["n"]:
        return Estimate.bare()
    value, se, low, high, df = (
        float(row[name]) for name in ("estimate", "se", "low", "high", "df")
    )
    return Estimate(value, se, low, high, df, int(row["n"]))
