"""How respondents stand for people, and what that means for the error of any estimate.

An estimate is written as a sum of influences of respondents; its variance follows from the totals
of whole units within strata (Taylor linearisation with ultimate clusters; Wolter 2007, chapter 6),
or from replicate weights where a survey has them.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.replicates import replicate_names

Array = NDArray[np.float64]

_FEWEST_CLUSTERS = 5
"""Fewer units than these say little of how units differ; then a smaller kind of unit counts."""
_FEWEST_EFFECTIVE = 3.0
"""The same of units that weigh unequally: how many equal ones they are worth (Kish 1965). Ours."""
_FEWEST_PEOPLE = 100
"""Members for replicate weights to tell the error of a group; in fewer, too few of them differ.
Convention of ours."""


@dataclass(frozen=True)
class Design:
    """How respondents stand for people: what every estimate needs to know its own error."""

    weight: Array
    """One per response, above zero."""
    cluster: NDArray[np.intp]
    """Unit that was drawn, or answers, as a whole."""
    stratum: NDArray[np.intp]
    """Zeros when there is one; each cluster lies in one stratum."""
    replicates: Array | None = None
    """One column per replicate weight."""
    replicate_scale: float = 1.0
    """Variance = scale x sum of (replicate's estimate - estimate)^2."""

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Design":
        """Give the design of a part that is a survey of its own, such as half of each team.

        A domain, such as the low educated, is no such part: give `estimate_mean` missing values
        outside it, so that the number of units that could have had members still counts.
        """
        part = None if self.replicates is None else self.replicates[rows]
        return Design(
            self.weight[rows], self.cluster[rows], self.stratum[rows], part, self.replicate_scale
        )

    @cached_property
    def units(self) -> "Units":
        """Clusters and strata by code from 0."""
        first, code = np.unique(self.cluster, return_index=True, return_inverse=True)[1:]
        stratum = np.unique(self.stratum[first], return_inverse=True)[1]
        return Units(code, stratum, np.bincount(stratum).astype(float))

    @cached_property
    def shifts(self) -> Array | None:
        """By which share each replicate weight differs from the weight: one column each."""
        return None if self.replicates is None else self.replicates / self.weight[:, None] - 1

    @cached_property
    def replicate_freedom(self) -> float:
        """Rank of the replicate weights less one, as R's survey::degf has it (Lumley 2010)."""
        if self.replicates is None:
            return float("nan")
        size = np.linalg.eigvalsh(self.replicates.T @ self.replicates)
        return float((size > 1e-10 * size.max()).sum() - 1)


@dataclass(frozen=True)
class Units:
    """Which units responses belong to, and which strata units belong to."""

    of_response: NDArray[np.intp]
    stratum: NDArray[np.intp]
    """One per unit."""
    sizes: Array
    """Units of each stratum."""


def read_design(responses: pd.DataFrame, codebook: Codebook) -> Design:
    """Read how respondents stand for people from a survey and its codebook.

    Clusters are the codebook's; a survey of fewer than five of them, such as that of a single
    organisation or one that outweighs all others, is a sample of their parts: the next smaller
    level counts, or respondents themselves. Strata are the largest level above the clusters. A
    unit's code that is used in two strata means two units; a unit whose stratum is missing belongs
    to that of its colleagues.
    Replicate weights, where the codebook names them, take the place of both.
    """
    weight = responses["weight"].to_numpy(dtype=float)
    levels = [level for level in codebook.units.levels if level in responses]
    stratum = np.zeros(len(responses), dtype=np.intp)
    if levels and levels[0] != codebook.units.cluster:
        strata, unit = responses[levels[0]], responses[codebook.units.cluster]
        known = strata.astype("object").fillna(
            strata.astype("object").groupby(unit.astype("object")).transform("first")
        )
        stratum = pd.factorize(known, use_na_sentinel=False)[0].astype(np.intp)
    cluster = _clusters(responses, stratum, levels, codebook, weight)
    names = replicate_names(responses.columns, codebook)
    if not names or codebook.weight is None:
        return Design(weight, cluster, stratum)
    replicates = responses[names].to_numpy(dtype=float)
    return Design(weight, cluster, stratum, replicates, codebook.weight.replicate_scale)


def reweight(design: Design, weight: Array) -> Design:
    """Give respondents other weights; replicates keep the share by which they differ from them."""
    if design.replicates is None:
        return replace(design, weight=weight)
    known = design.weight > 0
    factor = np.divide(weight, design.weight, out=np.zeros_like(weight), where=known)
    return replace(design, weight=weight, replicates=design.replicates * factor[:, None])


def replicate_units(design: Design, draws: int, seed: int) -> Array:
    """Draw how often each response counts in each bootstrap of whole units within strata.

    For statistics without a formula: compute it with weight x multiplicity. Of n units of a
    stratum n - 1 are drawn, each counting n / (n - 1) times as often as it was drawn (Rao & Wu
    1988, with m = n - 1). Strata of one unit are taken together; with one unit in all, its
    respondents are drawn. Means of designs are kept: the mean over draws is 1.

    Where a survey has replicate weights, each draw adds or takes the shift of each of them at
    random, so that the variance over draws of a total is that of the replicates (Beaumont & Patak
    2012; two-point multipliers, which leave no weight of a paired jackknife below zero). Those of
    a jackknife of single units can fall a little below zero, which sums can bear.

    Returns
    -------
    One row per response, one column per draw.
    """
    rng = np.random.default_rng(seed)
    if design.shifts is not None:
        signs = rng.choice([-1.0, 1.0], size=(design.shifts.shape[1], draws))
        return np.asarray(1 + np.sqrt(design.replicate_scale) * design.shifts @ signs)
    design = own_units(design, np.ones(len(design.weight), dtype=bool))
    unit, first, place = np.unique(design.cluster, return_index=True, return_inverse=True)
    stratum = np.unique(design.stratum[first], return_inverse=True)[1]
    alone = np.bincount(stratum)[stratum] == 1
    stratum = np.where(alone, -1, stratum)
    made = np.ones((len(unit), draws))
    for one in np.unique(stratum):
        members = np.flatnonzero(stratum == one)
        count = len(members)
        if count > 1:
            drawn = rng.multinomial(count - 1, np.full(count, 1 / count), size=draws)
            made[members] = drawn.T * (count / (count - 1))
    return made[place]


def draw_wholes(design: Design, draws: int, seed: int) -> tuple[NDArray[np.intp], Array]:
    """As `replicate_units`, told once for each whole: a unit, or a response with replicate weights.

    Returns
    -------
    Place of each response's whole, and one row per whole: how often it counts in each draw.
    """
    if design.replicates is not None:
        return np.arange(len(design.weight)), replicate_units(design, draws, seed)
    unit, first, place = np.unique(design.cluster, return_index=True, return_inverse=True)
    once = Design(np.ones(len(unit)), unit, design.stratum[first])
    return place, replicate_units(once, draws, seed)


def covariance_of(
    estimates: Array,
    influence: Array,
    inside: NDArray[np.bool_],
    design: Design,
    replicates: Array | None = None,
) -> tuple[Array, float]:
    """Covariance of estimates and its degrees of freedom, from influences or replicates.

    Estimates that were not worked out anew with each replicate weight move with it as their
    influences say (linearised replicates; Shao & Tu 1995, section 6.2).

    A stratum of one unit says nothing of how units differ within it: its unit is held against the
    mean of all, which is zero for influences. Degrees of freedom are units less strata, of those
    that have members (Korn & Graubard 1999, p. 209).
    """
    if design.shifts is not None:
        apart = design.shifts.T @ influence if replicates is None else replicates - estimates
        return design.replicate_scale * apart.T @ apart, design.replicate_freedom
    design = own_units(design, inside)
    members = np.unique(design.units.of_response[inside])
    covariance = covariance_of_totals(add_up(influence, design.units.of_response), design)
    return covariance, float(len(members) - len(np.unique(design.units.stratum[members])))


def covariance_of_totals(totals: Array, design: Design) -> Array:
    """Covariance of sums of influences, from the totals of units.

    Parameters
    ----------
    totals : one row per unit, in the order of `design.units`
    """
    stratum, sizes = design.units.stratum, design.units.sizes
    mean = add_up(totals, stratum) / sizes[:, None]
    centred = totals - np.where(sizes[:, None] > 1, mean, 0.0)[stratum]
    factor = np.where(sizes > 1, sizes / np.maximum(sizes - 1, 1), 1.0)[stratum]
    return np.asarray((centred * factor[:, None]).T @ centred)


def variance_by_group(
    influence: Array,
    group: NDArray[np.intp],
    count: int,
    design: Design,
    inside: NDArray[np.bool_],
) -> tuple[Array, Array]:
    """As `covariance_of`, for the means of many groups at once.

    Parameters
    ----------
    influence, group : of the responses that are inside
    """
    if design.shifts is not None:
        moved = [np.bincount(group, influence * shift, count) for shift in design.shifts[inside].T]
        variance = design.replicate_scale * np.square(moved).sum(axis=0)
        return variance, np.full(count, design.replicate_freedom)
    of_cluster, units = design.units.stratum, design.units.sizes
    cluster = design.units.of_response[inside]
    pair, place = np.unique(group * np.intp(len(of_cluster)) + cluster, return_inverse=True)
    totals = np.bincount(place, influence, len(pair))
    of_pair, stratum = pair // len(of_cluster), of_cluster[pair % len(of_cluster)]
    cell, at = np.unique(of_pair * np.intp(len(units)) + stratum, return_inverse=True)
    size = units[cell % len(units)]
    squares = np.bincount(at, totals**2, len(cell))
    sums = np.bincount(at, totals, len(cell))
    within = np.where(
        size > 1, (squares - sums**2 / size) * size / np.maximum(size - 1, 1), squares
    )
    variance = np.bincount(cell // len(units), within, count)
    clusters, strata = (
        np.bincount(of_pair, minlength=count),
        np.bincount(cell // len(units), minlength=count),
    )
    df = (clusters - strata).astype(float)
    n = np.bincount(group, minlength=count)
    one_unit = (clusters == 1) & (n > 1)
    single = np.bincount(group, influence**2, count) * n / np.maximum(n - 1, 1)
    return np.where(one_unit, single, variance), np.where(one_unit, n - 1.0, df)


def told_by_design(group: NDArray[np.intp], count: int, design: Design) -> NDArray[np.bool_]:
    """Say of which groups the design tells the error of a mean: those of several whole clusters.

    A sector is known by the organisations that took part in it; a team lies within one of them,
    and is known by its people. Replicate weights tell it of any large group.

    Parameters
    ----------
    group : of each response, -1 for none
    count : groups there are
    """
    people = np.bincount(group[group >= 0], minlength=count)
    if design.replicates is not None:
        return np.asarray(people >= _FEWEST_PEOPLE)
    pair = np.unique(np.column_stack([group, design.cluster])[group >= 0], axis=0)
    clusters = np.bincount(pair[:, 0], minlength=count)
    # Where people are clusters of their own they are not whole ones.
    return np.asarray((clusters >= _FEWEST_CLUSTERS) & (clusters < people))


def own_units(design: Design, inside: NDArray[np.bool_]) -> Design:
    """Let respondents count as drawn one by one where all are of one unit.

    Those outside then make one unit of a stratum of their own, where they change nothing.
    """
    clusters = design.cluster[inside]
    if not len(clusters) or (clusters != clusters[0]).any():
        return design
    single = np.where(inside, np.arange(len(inside)), -1)
    return replace(design, cluster=single, stratum=np.where(inside, 0, 1))


def add_up(values: Array, place: NDArray[np.intp], count: int | None = None) -> Array:
    """Sum rows by place; there are as many places as `count` says, or as are used."""
    rows = np.arange(len(place))
    size = int(place.max(initial=-1)) + 1 if count is None else count
    adder = csr_array((np.ones(len(place)), (place, rows)), shape=(size, len(place)))
    return np.asarray(adder @ values)


def _clusters(
    responses: pd.DataFrame,
    stratum: NDArray[np.intp],
    levels: list[str],
    codebook: Codebook,
    weight: Array,
) -> NDArray[np.intp]:
    own = np.zeros(len(responses), dtype=np.intp)
    smaller = levels[levels.index(codebook.units.cluster) :]
    for level in smaller:
        # Below the cluster a code may be used again in each unit above it.
        code = pd.factorize(responses[level], use_na_sentinel=False)[0]
        pair = pd.MultiIndex.from_arrays([stratum, own, code])
        own = pd.factorize(pair)[0].astype(np.intp)
        total = np.bincount(own, weight)
        is_even = total.sum() ** 2 / (total**2).sum() >= _FEWEST_EFFECTIVE
        if len(total) >= _FEWEST_CLUSTERS and is_even:
            return own
    return np.arange(len(responses), dtype=np.intp)
