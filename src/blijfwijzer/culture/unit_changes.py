"""How each unit moved between two waves, net of who responded in it.

Raking a unit of nine people to the mix that it had would rest on one person per category. What
its traits foresee is taken from a regression within all units of its level instead, so that a
unit's change is that of people alike (the survey regression estimator; Rao & Molina 2015, section
2.5): it takes slopes to be the same in each unit. Everyone and large largest units are raked by
themselves, as in `trend`, so that both tell one change.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack

from blijfwijzer.culture.changes import measure_change
from blijfwijzer.culture.dimensions import find_dimensions
from blijfwijzer.culture.raking import RakedWaves
from blijfwijzer.culture.unit_regression import RAKED, read_units, regress_units
from blijfwijzer.culture.waves import FEWEST, LARGEST_GAP, Pair
from blijfwijzer.groups.grouping import EVERYONE, Grouping
from blijfwijzer.survey.arrays import Array, Mask

COLUMNS = [
    *("group", "dimension", "n_before", "n_now", "before", "before_variance"),
    *("raw", "net", "variance", "freedom", "way"),
]


def measure_unit_changes(pair: Pair, groupings: tuple[Grouping, Grouping]) -> pd.DataFrame:
    """Measure how each dimension moved in each group of both waves.

    Parameters
    ----------
    groupings : of the earlier and the later wave; groups are matched by id

    Returns
    -------
    One row per group of both waves and dimension, with `COLUMNS`: respondents, mean of the earlier
    wave and its sampling variance, raw and net change, variance of the net one with its degrees of
    freedom, and the way it is net. Scores are of the items that both waves asked. Nothing here is
    checked for release.
    """
    waves, codebook = pair.waves, pair.codebook
    earlier, later = groupings
    names = later.groups.index[later.groups.index.isin(earlier.groups.index)]
    places = [one.groups.index.get_indexer(names) for one in groupings]
    members = csr_array(
        hstack([one.members[rows] for one, rows in zip(groupings, places, strict=True)])
    )
    levels = later.groups.loc[names, "level"]
    largest = codebook.units.levels[0]
    raked = rake_large(members, waves.is_now, levels.isin([EVERYONE, largest]), pair.part)
    tables = []
    for dimension in find_dimensions(codebook, pair.settings):
        if dimension.name in pair.shared.scales:
            values = pair.scores[dimension.name].to_numpy(dtype=float)
            table = change_of_units(values, waves, members, levels, raked)
            tables.append(table.assign(dimension=dimension.name))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return table[COLUMNS]


def rake_large(
    members: csr_array, is_now: Mask, is_candidate: pd.Series, part_of: Callable[[Mask], RakedWaves]
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
    raked: dict[int, RakedWaves],
) -> pd.DataFrame:
    """Measure by how much the mean of each group moved, as it is and net of who responded.

    Parameters
    ----------
    values : one per response of both waves, in the order of `waves`; NaN where not known
    members : one row per group, one column per response of both waves
    levels : group to its level; groups of one level share no people
    raked : as `rake_large` gives

    Returns
    -------
    One row per group, with `COLUMNS` but the dimension; NaN where either wave has no answer.
    """
    tables = []
    for level in levels.unique():
        rows = np.flatnonzero(levels == level)
        units = read_units(csr_array(members[rows]))
        tables.append(regress_units(values, waves, units).set_index(rows))
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
