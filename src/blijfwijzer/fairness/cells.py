"""Respondents parted by attributes that are audited, and by pairs of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import unquote

import numpy as np
import pandas as pd

from blijfwijzer.survey.arrays import Codes, Mask


@dataclass(frozen=True)
class Cells:
    """Which cell each respondent is in; -1 is none."""

    code: Codes
    names: list[str]

    def among(self, attribute: str, cells: frozenset[tuple[str, str]]) -> Mask:
        """Say which cells of an attribute are among some."""
        return np.array([(attribute, name) in cells for name in self.names], dtype=bool)


def cut_cells(attributes: Mapping[str, pd.Series]) -> tuple[dict[str, Cells], dict[str, Cells]]:
    """Part respondents by each attribute, and by each pair of attributes (`cross_names`)."""
    cells = {name: _cells(group) for name, group in attributes.items()}
    pairs = combinations(cells, 2)
    return cells, {cross_names(a, b): _cross(cells[a], cells[b]) for a, b in pairs}


def cross_names(*names: str) -> str:
    """Join names to that of a pair; no two pairs of names give the same.

    >>> cross_names("geslacht", "R&D")
    'geslacht&R%26D'
    """
    return "&".join(name.replace("%", "%25").replace("&", "%26") for name in names)


def crossed_names(pair: str) -> list[str]:
    """Give the names that `cross_names` joined.

    >>> crossed_names("geslacht&R%26D")
    ['geslacht', 'R&D']
    """
    return [unquote(name) for name in pair.split("&")]


def _cells(group: pd.Series) -> Cells:
    """Give each group a number, in the order of the categories or else of their names."""
    if isinstance(group.dtype, pd.CategoricalDtype):
        code = np.asarray(group.cat.codes, dtype=np.intp)
        return Cells(code, [_name(level) for level in group.cat.categories])
    codes, levels = pd.factorize(group, sort=True)
    return Cells(codes.astype(np.intp), [_name(level) for level in levels])


def _name(level: object) -> str:
    return f"{level:g}" if isinstance(level, float) else str(level)


def _cross(first: Cells, second: Cells) -> Cells:
    code = np.where(
        (first.code < 0) | (second.code < 0), -1, first.code * len(second.names) + second.code
    )
    return Cells(code, [cross_names(a, b) for a in first.names for b in second.names])
