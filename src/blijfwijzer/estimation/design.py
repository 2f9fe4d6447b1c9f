"""How respondents stand for people: by which weight, and by which units they were drawn.

What this means for the error of an estimate stands in `variance`, or, for statistics without a
formula, in `resampling`.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from blijfwijzer.survey.arrays import Array, Codes, Mask, effective_n
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.replicates import replicate_names

Varying = Literal["drawn", "fixed"]
"""What else could have been: other units, drawn like these, or other people in the same units."""

_FEWEST_CLUSTERS = 5
"""Fewer units than these say little of how units differ; then a smaller kind of unit counts."""
_FEWEST_EFFECTIVE = 3.0
"""The same of units that weigh unequally: how many equal ones they are worth (Kish 1965). Ours."""
_FEWEST_PEOPLE = 100
"""Members for replicate weights to tell the error of a group; in fewer, too few of them differ.
Convention of ours."""


@dataclass(frozen=True)
class Design:
    """How respondents stand for people: what every estimate needs to know its own error.

    How many people there are to stand for is known of groups, not of respondents: see `areas`.
    """

    weight: Array
    """One per response, above zero."""
    cluster: Codes
    """Unit that was drawn, or answers, as a whole."""
    stratum: Codes
    """Zeros when there is one; each cluster lies in one stratum."""
    replicates: Array | None = None
    """One column per replicate weight."""
    replicate_scale: float = 1.0
    """Variance = scale x sum of (replicate's estimate - estimate)^2."""

    @classmethod
    def of_units(cls, weight: Array, units: pd.Series) -> "Design":
        """Give a design of whole units of one stratum, such as organisations."""
        code = pd.factorize(units)[0].astype(np.intp)
        return cls(np.asarray(weight, dtype=float), code, np.zeros_like(code))

    def take(self, rows: Mask | Codes) -> "Design":
        """Give the design of a part that is a survey of its own, such as half of each team.

        A domain, such as the low educated, is no such part: give `estimate_mean` missing values
        outside it, so that the number of units that could have had members still counts.
        """
        part = None if self.replicates is None else self.replicates[rows]
        return replace(
            self,
            weight=self.weight[rows],
            cluster=self.cluster[rows],
            stratum=self.stratum[rows],
            replicates=part,
        )

    def vary(self, units: Varying) -> "Design":
        """Say of what an error is to tell: of drawing other units, or other people of the same.

        With fixed units each is a stratum, of which the respondents are drawn one by one.
        """
        if units == "drawn":
            return self
        everyone = np.arange(len(self.weight), dtype=np.intp)
        return replace(self, cluster=everyone, stratum=self.cluster, replicates=None)

    def reweight(self, weight: Array) -> "Design":
        """Give respondents other weights; replicates keep their share of difference from them."""
        if self.replicates is None:
            return replace(self, weight=weight)
        known = self.weight > 0
        factor = np.divide(weight, self.weight, out=np.zeros_like(weight), where=known)
        return replace(self, weight=weight, replicates=self.replicates * factor[:, None])

    def within(self, inside: Mask | None = None) -> "Design":
        """Let respondents count as drawn one by one where all who are inside are of one unit.

        Those outside then make one unit of a stratum of their own, where they change nothing.
        """
        inside = np.ones(len(self.weight), dtype=bool) if inside is None else inside
        clusters = self.cluster[inside]
        if not len(clusters) or (clusters != clusters[0]).any():
            return self
        single = np.where(inside, np.arange(len(inside)), -1)
        return replace(self, cluster=single, stratum=np.where(inside, 0, 1))

    @cached_property
    def units(self) -> "Clusters":
        """Clusters and strata by code from 0."""
        first, code = np.unique(self.cluster, return_index=True, return_inverse=True)[1:]
        stratum = np.unique(self.stratum[first], return_inverse=True)[1]
        return Clusters(code, stratum, np.bincount(stratum).astype(float))

    @cached_property
    def shifts(self) -> Array | None:
        """By which share each replicate weight differs from the weight: one column each."""
        return None if self.replicates is None else self.replicates / self.weight[:, None] - 1

    @cached_property
    def freedom(self) -> float:
        """Degrees of freedom of all responses: units less strata, or what replicate weights have.

        At least 1, where each stratum has one unit.
        """
        if self.replicates is not None:
            return self.replicate_freedom
        units = self.within().units
        return max(1.0, float(len(units.stratum) - len(units.sizes)))

    @cached_property
    def replicate_freedom(self) -> float:
        """Rank of the replicate weights less one, as R's survey::degf has it (Lumley 2010)."""
        if self.replicates is None:
            return float("nan")
        size = np.linalg.eigvalsh(self.replicates.T @ self.replicates)
        return float((size > 1e-10 * size.max()).sum() - 1)


@dataclass(frozen=True)
class Clusters:
    """Which units responses belong to, and which strata units belong to."""

    of_response: Codes
    stratum: Codes
    """One per unit."""
    sizes: Array
    """Units of each stratum."""


def read_design(responses: Responses, codebook: Codebook) -> Design:
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
        strata, unit = (
            responses[level].astype("object") for level in (levels[0], codebook.units.cluster)
        )
        known = strata.fillna(strata.groupby(unit).transform("first"))
        stratum = pd.factorize(known, use_na_sentinel=False)[0].astype(np.intp)
    smaller = levels[levels.index(codebook.units.cluster) :]
    cluster = _clusters(responses[smaller], stratum, weight)
    names = replicate_names(responses, codebook)
    if not names or codebook.weight is None:
        return Design(weight, cluster, stratum)
    replicates = responses[names].to_numpy(dtype=float)
    return Design(weight, cluster, stratum, replicates, codebook.weight.replicate_scale)


def told_by_design(group: Codes, count: int, design: Design) -> Mask:
    """Say of which groups the design tells the error of a mean: those of several whole clusters.

    A sector is known by the organisations that took part in it; a team lies within one of them,
    and is known by its people. Replicate weights tell it of any large group.

    Parameters
    ----------
    count : groups there are
    """
    people = np.bincount(group[group >= 0], minlength=count)
    if design.replicates is not None:
        return np.asarray(people >= _FEWEST_PEOPLE)
    span = int(design.cluster.max(initial=0)) + 2
    pair = np.unique((group * span + design.cluster + 1)[group >= 0])
    clusters = np.bincount(pair // span, minlength=count)
    # Where people are clusters of their own they are not whole ones.
    return np.asarray((clusters >= _FEWEST_CLUSTERS) & (clusters < people))


def _clusters(units: pd.DataFrame, stratum: Codes, weight: Array) -> Codes:
    """Units of the largest level that is made of enough of them; else respondents."""
    own = np.zeros(len(units), dtype=np.intp)
    for level in units:
        # Below the cluster a code may be used again in each unit above it.
        code = pd.factorize(units[level], use_na_sentinel=False)[0]
        own = pd.factorize(pd.MultiIndex.from_arrays([stratum, own, code]))[0].astype(np.intp)
        total = np.asarray(np.bincount(own, weight), dtype=float)
        if len(total) >= _FEWEST_CLUSTERS and effective_n(total) >= _FEWEST_EFFECTIVE:
            return own
    return np.arange(len(units), dtype=np.intp)
