"""Who is explained differently: what lies behind a gap in risk between groups of people."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.drivers.contributions import Contributed
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import ends_of
from blijfwijzer.estimation.resampling import draw_units
from blijfwijzer.risk.evaluation import pool_small, widening
from blijfwijzer.settings import DriverSettings
from blijfwijzer.survey.arrays import Array, Mask

ALL = ""
"""Name of the row of a whole gap, which the others of its attribute add up to."""


@dataclass(frozen=True)
class Gaps:
    """What lies behind the gap between the groups of an attribute with the highest and lowest risk.

    Both have one row per attribute and driver, and `ALL`: attribute, highest, lowest (the groups),
    name, difference (mean contribution in the first less that in the second, in probability), low
    and high (95 %, over whole units), and n, respondents of the smaller group.
    """

    constructs: pd.DataFrame
    """Names are those of `Contributed.by_construct`."""
    scales: pd.DataFrame


_COLUMNS = ["attribute", "highest", "lowest", "name", "difference", "low", "high", "n"]


def explain_gaps(
    contributed: Contributed,
    groups: Mapping[str, pd.Series],
    design: Design,
    settings: DriverSettings,
    seed: int,
) -> Gaps:
    """Tell which contributions lie behind the widest gap in mean risk of each attribute.

    Parameters
    ----------
    groups : attribute to the group of each response, of those that may be told of
    """
    risk = contributed.contributions.risk
    scales, constructs = contributed.by_scale, contributed.by_construct
    values = np.column_stack([risk, constructs, scales])
    names = [ALL, *constructs.columns, *scales.columns]
    tables = [pd.DataFrame(columns=_COLUMNS)]
    for place, (attribute, group) in enumerate(groups.items()):
        pooled = pool_small(group.reset_index(drop=True), settings.minimum_mark)
        # Codes that are numbers too are known by their names from here on.
        pooled = pooled.astype("object").map(str, na_action="ignore")
        sides = _widest(pooled, risk, design.weight, settings.minimum_mark)
        if sides is None:
            continue
        inside = [(pooled == name).to_numpy() for name in sides]
        rng = np.random.default_rng([seed, place])
        told = _contrast(values, inside, design, settings.bootstraps, rng)
        about = {"attribute": attribute, "highest": sides[0], "lowest": sides[1], "name": names}
        fewest = min(int(one.sum()) for one in inside)
        tables.append(pd.DataFrame(about | told | {"n": fewest}))
    found = pd.concat(tables[1:] or tables, ignore_index=True)[_COLUMNS]
    return Gaps(*(found[found["name"].isin([ALL, *own])] for own in (constructs, scales)))


def _widest(group: pd.Series, risk: Array, weight: Array, minimum: int) -> tuple[str, str] | None:
    """Give the groups with the highest and the lowest mean risk; None of fewer than two."""
    sums = pd.DataFrame({"n": 1, "weight": weight, "risk": weight * risk}).groupby(
        group.astype("object").to_numpy()
    )
    table = sums.sum()
    table = table[table["n"] >= minimum].sort_index(key=lambda names: names.map(str))
    if len(table) < 2:
        return None
    mean = table["risk"] / table["weight"]
    return str(mean.idxmax()), str(mean.idxmin())


def _contrast(
    values: Array, inside: list[Mask], design: Design, bootstraps: int, rng: np.random.Generator
) -> dict[str, Array]:
    """Mean of each column among some less that among others, with intervals of whole units."""
    draws = draw_units(pd.factorize(design.cluster)[0], bootstraps, rng)
    some, others = (draws.means(values, np.where(rows, design.weight, 0.0)) for rows in inside)
    gap, wholes = some - others, len(draws.times)
    se = widening(wholes) * gap[1:].std(axis=0, ddof=1)
    low, high = ends_of(gap[0], se, wholes - 1.0)
    return {"difference": gap[0], "low": low, "high": high}
