"""Groups of which that they are shown tells something, or that others beside them are not."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.groups.paths import GroupPath
from blijfwijzer.groups.simple_rule import FITS, SIMPLE_RULE


def tell_of_units(grouping: Grouping, unanimity: float) -> NDArray[np.bool_]:
    """Say of each crossed group whether it tells an answer of each in its unit.

    That all of a department have few years of school tells that of each. Of who fit the simple
    rule, by which people may be judged, a share of `unanimity` is enough, as of outcomes.
    """
    n = pd.Series(np.asarray(grouping.members.sum(axis=1)).ravel(), index=grouping.groups.index)
    paths = [GroupPath.parse(group) for group in grouping.groups.index]
    of_unit = n.reindex([str(GroupPath(path.units)) for path in paths]).to_numpy()
    most = [
        np.inf if path.cross is None else unanimity if path.cross == (SIMPLE_RULE, FITS) else 1.0
        for path in paths
    ]
    return np.asarray(n.to_numpy() >= np.asarray(most) * of_unit)


def are_beside(near: Iterable[str], grouping: Grouping) -> NDArray[np.bool_]:
    """Say of each crossed group whether its unit, or a part of it by an answer, changed by a few.

    Of three levels of education in a department of which one person left, the one that is told no
    more would be that of this person.

    Parameters
    ----------
    near : groups that a few people joined or left
    """
    units = {GroupPath.parse(name).units for name in near}
    paths = [GroupPath.parse(group) for group in grouping.groups.index]
    return np.array([path.cross is not None and path.units in units for path in paths])
