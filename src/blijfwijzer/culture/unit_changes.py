"""How each unit moved between two waves, net of who responded in it.

Raking a unit of nine people to the mix that it had would rest on one person per category. What
its traits foresee is taken from a regression within all units of its level instead, so that a
unit's change is that of people alike (the survey regression estimator; Rao & Molina 2015, section
2.5): it takes slopes to be the same in each unit. Everyone and large largest units are raked by
themselves, as in `trend`, so that both tell one change.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack

from blijfwijzer.culture.dimensions import find_dimensions
from blijfwijzer.culture.waves import FEWEST, LARGEST_GAP, Pair, RakedWaves, measure_change
from blijfwijzer.estimation.design import told_by_design
from blijfwijzer.estimation.pooling import left_to_know, summarise_means, within_variance
from blijfwijzer.estimation.regression import regress
from blijfwijzer.estimation.variance import variance_by_group
from blijfwijzer.groups.grouping import EVERYONE, Grouping
from blijfwijzer.survey.arrays import Array, Codes, Mask

RAKED, REGRESSED, AS_IS = "raked", "regressed", "as_is"
"""How a change is net: weights of the unit itself, slopes of all units of its level, or not."""
COLUMNS = [
    *("group", "dimension", "n_before", "n_now", "before", "before_variance"),
    *("raw", "net", "variance", "freedom", "way"),
]
_NO_MATTER = 1e-9
"""A trait that varies less than this within units is one of the units themselves."""


@dataclass(frozen=True)
class UnitChanges:
    """How each unit moved between two waves; nothing here is checked for release."""

    table: pd.DataFrame
    """One row per group of both waves and dimension, with `COLUMNS`: respondents, mean of the
    earlier wave and its sampling variance, raw and net change, variance of the net one with its
    degrees of freedom, and the way it is net. Scores are of the items that both waves asked."""


@dataclass(frozen=True)
class _Units:
    """Groups of one level in both waves; they share no people."""

    members: csr_array
    """One row per group, one column per response of both waves."""
    code: Codes
    """Group of each response; -1 for none."""
    left: Array
    """Share of the variance that is left to know in the earlier and the later wave: two columns."""


def measure_unit_changes(pair: Pair, groupings: tuple[Grouping, Grouping]) -> UnitChanges:
    """Measure how each dimension moved in each group of both waves.

    Parameters
    ----------
    groupings : of the earlier and the later wave; groups are matched by id
    """
    waves, codebook = pair.waves, pair.codebook
    earlier, later = groupings
    names = later.groups.index[later.groups.index.isin(earlier.groups.index)]
    places = [one.groups.index.get_indexer(names) for one in groupings]
    members = csr_array(
        hstack([one.members[rows] for one, rows in zip(groupings, places, strict=True)])
    )
    working = [one.groups["people"].reindex(names).to_numpy(dtype=float) for one in groupings]
    people = np.column_stack(working)
    levels = later.groups.loc[names, "level"]
    largest = codebook.units.levels[0]
    raked = rake_large(members, waves.is_now, levels.isin([EVERYONE, largest]), pair.part)
    tables = []
    for dimension in find_dimensions(codebook, pair.settings):
        if dimension.name in pair.shared.scales:
            values = pair.scores[dimension.name].to_numpy(dtype=float)
            table = change_of_units(values, waves, members, levels, people, raked)
            tables.append(table.assign(dimension=dimension.name))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return UnitChanges(table[COLUMNS])


def rake_large(
    members: csr_array,
    is_now: Mask,
    is_candidate: pd.Series,
    part_of: Callable[[Mask], RakedWaves],
) -> dict[int, RakedWaves]:
    """Rake each group by itself that has the respondents for it in both waves.

    Parameters
    ----------
    is_candidate : one per group
    part_of : gives those who are inside, raked, as `Pair.part`

    Returns
    -------
    Place of a group to its own part of both waves; groups that no weights give their earlier mix
    are left out.
    """
    made = {}
    for place in np.flatnonzero(is_candidate):
        inside = _inside(members, int(place))
        if min((inside & wave).sum() for wave in (is_now, ~is_now)) >= FEWEST:
            part = part_of(inside)
            if part.largest_gap <= LARGEST_GAP:
                made[int(place)] = part
    return made


def change_of_units(
    values: Array,
    waves: RakedWaves,
    members: csr_array,
    levels: pd.Series,
    people: Array,
    raked: dict[int, RakedWaves],
) -> pd.DataFrame:
    """Measure by how much the mean of each group moved, as it is and net of who responded.

    Parameters
    ----------
    values : one per response of both waves, in the order of `waves`; NaN where not known
    members : one row per group, one column per response of both waves
    levels : group to its level; groups of one level share no people
    people : who work in each group, earlier and later: two columns; NaN where not known
    raked : as `rake_large` gives

    Returns
    -------
    One row per group, with `COLUMNS` but the dimension; NaN where either wave has no answer.
    """
    tables = []
    for level in levels.unique():
        rows = np.flatnonzero(levels == level)
        units = _read_units(csr_array(members[rows]), values, people[rows], waves.is_now)
        tables.append(_regressed(values, waves, units).set_index(rows))
    table = pd.concat(tables).sort_index()
    figures = table[["net", "variance", "freedom"]].to_numpy(dtype=float, copy=True)
    way = table["way"].to_numpy(dtype=object, copy=True)
    for place, part in raked.items():
        found = measure_change(values[_inside(members, place)], part).net
        if found.se > 0 and found.df > 0:
            figures[place], way[place] = (found.value, found.se**2, found.df), RAKED
    net, variance, freedom = figures.T
    return table.assign(group=levels.index, net=net, variance=variance, freedom=freedom, way=way)


def _inside(members: csr_array, place: int) -> Mask:
    inside = np.zeros(members.shape[1], dtype=bool)
    inside[members[[place]].indices] = True
    return inside


def _read_units(members: csr_array, values: Array, people: Array, is_now: Mask) -> _Units:
    place = members.tocoo()
    code = np.full(members.shape[1], -1, dtype=np.intp)
    code[place.col] = place.row
    known = ~np.isnan(values) & (code >= 0)
    n = [np.bincount(code[known & part], minlength=len(people)) for part in (~is_now, is_now)]
    left = [left_to_know(n[wave].astype(float), people[:, wave]) for wave in (0, 1)]
    return _Units(members, code, np.column_stack(left))


def _regressed(values: Array, waves: RakedWaves, units: _Units) -> pd.DataFrame:
    """Take from each answer what its traits foresee, and compare what is left in each group."""
    before, now = _means(values, waves, units)
    slopes, covariance = _slopes(values, waves, units)
    rest = values - waves.dummies[:, 1:] @ slopes
    rest_before, rest_now = _means(rest, waves, units)
    variance, freedom = _variance(rest, waves, units, (-1, 1), int(np.count_nonzero(slopes)))
    moved = _mix_moved(values, waves, units)
    variance = variance + np.einsum("gi,ij,gj->g", moved, covariance, moved)
    return pd.DataFrame(
        {
            "n_before": before["n"],
            "n_now": now["n"],
            "before": before["mean"],
            "before_variance": _variance(values, waves, units, (1, 0))[0],
            "raw": now["mean"] - before["mean"],
            "net": rest_now["mean"] - rest_before["mean"],
            "variance": variance,
            "freedom": freedom,
            "way": REGRESSED if slopes.any() else AS_IS,
        }
    )


def _means(values: Array, waves: RakedWaves, units: _Units) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Summarise answers of each group, in the earlier and in the later wave."""
    weight = waves.design.weight
    before, now = (
        summarise_means(np.where(part, values, np.nan), weight, units.members)
        for part in (~waves.is_now, waves.is_now)
    )
    return before, now


def _slopes(values: Array, waves: RakedWaves, units: _Units) -> tuple[Array, Array]:
    """Give what each trait foresees of an answer within groups of the later wave.

    Levels of groups are taken out beforehand (Frisch & Waugh 1933): what goes with a group is no
    part of its mix. The later wave's slopes are those that raking uses. Zero for traits that do
    not differ within groups, and for all when respondents are too few.
    """
    inside = ~np.isnan(values) & waves.is_now & (units.code >= 0)
    code, weight = units.code[inside], waves.design.weight[inside]
    held = np.column_stack([values, waves.dummies[:, 1:]])
    total = np.bincount(code, weight, len(units.left))
    sums = np.stack([np.bincount(code, weight * one, len(units.left)) for one in held[inside].T], 1)
    held[inside] -= (sums / np.where(total > 0, total, np.nan)[:, None])[code]
    traits = held[:, 1:]
    differs = (np.abs(traits[inside]) > _NO_MATTER).any(axis=0)
    size = traits.shape[1]
    slopes, covariance = np.zeros(size), np.zeros((size, size))
    if inside.sum() - (total > 0).sum() < FEWEST or not differs.any():
        return slopes, covariance
    outcome = np.where(inside, held[:, 0], np.nan)
    # Replicates would refit these slopes a hundred times for a small part of an error.
    design = replace(waves.design, replicates=None)
    fitted = regress(outcome, pd.DataFrame(traits[:, differs]), design)
    if not fitted.reason:
        slopes[differs] = fitted.coefficients[1:]
        covariance[np.ix_(differs, differs)] = fitted.covariance.to_numpy()[1:, 1:]
    return slopes, covariance


def _mix_moved(values: Array, waves: RakedWaves, units: _Units) -> Array:
    """Give by how much the share of each category moved in each group."""
    known, weight = ~np.isnan(values), waves.design.weight
    means = []
    for part in (~waves.is_now, waves.is_now):
        counted = np.where(part & known, weight, 0.0)
        total = units.members @ counted
        sums = units.members @ (waves.dummies[:, 1:] * counted[:, None])
        means.append(sums / np.where(total > 0, total, np.nan)[:, None])
    return np.asarray(means[1] - means[0])


def _variance(
    values: Array, waves: RakedWaves, units: _Units, signs: tuple[int, int], fitted: int = 0
) -> tuple[Array, Array]:
    """Variance of each group's sum of means and its degrees of freedom.

    Groups of several whole clusters are known by these, of which one in both waves counts once.
    Others are known by their people, with one variance for all groups of a level.

    Parameters
    ----------
    signs : of the earlier and the later mean in the sum; 0 for none
    fitted : slopes that the later wave gave
    """
    both = zip(
        signs, (~waves.is_now, waves.is_now), _means(values, waves, units), (0, 1), strict=True
    )
    count, design = len(units.left), waves.design
    variance, freedom = np.zeros(count), np.zeros(count)
    large, influence = np.ones(count, dtype=bool), np.full(len(values), np.nan)
    for sign, part, found, wave in both:
        if sign:
            alone, known = _alone(found, units.left[:, wave], fitted * wave)
            variance, freedom = variance + alone, freedom + known
            large &= told_by_design(np.where(part, units.code, -1), count, design)
            place = np.maximum(units.code, 0)
            share = design.weight / np.maximum(found["weight"].to_numpy(), 1e-300)[place]
            apart = sign * share * (values - found["mean"].to_numpy()[place])
            influence = np.where(part, apart, influence)
    inside = ~np.isnan(influence) & (units.code >= 0)
    inside &= large[np.maximum(units.code, 0)]
    if inside.any():
        spread, df = variance_by_group(influence[inside], units.code[inside], count, design, inside)
        variance, freedom = np.where(large, spread, variance), np.where(large, df, freedom)
    return variance, freedom


def _alone(found: pd.DataFrame, left: Array, fitted: int) -> tuple[Array, float]:
    """Variance of means of people drawn one by one, when slopes were fitted to them beforehand."""
    variance, freedom = within_variance(found)
    effective = found["effective_n"].to_numpy(dtype=float)
    if freedom > fitted:
        variance, freedom = variance * freedom / (freedom - fitted), freedom - fitted
    return left * variance / np.where(effective > 0, effective, np.nan), freedom
