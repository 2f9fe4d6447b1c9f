"""Which people a group holds, as its id says: `sector=rijk/organisatie=O1&opleiding=1`."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from urllib.parse import unquote

import pandas as pd

from blijfwijzer.survey.held import Responses

EVERYONE = "all"
"""Id of the group of all responses."""
_SIGNS = "%/&="


@dataclass(frozen=True)
class GroupPath:
    """Those who work in a unit, or everywhere, and perhaps gave an answer."""

    units: tuple[tuple[str, str], ...] = ()
    """Level and code of each unit, from the largest down; none for everyone."""
    cross: tuple[str, str] | None = None
    """Variable and code of the answer that all of them gave."""

    @classmethod
    def parse(cls, group: Hashable) -> "GroupPath":
        """Read the id of a group, as it labels a row.

        >>> GroupPath.parse("sector=rijk/organisatie=O1&opleiding=1").cross
        ('opleiding', '1')
        >>> GroupPath.parse("all")
        GroupPath(units=(), cross=None)
        """
        unit, _, crossed = str(group).partition("&")
        units = () if unit == EVERYONE else tuple(map(_part, unit.split("/")))
        return cls(units, _part(crossed) if crossed else None)

    def __str__(self) -> str:
        """Write the id of the group.

        >>> str(GroupPath((("sector", "a/b"),), ("opleiding", "1")))
        'sector=a%2Fb&opleiding=1'
        """
        unit = "/".join(f"{level}={escape(code)}" for level, code in self.units) or EVERYONE
        return unit if self.cross is None else f"{unit}&{self.cross[0]}={escape(self.cross[1])}"

    @property
    def levels(self) -> tuple[str, ...]:
        """Unit levels, from the largest down."""
        return tuple(level for level, _ in self.units)

    @property
    def definition(self) -> dict[str, str]:
        """Column to the code that all people of the group have."""
        return dict(self.units if self.cross is None else (*self.units, self.cross))

    def code(self, level: str) -> str:
        """Give the unit of a level that they work in; "" where the path does not say."""
        return dict(self.units).get(level, "")


def crossed_with(groups: Iterable[Hashable]) -> list[str]:
    """Name the variable that each group is crossed with; "" where there is none."""
    crosses = [GroupPath.parse(group).cross for group in groups]
    return ["" if cross is None else cross[0] for cross in crosses]


def path_ids(units: Responses, levels: list[str]) -> pd.Series:
    """Give the id of each row's unit; missing where a part of it is.

    Parameters
    ----------
    levels : from the largest down; everyone's where there are none
    """
    if not levels:
        return pd.Series(EVERYONE, index=units.index)
    ids = levels[0] + "=" + escape_all(units[levels[0]].astype("str"))
    for level in levels[1:]:
        ids = ids + "/" + level + "=" + escape_all(units[level].astype("str"))
    return ids.mask(units[levels].isna().any(axis=1))


def escape(code: str) -> str:
    """Keep a code from being read as a part of a path."""
    for sign in _SIGNS:
        code = code.replace(sign, f"%{ord(sign):02X}")
    return code


def escape_all(codes: pd.Series) -> pd.Series:
    """Escape each code of a column."""
    for sign in _SIGNS:
        codes = codes.str.replace(sign, f"%{ord(sign):02X}", regex=False)
    return codes


def _part(text: str) -> tuple[str, str]:
    name, code = text.split("=", 1)
    return name, unquote(code)
