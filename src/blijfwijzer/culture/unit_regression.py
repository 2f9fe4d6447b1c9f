"""What is left of a change of each unit, once what its traits foresee is taken from it.

Slopes are taken to be the same in each unit (the survey regression estimator; Rao & Molina 2015,
section 2.5).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.culture.raking import RakedWaves
from blijfwijzer.culture.waves import FEWEST
from blijfwijzer.estimation.design import told_by_design
from blijfwijzer.estimation.group_means import summarise_means, within_variance
from blijfwijzer.estimation.regression import regress
from blijfwijzer.estimation.variance import variance_by_group
from blijfwijzer.survey.arrays import Array, Codes

RAKED, REGRESSED, AS_IS = "raked", "regressed", "as_is"
"""How a change is net: weights of the unit itself, slopes of all units of its level, or not."""
_NO_MATTER = 1e-9
"""A trait that varies less than this within units is one of the units themselves."""


@dataclass(frozen=True)
class LevelUnits:
    """Groups of one level in both waves; they share no people."""

    members: csr_array
    """One row per group, one column per response of both waves."""
    code: Codes
    """Group of each response; -1 for none."""

    @property
    def count(self) -> int:
        """Groups there are."""
        return int(self.members.shape[0])


def read_units(members: csr_array) -> LevelUnits:
    """Read which group each response is of."""
    place = members.tocoo()
    code = np.full(members.shape[1], -1, dtype=np.intp)
    code[place.col] = place.row
    return LevelUnits(members, code)


def regress_units(values: Array, waves: RakedWaves, units: LevelUnits) -> pd.DataFrame:
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


def _means(
    values: Array, waves: RakedWaves, units: LevelUnits
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Summarise answers of each group, in the earlier and in the later wave."""
    weight = waves.design.weight
    before, now = (
        summarise_means(np.where(part, values, np.nan), weight, units.members)
        for part in (~waves.is_now, waves.is_now)
    )
    return before, now


def _slopes(values: Array, waves: RakedWaves, units: LevelUnits) -> tuple[Array, Array]:
    """Give what each trait foresees of an answer within groups of the later wave.

    Levels of groups are taken out beforehand (Frisch & Waugh 1933): what goes with a group is no
    part of its mix. The later wave's slopes are those that raking uses. Zero for traits that do
    not differ within groups, and for all when respondents are too few.
    """
    inside = ~np.isnan(values) & waves.is_now & (units.code >= 0)
    code, weight = units.code[inside], waves.design.weight[inside]
    held = np.column_stack([values, waves.dummies[:, 1:]])
    total = np.bincount(code, weight, units.count)
    sums = np.stack([np.bincount(code, weight * one, units.count) for one in held[inside].T], 1)
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


def _mix_moved(values: Array, waves: RakedWaves, units: LevelUnits) -> Array:
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
    values: Array, waves: RakedWaves, units: LevelUnits, signs: tuple[int, int], fitted: int = 0
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
    count, design = units.count, waves.design
    variance, freedom = np.zeros(count), np.zeros(count)
    large, influence = np.ones(count, dtype=bool), np.full(len(values), np.nan)
    for sign, part, found, wave in both:
        if sign:
            alone, known = _alone(found, fitted * wave)
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


def _alone(found: pd.DataFrame, fitted: int) -> tuple[Array, float]:
    """Variance of means of people drawn one by one, when slopes were fitted to them beforehand."""
    variance, freedom = within_variance(found)
    effective = found["effective_n"].to_numpy(dtype=float)
    if freedom > fitted:
        variance, freedom = variance * freedom / (freedom - fitted), freedom - fitted
    return variance / np.where(effective > 0, effective, np.nan), freedom
