"""Whom the rule of flagged groups helps and whom it misses.

A voucher helps, so the main harm is the missed person: the false negative rate comes first and
the selection rate second, whatever the figures turn out to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import wilson
from blijfwijzer.estimation.resampling import ENDS, Draws, draw_units
from blijfwijzer.fairness.conclusions import conclude
from blijfwijzer.survey.arrays import Array, Codes, Mask, effective_ns
from blijfwijzer.survey.codebook import Column
from blijfwijzer.survey.texts import Message

MEASURES = ("exclusion", "inclusion", "selection")
"""Share of people in need who are outside flagged groups (false negative rate), of people not in
need who are inside (false positive rate), and of everybody who is inside."""
FEWEST_TWO_WAY = 30
"""Respondents of a cell of two attributes, at least; below it a rate says too little (n >= 30 is
the rule of thumb of the normal approximation)."""
_FEWEST_UNITS = 5
_ROUNDING = 1e-9
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
    """The same for all pairs of attributes, named `a&b`, as are their groups."""
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
    least 30 as well; cells below that are removed before anything is compared. Intervals come
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
    people = _People(in_need, selected, design.weight, draws)
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


@dataclass(frozen=True)
class _People:
    """Respondents and how often each draw of the bootstrap holds their unit."""

    in_need: Array
    selected: Array
    weight: Array
    draws: Draws

    def rows(self, measure: str) -> Mask:
        """Respondents in the denominator of a measure."""
        if measure == "selection":
            return np.ones(len(self.weight), dtype=bool)
        return np.asarray(self.in_need == (1 if measure == "exclusion" else 0))

    def hits(self, measure: str) -> Array:
        """Give what a measure averages, per respondent."""
        return 1 - self.selected if measure == "exclusion" else self.selected


@dataclass(frozen=True)
class Cells:
    """Which cell each respondent is in; -1 is none."""

    code: Codes
    names: list[str]

    def among(self, attribute: str, cells: frozenset[tuple[str, str]]) -> Mask:
        """Say which cells of an attribute are among some."""
        return np.array([(attribute, name) in cells for name in self.names], dtype=bool)


def cut_cells(attributes: Mapping[str, pd.Series]) -> tuple[dict[str, Cells], dict[str, Cells]]:
    """Part respondents by each attribute, and by each pair of attributes (`a&b`)."""
    cells = {name: _cells(group) for name, group in attributes.items()}
    return cells, {f"{a}&{b}": _cross(cells[a], cells[b]) for a, b in combinations(cells, 2)}


@dataclass(frozen=True)
class _Sums:
    """A measure's denominator and numerator: one row per cell, one column per unit.

    Both hold the same places, in the same order, also where the numerator is 0.
    """

    mass: csr_array
    hits: csr_array


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
    return Cells(code, [f"{a}&{b}" for a in first.names for b in second.names])


def _overall(people: _People, minimum: int) -> pd.DataFrame:
    everyone = Cells(np.zeros(len(people.weight), dtype=np.intp), ["all"])
    table, _ = _measure_cells(people, everyone, minimum, np.zeros(1, dtype=bool))
    return table.set_index("measure")[["value", "low", "high", "n"]]


def _measure_cells(
    people: _People, cells: Cells, minimum: int, hidden: Mask
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the rates of each cell that anybody is in, and how far apart they are."""
    tables, gaps = [], []
    present = np.bincount(cells.code[cells.code >= 0], minlength=len(cells.names)) > 0
    for measure in MEASURES:
        table, gap = _measure(people, cells, measure, minimum, hidden)
        tables.append(table[present])
        gaps.append(gap)
    return pd.concat(tables, ignore_index=True), pd.DataFrame(gaps)


def _measure(
    people: _People, cells: Cells, measure: str, minimum: int, hidden: Mask
) -> tuple[pd.DataFrame, dict[str, object]]:
    rows = people.rows(measure) & (cells.code >= 0)
    size = len(cells.names)
    n = np.bincount(cells.code[rows], minlength=size)
    mass = np.bincount(cells.code[rows], weights=people.weight[rows], minlength=size)
    is_shown = (n >= minimum) & (mass > 0) & ~hidden
    # Small cells go first: a rate of few people tells of them.
    rows &= np.append(is_shown, False)[cells.code]
    sums = _add_up(people, cells, measure, rows)
    value = _rates(sums)
    drawn = _draw(sums, people.draws.times)
    square = np.bincount(cells.code[rows], weights=people.weight[rows] ** 2, minlength=size)
    effective = np.where(is_shown, effective_ns(mass, square), np.nan)
    has_units = np.bincount(sums.mass.tocoo().row, minlength=size) >= _FEWEST_UNITS
    low, high = _interval(value, drawn, effective, has_units)
    table = pd.DataFrame(
        {
            "group": cells.names,
            "measure": measure,
            "is_shown": is_shown,
            "value": value,
            "low": low,
            "high": high,
            "n": np.where(is_shown, n, np.nan),
            "effective_n": effective,
        }
    )
    shown = np.flatnonzero(is_shown)
    gap: dict[str, object] = {"measure": measure, "groups": len(shown)}
    if len(shown) > 1:
        gap |= _compare(value[shown], drawn[:, shown], bool(has_units[shown].all()), people)
        gap |= {end: cells.names[shown[int(str(gap[end]))]] for end in ("highest", "lowest")}
        with np.errstate(invalid="ignore", divide="ignore"):
            gap |= {"gap": np.ptp(value[shown]), "ratio": value[shown].min() / value[shown].max()}
    return table, gap


def _add_up(people: _People, cells: Cells, measure: str, rows: Mask) -> _Sums:
    shape = (len(cells.names), len(people.draws.times))
    place = cells.code[rows], people.draws.place[rows]
    mass, hits = people.weight[rows], people.hits(measure)[rows]
    return _Sums(
        csr_array((mass, place), shape=shape), csr_array((mass * hits, place), shape=shape)
    )


def _rates(sums: _Sums) -> Array:
    """Give the rate of each cell: a mean of its units, by weight; NaN where nobody weighs."""
    rates = np.full(sums.mass.shape[0], np.nan)
    for cell, (start, end) in enumerate(pairwise(sums.mass.indptr)):
        mass, hits = sums.mass.data[start:end], sums.hits.data[start:end]
        weighs = mass > 0
        if weighs.any():
            rates[cell] = np.average(hits[weighs] / mass[weighs], weights=mass[weighs])
    return rates


def _draw(sums: _Sums, times: Array) -> Array:
    """Rates in each draw: one row per draw, one column per cell; NaN where nobody was drawn."""
    below, above = sums.mass @ times, sums.hits @ times
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(below > 0, above / below, np.nan).T)


def _interval(value: Array, drawn: Array, effective: Array, has_units: Mask) -> tuple[Array, Array]:
    """Percentiles of the draws; Wilson's interval where all draws are the same, as at 0 or 1."""
    low, high = np.full((2, len(value)), np.nan)
    for cell in np.flatnonzero(has_units & ~np.isnan(value)):
        known = drawn[:, cell][~np.isnan(drawn[:, cell])]
        if np.ptp(known) > _ROUNDING:
            low[cell], high[cell] = np.quantile(known, ENDS)
        else:
            low[cell], high[cell] = wilson(value[cell], effective[cell])
    return low, high


def _compare(value: Array, drawn: Array, has_units: bool, people: _People) -> dict[str, object]:
    """Compare all pairs of groups at once.

    The largest difference of several groups is above zero even by chance, so percentiles of it
    would always show one. Instead every pair gets an interval, wide enough that all hold together
    (studentised bootstrap of the maximum; Romano & Wolf 2005): the largest true difference is at
    least the largest lower end and at most the largest upper end.
    """
    first, second = (np.array(end) for end in zip(*combinations(range(len(value)), 2), strict=True))
    known = drawn[~np.isnan(drawn).any(axis=1)]
    if not has_units or 2 * len(known) < len(drawn):
        known = known[:0]
    units = len(people.draws.times)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high, surest = _band(value, known, first, second, units)
        ratio_low, ratio_high, _ = _band(np.log(value), np.log(known), first, second, units)
    ends = first[surest], second[surest]
    top = int(ends[0] if value[ends[0]] >= value[ends[1]] else ends[1])
    return {
        "gap_low": low,
        "gap_high": min(high, 1.0),
        "ratio_low": float(np.exp(-ratio_high)),
        "ratio_high": float(np.exp(-ratio_low)),
        "highest": top,
        "lowest": int(ends[0] + ends[1] - top),
    }


def _band(
    value: Array, drawn: Array, first: Codes, second: Codes, units: int
) -> tuple[float, float, int]:
    """Bounds of the largest difference and the pair that differs most surely."""
    gap = value[first] - value[second]
    largest = int(np.argmax(np.abs(gap)))
    if len(drawn) < 2 or not np.isfinite(drawn).all():
        return np.nan, np.nan, largest
    away = drawn[:, first] - drawn[:, second] - gap
    # A bootstrap of few units is too narrow by this factor (Rao & Wu 1988, section 2.4).
    error = away.std(axis=0) * np.sqrt(units / (units - 1))
    score = np.abs(away) / np.where(error > _ROUNDING, error, np.inf)
    critical = float(np.quantile(score.max(axis=1), 0.95))
    lower = np.abs(gap) - critical * error
    surest = int(np.argmax(lower))
    return max(float(lower.max()), 0.0), float((np.abs(gap) + critical * error).max()), surest


def _stack(tables: dict[str, pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    named = [table.assign(attribute=name) for name, table in tables.items()]
    if not named:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(named, ignore_index=True).reindex(columns=list(columns))
