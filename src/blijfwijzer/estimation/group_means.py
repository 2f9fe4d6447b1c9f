"""Means of groups and their sampling variances, from sums."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.estimation.design import Design, Varying, told_by_design
from blijfwijzer.estimation.means import estimate_means
from blijfwijzer.survey.arrays import Array, effective_ns


def gather_areas(columns: Array, weight: Array, members: csr_array) -> Array:
    """Add up weighted columns by group: one row per group; batches may be added to each other."""
    return np.asarray(members @ (weight[:, None] * columns), dtype=float)


def summarise_means(values: Array, weight: Array, members: csr_array) -> pd.DataFrame:
    """Summarise answers per group.

    Parameters
    ----------
    values : per response; NaN where not known
    members : one row per group, one column per response

    Returns
    -------
    One row per group: n known answers, total of weights and of their squares, effective_n (Kish
    1965), mean, and the weighted variance within it, unbiased; NaN where nothing is known.
    """
    known = ~np.isnan(values)
    w = np.where(known, weight, 0.0)
    # Centring keeps the variance exact for answers far from zero.
    centre = float(np.average(values[known], weights=w[known])) if w.sum() > 0 else 0.0
    y = np.where(known, values - centre, 0.0)
    sums = gather_areas(
        np.column_stack([w > 0, w, w**2, w * y, w * y**2]), np.ones(len(w)), members
    )
    return finish_areas(sums, centre)


def finish_areas(sums: Array, centre: float) -> pd.DataFrame:
    """Turn sums into means, as `summarise_means` gives them.

    Parameters
    ----------
    sums : respondents, weight, squared weight, and weighted answers and squared answers, these less
        `centre`
    """
    n, total, squares, wy, wyy = sums.T
    safe = np.where(total > 0, total, np.nan)
    mean, effective = wy / safe, effective_ns(total, squares)
    spread = np.maximum(wyy / safe - mean**2, 0.0)
    freedom = 1 - 1 / np.where(effective > 1 + 1e-9, effective, np.nan)
    return pd.DataFrame(
        {
            "n": n.astype(int),
            "weight": total,
            "squares": squares,
            "effective_n": effective,
            "mean": mean + centre,
            "variance": spread / freedom,
        }
    )


def within_variance(areas: pd.DataFrame) -> tuple[float, float]:
    """Pool the variance between people of one unit over units; and its degrees of freedom.

    One variance for all units: that of nine people is itself mostly noise, and on a bounded scale
    it moves with their mean, which would pull pooled means towards the end of the scale.
    """
    freedom = np.maximum(areas["effective_n"].to_numpy(dtype=float) - 1, 0.0)
    known = (freedom > 0) & areas["variance"].notna().to_numpy()
    if not known.any():
        return float("nan"), 0.0
    return (
        float(np.average(areas["variance"].to_numpy()[known], weights=freedom[known])),
        float(freedom[known].sum()),
    )


def sampling_variance(
    values: Array,
    areas: pd.DataFrame,
    members: csr_array,
    design: Design,
    *,
    units: Varying = "drawn",
) -> tuple[Array, Array]:
    """Variance of the mean of each group of one level, and its degrees of freedom.

    With units that are `fixed` an interval tells where a mean would lie had other people of the
    same units answered: the variance is that between people within groups, over the effective
    number of them (Kish 1965). With units that are `drawn` it tells of other units as well, for
    groups that are made of several whole ones; the others lie within a unit, and stay as they are.
    Either way it is of whoever may work there, so that most of a unit answered makes it no smaller
    (Graubard & Korn 2002, Statistical Science 17, p. 73).

    Parameters
    ----------
    areas : of these groups, as `summarise_means` gives
    members : one row per group, one column per response; groups share none
    """
    within, freedom = within_variance(areas)
    effective = areas["effective_n"].to_numpy()
    variance = within / np.where(effective > 0, effective, np.nan)
    df = np.full(len(areas), freedom)
    if units == "drawn":
        found, own = variance_between(values, members, design)
        is_large = ~np.isnan(found)
        variance, df = np.where(is_large, found, variance), np.where(is_large, own, df)
    return variance, df


def variance_between(values: Array, members: csr_array, design: Design) -> tuple[Array, Array]:
    """Variance of the mean of each group of several whole units, had others been drawn.

    Parameters
    ----------
    values : per response, or per several of one unit that gave the same answer
    members : one row per group, one column per such row; groups share none

    Returns
    -------
    Variance and its degrees of freedom, one of each per group; NaN where a group lies within a unit
    or is made of too few (`told_by_design`).
    """
    variance, df = np.full((2, members.shape[0]), np.nan)
    place = members.tocoo()
    group = np.full(len(values), -1)
    group[place.col] = place.row
    large = np.flatnonzero(told_by_design(group, len(variance), design))
    if len(large):
        found = estimate_means(values, pd.Series(group).where(np.isin(group, large)), design)
        found = found[found["se"].notna()]
        rows = found.index.to_numpy(dtype=int)
        variance[rows], df[rows] = found["se"] ** 2, found["df"]
    return variance, df
