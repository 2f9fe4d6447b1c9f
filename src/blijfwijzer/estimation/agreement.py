"""How much people of one unit agree."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.resampling import draw_units, interval_of
from blijfwijzer.survey.arrays import Array, Codes

AGREEMENT = 0.70
"""From here members of a unit agree enough to speak of the unit (James 1982; LeBreton & Senter
2008, p. 836: .71-.90 is strong agreement)."""
FEWEST_IN_UNIT = 5
"""Respondents of a unit for its agreement to be counted."""
_DRAWS = 200


@dataclass(frozen=True)
class Agreement:
    """How much the members of units agree; as missing where that cannot be said."""

    rwg: float = np.nan
    """Median over units."""
    rwg_low: float = np.nan
    rwg_high: float = np.nan
    agreeing: float = np.nan
    """Share of units at .70 or more."""
    rated: int = 0
    """Units of five respondents or more."""


def measure_agreement(
    items: Array, unit: pd.Series, options: int, design: Design, seed: int
) -> Agreement:
    """Measure how much the members of units agree: rwg(j) of James, Demaree & Wolf (1984).

    With J items, mean variance s2 within the unit and variance e2 = (A^2 - 1) / 12 of answers at
    random over A options, rwg(j) = J (1 - s2 / e2) / (J (1 - s2 / e2) + s2 / e2); outside [0, 1] it
    counts as 0 (ibid.). Variances are weighted and unbiased.

    Parameters
    ----------
    items : one row per response, one column per item; NaN anywhere leaves the response out
    options : answers that can be given
    """
    inside = ~np.isnan(items).any(axis=1) & unit.notna().to_numpy()
    if not inside.any() or options < 2:
        return Agreement()
    part, code = design.take(inside), pd.factorize(unit[inside])[0]
    rated = np.bincount(code) >= FEWEST_IN_UNIT
    if not rated.any():
        return Agreement()
    rwg = _rwg(items[inside], code, part.weight, options)[rated]
    first = np.unique(code, return_index=True)[1][rated]
    cluster = np.unique(part.cluster[first], return_inverse=True)[1]
    draws = draw_units(cluster, _DRAWS, np.random.default_rng(seed))
    medians = [
        np.median(np.repeat(rwg, times)) for times in draws.by_response.astype(int) if times.any()
    ]
    low, high = interval_of(np.array(medians)) if len(draws.times) > 1 else (np.nan, np.nan)
    return Agreement(
        float(np.median(rwg)),
        float(low),
        float(high),
        float((rwg >= AGREEMENT).mean()),
        int(rated.sum()),
    )


def _rwg(answers: Array, code: Codes, weight: Array, options: int) -> Array:
    """One per unit."""
    total, square = np.bincount(code, weight), np.bincount(code, weight**2)
    spread = np.zeros(len(total))
    for item in answers.T:
        mean = np.bincount(code, weight * item) / total
        spread += np.bincount(code, weight * (item - mean[code]) ** 2)
    items = answers.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = spread / (total - square / total) / items / ((options**2 - 1) / 12)
        made = items * (1 - noise) / (items * (1 - noise) + noise)
    return np.where((noise > 1) | (made < 0), 0.0, made)
