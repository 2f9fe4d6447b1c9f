"""Whether a second model is less fair to people of a background than a first one."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from blijfwijzer.estimation.intervals import ends_of
from blijfwijzer.estimation.resampling import draw_units
from blijfwijzer.risk.calibration import degrees_of
from blijfwijzer.risk.evaluation import widening
from blijfwijzer.risk.rivals import Rivals
from blijfwijzer.survey.arrays import Array, Mask

Gap = Literal["missed", "level"]
"""By what levels of an attribute are held against each other. missed: the share of people who have
the outcome and are not among as many at the highest risk as have it. level: the mean risk less the
share who have the outcome."""
_COLUMNS = ("attribute", "first", "second", "difference", "low", "high")


def compare_gaps(
    rivals: Rivals,
    groups: Mapping[str, pd.Series],
    gap: Gap,
    *,
    minimum: int,
    bootstraps: int,
    seed: int,
) -> pd.DataFrame:
    """Measure how far apart levels of each attribute are with two models, largest less smallest.

    Levels differ by chance too, so that a gap is above zero anyway; of the difference of two gaps
    among the same people most of that falls out. Its interval is as those of `compare_risks`.

    Parameters
    ----------
    groups : attribute to the level of each response; a response without one is left out
    minimum : respondents that a rate of a level rests on, at least

    Returns
    -------
    One row per attribute of which two levels are large enough: first, second (gaps, in [0, 1]),
    difference (second less first), low, high.
    """
    unit = pd.factorize(rivals.design.cluster)[0]
    draws = draw_units(unit, bootstraps, np.random.default_rng(seed))
    spread, rows = widening(len(np.unique(unit))), []
    counted, parts = _parts(rivals, gap)
    weight = rivals.design.weight
    for attribute, group in groups.items():
        inside = _levels(group, counted, minimum)
        if len(inside) < 2:
            continue
        columns = [weight * counted * level for level in inside]
        columns += [weight * part * level for part in parts for level in inside]
        sums = draws.finish(draws.gather(np.stack(columns, axis=1)))
        total, first, second = np.split(sums, 3, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            apart = [np.ptp(part / total, axis=1) for part in (first, second)]
        difference = apart[1] - apart[0]
        se = spread * float(difference[1:][~np.isnan(difference[1:])].std(ddof=1))
        low, high = ends_of(difference[0], se, degrees_of(rivals.design))
        told = (apart[0][0], apart[1][0], difference[0], float(low), float(high))
        rows.append((attribute, *told))
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _parts(rivals: Rivals, gap: Gap) -> tuple[Array, tuple[Array, Array]]:
    """Give who is counted, and what is summed of each with the first and with the second model."""
    values, weight = rivals.values, rivals.design.weight
    if gap == "level":
        return np.ones(len(values)), (rivals.first - values, rivals.second - values)
    first, second = (
        values * (1 - _chance_of_highest(risk, weight, float(weight @ values)))
        for risk in (rivals.first, rivals.second)
    )
    return values, (first, second)


def _chance_of_highest(risk: Array, weight: Array, enough: float) -> Array:
    """Give each the chance to be among those at the highest risk who weigh enough together.

    Of equal risks none goes before another.
    """
    _, place = np.unique(-risk, return_inverse=True)
    alike = np.bincount(place, weights=weight)
    above = np.cumsum(alike) - alike
    return np.asarray(np.clip((enough - above) / alike, 0, 1)[place])


def _levels(group: pd.Series, counted: Array, minimum: int) -> list[Mask]:
    """Give who is of each level in which enough are counted."""
    names = group.astype("str").where(group.notna())
    inside = [(names == name).to_numpy(dtype=bool) for name in sorted(names.dropna().unique())]
    return [level for level in inside if (counted * level).sum() >= minimum]
