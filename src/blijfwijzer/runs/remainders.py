"""Those of a unit who work in none of its parts that are shown: a group of their own."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.figures import FigureId, Figures, part_answered
from blijfwijzer.disclosure.rules import is_narrow
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.grouping import EVERYONE, Grouping
from blijfwijzer.groups.paths import crossed_with
from blijfwijzer.release.admission import Admission
from blijfwijzer.runs.score_targets import NewWave, Target

PARTS = ("rate", "low", "high")


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


def offer_remainders(need: Target, wave: NewWave, admission: Admission, left: csr_array) -> Figures:
    """Offer the rates of those who are left, where they do not tell what each of them answered.

    Parameters
    ----------
    left : as `find_remainders` gives
    """
    rules, risk = wave.settings.disclosure, need.scored.risk
    answered = np.ones(len(risk), dtype=bool) if need.values is None else ~np.isnan(need.values)
    enough = (left @ answered.astype(np.int64)) >= rules.minimum
    enough &= ~is_narrow(left, risk, wave.weight, rules.unanimity)
    offered: Figures = {}
    for place in np.flatnonzero(enough):
        inside = left[[place]].toarray()[0] > 0
        offered[remainder_figure(need, admission, int(place))] = part_answered(inside, answered)
    return offered


def remainder_figure(need: Target, admission: Admission, place: int) -> FigureId:
    """Name the rate of those who are left of a group."""
    name = str(admission.grouping.groups.index[place])
    return FigureId("rest", (name, need.stored.model.target))


def rates_of_remainders(need: Target, wave: NewWave, left: csr_array) -> pd.DataFrame:
    """Pool those who are left of each group as a group of its level, in its place.

    Returns
    -------
    One row per group, with `PARTS`; missing where nobody is left or all are.
    """
    grouping, settings = wave.grouping, wave.settings
    has_left = np.asarray(left.sum(axis=1)).ravel() > 0
    keep = (~has_left).astype(np.int8)
    members = csr_array(grouping.members.multiply(keep[:, None]) + left).astype(np.int8)
    pooled, _ = estimate_groups(
        replace(grouping, members=csr_array(members)),
        wave.predictions(need.values, need.scored.risk),
        need.stored.effects,
        settings.rates,
        settings.seed,
    )
    table = pooled.table[list(PARTS)]
    return table.where(pd.Series(has_left, table.index))
