"""Those of a unit who work in none of its parts that are shown."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.groups.estimates import estimate_among, estimate_groups
from blijfwijzer.groups.grouping import EVERYONE, Grouping
from blijfwijzer.groups.paths import crossed_with
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.settings import RateSettings
from blijfwijzer.survey.arrays import Mask


def lift_parents(units: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Put each unit below its nearest unit that is shown."""
    parents = units["parent"]
    while (hidden := ~parents.isin(units.index) & (parents != "")).any():
        parents = parents.mask(hidden, parents.map(groups["parent"]).fillna(""))
    return units.assign(parent=parents)


def find_remainders(grouping: Grouping, shown: NDArray[np.bool_]) -> csr_array:
    """Find those of each shown group who are in no shown group below it.

    Returns
    -------
    One row per group, one column per response; empty for groups that have none below them, of which
    everybody counts, and for those that are nothing but their parts.
    """
    groups, members = grouping.groups, grouping.members
    variable = pd.Series(crossed_with(groups.index), index=groups.index)
    everyone = (groups["kind"] == "all").to_numpy()
    pairs = []
    for name in variable.unique():
        units = lift_parents(groups[(everyone | (variable == name).to_numpy()) & shown], groups)
        above = units["parent"].where(units["parent"].isin(units.index), EVERYONE)
        below = (units.index != EVERYONE) & ((above != EVERYONE).to_numpy() | (name == ""))
        pairs += list(zip(above[below], units.index[below], strict=True))
    parent, child = (
        groups.index.get_indexer(pd.Index([pair[i] for pair in pairs])) for i in (0, 1)
    )
    inside = (parent >= 0) & shown[np.maximum(parent, 0)]
    ones, shape = np.ones(int(inside.sum()), dtype=np.int8), (len(groups), len(groups))
    parts = csr_array((ones, (parent[inside], child[inside])), shape=shape) @ members
    has_parts = np.isin(np.arange(len(groups)), parent[inside]).astype(np.int8)
    left = csr_array(members.multiply(has_parts[:, None]) - parts)
    left.eliminate_zeros()
    return csr_array(left.astype(np.int8))


def pool_remainders(
    grouping: Grouping,
    predictions: Predictions,
    left: csr_array,
    told: Mask,
    about: tuple[pd.DataFrame, RateSettings, int],
) -> pd.DataFrame:
    """Pool those who are left of each group as a group of its level, in its place.

    Parameters
    ----------
    left : as `find_remainders` gives
    told : whether each group, or those who are left of it, may be told of the outcome; no others
        are pooled with
    about : effects, settings and seed, as `estimate_groups` takes

    Returns
    -------
    One row per group, as `PooledRates.table`; missing where nobody is left or all are.
    """
    has_left = np.asarray(left.sum(axis=1)).ravel() > 0
    keep = (~has_left).astype(np.int8)
    members = csr_array(grouping.members.multiply(keep[:, None]) + left).astype(np.int8)
    of_left = replace(grouping.without_register(), members=csr_array(members))
    pooled, _ = estimate_among(
        of_left, told, lambda groups: estimate_groups(groups, predictions, *about)
    )
    return pooled.table.where(pd.Series(has_left, pooled.table.index))
