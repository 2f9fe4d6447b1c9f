"""Whom the rule of flagged groups helps and whom it misses.

A voucher helps, so the main harm is the missed person: the false negative rate comes first and
the selection rate second, whatever the figures turn out to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.resampling import draw_units
from blijfwijzer.fairness.cell_rates import MEASURES, Selected, measure_rate, too_small
from blijfwijzer.fairness.cells import Cells, cut_cells
from blijfwijzer.fairness.conclusions import conclude
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.codebook import Column
from blijfwijzer.survey.texts import Message

FEWEST_TWO_WAY = 30
"""Respondents of a cell of two attributes, at least; below it a rate says too little (n >= 30 is
the rule of thumb of the normal approximation)."""
_NO_COLUMNS: Mapping[str, Column] = MappingProxyType({})


@dataclass(frozen=True)
class Targeting:
    """What a rule does to people in need and to others; nothing here is checked for release."""

    overall: pd.DataFrame
    """One row per measure: value, low, high (95 %), n that it is a share of."""
    by_group: pd.DataFrame
    """One row per attribute, group and measure: is_shown, value, low, high, n, effective_n;
    figures are NaN where `is_shown` is false."""
    intersections: pd.DataFrame
    """The same for all pairs of attributes, which `cells.cross_names` names, as their groups."""
    gaps: pd.DataFrame
    """One row per attribute or pair and measure: gap (largest rate less smallest) and ratio
    (smallest over largest) with 95 % intervals; the two groups that differ most surely."""
    conclusions: dict[str, Message]
    """One sentence per attribute."""


@dataclass(frozen=True)
class Rules:
    """Which rates are measured and told, and how their intervals are made."""

    minimum: int
    """Respondents of a denominator, at least."""
    bootstraps: int
    seed: int
    hidden: frozenset[tuple[str, str]] = frozenset()
    """Attribute (or pair) and group of cells that may not be shown whatever their size."""


def audit_targeting(
    in_need: Array,
    selected: Array,
    design: Design,
    attributes: Mapping[str, pd.Series],
    rules: Rules,
    columns: Mapping[str, Column] = _NO_COLUMNS,
) -> Targeting:
    """Measure whom the rule misses, overall and by each attribute and pair of attributes.

    A rate is shown when at least `minimum` respondents are in its denominator, for pairs at
    least 30 as well; cells of which that does not hold of every rate have no row in a report, and
    are not compared. Intervals come
    from a bootstrap of whole units (Field & Welsh 2007); there are none where a rate rests on
    fewer than five units.

    Parameters
    ----------
    in_need : per response, 1 or 0 by the survey's own answers, NaN where they do not decide it
    selected : per response, 0 or 1, or the vouchers per person of the respondent's group
        in [0, 1]
    design : clusters are resampled as wholes
    attributes : attribute to the group of each response; a response without one is left out
    columns : attribute to its codebook entry, which gives the words of the conclusions
    """
    draws = draw_units(design.cluster, rules.bootstraps, np.random.default_rng(rules.seed))
    people = Selected(in_need, selected, design.weight, draws)
    cells, pairs = cut_cells(attributes)
    two_way = max(rules.minimum, FEWEST_TWO_WAY)
    single, double = (
        {
            name: _measure_cells(people, cell, least, cell.among(name, rules.hidden))
            for name, cell in some.items()
        }
        for some, least in ((cells, rules.minimum), (pairs, two_way))
    )
    gaps = _stack({name: gap for name, (_, gap) in (single | double).items()}, _GAP_COLUMNS)
    by_group = _stack({name: table for name, (table, _) in single.items()}, _CELL_COLUMNS)
    return Targeting(
        overall=_overall(people, rules.minimum),
        by_group=by_group,
        intersections=_stack({name: table for name, (table, _) in double.items()}, _CELL_COLUMNS),
        gaps=gaps,
        conclusions={
            name: conclude(name, by_group, gaps, columns.get(name)) for name in attributes
        },
    )


_CELL_COLUMNS = (
    *("attribute", "group", "measure", "is_shown"),
    *("value", "low", "high", "n", "effective_n"),
)
_GAP_COLUMNS = (
    *("attribute", "measure", "groups", "gap", "gap_low", "gap_high"),
    *("ratio", "ratio_low", "ratio_high", "highest", "lowest"),
)


def _overall(people: Selected, minimum: int) -> pd.DataFrame:
    everyone = Cells(np.zeros(len(people.weight), dtype=np.intp), ["all"])
    table, _ = _measure_cells(people, everyone, minimum, np.zeros(1, dtype=bool))
    return table.set_index("measure")[["value", "low", "high", "n"]]


def _measure_cells(
    people: Selected, cells: Cells, minimum: int, hidden: Mask
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the rates of each cell that anybody is in, and how far apart they are."""
    tables, gaps = [], []
    present = np.bincount(cells.code[cells.code >= 0], minlength=len(cells.names)) > 0
    compared = ~too_small(people, cells, minimum)
    for measure in MEASURES:
        table, gap = measure_rate(people, cells, measure, minimum, (hidden, compared))
        tables.append(table[present])
        gaps.append(gap)
    return pd.concat(tables, ignore_index=True), pd.DataFrame(gaps)


def _stack(tables: dict[str, pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    named = [table.assign(attribute=name) for name, table in tables.items()]
    if not named:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(named, ignore_index=True).reindex(columns=list(columns))
