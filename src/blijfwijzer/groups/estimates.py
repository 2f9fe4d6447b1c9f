"""Rates of all groups: each level of groups that share no people is pooled by itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import stdtrit

from blijfwijzer.disclosure.rounding import band_middle, to_band
from blijfwijzer.estimation.benchmark import add_up_to
from blijfwijzer.estimation.design import Design, Varying
from blijfwijzer.estimation.group_means import finish_areas, variance_between, within_variance
from blijfwijzer.estimation.intervals import Z
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.groups.rates import (
    PooledRates,
    RateTerm,
    carry_over,
    finish_rates,
    gather_rates,
    learn_effects,
    nonresponse_bounds,
    pool_rates,
    summarise_areas,
    tell_rates,
    weight_in,
)
from blijfwijzer.groups.register_means import RegisterCells
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.settings import RateSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask

Estimates = tuple[PooledRates, pd.DataFrame]
"""Rates of groups, and their direct areas."""
_ROUNDS = 5
"""In which draws of parts that would pass a bound are moved; each about halves what is left."""
_WHOLE = 0.999
"""Of a unit's weight in its parts from which they are all of it."""


def estimate_groups(
    grouping: Grouping,
    predictions: Predictions,
    effects: pd.DataFrame,
    settings: RateSettings,
    seed: int,
    units: Varying = "fixed",
) -> Estimates:
    """Estimate the rate of every group.

    Draws and standard errors are of these units, with whoever may work there. With `drawn` units
    the interval of a group of several whole ones tells of other units in their place too; as a
    reference, or as a whole that others add up to, it stays what these units are.

    Parameters
    ----------
    predictions : no outcome is known when the wave does not ask it
    effects : what groups added to the model when it was trained, as `learn_effects` gives; only
        used without outcomes

    Returns
    -------
    Rates in the order of `grouping.groups`, with nonresponse_low and nonresponse_high; and their
    direct areas.
    """
    sums = gather_rates(predictions, grouping.members)
    areas = _in_bands(finish_rates(sums))
    if grouping.cells is not None:
        areas = take_register(areas, grouping.cells, predictions, grouping.members)
    pooled = pool_areas(grouping.groups, areas, sums, effects, settings, seed)
    if units == "drawn" and not np.isnan(predictions.values).all():
        between = Between(predictions.values, predictions.design, grouping.members)
        pooled = replace(pooled, table=_widen(pooled.table, grouping.groups, sums, between))
    return _beside_nonresponse(pooled, grouping.groups, settings), areas


def estimate_among(
    grouping: Grouping, told: Mask, estimate: Callable[[Grouping], Estimates]
) -> Estimates:
    """Estimate the rates of groups that are told, as if there were no others.

    A rate is drawn to those of others, and units add up to the larger ones. When one person has
    left since they were told, the rates of all who stayed would tell what that person answered.

    Parameters
    ----------
    told : per group
    estimate : estimates the rates of the groups that it is given

    Returns
    -------
    A row per group, with nothing in those of the others.
    """
    rows = np.flatnonzero(told)
    cells = None if grouping.cells is None else grouping.cells.among(rows)
    groups, members = grouping.groups.iloc[rows], csr_array(grouping.members[rows])
    pooled, areas = estimate(replace(grouping, groups=groups, members=members, cells=cells))
    if len(rows) == len(told):
        return pooled, areas
    draws = np.full((len(told), pooled.draws.shape[1]), np.nan, dtype=pooled.draws.dtype)
    draws[rows] = pooled.draws
    every = np.arange(len(told))
    table, areas = (one.set_axis(rows).reindex(every) for one in (pooled.table, areas))
    return PooledRates(table.fillna({"source": ""}), draws), areas


@dataclass(frozen=True)
class Between:
    """What tells how whole units differ: rows, each of people of one unit who answered the same."""

    values: Array
    """Outcome of each row: 1, 0 or NaN."""
    design: Design
    """What each row weighs, and of which unit it is."""
    members: csr_array
    """One row per group, one column per row."""


def estimate_from_sums(
    groups: pd.DataFrame,
    sums: Array,
    effects: pd.DataFrame,
    settings: RateSettings,
    seed: int,
    between: Between | None,
) -> Estimates:
    """Estimate the rate of every group as `estimate_groups` does, without a row per response.

    Parameters
    ----------
    groups : as `Grouping.groups`, everyone among them
    sums : as `gather_rates` gives, one row per group
    between : where units were drawn from more and outcomes are known; else none
    """
    areas = _in_bands(finish_rates(sums))
    pooled = pool_areas(groups, areas, sums, effects, settings, seed)
    if between is not None:
        pooled = replace(pooled, table=_widen(pooled.table, groups, sums, between))
    return _beside_nonresponse(pooled, groups, settings), areas


def pool_areas(
    groups: pd.DataFrame,
    areas: pd.DataFrame,
    sums: Array,
    effects: pd.DataFrame,
    settings: RateSettings,
    seed: int,
) -> PooledRates:
    """Pool rates level by level, and let units add up to the larger ones that they make up.

    Parameters
    ----------
    areas : one row per group, `n` as the middle of its band
    sums : as `gather_rates` gives, one row per group
    """
    is_asked = areas["direct"].notna().any()
    units = _Units(groups, areas, sums)
    tables, draws = [], np.empty((len(groups), settings.draws), dtype=np.float32)
    if not len(groups):
        return tell_rates(np.empty(0), draws.astype(np.float64), "")
    for place, level in enumerate(groups["level"].unique()):
        rows = np.flatnonzero(groups["level"] == level)
        part, own_seed = areas.iloc[rows], seed + place
        if is_asked:
            pooled = _pool_level(part, groups.iloc[rows], settings.draws, own_seed)
        else:
            pooled = carry_over(part, effects, groups.index[rows], settings.draws, own_seed)
        pooled = units.add_up(pooled, rows)
        draws[rows] = pooled.draws
        tables.append(pooled.table.set_index(rows))
        del pooled
    return PooledRates(pd.concat(tables).sort_index(), draws)


def _beside_nonresponse(
    pooled: PooledRates, groups: pd.DataFrame, settings: RateSettings
) -> PooledRates:
    """Bound rates by what those who did not respond may answer."""
    table = pooled.table
    # From the figures as they are shown: bounds that followed from finer ones would tell these.
    low, high = nonresponse_bounds(
        table["low"].round(2).to_numpy(),
        table["high"].round(2).to_numpy(),
        response_in_bands(groups).round(2).to_numpy(dtype=float),
        settings.nonresponse_odds,
    )
    return replace(pooled, table=table.assign(nonresponse_low=low, nonresponse_high=high))


def take_register(
    areas: pd.DataFrame, cells: RegisterCells, predictions: Predictions, members: csr_array
) -> pd.DataFrame:
    """Let mean risks be those of everyone in a register, with the errors that these have.

    Parameters
    ----------
    areas : one row per group, as `summarise_areas` gives

    Returns
    -------
    `areas` with other `model`, `var_risk` and `cov` of the groups that the register tells of: drawn
    again, what cells expect would stay as it is, and what is left of each response would not.
    """
    left, expected = cells.part(predictions)
    made = summarise_areas(left, members).set_index(areas.index)
    made = made.assign(model=made["model"] + expected)
    is_known = np.isin(np.arange(len(areas)), cells.known)
    told = {name: made[name].where(is_known, areas[name]) for name in ("model", "var_risk", "cov")}
    return areas.assign(**told)


class _Units:
    """Units that make up larger ones, which they add up to, from the largest down.

    Units of which some people are in none are left as they are, as are those too few to be pooled.
    A unit counts as the middle of its band of people, so that sums tell no more of how many there
    are.
    """

    def __init__(self, groups: pd.DataFrame, areas: pd.DataFrame, sums: Array) -> None:
        self._weight, asked = weight_in(sums), sums[:, RateTerm.KNOWN]
        self._of_band = self._weight
        if asked.any():
            self._of_band = self._weight * areas["n"].to_numpy() / np.maximum(asked, 1)
        is_part = (groups["kind"] != "cross").to_numpy() & (self._weight > 0)
        parent = groups.index.get_indexer(pd.Index(groups["parent"]))
        self._parent = np.where(is_part, parent, -1)
        self._is_whole = np.isin(np.arange(len(groups)), self._parent)
        self._wholes: dict[int, Array] = {}
        """Rate and draws of each that others make up, in double precision."""

    def add_up(self, pooled: PooledRates, rows: Codes) -> PooledRates:
        """Let those of one level add up, in place.

        Parameters
        ----------
        rows : places of the groups among all
        """
        rate, source = (pooled.table[name].to_numpy(copy=True) for name in ("rate", "source"))
        draws, parent = np.asarray(pooled.draws, dtype=float), self._parent[rows]
        for place in np.unique(parent[parent >= 0]).tolist():
            own = np.flatnonzero(parent == place)
            weight, of_band = self._weight[rows[own]].sum(), self._of_band[rows[own]]
            if (source[own] != "direct").all() and weight > _WHOLE * self._weight[place]:
                share = (of_band / of_band.sum()).round(6)
                parts = np.column_stack([rate[own], draws[own]])
                parts = _within_bounds(parts, self._wholes[place], share)
                rate[own], draws[own] = parts[:, 0], parts[:, 1:]
        for one in np.flatnonzero(self._is_whole[rows]).tolist():
            self._wholes[int(rows[one])] = np.append(rate[one], draws[one])
        return tell_rates(rate, draws, source)


def _within_bounds(parts: Array, whole: Array, share: Array) -> Array:
    """Let draws of parts add up to those of the whole, each between 0 and 1.

    What a draw that would pass a bound cannot take is given to the other parts, in a few rounds.
    """
    for _ in range(_ROUNDS):
        parts = add_up_to(parts, whole, share).clip(0, 1)
    return parts


def _widen(
    table: pd.DataFrame, groups: pd.DataFrame, sums: Array, between: Between
) -> pd.DataFrame:
    """Let intervals of groups of several whole units tell of other units in their place too.

    Their ends are by t. The design sees a group as a part of its survey that might have held more
    or fewer units, which makes the variance between a dozen of them too small. A sector has the
    units it has, so the variance gets the factor m / (m - 1) of m units drawn (Cochran 1977, eq.
    2.20).
    """
    wider = np.ones(len(table))
    for level in groups["level"].unique():
        rows = np.flatnonzero(groups["level"] == level)
        means = finish_areas(sums[rows][:, [8, 0, 9, 1, 1]], 0.0)
        members = csr_array(between.members[rows])
        drawn, df = variance_between(between.values, members, between.design)
        within, effective = within_variance(means)[0], means["effective_n"].to_numpy()
        ratio = np.divide(effective * drawn, within, out=np.ones(len(rows)), where=drawn > 0)
        few = np.where(drawn > 0, stdtrit(df, ENDS[1]) / Z * np.sqrt(1 + 1 / df), 1.0)
        wider[rows] = np.fmax(few * np.sqrt(ratio), 1.0)
    ends = {
        end: (table["rate"] + wider * (table[end] - table["rate"])).clip(0, 1)
        for end in ("low", "high")
    }
    return table.assign(**ends)


def _in_bands(areas: pd.DataFrame) -> pd.DataFrame:
    """Take as many answers as the middle of their band, of which widths may tell no more.

    Of a rate by itself the ends of its interval would tell how many answered, to the person.
    """
    n = areas["n"].to_numpy(dtype=float)
    # Rounded, since what is left of a division would tell by what was divided.
    worth = (areas["effective_n"] / to_band(n)).round(9)
    return areas.assign(n=band_middle(n), effective_n=worth)


def response_in_bands(groups: pd.DataFrame) -> pd.Series:
    """Share who responded, from the middle of the band of respondents.

    Whoever knows how many people work in a unit would else know how many of them responded.

    Parameters
    ----------
    groups : `n` and `people`, which may be missing
    """
    middle = band_middle(groups["n"].to_numpy(dtype=float))
    return pd.Series(middle / groups["people"].to_numpy(dtype=float), groups.index).clip(upper=1)


def _pool_level(areas: pd.DataFrame, groups: pd.DataFrame, draws: int, seed: int) -> PooledRates:
    """Pool the groups of one level; those in which nobody's outcome is known follow the model.

    These get the model's mean risk, and how much the other groups differ from theirs as spread.
    """
    asked = (areas["n"] > 0).to_numpy()
    if not asked.any():
        nothing = pd.DataFrame(columns=["effect", "se", "between"], dtype=float)
        return carry_over(areas, nothing, groups.index, draws, seed)
    pooled = pool_rates(areas[asked], groups["parent"][asked], draws, seed)
    if asked.all():
        return pooled
    spread = learn_effects(areas[asked], pooled, groups.index[asked])
    alone = carry_over(areas[~asked], spread, groups.index[~asked], draws, seed)
    made = np.empty((len(areas), draws))
    made[asked], made[~asked] = pooled.draws, alone.draws
    order = np.concatenate([np.flatnonzero(asked), np.flatnonzero(~asked)])
    told = pd.concat([pooled.table, alone.table.assign(source="model")], ignore_index=True)
    return PooledRates(told.set_axis(order).sort_index(), made)


def learn_group_effects(
    grouping: Grouping, pooled: PooledRates, areas: pd.DataFrame, shown: Mask
) -> pd.DataFrame:
    """Learn what the groups that may be shown add to the model, level by level."""
    groups = grouping.groups
    tables = []
    for level in groups["level"].unique():
        rows = np.flatnonzero((groups["level"] == level).to_numpy() & shown)
        if len(rows) < 3:
            continue
        part = PooledRates(pooled.table.iloc[rows], pooled.draws[rows])
        tables.append(learn_effects(areas.iloc[rows], part, groups.index[rows]))
    columns = ["effect", "se", "between"]
    return pd.concat(tables) if tables else pd.DataFrame(columns=columns, dtype=float)
