"""What a survey of many employers tells, for one employer to stand beside."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from blijfwijzer.estimation.intervals import Z
from blijfwijzer.groups.paths import EVERYONE
from blijfwijzer.survey.arrays import Array

FEWEST_EMPLOYERS: Final = 3
"""Organisations that a figure for others rests on: of two, each could take its own answers out and
be left with those of the other (the rule of three that offices of statistics have for enterprises).
"""
RATE_STEP, MEAN_STEP, PART_STEP, POINT_STEP = 0.01, 0.1, 0.0001, 0.001
"""To what shares, means of scales, contributions, and differences of the first and last are rounded
where they are told."""
_FIGURE = ["value", "low", "high"]


@dataclass(frozen=True)
class Benchmark:
    """Figures of everyone and of each largest unit of a survey, as they were told."""

    rates: pd.DataFrame
    """One row per group: group, organisations, value, low, high: a share with a 95 % interval."""
    means: pd.DataFrame
    """One row per group and dimension: group, name, value, low, high, in points of the scale."""
    drivers: pd.DataFrame
    """One row per group and driver: group, name, value, low, high: the mean contribution to the
    risk, from the mean risk of the training."""

    @classmethod
    def of(cls, rates: pd.DataFrame, means: pd.DataFrame, drivers: pd.DataFrame) -> "Benchmark":
        """Take tables as they were written.

        Raises
        ------
        ValueError
            They are not such tables.
        """
        own = ["group", "organisations", *_FIGURE]
        named = ["group", "name", *_FIGURE]
        for table, columns in ((rates, own), (means, named), (drivers, named)):
            if list(table) != columns or table[_FIGURE].map(np.isreal).eq(False).any(axis=None):
                raise ValueError(f"columns {', '.join(map(str, table))}")
        few = rates["organisations"] < FEWEST_EMPLOYERS
        if few.any() or not set(means["group"]) | set(drivers["group"]) <= set(rates["group"]):
            raise ValueError("groups of too few organisations")
        return cls(rates, means, drivers)

    @property
    def groups(self) -> list[str]:
        """Ids of the groups that it tells of."""
        return [str(group) for group in self.rates["group"]]

    def nearest(self, group: str) -> str:
        """Give the group to stand beside: the one that is asked, or everyone; "" where neither is.

        Parameters
        ----------
        group : id of a largest unit
        """
        return next((name for name in (group, EVERYONE) if name in self.groups), "")

    def organisations(self, group: str) -> int:
        """Count the organisations that people of a group work in."""
        return int(self.rates.set_index("group")["organisations"][group])

    def of_group(self, table: pd.DataFrame, group: str) -> pd.DataFrame:
        """Give the figures of one group in a table of these, by name where there are several."""
        rows = table[table["group"] == group]
        return rows.set_index("name")[_FIGURE] if "name" in rows else rows[_FIGURE]


def hold_against(own: pd.DataFrame, others: pd.DataFrame, step: float, told: float) -> pd.DataFrame:
    """Hold figures against those of others, both as they are told.

    The interval of a difference is found from those of its parts, which need not be symmetric
    (Newcombe 1998, Statistics in Medicine 17, p. 873, method 10; of other figures Zou & Donner
    2008, 27, p. 1693). Both parts are told to a step, of which each adds a twelfth of the square to
    the variance. Where one employer is among the others the interval is a little too wide.

    Parameters
    ----------
    own, others : value, low, high, of the same index
    step : to which both are rounded
    told : to which the difference is, by which its interval is read

    Returns
    -------
    One row each: difference, low, high (95 %) and is_sure, whether zero lies outside as told.
    """
    mine, theirs = (_parts(table, step) for table in (own, others))
    rounding = 2 * Z**2 * step**2 / 12
    difference = mine[0] - theirs[0]
    below = np.sqrt((mine[0] - mine[1]) ** 2 + (theirs[2] - theirs[0]) ** 2 + rounding)
    above = np.sqrt((mine[2] - mine[0]) ** 2 + (theirs[0] - theirs[1]) ** 2 + rounding)
    low, high = difference - below, difference + above
    table = {"difference": difference, "low": low, "high": high}
    is_sure = (np.round(low / told) > 0) | (np.round(high / told) < 0)
    return pd.DataFrame({**table, "is_sure": is_sure}, index=own.index)


def employers_in(units: Iterable[object]) -> int:
    """Count the organisations of some responses.

    Parameters
    ----------
    units : code of each response's organisation
    """
    return int(pd.Series(list(units), dtype=object).nunique())


def _parts(table: pd.DataFrame, step: float) -> tuple[Array, Array, Array]:
    rounded = np.round(table[_FIGURE].to_numpy(dtype=float) / step) * step
    return rounded[:, 0], rounded[:, 1], rounded[:, 2]
