"""Units of one level that may be screened, with what they are held against."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.culture.dimensions import Dimension, dimensions_only, find_dimensions, read_scores
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.group_means import summarise_means
from blijfwijzer.estimation.group_means import within_variance as pooled_variance
from blijfwijzer.estimation.pooling import PooledMeans, pool_means
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses


@dataclass(frozen=True)
class Screened:
    """Units of one level and their answers on some dimensions, higher being better."""

    unit: Codes
    """Unit of each response, -1 for none."""
    names: pd.Index
    parents: pd.Series
    scores: Array
    """One row per response, one column per dimension."""
    weight: Array
    reference: Array
    """One row per unit, one column per dimension: the mean that it is held against."""
    dimensions: tuple[Dimension, ...]

    def take(self, rows: Mask) -> "Screened":
        """Keep some responses; the reference stays."""
        return replace(self, unit=np.where(rows, self.unit, -1))

    def cut(self, settings: CultureSettings) -> Array:
        """Means below which a unit is worrying: one row per unit, one column per dimension."""
        spans = np.array([dimension.span for dimension in self.dimensions])
        return np.asarray(self.reference - settings.floor * spans)

    def pool(
        self, place: int, draws: int, rng: np.random.Generator
    ) -> tuple[pd.DataFrame, PooledMeans]:
        """Summarise and pool the means of each unit on one dimension."""
        values = self.scores[:, place]
        areas = summarise_means(values, self.weight, self.members(~np.isnan(values)))
        effective = areas["effective_n"].to_numpy()
        sampling = pooled_variance(areas)[0] / np.where(effective > 0, effective, np.nan)
        return areas, pool_means(areas["mean"].to_numpy(), sampling, self.parents, draws, rng)

    def members(self, known: Mask) -> csr_array:
        """One row per unit, one column per response."""
        columns = np.flatnonzero((self.unit >= 0) & known)
        ones = np.ones(len(columns), dtype=np.int8)
        shape = (len(self.names), len(self.unit))
        return csr_array((ones, (self.unit[columns], columns)), shape=shape)


def gather_units(
    scales: Responses,
    grouping: Grouping,
    design: Design,
    codebook: Codebook,
    settings: CultureSettings,
    barred: Mapping[str, frozenset[str]] | None = None,
) -> Screened:
    """Gather the units of one level, with scores turned so that a higher one is better.

    Where a dimension does not mean the same to a largest unit, units inside it are held against
    that unit, and the others against those to whom it does.

    Parameters
    ----------
    grouping : of units that share no respondents; they shrink towards their parent, and are held
        against their sector when the settings say so
    barred : dimension to the largest units to which it does not mean the same as to the others
    """
    dimensions, groups = dimensions_only(find_dimensions(codebook, settings)), grouping.groups
    place = grouping.members.tocoo()
    if (np.asarray(grouping.members.sum(axis=0)) > 1).any():
        raise ValueError("units that are screened share no respondents: give those of one level")
    unit = np.full(grouping.members.shape[1], -1, dtype=np.intp)
    unit[place.col] = place.row
    scores = np.column_stack([d.turn(read_scores(scales, d)) for d in dimensions])
    reference = []
    for dimension, column in zip(dimensions, scores.T, strict=True):
        whole = groups["sector"]
        if settings.reference == "all":
            whole = whole.where(whole.isin((barred or {}).get(dimension.name, frozenset())))
        code = pd.factorize(whole, use_na_sentinel=False)[0].astype(np.intp)
        reference.append(_reference(column, unit, code, design.weight))
    return Screened(
        unit,
        pd.Index(groups.index),
        groups["parent"],
        scores,
        design.weight,
        np.column_stack(reference),
        dimensions,
    )


def _reference(values: Array, unit: Codes, whole: Codes, weight: Array) -> Array:
    """Weighted mean of the whole that each unit is part of, over the respondents of its units."""
    inside = (unit >= 0) & ~np.isnan(values)
    place, count = whole[unit[inside]], int(whole.max(initial=0)) + 1
    total = np.bincount(place, weight[inside], count)
    sums = np.bincount(place, weight[inside] * values[inside], count)
    return np.asarray((sums / np.where(total > 0, total, np.nan))[whole])
